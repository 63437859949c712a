//! A network of node processes.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use assent_client::{Client, Config, Endpoint};
use assent_genesis::{GenesisDoc, build};
use assent_types::key::SecretKey;
use assent_types::{ChainId, Hash32, OrgId};
use serde_json::Value;

use super::{PATIENCE, program, until};

/// Ports of one node.
const PORTS_PER_NODE: u16 = 3;
/// Ports of the largest network: the production network has eight nodes, seven custodians and six key services.
const PORTS: u16 = 8 * PORTS_PER_NODE + 13 * PORTS_PER_AGENT;
/// How many networks have ports of their own, from 20,000 on.
const PORT_BLOCKS: u16 = 250;
/// Folders of the custodians, by their ports' order.
pub(super) const CUSTODIANS: [&str; 6] = [
    "custodian-guangzhou",
    "custodian-shenzhen",
    "custodian-dongguan",
    "custodian-hongkong-1",
    "custodian-hongkong-2",
    "custodian-hongkong-3",
];
/// Folders of those with a key service.
const KEY_SERVICES: [&str; 3] = ["shenzhen-hospital", "hongkong-hospital", "regulator"];
/// Ports of one agent.
const PORTS_PER_AGENT: u16 = 2;
/// Lines of each node's log that a failing test shows.
const LOG_LINES: usize = 25;

/// Files of a member that name the chain, and in which of their sections.
const CHAIN_IN: [(&str, Option<&str>); 3] =
    [("client.toml", None), ("custodian.toml", Some("ledger")), ("keyservice.toml", Some("ledger"))];

/// What listens on a port of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Port {
    /// Other nodes.
    Peers = 0,
    /// Applications.
    Api = 1,
    /// Metrics and health.
    Metrics = 2,
}

/// A member with a node.
struct Member {
    slug: String,
    validates: bool,
    process: Option<Child>,
}

/// Node processes of one sample network. Nodes are named by their place, from 0; node n is that of organisation n + 1.
/// All of them are killed when this is dropped.
pub struct Network {
    /// The chain.
    pub chain: ChainId,
    /// The authority of the nodes' certificates (PEM).
    pub ca: String,
    dir: tempfile::TempDir,
    base_port: u16,
    folders: BTreeMap<OrgId, String>,
    nodes: Vec<Member>,
    agents: BTreeMap<String, Child>,
}

impl Network {
    /// Makes a network and starts its four validators.
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// As [`Network::start`], with a changed genesis.
    pub fn start_with(change: impl FnOnce(&mut GenesisDoc)) -> Self {
        Self::start_class("test", change)
    }

    /// Makes the production network with a changed genesis, and starts its eight validators.
    pub fn start_production(change: impl FnOnce(&mut GenesisDoc)) -> Self {
        Self::start_class("production", change)
    }

    fn start_class(class: &str, change: impl FnOnce(&mut GenesisDoc)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let net = dir.path().join("net");
        let base_port = Self::free_ports();
        let mut genesis = Command::new(program("assent"));
        genesis.args(["--json", "genesis", "sample", "--class", class, "--base-port", &base_port.to_string(), "--out"]);
        let made = json(genesis.arg(&net));
        let folder = |client: &Value| {
            let org = OrgId(u32::try_from(client["org"].as_u64().unwrap()).unwrap());
            (org, client["slug"].as_str().unwrap().to_owned())
        };
        let folders: BTreeMap<OrgId, String> = made["clients"].as_array().unwrap().iter().map(folder).collect();
        let chain = changed(&net, change, &folders);
        let ca = std::fs::read_to_string(net.join("ca.pem")).unwrap();
        let member = |node: &Value| Member {
            slug: node["slug"].as_str().unwrap().to_owned(),
            validates: node["validator"].as_bool().unwrap(),
            process: None,
        };
        let nodes = made["nodes"].as_array().unwrap().iter().map(member).collect();
        let mut network = Self { chain, ca, dir, base_port, folders, nodes, agents: BTreeMap::new() };
        for node in 0..network.nodes.len() {
            if network.nodes[node].validates {
                network.run(node);
            }
        }
        network
    }

    /// The first port of as many in a row as a network takes, none of which anybody listens on.
    pub fn free_ports() -> u16 {
        // Networks of one process never look at the same ports, those of two processes rarely; all of them are below the
        // range from which the system takes ports by itself.
        static TAKEN: AtomicU16 = AtomicU16::new(0);
        let start = u16::try_from(std::process::id() % u32::from(PORT_BLOCKS)).unwrap();
        let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        loop {
            let block = (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % PORT_BLOCKS;
            let base = 20_000 + block * PORTS;
            if (base..base + PORTS).all(free) {
                return base;
            }
        }
    }

    /// Starts a node that does not run.
    pub fn run(&mut self, node: usize) {
        assert!(self.nodes[node].process.is_none(), "node {node} runs already");
        let folder = self.node_folder(node);
        let log = OpenOptions::new().create(true).append(true).open(folder.join("node.log")).unwrap();
        let mut command = Command::new(program("assent"));
        command.args(["node", "run", "--config"]).arg(folder.join("node.toml"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.nodes[node].process = Some(child);
    }

    /// Starts every custodian agent, all in one process, and every key service, in another.
    pub fn run_agents(&mut self) {
        self.run_custodians();
        self.run_key_services();
    }

    /// Starts every custodian agent, all in one process.
    pub fn run_custodians(&mut self) {
        self.run_agent("custodian", &CUSTODIANS);
    }

    /// Starts every key service, all in one process.
    pub fn run_key_services(&mut self) {
        self.run_agent("keyservice", &KEY_SERVICES);
    }

    /// Starts `assent custodian run` or `assent keyservice run` with the configurations of these members.
    pub fn run_agent(&mut self, kind: &str, members: &[&str]) {
        self.spawn_agent(kind, Command::new("env"), members);
    }

    /// The same by a command that becomes the program that its arguments name.
    pub(super) fn spawn_agent(&mut self, kind: &str, mut command: Command, members: &[&str]) {
        let log = self.dir.path().join(format!("{kind}.log"));
        let log = OpenOptions::new().create(true).append(true).open(log).unwrap();
        command.arg(program("assent")).args([kind, "run"]);
        for member in members {
            command.arg("--config").arg(self.folder(member).join(format!("{kind}.toml")));
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        assert!(self.agents.insert(kind.to_owned(), child).is_none(), "{kind} runs already");
    }

    /// The process of agents.
    pub(super) fn agent_process(&self, kind: &str) -> u32 {
        self.agents[kind].id()
    }

    /// Kills an agent's process with SIGKILL.
    pub fn kill_agent(&mut self, kind: &str) {
        let mut child = self.agents.remove(kind).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Kills nodes at once with SIGKILL.
    pub fn kill(&mut self, nodes: &[usize]) {
        for node in nodes {
            self.nodes[*node].process.as_mut().unwrap().kill().unwrap();
        }
        for node in nodes {
            self.nodes[*node].process.take().unwrap().wait().unwrap();
        }
    }

    /// Stops a node (SIGSTOP): its connections stay open and nothing moves.
    pub fn pause(&self, node: usize) {
        self.signal(node, "-STOP");
    }

    /// Lets a paused node go on.
    pub fn resume(&self, node: usize) {
        self.signal(node, "-CONT");
    }

    fn signal(&self, node: usize, signal: &str) {
        let process = self.nodes[node].process.as_ref().unwrap().id().to_string();
        let sent = Command::new("sh").args(["-c", "kill \"$0\" \"$1\"", signal, &process]).status().unwrap();
        assert!(sent.success(), "{signal} was not sent to node {node}");
    }

    /// Panics if a node that was started ended by itself.
    pub fn assert_all_run(&mut self) {
        for (node, member) in self.nodes.iter_mut().enumerate() {
            let ended = member.process.as_mut().and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "node {node} ended by itself: {ended:?}");
        }
    }

    fn node_folder(&self, node: usize) -> PathBuf {
        self.folder(&self.nodes[node].slug)
    }

    /// A folder of the network, by the short name of the member.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join("net").join(name)
    }

    /// The network's temporary folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A key of an organisation: `sign-tx`, `receipt`, `recovery`, `node`, or `validate`.
    pub fn key(&self, org: OrgId, usage: &str) -> SecretKey {
        let path = self.folder(&self.folders[&org]).join(format!("keys/{usage}.key"));
        let fields: toml::Table = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let seed: Hash32 = fields["seed"].as_str().unwrap().parse().unwrap();
        SecretKey::from_seed(&seed.0)
    }

    /// Address of a port of a node.
    pub fn addr(&self, node: usize, port: Port) -> SocketAddr {
        let index = u16::try_from(node).unwrap();
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.base_port + index * PORTS_PER_NODE + port as u16))
    }

    /// Where a node's API is, and whose node it is.
    pub fn endpoint(&self, node: usize) -> Endpoint {
        let org = OrgId(u32::try_from(node).unwrap() + 1);
        Endpoint { url: format!("https://{}", self.addr(node, Port::Api)), node: org }
    }

    /// A client with this key that asks these nodes, the first one first.
    pub fn client_with(&self, nodes: &[usize], key: SecretKey) -> Client {
        let endpoints = nodes.iter().map(|node| self.endpoint(*node)).collect();
        let mut config = Config::new(endpoints, self.ca.clone(), self.chain, key);
        config.retry_for = PATIENCE;
        Client::connect(config).unwrap()
    }

    /// A client of an organisation that asks these nodes.
    pub fn client(&self, nodes: &[usize], org: OrgId) -> Client {
        self.client_with(nodes, self.key(org, "sign-tx"))
    }

    /// The same as a command that a test runs as it likes.
    pub fn cli_command(&self, member: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program("assent"));
        command.arg("--json").args(args).arg("--client").arg(self.client_file(member));
        command
    }

    /// Where an agent's API is, as the configuration of clients has it: `custodians` or `key_services`.
    pub fn agents(&self, kind: &str) -> Vec<Endpoint> {
        let path = self.client_file("regulator");
        let mut file: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        file.remove(kind).unwrap().try_into().unwrap()
    }

    /// What `assent --json` with these arguments and a member's client configuration prints.
    pub fn cli(&self, member: &str, args: &[&str]) -> Value {
        json(Command::new(program("assent")).arg("--json").args(args).arg("--client").arg(self.client_file(member)))
    }

    /// The same as a person sees it.
    pub fn cli_text(&self, member: &str, args: &[&str]) -> String {
        output(Command::new(program("assent")).args(args).arg("--client").arg(self.client_file(member)))
    }

    /// A lawful look-up of a pseudonym that the regulator declares: its questions about that subject name it.
    pub fn lookup(&self, sp: &str) -> String {
        let declare = ["access", "lookup", "--sp", sp, "--basis", &Hash32([0x1a; 32]).to_string()];
        self.cli("regulator", &declare)["lookup"].as_str().unwrap().to_owned()
    }

    fn client_file(&self, member: &str) -> PathBuf {
        self.folder(member).join("client.toml")
    }

    /// Waits until a node has a height.
    pub async fn reaches(&self, node: usize, height: u64) {
        let client = self.client(&[node], OrgId(1));
        until(&format!("node {node} reaches height {height}"), || async {
            client.status().await.ok().filter(|status| status.height >= height)
        })
        .await;
    }

    /// Resident memory of a node's process, in bytes.
    pub fn memory(&self, node: usize) -> u64 {
        self.proc_bytes(node, "VmRSS:")
    }

    /// The most resident memory that it ever had, in bytes.
    pub fn memory_peak(&self, node: usize) -> u64 {
        self.proc_bytes(node, "VmHWM:")
    }

    fn proc_bytes(&self, node: usize, field: &str) -> u64 {
        let process = self.nodes[node].process.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let nodes = self.nodes.iter_mut().filter_map(|member| member.process.as_mut());
        for child in nodes.chain(self.agents.values_mut()) {
            let _ = child.kill();
            let _ = child.wait();
        }
        if !std::thread::panicking() {
            return;
        }
        let of_node = |node: &Member| self.folder(&node.slug).join("node.log");
        let of_agent = |kind: &String| self.dir.path().join(format!("{kind}.log"));
        for path in self.nodes.iter().map(of_node).chain(self.agents.keys().map(of_agent)) {
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the last of {} log lines in {}:", lines.len(), path.display());
            lines[lines.len().saturating_sub(LOG_LINES)..].iter().for_each(|line| eprintln!("  {line}"));
        }
    }
}

/// Applies a change to the genesis document and brings the configurations of clients and agents along.
fn changed(net: &Path, change: impl FnOnce(&mut GenesisDoc), folders: &BTreeMap<OrgId, String>) -> ChainId {
    let path = net.join("genesis.toml");
    let before = std::fs::read_to_string(&path).unwrap();
    let mut doc = GenesisDoc::from_toml(&before).unwrap();
    change(&mut doc);
    let after = doc.to_toml().unwrap();
    let chain = build(&doc).unwrap().chain;
    if after != before {
        std::fs::write(&path, after).unwrap();
        for folder in folders.values() {
            for (name, section) in CHAIN_IN {
                let path = net.join(folder).join(name);
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                let mut file: toml::Table = toml::from_str(&text).unwrap();
                let table = match section {
                    Some(section) => file[section].as_table_mut().unwrap(),
                    None => &mut file,
                };
                table.insert("chain".into(), chain.to_string().into());
                std::fs::write(&path, toml::to_string(&file).unwrap()).unwrap();
            }
        }
    }
    chain
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    // With --json the error is among what is said.
    assert!(output.status.success(), "{command:?}: {}{said}", String::from_utf8_lossy(&output.stderr));
    said
}

fn json(command: &mut Command) -> Value {
    serde_json::from_str(&output(command)).unwrap()
}
