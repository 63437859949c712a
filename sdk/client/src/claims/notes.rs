use std::fmt;

use assent_types::{AnchorId, BillNullifier, CaseId, ClaimId, Day, Hash32, Money, Sp};
use borsh::{BorshDeserialize, BorshSerialize};

use super::lines::ClaimLine;
use crate::registry::{Kind, Registry, RegistryError};

/// What an organisation keeps of a bill. The number names the bill to people, so it has no debug output.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BillNote {
    /// The issuer's own number of the bill.
    pub number: Vec<u8>,
    /// Whose it is, under the pseudonym for the issuer, if that is known.
    pub subject: Option<Sp>,
    /// Its total.
    pub total: Money,
    /// First and last day of the services, if they are known.
    pub service: Option<(Day, Day)>,
    /// Its lines, if they are known.
    pub lines: Vec<ClaimLine>,
    /// The bill as a document.
    pub document: Option<AnchorId>,
    /// Documents that support a claim on it.
    pub evidence: Vec<AnchorId>,
}

impl fmt::Debug for BillNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BillNote").field("total", &self.total).field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl BillNote {
    /// Keeps the note; durable when it returns.
    ///
    /// # Errors
    /// The registry's.
    pub fn save(&self, registry: &Registry, nullifier: BillNullifier) -> Result<(), RegistryError> {
        registry.put_value(Kind::Bill, &nullifier.0.0, self)
    }

    /// The note of a bill.
    ///
    /// # Errors
    /// The registry's.
    pub fn load(registry: &Registry, nullifier: BillNullifier) -> Result<Option<Self>, RegistryError> {
        registry.get_value(Kind::Bill, &nullifier.0.0)
    }
}

/// What the opener of a case keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CaseNote {
    /// Salt of the plan's commitment.
    pub plan_salt: Hash32,
}

impl CaseNote {
    /// Keeps the note; durable when it returns.
    ///
    /// # Errors
    /// The registry's.
    pub fn save(&self, registry: &Registry, case: CaseId) -> Result<(), RegistryError> {
        registry.put_value(Kind::Case, &case.0.0, self)
    }
}

/// What the submitter of a claim keeps of it: with it each line and the days can be shown to belong to the claim.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ClaimNote {
    /// Salt of every commitment of the claim.
    pub salt: Hash32,
    /// First and last day of the services.
    pub service: (Day, Day),
    /// The lines.
    pub lines: Vec<ClaimLine>,
}

impl ClaimNote {
    /// Keeps the note; durable when it returns.
    ///
    /// # Errors
    /// The registry's.
    pub fn save(&self, registry: &Registry, claim: ClaimId) -> Result<(), RegistryError> {
        registry.put_value(Kind::Claim, &claim.0.0, self)
    }
}
