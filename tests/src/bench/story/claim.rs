//! A claim, from the case to the settled payment.

use assent_types::ids::Day;
use serde_json::json;

use super::super::BenchError;
use super::meter::{Figures, Taken};
use super::world::{BANK, HOSPITAL, INSURER, World, text};

/// Number of the hospital, as its commands write it.
const PROVIDER: &str = "2";
/// Number of the insurer.
const PAYER: &str = "3";
/// Keyed hash of the person who decides, as the insurer made it.
const ADJUDICATOR: &str = "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f";
/// What is billed, claimed and paid.
const AMOUNT: &str = "1200.50";
/// How long a case stays open, in milliseconds: thirty days.
const CASE_MS: u64 = 30 * 86_400_000;

/// Settles so many claims, each with a case and a bill of its own.
pub(super) fn measure(world: &World, repetitions: usize) -> Result<Figures, BenchError> {
    let mut claims = Vec::new();
    for number in 0..repetitions {
        let papers = Papers::new(world, number)?;
        let (taken, claim) = Taken::by(&world.network, &world.agents, || settle(world, &papers))?;
        let shown = world.cli(HOSPITAL, &["claim", "show", &claim])?;
        if text(&shown, "/claim/status")? != "Settled" {
            return Err(BenchError::at("claim", format!("not settled: {shown}")));
        }
        claims.push(taken);
    }
    Ok(Figures::of("claim", None, &claims, Vec::new()))
}

/// The files that the steps of one claim name.
struct Papers {
    plan: String,
    number: String,
    lines: String,
    reference: String,
}

impl Papers {
    fn new(world: &World, number: usize) -> Result<Self, BenchError> {
        let lines = json!([{ "sequence": 1, "amount": AMOUNT }]).to_string();
        Ok(Self {
            plan: world.file("plan", b"outpatient plan")?,
            number: world.file("number", format!("BILL-{number}").as_bytes())?,
            lines: world.file("lines", lines.as_bytes())?,
            reference: world.file("reference", format!("TT-{number}").as_bytes())?,
        })
    }
}

fn settle(world: &World, papers: &Papers) -> Result<String, BenchError> {
    let amount = format!("{AMOUNT} HKD");
    let now_ms = assent_client::now_ms();
    let (exp, today) = ((now_ms + CASE_MS).to_string(), day(now_ms)?);

    let mut open = vec!["case", "open", "--sp", &world.sp, "--insurer", PAYER, "--provider", PROVIDER];
    open.extend(["--plan", &papers.plan, "--exp", &exp, "--cap", &amount, "--subject-key", &world.key_file]);
    let case = text(&world.cli(HOSPITAL, &open)?, "/case")?;
    let register = ["bill", "register", "--number", &papers.number, "--total", &amount];
    let bill = text(&world.cli(HOSPITAL, &register)?, "/bill")?;

    let mut submit = vec!["claim", "submit", "--case", &case, "--bill", &bill, "--lines", &papers.lines];
    submit.extend(["--from", &today, "--to", &today]);
    let claim = text(&world.cli(HOSPITAL, &submit)?, "/claim")?;
    world.cli(INSURER, &["claim", "accept", &claim])?;
    world.cli(INSURER, &["claim", "approve", &claim, "--adjudicator", ADJUDICATOR, "--amount", &amount])?;
    let settlement = text(&world.cli(INSURER, &["claim", "pay", &claim])?, "/settlement")?;

    world.cli(BANK, &["settlement", "accept", &settlement])?;
    let paid = ["settlement", "paid", &settlement, "--value-day", &today, "--reference", &papers.reference];
    world.cli(BANK, &paid)?;
    world.cli(HOSPITAL, &["settlement", "ack", &settlement])?;
    Ok(claim)
}

/// The day of an instant, as the command line takes it.
fn day(now_ms: u64) -> Result<String, BenchError> {
    let day = u32::try_from(now_ms / 86_400_000).map_err(BenchError::new)?;
    let (year, month, day) = Day(day).to_date();
    Ok(format!("{year}-{month:02}-{day:02}"))
}
