//! What makes a transaction admissible into a block, before it is executed.

use std::collections::BTreeMap;

use assent_types::key::{PublicKey, SignatureCheck};
use assent_types::limits::TX_TTL_MS;
use assent_types::tx::Transaction;
use assent_types::{ChainId, ErrorCode, KeyId, Millis};

use super::state::{self, ReadError, StateRead};

/// The envelope checks of a transaction against the state after the parent block: its chain (E103), that its keys are
/// known (E104), and its expiry at `block_time` (E106). A transaction that fails one can enter no block.
///
/// Returns the signatures that have to verify under ZIP-215 as well, else E104; they may be verified in batches.
/// Whether a known key is in force is decided by execution, with a receipt.
///
/// # Errors
///
/// If the state cannot be read.
pub fn envelope(
    chain: ChainId,
    state: &dyn StateRead,
    block_time: Millis,
    tx: &Transaction,
) -> Result<Result<Vec<SignatureCheck>, ErrorCode>, ReadError> {
    if tx.body.chain != chain {
        return Ok(Err(ErrorCode::WrongChain));
    }
    let mut keys: BTreeMap<KeyId, PublicKey> = BTreeMap::new();
    for id in tx.cosignatures.iter().map(|cosignature| &cosignature.signer).chain([&tx.body.signer]) {
        match state::key(state, *id)? {
            Some(entry) => keys.insert(*id, entry.key),
            None => return Ok(Err(ErrorCode::BadSignature)),
        };
    }
    if block_time > tx.body.expires_at || tx.body.expires_at > block_time.plus(TX_TTL_MS) {
        return Ok(Err(ErrorCode::Expired));
    }
    Ok(tx.signature_checks(|id| keys.get(id).copied()).ok_or(ErrorCode::BadSignature))
}
