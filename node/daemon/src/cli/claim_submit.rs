//! `assent claim submit`.

use std::path::PathBuf;

use assent_client::claims::{BillNote, ClaimDraft, ClaimLine, commit};
use assent_types::action::Action;
use assent_types::claim::{
    Amounts, BenefitKind, Capacity, CodeRef, FxLock, LockPoint, Payee, RelatedClaim, ServiceLine, SubmitClaim,
    claim_id_of,
};
use assent_types::ids::{
    AnchorId, AssignmentId, BillNullifier, CaseId, CodeMapId, Day, FixingId, GuaranteeId, Hash32, PreauthId,
};
use assent_types::{Currency, List, Money};
use serde_json::json;

use super::args::{CapacityArgs, SaveArgs};
use super::claim;
use super::context::{ClientArgs, Context, receipt_json, receipt_text};
use super::output::{CliError, Output};
use super::parse;

/// Flags of `assent claim submit`.
#[derive(clap::Args)]
pub(super) struct SubmitArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The case
    #[arg(long, value_name = "ID")]
    case: CaseId,
    /// A bill, by its nullifier; repeatable
    #[arg(long, value_name = "ID", required = true)]
    bill: Vec<BillNullifier>,
    /// What was billed, as '6380.50 HKD'; the sum of the bills in the own registry if absent
    #[arg(long, value_name = "AMOUNT")]
    billed: Option<String>,
    /// What is claimed of it; what the others do not bear if absent
    #[arg(long, value_name = "AMOUNT")]
    claimed: Option<String>,
    /// What the subject bears; nothing if absent
    #[arg(long, value_name = "AMOUNT")]
    subject_share: Option<String>,
    /// What another payer bears: BMI, EHCV, OTHER_INSURER, ADVANCE or SELF, as 'EHCV=100.00 HKD'; repeatable
    #[arg(long, value_name = "KIND=AMOUNT")]
    other_payer: Vec<String>,
    /// First day of the services; from the own registry if absent
    #[arg(long, value_name = "DATE", value_parser = parse::day, requires = "to")]
    from: Option<Day>,
    /// Last day of the services
    #[arg(long, value_name = "DATE", value_parser = parse::day, requires = "from")]
    to: Option<Day>,
    /// File with the lines (JSON); from the own registry if absent
    #[arg(long, value_name = "FILE")]
    lines: Option<PathBuf>,
    /// Line of service: BASIC, INTERNATIONAL, VHIS or OTHER
    #[arg(long, value_name = "LINE", default_value = "OTHER")]
    service_line: ServiceLine,
    /// Kind of benefit: INDEMNITY, or FIXED_BENEFIT, which does not count against the bills
    #[arg(long, value_name = "KIND", default_value = "INDEMNITY")]
    benefit: BenefitKind,
    /// Another insurer is told to share the bills
    #[arg(long)]
    coordinated: bool,
    /// A document that supports the claim; repeatable
    #[arg(long, value_name = "ID")]
    attach: Vec<AnchorId>,
    /// Attach nothing that the own registry knows of
    #[arg(long)]
    without_evidence: bool,
    /// A version of a code system that the lines use, as SYSTEM/VERSION; repeatable
    #[arg(long, value_name = "CODES", value_parser = parse::code_ref)]
    code: Vec<CodeRef>,
    /// The preauthorisation under which the services were rendered
    #[arg(long, value_name = "ID")]
    preauth: Option<PreauthId>,
    /// The guarantee of payment that the claim calls
    #[arg(long, value_name = "ID")]
    guarantee: Option<GuaranteeId>,
    /// The map between two of these versions
    #[arg(long, value_name = "ID", requires = "code")]
    code_map: Option<CodeMapId>,
    /// Be paid in this currency instead of the bills', as CNY
    #[arg(long, value_name = "CURRENCY")]
    pay_in: Option<Currency>,
    /// When the rate is taken: SERVICE_END, DECISION or INSTRUCTION
    #[arg(long, value_name = "POINT", default_value = "DECISION", requires = "pay_in")]
    rate_at: LockPoint,
    /// The fixing of the services' last month, for SERVICE_END alone
    #[arg(long, value_name = "ID", requires = "pay_in")]
    fixing: Option<FixingId>,
    /// An assignment of the benefit: its advance payer is paid
    #[arg(long, value_name = "ID", conflicts_with = "payee_account")]
    assignment: Option<AssignmentId>,
    /// An earlier claim, as correction:ID, prior:ID or associated:ID
    #[arg(long, value_name = "RELATION:ID", value_parser = parse::related)]
    related: Option<RelatedClaim>,
    /// The subject is paid, on the account in this file; its salted hash goes to the ledger. Without it the provider is
    #[arg(long, value_name = "FILE")]
    payee_account: Option<PathBuf>,
    #[command(flatten)]
    capacity: CapacityArgs,
    #[command(flatten)]
    save: SaveArgs,
}

/// A line as its file has it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineFile {
    sequence: u32,
    #[serde(default)]
    codes: Vec<String>,
    amount: String,
}

pub(super) async fn run(args: &SubmitArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let (capacity, signer) = args.capacity.resolve(&context)?;
    let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
    let draft = draft(args, &context, salt)?;
    let numbered = |error: assent_client::claims::DraftError| CliError::numbered(error.code(), error);
    let (terms, note) = draft.commit(salt).map_err(numbered)?;
    let action = Action::SubmitClaim(Box::new(SubmitClaim { terms, capacity }));
    let receipt = context.execute(output, signer.key(&context), action, &[]).await?;
    args.save.receipt(&receipt)?;
    let id = claim_id_of(&receipt.receipt.tx);
    if context.vault.is_some() {
        note.save(&context.registry()?, id).map_err(CliError::failed)?;
    }
    // A person's token is not the configuration's, and only who may read the claim is told how it stands.
    let filed = match capacity {
        Capacity::Organisation => Some(claim::load(&context, id).await?.0),
        Capacity::Subject | Capacity::Proxy { .. } => claim::load(&context, id).await.ok().map(|(claim, _)| claim),
    };
    let status = filed.as_ref().map(|claim| claim.status);
    let value = json!({ "claim": id, "status": status, "salt": salt, "receipt": receipt_json(&receipt) });
    output.print(&value, || {
        let status = status.map(|status| format!(" {status}")).unwrap_or_default();
        format!("claim {id}{status}\n{}", receipt_text(&receipt))
    });
    Ok(())
}

fn draft(args: &SubmitArgs, context: &Context, salt: Hash32) -> Result<ClaimDraft, CliError> {
    let notes = notes(args, context)?;
    let service = match (args.from, args.to) {
        (Some(from), Some(to)) => (from, to),
        _ => service_of(&notes)
            .ok_or_else(|| CliError::usage("--from and --to: the own registry has no days of service"))?,
    };
    let amounts = amounts(args, &notes)?;
    let lines = match &args.lines {
        Some(path) => lines(parse::json_file(path)?, amounts.billed.ccy)?,
        None => notes.iter().flat_map(|note| note.lines.clone()).collect(),
    };
    let known = notes.iter().filter(|_| !args.without_evidence).flat_map(|note| note.evidence.iter());
    let attachments: Vec<AnchorId> = known.chain(&args.attach).copied().collect();
    let payee = match (&args.payee_account, args.assignment) {
        (_, Some(assignment)) => Payee::Advance { assignment },
        (Some(path), None) => Payee::Subject { commit: commit(salt, "account", &parse::file(path)?) },
        (None, None) => Payee::Provider,
    };
    Ok(ClaimDraft {
        case: args.case,
        payee,
        service,
        service_line: args.service_line,
        benefit: args.benefit,
        cob_declared: args.coordinated,
        bills: args.bill.clone(),
        lines,
        codes: args.code.clone(),
        preauth: args.preauth,
        guarantee: args.guarantee,
        code_map: args.code_map,
        fx: args.pay_in.map(|ccy| FxLock { ccy, at: args.rate_at, fixing: args.fixing }),
        related: args.related,
        attachments,
        amounts,
    })
}

/// What the own registry knows of the bills.
fn notes(args: &SubmitArgs, context: &Context) -> Result<Vec<BillNote>, CliError> {
    if context.vault.is_none() {
        return Ok(Vec::new());
    }
    let registry = context.registry()?;
    let notes = args.bill.iter().map(|bill| BillNote::load(&registry, *bill)).collect::<Result<Vec<_>, _>>();
    Ok(notes.map_err(CliError::failed)?.into_iter().flatten().collect())
}

fn service_of(notes: &[BillNote]) -> Option<(Day, Day)> {
    let services = notes.iter().filter_map(|note| note.service);
    let (first, last) = (services.clone().map(|days| days.0).min()?, services.map(|days| days.1).max()?);
    Some((first, last))
}

fn amounts(args: &SubmitArgs, notes: &[BillNote]) -> Result<Amounts, CliError> {
    let numbered = |error: assent_types::MoneyError| CliError::numbered(error.code(), error);
    let billed = match (&args.billed, notes.first()) {
        (Some(billed), _) => parse::money(billed)?,
        (None, Some(first)) if notes.len() == args.bill.len() => {
            Money::sum(first.total.ccy, notes.iter().map(|note| note.total)).map_err(numbered)?
        }
        _ => return Err(CliError::usage("--billed: not every bill is in the own registry")),
    };
    let subject_share = args.subject_share.as_deref().map_or(Ok(Money::zero(billed.ccy)), parse::money)?;
    let others = args.other_payer.iter().map(|text| parse::other_payer(text)).collect::<Result<Vec<_>, _>>()?;
    let claimed = match &args.claimed {
        Some(claimed) => parse::money(claimed)?,
        None => others
            .iter()
            .map(|payer| payer.amount)
            .try_fold(billed.minus(subject_share).map_err(numbered)?, Money::minus)
            .map_err(numbered)?,
    };
    let other_payers = List::new(others).map_err(CliError::usage)?;
    Ok(Amounts { billed, claimed, subject_share, other_payers })
}

pub(super) fn lines(file: Vec<LineFile>, ccy: Currency) -> Result<Vec<ClaimLine>, CliError> {
    let line = |line: LineFile| {
        let amount = Money::from_decimal(&line.amount, ccy)
            .map_err(|error| CliError::numbered(error.code(), format!("line {}: {error}", line.sequence)))?;
        Ok(ClaimLine { sequence: line.sequence, codes: line.codes, minor: amount.minor })
    };
    file.into_iter().map(line).collect()
}
