//! Decisions on claims.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, codes, mask};
use crate::ids::{BillNullifier, Hash32, Millis, OrgId};
use crate::limits::CLAIM_BILLS_MAX;
use crate::money::{Money, MoneyError};

codes! {
    /// Why a claim was not processed (X12 277 claim status categories).
    RejectReason {
        /// Returned as unprocessable.
        Unprocessable = 1 "A3",
        /// Information is missing.
        MissingInformation = 2 "A6",
        /// Information is invalid.
        InvalidInformation = 3 "A7",
        /// Fields contradict each other.
        Relational = 4 "A8",
        /// A duplicate, confirmed by the issuer of the bill or the other insurer.
        Duplicate = 5 "DUPLICATE",
    }
}

codes! {
    /// Why an amount was disallowed.
    AdjReason {
        /// Found to be fraud.
        FraudFinding = 0 "FRAUD_FINDING",
        /// The plan excludes the service.
        ExcludedService = 1 "EXCLUDED_SERVICE",
        /// Above a limit of the plan.
        OverCap = 2 "OVER_CAP",
        /// Not rendered.
        NotRendered = 3 "NOT_RENDERED",
        /// Coded wrongly.
        CodingError = 4 "CODING_ERROR",
        /// Not covered at the time of service.
        NotCovered = 5 "NOT_COVERED",
        /// Within the deductible.
        Deductible = 6 "DEDUCTIBLE",
        /// The subject's part of the cost.
        Copayment = 7 "COPAYMENT",
        /// Not medically necessary.
        NotNecessary = 8 "NOT_NECESSARY",
        /// Borne by another payer.
        OtherPayer = 9 "OTHER_PAYER",
        /// Preauthorisation was required.
        NoPreauth = 10 "NO_PREAUTH",
        /// Not shown by the documents.
        NotSubstantiated = 11 "NOT_SUBSTANTIATED",
    }
}

mask! {
    /// Reasons of a decision.
    AdjReasons(u32) of AdjReason
}

/// How a decision was made. A person is a keyed hash that only the organisation can open.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DecisionMode {
    /// By a person.
    Human {
        /// Who.
        adjudicator: Hash32,
    },
    /// By a program alone. Nothing may be denied like this.
    Auto,
    /// By a program, reviewed by a person.
    AutoReviewed {
        /// Who reviewed.
        reviewer: Hash32,
    },
}

/// What is approved of one bill.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct BillShare {
    /// The bill.
    pub bill: BillNullifier,
    /// How much of it, in the bill's currency.
    pub amount: Money,
}

/// What is approved, and how it is shared out over the bills.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Award {
    /// The sum approved.
    pub approved: Money,
    /// Its shares, one for each bill of the claim in the claim's order.
    pub shares: List<BillShare, CLAIM_BILLS_MAX>,
}

impl Award {
    /// The sum of the shares: what is approved, if it balances.
    ///
    /// # Errors
    ///
    /// For shares in another currency, or a sum that does not fit.
    pub fn shared(&self) -> Result<Money, MoneyError> {
        Money::sum(self.approved.ccy, self.shares.iter().map(|share| share.amount))
    }
}

/// A decision as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct AdjDecision {
    /// Who decided.
    pub by: OrgId,
    /// How.
    pub mode: DecisionMode,
    /// The sum approved.
    pub approved: Money,
    /// The rest of what was claimed.
    pub disallowed: Money,
    /// Why the rest was disallowed; empty exactly if nothing was.
    pub reasons: AdjReasons,
    /// What is approved of each bill; empty if nothing is.
    pub shares: List<BillShare, CLAIM_BILLS_MAX>,
    /// Root over the salted outcomes of the lines.
    pub outcome_root: Hash32,
    /// When.
    pub at: Millis,
}
