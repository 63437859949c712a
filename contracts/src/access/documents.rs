//! Gate 3: the documents that a request names.

use std::collections::BTreeSet;

use assent_types::access::{AccessRequest, Asked, Descriptor, Reason};
use assent_types::consent::Purpose;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::session::SubjectLink;
use assent_types::{AnchorId, CaseId, ErrorCode, Month, Sp};

use super::cover::Item;
use crate::erasure::check::is_retention_over;
use crate::runtime::state::{self, Found, ReadError, StateRead};

/// What a request asks for, as the gates judge it.
pub(super) struct Named {
    /// The pseudonym on which consents are looked for: that of the documents, where there are any.
    pub(super) subject: Sp,
    /// One item for each descriptor, or for each document that is the subject's and the controller's.
    pub(super) items: Vec<Item>,
    /// Why a document is not to be had at all.
    pub(super) reasons: BTreeSet<Reason>,
}

/// Resolves what is asked for. The inner error is E907 for a request that asks for nothing, or with a grade outside 1
/// to 5 or a month beyond the calendar, and E501 for documents of two subjects or two controllers.
pub(super) fn resolve(
    request: &AccessRequest,
    state: &dyn StateRead,
    at: assent_types::Millis,
) -> Result<Result<Named, ErrorCode>, ReadError> {
    match &request.asked {
        Asked::Data(descriptors) => Ok(described(request.subject, descriptors)),
        Asked::Documents { anchors, deliver_to, case } => {
            let found = match of_one_owner(anchors, state)? {
                Ok(found) => found,
                Err(code) => return Ok(Err(code)),
            };
            let unknown = found.len() < anchors.len();
            let mut named = Named { subject: request.subject, items: Vec::new(), reasons: BTreeSet::new() };
            if unknown {
                named.reasons.insert(Reason::AnchorState);
            }
            let Some(first) = found.first() else { return Ok(Ok(named)) };
            let same = is_same_person(request.subject, first.body.subject, *case, state)?;
            if !same || first.body.controller != request.controller {
                named.reasons.insert(Reason::AnchorForeign);
                return Ok(Ok(named));
            }
            named.subject = first.body.subject;
            for anchor in &found {
                named.reasons.extend(refusal(anchor, request.purpose, state, at)?);
            }
            named.items.extend(found.iter().map(|anchor| Item {
                descriptor: Descriptor {
                    category: anchor.body.category,
                    grade: anchor.body.grade.effective(),
                    service_month: anchor.body.service_month,
                    deliver_to: *deliver_to,
                },
                lineage: Some(anchor.lineage),
                important: anchor.body.important,
                until: anchor.body.retention_until.filter(|_| anchor.status == DocumentStatus::Restricted),
            }));
            Ok(Ok(named))
        }
    }
}

fn described(subject: Sp, descriptors: &[Descriptor]) -> Result<Named, ErrorCode> {
    let well_formed =
        |descriptor: &Descriptor| (1..=5).contains(&descriptor.grade) && descriptor.service_month <= Month::MAX;
    if descriptors.is_empty() || !descriptors.iter().all(well_formed) {
        return Err(ErrorCode::BadRequest);
    }
    let item = |descriptor: &Descriptor| Item { descriptor: *descriptor, lineage: None, important: false, until: None };
    Ok(Named { subject, items: descriptors.iter().map(item).collect(), reasons: BTreeSet::new() })
}

/// The documents that exist, in the order of the request.
fn of_one_owner(
    anchors: &[AnchorId],
    state: &dyn StateRead,
) -> Result<Result<Vec<Found<Anchor>>, ErrorCode>, ReadError> {
    if anchors.is_empty() {
        return Ok(Err(ErrorCode::BadRequest));
    }
    let mut found: Vec<Found<Anchor>> = Vec::new();
    for id in anchors {
        let Some(anchor) = state::anchor(state, *id)? else { continue };
        let owner = |anchor: &Anchor| (anchor.body.subject, anchor.body.controller);
        if found.first().is_some_and(|first| owner(first) != owner(&anchor)) {
            return Ok(Err(ErrorCode::MixedRequest));
        }
        found.push(anchor);
    }
    Ok(Ok(found))
}

/// Whether two pseudonyms are equal, or linked in the case. Links are not followed from one to the next.
fn is_same_person(one: Sp, other: Sp, case: Option<CaseId>, state: &dyn StateRead) -> Result<bool, ReadError> {
    let Some(link) = SubjectLink::new(one, other) else { return Ok(true) };
    let Some(case) = case else { return Ok(false) };
    Ok(state::subject_links(state, case)?.is_some_and(|links| links.contains(&link)))
}

/// Why a document's state keeps it from the requester. A version that was superseded is to be had by its name. A restricted
/// one whose retention is over is to be erased, whether or not the sweeper has found it.
fn refusal(
    anchor: &Anchor,
    purpose: Purpose,
    state: &dyn StateRead,
    at: assent_types::Millis,
) -> Result<Option<Reason>, ReadError> {
    Ok(match anchor.effective_status(at) {
        DocumentStatus::Active | DocumentStatus::Superseded => None,
        DocumentStatus::Restricted if is_retention_over(anchor, state::retention(state, anchor.id)?.as_deref(), at) => {
            Some(Reason::AnchorState)
        }
        DocumentStatus::Restricted if matches!(purpose, Purpose::Hlegal | Purpose::Hcompl) => None,
        DocumentStatus::Restricted => Some(Reason::Restricted),
        DocumentStatus::Pending
        | DocumentStatus::Retracted
        | DocumentStatus::ErasurePending
        | DocumentStatus::Tombstoned
        | DocumentStatus::Abandoned => Some(Reason::AnchorState),
    })
}
