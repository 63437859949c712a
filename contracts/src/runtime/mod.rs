//! What all contracts share: reading, writing, tables, dispatch, receipts and the sweeper.

pub mod block;
pub(crate) mod call;
pub mod diagram;
pub(crate) mod dispatch;
pub mod envelope;
pub(crate) mod identity;
pub mod memory;
pub mod object_state;
pub(crate) mod overlay;
pub(crate) mod receipts;
pub mod signer;
pub mod state;
pub(crate) mod sweeper;
pub mod table;
pub mod validators;

#[cfg(test)]
mod tests;
