//! Properties of whole chains with documents and sessions.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::access::Asked;
use assent_types::action::Action;
use assent_types::consent::Effect;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::receipt::RowId;
use assent_types::session::{Session, SessionStatus};
use assent_types::state::{Record, StateKey};
use assent_types::tx::Transaction;
use assent_types::{AnchorId, OrgId, SessionId};

use super::WALKS;
use super::document_walk::DocumentWalk;
use super::walks::{Check, Step, as_tables, follow, refused_changes_nothing, with_row};
use crate::access::cover::Use;
use crate::access::permit::judge;
use crate::runtime::state;
use crate::testing::*;
use crate::{MemoryState, Row, Table, deadlines_of, execute_block_with, tables};

fn walk(name: &str, seed: u64, tables: &[Table<'_>], check: Check<'_>) -> Result<(), String> {
    follow(name, seed, &mut DocumentWalk::new(seed), tables, check)
}

/// Walks with every seed on the real tables, where the property must hold.
fn holds(name: &str, check: &mut dyn FnMut(&Step<'_>) -> Result<(), String>) {
    for seed in 1..=WALKS {
        walk(name, seed, tables(), check).unwrap();
    }
}

/// Walks on faulty tables, where one of the seeds must show the fault.
fn catches(name: &str, faulty: &[Vec<Row>], check: &mut dyn FnMut(&Step<'_>) -> Result<(), String>) {
    let faulty = as_tables(faulty);
    let caught = (1..=WALKS).try_for_each(|seed| walk(&format!("{name} with a fault"), seed, &faulty, check));
    println!("{name}: {caught:?}");
    assert!(caught.is_err(), "{name}: the seeded fault was not caught");
}

/// The tables with several rows changed.
fn with_rows(ids: &[&str], change: impl Fn(&mut Row)) -> Vec<Vec<Row>> {
    let mut all: Vec<Vec<Row>> = tables().iter().map(|table| table.to_vec()).collect();
    let mut changed = 0;
    for row in all.iter_mut().flatten().filter(|row| ids.contains(&row.id.to_string().as_str())) {
        change(row);
        changed += 1;
    }
    assert_eq!(changed, ids.len());
    all
}

fn without_guard(name: &'static str) -> impl Fn(&mut Row) {
    move |row| {
        let rest: Vec<_> = row.guards.iter().filter(|guard| guard.name != name).copied().collect();
        assert!(rest.len() < row.guards.len(), "{} has no guard {name}", row.id);
        row.guards = rest.leak();
    }
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

/// The transactions of a block in which a row fired, with the world just before each.
fn firings<'s>(step: &'s Step<'_>, rows: &[&str]) -> Vec<(MemoryState, &'s Transaction)> {
    let mut firings = Vec::new();
    for (index, (tx, (_, details))) in step.txs.iter().zip(&step.outcome.receipts).enumerate() {
        if details.events.iter().any(|event| rows.contains(&event.row.to_string().as_str())) {
            let mut state = step.before.state.clone();
            let ctx = step.before.ctx();
            state.apply(&execute_block_with(tables(), &ctx, &state, &step.txs[..index]).unwrap());
            firings.push((state, tx));
        }
    }
    firings
}

#[test]
fn walks_of_documents_fire_every_row_and_meet_many_errors() {
    let mut rows: BTreeSet<RowId> = BTreeSet::new();
    let mut codes = BTreeSet::new();
    holds("coverage of documents", &mut |step| {
        for (receipt, details) in &step.outcome.receipts {
            rows.extend(details.events.iter().map(|event| event.row));
            codes.insert(receipt.code);
        }
        Ok(())
    });
    let machines = [*b"KS", *b"DO", *b"SR", *b"SL", *b"AC"];
    let missing: Vec<String> = tables()
        .iter()
        .flat_map(|table| table.iter())
        .filter(|row| machines.contains(&row.id.0) && !rows.contains(&row.id))
        .map(|row| row.id.to_string())
        .collect();
    println!("errors met: {codes:?}");
    assert_eq!(missing, [""; 0]);
    assert!(codes.len() >= 18, "{codes:?}");
}

#[test]
fn inv_03_a_refused_act_on_documents_changes_nothing() {
    holds("INV-03 documents", &mut |step| refused_changes_nothing(tables(), step));
    // An effect that keeps half of its writes and then refuses.
    let leaky = with_row("AC-18", |row| {
        row.effect = crate::runtime::table::Effect {
            text: "half an effect",
            apply: |call, row| {
                crate::session::execute::release_part(call, row)?;
                call.view.keep();
                Err(crate::runtime::table::Stop::Refused(assent_types::ErrorCode::Ttl))
            },
        };
    });
    let leaky_tables = as_tables(&leaky);
    catches("INV-03 documents", &leaky, &mut |step| refused_changes_nothing(&leaky_tables, step));
}

/// An accepted receipt, or any other act that says that something was done, has no second effect when it is sent again.
fn replays_are_refused(tables: &[Table<'_>], step: &Step<'_>) -> Result<(), String> {
    for (index, (tx, (receipt, _))) in step.txs.iter().zip(&step.outcome.receipts).enumerate() {
        let once = matches!(
            tx.body.action,
            Action::StoreReceipt(_)
                | Action::AcceptShare(_)
                | Action::RetractDocument(_)
                | Action::CompleteRepair(_)
                | Action::LinkSubjects(_)
                | Action::KeyReleaseReceipt(_)
                | Action::ShardServed(_)
                | Action::AckAccess(_)
                | Action::RevokeConsent(_)
        );
        if receipt.code != 0 || !once {
            continue;
        }
        let again: Vec<Transaction> = step.txs[..=index].iter().chain([tx]).cloned().collect();
        let outcome = execute_block_with(tables, &step.before.ctx(), &step.before.state, &again).unwrap();
        if outcome.receipts[index + 1].0.code == 0 {
            return Err(format!("{} had a second effect", tx.body.action.name()));
        }
    }
    Ok(())
}

#[test]
fn inv_04_a_replayed_receipt_has_no_second_effect() {
    holds("INV-04", &mut |step| replays_are_refused(tables(), step));
    let faulty = with_row("DO-14", without_guard("own_shards_with_anchored_roots"));
    let faulty_tables = as_tables(&faulty);
    catches("INV-04", &faulty, &mut |step| replays_are_refused(&faulty_tables, step));
}

/// Whatever waits has a deadline in the index or a declared reason for none, and open sessions are listed where acts of
/// the subject look for them.
fn nothing_waits_for_ever(state: &MemoryState) -> Result<(), String> {
    let implied: BTreeSet<_> = state.values().flat_map(deadlines_of).collect();
    if &implied != state.deadlines() {
        return Err("the index is not what the values imply".into());
    }
    let waits = |key: StateKey| implied.iter().any(|deadline| deadline.key == key);
    for anchor in anchors(state) {
        if waits(StateKey::Anchor(anchor.id)) != (anchor.status == DocumentStatus::Pending) {
            return Err(format!("{} document", anchor.status));
        }
    }
    for session in sessions(state) {
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
    Ok(())
}

#[test]
fn inv_05_every_pending_document_and_open_session_has_a_deadline() {
    holds("INV-05 documents", &mut |step| nothing_waits_for_ever(&step.after.state));
    let forgetful = with_row("AC-05", |row| {
        row.effect = crate::runtime::table::Effect {
            text: "no deadline",
            apply: |call, row| crate::session::execute::serve_part(call, row),
        };
    });
    catches("INV-05 documents", &forgetful, &mut |step| {
        nothing_waits_for_ever(&step.after.state)?;
        let stale = sessions(&step.after.state)
            .find(|session| session.status == SessionStatus::Served && session.deadline == session.serve_until);
        stale.map_or(Ok(()), |session| Err(format!("session {} waits for delivery once delivered", session.id)))
    });
}

/// Every release has a permit recorded before, and access would be permitted in the state in which it is released.
fn releases_are_permitted(step: &Step<'_>) -> Result<u32, String> {
    let mut seen = 0;
    for (state, tx) in firings(step, &["AC-04", "AC-18"]) {
        let Action::KeyReleaseReceipt(receipt) = &tx.body.action else { continue };
        let session = state::session(&state, receipt.session).unwrap().ok_or("no session")?;
        let at = step.before.ctx().time;
        let own = Use::Reserved(session.id);
        let again =
            judge(&session.request, &state, at, own, session.confirmed).unwrap().map_err(|code| code.to_string())?;
        if !session.decision.permit || session.decided_at > at || !again.decision.permit {
            return Err(format!("released without a permit: {:?}", again.decision.reasons));
        }
        seen += 1;
    }
    Ok(seen)
}

#[test]
fn inv_10_a_release_has_a_permit_before_it_and_at_it() {
    let mut seen = 0;
    holds("INV-10", &mut |step| releases_are_permitted(step).map(|count| seen += count));
    println!("INV-10 receipts of key parts: {seen}");
    assert!(seen > 30, "keys were hardly ever released");
    let faulty = with_rows(&["AC-04", "AC-18"], without_guard("permit()_again_=_Permit"));
    catches("INV-10", &faulty, &mut |step| releases_are_permitted(step).map(|_| ()));
}

/// After a revocation no key part is released that rests on the revoked consent alone: of the consents that name the
/// requester, one is in force in the state in which the part is released.
fn no_release_after_revocation(step: &Step<'_>) -> Result<(), String> {
    for (state, tx) in firings(step, &["AC-04", "AC-18"]) {
        let Action::KeyReleaseReceipt(receipt) = &tx.body.action else { continue };
        let session = state::session(&state, receipt.session).unwrap().ok_or("no session")?;
        if session.decision.btg {
            continue;
        }
        let book = state::consents(&state, session.subject, SZH).unwrap().ok_or("no consents")?;
        let at = step.before.ctx().time;
        let in_force = book.live.iter().any(|consent| {
            consent.terms.effect == Effect::Permit
                && consent.is_effective(at)
                && consent.terms.grantees.orgs.contains(&session.request.requester)
        });
        if !in_force {
            return Err(format!("a key part was released to {} without consent", session.request.requester));
        }
    }
    Ok(())
}

#[test]
fn inv_11_no_key_part_is_released_after_a_revocation() {
    holds("INV-11", &mut no_release_after_revocation);
    // Revocations cancel nothing, and nobody asks again.
    let mut faulty = with_rows(&["AC-04", "AC-18"], without_guard("permit()_again_=_Permit"));
    faulty.iter_mut().for_each(|table| table.retain(|row| row.id.to_string() != "AC-10"));
    catches("INV-11", &faulty, &mut no_release_after_revocation);
}

#[test]
fn inv_12_uses_never_exceed_their_limit() {
    let mut limited = 0;
    let mut check = |step: &Step<'_>| {
        for value in step.after.state.values() {
            let Record::Consents(book) = &value.record else { continue };
            for consent in book.live.iter() {
                let Some(max) = consent.terms.limits.max_uses else { continue };
                let held = consent.reserved.iter().filter(|held| step.after.time < held.until).count();
                limited += held;
                if consent.uses + u32::try_from(held).unwrap() > max {
                    return Err(format!("{} uses and {held} reserved of {max}", consent.uses));
                }
            }
        }
        Ok(())
    };
    holds("INV-12", &mut check);
    println!("INV-12 reservations seen, summed over blocks: {limited}");
    assert!(limited > 0, "no limited consent was ever relied on");
    let caught = (1..=WALKS).try_for_each(|seed| {
        walk("INV-12 with a fault", seed, tables(), &mut |step| {
            // A ledger that counts a use when it is asked for and again when it is released.
            let twice = sessions(&step.after.state).find(|session| {
                session.released_at == Some(step.after.time)
                    && state::consents(&step.after.state, session.subject, SZH).unwrap().is_some_and(|book| {
                        book.live.iter().chain(&book.closed).any(|consent| {
                            session.decision.basis.contains(&consent.id)
                                && consent.terms.limits.max_uses.is_some_and(|max| consent.uses + 1 > max)
                        })
                    })
            });
            twice.map_or(Ok(()), |session| Err(format!("session {} was counted twice", session.id)))
        })
    });
    assert!(caught.is_err());
}

/// Versions that were stored are numbered from 1 without gaps, each follows the one before, and only the last is active.
fn lineages_are_chains(state: &MemoryState) -> Result<u32, String> {
    let mut lineages: BTreeMap<AnchorId, Vec<&Anchor>> = BTreeMap::new();
    for anchor in anchors(state) {
        lineages.entry(anchor.lineage).or_default().push(anchor);
    }
    let mut corrected = 0;
    for versions in lineages.values_mut() {
        versions.retain(|anchor| !matches!(anchor.status, DocumentStatus::Pending | DocumentStatus::Abandoned));
        versions.sort_by_key(|anchor| anchor.body.version);
        corrected += u32::from(versions.len() > 1);
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

#[test]
fn inv_21_versions_form_chains_with_one_head() {
    let mut corrected = 0;
    holds("INV-21", &mut |step| lineages_are_chains(&step.after.state).map(|count| corrected = corrected.max(count)));
    assert!(corrected > 0, "no document was ever corrected");
    let mut check = |step: &Step<'_>| lineages_are_chains(&step.after.state).map(|_| ());
    catches("INV-21", &with_row("DO-04", without_guard("next_version_of_the_head")), &mut check);
    let mut no_head = with_row("DO-13", |_| {});
    no_head.iter_mut().for_each(|table| table.retain(|row| row.id.to_string() != "DO-13"));
    catches("INV-21", &no_head, &mut check);
}

/// No custodian could read a document alone or take more than its code survives, none holds a key share, and where
/// shards have to be they are, all repairs that are open included.
fn custody_is_spread(state: &MemoryState) -> Result<(), String> {
    for anchor in anchors(state).filter(|anchor| anchor.status != DocumentStatus::Abandoned) {
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
    Ok(())
}

#[test]
fn inv_22_custodians_hold_few_shards_and_no_keys() {
    holds("INV-22", &mut |step| custody_is_spread(&step.after.state));
    let mut check = |step: &Step<'_>| custody_is_spread(&step.after.state);
    catches("INV-22", &with_row("DO-01", without_guard("code_listed_and_shards_spread")), &mut check);
    catches("INV-22", &with_row("DO-01", without_guard("no_custodian_holds_keys")), &mut check);
    catches("INV-22", &with_row("SR-01", without_guard("shards_spread_after_it")), &mut check);
    // Key holders that are custodians too are rare in walks; one order on a faulty table shows the fault.
    let faulty = with_row("SR-01", without_guard("no_key_holder,_basis_covers_places"));
    let (mut world, id, _) = World::with_document();
    world.change_org(SZH, |org| org.roles = org.roles.with(assent_types::org::Role::Custodian));
    let order = world.tx(&signing(SZH), order_action(id, 1, SZH, SHENZHEN));
    let outcome = world.run_with(&as_tables(&faulty), &[order]);
    assert_eq!(outcome.receipts[0].0.code, 0);
    assert!(custody_is_spread(&world.state).is_err());
}

/// Every permitted session names documents that were stored and not taken back, of its subject or one linked with it.
fn sessions_name_good_documents(step: &Step<'_>, change: fn(&Anchor) -> DocumentStatus) -> Result<u32, String> {
    let mut seen = 0;
    for (state, tx) in firings(step, &["AC-01"]) {
        let Action::RequestAccess(asked) = &tx.body.action else { continue };
        let Asked::Documents { anchors, case, .. } = &asked.request.asked else { return Err("no documents".into()) };
        for id in anchors {
            let anchor = state::anchor(&state, *id).unwrap().ok_or("no such document")?;
            let stored = matches!(change(&anchor), DocumentStatus::Active | DocumentStatus::Superseded);
            let (own, other) = (asked.request.subject, anchor.body.subject);
            let linked = case.is_some_and(|case| {
                state::subject_links(&state, case)
                    .unwrap()
                    .is_some_and(|links| links.iter().any(|link| (link.a, link.b) == (own.min(other), own.max(other))))
            });
            if !stored || !(own == other || linked) || anchor.body.controller != asked.request.controller {
                return Err(format!("a {} document, linked {linked}", anchor.status));
            }
            seen += u32::from(own != other);
        }
    }
    Ok(seen)
}

#[test]
fn inv_24_sessions_name_stored_documents_of_their_subject() {
    let mut linked = 0;
    holds("INV-24", &mut |step| sessions_name_good_documents(step, |anchor| anchor.status).map(|n| linked += n));
    println!("INV-24 documents reached by a link: {linked}");
    assert!(linked > 0, "no link was ever used");
    // The same blocks, judged as if every document had been taken back.
    let caught = walk("INV-24 with a fault", 1, tables(), &mut |step| {
        sessions_name_good_documents(step, |_| DocumentStatus::Retracted).map(|_| ())
    });
    assert!(caught.is_err());
}

/// The entries of a walk's access logs are its events; the number of the longest session's.
fn longest_trail(seed: u64) -> u32 {
    let mut leaves: BTreeMap<(assent_types::Sp, OrgId), Vec<assent_types::Hash32>> = BTreeMap::new();
    let mut events: BTreeMap<SessionId, u32> = BTreeMap::new();
    walk("trail", seed, tables(), &mut |step| {
        let fired = step.outcome.receipts.iter().flat_map(|(_, details)| details.events.iter());
        let fired = fired.filter(|event| event.row.0 == *b"AC").count();
        if fired != step.outcome.access_entries.len() {
            return Err(format!("{fired} events, {} entries", step.outcome.access_entries.len()));
        }
        for entry in &step.outcome.access_entries {
            *events.entry(entry.session).or_default() += 1;
            let log = leaves.entry((entry.subject, entry.controller)).or_default();
            if entry.seq != log.len() as u64 {
                return Err(format!("entry {} at place {}", entry.seq, log.len()));
            }
            log.push(assent_proofs::log::leaf_hash(&entry.leaf().0));
        }
        for ((sp, controller), log) in &leaves {
            let head = state::accesses(&step.after.state, *sp, *controller).unwrap().ok_or("no book")?.log.clone();
            let frontier = assent_proofs::log::Frontier::from_parts(head.count, head.peaks.to_vec()).unwrap();
            if frontier.root() != assent_proofs::log::root_of(log) {
                return Err("the head is not the root over the entries".into());
            }
        }
        Ok(())
    })
    .unwrap();
    events.into_values().max().unwrap_or(0)
}

#[test]
fn the_trail_has_every_event_of_every_session() {
    let longest = (1..=8).map(longest_trail).max();
    assert!(longest >= Some(5), "no session went all the way");
}
