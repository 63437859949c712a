//! The frozen vocabulary: transactions, blocks, receipts, certificates, records.

use assent_types::access::AccessRequest;
use assent_types::block::{Block, Header};
use assent_types::codec::{Text, decode, encode};
use assent_types::genesis::{GENESIS_FORMAT, GenesisHeader};
use assent_types::key::PublicKey;
use assent_types::receipt::{Opening, Receipt, ReceiptDetails};
use assent_types::session::AccessLogEntry;
use assent_types::state::{ChainClass, StateValue};
use assent_types::tx::Transaction;
use assent_types::validator::{CommitCertificate, ValidatorSet};

use super::super::{Answer, canonical, samples, stable};
use super::{Corpus, Entry, binary, many, numbered, one, plain, text};

pub(super) const TARGETS: &[Entry] = &[
    (binary("transaction", transaction), || many(&samples::transactions())),
    (binary("block", block), block_corpus),
    (binary("header", plain::<Header>), || one(&samples::header(3))),
    (binary("receipt", plain::<Receipt>), || one(&samples::receipt().0)),
    (binary("receipt-details", plain::<ReceiptDetails>), || one(&samples::receipt().1)),
    (binary("receipt-opening", opening), opening_corpus),
    (binary("certificate", certificate), || one(&samples::certificate())),
    (binary("validator-set", plain::<ValidatorSet>), || one(&samples::validators())),
    (binary("state-value", plain::<StateValue>), || many(&samples::state_values())),
    (binary("access-request", plain::<AccessRequest>), || {
        many(&[samples::access_request(), samples::documents_request()])
    }),
    (binary("access-log-entry", plain::<AccessLogEntry>), || one(&samples::access_entry())),
    (binary("genesis-header", plain::<GenesisHeader>), genesis_header_corpus),
    (text("public-key", public_key), || numbered([samples::key(1).public().to_string().into_bytes()])),
];

/// A transaction that decodes must also survive what admission does before anything is verified.
fn transaction(input: &[u8]) -> Answer {
    let known = samples::key(1).public();
    canonical(input, Transaction::from_bytes, |tx| {
        let checks = tx.signature_checks(|_| Some(known)).map_or(0, |checks| checks.len());
        assert_eq!(checks, tx.cosignatures.len() + 1);
        assert_ne!(tx.hash().0, tx.receipt_seed());
        assert_eq!(Transaction::from_bytes_hashed(input), Ok((tx.clone(), tx.hash())));
        tx.to_bytes()
    })
}

/// A block carries its transactions as bytes: whatever they are, decoding them must not panic either.
fn block(input: &[u8]) -> Answer {
    canonical(input, Block::from_bytes, |block| {
        let faults = block.txs.iter().filter(|tx| matches!(transaction(tx), Answer::Fault(_))).count();
        assert_eq!(faults, 0, "a transaction of the block has two encodings");
        block.to_bytes()
    })
}

fn block_corpus() -> Corpus {
    let txs = samples::transactions();
    let blocks: Vec<Block> = [&txs[..0], &txs[..1], &txs[4..7]].into_iter().filter_map(samples::block).collect();
    many(&blocks)
}

/// An opening that decodes must also survive being hashed and narrowed, which keeps its hash.
fn opening(input: &[u8]) -> Answer {
    canonical(input, decode::<Opening>, |opening| {
        let narrowed = opening.narrowed(|event| event.subject.is_none());
        assert_eq!(narrowed.and_then(|narrowed| narrowed.hash()), opening.hash());
        encode(opening)
    })
}

fn opening_corpus() -> Corpus {
    let details = samples::receipt().1;
    let shown = |mask: usize| details.open(|event| mask & (1 << usize::from(event == &details.events[1])) != 0);
    many(&[0, 1, 2, 3].map(shown))
}

/// A certificate that decodes must also survive verification.
fn certificate(input: &[u8]) -> Answer {
    let validators = samples::validators();
    canonical(input, decode::<CommitCertificate>, |certificate| {
        let verified = certificate.verify(samples::CHAIN, &validators).is_ok();
        assert!(!verified || certificate.signatures.len() >= 3, "two of four validators are no quorum");
        encode(certificate)
    })
}

fn genesis_header_corpus() -> Corpus {
    one(&GenesisHeader {
        format: GENESIS_FORMAT,
        name: Text::new("sample").unwrap_or_default(),
        chain_class: ChainClass::Test,
        time: assent_types::Millis(1_700_000_000_000),
        validators: samples::validators(),
        params: samples::hash(24),
        state_root: samples::hash(23),
        app_version: 1,
    })
}

fn public_key(input: &[u8]) -> Answer {
    stable(input, |text| text.parse::<PublicKey>(), |key| Ok(key.to_string()))
}
