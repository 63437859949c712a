//! Inputs 71 to 73: claim codes, from issuing one to closing its case, on running nodes.

use assent_client::claims::{ClaimDraft, ClaimLine, commit};
use assent_client::qr::{PresentedCode, QR_TEXT_MAX};
use assent_client::{Client, now_ms};
use assent_types::action::Action;
use assent_types::bill::RegisterBill;
use assent_types::case::{CaseOp, CaseOps, case_id_of};
use assent_types::claim::{Amounts, BenefitKind, Capacity, ClaimTerms, Payee, ServiceLine, SubmitClaim};
use assent_types::claim_code::{
    ClaimCode, ClaimCodeBody, ClaimCodeStatus, CloseCase, CodeGrant, Nonce, Presentation, ProviderSelector,
    RedeemClaimCode, RevokeClaimCode,
};
use assent_types::consent::{ConsentKind, ConsentStatus, ConsentTerms, Grantor, Purpose, consent_id_of};
use assent_types::error::ErrorCode;
use assent_types::key::SecretKey;
use assent_types::state::{Record, StateKey};
use assent_types::{
    BillNullifier, CaseId, ClaimCodeId, Currency, Day, FacilityId, Hash32, List, Millis, Money, OrgId, Set, Text,
};

use crate::network::{Network, Patient, execute, register, terms};
use crate::refuse;

const HOSPITAL: OrgId = OrgId(2);
const INSURER: OrgId = OrgId(3);
const DAY_MS: u64 = 86_400_000;
const TERMINAL: Nonce = Nonce([0x7e; 16]);

struct World<'a> {
    network: &'a Network,
    client: Client,
    /// The pseudonym of the case, and the one that the documents' controller knows.
    patient: Patient,
    known: Patient,
}

fn holder(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

pub(crate) async fn run(network: &Network) {
    let client = network.client(HOSPITAL);
    let patient = register(network, &client, HOSPITAL).await;
    let known = register(network, &client, HOSPITAL).await;
    let world = World { network, client, patient, known };
    world.codes().await;
    world.a_code_from_issue_to_close().await;
}

impl World<'_> {
    fn key(&self, org: OrgId) -> SecretKey {
        self.network.key(org, "sign-tx")
    }

    fn body(&self, n: u8) -> ClaimCodeBody {
        let now = now_ms();
        let case_exp = Millis(now + 30 * DAY_MS);
        ClaimCodeBody {
            chain: self.network.chain,
            subject: self.patient.sp,
            holder: holder(n).public(),
            insurer: INSURER,
            plan_commit: commit(Hash32([1; 32]), "plan", "a plan"),
            provider: ProviderSelector::Org(HOSPITAL),
            ops: CaseOps::of(&[CaseOp::Claim, CaseOp::Disclose]),
            disclose: ConsentTerms {
                kind: ConsentKind::Claim,
                purposes: Set::new([Purpose::Clmattch, Purpose::Covauth]).unwrap(),
                exp: Some(case_exp),
                ..terms(self.known.sp)
            },
            cap: Money::new(Currency::Hkd, 1_000),
            nbf: Millis(now - 60_000),
            exp: Millis(now + 600_000),
            case_exp,
            nonce: Nonce([n; 16]),
        }
    }

    fn grant(&self, body: ClaimCodeBody) -> ClaimCode {
        let id = body.id();
        ClaimCode {
            case_grant: CodeGrant::sign(Grantor::Subject, &self.patient.key, &id),
            consent_grant: Some(CodeGrant::sign(Grantor::Subject, &self.known.key, &id)),
            body,
        }
    }

    /// What the terminal of the hospital makes of a code that its holder shows.
    fn redeem(&self, code: ClaimCode, n: u8) -> RedeemClaimCode {
        let place = (HOSPITAL, FacilityId(1));
        let presentation = Presentation::sign(&holder(n), code.body.id(), TERMINAL, place, Millis(now_ms()));
        let handle = Text::new("https://wallet.example/c/1".to_owned()).unwrap();
        let text = PresentedCode { presentation, handle }.to_text();
        assert!(text.len() <= QR_TEXT_MAX);
        let scanned = PresentedCode::from_text(&text).unwrap();
        RedeemClaimCode { code, presentation: scanned.presentation, terminal_nonce: TERMINAL }
    }

    async fn refused(&self, key: &SecretKey, action: Action, code: ErrorCode, number: u32, input: &str) {
        refuse(&self.client, key, action, code, number, input).await;
    }

    async fn codes(&self) {
        let action = |redeem| Action::RedeemClaimCode(Box::new(redeem));
        let changed = |change: &dyn Fn(&mut ClaimCodeBody)| {
            let mut body = self.body(1);
            change(&mut body);
            action(self.redeem(self.grant(body), 1))
        };
        let hospital = self.key(HOSPITAL);
        let expired = changed(&|body| body.exp = Millis(now_ms() - 30_000));
        self.refused(&hospital, expired, ErrorCode::CodeWindow, 71, "claim code expired").await;
        let long = changed(&|body| body.exp = Millis(now_ms() + DAY_MS));
        self.refused(&hospital, long, ErrorCode::CodeWindow, 71, "claim code that lives too long").await;
        let other = changed(&|body| body.provider = ProviderSelector::Org(OrgId(1)));
        self.refused(&hospital, other, ErrorCode::CodeAudience, 71, "claim code for another provider").await;
        let mut stale = self.redeem(self.grant(self.body(1)), 1);
        stale.terminal_nonce = Nonce([1; 16]);
        self.refused(&hospital, action(stale), ErrorCode::Presentation, 71, "another terminal's challenge").await;
        let mut stolen = self.redeem(self.grant(self.body(1)), 2);
        stolen.terminal_nonce = TERMINAL;
        self.refused(&hospital, action(stolen), ErrorCode::Presentation, 71, "not shown by the code's holder").await;
        // A code that its subject revoked before it was used.
        let body = self.body(3);
        let revoke =
            RevokeClaimCode { subject: body.subject, nonce: body.nonce, body: body.hash(), grantor: Grantor::Subject };
        execute(&self.client, &self.patient.key, Action::RevokeClaimCode(revoke)).await;
        let redeem = action(self.redeem(self.grant(body), 3));
        self.refused(&hospital, redeem, ErrorCode::CodeSpent, 72, "claim code redeemed after its revocation").await;
    }

    fn claim(&self, case: CaseId, billed: Money) -> ClaimTerms {
        let today = Day(u32::try_from(now_ms() / DAY_MS).unwrap());
        let draft = ClaimDraft {
            case,
            payee: Payee::Provider,
            service: (today, today),
            service_line: ServiceLine::Other,
            benefit: BenefitKind::Indemnity,
            cob_declared: true,
            bills: vec![BillNullifier(Hash32([0xcc; 32]))],
            lines: vec![ClaimLine { sequence: 1, codes: Vec::new(), minor: billed.minor }],
            codes: Vec::new(),
            preauth: None,
            guarantee: None,
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
        draft.commit(Hash32([2; 32])).unwrap().0
    }

    async fn status(&self, code: ClaimCodeId) -> ClaimCodeStatus {
        let key = StateKey::ClaimCode(code);
        let state = self.client.get(&[key]).await.unwrap();
        match state.value(&key).flatten().map(|value| value.record.clone()) {
            Some(Record::ClaimCode(found)) => found.status,
            other => panic!("no code under its key: {other:?}"),
        }
    }

    async fn a_code_from_issue_to_close(&self) {
        let body = self.body(4);
        let code = body.id();
        let hospital = self.key(HOSPITAL);
        let redeem = self.redeem(self.grant(body), 4);
        let receipt = execute(&self.client, &hospital, Action::RedeemClaimCode(Box::new(redeem.clone()))).await;
        let (case, consent) = (case_id_of(&receipt.receipt.tx), consent_id_of(&receipt.receipt.tx));
        assert_eq!(self.status(code).await, ClaimCodeStatus::Redeemed);
        // One transaction made the case, the consent and the link; each is proven.
        let keys = [StateKey::Case(case), StateKey::Consents(self.known.sp, HOSPITAL), StateKey::SubjectLinks(case)];
        let state = self.client.get(&keys).await.unwrap();
        let records: Vec<Record> = keys.iter().map(|key| state.value(key).flatten().unwrap().record.clone()).collect();
        let [Record::Case(opened), Record::Consents(book), Record::SubjectLinks(links)] = records.as_slice() else {
            panic!("other records: {records:?}")
        };
        assert_eq!((opened.subject, opened.provider, opened.insurer), (self.patient.sp, HOSPITAL, INSURER));
        assert!(book.live.iter().any(|live| live.id == consent && live.status == ConsentStatus::Active));
        assert_eq!(links.len(), 1);
        let again = Action::RedeemClaimCode(Box::new(redeem));
        self.refused(&hospital, again, ErrorCode::CodeSpent, 72, "claim code redeemed twice").await;
        // The authority ends at its cap.
        let total = Money::new(Currency::Hkd, 2_000);
        let nullifier = BillNullifier(Hash32([0xcc; 32]));
        let bill = RegisterBill { nullifier, issuer: HOSPITAL, total, attestation: None };
        execute(&self.client, &hospital, Action::RegisterBill(bill)).await;
        let terms = self.claim(case, total);
        let submit = || SubmitClaim { terms: terms.clone(), capacity: Capacity::Organisation };
        let above = Action::SubmitClaim(Box::new(submit()));
        self.refused(&hospital, above, ErrorCode::Capability, 73, "claim above the cap of the claim code").await;
        let close = CloseCase {
            code,
            capacity: Capacity::Subject,
            claims: List::default(),
            preauths: List::default(),
            guarantees: List::default(),
        };
        execute(&self.client, &self.patient.key, Action::CloseCase(close)).await;
        assert_eq!(self.status(code).await, ClaimCodeStatus::CaseClosed);
        let after = Action::SubmitClaim(Box::new(submit()));
        self.refused(&hospital, after, ErrorCode::Capability, 73, "claim under a closed case").await;
    }
}
