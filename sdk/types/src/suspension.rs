//! Acts by which a consent rests, goes on, or is found to have been captured in error.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::action::ConsentRef;
use crate::codec::codes;
use crate::ids::{Hash32, Millis};

/// Suspends a permit for a bounded time (CN-09); signed by a regulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SuspendConsent {
    /// Which; the very version.
    pub target: ConsentRef,
    /// Hash of the order.
    pub order: Hash32,
    /// First instant after the suspension.
    pub until: Millis,
}

/// Lifts a suspension before its end (CN-10); signed by a regulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ResumeConsent {
    /// Which.
    pub target: ConsentRef,
    /// Hash of the order that lifts it.
    pub order: Hash32,
}

codes! {
    /// What was wrong with the capture of a consent.
    CaptureError {
        /// It was captured for another patient.
        WrongPatient = 1 "WRONG_PATIENT",
        /// It does not say what the patient said.
        WrongCapture = 2 "WRONG_CAPTURE",
    }
}

/// Marks a consent as entered in error (CN-11); signed by the organisation that attested it, or by a regulator, and
/// co-signed by the other or by any second organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct MarkInError {
    /// Which; the very version.
    pub target: ConsentRef,
    /// What was wrong.
    pub error: CaptureError,
    /// Salted hash of the record that shows it.
    pub evidence: Hash32,
}
