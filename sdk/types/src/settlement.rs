//! Settlements: one movement of money for one claim, as the bank reports it.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::{Capacity, Payee, Submitter};
use crate::codec::codes;
use crate::fixing::Conversion;
use crate::hash::{Tag, tagged_value};
use crate::ids::{BatchId, ClaimId, Day, Hash32, Millis, OrgId, SettlementId, TxHash};
use crate::money::Money;

codes! {
    /// Which way the money goes.
    Direction {
        /// From the payer to the payee of the claim.
        Pay = 1 "PAY",
        /// Back.
        Clawback = 2 "CLAWBACK",
    }
}

codes! {
    /// What a payment is for (ISO 20022 external purpose codes).
    PurposeCode {
        /// Payment of an insurance claim.
        InsuranceClaim = 1 "INSC",
        /// Hospital care.
        HospitalCare = 2 "HSPC",
        /// Medical services.
        MedicalServices = 3 "MDCS",
    }
}

codes! {
    /// Why a bank could not pay (ISO 20022 external status reason codes).
    FailReason {
        /// The account number is wrong.
        IncorrectAccount = 1 "AC01",
        /// The account is closed.
        ClosedAccount = 2 "AC04",
        /// The account is blocked.
        BlockedAccount = 3 "AC06",
        /// The transaction is forbidden on this account.
        Forbidden = 4 "AG01",
        /// The payer lacks funds.
        InsufficientFunds = 5 "AM04",
        /// The same instruction came before.
        Duplication = 6 "AM05",
        /// The name does not fit the account.
        Inconsistent = 7 "BE01",
        /// A regulatory reason.
        Regulatory = 8 "RR04",
        /// The bank gives no reason.
        NotSpecified = 9 "MS03",
    }
}

codes! {
    /// Status of a settlement.
    SettlementStatus {
        /// Instructed.
        Instructed = 1 "Instructed",
        /// Accepted by the bank.
        BankAccepted = 2 "BankAccepted",
        /// Paid, says the bank.
        Paid = 3 "Paid",
        /// The payee says that it was not.
        PayeeDisputed = 4 "PayeeDisputed",
        /// Received, says the payee, or deemed so.
        Acked = 5 "Acked",
        /// Not paid.
        Failed = 6 "Failed",
        /// Taken back before the bank accepted it.
        Recalled = 7 "Recalled",
    }
}

impl SettlementStatus {
    /// Whether no row leaves this status.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Acked | Self::Failed | Self::Recalled)
    }
}

/// What the bank says it paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct Payment {
    /// How much.
    pub amount: Money,
    /// Value date.
    pub value_day: Day,
    /// Salted hash of the bank's reference.
    pub bank_ref: Hash32,
    /// When the bank said so.
    pub at: Millis,
}

/// A settlement as the ledger keeps it.
///
/// Its identifier is the end-to-end identification: a function of the instructing transaction, so no two settlements
/// share one. Messages of ISO 20022, which have 35 characters, carry its first 16 bytes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Settlement {
    /// Its identifier.
    pub id: SettlementId,
    /// For which claim.
    pub claim: ClaimId,
    /// Which way the money goes.
    pub direction: Direction,
    /// The insurer.
    pub payer: OrgId,
    /// The claim's payee.
    pub payee: Payee,
    /// The bank.
    pub bank: OrgId,
    /// How much, in the bills' currency.
    pub amount: Money,
    /// What that is in another currency, if it is paid in one.
    pub fx: Option<Conversion>,
    /// What the bank is told that it is for.
    pub purpose: PurposeCode,
    /// Who instructed it.
    pub instructed_by: Submitter,
    /// When it was instructed.
    pub instructed_at: Millis,
    /// What the bank paid.
    pub paid: Option<Payment>,
    /// Why it could not pay.
    pub failed: Option<FailReason>,
    /// Whether the payee's acknowledgement was deemed because none came in time.
    pub deemed: bool,
    /// By when the next act is due in this status: the bank's or the payee's.
    pub due: Option<Millis>,
    /// When it ended: acknowledged, failed or recalled.
    pub ended_at: Option<Millis>,
    /// The batch that it is in.
    pub batch: Option<BatchId>,
    /// How many deadlines of the bank and of whoever resolves a dispute were missed (AN-14).
    pub breaches: u8,
    /// Hash of the regulator's order by which a dispute was resolved.
    pub order: Option<Hash32>,
    /// Stored status.
    pub status: SettlementStatus,
}

impl Settlement {
    /// What the bank pays: the converted amount, if it is paid in another currency.
    pub fn payout(&self) -> Money {
        self.fx.map_or(self.amount, |conversion| conversion.amount)
    }
}

/// The bank accepts an instruction (ST-02).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct BankAccept {
    /// Which.
    pub settlement: SettlementId,
}

/// The bank cannot pay (ST-04).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct BankFail {
    /// Which.
    pub settlement: SettlementId,
    /// Why.
    pub reason: FailReason,
}

/// The bank has paid (ST-05).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct BankPaid {
    /// Which.
    pub settlement: SettlementId,
    /// How much: exactly what was instructed, converted if it is paid in another currency.
    pub amount: Money,
    /// Value date.
    pub value_day: Day,
    /// Salted hash of the bank's reference.
    pub bank_ref: Hash32,
}

/// The payee has received the money (ST-06).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct PayeeAck {
    /// Which.
    pub settlement: SettlementId,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Takes an instruction back that the bank has not accepted (ST-03); signed by whoever instructed it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RecallPayment {
    /// Which.
    pub settlement: SettlementId,
    /// In which capacity.
    pub capacity: Capacity,
}

/// Says that what the bank reported as paid has not come (ST-08); signed by whoever should have it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct DisputePayment {
    /// Which.
    pub settlement: SettlementId,
    /// Salted hash of the grounds.
    pub grounds: Hash32,
    /// In which capacity.
    pub capacity: Capacity,
}

/// What became of a disputed payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum Resolution {
    /// It was paid, all that was instructed (ST-09); the payee co-signs, or a regulator orders it.
    Paid {
        /// Value date.
        value_day: Day,
        /// Salted hash of the bank's reference.
        bank_ref: Hash32,
    },
    /// It was not paid (ST-10); the payer co-signs, or a regulator orders it.
    Failed {
        /// Why.
        reason: FailReason,
    },
}

/// Resolves a disputed payment (ST-09, ST-10); signed by its bank or by a regulator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ResolvePayment {
    /// Which.
    pub settlement: SettlementId,
    /// What became of it.
    pub resolution: Resolution,
    /// Hash of the regulator's order, where one signs.
    pub order: Option<Hash32>,
}

/// The identifier of the settlement that a transaction instructs.
pub fn settlement_id_of(tx: &TxHash) -> SettlementId {
    SettlementId(tagged_value(Tag::Settlement, tx))
}
