//! Everybody who takes part: nodes, agents, and the command line of each member.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::super::BenchError;
use super::super::network::Network;

/// Folder of the hospital that controls the documents, and files claims.
pub(super) const HOSPITAL: &str = "hongkong-hospital";
/// Folder of the insurer, which asks for documents and decides on claims.
pub(super) const INSURER: &str = "hongkong-insurer";
/// Folder of the bank.
pub(super) const BANK: &str = "settlement-bank";
/// The custodian of each shard: its number and its folder.
pub(super) const CUSTODIANS: [(&str, &str); 4] = [
    ("14", "custodian-hongkong-1"),
    ("15", "custodian-hongkong-2"),
    ("16", "custodian-hongkong-3"),
    ("11", "custodian-guangzhou"),
];

/// Processes of the custodians and the key service; killed when this is dropped.
pub(super) struct Agents(Vec<Child>);

impl Agents {
    /// Starts a process for each.
    pub(super) fn start(network: &Network) -> Result<Self, BenchError> {
        let mut agents = Self(Vec::new());
        let custodians = CUSTODIANS.iter().map(|(_, folder)| ("custodian", *folder));
        for (kind, folder) in custodians.chain([("keyservice", HOSPITAL)]) {
            let folder = network.folder().join(folder);
            let log = folder.join(format!("{kind}.log"));
            let log = std::fs::File::create(&log).map_err(|error| BenchError::at(log.display(), error))?;
            let process = Command::new(network.program())
                .args([kind, "run", "--config"])
                .arg(folder.join(format!("{kind}.toml")))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .map_err(|error| BenchError::at(kind, error))?;
            agents.0.push(process);
        }
        Ok(agents)
    }

    /// Their processes.
    pub(super) fn pids(&self) -> Vec<u32> {
        self.0.iter().map(Child::id).collect()
    }
}

impl Drop for Agents {
    fn drop(&mut self) {
        for process in &mut self.0 {
            // Nothing more can be done about a process that cannot be killed.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The network with its agents, and a patient who lets the insurer have laboratory results for claims.
pub(super) struct World {
    // Agents end before the nodes that they follow.
    pub(super) agents: Agents,
    pub(super) network: Network,
    /// The patient's pseudonym.
    pub(super) sp: String,
    /// The patient's key file.
    pub(super) key_file: String,
    /// Who holds the keys of the documents.
    pub(super) keyset: String,
}

impl World {
    /// What `assent --json` says with these arguments and the configuration of a member.
    pub(super) fn cli(&self, member: &str, args: &[&str]) -> Result<Value, BenchError> {
        cli(&self.network, Some(member), args)
    }

    /// A file beside the network with this content.
    pub(super) fn file(&self, name: &str, content: &[u8]) -> Result<String, BenchError> {
        let path = self.path(name);
        std::fs::write(&path, content).map_err(|error| BenchError::at(path.display(), error))?;
        argument(&path)
    }

    /// Where such a file is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.network.folder().join(name)
    }
}

/// What `assent --json` says with these arguments.
pub(super) fn cli(network: &Network, member: Option<&str>, args: &[&str]) -> Result<Value, BenchError> {
    let mut command = Command::new(network.program());
    command.arg("--json").args(args).stdin(Stdio::null());
    if let Some(member) = member {
        command.arg("--client").arg(network.folder().join(member).join("client.toml"));
    }
    let what = format!("assent {}", args.iter().take(2).copied().collect::<Vec<_>>().join(" "));
    let output = command.output().map_err(|error| BenchError::at(&what, error))?;
    if !output.status.success() {
        let (said, logged) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        return Err(network.explain(format!("{what}: {} {}", said.trim(), logged.trim())));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| BenchError::at(what, error))
}

/// A path as an argument.
pub(super) fn argument(path: &Path) -> Result<String, BenchError> {
    path.to_str().map(str::to_owned).ok_or_else(|| BenchError::at(path.display(), "not UTF-8"))
}

/// A text in an answer.
pub(super) fn text(value: &Value, pointer: &str) -> Result<String, BenchError> {
    let found = value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| BenchError::at(pointer, format!("not in {value}")))
}
