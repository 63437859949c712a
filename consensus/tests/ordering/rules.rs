//! Every rule of the specification is kept somewhere and tested somewhere.

use std::fs;
use std::path::Path;

fn text_of(folder: &Path) -> String {
    let mut all = String::new();
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            all.push_str(&text_of(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&fs::read_to_string(&path).expect("text"));
        }
    }
    all
}

/// The rules without code, and those without a test.
fn missing(spec: &str, code: &str, tests: &str) -> (Vec<u32>, Vec<u32>) {
    let rules: Vec<u32> = (1..).take_while(|rule| spec.contains(&format!("**[ORD-{rule}]**"))).collect();
    assert!(rules.len() >= 20, "the specification has {} rules", rules.len());
    let without = |text: &str, mark: &dyn Fn(u32) -> String| {
        rules.iter().copied().filter(|rule| !text.contains(&mark(*rule))).collect()
    };
    (without(code, &|rule| format!("Rule [ORD-{rule}]")), without(tests, &|rule| format!("ord_{rule}_")))
}

#[test]
fn every_rule_is_in_the_code_and_in_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let spec = fs::read_to_string(root.join("spec/ordering.md")).expect("the specification");
    let code = text_of(&root.join("src"));
    let tests = code.clone() + &text_of(&root.join("tests"));
    assert_eq!(missing(&spec, &code, &tests), (vec![], vec![]));
    let broken = code.replace("Rule [ORD-7]", "");
    assert_eq!(missing(&spec, &broken, &tests).0, [7], "the check can fail");
}
