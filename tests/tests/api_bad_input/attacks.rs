//! Strangers, floods, malformed frames and slow readers, at the port for applications and at the port for nodes.

use std::time::Duration;

use assent_client::{Cursor, Proofs};
use assent_proto::v1;
use assent_tests::e2e::Port;
use assent_types::OrgId;
use assent_types::subject::AgeBand;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::network::{Network, PATIENCE, Patient};
use crate::readers::{authorised, channel, ledger, number};
use crate::{UNLISTED, answered};

pub(crate) async fn run(network: &Network) {
    garbage(network).await;
    oversized(network).await;
    open_services(network).await;
    flood(network).await;
    slow_reader(network).await;
}

/// Bytes that are no handshake: the connection is closed, and only that one.
async fn garbage(network: &Network) {
    for (offset, port) in [(Port::Peers, "node port"), (Port::Api, "application port")] {
        for (input, bytes) in [
            ("zeros", vec![0; 4096]),
            ("all ones", vec![0xff; 4096]),
            ("an HTTP/1 request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
            ("an HTTP/2 preface without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".repeat(64)),
        ] {
            let mut stream = TcpStream::connect(network.addr(0, offset)).await.unwrap();
            // The node may close before everything is written.
            let _ = stream.write_all(&bytes).await;
            let closed = tokio::time::timeout(PATIENCE, async {
                let mut sink = Vec::new();
                let _ = stream.read_to_end(&mut sink).await;
            });
            closed.await.unwrap_or_else(|_| panic!("{input} at the {port}: the connection stays open"));
            answered(UNLISTED, &format!("{input} at the {port}"), "connection closed");
        }
    }
}

async fn oversized(network: &Network) {
    let mut ledger = ledger(network).await;
    let request = v1::SubmitRequest { tx: vec![0; 1 << 20], wait_ms: 0 };
    let status = ledger.submit(authorised(network, request)).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::OutOfRange, "{status}");
    answered(7, "message of 1 MiB", "refused before it is read");
}

/// Health and reflection answer strangers; nothing else does.
async fn open_services(network: &Network) {
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel(network).await);
    let request = tonic_health::pb::HealthCheckRequest { service: "assent.v1.Ledger".into() };
    let answer = health.check(request).await.unwrap().into_inner();
    assert_eq!(answer.status(), tonic_health::pb::health_check_response::ServingStatus::Serving);
    let mut ledger = ledger(network).await;
    let status = ledger.submit(v1::SubmitRequest::default()).await.unwrap_err();
    assert_eq!(number(&status), Some(904));
}

/// More calls without a token than an address may make: all are refused, and members are still served.
async fn flood(network: &Network) {
    let ledger = ledger(network).await;
    let mut calls = Vec::new();
    for _ in 0..2000 {
        let mut ledger = ledger.clone();
        calls.push(tokio::spawn(async move {
            ledger.finality(v1::FinalityRequest { height: None }).await.map(|_| ()).unwrap_err()
        }));
    }
    for call in calls {
        let status = call.await.unwrap();
        assert!(matches!(number(&status), Some(904 | 109)), "{status}");
    }
    answered(UNLISTED, "flood of 2,000 calls without a token", "each refused");
    network.client_at(1, network.key(OrgId(1), "sign-tx")).status().await.unwrap();
}

/// Streams whose reader reads nothing: the node keeps a bounded buffer for each and serves others meanwhile.
async fn slow_reader(network: &Network) {
    let client = network.client_at(0, network.key(OrgId(1), "sign-tx"));
    let hospital = network.key(OrgId(1), "sign-tx");
    let registrations = (0..600).map(|_| {
        let action = Patient::new().registration(network.chain, AgeBand::Adult);
        let tx = client.transaction(&hospital, action, &[]).unwrap();
        let client = client.clone();
        tokio::spawn(async move { client.submit_and_wait(&tx, PATIENCE).await.unwrap().outcome() })
    });
    for registration in registrations.collect::<Vec<_>>() {
        assert_eq!(registration.await.unwrap(), Ok(()));
    }
    let before = network.memory(0);
    let mut streams = Vec::new();
    for _ in 0..16 {
        let mut ledger = ledger(network).await;
        let request = v1::EventsRequest { height: 1, index: 0, proofs: true };
        streams.push(ledger.events(authorised(network, request)).await.unwrap());
    }
    let mut events = client.events(Cursor::START, Proofs::Verified);
    let mut seen = 0;
    while let Some(item) = tokio::time::timeout(PATIENCE, events.next_or_caught_up()).await.unwrap().unwrap() {
        assert!(item.bundle.is_some());
        seen += 1;
    }
    assert!(seen > 600, "only {seen} receipts");
    let grown = network.memory(0).saturating_sub(before);
    assert!(grown < 256 << 20, "16 slow readers cost {grown} bytes");
    answered(UNLISTED, "16 readers that never read", format!("others are served, {} KiB more", grown / 1024));
    drop(streams);
    // A cursor far ahead is no range: it waits, and says that it is alive.
    let mut far = client.events(Cursor::block(assent_types::Height(u64::MAX)), Proofs::Verified);
    let waiting = tokio::time::timeout(Duration::from_secs(20), far.next_or_caught_up()).await;
    assert!(matches!(waiting, Ok(Ok(None))), "{waiting:?}");
}
