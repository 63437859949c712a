//! assent-proofs
