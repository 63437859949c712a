//! The write-ahead log of the height being decided: what a validator must not forget once others heard it.
//!
//! # Format
//!
//! A folder with two preallocated files, `0` and `1`. Each starts with a page that holds magic bytes, format version,
//! chain id and a checksum, written once. Records follow: a head of 32 bytes (magic, generation, number, how many
//! records were durable, checksum of the record before, length, CRC-32 of all that and the entry), the entry, and
//! padding to 8 bytes.
//!
//! Every reset begins a new generation in the *other* file, so it needs no sync: until the first record of the new
//! generation is durable, the old generation stays readable, and its height is final and ignored. Because each record
//! carries the checksum of the one before it, records left over from an earlier life never continue a newer one.
//!
//! # Reading back
//!
//! The newest generation counts, up to its first record that is not intact. What follows is dropped: it was never
//! synced, so nobody was told of it. If an intact record behind that place says that more records had been durable
//! than were found, the disk lost what it had confirmed. Then, as when the folder is missing, the log is *lost*
//! ([`Opened::entries`] is `None`) and the node must keep silent for a while instead of voting against itself.
//!
//! A log that replaces a lost one stays under another name until something in it is synced: a silent node syncs
//! nothing, so a crash during the silence leads to silence again.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use assent_types::ids::ChainId;

mod record;
#[cfg(test)]
mod tests;

use record::{Chain, Position};

/// Version of the format. A log with a greater one is refused. History: 1, the first.
const FORMAT: u32 = 1;
const MAGIC: [u8; 8] = *b"AssentWL";
/// Bytes before the first record of a file.
pub const FIRST_PAGE_BYTES: usize = 4096;
/// Bytes of each file that are written at creation, so that a sync need not allocate.
const PREALLOCATED_BYTES: u64 = 8 << 20;
/// Largest log of one height; a height with so many rounds has a fault that needs a human.
const LOG_BYTES_MAX: u64 = 1 << 30;
/// Appended bytes that are held back at most before they are handed to the system.
const BUFFER_BYTES_MAX: usize = 1 << 20;
/// Whether syncs reach the disk. Only the build for the system-call check says no.
const SYNC: bool = !cfg!(feature = "unsafe-no-sync");

/// Why the log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// The disk.
    #[error("write-ahead log {path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Written for another chain.
    #[error("write-ahead log {0} belongs to another chain")]
    OtherChain(PathBuf),
    /// Written by a newer version.
    #[error("write-ahead log {path} has format {format}, this version reads {FORMAT}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// One height wrote too much.
    #[error("the write-ahead log of one height exceeds {LOG_BYTES_MAX} bytes")]
    Full,
}

/// An open log.
#[derive(Debug)]
pub struct Wal {
    /// Where the log is to stand.
    path: PathBuf,
    /// Whether it still stands under its provisional name.
    provisional: bool,
    files: [File; 2],
    /// The file in use.
    current: usize,
    /// Largest generation that was ever seen.
    newest: u64,
    next: Position,
    offset: u64,
    buffer: Vec<u8>,
    unsynced: bool,
}

/// A log and what it held.
#[derive(Debug)]
pub struct Opened {
    /// The log, ready for appending.
    pub wal: Wal,
    /// The entries; `None` if the log is lost.
    pub entries: Option<Vec<Vec<u8>>>,
    /// Why it is lost, for the operator.
    pub lost: Option<String>,
}

/// The entries of one file of a log, given what follows its first page: those before the first that is not intact.
pub fn entries(records: &[u8]) -> Vec<Vec<u8>> {
    record::scan(records, 0).entries
}

fn at(path: &Path) -> impl Fn(io::Error) -> WalError + '_ {
    move |error| WalError::Io { path: path.to_owned(), error }
}

impl Wal {
    /// Opens the log in a folder.
    ///
    /// `fresh` says that the node has never run: then a missing log is an empty one, otherwise a lost one.
    ///
    /// # Errors
    /// See [`WalError`]. A lost log is no error.
    pub fn open(path: &Path, chain: ChainId, fresh: bool) -> Result<Opened, WalError> {
        let lost = match Self::read(path, chain)? {
            Found::Intact(wal, entries) => return Ok(Opened { wal, entries: Some(entries), lost: None }),
            Found::Missing if fresh => {
                let mut wal = Self::create(path, chain)?;
                wal.confirm()?;
                return Ok(Opened { wal, entries: Some(Vec::new()), lost: None });
            }
            Found::Missing => "the write-ahead log is missing although the store exists".to_owned(),
            Found::Damaged(problem) => problem,
        };
        if path.exists() {
            // Kept for a human to look at; a log of that name from an earlier loss makes room.
            let aside = path.with_extension("damaged");
            remove(&aside)?;
            std::fs::rename(path, &aside).map_err(at(path))?;
        }
        Ok(Opened { wal: Self::create(path, chain)?, entries: None, lost: Some(lost) })
    }

    fn read(path: &Path, chain: ChainId) -> Result<Found, WalError> {
        let mut chains = Vec::new();
        let mut files = Vec::new();
        for name in ["0", "1"] {
            let path = path.join(name);
            let file = match OpenOptions::new().read(true).write(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
                Err(error) => return Err(at(&path)(error)),
            };
            let bytes = std::fs::read(&path).map_err(at(&path))?;
            if !check_head(&path, &bytes, chain)? {
                return Ok(Found::Damaged(format!("{}: the first page is damaged", path.display())));
            }
            chains.push(record::scan(&bytes, FIRST_PAGE_BYTES));
            files.push(file);
        }
        let (Ok(files), Ok([zero, one])) = (<[File; 2]>::try_from(files), <[Chain; 2]>::try_from(chains)) else {
            return Ok(Found::Missing);
        };
        if let Some(problem) = hole(&zero, &one).or_else(|| hole(&one, &zero)) {
            return Ok(Found::Damaged(problem));
        }
        let rank = |chain: &Chain| if chain.entries.is_empty() { 0 } else { chain.generation };
        let behind = |chain: &Chain| chain.behind.map_or(0, |position| position.generation);
        let newest = [rank(&zero), rank(&one), behind(&zero), behind(&one)].into_iter().max().unwrap_or(0);
        let (current, chain) = if rank(&zero) >= rank(&one) { (0, zero) } else { (1, one) };
        // What was read back may stand in the page cache only, left there by a process that was killed.
        if !chain.entries.is_empty() {
            files[current].sync_data().map_err(at(path))?;
        }
        let count = u32::try_from(chain.entries.len()).unwrap_or(u32::MAX);
        let generation = if chain.entries.is_empty() { newest + 1 } else { chain.generation };
        let wal = Self {
            path: path.to_owned(),
            provisional: false,
            files,
            current,
            newest: newest.max(generation),
            next: Position { generation, sequence: count, durable: count, previous: chain.last },
            offset: chain.end as u64,
            buffer: Vec::new(),
            unsynced: false,
        };
        Ok(Found::Intact(wal, chain.entries))
    }

    fn provisional_path(path: &Path) -> PathBuf {
        path.with_extension("new")
    }

    fn create(path: &Path, chain: ChainId) -> Result<Self, WalError> {
        let folder = Self::provisional_path(path);
        remove(&folder)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(at(&folder))?;
        let create = |name| -> Result<File, WalError> {
            let path = folder.join(name);
            let mut how = OpenOptions::new();
            how.read(true).write(true).create_new(true).mode(0o600);
            let file = how.open(&path).map_err(at(&path))?;
            let zeros = vec![0; 1 << 20];
            for offset in (0..PREALLOCATED_BYTES).step_by(zeros.len()) {
                file.write_all_at(&zeros, offset).map_err(at(&path))?;
            }
            file.write_all_at(&head(chain), 0).and_then(|()| file.sync_all()).map_err(at(&path))?;
            Ok(file)
        };
        let files = [create("0")?, create("1")?];
        sync_folder(&folder)?;
        Ok(Self {
            path: path.to_owned(),
            provisional: true,
            files,
            current: 0,
            newest: 1,
            next: Position { generation: 1, ..Position::default() },
            offset: FIRST_PAGE_BYTES as u64,
            buffer: Vec::new(),
            unsynced: false,
        })
    }

    /// Gives a provisional log its name, durably: from now on it is the log of record.
    fn confirm(&mut self) -> Result<(), WalError> {
        if !self.provisional {
            return Ok(());
        }
        let folder = Self::provisional_path(&self.path);
        std::fs::rename(&folder, &self.path).map_err(at(&folder))?;
        sync_folder(self.path.parent().unwrap_or(Path::new(".")))?;
        self.provisional = false;
        Ok(())
    }

    /// Appends an entry. It is durable only after [`Self::sync`].
    ///
    /// # Errors
    /// The disk's, or [`WalError::Full`]. After an error the log must not be used any more.
    pub fn append(&mut self, entry: &[u8]) -> Result<(), WalError> {
        let length = u32::try_from(entry.len()).map_err(|_| WalError::Full)?;
        let size = (self.buffer.len() + record::size(entry.len())) as u64;
        if self.offset + size > LOG_BYTES_MAX {
            return Err(WalError::Full);
        }
        self.next.previous = record::write(&mut self.buffer, self.next, length, entry);
        self.next.sequence += 1;
        self.unsynced = true;
        if self.buffer.len() >= BUFFER_BYTES_MAX { self.write_out() } else { Ok(()) }
    }

    /// Hands appended entries to the system, without waiting for the disk: they survive the process, not the machine.
    ///
    /// # Errors
    /// The disk's.
    pub fn write_out(&mut self) -> Result<(), WalError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let file = &self.files[self.current];
        file.write_all_at(&self.buffer, self.offset).map_err(at(&self.path))?;
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Makes everything appended durable. Returns whether there was anything to do.
    ///
    /// # Errors
    /// The disk's: what was appended since the last sync may or may not be durable, and the node must stop.
    pub fn sync(&mut self) -> Result<bool, WalError> {
        self.write_out()?;
        if !self.unsynced {
            return Ok(false);
        }
        if SYNC {
            self.files[self.current].sync_data().map_err(at(&self.path))?;
        }
        self.unsynced = false;
        self.next.durable = self.next.sequence;
        self.confirm()?;
        Ok(true)
    }

    /// Empties the log. Until the next sync a crash may bring the old entries back.
    pub fn reset(&mut self) {
        if self.next.sequence == 0 {
            return;
        }
        // A generation of which nothing is durable may be overwritten; then the other file still holds the last one
        // of which something is, and reading back never mistakes that for a loss.
        if self.next.durable > 0 {
            self.current = 1 - self.current;
        }
        self.buffer.clear();
        self.newest += 1;
        self.next = Position { generation: self.newest, ..Position::default() };
        self.offset = FIRST_PAGE_BYTES as u64;
        self.unsynced = false;
    }
}

enum Found {
    Intact(Wal, Vec<Vec<u8>>),
    Missing,
    Damaged(String),
}

/// Whether a file shows that records which had been durable are gone.
fn hole(file: &Chain, other: &Chain) -> Option<String> {
    let behind = file.behind?;
    let found = if file.entries.is_empty() { None } else { Some(file.generation) };
    let newest_elsewhere = if other.entries.is_empty() { None } else { Some(other.generation) };
    let intact = if found == Some(behind.generation) { file.entries.len() } else { 0 };
    let relevant = Some(behind.generation) >= found && Some(behind.generation) > newest_elsewhere;
    let durable = usize::try_from(behind.durable).unwrap_or(usize::MAX);
    (relevant && durable > intact)
        .then(|| format!("the write-ahead log lost synced entries: {intact} of at least {durable} are intact"))
}

fn head(chain: ChainId) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&FORMAT.to_le_bytes());
    head.extend_from_slice(&chain.0.0);
    head.extend_from_slice(&crc32fast::hash(&head).to_le_bytes());
    head
}

/// Whether the first page is intact.
fn check_head(path: &Path, bytes: &[u8], chain: ChainId) -> Result<bool, WalError> {
    let wanted = head(chain);
    let Some(found) = bytes.get(..wanted.len()) else { return Ok(false) };
    let (body, checksum) = found.split_at(wanted.len() - 4);
    if crc32fast::hash(body).to_le_bytes() != checksum || body[..8] != MAGIC {
        return Ok(false);
    }
    let format = u32::from_le_bytes([body[8], body[9], body[10], body[11]]);
    if format > FORMAT {
        return Err(WalError::Newer { path: path.to_owned(), format });
    }
    if found != wanted {
        return Err(WalError::OtherChain(path.to_owned()));
    }
    Ok(true)
}

fn remove(folder: &Path) -> Result<(), WalError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(folder)(error)),
        _ => Ok(()),
    }
}

fn sync_folder(folder: &Path) -> Result<(), WalError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder).and_then(|file| file.sync_all()).map_err(at(folder))
}
