//! A document is erased: everybody who has something of it destroys it and says so, also who comes back later.

use assent_tests::report;
use assent_types::claim::Capacity;
use assent_types::erasure::{ErasureBasis, RequestErasure};
use assent_types::ids::AnchorId;

use super::*;

/// Hash of the record of a request, and of an order.
const EVIDENCE: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_document_is_gone_from_every_custodian_and_key_holder() {
    let mut world = World::start().await;
    let (path, content) = world.file("erased", 200_000);
    let erased = world.put(&path);
    let (path, other) = world.file("kept", 200_000);
    let kept = world.put(&path);
    assert_eq!(world.read(&erased, &world.ask(&erased)).1, content, "it was there");
    let secrets = entries(&world);

    // The patient asks, and from here on nobody is given it.
    let anchor: AnchorId = erased.parse().unwrap();
    let request = RequestErasure {
        anchor,
        capacity: Capacity::Subject,
        basis: ErasureBasis::ConsentWithdrawn,
        evidence: Hash32([0x5e; 32]),
    };
    must_execute(&world.client, &world.patient.key, Action::RequestErasure(request), &[]).await;
    assert_eq!(denied(&world, &erased), "D12");

    // A regulator's hold comes first.
    let hold = ["doc", "hold", "--anchor", &erased, "--reason", "INVESTIGATION", "--evidence", EVIDENCE];
    let held = world.network.cli("regulator", &hold);
    let approve = ["doc", "approve-erasure", "--anchor", &erased, "--basis", "CONSENT_WITHDRAWN"];
    assert_eq!(world.refused(CONTROLLER.1, &approve).0, 406);
    let release = ["doc", "release-hold", "--anchor", &erased, "--hold", held["hold"].as_str().unwrap()];
    assert_eq!(world.refused(CONTROLLER.1, &release).0, 203, "only who placed it ends it");
    world.network.cli("regulator", &release);

    // Custodians are away when the erasure is ordered. The key is destroyed meanwhile, the shards once they are back.
    world.network.kill_agent("custodian");
    assert_eq!(world.refused(REQUESTER.1, &approve).0, 203, "only the controller orders it");
    world.network.cli(CONTROLLER.1, &approve);
    until("the key to be destroyed", || {
        let shown = world.network.cli(CONTROLLER.1, &["doc", "show", "--anchor", &erased]);
        let attested = shown["retention"]["attestations"].as_array().unwrap().len();
        async move { (attested == 3).then_some(()) }
    })
    .await;
    let left = entries(&world);
    assert!(left[0] < secrets[0] && left[1] < secrets[1], "salts and key parts: {left:?} of {secrets:?}");
    assert_eq!(status(&world, &erased), "ErasurePending");
    assert!(!world.shard_files(CUSTODIANS[0].1, &erased).is_empty());
    world.network.run_custodians();
    for (_, custodian) in CUSTODIANS {
        until("the shards to be deleted", || {
            let left = world.shard_files(custodian, &erased).len();
            async move { (left == 0).then_some(()) }
        })
        .await;
    }
    until("the tombstone", || {
        let status = status(&world, &erased);
        async move { (status == "Tombstoned").then_some(()) }
    })
    .await;

    assert_eq!(denied(&world, &erased), "D10");
    assert_eq!(world.read(&kept, &world.ask(&kept)).1, other, "another document of the patient is still there");
    let again = ["doc", "attest-destroyed", "--anchor", &erased, "--shard", "0"];
    assert_eq!(world.refused(CUSTODIANS[0].1, &again).0, 905, "nothing is left to destroy");
    report::line("documents", "erasure: key parts, salts and four shards destroyed and attested, also by who was away");
}

/// Entries that can still be opened of the controller's registry, and of its key service's.
fn entries(world: &World) -> [usize; 2] {
    let keys = |registry| files(&world.network.folder(CONTROLLER.1).join(registry).join("keys")).len();
    ["registry", "keyservice-registry"].map(keys)
}

fn status(world: &World, anchor: &str) -> String {
    let shown = world.network.cli(CONTROLLER.1, &["doc", "show", "--anchor", anchor]);
    if shown["tombstone"].is_object() {
        "Tombstoned".to_owned()
    } else {
        shown["anchor"]["status"].as_str().unwrap().to_owned()
    }
}

/// The reason of the denial that the insurer gets.
fn denied(world: &World, anchor: &str) -> String {
    let (sp, controller) = (world.patient.sp.to_string(), CONTROLLER.0.to_string());
    let asked = ["access", "request", "--anchor", anchor, "--sp", &sp, "--controller", &controller];
    let purpose = ["--purpose", "CLMATTCH", "--user-role", "CLAIMS_ASSESSOR"];
    let output = world.network.cli_command(REQUESTER.1, &[&asked[..], &purpose].concat()).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["reasons"][0].as_str().unwrap_or_else(|| panic!("{said:#}")).to_owned()
}
