//! `assent claim-code`.

use std::path::PathBuf;

use assent_client::claims::commit;
use assent_client::now_ms;
use assent_client::qr::{HANDLE_BYTES_MAX, PresentedCode};
use assent_types::action::Action;
use assent_types::case::{CaseOp, CaseOps, case_id_of};
use assent_types::claim_code::{
    ClaimCode, ClaimCodeBody, CloseCase, CodeGrant, Nonce, Presentation, ProviderSelector, RedeemClaimCode,
    RevokeClaimCode, SpentClaimCode,
};
use assent_types::consent::{Grantor, consent_id_of};
use assent_types::ids::{
    ClaimCodeId, ClaimId, FacilityId, GuaranteeId, Hash32, MandateId, Millis, OrgId, PreauthId, Sp,
};
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::org::AccreditationKind;
use assent_types::place::Place;
use assent_types::state::{Record, StateKey};
use assent_types::{List, Set, Text};
use serde_json::json;

use super::args::{CapacityArgs, GrantorArgs, SaveArgs};
use super::consent::TermsArgs;
use super::context::{ClientArgs, ClientFile, Context, block_on, load_key, receipt_json, receipt_text};
use super::output::{CliError, Output, save};
use super::parse;
use crate::keyfile;

/// How long a code lives if nothing else is said; the network's limit is longer.
const CODE_MS: u64 = 10 * 60 * 1000;
/// By how much a code begins before the wallet's clock says so: the ledger's may be behind.
const EARLY_MS: u64 = 60 * 1000;

/// Verbs of `assent claim-code`.
#[derive(clap::Subcommand)]
pub(super) enum ClaimCodeVerb {
    /// Issue a code as the subject or a proxy; nothing reaches the ledger
    #[command(after_help = "\
Example: the consent is written for the pseudonym that the documents' controller knows
  assent claim-code issue --sp PSEUDONYM --insurer 3 --provider 2 --plan plan.pdf --cap '10000.00 HKD' --op CLAIM,DISCLOSE \\
      --fhir consent.json --mapping mapping.toml --case-exp 2026-12-31 --key case.key --consent-key patient.key \\
      --holder-out holder.key --out code.json")]
    Issue(Box<IssueArgs>),
    /// Draw the challenge of a terminal
    #[command(after_help = "Example:\n  assent claim-code challenge")]
    Challenge,
    /// Present a code to a terminal: print the text of its QR code
    #[command(after_help = "\
Example:
  assent claim-code present --code code.json --holder holder.key --provider 2 --facility 1 --terminal-nonce 00112233445566778899aabbccddeeff")]
    Present(PresentArgs),
    /// Redeem a code as the provider (CC-01): case, consent and authority in one transaction
    #[command(
        after_help = "Example:\n  assent claim-code redeem --code code.json --presented TEXT --terminal-nonce 00112233445566778899aabbccddeeff"
    )]
    Redeem(RedeemArgs),
    /// Make an unused code worthless (CC-02)
    #[command(after_help = "Example:\n  assent claim-code revoke --code code.json --subject-key case.key")]
    Revoke {
        #[command(flatten)]
        client: ClientArgs,
        /// The code
        #[arg(long, value_name = "FILE")]
        code: PathBuf,
        #[command(flatten)]
        grantor: GrantorArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Close the case of a code (CC-03): nothing more is filed, and the consent ends
    #[command(after_help = "Example:\n  assent claim-code close ID --claim ID --subject-key case.key")]
    Close {
        #[command(flatten)]
        client: ClientArgs,
        /// The code
        #[arg(value_name = "ID")]
        code: ClaimCodeId,
        /// A claim of the case; all of them have to be named, and none may be live
        #[arg(long, value_name = "ID")]
        claim: Vec<ClaimId>,
        /// A preauthorisation of the case; the same holds
        #[arg(long, value_name = "ID")]
        preauth: Vec<PreauthId>,
        /// A guarantee of payment of the case; the same holds
        #[arg(long, value_name = "ID")]
        guarantee: Vec<GuaranteeId>,
        #[command(flatten)]
        capacity: CapacityArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Show a code that was spent, with proof
    #[command(after_help = "Example:\n  assent claim-code show ID")]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The code
        #[arg(value_name = "ID")]
        code: ClaimCodeId,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Flags of `assent claim-code issue`.
#[derive(clap::Args)]
pub(super) struct IssueArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The subject of the case
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Sp,
    /// The insurer
    #[arg(long, value_name = "ORG")]
    insurer: OrgId,
    /// The provider that may redeem it
    #[arg(long, value_name = "ORG", required_unless_present = "accreditation")]
    provider: Option<OrgId>,
    /// Any provider with this accreditation, at the places of --place
    #[arg(long, value_name = "KIND", conflicts_with = "provider", requires = "place")]
    accreditation: Option<AccreditationKind>,
    /// Where the provider may be, as HK or CN/4403; repeatable
    #[arg(long, value_name = "PLACE", value_parser = parse::place)]
    place: Vec<Place>,
    /// File that names the plan; its salted hash goes to the ledger
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// The most that the provider may claim, as '10000.00 HKD'
    #[arg(long, value_name = "AMOUNT")]
    cap: String,
    /// What the provider may do: ELIG, PREAUTH, GUARANTEE, CLAIM, DISCLOSE, ASSIGN_TO_ADV
    #[arg(long, value_name = "OPS", value_delimiter = ',', default_value = "CLAIM,DISCLOSE")]
    op: Vec<CaseOp>,
    #[command(flatten)]
    terms: TermsArgs,
    /// First instant at which the code may no longer be redeemed; ten minutes from now if absent
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    exp: Option<Millis>,
    /// First instant at which nothing new can be filed under the case
    #[arg(long, value_name = "TIME", value_parser = parse::instant)]
    case_exp: Millis,
    /// Key file of the case's subject, or of its proxy with --mandate
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The mandate of a proxy who signs with --key
    #[arg(long, value_name = "ID")]
    mandate: Option<MandateId>,
    /// Key file of the consent's subject, if that is another pseudonym, or of its proxy with --consent-mandate
    #[arg(long, value_name = "FILE")]
    consent_key: Option<PathBuf>,
    /// The mandate of a proxy who signs with --consent-key
    #[arg(long, value_name = "ID", requires = "consent_key")]
    consent_mandate: Option<MandateId>,
    /// Key file to write for the holder of the code; it signs presentations of this code alone
    #[arg(long, value_name = "FILE")]
    holder_out: PathBuf,
    /// File to write for the code
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Flags of `assent claim-code present`.
#[derive(clap::Args)]
pub(super) struct PresentArgs {
    /// The code
    #[arg(long, value_name = "FILE")]
    code: PathBuf,
    /// Key file of its holder
    #[arg(long, value_name = "FILE")]
    holder: PathBuf,
    /// To which provider
    #[arg(long, value_name = "ORG")]
    provider: OrgId,
    /// At which of its facilities
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    facility: FacilityId,
    /// The challenge that the terminal shows
    #[arg(long, value_name = "NONCE")]
    terminal_nonce: Nonce,
    /// Under which handle the wallet's service gives out the code
    #[arg(long, value_name = "TEXT", default_value = "")]
    handle: String,
}

/// Flags of `assent claim-code redeem`.
#[derive(clap::Args)]
pub(super) struct RedeemArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The code, as the wallet's service gave it out
    #[arg(long, value_name = "FILE")]
    code: PathBuf,
    /// The text of the QR code that the holder showed
    #[arg(long, value_name = "TEXT")]
    presented: String,
    /// The challenge that the own terminal gave
    #[arg(long, value_name = "NONCE")]
    terminal_nonce: Nonce,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) fn run(verb: ClaimCodeVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        ClaimCodeVerb::Issue(args) => issue(&args, output),
        ClaimCodeVerb::Challenge => {
            let nonce = nonce()?;
            output.print(&json!({ "terminal_nonce": nonce }), || nonce.to_string());
            Ok(())
        }
        ClaimCodeVerb::Present(args) => present(&args, output),
        ClaimCodeVerb::Redeem(args) => block_on(redeem(&args, output)),
        ClaimCodeVerb::Revoke { client, code, grantor, save } => block_on(async {
            let context = Context::open(&client)?;
            let (grantor, signer) = grantor.resolve(&context)?;
            let body = parse::json_file::<ClaimCode>(&code)?.body;
            let revoke = RevokeClaimCode { subject: body.subject, nonce: body.nonce, body: body.hash(), grantor };
            let receipt = context.execute(output, signer.key(&context), Action::RevokeClaimCode(revoke), &[]).await?;
            save.receipt(&receipt)?;
            let code = body.id();
            let value = json!({ "code": code, "receipt": receipt_json(&receipt) });
            output.print(&value, || format!("claim code {code} revoked\n{}", receipt_text(&receipt)));
            Ok(())
        }),
        ClaimCodeVerb::Close { client, code, claim, preauth, guarantee, capacity, save } => block_on(async {
            let context = Context::open(&client)?;
            let (capacity, signer) = capacity.resolve(&context)?;
            let claims = List::new(claim).map_err(CliError::usage)?;
            let preauths = List::new(preauth).map_err(CliError::usage)?;
            let guarantees = List::new(guarantee).map_err(CliError::usage)?;
            let action = Action::CloseCase(CloseCase { code, capacity, claims, preauths, guarantees });
            let receipt = context.execute(output, signer.key(&context), action, &[]).await?;
            save.receipt(&receipt)?;
            let value = json!({ "code": code, "receipt": receipt_json(&receipt) });
            output.print(&value, || format!("the case of claim code {code} is closed\n{}", receipt_text(&receipt)));
            Ok(())
        }),
        ClaimCodeVerb::Show { client, code, save } => block_on(async {
            let context = Context::open(&client)?;
            let (found, bundle) = context.record(StateKey::ClaimCode(code)).await?;
            let Record::ClaimCode(found) = found else {
                return Err(CliError::failed("the ledger has no claim code there"));
            };
            save.save(&bundle)?;
            output.print(&json!({ "claim_code": found }), || text(&found));
            Ok(())
        }),
    }
}

fn nonce() -> Result<Nonce, CliError> {
    let drawn: [u8; 32] = assent_client::builder::random().map_err(CliError::failed)?;
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&drawn[..16]);
    Ok(Nonce(nonce))
}

fn grantor(mandate: Option<MandateId>) -> Grantor {
    mandate.map_or(Grantor::Subject, |mandate| Grantor::Proxy { mandate })
}

fn issue(args: &IssueArgs, output: &Output) -> Result<(), CliError> {
    let chain = ClientFile::load(&args.client.client)?.chain;
    let provider = match (args.provider, args.accreditation) {
        (Some(provider), _) => ProviderSelector::Org(provider),
        (None, Some(kind)) => {
            let places = Set::new(args.place.iter().copied()).map_err(CliError::usage)?;
            ProviderSelector::Accredited { kind, places }
        }
        (None, None) => return Err(CliError::usage("say who may redeem it: --provider or --accreditation")),
    };
    let now = Millis(now_ms());
    let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
    let key = load_key(&args.key)?;
    let consent_key = args.consent_key.as_deref().map(load_key).transpose()?;
    let mut disclose = args.terms.one()?;
    // The ledger asks that the consent ends with the case.
    disclose.exp = Some(disclose.exp.map_or(args.case_exp, |exp| exp.min(args.case_exp)));
    keyfile::generate(&args.holder_out, KeyUsage::SignTx).map_err(CliError::failed)?;
    let body = ClaimCodeBody {
        chain,
        subject: args.sp,
        holder: load_key(&args.holder_out)?.public(),
        insurer: args.insurer,
        plan_commit: commit(salt, "plan", &parse::file(&args.plan)?),
        provider,
        ops: CaseOps::of(&args.op),
        disclose,
        cap: parse::money(&args.cap)?,
        nbf: Millis(now.0.saturating_sub(EARLY_MS)),
        exp: args.exp.unwrap_or(now.plus(CODE_MS)),
        case_exp: args.case_exp,
        nonce: nonce()?,
    };
    let id = body.id();
    let sign = |mandate, key: &SecretKey| CodeGrant::sign(grantor(mandate), key, &id);
    let code = ClaimCode {
        case_grant: sign(args.mandate, &key),
        consent_grant: consent_key.as_ref().map(|key| sign(args.consent_mandate, key)),
        body,
    };
    let text = serde_json::to_vec_pretty(&code).map_err(CliError::failed)?;
    save(&args.out, &text)?;
    let value = json!({ "code": id, "file": args.out, "holder": args.holder_out, "plan_salt": salt });
    output.print(&value, || format!("claim code {id} in {}", args.out.display()));
    Ok(())
}

fn present(args: &PresentArgs, output: &Output) -> Result<(), CliError> {
    let body = parse::json_file::<ClaimCode>(&args.code)?.body;
    let holder = load_key(&args.holder)?;
    if holder.public() != body.holder {
        return Err(CliError::usage("this is not the key of the code's holder"));
    }
    let handle = Text::new(args.handle.clone())
        .map_err(|_| CliError::usage(format!("a handle has at most {HANDLE_BYTES_MAX} bytes")))?;
    let at = Millis(now_ms());
    let place = (args.provider, args.facility);
    let presentation = Presentation::sign(&holder, body.id(), args.terminal_nonce, place, at);
    let text = PresentedCode { presentation, handle }.to_text();
    output.print(&json!({ "code": body.id(), "presented": text }), || text.clone());
    Ok(())
}

async fn redeem(args: &RedeemArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let code: ClaimCode = parse::json_file(&args.code)?;
    let presented = PresentedCode::from_text(&args.presented).map_err(CliError::usage)?;
    let id = code.body.id();
    let redeem = RedeemClaimCode { code, presentation: presented.presentation, terminal_nonce: args.terminal_nonce };
    let action = Action::RedeemClaimCode(Box::new(redeem));
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.save.receipt(&receipt)?;
    let tx = receipt.receipt.tx;
    let (case, consent) = (case_id_of(&tx), consent_id_of(&tx));
    let value = json!({ "code": id, "case": case, "consent": consent, "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        format!("claim code {id} redeemed\ncase {case}\nconsent {consent}\n{}", receipt_text(&receipt))
    });
    Ok(())
}

fn text(code: &SpentClaimCode) -> String {
    let mut lines = vec![
        format!("claim code {}: {}", code.id, code.status),
        format!("of subject {}, spent on {}", code.subject, assent_verify::rfc3339(code.spent_at)),
    ];
    if let Some(redeemed) = &code.redeemed {
        lines.push(format!(
            "redeemed by {} at facility {}: case {}, consent {}",
            redeemed.provider, redeemed.facility, redeemed.case, redeemed.consent
        ));
        lines.push(format!("the case is open until {}", assent_verify::rfc3339(redeemed.case_exp)));
    }
    lines.join("\n")
}
