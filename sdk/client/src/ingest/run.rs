use std::collections::BTreeMap;

use assent_fhir::ingest::{Ingest, PatientRef};
use assent_types::action::Action;
use assent_types::bill::BillKey;
use assent_types::key::SecretKey;
use assent_types::subject::AgeBand;
use assent_types::{AnchorId, Day, Hash32, Sp};

use super::age::age_band;
use super::config::{IngestConfig, IngestError};
use super::pseudonym::{PseudonymKey, RecordName};
use super::report::{IngestReport, Refused};
use crate::client::Client;
use crate::nodes::now_ms;
use crate::registry::Registry;
use crate::vault::{Progress, Vault};

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// Who is who in a Bundle; `None` for whom the ledger refused.
#[derive(Default)]
pub(super) struct Subjects {
    records: BTreeMap<RecordName, Option<Sp>>,
    /// By position among the patients.
    listed: Vec<Option<Sp>>,
    /// By reference of patients whom the Bundle does not hold.
    outside: BTreeMap<String, Option<Sp>>,
}

impl Subjects {
    pub(super) fn of(&self, patient: &PatientRef) -> Option<Sp> {
        match patient {
            PatientRef::Listed(position) => self.listed.get(*position).copied().flatten(),
            PatientRef::Outside(reference) => self.outside.get(reference.expose()).copied().flatten(),
        }
    }
}

/// Takes Bundles over for one organisation.
pub struct Ingestor<'a> {
    pub(super) client: &'a Client,
    pub(super) vault: &'a Vault,
    pub(super) registry: &'a Registry,
    pub(super) key: &'a SecretKey,
    pub(super) bill_key: &'a BillKey,
    pub(super) pseudonyms: PseudonymKey,
    pub(super) config: IngestConfig,
}

impl<'a> Ingestor<'a> {
    /// For the organisation that `key` signs for.
    pub fn new(
        client: &'a Client,
        vault: &'a Vault,
        registry: &'a Registry,
        key: &'a SecretKey,
        bill_key: &'a BillKey,
        pseudonyms: PseudonymKey,
        config: IngestConfig,
    ) -> Self {
        Self { client, vault, registry, key, bill_key, pseudonyms, config }
    }

    /// Takes over what was read of a Bundle, whose hash tells it from others. Only one run at a time may use a registry.
    ///
    /// # Errors
    /// What keeps the whole from going on, as a node or the registry that does not answer. What is refused by number is
    /// in the report.
    pub async fn run(
        &self,
        ingest: &Ingest,
        bundle: Hash32,
        progress: &dyn Progress,
    ) -> Result<IngestReport, IngestError> {
        self.forget_orphans()?;
        let mut report = IngestReport { read: ingest.summary.clone(), ..IngestReport::default() };
        let subjects = self.subjects(ingest, bundle, &mut report, progress).await?;
        let anchors = self.store_all(ingest, &subjects, &mut report, progress).await?;
        self.bills(ingest, &subjects, &anchors, &mut report, progress).await?;
        report.refused.sort_by_key(|refused| refused.entry);
        Ok(report)
    }

    async fn subjects(
        &self,
        ingest: &Ingest,
        bundle: Hash32,
        report: &mut IngestReport,
        progress: &dyn Progress,
    ) -> Result<Subjects, IngestError> {
        progress.begin("subjects", ingest.patients.len() as u64);
        let mut subjects = Subjects::default();
        let today = Day(u32::try_from(now_ms() / DAY_MS).unwrap_or(u32::MAX));
        for patient in &ingest.patients {
            let born = patient.birth_date.as_ref().and_then(|date| age_band(date.expose(), today));
            let record = RecordName::of(patient, bundle);
            let sp = self.subject(&record, born, patient.entry, &mut subjects, report).await?;
            subjects.listed.push(sp);
            if let Some(sp) = sp.filter(|sp| !report.pseudonyms.contains(sp)) {
                report.pseudonyms.push(sp);
            }
            progress.step(1);
        }
        for document in &ingest.documents {
            if let PatientRef::Outside(reference) = &document.patient {
                let record = RecordName::of_reference(reference, bundle);
                let sp = self.subject(&record, None, document.entry, &mut subjects, report).await?;
                subjects.outside.insert(reference.expose().to_owned(), sp);
            }
        }
        Ok(subjects)
    }

    /// Enrols a record once for the Bundle; `None` if that is refused.
    async fn subject(
        &self,
        record: &RecordName,
        band: Option<AgeBand>,
        entry: usize,
        subjects: &mut Subjects,
        report: &mut IngestReport,
    ) -> Result<Option<Sp>, IngestError> {
        if let Some(known) = subjects.records.get(record) {
            return Ok(*known);
        }
        let enrolled = match self.enrol(record, band.unwrap_or(AgeBand::Adult)).await {
            Ok((sp, outcome)) => {
                report.subjects.count(outcome);
                Some(sp)
            }
            Err(error) => {
                report.subjects.refused += 1;
                report.refused.push(Refused { entry, element: "Patient", code: error.code().ok_or(error)? });
                None
            }
        };
        subjects.records.insert(record.clone(), enrolled);
        Ok(enrolled)
    }

    async fn bills(
        &self,
        ingest: &Ingest,
        subjects: &Subjects,
        anchors: &[Option<AnchorId>],
        report: &mut IngestReport,
        progress: &dyn Progress,
    ) -> Result<(), IngestError> {
        progress.begin("bills", ingest.bills.len() as u64);
        for (position, bill) in ingest.bills.iter().enumerate() {
            match self.register(ingest, position, subjects.of(&bill.patient), anchors).await {
                Ok((nullifier, total, outcome)) => {
                    report.bills.count(outcome);
                    report.nullifiers.push((nullifier, total));
                }
                Err(error) => {
                    report.bills.refused += 1;
                    let entry = ingest.documents.get(bill.document).map_or(0, |document| document.entry);
                    report.refused.push(Refused { entry, element: "Claim", code: error.code().ok_or(error)? });
                }
            }
            progress.step(1);
        }
        Ok(())
    }

    /// Signs an action and waits until it has taken effect.
    pub(super) async fn execute(&self, action: Action) -> Result<(), IngestError> {
        let tx = self.client.transaction(self.key, action, &[])?;
        let receipt = self.client.submit_and_wait(&tx, self.config.patience).await?;
        receipt.outcome().map_err(IngestError::Refused)
    }
}
