//! The `assent` binary: a node, and the tools around it.

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS provider for the whole process. A second installation could only be of another one.
    let installed = rustls::crypto::ring::default_provider().install_default();
    assert!(installed.is_ok(), "the TLS provider is installed once, here");
    assent_daemon::cli::main()
}
