//! The replica's store in RocksDB: one column family for each column, one synced write batch for each write.

mod options;
mod rocks;
#[cfg(test)]
mod tests;

pub use rocks::{OpenError, RocksStore};
