//! assent-daemon
