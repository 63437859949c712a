//! Inputs 50 to 54, 57 and 73: preauthorisations, guarantees of payment, and claims that cite them.

use assent_client::Client;
use assent_client::claims::{ClaimDraft, ClaimLine, share_out};
use assent_types::action::Action;
use assent_types::bill::RegisterBill;
use assent_types::case::{Capability, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::claim::{
    AcceptClaim, AdjReason, AdjReasons, Amounts, ApproveClaim, BenefitKind, Capacity, DecisionMode, DenyClaim, Payee,
    ServiceLine, ServicePeriod, SubmitClaim, claim_id_of,
};
use assent_types::consent::{Categories, Category, Grantor};
use assent_types::error::ErrorCode;
use assent_types::guarantee::{AcceptGuarantee, CancelGround, CancelGuarantee, OfferGuarantee, guarantee_id_of};
use assent_types::preauth::{
    AmendPreauth, ApprovePreauth, DenyPreauth, PendPreauth, PreauthPriority, PreauthTerms, RequestPreauth, Validity,
    preauth_id_of,
};
use assent_types::{
    BillNullifier, CaseId, ClaimId, Currency, Day, GuaranteeId, Hash32, List, Millis, Money, Month, OrgId, PreauthId,
    Set,
};

use crate::network::{Network, Patient, execute, register};
use crate::refuse;

const HOSPITAL: OrgId = OrgId(2);
const INSURER: OrgId = OrgId(3);
const DAY_MS: u64 = 86_400_000;
const HUMAN: DecisionMode = DecisionMode::Human { adjudicator: Hash32([3; 32]) };

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

fn today() -> Day {
    Day(u32::try_from(assent_client::now_ms() / DAY_MS).unwrap())
}

fn days_from_now(days: u64) -> Millis {
    Millis(assent_client::now_ms() + days * DAY_MS)
}

struct World<'a> {
    network: &'a Network,
    client: Client,
    patient: Patient,
}

pub(crate) async fn run(network: &Network) {
    let client = network.client(HOSPITAL);
    let patient = register(network, &client, HOSPITAL).await;
    let world = World { network, client, patient };
    let case = world.case(&[CaseOp::Preauth, CaseOp::Guarantee, CaseOp::Claim]).await;
    world.requests(case).await;
    world.claims(case).await;
}

impl World<'_> {
    async fn done(&self, org: OrgId, action: Action) -> assent_types::TxHash {
        execute(&self.client, &self.network.key(org, "sign-tx"), action).await.receipt.tx
    }

    async fn refused(&self, org: OrgId, action: Action, code: ErrorCode, number: u32, input: &str) {
        refuse(&self.client, &self.network.key(org, "sign-tx"), action, code, number, input).await;
    }

    async fn case(&self, ops: &[CaseOp]) -> CaseId {
        let open = OpenCase {
            subject: self.patient.sp,
            insurer: INSURER,
            provider: HOSPITAL,
            plan_commit: Hash32([1; 32]),
            capability: Some(Capability { ops: CaseOps::of(ops), cap: hkd(1_000_000) }),
            exp: days_from_now(30),
            grantor: Grantor::Subject,
            evidence: None,
        };
        let opened = execute(&self.client, &self.patient.key, Action::OpenCase(Box::new(open))).await;
        case_id_of(&opened.receipt.tx)
    }

    fn request(&self, case: CaseId) -> Action {
        let terms = self.terms();
        Action::RequestPreauth(Box::new(RequestPreauth { case, terms, prior: None }))
    }

    fn terms(&self) -> PreauthTerms {
        let month = today().month();
        PreauthTerms {
            priority: PreauthPriority::Normal,
            service: ServicePeriod { first: month, last: month, day_commit: Hash32([2; 32]) },
            codes: Set::default(),
            item_root: Hash32([3; 32]),
            item_count: 1,
            amount: hkd(1_000),
            attachments: Set::default(),
        }
    }

    async fn requests(&self, case: CaseId) {
        let narrow = self.case(&[CaseOp::Claim]).await;
        let request = self.request(narrow);
        self.refused(HOSPITAL, request, ErrorCode::Capability, 73, "preauthorisation outside the case's ops").await;
        let preauth = preauth_id_of(&self.done(HOSPITAL, self.request(case)).await);
        let pend = |asked| Action::PendPreauth(PendPreauth { preauth, asked: Categories::of(&[asked]) });
        let genetic = pend(Category::Genetic);
        self.refused(INSURER, genetic, ErrorCode::Minimisation, 57, "insurer asks for genetic data").await;
        let (reasons, outcome_root) = (AdjReasons::of(&[AdjReason::NotNecessary]), Hash32([4; 32]));
        let deny = |mode| Action::DenyPreauth(DenyPreauth { preauth, mode, reasons, outcome_root });
        let auto = deny(DecisionMode::Auto);
        self.refused(INSURER, auto, ErrorCode::AutoDenial, 55, "preauthorisation denied by a program alone").await;
        self.done(INSURER, deny(HUMAN)).await;
        let amend = Action::AmendPreauth(Box::new(AmendPreauth { preauth, version: 2, terms: self.terms() }));
        self.refused(HOSPITAL, amend, ErrorCode::State, 52, "update of a denied preauthorisation").await;
    }

    async fn approved(&self, case: CaseId) -> PreauthId {
        let preauth = preauth_id_of(&self.done(HOSPITAL, self.request(case)).await);
        let approve = ApprovePreauth {
            preauth,
            mode: HUMAN,
            approved: hkd(1_000),
            validity: Validity { from: days_from_now(0), to: days_from_now(20) },
            outcome_root: Hash32([4; 32]),
        };
        self.done(INSURER, Action::ApprovePreauth(Box::new(approve))).await;
        preauth
    }

    async fn guaranteed(&self, case: CaseId, preauth: PreauthId) -> GuaranteeId {
        let offer = |amount| {
            let (preauth, exp) = (Some(preauth), days_from_now(10));
            Action::OfferGuarantee(OfferGuarantee { case, preauth, amount: hkd(amount), exp })
        };
        let much = offer(1_001);
        self.refused(INSURER, much, ErrorCode::OverPreauth, 50, "guarantee above the preauthorisation").await;
        let guarantee = guarantee_id_of(&self.done(INSURER, offer(600)).await);
        self.done(HOSPITAL, Action::AcceptGuarantee(AcceptGuarantee { guarantee })).await;
        let cancel = Action::CancelGuarantee(CancelGuarantee { guarantee, ground: CancelGround::Agreed });
        self.refused(INSURER, cancel, ErrorCode::Role, 53, "insurer cancels an accepted guarantee alone").await;
        guarantee
    }

    fn claim(&self, case: CaseId, bill: u8, amount: u64, cited: (Option<PreauthId>, Option<GuaranteeId>)) -> Action {
        let billed = hkd(amount);
        let draft = ClaimDraft {
            case,
            payee: Payee::Provider,
            service: (today(), today()),
            service_line: ServiceLine::Other,
            benefit: BenefitKind::Indemnity,
            cob_declared: false,
            bills: vec![BillNullifier(Hash32([bill; 32]))],
            lines: vec![ClaimLine { sequence: 1, codes: Vec::new(), minor: billed.minor }],
            codes: Vec::new(),
            preauth: cited.0,
            guarantee: cited.1,
            code_map: None,
            fx: None,
            related: None,
            attachments: Vec::new(),
            amounts: Amounts {
                billed,
                claimed: billed,
                subject_share: Money::zero(billed.ccy),
                other_payers: List::default(),
            },
        };
        let terms = draft.commit(Hash32([2; 32])).unwrap().0;
        Action::SubmitClaim(Box::new(SubmitClaim { terms, capacity: Capacity::Organisation }))
    }

    async fn bill(&self, bill: u8, amount: u64) {
        let nullifier = BillNullifier(Hash32([bill; 32]));
        let register = RegisterBill { nullifier, issuer: HOSPITAL, total: hkd(amount), attestation: None };
        self.done(HOSPITAL, Action::RegisterBill(register)).await;
    }

    async fn claims(&self, case: CaseId) {
        let preauth = self.approved(case).await;
        self.bill(0xc1, 1_500).await;
        let cited = self.claim(case, 0xc1, 1_500, (Some(preauth), None));
        let mut early = cited.clone();
        if let Action::SubmitClaim(submit) = &mut early {
            submit.terms.service.first = Month(today().month().0 - 1);
        }
        let mismatch = ErrorCode::PreauthMismatch;
        self.refused(HOSPITAL, early, mismatch, 51, "services that begin before the preauthorisation").await;
        let filed = self.done(HOSPITAL, cited).await;
        let claim = self.accepted(&filed).await;
        let much = self.approve(claim, 0xc1, 1_500);
        self.refused(INSURER, much, ErrorCode::OverPreauth, 50, "approval above the preauthorisation").await;

        let guarantee = self.guaranteed(case, preauth).await;
        self.bill(0xc2, 500).await;
        let filed = self.done(HOSPITAL, self.claim(case, 0xc2, 500, (Some(preauth), Some(guarantee)))).await;
        let claim = self.accepted(&filed).await;
        let (reasons, outcome_root) = (AdjReasons::of(&[AdjReason::NoPreauth]), Hash32([4; 32]));
        let deny = Action::DenyClaim(DenyClaim { claim, mode: HUMAN, reasons, outcome_root });
        let input = "denial under a guarantee for a reason outside the set";
        self.refused(INSURER, deny, ErrorCode::GuaranteeDenial, 54, input).await;
    }

    async fn accepted(&self, filed: &assent_types::TxHash) -> ClaimId {
        let claim = claim_id_of(filed);
        self.done(INSURER, Action::AcceptClaim(AcceptClaim { claim })).await;
        claim
    }

    fn approve(&self, claim: ClaimId, bill: u8, amount: u64) -> Action {
        let award = share_out(hkd(amount), &[(BillNullifier(Hash32([bill; 32])), hkd(amount))]).unwrap();
        let outcome_root = Hash32([4; 32]);
        Action::ApproveClaim(Box::new(ApproveClaim { claim, mode: HUMAN, award, outcome_root }))
    }
}
