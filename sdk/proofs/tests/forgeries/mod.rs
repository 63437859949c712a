//! The forgeries, by what they forge.

mod claims;
mod finality;
mod state;
mod vectors;

use assent_proofs::bundle::{Bundle, VerifyError};
use assent_proofs::testing::TestChain;

pub(crate) use claims::{consistency, earlier, opening, opening_bundle, receipt};
pub(crate) use finality::{certificates, shared};
pub(crate) use state::{absence, absent_keys, presence};

/// A change of a valid bundle that must be refused with an error of the expected class.
pub(crate) struct Forgery {
    /// What is forged.
    pub(crate) name: &'static str,
    /// Whether an error is of the expected class.
    pub(crate) expected: fn(&VerifyError) -> bool,
    /// Changes the bundle, or returns the bytes to present.
    pub(crate) forge: fn(&TestChain, &mut Bundle) -> Option<Vec<u8>>,
}

/// Lists forgeries as `"name", expected error => |chain, bundle| change;`.
macro_rules! forgeries {
    ($($name:literal, $expected:pat => |$chain:pat_param, $bundle:ident| $change:expr;)*) => {
        vec![$($crate::forgeries::Forgery {
            name: $name,
            expected: |error| matches!(error, $expected),
            forge: |$chain, $bundle| {
                $change;
                None
            },
        },)*]
    };
}

/// Lists forgeries that return bytes.
macro_rules! byte_forgeries {
    ($($name:literal, $expected:pat => |$chain:pat_param, $bundle:ident| $change:expr;)*) => {
        vec![$($crate::forgeries::Forgery {
            name: $name,
            expected: |error| matches!(error, $expected),
            forge: |$chain, $bundle| Some($change),
        },)*]
    };
}

pub(crate) use byte_forgeries;
pub(crate) use forgeries;

/// Puts the right checksum behind bytes without one.
pub(crate) fn seal(mut body: Vec<u8>) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let check = Sha256::digest(&body);
    body.extend_from_slice(&check);
    body
}

/// The encoding of a bundle without its checksum.
pub(crate) fn body(bundle: &Bundle) -> Vec<u8> {
    let mut bytes = bundle.to_bytes();
    bytes.truncate(bytes.len() - 32);
    bytes
}

/// A list of the same type with changed elements.
pub(crate) fn edit<T: Clone, const MAX: usize>(
    list: &mut assent_types::List<T, MAX>,
    change: impl FnOnce(&mut Vec<T>),
) {
    let mut items = list.to_vec();
    change(&mut items);
    *list = assent_types::List::new(items).unwrap();
}
