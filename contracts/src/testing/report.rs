//! What `scripts/test` prints about these tests.

/// Adds a line to what `scripts/test` prints of an area, where a folder is named for it; as `tests/src/report.rs` does,
/// which no crate of the product may use.
pub(crate) fn report(area: &str, text: &str) {
    println!("{area}: {text}");
    if let Some(folder) = std::env::var_os("ASSENT_TEST_REPORT") {
        let path = std::path::Path::new(&folder).join(format!("{area}.txt"));
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        std::io::Write::write_all(&mut file, format!("{text}\n").as_bytes()).unwrap();
    }
}
