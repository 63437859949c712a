//! Which rows the walks fire between them.

use std::collections::{BTreeMap, BTreeSet};

use super::claim_walks::CLAIMS;
use super::document_walks::DOCUMENTS;
use super::follow::Kind;
use super::governance_walks::GOVERNANCE;
use super::preauth_walks::PREAUTHS;
use super::register_walks::REGISTERS;
use super::walks::CONSENTS;
use crate::tables;

/// Every kind of walk.
pub(super) const KINDS: [&Kind; 6] = [&CONSENTS, &DOCUMENTS, &CLAIMS, &PREAUTHS, &GOVERNANCE, &REGISTERS];

/// Rows that no walk fires, each with the reason.
const NEVER: [(&str, &str); 0] = [];

#[test]
fn every_row_of_every_machine_is_fired_by_some_kind_of_walk() {
    // That a kind does fire what it declares, its own test shows.
    let fired: BTreeSet<String> = KINDS.iter().flat_map(|kind| kind.rows()).collect();
    let rows = tables().iter().flat_map(|table| table.iter()).map(|row| row.id.to_string());
    let all: BTreeSet<String> = rows.collect();
    let unknown: Vec<&String> = fired.difference(&all).collect();
    assert!(unknown.is_empty(), "{unknown:?} are no rows");
    let missing: Vec<&str> = all.difference(&fired).map(String::as_str).collect();
    assert_eq!(missing, NEVER.map(|(row, _)| row), "rows that no kind of walk fires");
    println!("rows fired by walks: {} of {}", fired.len(), all.len());
    crate::testing::report("walks", &format!("rows fired by walks: {} of {}", fired.len(), all.len()));
}

#[test]
fn no_two_kinds_walk_with_the_same_seed() {
    let mut seeds: BTreeMap<u64, &str> = BTreeMap::new();
    for kind in KINDS {
        for seed in kind.seeds.clone() {
            let other = seeds.insert(seed, kind.name);
            assert!(other.is_none(), "seed {seed} is of {other:?} and {}", kind.name);
        }
    }
}
