//! assent-client
