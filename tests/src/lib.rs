//! assent-tests
