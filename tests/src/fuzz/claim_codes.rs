//! Samples of claim codes, with optional parts both ways.

use assent_types::action::Action;
use assent_types::case::CaseOps;
use assent_types::claim::Capacity;
use assent_types::claim_code::{
    ClaimCode, ClaimCodeBody, ClaimCodeStatus, CloseCase, CodeGrant, Nonce, Presentation, ProviderSelector,
    RedeemClaimCode, Redeemed, RevokeClaimCode, SpentClaimCode,
};
use assent_types::consent::Grantor;
use assent_types::key::SecretKey;
use assent_types::org::AccreditationKind;
use assent_types::state::{Record, StateKey};
use assent_types::{
    CaseId, ChainId, ClaimId, ConsentId, Currency, FacilityId, GuaranteeId, List, MandateId, Millis, Money, OrgId,
    PreauthId, Sp,
};

use super::samples::{bare_terms, full_terms, hash};

fn body(provider: ProviderSelector) -> ClaimCodeBody {
    ClaimCodeBody {
        chain: ChainId(hash(1)),
        subject: Sp(hash(60)),
        holder: SecretKey::from_seed(&[61; 32]).public(),
        insurer: OrgId(3),
        plan_commit: hash(62),
        provider,
        ops: CaseOps::all(),
        disclose: bare_terms(),
        cap: Money::new(Currency::Hkd, 1_000),
        nbf: Millis(1),
        exp: Millis(2),
        case_exp: Millis(3),
        nonce: Nonce([63; 16]),
    }
}

fn redeem(body: ClaimCodeBody, consent_grant: Option<CodeGrant>) -> Action {
    let id = body.id();
    let place = (OrgId(2), FacilityId(1));
    let presentation = Presentation::sign(&SecretKey::from_seed(&[61; 32]), id, Nonce([65; 16]), place, Millis(2));
    let case_grant = CodeGrant::sign(Grantor::Subject, &SecretKey::from_seed(&[64; 32]), &id);
    let code = ClaimCode { body, case_grant, consent_grant };
    Action::RedeemClaimCode(Box::new(RedeemClaimCode { code, presentation, terminal_nonce: Nonce([65; 16]) }))
}

pub(super) fn actions() -> Vec<Action> {
    let plain = body(ProviderSelector::Org(OrgId(2)));
    let full = ClaimCodeBody {
        disclose: full_terms(),
        ..body(ProviderSelector::Accredited { kind: AccreditationKind::EmergencyDept, places: full_terms().places })
    };
    let proxy = Grantor::Proxy { mandate: MandateId(hash(11)) };
    let consent_grant = CodeGrant::sign(proxy, &SecretKey::from_seed(&[66; 32]), &full.id());
    let revoke =
        RevokeClaimCode { subject: plain.subject, nonce: plain.nonce, body: plain.hash(), grantor: Grantor::Subject };
    let claims = List::new(vec![ClaimId(hash(40))]).unwrap_or_default();
    let preauths = List::new(vec![PreauthId(hash(68))]).unwrap_or_default();
    let guarantees = List::new(vec![GuaranteeId(hash(69))]).unwrap_or_default();
    vec![
        redeem(plain.clone(), None),
        redeem(full, Some(consent_grant)),
        Action::RevokeClaimCode(revoke),
        Action::CloseCase(CloseCase {
            code: plain.id(),
            capacity: Capacity::Organisation,
            claims,
            preauths,
            guarantees,
        }),
        Action::CloseCase(CloseCase {
            code: plain.id(),
            capacity: Capacity::Subject,
            claims: List::default(),
            preauths: List::default(),
            guarantees: List::default(),
        }),
    ]
}

pub(super) fn records() -> Vec<(StateKey, Record)> {
    let id = body(ProviderSelector::Org(OrgId(2))).id();
    let redeemed = Redeemed {
        provider: OrgId(2),
        facility: FacilityId(1),
        case: CaseId(hash(42)),
        insurer: OrgId(3),
        consent_subject: Sp(hash(4)),
        controller: OrgId(1),
        consent: ConsentId(hash(5)),
        case_exp: Millis(9),
    };
    let spent = |redeemed, status| {
        let code =
            SpentClaimCode { id, subject: Sp(hash(60)), redeemed, spent_at: Millis(2), due: Some(Millis(9)), status };
        (StateKey::ClaimCode(id), Record::ClaimCode(code))
    };
    vec![
        spent(Some(redeemed), ClaimCodeStatus::Redeemed),
        spent(None, ClaimCodeStatus::RevokedUnused),
        (StateKey::ClaimCodeNonce(Sp(hash(60)), Nonce([63; 16])), Record::ClaimCodeNonce(id)),
    ]
}
