//! Reading the state, and the deadlines that follow from it.

use std::ops::Deref;
use std::sync::Arc;

use assent_types::anomaly::{Activity, Anomalies, AnomalyKind, Exports};
use assent_types::batch::SettlementBatch;
use assent_types::bill::Bill;
use assent_types::case::Case;
use assent_types::claim::{Claim, CodeRef};
use assent_types::claim_code::{Nonce, SpentClaimCode};
use assent_types::codesystem::{CodeMap, CodeMaps, CodeSystem};
use assent_types::consent::{ConsentBook, ConsentStatus};
use assent_types::delegation::{Assignment, Delegation};
use assent_types::document::{Anchor, DocumentStatus, Keyset};
use assent_types::eligibility::Eligibility;
use assent_types::erasure::{Retention, Tombstone};
use assent_types::fixing::{Fixing, FixingPair, pair_of};
use assent_types::governance::{Governance, Halts, Proposal};
use assent_types::guarantee::Guarantee;
use assent_types::org::Org;
use assent_types::oversight::{LogRoots, Lookup, RecognitionTally, Recognitions, Rollover};
use assent_types::possession::Challenge;
use assent_types::preauth::Preauth;
use assent_types::review::{Review, Standing};
use assent_types::session::{AccessBook, Session, SubjectLinks};
use assent_types::settlement::Settlement;
use assent_types::settlement_list::SettlementList;
use assent_types::state::{Bases, Misbehaviour, Params, Record, StateKey, StateValue, Validators};
use assent_types::subject::{KeyEntry, Mandate, Subject};
use assent_types::{
    AnchorId, AssignmentId, BatchId, BillNullifier, CaseId, ChallengeId, ClaimCodeId, ClaimId, CodeMapId, Currency,
    EligibilityId, FixingId, GuaranteeId, Hash32, KeyId, KeysetId, MandateId, Millis, OrgId, PreauthId, ProposalId,
    SessionId, SettlementId, Sp,
};

/// The state cannot be read: a fault of this node's storage or of the records handed to it, never of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state cannot be read: {0}")]
pub struct ReadError(pub String);

/// A view of the state at one height.
pub trait StateRead {
    /// The value under a key, or `None` if the key was never written. The same key is asked for again and again.
    fn get(&self, key: &StateKey) -> Result<Option<Arc<StateValue>>, ReadError>;

    /// The deadlines at or before `until`, ascending by (time, key, id), at most `limit`.
    fn due(&self, until: Millis, limit: usize) -> Result<Vec<Deadline>, ReadError>;
}

/// An instant at which the sweeper has something to do.
///
/// Deadlines are a derived index outside the state tree: exactly the [`deadlines_of`] all values of the state. Their
/// order is the order in which they are swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline {
    /// First instant at which the deadline has passed.
    pub at: Millis,
    /// The record.
    pub key: StateKey,
    /// The object inside the record.
    pub id: Hash32,
}

/// The deadlines that the index holds for this value, in the order of the value's objects.
///
/// Consents have them: a proposal until it is answered, an active or suspended consent until its end, a suspension until
/// its own. A consent without end has none, as it ends only by an act. A document has one while it waits to be stored or
/// erased, a session until it is released, delivered, acknowledged or its dispute is resolved, a review until it is
/// decided, a question of eligibility until it is answered and then until the answer ends, a preauthorisation until it is
/// answered and then, while nothing holds it open, until its validity ends, a guarantee until it is accepted and then
/// until it can be called no more, a challenge of possession until it is answered, a proposal until it ends, a redeemed claim code until its case ends, while nothing under the case is live. A claim and a
/// payment have one in every status in which somebody must act, until it was missed as often as is recorded; a clawback
/// has none while its payment is under way. Cases, mandates, keys, accreditations and suspensions of organisations have
/// windows that every guard compares with the block's time; nothing has to be done when such a window ends.
pub fn deadlines_of(value: &StateValue) -> Vec<Deadline> {
    let deadline = |at, id| Deadline { at, key: value.key, id };
    match &value.record {
        Record::Consents(book) => book
            .live
            .iter()
            .filter_map(|consent| {
                let at = match consent.status {
                    ConsentStatus::Proposed => consent.answer_by,
                    ConsentStatus::Suspended => earlier(consent.suspended_until, consent.terms.exp),
                    _ => consent.terms.exp,
                }?;
                Some(deadline(at, consent.id.0))
            })
            .collect(),
        Record::Anchor(anchor) if anchor.status == DocumentStatus::Pending => {
            vec![deadline(anchor.store_by, anchor.id.0)]
        }
        Record::Retention(retention) => {
            let StateKey::Retention(id) = value.key else { return Vec::new() };
            retention.due.map(|at| deadline(at, id.0)).into_iter().collect()
        }
        Record::LogRoots(roots) => roots.due.map(|at| deadline(at, Hash32::ZERO)).into_iter().collect(),
        Record::Review(review) => {
            let notice = (review.notified.is_none() && !review.notice_missed).then_some(review.notify_by);
            let ids = [notice, review.due].into_iter().flatten();
            ids.map(|at| deadline(at, review.session.0)).collect()
        }
        Record::Session(session) => session.deadline.map(|at| deadline(at, session.id.0)).into_iter().collect(),
        Record::Eligibility(question) => question.due.map(|at| deadline(at, question.id.0)).into_iter().collect(),
        Record::Preauth(preauth) => preauth.deadline().map(|at| deadline(at, preauth.id.0)).into_iter().collect(),
        Record::Guarantee(guarantee) => guarantee.due.map(|at| deadline(at, guarantee.id.0)).into_iter().collect(),
        Record::Proposal(proposal) => proposal.due.map(|at| deadline(at, proposal.id.0)).into_iter().collect(),
        Record::Claim(claim) => claim.deadline().map(|at| deadline(at, claim.id.0)).into_iter().collect(),
        Record::Settlement(settlement) => settlement.due.map(|at| deadline(at, settlement.id.0)).into_iter().collect(),
        Record::Challenge(challenge) => challenge.due.map(|at| deadline(at, challenge.id.0)).into_iter().collect(),
        Record::ClaimCode(code) => code.due.map(|at| deadline(at, code.id.0)).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The earlier of two instants that may be missing.
fn earlier(one: Option<Millis>, other: Option<Millis>) -> Option<Millis> {
    one.into_iter().chain(other).min()
}

/// A record of a known type, still inside the value that was read.
pub struct Found<T: 'static> {
    value: Arc<StateValue>,
    project: fn(&Record) -> Option<&T>,
}

impl<T> Clone for Found<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), project: self.project }
    }
}

impl<T> Deref for Found<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match (self.project)(&self.value.record) {
            Some(record) => record,
            None => unreachable!("the record was of this type when it was read, and values never change"),
        }
    }
}

fn find<T>(
    state: &dyn StateRead,
    key: StateKey,
    project: fn(&Record) -> Option<&T>,
) -> Result<Option<Found<T>>, ReadError> {
    let Some(value) = state.get(&key)? else { return Ok(None) };
    if value.key != key || project(&value.record).is_none() {
        return Err(ReadError(format!("the value under {key:?} belongs to {:?} or is of another type", value.key)));
    }
    Ok(Some(Found { value, project }))
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $record:ty = $key:expr, $pattern:pat => $result:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(state: &dyn StateRead $(, $arg: $type)*) -> Result<Option<Found<$record>>, ReadError> {
            find(state, $key, |record| match record { $pattern => Some($result), _ => None })
        }
    )*};
}

readers! {
    /// An organisation.
    org(id: OrgId) -> Org = StateKey::Org(id), Record::Org(org) => org.as_ref();
    /// A key.
    key(id: KeyId) -> KeyEntry = StateKey::Key(id), Record::Key(entry) => entry;
    /// A subject.
    subject(sp: Sp) -> Subject = StateKey::Subject(sp), Record::Subject(subject) => subject;
    /// A mandate.
    mandate(id: MandateId) -> Mandate = StateKey::Mandate(id), Record::Mandate(mandate) => mandate.as_ref();
    /// The consents of a subject with a controller.
    consents(sp: Sp, controller: OrgId) -> ConsentBook =
        StateKey::Consents(sp, controller), Record::Consents(book) => book.as_ref();
    /// The transfer bases of an exporter.
    bases(exporter: OrgId) -> Bases = StateKey::Bases(exporter), Record::Bases(bases) => bases;
    /// A case.
    case(id: CaseId) -> Case = StateKey::Case(id), Record::Case(case) => case;
    /// A bill of an issuer.
    bill(nullifier: BillNullifier, issuer: OrgId) -> Bill =
        StateKey::Bill(nullifier, issuer), Record::Bill(bill) => bill.as_ref();
    /// A claim.
    claim(id: ClaimId) -> Claim = StateKey::Claim(id), Record::Claim(claim) => claim.as_ref();
    /// A settlement.
    settlement(id: SettlementId) -> Settlement =
        StateKey::Settlement(id), Record::Settlement(settlement) => settlement;
    /// A question of eligibility.
    eligibility(id: EligibilityId) -> Eligibility =
        StateKey::Eligibility(id), Record::Eligibility(question) => question;
    /// A preauthorisation.
    preauth(id: PreauthId) -> Preauth = StateKey::Preauth(id), Record::Preauth(preauth) => preauth.as_ref();
    /// A guarantee of payment.
    guarantee(id: GuaranteeId) -> Guarantee =
        StateKey::Guarantee(id), Record::Guarantee(guarantee) => guarantee;
    /// A fixing of an exchange rate.
    fixing(id: FixingId) -> Fixing = StateKey::Fixing(id), Record::Fixing(fixing) => fixing.as_ref();
    /// The fixings of two currencies, in whichever order they are named.
    fixing_pair(one: Currency, other: Currency) -> FixingPair =
        { let (one, other) = pair_of(one, other); StateKey::FixingPair(one, other) }, Record::FixingPair(pair) => pair;
    /// A version of a code system.
    code_system(system: CodeRef) -> CodeSystem =
        StateKey::CodeSystem(system), Record::CodeSystem(system) => system.as_ref();
    /// A map between code systems.
    code_map(id: CodeMapId) -> CodeMap = StateKey::CodeMap(id), Record::CodeMap(map) => map.as_ref();
    /// The maps from one version of a code system to another.
    code_maps(src: CodeRef, dst: CodeRef) -> CodeMaps = StateKey::CodeMaps(src, dst), Record::CodeMaps(maps) => maps;
    /// What a principal lets a delegate do.
    delegation(principal: OrgId, delegate: OrgId) -> Delegation =
        StateKey::Delegation(principal, delegate), Record::Delegation(delegation) => delegation.as_ref();
    /// An assignment of a benefit.
    assignment(id: AssignmentId) -> Assignment =
        StateKey::Assignment(id), Record::Assignment(assignment) => assignment;
    /// A batch of settlements.
    batch(id: BatchId) -> SettlementBatch = StateKey::Batch(id), Record::Batch(batch) => batch.as_ref();
    /// A claim code that was spent.
    claim_code(id: ClaimCodeId) -> SpentClaimCode = StateKey::ClaimCode(id), Record::ClaimCode(code) => code;
    /// The code that spent a nonce of a subject.
    claim_code_nonce(sp: Sp, nonce: Nonce) -> ClaimCodeId =
        StateKey::ClaimCodeNonce(sp, nonce), Record::ClaimCodeNonce(id) => id;
    /// Proven misbehaviour of a validator.
    misbehaviour(org: OrgId) -> Misbehaviour = StateKey::Misbehaviour(org), Record::Misbehaviour(list) => list;
    /// The seed of the last sweep, or of the last block with transactions.
    sweep_seed() -> Hash32 = StateKey::SweepSeed, Record::SweepSeed(seed) => seed;
    /// A set of key holders.
    keyset(id: KeysetId) -> Keyset = StateKey::Keyset(id), Record::Keyset(keyset) => keyset;
    /// An access session.
    session(id: SessionId) -> Session = StateKey::Session(id), Record::Session(session) => session.as_ref();
    /// Open sessions and the access log of a subject's documents with a controller.
    accesses(sp: Sp, controller: OrgId) -> AccessBook =
        StateKey::Accesses(sp, controller), Record::Accesses(book) => book.as_ref();
    /// Pseudonyms that are linked in a case.
    subject_links(case: CaseId) -> SubjectLinks = StateKey::SubjectLinks(case), Record::SubjectLinks(links) => links;
    /// A proposal or an emergency.
    proposal(id: ProposalId) -> Proposal = StateKey::Proposal(id), Record::Proposal(proposal) => proposal.as_ref();
    /// The register, which genesis always writes.
    governance_record() -> Governance = StateKey::Governance, Record::Governance(register) => register.as_ref();
    /// Emergency measures.
    halts() -> Halts = StateKey::Halts, Record::Halts(halts) => halts;
    /// The review of a session that broke the glass.
    review(id: SessionId) -> Review = StateKey::Review(id), Record::Review(review) => review.as_ref();
    /// How an organisation stands as one that asks for access.
    standing(org: OrgId) -> Standing = StateKey::Standing(org), Record::Standing(standing) => standing.as_ref();
    /// What one person of an organisation did.
    activity(org: OrgId, person: Hash32) -> Activity =
        StateKey::Activity(org, person), Record::Activity(activity) => activity;
    /// Anomalies of a kind of an organisation.
    anomalies(kind: AnomalyKind, org: Option<OrgId>) -> Anomalies =
        StateKey::Anomalies(kind, org), Record::Anomalies(anomalies) => anomalies.as_ref();
    /// What keeps a document, and what becomes of a request to erase it.
    retention(id: AnchorId) -> Retention = StateKey::Retention(id), Record::Retention(retention) => retention.as_ref();
    /// Roots of an organisation's own audit log.
    log_roots(org: OrgId) -> LogRoots = StateKey::LogRoots(org), Record::LogRoots(roots) => roots;
    /// A regulator's right to look up a pseudonym.
    lookup(org: OrgId, subject: Sp) -> Lookup = StateKey::Lookup(org, subject), Record::Lookup(lookup) => lookup;
    /// Decisions of providers on a result.
    recognitions(id: AnchorId) -> Recognitions =
        StateKey::Recognitions(id), Record::Recognitions(recognitions) => recognitions;
    /// How a provider decides on results of others.
    recognition_tally(org: OrgId) -> RecognitionTally =
        StateKey::RecognitionTally(org), Record::RecognitionTally(tally) => tally;
    /// Where a pseudonym went.
    rollover(subject: Sp) -> Rollover = StateKey::Rollover(subject), Record::Rollover(rollover) => rollover;
    /// A challenge of possession.
    challenge(id: ChallengeId) -> Challenge = StateKey::Challenge(id), Record::Challenge(challenge) => challenge;
    /// How much of a subject is open with an insurer.
    open_requests(insurer: OrgId, subject: Sp) -> u32 =
        StateKey::OpenRequests(insurer, subject), Record::OpenRequests(count) => count;
    /// The settlement list of a bill.
    settlement_list(bill: BillNullifier, issuer: OrgId) -> SettlementList =
        StateKey::SettlementList(bill, issuer), Record::SettlementList(list) => list.as_ref();
    /// Of how many persons documents of a controller left its jurisdiction in a year.
    exports(controller: OrgId, year: u16) -> Exports = StateKey::Exports(controller, year), Record::Exports(exports) => exports;
    /// The validators to come.
    validators_record() -> Validators = StateKey::Validators, Record::Validators(validators) => validators;
    /// The parameters, which genesis always writes.
    params_record() -> Params = StateKey::Params, Record::Params(params) => params.as_ref();
}

/// One version of a document; `None` for one that never was or that was erased.
pub fn anchor(state: &dyn StateRead, id: AnchorId) -> Result<Option<Found<Anchor>>, ReadError> {
    let key = StateKey::Anchor(id);
    if tombstone(state, id)?.is_some() {
        return Ok(None);
    }
    find(state, key, |record| match record {
        Record::Anchor(anchor) => Some(anchor.as_ref()),
        _ => None,
    })
}

/// What is left of a document that was erased.
pub fn tombstone(state: &dyn StateRead, id: AnchorId) -> Result<Option<Tombstone>, ReadError> {
    let Some(value) = state.get(&StateKey::Anchor(id))? else { return Ok(None) };
    Ok(match &value.record {
        Record::Tombstone(tombstone) => Some(*tombstone),
        _ => None,
    })
}

/// The parameters; every state has them.
pub fn params(state: &dyn StateRead) -> Result<Found<Params>, ReadError> {
    params_record(state)?.ok_or_else(|| ReadError("there are no parameters".into()))
}

/// The register of governance; every state has it.
pub fn governance(state: &dyn StateRead) -> Result<Found<Governance>, ReadError> {
    governance_record(state)?.ok_or_else(|| ReadError("there is no register of governance".into()))
}

/// The validators to come; every state has them.
pub fn validators(state: &dyn StateRead) -> Result<Found<Validators>, ReadError> {
    validators_record(state)?.ok_or_else(|| ReadError("there are no validators".into()))
}
