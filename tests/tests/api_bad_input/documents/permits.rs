//! Inputs 32, 33 and 46: uses that are spent, confirmations that are missing, and broken glass.

use assent_types::access::Descriptor;
use assent_types::consent::Limits;
use assent_types::review::{BreakGlassStatement, GlassReason};
use assent_types::session::{ConfirmToken, SessionStatus, confirmation_of};
use assent_types::state::{Record, StateKey};
use assent_types::{List, TxHash};

use super::*;

/// The key to which the insurer's sessions are released here.
const REPLY: HpkeKey = HpkeKey(Hash32([0x43; 32]));
const CONFIRM_MS: u64 = 300_000;

impl World<'_> {
    /// The patient lets the insurer have laboratory results for claims, under limits.
    async fn limited(&self, patient: &Patient, limits: Limits) {
        let mut terms = terms(patient.sp);
        terms.grantees = Grantees { orgs: Set::new([INSURER]).unwrap(), ..Grantees::default() };
        terms.purposes = Set::new([Purpose::Clmattch]).unwrap();
        terms.categories = Categories::of(&[Category::Lab]);
        terms.limits = limits;
        let grant = GrantConsent { proposal: None, terms, grantor: Grantor::Subject };
        execute(&self.hospital, &patient.key, Action::GrantConsent(Box::new(grant))).await;
    }

    fn confirmed(&self, request: AccessRequest, confirm: Option<ConfirmToken>) -> Action {
        let suite = HpkeSuite::X25519Sha256Aes256Gcm;
        Action::RequestAccess(Box::new(RequestAccess { request, suite, reply_key: REPLY, confirm }))
    }

    /// A request that enters the chain: whether it is permitted, and why not.
    async fn recorded(&self, action: Action) -> (SessionId, Vec<Reason>) {
        let tx: TxHash = execute(&self.insurer, &self.key(INSURER), action).await.receipt.tx;
        let session = session_id_of(&tx);
        let key = StateKey::Session(session);
        let state = self.insurer.get(&[key]).await.unwrap();
        match state.value(&key).flatten().map(|value| &value.record) {
            Some(Record::Session(found)) => {
                assert_eq!(found.decision.permit, found.status != SessionStatus::Denied);
                (session, found.decision.reasons.to_vec())
            }
            other => panic!("the session is {other:?}"),
        }
    }

    async fn denied(&self, action: Action, reason: Reason, number: u32, input: &str) {
        let (_, reasons) = self.recorded(action).await;
        assert!(reasons.contains(&reason), "input {number} ({input}): {reasons:?}");
        answered(number, input, format!("denied {reason}, recorded"));
    }

    pub(super) async fn permits(&self) {
        self.once().await;
        self.confirmations().await;
        self.glass().await;
    }

    async fn once(&self) {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        self.limited(&patient, Limits { max_uses: Some(1), ..Limits::default() }).await;
        let ask = || self.confirmed(self.request(&patient, &[document]), None);
        let (session, reasons) = self.recorded(ask()).await;
        assert_eq!(reasons, []);
        self.denied(ask(), Reason::UsesExhausted, 32, "second use of a one-time consent, the first one reserved").await;
        let asked = OpenSession { session, document };
        execute(&self.hospital, &self.service(HOSPITAL), self.release(&asked)).await;
        self.denied(ask(), Reason::UsesExhausted, 32, "second use of a one-time consent").await;
    }

    async fn confirmations(&self) {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        self.limited(&patient, Limits { per_access_confirm: true, ..Limits::default() }).await;
        let request = || self.request(&patient, &[document]);
        let until = Millis(assent_client::now_ms() + CONFIRM_MS);
        let token = |request: &AccessRequest| {
            let digest = confirmation_of(self.network.chain, request, &REPLY, until);
            Some(ConfirmToken { until, signature: patient.key.sign_confirmation(&digest) })
        };
        let missing = Reason::ConfirmMissing;
        self.denied(self.confirmed(request(), None), missing, 33, "no confirmation").await;
        let other = AccessRequest { user_ref: Hash32([7; 32]), ..request() };
        let for_another = self.confirmed(request(), token(&other));
        self.denied(for_another, missing, 33, "confirmation of another request").await;
        let good = || self.confirmed(request(), token(&request()));
        let (_, reasons) = self.recorded(good()).await;
        assert_eq!(reasons, []);
        self.denied(good(), missing, 33, "confirmation that was used").await;
    }

    async fn glass(&self) {
        let patient = self.patient().await;
        let document = self.document(&patient).await;
        let reason = GlassReason::Incapacitated;
        let statement = BreakGlassStatement { reason, patient_present: Hash32([0x51; 32]) };
        let glass =
            AccessRequest { purpose: Purpose::Btg, btg: Some(statement), ..self.request(&patient, &[document]) };
        let input = "glass broken by another than a hospital";
        self.denied(self.confirmed(glass.clone(), None), Reason::GlassNotEntitled, 46, input).await;

        // The reason's byte says what no code does.
        let tx = self.insurer.transaction(&self.key(INSURER), self.confirmed(glass.clone(), None), &[]).unwrap();
        let (stated, mut none) = (assent_types::encode(&statement), assent_types::encode(&statement));
        none[0] = 0;
        let bytes = tx.to_bytes();
        let at = bytes.windows(stated.len()).position(|window| window == stated).unwrap();
        let without = [&bytes[..at], &none, &bytes[at + stated.len()..]].concat();
        refuse_bytes(&self.insurer, without, ErrorCode::UnknownCode, 46, "glass broken without a reason").await;

        let descriptor =
            Descriptor { category: Category::Genetic, grade: 3, service_month: Month(56 * 12), deliver_to: HONG_KONG };
        let asked = Asked::Data(List::new(vec![descriptor]).unwrap());
        let beyond = AccessRequest { requester: HOSPITAL, user_role: UserRole::Physician, asked, ..glass };
        let decision = self.hospital.decide(&beyond).await.unwrap().decision;
        assert!(!decision.permit && decision.reasons.contains(&Reason::GlassScope), "{:?}", decision.reasons);
        answered(46, "glass broken for a category outside the list", format!("denied {}", Reason::GlassScope));
    }
}
