//! Inputs 15 to 17, 28, and the decision of 26: votes, power, emergencies and transfer bases.

use assent_client::Client;
use assent_types::access::{AccessRequest, Asked, Descriptor, Reason, UserRole};
use assent_types::action::{Action, GrantConsent};
use assent_types::consent::{
    BasisKind, BasisKinds, Categories, Category, ConsentTerms, DataAction, Grantees, Grantor, Purpose, SeparateConsent,
    SeparateConsents, XBorder,
};
use assent_types::error::ErrorCode;
use assent_types::governance::{
    ImposeEmergency, Lift, Payload, Propose, RegisterBasis, SetBasisKind, SetValidatorPower, Target, Vote, basis_id_of,
    proposal_id_of,
};
use assent_types::place::{Jurisdiction, Place};
use assent_types::{BasisId, FacilityId, Hash32, List, Millis, Month, OrgId, ProposalId, Set};

use crate::network::{Network, Patient, blocks_until, evidence, execute, execute_cosigned, register, terms};
use crate::{answered, refuse};

const EXPORTER: OrgId = OrgId(1);
const INSURER: OrgId = OrgId(3);
const REGULATOR: OrgId = OrgId(4);
const SHANTOU: OrgId = OrgId(17);
const DAY_MS: u64 = 86_400_000;
/// How long the basis may wait to be filed.
const FILING_MS: u64 = 8_000;

struct World<'a> {
    network: &'a Network,
    client: Client,
}

pub(crate) async fn run(network: &Network) {
    let world = World { network, client: network.client(EXPORTER) };
    world.votes().await;
    world.bases().await;
    world.emergencies().await;
}

fn propose(payload: Payload) -> Action {
    Action::Propose(Box::new(Propose { payload }))
}

fn vote(proposal: ProposalId, approve: bool) -> Action {
    Action::Vote(Vote { proposal, approve })
}

impl World<'_> {
    async fn refused(&self, org: OrgId, action: Action, code: ErrorCode, number: u32, input: &str) {
        refuse(&self.client, &self.network.key(org, "sign-tx"), action, code, number, input).await;
    }

    async fn done(&self, org: OrgId, action: Action) -> assent_types::TxHash {
        execute(&self.client, &self.network.key(org, "sign-tx"), action).await.receipt.tx
    }

    async fn votes(&self) {
        // Which bases are accepted is the regulators' matter.
        let kind = SetBasisKind { kind: BasisKind::CnScc, accepted: false };
        let own = proposal_id_of(&self.done(REGULATOR, propose(Payload::SetBasisKind(kind))).await);
        self.refused(EXPORTER, vote(own, true), ErrorCode::Vote, 15, "vote by who is no member of the chamber").await;
        let power = |org, power| propose(Payload::SetValidatorPower(SetValidatorPower { org, power }));
        let proposal = proposal_id_of(&self.done(REGULATOR, power(OrgId(2), 2)).await);
        self.done(EXPORTER, vote(proposal, true)).await;
        self.refused(EXPORTER, vote(proposal, true), ErrorCode::Vote, 15, "second vote").await;
        self.suspended(proposal).await;
        let input = "validator without any power";
        self.refused(REGULATOR, power(OrgId(2), 0), ErrorCode::PowerCap, 16, input).await;
    }

    /// The hospital in Shantou is suspended by an emergency measure, which is lifted again.
    async fn suspended(&self, proposal: ProposalId) {
        let impose =
            || Action::ImposeEmergency(ImposeEmergency { target: Target::Org(SHANTOU), order: Hash32([0x71; 32]) });
        let emergency = proposal_id_of(&self.done(REGULATOR, impose()).await);
        self.refused(SHANTOU, vote(proposal, true), ErrorCode::Vote, 15, "vote by who is suspended").await;
        self.done(REGULATOR, Action::Lift(Lift { emergency })).await;
        let input = "emergency imposed again by the same regulator";
        self.refused(REGULATOR, impose(), ErrorCode::EmergencyRepeat, 17, input).await;
    }

    async fn emergencies(&self) {
        let target = Target::Outbound(Jurisdiction::Cn);
        let impose = || Action::ImposeEmergency(ImposeEmergency { target, order: Hash32([0x72; 32]) });
        let emergency = proposal_id_of(&self.done(REGULATOR, impose()).await);
        self.done(REGULATOR, Action::Lift(Lift { emergency })).await;
        let input = "halt of a border imposed again by the same regulator";
        self.refused(REGULATOR, impose(), ErrorCode::EmergencyRepeat, 17, input).await;
    }

    /// The consent of a patient to let results go from a Mainland hospital to the insurer.
    fn leaving(&self, patient: &Patient, controller: OrgId, kind: BasisKind) -> ConsentTerms {
        let mut terms = terms(patient.sp);
        terms.controller = controller;
        terms.grantees = Grantees { orgs: Set::new([INSURER]).unwrap(), ..Grantees::default() };
        terms.purposes = Set::new([Purpose::Clmattch]).unwrap();
        terms.categories = Categories::of(&[Category::Lab]);
        terms.separate = SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov, SeparateConsent::Xb]);
        terms.xborder = Some(XBorder {
            to: Set::new([Place::whole(Jurisdiction::Hk)]).unwrap(),
            basis_kinds: BasisKinds::of(&[kind]),
            notice: Hash32([6; 32]),
            evidence: evidence(7),
        });
        terms
    }

    fn request(&self, patient: &Patient, controller: OrgId, basis: BasisId) -> AccessRequest {
        let descriptor = Descriptor {
            category: Category::Lab,
            grade: 3,
            service_month: Month(56 * 12),
            deliver_to: Place::whole(Jurisdiction::Hk),
        };
        AccessRequest {
            requester: INSURER,
            facility: FacilityId(1),
            user_ref: Hash32([1; 32]),
            user_role: UserRole::ClaimsAssessor,
            subject: patient.sp,
            controller,
            asked: Asked::Data(List::new(vec![descriptor]).unwrap()),
            purpose: Purpose::Clmattch,
            action: DataAction::Access,
            xborder_basis: Some(basis),
            btg: None,
        }
    }

    async fn granted(&self, controller: OrgId, kind: BasisKind) -> Patient {
        let patient = register(self.network, &self.client, EXPORTER).await;
        let terms = self.leaving(&patient, controller, kind);
        let grant = GrantConsent { proposal: None, terms, grantor: Grantor::Subject };
        execute(&self.client, &patient.key, Action::GrantConsent(Box::new(grant))).await;
        patient
    }

    async fn bases(&self) {
        let patient = self.granted(EXPORTER, BasisKind::GbaScHk).await;
        let now = assent_client::now_ms();
        let deadline = Millis(now + FILING_MS);
        let register = RegisterBasis {
            kind: BasisKind::GbaScHk,
            exporter: EXPORTER,
            importer: INSURER,
            from: Set::new([Place::city(Jurisdiction::Cn, 4403)]).unwrap(),
            to: Set::new([Place::whole(Jurisdiction::Hk)]).unwrap(),
            categories: Categories::all(),
            effective: Millis(0),
            filing_deadline: deadline,
            filing: None,
            pia_ref: Hash32([0x73; 32]),
            exp: Millis(now + 300 * DAY_MS),
        };
        let regulator = self.network.key(REGULATOR, "sign-tx");
        let exporter = self.network.key(EXPORTER, "sign-tx");
        let action = Action::RegisterBasis(Box::new(register));
        let registered = execute_cosigned(&self.client, &exporter, action, &[&regulator]).await;
        let basis = basis_id_of(&registered.receipt.tx);
        let insurer = self.network.client(INSURER);
        let request = self.request(&patient, EXPORTER, basis);
        let before = insurer.decide(&request).await.unwrap().decision;
        assert!(before.permit, "{:?}", before.reasons);
        blocks_until(self.network, &self.client, EXPORTER, deadline).await;
        self.denied(&insurer, &request, 28, "basis that was not filed in time").await;

        let patient = self.granted(SHANTOU, BasisKind::CnScc).await;
        let request = self.request(&patient, SHANTOU, basis);
        self.denied(&insurer, &request, 26, "request from Shantou on a standard contract").await;
    }

    async fn denied(&self, insurer: &Client, request: &AccessRequest, number: u32, input: &str) {
        let decision = insurer.decide(request).await.unwrap().decision;
        let reason = Reason::BorderBasis;
        assert!(!decision.permit && decision.reasons.contains(&reason), "{input}: {:?}", decision.reasons);
        answered(number, input, format!("denied {reason}"));
    }
}
