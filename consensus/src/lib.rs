//! assent-consensus
