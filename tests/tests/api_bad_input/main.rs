//! Bad input through the public interface of running nodes: the numbered error or a closed connection, nothing changed,
//! the node never down and its memory bounded. Each line of the table carries the number of the input it answers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod attacks;
mod claim_codes;
mod claims;
mod content;
mod documents;
mod envelope;
mod governance;
#[allow(dead_code, reason = "shared with the tests of the client, which use other parts of it")]
mod network;
mod power;
mod preauths;
mod readers;

use assent_client::{Client, ClientError};
use assent_tests::report;
use assent_types::error::ErrorCode;
use assent_types::key::SecretKey;
use assent_types::tx::Transaction;
use assent_types::{OrgId, action::Action};
use network::{Network, PATIENCE};

/// Memory that a node may have after everything below, in bytes. An idle one has about a tenth.
const MEMORY_MAX: u64 = 1 << 30;

/// Number of inputs that the numbered list does not have: tokens, floods, malformed frames.
pub(crate) const UNLISTED: u32 = 0;

/// One answered input.
pub(crate) fn answered(number: u32, input: &str, answer: impl std::fmt::Display) {
    let number = if number == UNLISTED { "--".to_owned() } else { format!("{number:02}") };
    report::line("bad-input", &format!("{number} {input}: {answer}"));
}

/// Bytes that the node must refuse at admission with this number.
pub(crate) async fn refuse_bytes(client: &Client, bytes: Vec<u8>, code: ErrorCode, number: u32, input: &str) {
    match client.submit_raw(bytes).await {
        Err(ClientError::Refused { code: found, .. }) if found == code => answered(number, input, code),
        other => panic!("input {number} ({input}): expected {code}, found {other:?}"),
    }
}

/// A transaction that must be refused with this number: at admission, or by a receipt.
pub(crate) async fn refuse_tx(client: &Client, tx: &Transaction, code: ErrorCode, number: u32, input: &str) {
    match client.submit_and_wait(tx, PATIENCE).await {
        Err(ClientError::Refused { code: found, .. }) if found == code => {
            // It never entered the chain, so nothing has changed.
            let known = client.receipt(tx.hash()).await.err().and_then(|error| error.code());
            assert_eq!(known, Some(ErrorCode::NotFound), "input {number} ({input})");
            answered(number, input, code);
        }
        Ok(receipt) if receipt.outcome() == Err(code) => {
            let events = receipt.details.map(|details| details.events.len());
            assert_eq!(events.unwrap_or_default(), 0, "input {number} ({input}): a refused transaction has no event");
            answered(number, input, format!("{code} in a receipt"));
        }
        Ok(receipt) => panic!("input {number} ({input}): expected {code}, found receipt {:?}", receipt.outcome()),
        Err(error) => panic!("input {number} ({input}): expected {code}, found {error}"),
    }
}

/// As [`refuse_tx`], for a fresh transaction.
pub(crate) async fn refuse(
    client: &Client,
    key: &SecretKey,
    action: Action,
    code: ErrorCode,
    number: u32,
    input: &str,
) {
    let tx = client.transaction(key, action, &[]).unwrap();
    refuse_tx(client, &tx, code, number, input).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_answered_by_number_and_changes_nothing() {
    let mut network = Network::start();
    envelope::run(&network).await;
    content::run(&network).await;
    documents::run(&network).await;
    claims::run(&network).await;
    preauths::run(&network).await;
    claim_codes::run(&network).await;
    readers::run(&network).await;
    governance::run(&network).await;
    attacks::run(&network).await;

    network.assert_all_run();
    agree(&network).await;
    for validator in 0..4 {
        let memory = network.memory_peak(validator);
        assert!(memory < MEMORY_MAX, "node {validator} holds {memory} bytes");
    }
}

/// Every node executes one more transaction and proves the same receipt.
async fn agree(network: &Network) {
    let client = network.client(OrgId(1));
    let patient = network::Patient::new();
    let action = patient.registration(network.chain, assent_types::subject::AgeBand::Adult);
    let receipt = network::execute(&client, &network.key(OrgId(1), "sign-tx"), action).await;
    for validator in 0..4 {
        let other = network.client_at(validator, network.key(OrgId(1), "sign-tx"));
        let tx = receipt.receipt.tx;
        // A node that is a moment behind has the receipt as soon as it has the block.
        let found = loop {
            match other.receipt(tx).await {
                Err(ClientError::Refused { code: ErrorCode::NotFound, .. }) => tokio::task::yield_now().await,
                found => break found.unwrap(),
            }
        };
        assert_eq!(found.receipt, receipt.receipt, "node {validator}");
    }
}
