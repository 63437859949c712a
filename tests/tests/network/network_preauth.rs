//! A preauthorisation, a guarantee on it and a claim that calls it, through the command line of everybody who has a part
//! in it: what is approved consumes what was reserved, and what is left is free again.

use std::fs;
use std::process::Command;

use assent_tests::e2e::{Network, program};
use assent_types::ids::Day;
use serde_json::{Value, json};

/// Who treats; who insures.
const HOSPITAL: &str = "shenzhen-hospital";
const INSURER: &str = "hongkong-insurer";
const BANK: &str = "settlement-bank";

/// Keyed hash of the person who decides, as the insurer made it.
const ADJUDICATOR: &str = "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f";

/// A network with a patient, and a case under which the hospital may act in the patient's name.
struct World {
    network: Network,
    case: String,
}

fn date(day: Day) -> String {
    let (year, month, day) = day.to_date();
    format!("{year}-{month:02}-{day:02}")
}

/// The day that is so many days from today.
fn day(from_now: u32) -> Day {
    Day(u32::try_from(assent_client::now_ms() / 86_400_000).unwrap() + from_now)
}

impl World {
    fn start() -> Self {
        let network = Network::start();
        let key = network.dir().join("patient.key").to_str().unwrap().to_owned();
        let made = Command::new(program("assent")).args(["keys", "new", "--out", &key]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let sp = text(&network.cli(HOSPITAL, &["subject", "register", "--key", &key]), "sp");
        let mut world = Self { network, case: String::new() };
        let plan = world.file("plan", "inpatient plan with direct billing");
        let until = date(day(30));
        let open = ["case", "open", "--sp", &sp, "--insurer", "3", "--provider", "1", "--plan", &plan];
        let more = ["--exp", &until, "--cap", "20000.00 HKD", "--op", "ELIG,PREAUTH,GUARANTEE,CLAIM"];
        let args: Vec<&str> = open.into_iter().chain(more).chain(["--subject-key", &key]).collect();
        world.case = text(&world.cli(HOSPITAL, &args), "case");
        world
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.network.dir().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn cli(&self, member: &str, args: &[&str]) -> Value {
        self.network.cli(member, args)
    }

    /// The number with which a command was refused.
    fn refused(&self, member: &str, args: &[&str]) -> u64 {
        let output = self.network.cli_command(member, args).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["error"]["number"].as_u64().unwrap_or_default()
    }

    fn is_eligible(&self) {
        let month = date(day(0))[..7].to_owned();
        let asked = self.cli(HOSPITAL, &["eligibility", "check", "--case", &self.case, "--service", &month]);
        let id = text(&asked, "eligibility");
        let valid_to = (assent_client::now_ms() + 3_600_000).to_string();
        let answer = ["eligibility", "answer", &id, "--band", "HIGH", "--valid-to", &valid_to];
        assert_eq!(self.refused("second-insurer", &answer), 203);
        self.cli(INSURER, &answer);
        let shown = self.cli(HOSPITAL, &["eligibility", "show", &id]);
        assert_eq!(shown["eligibility"]["status"], "Eligible", "{shown:#}");
        assert_eq!(self.refused("second-insurer", &["eligibility", "show", &id]), 902, "no party");
    }

    /// Asked for, pended, cut down and approved: 9,000 of 12,000.
    fn preauth(&self) -> String {
        let (from, to, until) = (date(day(0)), date(day(3)), date(day(20)));
        let request = ["preauth", "request", "--case", &self.case, "--from", &from, "--to", &to];
        let amount = ["--amount", "12000.00 HKD"];
        let id = text(&self.cli(HOSPITAL, &request.into_iter().chain(amount).collect::<Vec<_>>()), "preauth");
        assert_eq!(self.refused(INSURER, &["preauth", "pend", &id, "--category", "GENETIC"]), 611);
        let approve = ["preauth", "approve", &id, "--adjudicator", ADJUDICATOR, "--valid-to", &until];
        let too_much: Vec<&str> = approve.into_iter().chain(["--amount", "12000.01 HKD"]).collect();
        assert_eq!(self.refused(INSURER, &too_much), 604);
        let part = ["--amount", "9000.00 HKD", "--reason", "OVER_CAP"];
        self.cli(INSURER, &approve.into_iter().chain(part).collect::<Vec<_>>());
        self.has(&id, "Partial", ["9000.00 HKD", "0.00 HKD", "0.00 HKD", "0.00 HKD"]);
        assert_eq!(self.refused("second-insurer", &["preauth", "show", &id]), 902, "no party");
        id
    }

    /// The preauthorisation's status, and what is remaining, reserved, consumed and lapsed.
    fn has(&self, preauth: &str, status: &str, amounts: [&str; 4]) {
        let shown = self.cli(HOSPITAL, &["preauth", "show", preauth]);
        assert_eq!(shown["preauth"]["status"], status, "{shown:#}");
        let found = ["remaining", "reserved", "consumed", "lapsed"].map(|bucket| shown["amounts"][bucket].clone());
        assert_eq!(found, amounts.map(|amount| json!(amount)));
    }

    fn guarantee(&self, preauth: &str) -> String {
        let until = date(day(10));
        let offer = ["guarantee", "offer", "--case", &self.case, "--preauth", preauth, "--exp", &until];
        let of = |amount| offer.into_iter().chain(["--amount", amount]).collect::<Vec<_>>();
        assert_eq!(self.refused(INSURER, &of("9000.01 HKD")), 605);
        let id = text(&self.cli(INSURER, &of("8000.00 HKD")), "guarantee");
        self.has(preauth, "Partial", ["1000.00 HKD", "8000.00 HKD", "0.00 HKD", "0.00 HKD"]);
        assert_eq!(self.refused(INSURER, &["guarantee", "accept", &id]), 203);
        self.cli(HOSPITAL, &["guarantee", "accept", &id]);
        let discharge = self.file("discharge", "discharged without use");
        let cancel = ["guarantee", "cancel", &id, "--discharged", &discharge];
        assert_eq!(self.refused(INSURER, &cancel), 203, "the insurer alone cancels nothing");
        id
    }

    /// A claim of 6,380.50 that calls the guarantee, in review.
    fn claim(&self, preauth: &str, guarantee: &str) -> String {
        let number = self.file("number", "044001900111-00000815");
        let bill =
            text(&self.cli(HOSPITAL, &["bill", "register", "--number", &number, "--total", "6380.50 HKD"]), "bill");
        let lines = self.file("lines", r#"[{"sequence": 1, "codes": [], "amount": "6380.50"}]"#);
        let today = date(day(0));
        let file = ["claim", "submit", "--case", &self.case, "--bill", &bill, "--from", &today, "--to", &today];
        let cited = ["--lines", &lines, "--preauth", preauth, "--guarantee", guarantee];
        let filed = self.cli(HOSPITAL, &file.into_iter().chain(cited).collect::<Vec<_>>());
        assert_eq!(filed["status"], "Submitted", "{filed:#}");
        let claim = text(&filed, "claim");
        let shown = self.cli(INSURER, &["guarantee", "show", guarantee]);
        assert_eq!((&shown["guarantee"]["status"], &shown["guarantee"]["claim"]), (&json!("Called"), &json!(claim)));
        self.cli(INSURER, &["claim", "accept", &claim]);
        claim
    }

    fn is_paid(&self, claim: &str) {
        let paid = self.cli(INSURER, &["claim", "pay", claim]);
        let settlement = text(&paid, "settlement");
        self.cli(BANK, &["settlement", "accept", &settlement]);
        let reference = self.file("reference", "TT-2026-000815");
        let value_day = date(day(0));
        self.cli(BANK, &["settlement", "paid", &settlement, "--value-day", &value_day, "--reference", &reference]);
        self.cli(HOSPITAL, &["settlement", "ack", &settlement]);
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value:#}")).to_owned()
}

#[test]
fn a_guaranteed_claim_consumes_its_preauthorisation() {
    let world = World::start();
    world.is_eligible();
    let preauth = world.preauth();
    let guarantee = world.guarantee(&preauth);
    let claim = world.claim(&preauth, &guarantee);

    let deny = ["claim", "deny", &claim, "--reason", "NO_PREAUTH", "--adjudicator", ADJUDICATOR];
    assert_eq!(world.refused(INSURER, &deny), 608, "the guarantee rules the reason out");
    world.cli(INSURER, &["claim", "approve", &claim, "--adjudicator", ADJUDICATOR]);
    world.has(&preauth, "Partial", ["1000.00 HKD", "1619.50 HKD", "6380.50 HKD", "0.00 HKD"]);
    world.is_paid(&claim);

    let shown = world.cli(HOSPITAL, &["guarantee", "show", &guarantee]);
    assert_eq!(shown["guarantee"]["status"], "Closed", "{shown:#}");
    world.has(&preauth, "Partial", ["2619.50 HKD", "0.00 HKD", "6380.50 HKD", "0.00 HKD"]);
    assert_eq!(world.refused(HOSPITAL, &["preauth", "cancel", &preauth]), 607, "the claim may still be appealed");
}
