//! Properties of whole chains with documents and sessions.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::access::{AccessRequest, Asked};
use assent_types::action::Action;
use assent_types::consent::{Effect, Purpose};
use assent_types::delivery::Unacknowledged;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::possession::ChallengeStatus;
use assent_types::session::{Session, SessionStatus};
use assent_types::state::{Record, StateKey};
use assent_types::tx::Transaction;
use assent_types::{AnchorId, Millis, OrgId, SessionId, Sp};

use super::document_walk::DocumentWalk;
use super::follow::*;
use super::indexes::{INV_33, INV_34, INV_35};
use super::privacy::INV_25;
use super::walks::{Answers, INV_03, answer, swept_late_or_early};
use crate::access::cover::Use;
use crate::access::permit::judge;
use crate::runtime::state;
use crate::testing::*;
use crate::{MemoryState, deadlines_of, execute_block_with};

pub(super) const DOCUMENTS: Kind = Kind {
    name: "documents",
    new: |seed| Box::new(DocumentWalk::new(seed)),
    seeds: 1_001..=2_000,
    machines: &[*b"KS", *b"DO", *b"SR", *b"SL", *b"AC", *b"RV", *b"HO", *b"RE", *b"PV"],
    never: &[],
    also: &["CN-08", "AN-01", "AN-02", "AN-03", "AN-04", "AN-05", "AN-06", "AN-08", "AN-09", "AN-11", "AN-13", "AN-14"],
    errors: &[],
    properties: &[
        INV_01, INV_03, INV_04, INV_05, INV_10, INV_11, INV_12, INV_21, INV_22, INV_24, INV_25, INV_33, INV_34, INV_35,
        TRAILS,
    ],
};

// INV-01 ------------------------------------------------------------------------------------------------------------

/// Answers for treatment, for payment, for the law, and in an emergency, for every document that there is or was.
fn answers(state: &MemoryState, world: &World) -> Answers {
    let mut documents: BTreeMap<AnchorId, Sp> = BTreeMap::new();
    for value in state.values() {
        match (&value.key, &value.record) {
            (_, Record::Anchor(anchor)) => _ = documents.insert(anchor.id, anchor.body.subject),
            (StateKey::Anchor(id), Record::Tombstone(_)) => _ = documents.insert(*id, sp(1)),
            _ => {}
        }
    }
    let asked = |(id, subject): (AnchorId, Sp)| {
        let treatment = AccessRequest { subject, ..documents_request(1, &[id]) };
        let law = AccessRequest { requester: SZH, purpose: Purpose::Hlegal, ..treatment.clone() };
        let payment = AccessRequest { subject, ..payment_request(&[id]) };
        let own_payment = AccessRequest { purpose: Purpose::Hpaymt, ..treatment.clone() };
        let emergency = AccessRequest { subject, ..glass_request(&[id]) };
        [treatment, law, payment, own_payment, emergency]
    };
    documents.into_iter().flat_map(asked).map(|request| answer(&request, state, world)).collect()
}

const INV_01: Property = Property::of_blocks("INV-01", 20, || swept_late_or_early(answers));

/// The state as one would read it that trusts lists and statuses which only the sweeper keeps.
fn as_swept(state: &MemoryState, forget: impl Fn(&mut Record)) -> MemoryState {
    MemoryState::new(state.values().cloned().map(|mut value| {
        forget(&mut value.record);
        value
    }))
}

#[test]
fn inv_01_decisions_on_documents_do_not_wait_for_the_sweeper() {
    // Bars that begin when the sweeper finds a session overdue.
    DOCUMENTS.catches_itself("INV-01", || {
        swept_late_or_early(|state, world| {
            let overdue = state.values().filter_map(|value| match &value.record {
                Record::Session(session) if session.status == SessionStatus::Disputed => session.barred_from,
                _ => None,
            });
            let found: BTreeSet<Millis> = overdue.collect();
            let listed = |record: &mut Record| {
                if let Record::Unacknowledged(awaited) = record {
                    *awaited = found.iter().fold(Unacknowledged::default(), |all, from| all.delivered(*from));
                }
            };
            answers(&as_swept(state, listed), world)
        })
    });
    // A retention whose end only the sweeper sees.
    DOCUMENTS.catches_itself("INV-01", || {
        swept_late_or_early(|state, world| {
            let endless = |record: &mut Record| {
                if let Record::Anchor(anchor) = record {
                    anchor.body.retention_until = None;
                }
            };
            answers(&as_swept(state, endless), world)
        })
    });
    // Broken glass that is owed for as long as the sweeper leaves it on the list.
    DOCUMENTS.catches_itself("INV-01", || {
        swept_late_or_early(|state, world| {
            let owed = |record: &mut Record| {
                if let Record::Standing(standing) = record {
                    standing.glass_barred_until = None;
                    for review in standing.reviews.as_mut_slice() {
                        (review.due, review.barred_until) = (Millis(0), Millis(u64::MAX));
                    }
                }
            };
            answers(&as_swept(state, owed), world)
        })
    });
}

#[test]
fn walks_of_documents_keep_every_invariant_and_fire_every_row() {
    DOCUMENTS.keeps_its_properties();
}

fn anchors(state: &MemoryState) -> impl Iterator<Item = &Anchor> {
    state.values().filter_map(|value| match &value.record {
        Record::Anchor(anchor) => Some(anchor.as_ref()),
        _ => None,
    })
}

fn sessions(state: &MemoryState) -> impl Iterator<Item = &Session> {
    state.values().filter_map(|value| match &value.record {
        Record::Session(session) => Some(session.as_ref()),
        _ => None,
    })
}

/// What was done once, and cannot be done again.
fn is_done_once(action: &Action) -> bool {
    matches!(
        action,
        Action::StoreReceipt(_)
            | Action::AcceptShare(_)
            | Action::RetractDocument(_)
            | Action::CompleteRepair(_)
            | Action::LinkSubjects(_)
            | Action::KeyReleaseReceipt(_)
            | Action::ShardServed(_)
            | Action::AckAccess(_)
            | Action::RevokeConsent(_)
            | Action::SubmitClaim(_)
            | Action::ApproveClaim(_)
            | Action::InstructPayment(_)
            | Action::BankPaid(_)
            | Action::PayeeAck(_)
            | Action::Vote(_)
            | Action::RedeemClaimCode(_)
            | Action::RevokeClaimCode(_)
            | Action::AcceptGuarantee(_)
            | Action::ApprovePreauth(_)
            | Action::ProvePossession(_)
            | Action::JudgePossession(_)
    )
}

/// The last act of the block that says that something was done has no second effect when it is sent again, whoever
/// forgot its idempotency key.
fn replays_are_refused(step: &Step<'_>) -> Result<u64, String> {
    let all = step.txs.iter().zip(&step.outcome.receipts);
    let done = |(tx, (receipt, _)): &(&Transaction, &(assent_types::receipt::Receipt, _))| {
        receipt.code == 0 && is_done_once(&tx.body.action)
    };
    let Some((index, (tx, _))) = all.enumerate().rfind(|(_, act)| done(act)) else { return Ok(0) };
    let again: Vec<Transaction> = step.txs[..=index].iter().chain([tx]).cloned().collect();
    let outcome = execute_block_with(step.tables, &step.before.ctx(), &step.before.state, &again).unwrap();
    ensure(outcome.receipts[index + 1].0.code != 0, || format!("{} had a second effect", tx.body.action.name()))?;
    Ok(1)
}

pub(super) const INV_04: Property = Property::of_blocks("INV-04", 500, || Box::new(replays_are_refused));

#[test]
fn inv_04_a_replayed_receipt_has_no_second_effect() {
    DOCUMENTS.catches(&INV_04, &with_row("DO-14", without_guard("own_shards_with_anchored_roots")));
}

/// Whatever waits has a deadline in the index or a declared reason for none, and open sessions are listed where acts of
/// the subject look for them.
fn nothing_waits_for_ever(state: &MemoryState) -> Result<u64, String> {
    let mut seen = 0;
    let implied: BTreeSet<_> = state.values().flat_map(deadlines_of).collect();
    if &implied != state.deadlines() {
        return Err("the index is not what the values imply".into());
    }
    let waiting: BTreeSet<StateKey> = implied.iter().map(|deadline| deadline.key).collect();
    let waits = |key: StateKey| waiting.contains(&key);
    for anchor in anchors(state) {
        seen += 1;
        if waits(StateKey::Anchor(anchor.id)) != (anchor.status == DocumentStatus::Pending) {
            return Err(format!("{} document", anchor.status));
        }
    }
    for value in state.values() {
        let Record::Challenge(challenge) = &value.record else { continue };
        seen += 1;
        if waits(value.key) != (challenge.status == ChallengeStatus::Open) {
            return Err(format!("{} challenge", challenge.status));
        }
    }
    for session in sessions(state) {
        seen += 1;
        // A dispute that the regulators let lie is an anomaly once, and then waits for them.
        let disputed = session.status == SessionStatus::Disputed;
        if waits(StateKey::Session(session.id)) == session.status.is_terminal() && !disputed {
            return Err(format!("{} session", session.status));
        }
        let book = state::accesses(state, session.subject, session.request.controller).unwrap().ok_or("no book")?;
        let listed = book.open.iter().any(|open| open.session == session.id);
        if listed != session.status.is_open() {
            return Err(format!("{} session, listed as open: {listed}", session.status));
        }
    }
    Ok(seen)
}

const INV_05: Property =
    Property::of_states("INV-05", 1_000, || Box::new(|step| nothing_waits_for_ever(&step.after.state)));

#[test]
fn inv_05_every_pending_document_and_open_session_has_a_deadline() {
    let forgetful = with_row("AC-06", |row| {
        row.effect = crate::runtime::table::Effect {
            text: "still listed as open",
            apply: |call, _| {
                let crate::runtime::call::Object::Session(object) = &call.object else { return Ok(()) };
                let Some(mut session) = object.session.clone() else { return Ok(()) };
                (session.status, session.deadline) = (SessionStatus::Served, None);
                call.view.put(StateKey::Session(session.id), Record::Session(Box::new(session)));
                Ok(())
            },
        };
    });
    DOCUMENTS.catches(&INV_05, &forgetful);
}

/// Every release has a permit recorded before, and access would be permitted in the state in which it is released.
fn releases_are_permitted(step: &Step<'_>) -> Result<u64, String> {
    let mut seen = 0;
    for (state, tx) in step.firings(&["AC-04", "AC-18"]) {
        let Action::KeyReleaseReceipt(receipt) = &tx.body.action else { continue };
        let session = state::session(&*state, receipt.session).unwrap().ok_or("no session")?;
        let at = step.before.ctx().time;
        let own = Use::Reserved(session.id);
        let again =
            judge(&session.request, &*state, at, own, session.confirmed).unwrap().map_err(|code| code.to_string())?;
        if !session.decision.permit || session.decided_at > at || !again.decision.permit {
            return Err(format!("released without a permit: {:?}", again.decision.reasons));
        }
        seen += 1;
    }
    Ok(seen)
}

const INV_10: Property = Property::of_blocks("INV-10", 30, || Box::new(releases_are_permitted));

#[test]
fn inv_10_a_release_has_a_permit_before_it_and_at_it() {
    DOCUMENTS.catches(&INV_10, &with_rows(&["AC-04", "AC-18"], without_guard("permit()_again_=_Permit")));
}

/// After a revocation no key part is released that rests on the revoked consent alone: of the consents that name the
/// requester, one is in force in the state in which the part is released.
fn no_release_after_revocation(step: &Step<'_>) -> Result<u64, String> {
    let mut seen = 0;
    for (state, tx) in step.firings(&["AC-04", "AC-18"]) {
        let Action::KeyReleaseReceipt(receipt) = &tx.body.action else { continue };
        let session = state::session(&*state, receipt.session).unwrap().ok_or("no session")?;
        if session.decision.btg {
            continue;
        }
        let book = state::consents(&*state, session.subject, SZH).unwrap().ok_or("no consents")?;
        let at = step.before.ctx().time;
        let in_force = book.live.iter().any(|consent| {
            consent.terms.effect == Effect::Permit
                && consent.is_effective(at)
                && consent.terms.grantees.orgs.contains(&session.request.requester)
        });
        seen += 1;
        if !in_force {
            return Err(format!("a key part was released to {} without consent", session.request.requester));
        }
    }
    Ok(seen)
}

const INV_11: Property = Property::of_blocks("INV-11", 30, || Box::new(no_release_after_revocation));

#[test]
fn inv_11_no_key_part_is_released_after_a_revocation() {
    // Revocations cancel nothing, and nobody asks again.
    let mut faulty = with_rows(&["AC-04", "AC-18"], without_guard("permit()_again_=_Permit"));
    faulty.iter_mut().for_each(|table| table.retain(|row| row.id.to_string() != "AC-10"));
    DOCUMENTS.catches(&INV_11, &faulty);
}

/// Uses that are counted and those that are reserved stay within the limit.
fn uses_stay_within_limits(step: &Step<'_>) -> Result<u64, String> {
    let mut limited = 0;
    for value in step.outcome.writes.values() {
        let Record::Consents(book) = &value.record else { continue };
        for consent in book.live.iter() {
            let Some(max) = consent.terms.limits.max_uses else { continue };
            let held = consent.reserved.iter().filter(|held| step.after.time < held.until).count();
            limited += held as u64;
            if consent.uses + u32::try_from(held).unwrap() > max {
                return Err(format!("{} uses and {held} reserved of {max}", consent.uses));
            }
        }
    }
    Ok(limited)
}

const INV_12: Property = Property::of_blocks("INV-12", 1, || Box::new(uses_stay_within_limits));

#[test]
fn inv_12_uses_never_exceed_their_limit() {
    // A ledger that counts a use when it is asked for and again when it is released.
    DOCUMENTS.catches_itself("INV-12", || {
        Box::new(|step| {
            let twice = sessions(&step.after.state).find(|session| {
                session.released_at == Some(step.after.time)
                    && state::consents(&step.after.state, session.subject, SZH).unwrap().is_some_and(|book| {
                        book.live.iter().chain(&book.closed).any(|consent| {
                            session.decision.basis.contains(&consent.id)
                                && consent.terms.limits.max_uses.is_some_and(|max| consent.uses + 1 > max)
                        })
                    })
            });
            twice.map_or(Ok(0), |session| Err(format!("session {} was counted twice", session.id)))
        })
    });
}

/// Versions that were stored are numbered from 1 without gaps, each follows the one before, and only the last is active.
fn lineages_are_chains(state: &MemoryState) -> Result<u64, String> {
    let mut lineages: BTreeMap<AnchorId, Vec<&Anchor>> = BTreeMap::new();
    for anchor in anchors(state) {
        lineages.entry(anchor.lineage).or_default().push(anchor);
    }
    let mut corrected = 0;
    for versions in lineages.values_mut() {
        versions.retain(|anchor| !matches!(anchor.status, DocumentStatus::Pending | DocumentStatus::Abandoned));
        versions.sort_by_key(|anchor| anchor.body.version);
        corrected += u64::from(versions.len() > 1);
        // Versions that were erased are counted, and not looked at.
        let erased = |id: Option<AnchorId>| id.is_some_and(|id| state::tombstone(state, id).unwrap().is_some());
        if versions.iter().any(|anchor| erased(anchor.body.prev)) {
            continue;
        }
        for (index, anchor) in versions.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| versions[before]);
            let owner = |anchor: &Anchor| (anchor.body.subject, anchor.body.controller);
            let follows = anchor.body.prev == before.map(|before| before.id)
                && usize::try_from(anchor.body.version) == Ok(index + 1)
                && before.is_none_or(|before| owner(before) == owner(anchor));
            if !follows {
                return Err(format!("version {} at place {}", anchor.body.version, index + 1));
            }
            if index + 1 < versions.len() && anchor.status == DocumentStatus::Active {
                return Err("a version that was replaced is active".into());
            }
        }
    }
    Ok(corrected)
}

const INV_21: Property = Property::of_states("INV-21", 10, || Box::new(|step| lineages_are_chains(&step.after.state)));

#[test]
fn inv_21_versions_form_chains_with_one_head() {
    DOCUMENTS.catches(&INV_21, &with_row("DO-04", without_guard("next_version_of_the_head")));
    DOCUMENTS.catches(&INV_21, &without_row("DO-13"));
}

/// No custodian could read a document alone or take more than its code survives, none holds a key share, and where
/// shards have to be they are, all repairs that are open included.
fn custody_is_spread<'a>(state: &MemoryState, of: impl Iterator<Item = &'a Anchor>) -> Result<u64, String> {
    let mut seen = 0;
    for anchor in of.filter(|anchor| anchor.status != DocumentStatus::Abandoned) {
        seen += 1;
        let (n, k) = (usize::from(anchor.body.coding.n()), usize::from(anchor.body.coding.k()));
        let mut now: Vec<(OrgId, assent_types::place::Place)> =
            anchor.custody.iter().map(|custody| (custody.custodian, custody.place)).collect();
        let mut then = now.clone();
        for repair in &anchor.repairs {
            *then.get_mut(usize::from(repair.shard)).ok_or("a repair of no shard")? = (repair.custodian, repair.place);
        }
        let keyset = state::keyset(state, anchor.body.keyset).unwrap().ok_or("no keyset")?;
        for placed in [&mut now, &mut then] {
            let mut counts: BTreeMap<OrgId, usize> = BTreeMap::new();
            for (custodian, _) in placed.iter() {
                *counts.entry(*custodian).or_default() += 1;
            }
            let most = counts.values().max().copied().unwrap_or(0);
            let overlap = counts.keys().any(|custodian| keyset.holders.contains(custodian));
            let here = |jur| placed.iter().filter(|(_, place)| place.jur == jur).count();
            let resident = anchor.body.residency.readable_in.is_none_or(|jur| here(jur) >= k);
            if placed.len() != n || k == 0 || most >= k || most > n - k || overlap || !resident {
                return Err(format!(
                    "{} of {n} shards with one custodian, overlap {overlap}, resident {resident}",
                    most
                ));
            }
        }
    }
    Ok(seen)
}

/// The documents that the block touched.
fn custody_of_block(step: &Step<'_>) -> Result<u64, String> {
    let touched = step.outcome.writes.values().filter_map(|value| match &value.record {
        Record::Anchor(anchor) => Some(anchor.as_ref()),
        _ => None,
    });
    custody_is_spread(&step.after.state, touched)
}

const INV_22: Property = Property::of_blocks("INV-22", 1_000, || Box::new(custody_of_block));

#[test]
fn inv_22_custodians_hold_few_shards_and_no_keys() {
    DOCUMENTS.catches(&INV_22, &with_row("DO-01", without_guard("code_listed_and_shards_spread")));
    DOCUMENTS.catches(&INV_22, &with_row("DO-01", without_guard("no_custodian_holds_keys")));
    DOCUMENTS.catches(&INV_22, &with_row("SR-01", without_guard("shards_spread_after_it")));
    // Key holders that are custodians too are rare in walks; one order on a faulty table shows the fault.
    let faulty = with_row("SR-01", without_guard("no_key_holder,_basis_covers_places"));
    let (mut world, id, _) = World::with_document();
    world.change_org(SZH, |org| org.roles = org.roles.with(assent_types::org::Role::Custodian));
    let order = world.tx(&signing(SZH), order_action(id, 1, SZH, SHENZHEN));
    let outcome = world.run_with(&as_tables(&faulty), &[order]);
    assert_eq!(outcome.receipts[0].0.code, 0);
    assert!(custody_is_spread(&world.state, anchors(&world.state)).is_err());
}

/// Every permitted session names documents that were stored and not taken back, of its subject or one linked with it.
fn sessions_name_good_documents(step: &Step<'_>, change: fn(&Anchor) -> DocumentStatus) -> Result<u64, String> {
    let mut seen = 0;
    for (state, tx) in step.firings(&["AC-01"]) {
        let Action::RequestAccess(asked) = &tx.body.action else { continue };
        let Asked::Documents { anchors, case, .. } = &asked.request.asked else { return Err("no documents".into()) };
        for id in anchors {
            let anchor = state::anchor(&*state, *id).unwrap().ok_or("no such document")?;
            let stored = matches!(change(&anchor), DocumentStatus::Active | DocumentStatus::Superseded);
            let (own, other) = (asked.request.subject, anchor.body.subject);
            let linked = case.is_some_and(|case| {
                state::subject_links(&*state, case)
                    .unwrap()
                    .is_some_and(|links| links.iter().any(|link| (link.a, link.b) == (own.min(other), own.max(other))))
            });
            if !stored || !(own == other || linked) || anchor.body.controller != asked.request.controller {
                return Err(format!("a {} document, linked {linked}", anchor.status));
            }
            seen += u64::from(own != other);
        }
    }
    Ok(seen)
}

/// Counts documents that are reached by a link of pseudonyms.
const INV_24: Property =
    Property::of_blocks("INV-24", 1, || Box::new(|step| sessions_name_good_documents(step, |anchor| anchor.status)));

#[test]
fn inv_24_sessions_name_stored_documents_of_their_subject() {
    // The same blocks, judged as if every document had been taken back.
    DOCUMENTS.catches_itself("INV-24", || {
        Box::new(|step| sessions_name_good_documents(step, |_| DocumentStatus::Retracted))
    });
}

/// The entries of a walk's access logs are its events, and their heads the roots over them. Counts sessions of which
/// five events are logged.
fn trails_are_complete() -> Checker {
    let mut leaves: BTreeMap<(assent_types::Sp, OrgId), Vec<assent_types::Hash32>> = BTreeMap::new();
    let mut events: BTreeMap<SessionId, u32> = BTreeMap::new();
    Box::new(move |step| {
        let fired = step.outcome.receipts.iter().flat_map(|(_, details)| details.events.iter());
        let fired = fired.filter(|event| event.row.0 == *b"AC").count();
        let entries = &step.outcome.access_entries;
        ensure(fired == entries.len(), || format!("{fired} events, {} entries", entries.len()))?;
        let (mut touched, mut long) = (BTreeSet::new(), 0);
        for entry in entries {
            let count = events.entry(entry.session).or_default();
            *count += 1;
            long += u64::from(*count == 5);
            let log = leaves.entry((entry.subject, entry.controller)).or_default();
            ensure(entry.seq == log.len() as u64, || format!("entry {} at place {}", entry.seq, log.len()))?;
            log.push(assent_proofs::log::leaf_hash(&entry.leaf().0));
            touched.insert((entry.subject, entry.controller));
        }
        for (sp, controller) in touched {
            let head = state::accesses(&step.after.state, sp, controller).unwrap().ok_or("no book")?.log.clone();
            let frontier = assent_proofs::log::Frontier::from_parts(head.count, head.peaks.to_vec()).unwrap();
            let root = assent_proofs::log::root_of(&leaves[&(sp, controller)]);
            ensure(frontier.root() == root, || "the head is not the root over the entries".into())?;
        }
        Ok(long)
    })
}

const TRAILS: Property = Property::of_blocks("trails", 10, trails_are_complete);

#[test]
fn the_trail_has_every_event_of_every_session() {
    let silent = with_row("AC-05", |row| {
        row.effect = crate::runtime::table::Effect {
            text: "not logged",
            apply: |call, row| {
                really(call, row)?;
                call.accesses.clear();
                Ok(())
            },
        };
    });
    DOCUMENTS.catches(&TRAILS, &silent);
}
