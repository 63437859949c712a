//! `assent-bench`: measures a network of four nodes on this machine. `scripts/bench` builds and starts it.

use std::process::ExitCode;

use assent_tests::bench::{Options, run};
use clap::Parser;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assent-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
