//! Golden hashes: a chain's id may never change under a document, and the sample may change only on purpose.
//!
//! `ASSENT_BLESS=1 cargo test -p assent-genesis --test golden` writes the files anew; doing so is a decision.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it")]

use std::path::PathBuf;

use assent_genesis::{GenesisDoc, build, sample};
use assent_types::Millis;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The text of a golden file; with `ASSENT_BLESS` set, the file is written first.
fn compare(name: &str, found: &str) -> String {
    if std::env::var_os("ASSENT_BLESS").is_some() {
        std::fs::write(golden(name), found).unwrap();
    }
    std::fs::read_to_string(golden(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn fixed_sample() -> GenesisDoc {
    let mut counter = 0_u8;
    let seeds = || {
        counter += 1;
        [counter; 32]
    };
    sample::sample_network(Millis(1_767_225_600_000), seeds).0
}

#[test]
fn the_sample_is_the_golden_document_with_the_golden_chain_id() {
    let text = fixed_sample().to_toml().unwrap();
    let stored = compare("sample.toml", &text);
    assert_eq!(stored, text, "the sample network, its parameters or the file form changed");
    let genesis = build(&GenesisDoc::from_toml(&stored).unwrap()).unwrap();
    let found = format!("chain {}\nstate_root {}\n", genesis.chain, genesis.header.state_root);
    assert_eq!(compare("sample.hash", &found), found, "chains that exist would change their id");
}
