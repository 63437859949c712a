//! A network of node processes on the loopback interface.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assent_client::{Client, Config, Endpoint};
use assent_types::key::SecretKey;
use assent_types::{ChainId, Hash32, OrgId};
use serde_json::Value;

use super::BenchError;

/// How long a node may take to start and to find the others.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long a node may take to stop after it was asked to.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
/// Ports that the sample network takes: three for each of five nodes, two for each of six custodians and three key services.
const PORTS: u16 = 33;

/// One validator's process.
pub(super) struct Node {
    /// Name of its folder.
    pub(super) name: String,
    org: OrgId,
    url: String,
    folder: PathBuf,
    process: Option<Child>,
}

impl Node {
    /// Its process, if it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// The folder of its store and log.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

/// The sample network.
pub(super) struct Network {
    /// The chain.
    pub(super) chain: ChainId,
    /// The validators.
    pub(super) nodes: Vec<Node>,
    program: PathBuf,
    ca: String,
    folder: PathBuf,
}

impl Network {
    /// Makes the sample network below a folder and starts its validators.
    pub(super) fn start(programs: &Path, folder: &Path) -> Result<Self, BenchError> {
        let program = programs.join("assent");
        if !program.exists() {
            return Err(BenchError::at(program.display(), "not built"));
        }
        let folder = folder.join("net");
        let base_port = free_ports()?;
        let made = Command::new(&program)
            .args(["--json", "genesis", "sample", "--base-port", &base_port.to_string(), "--out"])
            .arg(&folder)
            .output()
            .map_err(|error| BenchError::at(program.display(), error))?;
        if !made.status.success() {
            return Err(BenchError::at("assent genesis sample", String::from_utf8_lossy(&made.stderr)));
        }
        let made: Value =
            serde_json::from_slice(&made.stdout).map_err(|error| BenchError::at("assent genesis sample", error))?;
        let ca = read(&folder.join("ca.pem"))?;
        let chain = text(&made, "chain").and_then(|chain| chain.parse().ok());
        let chain = chain.ok_or_else(|| BenchError::new("assent genesis sample named no chain"))?;
        let nodes = made["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let nodes: Vec<Node> =
            nodes.iter().filter(|node| node["validator"] == true).filter_map(|node| planned(node, &folder)).collect();
        let mut network = Self { chain, nodes, program, ca, folder };
        for index in 0..network.nodes.len() {
            network.spawn(index)?;
        }
        Ok(network)
    }

    /// Starts a node's process.
    pub(super) fn spawn(&mut self, index: usize) -> Result<(), BenchError> {
        let node = &mut self.nodes[index];
        let log = node.folder.join("node.log");
        let log = std::fs::File::create(&log).map_err(|error| BenchError::at(log.display(), error))?;
        let process = Command::new(&self.program)
            .args(["node", "run", "--config"])
            .arg(node.folder.join("node.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| BenchError::at(self.program.display(), error))?;
        node.process = Some(process);
        Ok(())
    }

    /// Kills a node at once (SIGKILL).
    pub(super) fn kill(&mut self, index: usize) -> Result<(), BenchError> {
        let node = &mut self.nodes[index];
        let Some(mut process) = node.process.take() else { return Ok(()) };
        process.kill().and_then(|()| process.wait()).map_err(|error| BenchError::at(&node.name, error))?;
        Ok(())
    }

    /// Asks a node to stop (SIGTERM) and waits until it has.
    pub(super) fn stop(&mut self, index: usize) -> Result<(), BenchError> {
        let node = &mut self.nodes[index];
        let Some(mut process) = node.process.take() else { return Ok(()) };
        let asked = Command::new("kill").arg(process.id().to_string()).status();
        asked.map_err(|error| BenchError::at("kill", error))?;
        let end = Instant::now() + STOP_PATIENCE;
        while process.try_wait().map_err(|error| BenchError::at(&node.name, error))?.is_none() {
            if Instant::now() > end {
                node.process = Some(process);
                return Err(BenchError::at(&node.name, "did not stop"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The SIGN_TX key of a validator's organisation.
    pub(super) fn signing_key(&self, org: OrgId) -> Result<SecretKey, BenchError> {
        let node = self.nodes.iter().find(|node| node.org == org);
        let node = node.ok_or_else(|| BenchError::new(format!("no validator is organisation {org}")))?;
        key_of(&node.folder.join("keys/sign-tx.key"))
    }

    /// A client with this key at one node.
    pub(super) fn client(&self, index: usize, key: &SecretKey) -> Result<Client, BenchError> {
        let node = &self.nodes[index];
        let endpoint = Endpoint { url: node.url.clone(), node: node.org };
        let key = SecretKey::from_seed(&key.seed());
        let mut config = Config::new(vec![endpoint], self.ca.clone(), self.chain, key);
        config.retry_for = START_PATIENCE;
        config.call_timeout = START_PATIENCE;
        Client::connect(config).map_err(BenchError::new)
    }

    /// A client with this key at each node.
    pub(super) fn clients(&self, key: &SecretKey) -> Result<Vec<Client>, BenchError> {
        (0..self.nodes.len()).map(|index| self.client(index, key)).collect()
    }

    /// Waits until every running node sees so many others.
    pub(super) async fn wait_connected(&self, clients: &[Client], peers: usize) -> Result<(), BenchError> {
        let end = Instant::now() + START_PATIENCE;
        for client in clients {
            loop {
                let status = client.status().await.map_err(|error| self.explain(error))?;
                if status.peers.len() >= peers {
                    break;
                }
                if Instant::now() > end {
                    return Err(self.explain(format!("{} has {} peers", client.node_url(), status.peers.len())));
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(())
    }

    /// An error with the last lines of every node's log.
    pub(super) fn explain(&self, problem: impl std::fmt::Display) -> BenchError {
        let mut lines = vec![problem.to_string()];
        for node in &self.nodes {
            lines.push(format!("last lines of {}:", node.name));
            let log = std::fs::read_to_string(node.folder.join("node.log")).unwrap_or_default();
            let all: Vec<&str> = log.lines().collect();
            lines.extend(all[all.len().saturating_sub(5)..].iter().map(|line| format!("  {line}")));
        }
        BenchError::new(lines.join("\n"))
    }

    /// The folder of the whole network.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The `assent` program.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for index in 0..self.nodes.len() {
            // Nothing more can be done about a process that cannot be killed.
            let _ = self.kill(index);
        }
    }
}

fn planned(node: &Value, folder: &Path) -> Option<Node> {
    let name = text(node, "slug")?.to_owned();
    let org = OrgId(u32::try_from(node["org"].as_u64()?).ok()?);
    let url = format!("https://{}", text(node, "api")?);
    Some(Node { folder: folder.join(&name), name, org, url, process: None })
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value[field].as_str()
}

/// The key of a key file.
pub(super) fn key_of(path: &Path) -> Result<SecretKey, BenchError> {
    let fields: toml::Table = read(path)?.parse().map_err(|_| BenchError::at(path.display(), "no key file"))?;
    let seed: Option<Hash32> = fields.get("seed").and_then(|seed| seed.as_str()?.parse().ok());
    let seed = seed.ok_or_else(|| BenchError::at(path.display(), "no seed"))?;
    Ok(SecretKey::from_seed(&seed.0))
}

fn read(path: &Path) -> Result<String, BenchError> {
    std::fs::read_to_string(path).map_err(|error| BenchError::at(path.display(), error))
}

/// The first of so many ports in a row that nobody listens on.
fn free_ports() -> Result<u16, BenchError> {
    // Processes that start together look at different ports, all below the range from which the system takes ports by
    // itself.
    let blocks = (32_000 - 20_000) / PORTS;
    let start = u16::try_from(std::process::id() % u32::from(blocks)).unwrap_or_default();
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let mut bases = (start..start + blocks).map(|block| 20_000 + block % blocks * PORTS);
    bases.find(|base| (*base..base + PORTS).all(free)).ok_or_else(|| BenchError::new("no free ports"))
}
