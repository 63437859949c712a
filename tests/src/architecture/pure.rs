//! Pure crates: no clock, entropy, threads, unordered maps, files or network.

use super::tree::Tree;

/// Folders of the pure crates.
pub const PURE: [&str; 8] =
    ["sdk/types", "sdk/proofs", "sdk/vault", "sdk/fhir", "consensus", "contracts", "genesis", "node/replica"];

/// What every pure crate's `clippy.toml` must ban.
const BANNED: [&str; 8] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::hash::RandomState",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::thread::spawn",
    "\"f32\"",
    "\"f64\"",
];

/// What production code of a pure crate must not name.
const OUTSIDE: [&str; 8] =
    ["std::fs", "std::env", "std::net", "std::process", "std::thread", "std::os::", "println!", "thread_rng"];

/// Copies of `clippy.toml` that are missing, differ from the first, or lack a ban or its reason.
pub fn unequal_bans(copies: &[(&str, &str)]) -> Vec<String> {
    let Some((first, model)) = copies.first() else { return vec!["no pure crates".to_owned()] };
    let lacks = |ban: &&&str| !model.lines().any(|line| line.contains(**ban) && line.contains("reason = "));
    let mut faults: Vec<String> = BANNED
        .iter()
        .filter(lacks)
        .map(|ban| format!("{first}/clippy.toml does not ban {ban} with a reason"))
        .collect();
    let differ = copies.iter().filter(|(_, text)| text != model);
    faults.extend(differ.map(|(folder, _)| format!("{folder}/clippy.toml is no copy of {first}/clippy.toml")));
    faults
}

/// Lines of the pure crates' production code that reach outside.
pub fn reaching_outside(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, code, _) in tree.code_and_tests() {
        if !PURE.iter().any(|folder| path.starts_with(&format!("{folder}/src/"))) {
            continue;
        }
        for (index, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in OUTSIDE.iter().filter(|word| line.contains(**word)) {
                faults.push(format!("{path}:{} uses {word}", index + 1));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_copy_and_a_missing_ban_are_found() {
        let bans: String = BANNED.iter().map(|ban| format!("{{ path = {ban}, reason = \"x\" }}\n")).collect();
        let weaker = bans.replace("std::time::Instant", "std::time::Other");
        assert_eq!(unequal_bans(&[("a", &bans), ("b", &bans)]), Vec::<String>::new());
        assert_eq!(unequal_bans(&[("a", &bans), ("b", "")]), ["b/clippy.toml is no copy of a/clippy.toml"]);
        assert_eq!(unequal_bans(&[("a", &weaker)]), ["a/clippy.toml does not ban std::time::Instant with a reason"]);
        assert_eq!(unequal_bans(&[]), ["no pure crates"]);
    }

    #[test]
    fn a_file_read_in_a_pure_crate_is_found() {
        let tree = Tree::of(&[
            ("contracts/src/a.rs", "// std::fs is far\nuse std::fs;\n#[cfg(test)]\nmod tests {\nuse std::fs; }"),
            ("contracts/src/tests.rs", "use std::fs;"),
            ("node/daemon/src/a.rs", "use std::fs;"),
        ]);
        assert_eq!(reaching_outside(&tree), ["contracts/src/a.rs:2 uses std::fs"]);
    }
}
