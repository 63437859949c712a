//! Delegations to administrators and advance payers, and assignments of benefits to advance payers.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::Capacity;
use crate::codec::{codes, mask};
use crate::hash::{Tag, tagged_value};
use crate::ids::{AssignmentId, CaseId, Millis, OrgId, Sp, TxHash};
use crate::money::Money;
use crate::place::PlaceSet;

codes! {
    /// What a principal lets somebody else do in its name.
    DelegationOp {
        /// Check and answer eligibility.
        Eligibility = 0 "ELIG",
        /// Ask for and decide preauthorisations.
        Preauth = 1 "PREAUTH",
        /// Offer and accept guarantees of payment.
        Guarantee = 2 "GUARANTEE",
        /// File claims and link documents.
        File = 3 "FILE",
        /// Acknowledge, return and hold claims, and ask for information.
        Handle = 4 "HANDLE",
        /// Decide claims.
        Decide = 5 "DECIDE",
        /// Instruct, recall and batch payments.
        Pay = 6 "PAY",
    }
}

mask! {
    /// Operations of a delegation.
    DelegationOps(u16) of DelegationOp
}

/// What one principal lets one delegate do, as the ledger keeps it: a new delegation takes the place of an ended one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Delegation {
    /// In whose name: an insurer or a provider.
    pub principal: OrgId,
    /// Who acts: an administrator or an advance payer.
    pub delegate: OrgId,
    /// Which operations.
    pub ops: DelegationOps,
    /// The largest amount that one act may be about, in its currency.
    pub per_decision_limit: Money,
    /// Where the services of the claims may have been rendered.
    pub places: PlaceSet,
    /// First instant.
    pub nbf: Millis,
    /// First instant after the end.
    pub exp: Millis,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Millis>,
}

impl Delegation {
    /// Whether it is in force at this time.
    pub fn is_live(&self, at: Millis) -> bool {
        self.nbf <= at && at < self.exp && self.revoked_at.is_none_or(|revoked| at < revoked)
    }
}

/// An assignment of the benefit of a case to an advance payer, as the ledger keeps it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Assignment {
    /// Its identifier.
    pub id: AssignmentId,
    /// Of which case.
    pub case: CaseId,
    /// Whose benefit.
    pub subject: Sp,
    /// To whom: the advance payer that is paid.
    pub payer: OrgId,
    /// When it was made.
    pub assigned_at: Millis,
    /// When the advance payer released it, if it did: later claims cannot name it.
    pub released_at: Option<Millis>,
}

/// Delegates (DE-01); signed by the principal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct GrantDelegation {
    /// In whose name: the signer.
    pub principal: OrgId,
    /// Who may act.
    pub delegate: OrgId,
    /// Which operations, at least one.
    pub ops: DelegationOps,
    /// The largest amount that one act may be about.
    pub per_decision_limit: Money,
    /// Where the services of the claims may have been rendered, at least one.
    pub places: PlaceSet,
    /// First instant.
    pub nbf: Millis,
    /// First instant after the end.
    pub exp: Millis,
}

/// Ends a delegation (DE-02); signed by principal or delegate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RevokeDelegation {
    /// In whose name.
    pub principal: OrgId,
    /// Who acted.
    pub delegate: OrgId,
}

/// Assigns the benefit of a case to an advance payer (AG-01), which co-signs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AssignBenefit {
    /// Of which case.
    pub case: CaseId,
    /// To whom.
    pub payer: OrgId,
    /// In which capacity; a provider needs the case's capability to assign.
    pub capacity: Capacity,
}

/// Releases an assignment for later claims (AG-02); signed by the advance payer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ReleaseAssignment {
    /// Which.
    pub assignment: AssignmentId,
}

/// The identifier of the assignment that a transaction makes.
pub fn assignment_id_of(tx: &TxHash) -> AssignmentId {
    AssignmentId(tagged_value(Tag::Assignment, tx))
}
