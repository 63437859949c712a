//! A node says nothing that it could forget: seen in its system calls.

use std::path::Path;
use std::process::Command;

use assent_tests::e2e::{Network, program, script};

/// What the script exits with when something left too early.
const TOO_EARLY: i32 = 1;
/// What it exits with when the trace shows too little.
const TOO_LITTLE: i32 = 2;

/// Whether a line is taken out.
type Cut<'a> = &'a dyn Fn(&str) -> bool;

fn check(arguments: &[&str]) -> (Option<i32>, String) {
    let programs = program("assent");
    let target = programs.parent().and_then(Path::parent).unwrap();
    let ports = Network::free_ports().to_string();
    let mut command = Command::new(script("check-syncs"));
    command.args(arguments).env("CARGO_TARGET_DIR", target).env("ASSENT_BASE_PORT", ports);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), text)
}

#[test]
fn come_before_votes_and_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trace");
    let file = path.to_str().unwrap();
    let (code, text) = check(&["--no-build", "--seconds", "5", "--keep", file]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(check(&["--judge", file]).0, Some(0));

    // The same trace without one kind of sync is what a node that does not wait for its disk would leave.
    let trace = std::fs::read_to_string(&path).unwrap();
    let is_sync = |line: &str| line.contains("fdatasync") || line.contains("fsync");
    let of_log = |line: &str| is_sync(line) && line.contains("data/wal");
    let of_store = |line: &str| is_sync(line) && line.contains("data/store");
    let cases: [(&str, Cut, i32); 3] = [
        ("no sync of the write-ahead log", &of_log, TOO_EARLY),
        ("no sync of the store", &of_store, TOO_EARLY),
        ("no votes and no blocks", &|line| line.contains("MARK "), TOO_LITTLE),
    ];
    for (name, cut, expected) in cases {
        let kept: Vec<&str> = trace.lines().filter(|line| !cut(line)).collect();
        assert!(kept.len() < trace.lines().count(), "{name}: nothing was cut");
        std::fs::write(&path, kept.join("\n")).unwrap();
        let (code, text) = check(&["--judge", file]);
        assert_eq!(code, Some(expected), "{name}: {text}");
    }

    // A single sync that is missing is found as well.
    let first_vote = trace.find("\"MARK vote ").unwrap();
    let last = trace[..first_vote].lines().collect::<Vec<_>>();
    let missing = last.iter().rposition(|line| of_log(line)).unwrap();
    let kept: Vec<&str> = trace.lines().enumerate().filter(|(at, _)| *at != missing).map(|(_, line)| line).collect();
    std::fs::write(&path, kept.join("\n")).unwrap();
    let (code, text) = check(&["--judge", file]);
    assert_eq!(code, Some(TOO_EARLY), "{text}");
    assert!(!text.contains("votes before their sync 0,"), "{text}");
}
