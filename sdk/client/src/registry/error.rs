use std::io;
use std::path::{Path, PathBuf};

/// Why the registry cannot be used. No variant quotes a name or a secret.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The disk.
    #[error("registry {path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Group or others have rights on the file.
    #[error("registry key {path} may be read by others (mode {mode:o}); run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a file of this registry: damaged, of another registry's key, or moved from another entry.
    #[error("registry file {0} does not open under this registry's key: it is damaged or belongs elsewhere")]
    Damaged(PathBuf),
    /// Not a key file.
    #[error("{0} is no registry key: it needs one line of 64 hexadecimal digits")]
    Malformed(PathBuf),
    /// A value beyond the bound.
    #[error("an entry of the registry has at most {max} bytes")]
    TooLarge {
        /// The bound.
        max: usize,
    },
    /// The system gives no randomness, or the cipher failed.
    #[error("no randomness for the registry")]
    Randomness,
}

impl RegistryError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::Io { path: path.to_owned(), error }
    }
}
