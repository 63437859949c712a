//! Properties of whole chains.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::action::{Action, AmendConsent, RevokeConsent};
use assent_types::consent::*;
use assent_types::state::{Record, StateKey};
use assent_types::subject::KeyOwner;
use assent_types::tx::Transaction;
use assent_types::{ConsentId, ErrorCode};

use super::walk::{Walk, Walking};
use super::{BLOCKS, WALKS};
use crate::runtime::table::{Effect as RowEffect, Stop};
use crate::testing::*;
use crate::{
    BlockOutcome, Deadline, MemoryState, Row, State, StateRead, Table, deadlines_of, execute_block, execute_block_with,
    permit, tables,
};

/// What one block looked like, for a checker.
pub(super) struct Step<'w> {
    pub(super) before: &'w World,
    pub(super) after: &'w World,
    pub(super) txs: &'w [Transaction],
    pub(super) outcome: &'w BlockOutcome,
}

type Checker = Box<dyn FnMut(&Step<'_>) -> Result<(), String>>;
type Answers = Vec<(bool, Vec<assent_types::access::Reason>)>;
pub(super) type Check<'c> = &'c mut dyn FnMut(&Step<'_>) -> Result<(), String>;

/// Walks and checks every block. Prints the seed and the counts of the walk.
fn walk(name: &str, seed: u64, tables: &[Table<'_>], check: Check<'_>) -> Result<(), String> {
    follow(name, seed, &mut Walk::new(seed), tables, check)
}

/// The same for a walk of any kind.
pub(super) fn follow(
    name: &str,
    seed: u64,
    walk: &mut dyn Walking,
    tables: &[Table<'_>],
    check: Check<'_>,
) -> Result<(), String> {
    let (mut accepted, mut refused, mut swept) = (0, BTreeMap::<u16, u32>::new(), 0);
    let mut rows = BTreeSet::new();
    for block in 0..BLOCKS {
        let txs = walk.next_block();
        let before = walk.world().clone();
        let outcome = walk.run(tables, &txs);
        for (receipt, details) in &outcome.receipts {
            match receipt.code {
                0 if details.signer.is_none() => swept += details.events.len(),
                0 => accepted += 1,
                code => *refused.entry(code).or_default() += 1,
            }
            rows.extend(details.events.iter().map(|event| event.row));
        }
        let step = Step { before: &before, after: walk.world(), txs: &txs, outcome: &outcome };
        check(&step).map_err(|text| format!("{name} seed={seed} block={block}: {text}"))?;
    }
    println!("{name} seed={seed} accepted={accepted} swept={swept} rows={} refused={refused:?}", rows.len());
    Ok(())
}

/// Runs all walks; a fault must be caught by one of them.
fn walks(name: &str, tables: &[Table<'_>], check: fn() -> Checker) -> Result<(), String> {
    (1..=WALKS).try_for_each(|seed| walk(name, seed, tables, &mut *check()))
}

/// The tables with one row changed.
pub(super) fn with_row(id: &str, change: impl Fn(&mut Row)) -> Vec<Vec<Row>> {
    let mut all: Vec<Vec<Row>> = tables().iter().map(|table| table.to_vec()).collect();
    let mut changed = 0;
    for row in all.iter_mut().flatten().filter(|row| row.id.to_string() == id) {
        change(row);
        changed += 1;
    }
    assert_eq!(changed, 1);
    all
}

pub(super) fn as_tables(rows: &[Vec<Row>]) -> Vec<Table<'_>> {
    rows.iter().map(Vec::as_slice).collect()
}

fn books(world: &World) -> impl Iterator<Item = (&StateKey, &ConsentBook)> {
    world.state.values().filter_map(|value| match &value.record {
        Record::Consents(book) => Some((&value.key, book.as_ref())),
        _ => None,
    })
}

// INV-02 ------------------------------------------------------------------------------------------------------------

/// The transitions of consents as the specification declares them.
const DECLARED: [(State, State); 16] = [
    (State::New, State::Proposed),
    (State::New, State::Active),
    (State::Proposed, State::Active),
    (State::Proposed, State::Rejected),
    (State::Proposed, State::Lapsed),
    (State::Active, State::Superseded),
    (State::Active, State::Revoked),
    (State::Suspended, State::Revoked),
    (State::Active, State::Expired),
    (State::Suspended, State::Expired),
    (State::Active, State::Suspended),
    (State::Suspended, State::Active),
    // A suspension that is over counts as over before it is swept.
    (State::Suspended, State::Suspended),
    (State::Suspended, State::Superseded),
    (State::Active, State::EnteredInError),
    (State::Suspended, State::EnteredInError),
];

fn only_declared_transitions() -> Checker {
    let mut last: BTreeMap<ConsentId, State> = BTreeMap::new();
    let mut closed: BTreeMap<ConsentId, Consent> = BTreeMap::new();
    Box::new(move |step| {
        for entry in &step.outcome.log_entries {
            let from = last.insert(entry.consent, entry.status.into()).unwrap_or(State::New);
            if !DECLARED.contains(&(from, entry.status.into())) {
                return Err(format!("{from:?} to {:?}", entry.status));
            }
        }
        for (_, book) in books(step.after) {
            for consent in book.live.iter().chain(&book.closed) {
                if last.get(&consent.id) != Some(&consent.status.into()) {
                    return Err(format!("{} without an act", consent.status));
                }
            }
            for consent in &book.closed {
                let known = closed.entry(consent.id).or_insert_with(|| consent.clone());
                if !consent.status.is_terminal() || known != consent {
                    return Err(format!("a closed consent changed to {}", consent.status));
                }
            }
        }
        Ok(())
    })
}

#[test]
fn inv_02_only_declared_transitions_happen_and_what_is_over_never_changes() {
    walks("INV-02", tables(), only_declared_transitions).unwrap();
    let undeclared = with_row("CN-06", |row| row.from = &[State::Active, State::Suspended, State::Proposed]);
    assert!(walks("INV-02 with a fault", &as_tables(&undeclared), only_declared_transitions).is_err());
    let elsewhere = with_row("CN-06", |row| row.to = State::Expired);
    let elsewhere = walks("INV-02 with another state", &as_tables(&elsewhere), || {
        let mut inner = only_declared_transitions();
        Box::new(move |step| {
            inner(step)?;
            // A consent that is full makes those that are over leave first; those have their end behind them.
            let ended = |id| {
                books(step.after)
                    .flat_map(|(_, book)| book.closed.iter())
                    .any(|consent| consent.id == id && consent.terms.exp.is_none_or(|exp| step.after.time < exp))
            };
            let mut entries = step.outcome.log_entries.iter();
            let revoked_as_expired =
                entries.any(|entry| entry.status == ConsentStatus::Expired && ended(entry.consent));
            if revoked_as_expired { Err("a revocation is an expiry".into()) } else { Ok(()) }
        })
    });
    assert!(elsewhere.is_err(), "the table's target state is what happens");
}

// INV-01 ------------------------------------------------------------------------------------------------------------

/// Answers to many requests.
fn answers(state: &dyn StateRead, world: &World) -> Answers {
    let mut answers = Vec::new();
    for n in 1..=4 {
        for controller in [SZH, SHANTOU, HKH] {
            for base in [request(n), claim_request(n)] {
                let request = assent_types::access::AccessRequest { controller, ..base };
                let decision = permit(&request, state, world.time).unwrap().unwrap();
                answers.push((decision.permit, decision.reasons.to_vec()));
            }
        }
    }
    answers
}

/// Follows the walk on a second chain that sweeps one deadline per block, and compares every answer.
fn swept_late_or_early(ask: fn(&MemoryState, &World) -> Answers) -> Result<u64, String> {
    let mut lag = 0;
    for seed in 1..=WALKS {
        let mut early = Walk::new(seed);
        let mut late = early.world.clone();
        late.change_params(|params| params.sweep_max = 1);
        for block in 0..BLOCKS {
            let txs = early.next_block();
            // Changes by governance reach both chains.
            late.time = early.world.time;
            for org in [SZH2, SHANTOU, APP] {
                let status = crate::runtime::state::org(&early.world.state, org).unwrap().unwrap().status;
                late.change_org(org, |org| org.status = status);
            }
            let a = early.run(tables(), &txs);
            let b = late.run(&txs);
            let codes = |outcome: &BlockOutcome| -> Vec<u16> {
                outcome.receipts.iter().take(txs.len()).map(|(receipt, _)| receipt.code).collect()
            };
            if codes(&a) != codes(&b) {
                return Err(format!("seed {seed} block {block}: {:?} and {:?}", codes(&a), codes(&b)));
            }
            lag += late.state.due(late.time, 1000).unwrap().len() as u64;
            if ask(&early.world.state, &early.world) != ask(&late.state, &late) {
                return Err(format!("seed {seed} block {block}: answers differ"));
            }
        }
    }
    Ok(lag)
}

#[test]
fn inv_01_the_same_blocks_give_the_same_state_and_late_sweeps_the_same_answers() {
    for seed in 1..=WALKS {
        let mut walk = Walk::new(seed);
        for _ in 0..BLOCKS {
            let txs = walk.next_block();
            let ctx = walk.world.ctx();
            let twice = [0, 1].map(|_| execute_block(&ctx, &walk.world.state, &txs).unwrap());
            assert_eq!(twice[0], twice[1]);
            assert_eq!(walk.run(tables(), &txs), twice[0], "seed={seed}");
        }
    }
    let lag = swept_late_or_early(|state, world| answers(state, world)).unwrap();
    println!("INV-01 deadlines still waiting, summed over blocks: {lag}");
    assert!(lag > 50, "the late chain was hardly ever late");
    // A decision by stored status alone is told apart.
    let by_status = swept_late_or_early(|state, world| {
        let values = state.values().cloned().map(|mut value| {
            if let Record::Consents(book) = &mut value.record {
                book.live.as_mut_slice().iter_mut().for_each(|consent| consent.terms.exp = None);
            }
            value
        });
        answers(&MemoryState::new(values), world)
    });
    assert!(by_status.is_err(), "the seeded fault was not caught");
}

// INV-03 ------------------------------------------------------------------------------------------------------------

/// The block without its refused transactions writes the same, deadlines and logs included.
pub(super) fn refused_changes_nothing(tables: &[Table<'_>], step: &Step<'_>) -> Result<(), String> {
    let accepted: Vec<Transaction> = step
        .txs
        .iter()
        .zip(&step.outcome.receipts)
        .filter(|(_, (receipt, _))| receipt.code == 0)
        .map(|(tx, _)| tx.clone())
        .collect();
    let without = execute_block_with(tables, &step.before.ctx(), &step.before.state, &accepted).unwrap();
    let effect = |outcome: &BlockOutcome| {
        (
            outcome.writes.clone(),
            outcome.deadlines_added.clone(),
            outcome.deadlines_removed.clone(),
            outcome.log_entries.clone(),
            outcome.access_entries.clone(),
            outcome.next_validators.clone(),
        )
    };
    if effect(&without) == effect(step.outcome) { Ok(()) } else { Err("a refused transaction left a trace".into()) }
}

#[test]
fn inv_03_a_refused_transaction_changes_nothing() {
    for seed in 1..=WALKS {
        walk("INV-03", seed, tables(), &mut |step| refused_changes_nothing(tables(), step)).unwrap();
    }
    // An effect that keeps half of its writes and then refuses.
    let leaky = with_row("CN-02", |row| {
        row.effect = RowEffect {
            text: "half an effect",
            apply: |call, _| {
                let object = call.take_consent_object();
                let key = StateKey::Consents(object.subject, object.controller.id);
                call.view.put(key, Record::Consents(Box::new(ConsentBook { epoch: 99, ..object.book })));
                call.view.keep();
                Err(Stop::Refused(ErrorCode::NotHead))
            },
        };
    });
    let leaky = as_tables(&leaky);
    let caught = (1..=WALKS).try_for_each(|seed| {
        walk("INV-03 with a fault", seed, &leaky, &mut |step| refused_changes_nothing(&leaky, step))
    });
    assert!(caught.is_err());
}

// INV-05 ------------------------------------------------------------------------------------------------------------

/// Every consent that is not over waits for a deadline of the index, or for an act because it has no end; and the index
/// is what the values imply.
fn deadlines_complete(state: &MemoryState, index: &BTreeSet<Deadline>) -> Result<(), String> {
    let implied: BTreeSet<Deadline> = state.values().flat_map(deadlines_of).collect();
    if &implied != index {
        return Err(format!("{} deadlines kept, {} implied", index.len(), implied.len()));
    }
    for value in state.values() {
        let Record::Consents(book) = &value.record else { continue };
        for consent in &book.live {
            let waits = index.iter().any(|deadline| deadline.key == value.key && deadline.id == consent.id.0);
            let endless = consent.status == ConsentStatus::Active && consent.terms.exp.is_none();
            if waits == endless || consent.status.is_terminal() {
                return Err(format!("{} consent: deadline {waits}, endless {endless}", consent.status));
            }
        }
    }
    Ok(())
}

#[test]
fn inv_05_every_open_consent_has_a_deadline_or_no_end() {
    for seed in 1..=WALKS {
        walk("INV-05", seed, tables(), &mut |step| deadlines_complete(&step.after.state, step.after.state.deadlines()))
            .unwrap();
    }
    let caught = walk("INV-05 with a fault", 1, tables(), &mut |step| {
        let mut index = step.before.state.deadlines().clone();
        // Deadlines that leave are forgotten.
        index.extend(step.outcome.deadlines_added.iter().copied());
        deadlines_complete(&step.after.state, &index)
    });
    assert!(caught.is_err());
}

// INV-12d -----------------------------------------------------------------------------------------------------------

/// Every consent that a proxy gave in this block lies within its mandate as it stood before, and the subject could have
/// given it.
fn proxies_keep_to_mandates(step: &Step<'_>) -> Result<u32, String> {
    let mut seen = 0;
    for (tx, (receipt, _)) in step.txs.iter().zip(&step.outcome.receipts) {
        let (0, Action::GrantConsent(grant)) = (receipt.code, &tx.body.action) else { continue };
        let Grantor::Proxy { mandate } = grant.grantor else { continue };
        seen += 1;
        let mandate = crate::runtime::state::mandate(&step.after.state, mandate).unwrap().ok_or("no mandate")?;
        let terms = &mandate.terms;
        let broader = |asked: &Purpose| {
            let mut all = vec![*asked];
            while let Some(parent) = crate::access::purpose::TREE
                .iter()
                .find(|node| node.purpose == *all.last().unwrap())
                .and_then(|node| node.parent)
            {
                all.push(parent);
            }
            all
        };
        let window = (terms.nbf..terms.exp).contains(&receipt.time);
        let purposes =
            grant.terms.purposes.iter().all(|asked| broader(asked).iter().any(|p| terms.purposes.contains(p)));
        let signed = terms.proxy.id() == tx.body.signer && terms.subject == grant.terms.subject;
        let rest = terms.ops.has(assent_types::subject::MandateOp::Grant)
            && terms.consent_kinds.has(grant.terms.kind)
            && (terms.may_xborder || grant.terms.xborder.is_none());
        if !(window && purposes && signed && rest) {
            return Err(format!("window {window} purposes {purposes} signed {signed} rest {rest}"));
        }
        // The subject, on the same state, could have given the same. Room is not looked at: the block may have used it.
        let mut world = step.before.clone();
        let n = u32::from_le_bytes(grant.terms.subject.0.0[..4].try_into().unwrap());
        let own = world.tx(&subject_key(n), grant_action(grant.terms.clone(), Grantor::Subject));
        match world.send(&own) {
            Ok(()) | Err(ErrorCode::ConsentLimit) => {}
            Err(code) => return Err(format!("the subject could not have given it: {code}")),
        }
    }
    Ok(seen)
}

#[test]
fn inv_12d_a_proxy_never_gives_more_than_its_mandate_or_the_subject_could() {
    let mut seen = 0;
    for seed in 1..=WALKS {
        let mut check = |step: &Step<'_>| proxies_keep_to_mandates(step).map(|count| seen += count);
        walk("INV-12d", seed, tables(), &mut check).unwrap();
    }
    println!("INV-12d consents given by proxies: {seen}");
    assert!(seen > 10, "proxies hardly ever gave a consent");
    let unguarded = with_row("CN-02", |row| row.guards = &[]);
    let unguarded = as_tables(&unguarded);
    let caught = (1..=WALKS).try_for_each(|seed| {
        walk("INV-12d with a fault", seed, &unguarded, &mut |step| proxies_keep_to_mandates(step).map(|_| ()))
    });
    assert!(caught.is_err());
}

#[test]
fn inv_12d_a_subjects_revocation_beats_a_later_proxy_act_on_an_older_version() {
    let mut world = World::with_subjects(1);
    let first = world.grant(1, terms(1, SZH, &[SZH2]));
    let mandate = world.mandate(1, |_| {});
    let act = |terms, version, grantor| {
        Action::AmendConsent(Box::new(AmendConsent { target: target(1, SZH, version), terms, grantor }))
    };
    let narrowed = ConsentTerms { max_grade: 1, ..terms(1, SZH, &[SZH2]) };
    let amend = world.tx(&subject_key(1), act(narrowed.clone(), first, Grantor::Subject));
    let second = consent_id_of(&amend.hash());
    let revoke = RevokeConsent { target: target(1, SZH, first), grantor: Grantor::Subject, evidence: None };
    let revoke = world.tx(&subject_key(1), Action::RevokeConsent(revoke));
    let late =
        [first, second].map(|version| world.tx(&proxy(1), act(narrowed.clone(), version, Grantor::Proxy { mandate })));
    let outcome = world.run(&[amend, revoke, late[0].clone(), late[1].clone()]);
    let codes: Vec<u16> = outcome.receipts.iter().map(|(receipt, _)| receipt.code).collect();
    assert_eq!(codes, [0, 0, 307, 307]);
    assert!(!permit(&request(1), &world.state, world.time).unwrap().unwrap().permit);
}

// INV-28 ------------------------------------------------------------------------------------------------------------

/// Whoever had an effect was an organisation in good standing with a live key, or a person's live key, or did what even
/// suspended organisations may. The standing is that before the block, which no transaction of this version changes.
fn only_live_keys_of_active_orgs_act(step: &Step<'_>, before: &MemoryState) -> Result<(), String> {
    for (tx, (receipt, _)) in step.txs.iter().zip(&step.outcome.receipts).filter(|(_, (receipt, _))| receipt.code == 0)
    {
        let entry = crate::runtime::state::key(before, tx.body.signer).unwrap();
        // A key that this very block registered has no standing before it.
        let Some(entry) = entry else { continue };
        let KeyOwner::Org(id) = entry.owner else { continue };
        let org = crate::runtime::state::org(before, id).unwrap().ok_or("no organisation")?;
        let record = org.keys.iter().find(|record| record.key == entry.key).ok_or("no record")?;
        let live = (record.nbf..record.exp).contains(&receipt.time)
            && record.revoked_at.is_none_or(|revoked| receipt.time < revoked);
        if !live {
            return Err(format!("a dead key of {id} had an effect"));
        }
        if !org.is_active(receipt.time) && !tx.body.action.is_protected() {
            return Err(format!("{} by {id}, which is not active", tx.body.action.name()));
        }
    }
    Ok(())
}

#[test]
fn inv_28_only_organisations_in_good_standing_have_an_effect() {
    for seed in 1..=WALKS {
        walk("INV-28", seed, tables(), &mut |step| only_live_keys_of_active_orgs_act(step, &step.before.state))
            .unwrap();
    }
    // The same blocks, judged as if the organisations had been suspended.
    let caught = (1..=WALKS).try_for_each(|seed| {
        walk("INV-28 with a fault", seed, tables(), &mut |step| {
            let mut suspended = step.before.clone();
            suspended.suspend(SZH2);
            only_live_keys_of_active_orgs_act(step, &suspended.state)
        })
    });
    assert!(caught.is_err());
}

#[test]
fn walks_fire_every_row_and_meet_many_errors() {
    let mut rows = BTreeSet::new();
    let mut codes = BTreeSet::new();
    for seed in 1..=WALKS {
        walk("coverage", seed, tables(), &mut |step| {
            rows.extend(
                step.outcome.receipts.iter().flat_map(|(_, details)| details.events.iter()).map(|event| event.row),
            );
            codes.extend(step.outcome.receipts.iter().map(|(receipt, _)| receipt.code));
            Ok(())
        })
        .unwrap();
    }
    // Uses are counted in walks of sessions.
    let elsewhere = ["CN-08"];
    let missing: Vec<String> = tables()
        .iter()
        .flat_map(|table| table.iter())
        // Documents and sessions have walks of their own.
        .filter(|row| [*b"OK", *b"EV", *b"SU", *b"MD", *b"CN"].contains(&row.id.0) && !rows.contains(&row.id))
        .filter(|row| !elsewhere.contains(&row.id.to_string().as_str()))
        .map(|row| row.id.to_string())
        .collect();
    // Subjects do not rotate keys in walks: every later act of theirs would be refused.
    assert_eq!(missing, ["SU-02"]);
    assert!(codes.len() >= 12, "{codes:?}");
}
