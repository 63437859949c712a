use std::path::{Path, PathBuf};

use assent_types::codec::{Bytes, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroizing;

use super::RegistryError;
use super::disk::{self, Taken};
use super::key::{RegistryKey, SEAL_BYTES, SealKey};
use crate::builder;

/// Largest value of an entry, in bytes.
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Longest name of an entry, in bytes.
const NAME_BYTES_MAX: usize = 256;
/// Largest sealed file: value, name, framing and seal.
const FILE_BYTES_MAX: usize = VALUE_BYTES_MAX + NAME_BYTES_MAX + 64 + SEAL_BYTES;

/// What an entry is about. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// From a subject's record to its pseudonym.
    Subject = 1,
    /// From a bill's nullifier to its number and what is claimed on it.
    Bill = 2,
    /// From a document to what its author or controller keeps of it: salts and manifest.
    Document = 3,
    /// From a document to the parts of its key that this organisation holds.
    KeyParts = 4,
    /// From an upload in progress to its secrets; destroyed when the document is stored.
    Upload = 5,
    /// From a session to the secret half of its reply key; destroyed when the session is over.
    Session = 6,
    /// From a session to the key parts that this holder released in it, sealed to the requester; destroyed soon after.
    Release = 7,
    /// From a case to the salt of its plan.
    Case = 8,
    /// From a claim to its days and lines, with their salt.
    Claim = 9,
    /// From what was ingested to the document that it became.
    Ingested = 10,
    /// From a reply key to its secret half, while the subject has yet to confirm the request; destroyed once it is decided.
    Confirmation = 11,
}

/// The name of an entry and its value, which is wiped when dropped.
pub type NamedValue = (Vec<u8>, Zeroizing<Vec<u8>>);

/// What a sealed file holds.
#[derive(BorshSerialize, BorshDeserialize)]
struct Entry {
    kind: u8,
    name: Bytes<NAME_BYTES_MAX>,
    value: Bytes<VALUE_BYTES_MAX>,
}

/// An open registry.
pub struct Registry {
    sealed: PathBuf,
    keys: PathBuf,
    key: RegistryKey,
}

impl Registry {
    /// Opens the registry in a folder, which is made if it does not exist.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, key: RegistryKey) -> Result<Self, RegistryError> {
        let (sealed, keys) = (folder.join("sealed"), folder.join("keys"));
        for part in [folder, &sealed, &keys] {
            disk::folder(part)?;
        }
        Ok(Self { sealed, keys, key })
    }

    /// Sets the value of an entry; durable when it returns.
    ///
    /// # Errors
    /// [`RegistryError::TooLarge`] for more than 64 KiB, or a name of more than 256 bytes; the disk's.
    pub fn put(&self, kind: Kind, name: &[u8], value: &[u8]) -> Result<(), RegistryError> {
        let too_large = |max| move |_| RegistryError::TooLarge { max };
        let entry = Entry {
            kind: kind as u8,
            name: Bytes::new(name.to_vec()).map_err(too_large(NAME_BYTES_MAX))?,
            value: Bytes::new(value.to_vec()).map_err(too_large(VALUE_BYTES_MAX))?,
        };
        let file = self.key.name(kind as u8, name);
        let plain = Zeroizing::new(encode(&entry));
        drop(Zeroizing::new(entry.value.into_vec()));
        let sealed = self.entry_key(&file)?.seal(file.as_bytes(), &plain)?;
        disk::write(&self.sealed.join(&file), &sealed, Taken::Replace)?;
        Ok(())
    }

    /// The value of an entry; `None` if there is none, or if it was erased.
    ///
    /// # Errors
    /// [`RegistryError::Damaged`] and the disk's.
    pub fn get(&self, kind: Kind, name: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, RegistryError> {
        let file = self.key.name(kind as u8, name);
        let Some((_, (found, value))) = self.read(&file)?.filter(|(found, _)| *found == kind as u8) else {
            return Ok(None);
        };
        Ok((found == name).then_some(value))
    }

    /// As [`Registry::put`], of a value in canonical encoding.
    ///
    /// # Errors
    /// As [`Registry::put`].
    pub fn put_value<T: BorshSerialize>(&self, kind: Kind, name: &[u8], value: &T) -> Result<(), RegistryError> {
        self.put(kind, name, &Zeroizing::new(encode(value)))
    }

    /// As [`Registry::get`], of a value in canonical encoding.
    ///
    /// # Errors
    /// [`RegistryError::Damaged`], also for a value of another type, and the disk's.
    pub fn get_value<T: BorshDeserialize>(&self, kind: Kind, name: &[u8]) -> Result<Option<T>, RegistryError> {
        let Some(value) = self.get(kind, name)? else { return Ok(None) };
        let damaged = |_| RegistryError::Damaged(self.sealed.join(self.key.name(kind as u8, name)));
        decode(&value).map(Some).map_err(damaged)
    }

    /// All entries of a kind, in no particular order: name and value.
    ///
    /// # Errors
    /// [`RegistryError::Damaged`] and the disk's.
    pub fn entries(&self, kind: Kind) -> Result<Vec<NamedValue>, RegistryError> {
        let mut entries = Vec::new();
        let folder = std::fs::read_dir(&self.sealed).map_err(RegistryError::io(&self.sealed))?;
        for item in folder {
            let item = item.map_err(RegistryError::io(&self.sealed))?;
            let Some(file) = item.file_name().to_str().map(str::to_owned) else { continue };
            // A longer name is a write that a crash cut short.
            if file.len() != 64 {
                continue;
            }
            entries.extend(self.read(&file)?.filter(|(found, _)| *found == kind as u8).map(|(_, entry)| entry));
        }
        Ok(entries)
    }

    /// Destroys the key of an entry, and then its ciphertext; says whether there was one. Copies of the ciphertext in
    /// backups are worth nothing from then on.
    ///
    /// # Errors
    /// The disk's.
    pub fn erase(&self, kind: Kind, name: &[u8]) -> Result<bool, RegistryError> {
        let file = self.key.name(kind as u8, name);
        let had_key = disk::destroy(&self.keys.join(&file))?;
        disk::destroy(&self.sealed.join(&file))?;
        Ok(had_key)
    }

    /// The key of an entry, drawn when it is first needed.
    fn entry_key(&self, file: &str) -> Result<SealKey, RegistryError> {
        if let Some(key) = self.find_key(file)? {
            return Ok(key);
        }
        let fresh: Zeroizing<[u8; 32]> = Zeroizing::new(builder::random().map_err(|_| RegistryError::Randomness)?);
        let wrapped = self.key.seal().seal(file.as_bytes(), fresh.as_slice())?;
        if disk::write(&self.keys.join(file), &wrapped, Taken::Keep)? {
            return Ok(SealKey::new(&fresh));
        }
        // Another writer was first.
        self.find_key(file)?.ok_or_else(|| RegistryError::Damaged(self.keys.join(file)))
    }

    fn find_key(&self, file: &str) -> Result<Option<SealKey>, RegistryError> {
        let path = self.keys.join(file);
        let Some(wrapped) = disk::read(&path, 32 + SEAL_BYTES)? else { return Ok(None) };
        let damaged = || RegistryError::Damaged(path.clone());
        let key = self.key.seal().open(file.as_bytes(), &wrapped).ok_or_else(damaged)?;
        let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| damaged())?;
        Ok(Some(SealKey::new(key)))
    }

    fn read(&self, file: &str) -> Result<Option<(u8, NamedValue)>, RegistryError> {
        let path = self.sealed.join(file);
        let Some(sealed) = disk::read(&path, FILE_BYTES_MAX)? else { return Ok(None) };
        // Without its key an entry is erased, whatever is left of it.
        let Some(key) = self.find_key(file)? else { return Ok(None) };
        let damaged = || RegistryError::Damaged(path.clone());
        let plain = key.open(file.as_bytes(), &sealed).ok_or_else(damaged)?;
        let entry: Entry = decode(&plain).map_err(|_| damaged())?;
        let value = Zeroizing::new(entry.value.into_vec());
        Ok(Some((entry.kind, (entry.name.into_vec(), value))))
    }
}
