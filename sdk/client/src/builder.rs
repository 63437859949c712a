//! Makes transactions.

use assent_types::action::Action;
use assent_types::codec::DecodeError;
use assent_types::ids::{ChainId, KeyId, Millis};
use assent_types::key::SecretKey;
use assent_types::tx::{CoSignature, TX_FORMAT, Transaction, TxBody};

/// Why no transaction could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The operating system gave no randomness.
    #[error("no randomness: {0}")]
    Randomness(String),
    /// Too many co-signatures, or too large.
    #[error(transparent)]
    Form(#[from] DecodeError),
}

/// A fresh random value, for idempotency keys, nonces and salts.
///
/// # Errors
/// [`BuildError::Randomness`].
pub fn random<const N: usize>() -> Result<[u8; N], BuildError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| BuildError::Randomness(error.to_string()))?;
    Ok(bytes)
}

/// An unsigned transaction with a fresh idempotency key, for `signer` to sign and others to co-sign.
///
/// # Errors
/// [`BuildError::Randomness`].
pub fn body(chain: ChainId, signer: KeyId, expires_at: Millis, action: Action) -> Result<TxBody, BuildError> {
    Ok(TxBody { format: TX_FORMAT, chain, signer, idempotency: random()?, expires_at, action })
}

/// A transaction signed by `key` and co-signed by `cosigners`, with a fresh idempotency key.
///
/// # Errors
/// [`BuildError`].
pub fn transaction(
    chain: ChainId,
    key: &SecretKey,
    expires_at: Millis,
    action: Action,
    cosigners: &[&SecretKey],
) -> Result<Transaction, BuildError> {
    let body = body(chain, key.public().id(), expires_at, action)?;
    let cosignatures: Vec<CoSignature> = cosigners.iter().map(|cosigner| body.cosign(cosigner)).collect();
    Ok(body.sign(key, cosignatures)?)
}

#[cfg(test)]
mod tests {
    use assent_types::action::{Action, RevokeMandate};
    use assent_types::ids::{Hash32, MandateId, Sp};

    use super::*;

    #[test]
    fn transactions_verify_and_never_share_an_idempotency_key() {
        let keys = [1, 2].map(|seed| SecretKey::from_seed(&[seed; 32]));
        let revoke = RevokeMandate { subject: Sp(Hash32([1; 32])), mandate: MandateId(Hash32([2; 32])) };
        let make = || {
            let action = Action::RevokeMandate(revoke.clone());
            transaction(ChainId(Hash32([3; 32])), &keys[0], Millis(4), action, &[&keys[1]]).unwrap()
        };
        let (one, other) = (make(), make());
        assert_ne!(one.body.idempotency, other.body.idempotency);
        let known = |id: &KeyId| keys.iter().map(SecretKey::public).find(|key| key.id() == *id);
        assert!(one.signature_checks(known).unwrap().iter().all(assent_types::key::SignatureCheck::verify));
        assert_eq!(Transaction::from_bytes(&one.to_bytes()), Ok(one));
    }
}
