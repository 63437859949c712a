//! A member's node that starts late.

use assent_client::{Cursor, Proofs};
use assent_tests::e2e::{Load, Network, within};
use assent_types::state::StateKey;
use assent_types::{Height, OrgId};

/// The second insurer: a member that does not validate.
const LATE: usize = 4;
const INSURER: OrgId = OrgId(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn catches_up_and_serves_verified_reads() {
    let mut network = Network::start();
    let hospital = network.key(OrgId(1), "sign-tx");
    let load = Load::start((0..4).map(|node| network.client(&[node], OrgId(1))).collect(), &hospital);
    load.more(200).await;
    // It comes while blocks are being made, with one validator away.
    network.kill(&[1]);
    network.run(1);
    network.run(LATE);
    let head = network.client(&[0], OrgId(1)).status().await.unwrap().height;
    network.reaches(LATE, head).await;
    load.more(20).await;
    let all = load.finish().await;
    let last = all.iter().map(|one| one.receipt.height).max().unwrap();
    network.reaches(LATE, last.0).await;

    let late = network.client(&[LATE], INSURER);
    let status = network.cli("second-insurer", &["node", "status", "--node", "5"]);
    assert_eq!(status["validator"], false);
    // Everything below is checked against the chain id inside the client.
    for one in &all {
        let found = late.receipt(one.receipt.tx).await.unwrap();
        assert_eq!((&found.receipt, found.position), (&one.receipt, one.position));
        assert!(found.details.is_none(), "the insurer is no party to a registration at the hospital");
    }
    let keys = [StateKey::Org(OrgId(1)), StateKey::Org(OrgId(77))];
    let state = late.get(&keys).await.unwrap();
    assert!(state.height >= last);
    assert!(state.value(&keys[0]).unwrap().is_some() && state.value(&keys[1]).unwrap().is_none());
    late.consistency(Height(1), None).await.unwrap();
    let mut events = late.events(Cursor::START, Proofs::Verified);
    let mut seen = Vec::new();
    while let Some(item) = within("the history", events.next_or_caught_up()).await.unwrap() {
        seen.push(item.receipt);
    }
    let mut wanted: Vec<_> = all.iter().map(|one| one.receipt.clone()).collect();
    wanted.sort_by_key(|receipt| (receipt.height, receipt.index));
    assert_eq!(seen, wanted);
    network.assert_all_run();
}
