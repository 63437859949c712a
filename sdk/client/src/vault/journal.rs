use std::path::{Path, PathBuf};

use assent_types::codec::List;
use assent_types::codec::{Text, decode, encode};
use assent_types::document::{AnchorBody, Placement};
use assent_types::ids::{AnchorId, Hash32, TxHash};
use assent_types::limits::{KEY_HOLDERS_MAX, SHARDS_MAX};
use assent_vault::keys::KeyShare;
use assent_vault::tree::{ShardIndex, StripeIndex};
use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroizing;

use super::error::VaultError;
use crate::registry::{Kind, Registry};

/// What an upload in progress needs to go on, apart from its secrets. Nothing in it helps to decrypt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Journal {
    /// Which upload.
    pub(super) id: Hash32,
    /// The file that is uploaded; empty for content that was in memory.
    pub(super) source: Text<4096>,
    /// Its length in bytes.
    pub(super) length: u64,
    /// Type of the document.
    pub(super) document_type: Text<96>,
    /// What is anchored.
    pub(super) body: AnchorBody,
    /// Who will keep each shard.
    pub(super) custody: List<Placement, SHARDS_MAX>,
    /// The signed transaction that anchors it: sent again, it stays one anchor.
    pub(super) anchoring: Vec<u8>,
    /// The leaf of every stripe that was sealed: content that differs is never sealed under the same key.
    pub(super) stripes: StripeIndex,
    /// The index of every shard.
    pub(super) indices: List<ShardIndex, SHARDS_MAX>,
}

/// The secrets of an upload in progress; in the registry until the document is stored, and then destroyed.
#[derive(BorshSerialize, BorshDeserialize)]
pub(super) struct Secrets {
    pub(super) dek: [u8; 32],
    pub(super) controller: [u8; 32],
    pub(super) holders: [u8; 32],
    pub(super) shares: List<KeyShare, KEY_HOLDERS_MAX>,
}

impl Drop for Secrets {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.dek.zeroize();
        self.controller.zeroize();
        self.holders.zeroize();
    }
}

impl Journal {
    /// The transaction that anchors the document, and the anchor that it makes.
    pub(super) fn anchor(&self) -> Result<(assent_types::tx::Transaction, AnchorId), VaultError> {
        let tx = assent_types::tx::Transaction::from_bytes(&self.anchoring)
            .map_err(|error| VaultError::Refused { code: error.code, detail: error.to_string() })?;
        let hash: TxHash = tx.hash();
        Ok((tx, assent_types::document::anchor_id_of(&hash)))
    }
}

/// Journals of uploads: one file each, in a folder of their own; their secrets in the registry.
pub(super) struct Journals<'a> {
    folder: &'a Path,
    registry: &'a Registry,
}

impl<'a> Journals<'a> {
    pub(super) fn new(folder: &'a Path, registry: &'a Registry) -> Self {
        Self { folder, registry }
    }

    pub(super) fn path(&self, id: &Hash32) -> PathBuf {
        self.folder.join(format!("{id}.upload"))
    }

    /// Writes a journal and its secrets durably. The secrets come first: a journal without them is worth nothing.
    pub(super) fn save(&self, journal: &Journal, secrets: &Secrets) -> Result<(), VaultError> {
        let value = Zeroizing::new(encode(secrets));
        self.registry.put(Kind::Upload, &journal.id.0, &value)?;
        crate::registry::disk::folder(self.folder)?;
        let path = self.path(&journal.id);
        crate::registry::disk::write(&path, &encode(journal), crate::registry::disk::Taken::Replace)?;
        Ok(())
    }

    /// Reads a journal and its secrets.
    pub(super) fn load(&self, id: &Hash32) -> Result<(Journal, Secrets), VaultError> {
        let path = self.path(id);
        let bytes = std::fs::read(&path).map_err(VaultError::file(&path))?;
        let problem = |problem| VaultError::Journal { path: path.clone(), problem };
        let journal: Journal = decode(&bytes).map_err(|_| problem("it is damaged"))?;
        if journal.id != *id {
            return Err(problem("it is of another upload"));
        }
        let value =
            self.registry.get(Kind::Upload, &id.0)?.ok_or_else(|| problem("its secrets are gone: start again"))?;
        let secrets = decode(&value).map_err(|_| problem("its secrets are damaged: start again"))?;
        Ok((journal, secrets))
    }

    /// Destroys an upload's secrets, then its journal.
    pub(super) fn remove(&self, id: &Hash32) -> Result<(), VaultError> {
        self.registry.erase(Kind::Upload, &id.0)?;
        match std::fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(VaultError::File { path: self.path(id), error })
            }
            _ => Ok(()),
        }
    }
}
