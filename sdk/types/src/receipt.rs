//! Receipts: what became of a transaction.
//!
//! The public part is a leaf of the history log. What only parties may read is a salted hash in it, opened by role.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::List;
use crate::error::ErrorCode;
use crate::hash::{Tag, tagged_value};
use crate::ids::{Hash32, Height, KeyId, Millis, OrgId, Sp, TxHash};

/// Format number of receipts.
pub const RECEIPT_FORMAT: u8 = 1;

/// Most events of one receipt; a sweep may have two for each deadline, as the end of a payment moves its claim.
pub const EVENTS_MAX: usize = 40_000;

/// The public part of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Receipt {
    /// [`RECEIPT_FORMAT`].
    pub format: u8,
    /// Height of the block.
    pub height: Height,
    /// Time of the block.
    pub time: Millis,
    /// Position in the block; the sweep's receipt follows the last transaction's.
    pub index: u32,
    /// The transaction; for a sweep, a hash of the height.
    pub tx: TxHash,
    /// 0, or the number of the error.
    pub code: u16,
    /// Hash of the salted details.
    pub details: Hash32,
}

impl Receipt {
    /// Hash of the receipt: the entry in the history log.
    pub fn hash(&self) -> Hash32 {
        tagged_value(Tag::Receipt, self)
    }

    /// The error, if the transaction was refused.
    pub fn error(&self) -> Option<ErrorCode> {
        ErrorCode::from_number(self.code)
    }
}

/// What parties may read of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct ReceiptDetails {
    /// Secret of those who saw the transaction; without it the hash says nothing about the details.
    pub salt: Hash32,
    /// Key that signed; `None` for a sweep.
    pub signer: Option<KeyId>,
    /// What happened, in order; empty if the transaction was refused.
    pub events: List<Event, EVENTS_MAX>,
}

impl ReceiptDetails {
    /// Hash that the receipt carries.
    pub fn hash(&self) -> Hash32 {
        tagged_value(Tag::ReceiptDetails, self)
    }
}

/// One fired row of a transition table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Event {
    /// The row.
    pub row: RowId,
    /// The object: a consent, mandate, key or subject.
    pub object: Hash32,
    /// The subject concerned.
    pub subject: Option<Sp>,
    /// Organisations that are party to it, ascending: controller, grantees, actor.
    pub parties: List<OrgId, 64>,
}

/// Identifier of a row: machine (two letters) and number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct RowId(pub [u8; 2], pub u8);

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}-{:02}", char::from(self.0[0]), char::from(self.0[1]), self.1)
    }
}

impl std::fmt::Debug for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for RowId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The identifier under which a block's sweep leaves its receipt.
pub fn sweep_tx(height: Height) -> TxHash {
    TxHash(tagged_value(Tag::Sweep, &height))
}
