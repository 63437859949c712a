//! Every decoder that reads bytes of a client, a peer, a disk or a file, as a fuzz target with its corpus.

use assent_types::block::{Block, Header};
use assent_types::codec::{decode, encode};
use assent_types::genesis::GenesisHeader;
use assent_types::receipt::{Receipt, ReceiptDetails};
use assent_types::state::StateValue;
use assent_types::tx::Transaction;
use assent_types::validator::{CommitCertificate, ValidatorSet};
use borsh::{BorshDeserialize, BorshSerialize};

use super::{Answer, Target, canonical, samples};

/// A target and the named inputs of its corpus.
pub type Corpus = Vec<(String, Vec<u8>)>;

/// All targets.
pub const ALL: &[(Target, fn() -> Corpus)] = &[
    (binary("transaction", transaction), transaction_corpus),
    (binary("block", block), block_corpus),
    (binary("header", |input| plain::<Header>(input)), || one(&samples::header(3))),
    (binary("receipt", |input| plain::<Receipt>(input)), || one(&samples::receipt().0)),
    (binary("receipt-details", |input| plain::<ReceiptDetails>(input)), || one(&samples::receipt().1)),
    (binary("certificate", certificate), || one(&samples::certificate())),
    (binary("validator-set", |input| plain::<ValidatorSet>(input)), || one(&samples::validators())),
    (binary("state-value", |input| plain::<StateValue>(input)), || many(&samples::state_values())),
    (binary("genesis-header", |input| plain::<GenesisHeader>(input)), genesis_header_corpus),
];

const fn binary(name: &'static str, run: fn(&[u8]) -> Answer) -> Target {
    Target { name, is_text: false, run }
}

fn plain<T: BorshDeserialize + BorshSerialize>(input: &[u8]) -> Answer {
    canonical(input, decode::<T>, encode::<T>)
}

fn one<T: BorshSerialize>(value: &T) -> Corpus {
    many(std::slice::from_ref(value))
}

fn many<T: BorshSerialize>(values: &[T]) -> Corpus {
    values.iter().enumerate().map(|(n, value)| (format!("{n:02}"), encode(value))).collect()
}

/// A transaction that decodes must also survive what admission does before anything is verified.
fn transaction(input: &[u8]) -> Answer {
    let known = samples::key(1).public();
    canonical(input, Transaction::from_bytes, |tx| {
        let checks = tx.signature_checks(|_| Some(known)).map_or(0, |checks| checks.len());
        assert_eq!(checks, tx.cosignatures.len() + 1);
        assert_ne!(tx.hash().0, tx.receipt_salt());
        tx.to_bytes()
    })
}

fn transaction_corpus() -> Corpus {
    many(&samples::transactions())
}

fn block(input: &[u8]) -> Answer {
    canonical(input, Block::from_bytes, |block| {
        for tx in &block.txs {
            if let Answer::Fault(what) = transaction(tx) {
                // A block carries its transactions as bytes, so a fault in one is no fault of the block's encoding.
                panic!("a transaction of a block: {what}");
            }
        }
        block.to_bytes()
    })
}

fn block_corpus() -> Corpus {
    let txs = samples::transactions();
    let blocks: Vec<Block> = [&txs[..0], &txs[..1], &txs[4..7]].into_iter().filter_map(samples::block).collect();
    many(&blocks)
}

/// A certificate that decodes must also survive verification.
fn certificate(input: &[u8]) -> Answer {
    let validators = samples::validators();
    canonical(input, decode::<CommitCertificate>, |certificate| {
        let _ = certificate.verify(samples::CHAIN, &validators);
        encode(certificate)
    })
}

fn genesis_header_corpus() -> Corpus {
    use assent_types::codec::Text;
    use assent_types::genesis::GENESIS_FORMAT;
    use assent_types::state::ChainClass;
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
