//! assent-contracts
