//! Access requests, and decisions with all their reasons.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, Set, codes};
use crate::consent::{Category, DataAction, Obligations, Purpose};
use crate::ids::{AnchorId, BasisId, CaseId, ConsentId, FacilityId, Hash32, Millis, Month, OrgId, Sp};
use crate::limits::{ANCHORS_MAX, DESCRIPTORS_MAX};
use crate::place::Place;
use crate::review::BreakGlassStatement;

codes! {
    /// Role of the person who asks.
    UserRole {
        /// Physician.
        Physician = 1 "PHYSICIAN",
        /// Nurse.
        Nurse = 2 "NURSE",
        /// Pharmacist.
        Pharmacist = 3 "PHARMACIST",
        /// Laboratory or imaging staff.
        Technician = 4 "TECHNICIAN",
        /// Hospital billing clerk.
        BillingClerk = 5 "BILLING_CLERK",
        /// Claims assessor.
        ClaimsAssessor = 6 "CLAIMS_ASSESSOR",
        /// Medical assessor of an insurer.
        MedicalAssessor = 7 "MEDICAL_ASSESSOR",
        /// Researcher.
        Researcher = 8 "RESEARCHER",
        /// Officer of a regulator.
        Officer = 9 "OFFICER",
        /// The subject or a proxy.
        Patient = 10 "PATIENT",
    }
}

/// Data asked for, described without naming a document.
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
pub struct Descriptor {
    /// Category.
    pub category: Category,
    /// Grade, 1 to 5 (GB/T 39725).
    pub grade: u8,
    /// Month of service.
    pub service_month: Month,
    /// Where the data would be delivered.
    pub deliver_to: Place,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Data of these descriptions, at least one; no document is named.
    Data(List<Descriptor, DESCRIPTORS_MAX>),
    /// Documents.
    Documents {
        /// Which versions, at least one. All are of one subject and one controller.
        anchors: Set<AnchorId, ANCHORS_MAX>,
        /// Where they would be delivered.
        deliver_to: Place,
        /// The case in which the request's subject is linked with that of the documents, if they are two pseudonyms.
        case: Option<CaseId>,
    },
}

/// A request for access, to be decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct AccessRequest {
    /// Who asks.
    pub requester: OrgId,
    /// At which of its facilities.
    pub facility: FacilityId,
    /// The person, as a keyed hash that only the organisation can open.
    pub user_ref: Hash32,
    /// The person's role.
    pub user_role: UserRole,
    /// Whose data.
    pub subject: Sp,
    /// Who controls it.
    pub controller: OrgId,
    /// What is asked for.
    pub asked: Asked,
    /// For which purpose.
    pub purpose: Purpose,
    /// To do what.
    pub action: DataAction,
    /// Basis of the transfer, if it crosses a border.
    pub xborder_basis: Option<BasisId>,
    /// What is stated in order to break the glass, if the requester does.
    #[serde(default)]
    pub btg: Option<BreakGlassStatement>,
}

codes! {
    /// Reason of a denial. All that apply are given.
    Reason {
        /// Requester or controller not active.
        OrgInactive = 1 "D01",
        /// Halted by a regulator.
        Halted = 2 "D02",
        /// The role may not ask for this purpose.
        RolePurpose = 3 "D03",
        /// The person's role may not see this category.
        RoleCategory = 4 "D04",
        /// Delivery is not where the facility is.
        PlaceMismatch = 5 "D05",
        /// A required accreditation is not live.
        NotAccredited = 6 "D06",
        /// A required licence is not live.
        NotLicensed = 7 "D07",
        /// Barred from new requests, until an earlier access is acknowledged.
        Barred = 8 "D08",
        /// Document unknown, or in a state that nobody gets.
        AnchorState = 10 "D10",
        /// Document of another subject or controller.
        AnchorForeign = 11 "D11",
        /// Document restricted to legal and compliance purposes.
        Restricted = 12 "D12",
        /// More than the purpose needs.
        Minimisation = 20 "D20",
        /// The subject dissents.
        SubjectDeny = 30 "D30",
        /// No consent names the requester.
        NoConsent = 40 "D40",
        /// Named, but excluded or no longer matching.
        NotGrantee = 41 "D41",
        /// Purpose not covered.
        PurposeNotCovered = 42 "D42",
        /// Action not covered.
        ActionNotCovered = 43 "D43",
        /// Category not covered.
        CategoryNotCovered = 44 "D44",
        /// Grade above the consent.
        GradeNotCovered = 45 "D45",
        /// Label not covered.
        LabelNotCovered = 46 "D46",
        /// Service date not covered.
        PeriodNotCovered = 47 "D47",
        /// Document not covered.
        InstanceNotCovered = 48 "D48",
        /// Consent not yet valid.
        NotYetValid = 49 "D49",
        /// Consent expired.
        Expired = 50 "D50",
        /// Consent revoked.
        Revoked = 51 "D51",
        /// Consent used up.
        UsesExhausted = 52 "D52",
        /// Too many uses in the window.
        Rate = 53 "D53",
        /// The subject's confirmation is missing.
        ConfirmMissing = 54 "D54",
        /// Consent suspended.
        Suspended = 55 "D55",
        /// Separate consent for sensitive information is missing.
        SepSensitive = 56 "D56",
        /// Separate consent for provision is missing.
        SepProvide = 57 "D57",
        /// Separate consent for crossing the border is missing.
        SepXborder = 58 "D58",
        /// No live basis for the transfer.
        BorderBasis = 59 "D59",
        /// The subject forbids that the glass is broken.
        GlassForbidden = 60 "D60",
        /// Not entitled to break the glass.
        GlassNotEntitled = 61 "D61",
        /// More than an emergency needs.
        GlassScope = 62 "D62",
        /// Place of delivery not covered.
        PlaceNotCovered = 63 "D63",
    }
}

/// The decision on an access request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    /// Whether access is permitted.
    pub permit: bool,
    /// Every reason of a denial, ascending; empty exactly if permitted.
    pub reasons: Set<Reason, 64>,
    /// For each descriptor or document, in order, the one consent that covers it; empty if denied or if the glass is
    /// broken.
    pub basis: List<ConsentId, DESCRIPTORS_MAX>,
    /// Obligations that come with a permit.
    pub obligations: Obligations,
    /// Until when the decision may be relied on.
    pub valid_until: Millis,
    /// Whether access is permitted without a consent, by breaking the glass.
    pub btg: bool,
}
