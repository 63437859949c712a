//! What is meant to work: storing, reading, repairing, and going on after a break.

use assent_tests::report;

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
    a_refused_document_leaves_nothing(&world);
    a_lost_folder_is_rebuilt(&world);
    no_secret_of_an_upload_is_left(&world);
}

/// What the ledger does not take is not journalled: there is nothing to go on with.
fn a_refused_document_leaves_nothing(world: &World) {
    let (path, _) = world.file("refused", 1000);
    let mut args = world.put_args(&path);
    let overlap = args.iter().rposition(|arg| arg == "11").unwrap();
    // The custodian would be the key holder.
    args[overlap] = "2".to_owned();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (number, message) = world.refused(CONTROLLER.1, &args);
    assert!([402, 403].contains(&number) && !message.contains("go on with"), "{number} {message}");
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
    let read = repaired["bytes_read"].as_u64().unwrap() as f64 / (2 * chunks) as f64;
    report::line(
        "documents",
        &format!("repair read {read:.3} of the ciphertext, and gave the lost shard byte for byte"),
    );
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_transfers_go_on() {
    let mut world = World::start().await;
    let (path, content) = world.file("broken", 40_000_000);
    let anchor = an_upload_goes_on(&mut world, &path).await;
    a_read_goes_on(&world, &anchor, &content);
}

/// Uploader and custodians are killed in the middle; afterwards only what is missing is sent.
async fn an_upload_goes_on(world: &mut World, path: &Path) -> String {
    let args = world.put_args(path);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let shards = world.network.folder(CUSTODIANS[0].1).join("shards");
    let mut upload =
        world.network.cli_command(CONTROLLER.1, &args).stdout(std::process::Stdio::null()).spawn().unwrap();
    until("some runs are stored", || std::future::ready((files(&shards).len() > 6).then_some(()))).await;
    upload.kill().unwrap();
    upload.wait().unwrap();
    world.network.kill_agent("custodian");
    world.network.run_agent("custodian", &CUSTODIANS.map(|(_, custodian)| custodian));

    let uploads = world.network.folder(CONTROLLER.1).join("uploads");
    let journal = fs::read_dir(uploads).unwrap().next().unwrap().unwrap().path();
    let id = journal.file_stem().unwrap().to_str().unwrap().to_owned();
    let stored = |world: &World| -> u64 { CUSTODIANS.iter().map(|(org, _)| bytes_stored(world, *org)).sum() };
    assert_eq!(stored(world), 0, "agents that are up again have removed what was half written and stored nothing yet");
    let before: usize = CUSTODIANS.iter().map(|(_, custodian)| run_bytes(world, custodian)).sum();
    let put = world.network.cli(CONTROLLER.1, &["doc", "put", "--resume", &id]);
    assert_eq!(put["document"]["faults"].as_array().unwrap().len(), 0, "{put:#}");
    let all: usize = CUSTODIANS.iter().map(|(_, custodian)| run_bytes(world, custodian)).sum();
    assert!(before > 0 && before < all, "{before} of {all} bytes were stored when it broke off");
    assert_eq!(stored(world), (all - before) as u64, "what was stored is not sent again");
    assert_eq!(put["document"]["shard_bytes"], all);
    put["document"]["anchor"].as_str().unwrap().to_owned()
}

/// Bytes of the runs that a custodian keeps.
fn run_bytes(world: &World, custodian: &str) -> usize {
    let is_run = |path: &Path| path.extension().is_some();
    let kept = files(&world.network.folder(custodian).join("shards"));
    kept.iter().filter(|(path, _)| is_run(path)).map(|(_, bytes)| bytes.len()).sum()
}

/// What a read that broke off has left is taken up, and checked with the rest.
fn a_read_goes_on(world: &World, anchor: &str, content: &[u8]) {
    let session = world.ask(anchor);
    let part = world.network.dir().join(format!("read.{}.part", &anchor[..12]));
    let (said, _) = world.read(anchor, &session);
    let whole = said["bytes_read"].as_u64().unwrap();
    fs::write(&part, &content[..30_000_000]).unwrap();
    let (said, read) = world.read(anchor, &session);
    assert!(read == content && said["bytes_read"].as_u64().unwrap() < whole / 2, "{said:#}");
    let mut changed = content[..30_000_000].to_vec();
    changed[5] ^= 1;
    fs::write(&part, changed).unwrap();
    let out = world.network.dir().join("read");
    let (number, message) = world.refused(REQUESTER.1, &world.read_args(anchor, &session, &out));
    assert_eq!(number, 422, "{message}");
    assert!(!part.exists(), "the next attempt begins afresh");
    assert_eq!(world.read(anchor, &session).1, content);
}
