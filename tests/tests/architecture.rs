//! The shape of the project, checked on the tree as it is.

use std::collections::BTreeSet;

use assent_tests::architecture::crates::{CRATES, HEAVY, Lock, Manifest, ONE_VERSION, against_direction};
use assent_tests::architecture::pure::{PURE, reaching_outside, unequal_bans};
use assent_tests::architecture::tree::{Tree, root};
use assent_tests::architecture::{files, format, invariants, map, rules, verbs, words};

/// Source files that may be longer than the budget. The list can only shrink.
const LONG_FILES: [(&str, usize); 0] = [];

fn tree() -> Tree {
    Tree::read(&root()).unwrap_or_else(|error| panic!("the checkout cannot be read: {error}"))
}

fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn documents_name_only_paths_that_exist() {
    let tree = tree();
    let mut faults = Vec::new();
    for (path, text) in tree.with_extension("md") {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // A path is relative to the root, to the document or to the sources beside it; a bare file name is found anywhere.
        let exists = |named: &str| {
            let beside = [format!("{folder}/{named}"), format!("{folder}/src/{named}")];
            tree.has(named) || tree.has_name(named) || beside.iter().any(|path| tree.has(path.trim_start_matches('/')))
        };
        faults.extend(map::missing(text, exists).into_iter().map(|fault| format!("{path}: {fault}")));
    }
    none(faults);
}

#[test]
fn the_folder_map_names_every_crate() {
    let tree = tree();
    let map = tree.text("ARCHITECTURE.md");
    let absent = CRATES.iter().filter(|(folder, name, _)| !map.contains(&format!("| `{folder}` | {name} |")));
    none(absent.map(|(folder, ..)| format!("the folder map does not name {folder}")).collect());
    assert!(map.lines().count() <= 300, "ARCHITECTURE.md has {} lines", map.lines().count());
}

#[test]
fn crates_depend_only_upwards_in_the_list() {
    let tree = tree();
    let manifests =
        tree.with_extension("toml").filter_map(|(path, text)| Some((path.strip_suffix("/Cargo.toml")?, text)));
    let manifests: Result<Vec<Manifest>, String> =
        manifests.map(|(folder, text)| Manifest::parse(folder, text)).collect();
    none(against_direction(&manifests.unwrap()));
}

#[test]
fn important_crates_have_one_version() {
    none(Lock::parse(tree().text("Cargo.lock")).unwrap().second_versions(&ONE_VERSION));
}

#[test]
fn the_offline_verifier_reaches_no_runtime_network_or_database() {
    let lock = Lock::parse(tree().text("Cargo.lock")).unwrap();
    let reached = lock.reached_from("assent-verify");
    assert!(reached.contains("assent-proofs"), "the lock file does not know the verifier's dependencies");
    let heavy = HEAVY.iter().filter(|heavy| reached.contains(**heavy));
    none(heavy.map(|heavy| format!("assent-verify depends on {heavy}")).collect());
}

#[test]
fn pure_crates_have_equal_bans() {
    let tree = tree();
    let copy = |folder: &&'static str| (*folder, tree.text(&format!("{folder}/clippy.toml")));
    none(unequal_bans(&PURE.iter().map(copy).collect::<Vec<_>>()));
}

#[test]
fn pure_crates_do_not_reach_outside() {
    none(reaching_outside(&tree()));
}

#[test]
fn files_keep_their_budget() {
    let tree = tree();
    let sizes: Vec<(&str, usize)> =
        tree.with_extension("rs").map(|(path, text)| (path, text.lines().count())).collect();
    assert!(sizes.len() > CRATES.len(), "no sources found");
    none(files::over_budget(&sizes, &LONG_FILES));
}

#[test]
fn scripts_are_executable() {
    let tree = tree();
    for entry in ["scripts/demo", "scripts/test", "scripts/bench", "scripts/devnet", ".ci/run"] {
        assert!(tree.text(entry).starts_with("#!/"), "{entry} is no script");
    }
    none(files::not_executable(tree.iter().map(|(path, file)| (path, file.text.as_str(), file.executable))));
}

#[test]
fn every_invariant_has_a_test() {
    let tree = tree();
    let tests: BTreeSet<String> =
        tree.with_extension("rs").flat_map(|(_, text)| invariants::test_functions(text)).collect();
    none(invariants::unheld(tree.text("ARCHITECTURE.md"), &tests));
}

#[test]
fn every_ordering_rule_is_in_code_and_in_a_test() {
    let tree = tree();
    let stated = tree.with_extension("md").filter(|(path, _)| path.starts_with("consensus/spec/"));
    let specification: String = stated.map(|(_, text)| text).collect();
    let (code, tests) = rules::code_and_tests(&tree);
    none(rules::untraced(&specification, &code, &tests, "ORD"));
}

#[test]
fn every_action_has_a_verb() {
    let tree = tree();
    assert!(verbs::actions(tree.text("sdk/types/src/action.rs")).len() > 100, "the enumeration was read");
    none(verbs::unsigned(&tree));
}

#[test]
fn no_forbidden_words() {
    // The lock file and the licence are text that others wrote.
    let tree = tree();
    let own = tree.iter().filter(|(path, _)| *path != "Cargo.lock" && *path != "LICENSE");
    none(own.flat_map(|(path, file)| words::forbidden(path, &file.text)).collect());
}

#[test]
fn lint_exceptions_say_why() {
    let tree = tree();
    let mut faults = words::silent_lint_table(tree.text("Cargo.toml"));
    faults.extend(tree.with_extension("rs").flat_map(|(path, text)| words::silent_exceptions(path, text)));
    none(faults);
}

#[test]
fn unsafe_code_is_in_one_file() {
    let tree = tree();
    none(tree.with_extension("rs").flat_map(|(path, text)| words::unsafe_elsewhere(path, text)).collect());
    assert!(tree.text("Cargo.toml").contains("unsafe_code = \"deny\""), "the lint table does not deny unsafe code");
}

#[test]
fn the_change_log_names_every_format() {
    let tree = tree();
    none(format::unlogged(tree.text("CHANGELOG.md"), &format::formats(&tree)));
}

#[test]
fn tests_are_never_retried() {
    let tree = tree();
    let config = tree.text(".config/nextest.toml");
    assert!(config.contains("retries = 0"), "the test runner's settings do not forbid retries");
    assert_eq!(config.matches("retries =").count(), 1);
}
