//! The programs that are tested.

use std::path::{Path, PathBuf};

/// A program of this workspace, beside the running test.
///
/// # Panics
/// If it was not built: tests of one package do not build the programs of others.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing: run scripts/test, which builds every program first", path.display());
    path
}

/// A script of this workspace.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(name)
}
