//! Follows walks, and looks at every block with all properties of their kind.
//!
//! A step is one attempt to move along a row: a transaction that is submitted, whether a guard lets it pass or not, or a
//! row that the sweeper fires. Nothing but rows moves a walk; only its clock, and in some kinds the standing of an
//! organisation, change between blocks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::rc::Rc;

use assent_types::receipt::RowId;
use assent_types::tx::Transaction;

use super::walk::Walking;
use crate::runtime::call::Call;
use crate::runtime::table::Check;
use crate::testing::*;
use crate::{BlockOutcome, MemoryState, Row, Table, execute_block_with, tables};

/// Steps of a walk, at least.
pub(super) const STEPS: usize = 400;
/// Blocks after which what is looked at in whole is looked at again; and at the end.
const WHOLE_BLOCKS: usize = 8;

pub(super) type Verdict = Result<(), String>;
/// Looks at a block, and says of how many objects or acts it could have said that something is wrong.
pub(super) type Checker = Box<dyn FnMut(&Step<'_>) -> Result<u64, String>>;

/// What one block looked like.
pub(super) struct Step<'w> {
    pub(super) before: &'w World,
    pub(super) after: &'w World,
    pub(super) txs: &'w [Transaction],
    pub(super) outcome: &'w BlockOutcome,
    pub(super) tables: &'w [Table<'w>],
    /// Organisations whose standing the walk changes between blocks.
    pub(super) outside: &'static [assent_types::OrgId],
    between: RefCell<BTreeMap<usize, Rc<MemoryState>>>,
}

impl<'w> Step<'w> {
    pub(super) fn new(
        (before, after): (&'w World, &'w World),
        txs: &'w [Transaction],
        outcome: &'w BlockOutcome,
        tables: &'w [Table<'w>],
    ) -> Self {
        Self { before, after, txs, outcome, tables, outside: &[], between: RefCell::default() }
    }

    /// The state in which a transaction of the block was executed.
    pub(super) fn state_before(&self, index: usize) -> Rc<MemoryState> {
        let make = || {
            let mut state = self.before.state.clone();
            if index > 0 {
                let ctx = self.before.ctx();
                state.apply(&execute_block_with(self.tables, &ctx, &state, &self.txs[..index]).unwrap());
            }
            Rc::new(state)
        };
        self.between.borrow_mut().entry(index).or_insert_with(make).clone()
    }

    /// The transactions in which a row fired, with the state just before each.
    pub(super) fn firings(&self, rows: &[&str]) -> Vec<(Rc<MemoryState>, &'w Transaction)> {
        let rows: Vec<RowId> = rows.iter().map(|row| row_id(row)).collect();
        let fired = |details: &assent_types::receipt::ReceiptDetails| {
            details.events.iter().any(|event| rows.contains(&event.row))
        };
        let all = self.txs.iter().zip(&self.outcome.receipts).enumerate();
        all.filter(|(_, (_, (_, details)))| fired(details))
            .map(|(index, (tx, _))| (self.state_before(index), tx))
            .collect()
    }
}

/// The identifier that a row has in the tables.
pub(super) fn row_id(text: &str) -> RowId {
    let all = tables().iter().flat_map(|table| table.iter());
    all.map(|row| row.id).find(|id| id.to_string() == text).unwrap()
}

/// How often a property is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// After every block.
    Block,
    /// In whole, after every few blocks and at the end: what is wrong with the state then stays wrong.
    Whole,
}

/// An invariant as something that looks at walks.
#[derive(Clone, Copy)]
pub(super) struct Property {
    /// Its number, and of what.
    pub(super) name: &'static str,
    pub(super) pace: Pace,
    /// What it must have looked at in 100 walks for its silence to mean anything.
    pub(super) least: u64,
    pub(super) checker: fn() -> Checker,
}

impl Property {
    /// A property of each block.
    pub(super) const fn of_blocks(name: &'static str, least: u64, checker: fn() -> Checker) -> Self {
        Self { name, pace: Pace::Block, least, checker }
    }

    /// A property of states.
    pub(super) const fn of_states(name: &'static str, least: u64, checker: fn() -> Checker) -> Self {
        Self { name, pace: Pace::Whole, least, checker }
    }
}

/// Walks of one kind.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) new: fn(u64) -> Box<dyn Walking>,
    /// The seeds of its walks; no other kind has them.
    pub(super) seeds: RangeInclusive<u64>,
    /// The machines all of whose rows its walks fire,
    pub(super) machines: &'static [[u8; 2]],
    /// but for these.
    pub(super) never: &'static [&'static str],
    /// Rows of other machines that its walks fire too.
    pub(super) also: &'static [&'static str],
    /// Errors that its walks meet.
    pub(super) errors: &'static [u16],
    pub(super) properties: &'static [Property],
}

/// What walks met.
#[derive(Default)]
struct Met {
    steps: usize,
    rows: BTreeSet<RowId>,
    errors: BTreeSet<u16>,
    seen: BTreeMap<&'static str, u64>,
}

impl Kind {
    /// The rows that its walks fire, all of them.
    pub(super) fn rows(&self) -> BTreeSet<String> {
        let own = tables().iter().flat_map(|table| table.iter()).filter(|row| self.machines.contains(&row.id.0));
        let own = own.map(|row| row.id.to_string()).filter(|row| !self.never.contains(&row.as_str()));
        own.chain(self.also.iter().map(|row| (*row).to_owned())).collect()
    }

    /// Walks with every seed on the real tables: every property holds, was not idle, and every row fired.
    pub(super) fn keeps_its_properties(&self) {
        let mut met = Met::default();
        for seed in self.seeds.clone() {
            self.follow(seed, tables(), self.properties, &mut met).unwrap();
        }
        let walks = self.seeds.end() - self.seeds.start() + 1;
        println!("{}: {walks} walks, {} steps, errors met {:?}, seen {:?}", self.name, met.steps, met.errors, met.seen);
        report("walks", &format!("{}: {walks} walks, {} steps, seeds {:?}", self.name, met.steps, self.seeds));
        assert!(met.steps as u64 >= walks * STEPS as u64);
        for property in self.properties {
            let seen = met.seen.get(property.name).copied().unwrap_or_default();
            assert!(seen * 100 >= property.least * walks, "{} looked at {seen} only in {walks} walks", property.name);
        }
        let fired: BTreeSet<String> = met.rows.iter().map(RowId::to_string).collect();
        let missing: Vec<String> = self.rows().into_iter().filter(|row| !fired.contains(row)).collect();
        assert!(missing.is_empty(), "rows that no walk of {} fired: {missing:?}", self.name);
        let early: Vec<&&str> = self.never.iter().filter(|row| fired.contains(**row)).collect();
        assert!(early.is_empty(), "walks of {} do fire {early:?}", self.name);
        let errors: Vec<&u16> = self.errors.iter().filter(|code| !met.errors.contains(code)).collect();
        assert!(errors.is_empty(), "{}: errors {errors:?} were never met", self.name);
    }

    /// Walks on faulty tables, where a property that looks at the real ones must find one seed that shows the fault.
    pub(super) fn catches(&self, property: &Property, faulty: &[Vec<Row>]) {
        assert!(self.properties.iter().any(|own| own.name == property.name), "{} is not looked at", property.name);
        let found = self.find(property, &as_tables(faulty));
        println!("{} of {} with a fault: {found:?}", property.name, self.name);
        assert!(found.is_some(), "{}: the seeded fault was not caught", property.name);
    }

    /// Walks on the real tables with a property that is wrong itself: it finds what is not there, or misses it.
    pub(super) fn catches_itself(&self, name: &'static str, wrong: fn() -> Checker) {
        let found = self.find(&Property::of_blocks(name, 0, wrong), tables());
        println!("{name} of {} with a fault: {found:?}", self.name);
        assert!(found.is_some(), "{name}: the seeded fault was not caught");
    }

    /// Walks a few times on faulty tables that the property must not notice.
    pub(super) fn bears(&self, property: &Property, tables: &[Vec<Row>]) {
        for seed in self.seeds.clone().take(2) {
            self.follow(seed, &as_tables(tables), &[*property], &mut Met::default()).unwrap();
        }
    }

    fn find(&self, property: &Property, tables: &[Table<'_>]) -> Option<String> {
        let watched = [Property { pace: Pace::Block, ..*property }];
        self.seeds.clone().find_map(|seed| self.follow(seed, tables, &watched, &mut Met::default()).err())
    }

    /// Walks with one seed, which it prints.
    fn follow(&self, seed: u64, tables: &[Table<'_>], properties: &[Property], met: &mut Met) -> Verdict {
        let mut walk = (self.new)(seed);
        let mut checkers: Vec<(&Property, Checker)> =
            properties.iter().map(|property| (property, (property.checker)())).collect();
        let (mut steps, mut block) = (0, 0);
        while steps < STEPS {
            let txs = walk.next_block();
            let before = walk.world().clone();
            let outcome = walk.run(tables, &txs);
            for (receipt, details) in &outcome.receipts {
                met.errors.insert(receipt.code);
                met.rows.extend(details.events.iter().map(|event| event.row));
                steps += if details.signer.is_none() { details.events.len() } else { 1 };
            }
            block += 1;
            let step = Step { outside: walk.outside(), ..Step::new((&before, walk.world()), &txs, &outcome, tables) };
            let whole = block % WHOLE_BLOCKS == 0 || steps >= STEPS;
            for (property, check) in checkers.iter_mut().filter(|(property, _)| whole || property.pace == Pace::Block) {
                let seen = check(&step)
                    .map_err(|text| format!("{} of {} seed={seed} block={block}: {text}", property.name, self.name))?;
                *met.seen.entry(property.name).or_default() += seen;
            }
        }
        println!("{} seed={seed} blocks={block} steps={steps}", self.name);
        met.steps += steps;
        Ok(())
    }
}

/// The tables with some rows changed.
pub(super) fn with_rows(ids: &[&str], change: impl Fn(&mut Row)) -> Vec<Vec<Row>> {
    let mut all: Vec<Vec<Row>> = tables().iter().map(|table| table.to_vec()).collect();
    let mut changed = 0;
    for row in all.iter_mut().flatten().filter(|row| ids.contains(&row.id.to_string().as_str())) {
        change(row);
        changed += 1;
    }
    assert_eq!(changed, ids.len());
    all
}

/// The tables with one row changed.
pub(super) fn with_row(id: &str, change: impl Fn(&mut Row)) -> Vec<Vec<Row>> {
    with_rows(&[id], change)
}

/// The tables without a row.
pub(super) fn without_row(id: &str) -> Vec<Vec<Row>> {
    let mut all = with_row(id, |_| {});
    all.iter_mut().for_each(|table| table.retain(|row| row.id.to_string() != id));
    all
}

/// A row without a guard.
pub(super) fn without_guard(name: &'static str) -> impl Fn(&mut Row) {
    move |row| {
        let rest: Vec<_> = row.guards.iter().filter(|guard| guard.name != name).copied().collect();
        assert!(rest.len() < row.guards.len(), "{} has no guard {name}", row.id);
        row.guards = rest.leak();
    }
}

/// The effect that a row has in the real tables, for faults that add to it or take from it.
pub(super) fn really(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let real = tables().iter().flat_map(|table| table.iter()).find(|real| real.id == row.id);
    real.map_or(Ok(()), |real| (real.effect.apply)(call, row))
}

pub(super) fn as_tables(rows: &[Vec<Row>]) -> Vec<Table<'_>> {
    rows.iter().map(Vec::as_slice).collect()
}

pub(super) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}
