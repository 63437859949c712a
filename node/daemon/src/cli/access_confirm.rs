//! `assent access prepare` and `confirm`: requests that their subject has to confirm one by one.

use std::path::{Path, PathBuf};

use assent_client::now_ms;
use assent_client::vault::ToConfirm;
use assent_types::access::{AccessRequest, Asked};
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, Millis, Sp};
use assent_types::key::SecretKey;
use assent_types::session::ConfirmToken;
use assent_types::state::{Record, StateKey};
use serde_json::json;

use super::access::RequestArgs;
use super::context::{ClientArgs, Context, block_on, load_key};
use super::output::{CliError, Output, save};
use super::{parse, vault};

const MINUTE_MS: u64 = 60 * 1000;

/// Verbs of `assent access` for accesses that the subject confirms.
#[derive(clap::Subcommand)]
pub(super) enum ConfirmVerb {
    /// Write down a request that the subject has to confirm (D54), without sending it
    #[command(after_help = "\
Example: by the requester, by the subject, and by the requester again
  assent access prepare --anchor ID --purpose TREAT --user-role PHYSICIAN --out request.json
  assent access confirm request.json --out token.json
  assent access request --prepared request.json --confirm token.json

The file holds no secret; it is sent from the same registry.")]
    Prepare {
        #[command(flatten)]
        client: ClientArgs,
        /// A document; repeatable, for documents of one subject and one controller
        #[arg(long, value_name = "ID", required = true)]
        anchor: Vec<AnchorId>,
        #[command(flatten)]
        request: RequestArgs,
        /// File to write for the subject
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Confirm one request as its subject; nothing is written to the ledger
    #[command(after_help = "\
Examples:
  assent access confirm request.json --out token.json
  assent access confirm request.json --subject-key patient.key --minutes 2 --out token.json

A token confirms this request alone, once, and for so long. A proxy cannot confirm.")]
    Confirm(ConfirmArgs),
}

/// Flags of `assent access confirm`.
#[derive(clap::Args)]
pub(super) struct ConfirmArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The request, as its requester wrote it down
    #[arg(value_name = "FILE")]
    request: PathBuf,
    /// For how long the token is good; the network sets a limit
    #[arg(long, value_name = "MINUTES", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    minutes: u64,
    /// Key file of the subject; the configuration's if absent
    #[arg(long, value_name = "FILE")]
    subject_key: Option<PathBuf>,
    /// File to write for the requester
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn run(verb: ConfirmVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        ConfirmVerb::Prepare { client, anchor, request, out } => block_on(async {
            let context = Context::open(&client)?;
            let request = request.resolve(&context, &anchor).await?;
            let prepared = vault::open(&context)?.prepare_request(request)?;
            write(&out, &prepared)?;
            let value = json!({ "file": out, "request": prepared.request });
            output.print(&value, || format!("{}\nto confirm: {}", text(&prepared.request), out.display()));
            Ok(())
        }),
        ConfirmVerb::Confirm(args) => block_on(confirm(&args, output)),
    }
}

async fn confirm(args: &ConfirmArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let asked: ToConfirm = parse::json_file(&args.request)?;
    if asked.chain != context.chain {
        return Err(CliError::usage(format!("the request is of chain {}, not of {}", asked.chain, context.chain)));
    }
    let other = args.subject_key.as_deref().map(load_key).transpose()?;
    check_key(&context, asked.request.subject, other.as_ref()).await?;
    let (Record::Params(params), _) = context.record(StateKey::Params).await? else {
        return Err(CliError::failed("the ledger has no parameters"));
    };
    let (life_ms, longest_ms) = (args.minutes * MINUTE_MS, params.access.confirm_ttl_ms);
    if life_ms > longest_ms {
        return Err(CliError::usage(format!("--minutes: the network allows {} at most", longest_ms / MINUTE_MS)));
    }
    let until = Millis(now_ms()).plus(life_ms);
    write(&args.out, &asked.confirm(other.as_ref().unwrap_or(&context.key), until))?;
    let until = assent_verify::rfc3339(until);
    let value = json!({ "file": args.out, "until": until, "request": asked.request });
    output.print(&value, || format!("{}\nconfirmed until {until}: {}", text(&asked.request), args.out.display()));
    Ok(())
}

/// A token of anybody else than the subject is worth nothing, and would only be refused as a denial that is recorded.
/// Where the configuration may not read the subject's record, another key is taken as it is.
async fn check_key(context: &Context, subject: Sp, other: Option<&SecretKey>) -> Result<(), CliError> {
    let key = other.unwrap_or(&context.key).public();
    let own = match context.record(StateKey::Subject(subject)).await {
        Ok((Record::Subject(subject), _)) => subject.key == key,
        Ok(_) => false,
        Err(CliError::Numbered { code: ErrorCode::Acl | ErrorCode::NotFound, .. }) => other.is_some(),
        Err(error) => return Err(error),
    };
    let problem = || CliError::usage(format!("this is not the key of subject {subject}, whose data is asked for"));
    if own { Ok(()) } else { Err(problem()) }
}

/// A request and its token, from their files.
pub(super) fn read(prepared: &Path, token: &Path) -> Result<(ToConfirm, ConfirmToken), CliError> {
    Ok((parse::json_file(prepared)?, parse::json_file(token)?))
}

fn write<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), CliError> {
    save(path, &serde_json::to_vec_pretty(value).map_err(CliError::failed)?)
}

/// What the subject has to see before it confirms.
fn text(request: &AccessRequest) -> String {
    let mut lines = vec![
        format!("organisation {} asks to {} for {}", request.requester, request.action, request.purpose),
        format!("a {} of its facility {}", request.user_role, request.facility),
        format!("data of subject {}, controlled by organisation {}", request.subject, request.controller),
    ];
    if let Asked::Documents { anchors, deliver_to, .. } = &request.asked {
        lines.extend(anchors.iter().map(|anchor| format!("document {anchor}")));
        let city = if deliver_to.city == 0 { String::new() } else { format!("/{}", deliver_to.city) };
        lines.push(format!("delivered to {}{city}", deliver_to.jur));
    }
    lines.join("\n")
}
