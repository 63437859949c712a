use assent_types::validator::CertificateError;
use assent_types::{ChainId, DecodeError, Hash32, Height};

use crate::ProofError;

/// Why a bundle proves nothing: which part of it failed, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not the canonical encoding of a bundle of this format.
    #[error("not a bundle: {0}")]
    Decode(#[from] DecodeError),
    /// For another chain than the trusted one.
    #[error("the bundle is for chain {found}, not for {expected}")]
    Chain {
        /// The trusted chain.
        expected: ChainId,
        /// The bundle's.
        found: ChainId,
    },
    /// The genesis header does not hash to the chain id.
    #[error("the genesis header hashes to {found}, not to the chain id")]
    Genesis {
        /// Its hash.
        found: ChainId,
    },
    /// A genesis header of a format that this code does not know.
    #[error("genesis format {0} is not known")]
    GenesisFormat(u8),
    /// A validator-set change, counted from 0.
    #[error("validator-set change {index}: {error}")]
    Path {
        /// Which.
        index: usize,
        /// What is wrong.
        error: PathError,
    },
    /// The final header.
    #[error("finality: {0}")]
    Finality(FinalityError),
    /// The claim.
    #[error("claim: {0}")]
    Claim(ClaimError),
}

impl VerifyError {
    /// A stable name of the part that failed: `format`, `chain`, `genesis`, `path`, `finality` or `claim`.
    pub fn part(&self) -> &'static str {
        match self {
            Self::Decode(_) => "format",
            Self::Chain { .. } => "chain",
            Self::Genesis { .. } | Self::GenesisFormat(_) => "genesis",
            Self::Path { .. } => "path",
            Self::Finality(_) => "finality",
            Self::Claim(_) => "claim",
        }
    }
}

/// Why a header is not proven final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinalityError {
    /// A header of a format that this code does not know.
    #[error("header format {0} is not known")]
    Format(u8),
    /// The header is of another chain.
    #[error("the header is of chain {0}")]
    Chain(ChainId),
    /// The header lies before the first height of the trusted validators.
    #[error("height {found} lies before height {from}, the first of these validators")]
    Height {
        /// First height of the trusted validators.
        from: Height,
        /// Height of the header.
        found: Height,
    },
    /// The header names other validators than the trusted ones.
    #[error("the header names the validators {found}, trusted are {expected}")]
    Validators {
        /// Hash of the trusted set.
        expected: Hash32,
        /// Hash in the header.
        found: Hash32,
    },
    /// The certificate is of another height or block.
    #[error("the certificate is not of this header")]
    Block,
    /// The certificate itself.
    #[error("certificate: {0}")]
    Certificate(#[from] CertificateError),
}

/// Why a validator-set change is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Its header is not proven final.
    #[error(transparent)]
    Finality(#[from] FinalityError),
    /// The header announces no change.
    #[error("the header keeps its validators")]
    NoChange,
    /// The set given is not the one that the header announces.
    #[error("the header announces the validators {expected}, given are {found}")]
    Set {
        /// Hash in the header.
        expected: Hash32,
        /// Hash of the set given.
        found: Hash32,
    },
}

/// Why a claim does not follow from the final header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// The entry is not in the history log.
    #[error("not in the history log: {0}")]
    Log(ProofError),
    /// A receipt of a format that this code does not know.
    #[error("receipt format {0} is not known")]
    ReceiptFormat(u8),
    /// The receipt or earlier header claims a height or time that the final header rules out.
    #[error("height or time do not fit the final header")]
    Place,
    /// The opened events and the hashes of the others form no tree of as many events as there are said to be.
    #[error("the opened events and hidden hashes do not form the tree of the details")]
    Opening,
    /// The details are not those that the receipt commits to.
    #[error("the details hash to {found}, the receipt says {expected}")]
    Details {
        /// Hash in the receipt.
        expected: Hash32,
        /// Hash of the details.
        found: Hash32,
    },
    /// No item, or items that do not ascend strictly by key.
    #[error("state items must ascend strictly by key, and be at least one")]
    Items,
    /// The state proof of an item, counted from 0.
    #[error("state item {index}: {error}")]
    State {
        /// Which.
        index: usize,
        /// What is wrong.
        error: ProofError,
    },
    /// A value that is no record of its key, by the item's number.
    #[error("state item {index}: the value is no record of this key: {reason}")]
    Value {
        /// Which.
        index: usize,
        /// What is wrong.
        reason: String,
    },
    /// The older header.
    #[error("older header: {0}")]
    Older(FinalityError),
    /// The older header is not older.
    #[error("height {older} is not before height {newer}")]
    Order {
        /// Height called older.
        older: Height,
        /// Height of the final header.
        newer: Height,
    },
    /// The older log is not the beginning of the newer.
    #[error("the older log is not the beginning of the newer: {0}")]
    Consistency(ProofError),
}
