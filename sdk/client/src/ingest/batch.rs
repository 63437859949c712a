use std::collections::BTreeMap;

use assent_fhir::ingest::Ingest;
use assent_types::{AnchorId, Hash32, Sp};
use futures::StreamExt;

use super::config::IngestError;
use super::documents::name;
use super::report::{DocumentMade, IngestReport, Outcome, Refused, kind_name};
use super::run::{Ingestor, Subjects};
use crate::vault::Progress;

/// Documents that are stored at the same time.
const DOCUMENTS_AT_ONCE: usize = 8;

/// The documents of a Bundle with their owners and names; none for a document whose owner was refused.
struct Batch {
    named: Vec<Option<(Sp, Hash32)>>,
    /// Position of the first document of each name: what stands in the Bundle twice is stored once.
    first: BTreeMap<Hash32, usize>,
}

impl Batch {
    fn of(ingest: &Ingest, subjects: &Subjects) -> Self {
        let mut batch = Self { named: Vec::with_capacity(ingest.documents.len()), first: BTreeMap::new() };
        for (position, document) in ingest.documents.iter().enumerate() {
            let named = subjects.of(&document.patient).map(|sp| (sp, name(document, sp)));
            if let Some((_, name)) = named {
                batch.first.entry(name).or_insert(position);
            }
            batch.named.push(named);
        }
        batch
    }
}

impl Ingestor<'_> {
    /// Stores the documents, several at a time; their anchors, in the order of the Bundle.
    pub(super) async fn store_all(
        &self,
        ingest: &Ingest,
        subjects: &Subjects,
        report: &mut IngestReport,
        progress: &dyn Progress,
    ) -> Result<Vec<Option<AnchorId>>, IngestError> {
        let batch = Batch::of(ingest, subjects);
        progress.begin("documents", batch.first.len() as u64);
        let to_store = ingest.documents.iter().zip(&batch.named).enumerate();
        let to_store = to_store.filter_map(|(position, (document, named))| {
            let (subject, name) = (*named)?;
            (batch.first.get(&name) == Some(&position)).then_some((position, document, subject))
        });
        let mut storing = futures::stream::iter(to_store)
            .map(|(position, document, subject)| async move { (position, self.store(document, subject).await) })
            .buffer_unordered(DOCUMENTS_AT_ONCE);
        let mut stored = BTreeMap::new();
        while let Some((position, result)) = storing.next().await {
            progress.step(1);
            if let Some(anchor) = account(ingest, position, result, report)? {
                stored.insert(position, anchor);
            }
        }
        drop(storing);
        Ok(list(ingest, &batch, &stored, report))
    }
}

/// Counts what became of a document; an error without a number ends the run.
fn account(
    ingest: &Ingest,
    position: usize,
    result: Result<(AnchorId, Outcome), IngestError>,
    report: &mut IngestReport,
) -> Result<Option<AnchorId>, IngestError> {
    let Some(document) = ingest.documents.get(position) else { return Ok(None) };
    let tally = report.documents.entry(kind_name(document.kind)).or_default();
    match result {
        Ok((anchor, outcome)) => {
            tally.count(outcome);
            Ok(Some(anchor))
        }
        Err(error) => {
            tally.refused += 1;
            let code = error.code().ok_or(error)?;
            report.refused.push(Refused { entry: document.entry, element: kind_name(document.kind), code });
            Ok(None)
        }
    }
}

fn list(
    ingest: &Ingest,
    batch: &Batch,
    stored: &BTreeMap<usize, AnchorId>,
    report: &mut IngestReport,
) -> Vec<Option<AnchorId>> {
    let mut anchors = Vec::with_capacity(ingest.documents.len());
    for (document, named) in ingest.documents.iter().zip(&batch.named) {
        let found = named.and_then(|(subject, name)| Some((subject, *stored.get(batch.first.get(&name)?)?)));
        if let Some((subject, anchor)) = found {
            report.made.push(DocumentMade {
                entry: document.entry,
                kind: kind_name(document.kind),
                category: document.category,
                subject,
                anchor,
            });
        }
        anchors.push(found.map(|(_, anchor)| anchor));
    }
    anchors
}
