//! One Bundle on a ledger of its own.

mod claims;
mod documents;

use assent_fhir::Mapping;
use assent_fhir::ingest::{Ingest, Scenario, read};
use assent_genesis::sample::{HONG_KONG_HOSPITAL, HONG_KONG_INSURER};
use assent_types::action::Action;
use assent_types::document::{RegisterKeyset, keyset_id_of};
use assent_types::hash::{Tag, tagged_value};
use assent_types::ids::KeysetId;
use assent_types::key::SecretKey;
use assent_types::{AnchorId, Day, Hash32, List, Millis, OrgId, TxHash};
use serde_json::Value;

use super::patients::{Leak, Patients};
use super::tally::Tally;
use crate::ledger::{DAY_MS, Ledger, SECOND_HOSPITAL, signing};

/// Holders of the keys of the hospital's documents: any two of two.
const HOLDERS: [OrgId; 2] = [HONG_KONG_HOSPITAL, SECOND_HOSPITAL];

/// What is done at which day, in the order of days; documents before the claims that cite them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Document(usize),
    Claim(usize),
}

/// A Bundle's way onto the ledger and back.
pub(super) struct Journey<'t> {
    ledger: Ledger,
    tally: &'t mut Tally,
    source: Value,
    ingest: Ingest,
    patients: Patients,
    mapping: Mapping,
    keyset: KeysetId,
    /// By position of the document.
    anchors: Vec<Option<AnchorId>>,
    salts: u64,
}

impl<'t> Journey<'t> {
    /// Goes there and back, on days that are those of the services; the ledger, which has kept all that it was told.
    pub(super) fn run(text: &str, scenario: &Scenario, leak: Leak, tally: &'t mut Tally) -> Ledger {
        let ingest = match read(text, scenario) {
            Ok(ingest) => ingest,
            Err(error) => panic!("not read: {error}"),
        };
        tally.imported(&ingest.summary);
        let steps = steps(&ingest);
        let first = steps.first().map_or(Day(10_000), |(day, _)| *day);
        let mut ledger = Ledger::new(Millis(u64::from(first.0) * DAY_MS));
        let keyset = keyset(&mut ledger);
        let bundle = tagged_value(Tag::Evidence, &("bundle", text));
        let patients = Patients::enrol(&ingest, bundle, leak, &mut ledger, tally);
        let mut journey = Self {
            ledger,
            tally,
            source: serde_json::from_str(text).unwrap(),
            mapping: patients.mapping(),
            anchors: vec![None; ingest.documents.len()],
            ingest,
            patients,
            keyset,
            salts: 0,
        };
        for (day, step) in steps {
            journey.ledger.until(Millis((u64::from(day.0) + 1) * DAY_MS));
            match step {
                Step::Document(position) => journey.document(position),
                Step::Claim(position) => journey.claim(position),
            }
        }
        journey.ledger
    }

    /// A salt that nobody else knows.
    fn salt(&mut self) -> Hash32 {
        self.salts += 1;
        tagged_value(Tag::Evidence, &("salt of the test", self.salts))
    }

    /// Executes an act and counts it; `None` if the ledger refuses it.
    fn act(&mut self, signer: &SecretKey, action: Action) -> Option<TxHash> {
        let name = action.name();
        match self.ledger.act(signer, action) {
            Ok(tx) => {
                self.tally.executed(name);
                Some(tx)
            }
            Err(code) => {
                self.tally.refused(name, code);
                None
            }
        }
    }

    fn hospital(&mut self, action: Action) -> Option<TxHash> {
        self.act(&signing(HONG_KONG_HOSPITAL), action)
    }

    fn insurer(&mut self, action: Action) -> Option<TxHash> {
        self.act(&signing(HONG_KONG_INSURER), action)
    }
}

fn steps(ingest: &Ingest) -> Vec<(Day, Step)> {
    let documents = ingest.documents.iter().enumerate().map(|(position, document)| {
        (document.service.day.unwrap_or(document.service.month.first_day()), Step::Document(position))
    });
    let claims = ingest.claims.iter().enumerate().map(|(position, claim)| (claim.service.1, Step::Claim(position)));
    let mut steps: Vec<(Day, Step)> = documents.chain(claims).collect();
    steps.sort();
    steps
}

fn keyset(ledger: &mut Ledger) -> KeysetId {
    let register =
        RegisterKeyset { controller: HONG_KONG_HOSPITAL, threshold: 2, holders: List::new(HOLDERS.to_vec()).unwrap() };
    let action = Action::RegisterKeyset(Box::new(register));
    let tx = ledger.act_with(&signing(HOLDERS[0]), action, &[&signing(HOLDERS[1])]);
    keyset_id_of(&tx.unwrap())
}
