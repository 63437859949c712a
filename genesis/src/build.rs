//! The first state and the chain id.

use std::convert::Infallible;

use assent_contracts::{GenesisState, genesis_writes};
use assent_proofs::state::{NodeReader, apply};
use assent_types::genesis::{GENESIS_FORMAT, GenesisHeader};
use assent_types::hash::{Tag, tagged_value};
use assent_types::state::StateValue;
use assent_types::{ChainId, Hash32, encode};

use crate::doc::GenesisDoc;
use crate::error::GenesisError;

/// A chain that is ready to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The header; all that an offline verifier has to trust.
    pub header: GenesisHeader,
    /// Hash of the header.
    pub chain: ChainId,
    /// Every leaf of state version 0, strictly ascending by [`assent_types::state::StateKey`].
    pub writes: Vec<StateValue>,
}

impl Genesis {
    /// The leaves as the state tree takes them: hash of the key, canonical bytes of the value.
    pub fn tree_writes(&self) -> Vec<(Hash32, Vec<u8>)> {
        tree_writes(&self.writes)
    }
}

/// Validates the document and builds the first state.
///
/// # Errors
/// What [`GenesisDoc::validate`] finds; [`GenesisError::Tree`] is a fault of the program.
pub fn build(doc: &GenesisDoc) -> Result<Genesis, GenesisError> {
    doc.validate()?;
    let validators = doc.validator_set()?;
    let writes = leaves(doc)?;
    let state_root = root(&writes)?;
    let header = GenesisHeader {
        format: GENESIS_FORMAT,
        name: doc.name.clone(),
        chain_class: doc.chain_class,
        time: doc.time,
        validators,
        params: tagged_value(Tag::Params, &doc.params),
        state_root,
        app_version: doc.app_version,
    };
    let chain = header.chain_id();
    Ok(Genesis { header, chain, writes })
}

fn leaves(doc: &GenesisDoc) -> Result<Vec<StateValue>, GenesisError> {
    let state = GenesisState {
        time: doc.time,
        params: doc.params.clone(),
        validators: doc.validator_set()?,
        orgs: doc.orgs.clone(),
        bases: doc.bases.clone(),
    };
    let leaves = genesis_writes(&state).map_err(|error| GenesisError::Tree(error.to_string()))?;
    Ok(leaves.into_values().collect())
}

fn tree_writes(leaves: &[StateValue]) -> Vec<(Hash32, Vec<u8>)> {
    leaves.iter().map(|leaf| (leaf.key.hash(), encode(leaf))).collect()
}

/// Nothing is stored before version 0.
struct Empty;

impl NodeReader for Empty {
    type Error = Infallible;

    fn node(&self, _: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(None)
    }

    fn value(&self, _: &Hash32, _: u64) -> Result<Option<(u64, Vec<u8>)>, Infallible> {
        Ok(None)
    }
}

fn root(leaves: &[StateValue]) -> Result<Hash32, GenesisError> {
    let update = apply(&Empty, None, &tree_writes(leaves)).map_err(|error| GenesisError::Tree(error.to_string()))?;
    Ok(update.root)
}
