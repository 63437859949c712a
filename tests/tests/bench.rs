//! The bench runs, every receipt is verified, and its reports hold what they should. No figure is judged here.

use std::process::Command;

#[test]
fn a_quick_run_reports_every_scenario_with_verified_receipts() {
    let bench = env!("CARGO_BIN_EXE_assent-bench");
    let dir = tempfile::tempdir().unwrap();
    let (json, plot) = (dir.path().join("bench.json"), dir.path().join("bench.svg"));
    let run = Command::new(bench)
        .args(["--quick", "--commit", "test", "--json"])
        .arg(&json)
        .arg("--plot")
        .arg(&plot)
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{stderr}");

    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let scenarios = report["scenarios"].as_array().unwrap();
    assert_eq!(scenarios.len(), 5, "{report:#}");
    for scenario in scenarios {
        let name = scenario["name"].as_str().unwrap();
        assert!(stdout.contains(name), "{name} is missing in the table:\n{stdout}");
        assert!(scenario["verified_receipts_in_whole_run"].as_u64().unwrap() >= 60, "{scenario:#}");
        assert!(scenario["committed"].as_u64().unwrap() > 0, "{scenario:#}");
        let nodes = if name == "one node down" { 3 } else { 4 };
        assert_eq!(scenario["nodes"].as_array().unwrap().len(), nodes, "{scenario:#}");
        for figure in ["tx_per_s", "cpu_s_per_1000_tx_all_nodes", "tx_per_block", "proof_bytes"] {
            assert!(scenario[figure].as_f64().unwrap() > 0.0, "{figure}: {scenario:#}");
        }
        assert!(scenario["latency_ms"]["p50"].as_f64() <= scenario["latency_ms"]["p99"].as_f64(), "{scenario:#}");
    }
    let drawn = std::fs::read_to_string(&plot).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.trim_end().ends_with("</svg>"));
}

#[test]
fn a_quick_story_reports_documents_accesses_and_claims() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("story.json");
    let run = Command::new(env!("CARGO_BIN_EXE_assent-bench"))
        .args(["story", "--quick", "--commit", "test", "--json"])
        .arg(&json)
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{stderr}");

    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let steps = report["story"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    let documents = ["PUT 10 kB", "access 10 kB", "GET 10 kB", "PUT 1 MB", "access 1 MB", "GET 1 MB"];
    assert_eq!(names, [&documents[..], &["claim"]].concat());
    for step in steps {
        let name = step["name"].as_str().unwrap();
        assert!(stdout.contains(name), "{name} is missing in the table:\n{stdout}");
        assert!(step["seconds"]["median"].as_f64().unwrap() > 0.0, "{step:#}");
        assert_eq!(step["seconds_to_sha256"].as_f64().is_some(), name != "claim", "{step:#}");
        for who in ["client", "nodes", "agents", "total"] {
            assert!(step["cpu_s"][who].as_f64().unwrap() >= 0.0, "{who}: {step:#}");
        }
    }
}

#[test]
fn a_run_without_the_programs_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_assent-bench")).args(["--quick", "--programs"]).arg(dir.path()).output();
    let run = run.unwrap();
    assert!(!run.status.success());
    assert!(String::from_utf8_lossy(&run.stderr).contains("not built"), "{run:?}");
}
