//! Paths that documents name must exist.

/// The paths that a Markdown text names: words in back quotes with a slash or a file ending, no patterns, no code.
pub fn named_paths(text: &str) -> Vec<&str> {
    // Every second piece is inside back quotes; a fence of three leaves the count even.
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|word| is_path(word)).collect()
}

fn is_path(word: &str) -> bool {
    const ENDINGS: [&str; 6] = [".rs", ".md", ".toml", ".sh", ".proto", ".lock"];
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let inside = !word.starts_with(['/', '.']) || word.starts_with(".c");
    plain && inside && !word.contains("..") && (word.contains('/') || ENDINGS.iter().any(|end| word.ends_with(end)))
}

/// The named paths for which `exists` is false.
pub fn missing(text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    named_paths(text).into_iter().filter(|path| !exists(path)).map(|path| format!("no such path: {path}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_path_is_found() {
        let text =
            "See `sdk/types` and `gone/away.rs`; `cargo test`, `a::b`, `*.rs`, `/etc/x` and `tx/s` are checked or not.";
        assert_eq!(named_paths(text), ["sdk/types", "gone/away.rs", "tx/s"]);
        assert_eq!(missing(text, |path| path == "sdk/types" || path == "tx/s"), ["no such path: gone/away.rs"]);
    }
}
