//! Property tests: invariants over random consents, requests and walks. Each prints its seed, and each is shown once to
//! catch a seeded fault.

mod cases;
mod claim_walk;
mod claim_walks;
mod course_walks;
mod coverage;
mod decisions;
mod document_walk;
mod document_walks;
mod documents;
mod follow;
mod governance_time;
mod governance_walk;
mod governance_walks;
mod halts;
mod indexes;
mod list_walk;
mod oracle;
mod possession_walk;
mod preauth_walk;
mod preauth_walks;
mod privacy;
mod register_walk;
mod register_walks;
mod roots;
mod walk;
mod walks;

/// Number of random cases of each decision property, and of those that are drawn from one seed.
const CASES: u64 = 50_000;
const CASES_PER_SEED: u64 = 50;

/// The numbers of the cases, each with its seed and, for the first case of a seed, where the drawing begins.
fn cases_of(first_seed: u64) -> impl Iterator<Item = (u64, u64, Option<crate::testing::Rng>)> {
    println!("seeds {first_seed} to {}", first_seed + CASES / CASES_PER_SEED - 1);
    (0..CASES).map(move |number| {
        let seed = first_seed + number / CASES_PER_SEED;
        (number, seed, (number % CASES_PER_SEED == 0).then_some(crate::testing::Rng(seed)))
    })
}
