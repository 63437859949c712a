use assent_types::block::Header;
use assent_types::codec::TooMany;
use assent_types::genesis::GenesisHeader;
use assent_types::receipt::{Opening, Receipt};
use assent_types::state::StateKey;
use assent_types::validator::{CommitCertificate, ValidatorSet};
use assent_types::{Bytes, ChainId, DecodeError, ErrorCode, Hash32, List, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::{Digest, Sha256};

use crate::log::PROOF_MAX;
use crate::state::StateProof;

/// First bytes of every bundle: its format.
pub const MAGIC: [u8; 15] = *b"assent/proof/v1";

/// Largest encoded bundle, in bytes.
pub const BUNDLE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Most validator-set changes in one bundle. Each costs up to 128 signature checks, about 8 ms: the longest path of the
/// largest sets takes some 8 s on one core. A client that follows a chain keeps a [`TrustedSet`](super::TrustedSet).
pub const PATH_MAX: usize = 1024;

/// Most keys in one state claim.
pub const ITEMS_MAX: usize = 256;

/// Largest encoded state value, in bytes.
pub const VALUE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A self-contained proof.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Bundle {
    /// [`MAGIC`].
    pub format: [u8; 15],
    /// The chain: hash of the genesis header.
    pub chain: ChainId,
    /// The genesis header, with the first validators.
    pub genesis: GenesisHeader,
    /// Every change of the validators before the final header, by height.
    ///
    /// To build it for a final header of height h: for each height c < h at which header c has
    /// `next_validators != validators`, in order, take header c, its certificate and the set of c+1. The state at c
    /// holds that set as `next` of its [`StateKey::Validators`] record.
    pub path: List<SetChange, PATH_MAX>,
    /// The final header that the claim is about.
    pub finality: Finality,
    /// What is claimed.
    pub claim: Claim,
}

/// A header with the certificate that makes it final.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Finality {
    /// The header.
    pub header: Header,
    /// Precommits of more than two thirds of its validators' power.
    pub certificate: CommitCertificate,
}

/// A final header whose successor has other validators.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SetChange {
    /// The last header of the old validators, final by their certificate.
    pub finality: Finality,
    /// The validators of the next height.
    pub validators: ValidatorSet,
}

/// What a bundle claims about its final header.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Claim {
    /// That the header is final, and nothing more.
    Finality = 1,
    /// That a receipt is in the history.
    Receipt(Box<LogReceipt>) = 2,
    /// That an earlier header is in the history.
    Header(Box<EarlierHeader>) = 3,
    /// That state keys have these values, or none, after the header's block.
    State(State) = 4,
    /// That the history of an older final header is the beginning of this one's.
    Consistency(Box<Consistency>) = 5,
}

/// A receipt in the history log.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LogReceipt {
    /// The public part.
    pub receipt: Receipt,
    /// Its entry in the log, from 0.
    pub index: u64,
    /// Inclusion in the log that the final header commits to: of the receipt's own height, or any later one.
    pub proof: List<Hash32, PROOF_MAX>,
    /// What the reader may see of the salted details.
    pub details: Option<Opening>,
}

/// An earlier header in the history log. Its entry follows the receipts of its block, so its `log_size` is the index.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EarlierHeader {
    /// The earlier header.
    pub header: Header,
    /// Inclusion in the log that the final header commits to.
    pub proof: List<Hash32, PROOF_MAX>,
}

/// Values of the state after the final header's block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct State {
    /// At least one, strictly ascending by key.
    pub items: List<StateItem, ITEMS_MAX>,
}

/// A key of the state with its value, or proven to have none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StateItem {
    /// The key.
    pub key: StateKey,
    /// The encoded [`StateValue`](assent_types::state::StateValue); `None` claims that the key is absent.
    pub value: Option<Bytes<VALUE_BYTES_MAX>>,
    /// Proof under the header's state root.
    pub proof: StateProof,
}

/// An older final header and the proof that history only grew.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Consistency {
    /// The older header, final by validators that the bundle's path leads to.
    pub older: Finality,
    /// RFC 9162 consistency proof between the two logs.
    pub proof: List<Hash32, PROOF_MAX>,
}

impl Bundle {
    /// Puts a bundle together. See [`Bundle::path`] for which changes belong to the path.
    ///
    /// # Errors
    ///
    /// More than [`PATH_MAX`] changes. Nothing else is checked: whoever hands a bundle out verifies it first.
    pub fn new(
        genesis: GenesisHeader,
        path: Vec<SetChange>,
        finality: Finality,
        claim: Claim,
    ) -> Result<Self, TooMany> {
        let path = List::new(path)?;
        Ok(Self { format: MAGIC, chain: genesis.chain_id(), genesis, path, finality, claim })
    }

    /// Decodes a bundle within its bounds, without verifying it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            let detail = format!("bundle of {} bytes, at most {BUNDLE_BYTES_MAX}", bytes.len());
            return Err(DecodeError::new(ErrorCode::TooLarge, detail));
        }
        if !bytes.starts_with(&MAGIC) {
            return Err(DecodeError::new(ErrorCode::UnknownCode, "the first bytes are not assent/proof/v1"));
        }
        let (body, check) = bytes.split_last_chunk::<32>().unwrap_or((bytes, &[0; 32]));
        if checksum(body) != *check {
            return Err(DecodeError::new(ErrorCode::Decode, "the checksum does not fit: the file is damaged"));
        }
        let bundle: Self = decode(body)?;
        // Decoders accept one encoding only; this guards that property for every field, present and future.
        if encode(&bundle) != body {
            return Err(DecodeError::new(ErrorCode::NonCanonical, "another encoding of this bundle exists"));
        }
        Ok(bundle)
    }

    /// The canonical encoding, with its checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = encode(self);
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }
}

/// SHA-256 over everything before it.
fn checksum(body: &[u8]) -> [u8; 32] {
    Sha256::digest(body).into()
}

impl Claim {
    /// Claims that a receipt is entry `index` of the log.
    pub fn receipt(
        receipt: Receipt,
        index: u64,
        proof: Vec<Hash32>,
        details: Option<Opening>,
    ) -> Result<Self, TooMany> {
        Ok(Self::Receipt(Box::new(LogReceipt { receipt, index, proof: List::new(proof)?, details })))
    }

    /// Claims that an earlier header is in the log.
    pub fn header(header: Header, proof: Vec<Hash32>) -> Result<Self, TooMany> {
        Ok(Self::Header(Box::new(EarlierHeader { header, proof: List::new(proof)? })))
    }

    /// Claims values and absences; the items are put into order.
    pub fn state(mut items: Vec<StateItem>) -> Result<Self, TooMany> {
        items.sort_by_key(|item| item.key);
        Ok(Self::State(State { items: List::new(items)? }))
    }

    /// Claims that the log of an older final header is the beginning of the newer one's.
    pub fn consistency(older: Finality, proof: Vec<Hash32>) -> Result<Self, TooMany> {
        Ok(Self::Consistency(Box::new(Consistency { older, proof: List::new(proof)? })))
    }
}

impl StateItem {
    /// An item from what [`prove`](crate::state::prove) returns.
    pub fn new(key: StateKey, value: Option<Vec<u8>>, proof: StateProof) -> Result<Self, TooMany> {
        Ok(Self { key, value: value.map(Bytes::new).transpose()?, proof })
    }
}
