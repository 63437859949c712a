//! Proofs of receipts, with what all receipts of one block share kept between them.
//!
//! A bundle of a receipt begins with genesis header, validator-set path and the block's finality, and ends with the
//! claim. The beginning is the same for every receipt of a block and is taken from the bundle of the block's finality;
//! only the claim is made anew.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use assent_proofs::bundle::{Bundle, Claim, LogReceipt};
use assent_proofs::log::InclusionProver;
use assent_replica::ledger::query;
use assent_replica::ledger::view::View;
use assent_replica::storage::{Read, StorageError};
use assent_types::codec::List;
use assent_types::ids::Height;
use assent_types::receipt::{Opening, Receipt};

/// Blocks whose beginnings are kept.
const BLOCKS_KEPT: usize = 32;

/// What the receipts of one block share.
struct Beginning {
    height: Height,
    /// The bundle of the block's finality: everything but the claim.
    bundle: Bundle,
    /// Log entry of the block's first receipt.
    first: u64,
    /// Size of the log to which the header commits.
    log_size: u64,
}

/// Makes bundles of receipts.
#[derive(Default)]
pub(super) struct Prover {
    kept: Mutex<VecDeque<Arc<Beginning>>>,
}

/// Makes bundles of one block's receipts, which share most of their paths in the history log.
pub(super) struct BlockProver<'a> {
    beginning: Arc<Beginning>,
    inclusion: InclusionProver<'a, View<'a>>,
}

impl BlockProver<'_> {
    /// The encoded bundle of a receipt of the block, with its details as far as they are to be opened.
    pub(super) fn prove(&mut self, receipt: Receipt, details: Option<Opening>) -> Result<Vec<u8>, StorageError> {
        let index = self.beginning.first + u64::from(receipt.index);
        let proof = self.inclusion.prove(index).map_err(|error| StorageError(format!("history log: {error}")))?;
        let proof = List::new(proof).map_err(|error| StorageError(format!("history log: {error}")))?;
        let claim = Claim::Receipt(Box::new(LogReceipt { receipt, index, proof, details }));
        Ok(Bundle { claim, ..self.beginning.bundle.clone() }.to_bytes())
    }
}

impl Prover {
    /// The encoded bundle of a receipt, with its details as far as they are to be opened.
    pub(super) fn prove(
        &self,
        read: &dyn Read,
        receipt: Receipt,
        details: Option<Opening>,
    ) -> Result<Vec<u8>, StorageError> {
        self.block(&View::new(read), receipt.height)?.prove(receipt, details)
    }

    /// For several receipts of one block.
    pub(super) fn block<'a>(&self, view: &'a View<'a>, height: Height) -> Result<BlockProver<'a>, StorageError> {
        let beginning = self.beginning(view.read(), height)?;
        let inclusion = InclusionProver::new(view, beginning.log_size)
            .map_err(|error| StorageError(format!("history log: {error}")))?;
        Ok(BlockProver { beginning, inclusion })
    }

    fn beginning(&self, read: &dyn Read, height: Height) -> Result<Arc<Beginning>, StorageError> {
        let kept = |list: &VecDeque<Arc<Beginning>>| list.iter().find(|one| one.height == height).cloned();
        if let Some(found) = kept(&self.kept.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(found);
        }
        let made = Arc::new(make(read, height)?);
        let mut list = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept(&list).is_none() {
            list.push_front(made.clone());
            list.truncate(BLOCKS_KEPT);
        }
        Ok(made)
    }
}

fn make(read: &dyn Read, height: Height) -> Result<Beginning, StorageError> {
    let missing = || StorageError(format!("block {height} has receipts but is missing"));
    let bytes = query::finality_bundle(read, height)?.ok_or_else(missing)?;
    let bundle = Bundle::from_bytes(&bytes)?;
    let first = match height {
        Height(0 | 1) => 0,
        Height(above) => query::block(read, Height(above - 1))?.ok_or_else(missing)?.header.log_size + 1,
    };
    let log_size = bundle.finality.header.log_size;
    Ok(Beginning { height, bundle, first, log_size })
}
