//! Bills under their nullifiers, and the ledger of what insurers have allocated on each.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::claim::BenefitKind;
use crate::codec::{List, codes};
use crate::hash::Tag;
use crate::ids::{BillNullifier, ClaimId, Hash32, Millis, OrgId};
use crate::limits::BILL_CLAIMS_MAX;
use crate::money::{Money, MoneyError};

/// The secret with which an issuer turns the identifiers of its bills into nullifiers (RFC 2104 with SHA-256).
///
/// It never leaves the issuer. Without it nobody can tell whether a nullifier belongs to a bill that they guess; the
/// insured and the insurer know the nullifier because it is printed on the bill.
pub struct BillKey(Zeroizing<[u8; 32]>);

impl BillKey {
    /// The key of these bytes, which must be drawn at random.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The nullifier of a bill: a function of key, issuer and bill, the same whenever it is computed.
    ///
    /// `bill` is the issuer's whole identifier of the bill, such as code, number and check code of an e-bill.
    pub fn nullifier(&self, issuer: OrgId, bill: &[u8]) -> BillNullifier {
        let text = Tag::BillNullifier.text().as_bytes();
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.0) else {
            unreachable!("HMAC takes keys of every length")
        };
        // Tag and issuer have fixed lengths, and the bill is the rest: no two inputs are the same bytes.
        mac.update(&[u8::try_from(text.len()).unwrap_or(u8::MAX)]);
        mac.update(text);
        mac.update(&issuer.0.to_le_bytes());
        mac.update(bill);
        BillNullifier(Hash32(mac.finalize().into_bytes().into()))
    }
}

impl fmt::Debug for BillKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BillKey(..)")
    }
}

codes! {
    /// Status of a bill.
    BillStatus {
        /// Registered; claims may cite it.
        Registered = 1 "Registered",
        /// Withdrawn by its issuer.
        Voided = 2 "Voided",
        /// Replaced by another bill.
        Replaced = 3 "Replaced",
    }
}

/// What one claim has to do with a bill.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Allocation {
    /// A claim that cites the bill and was not rejected.
    pub claim: ClaimId,
    /// Its insurer.
    pub insurer: OrgId,
    /// Whether its benefit is an indemnity, which counts against the bill.
    pub benefit: BenefitKind,
    /// The claim's approved share of the bill; nothing until it is approved.
    pub amount: Money,
}

/// A bill. Who the patient is and what was done stays with the issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Bill {
    /// Its nullifier.
    pub nullifier: BillNullifier,
    /// The provider that issued it.
    pub issuer: OrgId,
    /// Its total.
    pub total: Money,
    /// Sum of the indemnities that were approved on it; at most the total.
    pub allocated: Money,
    /// Every claim that cites it and was not rejected, oldest first. Fixed benefits are listed and not summed.
    pub claims: List<Allocation, BILL_CLAIMS_MAX>,
    /// Salted hash of an e-bill platform's attestation, if it has one.
    pub attestation: Option<Hash32>,
    /// When it was registered.
    pub registered_at: Millis,
    /// Its status.
    pub status: BillStatus,
}

impl Bill {
    /// What indemnities may still be approved on the bill.
    ///
    /// # Errors
    ///
    /// If more is allocated than the total, which no execution leads to.
    pub fn headroom(&self) -> Result<Money, MoneyError> {
        self.total.minus(self.allocated)
    }
}

/// Registers a bill (BI-01); signed by the provider that issued it, and by nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RegisterBill {
    /// Its nullifier, see [`BillKey::nullifier`].
    pub nullifier: BillNullifier,
    /// The provider whose bill it is: the signer.
    pub issuer: OrgId,
    /// Its total, above nothing.
    pub total: Money,
    /// Salted hash of an e-bill platform's attestation, if it has one.
    pub attestation: Option<Hash32>,
}
