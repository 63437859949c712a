//! Secrets of an organisation in files of their own: 32 random bytes as 64 hexadecimal digits, readable for their owner
//! alone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::RegistryError;
use super::disk::{self, Taken};
use crate::builder;

/// Draws a secret and writes its file, readable for its owner alone; refuses to overwrite one.
///
/// # Errors
/// The disk's, or no randomness.
pub fn generate(path: &Path) -> Result<(), RegistryError> {
    let secret: Zeroizing<[u8; 32]> = Zeroizing::new(builder::random().map_err(|_| RegistryError::Randomness)?);
    let mut text = Zeroizing::new(hex::encode(secret.as_slice()));
    text.push('\n');
    if disk::write(path, text.as_bytes(), Taken::Keep)? {
        return Ok(());
    }
    Err(RegistryError::Io { path: path.to_owned(), error: std::io::ErrorKind::AlreadyExists.into() })
}

/// Reads a secret's file; refuses one that others may read.
///
/// # Errors
/// See [`RegistryError`].
pub fn load(path: &Path) -> Result<Zeroizing<[u8; 32]>, RegistryError> {
    let mode = std::fs::metadata(path).map_err(RegistryError::io(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(RegistryError::Exposed { path: path.to_owned(), mode: mode & 0o7777 });
    }
    let malformed = || RegistryError::Malformed(path.to_owned());
    let text = Zeroizing::new(disk::read(path, 128)?.ok_or_else(malformed)?);
    let mut secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_ascii_end(), secret.as_mut_slice()).map_err(|_| malformed())?;
    Ok(secret)
}
