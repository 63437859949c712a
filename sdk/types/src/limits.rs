//! Every bound of the protocol, with the arithmetic that relates them.

/// Largest encoded transaction, in bytes.
pub const TX_BYTES_MAX: usize = 64 * 1024;
/// Largest encoded block body, in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most transactions in one block.
pub const BLOCK_TXS_MAX: usize = 10_000;
/// How far ahead of the latest block's time a transaction may expire, in milliseconds (P_tx_ttl).
pub const TX_TTL_MS: u64 = 10 * 60 * 1000;
/// Most co-signatures of a transaction.
pub const COSIGNATURES_MAX: usize = 8;
/// Most validators.
pub const VALIDATORS_MAX: usize = 128;
/// Most keys of an organisation, revoked ones included.
pub const ORG_KEYS_MAX: usize = 64;
/// Most facilities of an organisation.
pub const FACILITIES_MAX: usize = 256;
/// Most accreditations of an organisation.
pub const ACCREDITATIONS_MAX: usize = 64;
/// Most organisations named by one consent, and most it excludes.
pub const GRANTEES_MAX: usize = 16;
/// Most role selectors of one consent.
pub const SELECTORS_MAX: usize = 8;
/// Most places in a set.
pub const PLACES_MAX: usize = 16;
/// Most document lineages named by one consent.
pub const INSTANCES_MAX: usize = 64;
/// Most purposes of one consent.
pub const PURPOSES_MAX: usize = 64;
/// Most consents of one subject with one controller that are not terminal.
pub const LIVE_CONSENTS_MAX: usize = 64;
/// Most terminal consents of one subject with one controller that stay in the state for nearest-miss reasons.
pub const CLOSED_CONSENTS_MAX: usize = 64;
/// Most descriptors in one access request.
pub const DESCRIPTORS_MAX: usize = 64;
/// Most documents in one access session.
pub const ANCHORS_MAX: usize = 64;
/// Most shards of an object.
pub const SHARDS_MAX: usize = 16;
/// Most holders of a keyset.
pub const KEY_HOLDERS_MAX: usize = 16;
/// Most key parts in one release receipt: a share and the controller's own part of every document.
pub const RELEASES_MAX: usize = 2 * ANCHORS_MAX;
/// Most shards in one receipt of a custodian that served: under the codes that are listed no custodian holds more than
/// min(k - 1, n - k) = 3 shards of an object.
pub const SERVED_MAX: usize = 4 * ANCHORS_MAX;
/// Most open sessions of one subject with one controller, and so of reservations of one consent. A revocation decides
/// each of them again, over at most [`ANCHORS_MAX`] documents each: 2,048 reads at worst.
pub const OPEN_SESSIONS_MAX: usize = 32;
/// Most organisations that are party to one session; an event names them and its signer, 64 at most.
pub const SESSION_PARTIES_MAX: usize = 63;
/// Most confirmations that are remembered for one subject with one controller, so that none counts twice.
pub const CONFIRMATIONS_MAX: usize = 64;
/// Most justifications of broken glass that one organisation may owe.
pub const OPEN_REVIEWS_MAX: usize = 64;
/// Most instants at which one requester's time to acknowledge one controller's deliveries runs out.
pub const UNACKNOWLEDGED_MAX: usize = 64;
/// Most anomalies of one kind and organisation that stay in the state.
pub const ANOMALIES_MAX: usize = 64;
/// Most holds on one document.
pub const HOLDS_MAX: usize = 16;
/// Most claims not over that cite one document.
pub const CITED_BY_MAX: usize = 64;
/// Most attestations of one erasure: shares, shards, and the controller's part of the key and salts.
pub const DESTROYED_MAX: usize = 2 * SHARDS_MAX + 2;
/// Most days of one organisation's log roots that stay in the state.
pub const LOG_ROOTS_MAX: usize = 62;
/// Most decisions on one result that stay in the state.
pub const RECOGNITIONS_MAX: usize = 16;
/// Most links of pseudonyms in one case.
pub const LINKS_MAX: usize = 16;
/// Largest stripe of a coded object, in bytes of ciphertext.
pub const STRIPE_BYTES_MAX: u32 = 4 * 1024 * 1024;
/// How long after a session's release a key part may leave its holder, in milliseconds.
pub const SHARE_SEND_MS: u64 = 30_000;
/// Most bills of one claim.
pub const CLAIM_BILLS_MAX: usize = 32;
/// Most documents that support one claim.
pub const CLAIM_ATTACHMENTS_MAX: usize = 64;
/// Most versions of code systems that one claim cites.
pub const CLAIM_CODES_MAX: usize = 16;
/// Most other payers of one claim.
pub const CLAIM_PAYERS_MAX: usize = 8;
/// Most claims, preauthorisations and guarantees each of a case that is closed before its time.
pub const CASE_CLAIMS_MAX: usize = 64;
/// Classes of fees of a settlement list.
pub const FEE_CLASSES_MAX: usize = 14;
/// Most claims that cite one bill and were not rejected.
pub const BILL_CLAIMS_MAX: usize = 32;
/// Most open guarantees of payment on one preauthorisation.
pub const PREAUTH_GUARANTEES_MAX: usize = 16;
/// Most claims that cite one preauthorisation and were neither rejected nor withdrawn.
pub const PREAUTH_CLAIMS_MAX: usize = 32;
/// Most preauthorisations in a row of which each replaces the one before.
pub const PREAUTH_GENERATIONS_MAX: u8 = 16;
/// Most designations of settlement banks.
pub const BANKS_MAX: usize = 64;
/// Most designations of oracles of exchange rates.
pub const ORACLES_MAX: usize = 64;
/// Largest numerator and denominator of a fixing.
pub const FX_TERM_MAX: u64 = 1_000_000_000_000;
/// Most reviewers that a code system or map lists: as many as may co-sign.
pub const REVIEWERS_MAX: usize = COSIGNATURES_MAX;
/// Most maps between two versions of code systems.
pub const CODE_MAPS_MAX: usize = 64;
/// Most settlements of one batch.
pub const BATCH_DETAILS_MAX: usize = 64;
/// Most deadlines that one status of a claim records as missed.
pub const BREACHES_MAX: u8 = 3;
/// Largest amount that parameters may allow, in minor units: no sum over a claim's bills, payers or a bill's claims
/// overflows.
pub const AMOUNT_MAX: u64 = 1_000_000_000_000_000;
/// Most transfer bases of one exporter.
pub const BASES_MAX: usize = 64;
/// Most organisations that were ever admitted; a vote reads every one of them.
pub const ORGS_MAX: usize = 512;
/// Most proposals that are open or approved at once.
pub const PROPOSALS_OPEN_MAX: usize = 256;
/// Most of them by one organisation, so that no member keeps the others from proposing.
pub const PROPOSALS_OPEN_PER_ORG_MAX: usize = 8;
/// Most proposals that the register lists after their end.
pub const PROPOSALS_CLOSED_MAX: usize = 64;
/// Most emergency measures in force and ratified measures that were not lifted.
pub const MEASURES_MAX: usize = 64;
/// Most bars against imposing a measure again. Every measure may leave one, so both together are bounded by this.
pub const BARS_MAX: usize = 128;
/// Most regulators that impose one measure: the signer and its co-signers.
pub const IMPOSERS_MAX: usize = COSIGNATURES_MAX + 1;
/// Most deadlines swept in one block (P_max_sweep).
pub const SWEEP_MAX: usize = 10_000;
/// Largest power of one validator; the sum over all must not overflow.
pub const POWER_MAX: u64 = 1 << 32;
/// Longest life of an API token, in seconds.
pub const TOKEN_TTL_S: u64 = 300;
/// Most subjects for which one proxy may hold mandates (P_proxy_subjects).
pub const PROXY_SUBJECTS_MAX: usize = 5;

const _: () = assert!(KEY_HOLDERS_MAX <= SHARDS_MAX, "an erasure has at most as many shares as shards");
const _: () = assert!(ANCHORS_MAX == DESCRIPTORS_MAX, "a decision lists one basis for each of either");
// The largest receipt of a session names every key part: 65 bytes each.
const _: () = assert!(RELEASES_MAX * 80 + 1024 < TX_BYTES_MAX);
// A claim's sums have at most this many terms.
const _: () =
    assert!(AMOUNT_MAX as u128 * (CLAIM_BILLS_MAX + CLAIM_PAYERS_MAX + BILL_CLAIMS_MAX) as u128 <= u64::MAX as u128);
// The largest amount at the steepest rate fits into what conversions compute in.
const _: () = assert!((AMOUNT_MAX as u128) * (FX_TERM_MAX as u128) * 2 < i128::MAX as u128);
const _: () = assert!(TX_BYTES_MAX * 16 <= BODY_BYTES_MAX);
const _: () = assert!(POWER_MAX as u128 * VALIDATORS_MAX as u128 * 3 < u64::MAX as u128);
