//! Subjects under pseudonyms, and the mandates by which others act for them.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{Set, codes, mask};
use crate::consent::{ConsentKind, EvidenceRef, Purpose};
use crate::hash::{Tag, tagged_value};
use crate::ids::{Hash32, KeyId, MandateId, Millis, OrgId, Sp, TxHash};
use crate::key::PublicKey;
use crate::limits::PURPOSES_MAX;

codes! {
    /// Age band of a subject, never a birth date.
    AgeBand {
        /// Under 14.
        Under14 = 1 "UNDER_14",
        /// 14 or 15.
        From14 = 2 "14_15",
        /// 16 or 17.
        From16 = 3 "16_17",
        /// 18 to 64.
        Adult = 4 "18_64",
        /// 65 and over.
        From65 = 5 "65_PLUS",
    }
}

/// A subject: one person under one pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Subject {
    /// The pseudonym.
    pub sp: Sp,
    /// The subject's key for this pseudonym.
    pub key: PublicKey,
    /// Level of assurance of the enrolment, 1 to 3.
    pub loa: u8,
    /// Who enrolled the subject.
    pub enrolled_by: OrgId,
    /// Salted hash of the enrolment's attestation.
    pub attest: Hash32,
    /// Age band, as last attested.
    pub age_band: AgeBand,
    /// When an attested age band first was above the age of self-consent where the subject was enrolled, if it was
    /// below at enrolment. From then on no parent decides.
    pub majority_at: Option<Millis>,
    /// When the subject was registered.
    pub registered_at: Millis,
}

codes! {
    /// Kind of a mandate, by the eHealth order of substitute decision makers.
    MandateKind {
        /// Parent.
        Parent = 1 "PARENT",
        /// Guardian.
        Guardian = 2 "GUARDIAN",
        /// Appointed by a court.
        CourtAppointed = 3 "COURT_APPOINTED",
        /// Family member or co-resident; needs evidence that nobody above exists.
        FamilyOrCoResident = 4 "FAMILY_OR_CO_RESIDENT",
        /// Provider who gives care; needs evidence that nobody above exists.
        PrescribedHcp = 5 "PRESCRIBED_HCP",
        /// Attorney of a capable person.
        Attorney = 6 "ATTORNEY",
        /// Caregiver, agent of a capable person.
        Caregiver = 7 "CAREGIVER",
        /// Family signing for a capable person of 65 or more.
        AgedAssist = 8 "AGED_ASSIST",
    }
}

impl MandateKind {
    /// Whether the proxy decides in place of a person who cannot, rather than as that person's agent.
    pub fn is_substitute(self) -> bool {
        matches!(
            self,
            Self::Parent | Self::Guardian | Self::CourtAppointed | Self::FamilyOrCoResident | Self::PrescribedHcp
        )
    }

    /// Whether evidence is needed that no substitute of higher priority exists.
    pub fn needs_no_higher_priority(self) -> bool {
        matches!(self, Self::FamilyOrCoResident | Self::PrescribedHcp)
    }
}

codes! {
    /// What a proxy may do. Revoking is always included.
    MandateOp {
        /// Grant consents.
        Grant = 0 "GRANT",
        /// Reject proposed consents.
        Reject = 1 "REJECT",
        /// Amend consents.
        Amend = 2 "AMEND",
        /// Revoke consents.
        Revoke = 3 "REVOKE",
        /// Open cases, file claims and acknowledge payments.
        Claim = 4 "CLAIM",
    }
}

mask! {
    /// Operations of a mandate.
    MandateOps(u8) of MandateOp
}

mask! {
    /// Kinds of consent.
    ConsentKinds(u8) of ConsentKind
}

/// What a mandate says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct MandateTerms {
    /// For whom the proxy acts.
    pub subject: Sp,
    /// The proxy's key.
    pub proxy: PublicKey,
    /// By what right.
    pub kind: MandateKind,
    /// What the proxy may do.
    pub ops: MandateOps,
    /// For which purposes it may consent.
    pub purposes: Set<Purpose, PURPOSES_MAX>,
    /// Which kinds of consent it may give.
    pub consent_kinds: ConsentKinds,
    /// Whether it may consent to transfers across the border.
    pub may_xborder: bool,
    /// First instant.
    pub nbf: Millis,
    /// First instant after the end.
    pub exp: Millis,
    /// Evidence of the right.
    pub evidence: EvidenceRef,
    /// Evidence that nobody of higher priority exists.
    pub no_higher_priority: Option<EvidenceRef>,
}

/// A mandate as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Mandate {
    /// Its identifier.
    pub id: MandateId,
    /// What it says.
    pub terms: MandateTerms,
    /// Whether the subject signed it, rather than an organisation alone.
    pub subject_signed: bool,
    /// The organisation that verified it.
    pub verified_by: OrgId,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Millis>,
}

impl Mandate {
    /// Whether the mandate is live at this time.
    pub fn is_live(&self, at: Millis) -> bool {
        self.terms.nbf <= at && at < self.terms.exp && self.revoked_at.is_none_or(|revoked| at < revoked)
    }
}

/// The identifier of the mandate that a transaction grants.
pub fn mandate_id_of(tx: &TxHash) -> MandateId {
    MandateId(tagged_value(Tag::Mandate, tx))
}

/// Whose key a key is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum KeyOwner {
    /// An organisation's key; its window stands in the organisation's record.
    Org(OrgId),
    /// A subject's key.
    Subject(Sp),
    /// A proxy's key; what it may do stands in its mandates.
    Proxy,
}

/// A key that the ledger knows. A key is registered once and stays, revoked or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct KeyEntry {
    /// The public key.
    pub key: PublicKey,
    /// Whose it is.
    pub owner: KeyOwner,
    /// For a subject's or proxy's key: when it was replaced. An organisation's key: see its record.
    pub revoked_at: Option<Millis>,
    /// For a proxy: the subjects for which it holds a mandate.
    pub proxy_for: Set<Sp, { crate::limits::PROXY_SUBJECTS_MAX }>,
}

impl KeyEntry {
    /// The key's identifier.
    pub fn id(&self) -> KeyId {
        self.key.id()
    }
}
