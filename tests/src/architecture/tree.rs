//! The project's text files, read once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that are not part of the project: version control and builds.
const SKIPPED: [&str; 2] = [".git", "target"];

/// A text file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Whether its owner may execute it.
    pub executable: bool,
}

/// Every file below a root, by path relative to it, with `/` between parts.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: BTreeMap<String, File>,
}

/// The root of this project, as known when the tests were built.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}

impl Tree {
    /// Reads all files below `root`, except what version control and builds leave there.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        let mut folders = vec![root.to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name();
                let kind = entry.file_type()?;
                if kind.is_dir() && !SKIPPED.iter().any(|skipped| name == *skipped) {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    tree.add(root, &entry.path())?;
                }
            }
        }
        Ok(tree)
    }

    /// A tree of these files, none of them executable, for tests.
    pub fn of(files: &[(&str, &str)]) -> Self {
        let file = |text: &str| File { text: text.to_owned(), executable: false };
        Self { files: files.iter().map(|(path, text)| ((*path).to_owned(), file(text))).collect() }
    }

    fn add(&mut self, root: &Path, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        let executable = fs::metadata(path)?.permissions().mode() & 0o100 != 0;
        let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        self.files.insert(relative, File { text, executable });
        Ok(())
    }

    /// Path and file, ascending by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// Path and text of the files with this ending.
    pub fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter()
            .filter(move |(path, _)| path.rsplit_once('.').is_some_and(|(_, found)| found == extension))
            .map(|(path, file)| (path, file.text.as_str()))
    }

    /// The text of a file; empty if there is no such file.
    pub fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", |file| file.text.as_str())
    }

    /// Whether a file of this name lies in any folder.
    pub fn has_name(&self, name: &str) -> bool {
        self.files.keys().any(|path| path.rsplit('/').next() == Some(name))
    }

    /// Whether this is the path of a file or of a folder that holds files.
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let folder = format!("{path}/");
        self.files.contains_key(path)
            || self.files.range(folder.clone()..).next().is_some_and(|(p, _)| p.starts_with(&folder))
    }
}

/// Splits a Rust file into production code and tests: a file of tests entirely, any other at its first test module.
pub fn split_tests<'a>(path: &str, text: &'a str) -> (&'a str, &'a str) {
    let is_test_file = path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs");
    if is_test_file {
        return ("", text);
    }
    let at = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
    text.split_at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_files_and_folders() {
        let tree = Tree::of(&[("a/b/c.rs", "x"), ("d.md", "y")]);
        assert!(tree.has("a") && tree.has("a/b/") && tree.has("a/b/c.rs") && tree.has("d.md"));
        assert!(!tree.has("a/b/c") && !tree.has("e"));
        assert!(tree.has_name("c.rs") && !tree.has_name("b"));
        assert_eq!(tree.with_extension("rs").collect::<Vec<_>>(), [("a/b/c.rs", "x")]);
        assert_eq!((tree.text("d.md"), tree.text("e")), ("y", ""));
    }

    #[test]
    fn tests_are_told_from_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {}\n";
        assert_eq!(split_tests("a/src/b.rs", text), text.split_at(10));
        assert_eq!(split_tests("a/src/b.rs", "fn a() {}"), ("fn a() {}", ""));
        for path in ["a/tests/b.rs", "a/src/tests.rs", "tests/src/sim/net.rs"] {
            assert_eq!(split_tests(path, text), ("", text));
        }
    }
}
