//! Inputs 74 to 76, and tokens: who may read what, and how much at once.

use assent_client::token::{self, Audience};
use assent_client::{Client, ClientError, Config, now_ms};
use assent_proto::v1;
use assent_proto::v1::ledger_client::LedgerClient;
use assent_types::action::Action;
use assent_types::codec::encode;
use assent_types::consent::Purpose;
use assent_types::error::ErrorCode;
use assent_types::key::SecretKey;
use assent_types::oversight::LawfulLookup;
use assent_types::state::StateKey;
use assent_types::{ChainId, Hash32, Height, OrgId};
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

use crate::network::{Network, PENDING, Patient, execute, register};
use crate::{UNLISTED, answered};

const REGULATOR: OrgId = OrgId(4);

pub(crate) async fn run(network: &Network) {
    let hospital = network.client(OrgId(1));
    let patient = register(network, &hospital, OrgId(1)).await;
    acl(network, &hospital, &patient).await;
    lookups(network, &patient).await;
    ranges(network, &hospital).await;
    tokens(network).await;
}

fn refused<T>(result: Result<T, ClientError>, code: ErrorCode, number: u32, input: &str) {
    match result {
        Err(ClientError::Refused { code: found, .. }) if found == code => answered(number, input, code),
        Err(error) => panic!("input {number} ({input}): expected {code}, found {error}"),
        Ok(_) => panic!("input {number} ({input}): expected {code}, found an answer"),
    }
}

async fn acl(network: &Network, hospital: &Client, patient: &Patient) {
    let consents = StateKey::Consents(patient.sp, OrgId(1));
    let subject = StateKey::Subject(patient.sp);
    let insurer = network.client(OrgId(5));
    refused(insurer.get(&[consents]).await, ErrorCode::Acl, 75, "consents read by an organisation that is no party");
    refused(insurer.get(&[subject]).await, ErrorCode::Acl, 75, "subject read by an organisation that is no party");
    let both = [StateKey::Params, subject];
    refused(insurer.get(&both).await, ErrorCode::Acl, 75, "one of two keys is not the reader's");
    let other = register(network, hospital, OrgId(1)).await;
    let other = network.client_at(0, other.key);
    refused(other.get(&[subject]).await, ErrorCode::Acl, 75, "subject read by another subject");
    // The parties read.
    for reader in [network.client_at(0, copy(&patient.key)), network.client(OrgId(1))] {
        let state = reader.get(&[subject]).await.unwrap();
        assert!(state.value(&subject).unwrap().is_some());
    }
}

/// A regulator asks by a pseudonym under a live look-up of its own that it names, and of that pseudonym only.
async fn lookups(network: &Network, patient: &Patient) {
    let regulator = network.client(REGULATOR);
    let subject = StateKey::Subject(patient.sp);
    let (consents, accesses) = (StateKey::Consents(patient.sp, OrgId(1)), StateKey::Accesses(patient.sp, OrgId(1)));
    for (key, input) in [
        (subject, "regulator asks for a subject without a look-up"),
        (consents, "regulator asks for consents without a look-up"),
        (accesses, "regulator asks for accesses without a look-up"),
    ] {
        refused(regulator.get(&[key]).await, ErrorCode::NoLookup, 74, input);
    }
    let trail = assent_client::access_trail(&regulator, patient.sp, OrgId(1)).await;
    refused(trail, ErrorCode::NoLookup, 74, "regulator exports a trail without a look-up");
    let request = crate::content::request(patient, OrgId(1), Purpose::Treat);
    refused(regulator.decide(&request).await, ErrorCode::NoLookup, 74, "regulator decides without a look-up");

    let declare = |sp, lasts_ms: u64| {
        let until = assent_types::Millis(now_ms() + lasts_ms);
        Action::LawfulLookup(LawfulLookup { subject: sp, basis: Hash32([0x74; 32]), until })
    };
    let key = network.key(REGULATOR, "sign-tx");
    let too_long = declare(patient.sp, 1_000 * 86_400_000);
    crate::refuse(&regulator, &key, too_long, ErrorCode::NoLookup, 74, "look-up that lasts too long").await;
    let other = register(network, &network.client(OrgId(1)), OrgId(1)).await;
    let elsewhere = execute(&regulator, &key, declare(other.sp, 86_400_000)).await.receipt.tx;
    let foreign = regulator.clone().with_lookups(&[elsewhere]);
    refused(foreign.get(&[subject]).await, ErrorCode::NoLookup, 74, "look-up of another pseudonym");
    let own = execute(&regulator, &key, declare(patient.sp, 86_400_000)).await.receipt.tx;
    refused(regulator.get(&[subject]).await, ErrorCode::NoLookup, 74, "look-up that is not named");
    let allowed = regulator.clone().with_lookups(&[own, elsewhere]);
    let state = allowed.get(&[subject, StateKey::Subject(other.sp)]).await.unwrap();
    assert!(state.value(&subject).flatten().is_some());
    allowed.decide(&request).await.unwrap();
    // It opens nothing to others.
    let insurer = network.client(OrgId(5)).with_lookups(&[own]);
    refused(insurer.get(&[subject]).await, ErrorCode::Acl, 75, "another's look-up");
    // What is not asked for by a pseudonym needs none.
    regulator.get(&[StateKey::Params, StateKey::Lookup(REGULATOR, patient.sp)]).await.unwrap();
}

fn copy(key: &SecretKey) -> SecretKey {
    SecretKey::from_seed(&key.seed())
}

async fn ranges(network: &Network, hospital: &Client) {
    let keys: Vec<StateKey> = (0..65).map(|org| StateKey::Org(OrgId(org))).collect();
    refused(hospital.get(&keys).await, ErrorCode::Limit, 76, "more than 64 keys at once");
    refused(hospital.get(&[]).await, ErrorCode::Limit, 76, "no key at all");
    let backwards = hospital.consistency(Height(2), Some(Height(1))).await;
    refused(backwards, ErrorCode::Limit, 76, "range of heights backwards");
    let beyond = hospital.consistency(Height(1), Some(Height(u64::MAX))).await;
    refused(beyond, ErrorCode::Limit, 76, "range of heights without an end");
    let far = hospital.finality(Some(Height(u64::MAX))).await;
    refused(far, ErrorCode::NotFound, 76, "height that does not exist");
    let mut ledger = ledger(network).await;
    let wait = v1::WaitReceiptRequest { tx_hash: vec![0; 32], timeout_ms: u32::MAX };
    let status = ledger.wait_receipt(authorised(network, wait)).await.unwrap_err();
    assert_eq!(number(&status), Some(903), "{status}");
    answered(76, "wait without an end", ErrorCode::Limit);
}

pub(crate) async fn ledger(network: &Network) -> LedgerClient<Channel> {
    LedgerClient::new(channel(network).await)
}

pub(crate) async fn channel(network: &Network) -> Channel {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&network.ca));
    let endpoint = Channel::from_shared(network.endpoint(0).url).unwrap().tls_config(tls).unwrap();
    endpoint.connect().await.unwrap()
}

pub(crate) fn number(status: &tonic::Status) -> Option<u16> {
    status.metadata().get(assent_proto::ERROR_METADATA)?.to_str().ok()?.parse().ok()
}

fn with_token<T>(message: T, token: &str) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

pub(crate) fn authorised<T>(network: &Network, message: T) -> tonic::Request<T> {
    let audience = Audience::node(network.chain, OrgId(1));
    let key = network.key(OrgId(1), "sign-tx");
    with_token(message, &token::make(&key, &audience, now_ms() / 1000, 60, &[1; 16], &[]))
}

async fn tokens(network: &Network) {
    let mut ledger = ledger(network).await;
    let key = network.key(OrgId(1), "sign-tx");
    let now = now_ms() / 1000;
    let audience = Audience::node(network.chain, OrgId(1));
    let make = |key: &SecretKey, audience: &Audience, now: u64| token::make(key, audience, now, 300, &[2; 16], &[]);
    let good = make(&key, &audience, now);
    let mut flipped = good.clone().into_bytes();
    let last = flipped.len() - 10;
    flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
    let other_node = Audience { org: OrgId(2), ..audience };
    let other_chain = Audience { chain: ChainId(Hash32([9; 32])), ..audience };
    let cases = [
        ("token for another node", make(&key, &other_node, now)),
        ("token for another chain", make(&key, &other_chain, now)),
        ("expired token", make(&key, &audience, now - 400)),
        ("token of the future", make(&key, &audience, now + 600)),
        ("token of an unknown key", make(&SecretKey::from_seed(&[66; 32]), &audience, now)),
        ("token of a key that may only vote", make(&network.key(OrgId(1), "validate"), &audience, now)),
        ("token of a revoked key", make(&network.key(OrgId(7), "sign-tx"), &audience, now)),
        ("token with a changed signature", String::from_utf8(flipped).unwrap()),
        ("token that is no token", "x".repeat(900)),
        ("token over its size", "x".repeat(2000)),
    ];
    let get = || v1::GetRequest { keys: vec![encode(&StateKey::Params)], lookups: Vec::new() };
    for (input, token) in cases {
        let status = ledger.get(with_token(get(), &token)).await.unwrap_err();
        assert_eq!((status.code(), number(&status)), (tonic::Code::Unauthenticated, Some(904)), "{input}: {status}");
        answered(UNLISTED, input, ErrorCode::Token);
    }
    let status = ledger.get(get()).await.unwrap_err();
    assert_eq!(number(&status), Some(904));
    answered(UNLISTED, "no token", ErrorCode::Token);
    let pending = make(&network.key(PENDING, "sign-tx"), &audience, now);
    let status = ledger.get(with_token(get(), &pending)).await.unwrap_err();
    assert_eq!(number(&status), Some(202), "{status}");
    answered(11, "token of an organisation that is not active", ErrorCode::OrgStatus);
    ledger.get(with_token(get(), &good)).await.unwrap();

    // A client that trusts another authority does not even begin to speak.
    let other = rogue_authority(network);
    assert!(matches!(other.status().await, Err(ClientError::Transport(_) | ClientError::Config(_))));
}

/// A client that expects certificates of an authority other than the network's.
fn rogue_authority(network: &Network) -> Client {
    let other = network.dir().join("other");
    let made = std::process::Command::new(crate::network::program("assent"))
        .args(["genesis", "sample", "--out"])
        .arg(&other)
        .output()
        .unwrap();
    assert!(made.status.success());
    let ca = std::fs::read_to_string(other.join("ca.pem")).unwrap();
    let mut config = Config::new(vec![network.endpoint(0)], ca, network.chain, network.key(OrgId(1), "sign-tx"));
    config.retry_for = std::time::Duration::ZERO;
    Client::connect(config).unwrap()
}
