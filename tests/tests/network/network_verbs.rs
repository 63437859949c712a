//! What the command line says of subjects, bases, logs and documents, to a network of real nodes: done, and refused where
//! it has to be.

use std::fs;
use std::path::Path;
use std::process::Command;

use assent_tests::e2e::{Network, program};
use serde_json::Value;

const HOSPITAL: &str = "shenzhen-hospital";
const REGULATOR: &str = "regulator";

/// Hash of a record that lies elsewhere.
const HASH: &str = "5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c";

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value:#}")).to_owned()
}

/// The number with which a command was refused.
fn refused(network: &Network, member: &str, args: &[&str]) -> u64 {
    let output = network.cli_command(member, args).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["error"]["number"].as_u64().unwrap_or_default()
}

/// A new key file.
fn key(network: &Network, name: &str) -> String {
    let path = network.dir().join(name).to_str().unwrap().to_owned();
    let made = Command::new(program("assent")).args(["keys", "new", "--out", &path]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    path
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn subjects_bases_and_logs_are_kept_by_command() {
    let network = Network::start();
    subjects(&network);
    bases(&network);
    log_roots(&network);
}

fn subjects(network: &Network) {
    let [first, second, third] = ["first.key", "second.key", "third.key"].map(|name| key(network, name));
    let register = |key: &str, band| {
        let args = ["subject", "register", "--key", key, "--age-band", band];
        text(&network.cli(HOSPITAL, &args), "sp")
    };
    let sp = register(&first, "16_17");
    let other = register(&third, "18_64");

    let rotate = |old: &str, new: &str| {
        ["subject", "rotate-key", "--sp", &sp, "--subject-key", old, "--new-key", new].map(str::to_owned)
    };
    let rotation = rotate(&first, &second);
    network.cli(HOSPITAL, &rotation.each_ref().map(String::as_str));
    let again = rotate(&first, &key(network, "fourth.key"));
    assert_eq!(refused(network, HOSPITAL, &again.each_ref().map(String::as_str)), 201, "the old key signs no more");

    let card = network.dir().join("identity-card");
    fs::write(&card, "born 2008-11-26").unwrap();
    let grown = ["subject", "age-band", "--sp", &sp, "--age-band", "18_64", "--evidence", path(&card)];
    assert_eq!(refused(network, "hongkong-hospital", &grown), 309, "who enrolled says so");
    let said = network.cli(HOSPITAL, &grown);
    assert!(said["evidence_salt"].is_string(), "{said:#}");
    assert!(refused(network, HOSPITAL, &grown) > 0, "no band above it was named");

    let link = ["subject", "link", "--case", HASH, "--one", &sp, "--other", &other];
    let by_both: Vec<&str> = link.into_iter().chain(["--subject-key", &second, "--cosigner", &third]).collect();
    network.cli(HOSPITAL, &by_both);
    assert_eq!(refused(network, "hongkong-hospital", &link), 309, "it enrolled neither");

    let rollover = ["subject", "rollover", "--old", &sp, "--new", &other];
    let with = |keys: [&'static str; 4], signer: &str, cosigner: &str| -> Vec<String> {
        let named = [keys[0], signer, keys[2], cosigner];
        rollover.into_iter().chain(named).map(str::to_owned).collect()
    };
    let flags = ["--subject-key", "", "--cosigner", ""];
    let stale = with(flags, &first, &third);
    assert_eq!(refused(network, HOSPITAL, &stale.iter().map(String::as_str).collect::<Vec<_>>()), 201);
    let signed = with(flags, &second, &third);
    network.cli(HOSPITAL, &signed.iter().map(String::as_str).collect::<Vec<_>>());
    let successor = network.cli(HOSPITAL, &["query", "state", &format!("rollover:{sp}")]);
    assert!(successor.to_string().contains(&other), "{successor:#}");
}

fn bases(network: &Network) {
    let regulator = network.folder(REGULATOR).join("keys/sign-tx.key");
    let args = ["basis", "register", "--kind", "GBA_SC_HK", "--importer", "3", "--from", "CN/4403", "--to", "HK"];
    let more = ["--category", "LAB", "--filing-deadline", "2099-01-01", "--exp", "2099-06-01", "--pia", HASH];
    let alone: Vec<&str> = args.into_iter().chain(more).collect();
    assert!(refused(network, HOSPITAL, &alone) > 0, "the regulator agrees");
    let agreed: Vec<&str> = alone.iter().copied().chain(["--cosigner", path(&regulator)]).collect();
    let basis = text(&network.cli(HOSPITAL, &agreed), "basis");
    let shown = |network: &Network| network.cli(HOSPITAL, &["basis", "show"]).to_string();
    assert!(shown(network).contains(&basis));

    let file = ["basis", "file", "--basis", &basis, "--filing", HASH, "--cosigner", path(&regulator)];
    network.cli(HOSPITAL, &file);
    assert!(refused(network, HOSPITAL, &file) > 0, "it is filed already");
    network.cli("hongkong-insurer", &["basis", "end", "--basis", &basis, "--exporter", "1"]);
    assert!(refused(network, HOSPITAL, &["basis", "end", "--basis", &basis]) > 0, "it has ended");
}

fn log_roots(network: &Network) {
    let log = network.dir().join("audit.ndjson");
    fs::write(&log, "{\"entry\":1}\n{\"entry\":2}\n").unwrap();
    let file = |day: &'static str| ["access", "log-root", "--day", day, "--log", path(&log)].map(str::to_owned);
    let filed = network.cli(HOSPITAL, &file("2026-03-02").each_ref().map(String::as_str));
    assert!(filed["log_root"].as_str().unwrap().ends_with("over 2 entries"), "{filed:#}");
    let earlier = file("2026-03-01");
    assert_eq!(refused(network, HOSPITAL, &earlier.each_ref().map(String::as_str)), 511, "days follow each other");
    let days = network.cli(REGULATOR, &["query", "state", "log-roots:1"]).to_string();
    assert!(days.contains("\"count\":2"), "{days}");
}
