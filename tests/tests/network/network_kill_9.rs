//! Nodes that are killed under load lose nothing that a client was told.

use assent_client::{Client, FinalReceipt};
use assent_proofs::bundle::{Bundle, Proven};
use assent_tests::e2e::{Load, Network, until};
use assent_types::block::Header;
use assent_types::{ChainId, OrgId};

/// Clients that submit at the same time.
const LANES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loses_nothing() {
    let mut network = Network::start();
    let hospital = network.key(OrgId(1), "sign-tx");
    // Each lane begins at another node and turns to the next one when its own is gone.
    let lanes = (0..LANES).map(|lane| {
        let nodes: Vec<usize> = (0..4).map(|next| (lane + next) % 4).collect();
        network.client(&nodes, OrgId(1))
    });
    let load = Load::start(lanes.collect(), &hospital);

    load.more(60).await;
    network.kill(&[2]);
    load.more(60).await;
    network.run(2);
    let head = final_header(&network.client(&[0], OrgId(1)), network.chain).await;
    network.reaches(2, head.height.0).await;
    load.more(60).await;

    let before = final_header(&network.client(&[1], OrgId(1)), network.chain).await;
    network.kill(&[0, 1, 2, 3]);
    let told = load.receipts();
    for node in 0..4 {
        network.run(node);
    }
    load.more(60).await;
    let all = load.finish().await;
    assert!(all.starts_with(&told) && told.len() >= 180);

    for node in 0..4 {
        holds_everything(&network, node, &all, &before).await;
    }
    catches_faults(&all, network.chain);
    network.assert_all_run();
}

async fn final_header(client: &Client, chain: ChainId) -> Header {
    let bundle = client.finality(None).await.unwrap();
    Bundle::verify(&bundle, chain).unwrap().header
}

/// A node proves every receipt as it was told, and that its history only grew since a header from before.
async fn holds_everything(network: &Network, node: usize, told: &[FinalReceipt], before: &Header) {
    let client = network.client(&[node], OrgId(1));
    let newest = told.iter().map(|one| one.receipt.height.0).max().unwrap();
    network.reaches(node, newest).await;
    for one in told {
        let found = client.receipt(one.receipt.tx).await.unwrap();
        if let Err(fault) = same(one, &found, network.chain) {
            panic!("node {node}: {fault}");
        }
    }
    let grown = client.consistency(before.height, None).await.unwrap();
    let grown = Bundle::verify(&grown, network.chain).unwrap();
    assert!(grown.header.log_size > before.log_size, "node {node}: nothing was added");
    match grown.proven {
        Proven::Consistency { older, .. } => assert_eq!(older, *before, "node {node}: another past"),
        other => panic!("node {node}: {other:?}"),
    }
}

/// Whether a receipt is proven now as it was when the client was told.
fn same(told: &FinalReceipt, found: &FinalReceipt, chain: ChainId) -> Result<(), String> {
    let receipt = &told.receipt;
    for (when, bundle) in [("then", &told.bundle), ("now", &found.bundle)] {
        let proven = Bundle::verify(bundle, chain).map_err(|error| format!("the proof from {when}: {error}"))?.proven;
        let Proven::Receipt { receipt: proven, index, details } = proven else {
            return Err(format!("the proof from {when} proves no receipt"));
        };
        if (&proven, index, &details) != (receipt, told.position, &told.details) {
            return Err(format!("the proof from {when} proves something else for {:?}", receipt.tx));
        }
    }
    let same = (&found.receipt, found.position, &found.details) == (receipt, told.position, &told.details);
    if same { Ok(()) } else { Err(format!("{:?} is another receipt now", receipt.tx)) }
}

/// The comparison finds a receipt that moved, one that changed and a proof that does not hold.
fn catches_faults(all: &[FinalReceipt], chain: ChainId) {
    let (one, other) = (&all[0], &all[1]);
    assert_eq!(same(one, one, chain), Ok(()));
    assert!(same(one, other, chain).is_err());
    let mut moved = one.clone();
    moved.position += 1;
    assert!(same(one, &moved, chain).is_err());
    let mut cut = one.clone();
    *cut.bundle.last_mut().unwrap() ^= 1;
    assert!(same(one, &cut, chain).is_err());
}

/// A transaction that was submitted to nodes which were all killed before any block held it still becomes final: the
/// client submits it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcome_is_never_unknown() {
    use assent_tests::e2e::{PATIENCE, Patient};
    use assent_types::subject::AgeBand;

    let mut network = Network::start();
    let hospital = network.key(OrgId(1), "sign-tx");
    let client = network.client(&[0, 1], OrgId(1));
    network.reaches(0, 0).await;
    // Two of four cannot decide, so what they admit stays where it is.
    network.kill(&[2, 3]);
    let action = Patient::new().registration(network.chain, AgeBand::Adult);
    let tx = client.transaction(&hospital, action, &[]).unwrap();
    client.submit(&tx).await.unwrap();
    until("the transaction waits at both", || async {
        let waiting = client.status().await.unwrap().mempool_txs;
        (waiting > 0).then_some(())
    })
    .await;
    network.kill(&[0, 1]);
    let waiting = tokio::spawn(async move { client.wait(&tx, PATIENCE).await });
    for node in 0..4 {
        network.run(node);
    }
    let receipt = waiting.await.unwrap().unwrap();
    assert_eq!(receipt.outcome(), Ok(()));
    network.assert_all_run();
}
