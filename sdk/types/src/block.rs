//! Block headers and bodies.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{Bytes, DecodeError, List, decode, encode};
use crate::error::ErrorCode;
use crate::hash::{Tag, tagged_value};
use crate::ids::{BlockHash, ChainId, Hash32, Height, Millis, OrgId};
use crate::limits::{BLOCK_TXS_MAX, BODY_BYTES_MAX, TX_BYTES_MAX};

/// Format number of headers and bodies.
pub const BLOCK_FORMAT: u8 = 1;

/// Protocol version that this code executes.
pub const APP_VERSION: u32 = 1;

/// A block header. Sizes stand beside every root, because Merkle roots do not bind them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Header {
    /// [`BLOCK_FORMAT`].
    pub format: u8,
    /// The chain.
    pub chain: ChainId,
    /// Height.
    pub height: Height,
    /// Time, strictly after the parent's.
    pub time: Millis,
    /// Who proposed it.
    pub proposer: OrgId,
    /// The parent; at height 1 the chain id.
    pub previous: BlockHash,
    /// Root over the encoded transactions with their signatures, in order (RFC 9162 tree): it binds the body to the last
    /// byte, so that a changed body is nobody's but the sender's fault.
    pub tx_root: Hash32,
    /// Number of transactions.
    pub tx_count: u32,
    /// Root of the history log after this block's receipts, before this header.
    pub log_root: Hash32,
    /// Number of entries of that log.
    pub log_size: u64,
    /// Root of the state after this block.
    pub state_root: Hash32,
    /// Hash of the validators of this height.
    pub validators: Hash32,
    /// Hash of the validators of the next height.
    pub next_validators: Hash32,
    /// Hash of the parameters.
    pub params: Hash32,
    /// Version that executes this block.
    pub app_version: u32,
}

impl Header {
    /// The block's identifier.
    pub fn hash(&self) -> BlockHash {
        BlockHash(tagged_value(Tag::Header, self))
    }
}

/// A block as it travels: header and transactions, each with its canonical bytes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// Encoded transactions, in order.
    pub txs: List<Bytes<TX_BYTES_MAX>, BLOCK_TXS_MAX>,
}

impl Block {
    /// Decodes a block within its size bound. The transactions are not looked into.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > BODY_BYTES_MAX {
            let detail = format!("block of {} bytes, at most {BODY_BYTES_MAX}", bytes.len());
            return Err(DecodeError::new(ErrorCode::TooLarge, detail));
        }
        let block: Self = decode(bytes)?;
        if block.header.format != BLOCK_FORMAT {
            return Err(DecodeError::new(ErrorCode::UnknownCode, format!("block format {}", block.header.format)));
        }
        Ok(block)
    }

    /// The canonical encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }
}
