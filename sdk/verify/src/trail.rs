//! Access trails: a folder with the head of an access log, the receipts of everything that it counts, and the sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use assent_proofs::bundle::{Proven, ProvenItem, Verified, VerifyError};
use assent_types::ids::{Height, Millis, TxHash};
use assent_types::receipt::{Opening, Receipt, RowId};
use assent_types::state::{Record, StateKey};
use assent_types::{ChainId, Hash32, OrgId, Sp};
use serde_json::{Value, json};

use crate::{FileError, rfc3339, verify_file};

/// Name of the file with the proof of the log's head.
pub const TRAIL_HEAD: &str = "head.bundle";
/// Most files of a trail that are read.
const FILES_MAX: usize = 100_000;

/// A row that fired on a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEntry {
    /// The row.
    pub row: RowId,
    /// The session.
    pub session: Hash32,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: Millis,
    /// The transaction, or the sweep's identifier.
    pub tx: TxHash,
}

/// A complete trail: everything that happened up to a height with the documents of a subject at a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    /// The subject.
    pub subject: Sp,
    /// The controller.
    pub controller: OrgId,
    /// Up to which height it is complete.
    pub height: Height,
    /// The entries, in the order of the chain.
    pub entries: Vec<TrailEntry>,
}

/// Why a folder is no complete trail.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// The folder, or a file that is too much.
    #[error("cannot read the trail: {0}")]
    Read(#[from] io::Error),
    /// A file that cannot be read, or a bundle that is refused.
    #[error("{name}: {error}")]
    File {
        /// Name of the file.
        name: String,
        /// What is wrong.
        error: FileError,
    },
    /// The head is not the proof of one access log.
    #[error("{TRAIL_HEAD} does not prove the head of one access log")]
    Head,
    /// A file that belongs to no trail up to this height.
    #[error("{name} is neither a session nor an opened receipt of its own up to the height of the head")]
    Foreign {
        /// Name of the file.
        name: String,
    },
    /// Entries are missing, or there are more than the log has.
    #[error("the log has {expected} entries, the receipts show {found}")]
    Incomplete {
        /// Entries that the head counts.
        expected: u64,
        /// Entries that the receipts show.
        found: u64,
    },
}

impl TrailError {
    /// Whether something could not be read, rather than being refused.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Read(_) | Self::File { error: FileError::Read(_), .. })
    }
}

/// Verifies the trail in a folder, trusting only the chain id.
///
/// # Correctness
/// The ledger appends one entry to a subject's access log for every row that fires on a session (rows `AC`), and names
/// session and subject in the event of the receipt; the session's record names the controller. The head of the log is a
/// value of the state and counts its entries. So receipts that are different and show as many events as the head counts
/// show all of them. No event is counted twice, as the events of one opening have different places in its receipt. That a
/// receipt's other events stay hidden takes nothing away: they are missing from the count if they belong to the log.
///
/// # Errors
/// See [`TrailError`].
pub fn verify_trail(folder: &Path, chain: ChainId) -> Result<Trail, TrailError> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)?.take(FILES_MAX) {
        names.extend(entry?.file_name().to_str().filter(|name| name.ends_with(".bundle")).map(str::to_owned));
    }
    names.remove(TRAIL_HEAD);
    let (mut trail, expected) = head(&verify(folder, TRAIL_HEAD, chain)?)?;
    let (mut own, mut receipts) = (BTreeSet::new(), BTreeMap::new());
    for name in names {
        let foreign = || TrailError::Foreign { name: name.clone() };
        match verify(folder, &name, chain)?.proven {
            Proven::State(items) => own.extend(items.iter().filter_map(|item| trail.session(item))),
            Proven::Receipt { receipt, index, details: Some(details) } => {
                if receipt.height > trail.height || receipts.insert(index, (receipt, details)).is_some() {
                    return Err(foreign());
                }
            }
            _ => return Err(foreign()),
        }
    }
    receipts.values().for_each(|(receipt, details)| trail.take(receipt, details, &own));
    let found = trail.entries.len() as u64;
    if found == expected { Ok(trail) } else { Err(TrailError::Incomplete { expected, found }) }
}

fn verify(folder: &Path, name: &str, chain: ChainId) -> Result<Verified, TrailError> {
    verify_file(&folder.join(name), chain).map_err(|error| TrailError::File { name: name.to_owned(), error })
}

/// An empty trail of the head's log, and the number of entries that it counts.
fn head(verified: &Verified) -> Result<(Trail, u64), TrailError> {
    let Proven::State(items) = &verified.proven else { return Err(TrailError::Head) };
    let [ProvenItem { key: StateKey::Accesses(subject, controller), value }] = items.as_slice() else {
        return Err(TrailError::Head);
    };
    let count = match value.as_ref().map(|value| &value.record) {
        Some(Record::Accesses(book)) => book.log.count,
        _ => 0,
    };
    let (subject, controller, height) = (*subject, *controller, verified.header.height);
    Ok((Trail { subject, controller, height, entries: Vec::new() }, count))
}

impl Trail {
    /// The session of an item, if it is one of this trail.
    fn session(&self, item: &ProvenItem) -> Option<Hash32> {
        match item.value.as_ref().map(|value| &value.record) {
            Some(Record::Session(session)) => {
                let own = session.subject == self.subject && session.request.controller == self.controller;
                own.then_some(session.id.0)
            }
            _ => None,
        }
    }

    /// Takes the entries that a receipt shows.
    fn take(&mut self, receipt: &Receipt, details: &Opening, own: &BTreeSet<Hash32>) {
        let events = details.events.iter().map(|opened| &opened.event);
        let events = events.filter(|event| event.row.0 == *b"AC" && own.contains(&event.object));
        let entries: Vec<TrailEntry> = events
            .map(|event| TrailEntry {
                row: event.row,
                session: event.object,
                height: receipt.height,
                time: receipt.time,
                tx: receipt.tx,
            })
            .collect();
        self.entries.extend(entries);
    }

    /// The trail as JSON.
    pub fn json(&self) -> Value {
        let entry = |entry: &TrailEntry| {
            json!({
                "row": entry.row,
                "session": entry.session,
                "height": entry.height,
                "time": rfc3339(entry.time),
                "tx": entry.tx,
            })
        };
        json!({
            "accepted": true,
            "kind": "trail",
            "subject": self.subject,
            "controller": self.controller,
            "height": self.height,
            "entries": self.entries.iter().map(entry).collect::<Vec<_>>(),
        })
    }

    /// The trail in plain words, one statement a line.
    pub fn describe(&self) -> Vec<String> {
        let mut lines = vec![
            "accepted: a complete access trail".to_owned(),
            format!("documents of subject {} with organisation {}", self.subject, self.controller),
            format!("{} entries up to height {}, and no others", self.entries.len(), self.height),
        ];
        for entry in &self.entries {
            let (row, time) = (entry.row, rfc3339(entry.time));
            lines.push(format!("{row} on session {} at height {}, {time}", entry.session, entry.height));
        }
        lines
    }
}

/// Why a trail was refused, as JSON.
pub fn refused_trail_json(error: &TrailError) -> Value {
    let part = match error {
        TrailError::File { error: FileError::Refused(error), .. } => VerifyError::part(error),
        _ => "trail",
    };
    json!({ "accepted": false, "part": part, "reason": error.to_string() })
}
