//! Every decoder that reads bytes of a client, a peer, a disk or a file, as a fuzz target with its corpus.

mod agents;
mod disk;
mod fhir;
mod files;
mod ordering;
mod proofs;
mod registry;
mod vault;
mod vocabulary;

use assent_types::codec::{decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};

use super::{Answer, Target, canonical};

/// The named inputs of a corpus.
pub type Corpus = Vec<(String, Vec<u8>)>;

/// A target, and how its corpus is made.
pub type Entry = (Target, fn() -> Corpus);

/// All targets.
pub fn all() -> Vec<Entry> {
    [
        vocabulary::TARGETS,
        disk::TARGETS,
        ordering::TARGETS,
        proofs::TARGETS,
        files::TARGETS,
        fhir::TARGETS,
        vault::TARGETS,
        agents::TARGETS,
        registry::TARGETS,
    ]
    .concat()
}

const fn binary(name: &'static str, run: fn(&[u8]) -> Answer) -> Target {
    Target { name, is_text: false, run }
}

const fn text(name: &'static str, run: fn(&[u8]) -> Answer) -> Target {
    Target { name, is_text: true, run }
}

/// A value that is nothing but its encoding.
fn plain<T: BorshDeserialize + BorshSerialize>(input: &[u8]) -> Answer {
    canonical(input, decode::<T>, encode::<T>)
}

fn one<T: BorshSerialize>(value: &T) -> Corpus {
    many(std::slice::from_ref(value))
}

fn many<T: BorshSerialize>(values: &[T]) -> Corpus {
    numbered(values.iter().map(|value| encode(value)))
}

fn numbered(inputs: impl IntoIterator<Item = Vec<u8>>) -> Corpus {
    inputs.into_iter().enumerate().map(|(n, bytes)| (format!("{n:02}"), bytes)).collect()
}
