//! A network of four node processes on the loopback interface.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use assent_client::{Client, Config, Endpoint, FinalReceipt};
use assent_genesis::{GenesisDoc, build};
use assent_types::action::{Action, RegisterSubject, possession_of};
use assent_types::consent::{
    BreakGlass, Categories, Category, ConsentKind, ConsentTerms, DataAction, DataActions, Effect, EvidenceKind,
    EvidenceRef, Grantees, LabelRule, Limits, Obligations, PolicyRef, Purpose, Redisclosure, SeparateConsent,
    SeparateConsents,
};
use assent_types::key::SecretKey;
use assent_types::org::OrgStatus;
use assent_types::place::{Jurisdiction, Place};
use assent_types::subject::AgeBand;
use assent_types::{ChainId, Hash32, Millis, OrgId, Set, Sp};

/// Folders of the four validators, by the numbers of their organisations.
const VALIDATORS: [&str; 4] = ["shenzhen-hospital", "hongkong-hospital", "hongkong-insurer", "regulator"];
/// The organisation that is pending in this network.
pub(crate) const PENDING: OrgId = OrgId(9);
/// How long anything may take on a machine that does other work beside.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Network {
    pub(crate) chain: ChainId,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) ca: String,
    nodes: Vec<Child>,
    base_port: u16,
    folders: BTreeMap<OrgId, String>,
}

impl Network {
    /// Makes the sample network with one organisation pending, and starts its validators.
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let net = dir.path().join("net");
        let base_port = free_ports(15);
        let made = Command::new(program("assent"))
            .args(["--json", "genesis", "sample", "--base-port", &base_port.to_string(), "--out"])
            .arg(&net)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
        let folder = |client: &serde_json::Value| {
            let org = OrgId(u32::try_from(client["org"].as_u64().unwrap()).unwrap());
            (org, client["slug"].as_str().unwrap().to_owned())
        };
        let folders = made["clients"].as_array().unwrap().iter().map(folder).collect();
        let chain = with_pending(&net.join("genesis.toml"));
        let ca = std::fs::read_to_string(net.join("ca.pem")).unwrap();
        let mut network = Self { chain, dir, ca, nodes: Vec::new(), base_port, folders };
        for name in VALIDATORS {
            let node = network.spawn(name);
            network.nodes.push(node);
        }
        network
    }

    fn spawn(&self, name: &str) -> Child {
        let folder = self.folder(name);
        let log = std::fs::File::create(folder.join("node.log")).unwrap();
        Command::new(program("assent"))
            .args(["node", "run", "--config"])
            .arg(folder.join("node.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join("net").join(name)
    }

    /// A key of an organisation, as `sign-tx` or `recovery`.
    pub(crate) fn key(&self, org: OrgId, usage: &str) -> SecretKey {
        let path = self.folder(&self.folders[&org]).join(format!("keys/{usage}.key"));
        let fields: toml::Table = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let seed: Hash32 = fields["seed"].as_str().unwrap().parse().unwrap();
        SecretKey::from_seed(&seed.0)
    }

    /// Address of a port of a validator's node: 0 peers, 1 API.
    pub(crate) fn port(&self, validator: usize, offset: u16) -> SocketAddr {
        let index = u16::try_from(validator).unwrap();
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.base_port + index * 3 + offset))
    }

    /// Where a validator's API is, and whose node it is.
    pub(crate) fn endpoint(&self, validator: usize) -> Endpoint {
        let node = OrgId(u32::try_from(validator).unwrap() + 1);
        Endpoint { url: format!("https://{}", self.port(validator, 1)), node }
    }

    /// A client with this key at one node.
    pub(crate) fn client_at(&self, validator: usize, key: SecretKey) -> Client {
        let mut config = Config::new(vec![self.endpoint(validator)], self.ca.clone(), self.chain, key);
        config.retry_for = PATIENCE;
        Client::connect(config).unwrap()
    }

    /// A client of an organisation, at the first validator's node.
    pub(crate) fn client(&self, org: OrgId) -> Client {
        self.client_at(0, self.key(org, "sign-tx"))
    }

    /// Kills a node as a power cut of its process would (SIGKILL).
    pub(crate) fn kill(&mut self, validator: usize) {
        self.nodes[validator].kill().unwrap();
        self.nodes[validator].wait().unwrap();
    }

    /// Starts a killed node again.
    pub(crate) fn restart(&mut self, validator: usize) {
        self.nodes[validator] = self.spawn(VALIDATORS[validator]);
    }

    /// Starts the node of a member that does not validate; it is the fifth.
    pub(crate) fn start_follower(&mut self) {
        let node = self.spawn("second-insurer");
        self.nodes.push(node);
    }

    /// A client configuration file that the sample wrote, set to this network's chain.
    pub(crate) fn client_file(&self, name: &str) -> PathBuf {
        let path = self.folder(name).join("client.toml");
        let mut file: toml::Table = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        file.insert("chain".into(), self.chain.to_string().into());
        std::fs::write(&path, toml::to_string(&file).unwrap()).unwrap();
        path
    }

    /// Whether every node process still runs.
    pub(crate) fn all_run(&mut self) -> bool {
        self.nodes.iter_mut().all(|node| node.try_wait().unwrap().is_none())
    }

    /// Resident memory of a node, in bytes.
    pub(crate) fn memory(&self, validator: usize) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.nodes[validator].id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// What the nodes logged, for a failing test.
    pub(crate) fn log(&self, validator: usize) -> String {
        std::fs::read_to_string(self.folder(VALIDATORS[validator]).join("node.log")).unwrap_or_default()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("last lines of the first node's log:");
            let log = self.log(0);
            log.lines().rev().take(20).collect::<Vec<_>>().iter().rev().for_each(|line| eprintln!("  {line}"));
        }
        for node in &mut self.nodes {
            let _ = node.kill();
            let _ = node.wait();
        }
    }
}

/// A program of this workspace; `scripts/test` builds all of them first.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing: build the whole workspace first, as scripts/test does", path.display());
    path
}

/// So many ports in a row on which nobody listens.
fn free_ports(count: u16) -> u16 {
    /// Networks of this process so far: each begins in a slot of its own.
    static MADE: AtomicU32 = AtomicU32::new(0);
    // Slots lie below the ports that the system takes by itself; neighbouring processes begin in different ones.
    let first = std::process::id().wrapping_mul(2).wrapping_add(MADE.fetch_add(1, Ordering::Relaxed));
    let slots = (0..500).map(|slot| 20_000 + u16::try_from(first.wrapping_add(slot) % 500).unwrap() * 20);
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let mut free_slots = slots.filter(|base| (*base..base + count).all(free));
    free_slots.next().expect("no free ports")
}

/// Sets one organisation to pending and gives the id of the chain that begins so.
fn with_pending(path: &Path) -> ChainId {
    let mut doc = GenesisDoc::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    doc.orgs.iter_mut().find(|org| org.id == PENDING).unwrap().status = OrgStatus::Pending;
    std::fs::write(path, doc.to_toml().unwrap()).unwrap();
    build(&doc).unwrap().chain
}

/// A subject with a key of its own.
pub(crate) struct Patient {
    pub(crate) sp: Sp,
    pub(crate) key: SecretKey,
}

impl Patient {
    pub(crate) fn new() -> Self {
        let sp = Sp(Hash32(assent_client::builder::random().unwrap()));
        Self { sp, key: SecretKey::from_seed(&assent_client::builder::random().unwrap()) }
    }

    pub(crate) fn registration(&self, chain: ChainId, age_band: AgeBand) -> Action {
        let key = self.key.public();
        Action::RegisterSubject(RegisterSubject {
            sp: self.sp,
            key,
            loa: 2,
            age_band,
            attest: Hash32([1; 32]),
            possession: self.key.sign_possession(&possession_of(chain, &key, &self.sp)),
        })
    }

    /// Registers the patient with the organisation of the client.
    pub(crate) async fn register(network: &Network, client: &Client, org: OrgId) -> Self {
        let patient = Self::new();
        let action = patient.registration(network.chain, AgeBand::Adult);
        execute(client, &network.key(org, "sign-tx"), action).await;
        patient
    }
}

/// Signs and submits an action that must succeed.
pub(crate) async fn execute(client: &Client, key: &SecretKey, action: Action) -> FinalReceipt {
    execute_cosigned(client, key, action, &[]).await
}

pub(crate) async fn execute_cosigned(
    client: &Client,
    key: &SecretKey,
    action: Action,
    cosigners: &[&SecretKey],
) -> FinalReceipt {
    let name = action.name();
    let tx = client.transaction(key, action, cosigners).unwrap();
    let receipt = client.submit_and_wait(&tx, PATIENCE).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(receipt.outcome(), Ok(()), "{name}");
    receipt
}

pub(crate) fn evidence(byte: u8) -> EvidenceRef {
    EvidenceRef { kind: EvidenceKind::AppSig, hash: Hash32([byte; 32]), timestamp: None, mutually_recognised: false }
}

/// A consent that the Hong Kong hospital's patients may give: share with the hospital and the insurer for treatment.
pub(crate) fn terms(subject: Sp) -> ConsentTerms {
    ConsentTerms {
        kind: ConsentKind::Share,
        effect: Effect::Permit,
        subject,
        controller: OrgId(2),
        grantees: Grantees { orgs: Set::new([OrgId(1), OrgId(2), OrgId(3)]).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Treat]).unwrap(),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Lab, Category::Diagnosis]),
        max_grade: 3,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: Set::new([Place::whole(Jurisdiction::Hk)]).unwrap(),
        xborder: None,
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov]),
        nbf: Millis(0),
        exp: None,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([2; 32]), notice: Hash32([3; 32]) },
        evidence: evidence(4),
    }
}
