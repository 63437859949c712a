//! Custodians whose disks are small: file systems in memory that exist for the agents' process alone, so that nothing of
//! them is left when it ends.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Network;
use super::network::CUSTODIANS;

/// The agents that run on small disks, as [`Network`] names their process.
const KIND: &str = "custodian";
/// Mounts a file system of so many bytes over each folder, then becomes the program after the dashes.
const MOUNT_AND_RUN: &str = r#"
size=$1 && shift
while [ "$1" != -- ]; do mount -t tmpfs -o "size=$size" tmpfs "$1" || exit 1; shift; done
shift && exec "$@""#;

impl Network {
    /// Starts every custodian agent in one process; these keep their shards on disks of so many bytes.
    ///
    /// # Panics
    /// If the machine lets nobody mount a file system in a namespace: what cannot be checked has not passed.
    pub fn run_custodians_on_small_disks(&mut self, small: &[&str], bytes: u64) {
        let mut command = Command::new("unshare");
        command.args(namespaces().iter().map(|namespace| format!("--{namespace}")));
        command.args(["sh", "-c", MOUNT_AND_RUN, "sh", &bytes.to_string()]);
        for member in small {
            let shards = self.folder(member).join("shards");
            std::fs::create_dir_all(&shards).unwrap();
            command.arg(shards);
        }
        command.arg("--");
        self.spawn_agent(KIND, command, &CUSTODIANS);
    }

    /// Makes a small disk as large as this.
    pub fn resize_disk(&self, member: &str, bytes: u64) {
        let target = self.agent_process(KIND).to_string();
        let mut command = Command::new("nsenter");
        command.args(["--target", &target, "--mount"]);
        if namespaces().len() > 1 {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.args(["mount", "-o", &format!("remount,size={bytes}")]).arg(self.folder(member).join("shards"));
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Where a path of the custodian agents is found from outside of their process.
    pub fn as_custodians_see(&self, path: &Path) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.agent_process(KIND)));
        root.join(path.strip_prefix("/").unwrap())
    }
}

/// Namespaces of `unshare` in which this user may mount: root needs no user namespace, everybody else does.
fn namespaces() -> &'static [&'static str] {
    let may = |namespaces: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(namespaces.iter().map(|namespace| format!("--{namespace}")));
        let tried = command.args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output().unwrap();
        tried.status.success()
    };
    let ways: [&'static [&'static str]; 2] = [&["mount"], &["mount", "map-root-user"]];
    let found = ways.iter().find(may);
    found.expect("NOT RUN: this machine lets nobody mount a file system (in a container: --cap-add SYS_ADMIN)")
}
