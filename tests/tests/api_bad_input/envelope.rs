//! Inputs 1 to 12: encoding, chain, signature, idempotency, expiry, size, keys, organisations, roles.

use assent_client::{Client, builder};
use assent_types::action::{Action, GrantConsent, ProposeConsent, RotateKey, possession_of};
use assent_types::codec::encode;
use assent_types::consent::Grantor;
use assent_types::error::ErrorCode;
use assent_types::key::{KeyUsage, SecretKey, Signature};
use assent_types::limits::{TX_BYTES_MAX, TX_TTL_MS};
use assent_types::state::{Record, StateKey};
use assent_types::subject::AgeBand;
use assent_types::tx::Transaction;
use assent_types::{ChainId, Hash32, Millis, OrgId, Set};

use crate::network::{Network, PATIENCE, PENDING, Patient, execute, register, terms};
use crate::{answered, refuse, refuse_bytes, refuse_tx};

pub(crate) async fn run(network: &Network) {
    let client = network.client(OrgId(1));
    let hospital = network.key(OrgId(1), "sign-tx");
    let patient = register(network, &client, OrgId(1)).await;
    let stranger = Patient::new();
    let register = || stranger.registration(network.chain, AgeBand::Adult);
    let good = client.transaction(&hospital, register(), &[]).unwrap();

    encoding(&client, &good, &patient).await;
    chain_and_signature(network, &client, &hospital, register()).await;
    expiry(network, &client, &hospital, register()).await;
    keys_and_roles(network, &client, &stranger).await;

    // None of it registered the subject.
    let state = client.get(&[StateKey::Subject(stranger.sp)]).await;
    assert_eq!(state.err().and_then(|error| error.code()), Some(ErrorCode::Acl), "nobody enrolled the subject");
    idempotency(network, &client, &hospital, &good).await;
}

async fn encoding(client: &Client, good: &Transaction, patient: &Patient) {
    let bytes = good.to_bytes();
    refuse_bytes(client, bytes[..bytes.len() - 1].to_vec(), ErrorCode::Decode, 1, "truncated").await;
    refuse_bytes(client, Vec::new(), ErrorCode::Decode, 1, "empty").await;
    let trailing = [bytes.as_slice(), &[0]].concat();
    refuse_bytes(client, trailing, ErrorCode::Decode, 1, "trailing byte").await;

    let grant = GrantConsent { proposal: None, terms: terms(patient.sp), grantor: Grantor::Subject };
    let grant = client.transaction(&patient.key, Action::GrantConsent(Box::new(grant)), &[]).unwrap();
    let orgs = encode(&vec![1_u32, 2, 3]);
    let swapped = patched(&grant.to_bytes(), &orgs, &encode(&vec![1_u32, 3, 2]));
    refuse_bytes(client, swapped, ErrorCode::NonCanonical, 2, "set out of order").await;
    let repeated = patched(&grant.to_bytes(), &orgs, &encode(&vec![1_u32, 2, 2]));
    refuse_bytes(client, repeated, ErrorCode::NonCanonical, 2, "repeated element").await;

    refuse_bytes(client, vec![0; TX_BYTES_MAX + 1], ErrorCode::TooLarge, 7, "more than 64 KiB").await;
    let many = patched(&grant.to_bytes(), &orgs, &encode(&(1_u32..=17).collect::<Vec<_>>()));
    refuse_bytes(client, many, ErrorCode::TooLarge, 7, "list over its bound").await;

    let purposes = encode(&terms(patient.sp).purposes);
    let mut unknown = purposes.clone();
    *unknown.last_mut().unwrap() = 250;
    let unknown = patched(&grant.to_bytes(), &purposes, &unknown);
    refuse_bytes(client, unknown, ErrorCode::UnknownCode, 8, "unknown purpose").await;
    let mut text = purposes.clone();
    *text.last_mut().unwrap() = b'A';
    let text = patched(&grant.to_bytes(), &purposes, &text);
    refuse_bytes(client, text, ErrorCode::UnknownCode, 9, "text in a code field").await;
    // The action's tag follows format, chain, signer, idempotency key and expiry.
    let mut action = bytes.clone();
    action[1 + 32 + 32 + 16 + 8] = 200;
    refuse_bytes(client, action, ErrorCode::UnknownCode, 8, "unknown transaction type").await;
}

/// Replaces the first occurrence of a part.
fn patched(bytes: &[u8], part: &[u8], by: &[u8]) -> Vec<u8> {
    let at = bytes.windows(part.len()).position(|window| window == part).expect("the part is there");
    [&bytes[..at], by, &bytes[at + part.len()..]].concat()
}

async fn chain_and_signature(network: &Network, client: &Client, key: &SecretKey, action: Action) {
    let expiry = assent_client::default_expiry();
    let other = builder::transaction(ChainId(Hash32([9; 32])), key, expiry, action.clone(), &[]).unwrap();
    refuse_tx(client, &other, ErrorCode::WrongChain, 3, "for another chain").await;

    let mut forged = client.transaction(key, action.clone(), &[]).unwrap();
    forged.signature = Signature([7; 64]);
    refuse_tx(client, &forged, ErrorCode::BadSignature, 4, "forged signature").await;
    let mut moved = client.transaction(key, action.clone(), &[]).unwrap();
    moved.body.expires_at = Millis(moved.body.expires_at.0 - 1);
    refuse_tx(client, &moved, ErrorCode::BadSignature, 4, "body changed after signing").await;
    let unknown = SecretKey::from_seed(&[77; 32]);
    refuse(client, &unknown, action.clone(), ErrorCode::BadSignature, 4, "key that the ledger does not know").await;
    let cosigner = network.key(OrgId(2), "sign-tx");
    let mut stripped = client.transaction(key, action, &[&cosigner]).unwrap();
    stripped.cosignatures = Default::default();
    refuse_tx(client, &stripped, ErrorCode::BadSignature, 4, "co-signature stripped").await;
}

async fn expiry(network: &Network, client: &Client, key: &SecretKey, action: Action) {
    let now = assent_client::now_ms();
    for (expires_at, input) in [
        (now - 3_600_000, "expired"),
        (now + 2 * TX_TTL_MS, "expiry too far ahead"),
        (0, "expiry at zero"),
        (u64::MAX, "expiry at the end of time"),
    ] {
        let tx = builder::transaction(network.chain, key, Millis(expires_at), action.clone(), &[]).unwrap();
        refuse_tx(client, &tx, ErrorCode::Expired, 6, input).await;
    }
}

async fn keys_and_roles(network: &Network, client: &Client, stranger: &Patient) {
    let register = || stranger.registration(network.chain, AgeBand::Adult);
    // A bank replaces its signing key; the old one is worth nothing from that block on.
    let bank = OrgId(7);
    let (old, recovery) = (network.key(bank, "sign-tx"), network.key(bank, "recovery"));
    let new = SecretKey::from_seed(&builder::random().unwrap());
    let rotate = Action::RotateKey(RotateKey {
        org: bank,
        old: Some(old.public().id()),
        new: new.public(),
        usage: KeyUsage::SignTx,
        nbf: Millis(0),
        exp: Millis(u64::MAX),
        possession: new.sign_possession(&possession_of(network.chain, &new.public(), &bank)),
    });
    execute(client, &recovery, rotate).await;
    refuse(client, &old, register(), ErrorCode::KeyUsage, 10, "revoked key").await;
    let receipt_key = network.key(OrgId(1), "receipt");
    refuse(client, &receipt_key, register(), ErrorCode::KeyUsage, 10, "key without the usage").await;

    let pending = network.key(PENDING, "sign-tx");
    refuse(client, &pending, register(), ErrorCode::OrgStatus, 11, "organisation that is not active").await;

    refuse(client, &new, register(), ErrorCode::Role, 12, "a bank registers a subject").await;
    let mut offer = terms(stranger.sp);
    offer.grantees.orgs = Set::new([bank]).unwrap();
    let propose = Action::ProposeConsent(Box::new(ProposeConsent { terms: offer }));
    refuse(client, &new, propose, ErrorCode::Role, 12, "a bank proposes a consent").await;
}

async fn idempotency(network: &Network, client: &Client, key: &SecretKey, good: &Transaction) {
    let first = client.submit_and_wait(good, PATIENCE).await.unwrap();
    assert_eq!(first.outcome(), Ok(()));
    let again = client.submit_and_wait(good, PATIENCE).await.unwrap();
    assert_eq!(again.receipt, first.receipt);
    answered(5, "the same transaction again", format!("first receipt, height {}", again.receipt.height));

    let mut other = good.body.clone();
    other.action = Patient::new().registration(network.chain, AgeBand::Adult);
    let other = other.sign(key, Vec::new()).unwrap();
    refuse_tx(client, &other, ErrorCode::Idempotency, 5, "idempotency key reused with other content").await;

    let Ok(state) = client.get(&[StateKey::Subject(subject_of(good))]).await else { panic!("the enroller reads") };
    assert!(matches!(&state.values[0].1, Some(value) if matches!(value.record, Record::Subject(_))));
}

fn subject_of(tx: &Transaction) -> assent_types::Sp {
    match &tx.body.action {
        Action::RegisterSubject(register) => register.sp,
        other => panic!("{} registers nobody", other.name()),
    }
}
