use std::fmt;

use assent_types::session::KeyPart;
use assent_vault::keys::{ControllerKey, KeyShare, Release, WrappedDek};
use borsh::io::{Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};

/// A part of a document's key as it is handed to who keeps it.
#[derive(Clone)]
pub enum Deposit {
    /// To the controller's key service: its half of the wrapping key, and the document's key wrapped by both halves.
    Controller {
        /// k1.
        key: ControllerKey,
        /// The wrapped key.
        wrapped: WrappedDek,
    },
    /// To a key holder: its share of the other half.
    Share(KeyShare),
}

impl fmt::Debug for Deposit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Controller { .. } => "Deposit(controller's part)",
            Self::Share(_) => "Deposit(share)",
        })
    }
}

impl BorshSerialize for Deposit {
    fn serialize<W: Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        match self {
            Self::Controller { key, wrapped } => (1_u8, key.expose(), wrapped).serialize(writer),
            Self::Share(share) => (2_u8, share).serialize(writer),
        }
    }
}

impl BorshDeserialize for Deposit {
    fn deserialize_reader<R: Read>(reader: &mut R) -> borsh::io::Result<Self> {
        match u8::deserialize_reader(reader)? {
            1 => {
                let (key, wrapped) = BorshDeserialize::deserialize_reader(reader)?;
                Ok(Self::Controller { key: ControllerKey::new(key), wrapped })
            }
            2 => KeyShare::deserialize_reader(reader).map(Self::Share),
            tag => Err(assent_types::DecodeError::new(
                assent_types::ErrorCode::UnknownCode,
                format!("key part of kind {tag}"),
            )
            .into_io()),
        }
    }
}

/// A part of a document's key, sealed to a session.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReleasedPart {
    /// What the ledger holds of it.
    pub part: KeyPart,
    /// The sealed part.
    pub release: Release,
    /// The document's wrapped key, with the controller's part; worth nothing without both halves.
    pub wrapped: Option<WrappedDek>,
}
