//! Inputs 40 to 42, 56 and 78: what keeps a document, whether it is still kept, and what may cite it.

use assent_types::claim::Capacity;
use assent_types::claim::CodeRef;
use assent_types::codesystem::RegisterCodeSystem;
use assent_types::erasure::{
    ApproveErasure, DestroyAttest, Destroyed, ErasureBasis, HoldReason, PlaceHold, RequestErasure,
};
use assent_types::possession::{Challenge, OpenChallenge, ProvePossession, challenge_id_of};
use assent_types::settlement_list::{Fee, FeeClass, FileSettlementList, ListHeader, ListPart};
use assent_types::state::{Record, StateKey};
use assent_types::{BillNullifier, ChallengeId, Currency, Money, Text};

use super::*;
use crate::claims;

const CODER: OrgId = OrgId(10);

fn hkd(minor: u64) -> Money {
    Money::new(Currency::Hkd, minor)
}

fn proof(challenge: ChallengeId, stripe: u32) -> Action {
    Action::ProvePossession(ProvePossession { challenge, stripe, answer: Hash32([0x52; 32]) })
}

impl World<'_> {
    pub(super) async fn keeping(&self) {
        self.held().await;
        self.cited().await;
        self.possession().await;
        self.lists().await;
    }

    async fn ask_erasure(&self, patient: &Patient, anchor: AnchorId) {
        let (capacity, basis, evidence) = (Capacity::Subject, ErasureBasis::ConsentWithdrawn, Hash32([0x53; 32]));
        let request = RequestErasure { anchor, capacity, basis, evidence };
        execute(&self.hospital, &patient.key, Action::RequestErasure(request)).await;
    }

    async fn held(&self) {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        self.consent(&patient).await;
        let hold = PlaceHold { anchor: document, reason: HoldReason::Litigation, evidence: Hash32([0x54; 32]) };
        execute(&self.hospital, &self.key(HOSPITAL), Action::PlaceHold(hold)).await;
        self.ask_erasure(&patient, document).await;
        self.kept(document, "erasure while a hold keeps the document").await;
        let decided = self.insurer.decide(&self.request(&patient, &[document])).await.unwrap().decision;
        assert!(!decided.permit && decided.reasons.contains(&Reason::Restricted), "{:?}", decided.reasons);
        answered(40, "access to a restricted document", format!("denied {}", Reason::Restricted));
    }

    /// The request is recorded, and the approval refused.
    async fn kept(&self, document: AnchorId, input: &str) {
        let approve = ApproveErasure { anchor: document, basis: ErasureBasis::ConsentWithdrawn };
        self.refused(&self.key(HOSPITAL), Action::ApproveErasure(approve), ErrorCode::Hold, 41, input).await;
        let key = StateKey::Anchor(document);
        let state = self.hospital.get(&[key]).await.unwrap();
        match state.value(&key).flatten().map(|value| &value.record) {
            Some(Record::Anchor(anchor)) => {
                assert_eq!(anchor.status, assent_types::document::DocumentStatus::Restricted);
            }
            other => panic!("the document is {other:?}"),
        }
    }

    async fn cited(&self) {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        let own = Patient { sp: patient.sp, key: SecretKey::from_seed(&patient.key.seed()) };
        let claims = claims::World::new(self.network, self.network.client(HOSPITAL), own);
        let case = claims.case(INSURER).await;
        let hospital = self.key(HOSPITAL);
        execute(&self.hospital, &hospital, claims.bill(0xa0, hkd(1_000))).await;
        let mut terms = claims.terms(case, 0xa0, hkd(1_000));
        terms.attachments = Set::new([document]).unwrap();
        let cite = || claims.submit(terms.clone());
        let input = "document cited without a consent at this block";
        self.refused(&hospital, cite(), ErrorCode::AttachConsent, 56, input).await;
        self.consent(&patient).await;
        execute(&self.hospital, &hospital, cite()).await;
        self.ask_erasure(&patient, document).await;
        self.kept(document, "erasure while an open claim cites the document").await;
    }

    /// The regulator asks the custodian of a shard for a stripe.
    async fn challenge(&self, anchor: AnchorId, shard: u8) -> Challenge {
        let regulator = self.network.client(REGULATOR);
        let open = Action::OpenChallenge(OpenChallenge { anchor, shard });
        let id = challenge_id_of(&execute(&regulator, &self.key(REGULATOR), open).await.receipt.tx);
        let key = StateKey::Challenge(id);
        let state = regulator.get(&[key]).await.unwrap();
        match state.value(&key).flatten().map(|value| &value.record) {
            Some(Record::Challenge(challenge)) => *challenge,
            other => panic!("the challenge is {other:?}"),
        }
    }

    pub(super) async fn early_challenge(&self) -> Challenge {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        self.challenge(document, 0).await
    }

    async fn possession(&self) {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        let challenge = self.challenge(document, 1).await;
        let custodian = self.service(CUSTODY[1].custodian);
        let code = ErrorCode::Possession;
        let other = proof(challenge.id, challenge.stripe + 1);
        self.refused(&custodian, other, code, 42, "answer for another stripe").await;
        execute(&self.hospital, &custodian, proof(challenge.id, challenge.stripe)).await;
        let challenge = self.challenge(document, 2).await;
        let custodian = self.service(CUSTODY[2].custodian);
        let approve = ApproveErasure { anchor: document, basis: ErasureBasis::PurposeReached };
        execute(&self.hospital, &self.key(HOSPITAL), Action::ApproveErasure(approve)).await;
        let destroyed = Set::new([Destroyed::Shard(2)]).unwrap();
        let attest = Action::DestroyAttest(DestroyAttest { anchor: document, destroyed });
        execute(&self.hospital, &custodian, attest).await;
        let after = proof(challenge.id, challenge.stripe);
        self.refused(&custodian, after, code, 42, "answer after the own attestation of deletion").await;
    }

    /// The time to answer is over.
    pub(super) async fn stale(&self, challenge: &Challenge) {
        self.blocks_until(challenge.due.unwrap()).await;
        let custodian = self.service(challenge.custodian);
        let late = proof(challenge.id, challenge.stripe);
        self.refused(&custodian, late, ErrorCode::Possession, 42, "answer to a stale challenge").await;
    }

    async fn edition(&self, system: u32) -> CodeRef {
        let system = CodeRef { system, version: 1 };
        let text = |text: &str| Text::new(text.to_owned()).unwrap();
        let register = RegisterCodeSystem {
            system,
            name: text("an edition"),
            version: Text::new("1".to_owned()).unwrap(),
            publisher: text("its publisher"),
            content: Hash32([0x55; 32]),
            effective_from: Millis(0),
            effective_to: None,
            licence: text("open"),
        };
        let reviewers = [self.key(REGULATOR), self.key(HOSPITAL)];
        let reviewers: Vec<&SecretKey> = reviewers.iter().collect();
        let action = Action::RegisterCodeSystem(Box::new(register));
        execute_cosigned(&self.hospital, &self.key(CODER), action, &reviewers).await;
        system
    }

    async fn lists(&self) {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        let bill = BillNullifier(Hash32([0xa1; 32]));
        let register = assent_types::bill::RegisterBill {
            nullifier: bill,
            issuer: HOSPITAL,
            total: hkd(1_000),
            attestation: None,
        };
        let hospital = self.key(HOSPITAL);
        execute(&self.hospital, &hospital, Action::RegisterBill(register)).await;
        let (diagnosis, grouper) = (self.edition(81).await, self.edition(82).await);
        let part = |byte| ListPart { root: Hash32([byte; 32]), fields: 31, signed: Hash32([byte + 1; 32]) };
        let list = |surgery| {
            let fee = |class, minor| Fee { class, amount: hkd(minor) };
            let header = ListHeader {
                anchor: document,
                basic: part(0x61),
                treatment: part(0x63),
                fees: part(0x65),
                chronic: None,
                classes: List::new(vec![fee(FeeClass::Bed, 600), fee(FeeClass::Surgery, surgery)]).unwrap(),
                diagnosis,
                grouper,
                discharged: Month(56 * 12),
            };
            Action::FileSettlementList(Box::new(FileSettlementList { bill, issuer: HOSPITAL, header }))
        };
        let code = ErrorCode::FeeTotal;
        self.refused(&hospital, list(399), code, 78, "settlement list whose fees are less than its bill").await;
        self.refused(&hospital, list(401), code, 78, "settlement list whose fees are more than its bill").await;
        let key = StateKey::SettlementList(bill, HOSPITAL);
        let kept = self.hospital.get(&[key]).await.unwrap();
        assert!(kept.value(&key).flatten().is_none(), "what was refused is not kept");
        execute(&self.hospital, &hospital, list(400)).await;
    }
}
