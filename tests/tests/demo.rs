//! The demo tells its whole story with real processes, and fails without any one of its steps.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it")]

use std::path::Path;
use std::process::Command;

use assent_tests::report;

#[test]
fn network_the_demo_tells_its_story_and_fails_without_any_step_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let test = std::env::current_exe().unwrap();
    let programs = test.parent().and_then(Path::parent).unwrap();
    let run = Command::new(root.join("scripts/test-demo")).arg("--programs").arg(programs).output().unwrap();
    let (told, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{told}{errors}");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.len() > 20 && lines[0].starts_with("whole: "), "{told}");
    assert!(lines[1..].iter().all(|line| line.starts_with("without ") && line.contains("FAILED in step")), "{told}");
    report::line("demo", lines[0]);
    report::line("demo", &format!("without any one of its {} steps: failed, as it must", lines.len() - 1));
}
