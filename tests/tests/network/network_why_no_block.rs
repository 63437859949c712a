//! A node says for whom it waits.

use assent_tests::e2e::{Load, Network, until};
use assent_types::OrgId;
use serde_json::{Value, json};

const INSURER: &str = "Hong Kong Sample Insurer (3)";
const REGULATOR: &str = "Shenzhen Sample Regulator (4)";
const MEMBER: &str = "shenzhen-hospital";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_both() {
    let mut network = Network::start();
    let hospital = network.key(OrgId(1), "sign-tx");
    let clients = vec![network.client(&[0], OrgId(1)), network.client(&[1], OrgId(1))];
    let load = Load::start(clients, &hospital);
    load.more(10).await;
    assert!(named(&why(&network)).len() < 4, "blocks are made and everybody is called silent");

    // Two nodes hang: their connections stay open, and nothing comes.
    network.pause(2);
    network.pause(3);
    both_are_named(&network).await;
    network.resume(2);
    network.resume(3);
    load.more(10).await;

    // Two nodes are gone.
    network.kill(&[2, 3]);
    let why = both_are_named(&network).await;
    assert_eq!(why["quorum_power"], 3);
    assert_eq!(why["total_power"], 4);
    let height = network.cli(MEMBER, &["node", "status", "--node", "1"])["height"].clone();
    assert_eq!(why["height"].as_u64().unwrap(), height.as_u64().unwrap() + 1);
    network.run(2);
    network.run(3);
    load.more(10).await;
    load.finish().await;
    network.assert_all_run();
}

/// Asks until the node names the two, as data and in words.
async fn both_are_named(network: &Network) -> Value {
    until("the node waits for the two that are silent", || async {
        let found = why(network);
        let silent = named(&found);
        // A last vote of the two may have reached this node alone. The other one then lacks it and is a step behind.
        let both = [3, 4].iter().all(|org| silent.contains(&json!(org)));
        (both && !silent.contains(&json!(1))).then_some(found)
    })
    .await;
    until("the words name the two", || async {
        let text = network.cli_text(MEMBER, &["node", "why-no-block", "--node", "1"]);
        let first = text.lines().next().unwrap_or_default().to_owned();
        (first.contains(INSURER) && first.contains(REGULATOR) && !first.contains("(1)")).then_some(())
    })
    .await;
    why(network)
}

fn why(network: &Network) -> Value {
    network.cli(MEMBER, &["node", "why-no-block", "--node", "1"])
}

/// Organisations that the answer calls silent.
fn named(why: &Value) -> Vec<Value> {
    let validators = why["validators"].as_array().unwrap();
    let silent = validators.iter().filter(|validator| validator["silent"] == json!(true));
    silent.map(|validator| validator["member"]["org"].clone()).collect()
}
