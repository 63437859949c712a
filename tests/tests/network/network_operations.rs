//! What operators look at: metrics, health, and the list of services.

use assent_tests::e2e::{Load, Network, Port, until, within};
use assent_types::OrgId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// Names that dashboards and alarms are made of; to rename one is a change for operators.
const METRICS: [&str; 19] = [
    "assent_height",
    "assent_round",
    "assent_lag_blocks",
    "assent_head_age_ms",
    "assent_mempool_transactions",
    "assent_mempool_bytes",
    "assent_peers",
    "assent_peer_queue_bytes",
    "assent_inbox_events",
    "assent_resident_bytes",
    "assent_disk_bytes",
    "assent_blocks_total",
    "assent_transactions_total",
    "assent_rounds_lost_total",
    "assent_block_interval_seconds_count",
    "assent_commit_seconds_count",
    "assent_wal_sync_seconds_count",
    "assent_turn_seconds_count",
    "assent_job_seconds_count",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_health_and_reflection() {
    let mut network = Network::start();
    let hospital = network.key(OrgId(1), "sign-tx");
    let load = Load::start(vec![network.client(&[0], OrgId(1))], &hospital);
    load.more(20).await;
    let all = load.finish().await;

    metrics(&network, all.len() as u64).await;
    let health = http(&network, "/health").await;
    assert!(health.starts_with("HTTP/1.1 200") && health.contains("ok height="), "{health}");
    serving(&network).await;
    reflection(&network).await;
    network.assert_all_run();
}

async fn metrics(network: &Network, transactions: u64) {
    let text = http(network, "/metrics").await;
    for name in METRICS {
        assert!(value(&text, name).is_some(), "{name} is missing in\n{text}");
    }
    assert_eq!(value(&text, "assent_no_such_thing"), None);
    assert_eq!(value(&text, "assent_transactions_total"), Some(transactions));
    let blocks = value(&text, "assent_blocks_total").unwrap();
    assert!(blocks > 0 && value(&text, "assent_wal_sync_seconds_count").unwrap() >= blocks);
    assert_eq!(value(&text, "assent_commit_seconds_count"), Some(blocks), "one write for each block");
    // Gauges are renewed every second.
    until("the gauges show the peers", || async {
        let text = http(network, "/metrics").await;
        (value(&text, "assent_peers") == Some(3) && value(&text, "assent_lag_blocks") == Some(0)).then_some(())
    })
    .await;
}

/// The value of a metric without labels.
fn value(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

async fn http(network: &Network, path: &str) -> String {
    let mut stream = TcpStream::connect(network.addr(0, Port::Metrics)).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("the metrics port answers", stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

async fn channel(network: &Network) -> Channel {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&network.ca));
    let endpoint = Channel::from_shared(network.endpoint(0).url).unwrap().tls_config(tls).unwrap();
    endpoint.connect().await.unwrap()
}

async fn serving(network: &Network) {
    let mut health = HealthClient::new(channel(network).await);
    for service in ["", "assent.v1.Ledger", "assent.v1.Node"] {
        let answer = health.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let unknown = health.check(HealthCheckRequest { service: "assent.v1.Nothing".into() }).await;
    assert_eq!(unknown.unwrap_err().code(), tonic::Code::NotFound);
}

async fn reflection(network: &Network) {
    let mut client = ServerReflectionClient::new(channel(network).await);
    let list = MessageRequest::ListServices(String::new());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
    let answers = client.server_reflection_info(futures::stream::iter([request])).await.unwrap();
    let answer = within("reflection answers", answers.into_inner().message()).await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(services)) = answer.message_response else {
        panic!("{answer:?}");
    };
    let names: Vec<&str> = services.service.iter().map(|service| service.name.as_str()).collect();
    for name in ["assent.v1.Ledger", "assent.v1.Node", "grpc.health.v1.Health"] {
        assert!(names.contains(&name), "{name} is missing in {names:?}");
    }
}
