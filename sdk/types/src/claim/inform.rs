//! Information that a decision waits for: requests, documents linked later, and holds for a consent.

use borsh::{BorshDeserialize, BorshSerialize};

use super::acts::Capacity;
use crate::codec::Set;
use crate::consent::Categories;
use crate::ids::{AnchorId, ClaimId};
use crate::limits::CLAIM_ATTACHMENTS_MAX;

/// Asks for information that the decision needs (CL-06). The time to decide stands still until it comes or is overdue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RequestInfo {
    /// Which.
    pub claim: ClaimId,
    /// Categories of the documents that are missing: at least one, and none that an insurer may not have for claims.
    pub categories: Categories,
}

/// Says that documents that the decision needs cannot be had for want of a consent (CL-07).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ConsentGap {
    /// Which.
    pub claim: ClaimId,
    /// The documents; at least one that the claim does not cite yet is refused to the insurer for want of a consent.
    pub needed: Set<AnchorId, CLAIM_ATTACHMENTS_MAX>,
}

/// Links documents that were asked for (CL-08). Each must be permitted to the insurer in the very block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct LinkAttachments {
    /// Which.
    pub claim: ClaimId,
    /// The documents, at least one.
    pub anchors: Set<AnchorId, CLAIM_ATTACHMENTS_MAX>,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Ends a hold, as the consent that was missing is there (CL-10).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ResumeWithConsent {
    /// Which.
    pub claim: ClaimId,
    /// In which capacity.
    pub capacity: Capacity,
}
