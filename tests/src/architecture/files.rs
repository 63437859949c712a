//! Sizes and modes of files.

/// Most lines of a source file.
pub const LINES_MAX: usize = 1_000;

/// Source files over the budget. An allowed file has a ceiling of its own, and an allowance that is not needed any
/// more, or names a file that is gone, is a fault too: the list can only shrink.
pub fn over_budget(files: &[(&str, usize)], allowed: &[(&str, usize)]) -> Vec<String> {
    let ceiling = |path: &str| allowed.iter().find(|(name, _)| *name == path).map_or(LINES_MAX, |(_, lines)| *lines);
    let big = files.iter().filter(|(path, lines)| *lines > ceiling(path)).map(|(path, lines)| {
        format!("{path} has {lines} lines, at most {}: split it by what changes together", ceiling(path))
    });
    let needed = |path: &str| files.iter().any(|(name, lines)| *name == path && *lines > LINES_MAX);
    let stale = allowed.iter().filter(|(path, _)| !needed(path)).map(|(path, _)| format!("{path} needs no allowance"));
    big.chain(stale).collect()
}

/// Files that start as scripts do and cannot be executed.
pub fn not_executable<'a>(files: impl IntoIterator<Item = (&'a str, &'a str, bool)>) -> Vec<String> {
    files
        .into_iter()
        .filter(|(_, text, executable)| text.starts_with("#!/") && !executable)
        .map(|(path, ..)| format!("{path} is a script but not executable"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found() {
        let files = [("a.rs", 1_000), ("b.rs", 1_001), ("c.rs", 1_200)];
        assert_eq!(over_budget(&files, &[]).len(), 2);
        assert_eq!(over_budget(&files, &[("b.rs", 1_001), ("c.rs", 1_200)]), Vec::<String>::new());
        assert!(over_budget(&files, &[("b.rs", 1_001), ("c.rs", 1_199)])[0].starts_with("c.rs has 1200"));
        assert_eq!(over_budget(&files[..1], &[("a.rs", 1_100)]), ["a.rs needs no allowance"]);
        assert_eq!(over_budget(&files[..1], &[("gone.rs", 1_100)]), ["gone.rs needs no allowance"]);
    }

    #[test]
    fn a_script_without_its_mode_is_found() {
        let files = [("a", "#!/bin/sh\n", true), ("b", "#!/bin/sh\n", false), ("c", "#![allow(x)]", false)];
        assert_eq!(not_executable(files), ["b is a script but not executable"]);
    }
}
