//! assent-proto
