//! A claim on the ingested bill, through the command line of everybody who has a part in it.

use assent_tests::e2e::program;
use std::process::Command;

use super::*;

/// Keyed hash of the person who decides, as the insurer made it.
const ADJUDICATOR: &str = "5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f";

/// The patient of the Bundle, and the bill.
pub(super) struct Insured<'a> {
    pub(super) world: &'a World,
    pub(super) sp: Sp,
    pub(super) key_file: String,
    pub(super) bill: String,
}

impl Insured<'_> {
    fn cli(&self, member: &str, args: &[&str]) -> Value {
        self.world.network.cli(member, args)
    }

    /// Opens a case with an insurer; the hospital may claim in the patient's name.
    fn case(&self, insurer: &str) -> String {
        let plan = self.world.file("plan", "cross-border inpatient plan, 2026 edition");
        let exp = (assent_client::now_ms() + 30 * 86_400_000).to_string();
        let sp = self.sp.to_string();
        let args = ["case", "open", "--sp", &sp, "--insurer", insurer, "--provider", "1", "--plan", &plan];
        let more = ["--exp", &exp, "--cap", "10000.00 HKD", "--subject-key", &self.key_file];
        let opened = self.cli(HOSPITAL, &args.into_iter().chain(more).collect::<Vec<_>>());
        opened["case"].as_str().unwrap().to_owned()
    }

    /// The reports that the claim cites may not be attached before the patient consents (E610), and nothing is filed.
    pub(super) fn evidence_needs_consent(&self) {
        let case = self.case("3");
        let args = ["claim", "submit", "--case", &case, "--bill", &self.bill];
        assert_eq!(self.world.refused(HOSPITAL, &args), 610);
        let shown = self.cli(HOSPITAL, &["bill", "show", "--bill", &self.bill]);
        assert_eq!(shown["bill"]["claims"], json!([]));
    }

    fn claim(&self, member: &str, id: &str) -> Value {
        self.cli(member, &["claim", "show", id])
    }

    /// Files, reviews, approves in part, pays and acknowledges; gives the claim.
    pub(super) fn is_settled(&self) -> String {
        let case = self.case("3");
        let file = ["claim", "submit", "--case", &case, "--bill", &self.bill];
        let parts = ["--claimed", "5600.00 HKD", "--subject-share", "780.50 HKD", "--pay-in", "CNY"];
        let filed = self.cli(HOSPITAL, &file.into_iter().chain(parts).collect::<Vec<_>>());
        assert_eq!(filed["status"], "Submitted", "{filed:#}");
        let claim = filed["claim"].as_str().unwrap().to_owned();
        self.cli(INSURER, &["claim", "accept", &claim]);
        let shown = self.claim(INSURER, &claim);
        assert_eq!(shown["claim"]["status"], "InReview");
        assert_eq!(shown["claim"]["terms"]["attachments"].as_array().unwrap().len(), 2, "both reports");
        assert_eq!(shown["claim"]["terms"]["lines"]["count"], 3);

        let approve = ["claim", "approve", &claim, "--adjudicator", ADJUDICATOR];
        let too_much: Vec<&str> = approve.into_iter().chain(["--amount", "5600.01 HKD"]).collect();
        assert_eq!(self.world.refused(INSURER, &too_much), 604);
        let part = ["--amount", "5000.00 HKD", "--reason", "DEDUCTIBLE"];
        let approve: Vec<&str> = approve.into_iter().chain(part).collect();
        assert_eq!(self.world.refused(INSURER, &approve), 705, "no rate is fixed yet");
        self.rate_is_fixed();
        self.cli(INSURER, &approve);
        let bill = self.cli(INSURER, &["bill", "show", "--bill", &self.bill, "--issuer", "1"]);
        assert_eq!(bill["amounts"]["allocated"], "5000.00 HKD");
        // 5,000 Hong Kong dollars at 0.9127; the wrong report is one fen less.
        self.is_paid(&claim, "5000.00 HKD", "4563.49 CNY");
        self.is_raised_on_appeal(&claim);
        claim
    }

    /// An oracle publishes the rate of the day, and nobody else can.
    fn rate_is_fixed(&self) {
        let (year, month, day) = today().to_date();
        let day = format!("{year}-{month:02}-{day:02}");
        let publish = ["fixing", "publish", "--base", "HKD", "--quote", "CNY", "--rate", "9127/10000"];
        let of_today = ["--day", &day, "--days", "2", "--source", "central parity"];
        let publish: Vec<&str> = publish.into_iter().chain(of_today).collect();
        assert_eq!(self.world.refused(INSURER, &publish), 203);
        let fixing = self.cli("fx-oracle-1", &publish)["fixing"].as_str().unwrap().to_owned();
        let shown = self.cli(INSURER, &["fixing", "show", "--base", "HKD", "--quote", "CNY"]);
        assert_eq!((&shown["fixing"]["id"], &shown["fixing"]["num"]), (&json!(fixing), &json!(9_127)));
    }

    /// The patient appeals after payment, another person raises the approval, and the rest is paid at the same rate.
    fn is_raised_on_appeal(&self, claim: &str) {
        let grounds = self.world.file("grounds", "the deductible was used up by an earlier claim");
        let appeal = ["claim", "appeal", claim, "--grounds", &grounds, "--subject-key", &self.key_file];
        self.cli(HOSPITAL, &appeal);
        let decide = ["claim", "decide-appeal", claim, "--adjudicator"];
        let same: Vec<&str> = decide.into_iter().chain([ADJUDICATOR]).collect();
        assert_eq!(self.world.refused(INSURER, &same), 612, "whoever decided before");
        let reviewer = "6a".repeat(32);
        let lower = [reviewer.as_str(), "--amount", "4999.99 HKD", "--reason", "DEDUCTIBLE"];
        let lower: Vec<&str> = decide.into_iter().chain(lower).collect();
        assert_eq!(self.world.refused(INSURER, &lower), 613, "an appeal makes nothing worse");
        self.cli(INSURER, &decide.into_iter().chain([reviewer.as_str()]).collect::<Vec<_>>());
        let bill = self.cli(INSURER, &["bill", "show", "--bill", &self.bill, "--issuer", "1"]);
        assert_eq!(bill["amounts"]["allocated"], "5600.00 HKD");
        self.is_paid(claim, "600.00 HKD", "547.63 CNY");
        let shown = self.claim(HOSPITAL, claim);
        assert_eq!(shown["claim"]["status"], "Settled", "{shown:#}");
        assert_eq!(shown["amounts"]["settled_net"], "5600.00 HKD");
    }

    /// The insurer instructs what is payable, the bank reports it and nothing else, and the hospital has it.
    fn is_paid(&self, claim: &str, amount: &str, wrong: &str) {
        let paid = self.cli(INSURER, &["claim", "pay", claim]);
        assert_eq!((&paid["amount"], &paid["bank"]), (&json!(amount), &json!(7)));
        let settlement = paid["settlement"].as_str().unwrap();
        self.cli(BANK, &["settlement", "accept", settlement]);
        let reference = self.world.file("reference", "TT-2026-000815");
        let (year, month, day) = today().to_date();
        let value_day = format!("{year}-{month:02}-{day:02}");
        let said = ["settlement", "paid", settlement, "--value-day", &value_day, "--reference", &reference];
        let wrong: Vec<&str> = said.into_iter().chain(["--amount", wrong]).collect();
        assert_eq!(self.world.refused(BANK, &wrong), 615);
        self.cli(BANK, &said);
        assert_eq!(self.world.refused(INSURER, &["settlement", "ack", settlement]), 203, "the provider is paid");
        self.cli(HOSPITAL, &["settlement", "ack", settlement]);
        let shown = self.cli(BANK, &["settlement", "show", settlement]);
        assert_eq!(shown["settlement"]["status"], "Acked", "{shown:#}");
        let converted = &shown["settlement"]["fx"]["amount"];
        assert_eq!(&shown["settlement"]["paid"]["amount"], converted);
        assert_eq!(converted["ccy"], "CNY");
    }

    /// The insurer traces the claim, and every step verifies offline.
    pub(super) fn is_traced(&self, claim: &str) {
        let folder = self.world.network.dir().join("trace");
        let args = ["claim", "trace", claim, "--out", folder.to_str().unwrap()];
        let trace = self.cli("regulator", &args);
        let rows: Vec<&str> =
            trace["steps"].as_array().unwrap().iter().map(|step| step["row"].as_str().unwrap()).collect();
        let expected = ["BI-01", "CS-01", "CL-01", "CL-03", "CL-16", "ST-01", "CL-25", "ST-02", "ST-05"];
        let mut wanted = expected.iter().peekable();
        for row in &rows {
            wanted.next_if(|next| *next == row);
        }
        assert_eq!(wanted.peek(), None, "{rows:?}");
        // One transaction acknowledges the payment and settles the claim.
        assert!(rows.contains(&"ST-06") && rows.contains(&"CL-27"), "{rows:?}");
        assert_eq!(rows.iter().filter(|row| **row == "DO-01").count(), 2, "both reports are anchored: {rows:?}");
        assert_eq!(trace["claim"]["claim"]["status"], "Settled");
        assert!(rows.contains(&"CL-20") && rows.contains(&"CL-21"), "{rows:?}");
        let payouts: Vec<&Value> =
            trace["settlements"].as_array().unwrap().iter().map(|one| &one["fx"]["amount"]).collect();
        let minors: Vec<_> = payouts.iter().map(|money| money["minor"].as_u64().unwrap()).collect();
        assert_eq!(minors, [456_350, 54_762], "both payments, at one rate");
        assert_eq!(trace["fixings"].as_array().unwrap().len(), 1);
        assert_ne!(trace["settlement"]["paid"]["bank_ref"], Value::Null);
        let chain = self.world.network.chain.to_string();
        for bundle in fs::read_dir(&folder).unwrap() {
            let bundle = bundle.unwrap().path();
            let checked =
                Command::new(program("assent-verify")).arg(&bundle).args(["--genesis", &chain]).output().unwrap();
            assert!(checked.status.success(), "{}", bundle.display());
        }
    }

    /// The second insurer is handed the same bill: its claim is held, and rejected once the hospital confirms.
    pub(super) fn second_insurer_is_held(&self) {
        let case = self.case("5");
        let args = ["claim", "submit", "--case", &case, "--bill", &self.bill, "--without-evidence"];
        let held = self.cli(HOSPITAL, &args);
        assert_eq!(held["status"], "DupHold", "{held:#}");
        let claim = held["claim"].as_str().unwrap();
        let hospital = self.world.network.folder(HOSPITAL).join("keys/sign-tx.key");
        let finding = self.world.file("finding", "the same stay, claimed from another insurer");
        let confirm = ["claim", "confirm-duplicate", claim, "--evidence", &finding];
        let signed = ["--cosigner", hospital.to_str().unwrap()];
        self.cli("second-insurer", &confirm.into_iter().chain(signed).collect::<Vec<_>>());
        let shown = self.claim("second-insurer", claim);
        assert_eq!((&shown["claim"]["status"], &shown["claim"]["rejected"]), (&json!("Rejected"), &json!("DUPLICATE")));
    }
}
