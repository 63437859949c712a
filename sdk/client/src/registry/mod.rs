//! The private registry of an organisation: what the ledger must never hold.
//!
//! It maps record numbers to pseudonyms and bill numbers to nullifiers, and keeps the salts and key parts of documents.
//! It lies outside of the ledger and of any node's database.
//!
//! A registry is a folder with two parts. `sealed` holds one ciphertext for each entry and is what backups take.
//! `keys` holds the key of each entry, wrapped under the registry's own key, whose file lies elsewhere; backups leave it
//! out, so that destroying the key of an entry erases the entry everywhere. File names are keyed hashes: neither part
//! tells what it is about.
//!
//! # Security
//! AES-256-GCM with random nonces; the associated data binds kind and name, so that no file can be shown for another
//! one. Files are readable for their owner alone. An old version of a whole entry that somebody puts back is not
//! noticed.
//!
//! # Correctness
//! Every write goes to a file beside, is synced, takes its name by a rename, and the folder is synced before the call
//! returns. The calls block.

pub(crate) mod disk;
mod error;
mod key;
pub mod secret;
mod store;

pub use error::RegistryError;
pub use key::RegistryKey;
pub use store::{Kind, NamedValue, Registry};

#[cfg(test)]
mod tests;
