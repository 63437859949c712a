//! Open sessions are decided again when something on which they rest has changed.

use assent_types::{OrgId, Sp};

use super::{book, load};
use crate::erasure;
use crate::runtime::call::Call;
use crate::runtime::dispatch::system_row;
use crate::runtime::state;
use crate::runtime::table::{Check, EventName, State};

/// Cancels every open session for a subject's documents with a controller that would not be permitted any more (AC-10).
/// The state that is read is that with the act's own writes, so the act and what follows from it are one.
///
/// Whatever may take access away has to call this. Where nothing does, as when an organisation is suspended by a record
/// that no transaction of this version writes, the decision that is made again at every key part is the backstop.
pub(crate) fn open_sessions(call: &mut Call<'_, '_>, subject: Sp, controller: OrgId) -> Check {
    for open in &book::read(call, subject, controller)?.open {
        let Some(session) = state::session(call.view, open.session)? else { continue };
        let status = session.effective_status(call.now());
        let row = system_row(call.tables, *b"AC", EventName::ConsentChanged, State::from(status));
        let Some(row) = row.filter(|_| status.is_open()) else { continue };
        erasure::execute::move_on(call, session.anchors())?;
        if load::judge_again(call, &session)?.decision.permit {
            continue;
        }
        let (_, object) = load::alone(call, open.session)?;
        call.object = object;
        (row.effect.apply)(call, &row)?;
    }
    Ok(())
}
