//! Consents: terms, records, and the codes they use.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, Set, codes, mask};
use crate::hash::{Tag, tagged_value};
use crate::ids::{BasisId, ConsentId, Day, Hash32, Height, KeyId, MandateId, Millis, OrgId, SessionId, Sp, TxHash};
use crate::limits::{
    CLOSED_CONSENTS_MAX, GRANTEES_MAX, INSTANCES_MAX, LIVE_CONSENTS_MAX, OPEN_SESSIONS_MAX, PURPOSES_MAX, SELECTORS_MAX,
};
use crate::org::{AccreditationKind, Role};
use crate::place::PlaceSet;

codes! {
    /// Purpose of use (HL7 v3 ActReason 4.0.0, PurposeOfUse).
    Purpose {
        /// Treatment.
        Treat = 1 "TREAT",
        /// Coordination of care.
        Coc = 2 "COC",
        /// Emergency treatment.
        Etreat = 3 "ETREAT",
        /// Emergency room treatment.
        Ertreat = 4 "ERTREAT",
        /// Break the glass.
        Btg = 5 "BTG",
        /// AI-assisted treatment decision support.
        Treatds = 6 "TREATDS",
        /// Clinical trial.
        Clintrl = 7 "CLINTRL",
        /// Health care payment.
        Hpaymt = 8 "HPAYMT",
        /// Claim attachment.
        Clmattch = 9 "CLMATTCH",
        /// Coverage authorisation.
        Covauth = 10 "COVAUTH",
        /// Coverage under a policy.
        Coverage = 11 "COVERAGE",
        /// Eligibility determination.
        Eligdtrm = 12 "ELIGDTRM",
        /// Eligibility verification.
        Eligver = 13 "ELIGVER",
        /// Enrolment.
        Enrollm = 14 "ENROLLM",
        /// Remittance advice.
        Remitadv = 15 "REMITADV",
        /// AI-assisted payment decision support.
        Pmtds = 16 "PMTDS",
        /// Health care operations.
        Hoperat = 17 "HOPERAT",
        /// Patient administration.
        Patadmin = 18 "PATADMIN",
        /// Records management.
        Recordmgt = 19 "RECORDMGT",
        /// Quality improvement.
        Hqualimp = 20 "HQUALIMP",
        /// Accreditation.
        Haccred = 21 "HACCRED",
        /// Member administration.
        Memadmin = 22 "MEMADMIN",
        /// Fraud.
        Fraud = 23 "FRAUD",
        /// Compliance.
        Hcompl = 24 "HCOMPL",
        /// Legal.
        Hlegal = 25 "HLEGAL",
        /// Government.
        Gov = 26 "GOV",
        /// Training of machine-learning models.
        Mltraining = 27 "MLTRAINING",
        /// Research.
        Hresch = 28 "HRESCH",
        /// Biomedical research.
        Biorch = 29 "BIORCH",
        /// Clinical trial research.
        Clintrch = 30 "CLINTRCH",
        /// Clinical trial research with patient care.
        Clintrchpc = 31 "CLINTRCHPC",
        /// Clinical trial research without patient care.
        Clintrchnpc = 32 "CLINTRCHNPC",
        /// Disease-specific research.
        Dsrch = 33 "DSRCH",
        /// Translational research.
        Transrch = 34 "TRANSRCH",
        /// Population origins or ancestry research.
        Poarch = 35 "POARCH",
        /// Patient request.
        Patrqt = 36 "PATRQT",
        /// Family request.
        Famrqt = 37 "FAMRQT",
        /// Power of attorney request.
        Pwatrny = 38 "PWATRNY",
        /// Support network request.
        Supnwk = 39 "SUPNWK",
        /// Public health.
        Pubhlth = 40 "PUBHLTH",
        /// Disaster.
        Disaster = 41 "DISASTER",
        /// Health system testing; test chains only.
        Htest = 42 "HTEST",
    }
}

codes! {
    /// What may be done with the data (HL7 consentaction, and deposit).
    DataAction {
        /// Collect.
        Collect = 0 "collect",
        /// Access.
        Access = 1 "access",
        /// Use.
        Use = 2 "use",
        /// Disclose.
        Disclose = 3 "disclose",
        /// Correct.
        Correct = 4 "correct",
        /// Deposit.
        Deposit = 5 "deposit",
    }
}

mask! {
    /// Actions.
    DataActions(u8) of DataAction
}

codes! {
    /// Category of data: bits 0 to 13 follow the eHealth sharable domains, 16 to 20 medical payment data.
    Category {
        /// Identity.
        Ident = 0 "IDENT",
        /// Allergies and adverse drug reactions.
        AllergyAdr = 1 "ALLERGY_ADR",
        /// Diagnoses.
        Diagnosis = 2 "DIAGNOSIS",
        /// Procedures.
        Procedure = 3 "PROCEDURE",
        /// Medication.
        Medication = 4 "MEDICATION",
        /// Encounters.
        Encounter = 5 "ENCOUNTER",
        /// Clinical notes.
        ClinNote = 6 "CLIN_NOTE",
        /// Birth and immunisation.
        BirthImmun = 7 "BIRTH_IMMUN",
        /// Laboratory results.
        Lab = 8 "LAB",
        /// Radiology reports.
        RadReport = 9 "RAD_REPORT",
        /// Radiology images.
        RadImage = 10 "RAD_IMAGE",
        /// Other investigations.
        OtherInvest = 11 "OTHER_INVEST",
        /// Referrals.
        Referral = 12 "REFERRAL",
        /// Traditional Chinese medicine.
        Tcm = 13 "TCM",
        /// Genetic data.
        Genetic = 14 "GENETIC",
        /// Wearables.
        Wearable = 15 "WEARABLE",
        /// Electronic bills.
        Ebill = 16 "EBILL",
        /// Settlement lists.
        SettlementList = 17 "SETTLEMENT_LIST",
        /// Coverage.
        Coverage = 18 "COVERAGE",
        /// Explanations of benefit.
        Eob = 19 "EOB",
        /// Payments.
        Payment = 20 "PAYMENT",
        /// Evidence of consent.
        ConsentEvidence = 21 "CONSENT_EVIDENCE",
        /// Derived research data.
        ResearchDerived = 22 "RESEARCH_DERIVED",
    }
}

mask! {
    /// Categories.
    Categories(u32) of Category
}

codes! {
    /// Sensitivity label (HL7 ActCode information sensitivity).
    Label {
        /// Substance use information.
        Eth = 0 "ETH",
        /// Genetic disease.
        Gdis = 1 "GDIS",
        /// HIV.
        Hiv = 2 "HIV",
        /// Mental health.
        Mh = 3 "MH",
        /// Psychiatry.
        Psy = 4 "PSY",
        /// Psychotherapy notes.
        Psythpn = 5 "PSYTHPN",
        /// Substance use disorder.
        Sud = 6 "SUD",
        /// Sexual assault, abuse or domestic violence.
        Sdv = 7 "SDV",
        /// Sexuality and reproductive health.
        Sex = 8 "SEX",
        /// Sexually transmitted disease.
        Std = 9 "STD",
        /// Pregnancy.
        Pregnant = 10 "PREGNANT",
        /// Violence.
        Vio = 11 "VIO",
        /// Taboo.
        Tboo = 12 "TBOO",
        /// Adolescent.
        Adol = 13 "ADOL",
        /// Very important person.
        Vip = 14 "VIP",
    }
}

mask! {
    /// Sensitivity labels.
    Labels(u16) of Label
}

codes! {
    /// Kind of a consent.
    ConsentKind {
        /// Join the record system.
        Join = 0 "JOIN",
        /// Share with providers.
        Share = 1 "SHARE",
        /// Deposit into the personal folder.
        Deposit = 2 "DEPOSIT",
        /// Disclose for a claim.
        Claim = 3 "CLAIM",
        /// Research.
        Research = 4 "RESEARCH",
        /// Export.
        Export = 5 "EXPORT",
    }
}

codes! {
    /// Whether a consent permits or dissents.
    Effect {
        /// Permits what it covers entirely.
        Permit = 1 "permit",
        /// Forbids whatever it overlaps.
        Deny = 2 "deny",
    }
}

codes! {
    /// Kind of evidence.
    EvidenceKind {
        /// Certificate-based electronic signature.
        CaEsign = 1 "CA_ESIGN",
        /// Signature by the patient app.
        AppSig = 2 "APP_SIG",
        /// Identity card reader.
        IdCardReader = 3 "ID_CARD_READER",
        /// One-time password.
        Otp = 4 "OTP",
        /// Interactive voice response.
        Ivr = 5 "IVR",
        /// Scan of paper.
        PaperScan = 6 "PAPER_SCAN",
        /// Video.
        Video = 7 "VIDEO",
        /// Statute.
        Statute = 8 "STATUTE",
    }
}

/// Reference to evidence kept off chain.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct EvidenceRef {
    /// Kind.
    pub kind: EvidenceKind,
    /// Salted hash of the evidence.
    pub hash: Hash32,
    /// Hash of its time-stamp token (RFC 3161), if any.
    pub timestamp: Option<Hash32>,
    /// Whether the signer's certificate was mutually recognised across the border.
    pub mutually_recognised: bool,
}

codes! {
    /// How an organisation established the will of a patient without a key.
    AttestMethod {
        /// Identity card reader.
        IdCardReader = 1 "ID_CARD_READER",
        /// Access key.
        AccessKey = 2 "ACCESS_KEY",
        /// Signed form.
        SignedForm = 3 "SIGNED_FORM",
        /// Interactive voice response.
        Ivr = 4 "IVR",
        /// One-time password.
        Otp = 5 "OTP",
        /// Video.
        Video = 6 "VIDEO",
    }
}

/// Who gives a consent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Grantor {
    /// The subject signs.
    Subject,
    /// A proxy signs under a mandate.
    Proxy {
        /// The mandate.
        mandate: MandateId,
    },
    /// An organisation attests the subject's will.
    OrgAttested {
        /// The attesting organisation; it signs.
        org: OrgId,
        /// How the will was established.
        method: AttestMethod,
        /// The clerk, as a keyed hash that only the organisation can open.
        clerk: Hash32,
    },
}

/// Organisations of a role at given places, optionally with an accreditation.
#[derive(
    Clone,
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
pub struct RoleSelector {
    /// Role.
    pub role: Role,
    /// Where the seat is.
    pub places: PlaceSet,
    /// Required accreditation at the place of delivery.
    pub accreditation: Option<AccreditationKind>,
}

/// To whom a consent applies.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Grantees {
    /// Named organisations.
    pub orgs: Set<OrgId, GRANTEES_MAX>,
    /// Organisations by role.
    pub roles: Set<RoleSelector, SELECTORS_MAX>,
    /// Organisations excluded whatever else is said.
    pub excluded: Set<OrgId, GRANTEES_MAX>,
}

/// How a consent treats labelled data.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LabelRule {
    /// Labels make no difference.
    NoneRestricted,
    /// Only these labels.
    AllowList(Labels),
    /// Any label but these.
    AnyExcept(Labels),
}

codes! {
    /// Kind of legal basis for a transfer.
    BasisKind {
        /// GBA standard contract, Mainland and Hong Kong.
        GbaScHk = 0 "GBA_SC_HK",
        /// GBA standard contract, Mainland and Macao.
        GbaScMo = 1 "GBA_SC_MO",
        /// Standard contract of the Mainland.
        CnScc = 2 "CN_SCC",
        /// Security assessment.
        CnSecurityAssessment = 3 "CN_SECURITY_ASSESSMENT",
        /// Certification.
        CnCertification = 4 "CN_CERTIFICATION",
        /// Exemption: necessary for a contract.
        CnExemptContract = 5 "CN_EXEMPT_CONTRACT",
        /// Exemption: emergency.
        CnExemptEmergency = 6 "CN_EXEMPT_EMERGENCY",
        /// Recommended model clauses of Hong Kong.
        HkRmc = 7 "HK_RMC",
        /// Transfer out of Macao.
        MoTransfer = 8 "MO_TRANSFER",
    }
}

mask! {
    /// Kinds of basis.
    BasisKinds(u16) of BasisKind
}

/// The subject's separate consent to transfers across the border (PIPL art. 39).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct XBorder {
    /// Where to.
    pub to: PlaceSet,
    /// On which kinds of basis.
    pub basis_kinds: BasisKinds,
    /// Salted hash of the notice given.
    pub notice: Hash32,
    /// Evidence of this separate consent.
    pub evidence: EvidenceRef,
}

codes! {
    /// Separate consents (PIPL art. 23, 24, 29 and 39).
    SeparateConsent {
        /// Sensitive personal information.
        Sens = 0 "SENS",
        /// Provision to another handler.
        Prov = 1 "PROV",
        /// Transfer outside the Mainland.
        Xb = 2 "XB",
        /// Automated decisions.
        Auto = 3 "AUTO",
    }
}

mask! {
    /// Separate consents.
    SeparateConsents(u8) of SeparateConsent
}

/// Limits on the use of a consent.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Limits {
    /// Most uses; `None` without limit.
    pub max_uses: Option<u32>,
    /// Most uses in a window: number and window in milliseconds.
    pub rate: Option<(u32, u64)>,
    /// Whether the subject confirms each access.
    pub per_access_confirm: bool,
}

codes! {
    /// Whether the recipient may pass data on.
    Redisclosure {
        /// Not at all.
        None = 0 "NONE",
        /// To its processors.
        Processor = 1 "PROCESSOR",
    }
}

codes! {
    /// Obligation or refrain that comes with a permit (HL7 ActCode).
    Obligation {
        /// Account for disclosures.
        Aod = 0 "AOD",
        /// Audit.
        Audit = 1 "AUDIT",
        /// Audit trail.
        Audtr = 2 "AUDTR",
        /// Comply with policy.
        Cplypol = 3 "CPLYPOL",
        /// No reuse beyond the purpose.
        Noreuse = 4 "NOREUSE",
        /// No redisclosure without consent directive.
        Nordsclcds = 5 "NORDSCLCDS",
        /// No redisclosure outside the jurisdiction.
        Nordsclw = 6 "NORDSCLW",
        /// No persistence.
        Nopersistp = 7 "NOPERSISTP",
        /// No relinking.
        Norelink = 8 "NORELINK",
        /// Notify the subject.
        NotifySubject = 9 "NOTIFY_SUBJECT",
        /// Review the access.
        Review = 10 "REVIEW",
    }
}

mask! {
    /// Obligations.
    Obligations(u16) of Obligation
}

codes! {
    /// Whether emergency access may override the absence of consent.
    BreakGlass {
        /// It may.
        Allow = 0 "ALLOW",
        /// It may not.
        Forbid = 1 "FORBID",
    }
}

/// Policy under which a consent was given.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct PolicyRef {
    /// Hash of the policy text.
    pub policy: Hash32,
    /// Hash of the notice shown.
    pub notice: Hash32,
}

/// What a consent says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct ConsentTerms {
    /// Kind.
    pub kind: ConsentKind,
    /// Permit or deny.
    pub effect: Effect,
    /// Whose data.
    pub subject: Sp,
    /// Who controls the data; exactly one.
    pub controller: OrgId,
    /// To whom.
    pub grantees: Grantees,
    /// For which purposes.
    pub purposes: Set<Purpose, PURPOSES_MAX>,
    /// Which actions.
    pub actions: DataActions,
    /// Which categories.
    pub categories: Categories,
    /// Highest grade, 1 to 5 (GB/T 39725).
    pub max_grade: u8,
    /// Labelled data.
    pub labels: LabelRule,
    /// Service dates covered, half-open; `None` for all.
    pub data_period: Option<(Day, Day)>,
    /// Document lineages covered; `None` for all.
    pub instances: Option<Set<Hash32, INSTANCES_MAX>>,
    /// Where the data may be delivered.
    pub places: PlaceSet,
    /// Separate consent to cross the border.
    pub xborder: Option<XBorder>,
    /// Separate consents given.
    pub separate: SeparateConsents,
    /// First instant.
    pub nbf: Millis,
    /// First instant after the end; `None` without end.
    pub exp: Option<Millis>,
    /// Limits.
    pub limits: Limits,
    /// Passing on.
    pub redisclosure: Redisclosure,
    /// Obligations and refrains.
    pub obligations: Obligations,
    /// Longest retention by the recipient, in days.
    pub retention_days: Option<u32>,
    /// Emergency access.
    pub break_glass: BreakGlass,
    /// Policy and notice.
    pub policy: PolicyRef,
    /// Evidence of the act.
    pub evidence: EvidenceRef,
}

codes! {
    /// Stored status of a consent. Decisions use what is effective, never this alone.
    ConsentStatus {
        /// Proposed to the subject.
        Proposed = 1 "Proposed",
        /// Granted.
        Active = 2 "Active",
        /// Suspended by a regulator.
        Suspended = 3 "Suspended",
        /// Replaced by a later version.
        Superseded = 4 "Superseded",
        /// Revoked.
        Revoked = 5 "Revoked",
        /// Past its end.
        Expired = 6 "Expired",
        /// Used up.
        Exhausted = 7 "Exhausted",
        /// Rejected by the subject.
        Rejected = 8 "Rejected",
        /// Proposal not answered in time.
        Lapsed = 9 "Lapsed",
        /// Captured in error.
        EnteredInError = 10 "EnteredInError",
    }
}

impl ConsentStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Proposed | Self::Active | Self::Suspended)
    }
}

/// One use of a limited consent, kept for a session until that is released or over.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Reservation {
    /// The session.
    pub session: SessionId,
    /// First instant at which the session is over unless released.
    pub until: Millis,
}

/// A consent as the ledger keeps it: one version of a lineage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Consent {
    /// This version.
    pub id: ConsentId,
    /// The first version's identifier.
    pub lineage: ConsentId,
    /// 1 for the first version.
    pub version: u32,
    /// The version before.
    pub supersedes: Option<ConsentId>,
    /// What it says.
    pub terms: ConsentTerms,
    /// Who gave it; `None` while proposed.
    pub grantor: Option<Grantor>,
    /// Who proposed it, if it was proposed.
    pub proposed_by: Option<OrgId>,
    /// When this version was created.
    pub created_at: Millis,
    /// When it was granted.
    pub granted_at: Option<Millis>,
    /// First instant at which a proposal can no longer be granted; `None` unless it was proposed.
    pub answer_by: Option<Millis>,
    /// When it became terminal.
    pub closed_at: Option<Millis>,
    /// Uses counted so far: sessions that were released on it while it was limited.
    pub uses: u32,
    /// Start of the latest window of its rate, and the uses counted in it.
    pub rate_window: Option<(Millis, u32)>,
    /// Sessions that are permitted on it and not yet released, if it is limited. Past its end a reservation is void.
    pub reserved: List<Reservation, OPEN_SESSIONS_MAX>,
    /// First instant after its suspension; `None` unless it is suspended.
    pub suspended_until: Option<Millis>,
    /// Whether a parent gave it for a child: some time after the child came of age it rests until the subject confirms
    /// it by an amendment.
    pub parental: bool,
    /// Stored status.
    pub status: ConsentStatus,
}

impl Consent {
    /// The status that counts at an instant, whatever the sweeper has got round to.
    pub fn effective_status(&self, at: Millis) -> ConsentStatus {
        match self.status {
            ConsentStatus::Proposed if self.answer_by.is_some_and(|end| end <= at) => ConsentStatus::Lapsed,
            ConsentStatus::Active | ConsentStatus::Suspended if self.terms.exp.is_some_and(|end| end <= at) => {
                ConsentStatus::Expired
            }
            ConsentStatus::Suspended if self.suspended_until.is_some_and(|end| end <= at) => ConsentStatus::Active,
            status => status,
        }
    }

    /// Whether the consent is in force at this time: active, inside its window, uses left.
    pub fn is_effective(&self, at: Millis) -> bool {
        self.effective_status(at) == ConsentStatus::Active
            && self.terms.nbf <= at
            && self.terms.exp.is_none_or(|exp| at < exp)
            && self.terms.limits.max_uses.is_none_or(|max| self.uses < max)
    }

    /// Whether uses are counted.
    pub fn is_limited(&self) -> bool {
        self.terms.limits.max_uses.is_some() || self.terms.limits.rate.is_some()
    }

    /// Uses that sessions other than this one have reserved at this time.
    fn reserved_by_others(&self, own: Option<SessionId>, at: Millis) -> u32 {
        let others = self.reserved.iter().filter(|held| at < held.until && Some(held.session) != own).count();
        u32::try_from(others).unwrap_or(u32::MAX)
    }

    /// Whether one more use, or that of a session itself, is within the number of uses.
    pub fn has_use_left(&self, own: Option<SessionId>, at: Millis) -> bool {
        let used = self.uses.saturating_add(self.reserved_by_others(own, at));
        self.terms.limits.max_uses.is_none_or(|max| used < max)
    }

    /// Whether one more use, or that of a session itself, is within the rate.
    pub fn is_within_rate(&self, own: Option<SessionId>, at: Millis) -> bool {
        let Some((max, window_ms)) = self.terms.limits.rate else { return true };
        let counted = self.rate_window.filter(|(start, _)| at < start.plus(window_ms)).map_or(0, |(_, uses)| uses);
        counted.saturating_add(self.reserved_by_others(own, at)) < max
    }
}

/// One entry of a subject's consent log: every act on its consents, refused ones excepted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct ConsentLogEntry {
    /// The subject.
    pub subject: Sp,
    /// The controller.
    pub controller: OrgId,
    /// Index in the log, from 0.
    pub seq: u64,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: Millis,
    /// The transaction, or the sweep's identifier.
    pub tx: TxHash,
    /// The key that acted; `None` for the sweeper.
    pub actor: Option<KeyId>,
    /// The consent.
    pub consent: ConsentId,
    /// Its status after the act.
    pub status: ConsentStatus,
}

impl ConsentLogEntry {
    /// The leaf data of this entry in the subject's consent log (RFC 9162 hashes it as a leaf).
    pub fn leaf(&self) -> Hash32 {
        tagged_value(Tag::ConsentLog, self)
    }
}

/// The identifier of the consent that a transaction proposes, grants or writes as a new version; at most one each.
pub fn consent_id_of(tx: &TxHash) -> ConsentId {
    ConsentId(tagged_value(Tag::Consent, tx))
}

/// Head of an append-only log: enough to append to it and to compute its root (RFC 9162 §2.1).
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct LogHead {
    /// Number of entries.
    pub count: u64,
    /// Roots of the complete subtrees, largest first: one for every set bit of `count`.
    pub peaks: List<Hash32, 64>,
    /// Height of the last entry.
    pub last_height: Height,
    /// Time of the last entry.
    pub last_time: Millis,
}

/// All consents of one subject with one controller: one leaf of the state.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct ConsentBook {
    /// Grows with every act that changes a decision's outcome.
    pub epoch: u64,
    /// Consents that are not terminal, oldest first.
    pub live: List<Consent, LIVE_CONSENTS_MAX>,
    /// Terminal consents, most recently closed last; the oldest leave the state, never the log.
    pub closed: List<Consent, CLOSED_CONSENTS_MAX>,
    /// The log of every act.
    pub log: LogHead,
}

codes! {
    /// Status of a transfer basis.
    BasisStatus {
        /// Live inside its window.
        Active = 1 "Active",
        /// Revoked.
        Revoked = 2 "Revoked",
    }
}

/// A legal basis for transfers from an exporter to an importer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferBasis {
    /// Its identifier.
    pub id: BasisId,
    /// Kind.
    pub kind: BasisKind,
    /// Who exports.
    pub exporter: OrgId,
    /// Who imports.
    pub importer: OrgId,
    /// From where.
    pub from: PlaceSet,
    /// To where.
    pub to: PlaceSet,
    /// Which categories.
    pub categories: Categories,
    /// Hash of the filing's reference.
    pub filing_ref: Hash32,
    /// When it takes effect.
    pub effective: Millis,
    /// Until when it must be filed.
    pub filing_deadline: Millis,
    /// Whether it was filed.
    pub filed: bool,
    /// Hash of the impact assessment.
    pub pia_ref: Hash32,
    /// First instant after the end.
    pub exp: Millis,
    /// Status.
    pub status: BasisStatus,
}
