//! What is said of a document by command: its result is recognised, a restriction is lifted, and it is retracted.

use super::*;

/// Hash of a record that lies elsewhere.
const HASH: &str = "5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_are_recognised_restrictions_lifted_and_documents_retracted() {
    let world = World::start().await;
    let anchor = world.put(&world.file("result", 5_000).0);
    let of = |verb: &'static str, more: &[&'static str]| -> Vec<String> {
        ["doc", verb, "--anchor", &anchor].into_iter().chain(more.iter().copied()).map(str::to_owned).collect()
    };
    let done = |member: &str, args: Vec<String>| {
        world.network.cli(member, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let refused =
        |member: &str, args: Vec<String>| world.refused(member, &args.iter().map(String::as_str).collect::<Vec<_>>()).0;

    let valid = ["--test", HASH, "--valid-until", "2099-01-01"];
    let recognise = |more: &[&'static str]| of("recognise", &[&valid, more].concat());
    assert_eq!(refused("shenzhen-hospital", recognise(&["--outcome", "REPEATED"])), 411, "without a reason");
    done("shenzhen-hospital", recognise(&["--outcome", "REPEATED", "--reason", "QUALITY"]));

    let lift = || of("lift-restriction", &["--order", HASH]);
    assert_eq!(refused("regulator", lift()), 408, "nothing restricts it");
    done(CONTROLLER.1, of("erasure", &["--basis", "UNLAWFUL", "--evidence", HASH]));
    assert_eq!(refused(CONTROLLER.1, lift()), 203, "a regulator does");
    done("regulator", lift());
    let session = world.ask(&anchor);
    world.read(&anchor, &session);

    assert!(refused("shenzhen-hospital", of("retract", &["--reason", HASH])) > 0, "its author does");
    done(CONTROLLER.1, of("retract", &["--reason", HASH]));
    let shown = done(CONTROLLER.1, of("show", &[]));
    assert_eq!(shown["anchor"]["status"], "Retracted", "{shown:#}");
}
