//! `assent preauth request` and `amend`.

use std::path::PathBuf;

use assent_client::claims::{ClaimLine, commit};
use assent_types::action::Action;
use assent_types::claim::{CodeRef, ServicePeriod};
use assent_types::ids::{AnchorId, CaseId, Day, Hash32, PreauthId};
use assent_types::preauth::{AmendPreauth, PreauthPriority, PreauthTerms, RequestPreauth, preauth_id_of};
use assent_types::{Money, Set};
use serde_json::{Map, Value, json};

use super::act::Act;
use super::args::SaveArgs;
use super::claim_submit;
use super::context::{ClientArgs, Context};
use super::output::{CliError, Output};
use super::parse;
use super::preauth::{TargetArgs, load};

/// What is asked for.
#[derive(clap::Args)]
pub(super) struct TermsArgs {
    /// The most that would be claimed, as '12000.00 HKD'; the sum of the items if absent
    #[arg(long, value_name = "AMOUNT", required_unless_present = "items")]
    amount: Option<String>,
    /// First day of the planned services
    #[arg(long, value_name = "DATE", value_parser = parse::day)]
    from: Day,
    /// Last day of the planned services
    #[arg(long, value_name = "DATE", value_parser = parse::day)]
    to: Day,
    /// How soon an answer is needed: stat, normal or deferred
    #[arg(long, value_name = "PRIORITY", default_value = "normal")]
    priority: PreauthPriority,
    /// File with the items (JSON), as lines of a claim; one of the whole amount if absent
    #[arg(long, value_name = "FILE", requires = "currency")]
    items: Option<PathBuf>,
    /// Currency of the items
    #[arg(long, value_name = "CURRENCY", requires = "items")]
    currency: Option<assent_types::Currency>,
    /// A document that supports the request; repeatable
    #[arg(long, value_name = "ID")]
    attach: Vec<AnchorId>,
    /// A version of a code system that the items use, as SYSTEM/VERSION; repeatable
    #[arg(long, value_name = "CODES", value_parser = parse::code_ref)]
    code: Vec<CodeRef>,
    /// Key file of the subject, where no capability of the case speaks for it
    #[arg(long, value_name = "FILE")]
    cosigner: Vec<PathBuf>,
}

impl TermsArgs {
    /// The terms, and the salt of their days and items.
    fn resolve(&self) -> Result<(PreauthTerms, Hash32), CliError> {
        let numbered = |error: assent_client::claims::DraftError| CliError::numbered(error.code(), error);
        let salt = Hash32(assent_client::builder::random().map_err(CliError::failed)?);
        let amount = self.amount.as_deref().map(parse::money).transpose()?;
        let (items, ccy) = match (&self.items, self.currency, amount) {
            (Some(path), Some(ccy), _) => (claim_submit::lines(parse::json_file(path)?, ccy)?, ccy),
            (_, _, Some(amount)) => {
                (vec![ClaimLine { sequence: 1, codes: Vec::new(), minor: amount.minor }], amount.ccy)
            }
            _ => return Err(CliError::usage("--amount, or --items with --currency")),
        };
        let header = ClaimLine::header(&items, ccy, salt).map_err(numbered)?;
        let amount: Money = amount.unwrap_or(header.total);
        let days = (self.from, self.to);
        let day_commit = commit(salt, "days", &days);
        let terms = PreauthTerms {
            priority: self.priority,
            service: ServicePeriod { first: self.from.month(), last: self.to.month(), day_commit },
            codes: Set::new(self.code.iter().copied()).map_err(CliError::usage)?,
            item_root: header.root,
            item_count: header.count,
            amount,
            attachments: Set::new(self.attach.iter().copied()).map_err(CliError::usage)?,
        };
        Ok((terms, salt))
    }
}

/// Flags of `assent preauth request`.
#[derive(clap::Args)]
pub(super) struct RequestArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The case
    #[arg(long, value_name = "ID")]
    case: CaseId,
    /// The preauthorisation that this one is meant to replace
    #[arg(long, value_name = "ID")]
    prior: Option<PreauthId>,
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    save: SaveArgs,
}

fn kept(salt: Hash32) -> Map<String, Value> {
    Map::from_iter([("salt".to_owned(), json!(salt))])
}

pub(super) async fn request(args: &RequestArgs, output: &Output) -> Result<(), CliError> {
    let (terms, salt) = args.terms.resolve()?;
    let action = Action::RequestPreauth(Box::new(RequestPreauth { case: args.case, terms, prior: args.prior }));
    let act = Act {
        cosigners: &args.terms.cosigner,
        kept: kept(salt),
        ..Act::new(&args.client, &args.save, "preauth", "requested")
    };
    act.execute(action, |receipt| preauth_id_of(&receipt.receipt.tx).to_string(), output).await
}

/// Flags of `assent preauth amend`.
#[derive(clap::Args)]
pub(super) struct AmendArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    terms: TermsArgs,
}

pub(super) async fn amend(args: &AmendArgs, output: &Output) -> Result<(), CliError> {
    let (terms, salt) = args.terms.resolve()?;
    let (before, _) = load(&Context::open(&args.target.client)?, args.target.preauth).await?;
    let (preauth, version) = (before.id, before.version.saturating_add(1));
    let action = Action::AmendPreauth(Box::new(AmendPreauth { preauth, version, terms }));
    let act = Act {
        cosigners: &args.terms.cosigner,
        kept: kept(salt),
        ..Act::new(&args.target.client, &args.target.save, "preauth", "amended")
    };
    act.execute(action, |_| preauth.to_string(), output).await
}
