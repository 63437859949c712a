//! Finds the row of an event and executes it. See the crate's documentation for the order of errors.

use assent_types::ErrorCode;
use assent_types::action::Action;
use assent_types::claim::Capacity;
use assent_types::consent::Grantor;
use assent_types::org::Role;

use super::call::{Call, Object};
use super::identity;
use super::state;
use super::table::{Actor, Check, EventName, Group, Row, State, Stop, Table};
use crate::{
    basis, claim, claimcode, codesystem, consent, delegation, document, eligibility, erasure, fixing, governance,
    guarantee, org, oversight, possession, preauth, review, session, settlement, settlementlist, subject,
};

/// The rows of an event, over all tables.
fn rows_of(tables: &[Table<'_>], event: EventName) -> Vec<Row> {
    tables.iter().flat_map(|table| table.iter()).filter(|row| row.event == event).copied().collect()
}

/// The row of a machine by which the ledger itself moves an object on from a state, if the machine's table has one.
pub(crate) fn system_row(tables: &[Table<'_>], machine: [u8; 2], event: EventName, from: State) -> Option<Row> {
    rows_of(tables, event)
        .into_iter()
        .find(|row| row.id.0 == machine && row.actors.contains(&Actor::System) && row.from.contains(&from))
}

/// The sweeper's row of a machine from a state, if its table has one.
pub(crate) fn sweep_row(tables: &[Table<'_>], machine: [u8; 2], from: State) -> Option<Row> {
    system_row(tables, machine, EventName::Sweep, from)
}

/// The sweeper's row of a machine from a state to the one that is effective, if its table has one.
pub(crate) fn sweep_row_to(tables: &[Table<'_>], machine: [u8; 2], from: State, to: State) -> Option<Row> {
    rows_of(tables, EventName::Sweep)
        .into_iter()
        .find(|row| row.id.0 == machine && row.from.contains(&from) && row.to == to)
}

/// The row of an event that another row's effect causes.
pub(crate) fn caused_row(tables: &[Table<'_>], event: EventName, from: State) -> Option<Row> {
    rows_of(tables, event).into_iter().find(|row| row.from.contains(&from))
}

/// Executes the row of an event that another row's effect causes, on the object that is loaded. The whole is refused if
/// no row leads on (E607) or a guard of it refuses.
pub(crate) fn cause(call: &mut Call<'_, '_>, event: EventName, from: State) -> Check {
    let Some(row) = caused_row(call.tables, event, from) else { return Err(ErrorCode::State.into()) };
    for group in [Group::Object, Group::Content, Group::Cross] {
        run_guards(call, &row, group)?;
    }
    (row.effect.apply)(call, &row)
}

/// Executes the transaction of a call whose signer has been resolved.
pub(crate) fn dispatch(call: &mut Call<'_, '_>) -> Check {
    let action = call.action();
    let rows = rows_of(call.tables, EventName::of(action));
    if rows.is_empty() {
        return Err(ErrorCode::UnknownCode.into());
    }
    call.signer().authorise(action, call.now())?;
    let acting = acting(call)?;
    let candidates: Vec<Row> =
        rows.into_iter().filter(|row| row.actors.iter().any(|actor| acting.contains(actor))).collect();
    let Some(first) = candidates.first() else { return Err(ErrorCode::Role.into()) };
    run_guards(call, first, Group::Role)?;
    identity::names_nobody(action)?;

    preauth::overdue::move_on(call)?;
    claim::catchup::catch_up(call)?;
    erasure::execute::catch_up(call)?;
    session::execute::catch_up(call)?;
    let (from, object) = load(call)?;
    call.object = object;
    run_guards(call, first, Group::Party)?;
    let Some(row) = choose(call, &candidates, from)? else {
        return Err(wrong_state(action, from).into());
    };
    for group in [Group::Object, Group::Content, Group::Cross] {
        run_guards(call, row, group)?;
    }
    (row.effect.apply)(call, row)
}

/// The row of an event from a state whose choice holds for the object that is loaded.
pub(crate) fn chosen_row(call: &Call<'_, '_>, event: EventName, from: State) -> Result<Option<Row>, Stop> {
    Ok(choose(call, &rows_of(call.tables, event), from)?.copied())
}

/// The first row from this state whose choice holds.
fn choose<'r>(call: &Call<'_, '_>, candidates: &'r [Row], from: State) -> Result<Option<&'r Row>, Stop> {
    for row in candidates.iter().filter(|row| row.from.contains(&from)) {
        match run_guards(call, row, Group::Choice) {
            Ok(()) => return Ok(Some(row)),
            Err(Stop::Refused(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(None)
}

/// What is wrong with an object from whose state the action has no row.
fn wrong_state(action: &Action, from: State) -> ErrorCode {
    match action {
        Action::AnchorDocument(_)
        | Action::AnchorCorrection(_)
        | Action::StoreReceipt(_)
        | Action::AcceptShare(_)
        | Action::RetractDocument(_)
        | Action::OrderRepair(_)
        | Action::CompleteRepair(_)
        | Action::RegisterKeyset(_)
        | Action::RequestErasure(_)
        | Action::WithdrawErasure(_)
        | Action::ApproveErasure(_)
        | Action::DestroyAttest(_)
        | Action::LiftRestriction(_)
        | Action::PlaceHold(_)
        | Action::ReleaseHold(_) => ErrorCode::DocumentState,
        Action::ProvePossession(_) => ErrorCode::Possession,
        Action::RolloverPseudonym(_) => ErrorCode::Subject,
        Action::LinkSubjects(_) => ErrorCode::Link,
        Action::KeyReleaseReceipt(_) | Action::ShardServed(_) => match from {
            State::Expired | State::AckOverdue => ErrorCode::Ttl,
            _ => ErrorCode::NoLivePermit,
        },
        Action::RequestAccess(_) | Action::AckAccess(_) | Action::AckFail(_) | Action::ResolveDispute(_) => {
            ErrorCode::SessionState
        }
        Action::SubmitJustification(_) | Action::NotifySubject(_) | Action::DecideReview(_) => ErrorCode::Review,
        Action::InstructPayment(_) if from == State::PayInstructed => ErrorCode::SettlementLive,
        Action::FileAppeal(_) if matches!(from, State::ClosedDenied | State::ClosedPaid) => ErrorCode::Appeal,
        Action::RequestClawback(_) if matches!(from, State::Appealed | State::ClosedPaid) => ErrorCode::Clawback,
        Action::WithdrawFixing(_) => ErrorCode::Fx,
        Action::RotateKey(_)
        | Action::RegisterSubject(_)
        | Action::RotateSubjectKey(_)
        | Action::GrantMandate(_)
        | Action::RevokeMandate(_)
        | Action::ProposeConsent(_)
        | Action::GrantConsent(_)
        | Action::RejectConsent(_)
        | Action::AmendConsent(_)
        | Action::RevokeConsent(_)
        | Action::SuspendConsent(_)
        | Action::ResumeConsent(_)
        | Action::MarkInError(_)
        | Action::UpdateAgeBand(_)
        | Action::SubmitEvidence(_) => ErrorCode::NotHead,
        _ => ErrorCode::State,
    }
}

/// Runs a row's guards of one group; the smallest number of those that refuse is reported.
fn run_guards(call: &Call<'_, '_>, row: &Row, group: Group) -> Check {
    let mut refused: Option<ErrorCode> = None;
    for guard in row.guards.iter().filter(|guard| guard.group == group) {
        match (guard.check)(call) {
            Ok(()) => {}
            Err(Stop::Refused(code)) => refused = Some(refused.map_or(code, |other| other.min(code))),
            Err(stop) => return Err(stop),
        }
    }
    refused.map_or(Ok(()), |code| Err(code.into()))
}

/// As whom the transaction is made: what it claims, where it claims something. Row guards check the claim.
fn acting(call: &Call<'_, '_>) -> Result<Vec<Actor>, Stop> {
    let grantor = match call.action() {
        Action::GrantConsent(grant) => &grant.grantor,
        Action::RejectConsent(reject) => &reject.grantor,
        Action::AmendConsent(amend) => &amend.grantor,
        Action::RevokeConsent(revoke) => &revoke.grantor,
        Action::OpenCase(open) => &open.grantor,
        Action::SubmitClaim(submit) => return Ok(acting_as(call, submit.capacity)),
        Action::PayeeAck(ack) => return Ok(acting_as(call, ack.capacity)),
        Action::CancelPreauth(cancel) => return Ok(acting_as(call, cancel.capacity)),
        Action::LinkAttachments(link) => return Ok(acting_as(call, link.capacity)),
        Action::ResumeWithConsent(resume) => return Ok(acting_as(call, resume.capacity)),
        Action::FileAppeal(appeal) => return Ok(acting_as(call, appeal.capacity)),
        Action::AgreeClawback(agree) => return Ok(acting_as(call, agree.capacity)),
        Action::ContestClawback(contest) => return Ok(acting_as(call, contest.capacity)),
        Action::WithdrawClaim(withdraw) => return Ok(acting_as(call, withdraw.capacity)),
        Action::RecallPayment(recall) => return Ok(acting_as(call, recall.capacity)),
        Action::DisputePayment(dispute) => return Ok(acting_as(call, dispute.capacity)),
        Action::AssignBenefit(assign) => return Ok(acting_as(call, assign.capacity)),
        Action::RevokeClaimCode(revoke) => &revoke.grantor,
        Action::CloseCase(close) => return Ok(acting_as(call, close.capacity)),
        Action::RequestErasure(request) => return Ok(acting_as(call, request.capacity)),
        Action::WithdrawErasure(withdraw) => return Ok(acting_as(call, withdraw.capacity)),
        _ => return Ok(call.signer().actors()),
    };
    Ok(match grantor {
        Grantor::Subject => vec![Actor::Role(Role::Subject)],
        Grantor::Proxy { .. } => vec![Actor::Role(Role::Guardian)],
        Grantor::OrgAttested { org, .. } => match state::org(call.view, *org)? {
            Some(org) => org.roles.codes().map(Actor::Role).collect(),
            None => Vec::new(),
        },
    })
}

/// As whom a party to a claim acts.
fn acting_as(call: &Call<'_, '_>, capacity: Capacity) -> Vec<Actor> {
    match capacity {
        Capacity::Organisation => call.signer().actors(),
        Capacity::Subject => vec![Actor::Role(Role::Subject)],
        Capacity::Proxy { .. } => vec![Actor::Role(Role::Guardian)],
    }
}

/// Reads the object and says in which state it is at the block's time.
fn load(call: &Call<'_, '_>) -> Result<(State, Object), Stop> {
    let action = call.action();
    if let Some(id) = claim::catchup::claim_of(action) {
        return claim::object::load_claim(call, id);
    }
    if let Some(id) = claim::catchup::settlement_of(action) {
        return settlement::execute::load(call, id);
    }
    match action {
        Action::RotateKey(rotate) => Ok((org::check::key_state(call, rotate)?, Object::None)),
        Action::SubmitEvidence(evidence) => Ok((org::check::evidence_state(call, &evidence.pair)?, Object::None)),
        Action::RegisterSubject(register) => Ok((subject::check::unregistered(call, register)?, Object::None)),
        Action::RotateSubjectKey(rotate) => Ok((subject::check::registered(call, rotate.sp)?, Object::None)),
        Action::GrantMandate(grant) => {
            subject::check::registered(call, grant.terms.subject)?;
            Ok((State::New, Object::None))
        }
        Action::RevokeMandate(revoke) => Ok((subject::check::mandate_state(call, revoke)?, Object::None)),
        Action::ProposeConsent(propose) => consent::execute::load_new(call, &propose.terms, None),
        Action::GrantConsent(grant) => consent::execute::load_new(call, &grant.terms, grant.proposal),
        Action::AmendConsent(amend) => consent::execute::load_target(call, &amend.target, Some(&amend.terms)),
        Action::RejectConsent(reject) => consent::execute::load_target(call, &reject.target, None),
        Action::RevokeConsent(revoke) => consent::execute::load_lineage(call, &revoke.target),
        Action::RegisterKeyset(_) => Ok((State::New, Object::None)),
        Action::AnchorDocument(anchor) => document::load::new(call, &anchor.body),
        Action::AnchorCorrection(correction) => document::load::new(call, &correction.body),
        Action::StoreReceipt(receipt) => document::load::existing(call, receipt.anchor),
        Action::AcceptShare(accept) => document::load::existing(call, accept.anchor),
        Action::RetractDocument(retract) => document::load::existing(call, retract.anchor),
        Action::OrderRepair(order) => document::load::repair(call, order.anchor, order.shard),
        Action::CompleteRepair(complete) => document::load::repair(call, complete.anchor, complete.shard.shard),
        Action::LinkSubjects(link) => session::load::link(call, link),
        Action::RequestAccess(request) => session::load::new(call, &request.request),
        Action::KeyReleaseReceipt(receipt) => session::load::with_decision(call, receipt.session),
        Action::ShardServed(served) => session::load::with_documents(call, served.session),
        Action::AckAccess(ack) => session::load::alone(call, ack.session),
        Action::AckFail(fail) => session::load::alone(call, fail.session),
        Action::ResolveDispute(resolve) => session::load::alone(call, resolve.session),
        Action::SubmitJustification(submit) => review::execute::load(call, submit.session),
        Action::NotifySubject(notify) => review::execute::load(call, notify.session),
        Action::DecideReview(decide) => review::execute::load(call, decide.session),
        Action::SuspendConsent(suspend) => consent::execute::load_target(call, &suspend.target, None),
        Action::ResumeConsent(resume) => consent::execute::load_target(call, &resume.target, None),
        Action::MarkInError(mark) => consent::execute::load_target(call, &mark.target, None),
        Action::OpenCase(open) => claim::object::load_case(call, open.subject, [open.insurer, open.provider]),
        Action::RegisterBill(register) => claim::object::load_bill(call, register),
        Action::SubmitClaim(submit) => claim::object::load_filing(call, submit),
        _ => load_undertaking(call),
    }
}

/// The same for what comes before a claim, and for governance.
fn load_undertaking(call: &Call<'_, '_>) -> Result<(State, Object), Stop> {
    match call.action() {
        Action::CheckEligibility(check) => eligibility::execute::load_new(call, check),
        Action::AnswerEligible(answer) => eligibility::execute::load(call, answer.eligibility),
        Action::AnswerNotEligible(answer) => eligibility::execute::load(call, answer.eligibility),
        Action::AnswerError(answer) => eligibility::execute::load(call, answer.eligibility),
        Action::RequestPreauth(request) => preauth::object::load_new(call, request),
        Action::PendPreauth(pend) => preauth::object::load(call, pend.preauth),
        Action::SupplyPreauthInfo(supply) => preauth::object::load(call, supply.preauth),
        Action::ApprovePreauth(approve) => preauth::object::load(call, approve.preauth),
        Action::ApprovePreauthPartial(approve) => preauth::object::load(call, approve.preauth),
        Action::DenyPreauth(deny) => preauth::object::load(call, deny.preauth),
        Action::AmendPreauth(amend) => preauth::object::load(call, amend.preauth),
        Action::CancelPreauth(cancel) => preauth::object::load(call, cancel.preauth),
        Action::ReplacePreauth(replace) => preauth::object::load_both(call, replace),
        Action::VoidPreauth(void) => preauth::object::load(call, void.preauth),
        Action::OfferGuarantee(offer) => guarantee::execute::load_new(call, offer),
        Action::AcceptGuarantee(accept) => guarantee::execute::load(call, accept.guarantee),
        Action::DeclineGuarantee(decline) => guarantee::execute::load(call, decline.guarantee),
        Action::CancelGuarantee(cancel) => guarantee::execute::load(call, cancel.guarantee),
        Action::OrderCancelGuarantee(order) => guarantee::execute::load(call, order.guarantee),
        Action::Propose(_) | Action::ImposeEmergency(_) | Action::RegisterBasis(_) => Ok((State::New, Object::None)),
        Action::Vote(vote) => governance::execute::load(call, vote.proposal),
        Action::Ratify(ratify) => governance::execute::load(call, ratify.emergency),
        Action::Lift(lift) => governance::execute::load(call, lift.emergency),
        Action::FileBasis(_) | Action::EndBasis(_) => Ok((basis::check::state_of(call)?, Object::None)),
        _ => load_register(call),
    }
}

/// The same for batches, ended bills, fixings, code systems, delegations and assignments.
fn load_register(call: &Call<'_, '_>) -> Result<(State, Object), Stop> {
    match call.action() {
        Action::BatchSettlements(act) => settlement::batch::load(call, act),
        Action::VoidBill(act) => claim::object::load_ending_bill(call, (act.nullifier, act.issuer), None),
        Action::ReplaceBill(act) => {
            claim::object::load_ending_bill(call, (act.nullifier, act.by.issuer), Some(&act.by))
        }
        Action::WithdrawFixing(act) => fixing::execute::load(call, act.fixing),
        Action::RegisterCodeSystem(act) => codesystem::execute::load_system(call, act.system),
        Action::GrantDelegation(act) => delegation::execute::load(call, act.principal, act.delegate),
        Action::RevokeDelegation(act) => delegation::execute::load(call, act.principal, act.delegate),
        Action::AssignBenefit(act) => delegation::execute::load_case(call, act.case),
        Action::ReleaseAssignment(act) => delegation::execute::load_assignment(call, act.assignment),
        Action::PublishFixing(_) | Action::RegisterCodeMap(_) => Ok((State::New, Object::None)),
        _ => load_access(call),
    }
}

/// The same for claim codes, erasure, holds and oversight.
fn load_access(call: &Call<'_, '_>) -> Result<(State, Object), Stop> {
    match call.action() {
        Action::RedeemClaimCode(redeem) => claimcode::execute::load_redeem(call, redeem),
        Action::RevokeClaimCode(revoke) => claimcode::execute::load_revoke(call, revoke),
        Action::CloseCase(close) => claimcode::execute::load_spent(call, close.code),
        Action::RequestErasure(request) => erasure::execute::load(call, request.anchor),
        Action::WithdrawErasure(withdraw) => erasure::execute::load(call, withdraw.anchor),
        Action::ApproveErasure(approve) => erasure::execute::load(call, approve.anchor),
        Action::DestroyAttest(attest) => erasure::execute::load(call, attest.anchor),
        Action::LiftRestriction(lift) => erasure::execute::load(call, lift.anchor),
        Action::PlaceHold(place) => erasure::execute::load_hold(call, place.anchor, None),
        Action::ReleaseHold(release) => erasure::execute::load_hold(call, release.anchor, Some(release.hold)),
        Action::FileLogRoot(_) => Ok((State::New, Object::None)),
        Action::LawfulLookup(lookup) => {
            subject::check::registered(call, lookup.subject)?;
            Ok((State::New, Object::None))
        }
        Action::RecordRecognition(record) => oversight::execute::load(call, record.anchor),
        Action::RolloverPseudonym(rollover) => Ok((subject::check::rollover_state(call, rollover)?, Object::None)),
        Action::UpdateAgeBand(update) => Ok((subject::check::registered(call, update.sp)?, Object::None)),
        Action::OpenChallenge(_) => Ok((State::New, Object::None)),
        Action::ProvePossession(proof) => possession::execute::load(call, proof.challenge),
        Action::JudgePossession(judge) => possession::execute::load(call, judge.challenge),
        Action::FileSettlementList(file) => settlementlist::execute::load(call, file),
        other => unreachable!("{} is about a claim or a settlement", other.name()),
    }
}
