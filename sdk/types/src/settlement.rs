//! Settlements: one movement of money for one claim, as the bank reports it.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::{Capacity, Payee};
use crate::codec::codes;
use crate::hash::{Tag, tagged_value};
use crate::ids::{ClaimId, Day, Hash32, Millis, OrgId, SettlementId, TxHash};
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
    /// How much.
    pub amount: Money,
    /// What the bank is told that it is for.
    pub purpose: PurposeCode,
    /// Who instructed it.
    pub instructed_by: OrgId,
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
    /// Stored status.
    pub status: SettlementStatus,
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
    /// How much: exactly what was instructed.
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

/// The identifier of the settlement that a transaction instructs.
pub fn settlement_id_of(tx: &TxHash) -> SettlementId {
    SettlementId(tagged_value(Tag::Settlement, tx))
}
