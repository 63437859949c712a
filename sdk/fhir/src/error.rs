//! Why a resource is refused.

use std::fmt;

use assent_types::ErrorCode;

/// Why a resource is refused: number, element and reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FhirError {
    /// E711, E712 or E713; of amounts E701 to E704; of codes E707.
    pub code: ErrorCode,
    /// The element as a path, for example `Consent.provision.provision[0].securityLabel[0]`.
    pub path: String,
    /// What is wrong and what to do.
    pub problem: String,
}

impl FhirError {
    pub(crate) fn unsupported(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { code: ErrorCode::FhirUnsupported, path: path.into(), problem: problem.into() }
    }

    pub(crate) fn invalid(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { code: ErrorCode::FhirInvalid, path: path.into(), problem: problem.into() }
    }

    pub(crate) fn missing(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { code: ErrorCode::FhirMissing, path: path.into(), problem: problem.into() }
    }
}

impl fmt::Display for FhirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.code, self.path, self.problem)
    }
}
