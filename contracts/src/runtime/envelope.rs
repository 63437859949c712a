//! What makes a transaction admissible into a block, before it is executed.

use assent_types::key::{PublicKey, SignatureCheck};
use assent_types::limits::TX_TTL_MS;
use assent_types::tx::Transaction;
use assent_types::{ChainId, ErrorCode, KeyId, Millis};

use super::state::{self, ReadError, StateRead};

/// A transaction whose envelope is good, its signatures excepted, with the keys under which they have to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    tx: &'a Transaction,
    keys: Vec<(KeyId, PublicKey)>,
}

impl Envelope<'_> {
    /// The signatures that have to verify under ZIP-215, else E104; they may be verified in batches.
    ///
    /// # Errors
    ///
    /// E104, if a key is missing.
    pub fn signatures(&self) -> Result<Vec<SignatureCheck>, ErrorCode> {
        let key = |id: &KeyId| self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| *key);
        self.tx.signature_checks(key).ok_or(ErrorCode::BadSignature)
    }
}

/// The envelope checks of a transaction against the state after the parent block: its chain (E103), that its keys are
/// known (E104), and its expiry at `block_time` (E106). A transaction that fails one can enter no block.
///
/// What is returned names the signatures that have to verify as well. Whether a known key is in force is decided by
/// execution, with a receipt.
///
/// # Errors
///
/// If the state cannot be read.
pub fn envelope<'a>(
    chain: ChainId,
    state: &dyn StateRead,
    block_time: Millis,
    tx: &'a Transaction,
) -> Result<Result<Envelope<'a>, ErrorCode>, ReadError> {
    if tx.body.chain != chain {
        return Ok(Err(ErrorCode::WrongChain));
    }
    let mut keys = Vec::with_capacity(1 + tx.cosignatures.len());
    for id in tx.cosignatures.iter().map(|cosignature| &cosignature.signer).chain([&tx.body.signer]) {
        match state::key(state, *id)? {
            Some(entry) => keys.push((*id, entry.key)),
            None => return Ok(Err(ErrorCode::BadSignature)),
        };
    }
    if block_time > tx.body.expires_at || tx.body.expires_at > block_time.plus(TX_TTL_MS) {
        return Ok(Err(ErrorCode::Expired));
    }
    Ok(Ok(Envelope { tx, keys }))
}
