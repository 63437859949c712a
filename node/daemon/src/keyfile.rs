//! Secret keys on disk.
//!
//! A key file is TOML with three fields: `usage`, `public` and `seed` (64 hexadecimal digits). It is created readable
//! for its owner alone and refused when group or others may do anything with it.
//!
//! # Security
//! No error of this module quotes the file, and nothing here formats a seed except into the file.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use assent_types::key::{KeyUsage, PublicKey, SecretKey};
use zeroize::Zeroizing;

/// Largest key file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 4096;

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The disk.
    #[error("key file {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Group or others have rights on it.
    #[error("key file {path} may be read by others (mode {mode:o}); run: chmod 600 {path}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a key file.
    #[error("{0} is not a key file: it needs the fields usage, public and seed")]
    Malformed(PathBuf),
    /// The public key is not the seed's.
    #[error("key file {0}: the public key does not belong to the seed")]
    Mismatch(PathBuf),
    /// A key for something else.
    #[error("key file {path} is for {found}, but a key for {wanted} is needed here")]
    Usage {
        /// The file.
        path: PathBuf,
        /// Usage that was asked for.
        wanted: KeyUsage,
        /// Usage of the file.
        found: KeyUsage,
    },
    /// The system gives no randomness.
    #[error("no randomness for a new key")]
    Randomness,
}

/// A key that was read, with its usage. It has no debug output.
pub struct LoadedKey {
    /// What the key is for.
    pub usage: KeyUsage,
    /// The key.
    pub key: SecretKey,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    usage: KeyUsage,
    public: PublicKey,
    #[serde(deserialize_with = "wiped")]
    seed: Zeroizing<String>,
}

fn wiped<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    <String as serde::Deserialize>::deserialize(deserializer).map(Zeroizing::new)
}

/// Draws a new key and writes its file; refuses to overwrite one.
///
/// # Errors
/// The disk's, or no randomness.
pub fn generate(path: &Path, usage: KeyUsage) -> Result<PublicKey, KeyFileError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(|_| KeyFileError::Randomness)?;
    let key = SecretKey::from_seed(&seed);
    create(path, usage, &key)?;
    Ok(key.public())
}

/// Writes a key file; refuses to overwrite one.
///
/// # Errors
/// The disk's.
pub fn create(path: &Path, usage: KeyUsage, key: &SecretKey) -> Result<(), KeyFileError> {
    let io = |error| KeyFileError::Io { path: path.to_owned(), error };
    let seed = Zeroizing::new(hex::encode(key.seed()));
    let text =
        Zeroizing::new(format!("usage = \"{usage}\"\npublic = \"{}\"\nseed = \"{}\"\n", key.public(), seed.as_str()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)
}

/// Reads a key file of any usage.
///
/// # Errors
/// See [`KeyFileError`].
pub fn load_any(path: &Path) -> Result<LoadedKey, KeyFileError> {
    let io = |error| KeyFileError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(io)?;
    let mode = file.metadata().map_err(io)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode: mode & 0o7777 });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
    parse(&text, path)
}

/// Reads the text of a key file; `path` is for the error.
///
/// # Errors
/// [`KeyFileError::Malformed`] or [`KeyFileError::Mismatch`].
pub fn parse(text: &str, path: &Path) -> Result<LoadedKey, KeyFileError> {
    let malformed = || KeyFileError::Malformed(path.to_owned());
    let fields: Fields = toml::from_str(text).map_err(|_| malformed())?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(fields.seed.as_bytes(), seed.as_mut()).map_err(|_| malformed())?;
    let key = SecretKey::from_seed(&seed);
    if key.public() != fields.public {
        return Err(KeyFileError::Mismatch(path.to_owned()));
    }
    Ok(LoadedKey { usage: fields.usage, key })
}

/// Reads a key file that must be of this usage.
///
/// # Errors
/// See [`KeyFileError`].
pub fn load(path: &Path, wanted: KeyUsage) -> Result<SecretKey, KeyFileError> {
    let LoadedKey { usage, key } = load_any(path)?;
    if usage != wanted {
        return Err(KeyFileError::Usage { path: path.to_owned(), wanted, found: usage });
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed_text(path: &Path) -> String {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().find_map(|line| line.strip_prefix("seed = ")).unwrap().trim_matches('"').to_owned()
    }

    #[test]
    fn a_generated_key_reads_back_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        let public = generate(&path, KeyUsage::Node).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load(&path, KeyUsage::Node).unwrap().public(), public);
        assert!(matches!(load(&path, KeyUsage::Validate), Err(KeyFileError::Usage { .. })));
        assert!(matches!(generate(&path, KeyUsage::Node), Err(KeyFileError::Io { .. })));
        assert_eq!(load(&path, KeyUsage::Node).unwrap().public(), public);
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        generate(&path, KeyUsage::Node).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = load(&path, KeyUsage::Node).err().unwrap().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn errors_never_quote_the_seed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        generate(&path, KeyUsage::Node).unwrap();
        let seed = seed_text(&path);
        let good = std::fs::read_to_string(&path).unwrap();
        let other = dir.path().join("other.key");
        let other_public = generate(&other, KeyUsage::Node).unwrap();
        let public = load(&path, KeyUsage::Node).unwrap().public();
        let bad = [
            good.replace(&format!("seed = \"{seed}\""), &format!("seed = {seed}")),
            good.replace(&seed, &seed[..62]),
            good.replace("usage", "use"),
            good.replace(&public.to_string(), &other_public.to_string()),
            format!("{good}\nmore = 1\n"),
        ];
        for text in bad {
            std::fs::write(&path, &text).unwrap();
            let error = load(&path, KeyUsage::Node).err().unwrap_or_else(|| panic!("accepted: {text}"));
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(!shown.contains(&seed[..16]), "{shown}");
            }
        }
    }
}
