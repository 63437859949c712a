//! Every action of the ledger is signed somewhere that people and programs reach.

use super::tree::Tree;

/// Names of the actions, as the enumeration lists them.
pub fn actions(text: &str) -> Vec<String> {
    let body = text.split("pub enum Action {").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap_or_default();
    let name = |line: &str| line.trim().split_once('(').map(|(name, _)| name.to_owned());
    body.lines().filter(|line| !line.trim_start().starts_with("//")).filter_map(name).collect()
}

/// The actions that no program signs: neither the command line, nor the client library, nor the node by itself.
pub fn unsigned(tree: &Tree) -> Vec<String> {
    let signs = |path: &str| {
        let program =
            ["node/daemon/src/", "node/replica/src/", "sdk/client/src/"].iter().any(|at| path.starts_with(at));
        program && !path.ends_with("tests.rs") && !path.contains("/tests/")
    };
    let sources: Vec<&str> = tree.with_extension("rs").filter(|(path, _)| signs(path)).map(|(_, text)| text).collect();
    let is_signed = |name: &String| sources.iter().any(|text| text.contains(&format!("Action::{name}(")));
    actions(tree.text("sdk/types/src/action.rs")).into_iter().filter(|name| !is_signed(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_from_the_enumeration() {
        let text =
            "pub enum Action {\n    /// See (this).\n    Grant(Grant) = 1,\n    Deny(Box<Deny>) = 2,\n}\nOther(1)";
        assert_eq!(actions(text), ["Grant", "Deny"]);
    }

    #[test]
    fn an_action_that_only_tests_sign_is_unsigned() {
        let listed = ("sdk/types/src/action.rs", "pub enum Action {\n    Grant(Grant) = 1,\n    Deny(Deny) = 2,\n}\n");
        let verb = ("node/daemon/src/cli/grant.rs", "Action::Grant(grant)");
        let test = ("node/daemon/src/cli/tests.rs", "Action::Deny(deny)");
        assert_eq!(unsigned(&Tree::of(&[listed, verb, test])), ["Deny"]);
    }
}
