//! Which crate may depend on which.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// The project's crates from the floor up: folder, name, and the project's crates that it may use.
///
/// A folder uses only what stands before it; ordering and contracts never see each other.
pub const CRATES: [(&str, &str, &[&str]); 13] = [
    ("sdk/types", "assent-types", &[]),
    ("sdk/proofs", "assent-proofs", &["assent-types"]),
    ("sdk/vault", "assent-vault", &["assent-types", "assent-proofs"]),
    ("sdk/fhir", "assent-fhir", &["assent-types", "assent-proofs"]),
    ("sdk/verify", "assent-verify", &["assent-types", "assent-proofs", "assent-fhir"]),
    ("sdk/proto", "assent-proto", &["assent-types", "assent-proofs", "assent-fhir", "assent-verify"]),
    (
        "sdk/client",
        "assent-client",
        &["assent-types", "assent-proofs", "assent-vault", "assent-fhir", "assent-verify", "assent-proto"],
    ),
    ("consensus", "assent-consensus", &["assent-types"]),
    ("contracts", "assent-contracts", &["assent-types", "assent-proofs"]),
    ("genesis", "assent-genesis", &["assent-types", "assent-proofs", "assent-contracts"]),
    (
        "node/replica",
        "assent-replica",
        &["assent-types", "assent-proofs", "assent-consensus", "assent-contracts", "assent-genesis"],
    ),
    (
        "node/daemon",
        "assent-daemon",
        &[
            "assent-types",
            "assent-proofs",
            "assent-vault",
            "assent-fhir",
            "assent-verify",
            "assent-proto",
            "assent-client",
            "assent-consensus",
            "assent-contracts",
            "assent-genesis",
            "assent-replica",
        ],
    ),
    (
        "tests",
        "assent-tests",
        &[
            "assent-types",
            "assent-proofs",
            "assent-vault",
            "assent-fhir",
            "assent-verify",
            "assent-proto",
            "assent-client",
            "assent-consensus",
            "assent-contracts",
            "assent-genesis",
            "assent-replica",
            "assent-daemon",
        ],
    ),
];

/// Crates that bring a runtime, a network or a database.
pub const HEAVY: [&str; 12] = [
    "tokio",
    "tokio-util",
    "libp2p",
    "libp2p-stream",
    "rocksdb",
    "tonic",
    "tonic-health",
    "tonic-prost",
    "tonic-reflection",
    "hyper",
    "axum",
    "object_store",
];

/// The only folders that may depend on [`HEAVY`] crates directly; in `tests` for the end-to-end tests.
pub const MAY_BE_HEAVY: [&str; 4] = ["node/daemon", "sdk/client", "sdk/proto", "tests"];

/// Crates of which one build may hold one version only: two would mean two runtimes, two swarms or two wire formats.
pub const ONE_VERSION: [&str; 6] = ["rocksdb", "libp2p", "tokio", "hyper", "rustls", "prost"];

/// What a crate says in its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Folder, relative to the root.
    pub folder: String,
    /// Name of the package.
    pub name: String,
    /// Names of the packages that it depends on or builds with, for every target.
    pub dependencies: BTreeSet<String>,
    /// Names of the packages that only its tests use.
    pub test_dependencies: BTreeSet<String>,
    /// Whether it takes the workspace's lint table.
    pub lints: bool,
}

impl Manifest {
    /// Reads a manifest; the error says what is wrong with it.
    pub fn parse(folder: &str, text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error| format!("{folder}/Cargo.toml: {error}"))?;
        let name = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
        let name = name.ok_or_else(|| format!("{folder}/Cargo.toml names no package"))?.to_owned();
        let (mut dependencies, mut test_dependencies) = (BTreeSet::new(), BTreeSet::new());
        collect_dependencies(&table, &["dependencies", "build-dependencies"], &mut dependencies);
        collect_dependencies(&table, &["dev-dependencies"], &mut test_dependencies);
        let lints = table.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        Ok(Self { folder: folder.to_owned(), name, dependencies, test_dependencies, lints: lints == Some(true) })
    }
}

fn collect_dependencies(table: &Table, kinds: &[&str], found: &mut BTreeSet<String>) {
    for (key, value) in table {
        let Value::Table(inner) = value else { continue };
        if kinds.contains(&key.as_str()) {
            for (name, spec) in inner {
                let package = spec.get("package").and_then(Value::as_str);
                found.insert(package.unwrap_or(name).to_owned());
            }
        } else if key == "target" {
            inner.values().filter_map(Value::as_table).for_each(|one| collect_dependencies(one, kinds, found));
        }
    }
}

/// Whether a crate's tests may use another crate of the project: itself and everything before it in the list, but
/// ordering and contracts stay strangers.
fn tests_may_use(name: &str, used: &str) -> bool {
    let place = |name: &str| CRATES.iter().position(|(_, own, _)| *own == name);
    let strangers = ["assent-consensus", "assent-contracts"];
    place(used) <= place(name) && (name == used || !(strangers.contains(&name) && strangers.contains(&used)))
}

/// Crates that depend against the list, are not on it, or do not take the lint table.
pub fn against_direction(manifests: &[Manifest]) -> Vec<String> {
    let mut faults = Vec::new();
    for manifest in manifests {
        let Manifest { folder, name, dependencies, test_dependencies, lints } = manifest;
        let Some((_, _, allowed)) = CRATES.iter().find(|(f, n, _)| f == folder && n == name) else {
            faults.push(format!("{folder} ({name}) is not on the list of crates"));
            continue;
        };
        let own = |dependency: &&String| CRATES.iter().any(|(_, own, _)| own == dependency);
        let wrong = dependencies.iter().filter(own).filter(|used| !allowed.contains(&used.as_str()));
        let wrong_in_tests = test_dependencies.iter().filter(own).filter(|used| !tests_may_use(name, used));
        faults.extend(wrong.chain(wrong_in_tests).map(|used| format!("{folder} must not depend on {used}")));
        if !MAY_BE_HEAVY.contains(&folder.as_str()) {
            let heavy = dependencies.union(test_dependencies).filter(|used| HEAVY.contains(&used.as_str()));
            let fault = |used| format!("{folder} must not depend on {used}: no runtime, network or database here");
            faults.extend(heavy.map(fault));
        }
        if !lints {
            faults.push(format!("{folder} does not take the workspace's lint table"));
        }
    }
    let gone = CRATES.iter().filter(|(folder, ..)| !manifests.iter().any(|manifest| manifest.folder == *folder));
    faults.extend(gone.map(|(folder, ..)| format!("{folder} is on the list of crates but does not exist")));
    faults
}

/// Packages of a lock file with their versions and the names of what each depends on.
#[derive(Clone, Debug, Default)]
pub struct Lock {
    versions: BTreeMap<String, BTreeSet<String>>,
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Lock {
    /// Reads a lock file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error| format!("Cargo.lock: {error}"))?;
        let mut lock = Self::default();
        for package in table.get("package").and_then(Value::as_array).into_iter().flatten() {
            let text_of = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            lock.versions.entry(text_of("name")).or_default().insert(text_of("version"));
            let edges = lock.edges.entry(text_of("name")).or_default();
            for dependency in package.get("dependencies").and_then(Value::as_array).into_iter().flatten() {
                let name = dependency.as_str().and_then(|text| text.split(' ').next());
                edges.extend(name.map(str::to_owned));
            }
        }
        Ok(lock)
    }

    /// Named packages that the lock file holds in more than one version.
    pub fn second_versions(&self, names: &[&str]) -> Vec<String> {
        let many = |name: &&str| self.versions.get(*name).filter(|versions| versions.len() > 1).cloned();
        names.iter().filter_map(|name| many(name).map(|versions| format!("{name} in versions {versions:?}"))).collect()
    }

    /// The packages that a package reaches through any chain of dependencies, by name, itself included.
    pub fn reached_from(&self, name: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(next) = open.pop() {
            if reached.insert(next.clone()) {
                open.extend(self.edges.get(&next).into_iter().flatten().cloned());
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Vec<Manifest> {
        let manifest = |(folder, name, allowed): &(&str, &str, &[&str])| Manifest {
            folder: (*folder).to_owned(),
            name: (*name).to_owned(),
            dependencies: allowed.iter().map(|name| (*name).to_owned()).collect(),
            test_dependencies: BTreeSet::new(),
            lints: true,
        };
        CRATES.iter().map(manifest).collect()
    }

    #[test]
    fn the_list_itself_only_looks_up() {
        for (index, (folder, _, allowed)) in CRATES.iter().enumerate() {
            for name in *allowed {
                assert!(CRATES[..index].iter().any(|(_, above, _)| above == name), "{folder} uses {name}");
            }
        }
        assert_eq!(against_direction(&whole()), Vec::<String>::new());
    }

    #[test]
    fn a_dependency_against_the_direction_is_found() {
        let mut crates = whole();
        crates[7].dependencies.insert("assent-contracts".to_owned());
        assert_eq!(against_direction(&crates), ["consensus must not depend on assent-contracts"]);
    }

    #[test]
    fn tests_use_what_stands_before_them() {
        let mut crates = whole();
        crates[9].test_dependencies.insert("assent-fhir".to_owned());
        crates[9].test_dependencies.insert("assent-genesis".to_owned());
        assert_eq!(against_direction(&crates), Vec::<String>::new());
        crates[8].test_dependencies.insert("assent-consensus".to_owned());
        crates[9].test_dependencies.insert("assent-replica".to_owned());
        let faults = ["contracts must not depend on assent-consensus", "genesis must not depend on assent-replica"];
        assert_eq!(against_direction(&crates), faults);
    }

    #[test]
    fn a_runtime_in_a_pure_crate_is_found() {
        let mut crates = whole();
        crates[0].dependencies.insert("tokio".to_owned());
        crates[1].test_dependencies.insert("tokio".to_owned());
        crates[11].dependencies.insert("tokio".to_owned());
        assert_eq!(against_direction(&crates).len(), 2);
    }

    #[test]
    fn an_unlisted_a_missing_and_an_unlinted_crate_are_found() {
        let mut crates = whole();
        crates[1].folder = "sdk/other".to_owned();
        crates[2].lints = false;
        let faults = against_direction(&crates);
        assert_eq!(faults.len(), 3, "{faults:?}");
    }

    #[test]
    fn a_manifest_gives_dependencies_of_every_kind() {
        let text = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n[dependencies]\nb.workspace = true\n\
                    [dev-dependencies]\nc = \"1\"\n[target.'cfg(unix)'.build-dependencies]\nd = { package = \"e\" }\n";
        let manifest = Manifest::parse("x", text).unwrap();
        assert_eq!(manifest.name, "a");
        assert_eq!(manifest.dependencies.iter().collect::<Vec<_>>(), ["b", "e"]);
        assert_eq!(manifest.test_dependencies.iter().collect::<Vec<_>>(), ["c"]);
        assert!(manifest.lints);
        assert!(Manifest::parse("x", "[package]").is_err() && Manifest::parse("x", "=").is_err());
    }

    #[test]
    fn a_second_version_and_a_long_way_are_found() {
        let text = "[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b 1.0\", \"d\"]\n\
                    [[package]]\nname = \"b\"\nversion = \"1.0\"\ndependencies = [\"c\"]\n\
                    [[package]]\nname = \"b\"\nversion = \"2.0\"\n";
        let lock = Lock::parse(text).unwrap();
        assert_eq!(lock.second_versions(&["a", "b", "c"]), ["b in versions {\"1.0\", \"2.0\"}"]);
        assert_eq!(lock.reached_from("a").into_iter().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert!(Lock::parse("=").is_err());
    }
}
