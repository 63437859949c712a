//! The `assent` command line.
//!
//! Verbs are subcommands, flags are long, flags that name the environment of a user have an environment variable too.
//! `--json` prints one JSON value on standard output, errors included. Exit status: 0 done, 1 refused, 2 wrong usage.

mod access;
mod access_confirm;
mod access_log;
mod access_lookup;
mod access_review;
mod act;
mod agents;
mod args;
mod basis;
mod bill;
mod bill_list;
mod case;
mod claim;
mod claim_clawback;
mod claim_code;
mod claim_course;
mod claim_decide;
mod claim_submit;
mod claim_trace;
mod codesystem;
mod consent;
mod consent_contract;
mod consent_order;
mod context;
mod decide;
mod delegation;
mod doc;
mod doc_challenge;
mod doc_erasure;
mod doc_put;
mod doc_record;
mod eligibility;
mod fhir;
mod fixing;
mod genesis;
mod gov;
mod gov_board;
mod gov_propose;
mod guarantee;
mod ingest;
mod keys;
mod node;
mod output;
mod parse;
mod preauth;
mod preauth_request;
mod query;
mod sample;
mod settlement;
mod storage;
mod subject;
mod subject_life;
mod vault;
mod verify;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{CliError, Output};

/// A node of a permissioned ledger for health consents, and the tools around it.
#[derive(Parser)]
#[command(
    name = "assent",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  assent genesis sample --out net
  assent node run --config net/shenzhen-hospital/node.toml
  assent node status --client net/shenzhen-hospital/client.toml
  assent doc put report.pdf --sp PSEUDONYM --category LAB --day 2026-03-02 --keyset ID --custodian 11 --custodian 12 --custodian 13 --custodian 14
  assent claim submit --case ID --bill ID
  assent query decide --client net/hongkong-insurer/client.toml --request request.json
  assent verify receipt.bundle --genesis HASH

Exit status: 0 done, 1 refused (a numbered error stands on standard error), 2 wrong usage, 70 the node halted."
)]
struct Cli {
    /// Print one JSON value instead of text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make and check the document from which a chain begins
    #[command(subcommand)]
    Genesis(genesis::GenesisVerb),
    /// Run a node, or ask one what it does
    #[command(subcommand)]
    Node(node::NodeVerb),
    /// Make, show and replace keys
    #[command(subcommand)]
    Keys(keys::KeysVerb),
    /// Register subjects under pseudonyms, and mandates of those who act for them
    #[command(subcommand)]
    Subject(subject::SubjectVerb),
    /// Propose, grant, amend, reject and revoke consents
    #[command(subcommand)]
    Consent(consent::ConsentVerb),
    /// Store documents with custodians, read and repair them
    #[command(subcommand)]
    Doc(doc::DocVerb),
    /// Ask for access to documents, and acknowledge it
    #[command(subcommand)]
    Access(access::AccessVerb),
    /// Take a FHIR Bundle over: enrol its patients, store its documents, register its bills
    Ingest(Box<ingest::IngestArgs>),
    /// Open a case: an episode of a subject with an insurer and a provider
    #[command(subcommand)]
    Case(case::CaseVerb),
    /// Ask whether a plan covers, and answer
    #[command(subcommand)]
    Eligibility(eligibility::EligibilityVerb),
    /// Ask for preauthorisations, decide, replace and end them
    #[command(subcommand)]
    Preauth(preauth::PreauthVerb),
    /// Offer, accept and cancel guarantees of payment
    #[command(subcommand)]
    Guarantee(guarantee::GuaranteeVerb),
    /// Register, void and replace bills under their nullifiers
    #[command(subcommand)]
    Bill(bill::BillVerb),
    /// Let a provider open a case by a code: issue, present, redeem, revoke and close
    #[command(subcommand)]
    ClaimCode(claim_code::ClaimCodeVerb),
    /// File claims, decide them, have them paid, and trace them
    #[command(subcommand)]
    Claim(claim::ClaimVerb),
    /// Report what became of a payment, as its bank or payee
    #[command(subcommand)]
    Settlement(settlement::SettlementVerb),
    /// Propose changes, vote on them, and stop what must stop
    #[command(subcommand)]
    Gov(gov::GovVerb),
    /// Publish and withdraw fixings of exchange rates
    #[command(subcommand)]
    Fixing(fixing::FixingVerb),
    /// Register code systems and maps between them
    #[command(subcommand)]
    CodeSystem(codesystem::CodeSystemVerb),
    /// Register, file and end bases of transfers across a border
    #[command(subcommand)]
    Basis(basis::BasisVerb),
    /// Delegate to administrators, and assign benefits to advance payers
    #[command(subcommand)]
    Delegation(delegation::DelegationVerb),
    /// Run a custodian agent, or ask one what it holds
    #[command(subcommand)]
    Custodian(agents::CustodianVerb),
    /// Run a key service, or ask one what it holds
    #[command(subcommand)]
    Keyservice(agents::KeyServiceVerb),
    /// Ask for decisions, state, receipts and events, each with proof
    #[command(subcommand)]
    Query(query::QueryVerb),
    /// Check a proof bundle offline, trusting only the genesis hash
    Verify(verify::VerifyArgs),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; everything else is a mistake in the usage.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let output = Output::new(cli.json);
    match dispatch(cli.verb, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(&error),
    }
}

fn dispatch(verb: Verb, output: &Output) -> Result<(), CliError> {
    match verb {
        Verb::Genesis(verb) => genesis::run(verb, output),
        Verb::Node(verb) => node::run(verb, output),
        Verb::Keys(verb) => keys::run(verb, output),
        Verb::Subject(verb) => subject::run(verb, output),
        Verb::Basis(verb) => basis::run(verb, output),
        Verb::Consent(verb) => consent::run(verb, output),
        Verb::Doc(verb) => doc::run(verb, output),
        Verb::Access(verb) => access::run(verb, output),
        Verb::Ingest(args) => ingest::run(&args, output),
        Verb::Case(verb) => case::run(verb, output),
        Verb::Eligibility(verb) => eligibility::run(verb, output),
        Verb::Preauth(verb) => preauth::run(verb, output),
        Verb::Guarantee(verb) => guarantee::run(verb, output),
        Verb::Bill(verb) => bill::run(verb, output),
        Verb::ClaimCode(verb) => claim_code::run(verb, output),
        Verb::Claim(verb) => claim::run(verb, output),
        Verb::Settlement(verb) => settlement::run(verb, output),
        Verb::Gov(verb) => gov::run(verb, output),
        Verb::Fixing(verb) => fixing::run(verb, output),
        Verb::CodeSystem(verb) => codesystem::run(verb, output),
        Verb::Delegation(verb) => delegation::run(verb, output),
        Verb::Custodian(verb) => agents::custodian(verb, output),
        Verb::Keyservice(verb) => agents::key_service(verb, output),
        Verb::Query(verb) => query::run(verb, output),
        Verb::Verify(args) => verify::run(&args, output),
    }
}

#[cfg(test)]
mod tests;
