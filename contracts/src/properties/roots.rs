//! INV-01: every build executes the same blocks to the same state roots.
//!
//! The committed roots are those of one walk of each kind, and of each machine one over all blocks that fire a row of it.
//! The tests compare them in an optimised build and
//! `scripts/test` in a build for debugging too, where arithmetic that overflows panics. `ASSENT_GOLDEN=write` writes them
//! anew; doing so approves that the same transactions do something else than before.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use assent_proofs::testing::MemNodes;
use assent_types::hash::{Tag, tagged};
use assent_types::{Hash32, encode};

use super::coverage::KINDS;
use crate::testing::firing;
use crate::{MemoryState, tables};

/// Blocks of each walk, and after how many of them the root is taken.
const BLOCKS: usize = 120;
const ROOT_BLOCKS: usize = 20;

/// Root of the tree of the whole state.
fn root(state: &MemoryState) -> Hash32 {
    let writes: Vec<(Hash32, Vec<u8>)> = state.values().map(|value| (value.key.hash(), encode(value))).collect();
    MemNodes::default().apply(None, &writes).unwrap().root
}

/// The roots of all kinds and machines, as text.
fn roots() -> String {
    let mut text = String::new();
    for kind in KINDS {
        let seed = *kind.seeds.start();
        println!("{} seed={seed}", kind.name);
        let mut walk = (kind.new)(seed);
        for block in 1..=BLOCKS {
            let txs = walk.next_block();
            walk.run(tables(), &txs);
            if block % ROOT_BLOCKS == 0 {
                writeln!(text, "{} seed {seed} block {block} {}", kind.name, root(&walk.world().state)).unwrap();
            }
        }
    }
    let mut fired: BTreeMap<[u8; 2], Vec<u8>> = BTreeMap::new();
    for row in tables().iter().flat_map(|table| table.iter()) {
        let (mut world, txs) = firing(&row.id.to_string());
        world.run(&txs);
        fired.entry(row.id.0).or_default().extend(root(&world.state).0);
    }
    for (machine, roots) in &fired {
        let name = String::from_utf8_lossy(machine);
        writeln!(text, "rows of {name} {}", tagged(Tag::Evidence, roots)).unwrap();
    }
    text
}

#[test]
fn inv_01_every_build_gives_the_same_state_roots() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/properties/roots.txt");
    let text = roots();
    if std::env::var("ASSENT_GOLDEN").is_ok_and(|mode| mode == "write") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    for (committed, current) in committed.lines().zip(text.lines()) {
        assert_eq!(committed, current);
    }
    assert_eq!(committed, text);
    let build = if cfg!(debug_assertions) { "for debugging" } else { "optimised" };
    crate::testing::report("roots", &format!("build {build}: {} state roots as committed", text.lines().count()));
}
