use assent_types::claim::{
    Amounts, BenefitKind, ClaimTerms, CodeRef, FxLock, Payee, RelatedClaim, ServiceLine, ServicePeriod,
};
use assent_types::codec::TooMany;
use assent_types::error::ErrorCode;
use assent_types::hash::{Tag, tagged_value};
use assent_types::{AnchorId, BillNullifier, CaseId, CodeMapId, Day, GuaranteeId, Hash32, MoneyError, PreauthId, Set};
use borsh::BorshSerialize;

use super::lines::ClaimLine;
use super::notes::ClaimNote;

/// A claim before it is filed: with what the ledger gets only commitments to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimDraft {
    /// The case.
    pub case: CaseId,
    /// Who is paid.
    pub payee: Payee,
    /// First and last day of the services; only their months are filed in clear.
    pub service: (Day, Day),
    /// Line of service.
    pub service_line: ServiceLine,
    /// Kind of benefit.
    pub benefit: BenefitKind,
    /// Whether another insurer is told to share the bills.
    pub cob_declared: bool,
    /// The bills, 1 to 32.
    pub bills: Vec<BillNullifier>,
    /// The lines of the bills; what was billed is their sum.
    pub lines: Vec<ClaimLine>,
    /// Versions of the code systems that the lines use.
    pub codes: Vec<CodeRef>,
    /// The preauthorisation.
    pub preauth: Option<PreauthId>,
    /// The guarantee of payment.
    pub guarantee: Option<GuaranteeId>,
    /// The map between two of them.
    pub code_map: Option<CodeMapId>,
    /// In which currency it is paid, if that is not the bills', and when the rate is taken.
    pub fx: Option<FxLock>,
    /// An earlier claim.
    pub related: Option<RelatedClaim>,
    /// Documents that support it, at most 64.
    pub attachments: Vec<AnchorId>,
    /// The amounts, in one currency.
    pub amounts: Amounts,
}

/// Why a claim cannot be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// A list is longer than claims have.
    #[error("a list has more than {0} elements")]
    TooMany(usize),
    /// Amounts that cannot be added.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl DraftError {
    /// The number for users.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::TooMany(_) => ErrorCode::TooLarge,
            Self::Money(error) => error.code(),
        }
    }
}

impl From<TooMany> for DraftError {
    fn from(error: TooMany) -> Self {
        Self::TooMany(error.0)
    }
}

impl ClaimDraft {
    /// What is filed, and what the submitter keeps of it. The salt has to be fresh and random.
    ///
    /// Whether amounts balance and bills stand is for the ledger to say.
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn commit(self, salt: Hash32) -> Result<(ClaimTerms, ClaimNote), DraftError> {
        let (first, last) = self.service;
        let terms = ClaimTerms {
            case: self.case,
            payee: self.payee,
            service: ServicePeriod {
                first: first.month(),
                last: last.month(),
                day_commit: commit(salt, "days", &self.service),
            },
            service_line: self.service_line,
            benefit: self.benefit,
            cob_declared: self.cob_declared,
            bills: Set::new(self.bills)?,
            lines: ClaimLine::header(&self.lines, self.amounts.billed.ccy, salt)?,
            codes: Set::new(self.codes)?,
            code_map: self.code_map,
            preauth: self.preauth,
            guarantee: self.guarantee,
            related: self.related,
            attachments: Set::new(self.attachments)?,
            amounts: self.amounts,
            fx: self.fx,
        };
        Ok((terms, ClaimNote { salt, service: self.service, lines: self.lines }))
    }
}

/// A salted commitment: what it commits to cannot be found by trying while the salt is secret.
pub fn commit<T: BorshSerialize + ?Sized>(salt: Hash32, what: &str, value: &T) -> Hash32 {
    tagged_value(Tag::Evidence, &(salt, what, value))
}
