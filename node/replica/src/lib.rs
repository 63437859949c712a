//! assent-replica
