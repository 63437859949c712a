//! Settlement lists: the header of a Mainland hospital's list of basics, treatment and fees of one stay.
//!
//! The list itself is a document. Its fields are leaves of Merkle trees, one for each part, so that an auditor is shown
//! single fields with their salts and nothing else. What the ledger checks of it are sums and versions: the fees add up to
//! the bill, and the codes are of editions that were live at discharge.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::claim::CodeRef;
use crate::codec::{List, codes};
use crate::ids::{AnchorId, BillNullifier, Hash32, Millis, Month, OrgId};
use crate::limits::FEE_CLASSES_MAX;
use crate::money::{Money, MoneyError};

codes! {
    /// Classes of fees of the national settlement list (医疗保障基金结算清单, 收费项目类别).
    FeeClass {
        /// Bed.
        Bed = 1 "BED",
        /// Consultation of a physician.
        Consultation = 2 "CONSULTATION",
        /// Examination, imaging among them.
        Examination = 3 "EXAMINATION",
        /// Laboratory tests.
        Laboratory = 4 "LABORATORY",
        /// Treatment.
        Treatment = 5 "TREATMENT",
        /// Surgery.
        Surgery = 6 "SURGERY",
        /// Nursing.
        Nursing = 7 "NURSING",
        /// Medical material.
        Material = 8 "MATERIAL",
        /// Western medicine.
        WesternMedicine = 9 "WESTERN_MEDICINE",
        /// Prepared slices of Chinese medicine.
        HerbalSlices = 10 "HERBAL_SLICES",
        /// Chinese patent medicine.
        PatentMedicine = 11 "PATENT_MEDICINE",
        /// General outpatient treatment.
        General = 12 "GENERAL",
        /// Registration.
        Registration = 13 "REGISTRATION",
        /// Other.
        Other = 14 "OTHER",
    }
}

/// The sum of one class.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    /// The class.
    pub class: FeeClass,
    /// Sum of its items.
    pub amount: Money,
}

/// One part of a list: the root over its fields, and who answers for them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ListPart {
    /// Merkle root over salted fields.
    pub root: Hash32,
    /// Number of fields.
    pub fields: u16,
    /// Salted hash of the signature of the department whose system asserted them.
    pub signed: Hash32,
}

/// What a list says, as far as it is checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListHeader {
    /// The document that is the list; its lineage is the list's.
    pub anchor: AnchorId,
    /// Who and when: from registration.
    pub basic: ListPart,
    /// What was found and done: from the medical record and its coder.
    pub treatment: ListPart,
    /// What it cost, with group, grouper and its version: from billing.
    pub fees: ListPart,
    /// Outpatient care of chronic and special diseases, where there was some.
    pub chronic: Option<ListPart>,
    /// Sums of the fees, each class once.
    pub classes: List<Fee, FEE_CLASSES_MAX>,
    /// Edition of the principal diagnosis.
    pub diagnosis: CodeRef,
    /// The grouper and its version.
    pub grouper: CodeRef,
    /// Month of discharge.
    pub discharged: Month,
}

impl ListHeader {
    /// The sum of all classes, in the bill's currency.
    ///
    /// # Errors
    ///
    /// For another currency, or a sum that does not fit.
    pub fn fee_total(&self, bill: Money) -> Result<Money, MoneyError> {
        Money::sum(bill.ccy, self.classes.iter().map(|fee| fee.amount))
    }
}

/// Files the settlement list of a bill (DL-01), or its next version (DL-02); signed by the bill's issuer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct FileSettlementList {
    /// The bill.
    pub bill: BillNullifier,
    /// Its issuer: the signer.
    pub issuer: OrgId,
    /// What the list says.
    pub header: ListHeader,
}

/// The settlement list of a bill as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
pub struct SettlementList {
    /// What its latest version says.
    pub header: ListHeader,
    /// Number of versions; earlier ones stand in the history of this record.
    pub versions: u32,
    /// When the latest one was filed.
    pub filed_at: Millis,
}
