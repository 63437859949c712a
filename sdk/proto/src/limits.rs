//! Bounds of the interface.

/// Largest request message, in bytes: a transaction of 64 KiB and its framing.
pub const REQUEST_BYTES_MAX: usize = 96 * 1024;
/// Largest answer, in bytes: 64 leaves of the state with their proofs.
pub const RESPONSE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most state keys in one request.
pub const KEYS_MAX: usize = 64;
/// Longest wait for a receipt in one call, in milliseconds.
pub const WAIT_MS_MAX: u32 = 60_000;
/// Largest range of heights of one consistency proof; the proof itself grows with the logarithm only.
pub const CONSISTENCY_RANGE_MAX: u64 = 1 << 40;
/// Longest token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 1024;
/// Receipts that the server reads at once for an event stream.
pub const EVENT_PAGE: usize = 256;
/// Receipts that wait in memory for one slow reader; a full buffer stops reading for it and costs nothing more.
pub const EVENT_BUFFER: usize = 64;
/// After this long without a receipt an event stream sends a sign of life, in milliseconds.
pub const EVENT_IDLE_MS: u64 = 10_000;
/// Most bytes of a run of chunks, which is what travels at once and what a custodian stores as one object.
pub const RUN_BYTES_MAX: usize = 512 * 1024;
/// Largest message to or from a custodian: the lists of the largest document in stripes of 1 MiB.
pub const CUSTODY_MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Largest request to a key service.
pub const KEYS_REQUEST_BYTES_MAX: usize = 96 * 1024;
/// Largest answer of a key service: the parts of 64 documents.
pub const KEYS_RESPONSE_BYTES_MAX: usize = 1024 * 1024;
