//! Moves on what has passed a deadline, by block time.
//!
//! At most `sweep_max` deadlines are swept per block, in the order (time, key, id). How late a sweep comes is invisible:
//! every guard and every decision looks at what is effective at its time, never at the stored status alone.
//!
//! What governs is never put off. A proposal that is executed changes what all others read, so no guard could look past
//! a late one; and there are never more of them than the register and the halts may list.

use std::collections::BTreeSet;

use assent_types::limits::{MEASURES_MAX, PROPOSALS_OPEN_MAX, SWEEP_MAX};
use assent_types::receipt::{EVENTS_MAX, sweep_tx};
use assent_types::state::{Params, StateKey};

use super::block::BlockContext;
use super::call::{Call, Object};
use super::overlay::Overlay;
use super::receipts::Trace;
use super::state::{self, Deadline, Found, ReadError, StateRead};
use super::table::{Stop, Table};
use crate::governance::halts::halts_of;
use crate::{
    claim, claimcode, consent, document, eligibility, erasure, governance, guarantee, oversight, possession, preauth,
    review, session, settlement,
};

// The end of a payment moves its claim too, closes its guarantee and may be the end of its preauthorisation; what is let
// pass elsewhere is filed as an anomaly.
const _: () = assert!(4 * SWEEP_MAX <= EVENTS_MAX);
// What governs is swept with all of that, or before it.
const _: () = assert!(PROPOSALS_OPEN_MAX + MEASURES_MAX <= SWEEP_MAX);

/// Sweeps what is due. Returns what happened, and the deadlines that were taken from the queue without effect because
/// no row leads on from their object's state.
pub(crate) fn sweep(
    ctx: &BlockContext,
    tables: &[Table<'_>],
    params: &Found<Params>,
    view: &mut Overlay<'_>,
) -> Result<(Trace, Vec<Deadline>), ReadError> {
    let limit = SWEEP_MAX.min(usize::try_from(params.sweep_max).unwrap_or(SWEEP_MAX));
    let mut due = view.due(ctx.time, limit)?;
    if due.len() == limit {
        let governing = governing(ctx, view)?;
        due.retain(|deadline| !governing.contains(deadline));
        due.truncate(SWEEP_MAX - governing.len());
        due.splice(..0, governing);
    }
    let tx = sweep_tx(ctx.height);
    view.begin(tx);
    let mut call = Call {
        ctx,
        tables,
        view,
        params: params.clone(),
        tx,
        source: None,
        object: Object::None,
        events: Vec::new(),
        log: Vec::new(),
        accesses: Vec::new(),
    };
    let mut idle = Vec::new();
    for deadline in due {
        let fired = match deadline.key {
            StateKey::Consents(subject, controller) => {
                consent::execute::sweep(&mut call, subject, controller, deadline.id)
            }
            StateKey::Anchor(anchor) => document::execute::sweep(&mut call, anchor),
            StateKey::Session(session) => session::execute::sweep(&mut call, session),
            StateKey::Claim(id) => claim::close::sweep(&mut call, id),
            StateKey::Settlement(id) => settlement::execute::sweep(&mut call, id),
            StateKey::Eligibility(id) => eligibility::execute::sweep(&mut call, id),
            StateKey::Preauth(id) => preauth::execute::sweep(&mut call, id),
            StateKey::Guarantee(id) => guarantee::execute::sweep(&mut call, id),
            StateKey::Proposal(id) => governance::execute::sweep(&mut call, id),
            StateKey::Retention(anchor) => erasure::execute::sweep(&mut call, anchor),
            StateKey::LogRoots(org) => oversight::execute::sweep(&mut call, org),
            StateKey::Review(session) => review::execute::sweep(&mut call, session),
            StateKey::Challenge(id) => possession::execute::sweep(&mut call, id),
            StateKey::ClaimCode(id) => claimcode::execute::sweep(&mut call, id),
            _ => Ok(false),
        };
        match fired {
            Ok(true) => {}
            Ok(false) => idle.push(deadline),
            Err(Stop::Read(error)) => return Err(error),
            Err(Stop::Refused(code)) => unreachable!("a sweep has no guard that could refuse it with {code}"),
        }
    }
    let trace = Trace { events: call.events, log: call.log, accesses: call.accesses };
    view.keep();
    Ok((trace, idle))
}

/// The proposals and emergencies whose time has come.
fn governing(ctx: &BlockContext, view: &Overlay<'_>) -> Result<BTreeSet<Deadline>, ReadError> {
    let (register, halts) = (state::governance(view)?, halts_of(view)?);
    let lapsing = halts.measures.iter().filter(|measure| measure.until.is_some()).map(|measure| measure.proposal);
    let mut due = BTreeSet::new();
    for id in register.open.iter().copied().chain(lapsing) {
        let Some(proposal) = state::proposal(view, id)? else { continue };
        let key = StateKey::Proposal(id);
        due.extend(proposal.due.filter(|at| *at <= ctx.time).map(|at| Deadline { at, key, id: id.0 }));
    }
    Ok(due)
}
