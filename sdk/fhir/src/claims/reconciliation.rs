//! Payments of one insurer together as an R4 PaymentReconciliation, and back.

use assent_types::settlement::{Direction, Settlement};
use assent_types::{ClaimId, Day, ErrorCode, Hash32, Millis, Money, OrgId, SettlementId};

use super::payment_model::{Detail, PaymentReconciliation};
use crate::codes::{CLAIM, PAYMENT_TYPE, SETTLEMENT};
use crate::datatypes::{
    Amount, OpenConcept, day_text, instant, read_day, read_instant, read_resource, reference_to, write_resource,
};
use crate::error::FhirError;
use crate::extensions::{Extensions, hash, own, text_value};
use crate::import::organization;
use crate::mapping::Mapping;
use crate::model::{Identifier, Reference};

/// Most payments of one resource.
const DETAILS_MAX: usize = 10_000;

/// One payment of a remittance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemittanceDetail {
    /// The settlement.
    pub settlement: SettlementId,
    /// For which claim.
    pub claim: ClaimId,
    /// Which way the money went.
    pub direction: Direction,
    /// How much.
    pub amount: Money,
    /// Value date.
    pub value_day: Day,
    /// Salted hash of the bank's reference.
    pub bank_ref: Hash32,
}

/// Payments of one insurer in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remittance {
    /// The insurer.
    pub issuer: OrgId,
    /// When it was written.
    pub created: Millis,
    /// The payments, at least one.
    pub details: Vec<RemittanceDetail>,
}

impl Remittance {
    /// The payments of settlements.
    ///
    /// # Errors
    /// E711 for settlements of another payer or that the bank has not paid, E713 for none; E701 for two currencies.
    pub fn of(issuer: OrgId, created: Millis, settlements: &[Settlement]) -> Result<Self, FhirError> {
        let mut details = Vec::new();
        for (index, settlement) in settlements.iter().enumerate() {
            let refuse = |problem| FhirError::unsupported(format!("PaymentReconciliation.detail[{index}]"), problem);
            if settlement.payer != issuer {
                return Err(refuse("of another payer"));
            }
            let paid = settlement.paid.ok_or_else(|| refuse("nothing was paid"))?;
            details.push(RemittanceDetail {
                settlement: settlement.id,
                claim: settlement.claim,
                direction: settlement.direction,
                amount: paid.amount,
                value_day: paid.value_day,
                bank_ref: paid.bank_ref,
            });
        }
        let remittance = Self { issuer, created, details };
        remittance.total()?;
        Ok(remittance)
    }

    /// What was paid on balance, and whether more came back than went out.
    ///
    /// # Errors
    /// E713 without a payment, E701 for two currencies, E703 for a sum that is larger than the ledger counts.
    pub fn total(&self) -> Result<(Money, bool), FhirError> {
        let path = |index: usize| format!("PaymentReconciliation.detail[{index}].amount");
        let first = self.details.first();
        let first = first.ok_or_else(|| FhirError::missing("PaymentReconciliation.detail", "no payment"))?;
        let ccy = first.amount.ccy;
        let mut sum = 0_i128;
        for (index, detail) in self.details.iter().enumerate() {
            if detail.amount.ccy != ccy {
                let problem = "payments in two currencies have no sum; write one resource for each".to_owned();
                return Err(FhirError { code: ErrorCode::Currency, path: path(index), problem });
            }
            let minor = i128::from(detail.amount.minor);
            sum += if detail.direction == Direction::Clawback { -minor } else { minor };
        }
        let minor = u64::try_from(sum.unsigned_abs()).map_err(|_| FhirError {
            code: ErrorCode::AmountOverflow,
            path: "PaymentReconciliation.paymentAmount".to_owned(),
            problem: "larger than the ledger counts".to_owned(),
        })?;
        Ok((Money::new(ccy, minor), sum < 0))
    }
}

/// Writes payments as an R4 PaymentReconciliation (JSON); what came back is negative and of type `adjustment`.
///
/// # Errors
/// Those of [`Remittance::total`], and E711 for days and instants that FHIR cannot write.
pub fn remittance_to_fhir(remittance: &Remittance, mapping: &Mapping) -> Result<String, FhirError> {
    let (total, negative) = remittance.total()?;
    let last = remittance.details.iter().map(|detail| detail.value_day).max().unwrap_or_default();
    let write = |(index, detail): (usize, &RemittanceDetail)| {
        let back = detail.direction == Direction::Clawback;
        Ok(Detail {
            extension: vec![own("bank-reference", text_value(detail.bank_ref))],
            identifier: Identifier { system: SETTLEMENT.to_owned(), value: detail.settlement.to_string() },
            kind: OpenConcept::new(PAYMENT_TYPE, if back { "adjustment" } else { "payment" }),
            request: reference_to(CLAIM, detail.claim),
            date: day_text(detail.value_day, &format!("PaymentReconciliation.detail[{index}].date"))?,
            amount: Amount::signed(detail.amount, back),
        })
    };
    let resource = PaymentReconciliation {
        id: None,
        status: "active".to_owned(),
        period: None,
        created: instant(remittance.created, "PaymentReconciliation.created")?,
        issuer: mapping.reference_to_organization(remittance.issuer),
        outcome: "complete".to_owned(),
        date: day_text(last, "PaymentReconciliation.paymentDate")?,
        amount: Amount::signed(total, negative),
        detail: remittance.details.iter().enumerate().map(write).collect::<Result<_, FhirError>>()?,
    };
    write_resource(&resource, "PaymentReconciliation")
}

/// Reads a PaymentReconciliation, of this crate or of a bank's system whose payments and claims the mapping lists.
///
/// # Errors
/// E711 for what payments on the ledger cannot say, such as advances; E704 where the details do not add up to the
/// payment; E712, E713 and E701 to E703 as everywhere; each with the element's path.
pub fn remittance_from_fhir(json: &str, mapping: &Mapping) -> Result<Remittance, FhirError> {
    let resource: PaymentReconciliation = read_resource(json, "PaymentReconciliation")?;
    if resource.status != "active" || resource.outcome != "complete" {
        return Err(FhirError::unsupported(
            "PaymentReconciliation.outcome",
            "only complete payments are on the ledger",
        ));
    }
    if resource.detail.len() > DETAILS_MAX {
        let problem = format!("more than {DETAILS_MAX} payments");
        return Err(FhirError::unsupported("PaymentReconciliation.detail", problem));
    }
    let details = resource
        .detail
        .iter()
        .enumerate()
        .map(|(index, detail)| read_detail(detail, &format!("PaymentReconciliation.detail[{index}]"), mapping));
    let remittance = Remittance {
        issuer: organization(&resource.issuer, "PaymentReconciliation.paymentIssuer", mapping)?,
        created: read_instant(&resource.created, mapping.offset_minutes(), "PaymentReconciliation.created")?,
        details: details.collect::<Result<_, _>>()?,
    };
    let path = "PaymentReconciliation.paymentAmount";
    if remittance.total()? != resource.amount.read_signed(path)? {
        let problem = "not the sum of the details".to_owned();
        return Err(FhirError { code: ErrorCode::Unbalanced, path: path.to_owned(), problem });
    }
    let last = remittance.details.iter().map(|detail| detail.value_day).max();
    if last != Some(read_day(&resource.date, "PaymentReconciliation.paymentDate")?) {
        return Err(FhirError::unsupported("PaymentReconciliation.paymentDate", "not the last value date"));
    }
    Ok(remittance)
}

fn read_detail(detail: &Detail, path: &str, mapping: &Mapping) -> Result<RemittanceDetail, FhirError> {
    let kind = format!("{path}.type");
    let direction = match detail.kind.code(PAYMENT_TYPE, &kind)? {
        "payment" => Direction::Pay,
        "adjustment" => Direction::Clawback,
        _ => return Err(FhirError::unsupported(kind, "the ledger knows payments and clawbacks")),
    };
    let (amount, negative) = detail.amount.read_signed(&format!("{path}.amount"))?;
    if negative != (direction == Direction::Clawback) && !amount.is_zero() {
        let problem = "a payment is positive, an adjustment negative";
        return Err(FhirError::unsupported(format!("{path}.amount.value"), problem));
    }
    let identifier = Reference { reference: None, identifier: Some(detail.identifier.clone()) };
    let mut extensions = Extensions::of(&detail.extension, path);
    let bank_ref = hash(&extensions.required("bank-reference")?)?;
    extensions.finish()?;
    Ok(RemittanceDetail {
        settlement: SettlementId(mapping.object(&identifier, SETTLEMENT, &format!("{path}.identifier"))?),
        claim: ClaimId(mapping.object(&detail.request, CLAIM, &format!("{path}.request"))?),
        direction,
        amount,
        value_day: read_day(&detail.date, &format!("{path}.date"))?,
        bank_ref,
    })
}
