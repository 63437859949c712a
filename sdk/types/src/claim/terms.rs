//! What a claim says.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, Set, codes};
use crate::ids::{
    AnchorId, AssignmentId, BillNullifier, CaseId, ClaimId, CodeMapId, FixingId, GuaranteeId, Hash32, Millis, Month,
    PreauthId,
};
use crate::limits::{CLAIM_ATTACHMENTS_MAX, CLAIM_BILLS_MAX, CLAIM_CODES_MAX, CLAIM_PAYERS_MAX};
use crate::money::{Currency, Money, MoneyError};

codes! {
    /// Line of service.
    ServiceLine {
        /// Basic medical insurance.
        Basic = 1 "BASIC",
        /// International medical service, outside basic medical insurance.
        International = 2 "INTERNATIONAL",
        /// Voluntary Health Insurance Scheme of Hong Kong.
        Vhis = 3 "VHIS",
        /// Another one.
        Other = 4 "OTHER",
    }
}

codes! {
    /// Kind of benefit.
    BenefitKind {
        /// Pays what a bill cost; counts against the bill.
        Indemnity = 1 "INDEMNITY",
        /// Pays a fixed sum, such as hospital cash; does not count against the bill.
        FixedBenefit = 2 "FIXED_BENEFIT",
    }
}

codes! {
    /// Another payer of a bill.
    PayerKind {
        /// Basic medical insurance.
        Bmi = 1 "BMI",
        /// Elderly health care voucher.
        Ehcv = 2 "EHCV",
        /// Another insurer.
        OtherInsurer = 3 "OTHER_INSURER",
        /// An advance payer.
        Advance = 4 "ADVANCE",
        /// The patient, beyond the subject's share.
        SelfPaid = 5 "SELF",
    }
}

/// Who is paid.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Payee {
    /// The provider of the case.
    Provider,
    /// The subject.
    Subject {
        /// Salted hash of the account.
        commit: Hash32,
    },
    /// An advance payer to which the benefit was assigned.
    Advance {
        /// The assignment.
        assignment: AssignmentId,
    },
}

/// When the services were rendered: months in clear, days under a salted hash.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct ServicePeriod {
    /// Month of the first day.
    pub first: Month,
    /// Month of the last day.
    pub last: Month,
    /// Salted hash of both days.
    pub day_commit: Hash32,
}

impl ServicePeriod {
    /// The first instant of the period's first month.
    pub const fn start(&self) -> Millis {
        self.first.first_day().start()
    }

    /// The first instant after the period's last month.
    pub const fn end(&self) -> Millis {
        self.last.next().first_day().start()
    }
}

/// The lines of a claim, which stay off the ledger.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct LineHeader {
    /// Root over the salted lines.
    pub root: Hash32,
    /// Number of lines.
    pub count: u16,
    /// Their sum.
    pub total: Money,
}

/// A version of a code system.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct CodeRef {
    /// The code system's number.
    pub system: u32,
    /// Its version.
    pub version: u32,
}

codes! {
    /// How a claim relates to an earlier one (FHIR R4 related claim relationship).
    Relation {
        /// A claim for the services before.
        Prior = 1 "prior",
        /// A claim for services of the same episode.
        Associated = 2 "associated",
        /// A correction of the earlier claim.
        Correction = 3 "correction",
    }
}

/// An earlier claim.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct RelatedClaim {
    /// Which.
    pub claim: ClaimId,
    /// How it relates.
    pub relation: Relation,
}

/// What another payer bears.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct OtherPayer {
    /// Which kind of payer.
    pub kind: PayerKind,
    /// How much.
    pub amount: Money,
}

/// The amounts of a claim, all in the bills' currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct Amounts {
    /// What was billed.
    pub billed: Money,
    /// What is claimed of it.
    pub claimed: Money,
    /// What the subject bears.
    pub subject_share: Money,
    /// What others bear.
    pub other_payers: List<OtherPayer, CLAIM_PAYERS_MAX>,
}

impl Amounts {
    /// Every amount.
    pub fn all(&self) -> impl Iterator<Item = Money> {
        [self.billed, self.claimed, self.subject_share]
            .into_iter()
            .chain(self.other_payers.iter().map(|payer| payer.amount))
    }

    /// What is claimed, borne by the subject and borne by others together: as much as was billed, if it balances.
    ///
    /// # Errors
    ///
    /// For amounts in two currencies, or a sum that does not fit.
    pub fn borne(&self) -> Result<Money, MoneyError> {
        Money::sum(self.billed.ccy, self.all().skip(1))
    }
}

codes! {
    /// When the exchange rate of a claim is fixed.
    LockPoint {
        /// At the end of the services.
        ServiceEnd = 1 "SERVICE_END",
        /// At the decision.
        Decision = 2 "DECISION",
        /// At the instruction of the payment.
        Instruction = 3 "INSTRUCTION",
    }
}

/// In which currency a claim is paid, where that is not the bills', and when its rate is taken.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct FxLock {
    /// The currency of the payment.
    pub ccy: Currency,
    /// When the rate is taken; the same for every payment of the claim, but at instruction, where each takes its own.
    pub at: LockPoint,
    /// The fixing of the services' last month, exactly if the rate is taken at their end. Otherwise the ledger takes the
    /// latest.
    pub fixing: Option<FixingId>,
}

/// What a claim says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct ClaimTerms {
    /// The case.
    pub case: CaseId,
    /// Who is paid.
    pub payee: Payee,
    /// When the services were rendered.
    pub service: ServicePeriod,
    /// Line of service.
    pub service_line: ServiceLine,
    /// Kind of benefit.
    pub benefit: BenefitKind,
    /// Whether another insurer is told to share the bills.
    pub cob_declared: bool,
    /// The bills, at least one.
    pub bills: Set<BillNullifier, CLAIM_BILLS_MAX>,
    /// The lines.
    pub lines: LineHeader,
    /// Versions of the code systems that the lines use.
    pub codes: Set<CodeRef, CLAIM_CODES_MAX>,
    /// The map between two of them; both are listed, as nothing that was mapped can be mapped back.
    pub code_map: Option<CodeMapId>,
    /// The preauthorisation.
    pub preauth: Option<PreauthId>,
    /// The guarantee of payment.
    pub guarantee: Option<GuaranteeId>,
    /// An earlier claim.
    pub related: Option<RelatedClaim>,
    /// Documents that support it.
    pub attachments: Set<AnchorId, CLAIM_ATTACHMENTS_MAX>,
    /// The amounts.
    pub amounts: Amounts,
    /// The exchange rate.
    pub fx: Option<FxLock>,
}
