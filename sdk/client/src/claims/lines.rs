use std::fmt;

use assent_proofs::log::{leaf_hash, root_of};
use assent_types::claim::{AdjReasons, LineHeader};
use assent_types::{Currency, Hash32, Money};
use borsh::{BorshDeserialize, BorshSerialize};

use super::draft::{DraftError, commit};

/// A line of a bill, as its provider keeps it.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ClaimLine {
    /// Its own number on the bill, from 1.
    pub sequence: u32,
    /// Products or services, each as `system|code`.
    pub codes: Vec<String>,
    /// Amount, in minor units of the bill's currency.
    pub minor: u64,
}

impl fmt::Debug for ClaimLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was done to a patient is health data.
        f.debug_struct("ClaimLine")
            .field("sequence", &self.sequence)
            .field("minor", &self.minor)
            .finish_non_exhaustive()
    }
}

impl ClaimLine {
    /// What the ledger holds of these lines: the root over them (RFC 9162 §2.1), each under a salt of its own, so that
    /// one line can be shown without the others.
    ///
    /// # Errors
    /// More than 65,535 lines, or a sum that does not fit.
    pub fn header(lines: &[Self], ccy: Currency, salt: Hash32) -> Result<LineHeader, DraftError> {
        let count = u16::try_from(lines.len()).map_err(|_| DraftError::TooMany(u16::MAX.into()))?;
        let total = Money::sum(ccy, lines.iter().map(|line| Money::new(ccy, line.minor)))?;
        Ok(LineHeader { root: salted_root(salt, "line", lines), count, total })
    }
}

/// What was decided on a line; sequence 0 stands for the claim as a whole.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineOutcome {
    /// Number of the line.
    pub sequence: u32,
    /// What was approved of it, in minor units of the claim's currency.
    pub approved: u64,
    /// Why the rest was not.
    pub reasons: AdjReasons,
}

/// The root over salted outcomes, as decisions carry it.
pub fn outcome_root(salt: Hash32, outcomes: &[LineOutcome]) -> Hash32 {
    salted_root(salt, "outcome", outcomes)
}

fn salted_root<T: BorshSerialize>(salt: Hash32, what: &str, items: &[T]) -> Hash32 {
    let leaf = |(index, item): (u32, &T)| leaf_hash(&commit(commit(salt, what, &index), what, item).0);
    root_of(&(0..).zip(items).map(leaf).collect::<Vec<_>>())
}
