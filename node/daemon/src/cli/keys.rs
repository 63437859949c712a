//! `assent keys`.

use std::path::PathBuf;

use assent_client::registry::secret;
use assent_types::action::{Action, RotateKey, possession_of};
use assent_types::ids::{KeyId, Millis};
use assent_types::key::KeyUsage;
use serde_json::json;

use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;
use crate::keyfile;

/// Verbs of `assent keys`.
#[derive(clap::Subcommand)]
pub(super) enum KeysVerb {
    /// Draw a new key and write its file, readable for its owner alone
    #[command(after_help = "Example:\n  assent keys new --usage SIGN_TX --out alice.key")]
    New {
        /// What the key is for: SIGN_TX, RECEIPT, VALIDATE, RECOVERY, NODE, ENCRYPT or COSIGN; persons use SIGN_TX
        #[arg(long, value_name = "USAGE", default_value = "SIGN_TX")]
        usage: KeyUsage,
        /// The file to write; an existing one is never overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Draw a secret of the organisation, as client configurations name them: registry_key, bill_key, pseudonym_key
    #[command(after_help = "Example:\n  assent keys secret --out keys/bill.key")]
    Secret {
        /// The file to write; an existing one is never overwritten
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show identifier, usage and public key of a key file
    #[command(after_help = "Example:\n  assent keys show alice.key")]
    Show {
        /// The key file
        file: PathBuf,
    },
    /// Replace a key of the own organisation, or add one
    #[command(
        after_help = "Example:\n  assent keys rotate --old OLD_KEY_ID --new new.key --signer recovery.key --exp 2030-01-01\n\n\
            A VALIDATE key: first name the new file in the node's configuration as keys.validate_next and restart the\n\
            node, then rotate. The node takes the new key two blocks later, by itself."
    )]
    Rotate(RotateArgs),
}

/// Flags of `assent keys rotate`.
#[derive(clap::Args)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The key that ends; without it the new key is added
    #[arg(long, value_name = "KEY_ID")]
    old: Option<KeyId>,
    /// Key file of the key that begins
    #[arg(long, value_name = "FILE")]
    new: PathBuf,
    /// Key file that signs: the RECOVERY key, or a SIGN_TX key together with --cosigner
    #[arg(long, value_name = "FILE")]
    signer: PathBuf,
    /// Key file of a second SIGN_TX key of the organisation
    #[arg(long, value_name = "FILE")]
    cosigner: Option<PathBuf>,
    /// First instant of the new key: a date or milliseconds since 1970; now if absent
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    nbf: Option<Millis>,
    /// First instant after its end
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    exp: Millis,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) fn run(verb: KeysVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        KeysVerb::New { usage, out } => {
            let public = keyfile::generate(&out, usage).map_err(CliError::failed)?;
            let value = json!({ "id": public.id(), "usage": usage, "public": public, "file": out });
            output.print(&value, || format!("{usage} key {} in {}", public.id(), out.display()));
            Ok(())
        }
        KeysVerb::Secret { out } => {
            secret::generate(&out).map_err(CliError::failed)?;
            output.print(&json!({ "file": out }), || format!("secret in {}", out.display()));
            Ok(())
        }
        KeysVerb::Show { file } => {
            let loaded = keyfile::load_any(&file).map_err(CliError::usage)?;
            let public = loaded.key.public();
            let value = json!({ "id": public.id(), "usage": loaded.usage, "public": public });
            output.print(&value, || format!("{} key {}\n{public}", loaded.usage, public.id()));
            Ok(())
        }
        KeysVerb::Rotate(args) => block_on(rotate(&args, output)),
    }
}

async fn rotate(args: &RotateArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let org = context.org()?;
    let new = keyfile::load_any(&args.new).map_err(CliError::usage)?;
    let signer = load_key(&args.signer)?;
    let cosigner = args.cosigner.as_deref().map(load_key).transpose()?;
    let public = new.key.public();
    let action = Action::RotateKey(RotateKey {
        org,
        old: args.old,
        new: public,
        usage: new.usage,
        nbf: args.nbf.unwrap_or(Millis(assent_client::now_ms())),
        exp: args.exp,
        possession: new.key.sign_possession(&possession_of(context.chain, &public, &org)),
    });
    let cosigners: Vec<_> = cosigner.iter().collect();
    let receipt = context.execute(output, &signer, action, &cosigners).await?;
    args.save.receipt(&receipt)?;
    let value = json!({ "key": public.id(), "old": args.old, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("{} key {} begins\n{}", new.usage, public.id(), receipt_text(&receipt)));
    Ok(())
}
