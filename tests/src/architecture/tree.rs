//! The project's text files, read once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Names that are not part of the project: version control (a file in a second work tree) and builds.
const SKIPPED: [&str; 2] = [".git", "target"];

/// How a test module begins.
const TEST_MODULE: &str = "#[cfg(test)]\nmod ";

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
                if SKIPPED.iter().any(|skipped| name == *skipped) {
                    continue;
                } else if kind.is_dir() {
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

    /// Every Rust file with its production code and its tests. Tests are whole files (below a folder `tests`, named
    /// `…tests.rs`, or of a module that is declared under `cfg(test)`), or what follows the first test module of a file.
    pub fn code_and_tests(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let modules = self.test_modules();
        self.with_extension("rs").map(move |(path, text)| {
            let stem = path.trim_end_matches(".rs");
            let declared = modules.iter().any(|module| stem == module || stem.starts_with(&format!("{module}/")));
            let named = path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs");
            let at = if declared || named { 0 } else { first_test_module(text) };
            (path, &text[..at], &text[at..])
        })
    }

    /// Paths without ending of the modules that are declared under `cfg(test)` and lie in files of their own.
    fn test_modules(&self) -> Vec<String> {
        let mut modules = Vec::new();
        for (path, text) in self.with_extension("rs") {
            let stem = path.trim_end_matches(".rs");
            let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
            let beside = matches!(name, "lib" | "mod" | "main");
            let declared = text.split(TEST_MODULE).skip(1).filter_map(|rest| rest.lines().next()?.strip_suffix(';'));
            modules.extend(declared.map(|module| format!("{}/{module}", if beside { folder } else { stem })));
        }
        modules
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

/// Where the first test module that lies in the file itself begins.
fn first_test_module(text: &str) -> usize {
    let inline = |at: &usize| text[at + TEST_MODULE.len()..].lines().next().is_some_and(|line| line.ends_with('{'));
    text.match_indices(TEST_MODULE).map(|(at, _)| at).find(inline).unwrap_or(text.len())
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
        let inline = "fn a() {}\n#[cfg(test)]\nmod tests {\n}\n";
        let declares = "#[cfg(test)]\nmod laws;\nfn b() {}\n";
        let tree = Tree::of(&[
            ("a/src/inline.rs", inline),
            ("a/src/laws/one.rs", "x"),
            ("a/src/lawsuit.rs", "code"),
            ("a/src/lib.rs", declares),
            ("a/src/other.rs", declares),
            ("a/src/other/laws.rs", "y"),
            ("a/src/tests.rs", "z"),
            ("a/tests/it.rs", "z"),
            ("tests/src/sim/net.rs", "z"),
        ]);
        let split: Vec<(&str, &str)> = tree.code_and_tests().map(|(_, code, tests)| (code, tests)).collect();
        let tests = ["z"; 3].map(|text| ("", text));
        let expected = [inline.split_at(10), ("", "x"), ("code", ""), (declares, ""), (declares, ""), ("", "y")];
        assert_eq!(split, [&expected[..], &tests].concat());
    }
}
