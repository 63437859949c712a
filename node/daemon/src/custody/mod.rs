//! The custodian agent: keeps shards of documents, serves them by right of the ledger, and rebuilds lost ones.

mod store;

pub use store::{ShardName, ShardStore, StoreError};
