//! FHIR R4 Bundles into documents to anchor, bills, claims and statements.
//!
//! [`read`] takes a Bundle (transaction, batch, collection, searchset or document) or a single resource, and a
//! [`Scenario`] for what the resources leave open. It gives an [`Ingest`]: a typed model of what an organisation may put
//! on the ledger, and a [`Summary`] that accounts for every entry: accepted, refused with number and element, or
//! ignored by type. A fault of the Bundle as a whole refuses the Bundle; a fault of one resource refuses that resource
//! and leaves the others.
//!
//! # What becomes of which type
//!
//! | Resource | Becomes |
//! |---|---|
//! | Patient | [`Patient`]: identifiers and birth date for the organisation's private registry |
//! | Organization | [`Organization`], with its number on the ledger where the scenario gives one |
//! | DiagnosticReport, DocumentReference | [`Document`] |
//! | Observation, Media, Binary | part of the documents that cite them; ignored where no document does |
//! | Claim | [`Claim`], [`Bill`] and the bill's [`Document`] |
//! | ExplanationOfBenefit | [`Statement`] and its [`Document`] |
//! | any other | ignored, and counted |
//!
//! # Never guessed
//!
//! Amounts are decimal text, exact, with at most as many decimals as their currency has (E702); a currency that the
//! ledger does not know is E701, an amount or sum that is too large E703, lines that do not add up to their total E704.
//! A missing insurer, provider, plan, patient, date or line amount comes from the scenario or is E713. References that
//! lead nowhere are E712, and so is a document or claim that would disclose another subject. What would change the
//! meaning of an amount (`modifierExtension`, `implicitRules`) and a status such as `entered-in-error` are E711; documents
//! are kept whole, with whatever stands in them.
//!
//! # Security
//!
//! What names a person is [`Private`]: it has no debug output and stands in no error. Errors name elements, never values.

mod amount;
mod bundle;
mod claims;
mod classify;
mod context;
mod documents;
mod model;
mod parties;
mod reference;
mod scenario;
mod statements;
mod summary;
mod view;

pub(crate) use amount::{Fault, minor_units};
#[cfg(feature = "testing")]
pub(crate) use bundle::BOUNDS as BUNDLE_BOUNDS;
pub use bundle::{BUNDLE_BYTES_MAX, ENTRIES_MAX, VALUES_MAX};
pub use claims::LINES_MAX;
pub use context::read;
pub use documents::{PARTS_MAX, canonical_json};
pub use model::{
    Amount, Attachment, Bill, Claim, ClaimUse, Code, Document, DocumentKind, Identifier, Ingest, Line, Organization,
    Patient, PatientRef, Private, ServiceDate, Statement,
};
pub use scenario::{Redenomination, Scenario, ScenarioOrganization, UnpricedLines};
pub use summary::{Refusal, Summary};
