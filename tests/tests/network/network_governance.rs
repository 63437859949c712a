//! A network governs itself through the command line: a parameter changes by votes and after its time lock, and an
//! emergency suspends a member until it lapses by itself.

use assent_tests::e2e::{Network, until};
use serde_json::Value;

const HOSPITAL: &str = "shenzhen-hospital";
const INSURER: &str = "second-insurer";
const REGULATOR: &str = "regulator";
/// Two thirds of the regulators and half of every other chamber, with nobody to spare.
const VOTERS: [&str; 7] = [
    REGULATOR,
    HOSPITAL,
    "hongkong-hospital",
    "hongkong-insurer",
    "custodian-guangzhou",
    "custodian-shenzhen",
    "custodian-dongguan",
];
const DAY: &str = "86400000";
const CHANGE: [&str; 6] = ["gov", "propose", "--param", "claims.ack_ms", "--value", DAY];

struct World {
    network: Network,
}

impl World {
    /// The number with which a command was refused.
    fn refused(&self, member: &str, args: &[&str]) -> u64 {
        let output = self.network.cli_command(member, args).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["error"]["number"].as_u64().unwrap_or_else(|| panic!("{args:?}: {said}"))
    }

    /// A proposal, as any member sees it.
    fn show(&self, id: &str) -> Value {
        self.network.cli(INSURER, &["gov", "show", id])
    }

    async fn becomes(&self, id: &str, status: &str) -> Value {
        until(status, || async {
            let proposal = self.show(id)["proposal"].clone();
            (proposal["status"] == status).then_some(proposal)
        })
        .await
    }

    fn record(&self, key: &str) -> Value {
        self.network.cli(HOSPITAL, &["query", "state", key])
    }

    /// A file with a text, for orders and payloads.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.network.dir().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parameters_change_by_votes_and_emergencies_lapse() {
    let network = Network::start_with(|genesis| {
        genesis.params.governance.timelock_ms = 2_000;
        genesis.params.governance.emergency_ms = 15_000;
    });
    let mut world = World { network };
    a_parameter_changes(&world).await;
    bad_inputs(&world);
    an_emergency_lapses(&world).await;
    world.network.assert_all_run();
}

async fn a_parameter_changes(world: &World) {
    let dry = world.network.cli_text(HOSPITAL, &[&CHANGE[..], &["--dry-run"]].concat());
    for expected in [
        "SetParam claims.ack_ms (class G-F)",
        "possible now",
        "params.claims.ack_ms: 172800000 ms (2 d) -> 86400000 ms (1 d)",
        "2/3 of the regulators: 0 of 1 agree, not enough (members 4; no vote yet: 4)",
        "1/2 of the infrastructure: 0 of 6 agree",
        "nothing was proposed",
    ] {
        assert!(dry.contains(expected), "{expected:?} is not in\n{dry}");
    }
    let listed = world.network.cli(INSURER, &["gov", "list"]);
    assert_eq!(listed["proposals"].as_array().map(Vec::len), Some(0), "a dry run leaves nothing: {listed}");

    let proposed = world.network.cli(HOSPITAL, &CHANGE);
    let id = proposed["proposal"].as_str().unwrap().to_owned();
    for (index, voter) in VOTERS.iter().enumerate() {
        assert_eq!(world.show(&id)["proposal"]["status"], "Open", "without vote {index}");
        world.network.cli(voter, &["gov", "vote", &id, "yes"]);
    }
    assert_eq!(world.refused(INSURER, &["gov", "vote", &id, "no"]), 607, "approved");
    let executed = world.becomes(&id, "Executed").await;
    let at = |value: &Value| value.as_u64().unwrap();
    assert!(at(&executed["ended"]) >= at(&executed["tally"]["at"]) + 2_000, "not before its time: {executed}");
    let params = world.record("params").to_string();
    assert!(params.contains("\"ack_ms\":86400000"), "{params}");

    let again = world.network.cli_text(HOSPITAL, &[&CHANGE[..], &["--dry-run"]].concat());
    assert!(again.contains("not possible now: E209 E_PROPOSAL"), "{again}");
    assert_eq!(world.refused(HOSPITAL, &CHANGE), 209);
}

/// Votes, powers and proposals that are refused, by their numbers.
fn bad_inputs(world: &World) {
    let change = ["gov", "propose", "--param", "claims.pay_ms", "--value", DAY];
    let id = world.network.cli(HOSPITAL, &change)["proposal"].as_str().unwrap().to_owned();
    let vote = ["gov", "vote", &id, "yes"];
    world.network.cli(HOSPITAL, &vote);
    assert_eq!(world.refused(HOSPITAL, &vote), 206, "twice");
    assert_eq!(world.refused("settlement-bank", &vote), 203, "without a seat");
    let power = world.file("power.json", r#"{"set_validator_power": {"org": 1, "power": 0}}"#);
    assert_eq!(world.refused(HOSPITAL, &["gov", "propose", "--payload", &power]), 207);
    let places = world.file("places.json", r#"{"set_basis_kind": {"kind": "CN_SCC", "accepted": false}}"#);
    assert_eq!(world.refused(HOSPITAL, &["gov", "propose", "--payload", &places]), 203, "the regulators' matter");
    assert_eq!(world.refused(HOSPITAL, &["gov", "show", &"0".repeat(64)]), 905);
}

async fn an_emergency_lapses(world: &World) {
    let order = world.file("order.txt", "Suspended until the matter is examined.");
    let suspend = ["gov", "emergency", "org:5", "--order", &order];
    assert_eq!(world.refused(HOSPITAL, &suspend), 203);
    let imposed = world.network.cli(REGULATOR, &suspend);
    let id = imposed["proposal"]["id"].as_str().unwrap().to_owned();
    assert_eq!(imposed["proposal"]["status"], "EmergencyInForce");
    assert!(world.record("org:5").to_string().contains("suspended"));
    let listed = world.network.cli(HOSPITAL, &["gov", "list"]);
    assert!(listed["halts"]["measures"].to_string().contains(&id), "{listed}");

    let proposal = until("the emergency lapses", || async {
        let shown = world.network.cli(HOSPITAL, &["gov", "show", &id])["proposal"].clone();
        (shown["status"] == "EmergencyLapsed").then_some(shown)
    })
    .await;
    let at = |value: &Value| value.as_u64().unwrap();
    assert!(at(&proposal["ended"]) >= at(&proposal["at"]) + 15_000, "{proposal}");
    assert!(!world.record("org:5").to_string().contains("suspended"), "by itself");
    assert_eq!(world.refused(REGULATOR, &suspend), 208, "the same regulator, again");
    let halt = ["gov", "emergency", "outbound:CN", "--order", &order];
    let other = world.network.cli(REGULATOR, &halt)["proposal"]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.refused(HOSPITAL, &["gov", "lift", &other]), 203);
    let lifted = world.network.cli(REGULATOR, &["gov", "lift", &other]);
    assert_eq!(lifted["proposal"]["status"], "EmergencyLapsed");
}
