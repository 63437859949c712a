//! Public data through the ledger: consents that are decided, resources that come back as they went in, and code lists
//! under which claims are filed. Blocks are executed in this process, by the functions that validators run.
//!
//! The data are not part of the project. They are found by `ASSENT_TEST_DATA`, or in `shared/data` beside the checkout;
//! without them the summary says "data tests: not run".

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of a test fail it")]

mod codes;
mod consents;
mod journey;
mod ledger;

use std::path::{Path, PathBuf};

use assent_tests::report;

/// The folder of public data, if there is one.
fn data() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("ASSENT_TEST_DATA") {
        let path = PathBuf::from(path);
        assert!(path.is_dir(), "ASSENT_TEST_DATA names {}, which is no folder", path.display());
        return Some(path);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if beside.is_dir() {
        return Some(beside);
    }
    println!("data tests: not run");
    None
}

/// The text of a file.
fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Adds a line to what `scripts/test` prints about public data.
fn reported(line: &str) {
    report::line("data", line);
}

/// Compares with a golden table; `ASSENT_BLESS` writes it anew, which approves it.
fn as_recorded(name: &str, found: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public_data/golden").join(name);
    if std::env::var_os("ASSENT_BLESS").is_some() {
        std::fs::write(&golden, found).unwrap();
    }
    assert_eq!(text(&golden), found, "{name} has changed");
}
