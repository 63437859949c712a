//! What tests say about themselves beyond passing: lines that `scripts/test` prints after the runner's summary.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Names the folder in which reports are collected; unset where nobody collects them.
pub const FOLDER: &str = "ASSENT_TEST_REPORT";

/// Reports one line of an area (`simulator`, `fuzz`, `bad-input`, `documents`, `demo` or `data`): printed, and appended to the area's file.
///
/// # Panics
/// If the folder is named and cannot be written: a summary that lacks lines would read as if they had not been run.
pub fn line(area: &str, text: &str) {
    println!("{area}: {text}");
    if let Some(folder) = std::env::var_os(FOLDER) {
        append(Path::new(&folder), area, text);
    }
}

fn append(folder: &Path, area: &str, text: &str) {
    let path = folder.join(format!("{area}.txt"));
    // One write per line, appended, so that lines of tests in other processes stay whole.
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()));
    assert!(written.is_ok(), "{}: {written:?}", path.display());
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_are_appended_to_their_area() {
        let folder = std::env::temp_dir().join(format!("assent-report-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        super::append(&folder, "a", "one");
        super::append(&folder, "b", "other");
        super::append(&folder, "a", "two");
        assert_eq!(std::fs::read_to_string(folder.join("a.txt")).unwrap(), "one\ntwo\n");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
