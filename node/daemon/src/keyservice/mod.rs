//! The key service: keeps parts of keys of documents and releases them by right of the ledger.
