//! Proof bundles: files that prove something about the ledger to whoever knows its chain id.
//!
//! A bundle carries the genesis header (its hash is the chain id, and it names the first validators), the headers at
//! which the validators changed, one final header, and a claim about what that header commits to. [`Bundle::verify`]
//! needs nothing else: no node, no network, no clock.
//!
//! # Encoding
//!
//! Canonical borsh of [`Bundle`], starting with the 15 bytes of [`MAGIC`], then the SHA-256 of all of it. There is one
//! encoding of a bundle, and no byte of it is free: each is hashed, signed, or compared with something that is. The one
//! exception is the key of an absent item: the same path may prove the absence of another key, which is another true
//! statement. The checksum catches that too where it happens by accident; it is no protection against intent, and
//! needs to be none. A recipient who asked about a key compares the key that was proven.
//!
//! # Rule [PRF-1]: finality
//!
//! A header is final if validators with more than two thirds of the power of the set that the header names signed a
//! precommit for its hash, height and round, each signature strictly valid (RFC 8032, canonical, no small order), voters
//! strictly ascending, and no further signature among them.
//!
//! # Rule [PRF-2]: validators
//!
//! The genesis header names the validators of height 1. A final header of height h names the hash of the validators of
//! h+1; a [`SetChange`] is such a header where they differ from the set of h. Each change is signed by the set trusted
//! so far, and heights ascend: a path that leaves a change out ends at a header that names other validators.
//!
//! # Rule [PRF-3]: claims
//!
//! Sizes and roots come from the one final header. A present state value decodes, names its own key and holds the
//! record that belongs under it.

mod error;
mod format;
mod trust;
mod verify;

pub use error::{ClaimError, FinalityError, PathError, VerifyError};
pub use format::{
    BUNDLE_BYTES_MAX, Bundle, Claim, Consistency, EarlierHeader, Finality, ITEMS_MAX, LogReceipt, MAGIC, PATH_MAX,
    SetChange, State, StateItem, VALUE_BYTES_MAX,
};
pub use trust::{Signed, TrustedSet};
pub use verify::{Proven, ProvenItem, Verified};
