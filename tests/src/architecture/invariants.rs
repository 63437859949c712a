//! Numbered invariants: each names tests that hold it, and those tests exist.

use std::collections::BTreeSet;

/// An invariant of ARCHITECTURE.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// Its number.
    pub number: usize,
    /// Names of the tests that hold it.
    pub tests: Vec<String>,
}

/// Reads the numbered list under the heading "Invariants". Each item ends with `Tests:` and names in back quotes.
pub fn listed(text: &str) -> Vec<Invariant> {
    let section = text.split("\n## ").find(|section| section.starts_with("Invariants")).unwrap_or_default();
    let mut items: Vec<(usize, String)> = Vec::new();
    for line in section.lines() {
        let number = line.split_once(". ").and_then(|(head, _)| head.parse().ok());
        match (number, items.last_mut()) {
            (Some(number), _) => items.push((number, line.to_owned())),
            (None, Some((_, item))) if line.starts_with(' ') => item.push_str(line),
            _ => {}
        }
    }
    let tests_of = |item: &str| match item.rsplit_once("Tests:") {
        Some((_, names)) => names.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        None => Vec::new(),
    };
    items.into_iter().map(|(number, item)| Invariant { number, tests: tests_of(&item) }).collect()
}

/// Names of the test functions in a Rust text: functions right below an attribute that ends in `test`.
pub fn test_functions(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        let is_test = line
            .strip_prefix("#[")
            .is_some_and(|rest| rest.split([']', '(']).next().is_some_and(|a| a.ends_with("test")));
        let name = line.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
        match name {
            Some(name) if marked => {
                found.insert(name.to_owned());
                marked = false;
            }
            _ => marked = is_test || (marked && (line.starts_with("#[") || line.starts_with("//"))),
        }
    }
    found
}

/// Invariants whose number is out of order, that name no test, or whose test does not exist.
pub fn unheld(text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let invariants = listed(text);
    let mut faults = Vec::new();
    if invariants.is_empty() {
        faults.push("no invariants are listed".to_owned());
    }
    for (index, Invariant { number, tests: named }) in invariants.iter().enumerate() {
        if *number != index + 1 {
            faults.push(format!("invariant {number} stands where {} belongs", index + 1));
        }
        if named.is_empty() {
            faults.push(format!("invariant {number} names no test"));
        }
        let gone = named.iter().filter(|name| !tests.contains(*name));
        faults.extend(gone.map(|name| format!("invariant {number}: there is no test {name}")));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A\n\n## Invariants\n\nWords.\n\n1. One thing\n   over lines. Tests: `a_b`, `c`.\n2. Other.\n4. Third. Tests: `gone`.\n\n## Next\n\n1. No.\n";

    #[test]
    fn an_unheld_invariant_is_found() {
        let tests: BTreeSet<String> = ["a_b", "c"].map(str::to_owned).into();
        assert_eq!(listed(TEXT).len(), 3);
        let faults =
            ["invariant 2 names no test", "invariant 4 stands where 3 belongs", "invariant 4: there is no test gone"];
        assert_eq!(unheld(TEXT, &tests), faults);
        assert_eq!(unheld("# A\n", &tests), ["no invariants are listed"]);
    }

    #[test]
    fn only_test_functions_count() {
        let text = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test(x)]\n// why\n#[expect(y)]\nasync fn c() {}\n#[cfg(test)]\nmod tests {}\nfn d() {}\n";
        assert_eq!(test_functions(text).into_iter().collect::<Vec<_>>(), ["a", "c"]);
    }
}
