//! Bills under their nullifiers, and the ledger of what insurers have allocated on each.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::claim::BenefitKind;
use crate::codec::{List, codes, mask};
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

codes! {
    /// What a regulator should know of a bill.
    BillFlag {
        /// A payment was instructed on a claim that cites it.
        PaymentRequested = 0 "PAYMENT_REQUESTED",
        /// Voided or replaced although a payment had been instructed (AN-16).
        VoidedAfterPayment = 1 "VOIDED_AFTER_PAYMENT",
    }
}

mask! {
    /// Flags of a bill.
    BillFlags(u8) of BillFlag
}

/// What one claim has to do with a bill.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Allocation {
    /// A claim that cites the bill and stands.
    pub claim: ClaimId,
    /// Its insurer.
    pub insurer: OrgId,
    /// Whether its benefit is an indemnity, which counts against the bill.
    pub benefit: BenefitKind,
    /// The claim's approved share of the bill less what was clawed back; nothing until it is approved.
    pub amount: Money,
    /// What was clawed back of the share.
    pub clawed: Money,
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
    /// Every claim that cites it and stands, oldest first: not one that was rejected, withdrawn, denied for good or paid
    /// back. Fixed benefits are listed and not summed.
    pub claims: List<Allocation, BILL_CLAIMS_MAX>,
    /// Salted hash of an e-bill platform's attestation, if it has one.
    pub attestation: Option<Hash32>,
    /// When it was registered.
    pub registered_at: Millis,
    /// Its status.
    pub status: BillStatus,
    /// The bill that took its place.
    pub replaced_by: Option<BillNullifier>,
    /// Flags.
    pub flags: BillFlags,
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

/// Voids a bill that no claim cites (BI-02); signed by its issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct VoidBill {
    /// Which.
    pub nullifier: BillNullifier,
    /// Whose: the signer's.
    pub issuer: OrgId,
}

/// Replaces a bill that no claim cites by a new one (BI-03); signed by its issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ReplaceBill {
    /// Which.
    pub nullifier: BillNullifier,
    /// The bill that takes its place, of the same issuer.
    pub by: RegisterBill,
    /// Salted hash of what explains another total; zero if the total is the same.
    pub explanation: Hash32,
}
