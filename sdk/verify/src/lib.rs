//! Offline verification of proof bundles: given a bundle and a chain id, what does the ledger say?
//!
//! Nothing but the chain id is trusted and nothing but the bundle is read: no node, no network, no clock. The binary
//! `assent-verify` prints the answer in plain words or as JSON; this library gives it to programs.

mod json;
mod text;
mod time;
mod trail;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use assent_proofs::bundle::{BUNDLE_BYTES_MAX, Bundle};
use assent_types::ChainId;

pub use assent_proofs::bundle::{Proven, ProvenItem, Signed, Verified, VerifyError};
pub use json::{accepted_json, record_json, refused_json};
pub use text::{describe, key_text, kind};
pub use time::rfc3339;
pub use trail::{TRAIL_HEAD, Trail, TrailEntry, TrailError, refused_trail_json, verify_trail};

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read the bundle: {0}")]
    Read(#[from] io::Error),
    /// The bundle is refused.
    #[error(transparent)]
    Refused(#[from] VerifyError),
}

/// Verifies a bundle, trusting only the chain id.
pub fn verify_bytes(bytes: &[u8], chain: ChainId) -> Result<Verified, VerifyError> {
    Bundle::verify(bytes, chain)
}

/// Reads and verifies a bundle, trusting only the chain id. Of a file over the size bound no more than that is read.
pub fn verify_file(path: &Path, chain: ChainId) -> Result<Verified, FileError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BUNDLE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(verify_bytes(&bytes, chain)?)
}
