//! `assent verify`: the offline verifier, as in `assent-verify`.

use std::path::PathBuf;

use assent_types::ids::ChainId;
use assent_verify::{FileError, accepted_json, describe, refused_json, verify_file};

use super::output::{CliError, Output};

/// Flags of `assent verify`.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  assent verify receipt.bundle --genesis 5f0c...
  ASSENT_GENESIS=5f0c... assent verify absence.bundle --json

Exit status: 0 the bundle is accepted, 1 it is refused, 2 it cannot be read.")]
pub(super) struct VerifyArgs {
    /// The bundle
    bundle: PathBuf,
    /// Hash of the genesis header of the chain that is trusted: 64 hexadecimal digits
    #[arg(long, value_name = "HASH", env = "ASSENT_GENESIS")]
    genesis: ChainId,
}

pub(super) fn run(args: &VerifyArgs, output: &Output) -> Result<(), CliError> {
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
