//! What is open: under a case, so that a claim code knows when its case is over, and of a subject with an insurer, so
//! that an insurer's access for payment without anything to pay for is noticed.
//!
//! Both are counted whenever an object is written, from the status that it had and the one that it has. A count follows
//! the stored status: what has ended by its time alone counts until it is swept.

use assent_types::state::{Record, StateKey};
use assent_types::{CaseId, OrgId, Sp};

use crate::claimcode;
use crate::runtime::call::Call;
use crate::runtime::state;
use crate::runtime::table::{Check, Stop};

/// Whether an object was open and is.
#[derive(Clone, Copy)]
pub(crate) struct Change {
    pub(crate) was: bool,
    pub(crate) is: bool,
}

impl Change {
    /// The count after the change; `None` if it leaves the count as it is.
    fn apply(self, count: u32) -> Result<Option<u32>, Stop> {
        let after = match (self.was, self.is) {
            (false, true) => count.checked_add(1),
            (true, false) => count.checked_sub(1),
            _ => return Ok(None),
        };
        after.map(Some).ok_or_else(|| state::ReadError("more ended than was open".into()).into())
    }
}

/// Counts a claim or a guarantee of a case. The code that opened the case waits for the last of them.
pub(crate) fn count_live(call: &mut Call<'_, '_>, id: CaseId, change: Change) -> Check {
    if change.was == change.is {
        return Ok(());
    }
    let case = state::case(call.view, id)?.ok_or_else(|| state::ReadError(format!("case {id} is not there")))?;
    let mut case = (*case).clone();
    let Some(live) = change.apply(case.live)? else { return Ok(()) };
    case.live = live;
    let code = case.code;
    call.view.put(StateKey::Case(id), Record::Case(case));
    code.map_or(Ok(()), |code| claimcode::execute::wait(call, code, live > 0))
}

/// Counts a question of eligibility, a preauthorisation or a claim of a subject with an insurer.
pub(crate) fn count_requests(call: &mut Call<'_, '_>, (insurer, subject): (OrgId, Sp), change: Change) -> Check {
    let count = requests(call, insurer, subject)?;
    if let Some(count) = change.apply(count)? {
        call.view.put(StateKey::OpenRequests(insurer, subject), Record::OpenRequests(count));
    }
    Ok(())
}

/// How many questions of eligibility, preauthorisations and claims of a subject are open with an insurer.
pub(crate) fn requests(call: &Call<'_, '_>, insurer: OrgId, subject: Sp) -> Result<u32, Stop> {
    Ok(state::open_requests(call.view, insurer, subject)?.map_or(0, |count| *count))
}
