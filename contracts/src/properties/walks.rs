//! Properties of consents, mandates and keys in whole chains, and those of every kind of walk.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::action::{Action, AmendConsent, RevokeConsent};
use assent_types::consent::*;
use assent_types::state::{Record, StateKey};
use assent_types::subject::KeyOwner;
use assent_types::tx::Transaction;
use assent_types::{ConsentId, ErrorCode};

use super::follow::*;
use super::indexes::{INV_33, INV_34, INV_35};
use super::privacy::INV_25;
use super::walk::Walk;
use crate::runtime::table::{Effect as RowEffect, Stop};
use crate::testing::*;
use crate::{BlockOutcome, Deadline, MemoryState, State, deadlines_of, execute_block_with, permit};

pub(super) const CONSENTS: Kind = Kind {
    name: "consents",
    new: |seed| Box::new(Walk::new(seed)),
    seeds: 1..=1_000,
    machines: &[*b"OK", *b"EV", *b"SU", *b"MD", *b"CN"],
    // Uses are counted in walks of sessions.
    never: &["CN-08"],
    also: &["AN-12"],
    errors: &[],
    properties: &[INV_01, INV_02, INV_03, INV_05, INV_12D, INV_25, INV_28, INV_33, INV_34, INV_35],
};

#[test]
fn walks_of_consents_keep_every_invariant_and_fire_every_row() {
    CONSENTS.keeps_its_properties();
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
        Ok(step.outcome.log_entries.len() as u64)
    })
}

const INV_02: Property = Property::of_blocks("INV-02", 500, only_declared_transitions);

#[test]
fn inv_02_only_declared_transitions_happen_and_what_is_over_never_changes() {
    let undeclared = with_row("CN-06", |row| row.from = &[State::Active, State::Suspended, State::Proposed]);
    CONSENTS.catches(&INV_02, &undeclared);
    // The table's target state is what happens.
    let elsewhere = with_row("CN-06", |row| row.to = State::Expired);
    let seen = Property { checker: no_revocation_is_an_expiry, ..INV_02 };
    CONSENTS.catches(&seen, &elsewhere);
}

/// [`only_declared_transitions`], and no consent expires before its end.
fn no_revocation_is_an_expiry() -> Checker {
    let mut inner = only_declared_transitions();
    Box::new(move |step| {
        let seen = inner(step)?;
        // A consent that is full makes those that are over leave first; those have their end behind them.
        let early = |id| {
            let mut closed = books(step.after).flat_map(|(_, book)| book.closed.iter());
            closed.any(|consent| consent.id == id && consent.terms.exp.is_none_or(|exp| step.after.time < exp))
        };
        let mut expired = step.outcome.log_entries.iter().filter(|entry| entry.status == ConsentStatus::Expired);
        ensure(!expired.any(|entry| early(entry.consent)), || "a revocation is an expiry".into())?;
        Ok(seen)
    })
}

// INV-01 ------------------------------------------------------------------------------------------------------------

pub(super) type Answers = Vec<(bool, Vec<assent_types::access::Reason>)>;

/// Answers to many requests.
fn answers(state: &MemoryState, world: &World) -> Answers {
    let mut answers = Vec::new();
    for n in 1..=4 {
        for controller in [SZH, SHANTOU, HKH] {
            for base in [request(n), claim_request(n)] {
                let request = assent_types::access::AccessRequest { controller, ..base };
                answers.push(answer(&request, state, world));
            }
        }
    }
    answers
}

/// Whether a request is permitted, and why not.
pub(super) fn answer(
    request: &assent_types::access::AccessRequest,
    state: &MemoryState,
    world: &World,
) -> (bool, Vec<assent_types::access::Reason>) {
    let decision = permit(request, state, world.time).unwrap();
    decision.map(|decision| (decision.permit, decision.reasons.to_vec())).unwrap_or_default()
}

/// Blocks after which answers are compared.
const ANSWER_BLOCKS: u64 = 2;

/// Follows the walk on a second chain that sweeps one deadline per block: every act gets the same answer, and so does
/// every question. Counts the deadlines that wait there, and executes blocks twice now and then.
pub(super) fn swept_late_or_early<A: PartialEq + std::fmt::Debug + 'static>(
    ask: fn(&MemoryState, &World) -> Vec<A>,
) -> Checker {
    let mut late: Option<World> = None;
    let mut blocks = 0;
    Box::new(move |step| {
        let late = late.get_or_insert_with(|| {
            let mut late = step.before.clone();
            late.change_params(|params| params.sweep_max = 1);
            late
        });
        // What changes between blocks reaches both chains.
        late.time = step.before.time;
        for id in step.outside {
            let status = crate::runtime::state::org(&step.before.state, *id).unwrap().unwrap().status;
            if crate::runtime::state::org(&late.state, *id).unwrap().unwrap().status != status {
                late.change_org(*id, |org| org.status = status);
            }
        }
        let outcome = late.run_with(step.tables, step.txs);
        let codes = |outcome: &BlockOutcome| -> Vec<u16> {
            outcome.receipts.iter().take(step.txs.len()).map(|(receipt, _)| receipt.code).collect()
        };
        let (early_codes, late_codes) = (codes(step.outcome), codes(&outcome));
        ensure(early_codes == late_codes, || format!("{early_codes:?} early and {late_codes:?} late"))?;
        blocks += 1;
        if blocks % ANSWER_BLOCKS == 0 {
            let (early_answers, late_answers) = (ask(&step.after.state, step.after), ask(&late.state, late));
            let mut pairs = early_answers.iter().zip(&late_answers);
            let differing = pairs.find(|(early, late)| early != late);
            ensure(differing.is_none(), || format!("answers early and late: {differing:?}"))?;
            let ctx = step.before.ctx();
            let again = execute_block_with(step.tables, &ctx, &step.before.state, step.txs).unwrap();
            ensure(again == *step.outcome, || "the same block did something else".into())?;
        }
        Ok(late.state.deadlines().iter().take_while(|deadline| deadline.at <= late.time).count() as u64)
    })
}

pub(super) const INV_01: Property = Property::of_blocks("INV-01", 20, || swept_late_or_early(answers));

#[test]
fn inv_01_the_same_blocks_give_the_same_state_and_late_sweeps_the_same_answers() {
    // A decision by stored status alone is told apart.
    CONSENTS.catches_itself("INV-01", || {
        swept_late_or_early(|state, world| {
            let values = state.values().cloned().map(|mut value| {
                if let Record::Consents(book) = &mut value.record {
                    book.live.as_mut_slice().iter_mut().for_each(|consent| consent.terms.exp = None);
                }
                value
            });
            answers(&MemoryState::new(values), world)
        })
    });
}

// INV-03 ------------------------------------------------------------------------------------------------------------

/// The block without its refused transactions writes the same, deadlines and logs included.
fn refused_changes_nothing(step: &Step<'_>) -> Result<u64, String> {
    let all = step.txs.iter().zip(&step.outcome.receipts);
    let accepted: Vec<Transaction> =
        all.filter(|(_, (receipt, _))| receipt.code == 0).map(|(tx, _)| tx.clone()).collect();
    if accepted.len() == step.txs.len() {
        return Ok(0);
    }
    let without = execute_block_with(step.tables, &step.before.ctx(), &step.before.state, &accepted).unwrap();
    let same = without.writes == step.outcome.writes
        && without.deadlines_added == step.outcome.deadlines_added
        && without.deadlines_removed == step.outcome.deadlines_removed
        && without.log_entries == step.outcome.log_entries
        && without.access_entries == step.outcome.access_entries
        && without.next_validators == step.outcome.next_validators;
    ensure(same, || "a refused transaction left a trace".into())?;
    Ok((step.txs.len() - accepted.len()) as u64)
}

pub(super) const INV_03: Property = Property::of_blocks("INV-03", 2_000, || Box::new(refused_changes_nothing));

#[test]
fn inv_03_a_refused_transaction_changes_nothing() {
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
    CONSENTS.catches(&INV_03, &leaky);
}

// INV-05 ------------------------------------------------------------------------------------------------------------

/// Every consent that is not over waits for a deadline of the index, or for an act because it has no end; and the index
/// is what the values imply.
fn deadlines_complete(state: &MemoryState, index: &BTreeSet<Deadline>) -> Result<u64, String> {
    let implied: BTreeSet<Deadline> = state.values().flat_map(deadlines_of).collect();
    if &implied != index {
        return Err(format!("{} deadlines kept, {} implied", index.len(), implied.len()));
    }
    let mut seen = 0;
    for value in state.values() {
        let Record::Consents(book) = &value.record else { continue };
        seen += book.live.len() as u64;
        for consent in &book.live {
            let waits = index.iter().any(|deadline| deadline.key == value.key && deadline.id == consent.id.0);
            let endless = consent.status == ConsentStatus::Active && consent.terms.exp.is_none();
            if waits == endless || consent.status.is_terminal() {
                return Err(format!("{} consent: deadline {waits}, endless {endless}", consent.status));
            }
        }
    }
    Ok(seen)
}

const INV_05: Property = Property::of_states("INV-05", 500, || {
    Box::new(|step| deadlines_complete(&step.after.state, step.after.state.deadlines()))
});

#[test]
fn inv_05_every_open_consent_has_a_deadline_or_no_end() {
    CONSENTS.catches_itself("INV-05", || {
        Box::new(|step| {
            let mut index = step.before.state.deadlines().clone();
            // Deadlines that leave are forgotten.
            index.extend(step.outcome.deadlines_added.iter().copied());
            deadlines_complete(&step.after.state, &index)
        })
    });
}

// INV-12d -----------------------------------------------------------------------------------------------------------

/// Every consent that a proxy gave in this block lies within its mandate as it stood before, and the subject could have
/// given it.
fn proxies_keep_to_mandates(step: &Step<'_>) -> Result<u64, String> {
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

const INV_12D: Property = Property::of_blocks("INV-12d", 20, || Box::new(proxies_keep_to_mandates));

#[test]
fn inv_12d_a_proxy_never_gives_more_than_its_mandate_or_the_subject_could() {
    CONSENTS.catches(&INV_12D, &with_row("CN-02", |row| row.guards = &[]));
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
fn only_live_keys_of_active_orgs_act(step: &Step<'_>, before: &MemoryState) -> Result<u64, String> {
    let mut seen = 0;
    for (tx, (receipt, _)) in step.txs.iter().zip(&step.outcome.receipts).filter(|(_, (receipt, _))| receipt.code == 0)
    {
        let entry = crate::runtime::state::key(before, tx.body.signer).unwrap();
        // A key that this very block registered has no standing before it.
        let Some(entry) = entry else { continue };
        let KeyOwner::Org(id) = entry.owner else { continue };
        seen += 1;
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
    Ok(seen)
}

const INV_28: Property =
    Property::of_blocks("INV-28", 500, || Box::new(|step| only_live_keys_of_active_orgs_act(step, &step.before.state)));

#[test]
fn inv_28_only_organisations_in_good_standing_have_an_effect() {
    // The same blocks, judged as if an organisation had been suspended.
    CONSENTS.catches_itself("INV-28", || {
        Box::new(|step| {
            let mut suspended = step.before.clone();
            suspended.suspend(SZH2);
            only_live_keys_of_active_orgs_act(step, &suspended.state)
        })
    });
}
