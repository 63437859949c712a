//! Transactions: body, co-signatures, signature.
//!
//! Co-signers sign the body. The signer signs body and co-signatures, so nobody can add or strip a co-signature, and
//! the transaction's identifier covers both.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::action::Action;
use crate::codec::{DecodeError, List, decode, encode};
use crate::error::ErrorCode;
use crate::hash::{Tag, tagged, tagged_value};
use crate::ids::{ChainId, Hash32, KeyId, Millis, TxHash};
use crate::key::{PublicKey, SecretKey, Signature, SignatureCheck};
use crate::limits::{COSIGNATURES_MAX, TX_BYTES_MAX};

/// Format number of transactions.
pub const TX_FORMAT: u8 = 1;

/// What is asked of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct TxBody {
    /// [`TX_FORMAT`].
    pub format: u8,
    /// The chain.
    pub chain: ChainId,
    /// Key of the signer.
    pub signer: KeyId,
    /// Chosen by the client: one transaction per (signer, idempotency key).
    pub idempotency: [u8; 16],
    /// Not executed in a block whose time is above this.
    pub expires_at: Millis,
    /// What to do.
    pub action: Action,
}

/// A co-signature over the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct CoSignature {
    /// Key of the co-signer.
    pub signer: KeyId,
    /// Its signature.
    pub signature: Signature,
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Transaction {
    /// What is asked.
    pub body: TxBody,
    /// Co-signatures, strictly ascending by key.
    pub cosignatures: List<CoSignature, COSIGNATURES_MAX>,
    /// The signer's signature over body and co-signatures.
    pub signature: Signature,
}

impl TxBody {
    fn cosign_digest(&self) -> Hash32 {
        tagged_value(Tag::TransactionCosign, self)
    }

    /// Signs as a co-signer.
    pub fn cosign(&self, key: &SecretKey) -> CoSignature {
        CoSignature { signer: key.public().id(), signature: key.sign(&self.cosign_digest()) }
    }

    /// Signs as the signer. Co-signatures are put into canonical order; more than [`COSIGNATURES_MAX`] are refused.
    pub fn sign(self, key: &SecretKey, mut cosignatures: Vec<CoSignature>) -> Result<Transaction, DecodeError> {
        cosignatures.sort();
        let cosignatures = List::new(cosignatures)
            .map_err(|error| DecodeError::new(ErrorCode::TooLarge, format!("co-signatures: {error}")))?;
        let signature = key.sign(&tagged_value(Tag::TransactionSign, &(&self, &cosignatures)));
        Ok(Transaction { body: self, cosignatures, signature })
    }
}

impl Transaction {
    /// Decodes a transaction and checks its size, format and canonical order: E101, E102, E107 or E108.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > TX_BYTES_MAX {
            let detail = format!("{} bytes, at most {TX_BYTES_MAX}", bytes.len());
            return Err(DecodeError::new(ErrorCode::TooLarge, detail));
        }
        let tx: Self = decode(bytes)?;
        if tx.body.format != TX_FORMAT {
            return Err(DecodeError::new(ErrorCode::UnknownCode, format!("transaction format {}", tx.body.format)));
        }
        if !tx.cosignatures.windows(2).all(|pair| pair[0].signer < pair[1].signer) {
            return Err(DecodeError::new(ErrorCode::NonCanonical, "co-signers do not ascend strictly"));
        }
        Ok(tx)
    }

    /// [`Self::from_bytes`] and [`Self::hash`], without encoding again what is encoded already.
    pub fn from_bytes_hashed(bytes: &[u8]) -> Result<(Self, TxHash), DecodeError> {
        let tx = Self::from_bytes(bytes)?;
        // A canonical encoding ends with the signature, and what stands before it is what the identifier covers.
        let covered = bytes.strip_suffix(&tx.signature.0).map(|covered| TxHash(tagged(Tag::Transaction, covered)));
        let hash = covered.unwrap_or_else(|| tx.hash());
        Ok((tx, hash))
    }

    /// The canonical encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// The identifier: body and co-signatures.
    pub fn hash(&self) -> TxHash {
        TxHash(tagged_value(Tag::Transaction, &(&self.body, &self.cosignatures)))
    }

    /// The seed of this transaction's receipt: known to whoever has seen the whole transaction, to nobody else.
    pub fn receipt_seed(&self) -> Hash32 {
        tagged_value(Tag::ReceiptSeed, self)
    }

    /// What must verify under ZIP-215, given each key; `None` if a key is unknown.
    pub fn signature_checks(&self, key: impl Fn(&KeyId) -> Option<PublicKey>) -> Option<Vec<SignatureCheck>> {
        let mut checks = Vec::with_capacity(1 + self.cosignatures.len());
        checks.push(SignatureCheck {
            key: key(&self.body.signer)?,
            digest: tagged_value(Tag::TransactionSign, &(&self.body, &self.cosignatures)),
            signature: self.signature,
        });
        for cosignature in &self.cosignatures {
            checks.push(SignatureCheck {
                key: key(&cosignature.signer)?,
                digest: self.body.cosign_digest(),
                signature: cosignature.signature,
            });
        }
        Some(checks)
    }
}
