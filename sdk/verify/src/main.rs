//! `assent-verify`: says what a proof bundle proves, given the chain id.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use assent_types::ChainId;
use assent_verify::{FileError, accepted_json, describe, refused_json, refused_trail_json, verify_file, verify_trail};
use clap::Parser;

/// Checks a proof bundle offline, trusting only the genesis hash.
#[derive(Parser)]
#[command(
    name = "assent-verify",
    version,
    after_help = "Exit status: 0 the bundle is accepted, 1 it is refused, 2 it cannot be read or the usage is wrong."
)]
struct Options {
    /// The bundle, or the folder of an access trail
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
    let checked = if options.bundle.is_dir() { trail(&options) } else { bundle(&options) };
    let (accepted, output) = match checked {
        Ok(checked) => checked,
        Err(error) => {
            eprintln!("error: {error}: {}", options.bundle.display());
            return ExitCode::from(2);
        }
    };
    // A reader that went away has seen all that it wants; the exit status still tells the result.
    let _ = writeln!(std::io::stdout(), "{output}");
    if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the bundle is accepted, and what to print; an error if it cannot be read.
fn bundle(options: &Options) -> Result<(bool, String), String> {
    match verify_file(&options.bundle, options.genesis) {
        Ok(verified) if options.json => Ok((true, format!("{:#}", accepted_json(&verified)))),
        Ok(verified) => Ok((true, describe(&verified).join("\n"))),
        Err(FileError::Refused(error)) if options.json => Ok((false, format!("{:#}", refused_json(&error)))),
        Err(FileError::Refused(error)) => Ok((false, format!("refused ({}): {error}", error.part()))),
        Err(error @ FileError::Read(_)) => Err(error.to_string()),
    }
}

/// The same for a folder with an access trail.
fn trail(options: &Options) -> Result<(bool, String), String> {
    match verify_trail(&options.bundle, options.genesis) {
        Ok(trail) if options.json => Ok((true, format!("{:#}", trail.json()))),
        Ok(trail) => Ok((true, trail.describe().join("\n"))),
        Err(error) if error.is_read() => Err(error.to_string()),
        Err(error) if options.json => Ok((false, format!("{:#}", refused_trail_json(&error)))),
        Err(error) => Ok((false, format!("refused (trail): {error}"))),
    }
}
