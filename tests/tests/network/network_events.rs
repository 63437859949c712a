//! Whoever follows the events of the chain misses none and sees none twice, also when nodes are killed.

use assent_client::{Client, Cursor, EventItem, Proofs};
use assent_tests::e2e::{Network, Patient, must_execute, within};
use assent_types::subject::AgeBand;
use assent_types::{OrgId, TxHash};

const REGISTRATIONS: usize = 60;

async fn follow(client: Client) -> Vec<EventItem> {
    let mut events = client.events(Cursor::START, Proofs::Verified);
    let mut items = Vec::new();
    while items.len() < REGISTRATIONS {
        items.push(within("the next event", events.next()).await.unwrap());
    }
    items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn go_on_without_loss_or_repeat() {
    let mut network = Network::start();
    let client = network.client(&[0, 1, 2, 3], OrgId(1));
    let hospital = network.key(OrgId(1), "sign-tx");
    let following = tokio::spawn(follow(client.clone()));
    let mut submitted: Vec<TxHash> = Vec::new();
    for number in 0..REGISTRATIONS {
        if number == REGISTRATIONS / 3 {
            network.kill(&[0]);
        }
        if number == REGISTRATIONS * 2 / 3 {
            network.run(0);
        }
        let action = Patient::new().registration(network.chain, AgeBand::Adult);
        submitted.push(must_execute(&client, &hospital, action, &[]).await.receipt.tx);
    }
    let items = following.await.unwrap();
    let seen: Vec<TxHash> = items.iter().map(|item| item.receipt.tx).collect();
    assert_eq!(seen, submitted, "each receipt once, in the order of the chain");

    // The node that was killed tells the same history, and proves it.
    let again = follow(network.client(&[0], OrgId(1))).await;
    assert!(again.iter().map(|item| item.receipt.tx).eq(submitted), "the killed node tells another history");
    assert_eq!(again.last().unwrap().next, items.last().unwrap().next);
    network.assert_all_run();
}
