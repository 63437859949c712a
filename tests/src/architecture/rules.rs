//! Numbered rules of a specification: each stands in the specification, in code and in a test.

use std::collections::BTreeSet;

use super::tree::Tree;

/// The rules of a family, such as `[ORD-7]`, that a text names.
pub fn named(text: &str, family: &str) -> BTreeSet<u32> {
    let head = format!("[{family}-");
    let after = text.split(&head).skip(1);
    after.filter_map(|rest| rest.split_once(']').and_then(|(number, _)| number.parse().ok())).collect()
}

/// The rules for which tests are named: `fn ord_7_ord_8_…` holds `[ORD-7]` and `[ORD-8]`.
pub fn in_names(tests: &str, family: &str) -> BTreeSet<u32> {
    let head = format!("{}_", family.to_lowercase());
    let in_name = |at: usize| tests[..at].ends_with("fn ") || tests[..at].ends_with('_');
    let number = |at: usize| tests[at + head.len()..].split('_').next().and_then(|number| number.parse().ok());
    tests.match_indices(&head).filter(|(at, _)| in_name(*at)).filter_map(|(at, _)| number(at)).collect()
}

/// Rules that lack code or a test, and rules that code or tests name but the specification does not state.
pub fn untraced(specification: &str, code: &str, tests: &str, family: &str) -> Vec<String> {
    let stated = named(specification, family);
    let in_code = named(code, family);
    let in_tests: BTreeSet<u32> = named(tests, family).union(&in_names(tests, family)).copied().collect();
    let mut faults = Vec::new();
    if stated.is_empty() {
        faults.push(format!("the specification states no [{family}-n]"));
    }
    faults.extend(stated.difference(&in_code).map(|n| format!("[{family}-{n}] is named nowhere in code")));
    faults.extend(stated.difference(&in_tests).map(|n| format!("[{family}-{n}] is named in no test")));
    let cited: BTreeSet<u32> = in_code.union(&in_tests).copied().collect();
    faults.extend(cited.difference(&stated).map(|n| format!("[{family}-{n}] is cited but not stated")));
    faults
}

/// All production code and all tests of a tree, each as one text. The checkers themselves are left out.
pub fn code_and_tests(tree: &Tree) -> (String, String) {
    let (mut code, mut tests) = (String::new(), String::new());
    for (_, production, test) in tree.code_and_tests().filter(|(path, ..)| !path.starts_with("tests/src/architecture/"))
    {
        code.push_str(production);
        tests.push_str(test);
    }
    (code, tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untested_an_unwritten_and_an_unstated_rule_are_found() {
        let tests = "fn ord_1_ord_4_hold() {} [ORD-3] [ORD-9] [ORD-x] fn ord_() {} fn word_2_x() {}";
        let faults = untraced("[ORD-1] [ORD-2] [ORD-3] [ORD-4]", "[ORD-1] [ORD-2] [ORD-4]", tests, "ORD");
        let expected =
            ["[ORD-3] is named nowhere in code", "[ORD-2] is named in no test", "[ORD-9] is cited but not stated"];
        assert_eq!(faults, expected);
        assert_eq!(untraced("[ORD-1]", "[ORD-1]", "[ORD-1]", "ORD"), Vec::<String>::new());
        assert_eq!(untraced("", "", "", "ORD"), ["the specification states no [ORD-n]"]);
    }
}
