//! What must be refused, and who is named for it.

use assent_client::ClientError;
use assent_client::vault::{Custodians, Right, RunRef, ShardRef};
use assent_tests::e2e::{Lie, lie_in_front_of};
use assent_types::ErrorCode;
use assent_types::codec::List;
use assent_types::document::{AnchorDocument, Placement, anchor_id_of};
use assent_types::state::{Record, StateKey};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_shards_are_named_and_strangers_refused() {
    let mut world = World::start().await;
    let (path, content) = world.file("attacked", 200_000);
    let anchor = world.put(&path);
    let other = world.put(&world.file("other", 200_000).0);
    let session = world.ask(&anchor);
    world.read(&anchor, &session);
    damaged_shards(&world, &anchor, &other, &session, &content);
    a_custodian_that_lies_is_named(&world, &anchor, &session, &content).await;
    strangers(&world, &anchor, &session).await;
    a_strangers_request_is_recorded(&world, &anchor);
    uploads_are_checked(&world, &anchor).await;
    too_few(&world, &anchor, &session);
    revoked(&mut world, &anchor).await;
}

/// Polluted, truncated, swapped and replayed runs: the document is read without them, and their custodian is named.
fn damaged_shards(world: &World, anchor: &str, other: &str, session: &str, content: &[u8]) {
    let (org, custodian) = CUSTODIANS[1];
    let files = world.shard_files(custodian, anchor);
    let runs: Vec<&PathBuf> = files.keys().filter(|path| path.to_str().unwrap().ends_with(".0")).collect();
    assert_eq!(runs.len(), 4, "one run of each column");
    let good = &files[runs[0]];
    let mut polluted = good.clone();
    polluted[good.len() / 2] ^= 1;
    let replayed = world.shard_files(custodian, other);
    let replayed = replayed.iter().find(|(path, _)| path.file_name() == runs[0].file_name()).unwrap().1.clone();
    let bad = [
        ("polluted", polluted),
        ("truncated", good[..good.len() - 1].to_vec()),
        ("swapped", files[runs[1]].clone()),
        ("replayed", replayed),
    ];
    for (how, bytes) in bad {
        fs::write(runs[0], bytes).unwrap();
        let (said, read) = world.read(anchor, session);
        assert_eq!(read, content, "{how}");
        let fault = &said["faults"][0];
        assert_eq!((&fault["shard"], &fault["custodian"]), (&1.into(), &org.0.into()), "{how}");
        assert_eq!(fault["fault"]["refused"]["number"], 422, "{how}: {said:#}");
        println!("{how} shard: E422, custodian {org} named");
    }
    fs::write(runs[0], good).unwrap();
    assert_eq!(world.read(anchor, session).0["faults"].as_array().unwrap().len(), 0);
}

/// An honest custodian says that its copy is damaged. One that lies is found out by the reader.
async fn a_custodian_that_lies_is_named(world: &World, anchor: &str, session: &str, content: &[u8]) {
    let (org, custodian) = CUSTODIANS[0];
    let file = world.network.folder(REQUESTER.1).join("client.toml");
    let honest = fs::read_to_string(&file).unwrap();
    let endpoint = world.network.agents("custodians").into_iter().find(|endpoint| endpoint.node == org).unwrap();
    for lie in [Lie::Chunks, Lie::Index, Lie::Stripes] {
        let folder = world.network.folder(custodian);
        let liar = lie_in_front_of(&endpoint, &folder, &world.network.ca, lie).await;
        fs::write(&file, honest.replace(&endpoint.url, &liar.url)).unwrap();
        let (said, read) = tokio::task::block_in_place(|| world.read(anchor, session));
        assert_eq!(read, content, "{lie:?}");
        let fault = &said["faults"][0];
        assert_eq!((&fault["shard"], &fault["custodian"]), (&0.into(), &org.0.into()), "{lie:?}");
        assert_eq!(fault["fault"], "damaged", "{lie:?}: {said:#}");
    }
    fs::write(&file, honest).unwrap();
}

/// Nobody reads without a released session of its own, and nobody what a custodian does not keep.
async fn strangers(world: &World, anchor: &str, session: &str) {
    let endpoints = world.network.agents("custodians");
    let read = |org: OrgId, shard: u8, session: String| {
        let custodians = Custodians::new(&world.network.client(&[0], org), &endpoints).unwrap();
        let shard = ShardRef { anchor: anchor.parse().unwrap(), shard };
        let right = Right::Session(session.parse().unwrap());
        async move {
            let run = RunRef { column: 0, first: 0, count: 1 };
            let read = custodians.of(CUSTODIANS[0].0).unwrap().read(shard, right, run).await;
            read.map_err(|error| error.code())
        }
    };
    assert!(read(REQUESTER.0, 0, session.to_owned()).await.is_ok(), "the requester itself may");
    let refused = |code| Err(Some(code));
    let another = read(OrgId(5), 0, session.to_owned()).await;
    assert_eq!(another, refused(ErrorCode::NotRequester), "another's session");
    let controller = read(CONTROLLER.0, 0, session.to_owned()).await;
    assert_eq!(controller, refused(ErrorCode::NotRequester), "not even the controller");
    let none = read(REQUESTER.0, 0, "11".repeat(32)).await;
    assert_eq!(none, refused(ErrorCode::Acl), "no session");
    let not_held = read(REQUESTER.0, 1, session.to_owned()).await;
    assert_eq!(not_held, refused(ErrorCode::Shard), "a shard of somebody else");
    let repairs = Custodians::new(&world.network.client(&[0], OrgId(15)), &endpoints).unwrap();
    let shard = ShardRef { anchor: anchor.parse().unwrap(), shard: 0 };
    let unnamed = repairs.of(CUSTODIANS[0].0).unwrap().describe(shard, Right::Repairs(1)).await;
    assert_eq!(unnamed.err().and_then(|error| error.code()), Some(ErrorCode::Shard), "a repair that nobody ordered");
    // A token for the node of an organisation is none for its agents, and the other way round.
    let wrong = read_with_node_token(world).await;
    assert!(matches!(wrong, Err(ClientError::Refused { code: ErrorCode::Token, .. })), "{wrong:?}");
}

/// Who has no part in a document is shown no record of it. It gets its decision all the same, and the patient sees that
/// it has asked.
fn a_strangers_request_is_recorded(world: &World, anchor: &str) {
    let stranger = "second-insurer";
    let request = ["access", "request", "--anchor", anchor, "--purpose", "CLMATTCH", "--user-role", "CLAIMS_ASSESSOR"];
    let (number, message) = world.refused(stranger, &request);
    assert_eq!(number, 902, "{message}");
    let (sp, controller) = (world.patient.sp.to_string(), CONTROLLER.0.to_string());
    let whose = ["--sp", &sp, "--controller", &controller];
    let output = world.network.cli_command(stranger, &[&request[..], &whose].concat()).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["permit"]), (Some(1), &Value::Bool(false)), "{said:#}");
    assert_eq!(said["reasons"], serde_json::json!(["D40"]));
    let lookup = world.network.lookup(&sp);
    let trail = [&["access", "trail", "--lookup", &lookup][..], &whose].concat();
    let trail = world.network.cli("regulator", &trail);
    let sessions = trail["sessions"].as_array().unwrap();
    let recorded = sessions.iter().find(|session| session["id"] == said["session"]).unwrap();
    assert_eq!((&recorded["request"]["requester"], &recorded["status"]), (&5.into(), &"Denied".into()));
    assert_eq!(recorded["decision"]["reasons"], said["reasons"]);
    let half = world.network.cli_command(stranger, &[&request[..], &whose[..2]].concat()).output().unwrap();
    assert_eq!(half.status.code(), Some(2), "whose data, but not who controls it");
}

/// A custodian's address given out as a node's: its tokens are of no use there.
async fn read_with_node_token(world: &World) -> Result<(), ClientError> {
    let endpoint = world.network.agents("custodians").remove(0);
    let key = world.network.key(REQUESTER.0, "sign-tx");
    let config = assent_client::Config::new(vec![endpoint], world.network.ca.clone(), world.network.chain, key);
    Client::connect(config).unwrap().status().await.map(|_| ())
}

/// A custodian takes only what is anchored for it and awaited, chunk by chunk, and says what it has.
async fn uploads_are_checked(world: &World, anchor: &str) {
    let (stored, pending) = anchored_once_more(world, anchor).await;
    let custodians = Custodians::new(&world.client, &world.network.agents("custodians")).unwrap();
    let custodian = custodians.of(CUSTODIANS[0].0).unwrap();
    let file = |shard: usize, name: &str| {
        let kept = world.shard_files(CUSTODIANS[shard].1, anchor);
        let name = format!("{shard}-{name}");
        kept.into_iter().find(|(path, _)| path.ends_with(&name)).unwrap().1
    };
    let (index, stripes, good) = (file(0, "index"), file(0, "stripes"), file(0, "0.0"));
    let begin = |shard, index: &[u8], stripes: &[u8]| {
        let (index, stripes) = (index.to_vec(), stripes.to_vec());
        async move { custodian.begin(shard, index, stripes).await.map_err(|error| error.code().unwrap()) }
    };
    let store = |run, data: &[u8]| {
        let data = data.to_vec();
        async move { custodian.store(pending, run, data).await.map_err(|error| error.code().unwrap()) }
    };
    let run = RunRef { column: 0, first: 0, count: 1 };
    assert_eq!(store(run, &good).await, Err(ErrorCode::ShardMissing), "before its index");
    // The call before has shown the anchor to the custodian; a stranger's own client has not seen it.
    let stranger = Custodians::new(&world.network.client(&[0], OrgId(4)), &world.network.agents("custodians")).unwrap();
    let stranger = stranger.of(CUSTODIANS[0].0).unwrap().begin(pending, index.clone(), stripes.clone()).await;
    assert_eq!(stranger.err().and_then(|error| error.code()), Some(ErrorCode::NotAuthor), "a stranger's upload");
    assert_eq!(begin(stored, &index, &stripes).await, Err(ErrorCode::Shard), "it is stored already");
    let foreign = ShardRef { shard: 1, ..pending };
    assert_eq!(begin(foreign, &index, &stripes).await, Err(ErrorCode::Shard), "another custodian's");
    let unknown = ShardRef { anchor: "22".repeat(32).parse().unwrap(), ..pending };
    assert_eq!(begin(unknown, &index, &stripes).await, Err(ErrorCode::Acl), "not anchored");
    assert_eq!(
        begin(pending, &file(1, "index"), &stripes).await,
        Err(ErrorCode::ShardDamaged),
        "another shard's index"
    );
    assert_eq!(begin(pending, &index[..9], &stripes).await, Err(ErrorCode::Decode));
    assert_eq!(begin(pending, &index, &stripes).await, Ok(Vec::new()));
    let mut polluted = good.clone();
    polluted[7] ^= 1;
    assert_eq!(store(run, &polluted).await, Err(ErrorCode::ShardDamaged));
    assert_eq!(store(run, &good[1..]).await, Err(ErrorCode::ShardDamaged));
    assert_eq!(store(RunRef { column: 1, ..run }, &good).await, Err(ErrorCode::ShardDamaged), "in another place");
    assert_eq!(store(RunRef { count: 2, ..run }, &good).await, Err(ErrorCode::BadRequest));
    assert_eq!(store(run, &good).await, Ok(()));
    let incomplete = custodian.complete(pending).await.err().and_then(|error| error.code());
    assert_eq!(incomplete, Some(ErrorCode::ShardMissing));
    assert_eq!(begin(pending, &index, &stripes).await, Ok(vec![run]), "what is stored is not asked for again");
}

/// The same object under a second anchor, which is pending: its shard 0, and that of the first one.
async fn anchored_once_more(world: &World, anchor: &str) -> (ShardRef, ShardRef) {
    let key = StateKey::Anchor(anchor.parse().unwrap());
    let state = world.client.get(&[key]).await.unwrap();
    let Some(Record::Anchor(found)) = state.value(&key).flatten().map(|value| &value.record) else {
        panic!("anchored")
    };
    let kept = found.custody.iter().map(|kept| Placement { custodian: kept.custodian, place: kept.place });
    let custody = List::new(kept.collect()).unwrap();
    let again = AnchorDocument { body: found.body.clone(), custody };
    let hospital = world.network.key(CONTROLLER.0, "sign-tx");
    let receipt = must_execute(&world.client, &hospital, Action::AnchorDocument(Box::new(again)), &[]).await;
    let pending = ShardRef { anchor: anchor_id_of(&receipt.receipt.tx), shard: 0 };
    (ShardRef { anchor: found.id, shard: 0 }, pending)
}

/// With one good shard there is nothing to be had, and everybody at fault is named.
fn too_few(world: &World, anchor: &str, session: &str) {
    let gone = CUSTODIANS[..3].iter().map(|(_, custodian)| {
        let folder = world.network.folder(custodian).join("shards").join(anchor);
        let aside = folder.with_extension("aside");
        fs::rename(&folder, &aside).unwrap();
        (folder, aside)
    });
    let gone: Vec<_> = gone.collect();
    let out = world.network.dir().join("nothing");
    let (number, message) = world.refused(REQUESTER.1, &world.read_args(anchor, session, &out));
    assert_eq!(number, 423, "{message}");
    for (org, _) in &CUSTODIANS[..3] {
        assert!(message.contains(&format!("custodian {org}")), "{message}");
    }
    assert!(!out.exists(), "nothing is written under the name");
    for (folder, aside) in gone {
        fs::rename(aside, folder).unwrap();
    }
}

/// A session that is permitted and then loses its consent is cancelled: no key part leaves, no shard is served.
async fn revoked(world: &mut World, anchor: &str) {
    world.network.kill_agent("keyservice");
    let session = world.ask(anchor);
    world.revoke().await;
    world.network.run_agent("keyservice", &["shenzhen-hospital", "hongkong-hospital", "regulator"]);
    until("the session is cancelled", || async {
        let shown = world.network.cli(REQUESTER.1, &["access", "show", "--session", &session]);
        (shown["session"]["status"] == "Cancelled").then_some(())
    })
    .await;
    let out = world.network.dir().join("nothing");
    let (number, message) = world.refused(REQUESTER.1, &world.read_args(anchor, &session, &out));
    assert_eq!(number, 507, "{message}");
    let custodians = world.network.agents("custodians");
    let custodians = Custodians::new(&world.network.client(&[0], REQUESTER.0), &custodians).unwrap();
    let shard = ShardRef { anchor: anchor.parse().unwrap(), shard: 0 };
    let right = Right::Session(session.parse().unwrap());
    let served = custodians.of(CUSTODIANS[0].0).unwrap().describe(shard, right).await;
    assert_eq!(served.err().and_then(|error| error.code()), Some(ErrorCode::NoLivePermit));
    let denied = ["access", "request", "--anchor", anchor, "--purpose", "CLMATTCH", "--user-role", "CLAIMS_ASSESSOR"];
    let output = world.network.cli_command(REQUESTER.1, &denied).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["permit"]), (Some(1), &Value::Bool(false)), "{said:#}");
}
