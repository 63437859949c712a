//! What parties do with claims.

use borsh::{BorshDeserialize, BorshSerialize};

use super::decision::{AdjReasons, Award, DecisionMode, RejectReason};
use super::terms::ClaimTerms;
use crate::ids::{ClaimId, Hash32, MandateId, OrgId};
use crate::money::Money;
use crate::settlement::PurposeCode;

/// In which capacity the signer acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum Capacity {
    /// As the organisation whose key signs.
    Organisation,
    /// As the subject.
    Subject,
    /// As the subject's proxy.
    Proxy {
        /// By which mandate.
        mandate: MandateId,
    },
}

/// Files a claim (CL-01, CL-02).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SubmitClaim {
    /// What is claimed.
    pub terms: ClaimTerms,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Acknowledges a claim (CL-03).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AcceptClaim {
    /// Which.
    pub claim: ClaimId,
}

/// Returns a claim that cannot be processed (CL-04). No decision on coverage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RejectClaim {
    /// Which.
    pub claim: ClaimId,
    /// Why; not that it is a duplicate, which takes a confirmation (CL-13).
    pub reason: RejectReason,
}

/// Lifts a duplicate hold (CL-12); co-signed by every other insurer with a claim on its bills, or by the subject, who
/// thereby declares co-ordination of benefits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ClearDuplicate {
    /// Which.
    pub claim: ClaimId,
}

/// Rejects a held claim as a duplicate (CL-13); co-signed by the issuer of a bill or by another insurer with a claim on
/// one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ConfirmDuplicate {
    /// Which.
    pub claim: ClaimId,
    /// Salted hash of the evidence.
    pub evidence: Hash32,
}

/// Approves a claim as it was filed (CL-15).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ApproveClaim {
    /// Which.
    pub claim: ClaimId,
    /// How it was decided.
    pub mode: DecisionMode,
    /// What is approved: all that is claimed.
    pub award: Award,
    /// Root over the salted outcomes of the lines.
    pub outcome_root: Hash32,
}

/// Approves a part of a claim (CL-16).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ApprovePartial {
    /// Which.
    pub claim: ClaimId,
    /// How it was decided.
    pub mode: DecisionMode,
    /// What is approved: something, and less than is claimed.
    pub award: Award,
    /// Why the rest is disallowed.
    pub reasons: AdjReasons,
    /// Root over the salted outcomes of the lines.
    pub outcome_root: Hash32,
}

/// Denies a claim (CL-17).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DenyClaim {
    /// Which.
    pub claim: ClaimId,
    /// How it was decided: not by a program alone.
    pub mode: DecisionMode,
    /// Why.
    pub reasons: AdjReasons,
    /// Root over the salted outcomes of the lines.
    pub outcome_root: Hash32,
}

/// Instructs the payment of what was approved (CL-25 with ST-01).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct InstructPayment {
    /// Of which claim.
    pub claim: ClaimId,
    /// How much: all that is payable.
    pub amount: Money,
    /// Through which bank; it must be designated for the currency.
    pub bank: OrgId,
    /// What the bank is told that the payment is for.
    pub purpose: PurposeCode,
}
