//! `assent subject`.

use std::path::PathBuf;

use assent_types::action::{Action, GrantMandate, RegisterSubject, RevokeMandate, possession_of};
use assent_types::codec::Set;
use assent_types::consent::{ConsentKind, EvidenceKind, EvidenceRef, Purpose};
use assent_types::ids::{Hash32, MandateId, Millis, Sp};
use assent_types::state::StateKey;
use assent_types::subject::{AgeBand, ConsentKinds, MandateKind, MandateOp, MandateOps, MandateTerms, mandate_id_of};
use serde_json::json;

use super::args::{EvidenceArgs, SaveArgs};
use super::context::{ClientArgs, Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::subject_life::{self, LifeVerb};
use super::{parse, query};

/// Verbs of `assent subject`.
#[derive(clap::Subcommand)]
pub(super) enum SubjectVerb {
    /// Register a subject under a pseudonym
    #[command(after_help = "\
Example:
  assent keys new --out patient.key
  assent subject register --key patient.key --age-band 18_64")]
    Register(RegisterArgs),
    /// Show what the ledger knows of a subject, with proof
    #[command(after_help = "Example:\n  assent subject show PSEUDONYM")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The pseudonym
        sp: Sp,
        #[command(flatten)]
        save: SaveArgs,
    },
    #[command(flatten)]
    Life(LifeVerb),
    /// Mandates by which others act for a subject
    #[command(subcommand)]
    Mandate(MandateVerb),
}

/// Flags of `assent subject register`.
#[derive(clap::Args)]
pub(super) struct RegisterArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// Key file of the subject, made for this pseudonym alone
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The pseudonym; a random one if absent
    #[arg(long, value_name = "HASH")]
    sp: Option<Sp>,
    /// Level of assurance of the enrolment, 1 to 3
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    loa: u8,
    /// Age band: UNDER_14, 14_15, 16_17, 18_64 or 65_PLUS
    #[arg(long, value_name = "BAND", default_value = "18_64")]
    age_band: AgeBand,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    save: SaveArgs,
}

/// Verbs of `assent subject mandate`.
#[derive(clap::Subcommand)]
pub(super) enum MandateVerb {
    /// Give a proxy a mandate; the own organisation verifies it
    #[command(after_help = "\
Example: a subject appoints an attorney, whom the own organisation has verified
  assent subject mandate grant --sp PSEUDONYM --subject-key patient.key --proxy-key daughter.key \\
      --kind ATTORNEY --ops GRANT,REVOKE --purposes TREAT --consent-kinds SHARE --exp 2030-01-01 --evidence deed.pdf")]
    Grant(Box<MandateArgs>),
    /// End a mandate
    #[command(
        after_help = "Example:\n  assent subject mandate revoke --sp PSEUDONYM --mandate ID --subject-key patient.key"
    )]
    Revoke {
        #[command(flatten)]
        client: ClientArgs,
        /// The subject
        #[arg(long, value_name = "PSEUDONYM")]
        sp: Sp,
        /// The mandate
        #[arg(long, value_name = "ID")]
        mandate: MandateId,
        /// Key file of the subject; without it the own organisation, which verified the mandate, signs
        #[arg(long, value_name = "FILE")]
        subject_key: Option<PathBuf>,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Flags of `assent subject mandate grant`.
#[derive(clap::Args)]
pub(super) struct MandateArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The subject
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Sp,
    /// Key file of the subject, who signs; absent for a substitute decision maker
    #[arg(long, value_name = "FILE")]
    subject_key: Option<PathBuf>,
    /// Key file of the proxy
    #[arg(long, value_name = "FILE")]
    proxy_key: PathBuf,
    /// By what right: PARENT, GUARDIAN, COURT_APPOINTED, FAMILY_OR_CO_RESIDENT, PRESCRIBED_HCP, ATTORNEY, CAREGIVER or
    /// AGED_ASSIST
    #[arg(long, value_name = "KIND")]
    kind: MandateKind,
    /// What the proxy may do: GRANT, REJECT, AMEND, REVOKE
    #[arg(long, value_name = "OPS", value_delimiter = ',', required = true)]
    ops: Vec<MandateOp>,
    /// For which purposes (HL7 v3 ActReason)
    #[arg(long, value_name = "PURPOSES", value_delimiter = ',')]
    purposes: Vec<Purpose>,
    /// Which kinds of consent: JOIN, SHARE, DEPOSIT, CLAIM, RESEARCH, EXPORT
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    consent_kinds: Vec<ConsentKind>,
    /// The proxy may consent to transfers across the border
    #[arg(long)]
    xborder: bool,
    /// First instant; now if absent
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    nbf: Option<Millis>,
    /// First instant after the end
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    exp: Millis,
    #[command(flatten)]
    evidence: EvidenceArgs,
    /// File with evidence that nobody of higher priority exists
    #[arg(long, value_name = "FILE")]
    no_higher_priority: Option<PathBuf>,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) fn run(verb: SubjectVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        SubjectVerb::Register(args) => block_on(register(&args, output)),
        SubjectVerb::Show { client, sp, save } => {
            block_on(query::show_state(&client, &[StateKey::Subject(sp)], &save, output))
        }
        SubjectVerb::Life(verb) => subject_life::run(verb, output),
        SubjectVerb::Mandate(MandateVerb::Grant(args)) => block_on(grant(&args, output)),
        SubjectVerb::Mandate(MandateVerb::Revoke { client, sp, mandate, subject_key, save }) => {
            let subject_key = subject_key.as_deref().map(load_key).transpose()?;
            let action = Action::RevokeMandate(RevokeMandate { subject: sp, mandate });
            block_on(async {
                let context = Context::open(&client)?;
                let signer = subject_key.as_ref().unwrap_or(&context.key);
                let receipt = context.execute(output, signer, action, &[]).await?;
                save.receipt(&receipt)?;
                let value = json!({ "mandate": mandate, "receipt": receipt_json(&receipt) });
                output.print(&value, || format!("mandate {mandate} revoked\n{}", receipt_text(&receipt)));
                Ok(())
            })
        }
    }
}

async fn register(args: &RegisterArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let key = load_key(&args.key)?;
    let sp = match args.sp {
        Some(sp) => sp,
        None => Sp(Hash32(assent_client::builder::random().map_err(CliError::failed)?)),
    };
    let evidence = args.evidence.resolve()?;
    let public = key.public();
    let action = Action::RegisterSubject(RegisterSubject {
        sp,
        key: public,
        loa: args.loa,
        age_band: args.age_band,
        attest: evidence.map(|(evidence, _)| evidence.hash).unwrap_or_default(),
        possession: key.sign_possession(&possession_of(context.chain, &public, &sp)),
    });
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.save.receipt(&receipt)?;
    let salt = evidence.map(|(_, salt)| salt);
    let value = json!({ "sp": sp, "key": public.id(), "evidence_salt": salt, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("subject {sp} registered\n{}", receipt_text(&receipt)));
    Ok(())
}

async fn grant(args: &MandateArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let org = context.org()?;
    let proxy = load_key(&args.proxy_key)?;
    let subject = args.subject_key.as_deref().map(load_key).transpose()?;
    let Some((evidence, salt)) = args.evidence.resolve()? else {
        return Err(CliError::usage("--evidence: a mandate needs evidence of its right"));
    };
    let no_higher_priority = match &args.no_higher_priority {
        Some(path) => Some(parse::evidence_hash(path)?),
        None => None,
    };
    let terms = MandateTerms {
        subject: args.sp,
        proxy: proxy.public(),
        kind: args.kind,
        ops: MandateOps::of(&args.ops),
        purposes: Set::new(args.purposes.iter().copied()).map_err(CliError::usage)?,
        consent_kinds: ConsentKinds::of(&args.consent_kinds),
        may_xborder: args.xborder,
        nbf: args.nbf.unwrap_or(Millis(assent_client::now_ms())),
        exp: args.exp,
        evidence,
        no_higher_priority: no_higher_priority.map(|(hash, _)| EvidenceRef {
            kind: EvidenceKind::PaperScan,
            hash,
            timestamp: None,
            mutually_recognised: false,
        }),
    };
    let possession = proxy.sign_possession(&possession_of(context.chain, &proxy.public(), &args.sp));
    let action = Action::GrantMandate(Box::new(GrantMandate { terms, verified_by: org, possession }));
    // A capable person signs and the organisation co-signs; for a substitute the organisation signs alone.
    let receipt = match &subject {
        Some(subject) => context.execute(output, subject, action, &[&context.key]).await?,
        None => context.execute(output, &context.key, action, &[]).await?,
    };
    args.save.receipt(&receipt)?;
    let mandate = mandate_id_of(&receipt.receipt.tx);
    let value = json!({
        "mandate": mandate,
        "evidence_salt": salt,
        "no_higher_priority_salt": no_higher_priority.map(|(_, salt)| salt),
        "receipt": receipt_json(&receipt),
    });
    output.print(&value, || format!("mandate {mandate} granted\n{}", receipt_text(&receipt)));
    Ok(())
}
