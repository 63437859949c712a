//! Bounds of the ordering layer, with the arithmetic behind them.

use assent_types::limits::VALIDATORS_MAX;

/// Longest encoded message, in bytes. The largest is a round certificate: 128 votes of at most 102 bytes each (voter 4,
/// step 1, block 33, signature 64) and a head below 100 bytes.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// Longest encoded log entry, in bytes. The largest is a polka certificate: 128 signatures of 68 bytes and a head.
pub const WAL_ENTRY_BYTES_MAX: usize = 16 * 1024;

/// Most votes and proposals of the next height that are kept for one sender. Eleven rounds of a proposal, a prevote and
/// a precommit are 33: the core looks no further than ten rounds ahead.
pub const BACKLOG_MESSAGES_MAX: usize = 33;

/// Most certificates of the next height that are kept for one sender. With [`VALIDATORS_MAX`] senders the whole
/// backlog stays below 128 × (33 × 256 + 2 × 16 KiB), about 5 MiB.
pub const BACKLOG_CERTIFICATES_MAX: usize = 2;

/// Most verified signatures that are remembered for one height: two votes of every validator in 64 rounds. Beyond that
/// signatures are verified again, which costs time and nothing else. About 300 bytes each.
pub(crate) const MEMO_MAX: usize = 2 * VALIDATORS_MAX * 64;

/// Most blocks judged invalid that are watched at one height for a certificate.
pub(crate) const INVALID_BLOCKS_MAX: usize = 1024;

const _: () = assert!(100 + VALIDATORS_MAX * 102 <= MESSAGE_BYTES_MAX);
const _: () = assert!(100 + VALIDATORS_MAX * 68 <= WAL_ENTRY_BYTES_MAX);
