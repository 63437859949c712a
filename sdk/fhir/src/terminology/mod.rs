//! Code lists and the maps between them, as publishers give them: text with a code, or a pair of codes, to a line.
//!
//! The ledger has the hash of a list or map, as many contents are licensed ([`content_hash`]). Whoever has the content can
//! show that it is the registered one ([`CodeList::agrees`], [`CodeTable::agrees`]), look up what a code became, and
//! verify codes that were mapped for a claim. What several codes were mapped to is never mapped back: which of them it was
//! is lost, and a guess would be another diagnosis.
//!
//! Errors name rows and elements of FHIR's CodeSystem and ConceptMap. They quote no code: of a claim it is health data.

mod list;
mod table;

pub use list::CodeList;
pub use table::CodeTable;

use assent_types::{ErrorCode, Hash32};
use sha2::{Digest, Sha256};

use crate::error::FhirError;

/// Most bytes of a list or map.
pub const TABLE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most rows of a list or map.
pub const ROWS_MAX: usize = 1_000_000;
/// Most bytes of a code.
pub const CODE_BYTES_MAX: usize = 64;

/// The hash under which a list or map is registered: SHA-256 (FIPS 180-4) of its text as it was published.
pub fn content_hash(text: &str) -> Hash32 {
    Hash32(Sha256::digest(text.as_bytes()).into())
}

/// The rows of a text with their numbers from 0.
fn rows<'t>(text: &'t str, element: &str) -> Result<Vec<(usize, &'t str)>, FhirError> {
    if text.len() > TABLE_BYTES_MAX {
        return Err(FhirError::invalid(element, format!("larger than {TABLE_BYTES_MAX} bytes")));
    }
    let rows: Vec<(usize, &str)> = text.lines().enumerate().collect();
    match rows.len() {
        0 => Err(FhirError::missing(element, "no row")),
        1..=ROWS_MAX => Ok(rows),
        _ => Err(FhirError::invalid(element, format!("more than {ROWS_MAX} rows"))),
    }
}

/// Refuses what is no code. Publishers combine codes with `+`, `*` and `/`, so any visible ASCII character is one's own.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= CODE_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn mismatch(element: &str, problem: &str) -> FhirError {
    FhirError { code: ErrorCode::CodeVersion, path: element.to_owned(), problem: problem.to_owned() }
}
