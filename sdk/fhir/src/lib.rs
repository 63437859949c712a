//! HL7 FHIR: Consent (R4, R5) in and out of the ledger's consent terms; the ledger's trails, documents, claims,
//! questions of eligibility and payments as R4 resources and back; and Bundles into what the ledger can hold ([`ingest`]).
//!
//! | Ledger | FHIR | Functions |
//! |---|---|---|
//! | consent | Consent R4 | [`consent_from_fhir`], [`terms_to_fhir`], [`consent_to_fhir`] |
//! | consent | Consent R5 | [`consent_from_fhir_r5`], [`terms_to_fhir_r5`], [`consent_to_fhir_r5`] |
//! | consent | ODRL policy, state of its negotiation in a data space | [`dataspace`] |
//! | access trail | AuditEvent (IHE BALP) | [`audit_from_fhir`], [`audit_to_fhir`] |
//! | anchor | DocumentReference, Provenance | [`document_from_fhir`], [`document_to_fhir`], [`provenance_from_fhir`], [`provenance_to_fhir`] |
//! | permit | claims of an access token: IHE PCF `residual` | [`claims_to_token`], [`claims_from_token`] |
//! | governed matrices | Permission R5 | [`permission_to_fhir`], [`permission_from_fhir`] |
//! | eligibility | CoverageEligibilityRequest, CoverageEligibilityResponse | [`claims`] |
//! | preauthorisation, guarantee | Claim, ClaimResponse | [`claims`] |
//! | question for documents | CommunicationRequest | [`claims`] |
//! | claim, decision, payment | Claim, ClaimResponse, ExplanationOfBenefit, PaymentNotice, PaymentReconciliation | [`claims`] |
//! | code system, map | the text that its publisher gives | [`terminology`] |
//!
//! [`consent_from_fhir`] reads a resource and gives what it says as [`ConsentDraft`]; [`terms_to_fhir`] and
//! [`consent_to_fhir`] write resources that read back to the same terms. What the ledger cannot express is refused with
//! a numbered error that names the element: E711 (cannot be expressed), E712 (not a valid resource) or E713 (missing).
//! Nothing that may change the meaning is passed over: `modifierExtension`, `implicitRules`, extensions of primitives,
//! unknown elements and repeated JSON keys are refused.
//!
//! # What FHIR lacks
//!
//! Places of delivery, separate consents, transfers across the border, evidence and obligations stand in extensions
//! under [`EXTENSION_BASE`]. Whatever a resource leaves out is taken from the [`Defaults`] that the parties have
//! registered for the policy it names ([`Mapping`]), never guessed; without a default the element is missing (E713).
//!
//! # The base policy
//!
//! In R4 a provision is an exception to a base policy, and published examples of the same shape mean opposite things.
//! Therefore the root provision states its `type`, as IHE Privacy Consent on FHIR asks. Without one, only an opt-out
//! without further conditions is understood: a dissent cannot disclose anything by mistake.

mod audit;
pub mod claims;
mod codes;
mod consent_r5;
pub mod dataspace;
mod datatypes;
mod date;
mod document;
mod element;
mod error;
mod export;
mod extensions;
mod import;
pub mod ingest;
mod json;
mod mapping;
mod model;
mod permission;
mod residual;
pub mod terminology;
#[cfg(feature = "testing")]
pub mod testing;

pub use audit::{AuditKind, AuditRecord, AuditedRow, audit_from_fhir, audit_to_fhir};
pub use codes::EXTENSION_BASE;
pub use consent_r5::{consent_from_fhir_r5, consent_to_fhir_r5, terms_to_fhir_r5};
pub use document::{
    DocumentRecord, ProvenanceRecord, document_from_fhir, document_to_fhir, provenance_from_fhir, provenance_to_fhir,
};
pub use error::FhirError;
pub use export::{consent_to_fhir, terms_to_fhir};
pub use import::{ConsentDraft, Intent, Performer, consent_from_fhir};
pub use json::{DEPTH_MAX, RESOURCE_BYTES_MAX};
pub use mapping::{Defaults, DocumentEntry, Mapping, ObjectEntry, OrganizationEntry, PatientEntry, PolicyEntry};
pub use permission::{Matrix, MatrixRecord, permission_from_fhir, permission_to_fhir};
pub use residual::{AccessClaims, Released, claims_from_token, claims_to_token};
