//! assent-verify
