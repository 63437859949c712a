use std::io::Read;
use std::path::{Path, PathBuf};

use assent_types::action::Action;
use assent_types::codec::{List, Text};
use assent_types::consent::Category;
use assent_types::document::{
    AeadSuite, AnchorBody, AnchorCorrection, AnchorDocument, ChangeReason, Coding as AnchorCoding, DocumentStatus,
    Grade, HashSuite, Keyset, Placement, Residency,
};
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, Day, Hash32, KeysetId, Millis, ObjectNonce, OrgId, Sp};
use assent_types::key::SecretKey;
use assent_types::limits::SHARDS_MAX;
use assent_types::state::{Record, StateKey};
use assent_types::tx::Transaction;
use assent_vault::codec::Coding;
use assent_vault::envelope::{Dek, EntropySeed};
use assent_vault::keys::{ControllerKey, HolderKey, split};
use assent_vault::tree::{ShardIndex, StripeIndex};
use assent_vault::{Geometry, STRIPE_BYTES_DEFAULT, Sealed, Sealer, Upload};
use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroizing;

use super::error::{ShardFault, VaultError};
use super::journal::{Journal, Journals, Secrets};
use super::parts::Deposit;
use super::upload::Sending;
use super::{Progress, Vault};
use crate::builder;
use crate::claims::commit;
use crate::registry::Kind;

/// Bytes of content that are read at once.
const READ_BYTES: usize = 1 << 20;

/// A document to store, apart from its content.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Whose document, under the pseudonym for its controller.
    pub subject: Sp,
    /// Who controls it.
    pub controller: OrgId,
    /// Who made it: the organisation whose key signs.
    pub author: OrgId,
    /// Category.
    pub category: Category,
    /// Grade 1 to 4 in clear, 5 is committed.
    pub grade: u8,
    /// Whether it is important data.
    pub important: bool,
    /// Day of service; only its month stands in clear.
    pub service_day: Day,
    /// Type of the document: a code with its system, such as a LOINC code. It is encrypted with the document.
    pub document_type: Text<96>,
    /// Who holds the shares of its key.
    pub keyset: KeysetId,
    /// Who keeps each shard, by index; as many as the code has shards.
    pub custody: Vec<Placement>,
    /// Parameters of the code.
    pub coding: Coding,
    /// Where its shards have to be.
    pub residency: Residency,
    /// Until when the law requires that it is kept.
    pub retention_until: Option<Millis>,
    /// The version that it corrects, and why.
    pub corrects: Option<(AnchorId, u32, ChangeReason)>,
}

/// A document that is stored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Stored {
    /// The document.
    pub anchor: AnchorId,
    /// Bytes of its content.
    pub length: u64,
    /// Bytes of all its shards.
    pub shard_bytes: u64,
    /// Shards that could not be stored; the document is safe without them, and each needs a repair.
    pub faults: Vec<ShardFault>,
}

/// What an author keeps of its document, beside the ledger: without it the commitments open to nobody.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct DocumentNote {
    /// Day of service.
    pub service_day: Day,
    /// Salt of the commitments to day, grade and manifest.
    pub salt: Hash32,
    /// Grade.
    pub grade: u8,
    /// Type.
    pub document_type: Text<96>,
    /// Bytes of the content.
    pub length: u64,
    /// Salt of the content's commitment.
    pub content_salt: Hash32,
}

impl Vault {
    /// Stores a file as a document: seals it, anchors it, hands out its key, uploads its shards, and waits until the
    /// ledger calls it active. Then the key and everything that would help to read it is forgotten here.
    ///
    /// The file is read twice and never held in memory. An error leaves a journal: [`Vault::resume`] goes on with it.
    ///
    /// # Errors
    /// See [`VaultError`]. [`VaultError::Seal`] with `Changed` if the file changes meanwhile.
    pub async fn put(
        &self,
        key: &SecretKey,
        source: &Path,
        document: &NewDocument,
        progress: &dyn Progress,
    ) -> Result<Stored, VaultError> {
        let prepared = self.prepare(key, Source::File(source), document, progress).await?;
        self.resume(&prepared.upload, progress).await
    }

    /// The first half of storing a document: seals it and writes the journal of its upload. Nothing has left this
    /// machine yet. Whoever keeps the upload's identifier with what is stored never stores it twice.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn prepare(
        &self,
        key: &SecretKey,
        source: Source<'_>,
        document: &NewDocument,
        progress: &dyn Progress,
    ) -> Result<Prepared, VaultError> {
        let keyset = self.keyset(document.keyset).await?;
        let length = source.length()?;
        let geometry = Geometry::fit(document.coding, length, STRIPE_BYTES_DEFAULT)?;
        progress.begin("sealing", length);
        let fresh = Fresh::draw(&keyset)?;
        let upload = Upload { geometry, nonce: fresh.nonce, document_type: document.document_type.clone(), length };
        let Pass { sealed, stripes, indices } = seal(source, upload, &Dek::new(fresh.secrets.dek), progress)?;
        let salt = Hash32(builder::random()?);
        let body = anchor_body(document, &sealed, fresh.share_root, salt)?;
        let action = anchoring(document, body.clone())?;
        let tx = self.client.transaction(key, action, &[])?;
        let journal = Journal {
            id: Hash32(builder::random()?),
            source: source.text()?,
            length,
            document_type: document.document_type.clone(),
            body,
            custody: placements(document)?,
            anchoring: tx.to_bytes(),
            stripes,
            indices,
        };
        let anchor = journal.anchor()?.1;
        let note = DocumentNote {
            service_day: document.service_day,
            salt,
            grade: document.grade,
            document_type: document.document_type.clone(),
            length,
            content_salt: Hash32(sealed.manifest.salt),
        };
        self.registry.put(Kind::Document, &anchor.0.0, &assent_types::encode(&note))?;
        Journals::new(&self.journals, &self.registry).save(&journal, &fresh.secrets)?;
        Ok(Prepared { upload: journal.id, anchor })
    }

    /// Goes on with an upload that broke off. Content is sealed again and compared with the journal; what custodians have
    /// is not sent again.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn resume(&self, upload: &Hash32, progress: &dyn Progress) -> Result<Stored, VaultError> {
        let (journal, secrets) = Journals::new(&self.journals, &self.registry).load(upload)?;
        if journal.source.as_str().is_empty() {
            let path = Journals::new(&self.journals, &self.registry).path(upload);
            return Err(VaultError::Journal { path, problem: "its content was no file: repeat what stored it" });
        }
        let source = Source::File(Path::new(journal.source.as_str()));
        self.finish_upload(&journal, source, &secrets, progress).await
    }

    /// As [`Vault::resume`], of an upload whose content was in memory.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn resume_from(
        &self,
        upload: &Hash32,
        content: &[u8],
        progress: &dyn Progress,
    ) -> Result<Stored, VaultError> {
        let (journal, secrets) = Journals::new(&self.journals, &self.registry).load(upload)?;
        self.finish_upload(&journal, Source::Memory(content), &secrets, progress).await
    }

    /// Forgets an upload that can never be finished, as its anchor was not final before it expired.
    ///
    /// # Errors
    /// The disk's.
    pub fn discard(&self, upload: &Hash32) -> Result<(), VaultError> {
        Journals::new(&self.journals, &self.registry).remove(upload)
    }

    /// Uploads that broke off, can be gone on with, and had their content in memory.
    ///
    /// # Errors
    /// The disk's.
    pub fn unfinished_from_memory(&self) -> Result<Vec<Hash32>, VaultError> {
        let journals = Journals::new(&self.journals, &self.registry);
        let from_memory =
            |upload: &Hash32| journals.load(upload).is_ok_and(|(journal, _)| journal.source.as_str().is_empty());
        Ok(self.unfinished()?.into_iter().filter(from_memory).collect())
    }

    /// Uploads that broke off.
    ///
    /// # Errors
    /// The disk's.
    pub fn unfinished(&self) -> Result<Vec<Hash32>, VaultError> {
        let entries = match std::fs::read_dir(&self.journals) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(VaultError::File { path: self.journals.clone(), error }),
        };
        let id = |path: PathBuf| path.file_name()?.to_str()?.strip_suffix(".upload")?.parse().ok();
        Ok(entries.filter_map(Result::ok).filter_map(|entry| id(entry.path())).collect())
    }

    async fn finish_upload(
        &self,
        journal: &Journal,
        source: Source<'_>,
        secrets: &Secrets,
        progress: &dyn Progress,
    ) -> Result<Stored, VaultError> {
        let (tx, anchor) = journal.anchor()?;
        progress.begin("anchoring", 1);
        if let Some(code) = self.refusal(&tx).await? {
            Journals::new(&self.journals, &self.registry).remove(&journal.id)?;
            self.registry.erase(Kind::Document, &anchor.0.0)?;
            return Err(VaultError::Refused {
                code,
                detail: format!("the document was not anchored; {}", code.hint()),
            });
        }
        self.hand_out(anchor, journal, secrets).await?;
        let anchored = self.anchor(anchor).await?;
        let dek = Dek::new(secrets.dek);
        let sending = Sending { anchor: &anchored, journal, source, dek: &dek, custodians: &self.custodians };
        let faults = sending.send(progress).await?;
        progress.begin("waiting until the document is stored", 1);
        self.wait_active(anchor, &faults).await?;
        Journals::new(&self.journals, &self.registry).remove(&journal.id)?;
        let shard_bytes = sending.geometry()?.shard_bytes() * u64::try_from(journal.custody.len()).unwrap_or_default();
        Ok(Stored { anchor, length: journal.length, shard_bytes, faults })
    }

    /// Submits the anchoring transaction and waits; the number if it is refused for good.
    async fn refusal(&self, tx: &Transaction) -> Result<Option<ErrorCode>, VaultError> {
        match self.client.submit_and_wait(tx, self.patience).await {
            Ok(receipt) => Ok(receipt.outcome().err()),
            // The same transaction may be let in later.
            Err(error) if matches!(error.code(), None | Some(ErrorCode::Quota | ErrorCode::Token)) => Err(error.into()),
            Err(error) => Ok(error.code()),
        }
    }

    /// Hands the parts of the key to those who keep them.
    async fn hand_out(&self, anchor: AnchorId, journal: &Journal, secrets: &Secrets) -> Result<(), VaultError> {
        let keyset = self.keyset(journal.body.keyset).await?;
        let nonce = assent_vault::envelope::ObjectNonce(journal.body.nonce.0.0);
        let (controller, holders) = (ControllerKey::new(secrets.controller), HolderKey::new(secrets.holders));
        let wrapped = Dek::new(secrets.dek).wrap(&controller, &holders, &nonce);
        let own = Deposit::Controller { key: controller, wrapped };
        self.key_services.of(journal.body.controller)?.deposit(anchor, &own).await?;
        for (holder, share) in keyset.holders.iter().zip(secrets.shares.iter()) {
            self.key_services.of(*holder)?.deposit(anchor, &Deposit::Share(share.clone())).await?;
        }
        Ok(())
    }

    /// Waits until the ledger calls the document active.
    async fn wait_active(&self, anchor: AnchorId, faults: &[ShardFault]) -> Result<(), VaultError> {
        let what = match faults {
            [] => format!("document {anchor} becomes active"),
            faults => format!("document {anchor} becomes active; {}", faults[0]),
        };
        self.wait_for(&StateKey::Anchor(anchor), &what, |record, at| match record {
            Some(Record::Anchor(found)) => match found.effective_status(at) {
                DocumentStatus::Pending => Ok(None),
                DocumentStatus::Active | DocumentStatus::Superseded => Ok(Some(())),
                status => Err(VaultError::Document { anchor, status }),
            },
            _ => Ok(None),
        })
        .await
    }

    pub(super) async fn keyset(&self, id: KeysetId) -> Result<Keyset, VaultError> {
        let key = StateKey::Keyset(id);
        let state = self.client.get(&[key]).await?;
        match state.value(&key).flatten().map(|value| &value.record) {
            Some(Record::Keyset(keyset)) => Ok(keyset.clone()),
            _ => Err(ErrorCode::Keyset.into()),
        }
    }
}

/// Secrets of a new document, its nonce, and the root over the shares of its key.
struct Fresh {
    secrets: Secrets,
    nonce: assent_vault::envelope::ObjectNonce,
    share_root: Hash32,
}

impl Fresh {
    fn draw(keyset: &Keyset) -> Result<Self, VaultError> {
        let draw = || builder::random();
        let (dek, controller, holders) = (draw()?, draw()?, draw()?);
        let nonce = assent_vault::envelope::ObjectNonce(draw()?);
        let total = u8::try_from(keyset.holders.len()).map_err(|_| ErrorCode::Keyset)?;
        let shared = split(&HolderKey::new(holders), &nonce, keyset.threshold, total, EntropySeed::new(draw()?))?;
        let shares = List::new(shared.shares).map_err(|_| ErrorCode::Keyset)?;
        Ok(Self { secrets: Secrets { dek, controller, holders, shares }, nonce, share_root: shared.share_root })
    }
}

/// What sealing gives apart from the stripes, which are made again when they are sent.
struct Pass {
    sealed: Sealed,
    stripes: StripeIndex,
    indices: List<ShardIndex, SHARDS_MAX>,
}

/// Seals a file once, for its roots.
fn seal(source: Source<'_>, upload: Upload, dek: &Dek, progress: &dyn Progress) -> Result<Pass, VaultError> {
    let mut indices = vec![ShardIndex::default(); upload.geometry.coding().n()];
    let mut stripes = StripeIndex::default();
    let mut sealer = Sealer::new(upload, dek)?;
    let mut reader = Content::open(source)?;
    while let Some(mut content) = reader.next()? {
        progress.step(content.len() as u64);
        while let Some(stripe) = sealer.push(&mut content)? {
            let pushed = stripes.push(stripe.leaf());
            pushed.map_err(|_| ErrorCode::Coding)?;
            for (shard, index) in indices.iter_mut().enumerate() {
                index.push(stripe.chunk_roots(shard)).map_err(|_| ErrorCode::Coding)?;
            }
        }
    }
    let indices = List::new(indices).map_err(|_| ErrorCode::Coding)?;
    Ok(Pass { sealed: sealer.sealed()?, stripes, indices })
}

/// Where the content of a document is.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// In a file, which must not change until the document is stored.
    File(&'a Path),
    /// Here. Going on with a broken upload takes the same bytes again.
    Memory(&'a [u8]),
}

impl Source<'_> {
    fn length(&self) -> Result<u64, VaultError> {
        match self {
            Self::File(path) => Ok(std::fs::metadata(path).map_err(VaultError::file(path))?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// The path as a journal has it; empty for what is in memory.
    fn text(&self) -> Result<Text<4096>, VaultError> {
        match self {
            Self::File(path) => text(path),
            Self::Memory(_) => Ok(Text::default()),
        }
    }
}

/// A document that is sealed and not sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Its upload.
    pub upload: Hash32,
    /// What it is going to be.
    pub anchor: AnchorId,
}

/// The content of a document, a piece at a time; an empty piece last, so that an empty one has one as well.
pub(super) struct Content<'a> {
    path: PathBuf,
    reader: Box<dyn Read + Send + 'a>,
    buffer: Zeroizing<Vec<u8>>,
    is_over: bool,
}

impl<'a> Content<'a> {
    pub(super) fn open(source: Source<'a>) -> Result<Self, VaultError> {
        let (path, reader): (_, Box<dyn Read + Send + 'a>) = match source {
            Source::File(path) => {
                let file = std::fs::File::open(path).map_err(VaultError::file(path))?;
                (path.to_owned(), Box::new(file))
            }
            Source::Memory(bytes) => (PathBuf::new(), Box::new(bytes)),
        };
        Ok(Self { path, reader, buffer: Zeroizing::new(vec![0; READ_BYTES]), is_over: false })
    }

    /// The next piece; `None` after the end.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, VaultError> {
        if self.is_over {
            return Ok(None);
        }
        let read = loop {
            match self.reader.read(&mut self.buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read.map_err(VaultError::file(&self.path))?,
            }
        };
        self.is_over = read == 0;
        Ok(Some(&self.buffer[..read]))
    }
}

fn anchor_body(
    document: &NewDocument,
    sealed: &Sealed,
    share_root: Hash32,
    salt: Hash32,
) -> Result<AnchorBody, VaultError> {
    let Sealed { roots, manifest } = sealed;
    let grade = match document.grade {
        1..=Grade::CLEAR_MAX => Grade::Clear(document.grade),
        grade => Grade::Committed(commit(salt, "grade", &grade)),
    };
    let (code, geometry) = (document.coding, &roots.geometry);
    let number = |count: usize| u8::try_from(count).map_err(|_| ErrorCode::Coding);
    Ok(AnchorBody {
        nonce: ObjectNonce(Hash32(roots.nonce.0)),
        hash: HashSuite::Sha256,
        aead: Some(AeadSuite::Aes256GcmStream),
        coding: AnchorCoding::Clay {
            k: number(code.k())?,
            n: number(code.n())?,
            stripe_bytes: geometry.stripe_bytes(),
        },
        object_root: roots.object_root,
        shard_roots: List::new(roots.shard_roots.clone()).map_err(|_| ErrorCode::Coding)?,
        ct_root: roots.ct_root,
        key_commitment: Hash32(roots.key_commitment.0),
        share_root,
        size_4k: geometry.size_units(),
        subject: document.subject,
        controller: document.controller,
        author: document.author,
        category: document.category,
        grade,
        important: document.important,
        service_month: document.service_day.month(),
        day_commit: commit(salt, "day", &document.service_day),
        content_commit: manifest.commitment,
        manifest_commit: commit(salt, "manifest", manifest),
        keyset: document.keyset,
        residency: document.residency,
        retention_until: document.retention_until,
        version: document.corrects.map_or(1, |(_, version, _)| version.saturating_add(1)),
        prev: document.corrects.map(|(prev, ..)| prev),
    })
}

fn anchoring(document: &NewDocument, body: AnchorBody) -> Result<Action, VaultError> {
    let custody = placements(document)?;
    Ok(match document.corrects {
        None => Action::AnchorDocument(Box::new(AnchorDocument { body, custody })),
        Some((_, _, reason)) => Action::AnchorCorrection(Box::new(AnchorCorrection { body, custody, reason })),
    })
}

fn placements(document: &NewDocument) -> Result<List<Placement, SHARDS_MAX>, VaultError> {
    List::new(document.custody.clone()).map_err(|_| ErrorCode::Coding.into())
}

fn text(source: &Path) -> Result<Text<4096>, VaultError> {
    let absolute = std::path::absolute(source).map_err(VaultError::file(source))?;
    let problem = |problem| VaultError::Journal { path: source.to_owned(), problem };
    let text = absolute.to_str().ok_or_else(|| problem("its path is no UTF-8 text"))?;
    Text::new(text).map_err(|_| problem("its path is too long"))
}
