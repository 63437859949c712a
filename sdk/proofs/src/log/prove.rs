use assent_types::Hash32;

use super::hash::fold_peaks;
use super::tiles::{LogError, TileReader, Tiles};

/// Number of leaves left of the root's split: the largest power of two below `len`, which is at least 2.
fn split(len: u64) -> u64 {
    1 << (len - 1).ilog2()
}

/// Root over the leaves from `start` to `end`, a range that the recursion of RFC 9162 §2.1.1 visits: it starts at a
/// multiple of its largest complete subtree.
fn range_root<R: TileReader>(tiles: &mut Tiles<'_, R>, start: u64, end: u64) -> Result<Hash32, LogError<R::Error>> {
    let mut peaks = Vec::new();
    let mut position = start;
    while position < end {
        let height = (end - position).ilog2();
        peaks.push(tiles.node(height, position >> height)?);
        position += 1 << height;
    }
    Ok(fold_peaks(&peaks))
}

/// Root of the log when it had `size` entries.
pub fn root_at<R: TileReader>(reader: &R, size: u64) -> Result<Hash32, LogError<R::Error>> {
    range_root(&mut Tiles::new(reader, size)?, 0, size)
}

/// Proof that entry `index` is in the log of `size` entries (RFC 9162 §2.1.3.1).
pub fn prove_inclusion<R: TileReader>(reader: &R, index: u64, size: u64) -> Result<Vec<Hash32>, LogError<R::Error>> {
    InclusionProver::new(reader, size)?.prove(index)
}

/// Makes inclusion proofs in a log of one size. What several proofs share is read and hashed once.
pub struct InclusionProver<'a, R: TileReader> {
    tiles: Tiles<'a, R>,
}

impl<'a, R: TileReader> InclusionProver<'a, R> {
    /// A prover for the log of `size` entries.
    ///
    /// # Errors
    ///
    /// [`LogError::Size`].
    pub fn new(reader: &'a R, size: u64) -> Result<Self, LogError<R::Error>> {
        Ok(Self { tiles: Tiles::new(reader, size)? })
    }

    /// Proof that entry `index` is in the log (RFC 9162 §2.1.3.1).
    ///
    /// # Errors
    ///
    /// [`LogError::Range`], or a tile that cannot be read.
    pub fn prove(&mut self, index: u64) -> Result<Vec<Hash32>, LogError<R::Error>> {
        let size = self.tiles.size();
        if index >= size {
            return Err(LogError::Range { index, size });
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(range_root(&mut self.tiles, middle, end)?);
                end = middle;
            } else {
                path.push(range_root(&mut self.tiles, start, middle)?);
                start = middle;
            }
        }
        path.reverse();
        Ok(path)
    }
}

/// Proof that the log of `old_size` entries is the beginning of the log of `new_size` (RFC 9162 §2.1.4.1). Empty for
/// equal sizes and for an empty older log.
pub fn prove_consistency<R: TileReader>(
    reader: &R,
    old_size: u64,
    new_size: u64,
) -> Result<Vec<Hash32>, LogError<R::Error>> {
    let mut tiles = Tiles::new(reader, new_size)?;
    if old_size > new_size {
        return Err(LogError::Range { index: old_size, size: new_size });
    }
    if old_size == 0 || old_size == new_size {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new_size);
    let mut path = Vec::new();
    // Whether the old tree's part of the current range is the old root itself, which the verifier has.
    let mut is_old_root = true;
    while end != old_size {
        let middle = start + split(end - start);
        if old_size <= middle {
            path.push(range_root(&mut tiles, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(&mut tiles, start, middle)?);
            start = middle;
            is_old_root = false;
        }
    }
    if !is_old_root {
        path.push(range_root(&mut tiles, start, end)?);
    }
    path.reverse();
    Ok(path)
}
