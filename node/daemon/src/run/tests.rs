//! Whole nodes in one process: real stores, logs, threads and sockets, no API.

use std::net::SocketAddr;

use assent_genesis::sample::{self, OrgKeys};
use assent_replica::io::CommitNotice;
use assent_replica::status::Waiting;
use assent_types::action::{Action, RotateKey, possession_of};
use assent_types::ids::{BlockHash, Height, Millis};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::config::NodeConfig;

/// No condition of these tests takes this long unless it never comes true.
const PATIENCE: Duration = Duration::from_secs(120);

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Millis(u64::try_from(since.as_millis()).unwrap())
}

fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<_> = (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

/// A network's files in a temporary folder. Blocks come every 100 ms when nothing happens.
struct Files {
    dir: tempfile::TempDir,
    configs: Vec<NodeConfig>,
}

impl Files {
    fn new(doc: &GenesisDoc, keys: &[OrgKeys], nodes: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("genesis.toml"), doc.to_toml().unwrap()).unwrap();
        let ports = free_ports(nodes);
        let configs = keys[..nodes].iter().enumerate().map(|(index, keys)| {
            let folder = dir.path().join(&keys.slug);
            std::fs::create_dir(&folder).unwrap();
            for usage in [KeyUsage::Node, KeyUsage::Validate, KeyUsage::Receipt] {
                if let Some(key) = keys.key(usage) {
                    keyfile::create(&folder.join(format!("{usage}.key")), usage, key).unwrap();
                }
            }
            let path = folder.join("node.toml");
            std::fs::write(&path, Self::config(keys, &ports, index, doc)).unwrap();
            NodeConfig::load(&path).unwrap()
        });
        let configs = configs.collect();
        Self { dir, configs }
    }

    fn config(keys: &OrgKeys, ports: &[u16], index: usize, doc: &GenesisDoc) -> String {
        let mut text = format!("org = {}\ngenesis = \"../genesis.toml\"\n[keys]\nnode = \"NODE.key\"\n", keys.org);
        if doc.validators.iter().any(|validator| validator.org == keys.org) {
            text += "validate = \"VALIDATE.key\"\n";
        }
        text += &format!("[p2p]\nlisten = \"127.0.0.1:{}\"\n", ports[index]);
        text += "[pacing]\nidle_block_ms = 100\nempty_wait_ms = 10\nstatus_ms = 200\n";
        text += "[api]\nlisten = \"127.0.0.1:0\"\ntls_cert = \"none\"\ntls_key = \"none\"\n";
        for (other, port) in ports.iter().enumerate().filter(|(other, _)| *other != index) {
            text += &format!("[[p2p.bootstrap]]\norg = {}\naddr = \"127.0.0.1:{port}\"\n", other + 1);
        }
        text
    }
}

/// A network of validators 1 to `count`.
fn network(count: u32) -> Files {
    network_with_keys(count).0
}

fn network_with_keys(count: u32) -> (Files, Vec<OrgKeys>) {
    let mut seed = 0u64;
    let (doc, keys) = sample::simulated(count, Millis(now().0 - 1000), || {
        seed += 1;
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes
    });
    (Files::new(&doc, &keys, count as usize), keys)
}

struct Running {
    handle: NodeHandle,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), RunError>>,
}

async fn start_node(config: &NodeConfig) -> Result<Node, RunError> {
    Node::start(config, |_, _, stop| async {
        stop.await;
        Ok(())
    })
    .await
}

async fn start(config: &NodeConfig) -> Running {
    let node = start_node(config).await.unwrap();
    let handle = node.handle().clone();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(node.run_until(async {
        let _ = stopped.await;
    }));
    Running { handle, stop, task }
}

impl Running {
    async fn reach(&self, height: u64) {
        let mut head = self.handle.head();
        let reached = head.wait_for(|head| head.height >= Height(height));
        within("the node reaches a height", reached).await.unwrap();
    }

    fn block(&self, height: u64) -> BlockHash {
        let snapshot = self.handle.snapshot().unwrap();
        query::block(snapshot.as_ref(), Height(height)).unwrap().unwrap().header.hash()
    }

    fn height(&self) -> u64 {
        self.handle.head().borrow().height.0
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        within("the node stops", self.task).await.unwrap().unwrap();
    }
}

async fn start_all(files: &Files) -> Vec<Running> {
    let mut nodes = Vec::new();
    for config in &files.configs {
        nodes.push(start(config).await);
    }
    nodes
}

#[tokio::test(flavor = "multi_thread")]
async fn four_nodes_agree_and_a_restarted_one_catches_up() {
    let files = network(4);
    let mut nodes = start_all(&files).await;
    for node in &nodes {
        node.reach(5).await;
    }
    for height in 1..=5 {
        assert!(nodes.iter().all(|node| node.block(height) == nodes[0].block(height)));
    }
    let fourth = nodes.pop().unwrap();
    let left_at = fourth.height();
    fourth.stop().await;
    for node in &nodes {
        node.reach(left_at + 8).await;
    }
    let fourth = start(&files.configs[3]).await;
    assert!(fourth.height() >= left_at, "durable blocks were lost");
    let target = nodes[0].height() + 3;
    fourth.reach(target).await;
    nodes[0].reach(target).await;
    assert_eq!(fourth.block(target), nodes[0].block(target));
    let status = fourth.handle.status().await.unwrap();
    assert!(status.validator, "a validator with its log votes again");
    fourth.stop().await;
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_nodes_stop_and_go_on_from_their_disks() {
    let files = network(4);
    let nodes = start_all(&files).await;
    nodes[0].reach(3).await;
    let mut heights = Vec::new();
    for node in nodes {
        heights.push(node.height());
        node.stop().await;
    }
    let highest = *heights.iter().max().unwrap();
    let nodes = start_all(&files).await;
    for node in &nodes {
        node.reach(highest + 3).await;
    }
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_lost_its_log_is_silent_and_comes_back() {
    let files = network(4);
    let mut nodes = start_all(&files).await;
    nodes[3].reach(2).await;
    nodes.pop().unwrap().stop().await;
    std::fs::remove_dir_all(files.configs[3].data_dir.join("wal")).unwrap();
    let fourth = start(&files.configs[3]).await;
    let status = fourth.handle.status().await.unwrap();
    assert!(!status.validator);
    assert!(status.waiting == Waiting::ForSilence || status.waiting == Waiting::ForSync, "{:?}", status.waiting);
    let mut commits = fourth.handle.commits();
    within("the silence ends", async {
        while !fourth.handle.status().await.unwrap().validator {
            commits.recv().await.unwrap();
        }
    })
    .await;
    let at = fourth.height();
    fourth.reach(at + 3).await;
    assert!(files.configs[3].data_dir.join("wal").exists(), "the new log is the log of record after the first vote");
    fourth.stop().await;
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_without_a_vote_follows() {
    let mut seed = 0u8;
    let (doc, keys) = sample::sample_network(Millis(now().0 - 1000), || {
        seed += 1;
        [seed; 32]
    });
    let files = Files::new(&doc, &keys, 5);
    let mut nodes = Vec::new();
    for config in &files.configs[..4] {
        nodes.push(start(config).await);
    }
    nodes[0].reach(4).await;
    let late = start(&files.configs[4]).await;
    let target = nodes[0].height() + 3;
    late.reach(target).await;
    nodes[1].reach(target).await;
    assert_eq!(late.block(target), nodes[1].block(target));
    assert!(!late.handle.status().await.unwrap().validator);
    late.stop().await;
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_validator_answers_and_counts() {
    let files = network(1);
    let mut config = files.configs[0].clone();
    let metrics: SocketAddr = ([127, 0, 0, 1], free_ports(1)[0]).into();
    config.metrics.listen = Some(metrics);
    let node = start(&config).await;
    let answer = node.handle.submit(OrgId(1), b"no transaction".to_vec()).await.unwrap();
    assert_eq!(answer, Err(assent_types::ErrorCode::Decode));
    let mut commits = node.handle.commits();
    let first: Arc<CommitNotice> = within("a block", commits.recv()).await.unwrap();
    assert_eq!(node.block(first.height.0), first.block);
    let text = http(metrics, "/metrics").await;
    assert!(text.contains("assent_blocks_total") && text.contains("assent_wal_sync_seconds_count"), "{text}");
    assert!(http(metrics, "/health").await.contains("ok height="));
    let handle = node.handle.clone();
    node.stop().await;
    assert!(handle.status().await.is_err());
    assert!(handle.submit(OrgId(1), vec![1]).await.is_err());
}

/// Registers a new VALIDATE key for validator 1, and writes its file; returns the file.
async fn rotate(node: &Running, files: &Files, chain: ChainId, keys: &OrgKeys) -> PathBuf {
    let old = keys.key(KeyUsage::Validate).unwrap().public();
    let path = files.dir.path().join("next.key");
    if !path.exists() {
        keyfile::generate(&path, KeyUsage::Validate).unwrap();
    }
    let new = keyfile::load(&path, KeyUsage::Validate).unwrap();
    let time = node.handle.head().borrow().time;
    let action = Action::RotateKey(RotateKey {
        org: keys.org,
        old: Some(old.id()),
        new: new.public(),
        usage: KeyUsage::Validate,
        nbf: time,
        exp: time.plus(86_400_000),
        possession: new.sign_possession(&possession_of(chain, &new.public(), &keys.org)),
    });
    let recovery = keys.key(KeyUsage::Recovery).unwrap();
    let tx = assent_client::builder::transaction(chain, recovery, time.plus(60_000), action, &[]).unwrap();
    assert!(node.handle.submit(keys.org, tx.to_bytes()).await.unwrap().is_ok());
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_goes_on_with_its_new_key_without_a_restart() {
    let (files, keys) = network_with_keys(1);
    let chain = load_genesis(&files.configs[0].genesis).unwrap().1.chain;
    let mut config = files.configs[0].clone();
    let next = files.dir.path().join("next.key");
    keyfile::generate(&next, KeyUsage::Validate).unwrap();
    config.keys.validate_next = Some(next.clone());
    let node = start(&config).await;
    let old = keys[0].key(KeyUsage::Validate).unwrap().public();
    rotate(&node, &files, chain, &keys[0]).await;
    let mut commits = node.handle.commits();
    within("the validators name the new key", async {
        while head::read(node.handle.snapshot().unwrap().as_ref()).unwrap().next_validators.validators()[0].key == old {
            commits.recv().await.unwrap();
        }
    })
    .await;
    node.reach(node.height() + 3).await;
    node.stop().await;

    // From now on the old key is not needed, and not enough.
    let error = start_node(&files.configs[0]).await.err().unwrap();
    assert!(matches!(error, RunError::WrongKey { .. }), "{error}");
    config.keys.validate = Some(next);
    config.keys.validate_next = None;
    let node = start(&config).await;
    node.reach(node.height() + 1).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_without_its_new_key_stops_and_names_it() {
    let (files, keys) = network_with_keys(1);
    let chain = load_genesis(&files.configs[0].genesis).unwrap().1.chain;
    let node = start(&files.configs[0]).await;
    let next = rotate(&node, &files, chain, &keys[0]).await;
    let error = within("the node halts", node.task).await.unwrap().unwrap_err().to_string();
    let public = keyfile::load(&next, KeyUsage::Validate).unwrap().public().to_string();
    assert!(error.contains(&public), "{error}");
}

async fn http(addr: SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    within("an answer", socket.read_to_string(&mut text)).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_refused_at_the_start() {
    let files = network(2);
    let node = start(&files.configs[0]).await;
    node.handle.status().await.unwrap();
    let again = start_node(&files.configs[0]).await.err().unwrap();
    assert!(again.to_string().contains("already running"), "{again}");
    node.stop().await;

    let mut config = files.configs[1].clone();
    config.keys.validate = None;
    assert!(matches!(start_node(&config).await.err(), Some(RunError::NoValidateKey(OrgId(2)))));
    config.keys.validate = files.configs[0].keys.validate.clone();
    assert!(matches!(start_node(&config).await.err(), Some(RunError::WrongKey { .. })));
    config.org = OrgId(99);
    assert!(matches!(start_node(&config).await.err(), Some(RunError::NotMember(OrgId(99)))));

    let other = network(1);
    let mut config = other.configs[0].clone();
    config.data_dir = files.configs[0].data_dir.clone();
    let error = start_node(&config).await.err().unwrap();
    assert!(matches!(error, RunError::Store(head::OpenError::Chain { .. })), "{error}");
    drop(files.dir);
}

/// A store whose writes fail from some point on.
struct Failing {
    inner: RocksStore,
    left: std::sync::atomic::AtomicU32,
}

impl Storage for Failing {
    fn snapshot(&self) -> Result<Box<dyn Read>, StorageError> {
        self.inner.snapshot()
    }

    fn write(&self, batch: &assent_replica::storage::Batch) -> Result<(), StorageError> {
        use std::sync::atomic::Ordering::SeqCst;
        if self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err() {
            return Err(StorageError("no space left on device".into()));
        }
        self.inner.write(batch)
    }
}

struct Nowhere;

impl driver::Outward for Nowhere {
    fn send(&self, _: OrgId, _: assent_replica::io::Channel, _: Arc<Vec<u8>>) {}
    fn broadcast(&self, _: assent_replica::io::Channel, _: &Arc<Vec<u8>>) {}
    fn disconnect(&self, _: OrgId, _: String) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_write_halts_the_node_and_nothing_is_told_of_the_block() {
    let files = network(1);
    let config = &files.configs[0];
    let (_, genesis) = load_genesis(&config.genesis).unwrap();
    let (store, opened) = open_disk(&config.data_dir, &genesis).unwrap();
    let storage = Arc::new(Failing { inner: store.clone(), left: 3.into() });
    let parts = Parts {
        config: replica_config(config, genesis.chain),
        signer: Box::new(signer(config).unwrap()),
        storage,
        wal: (opened.wal, opened.entries),
        inbox: Arc::new(Inbox::default()),
        outward: Arc::new(Nowhere),
        metrics: Arc::new(Metrics::default()),
        job_threads: 1,
    };
    let (handle, mut driver) = driver::start(parts).await.unwrap();
    match within("the node halts", driver.ended()).await {
        Exit::Halted(reason) => assert!(reason.contains("no space left"), "{reason}"),
        Exit::Stopped => panic!("the node stopped as if nothing had happened"),
    }
    assert_eq!(handle.head().borrow().height, Height(3));
    assert_eq!(head::read(store.snapshot().unwrap().as_ref()).unwrap().height, Height(3));
    assert!(handle.status().await.is_err());
    assert_eq!(RunError::Halted(String::new()).exit_code(), EXIT_HALTED);
}
