use std::collections::BTreeMap;
use std::fmt;

use assent_types::Hash32;
use assent_types::tree::node_hash;

use super::{Frontier, SIZE_MAX};

/// Height of a tile: each of its hashes covers 2^8 times as many leaves as one of the level below.
pub const TILE_HEIGHT: u32 = 8;

/// Hashes of a full tile.
pub const TILE_WIDTH: usize = 1 << TILE_HEIGHT;

const HASH_LEN: usize = 32;

/// Level, index and bytes of a tile: up to 256 hashes of 32 bytes.
pub type Tile = (u8, u64, Vec<u8>);

/// Where tiles are read from.
pub trait TileReader {
    /// What may go wrong in the storage.
    type Error: fmt::Debug + fmt::Display;

    /// The hashes of a tile, one after the other, as last written; `None` if it never was.
    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// Why a log cannot be read or extended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError<E: fmt::Debug + fmt::Display> {
    /// The storage failed.
    #[error("reading a tile failed: {0}")]
    Reader(E),
    /// A tile is missing or shorter than the size of the log demands.
    #[error("tile {index} of level {level} is missing or too short")]
    Tile {
        /// Level.
        level: u8,
        /// Index.
        index: u64,
    },
    /// More entries than a log may have.
    #[error("a log of {0} entries is too long")]
    Size(u64),
    /// An entry at or beyond the end, or an older size above the newer.
    #[error("position {index} lies outside a log of {size} entries")]
    Range {
        /// Position or older size.
        index: u64,
        /// Size.
        size: u64,
    },
}

/// Result of [`append`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of entries now.
    pub size: u64,
    /// Root now.
    pub root: Hash32,
    /// Right edge now.
    pub frontier: Frontier,
    /// Tiles to write, the last of each level possibly partial.
    pub tiles: Vec<Tile>,
}

/// Number of hashes at a level of a log of this size.
fn level_len(size: u64, level: u8) -> u64 {
    size >> (TILE_HEIGHT * u32::from(level))
}

/// Hashes in the last tile of a level, 0 if the level ends with a full tile.
fn partial_len(size: u64, level: u8) -> usize {
    within_tile(level_len(size, level))
}

/// Place inside its tile of a hash by its number in the level.
fn within_tile(number: u64) -> usize {
    const _: () = assert!(TILE_WIDTH == 0x100);
    usize::from((number & 0xff) as u8)
}

/// Root of a complete subtree over a power of two of hashes.
fn complete_root(mut hashes: Vec<Hash32>) -> Hash32 {
    assert!(hashes.len().is_power_of_two(), "a complete subtree has a power of two of leaves");
    while hashes.len() > 1 {
        let half = hashes.len() / 2;
        for index in 0..half {
            hashes[index] = node_hash(&hashes[2 * index], &hashes[2 * index + 1]);
        }
        hashes.truncate(half);
    }
    hashes[0]
}

/// Pushes the roots of the complete subtrees of a partial tile, largest first.
fn tile_peaks(mut hashes: &[Hash32], peaks: &mut Vec<Hash32>) {
    while !hashes.is_empty() {
        let (complete, rest) = hashes.split_at(1 << hashes.len().ilog2());
        peaks.push(complete_root(complete.to_vec()));
        hashes = rest;
    }
}

/// Tiles of a log of fixed size, each read once.
pub(super) struct Tiles<'a, R: TileReader> {
    reader: &'a R,
    size: u64,
    cache: BTreeMap<(u8, u64), Vec<Hash32>>,
    /// Roots inside tiles that were computed already, by height and index: proofs of neighbours share most of them.
    nodes: BTreeMap<(u32, u64), Hash32>,
}

impl<'a, R: TileReader> Tiles<'a, R> {
    pub(super) fn new(reader: &'a R, size: u64) -> Result<Self, LogError<R::Error>> {
        if size > SIZE_MAX {
            return Err(LogError::Size(size));
        }
        Ok(Self { reader, size, cache: BTreeMap::new(), nodes: BTreeMap::new() })
    }

    /// The hashes that a tile has in a log of this size; what a longer log added is left out.
    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash32], LogError<R::Error>> {
        if !self.cache.contains_key(&(level, index)) {
            let first = index * TILE_WIDTH as u64;
            let len = level_len(self.size, level).saturating_sub(first);
            let len = usize::try_from(len).map_or(TILE_WIDTH, |len| len.min(TILE_WIDTH));
            let bytes = self.reader.tile(level, index).map_err(LogError::Reader)?.unwrap_or_default();
            let Some(bytes) = bytes.get(..len * HASH_LEN) else { return Err(LogError::Tile { level, index }) };
            let (hashes, _) = bytes.as_chunks::<HASH_LEN>();
            self.cache.insert((level, index), hashes.iter().copied().map(Hash32).collect());
        }
        self.cache.get(&(level, index)).map(Vec::as_slice).ok_or(LogError::Tile { level, index })
    }

    /// Number of leaves.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Root of the complete subtree of 2^`height` leaves number `index`.
    pub(super) fn node(&mut self, height: u32, index: u64) -> Result<Hash32, LogError<R::Error>> {
        if !height.is_multiple_of(TILE_HEIGHT) {
            if let Some(known) = self.nodes.get(&(height, index)) {
                return Ok(*known);
            }
            let hash = node_hash(&self.node(height - 1, 2 * index)?, &self.node(height - 1, 2 * index + 1)?);
            self.nodes.insert((height, index), hash);
            return Ok(hash);
        }
        let level = ((height / TILE_HEIGHT) & 0xff) as u8;
        let tile = index / TILE_WIDTH as u64;
        let hashes = self.tile(level, tile)?;
        hashes.get(within_tile(index)).copied().ok_or(LogError::Tile { level, index: tile })
    }
}

/// Levels that a log may have.
const LEVELS: u8 = 8;
const _: () = assert!(SIZE_MAX >> (TILE_HEIGHT * LEVELS as u32 - TILE_HEIGHT) < TILE_WIDTH as u64);

/// Appends leaf hashes to a log of `size` entries.
///
/// Nothing is written: the caller stores the returned tiles, together with whatever names the new size. The same call
/// on the same stored tiles gives the same result, also if tiles of a longer log were written meanwhile.
pub fn append<R: TileReader>(reader: &R, size: u64, leaves: &[Hash32]) -> Result<Appended, LogError<R::Error>> {
    let new_size = size.checked_add(leaves.len() as u64).filter(|new| *new <= SIZE_MAX);
    let new_size = new_size.ok_or(LogError::Size(size))?;
    let mut old = Tiles::new(reader, size)?;
    let mut written = Vec::new();
    // The partial tile of every level, highest last.
    let mut partials = Vec::new();
    let mut pending = leaves.to_vec();
    for level in 0..LEVELS {
        let mut index = level_len(size, level) / TILE_WIDTH as u64;
        let mut hashes = match partial_len(size, level) {
            0 => Vec::new(),
            _ => old.tile(level, index)?.to_vec(),
        };
        let grows = !pending.is_empty();
        hashes.append(&mut pending);
        let mut rest = hashes.as_slice();
        while let Some((full, after)) = rest.split_at_checked(TILE_WIDTH) {
            written.push((level, index, tile_bytes(full)));
            pending.push(complete_root(full.to_vec()));
            index += 1;
            rest = after;
        }
        if grows && !rest.is_empty() {
            written.push((level, index, tile_bytes(rest)));
        }
        partials.push(rest.to_vec());
        if level_len(new_size, level) < TILE_WIDTH as u64 {
            break;
        }
    }
    let mut peaks = Vec::with_capacity(64);
    for hashes in partials.iter().rev() {
        tile_peaks(hashes, &mut peaks);
    }
    let frontier = Frontier::from_parts(new_size, peaks);
    assert!(frontier.is_ok(), "the tiles of a log hold one complete subtree for every set bit of its size");
    let frontier = frontier.unwrap_or_default();
    Ok(Appended { size: new_size, root: frontier.root(), frontier, tiles: written })
}

fn tile_bytes(hashes: &[Hash32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(hashes.len() * HASH_LEN);
    for hash in hashes {
        bytes.extend_from_slice(&hash.0);
    }
    bytes
}
