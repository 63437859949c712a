//! A node's indexes are those that genesis and its blocks give, whoever executes them and however many nodes there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use assent_contracts::Table;
use assent_genesis::Genesis;
use assent_replica::ledger::execute::{PreparedBlock, execute};
use assent_replica::ledger::{head, keys};
use assent_replica::storage::model::ModelStore;
use assent_replica::storage::{Batch, Column, Read, Storage};
use assent_types::ids::Height;

/// What blocks alone determine. Certificates differ from node to node, and nodes of the tree are pruned at their own
/// pace; the roots in the headers hold them.
const DETERMINED: [Column; 11] = [
    Column::Blocks,
    Column::TxIndex,
    Column::Receipts,
    Column::Tiles,
    Column::ConsentLog,
    Column::AccessLog,
    Column::Deadlines,
    Column::Memory,
    Column::MemoryByTime,
    Column::SetChanges,
    Column::Latest,
];

/// Copies of a store, each of which lacks an entry of one column: every one has to be noticed.
pub fn lacking(store: &ModelStore) -> Vec<ModelStore> {
    let lack = |column: &Column| {
        let (key, _) = store.snapshot().ok()?.scan(*column, &[], &[0xff; 128], 1).ok()?.pop()?;
        let (copy, mut batch) = (store.copy(), Batch::default());
        batch.delete(*column, key);
        copy.write(&batch).ok().map(|()| copy)
    };
    DETERMINED.iter().filter_map(lack).collect()
}

/// Executes a node's blocks again from genesis, in a store of its own, and compares what both hold. The signatures were
/// checked when the blocks were decided.
///
/// # Errors
///
/// A block that cannot be read, or that does not follow from those before it.
pub fn differing(genesis: &Genesis, tables: &[Table<'_>], node: &dyn Read) -> Result<Option<Column>, String> {
    let text = |error: assent_replica::storage::StorageError| error.to_string();
    let store = ModelStore::default();
    store.write(&head::initialise(genesis).map_err(text)?).map_err(text)?;
    let last = head::read(node).map_err(text)?.height;
    for height in (1..=last.0).map(Height) {
        let bytes = node.get(Column::Blocks, &keys::height(height)).map_err(text)?.ok_or("a block is not stored")?;
        let block = PreparedBlock::decode(&Arc::new(bytes)).map_err(|error| format!("block {height}: {error:?}"))?;
        let verified: BTreeSet<_> = block.txs.iter().map(|(hash, _)| *hash).collect();
        let read = store.snapshot().map_err(text)?;
        let before = head::read(read.as_ref()).map_err(text)?;
        let executed = execute(tables, read.as_ref(), &before, &block, &verified).map_err(text)?;
        drop(read);
        let executed = executed.map_err(|invalid| format!("block {height}: {invalid}"))?;
        store.write(&executed.batch).map_err(text)?;
    }
    let rebuilt = store.snapshot().map_err(text)?;
    let all = |read: &dyn Read, column| read.scan(column, &[], &[0xff; 128], usize::MAX).map_err(text);
    for column in DETERMINED {
        if all(node, column)? != all(rebuilt.as_ref(), column)? {
            return Ok(Some(column));
        }
    }
    Ok(None)
}
