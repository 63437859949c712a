//! Cases: one episode of one subject with one insurer and one provider, under which claims are filed.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{codes, mask};
use crate::consent::{EvidenceRef, Grantor};
use crate::hash::{Tag, tagged_value};
use crate::ids::{CaseId, ClaimCodeId, Hash32, Millis, OrgId, Sp, TxHash};
use crate::money::Money;

codes! {
    /// What a subject lets the provider do under a case.
    CaseOp {
        /// Check eligibility.
        Eligibility = 0 "ELIG",
        /// Ask for preauthorisation.
        Preauth = 1 "PREAUTH",
        /// Accept a guarantee of payment.
        Guarantee = 2 "GUARANTEE",
        /// File claims.
        Claim = 3 "CLAIM",
        /// Disclose documents.
        Disclose = 4 "DISCLOSE",
        /// Assign the benefit to an advance payer.
        Assign = 5 "ASSIGN_TO_ADV",
    }
}

mask! {
    /// Operations of a case.
    CaseOps(u8) of CaseOp
}

/// What the provider may do in the subject's name, and up to which amount.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Capability {
    /// Which operations.
    pub ops: CaseOps,
    /// The most that the provider may claim under the case, over all its claims.
    pub cap: Money,
}

/// A case as the ledger keeps it. It ends by itself at `exp`; nothing has to be done then.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Case {
    /// Its identifier.
    pub id: CaseId,
    /// The subject, under the pseudonym that the insurer knows or one of this case alone.
    pub subject: Sp,
    /// The insurer.
    pub insurer: OrgId,
    /// The provider.
    pub provider: OrgId,
    /// Salted hash of the plan.
    pub plan_commit: Hash32,
    /// Who opened it.
    pub opened_by: Grantor,
    /// The claim code that was redeemed for it, if one was.
    pub code: Option<ClaimCodeId>,
    /// What the provider may do; `None` if the subject files every claim.
    pub capability: Option<Capability>,
    /// What the provider has claimed under the capability, in its currency; rejected claims are taken off.
    pub claimed: Option<Money>,
    /// Number of claims so far.
    pub claims: u32,
    /// Number of preauthorisations that were asked for so far.
    pub preauths: u32,
    /// Number of guarantees that were offered so far.
    pub guarantees: u32,
    /// Number of claims and guarantees that are not over.
    pub live: u32,
    /// Number of claims that were confirmed to be duplicates.
    pub duplicates: u32,
    /// When it was opened.
    pub opened_at: Millis,
    /// First instant at which nothing new can be filed under it.
    pub exp: Millis,
}

impl Case {
    /// Whether something new can be filed at this time.
    pub fn is_open(&self, at: Millis) -> bool {
        at < self.exp
    }
}

/// Opens a case (CS-01): by the subject, a proxy whose mandate lists claims, or the provider that attests the subject's
/// will.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct OpenCase {
    /// The subject.
    pub subject: Sp,
    /// The insurer.
    pub insurer: OrgId,
    /// The provider.
    pub provider: OrgId,
    /// Salted hash of the plan.
    pub plan_commit: Hash32,
    /// What the provider may do.
    pub capability: Option<Capability>,
    /// First instant at which nothing new can be filed under it.
    pub exp: Millis,
    /// Who opens it.
    pub grantor: Grantor,
    /// Evidence, where the provider attests.
    pub evidence: Option<EvidenceRef>,
}

/// The identifier of the case that a transaction opens.
pub fn case_id_of(tx: &TxHash) -> CaseId {
    CaseId(tagged_value(Tag::Case, tx))
}
