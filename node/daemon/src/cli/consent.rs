//! `assent consent`.

use std::path::{Path, PathBuf};

use assent_client::FinalReceipt;
use assent_fhir::dataspace::consent_from_odrl;
use assent_fhir::{ConsentDraft, FhirError, Intent, Mapping, Performer, consent_from_fhir};
use assent_types::action::{
    Action, AmendConsent, ConsentRef, GrantConsent, ProposeConsent, RejectConsent, RevokeConsent,
};
use assent_types::consent::{ConsentTerms, Grantor, consent_id_of};
use assent_types::ids::{ConsentId, OrgId, Sp};
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::{EvidenceArgs, GrantorArgs, SaveArgs};
use super::consent_contract::{self, ContractArgs};
use super::consent_order::{self, OrderVerb};
use super::context::{ClientArgs, Context, block_on, receipt_json, receipt_text};
use super::fhir::{FhirArgs, Release, numbered, read_mapping};
use super::output::{CliError, Output};
use super::{parse, query};

/// Verbs of `assent consent`.
#[derive(clap::Subcommand)]
pub(super) enum ConsentVerb {
    /// Propose a consent to the subject (CN-01)
    #[command(after_help = "\
Examples:
  assent consent propose --fhir consent.json --mapping mapping.toml
  assent consent propose --odrl offer.jsonld --mapping mapping.toml")]
    Propose {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        terms: TermsArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Grant a consent, new or proposed (CN-02)
    #[command(after_help = "\
Examples:
  assent consent grant --fhir consent.json --mapping mapping.toml --subject-key patient.key
  assent consent grant --terms terms.json --proposal ID --subject-key patient.key")]
    Grant {
        #[command(flatten)]
        client: ClientArgs,
        /// The proposal that is granted; it is granted with its own terms
        #[arg(long, value_name = "ID")]
        proposal: Option<ConsentId>,
        #[command(flatten)]
        terms: TermsArgs,
        #[command(flatten)]
        grantor: GrantorArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Reject a proposed consent (CN-03)
    #[command(
        after_help = "Example:\n  assent consent reject --sp PSEUDONYM --controller 1 --consent ID --subject-key patient.key"
    )]
    Reject {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        grantor: GrantorArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Replace a consent by a new version (CN-05)
    #[command(after_help = "\
Example:
  assent consent amend --sp PSEUDONYM --controller 1 --consent ID --terms terms.json --subject-key patient.key")]
    Amend {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        terms: TermsArgs,
        #[command(flatten)]
        grantor: GrantorArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Revoke a consent (CN-06)
    #[command(
        after_help = "Example:\n  assent consent revoke --sp PSEUDONYM --controller 1 --consent ID --subject-key patient.key"
    )]
    Revoke {
        #[command(flatten)]
        client: ClientArgs,
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        grantor: GrantorArgs,
        #[command(flatten)]
        evidence: EvidenceArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Show all consents of a subject with a controller, with proof
    #[command(
        after_help = "Examples:\n  assent consent show --sp PSEUDONYM --controller 1 --save consents.bundle\n  assent consent show --sp PSEUDONYM --controller 1 --fhir consents.ndjson --release r5"
    )]
    Show {
        #[command(flatten)]
        client: ClientArgs,
        /// The subject
        #[arg(long, value_name = "PSEUDONYM")]
        sp: Sp,
        /// The controller
        #[arg(long, value_name = "ORG")]
        controller: OrgId,
        #[command(flatten)]
        fhir: FhirArgs,
        /// Release of FHIR in which --fhir writes
        #[arg(long, value_name = "RELEASE", value_enum, default_value = "r4", requires = "fhir")]
        release: Release,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Write a consent to one organisation as a contract of a data space: ODRL policy and state of the negotiation
    #[command(
        after_help = "Example:\n  assent consent contract --sp PSEUDONYM --controller 1 --consent ID --out contract.ndjson"
    )]
    Contract(ContractArgs),
    #[command(flatten)]
    Order(OrderVerb),
}

/// What a consent says.
#[derive(clap::Args)]
pub(super) struct TermsArgs {
    /// FHIR R4 Consent resource (JSON)
    #[arg(long, value_name = "FILE", required_unless_present_any = ["terms", "odrl"])]
    fhir: Option<PathBuf>,
    /// Offer or Agreement of a data space, an ODRL policy (JSON-LD)
    #[arg(long, value_name = "FILE", conflicts_with = "fhir")]
    odrl: Option<PathBuf>,
    /// Terms in the ledger's own form (JSON)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fhir", "odrl", "mapping"])]
    terms: Option<PathBuf>,
    /// What references and policies of the resource or policy mean (TOML, or JSON if the name ends so)
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

/// Names a consent.
#[derive(clap::Args)]
pub(super) struct TargetArgs {
    /// The subject
    #[arg(long, value_name = "PSEUDONYM")]
    sp: Sp,
    /// The controller
    #[arg(long, value_name = "ORG")]
    controller: OrgId,
    /// The consent
    #[arg(long, value_name = "ID")]
    consent: ConsentId,
}

impl TargetArgs {
    pub(super) fn reference(&self) -> ConsentRef {
        ConsentRef { subject: self.sp, controller: self.controller, consent: self.consent }
    }
}

/// The terms of a file, and what its author meant by them.
struct Source {
    /// In the order in which they have to be given.
    terms: Vec<ConsentTerms>,
    intent: Option<Intent>,
    performer: Option<Performer>,
}

impl TermsArgs {
    /// The one consent of a file; a resource with exceptions is several.
    pub(super) fn one(&self) -> Result<ConsentTerms, CliError> {
        let [terms] = <[ConsentTerms; 1]>::try_from(self.read()?.terms)
            .map_err(|_| CliError::usage("a resource with exceptions is several consents; name one"))?;
        Ok(terms)
    }

    fn read(&self) -> Result<Source, CliError> {
        match (&self.fhir, &self.odrl, &self.terms) {
            (Some(path), ..) => self.draft(path, consent_from_fhir),
            (_, Some(path), _) => self.draft(path, consent_from_odrl),
            (.., Some(path)) => Ok(Source { terms: vec![parse::json_file(path)?], intent: None, performer: None }),
            _ => Err(CliError::usage("say what is consented to: --fhir, --odrl or --terms")),
        }
    }

    fn draft(
        &self,
        path: &Path,
        read: impl Fn(&str, &Mapping) -> Result<ConsentDraft, FhirError>,
    ) -> Result<Source, CliError> {
        let draft = read(&parse::text_file(path)?, &read_mapping(self.mapping.as_deref())?).map_err(numbered)?;
        let ConsentDraft { intent, performer, terms, exceptions, .. } = draft;
        // A deny among the exceptions has to hold before the permit does.
        let terms = exceptions.into_iter().chain(std::iter::once(terms)).collect();
        Ok(Source { terms, intent: Some(intent), performer })
    }
}

pub(super) fn run(verb: ConsentVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        ConsentVerb::Propose { client, terms, save } => block_on(propose(&client, &terms, &save, output)),
        ConsentVerb::Grant { client, proposal, terms, grantor, save } => {
            block_on(grant(&client, proposal, &terms, &grantor, &save, output))
        }
        ConsentVerb::Reject { client, target, grantor, save } => {
            let reference = target.reference();
            let action = |grantor| Action::RejectConsent(RejectConsent { target: reference, grantor });
            block_on(end(&client, "rejected", &reference, &grantor, action, &save, output))
        }
        ConsentVerb::Amend { client, target, terms, grantor, save } => {
            block_on(amend(&client, &target, &terms, &grantor, &save, output))
        }
        ConsentVerb::Revoke { client, target, grantor, evidence, save } => {
            let reference = target.reference();
            let evidence = evidence.resolve()?.map(|(evidence, _)| evidence);
            let action = |grantor| Action::RevokeConsent(RevokeConsent { target: reference, grantor, evidence });
            block_on(end(&client, "revoked", &reference, &grantor, action, &save, output))
        }
        ConsentVerb::Show { client, sp, controller, fhir, release, save } => block_on(async {
            let key = StateKey::Consents(sp, controller);
            if fhir.is_wanted()
                && let Record::Consents(book) = Context::open(&client)?.record(key).await?.0
            {
                fhir.consents(&book, release)?;
            }
            query::show_state(&client, &[key], &save, output).await
        }),
        ConsentVerb::Contract(args) => block_on(consent_contract::run(&args, output)),
        ConsentVerb::Order(verb) => consent_order::run(verb, output),
    }
}

async fn propose(client: &ClientArgs, terms: &TermsArgs, save: &SaveArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(client)?;
    let mut made = Vec::new();
    for terms in terms.read()?.terms {
        let action = Action::ProposeConsent(Box::new(ProposeConsent { terms: terms.clone() }));
        let receipt = context.execute(output, &context.key, action, &[]).await?;
        made.push((consent_id_of(&receipt.receipt.tx), terms, receipt));
    }
    tell("proposed", &made, save, output)
}

async fn grant(
    client: &ClientArgs,
    proposal: Option<ConsentId>,
    terms: &TermsArgs,
    grantor: &GrantorArgs,
    save: &SaveArgs,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(client)?;
    let source = terms.read()?;
    let (grantor, signer) = grantor.resolve(&context)?;
    // Whoever grants a proposal may name the very resource that was proposed.
    if source.intent == Some(Intent::Propose) && proposal.is_none() {
        return Err(CliError::usage("the resource's status is a proposal's: use `assent consent propose`"));
    }
    agree(source.performer.as_ref(), &grantor)?;
    if proposal.is_some() && source.terms.len() > 1 {
        return Err(CliError::usage("a resource with exceptions is several consents; grant each proposal by itself"));
    }
    let mut made = Vec::new();
    for terms in source.terms {
        let grant = GrantConsent { proposal, terms: terms.clone(), grantor };
        let action = Action::GrantConsent(Box::new(grant));
        let receipt = context.execute(output, signer.key(&context), action, &[]).await?;
        // A granted proposal keeps its identifier.
        made.push((proposal.unwrap_or_else(|| consent_id_of(&receipt.receipt.tx)), terms, receipt));
    }
    tell("granted", &made, save, output)
}

/// A resource that names its performer is not given by somebody else.
fn agree(performer: Option<&Performer>, grantor: &Grantor) -> Result<(), CliError> {
    match (performer, grantor) {
        (Some(Performer::Subject), Grantor::Proxy { .. }) => {
            Err(CliError::usage("the resource says that the patient consents, but a proxy signs"))
        }
        (Some(Performer::Other(who)), Grantor::Subject) => {
            Err(CliError::usage(format!("the resource says that {who} consents, but the subject signs")))
        }
        _ => Ok(()),
    }
}

async fn amend(
    client: &ClientArgs,
    target: &TargetArgs,
    terms: &TermsArgs,
    grantor: &GrantorArgs,
    save: &SaveArgs,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(client)?;
    let (grantor, signer) = grantor.resolve(&context)?;
    let terms = terms.one()?;
    let amend = AmendConsent { target: target.reference(), terms: terms.clone(), grantor };
    let action = Action::AmendConsent(Box::new(amend));
    let receipt = context.execute(output, signer.key(&context), action, &[]).await?;
    tell("amended", &[(consent_id_of(&receipt.receipt.tx), terms, receipt)], save, output)
}

async fn end(
    client: &ClientArgs,
    what: &str,
    target: &ConsentRef,
    grantor: &GrantorArgs,
    action: impl FnOnce(Grantor) -> Action,
    save: &SaveArgs,
    output: &Output,
) -> Result<(), CliError> {
    let context = Context::open(client)?;
    let (grantor, signer) = grantor.resolve(&context)?;
    let receipt = context.execute(output, signer.key(&context), action(grantor), &[]).await?;
    save.receipt(&receipt)?;
    let value = json!({ "consent": target.consent, "receipt": receipt_json(&receipt) });
    output.print(&value, || format!("consent {} {what}\n{}", target.consent, receipt_text(&receipt)));
    Ok(())
}

/// A consent, its terms, and the receipt of the transaction that made it.
type Made = (ConsentId, ConsentTerms, FinalReceipt);

/// One line for each consent; the proof that is kept is the last one's.
fn tell(what: &str, made: &[Made], save: &SaveArgs, output: &Output) -> Result<(), CliError> {
    if let Some((.., receipt)) = made.last() {
        save.receipt(receipt)?;
    }
    let one = |(consent, terms, receipt): &Made| {
        json!({
            "consent": consent,
            "effect": terms.effect,
            "subject": terms.subject,
            "controller": terms.controller,
            "receipt": receipt_json(receipt),
        })
    };
    let consents: Vec<Value> = made.iter().map(one).collect();
    output.print(&json!({ "consents": consents }), || {
        let line =
            |(consent, terms, receipt): &Made| format!("{} {consent} {what}\n{}", terms.effect, receipt_text(receipt));
        made.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}
