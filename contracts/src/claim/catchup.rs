//! Moving on what is overdue before somebody acts on it.
//!
//! However late the sweeper comes, who acts finds claims and payments where a punctual sweep would have left them: the
//! rows of the sweeper fire first, inside the transaction, and are undone with it if it is refused.

use assent_types::action::Action;
use assent_types::claim::Claim;
use assent_types::{BillNullifier, ClaimId, OrgId, SettlementId};

use super::close;
use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop};
use crate::settlement;

/// Moves on every claim and payment that the action looks at.
pub(crate) fn catch_up(call: &mut Call<'_, '_>) -> Check {
    match call.action() {
        Action::SubmitClaim(submit) => {
            let terms = &submit.terms;
            if let Some(related) = terms.related {
                claim(call, related.claim)?;
            }
            match state::case(call.view, terms.case)? {
                Some(case) => bills(call, &terms.bills, case.provider),
                None => Ok(()),
            }
        }
        Action::CloseCase(close) => close.claims.iter().try_for_each(|id| claim(call, *id)),
        Action::VoidBill(void) => bills(call, &[void.nullifier], void.issuer),
        Action::ReplaceBill(replace) => bills(call, &[replace.nullifier], replace.by.issuer),
        Action::BatchSettlements(batch) => {
            batch.details.iter().try_for_each(|detail| settlement(call, detail.settlement))
        }
        action => match (claim_of(action), settlement_of(action)) {
            (Some(id), _) => {
                claim(call, id)?;
                match state::claim(call.view, id)?.filter(|_| weighs_bills(action)) {
                    Some(found) => bills(call, &found.terms.bills, found.provider),
                    None => Ok(()),
                }
            }
            (None, Some(id)) => settlement(call, id),
            (None, None) => Ok(()),
        },
    }
}

/// The claim that an act names, or whose payment it names.
pub(crate) fn concerned(call: &Call<'_, '_>, action: &Action) -> Result<Option<ClaimId>, Stop> {
    Ok(match (claim_of(action), settlement_of(action)) {
        (None, Some(id)) => state::settlement(call.view, id)?.map(|settlement| settlement.claim),
        (named, _) => named,
    })
}

/// The claim that an act names.
pub(crate) fn claim_of(action: &Action) -> Option<ClaimId> {
    Some(match action {
        Action::AcceptClaim(act) => act.claim,
        Action::RejectClaim(act) => act.claim,
        Action::ClearDuplicate(act) => act.claim,
        Action::ConfirmDuplicate(act) => act.claim,
        Action::ApproveClaim(act) => act.claim,
        Action::ApprovePartial(act) => act.claim,
        Action::DenyClaim(act) => act.claim,
        Action::InstructPayment(act) => act.claim,
        Action::RequestInfo(act) => act.claim,
        Action::ConsentGap(act) => act.claim,
        Action::LinkAttachments(act) => act.claim,
        Action::ResumeWithConsent(act) => act.claim,
        Action::FileAppeal(act) => act.claim,
        Action::DecideAppeal(act) => act.claim,
        Action::RequestClawback(act) => act.claim,
        Action::AgreeClawback(act) => act.claim,
        Action::ContestClawback(act) => act.claim,
        Action::OrderClawback(act) => act.claim,
        Action::WithdrawClaim(act) => act.claim,
        Action::ReopenClaim(act) => act.claim,
        _ => return None,
    })
}

/// The settlement that an act names.
pub(crate) fn settlement_of(action: &Action) -> Option<SettlementId> {
    Some(match action {
        Action::BankAccept(act) => act.settlement,
        Action::BankFail(act) => act.settlement,
        Action::BankPaid(act) => act.settlement,
        Action::PayeeAck(act) => act.settlement,
        Action::RecallPayment(act) => act.settlement,
        Action::DisputePayment(act) => act.settlement,
        Action::ResolvePayment(act) => act.settlement,
        _ => return None,
    })
}

/// Whether an act on a claim depends on what its bills have left, or on who else has a claim on them.
fn weighs_bills(action: &Action) -> bool {
    matches!(
        action,
        Action::ClearDuplicate(_)
            | Action::ConfirmDuplicate(_)
            | Action::ApproveClaim(_)
            | Action::ApprovePartial(_)
            | Action::DecideAppeal(_)
            | Action::ReopenClaim(_)
    )
}

/// Every claim that the bills list.
fn bills(call: &mut Call<'_, '_>, bills: &[BillNullifier], issuer: OrgId) -> Check {
    for nullifier in bills {
        let Some(bill) = state::bill(call.view, *nullifier, issuer)? else { continue };
        for listed in &bill.claims {
            claim(call, listed.claim)?;
        }
    }
    Ok(())
}

fn settlement(call: &mut Call<'_, '_>, id: SettlementId) -> Check {
    match state::settlement(call.view, id)? {
        Some(found) => claim(call, found.claim),
        None => Ok(()),
    }
}

/// A claim and its payment, until no deadline of theirs has passed. Every row uses one up, and the deadlines that it sets
/// lie later, so this ends.
pub(crate) fn claim(call: &mut Call<'_, '_>, id: ClaimId) -> Check {
    while let Some(found) = state::claim(call.view, id)? {
        if !step(call, &found)? {
            break;
        }
    }
    Ok(())
}

fn step(call: &mut Call<'_, '_>, claim: &Claim) -> Result<bool, Stop> {
    if let Some(settlement) = claim.settlement
        && settlement::execute::sweep(call, settlement)?
    {
        return Ok(true);
    }
    close::sweep(call, claim.id)
}
