//! What is meant to work: storing, reading, repairing, and going on after a break.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_stored_read_and_rebuilt() {
    let world = World::start().await;
    for (name, bytes) in [("empty", 0), ("small", 10_000), ("large", 1_000_000)] {
        let (path, content) = world.file(name, bytes);
        let anchor = world.put(&path);
        let session = world.ask(&anchor);
        let (said, read) = world.read(&anchor, &session);
        assert_eq!(read, content, "{name}");
        assert_eq!(said["document_type"], "11502-2");
        assert_eq!((&said["decoded"], said["faults"].as_array().unwrap().len()), (&Value::Bool(false), 0));
        let acked = world.network.cli(REQUESTER.1, &["access", "ack", "--session", &session]);
        assert_eq!(acked["acked"], true);
        each_shard_lies_with_its_custodian_only(&world, &anchor);
        nothing_of_the_content_lies_anywhere(&world, &path, &content);
    }
    a_lost_folder_is_rebuilt(&world);
    no_secret_of_an_upload_is_left(&world);
}

fn each_shard_lies_with_its_custodian_only(world: &World, anchor: &str) {
    for ((_, custodian), shard) in CUSTODIANS.into_iter().zip(0..) {
        let names: Vec<String> = world
            .shard_files(custodian, anchor)
            .keys()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert!(names.len() >= 6, "an index, a list of stripes and four columns: {names:?}");
        assert!(names.iter().all(|name| name.starts_with(&format!("{shard}-"))), "{custodian}: {names:?}");
    }
    for other in ["custodian-shenzhen", "custodian-dongguan"] {
        assert!(world.shard_files(other, anchor).is_empty(), "{other} keeps nothing of it");
    }
}

/// No file of the network but the source and the target holds a line of the content.
fn nothing_of_the_content_lies_anywhere(world: &World, source: &Path, content: &[u8]) {
    let Some(line) = content.get(..24) else { return };
    for (path, bytes) in files(&world.network.dir().join("net")) {
        assert!(path != *source && !bytes.windows(line.len()).any(|window| window == line), "{}", path.display());
    }
}

/// A custodian loses its disk: the shard is rebuilt from parts of the other three, byte for byte.
fn a_lost_folder_is_rebuilt(world: &World) {
    let (path, content) = world.file("lost", 1_000_000);
    let anchor = world.put(&path);
    let (org, custodian) = CUSTODIANS[0];
    let before: Vec<Vec<u8>> = world.shard_files(custodian, &anchor).into_values().collect();
    fs::remove_dir_all(world.network.folder(custodian).join("shards").join(&anchor)).unwrap();
    let session = world.ask(&anchor);
    let (said, read) = world.read(&anchor, &session);
    assert_eq!(read, content, "two other shards suffice");
    assert_eq!(said["decoded"], true);
    assert_eq!((&said["faults"][0]["shard"], &said["faults"][0]["custodian"]), (&0.into(), &org.0.into()));
    assert_eq!(said["faults"][0]["fault"]["refused"]["number"], 421);

    let repaired = world.network.cli(CONTROLLER.1, &["doc", "repair", "--anchor", &anchor, "--shard", "0"]);
    let after: Vec<Vec<u8>> = world.shard_files(custodian, &anchor).into_values().collect();
    assert_eq!(after, before, "byte for byte");
    // Three of the others give half of their shard each; the whole shards of two hold the document once.
    let chunks: usize = before.iter().map(Vec::len).sum::<usize>() - lists(&before);
    assert_eq!(repaired["bytes_read"], 3 * chunks / 2, "{repaired:#}");
    println!("repair read {:.3} of the ciphertext", 1.5 * chunks as f64 / (2.0 * chunks as f64));
    let (said, read) = world.read(&anchor, &session);
    assert_eq!((read, &said["decoded"]), (content, &Value::Bool(false)));
}

/// Bytes of a shard's index and list of stripes: those files are shorter than any run of this document.
fn lists(files: &[Vec<u8>]) -> usize {
    files.iter().map(Vec::len).filter(|bytes| *bytes < 4096).sum()
}

/// Once a document is stored, its uploader has no journal and no key of it.
fn no_secret_of_an_upload_is_left(world: &World) {
    let folder = world.network.folder(CONTROLLER.1);
    let journals = fs::read_dir(folder.join("uploads")).map(Iterator::count).unwrap_or_default();
    assert_eq!(journals, 0);
    // What is left in the registry is one note for each document.
    assert_eq!(fs::read_dir(folder.join("registry/keys")).unwrap().count(), 4);
}
