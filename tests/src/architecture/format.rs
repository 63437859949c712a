//! Formats and the change log: a format number that changes needs an entry.

use super::tree::Tree;

/// The sections by reader that every release in the change log may use, in this order.
pub const READERS: [&str; 4] = ["Operators", "Wire & storage", "API", "Fixed"];

/// Format numbers in production code: constants whose name ends in `_FORMAT`, with their value.
pub fn formats(tree: &Tree) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (_, code, _) in tree.code_and_tests() {
        for line in code.lines().map(str::trim).filter(|line| line.contains("const ") && line.contains("_FORMAT: u")) {
            let name = line.split("const ").nth(1).and_then(|rest| rest.split(':').next());
            let value = line.split('=').nth(1).map(|value| value.trim().trim_end_matches(';'));
            if let (Some(name), Some(value)) = (name, value) {
                found.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    found
}

/// Formats whose present number the change log does not name, and releases with sections out of the list.
pub fn unlogged(log: &str, formats: &[(String, String)]) -> Vec<String> {
    let named = |(name, value): &&(String, String)| !log.contains(&format!("`{name}` {value}"));
    let mut faults: Vec<String> = formats
        .iter()
        .filter(named)
        .map(|(name, value)| format!("CHANGELOG.md has no entry that says `{name}` {value}"))
        .collect();
    let headings = log.lines().filter_map(|line| line.strip_prefix("### "));
    faults.extend(headings.filter(|h| !READERS.contains(h)).map(|h| format!("CHANGELOG.md: unknown reader {h:?}")));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_without_an_entry_is_found() {
        let tree = Tree::of(&[
            ("a/src/b.rs", "pub const TX_FORMAT: u8 = 2;\npub(crate) const WAL_FORMAT: u32 = 7;\n"),
            ("tests/src/c.rs", "const X_FORMAT: u8 = 1;"),
        ]);
        let found = formats(&tree);
        assert_eq!(found.len(), 2);
        assert_eq!(unlogged("### Fixed\n- `TX_FORMAT` 2, `WAL_FORMAT` 7", &found), Vec::<String>::new());
        let faults = unlogged("### Others\n- `TX_FORMAT` 1, `WAL_FORMAT` 7", &found);
        assert_eq!(
            faults,
            ["CHANGELOG.md has no entry that says `TX_FORMAT` 2", "CHANGELOG.md: unknown reader \"Others\""]
        );
    }
}
