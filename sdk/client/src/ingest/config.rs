use std::time::Duration;

use assent_types::document::{Placement, Residency};
use assent_types::error::ErrorCode;
use assent_types::{KeysetId, Millis, OrgId};
use assent_vault::codec::Coding;

use crate::builder::BuildError;
use crate::error::ClientError;
use crate::registry::RegistryError;
use crate::vault::VaultError;

/// Where documents go.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Who holds the shares of their keys.
    pub keyset: KeysetId,
    /// Who keeps each shard, by index.
    pub custody: Vec<Placement>,
    /// Parameters of the code.
    pub coding: Coding,
    /// Where the shards have to be.
    pub residency: Residency,
    /// Until when the law requires that they are kept.
    pub retention_until: Option<Millis>,
}

/// How a Bundle is taken over.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    /// The own organisation: it enrols, controls the documents and issues the bills.
    pub org: OrgId,
    /// Level of assurance of enrolments, 1 to 3.
    pub loa: u8,
    /// Where documents go.
    pub storage: Storage,
    /// How long to wait for what the ledger has to do.
    pub patience: Duration,
}

/// Why a Bundle, or something in it, was not taken over. No variant quotes an identifier.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The ledger.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Storing a document.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The private registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A rule is broken.
    #[error("{}: {}", .0, .0.hint())]
    Refused(ErrorCode),
}

impl From<ErrorCode> for IngestError {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code)
    }
}

impl From<BuildError> for IngestError {
    fn from(error: BuildError) -> Self {
        Self::Client(error.into())
    }
}

impl IngestError {
    /// The number with which something was refused; `None` if the whole cannot go on.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Client(error) => error.code(),
            Self::Vault(VaultError::Refused { code, .. }) => Some(*code),
            Self::Vault(VaultError::Client(error)) => error.code(),
            Self::Vault(_) | Self::Registry(_) => None,
            Self::Refused(code) => Some(*code),
        }
    }
}
