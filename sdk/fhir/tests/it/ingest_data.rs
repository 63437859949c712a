//! Public Bundles and resources, each with its outcome: Synthea's transactions and the examples of HL7 FHIR R4.
//!
//! The data are not part of the project; the tables of outcomes are. See [`crate::examples`] for where they are found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assent_fhir::ingest::{Scenario, Summary, read};
use serde_json::json;

use crate::examples::{as_recorded, data, report};
use crate::shown;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What the Synthea transactions leave open.
fn synthea() -> Scenario {
    serde_json::from_value(json!({
        "provider": 1,
        "insurer": 3,
        "plan": "demonstration",
        "redenominate": {"from": "USD", "to": "HKD"},
        "unpriced_lines": "first-carries-rest"
    }))
    .unwrap()
}

/// The numbers of the organisations in HL7's examples.
fn hl7() -> Scenario {
    serde_json::from_value(json!({
        "organizations": [
            {"reference": "Organization/1", "org": 1},
            {"reference": "Organization/2", "org": 2},
            {"reference": "Organization/3", "org": 3},
            {"identifier": "http://www.jurisdiction.com/insurers|123456", "org": 2},
            {"identifier": "http://www.jurisdiction.com/careorganizations|HOSP12345", "org": 1}
        ],
        "plan": "demonstration"
    }))
    .unwrap()
}

/// Outcomes over many Bundles.
#[derive(Default)]
struct Total {
    accepted: BTreeMap<String, usize>,
    ignored: BTreeMap<String, usize>,
    refused: BTreeMap<(u16, String), usize>,
}

impl Total {
    fn add(&mut self, summary: &Summary) {
        summary.accepted.iter().for_each(|(kind, count)| *self.accepted.entry(kind.clone()).or_default() += count);
        summary.ignored.iter().for_each(|(kind, count)| *self.ignored.entry(kind.clone()).or_default() += count);
        for (element, count) in summary.refused_by_element() {
            *self.refused.entry(element).or_default() += count;
        }
    }

    fn table(&self) -> String {
        let accepted = self.accepted.iter().map(|(kind, count)| format!("{count:>6} accepted {kind}\n"));
        let refused = self.refused.iter().map(|((number, path), count)| format!("{count:>6} E{number}     {path}\n"));
        let ignored = self.ignored.iter().map(|(kind, count)| format!("{count:>6} ignored  {kind}\n"));
        accepted.chain(refused).chain(ignored).collect()
    }
}

#[test]
fn synthea_transactions_have_their_recorded_counts() {
    let Some(data) = data() else {
        println!("data tests: not run");
        return;
    };
    let mut table = String::new();
    let mut entries = 0;
    let mut bundles = 0;
    for (title, scenario) in [("without a scenario", Scenario::default()), ("with a scenario", synthea())] {
        let (mut total, mut each) = (Total::default(), String::new());
        (bundles, entries) = (0, 0);
        for path in files(&data.join("synthea-r4-bundles")) {
            let text = std::fs::read_to_string(&path).unwrap();
            let summary = read(&text, &scenario).unwrap_or_else(|error| panic!("{}: {error}", path.display())).summary;
            let counts = (summary.accepted.values().sum::<usize>(), summary.refused.len());
            (bundles, entries) = (bundles + 1, entries + summary.entries());
            each.push_str(&format!(
                "bundle {bundles:>2}: {:>3} entries, {:>3} accepted, {:>3} refused\n",
                summary.entries(),
                counts.0,
                counts.1
            ));
            total.add(&summary);
        }
        let always =
            |number: &(u16, String)| number.1.starts_with("Patient") || number.1.starts_with("DiagnosticReport");
        assert!(!total.refused.keys().any(always), "every Patient and DiagnosticReport is accepted");
        table.push_str(&format!("{title}\n{}{each}\n", total.table()));
    }
    as_recorded("synthea.txt", &table);
    report(&format!(
        "FHIR R4 Bundles: {bundles} of Synthea, {entries} entries, counts per type and error as recorded\n"
    ));
}

#[test]
fn published_resources_have_their_recorded_outcomes() {
    let Some(data) = data() else {
        println!("data tests: not run");
        return;
    };
    let kinds =
        ["Patient-", "Organization-", "DiagnosticReport-", "DocumentReference-", "Claim-", "ExplanationOfBenefit-"];
    let mut lines = Vec::new();
    for path in files(&data.join("hl7-fhir-r4-examples")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !kinds.iter().any(|kind| name.starts_with(kind)) {
            continue;
        }
        let outcome = match read(&std::fs::read_to_string(&path).unwrap(), &hl7()) {
            Ok(ingest) => ingest.summary.refused.first().map_or_else(|| "accepted".to_owned(), shown),
            Err(error) => format!("E{} {}", error.code.number(), error.path),
        };
        lines.push(format!("{name:<62} {outcome}"));
    }
    let accepted = lines.iter().filter(|line| line.ends_with(" accepted")).count();
    as_recorded("resources.txt", &(lines.join("\n") + "\n"));
    report(&format!(
        "FHIR R4 resources: {} HL7 examples to anchor or claim with, {accepted} accepted, {} refused by number and \
         element, as recorded\n",
        lines.len(),
        lines.len() - accepted
    ));
}
