//! Claim codes of the small world: subject 1 lets the Hong Kong hospital claim from the Hong Kong insurer.

use assent_types::action::Action;
use assent_types::case::{CaseOp, CaseOps};
use assent_types::claim::Capacity;
use assent_types::claim_code::*;
use assent_types::consent::Grantor;
use assent_types::key::SecretKey;
use assent_types::*;

use super::claims::hkd;
use super::{CHAIN, DAY_MS, HKH, INSURER, SZH, World, claim_terms, key, sp, subject_key};

pub(crate) const TERMINAL: Nonce = Nonce([0x7e; 16]);

/// The holder key of code `n`.
pub(crate) fn holder(n: u8) -> SecretKey {
    key(102, 1, n)
}

/// A code of subject 1 with nonce `n`, in force from `now` on, whose consent is subject `consent_of`'s.
pub(crate) fn code_body(n: u8, consent_of: u32, now: Millis) -> ClaimCodeBody {
    let mut disclose = claim_terms(consent_of, SZH);
    let case_exp = now.plus(60 * DAY_MS);
    (disclose.nbf, disclose.exp) = (Millis(0), Some(case_exp));
    ClaimCodeBody {
        chain: CHAIN,
        subject: sp(1),
        holder: holder(n).public(),
        insurer: INSURER,
        plan_commit: Hash32([0x91; 32]),
        provider: ProviderSelector::Org(HKH),
        ops: CaseOps::of(&[CaseOp::Claim, CaseOp::Disclose]),
        disclose,
        cap: hkd(1_000_000),
        nbf: now,
        exp: now.plus(600_000),
        case_exp,
        nonce: Nonce([n; 16]),
    }
}

/// Signs a code by the keys of its subjects.
pub(crate) fn granted_code(body: ClaimCodeBody) -> ClaimCode {
    let id = body.id();
    let consent_grant =
        (body.disclose.subject != body.subject).then(|| CodeGrant::sign(Grantor::Subject, &subject_key(2), &id));
    ClaimCode { case_grant: CodeGrant::sign(Grantor::Subject, &subject_key(1), &id), consent_grant, body }
}

/// Redeems a code that is presented now to the Hong Kong hospital's terminal.
pub(crate) fn redeem(code: ClaimCode, n: u8, now: Millis) -> RedeemClaimCode {
    let presentation = Presentation::sign(&holder(n), code.body.id(), TERMINAL, (HKH, FacilityId(1)), now);
    RedeemClaimCode { code, presentation, terminal_nonce: TERMINAL }
}

pub(crate) fn redeem_action(redeem: RedeemClaimCode) -> Action {
    Action::RedeemClaimCode(Box::new(redeem))
}

pub(crate) fn revoke_code(body: &ClaimCodeBody) -> RevokeClaimCode {
    RevokeClaimCode { subject: body.subject, nonce: body.nonce, body: body.hash(), grantor: Grantor::Subject }
}

/// What is done under a case, as whoever closes it has to name it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Done<'d> {
    pub(crate) claims: &'d [ClaimId],
    pub(crate) preauths: &'d [PreauthId],
    pub(crate) guarantees: &'d [GuaranteeId],
}

pub(crate) fn close_case_of(code: ClaimCodeId, capacity: Capacity, done: Done<'_>) -> Action {
    Action::CloseCase(CloseCase {
        code,
        capacity,
        claims: List::new(done.claims.to_vec()).unwrap(),
        preauths: List::new(done.preauths.to_vec()).unwrap(),
        guarantees: List::new(done.guarantees.to_vec()).unwrap(),
    })
}

pub(crate) fn close_case(code: ClaimCodeId, capacity: Capacity, claims: &[ClaimId]) -> Action {
    close_case_of(code, capacity, Done { claims, ..Done::default() })
}

impl World {
    /// Redeems code `n` of subject 1; its consent is subject `consent_of`'s.
    pub(crate) fn redeemed(&mut self, n: u8, consent_of: u32) -> SpentClaimCode {
        let body = code_body(n, consent_of, self.time);
        let id = body.id();
        let redeem = redeem(granted_code(body), n, self.time);
        self.act(&super::signing(HKH), redeem_action(redeem));
        self.code(id)
    }

    pub(crate) fn code(&self, id: ClaimCodeId) -> SpentClaimCode {
        (*crate::runtime::state::claim_code(&self.state, id).unwrap().unwrap()).clone()
    }
}
