//! Encrypted documents as erasure-coded shards on independent custodians.
//!
//! * [`Sealer`] encrypts a document, codes it into n shards and hashes them; [`Opener`] reads it from any k shards, and
//!   [`Rebuilder`] makes a lost shard again from parts of the others. All stream, stripe by stripe.
//! * [`envelope`]: the key of a document and what is derived from it; AES-256-GCM in segments; the manifest.
//! * [`keys`]: the halves of the key that wraps it, shares among key holders, releases to a session by HPKE.
//! * [`tree`]: hash trees over shards, block proofs, and the roots that an anchor names.
//! * [`codec`], [`gf`]: coupled-layer MSR codes over GF(2⁸), with vector instructions found at run time.
//!
//! Encryption comes before coding: coding disperses, and hides nothing. Whatever was stored, sent or repaired is checked
//! against roots from an anchor, and errors name the shard at fault.
//!
//! Nothing here does input or output, reads a clock or draws randomness: random bytes come as arguments, 32 at a time, and
//! each is used for one purpose only.

pub mod codec;
pub mod envelope;
mod geometry;
pub mod gf;
pub mod keys;
mod stream;
pub mod tree;

pub use geometry::{
    BLOCK_BYTES, Geometry, GeometryError, MANIFEST_BYTES, SIZE_UNIT_BYTES, SIZE_UNITS_MAX, STRIPE_BYTES_DEFAULT,
    STRIPE_BYTES_MAX, TAG_BYTES,
};
pub use stream::{
    Culprit, OpenError, Opened, Opener, RebuildError, Rebuilder, SealError, Sealed, SealedStripe, Sealer, ShardStripe,
    Upload,
};
