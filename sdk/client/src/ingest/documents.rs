use std::collections::BTreeSet;

use assent_fhir::ingest::Document;
use assent_types::codec::Text;
use assent_types::document::DocumentStatus;
use assent_types::error::ErrorCode;
use assent_types::hash::{Tag, tagged_value};
use assent_types::{AnchorId, Hash32, Millis, Sp};
use borsh::{BorshDeserialize, BorshSerialize};

use super::config::IngestError;
use super::report::{Outcome, kind_name};
use super::run::Ingestor;
use crate::error::ClientError;
use crate::nodes::now_ms;
use crate::registry::Kind;
use crate::vault::{NewDocument, NoProgress, Source, VaultError};

/// What the registry keeps of a document that was ingested.
#[derive(Clone, Copy, BorshSerialize, BorshDeserialize)]
struct IngestNote {
    anchor: AnchorId,
    /// Its upload, until it is stored.
    upload: Option<Hash32>,
}

/// The name under which the registry finds a document again: what it is, whose, and its bytes.
pub(super) fn name(document: &Document, subject: Sp) -> Hash32 {
    tagged_value(Tag::Evidence, &("ingested", subject, kind_name(document.kind), &document.bytes))
}

impl Ingestor<'_> {
    /// Forgets uploads that a crash cut short before they were noted: nothing of them was ever sent.
    pub(super) fn forget_orphans(&self) -> Result<(), IngestError> {
        let uploads = self.vault.unfinished_from_memory()?;
        if uploads.is_empty() {
            return Ok(());
        }
        let notes = self.registry.entries(Kind::Ingested)?;
        let noted: BTreeSet<Hash32> =
            notes.iter().filter_map(|(_, note)| assent_types::decode::<IngestNote>(note).ok()?.upload).collect();
        for orphan in uploads.iter().filter(|upload| !noted.contains(upload)) {
            self.vault.discard(orphan)?;
        }
        Ok(())
    }

    /// Stores a document, once.
    pub(super) async fn store(&self, document: &Document, subject: Sp) -> Result<(AnchorId, Outcome), IngestError> {
        let name = name(document, subject);
        if let Some(note) = self.registry.get_value::<IngestNote>(Kind::Ingested, &name.0)?
            && let Some(outcome) = self.go_on(note, document, &name).await?
        {
            return Ok((note.anchor, outcome));
        }
        let fresh = self.new_document(document, subject);
        let source = Source::Memory(&document.bytes);
        let prepared = self.vault.prepare(self.key, source, &fresh, &NoProgress).await?;
        // Kept before anything is sent: from here on a repetition goes on with this upload.
        let note = IngestNote { anchor: prepared.anchor, upload: Some(prepared.upload) };
        self.registry.put_value(Kind::Ingested, &name.0, &note)?;
        self.upload(prepared.anchor, &prepared.upload, document, &name).await?;
        Ok((prepared.anchor, Outcome::Done))
    }

    /// What a repetition finds: a document that is stored, or an upload to go on with; `None` if it has to begin anew.
    async fn go_on(
        &self,
        note: IngestNote,
        document: &Document,
        name: &Hash32,
    ) -> Result<Option<Outcome>, IngestError> {
        let IngestNote { anchor, upload } = note;
        if let Some(upload) = upload
            && self.vault.unfinished()?.contains(&upload)
        {
            return match self.upload(anchor, &upload, document, name).await {
                Ok(()) => Ok(Some(Outcome::Done)),
                // It expired before it was anchored, and never will be.
                Err(error) if error.code() == Some(ErrorCode::Expired) => Ok(None),
                Err(error) => Err(error),
            };
        }
        // An upload without a journal was finished, or it was refused.
        match self.status(anchor).await? {
            None | Some(DocumentStatus::Pending | DocumentStatus::Abandoned) => Ok(None),
            Some(_) => {
                self.keep(anchor, name)?;
                Ok(Some(Outcome::Already))
            }
        }
    }

    /// Sends what is not stored yet. What the ledger refused to anchor is forgotten: it may be tried anew, in another
    /// way.
    async fn upload(
        &self,
        anchor: AnchorId,
        upload: &Hash32,
        document: &Document,
        name: &Hash32,
    ) -> Result<(), IngestError> {
        let error = match self.vault.resume_from(upload, &document.bytes, &NoProgress).await {
            Ok(_) => return self.keep(anchor, name),
            Err(VaultError::Client(ClientError::Lapsed(_))) => IngestError::from(ErrorCode::Expired),
            Err(error) => error.into(),
        };
        if error.code().is_some() && self.status(anchor).await?.is_none() {
            self.vault.discard(upload)?;
            self.registry.erase(Kind::Ingested, &name.0)?;
        }
        Err(error)
    }

    fn keep(&self, anchor: AnchorId, name: &Hash32) -> Result<(), IngestError> {
        Ok(self.registry.put_value(Kind::Ingested, &name.0, &IngestNote { anchor, upload: None })?)
    }

    /// The document's status; `None` if it was never anchored.
    async fn status(&self, anchor: AnchorId) -> Result<Option<DocumentStatus>, IngestError> {
        match self.vault.anchor(anchor).await {
            Ok(found) => Ok(Some(found.effective_status(Millis(now_ms())))),
            Err(VaultError::Refused { .. } | VaultError::Client(ClientError::Refused { .. })) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn new_document(&self, document: &Document, subject: Sp) -> NewDocument {
        let storage = &self.config.storage;
        NewDocument {
            subject,
            controller: self.config.org,
            author: self.config.org,
            category: document.category,
            grade: document.grade,
            important: false,
            // Where no more than the month is known, its first day stands for it.
            service_day: document.service.day.unwrap_or(document.service.month.first_day()),
            document_type: document_type(document),
            keyset: storage.keyset,
            custody: storage.custody.clone(),
            coding: storage.coding,
            residency: storage.residency,
            retention_until: storage.retention_until,
            corrects: None,
        }
    }
}

/// The first code as `system|code`, or the code alone where that is too long.
fn document_type(document: &Document) -> Text<96> {
    let Some(code) = document.codes.first() else { return Text::default() };
    Text::new(format!("{}|{}", code.system, code.code)).or_else(|_| Text::new(code.code.clone())).unwrap_or_default()
}
