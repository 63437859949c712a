use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use assent_types::error::ErrorCode;
use assent_types::ids::AnchorId;
use assent_vault::envelope::{ContentCheck, Manifest};

use super::access::Collected;
use super::error::{ShardFault, VaultError};
use super::shards::{Segment, ShardReader};
use super::{Progress, Vault};

/// A document that was read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Retrieved {
    /// The document.
    pub anchor: AnchorId,
    /// Type of the document: a code with its system.
    pub document_type: String,
    /// Bytes of its content.
    pub length: u64,
    /// Bytes of chunks that were read of custodians.
    pub bytes_read: u64,
    /// Whether anything had to be decoded; a healthy read decodes nothing.
    pub decoded: bool,
    /// Shards that were missing or wrong, and whose they are. The content is right without them.
    pub faults: Vec<ShardFault>,
}

impl Vault {
    /// Reads a document of a released session into a file. Every chunk is checked against its shard's root, every stripe
    /// against the ciphertext's, the whole against the content's commitment; the file takes its name only then. What an
    /// attempt that broke off has left beside is gone on with, and checked with the rest.
    ///
    /// # Errors
    /// [`VaultError::TooFewShards`] names what is wrong with each shard; see [`VaultError`].
    pub async fn read(
        &self,
        collected: &Collected,
        anchor: AnchorId,
        target: &Path,
        progress: &dyn Progress,
    ) -> Result<Retrieved, VaultError> {
        let found = collected.documents.iter().find(|(found, _)| found.id == anchor);
        let (document, dek) = found.ok_or(ErrorCode::NoLivePermit)?;
        let mut shards = ShardReader::open(document, collected.session, &self.custodians, dek).await?;
        let last = shards.runs().count().saturating_sub(1);
        let mut last_run = Some(shards.run(last).await?);
        let manifest = manifest(&shards, last_run.as_deref())?;
        if manifest.commitment != document.body.content_commit {
            let detail = "the manifest's commitment is not the anchored one: the upload was inconsistent".to_owned();
            return Err(VaultError::Refused { code: ErrorCode::ShardDamaged, detail });
        }
        progress.begin("reading", manifest.length);
        let segment_bytes = u64::from(shards.opener.geometry().segment_bytes());
        let mut part = Part::open(target, anchor, &manifest, segment_bytes)?;
        progress.step(part.written);
        let stripe = u32::try_from(part.written / segment_bytes).unwrap_or(u32::MAX);
        for number in shards.runs().of_stripe(stripe)..=last {
            let opened = match last_run.take_if(|_| number == last) {
                Some(opened) => opened,
                None => shards.run(number).await?,
            };
            let (first, _) = shards.runs().run(number);
            for (stripe, opened) in (first..).zip(&opened).skip_while(|(number, _)| *number < stripe) {
                let content = opened.get(shards.opener.content(&manifest, stripe)).unwrap_or_default();
                part.write(content)?;
                progress.step(content.len() as u64);
            }
        }
        part.finish(target, &manifest)?;
        Ok(Retrieved {
            anchor,
            document_type: manifest.document_type.as_str().to_owned(),
            length: manifest.length,
            bytes_read: shards.bytes_read,
            decoded: shards.decoded,
            faults: shards.faults,
        })
    }
}

/// The manifest lies at the end of the last stripe.
fn manifest(shards: &ShardReader<'_>, last_run: Option<&[Segment]>) -> Result<Manifest, VaultError> {
    let last = last_run.and_then(<[Segment]>::last).ok_or(ErrorCode::Coding)?;
    Ok(shards.opener.manifest(last)?)
}

/// A file that is being read, under a name of its own beside the target.
struct Part {
    path: PathBuf,
    file: File,
    check: ContentCheck,
    written: u64,
}

impl Part {
    /// Begins, or goes on after the whole segments that an earlier attempt left.
    fn open(target: &Path, anchor: AnchorId, manifest: &Manifest, segment_bytes: u64) -> Result<Self, VaultError> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", hex::encode(&anchor.0.0[..6])));
        let path = target.with_file_name(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(VaultError::file(&path))?;
        let left = file.metadata().map_err(VaultError::file(&path))?.len().min(manifest.length);
        let mut part = Self { path, file, check: ContentCheck::new(&manifest.salt), written: 0 };
        part.take_up(left / segment_bytes * segment_bytes)?;
        Ok(part)
    }

    /// Hashes so much of what is there, and cuts off the rest.
    fn take_up(&mut self, bytes: u64) -> Result<(), VaultError> {
        let mut buffer = zeroize::Zeroizing::new(vec![0; 1 << 16]);
        while self.written < bytes {
            let wanted = usize::try_from(bytes - self.written).unwrap_or(usize::MAX).min(buffer.len());
            self.file.read_exact(&mut buffer[..wanted]).map_err(VaultError::file(&self.path))?;
            self.check.update(&buffer[..wanted]);
            self.written += wanted as u64;
        }
        self.file.set_len(bytes).map_err(VaultError::file(&self.path))
    }

    fn write(&mut self, content: &[u8]) -> Result<(), VaultError> {
        self.file.write_all(content).map_err(VaultError::file(&self.path))?;
        self.check.update(content);
        self.written += content.len() as u64;
        Ok(())
    }

    /// Compares the whole with its commitment, and only then gives it its name.
    fn finish(self, target: &Path, manifest: &Manifest) -> Result<(), VaultError> {
        let Self { path, file, check, written } = self;
        if written != manifest.length || check.compare(manifest).is_err() {
            // What an earlier attempt left was changed meanwhile: the next attempt begins afresh.
            std::fs::remove_file(&path).map_err(VaultError::file(&path))?;
            let detail = "the content does not match its commitment; read it again".to_owned();
            return Err(VaultError::Refused { code: ErrorCode::ShardDamaged, detail });
        }
        file.sync_all().and_then(|()| std::fs::rename(&path, target)).map_err(VaultError::file(target))?;
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(VaultError::file(folder))
    }
}
