//! The genesis document as a file.

use assent_types::codec::Text;
use assent_types::consent::TransferBasis;
use assent_types::org::Org;
use assent_types::state::{ChainClass, Params};
use assent_types::validator::{Validator, ValidatorSet};
use assent_types::{Millis, OrgId};

use crate::chambers::production_problems;
use crate::error::GenesisError;
use crate::validate;

/// Largest document that is read, in bytes.
pub const DOC_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What the founding organisations agree on. As a file it is TOML; unknown fields are refused, because a misspelt
/// field that is passed over would give a chain other than the one that was agreed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisDoc {
    /// Name for humans; not empty.
    pub name: Text<64>,
    /// Kind of the chain; the parameters say the same.
    pub chain_class: ChainClass,
    /// Time before the first block's, in milliseconds since 1970.
    pub time: Millis,
    /// Protocol version that executes the first block.
    pub app_version: u32,
    /// Validators of heights 1 and 2, strictly ascending by organisation.
    pub validators: Vec<Validator>,
    /// Parameters.
    pub params: Params,
    /// Organisations, strictly ascending by number.
    pub orgs: Vec<Org>,
    /// Legal bases for transfers across a border.
    #[serde(default)]
    pub bases: Vec<TransferBasis>,
}

impl GenesisDoc {
    /// Reads a document. It is not validated; see [`GenesisDoc::validate`].
    ///
    /// # Errors
    /// [`GenesisError::TooLarge`] and [`GenesisError::Parse`], which names line and field.
    pub fn from_toml(text: &str) -> Result<Self, GenesisError> {
        if text.len() > DOC_BYTES_MAX {
            return Err(GenesisError::TooLarge(text.len()));
        }
        toml::from_str(text).map_err(|error| GenesisError::Parse(error.to_string()))
    }

    /// Writes the document; [`GenesisDoc::from_toml`] reads the same document back.
    ///
    /// # Errors
    /// [`GenesisError::Parse`] for a number that TOML cannot hold (above 2⁶³ − 1).
    pub fn to_toml(&self) -> Result<String, GenesisError> {
        toml::to_string_pretty(self).map_err(|error| GenesisError::Parse(error.to_string()))
    }

    /// Checks every rule that a chain relies on.
    ///
    /// # Errors
    /// The first rule that is broken, with what to do.
    pub fn validate(&self) -> Result<(), GenesisError> {
        validate::document(self)
    }

    /// What a test chain lifts and a production chain would refuse, for the operator's eyes at every start. Empty for
    /// a production chain.
    pub fn warnings(&self) -> Vec<String> {
        match self.chain_class {
            ChainClass::Production => Vec::new(),
            ChainClass::Test => {
                let lifted = production_problems(self);
                let head = "chain_class = test: this chain is for tests; it must not hold real data".to_owned();
                std::iter::once(head).chain(lifted.into_iter().map(|problem| format!("lifted: {problem}"))).collect()
            }
        }
    }

    /// The organisation with this number.
    pub fn org(&self, id: OrgId) -> Option<&Org> {
        self.orgs.iter().find(|org| org.id == id)
    }

    /// The validators as a set.
    ///
    /// # Errors
    /// [`GenesisError::ValidatorSet`].
    pub fn validator_set(&self) -> Result<ValidatorSet, GenesisError> {
        Ok(ValidatorSet::new(self.validators.clone())?)
    }
}
