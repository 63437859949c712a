//! `assent doc`.

use std::path::PathBuf;

use assent_client::ClientError;
use assent_client::vault::{Retrieved, ShardFault, Stored, VaultError};
use assent_types::action::Action;
use assent_types::codec::List;
use assent_types::document::{Anchor, OrderRepair, Placement, RegisterKeyset, keyset_id_of};
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, OrgId, SessionId};
use assent_types::state::{Record, StateKey};
use serde_json::json;

use super::access::{self, RequestArgs};
use super::act::Act;
use super::args::SaveArgs;
use super::context::{ClientArgs, Context, block_on, block_on_all};
use super::doc_challenge::{self, ChallengeVerb};
use super::doc_erasure::{self, ErasureVerb};
use super::doc_put::{self, PutArgs};
use super::doc_record::{self, RecordVerb};
use super::fhir::FhirArgs;
use super::output::{CliError, Output};
use super::vault::{self, Bars};

/// Verbs of `assent doc`.
#[derive(clap::Subcommand)]
pub(super) enum DocVerb {
    /// Encrypt a file, anchor it, and store its shards with custodians (DO-01, DO-04)
    #[command(after_help = "\
Examples:
  assent doc put report.pdf --sp PSEUDONYM --category LAB --grade 3 --day 2026-03-02 --type 11502-2 --keyset ID --custodian 11 --custodian 12 --custodian 13 --custodian 14
  assent doc put --resume ID

An upload that breaks off says how to go on with it; what custodians have is not sent again.")]
    Put(Box<PutArgs>),
    /// Read a document into a file: ask for access, or go on with a session
    #[command(after_help = "\
Examples:
  assent doc get --anchor ID --out report.pdf --purpose TREAT --user-role PHYSICIAN
  assent doc get --anchor ID --out report.pdf --session ID

The file takes its name only when all of it was checked. A read that breaks off is gone on with by the same command with
its --session.")]
    Get(Box<GetArgs>),
    /// Have a custodian rebuild a shard that is lost or damaged, from the other custodians (SR-01, SR-02)
    #[command(after_help = "\
Examples:
  assent doc repair --anchor ID --shard 2 --save repair.bundle
  assent doc repair --anchor ID --shard 2 --custodian 15")]
    Repair(RepairArgs),
    /// Show a document: status, custody, key holders, holds and erasure; of an erased one its tombstone
    #[command(
        after_help = "Examples:\n  assent doc show --anchor ID\n  assent doc show --anchor ID --fhir document.ndjson"
    )]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The document
        #[arg(long, value_name = "ID")]
        anchor: AnchorId,
        #[command(flatten)]
        fhir: FhirArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Register who holds shares of the keys of own documents (KS-01)
    #[command(after_help = "\
Examples:
  assent doc keyset --threshold 1 --holder 1
  assent doc keyset --threshold 2 --holder 1 --holder 2 --holder 4 --cosigner hk.key --cosigner regulator.key")]
    Keyset(KeysetArgs),
    #[command(flatten)]
    Erasure(ErasureVerb),
    #[command(flatten)]
    Challenge(ChallengeVerb),
    #[command(flatten)]
    Record(RecordVerb),
}

/// Flags of `assent doc get`.
#[derive(clap::Args)]
pub(super) struct GetArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The document
    #[arg(long, value_name = "ID")]
    anchor: AnchorId,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A session that was asked for before; without it access is asked for with the flags below
    #[arg(long, value_name = "ID", conflicts_with_all = ["purpose", "user_role"])]
    session: Option<SessionId>,
    #[command(flatten)]
    request: RequestArgs,
    /// Do not acknowledge the session: more of its documents are still to be read
    #[arg(long)]
    no_ack: bool,
    #[command(flatten)]
    save: SaveArgs,
}

/// Flags of `assent doc repair`.
#[derive(clap::Args)]
pub(super) struct RepairArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The document
    #[arg(long, value_name = "ID")]
    anchor: AnchorId,
    /// Index of the shard
    #[arg(long, value_name = "NUMBER")]
    shard: u8,
    /// The custodian that is to rebuild and keep it; the present one if absent
    #[arg(long, value_name = "ORG")]
    custodian: Option<OrgId>,
    #[command(flatten)]
    save: SaveArgs,
}

/// Flags of `assent doc keyset`.
#[derive(clap::Args)]
pub(super) struct KeysetArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// Shares that suffice
    #[arg(long, value_name = "NUMBER")]
    threshold: u8,
    /// A holder; repeatable, in the order of the shares
    #[arg(long, value_name = "ORG", required = true)]
    holder: Vec<OrgId>,
    /// Key file of another holder, which co-signs; repeatable
    #[arg(long, value_name = "FILE")]
    cosigner: Vec<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) fn run(verb: DocVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        DocVerb::Put(args) => block_on_all(doc_put::run(&args, output)),
        DocVerb::Get(args) => block_on_all(get(&args, output)),
        DocVerb::Repair(args) => block_on_all(repair(&args, output)),
        DocVerb::Show { client, anchor, fhir, save } => block_on(async {
            let context = Context::open(&client)?;
            show_document(&context, anchor, &fhir, &save, output).await
        }),
        DocVerb::Keyset(args) => block_on(keyset(&args, output)),
        DocVerb::Erasure(verb) => doc_erasure::run(verb, output),
        DocVerb::Record(verb) => doc_record::run(verb, output),
        DocVerb::Challenge(verb) => doc_challenge::run(verb, output),
    }
}

async fn get(args: &GetArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let vault = vault::open(&context)?;
    let session = match args.session {
        Some(session) => session,
        None => {
            let request = args.request.resolve(&context, &[args.anchor]).await?;
            vault.request(&context.key, request).await.map_err(|error| vault::denied(output, error))?
        }
    };
    let go_on = |error: VaultError| {
        let hint = format!("go on with: assent doc get --anchor {} --session {session}", args.anchor);
        CliError::from(error).hinted(&hint)
    };
    let bars = Bars::new(output);
    let collected = vault.collect(session).await.map_err(go_on)?;
    let retrieved = vault.read(&collected, args.anchor, &args.out, &bars).await.map_err(go_on)?;
    drop(bars);
    if !args.no_ack {
        vault.acknowledge(&context.key, session).await.map_err(go_on)?;
    }
    args.save.record(&context, StateKey::Session(session)).await?;
    let value = json!({
        "document": retrieved,
        "session": access::summary(session, !args.no_ack),
        "file": args.out,
    });
    output.print(&value, || retrieved_text(&retrieved, args, session));
    Ok(())
}

fn retrieved_text(retrieved: &Retrieved, args: &GetArgs, session: SessionId) -> String {
    let how = if retrieved.decoded { "some of it decoded" } else { "nothing decoded" };
    let mut lines = vec![
        format!("{} bytes of type {} in {}", retrieved.length, retrieved.document_type, args.out.display()),
        format!("{} bytes read of custodians, {how}", retrieved.bytes_read),
    ];
    lines.extend(retrieved.faults.iter().map(|fault| format!("went on without {fault}")));
    lines.push(format!("session {session} is {}", if args.no_ack { "open" } else { "acknowledged" }));
    lines.join("\n")
}

async fn repair(args: &RepairArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let vault = vault::open(&context)?;
    let anchor = vault.anchor(args.anchor).await?;
    let no_shard = || CliError::usage(format!("document {} has no shard {}", args.anchor, args.shard));
    let custody = anchor.custody.get(usize::from(args.shard)).ok_or_else(no_shard)?;
    let placement = match args.custodian {
        Some(custodian) => Placement { custodian, place: access::seat(&context, custodian).await? },
        None => Placement { custodian: custody.custodian, place: custody.place },
    };
    // An order for the same custodian that is open already is gone on with.
    if anchor.repair_of(args.shard).is_none_or(|open| open.custodian != placement.custodian) {
        let order = OrderRepair { anchor: args.anchor, shard: args.shard, placement };
        context.execute(output, &context.key, Action::OrderRepair(order), &[]).await?;
    }
    let _progress = output.spinner("waiting until the shard is rebuilt");
    let done = vault.have_rebuilt(args.anchor, args.shard, placement.custodian).await?;
    if args.save.is_wanted() {
        args.save.receipt(&context.client.receipt(done.tx).await?)?;
    }
    let value = json!({
        "anchor": args.anchor,
        "shard": args.shard,
        "custodian": placement.custodian,
        "bytes_read": done.bytes_read,
        "size_bytes": u64::from(anchor.body.size_4k) * 4096,
        "tx": done.tx,
    });
    output.print(&value, || {
        format!(
            "shard {} of {} is rebuilt by custodian {}, which read {} bytes of others\nfinal in transaction {}",
            args.shard, args.anchor, placement.custodian, done.bytes_read, done.tx
        )
    });
    Ok(())
}

async fn keyset(args: &KeysetArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let action = Action::RegisterKeyset(Box::new(RegisterKeyset {
        controller: context.org()?,
        threshold: args.threshold,
        holders: List::new(args.holder.clone()).map_err(CliError::usage)?,
    }));
    let act = Act { cosigners: &args.cosigner, ..Act::new(&args.client, &args.save, "keyset", "registered") };
    act.execute(action, |receipt| keyset_id_of(&receipt.receipt.tx).to_string(), output).await
}

/// Shows a document, or what is left of it, and what keeps it or was destroyed, where the reader is shown that.
async fn show_document(
    context: &Context,
    id: AnchorId,
    fhir: &FhirArgs,
    save: &SaveArgs,
    output: &Output,
) -> Result<(), CliError> {
    let (document, kept) = (StateKey::Anchor(id), StateKey::Retention(id));
    let state = context.client.get(&[document]).await?;
    let retention = match context.client.get(&[kept]).await {
        Ok(state) => match state.value(&kept).flatten().map(|value| &value.record) {
            Some(Record::Retention(retention)) => Some(retention.as_ref().clone()),
            _ => None,
        },
        Err(ClientError::Refused { code: ErrorCode::Acl, .. }) => None,
        Err(error) => return Err(error.into()),
    };
    match state.value(&document).flatten().map(|value| &value.record) {
        Some(Record::Anchor(found)) => {
            fhir.document(found)?;
            save.save(&state.bundle)?;
            output.print(&json!({ "anchor": found, "retention": retention }), || {
                let more = retention.iter().flat_map(doc_erasure::retention_lines);
                std::iter::once(show(found)).chain(more).collect::<Vec<_>>().join("\n")
            });
        }
        Some(Record::Tombstone(tombstone)) => {
            save.save(&state.bundle)?;
            output.print(&json!({ "tombstone": tombstone, "retention": retention }), || {
                let (at, root) = (assent_verify::rfc3339(tombstone.at), tombstone.attestation_root);
                let gone = format!("document {id}: Tombstoned at {at} for {}, attested under {root}", tombstone.basis);
                let more = retention.iter().flat_map(doc_erasure::retention_lines);
                std::iter::once(gone).chain(more).collect::<Vec<_>>().join("\n")
            });
        }
        _ => return Err(VaultError::from(ErrorCode::NotFound).into()),
    }
    Ok(())
}

fn show(anchor: &Anchor) -> String {
    let body = &anchor.body;
    let mut lines = vec![
        format!("document {}: {:?}", anchor.id, anchor.status),
        format!("version {} of {}, {} of subject {}", body.version, anchor.lineage, body.category, body.subject),
        format!("controller {}, author {}, {} KiB", body.controller, body.author, u64::from(body.size_4k) * 4),
    ];
    for (index, custody) in anchor.custody.iter().enumerate() {
        let stored =
            custody.stored_at.map_or("awaited".to_owned(), |at| format!("stored {}", assent_verify::rfc3339(at)));
        lines.push(format!("shard {index}: custodian {}, {stored}", custody.custodian));
    }
    for repair in &anchor.repairs {
        lines.push(format!("shard {} is to be rebuilt by custodian {}", repair.shard, repair.custodian));
    }
    let holders: Vec<_> = anchor.accepted.iter().map(ToString::to_string).collect();
    lines.push(format!("key shares accepted by [{}]", holders.join(" ")));
    lines.join("\n")
}

/// What is said of a document that was stored.
pub(super) fn stored_text(stored: &Stored) -> String {
    let mut lines = vec![
        format!("document {}", stored.anchor),
        format!("{} bytes in {} bytes of shards", stored.length, stored.shard_bytes),
    ];
    lines.extend(stored.faults.iter().map(|fault: &ShardFault| format!("to be repaired: {fault}")));
    lines.join("\n")
}
