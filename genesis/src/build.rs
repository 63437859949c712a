//! The first state and the chain id.

use std::collections::BTreeMap;
use std::convert::Infallible;

use assent_proofs::state::{NodeReader, apply};
use assent_types::consent::TransferBasis;
use assent_types::genesis::{GENESIS_FORMAT, GenesisHeader};
use assent_types::hash::{Tag, tagged_value};
use assent_types::state::{Bases, BlockMeta, Record, StateKey, StateValue, Validators};
use assent_types::subject::{KeyEntry, KeyOwner};
use assent_types::{BlockHash, ChainId, Hash32, Height, OrgId, TxHash, encode};

use crate::doc::GenesisDoc;
use crate::error::GenesisError;

/// A chain that is ready to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The header; all that an offline verifier has to trust.
    pub header: GenesisHeader,
    /// Hash of the header.
    pub chain: ChainId,
    /// Every leaf of state version 0, strictly ascending by [`StateKey`].
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
    let set = doc.validator_set()?;
    // The chain id depends on this leaf, so there is no parent that it could name.
    let block = BlockMeta { height: Height(0), time: doc.time, previous: BlockHash(Hash32::ZERO) };
    let mut leaves = vec![
        leaf(StateKey::Block, Record::Block(block)),
        leaf(StateKey::Params, Record::Params(Box::new(doc.params.clone()))),
        leaf(StateKey::Validators, Record::Validators(Validators { next: set.clone(), after_next: set })),
    ];
    for org in &doc.orgs {
        leaves.push(leaf(StateKey::Org(org.id), Record::Org(Box::new(org.clone()))));
        for record in &org.keys {
            let entry = KeyEntry {
                key: record.key,
                owner: KeyOwner::Org(org.id),
                revoked_at: None,
                proxy_for: Default::default(),
            };
            leaves.push(leaf(StateKey::Key(record.id()), Record::Key(entry)));
        }
    }
    for (exporter, bases) in by_exporter(doc) {
        let bases =
            Bases::new(bases).map_err(|error| GenesisError::Org { org: exporter, problem: error.to_string() })?;
        leaves.push(leaf(StateKey::Bases(exporter), Record::Bases(bases)));
    }
    leaves.sort_by_key(|leaf| leaf.key);
    assert!(leaves.windows(2).all(|pair| pair[0].key < pair[1].key), "validation refuses repeated keys and numbers");
    Ok(leaves)
}

/// Bases keep the order of the document.
fn by_exporter(doc: &GenesisDoc) -> BTreeMap<OrgId, Vec<TransferBasis>> {
    let mut map: BTreeMap<OrgId, Vec<TransferBasis>> = BTreeMap::new();
    for basis in &doc.bases {
        map.entry(basis.exporter).or_default().push(basis.clone());
    }
    map
}

fn leaf(key: StateKey, record: Record) -> StateValue {
    StateValue { key, written_by: TxHash(Hash32::ZERO), record }
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
