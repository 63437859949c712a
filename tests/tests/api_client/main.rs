//! The client against running nodes: nothing is lost or repeated when nodes are killed, a node says for whom it waits,
//! and a late node catches up.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "the network is shared with the tests of bad input, which use other parts of it")]

#[path = "../api_bad_input/network.rs"]
mod network;

use std::process::Command;
use std::time::Duration;

use assent_client::{Client, Config, Cursor, EventItem, Proofs};
use assent_types::subject::AgeBand;
use assent_types::{OrgId, TxHash};
use network::{Network, PATIENCE, Patient, program};

const REGISTRATIONS: usize = 60;

/// A client that knows all four nodes.
fn client(network: &Network) -> Client {
    let endpoints = (0..4).map(|validator| network.endpoint(validator)).collect();
    let key = network.key(OrgId(1), "sign-tx");
    let mut config = Config::new(endpoints, network.ca.clone(), network.chain, key);
    config.retry_for = PATIENCE;
    config.call_timeout = Duration::from_secs(20);
    Client::connect(config).unwrap()
}

async fn register(network: &Network, client: &Client) -> TxHash {
    let action = Patient::new().registration(network.chain, AgeBand::Adult);
    network::execute(client, &network.key(OrgId(1), "sign-tx"), action).await.receipt.tx
}

/// Repeats a question until the answer will do.
async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asked = async {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        loop {
            pace.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}

async fn follow(client: Client, wanted: usize) -> Vec<EventItem> {
    let mut events = client.events(Cursor::START, Proofs::Verified);
    let mut items = Vec::new();
    while items.len() < wanted {
        items.push(tokio::time::timeout(PATIENCE, events.next()).await.unwrap().unwrap());
    }
    items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_go_on_without_loss_or_repeat_when_the_node_is_killed() {
    let mut network = Network::start();
    let client = client(&network);
    let following = tokio::spawn(follow(client.clone(), REGISTRATIONS));
    let mut submitted = Vec::new();
    for number in 0..REGISTRATIONS {
        if number == REGISTRATIONS / 3 {
            network.kill(0);
        }
        if number == REGISTRATIONS * 2 / 3 {
            network.restart(0);
        }
        submitted.push(register(&network, &client).await);
    }
    let items = following.await.unwrap();
    let seen: Vec<TxHash> = items.iter().map(|item| item.receipt.tx).collect();
    assert_eq!(seen, submitted, "each receipt once, in the order of the chain");

    // The node that was killed has the same chain, and proves it.
    let restarted = network.client_at(0, network.key(OrgId(1), "sign-tx"));
    let last = *submitted.last().unwrap();
    until("the restarted node catches up", || async { restarted.receipt(last).await.ok() }).await;
    let again = follow(restarted, REGISTRATIONS).await;
    assert!(again.iter().map(|item| item.receipt.tx).eq(submitted), "the killed node tells another history");
    assert_eq!(again.last().unwrap().next, items.last().unwrap().next);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_names_whom_it_waits_for_and_a_late_node_catches_up() {
    let mut network = Network::start();
    let client = network.client(OrgId(1));
    for _ in 0..5 {
        register(&network, &client).await;
    }
    network.kill(2);
    network.kill(3);
    let action = Patient::new().registration(network.chain, AgeBand::Adult);
    let waiting = client.transaction(&network.key(OrgId(1), "sign-tx"), action, &[]).unwrap();
    client.submit(&waiting).await.unwrap();
    let why = until("both silent validators are named", || async {
        let why = client.why_no_block().await.unwrap();
        let gone: Vec<u32> =
            why.validators.iter().filter(|one| !one.connected).map(|one| one.member.as_ref().unwrap().org).collect();
        (gone == [3, 4] && why.round >= 0 && why.next_timeout_ms.is_some()).then_some(why)
    })
    .await;
    assert_eq!((why.quorum_power, why.total_power), (3, 4));
    let told = Command::new(program("assent"))
        .args(["node", "why-no-block", "--client"])
        .arg(network.client_file("shenzhen-hospital"))
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    for name in ["Hong Kong Sample Insurer (3)", "Shenzhen Sample Regulator (4)"] {
        assert!(told.lines().next().unwrap().contains(name), "{told}");
    }

    network.restart(2);
    network.restart(3);
    let receipt = client.wait(&waiting, PATIENCE).await.unwrap();
    assert_eq!(receipt.outcome(), Ok(()), "what was submitted while the chain stood still becomes final after all");

    network.start_follower();
    let mut config = Config::new(
        vec![assent_client::Endpoint { node: OrgId(5), ..network.endpoint(4) }],
        network.ca.clone(),
        network.chain,
        network.key(OrgId(5), "sign-tx"),
    );
    config.retry_for = PATIENCE;
    let late = Client::connect(config).unwrap();
    let proven = until("the late node catches up", || async { late.receipt(waiting.hash()).await.ok() }).await;
    assert_eq!(proven.receipt, receipt.receipt);
    assert!(proven.details.is_none(), "the second insurer is no party to this receipt");
    assert!(network.all_run());
}
