//! The committed corpus: small valid inputs for every target, made from sample values.

use std::fs;
use std::io;
use std::path::PathBuf;

/// Folder of a target's corpus.
pub fn folder(target: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fuzz", "corpus", target].iter().collect()
}

/// The inputs of a target, ascending by file name.
///
/// # Errors
/// If the folder cannot be read.
pub fn read(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder(target))?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    paths.iter().map(fs::read).collect()
}

/// Writes inputs by name, beside those that are there.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(target: &str, inputs: &[(String, Vec<u8>)]) -> io::Result<()> {
    fs::create_dir_all(folder(target))?;
    inputs.iter().try_for_each(|(name, bytes)| fs::write(folder(target).join(name), bytes))
}

/// Names whose file is missing or holds other bytes.
pub fn differing(target: &str, inputs: &[(String, Vec<u8>)]) -> Vec<String> {
    let same = |name: &str, bytes: &[u8]| fs::read(folder(target).join(name)).is_ok_and(|found| found == bytes);
    inputs.iter().filter(|(name, bytes)| !same(name, bytes)).map(|(name, _)| format!("{target}/{name}")).collect()
}
