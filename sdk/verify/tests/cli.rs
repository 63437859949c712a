//! The binary in an empty folder, with nothing but a bundle.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use assent_proofs::bundle::{Bundle, Claim};
use assent_proofs::testing::{TestChain, subject_record};
use assent_types::OrgId;
use assent_types::state::StateKey;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assent-verify")).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs the binary on a bundle in an otherwise empty folder: exit status, standard output.
fn verify(bundle: &[u8], genesis: &str, json: bool) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bundle"), bundle).unwrap();
    let mut arguments = vec!["bundle", "--genesis", genesis];
    arguments.extend(json.then_some("--json"));
    let output = run(folder.path(), &arguments);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing is written");
    (output.status.code().unwrap(), text(&output.stdout))
}

fn bundles(chain: &TestChain) -> Vec<(&'static str, Bundle)> {
    let keys = [subject_record(7).0, subject_record(900).0, StateKey::Validators];
    vec![
        ("finality", chain.bundle(2, Claim::Finality)),
        ("receipt", chain.bundle(9, chain.receipt_claim(6, 2, 9, true))),
        ("opening", chain.bundle(9, chain.opened_claim(6, 0, 9, |event| event.parties.contains(&OrgId(3))))),
        ("header", chain.bundle(9, chain.header_claim(2, 9))),
        ("state", chain.bundle(9, chain.state_claim(&keys, 9))),
        ("consistency", chain.bundle(9, chain.consistency_claim(3, 9))),
    ]
}

#[test]
fn says_what_is_proven_in_plain_words() {
    let chain = TestChain::standard();
    let genesis = chain.genesis.chain_id().to_string();
    let said = |kind: &str| {
        let (_, bundle) = bundles(&chain).into_iter().find(|(name, _)| *name == kind).unwrap();
        let (status, output) = verify(&bundle.to_bytes(), &genesis, false);
        assert_eq!(status, 0, "{output}");
        output
    };
    let finality = said("finality");
    assert!(finality.starts_with("accepted: a proof of the finality of a block\n"), "{finality}");
    assert!(finality.contains("at height 2, 2026-05-28T20:26:42.000Z"), "{finality}");
    assert!(finality.contains("3 of 4 validators with power 30 of 40 signed in round 2: organisations 1, 2, 4"));
    let receipt = said("receipt");
    assert!(receipt.contains("outcome: refused, E306 E_BASIS_PLACE: use a transfer basis"), "{receipt}");
    assert!(receipt.contains("position 2 of the block at height 6, 2026-05-28T20:26:46.000Z"), "{receipt}");
    assert!(receipt.contains("the validators changed after height 4"), "{receipt}");
    let opening = said("opening");
    assert!(opening.contains("2 of 5 events opened, the others stay hidden\n"), "{opening}");
    assert_eq!(opening.matches("parties 1, 3").count(), 2, "{opening}");
    let state = said("state");
    let (present, absent) = (subject_record(7).0, subject_record(900).0);
    let (StateKey::Subject(present), StateKey::Subject(absent)) = (present, absent) else { panic!("not subjects") };
    assert!(state.contains(&format!("present at height 9: subject {present}\n")), "{state}");
    assert!(state.contains(&format!("absent at height 9: subject {absent}\n")), "{state}");
    let header = said("header");
    assert!(header.contains(&format!("earlier block {} at height 2", chain.block(2).header.hash())), "{header}");
    let consistency = said("consistency");
    assert!(consistency.contains("its history of 17 entries is the unchanged beginning of the 53 entries at height 9"));
}

#[test]
fn says_it_as_json() {
    let chain = TestChain::standard();
    let genesis = chain.genesis.chain_id().to_string();
    for (kind, bundle) in bundles(&chain) {
        let (status, output) = verify(&bundle.to_bytes(), &genesis, true);
        let json: serde_json::Value = serde_json::from_str(&output).unwrap();
        let said = if kind == "opening" { "receipt" } else { kind };
        assert_eq!((status, &json["accepted"], &json["kind"]), (0, &true.into(), &said.into()));
        assert_eq!(json["chain"], genesis);
        let height = &json["header"]["fields"]["height"];
        assert_eq!(*height, if kind == "finality" { 2 } else { 9 });
        if kind == "receipt" {
            assert_eq!(json["receipt"]["error"], "E306 E_BASIS_PLACE");
            assert_eq!(
                json["receipt"]["details"]["salt"],
                chain.block(6).receipts[2].1.open(|_| true).salt.to_string()
            );
        }
    }
}

#[test]
fn refuses_with_the_reason() {
    let chain = TestChain::standard();
    let genesis = chain.genesis.chain_id().to_string();
    let mut bundle = chain.bundle(9, chain.receipt_claim(6, 2, 9, true));
    let (status, output) = verify(&bundle.to_bytes(), &"0".repeat(64), false);
    assert_eq!(status, 1);
    assert!(output.starts_with("refused (chain): the bundle is for chain "), "{output}");
    bundle.finality.certificate.round += 1;
    let (status, output) = verify(&bundle.to_bytes(), &genesis, true);
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!((status, &json["accepted"], &json["part"]), (1, &false.into(), &"finality".into()));
    let (status, output) = verify(b"nothing", &genesis, false);
    assert_eq!(status, 1);
    assert!(output.starts_with("refused (format): not a bundle: E108 E_UNKNOWN_CODE"), "{output}");
}

#[test]
fn wrong_usage_and_unreadable_files_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let zeros = "0".repeat(64);
    for arguments in [
        &[][..],
        &["bundle"],
        &["bundle", "--genesis", "12"],
        &["bundle", "--genesis", &zeros],
        &["bundle", "--genesis", &zeros, "--trust-me"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn help_is_stable() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--help"]);
    assert_eq!(text(&output.stdout), include_str!("help.txt"));
}

/// Names of the crates that a crate links, read from cargo.
fn linked(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn links_no_tree_storage_or_network() {
    let heavy = ["jmt", "anyhow", "rocksdb", "libp2p", "tokio", "tonic", "hyper", "rustls"];
    let ours = linked("assent-verify");
    assert!(["sha2", "borsh", "ed25519-dalek", "clap"].iter().all(|name| ours.contains(*name)), "{ours:?}");
    assert!(heavy.iter().all(|name| !ours.contains(*name)), "{ours:?}");
    assert!(linked("assent-client").contains("tokio"), "the check can tell");
}
