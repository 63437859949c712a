//! Bounds of the API server.

use std::time::Duration;

/// Bounds of the API server; each protects memory or processor against callers that misbehave.
///
/// Memory that callers can hold is at most `connections × connection_window` bytes that nobody has read yet, plus
/// `bodies × REQUEST_BYTES_MAX` of half-received requests, plus `streams × EVENT_BUFFER` receipts of slow readers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiLimits {
    /// Most open connections.
    pub connections: usize,
    /// Most open connections of one address.
    pub connections_per_address: usize,
    /// Most calls in progress on one connection.
    pub streams_per_connection: u32,
    /// Most calls in progress of one key.
    pub calls_per_key: usize,
    /// Most request bodies being received at once, over all callers.
    pub bodies: usize,
    /// Most event streams at once, over all callers.
    pub event_streams: usize,
    /// Most event streams of one key.
    pub event_streams_per_key: usize,
    /// Calls per second of one key; twice as many may come at once.
    pub calls_per_second_per_key: u32,
    /// Calls per second of one connection; twice as many may come at once.
    pub calls_per_second_per_connection: u32,
    /// Calls per second of one address without a valid token, health and reflection included.
    pub anonymous_per_second: u32,
    /// How long a call may take, waiting for a receipt excepted, in milliseconds.
    pub call_timeout_ms: u64,
    /// How long a request body may take to arrive, in milliseconds.
    pub body_timeout_ms: u64,
    /// How long an event may wait for a slow reader before its stream ends, in milliseconds.
    pub slow_reader_ms: u64,
    /// Age at which a connection is closed gracefully, in milliseconds.
    pub connection_age_ms: u64,
    /// Reads of the store at the same time.
    pub parallel_reads: usize,
}

/// Bytes that one connection may send before they are read.
pub(super) const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes that one call may send before they are read.
pub(super) const STREAM_WINDOW: u32 = 128 * 1024;
/// Bytes of all header fields of one call.
pub(super) const HEADER_BYTES_MAX: u32 = 8 * 1024;
/// Tokens that are remembered as verified.
pub(super) const TOKENS_REMEMBERED: usize = 4096;
/// Keys, connections or addresses whose rates are followed; beyond it the table starts afresh.
pub(super) const RATES_FOLLOWED: usize = 8192;
/// How long a TLS handshake may take.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            connections: 256,
            connections_per_address: 128,
            streams_per_connection: 4096,
            calls_per_key: 16_384,
            bodies: 1024,
            event_streams: 256,
            event_streams_per_key: 32,
            calls_per_second_per_key: 20_000,
            calls_per_second_per_connection: 20_000,
            anonymous_per_second: 200,
            call_timeout_ms: 10_000,
            body_timeout_ms: 5_000,
            slow_reader_ms: 30_000,
            connection_age_ms: 3_600_000,
            parallel_reads: 4,
        }
    }
}
