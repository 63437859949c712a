//! Words that have no place in the project: paths of one machine, work in progress, lint exceptions without a reason.

/// Words in two halves, so that this list does not find itself.
const FORBIDDEN: [(&str, &str); 22] = [
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/tmp/", "brief"),
    ("shared/", "design"),
    ("proto", "type"),
    ("deci", "sions.md"),
    ("dom", "ain.md"),
    ("fea", "tures.md"),
    ("prod", "uct.md"),
    ("perform", "ance.md"),
    ("pro", "ofs.md"),
    ("consen", "sus.md"),
    ("vau", "lt.md"),
    ("sty", "le.md"),
    ("seed ", "document"),
    ("design ", "file"),
    ("todo", "!("),
    ("unimple", "mented!("),
    ("TO", "DO"),
    ("FIX", "ME"),
    ("#[ig", "nore"),
];

/// The lines of a text that contain a forbidden word.
pub fn forbidden(path: &str, text: &str) -> Vec<String> {
    let words: Vec<String> = FORBIDDEN.iter().map(|(head, tail)| format!("{head}{tail}")).collect();
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| line.contains(word.as_str())) {
            faults.push(format!("{path}:{} says {word:?}", index + 1));
        }
    }
    faults
}

/// The lint exceptions of a Rust text that give no reason.
pub fn silent_exceptions(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for head in ["#[allow(", "#![allow(", "#[expect(", "#![expect("] {
        let mut from = 0;
        while let Some(at) = text[from..].find(head).map(|at| at + from) {
            let end = text[at..].find(")]").map_or(text.len(), |end| end + at);
            let starts_line = text[..at].rsplit('\n').next().is_some_and(|before| before.trim().is_empty());
            if starts_line && !text[at..end].contains("reason = ") {
                faults.push(format!("{path}:{} silences a lint without a reason", text[..at].lines().count()));
            }
            from = end;
        }
    }
    faults
}

/// The only file that may hold unsafe code: the vault's vector kernel.
const UNSAFE: &str = "sdk/vault/src/gf/x86.rs";

/// Whether a Rust text lets unsafe code in where none may be.
pub fn unsafe_elsewhere(path: &str, text: &str) -> Vec<String> {
    let named = |line: &str| line.trim_start().starts_with("#") && line.contains(concat!("unsafe", "_code"));
    let faults = text.lines().enumerate().filter(|(_, line)| path != UNSAFE && named(line));
    faults.map(|(index, _)| format!("{path}:{} lets unsafe code in", index + 1)).collect()
}

/// The lines of the workspace's lint table that allow a lint without a comment right before or beside them.
pub fn silent_lint_table(manifest: &str) -> Vec<String> {
    let lines: Vec<&str> = manifest.lines().collect();
    let allows = |line: &str| line.contains("\"allow\"");
    let explained = |index: usize| lines[index].contains('#') || (index > 0 && lines[index - 1].starts_with('#'));
    (0..lines.len())
        .filter(|index| allows(lines[*index]) && !explained(*index))
        .map(|index| format!("Cargo.toml:{} allows a lint without a reason", index + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_word_is_found() {
        let text = format!("fine\nsee {}{} for it\n", "/wo", "rk/main");
        assert_eq!(forbidden("a.md", &text), [format!("a.md:2 says \"{}{}\"", "/wo", "rk/")]);
        assert_eq!(forbidden("a.md", "network/main works"), Vec::<String>::new());
    }

    #[test]
    fn an_exception_without_reason_is_found() {
        let text = "fn a() {}\n    #[allow(clippy::x)]\n#[allow(clippy::y, reason = \"the bound is checked\")]\n";
        assert_eq!(silent_exceptions("a.rs", text), ["a.rs:2 silences a lint without a reason"]);
    }

    #[test]
    fn unsafe_code_outside_the_kernel_is_found() {
        let text = concat!("fn a() {}\n#![allow(", "unsafe", "_code, reason = \"x\")]");
        assert_eq!(unsafe_elsewhere("a.rs", text), ["a.rs:2 lets unsafe code in"]);
        assert_eq!(unsafe_elsewhere(UNSAFE, text), Vec::<String>::new());
    }

    #[test]
    fn an_allowed_lint_without_reason_is_found() {
        let table = "a = \"allow\"\n# because\nb = \"allow\"\nc = \"allow\" # because\nd = \"warn\"";
        assert_eq!(silent_lint_table(table), ["Cargo.toml:1 allows a lint without a reason"]);
    }
}
