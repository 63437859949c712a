//! The genesis header: its hash is the chain id, and all that an offline verifier has to trust.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::Text;
use crate::hash::{Tag, tagged_value};
use crate::ids::{ChainId, Hash32, Millis};
use crate::state::ChainClass;
use crate::validator::ValidatorSet;

/// Format number of the genesis header.
pub const GENESIS_FORMAT: u8 = 1;

/// What the chain starts from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct GenesisHeader {
    /// [`GENESIS_FORMAT`].
    pub format: u8,
    /// Name for humans.
    pub name: Text<64>,
    /// Kind of the chain.
    pub chain_class: ChainClass,
    /// Time before the first block's.
    pub time: Millis,
    /// Validators of heights 1 and 2.
    pub validators: ValidatorSet,
    /// Hash of the parameters.
    pub params: Hash32,
    /// Root of the state at height 0.
    pub state_root: Hash32,
    /// Version that executes the first block.
    pub app_version: u32,
}

impl GenesisHeader {
    /// The chain id.
    pub fn chain_id(&self) -> ChainId {
        ChainId(tagged_value(Tag::Genesis, self))
    }
}
