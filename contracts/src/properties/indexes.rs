//! Indexes are what the objects, genesis and the events say; traces fold to the states of their objects; what the tree
//! proves is true, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use assent_proofs::log::{Frontier, leaf_hash};
use assent_proofs::state::prove;
use assent_proofs::testing::MemNodes;
use assent_types::anomaly::AnomalyKind;
use assent_types::claim_code::ClaimCodeStatus;
use assent_types::governance::{Matter, ProposalStatus};
use assent_types::oversight::RecognitionOutcome;
use assent_types::receipt::RowId;
use assent_types::review::ReviewStatus;
use assent_types::state::{Record, StateKey, StateValue};
use assent_types::subject::KeyOwner;
use assent_types::{CaseId, CodeMapId, Hash32, KeyId, OrgId, SessionId, Sp, encode};

use super::claim_walks::CLAIMS;
use super::document_walks::DOCUMENTS;
use super::follow::*;
use super::governance_walks::GOVERNANCE;
use super::register_walks::REGISTERS;
use super::walks::CONSENTS;
use crate::claim::object::status_of;
use crate::runtime::table::Effect;
use crate::{Deadline, MemoryState, State, deadlines_of, tables};

// INV-33 ------------------------------------------------------------------------------------------------------------

/// An index as it is kept and as it follows from the objects.
fn same<T: PartialEq + std::fmt::Debug>(name: &str, kept: &T, rebuilt: &T) -> Verdict {
    ensure(kept == rebuilt, || format!("{name}: kept {kept:?}, rebuilt {rebuilt:?}"))
}

fn deadlines(state: &MemoryState) -> Verdict {
    let implied: BTreeSet<Deadline> = state.values().flat_map(deadlines_of).collect();
    same("deadlines", state.deadlines(), &implied)
}

/// Open sessions by subject and controller.
fn open_sessions(state: &MemoryState) -> Verdict {
    let (mut kept, mut rebuilt) = (BTreeSet::new(), BTreeSet::new());
    for value in state.values() {
        match (&value.key, &value.record) {
            (StateKey::Accesses(sp, org), Record::Accesses(book)) => {
                kept.extend(book.open.iter().map(|open| (*sp, *org, open.session)));
            }
            (_, Record::Session(session)) if session.status.is_open() => {
                rebuilt.insert((session.subject, session.request.controller, session.id));
            }
            _ => {}
        }
    }
    same("open sessions", &kept, &rebuilt)
}

/// Keys of organisations by their identifiers.
fn keys(state: &MemoryState) -> Verdict {
    let (mut kept, mut rebuilt) = (BTreeSet::<(KeyId, OrgId)>::new(), BTreeSet::<(KeyId, OrgId)>::new());
    let (mut kept_subjects, mut subjects) = (BTreeSet::<(KeyId, Sp)>::new(), BTreeSet::<(KeyId, Sp)>::new());
    for value in state.values() {
        match (&value.key, &value.record) {
            (StateKey::Key(id), Record::Key(entry)) => match entry.owner {
                KeyOwner::Org(org) => _ = kept.insert((*id, org)),
                KeyOwner::Subject(sp) if entry.revoked_at.is_none() => _ = kept_subjects.insert((*id, sp)),
                _ => {}
            },
            (_, Record::Org(org)) => rebuilt.extend(org.keys.iter().map(|record| (record.id(), org.id))),
            (_, Record::Subject(subject)) => _ = subjects.insert((subject.key.id(), subject.sp)),
            _ => {}
        }
    }
    same("keys of subjects", &kept_subjects, &subjects)?;
    same("keys of organisations", &kept, &rebuilt)
}

/// Organisations and open proposals in the register.
fn register(state: &MemoryState) -> Verdict {
    let mut orgs = BTreeSet::new();
    let mut open = BTreeSet::new();
    let mut kept = (BTreeSet::new(), BTreeSet::new());
    for value in state.values() {
        match &value.record {
            Record::Org(org) => _ = orgs.insert(org.id),
            Record::Proposal(proposal) => {
                let waits = matches!(proposal.status, ProposalStatus::Open | ProposalStatus::Approved);
                if waits && matches!(proposal.matter, Matter::Payload(_)) {
                    open.insert(proposal.id);
                }
            }
            Record::Governance(register) => {
                kept = (register.orgs.iter().copied().collect(), register.open.iter().copied().collect());
            }
            _ => {}
        }
    }
    same("organisations", &kept.0, &orgs)?;
    same("open proposals", &kept.1, &open)
}

/// Reviews that an organisation owes.
fn reviews_owed(state: &MemoryState) -> Verdict {
    let (mut kept, mut rebuilt) = (BTreeSet::<(OrgId, SessionId)>::new(), BTreeSet::<(OrgId, SessionId)>::new());
    for value in state.values() {
        match (&value.key, &value.record) {
            (StateKey::Standing(org), Record::Standing(standing)) => {
                kept.extend(standing.reviews.iter().map(|review| (*org, review.session)));
            }
            (_, Record::Review(review)) if matches!(review.status, ReviewStatus::Due | ReviewStatus::Overdue) => {
                rebuilt.insert((review.requester, review.session));
            }
            _ => {}
        }
    }
    same("reviews owed", &kept, &rebuilt)
}

/// Codes by nonce, maps by systems, fixings by pair.
fn registers(state: &MemoryState) -> Verdict {
    let (mut nonces, mut codes) = (BTreeSet::new(), BTreeSet::new());
    let (mut listed, mut maps): (BTreeSet<CodeMapId>, BTreeSet<CodeMapId>) = Default::default();
    let (mut latest, mut fixings) = (BTreeMap::new(), BTreeMap::new());
    for value in state.values() {
        match (&value.key, &value.record) {
            (StateKey::ClaimCodeNonce(sp, _), Record::ClaimCodeNonce(id)) => _ = nonces.insert((*id, *sp)),
            (_, Record::ClaimCode(code)) => _ = codes.insert((code.id, code.subject)),
            (_, Record::CodeMaps(entries)) => listed.extend(entries.iter().map(|entry| entry.map)),
            (_, Record::CodeMap(map)) => _ = maps.insert(map.id),
            (_, Record::FixingPair(pair)) => _ = latest.insert((pair.base, pair.quote), pair.latest),
            (_, Record::Fixing(fixing)) => {
                let newest =
                    fixings.entry((fixing.base, fixing.quote)).or_insert((fixing.published_at, BTreeSet::new()));
                if newest.0 < fixing.published_at {
                    *newest = (fixing.published_at, BTreeSet::new());
                }
                if newest.0 == fixing.published_at {
                    newest.1.insert(fixing.id);
                }
            }
            _ => {}
        }
    }
    same("codes by nonce", &nonces, &codes)?;
    same("maps by code systems", &listed, &maps)?;
    same("pairs", &latest.keys().collect::<Vec<_>>(), &fixings.keys().collect::<Vec<_>>())?;
    let newest = latest.iter().all(|(pair, latest)| fixings[pair].1.contains(latest));
    ensure(newest, || "a pair names another fixing than its latest".into())
}

/// How providers decided on results of others, and how many claims a case has.
fn tallies(state: &MemoryState) -> Verdict {
    let (mut kept, mut rebuilt) = (BTreeMap::<OrgId, (u64, u64)>::new(), BTreeMap::<OrgId, (u64, u64)>::new());
    let (mut of_cases, mut filed) = (BTreeMap::new(), BTreeMap::new());
    for value in state.values() {
        match (&value.key, &value.record) {
            (StateKey::RecognitionTally(org), Record::RecognitionTally(tally)) => {
                kept.insert(*org, (tally.accepted, tally.repeated));
            }
            (_, Record::Recognitions(recognitions)) => {
                for recognition in recognitions {
                    let tally = rebuilt.entry(recognition.by).or_default();
                    match recognition.outcome {
                        RecognitionOutcome::Accepted => tally.0 += 1,
                        RecognitionOutcome::Repeated => tally.1 += 1,
                    }
                }
            }
            (_, Record::Case(case)) if case.claims > 0 => _ = of_cases.insert(case.id, case.claims),
            (_, Record::Claim(claim)) => *filed.entry(claim.terms.case).or_insert(0) += 1,
            _ => {}
        }
    }
    same("decisions on results", &kept, &rebuilt)?;
    same("claims of cases", &of_cases, &filed)
}

/// What is live under a case, what of a subject is open with an insurer, and which claim codes wait for a case.
fn open_matters(state: &MemoryState) -> Verdict {
    let (mut of_cases, mut live) = (BTreeMap::new(), BTreeMap::<CaseId, u32>::new());
    let (mut kept, mut open) = (BTreeMap::new(), BTreeMap::<(OrgId, Sp), u32>::new());
    let mut waiting = Vec::new();
    let mut asked = |insurer, subject| *open.entry((insurer, subject)).or_default() += 1;
    for value in state.values() {
        match (&value.key, &value.record) {
            (_, Record::Case(case)) if case.live > 0 => _ = of_cases.insert(case.id, case.live),
            (StateKey::OpenRequests(insurer, sp), Record::OpenRequests(count)) if *count > 0 => {
                kept.insert((*insurer, *sp), *count);
            }
            (_, Record::Claim(claim)) if !claim.status.is_terminal() => {
                *live.entry(claim.terms.case).or_default() += 1;
                asked(claim.insurer, claim.subject);
            }
            (_, Record::Guarantee(guarantee)) if !guarantee.status.is_terminal() => {
                *live.entry(guarantee.case).or_default() += 1;
            }
            (_, Record::Preauth(preauth)) if !preauth.status.is_terminal() => asked(preauth.insurer, preauth.subject),
            (_, Record::Eligibility(question)) if !question.status.is_terminal() => {
                asked(question.insurer, question.subject);
            }
            (_, Record::ClaimCode(code)) => waiting.extend(code.redeemed.map(|redeemed| (code, redeemed))),
            _ => {}
        }
    }
    same("what is live under cases", &of_cases, &live)?;
    same("what is open with insurers", &kept, &open)?;
    for (code, redeemed) in waiting {
        let ends = code.status == ClaimCodeStatus::Redeemed && !live.contains_key(&redeemed.case);
        same("ends of codes", &code.due, &ends.then_some(redeemed.case_exp))?;
    }
    Ok(())
}

/// Indexes that are kept in records beside the objects, and the index of deadlines.
const KEPT: [fn(&MemoryState) -> Verdict; 8] =
    [deadlines, open_sessions, keys, register, reviews_owed, registers, tallies, open_matters];

/// Blocks after which indexes are rebuilt from all objects.
const REBUILD_BLOCKS: u64 = 8;

/// The heads of logs are folded from their entries and anomalies counted from events, as they happen; the rest is
/// rebuilt from the objects. Counts records and entries.
fn indexes_are_rebuilt() -> Checker {
    let mut logs: BTreeMap<(bool, Sp, OrgId), Frontier> = BTreeMap::new();
    let mut anomalies: Option<BTreeMap<AnomalyKind, u64>> = None;
    let mut blocks = 0;
    Box::new(move |step| {
        if anomalies.is_none() {
            // What the walk's world did before its first block is genesis to it.
            anomalies = Some(counted(&step.before.state));
            logs.extend(heads(&step.before.state)?);
        }
        let outcome = step.outcome;
        for entry in &outcome.log_entries {
            logs.entry((false, entry.subject, entry.controller)).or_default().push(leaf_hash(&entry.leaf().0));
        }
        for entry in &outcome.access_entries {
            logs.entry((true, entry.subject, entry.controller)).or_default().push(leaf_hash(&entry.leaf().0));
        }
        if let Some(anomalies) = &mut anomalies {
            for event in outcome.receipts.iter().flat_map(|(_, details)| details.events.iter()) {
                let kind = AnomalyKind::ALL.iter().find(|kind| event.row == RowId(*b"AN", **kind as u8));
                if let Some(kind) = kind {
                    *anomalies.entry(*kind).or_default() += 1;
                }
            }
        }
        blocks += 1;
        if blocks % REBUILD_BLOCKS != 0 {
            return Ok(0);
        }
        let state = &step.after.state;
        KEPT.iter().try_for_each(|index| index(state))?;
        same("anomalies", &Some(counted(state)), &anomalies)?;
        let roots = |logs: &BTreeMap<(bool, Sp, OrgId), Frontier>| -> BTreeMap<(bool, Sp, OrgId), (u64, Hash32)> {
            logs.iter().map(|(of, log)| (*of, (log.count(), log.root()))).collect()
        };
        same("logs", &roots(&heads(state)?), &roots(&logs))?;
        Ok(state.values().count() as u64)
    })
}

/// Anomalies by kind, as the records count them.
fn counted(state: &MemoryState) -> BTreeMap<AnomalyKind, u64> {
    let mut counts = BTreeMap::new();
    for value in state.values() {
        if let (StateKey::Anomalies(kind, _), Record::Anomalies(anomalies)) = (&value.key, &value.record) {
            *counts.entry(*kind).or_default() += anomalies.count;
        }
    }
    counts
}

/// Heads of logs that have entries, as the books have them.
fn heads(state: &MemoryState) -> Result<BTreeMap<(bool, Sp, OrgId), Frontier>, String> {
    let mut heads = BTreeMap::new();
    for value in state.values() {
        let (of, log) = match (&value.key, &value.record) {
            (StateKey::Consents(sp, org), Record::Consents(book)) => ((false, *sp, *org), &book.log),
            (StateKey::Accesses(sp, org), Record::Accesses(book)) => ((true, *sp, *org), &book.log),
            _ => continue,
        };
        if log.count > 0 {
            heads.insert(of, Frontier::from_parts(log.count, log.peaks.to_vec()).map_err(|error| error.to_string())?);
        }
    }
    Ok(heads)
}

pub(super) const INV_33: Property = Property::of_blocks("INV-33", 5_000, indexes_are_rebuilt);

#[test]
fn inv_33_every_index_is_what_its_objects_say() {
    // A session that is over stays listed as open.
    let listed = with_row("AC-10", |row| {
        row.effect = Effect {
            text: "cancelled, still listed",
            apply: |call, row| {
                let crate::runtime::call::Object::Session(object) = &call.object else { return Ok(()) };
                let Some(mut session) = object.session.clone() else { return Ok(()) };
                (session.status, session.deadline) = (assent_types::session::SessionStatus::Cancelled, None);
                call.emit(row, session.id.0, None, &[]);
                call.view.put(StateKey::Session(session.id), Record::Session(Box::new(session)));
                Ok(())
            },
        };
    });
    DOCUMENTS.catches(&INV_33, &listed);
    // A proposal that expires stays listed.
    let open = with_row("GV-05", |row| {
        row.effect = Effect {
            text: "expired, still listed",
            apply: |call, row| {
                let mut proposal = call.take_proposal();
                (proposal.status, proposal.due) = (ProposalStatus::Expired, None);
                call.emit(row, proposal.id.0, None, &[]);
                call.view.put(StateKey::Proposal(proposal.id), Record::Proposal(Box::new(proposal)));
                Ok(())
            },
        };
    });
    GOVERNANCE.catches(&INV_33, &open);
    // A clerk's anomaly is told and not counted.
    let uncounted = with_row("AN-10", |row| {
        row.effect = Effect {
            text: "told, not counted",
            apply: |call, row| {
                call.emit(row, Hash32::ZERO, None, &[]);
                Ok(())
            },
        };
    });
    REGISTERS.catches(&INV_33, &uncounted);
    // A claim that goes back is counted as open.
    let returned = with_row("CL-04", |row| {
        row.effect = Effect {
            text: "back, still counted",
            apply: |call, row| {
                let mut claim = call.take_claim_object().claim;
                (claim.status, claim.due) = (status_of(row.to), None);
                call.emit(row, claim.id.0, None, &[]);
                call.view.put(StateKey::Claim(claim.id), Record::Claim(Box::new(claim)));
                Ok(())
            },
        };
    });
    CLAIMS.catches(&INV_33, &returned);
}

// INV-34 ------------------------------------------------------------------------------------------------------------

/// The objects of a record whose status their events tell, each with its machine and the status as text.
fn statuses(value: &StateValue) -> Vec<([u8; 2], Hash32, String)> {
    let one = |machine: &[u8; 2], id: Hash32, status: String| vec![(*machine, id, status)];
    match &value.record {
        Record::Consents(book) => {
            let all = book.live.iter().chain(&book.closed);
            all.map(|consent| (*b"CN", consent.id.0, consent.status.to_string())).collect()
        }
        Record::Anchor(anchor) => one(b"DO", anchor.id.0, anchor.status.to_string()),
        Record::Session(session) => one(b"AC", session.id.0, session.status.to_string()),
        Record::Review(review) => one(b"RV", review.session.0, review.status.to_string()),
        Record::Claim(claim) => one(b"CL", claim.id.0, claim.status.to_string()),
        Record::Settlement(settlement) => one(b"ST", settlement.id.0, settlement.status.to_string()),
        Record::Eligibility(question) => one(b"EL", question.id.0, question.status.to_string()),
        Record::Preauth(preauth) => one(b"PA", preauth.id.0, preauth.status.to_string()),
        Record::Guarantee(guarantee) => one(b"GP", guarantee.id.0, guarantee.status.to_string()),
        Record::Proposal(proposal) => one(b"GV", proposal.id.0, proposal.status.to_string()),
        Record::ClaimCode(code) => one(b"CC", code.id.0, code.status.to_string()),
        _ => Vec::new(),
    }
}

/// Whether a status is the state of a trace; a row may lead to one of several.
fn arrives(trace: &str, status: &str) -> bool {
    trace.split(", ").any(|state| state == status)
}

/// Whether an object whose time has passed counts as being in this state before the sweep says so.
fn is_overdue(trace: &str, state: State) -> bool {
    let was = |one: State| trace == one.name();
    match state {
        State::AckOverdue => was(State::Served),
        State::Disputed => was(State::Served) || was(State::AckFailed) || was(State::AckOverdue),
        _ => false,
    }
}

/// Machines whose objects have a status that their events tell. A consent's trace is its log, which has an entry for
/// the version that an amendment ends and one for the version that it begins.
const TRACED: [[u8; 2]; 10] = [*b"DO", *b"AC", *b"RV", *b"CL", *b"ST", *b"EL", *b"PA", *b"GP", *b"GV", *b"CC"];

/// The trace of every object, kept up from the events alone: each event leaves from where the one before arrived, and
/// the last one arrives where the object is. Counts objects that were looked at.
fn traces_fold_to_states() -> Checker {
    let rows: BTreeMap<RowId, (&'static [State], State)> =
        tables().iter().flat_map(|table| table.iter()).map(|row| (row.id, (row.from, row.to))).collect();
    let mut traces: BTreeMap<([u8; 2], Hash32), String> = BTreeMap::new();
    let mut first = true;
    Box::new(move |step| {
        if std::mem::take(&mut first) {
            let before = step.before.state.values().flat_map(statuses);
            traces.extend(before.map(|(machine, id, status)| ((machine, id), status)));
        }
        let events = step.outcome.receipts.iter().flat_map(|(_, details)| details.events.iter());
        for event in events.filter(|event| TRACED.contains(&event.row.0)) {
            let (from, to) = rows.get(&event.row).ok_or("an event of no row")?;
            let trace = traces.entry((event.row.0, event.object)).or_insert_with(|| State::New.name().to_owned());
            let leaves = from.iter().any(|state| arrives(trace, state.name()) || is_overdue(trace, *state));
            ensure(leaves, || format!("{} of an object that was {trace}", event.row))?;
            *trace = to.name().to_owned();
        }
        for entry in &step.outcome.log_entries {
            traces.insert((*b"CN", entry.consent.0), entry.status.to_string());
        }
        let mut looked_at = 0;
        for (machine, id, status) in step.outcome.writes.values().flat_map(statuses) {
            let trace = traces.get_mut(&(machine, id)).filter(|trace| arrives(trace, &status));
            let trace = trace.ok_or_else(|| {
                format!("an object of {} is {status}, its trace says otherwise", String::from_utf8_lossy(&machine))
            })?;
            *trace = status;
            looked_at += 1;
        }
        Ok(looked_at)
    })
}

pub(super) const INV_34: Property = Property::of_blocks("INV-34", 2_000, traces_fold_to_states);

#[test]
fn inv_34_traces_fold_to_the_states_of_their_objects() {
    let mute = with_row("CN-06", |row| {
        row.effect = Effect {
            text: "revoked, and nobody is told",
            apply: |call, row| {
                really(call, row)?;
                call.log.clear();
                Ok(())
            },
        };
    });
    CONSENTS.catches(&INV_34, &mute);
    let twice = with_row("DO-02", |row| {
        row.effect = Effect {
            text: "told twice",
            apply: |call, row| {
                let crate::runtime::call::Object::Document(object) = &call.object else { return Ok(()) };
                let id = object.anchor.as_ref().map_or(Hash32::ZERO, |anchor| anchor.id.0);
                really(call, row)?;
                call.emit(row, id, None, &[]);
                Ok(())
            },
        };
    });
    DOCUMENTS.catches(&INV_34, &twice);
}

// INV-35 ------------------------------------------------------------------------------------------------------------

/// Blocks after which the state's tree is built and asked.
const PROOF_BLOCKS: u64 = 64;

/// Proofs of the records that a block wrote, and of one that is not there, hold under the root of the tree; with another
/// key, another value or none they do not. Counts proofs.
fn proofs_hold_for_what_is_there(tampered: fn(&mut Vec<u8>)) -> Checker {
    let mut blocks = 0;
    Box::new(move |step| {
        blocks += 1;
        if blocks % PROOF_BLOCKS != PROOF_BLOCKS / 2 {
            return Ok(0);
        }
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let writes: Vec<(Hash32, Vec<u8>)> =
            step.after.state.values().map(|value| (value.key.hash(), encode(value))).collect();
        let mut nodes = MemNodes::default();
        let root = nodes.apply(None, &writes).map_err(|error| text(&error))?.root;
        let absent = StateKey::Org(OrgId(u32::MAX)).hash();
        let mut proven = 0;
        for key in step.outcome.writes.keys().map(StateKey::hash).chain([absent]) {
            let (value, proof) = prove(&nodes, 0, &key).map_err(|error| text(&error))?;
            ensure(value.is_some() != (key == absent), || "a record is not in the tree".into())?;
            let mut shown = value.clone();
            shown.as_mut().map(tampered);
            proof.verify(&root, &key, shown.as_deref()).map_err(|error| text(&error))?;
            let mut other = key;
            other.0[31] ^= 1;
            let changed = value.clone().map(|mut value| {
                value[0] ^= 1;
                value
            });
            let forged = proof.verify(&root, &other, value.as_deref()).is_ok() && value.is_some()
                || value.is_some() && proof.verify(&root, &key, changed.as_deref()).is_ok()
                || value.is_some() && proof.verify(&root, &key, None).is_ok()
                || value.is_none() && proof.verify(&root, &key, Some(b"forged")).is_ok();
            ensure(!forged, || "a proof holds for what is not there".into())?;
            proven += 1;
        }
        Ok(proven)
    })
}

pub(super) const INV_35: Property = Property::of_blocks("INV-35", 100, || proofs_hold_for_what_is_there(|_| ()));

#[test]
fn inv_35_proofs_hold_for_what_is_there_and_nothing_else() {
    CONSENTS.catches_itself("INV-35", || {
        proofs_hold_for_what_is_there(|value| {
            if let Some(last) = value.last_mut() {
                *last ^= 1;
            }
        })
    });
}
