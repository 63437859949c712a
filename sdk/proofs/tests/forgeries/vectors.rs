//! Published vectors, and a second verifier that shares no code with this one.
//!
//! `tests/vectors/bundles.txt` holds a valid bundle of each kind, `forged.txt` some forged ones; `ASSENT_GOLDEN=write`
//! rewrites both. `verify.py` beside them checks every bundle and every forgery again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use assent_proofs::bundle::{Bundle, Claim};
use assent_proofs::testing::{TestChain, subject_record};
use assent_types::ChainId;
use assent_types::state::StateKey;

use super::{Forgery, absence, absent_keys, consistency, earlier, opening, opening_bundle, presence, receipt, shared};

/// Largest forged bundle that is written out; the one over the size bound is 32 MiB.
const PUBLISHED_BYTES_MAX: usize = 64 * 1024;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn kinds(chain: &TestChain) -> Vec<(&'static str, Bundle, Vec<Forgery>)> {
    let present = [subject_record(7).0, StateKey::Validators];
    vec![
        ("finality", chain.bundle(9, Claim::Finality), shared()),
        ("receipt", chain.bundle(9, chain.receipt_claim(6, 0, 9, true)), receipt()),
        ("opening", opening_bundle(chain), opening()),
        ("header", chain.bundle(9, chain.header_claim(3, 9)), earlier()),
        ("presence", chain.bundle(9, chain.state_claim(&present, 9)), presence()),
        ("absence", chain.bundle(9, chain.state_claim(&absent_keys(chain, 9), 9)), absence()),
        ("consistency", chain.bundle(9, chain.consistency_claim(3, 9)), consistency()),
    ]
}

/// Valid and forged bundles as lines of name and hexadecimal bytes, after a line with the chain id.
fn vectors(chain: &TestChain) -> (Vec<String>, Vec<String>) {
    let first = format!("genesis {}", chain.genesis.chain_id());
    let (mut valid, mut forged) = (vec![first.clone()], vec![first]);
    for (kind, bundle, forgeries) in kinds(chain) {
        valid.push(format!("{kind} {}", hex::encode(bundle.to_bytes())));
        for forgery in forgeries {
            let mut copy = bundle.clone();
            let bytes = (forgery.forge)(chain, &mut copy).unwrap_or_else(|| copy.to_bytes());
            if bytes.len() <= PUBLISHED_BYTES_MAX {
                forged.push(format!("{kind}: {} {}", forgery.name, hex::encode(bytes)));
            }
        }
    }
    (valid, forged)
}

/// The chain id that a file starts with, and its named bundles.
fn parse(text: &str) -> (ChainId, Vec<(&str, Vec<u8>)>) {
    let mut lines = text.lines().map(|line| line.rsplit_once(' ').unwrap());
    let (name, genesis) = lines.next().unwrap();
    assert_eq!(name, "genesis");
    (genesis.parse().unwrap(), lines.map(|(name, bytes)| (name, hex::decode(bytes).unwrap())).collect())
}

#[test]
fn published_bundles_are_frozen_and_verify() {
    let (valid, forged) = vectors(&TestChain::standard());
    // Every eighth forgery is published, of each kind some.
    let some: Vec<String> = forged.iter().take(1).chain(forged.iter().skip(1).step_by(8)).cloned().collect();
    for (file, lines) in [("bundles.txt", &valid), ("forged.txt", &some)] {
        let path = folder().join(file);
        if std::env::var("ASSENT_GOLDEN").is_ok_and(|mode| mode == "write") {
            std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap();
        assert_eq!(committed.lines().collect::<Vec<_>>(), *lines, "{file}");
        let (genesis, bundles) = parse(&committed);
        for (name, bytes) in bundles {
            assert_eq!(Bundle::verify(&bytes, genesis).is_ok(), file == "bundles.txt", "{file}: {name}");
        }
    }
}

/// Both verifiers give the same verdict on everything, but for records that the second does not decode.
#[test]
fn a_second_verifier_agrees() {
    let Ok(version) = Command::new("python3").arg("--version").output() else {
        println!("second verifier: not run, there is no python3");
        return;
    };
    let (valid, forged) = vectors(&TestChain::standard());
    let mut lines = String::new();
    for line in valid.iter().chain(&forged[1..]) {
        writeln!(lines, "{line}").unwrap();
    }
    let list = std::env::temp_dir().join(format!("assent-vectors-{}", std::process::id()));
    std::fs::write(&list, lines).unwrap();
    let output = Command::new("python3").arg(folder().join("verify.py")).arg("--list").arg(&list).output().unwrap();
    std::fs::remove_file(&list).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let verdicts = String::from_utf8(output.stdout).unwrap();
    let accepted: Vec<&str> = verdicts
        .lines()
        .filter(|line| line.split('\t').nth(1) == Some("accepted"))
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    let mut expected: Vec<&str> = valid[1..].iter().map(|line| line.split(' ').next().unwrap()).collect();
    expected.push("presence: stored value with a trailing byte");
    assert_eq!(accepted, expected, "{verdicts}");
    assert_eq!(verdicts.lines().count(), valid.len() + forged.len() - 2);
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    println!("second verifier ({version}): {} accepted, {} refused", valid.len() - 1, forged.len() - 2);
}
