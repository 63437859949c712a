//! How an entry stands in a file of the log, and how a file is read back.

use std::ops::Range;

/// Bytes before an entry.
pub(super) const HEAD_BYTES: usize = 32;
/// Records start at multiples of this.
const ALIGN: usize = 8;
/// First bytes of every record.
const MAGIC: [u8; 4] = *b"AWr1";

/// Where in the log a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Which life of the log; every reset begins a new one.
    pub generation: u64,
    /// Number within the generation, from 0.
    pub sequence: u32,
    /// How many records of the generation were durable when this one was written.
    pub durable: u32,
    /// Checksum of the record before it; 0 for the first.
    pub previous: u32,
}

/// A record that was read back.
struct Record {
    position: Position,
    checksum: u32,
    payload: Range<usize>,
}

/// Bytes that a record with this many payload bytes takes.
pub(super) fn size(payload: usize) -> usize {
    (HEAD_BYTES + payload).next_multiple_of(ALIGN)
}

/// Appends a record; returns its checksum. `payload` is at most `u32::MAX` bytes, which the caller checks.
pub(super) fn write(out: &mut Vec<u8>, position: Position, length: u32, payload: &[u8]) -> u32 {
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&position.generation.to_le_bytes());
    out.extend_from_slice(&position.sequence.to_le_bytes());
    out.extend_from_slice(&position.durable.to_le_bytes());
    out.extend_from_slice(&position.previous.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    let checksum = checksum(&out[start..], payload);
    out.extend_from_slice(&checksum.to_le_bytes());
    out.extend_from_slice(payload);
    out.resize(start + size(payload.len()), 0);
    checksum
}

fn checksum(head: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(payload);
    hasher.finalize()
}

fn read(bytes: &[u8], at: usize) -> Option<Record> {
    let head = bytes.get(at..at + HEAD_BYTES)?;
    if head[..4] != MAGIC {
        return None;
    }
    let word = |offset: usize| head[offset..offset + 4].try_into().map(u32::from_le_bytes).ok();
    let generation = head[4..12].try_into().map(u64::from_le_bytes).ok()?;
    let position = Position { generation, sequence: word(12)?, durable: word(16)?, previous: word(20)? };
    let length = usize::try_from(word(24)?).ok()?;
    let payload = at + HEAD_BYTES..(at + HEAD_BYTES).checked_add(length)?;
    let stored = word(28)?;
    let found = checksum(&head[..28], bytes.get(payload.clone())?);
    (found == stored).then_some(Record { position, checksum: stored, payload })
}

/// What a file of the log holds.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// The entries, in order.
    pub entries: Vec<Vec<u8>>,
    /// Generation of the entries; meaningless without any.
    pub generation: u64,
    /// Checksum of the last record.
    pub last: u32,
    /// Where the next record goes.
    pub end: usize,
    /// The largest generation of any intact record in the file, and of those behind `end` the one that knew most
    /// records of the largest generation to be durable.
    pub behind: Option<Position>,
}

/// Reads the records from `start` until the first that is not intact or does not continue the one before it, and
/// looks behind that for intact ones: they tell a torn end from a hole in what was durable.
pub(super) fn scan(bytes: &[u8], start: usize) -> Chain {
    let mut chain = Chain { end: start, ..Chain::default() };
    while let Some(record) = read(bytes, chain.end) {
        let first = chain.entries.is_empty();
        let expected = Position {
            generation: if first { record.position.generation } else { chain.generation },
            sequence: u32::try_from(chain.entries.len()).unwrap_or(u32::MAX),
            durable: record.position.durable,
            previous: chain.last,
        };
        if record.position != expected {
            break;
        }
        chain.generation = record.position.generation;
        chain.last = record.checksum;
        chain.end += size(record.payload.len());
        chain.entries.push(bytes[record.payload].to_vec());
    }
    for at in (chain.end..bytes.len()).step_by(ALIGN) {
        if bytes[at] != MAGIC[0] {
            continue;
        }
        if let Some(Record { position, .. }) = read(bytes, at) {
            let most = chain.behind.map(|found| (found.generation, found.durable));
            if Some((position.generation, position.durable)) > most {
                chain.behind = Some(position);
            }
        }
    }
    chain
}
