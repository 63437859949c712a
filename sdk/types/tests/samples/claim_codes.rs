//! Samples of claim codes.

use assent_types::action::Action;
use assent_types::case::{CaseOp, CaseOps};
use assent_types::claim::Capacity;
use assent_types::claim_code::*;
use assent_types::consent::Grantor;
use assent_types::key::SecretKey;
use assent_types::money::{Currency, Money};
use assent_types::org::AccreditationKind;
use assent_types::state::{Record, StateKey};
use assent_types::*;

use super::{hash, list, terms};

fn body() -> ClaimCodeBody {
    ClaimCodeBody {
        chain: ChainId(hash(1)),
        subject: Sp(hash(60)),
        holder: SecretKey::from_seed(&[61; 32]).public(),
        insurer: OrgId(3),
        plan_commit: hash(62),
        provider: ProviderSelector::Accredited { kind: AccreditationKind::EmergencyDept, places: terms().places },
        ops: CaseOps::of(&[CaseOp::Claim, CaseOp::Disclose]),
        disclose: terms(),
        cap: Money::new(Currency::Hkd, 1_000),
        nbf: Millis(1),
        exp: Millis(2),
        case_exp: Millis(3),
        nonce: Nonce([63; 16]),
    }
}

pub(super) fn params() -> ClaimCodeParams {
    ClaimCodeParams { ttl_ms: 1, drift_ms: 2 }
}

pub(super) fn actions() -> Vec<Action> {
    let (subject, holder) = (SecretKey::from_seed(&[64; 32]), SecretKey::from_seed(&[61; 32]));
    let body = body();
    let code = body.id();
    let revoke = RevokeClaimCode {
        subject: body.subject,
        nonce: body.nonce,
        body: body.hash(),
        grantor: Grantor::Proxy { mandate: MandateId(hash(13)) },
    };
    let redeem = RedeemClaimCode {
        presentation: Presentation::sign(&holder, code, Nonce([65; 16]), (OrgId(1), FacilityId(2)), Millis(2)),
        code: ClaimCode {
            body,
            case_grant: CodeGrant::sign(Grantor::Subject, &subject, &code),
            consent_grant: Some(CodeGrant::sign(Grantor::Proxy { mandate: MandateId(hash(13)) }, &subject, &code)),
        },
        terminal_nonce: Nonce([65; 16]),
    };
    vec![
        Action::RedeemClaimCode(Box::new(redeem)),
        Action::RevokeClaimCode(revoke),
        Action::CloseCase(CloseCase {
            code,
            capacity: Capacity::Subject,
            claims: list(vec![ClaimId(hash(39))]),
            preauths: list(vec![PreauthId(hash(68))]),
            guarantees: list(vec![GuaranteeId(hash(69))]),
        }),
    ]
}

pub(super) fn records() -> Vec<(StateKey, Record)> {
    let id = body().id();
    let redeemed = Redeemed {
        provider: OrgId(1),
        facility: FacilityId(2),
        case: CaseId(hash(30)),
        insurer: OrgId(3),
        consent_subject: Sp(hash(66)),
        controller: OrgId(1),
        consent: ConsentId(hash(67)),
        case_exp: Millis(3),
    };
    let spent = SpentClaimCode {
        id,
        subject: Sp(hash(60)),
        redeemed: Some(redeemed),
        spent_at: Millis(2),
        due: Some(Millis(3)),
        status: ClaimCodeStatus::Redeemed,
    };
    vec![
        (StateKey::ClaimCode(id), Record::ClaimCode(spent)),
        (StateKey::ClaimCodeNonce(Sp(hash(60)), Nonce([63; 16])), Record::ClaimCodeNonce(id)),
    ]
}
