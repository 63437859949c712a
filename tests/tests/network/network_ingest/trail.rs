//! Who asked for the documents: exported by the regulator, counted out by the offline verifier.

use std::process::Command;

use assent_tests::e2e::program;

use super::*;

/// What the insurer asked for is in the trail, and nothing can be taken out of it or put in.
pub(super) fn accesses_are_counted_out(world: &World, report: &Value, sp: Sp) {
    let documents = report["made"]["documents"].as_array().unwrap();
    let report = documents.iter().find(|document| document["kind"] == "DiagnosticReport").unwrap();
    let anchor = report["anchor"].as_str().unwrap();
    let genesis = world.network.dir().join("net/genesis.toml");
    let genesis = Command::new(program("assent")).args(["genesis", "show"]).arg(genesis).output().unwrap();
    let genesis = String::from_utf8(genesis.stdout).unwrap();
    let basis = genesis.lines().find(|line| line.starts_with("basis ") && line.ends_with("from 1 to 3")).unwrap();
    let basis = basis.split(' ').nth(1).unwrap();
    let ask = ["access", "request", "--anchor", anchor, "--purpose", "CLMATTCH", "--user-role", "CLAIMS_ASSESSOR"];
    let based: Vec<&str> = ask.into_iter().chain(["--basis", basis]).collect();
    assert_eq!(world.network.cli(INSURER, &based)["permit"], true);

    let folder = world.network.dir().join("trail");
    let (sp, out) = (sp.to_string(), folder.to_str().unwrap());
    let lookup = world.network.lookup(&sp);
    let trail = ["access", "trail", "--sp", &sp, "--controller", "1", "--lookup", &lookup, "--out", out];
    let shown = world.network.cli("regulator", &trail);
    let steps = shown["steps"].as_array().unwrap();
    assert!(!steps.is_empty() && shown["complete"] == true, "{shown:#}");
    assert_eq!(steps[0]["row"], "AC-01", "{shown:#}");
    assert_eq!(shown["sessions"][0]["request"]["requester"], 3, "{shown:#}");
    let chain = world.network.chain.to_string();
    let check = || {
        let checked = Command::new(program("assent-verify")).args([out, "--genesis", &chain]).output().unwrap();
        (checked.status.code(), String::from_utf8(checked.stdout).unwrap())
    };
    let (status, said) = check();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains(&format!("{} entries up to height", steps.len())), "{said}");

    let receipt = |entry: &fs::DirEntry| entry.file_name().to_str().unwrap().starts_with(char::is_numeric);
    let first = fs::read_dir(&folder).unwrap().map(Result::unwrap).find(receipt).unwrap().path();
    let (aside, twice) = (world.network.dir().join("aside"), folder.join("0-0.bundle"));
    fs::copy(&first, &twice).unwrap();
    assert_eq!(check().0, Some(1), "a receipt that is there twice");
    fs::remove_file(&twice).unwrap();
    fs::rename(&first, &aside).unwrap();
    let (status, said) = check();
    assert!(status == Some(1) && said.contains("the log has"), "a receipt that is missing: {said}");
    fs::rename(&aside, &first).unwrap();
    assert_eq!(check().0, Some(0));
}
