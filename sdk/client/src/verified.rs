//! Checks every answer against the chain id.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use assent_proofs::bundle::{Bundle, Claim, LogReceipt, Proven, Verified};
use assent_proofs::log::{leaf_hash, verify_inclusion};
use assent_types::block::Header;
use assent_types::error::ErrorCode;
use assent_types::ids::{ChainId, Height, Millis, TxHash};
use assent_types::receipt::{Opening, RECEIPT_FORMAT, Receipt};
use assent_types::state::{StateKey, StateValue};

use crate::error::ClientError;

/// Proven beginnings of bundles (all but the claim) that are remembered, so that the receipts of one block cost one
/// check of its certificate.
const BEGINNINGS_REMEMBERED: usize = 16;

/// A receipt that was proven to be in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalReceipt {
    /// The public part.
    pub receipt: Receipt,
    /// What the reader may see of it: as a party its own events.
    pub details: Option<Opening>,
    /// Its entry in the history log.
    pub position: u64,
    /// The encoded proof: a file that anybody can verify.
    pub bundle: Vec<u8>,
}

impl FinalReceipt {
    /// Whether the transaction took effect.
    ///
    /// # Errors
    /// The number with which it was refused.
    pub fn outcome(&self) -> Result<(), ErrorCode> {
        match self.receipt.code {
            0 => Ok(()),
            _ => Err(self.receipt.error().unwrap_or(ErrorCode::UnknownCode)),
        }
    }
}

/// Leaves of the state, each proven present or absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenState {
    /// Height of the state.
    pub height: Height,
    /// Time of that block.
    pub time: Millis,
    /// The keys, ascending, each with its value or none.
    pub values: Vec<(StateKey, Option<StateValue>)>,
    /// The encoded proof.
    pub bundle: Vec<u8>,
}

impl ProvenState {
    /// The value of a key; the outer `None` says that nothing is proven about it.
    pub fn value(&self, key: &StateKey) -> Option<Option<&StateValue>> {
        self.values.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_ref())
    }
}

/// Verifies bundles of one chain.
pub struct Verifier {
    chain: ChainId,
    beginnings: Mutex<VecDeque<Bundle>>,
    seen: AtomicU64,
}

impl Verifier {
    /// A verifier that trusts this chain id and nothing else.
    pub fn new(chain: ChainId) -> Self {
        Self { chain, beginnings: Mutex::default(), seen: AtomicU64::new(0) }
    }

    /// Verifies any bundle.
    ///
    /// # Errors
    /// [`ClientError::Unproven`], as for every method here.
    pub fn any(&self, node: &str, bundle: &[u8]) -> Result<Verified, ClientError> {
        let verified = Bundle::verify(bundle, self.chain).map_err(|error| unproven(node, error))?;
        self.saw(verified.header.height);
        Ok(verified)
    }

    /// Height of the newest block that was proven so far.
    pub fn seen(&self) -> Height {
        Height(self.seen.load(Ordering::Relaxed))
    }

    fn saw(&self, height: Height) {
        self.seen.fetch_max(height.0, Ordering::Relaxed);
    }

    /// Verifies the receipt of this transaction.
    ///
    /// # Errors
    /// [`ClientError::Unproven`]; also if the bundle proves another transaction's receipt.
    pub fn receipt(&self, node: &str, bundle: &[u8], tx: &TxHash) -> Result<FinalReceipt, ClientError> {
        let found = self.any_receipt(node, bundle)?;
        if found.receipt.tx != *tx {
            return Err(unproven(node, "the receipt is of another transaction"));
        }
        Ok(found)
    }

    /// Verifies a receipt, whichever it is.
    ///
    /// # Errors
    /// [`ClientError::Unproven`].
    pub fn any_receipt(&self, node: &str, bundle: &[u8]) -> Result<FinalReceipt, ClientError> {
        let decoded = Bundle::from_bytes(bundle).map_err(|error| unproven(node, error))?;
        let height = decoded.finality.header.height;
        let (receipt, position, details) = if self.is_known(&decoded) {
            let Claim::Receipt(claim) = decoded.claim else {
                return Err(unproven(node, "the bundle proves no receipt"));
            };
            check_receipt(&decoded.finality.header, *claim).map_err(|error| unproven(node, error))?
        } else {
            let beginning = Bundle { claim: Claim::Finality, ..decoded.clone() };
            match decoded.check(self.chain).map_err(|error| unproven(node, error))?.proven {
                Proven::Receipt { receipt, index, details } => {
                    self.remember(beginning);
                    (receipt, index, details)
                }
                _ => return Err(unproven(node, "the bundle proves no receipt")),
            }
        };
        self.saw(height);
        Ok(FinalReceipt { receipt, details, position, bundle: bundle.to_vec() })
    }

    /// Verifies state leaves: exactly these keys, ascending.
    ///
    /// # Errors
    /// [`ClientError::Unproven`].
    pub fn state(&self, node: &str, bundle: &[u8], keys: &[StateKey]) -> Result<ProvenState, ClientError> {
        let state = self.any_state(node, bundle)?;
        if state.values.iter().map(|(key, _)| key).eq(keys) {
            Ok(state)
        } else {
            Err(unproven(node, "the bundle proves other keys than were asked for"))
        }
    }

    /// Verifies state leaves, whichever they are.
    ///
    /// # Errors
    /// [`ClientError::Unproven`].
    pub fn any_state(&self, node: &str, bundle: &[u8]) -> Result<ProvenState, ClientError> {
        let verified = self.any(node, bundle)?;
        let Proven::State(items) = verified.proven else {
            return Err(unproven(node, "the bundle proves no state"));
        };
        Ok(ProvenState {
            height: verified.header.height,
            time: verified.header.time,
            values: items.into_iter().map(|item| (item.key, item.value)).collect(),
            bundle: bundle.to_vec(),
        })
    }

    /// Whether all of the bundle but its claim was proven before.
    fn is_known(&self, bundle: &Bundle) -> bool {
        let same = |known: &Bundle| {
            known.finality == bundle.finality
                && (known.format, known.chain) == (bundle.format, bundle.chain)
                && known.genesis == bundle.genesis
                && known.path == bundle.path
        };
        self.beginnings.lock().unwrap_or_else(PoisonError::into_inner).iter().any(same)
    }

    fn remember(&self, beginning: Bundle) {
        let mut beginnings = self.beginnings.lock().unwrap_or_else(PoisonError::into_inner);
        if beginnings.len() == BEGINNINGS_REMEMBERED {
            beginnings.pop_front();
        }
        beginnings.push_back(beginning);
    }
}

type Checked = (Receipt, u64, Option<Opening>);

/// The claim alone, under a header that is known to be final; the same rules as [`Bundle::check`].
fn check_receipt(header: &Header, claim: LogReceipt) -> Result<Checked, String> {
    let LogReceipt { receipt, index, proof, details } = claim;
    if receipt.format != RECEIPT_FORMAT {
        return Err(format!("receipt format {} is not known", receipt.format));
    }
    verify_inclusion(&leaf_hash(&receipt.hash().0), index, header.log_size, &proof, &header.log_root)
        .map_err(|error| error.to_string())?;
    if receipt.height.cmp(&header.height) != receipt.time.cmp(&header.time) || receipt.height > header.height {
        return Err("height or time do not fit the final header".into());
    }
    if details.as_ref().is_some_and(|details| details.hash() != Some(receipt.details)) {
        return Err("the details are not those of the receipt".into());
    }
    Ok((receipt, index, details))
}

pub(crate) fn unproven(node: &str, reason: impl ToString) -> ClientError {
    ClientError::Unproven { node: node.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
#[path = "verified_tests.rs"]
mod tests;
