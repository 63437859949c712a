//! `assent-verify`: says what a proof bundle proves, given the chain id.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use assent_types::ChainId;
use assent_verify::{FileError, accepted_json, describe, refused_json, verify_file};
use clap::Parser;

/// Checks a proof bundle offline, trusting only the genesis hash.
#[derive(Parser)]
#[command(
    name = "assent-verify",
    version,
    after_help = "Exit status: 0 the bundle is accepted, 1 it is refused, 2 it cannot be read or the usage is wrong."
)]
struct Options {
    /// The bundle
    bundle: PathBuf,
    /// Hash of the genesis header of the chain that is trusted: 64 hexadecimal digits
    #[arg(long, value_name = "HASH", env = "ASSENT_GENESIS")]
    genesis: ChainId,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let (accepted, output) = match verify_file(&options.bundle, options.genesis) {
        Ok(verified) if options.json => (true, format!("{:#}", accepted_json(&verified))),
        Ok(verified) => (true, describe(&verified).join("\n")),
        Err(FileError::Refused(error)) if options.json => (false, format!("{:#}", refused_json(&error))),
        Err(FileError::Refused(error)) => (false, format!("refused ({}): {error}", error.part())),
        Err(error @ FileError::Read(_)) => {
            eprintln!("error: {error}: {}", options.bundle.display());
            return ExitCode::from(2);
        }
    };
    // A reader that went away has seen all that it wants; the exit status still tells the result.
    let _ = writeln!(std::io::stdout(), "{output}");
    if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
