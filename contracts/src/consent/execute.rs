//! Loading consents, and the effects of their rows.

use assent_types::action::{Action, ConsentRef};
use assent_types::consent::{
    Consent, ConsentBook, ConsentLogEntry, ConsentStatus, ConsentTerms, Grantor, consent_id_of,
};
use assent_types::org::Org;
use assent_types::state::{Record, StateKey};
use assent_types::subject::MandateKind;
use assent_types::{ConsentId, ErrorCode, Hash32, List, OrgId, Sp};

use super::book::{
    add_live, append_log, close as close_in, effective_state, lineage_position, overdue_if_full, position,
};
use crate::anomaly::activity;
use crate::runtime::call::{Call, ConsentObject, Object, payload};
use crate::runtime::dispatch::{sweep_row_to, system_row};
use crate::runtime::state::{self, Found};
use crate::runtime::table::{Check, EventName, Row, State, Stop, ensure};
use crate::session;

fn known_org(call: &Call<'_, '_>, id: OrgId) -> Result<Found<Org>, Stop> {
    state::org(call.view, id)?.ok_or_else(|| ErrorCode::NotFound.into())
}

/// Reads a book with its surroundings: E210 for an unknown subject, E905 for an unknown organisation.
fn load_book(
    call: &Call<'_, '_>,
    subject: Sp,
    controller: OrgId,
    terms: Option<&ConsentTerms>,
) -> Result<ConsentObject, Stop> {
    ensure(state::subject(call.view, subject)?.is_some(), ErrorCode::Subject)?;
    let book = state::consents(call.view, subject, controller)?;
    let mut grantees = Vec::new();
    for grantee in terms.iter().flat_map(|terms| terms.grantees.orgs.iter()) {
        grantees.push(known_org(call, *grantee)?);
    }
    Ok(ConsentObject {
        subject,
        controller: known_org(call, controller)?,
        book: book.map(|book| (*book).clone()).unwrap_or_default(),
        position: None,
        grantees,
    })
}

/// Loads the book for new terms, and the proposal that they grant, if they do.
pub(crate) fn load_new(
    call: &Call<'_, '_>,
    terms: &ConsentTerms,
    proposal: Option<ConsentId>,
) -> Result<(State, Object), Stop> {
    let object = load_book(call, terms.subject, terms.controller, Some(terms))?;
    match proposal {
        None => Ok((State::New, Object::Consent(object))),
        Some(id) => at_position(call, object, |book| position(book, id)),
    }
}

/// Loads the very version that is named.
pub(crate) fn load_target(
    call: &Call<'_, '_>,
    target: &ConsentRef,
    terms: Option<&ConsentTerms>,
) -> Result<(State, Object), Stop> {
    let object = load_book(call, target.subject, target.controller, terms)?;
    at_position(call, object, |book| position(book, target.consent))
}

/// Loads the live version of the lineage that is named by any of its versions.
pub(crate) fn load_lineage(call: &Call<'_, '_>, target: &ConsentRef) -> Result<(State, Object), Stop> {
    let object = load_book(call, target.subject, target.controller, None)?;
    at_position(call, object, |book| lineage_position(book, target.consent))
}

/// The consent at a position with its effective state; E307 if it is not among the live ones.
fn at_position(
    call: &Call<'_, '_>,
    mut object: ConsentObject,
    find: impl Fn(&ConsentBook) -> Option<usize>,
) -> Result<(State, Object), Stop> {
    let Some(position) = find(&object.book) else { return Err(ErrorCode::NotHead.into()) };
    let from = effective_state(&object.book.live[position], call.now());
    object.position = Some(position);
    Ok((from, Object::Consent(object)))
}

fn status_of(state: State) -> ConsentStatus {
    match state.consent_status() {
        Some(status) => status,
        None => unreachable!("rows of consents lead to states of consents"),
    }
}

/// Controller, named grantees, proposer and attester.
fn parties(consent: &Consent) -> Vec<OrgId> {
    let mut parties = vec![consent.terms.controller];
    parties.extend(consent.terms.grantees.orgs.iter());
    parties.extend(consent.proposed_by);
    if let Some(Grantor::OrgAttested { org, .. }) = consent.grantor {
        parties.push(org);
    }
    parties
}

/// Appends an act to the subject's log and to the call's receipt.
fn record(call: &mut Call<'_, '_>, row: &Row, object: &mut ConsentObject, consent: &Consent) -> Check {
    let entry = ConsentLogEntry {
        subject: object.subject,
        controller: object.controller.id,
        seq: object.book.log.count,
        height: call.ctx.height,
        time: call.now(),
        tx: call.tx,
        actor: call.actor_key(),
        consent: consent.id,
        status: consent.status,
    };
    append_log(&mut object.book.log, &entry.leaf(), call.ctx)?;
    call.log.push(entry);
    call.emit(row, consent.id.0, Some(object.subject), &parties(consent));
    Ok(())
}

fn put_book(call: &mut Call<'_, '_>, object: ConsentObject) {
    let key = StateKey::Consents(object.subject, object.controller.id);
    call.view.put(key, Record::Consents(Box::new(object.book)));
}

/// Writes the book, then cancels what it does not permit any more. The sweeper has nothing to cancel: no session that a
/// consent permits outlives it.
fn put_and_review(call: &mut Call<'_, '_>, object: ConsentObject) -> Check {
    let (subject, controller) = (object.subject, object.controller.id);
    put_book(call, object);
    if call.source.is_some() { session::review::open_sessions(call, subject, controller) } else { Ok(()) }
}

/// Closes the consent at a position. Closing a proposal changes no decision, closing anything else may.
fn close_at(call: &mut Call<'_, '_>, row: &Row, object: &mut ConsentObject, position: usize) -> Check {
    let was_proposed = object.book.live[position].status == ConsentStatus::Proposed;
    close_in(&mut object.book, position, status_of(row.to), call.now());
    if !was_proposed {
        object.book.epoch += 1;
    }
    // The one just closed is the last of the closed ones.
    let Some(closed) = object.book.closed.last().cloned() else { unreachable!("a consent was just closed") };
    record(call, row, object, &closed)
}

/// Adds a live consent. If the list is full of consents that are over, they are swept first, in the same transaction.
fn add(call: &mut Call<'_, '_>, row: &Row, object: &mut ConsentObject, consent: Consent) -> Check {
    for position in overdue_if_full(&object.book, call.now()) {
        let consent = &object.book.live[position];
        let (from, to) = (State::from(consent.status), effective_state(consent, call.now()));
        if let Some(row) = sweep_row_to(call.tables, *b"CN", from, to) {
            close_at(call, &row, object, position)?;
        }
    }
    record(call, row, object, &consent)?;
    add_live(&mut object.book, consent);
    Ok(())
}

fn new_consent(call: &Call<'_, '_>, row: &Row, terms: &ConsentTerms) -> Consent {
    let id = consent_id_of(&call.tx);
    Consent {
        id,
        lineage: id,
        version: 1,
        supersedes: None,
        terms: terms.clone(),
        grantor: None,
        proposed_by: None,
        created_at: call.now(),
        granted_at: None,
        answer_by: None,
        closed_at: None,
        uses: 0,
        rate_window: None,
        reserved: List::default(),
        suspended_until: None,
        parental: false,
        status: status_of(row.to),
    }
}

/// CN-01: keeps the proposal until it is answered or lapses.
pub(super) fn propose(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let propose = payload!(call, ProposeConsent);
    let mut object = call.take_consent_object();
    let mut consent = new_consent(call, row, &propose.terms);
    consent.proposed_by = call.signer().org_id();
    consent.answer_by = Some(call.now().plus(call.params.proposal_ttl_ms));
    add(call, row, &mut object, consent)?;
    put_book(call, object);
    Ok(())
}

/// CN-02: a new consent, or the proposal, is in force.
pub(super) fn grant(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let grant = payload!(call, GrantConsent);
    let Some(position) = call.consent_object().position else {
        return grant_new(call, row, &grant.terms, grant.grantor);
    };
    let parental = is_parental(call, &grant.grantor)?;
    let mut object = call.take_consent_object();
    object.book.epoch += 1;
    let consent = &mut object.book.live.as_mut_slice()[position];
    consent.terms = grant.terms.clone();
    consent.grantor = Some(grant.grantor);
    consent.granted_at = Some(call.ctx.time);
    consent.parental = parental;
    consent.status = status_of(row.to);
    let consent = consent.clone();
    record(call, row, &mut object, &consent)?;
    put_and_review(call, object)?;
    count_attested(call, &grant.terms, &grant.grantor)
}

/// A new consent is in force, whatever grants it. Its book is loaded.
pub(crate) fn grant_new(call: &mut Call<'_, '_>, row: &Row, terms: &ConsentTerms, grantor: Grantor) -> Check {
    let parental = is_parental(call, &grantor)?;
    let mut object = call.take_consent_object();
    object.book.epoch += 1;
    let mut consent = new_consent(call, row, terms);
    consent.grantor = Some(grantor);
    consent.parental = parental;
    consent.granted_at = Some(call.now());
    add(call, row, &mut object, consent)?;
    put_and_review(call, object)?;
    count_attested(call, terms, &grantor)
}

/// Counts a consent that an organisation attests.
fn count_attested(call: &mut Call<'_, '_>, terms: &ConsentTerms, grantor: &Grantor) -> Check {
    match *grantor {
        Grantor::OrgAttested { org, clerk, .. } => activity::attested(call, org, clerk, call.tx.0, terms.subject),
        _ => Ok(()),
    }
}

/// Ends a lineage before its time as its end would have (CN-07); nothing if none of it is live any more.
pub(crate) fn expire(call: &mut Call<'_, '_>, subject: Sp, controller: OrgId, lineage: ConsentId) -> Check {
    let mut object = load_book(call, subject, controller, None)?;
    let Some(position) = lineage_position(&object.book, lineage) else { return Ok(()) };
    let from = State::from(object.book.live[position].status);
    let Some(row) = sweep_row_to(call.tables, *b"CN", from, State::Expired) else {
        return Err(ErrorCode::State.into());
    };
    close_at(call, &row, &mut object, position)?;
    put_and_review(call, object)
}

/// Whether a consent rests on a parent's mandate.
fn is_parental(call: &Call<'_, '_>, grantor: &Grantor) -> Result<bool, Stop> {
    let Grantor::Proxy { mandate } = grantor else { return Ok(false) };
    Ok(state::mandate(call.view, *mandate)?.is_some_and(|mandate| mandate.terms.kind == MandateKind::Parent))
}

/// CN-05: the old version is closed and the new one is in force. Uses are counted and reserved over the lineage, so an
/// amendment cannot reset them. Sessions that the new version would not permit are cancelled. The row leaves two events: the version that ends, then the one that begins.
pub(super) fn amend(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let amend = payload!(call, AmendConsent);
    let mut object = call.take_consent_object();
    let Some(position) = object.position else { unreachable!("dispatch found the version that is amended") };
    let old = object.book.live[position].clone();
    let parental = is_parental(call, &amend.grantor)?;
    close_at(call, row, &mut object, position)?;
    let consent = Consent {
        lineage: old.lineage,
        version: old.version + 1,
        supersedes: Some(old.id),
        grantor: Some(amend.grantor),
        granted_at: Some(call.now()),
        uses: old.uses,
        rate_window: old.rate_window,
        reserved: old.reserved,
        parental,
        status: ConsentStatus::Active,
        ..new_consent(call, row, &amend.terms)
    };
    add(call, row, &mut object, consent)?;
    put_and_review(call, object)
}

/// CN-09, CN-10, CN-12: the consent rests until an instant, or goes on. Sessions that rest on it are cancelled.
pub(super) fn rest(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let until = match call.source.as_ref().map(|source| &source.transaction.body.action) {
        Some(Action::SuspendConsent(suspend)) => Some(suspend.until),
        _ => None,
    };
    let mut object = call.take_consent_object();
    let Some(position) = object.position else { unreachable!("dispatch found the consent that rests") };
    object.book.epoch += 1;
    let consent = &mut object.book.live.as_mut_slice()[position];
    consent.suspended_until = until;
    consent.status = status_of(row.to);
    let consent = consent.clone();
    record(call, row, &mut object, &consent)?;
    put_and_review(call, object)
}

/// Fires CN-08 for each consent whose last use was counted.
pub(crate) fn exhaust(call: &mut Call<'_, '_>, subject: Sp, controller: OrgId, basis: &[ConsentId]) -> Check {
    let Some(book) = state::consents(call.view, subject, controller)? else { return Ok(()) };
    let used_up = |consent: &&Consent| {
        basis.contains(&consent.id) && consent.terms.limits.max_uses.is_some_and(|max| consent.uses >= max)
    };
    let ids: Vec<ConsentId> = book.live.iter().filter(used_up).map(|consent| consent.id).collect();
    for id in ids {
        let mut object = load_book(call, subject, controller, None)?;
        object.position = position(&object.book, id);
        let Some(consent) = object.position.and_then(|position| object.book.live.get(position)) else { continue };
        let from = State::from(consent.status);
        let Some(row) = system_row(call.tables, *b"CN", EventName::UseCounted, from) else { return Ok(()) };
        call.object = Object::Consent(object);
        (row.effect.apply)(call, &row)?;
    }
    Ok(())
}

/// CN-03, CN-04, CN-06, CN-07, CN-08, CN-11: the consent is over.
pub(super) fn close(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let mut object = call.take_consent_object();
    let Some(position) = object.position else { unreachable!("dispatch found the consent that is closed") };
    close_at(call, row, &mut object, position)?;
    put_and_review(call, object)
}

/// Sweeps one consent whose deadline has passed. False if no row leads on from its state.
pub(crate) fn sweep(call: &mut Call<'_, '_>, subject: Sp, controller: OrgId, id: Hash32) -> Result<bool, Stop> {
    let mut object = load_book(call, subject, controller, None)?;
    let Some(position) = position(&object.book, ConsentId(id)) else { return Ok(false) };
    let consent = &object.book.live[position];
    let (from, to) = (State::from(consent.status), effective_state(consent, call.now()));
    let Some(row) = sweep_row_to(call.tables, *b"CN", from, to) else { return Ok(false) };
    object.position = Some(position);
    call.object = Object::Consent(object);
    (row.effect.apply)(call, &row)?;
    Ok(true)
}
