use std::fmt;
use std::path::{Path, PathBuf};

use assent_types::access::Reason;
use assent_types::document::DocumentStatus;
use assent_types::error::ErrorCode;
use assent_types::ids::{AnchorId, OrgId, SessionId};
use assent_types::session::SessionStatus;
use assent_vault::keys::{ReleaseError, ShareError, UnwrapError};
use assent_vault::{GeometryError, OpenError, RebuildError, SealError};

use crate::builder::BuildError;
use crate::error::ClientError;
use crate::registry::RegistryError;

/// What is wrong with a shard, and whose custody it is in.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ShardFault {
    /// Index of the shard.
    pub shard: u8,
    /// Its custodian.
    pub custodian: OrgId,
    /// What is wrong.
    pub fault: Fault,
}

/// Why a shard is of no use.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The custodian does not answer, or its address is not known.
    Unreachable(String),
    /// The custodian refused, or said that its copy is missing or damaged.
    Refused {
        /// The number.
        number: u16,
        /// What it said.
        detail: String,
    },
    /// What the custodian gave does not hash to the anchored root.
    Damaged,
}

impl Fault {
    pub(super) fn of(error: &ClientError) -> Self {
        match error {
            ClientError::Refused { code, detail } => {
                Self::Refused { number: code.number(), detail: format!("{code}: {detail}") }
            }
            ClientError::Unproven { .. } => Self::Damaged,
            other => Self::Unreachable(other.to_string()),
        }
    }
}

impl fmt::Display for ShardFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {} of custodian {}: ", self.shard, self.custodian)?;
        match &self.fault {
            Fault::Unreachable(reason) => f.write_str(reason),
            Fault::Refused { detail, .. } => f.write_str(detail),
            Fault::Damaged => f.write_str("does not hash to the anchored root"),
        }
    }
}

/// Why a document was not stored, read or repaired. Nothing here quotes content or key material.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The ledger, or an agent.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The private registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A transaction of the workflow was refused, or a rule of documents is broken before one is made.
    #[error("{code}: {detail}")]
    Refused {
        /// The number.
        code: ErrorCode,
        /// What was tried.
        detail: String,
    },
    /// Access was denied.
    #[error("access is denied: {}", list(reasons))]
    Denied {
        /// The session that records it.
        session: SessionId,
        /// Every reason.
        reasons: Vec<Reason>,
    },
    /// The session is over, or not where it has to be.
    #[error("session {session} is {status:?}")]
    Session {
        /// The session.
        session: SessionId,
        /// Its status.
        status: SessionStatus,
    },
    /// The document is not where it has to be.
    #[error("document {anchor} is {status:?}")]
    Document {
        /// The document.
        anchor: AnchorId,
        /// Its status.
        status: DocumentStatus,
    },
    /// What was waited for did not come true in time.
    #[error("not in time: {0}")]
    Late(String),
    /// Fewer good shards than suffice.
    #[error("{needed} good shards are needed: {}", list(faults))]
    TooFewShards {
        /// How many are needed.
        needed: usize,
        /// What is wrong with the others.
        faults: Vec<ShardFault>,
    },
    /// A part of the key is missing or wrong.
    #[error("the key of document {anchor} is not to be had: {}", list(problems))]
    Key {
        /// The document.
        anchor: AnchorId,
        /// What is wrong, and with whom.
        problems: Vec<String>,
    },
    /// The document's size and code.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Reading.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Rebuilding.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// Sharing the key.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// A file of the user's.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A journal that does not fit.
    #[error("upload journal {path}: {problem}")]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
}

impl VaultError {
    /// The number, if there is one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Client(error) => error.code(),
            Self::Refused { code, .. } => Some(*code),
            Self::Denied { .. } => Some(ErrorCode::NoLivePermit),
            Self::Session { .. } => Some(ErrorCode::SessionState),
            Self::Document { .. } => Some(ErrorCode::DocumentState),
            Self::TooFewShards { .. } => Some(ErrorCode::TooFewShards),
            Self::Key { .. } => Some(ErrorCode::KeyPart),
            Self::Open(OpenError::Manifest(_) | OpenError::Inconsistent { .. } | OpenError::Segment(_)) => {
                Some(ErrorCode::ShardDamaged)
            }
            _ => None,
        }
    }

    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |error| Self::File { path: path.to_owned(), error }
    }
}

impl From<ErrorCode> for VaultError {
    fn from(code: ErrorCode) -> Self {
        Self::Refused { code, detail: code.hint().to_owned() }
    }
}

impl From<BuildError> for VaultError {
    fn from(error: BuildError) -> Self {
        Self::Client(error.into())
    }
}

impl From<UnwrapError> for VaultError {
    fn from(error: UnwrapError) -> Self {
        Self::Refused { code: ErrorCode::KeyPart, detail: error.to_string() }
    }
}

impl From<ReleaseError> for VaultError {
    fn from(error: ReleaseError) -> Self {
        Self::Refused { code: ErrorCode::KeyPart, detail: error.to_string() }
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
