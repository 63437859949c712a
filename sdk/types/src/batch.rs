//! Batches of settlements, as payers send them to banks (FHIR PaymentReconciliation, ISO 20022 pain.001).

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::List;
use crate::hash::{Tag, tagged_value};
use crate::ids::{BatchId, Millis, OrgId, SettlementId, TxHash};
use crate::limits::BATCH_DETAILS_MAX;
use crate::money::{Currency, Money};

/// One settlement of a batch.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct BatchDetail {
    /// Which.
    pub settlement: SettlementId,
    /// How much the bank pays for it.
    pub amount: Money,
}

/// A batch as the ledger keeps it: settlements of one payer to one payee in one currency, each in at most one batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct SettlementBatch {
    /// Its identifier.
    pub id: BatchId,
    /// The insurer.
    pub payer: OrgId,
    /// The provider or advance payer.
    pub payee: OrgId,
    /// The currency of every detail.
    pub currency: Currency,
    /// The settlements, at least one.
    pub details: List<BatchDetail, BATCH_DETAILS_MAX>,
    /// Their sum.
    pub total: Money,
    /// When it was put together.
    pub at: Millis,
}

/// Puts settlements into a batch (SB-01); signed by the payer or its administrator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct BatchSettlements {
    /// The insurer.
    pub payer: OrgId,
    /// The provider or advance payer.
    pub payee: OrgId,
    /// The settlements, at least one.
    pub details: List<BatchDetail, BATCH_DETAILS_MAX>,
    /// Their sum.
    pub total: Money,
}

/// The identifier of the batch that a transaction puts together.
pub fn batch_id_of(tx: &TxHash) -> BatchId {
    BatchId(tagged_value(Tag::Batch, tx))
}
