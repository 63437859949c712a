//! Claim codes: a capability of the subject that becomes a case, a consent and an authority to claim in one transaction.
//!
//! A code stays off the ledger until a provider redeems it, so a code that is never used leaks nothing. Its holder key is
//! fresh, so that presentations of two codes cannot be linked; a presentation is bound to one provider, facility and
//! challenge of a terminal, so that a photographed code is worth nothing elsewhere.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::case::CaseOps;
use crate::claim::Capacity;
use crate::codec::{List, codes};
use crate::consent::{ConsentTerms, Grantor};
use crate::hash::{Tag, tagged_value};
use crate::ids::{
    CaseId, ChainId, ClaimCodeId, ClaimId, ConsentId, FacilityId, GuaranteeId, Hash32, KeyId, Millis, OrgId, PreauthId,
    Sp,
};
use crate::key::{PublicKey, SecretKey, Signature};
use crate::limits::CASE_CLAIMS_MAX;
use crate::money::Money;
use crate::org::AccreditationKind;
use crate::place::PlaceSet;

/// 16 random bytes: of a code, or a terminal's challenge. Text is 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Nonce(pub [u8; 16]);

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 32 hexadecimal digits")]
pub struct NonceError;

impl FromStr for Nonce {
    type Err = NonceError;

    fn from_str(text: &str) -> Result<Self, NonceError> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(|_| NonceError)?;
        Ok(Self(bytes))
    }
}

impl serde::Serialize for Nonce {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Nonce {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Who may redeem a code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderSelector {
    /// This provider.
    Org(OrgId),
    /// Any provider that is accredited in this way for the place of its facility, if that lies in these places.
    Accredited {
        /// The accreditation.
        kind: AccreditationKind,
        /// The places, at least one.
        places: PlaceSet,
    },
}

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCodeBody {
    /// The chain on which it may be redeemed.
    pub chain: ChainId,
    /// The subject, under the pseudonym that the insurer knows or one of this case alone.
    pub subject: Sp,
    /// A fresh key, of this code alone, that signs the presentation.
    pub holder: PublicKey,
    /// The insurer.
    pub insurer: OrgId,
    /// Salted hash of the plan.
    pub plan_commit: Hash32,
    /// Who may redeem it.
    pub provider: ProviderSelector,
    /// What the provider may then do in the subject's name.
    pub ops: CaseOps,
    /// The consent that is granted, of kind CLAIM; its subject is the pseudonym for the documents' controller.
    pub disclose: ConsentTerms,
    /// The most that the provider may claim under the case.
    pub cap: Money,
    /// First instant at which it may be redeemed.
    pub nbf: Millis,
    /// First instant at which it may no longer be.
    pub exp: Millis,
    /// First instant at which nothing new can be filed under the case; the consent ends by then.
    pub case_exp: Millis,
    /// What makes it unique.
    pub nonce: Nonce,
}

impl ClaimCodeBody {
    /// Hash of the body; with subject and nonce it opens the code's identifier without showing what the code says.
    pub fn hash(&self) -> Hash32 {
        tagged_value(Tag::ClaimCodeBody, self)
    }

    /// The code's identifier.
    pub fn id(&self) -> ClaimCodeId {
        claim_code_id_of(self.subject, self.nonce, &self.hash())
    }
}

/// The identifier of a code from its opening.
pub fn claim_code_id_of(subject: Sp, nonce: Nonce, body: &Hash32) -> ClaimCodeId {
    ClaimCodeId(tagged_value(Tag::ClaimCode, &(subject, nonce, body)))
}

/// A signature of the subject or a proxy on a code.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct CodeGrant {
    /// Who grants: the subject or a proxy.
    pub grantor: Grantor,
    /// The key.
    pub key: KeyId,
    /// Its signature on the code's identifier.
    pub signature: Signature,
}

impl CodeGrant {
    /// Signs a code.
    pub fn sign(grantor: Grantor, key: &SecretKey, code: &ClaimCodeId) -> Self {
        Self { grantor, key: key.public().id(), signature: key.sign_claim_code(code) }
    }
}

/// A code as the subject hands it out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCode {
    /// What it says.
    pub body: ClaimCodeBody,
    /// Signed for the case's subject.
    pub case_grant: CodeGrant,
    /// Signed for the consent's subject, where that is another pseudonym; the two are then linked in the case.
    pub consent_grant: Option<CodeGrant>,
}

/// What the holder of a code shows to a terminal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Presentation {
    /// The code.
    pub code: ClaimCodeId,
    /// The terminal's challenge.
    pub terminal_nonce: Nonce,
    /// To which provider.
    pub provider: OrgId,
    /// At which of its facilities.
    pub facility: FacilityId,
    /// When.
    pub at: Millis,
    /// The holder key's signature over all of this.
    pub signature: Signature,
}

impl Presentation {
    /// Presents a code to a terminal.
    pub fn sign(
        holder: &SecretKey,
        code: ClaimCodeId,
        terminal_nonce: Nonce,
        (provider, facility): (OrgId, FacilityId),
        at: Millis,
    ) -> Self {
        let signed = (code, terminal_nonce, provider, facility, at);
        let signature = holder.sign_presentation(&tagged_value(Tag::ClaimCodePresentation, &signed));
        Self { code, terminal_nonce, provider, facility, at, signature }
    }

    /// Whether the holder's key signed it.
    pub fn is_signed_by(&self, holder: &PublicKey) -> bool {
        let signed = (self.code, self.terminal_nonce, self.provider, self.facility, self.at);
        holder.verify_presentation(&tagged_value(Tag::ClaimCodePresentation, &signed), &self.signature)
    }
}

/// Redeems a code (CC-01): opens the case, grants the consent and gives the authority; signed by the provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RedeemClaimCode {
    /// The code.
    pub code: ClaimCode,
    /// How it was presented.
    pub presentation: Presentation,
    /// The challenge that the provider's terminal gave.
    pub terminal_nonce: Nonce,
}

/// Makes an unused code worthless (CC-02); signed by the subject or a proxy. It opens the code's identifier, and shows
/// nothing of what the code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RevokeClaimCode {
    /// The subject of the code.
    pub subject: Sp,
    /// Its nonce.
    pub nonce: Nonce,
    /// Hash of its body.
    pub body: Hash32,
    /// Who revokes: the subject or a proxy.
    pub grantor: Grantor,
}

impl RevokeClaimCode {
    /// The code's identifier.
    pub fn id(&self) -> ClaimCodeId {
        claim_code_id_of(self.subject, self.nonce, &self.body)
    }
}

/// Closes the case of a redeemed code (CC-03); signed by the provider, the subject or a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct CloseCase {
    /// The code that opened it.
    pub code: ClaimCodeId,
    /// In which capacity.
    pub capacity: Capacity,
    /// Every claim of the case, in any order: none of them may be live.
    pub claims: List<ClaimId, CASE_CLAIMS_MAX>,
    /// Every preauthorisation of the case, likewise.
    pub preauths: List<PreauthId, CASE_CLAIMS_MAX>,
    /// Every guarantee of the case, likewise.
    pub guarantees: List<GuaranteeId, CASE_CLAIMS_MAX>,
}

codes! {
    /// Status of a code that is on the ledger.
    ClaimCodeStatus {
        /// Redeemed; its case is open, or something under it is live.
        Redeemed = 1 "Redeemed",
        /// Revoked before it was used.
        RevokedUnused = 2 "RevokedUnused",
        /// Its case was closed.
        CaseClosed = 3 "CaseClosed",
        /// Its case ended by itself, and nothing under it is live.
        CaseExpired = 4 "CaseExpired",
    }
}

impl ClaimCodeStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        self != Self::Redeemed
    }
}

/// What came of a redeemed code.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Redeemed {
    /// Who redeemed it.
    pub provider: OrgId,
    /// At which facility.
    pub facility: FacilityId,
    /// The case.
    pub case: CaseId,
    /// The insurer of the case.
    pub insurer: OrgId,
    /// The subject of the consent.
    pub consent_subject: Sp,
    /// The controller of the consent.
    pub controller: OrgId,
    /// The consent.
    pub consent: ConsentId,
    /// First instant at which the case is over.
    pub case_exp: Millis,
}

/// A code that was spent, as the ledger keeps it: whatever spent it, it cannot be redeemed any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct SpentClaimCode {
    /// The code.
    pub id: ClaimCodeId,
    /// Its subject.
    pub subject: Sp,
    /// What came of it; `None` if it was revoked unused.
    pub redeemed: Option<Redeemed>,
    /// When it was spent.
    pub spent_at: Millis,
    /// First instant at which the ledger moves it on by itself: the end of its case, while no claim and no guarantee of
    /// the case is live. `None` while one is, and once the code has ended.
    pub due: Option<Millis>,
    /// Status.
    pub status: ClaimCodeStatus,
}

impl SpentClaimCode {
    /// Whether somebody may still close its case: before the case's own end, whatever the sweeper has got round to.
    /// After it the case ends by itself, as soon as nothing under it is live.
    pub fn is_closable(&self, at: Millis) -> bool {
        self.status == ClaimCodeStatus::Redeemed && self.redeemed.is_some_and(|redeemed| at < redeemed.case_exp)
    }
}

/// Governed parameters of claim codes. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimCodeParams {
    /// Longest life of a code (P_claimcode_ttl).
    pub ttl_ms: u64,
    /// How far the time of a presentation may be from that of the block.
    pub drift_ms: u64,
}
