//! Files that are whole or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::RegistryError;

/// What happens when the name is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The new file takes its place.
    Replace,
    /// The old file stays, and the write says so.
    Keep,
}

/// Creates a folder that only its owner may enter.
pub(crate) fn folder(path: &Path) -> Result<(), RegistryError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(RegistryError::io(path))?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => Ok(()),
    }
}

/// Syncs a file or folder.
fn sync(path: &Path) -> Result<(), RegistryError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(RegistryError::io(path))
}

/// Writes a file durably, readable for its owner alone; says whether it took the name.
pub(crate) fn write(path: &Path, bytes: &[u8], taken: Taken) -> Result<bool, RegistryError> {
    let beside = beside(path)?;
    let written = write_beside(&beside, bytes).and_then(|()| match taken {
        Taken::Replace => fs::rename(&beside, path).map(|()| true),
        Taken::Keep => match fs::hard_link(&beside, path) {
            Ok(()) => fs::remove_file(&beside).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(&beside).map(|()| false),
            Err(error) => Err(error),
        },
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    let took = written.map_err(RegistryError::io(path))?;
    sync(path.parent().unwrap_or(Path::new(".")))?;
    Ok(took)
}

fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name that no other writer uses and no reader takes for an entry.
fn beside(path: &Path) -> Result<PathBuf, RegistryError> {
    let random: [u8; 8] = crate::builder::random().map_err(|_| RegistryError::Randomness)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", hex::encode(random)));
    Ok(path.with_file_name(name))
}

/// Reads a file of at most `max` bytes; `None` if it is not there.
pub(crate) fn read(path: &Path, max: usize) -> Result<Option<Vec<u8>>, RegistryError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(RegistryError::Io { path: path.to_owned(), error }),
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(RegistryError::io(path))?;
    if bytes.len() > max {
        return Err(RegistryError::Damaged(path.to_owned()));
    }
    Ok(Some(bytes))
}

/// Overwrites a file with zeros, syncs it, and removes it; says whether it was there.
///
/// On a disk that writes elsewhere (flash, copy-on-write) the old bytes may remain; they are wrapped under the
/// registry's key.
pub(crate) fn destroy(path: &Path) -> Result<bool, RegistryError> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(RegistryError::Io { path: path.to_owned(), error }),
    };
    let wiped = file.metadata().and_then(|metadata| {
        io::copy(&mut io::repeat(0).take(metadata.len()), &mut file)?;
        file.sync_all()?;
        fs::remove_file(path)
    });
    wiped.map_err(RegistryError::io(path))?;
    sync(path.parent().unwrap_or(Path::new(".")))?;
    Ok(true)
}
