//! Custodians that have no room left.

use assent_tests::report;

use super::*;

/// What the small disks hold at first, and what they hold once there is room.
const SMALL_BYTES: u64 = 3 << 20;
const LARGE_BYTES: u64 = 64 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_disks_are_named_and_nothing_is_lost() {
    let [first, second] = [CUSTODIANS[0].1, CUSTODIANS[1].1];
    let mut network = Network::start();
    network.run_custodians_on_small_disks(&[first, second], SMALL_BYTES);
    network.run_key_services();
    let world = World::on(network).await;
    let (path, content) = world.file("before", 200_000);
    let before = world.put(&path);
    let session = world.ask(&before);
    let kept = shards(&world, first, &before);
    assert!(kept.len() >= 6, "an index, a list of stripes and four columns");

    let (path, large) = world.file("large", 8_000_000);
    let upload = two_full_disks_refuse(&world, &path);
    assert_eq!(shards(&world, first, &before), kept, "what was stored stays");
    let (said, read) = world.read(&before, &session);
    assert_eq!((read, said["faults"].as_array().unwrap().len()), (content, 0), "and is served");

    // One shard less than all is enough; the custodian that still has no room is named.
    world.network.resize_disk(first, LARGE_BYTES);
    let stored_before = bytes_stored(&world, CUSTODIANS[0].0);
    let put = world.network.cli(CONTROLLER.1, &["doc", "put", "--resume", &upload]);
    let faults = put["document"]["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 1, "{put:#}");
    assert_eq!((&faults[0]["shard"], &faults[0]["custodian"]), (&1.into(), &CUSTODIANS[1].0.0.into()));
    assert_eq!(faults[0]["fault"]["refused"]["number"], 420, "{put:#}");
    let anchor = put["document"]["anchor"].as_str().unwrap();
    let sent = bytes_stored(&world, CUSTODIANS[0].0) - stored_before;
    let shard: usize = shards(&world, first, anchor).values().map(Vec::len).sum();
    assert!(0 < sent && sent < shard as u64, "{sent} of {shard} bytes: what it had is not sent again");

    // Once there is room, the missing shard is made good.
    world.network.resize_disk(second, LARGE_BYTES);
    world.network.cli(CONTROLLER.1, &["doc", "repair", "--anchor", anchor, "--shard", "1"]);
    let (said, read) = world.read(anchor, &world.ask(anchor));
    assert!(read == large && said["decoded"] == false && said["faults"].as_array().unwrap().is_empty(), "{said:#}");
    report::line(
        "documents",
        "full disks of two custodians: E423 names both with E420; resumed and repaired once there was room",
    );
}

/// With two full disks of four nothing can be stored: both custodians are named, and the upload can be gone on with.
fn two_full_disks_refuse(world: &World, path: &Path) -> String {
    let args = world.put_args(path);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (number, message) = world.refused(CONTROLLER.1, &args);
    assert_eq!(number, 423, "{message}");
    for (org, _) in &CUSTODIANS[..2] {
        assert!(message.contains(&format!("custodian {org}: E420")), "{message}");
    }
    for (org, _) in &CUSTODIANS[2..] {
        assert!(!message.contains(&format!("custodian {org}:")), "{message}");
    }
    let (_, upload) = message.split_once("go on with: assent doc put --resume ").unwrap();
    upload[..64].to_owned()
}

/// What a custodian has of a document, on a disk that only its process sees.
fn shards(world: &World, custodian: &str, anchor: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = world.network.folder(custodian).join("shards").join(anchor);
    files(&world.network.as_custodians_see(&folder))
}
