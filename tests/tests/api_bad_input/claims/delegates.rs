//! Inputs 13 and 14, and the delegate's part of 50: who acts for insurers and providers.

use assent_types::Set;
use assent_types::delegation::{DelegationOps, GrantDelegation};
use assent_types::place::{Jurisdiction, Place};

use super::*;
use crate::network::ADMINISTRATOR;

/// The hospital in Shenzhen.
const MAINLAND: OrgId = OrgId(1);

impl World<'_> {
    async fn delegate(&self, principal: OrgId) {
        let now = assent_client::now_ms();
        let grant = GrantDelegation {
            principal,
            delegate: ADMINISTRATOR,
            ops: DelegationOps::all(),
            per_decision_limit: hkd(500),
            places: Set::new([Place::whole(Jurisdiction::Hk), Place::whole(Jurisdiction::Cn)]).unwrap(),
            nbf: Millis(0),
            exp: Millis(now + 30 * DAY_MS),
        };
        self.done(principal, Action::GrantDelegation(Box::new(grant))).await;
    }

    pub(super) async fn delegates(&self) {
        let case = self.case(INSURER).await;
        for bill in [0xe0, 0xe1] {
            self.done(HOSPITAL, self.bill(bill, hkd(1_000))).await;
        }
        let filed = self.done(HOSPITAL, self.submit(self.terms(case, 0xe0, hkd(1_000)))).await;
        let accept = || Action::AcceptClaim(AcceptClaim { claim: claim_id_of(&filed) });
        let code = ErrorCode::Delegation;
        self.refused(ADMINISTRATOR, accept(), code, 13, "administrator without a delegation").await;
        self.delegate(INSURER).await;
        self.done(ADMINISTRATOR, accept()).await;
        let over = self.approve(claim_id_of(&filed), 0xe0, hkd(1_000));
        self.refused(ADMINISTRATOR, over.clone(), code, 13, "decision above the delegation's limit").await;
        self.refused(ADMINISTRATOR, over, code, 50, "approval above the delegation's limit").await;
        self.mainland().await;
        let filed = self.done(HOSPITAL, self.submit(self.terms(case, 0xe1, hkd(1_000)))).await;
        self.delegate(HOSPITAL).await;
        let accept = Action::AcceptClaim(AcceptClaim { claim: claim_id_of(&filed) });
        self.refused(ADMINISTRATOR, accept, code, 13, "administrator of both sides").await;
    }

    /// A claim from the Mainland, for which the administrator has no licence.
    async fn mainland(&self) {
        let open = OpenCase { provider: MAINLAND, ..self.case_terms(INSURER) };
        let opened = execute(&self.client, &self.patient.key, Action::OpenCase(Box::new(open))).await;
        let case = case_id_of(&opened.receipt.tx);
        let nullifier = BillNullifier(Hash32([0xe2; 32]));
        let bill = RegisterBill { nullifier, issuer: MAINLAND, total: hkd(400), attestation: None };
        self.done(MAINLAND, Action::RegisterBill(bill)).await;
        let filed = self.done(MAINLAND, self.submit(self.terms(case, 0xe2, hkd(400)))).await;
        let accept = Action::AcceptClaim(AcceptClaim { claim: claim_id_of(&filed) });
        let input = "claims staff from Hong Kong on the Mainland without a licence";
        self.refused(ADMINISTRATOR, accept, ErrorCode::NotLicensed, 14, input).await;
    }
}
