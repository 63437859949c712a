//! What regulators asked by a pseudonym, kept by the node that answered.
//!
//! One line of JSON for each subject that a question is about, on the disk before the answer leaves. Each line names the
//! hash of the line before, so that a line that is changed, left out or put in between shows from there on; the file is
//! part of the organisation's own audit log, whose root it files every day. A line that a crash tore was of a question
//! that was not answered, and is cut off.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use assent_types::ids::{Hash32, KeyId, Millis, OrgId, Sp, TxHash};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Bytes at the end of the file in which the last whole line stands; a line has a tenth of it.
const TAIL_BYTES: u64 = 8_192;

/// A question of a regulator.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inquiry {
    /// When.
    pub(super) at: Millis,
    /// Whose.
    pub(super) by: OrgId,
    /// With which key.
    pub(super) key: KeyId,
    /// Under which look-up.
    pub(super) lookup: TxHash,
    /// About whom.
    pub(super) subject: Sp,
    /// What was asked for.
    pub(super) asked: &'static str,
}

/// The file.
pub(super) struct Inquiries(Mutex<Chain>);

struct Chain {
    file: File,
    /// Hash of the last line, its end included; zero before the first.
    last: Hash32,
}

fn hash(line: &[u8]) -> Hash32 {
    Hash32(Sha256::digest(line).into())
}

impl Inquiries {
    /// Opens the file, or makes it with mode 0600.
    ///
    /// # Errors
    ///
    /// If it cannot be read or written.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let length = file.metadata()?.len();
        let begin = length.saturating_sub(TAIL_BYTES);
        file.seek(SeekFrom::Start(begin))?;
        let mut lines = Vec::new();
        (&mut file).take(length - begin).read_to_end(&mut lines)?;
        let whole = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < lines.len() {
            file.set_len(begin + u64::try_from(whole).map_err(io::Error::other)?)?;
            file.sync_all()?;
        }
        let last = lines.get(..whole).unwrap_or_default().split_inclusive(|byte| *byte == b'\n').next_back();
        file.seek(SeekFrom::End(0))?;
        Ok(Self(Mutex::new(Chain { file, last: last.map_or(Hash32::ZERO, hash) })))
    }

    /// Adds lines, and returns once they are on the disk.
    ///
    /// # Errors
    ///
    /// If they cannot be written: then nothing may be answered.
    pub(super) fn record(&self, inquiries: &[Inquiry]) -> io::Result<()> {
        if inquiries.is_empty() {
            return Ok(());
        }
        let mut chain = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut lines, mut last) = (Vec::new(), chain.last);
        for inquiry in inquiries {
            let Inquiry { at, by, key, lookup, subject, asked } = inquiry;
            let value = json!({
                "at": at, "by": by, "key": key, "lookup": lookup, "subject": subject, "asked": asked, "before": last,
            });
            let line = format!("{value}\n");
            last = hash(line.as_bytes());
            lines.extend_from_slice(line.as_bytes());
        }
        chain.file.write_all(&lines)?;
        chain.file.sync_data()?;
        chain.last = last;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inquiry(n: u8) -> Inquiry {
        Inquiry {
            at: Millis(u64::from(n)),
            by: OrgId(4),
            key: KeyId(Hash32([1; 32])),
            lookup: TxHash(Hash32([2; 32])),
            subject: Sp(Hash32([n; 32])),
            asked: "consents",
        }
    }

    /// The lines of a file, of which each names the one before.
    fn chained(path: &Path) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(path).unwrap();
        let mut before = Hash32::ZERO;
        let check = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["before"], before.to_string());
            before = hash(line.as_bytes());
            value
        };
        text.split_inclusive('\n').map(check).collect()
    }

    #[test]
    fn questions_are_chained_over_restarts_and_torn_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("inquiries.log");
        Inquiries::open(&path).unwrap().record(&[inquiry(1), inquiry(2)]).unwrap();
        Inquiries::open(&path).unwrap().record(&[]).unwrap();
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"{\"at\":3").unwrap();
        let many: Vec<Inquiry> = (4..100).map(inquiry).collect();
        Inquiries::open(&path).unwrap().record(&many).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() > TAIL_BYTES);
        Inquiries::open(&path).unwrap().record(&[inquiry(100)]).unwrap();
        let lines = chained(&path);
        let times: Vec<u64> = lines.iter().map(|line| line["at"].as_u64().unwrap()).collect();
        assert_eq!(times, [1, 2].into_iter().chain(4..=100).collect::<Vec<u64>>());
        assert_eq!((&lines[0]["asked"], &lines[0]["by"]), (&"consents".into(), &4.into()));
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_question_that_cannot_be_kept_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Inquiries::open(&dir.path().join("nowhere/inquiries.log")).is_err());
        let full = Inquiries::open(Path::new("/dev/full")).unwrap();
        assert!(full.record(&[inquiry(1)]).is_err());
    }
}
