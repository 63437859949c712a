//! Moves on what is overdue before anybody acts on it, so that no act depends on how late the sweeper comes.
//!
//! An act on a preauthorisation depends on more than itself: a guarantee whose time has passed reserves nothing any
//! more, a claim that is settled needs no guarantee. The same rows as in a sweep fire, in the act's own transaction and
//! before it; if the act is refused, so is all that came before it, and the sweeper does it later.

use assent_types::action::Action;
use assent_types::{ClaimId, GuaranteeId, PreauthId};

use super::execute::sweep;
use super::object::head_of;
use crate::claim::catchup;
use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::Check;
use crate::{eligibility, guarantee};

/// Moves on what the transaction's action depends on.
pub(crate) fn move_on(call: &mut Call<'_, '_>) -> Check {
    match call.action() {
        Action::AnswerEligible(answer) => question(call, answer.eligibility),
        Action::AnswerNotEligible(answer) => question(call, answer.eligibility),
        Action::AnswerError(answer) => question(call, answer.eligibility),
        Action::PendPreauth(pend) => preauth(call, pend.preauth),
        Action::SupplyPreauthInfo(supply) => preauth(call, supply.preauth),
        Action::ApprovePreauth(approve) => preauth(call, approve.preauth),
        Action::ApprovePreauthPartial(approve) => preauth(call, approve.preauth),
        Action::DenyPreauth(deny) => preauth(call, deny.preauth),
        Action::AmendPreauth(amend) => preauth(call, amend.preauth),
        Action::CancelPreauth(cancel) => preauth(call, cancel.preauth),
        Action::VoidPreauth(void) => preauth(call, void.preauth),
        Action::ReplacePreauth(replace) => {
            preauth(call, replace.preauth)?;
            preauth(call, replace.child)
        }
        Action::OfferGuarantee(offer) => undertakings(call, offer.preauth, None),
        Action::AcceptGuarantee(accept) => undertakings(call, None, Some(accept.guarantee)),
        Action::DeclineGuarantee(decline) => undertakings(call, None, Some(decline.guarantee)),
        Action::CancelGuarantee(cancel) => undertakings(call, None, Some(cancel.guarantee)),
        Action::OrderCancelGuarantee(order) => undertakings(call, None, Some(order.guarantee)),
        Action::SubmitClaim(submit) => undertakings(call, submit.terms.preauth, submit.terms.guarantee),
        Action::CloseCase(close) => {
            close.claims.iter().try_for_each(|id| of_claim(call, *id))?;
            close.guarantees.iter().try_for_each(|id| undertakings(call, None, Some(*id)))?;
            close.preauths.iter().try_for_each(|id| preauth(call, *id))
        }
        action => match catchup::concerned(call, action)? {
            Some(claim) => of_claim(call, claim),
            None => Ok(()),
        },
    }
}

fn question(call: &mut Call<'_, '_>, id: assent_types::EligibilityId) -> Check {
    eligibility::execute::sweep(call, id).map(|_| ())
}

fn of_claim(call: &mut Call<'_, '_>, id: ClaimId) -> Check {
    let Some(claim) = state::claim(call.view, id)? else { return Ok(()) };
    undertakings(call, claim.terms.preauth, claim.terms.guarantee)
}

/// Moves on a guarantee and a preauthorisation, or the one on which the guarantee rests.
fn undertakings(call: &mut Call<'_, '_>, cited: Option<PreauthId>, guaranteed: Option<GuaranteeId>) -> Check {
    let mut preauths = cited.into_iter().collect::<Vec<_>>();
    if let Some(id) = guaranteed {
        guarantee::execute::sweep(call, id)?;
        preauths.extend(state::guarantee(call.view, id)?.and_then(|guarantee| guarantee.preauth));
    }
    preauths.into_iter().try_for_each(|id| preauth(call, id))
}

/// Moves on everything that rests on a preauthorisation, and then itself.
fn preauth(call: &mut Call<'_, '_>, cited: PreauthId) -> Check {
    let Some(head) = head_of(call.view, cited)? else { return Ok(()) };
    for id in &head.guarantees {
        guarantee::execute::sweep(call, *id)?;
    }
    for usage in &head.claims {
        catchup::claim(call, usage.claim)?;
    }
    sweep(call, head.id).map(|_| ())
}
