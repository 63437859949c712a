//! Why a genesis document is refused, with what to do.

use assent_types::key::KeyUsage;
use assent_types::validator::ValidatorSetError;
use assent_types::{BasisId, KeyId, OrgId};

/// Why a genesis document is refused. Every text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// Not a document of this form.
    #[error("the genesis document cannot be read: {0}; compare it with one written by `assent genesis sample`")]
    Parse(String),
    /// Larger than [`crate::DOC_BYTES_MAX`].
    #[error("the genesis document has {0} bytes; at most {max} are read", max = crate::DOC_BYTES_MAX)]
    TooLarge(usize),
    /// A field of the document itself.
    #[error("{field}: {problem}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
    /// A parameter.
    #[error("params.{param}: {problem}")]
    Param {
        /// Name of the parameter.
        param: &'static str,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// An organisation.
    #[error("organisation {org}: {problem}")]
    Org {
        /// The organisation.
        org: OrgId,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// An organisation without a live key that it needs.
    #[error("organisation {org}: add a {usage} key that is live at the genesis time")]
    MissingKey {
        /// The organisation.
        org: OrgId,
        /// The usage.
        usage: KeyUsage,
    },
    /// One key listed twice.
    #[error("organisation {org}: key {key} is listed twice; every organisation and usage needs a key of its own")]
    SharedKey {
        /// Where the repetition stands.
        org: OrgId,
        /// The key.
        key: KeyId,
    },
    /// The validators do not form a set.
    #[error("validators: {0}")]
    ValidatorSet(#[from] ValidatorSetError),
    /// A validator that does not match its organisation.
    #[error("validator {org}: {problem}")]
    Validator {
        /// The validator.
        org: OrgId,
        /// What is wrong and what to write instead.
        problem: &'static str,
    },
    /// A transfer basis.
    #[error("transfer basis {id}: {problem}")]
    Basis {
        /// The basis.
        id: BasisId,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// A rule for production chains.
    #[error("not fit for production: {0}; correct it, or set chain_class = \"test\" for a chain without real data")]
    Production(String),
    /// The state tree refused the first state.
    #[error("the first state cannot be built: {0}; this is a fault of the program, report it")]
    Tree(String),
}
