//! Property tests: invariants over random consents, requests and walks. Each prints its seed, and each is shown once to
//! catch a seeded fault.

mod cases;
mod claim_walk;
mod claim_walks;
mod course_walks;
mod decisions;
mod document_walk;
mod document_walks;
mod documents;
mod follow;
mod governance_walk;
mod governance_walks;
mod halts;
mod indexes;
mod oracle;
mod preauth_walk;
mod preauth_walks;
mod privacy;
mod register_walk;
mod register_walks;
mod walk;
mod walks;

/// Number of random cases of each decision property.
const CASES: u64 = 50_000;
