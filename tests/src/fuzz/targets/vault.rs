//! What readers, custodians and key holders of documents decode.

use std::sync::LazyLock;

use assent_types::codec::{decode, encode};
use assent_vault::Geometry;
use assent_vault::envelope::Manifest;
use assent_vault::keys::{KeyPart, KeyShare, Release, SharedKey, WrappedDek};
use assent_vault::tree::{BlockProof, ShardIndex, StripeIndex};

use super::super::samples::vault as samples;
use super::super::{Answer, canonical};
use super::{Corpus, Entry, binary, many, numbered, one, plain};

pub(super) const TARGETS: &[Entry] = &[
    (binary("vault-geometry", geometry), || from_document(|document| encode(&document.sealed.roots.geometry))),
    (binary("vault-manifest", manifest), || from_document(|document| document.sealed.manifest.to_bytes().to_vec())),
    (binary("vault-block-proof", block_proof), || from_document(|document| encode(&document.proof))),
    (binary("vault-shard-index", shard_index), || from_document(|document| encode(&document.index))),
    (binary("vault-stripe-index", plain::<StripeIndex>), || from_document(|document| encode(&document.stripes))),
    (binary("vault-key-share", key_share), || SHARED_KEY.as_ref().map_or_else(Vec::new, |key| many(&key.shares))),
    (binary("vault-release", release), || RELEASES.as_ref().map_or_else(Vec::new, |releases| many(releases))),
    (binary("vault-wrapped-key", plain::<WrappedDek>), || one(&samples::wrapped_dek())),
];

/// The samples, made once; `None` fails the test that every target decodes something.
static DOCUMENT: LazyLock<Option<samples::Document>> = LazyLock::new(|| samples::document().ok());
static SHARED_KEY: LazyLock<Option<SharedKey>> = LazyLock::new(|| samples::shared_key().ok());
static RELEASES: LazyLock<Option<Vec<Release>>> = LazyLock::new(|| samples::releases().ok());

fn from_document(bytes: impl Fn(&samples::Document) -> Vec<u8>) -> Corpus {
    numbered(DOCUMENT.iter().map(bytes))
}

/// A geometry that is read has sizes that fit each other.
fn geometry(input: &[u8]) -> Answer {
    if let Ok(geometry) = decode::<Geometry>(input) {
        let shard = geometry.chunk_range(geometry.stripes() - 1).end * geometry.coding().columns() as u64;
        if shard != geometry.shard_bytes() || geometry.content_bytes_max() == 0 {
            return Answer::Fault("sizes that do not fit each other".to_owned());
        }
    }
    plain::<Geometry>(input)
}

fn manifest(input: &[u8]) -> Answer {
    canonical(input, Manifest::from_bytes, |manifest| manifest.to_bytes().to_vec())
}

/// A proof that is read proves the sample's block only if it is the sample's proof.
fn block_proof(input: &[u8]) -> Answer {
    if let (Ok(proof), Some(document)) = (decode::<BlockProof>(input), DOCUMENT.as_ref()) {
        let roots = &document.sealed.roots;
        let root = &roots.shard_roots[samples::SHARD];
        let verdict = proof.verify(&roots.geometry, samples::SHARD, root, samples::BLOCK, &document.block);
        if verdict.is_ok() && proof != document.proof {
            return Answer::Fault("a second proof of one block".to_owned());
        }
    }
    plain::<BlockProof>(input)
}

/// An index that is read is the shard's only if it is the sample's.
fn shard_index(input: &[u8]) -> Answer {
    if let (Ok(index), Some(document)) = (decode::<ShardIndex>(input), DOCUMENT.as_ref()) {
        let roots = &document.sealed.roots;
        let root = &roots.shard_roots[samples::SHARD];
        if index.clone().check(&roots.geometry, samples::SHARD, root).is_ok() && index != document.index {
            return Answer::Fault("a second index of one shard".to_owned());
        }
    }
    plain::<ShardIndex>(input)
}

/// A share that is read verifies only if it is one of the sample's.
fn key_share(input: &[u8]) -> Answer {
    if let (Ok(share), Some(key)) = (decode::<KeyShare>(input), SHARED_KEY.as_ref()) {
        let is_known = key.shares.iter().any(|known| encode(known) == input);
        if share.verify(&samples::nonce(), &key.share_root).is_ok() != is_known {
            return Answer::Fault("a share is taken for another".to_owned());
        }
    }
    plain::<KeyShare>(input)
}

/// A release that is read opens only if it is one of the sample's.
fn release(input: &[u8]) -> Answer {
    if let (Ok(release), Some(known)) = (decode::<Release>(input), RELEASES.as_ref()) {
        let is_open = samples::context(KeyPart::Share(1)).open_share(&release, &samples::session()).is_ok()
            || samples::context(KeyPart::Controller).open_controller_key(&release, &samples::session()).is_ok();
        if is_open != known.contains(&release) {
            return Answer::Fault("a release opens that is none".to_owned());
        }
    }
    plain::<Release>(input)
}
