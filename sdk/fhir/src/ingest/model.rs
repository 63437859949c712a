//! What a Bundle gives: typed, and neutral about ledger actions.

use std::fmt;

use assent_types::consent::Category;
use assent_types::{Day, Month, OrgId};

use super::summary::Summary;

/// Text that names a person, a bill or a relation between them. It has no debug output.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Private(String);

impl Private {
    /// Keeps a text private.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the organisation's private registry and for secrets derived from it; never for logs or errors.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(..)")
    }
}

/// Everything that a Bundle gives. Numbers of entries count from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ingest {
    /// Patients, in the order of the Bundle; after them those that stand inside other resources.
    pub patients: Vec<Patient>,
    /// Organisations.
    pub organizations: Vec<Organization>,
    /// Documents to anchor.
    pub documents: Vec<Document>,
    /// Bills.
    pub bills: Vec<Bill>,
    /// Claims.
    pub claims: Vec<Claim>,
    /// Explanations of benefit.
    pub statements: Vec<Statement>,
    /// What became of every entry.
    pub summary: Summary,
}

/// A business identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// URI of the namespace, if the resource gives one.
    pub system: Option<String>,
    /// Code of its type, such as `MR` or `PPN` of HL7 v2 table 0203.
    pub type_code: Option<String>,
    /// The identifier itself.
    pub value: Private,
}

/// A patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// Number of the entry in which the patient stands.
    pub entry: usize,
    /// How resources refer to the patient: the full URL, or `Patient/` and the id.
    pub reference: Option<Private>,
    /// Identifiers; empty where the resource has none.
    pub identifiers: Vec<Identifier>,
    /// Date of birth as written: a year, a month or a day.
    pub birth_date: Option<Private>,
}

/// Whose a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatientRef {
    /// A patient of [`Ingest::patients`], by position.
    Listed(usize),
    /// A patient whom the Bundle does not hold: the reference, or `system|value` of an identifier.
    Outside(Private),
}

/// An organisation. Institutions are public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Number of the entry.
    pub entry: usize,
    /// Name.
    pub name: Option<String>,
    /// Number on the ledger, if the scenario gives one.
    pub org: Option<OrgId>,
}

/// A code of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// URI of the system; empty where the resource gives none.
    pub system: String,
    /// The code.
    pub code: String,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// A DiagnosticReport.
    DiagnosticReport,
    /// A DocumentReference.
    DocumentReference,
    /// The bill that a Claim carries.
    Bill,
    /// An ExplanationOfBenefit.
    ExplanationOfBenefit,
}

/// When a service was given, on the calendar of its place, after the scenario's shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceDate {
    /// Month, which may be on the ledger.
    pub month: Month,
    /// Day, which may only be committed to; `None` where the resource gives no more than the month.
    pub day: Option<Day>,
}

/// A document to anchor.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Number of the entry.
    pub entry: usize,
    /// What it is.
    pub kind: DocumentKind,
    /// Whose it is.
    pub patient: PatientRef,
    /// When the service was given.
    pub service: ServiceDate,
    /// Clinical type, for the salted manifest; never on the ledger.
    pub codes: Vec<Code>,
    /// Suggested category. The first of these that applies:
    ///
    /// | Says | Category |
    /// |---|---|
    /// | kind bill; kind explanation of benefit | EBILL; EOB |
    /// | LOINC 51969-4, 81247-9; HL7 v2-0074 GE, CG | GENETIC |
    /// | LOINC 57133-1, 57134-9 | REFERRAL |
    /// | LOINC 11369-6, 82593-5 | BIRTH_IMMUN |
    /// | LOINC 10160-0, 56445-0, 57833-6 | MEDICATION |
    /// | LOINC 18748-4, SNOMED CT 394914008, v2-0074 CT, NMR, NMS, OUS, RAD, RUS, RX, VUS, XRC, observation-category imaging | RAD_REPORT |
    /// | LOINC 11502-2, SNOMED CT 394595002, 108252007, v2-0074 BG, BLB, CH, CP, HM, IMM, LAB, MB, MCB, MYC, OSL, PAT, SP, SR, TX, URN, VR, observation-category laboratory | LAB |
    /// | any other DiagnosticReport | OTHER_INVEST |
    /// | any other DocumentReference | CLIN_NOTE |
    pub category: Category,
    /// Suggested grade, 1 to 5, the highest over all parts (GB/T 39725: the grade of a set is that of its highest
    /// member). Of a part: 5 with any information sensitivity label of HL7 v3 ActCode; else by its HL7 v3
    /// Confidentiality U 1, L 2, M 3, N 4, R or V 5; else 4.
    pub grade: u8,
    /// The document: a collection Bundle of the resource and then the Observations, Media and Binaries that it cites,
    /// as JSON with sorted keys and without white space; numbers are the source's text.
    pub bytes: Vec<u8>,
    /// How many resources that are.
    pub parts: usize,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("entry", &self.entry)
            .field("kind", &self.kind)
            .field("category", &self.category)
            .field("grade", &self.grade)
            .field("month", &self.service.month)
            .field("bytes", &self.bytes.len())
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount {
    /// Code of ISO 4217.
    pub currency: &'static str,
    /// In minor units of the currency.
    pub minor: u64,
}

/// A line of a bill.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The line's own number in the Claim.
    pub sequence: u32,
    /// Product or service.
    pub codes: Vec<Code>,
    /// Amount, in minor units of the bill's currency.
    pub minor: u64,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was done to a patient is health data.
        f.debug_struct("Line").field("sequence", &self.sequence).field("minor", &self.minor).finish_non_exhaustive()
    }
}

/// A bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Who issued it: the provider.
    pub issuer: OrgId,
    /// The issuer's own number of the bill. It is the value of the extension `bill` of the Claim, else the Claim's one
    /// identifier, as `system|value`; else the Claim's full URL or id.
    pub id: Private,
    /// Whose it is.
    pub patient: PatientRef,
    /// Its total, which is the sum of its lines.
    pub total: Amount,
    /// Its lines, at least one.
    pub lines: Vec<Line>,
    /// Position of its document in [`Ingest::documents`].
    pub document: usize,
}

/// What a Claim is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimUse {
    /// Payment.
    Claim,
    /// Agreement beforehand.
    Preauthorization,
    /// A non-binding estimate.
    Predetermination,
}

/// Evidence that a Claim cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// A document of [`Ingest::documents`], by position.
    Listed(usize),
    /// A report or document that the Bundle does not hold, by reference.
    Outside(Private),
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Number of the entry.
    pub entry: usize,
    /// What it is for.
    pub use_code: ClaimUse,
    /// For whom.
    pub patient: PatientRef,
    /// Who gave the service.
    pub provider: OrgId,
    /// Who is to pay.
    pub insurer: OrgId,
    /// The plan, as the scenario names it.
    pub plan: String,
    /// First and last day of service.
    pub service: (Day, Day),
    /// What was billed: the sum of the lines.
    pub billed: Amount,
    /// The lines, at least one, in the order of the Claim.
    pub lines: Vec<Line>,
    /// Position of the bill in [`Ingest::bills`]; `None` for what is asked before there is one. Claims of several
    /// insurers on one bill share it.
    pub bill: Option<usize>,
    /// Evidence, in the order of the Claim and without repeats.
    pub attachments: Vec<Attachment>,
}

/// An insurer's explanation of benefit. Its amounts are what it says; nothing asks that they agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Number of the entry.
    pub entry: usize,
    /// Whose it is.
    pub patient: PatientRef,
    /// Who says it.
    pub insurer: OrgId,
    /// Position of the claim in [`Ingest::claims`], if it was accepted.
    pub claim: Option<usize>,
    /// Total submitted.
    pub submitted: Option<Amount>,
    /// Total benefit.
    pub benefit: Option<Amount>,
    /// Payment.
    pub payment: Option<Amount>,
    /// Position of its document in [`Ingest::documents`].
    pub document: usize,
}
