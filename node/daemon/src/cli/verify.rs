//! `assent verify`: the offline verifier, as in `assent-verify`.

use std::path::PathBuf;

use assent_types::ids::ChainId;
use assent_verify::{FileError, accepted_json, describe, refused_json, refused_trail_json, verify_file, verify_trail};

use super::output::{CliError, Output};

/// Flags of `assent verify`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  assent verify receipt.bundle --genesis 5f0c...
  ASSENT_GENESIS=5f0c... assent verify absence.bundle --json

Exit status: 0 the bundle is accepted, 1 it is refused, 2 it cannot be read.")]
pub(super) struct VerifyArgs {
    /// The bundle, or the folder of an access trail
    bundle: PathBuf,
    /// Hash of the genesis header of the chain that is trusted: 64 hexadecimal digits
    #[arg(long, value_name = "HASH", env = "ASSENT_GENESIS")]
    genesis: ChainId,
}

pub(super) fn run(args: &VerifyArgs, output: &Output) -> Result<(), CliError> {
    if args.bundle.is_dir() {
        return trail(args, output);
    }
    match verify_file(&args.bundle, args.genesis) {
        Ok(verified) => {
            output.print(&accepted_json(&verified), || describe(&verified).join("\n"));
            Ok(())
        }
        Err(FileError::Refused(error)) => {
            output.print(&refused_json(&error), || format!("refused ({}): {error}", error.part()));
            Err(CliError::Told)
        }
        Err(error) => Err(CliError::usage(format!("{}: {error}", args.bundle.display()))),
    }
}

/// The same for the folder of an access trail.
fn trail(args: &VerifyArgs, output: &Output) -> Result<(), CliError> {
    match verify_trail(&args.bundle, args.genesis) {
        Ok(trail) => {
            output.print(&trail.json(), || trail.describe().join("\n"));
            Ok(())
        }
        Err(error) if error.is_read() => Err(CliError::usage(format!("{}: {error}", args.bundle.display()))),
        Err(error) => {
            output.print(&refused_trail_json(&error), || format!("refused (trail): {error}"));
            Err(CliError::Told)
        }
    }
}
