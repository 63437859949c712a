//! Payments as R4 PaymentNotices, and back.

use assent_types::action::Action;
use assent_types::claim::{Capacity, Claim, Payee};
use assent_types::ids::AssignmentId;
use assent_types::settlement::{BankPaid, Direction, PayeeAck, Settlement, SettlementStatus};
use assent_types::{ClaimId, Day, Hash32, Millis, Money, OrgId, SettlementId, Sp};

use super::payment_model::PaymentNotice;
use crate::codes::{CLAIM, PAYMENT_STATUS, SETTLEMENT};
use crate::datatypes::{
    Amount, OpenConcept, day_text, instant, read_day, read_instant, read_resource, reference_to, write_resource,
};
use crate::error::FhirError;
use crate::extensions::{Extensions, code, code_value, flag, hash, own, reference, text_value};
use crate::import::organization;
use crate::mapping::{Mapping, identified};
use crate::model::{ExtensionValue, Reference};

/// Namespace of assignments to advance payers.
pub(super) const ASSIGNMENT: &str = "https://assent.example/fhir/identifier/assignment";

/// A payment that the bank has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The settlement.
    pub settlement: SettlementId,
    /// For which claim.
    pub claim: ClaimId,
    /// Which way the money went.
    pub direction: Direction,
    /// The insurer.
    pub payer: OrgId,
    /// The provider of the claim's case.
    pub provider: OrgId,
    /// The subject of the claim's case.
    pub subject: Sp,
    /// The claim's payee.
    pub payee: Payee,
    /// The bank.
    pub bank: OrgId,
    /// How much was paid.
    pub amount: Money,
    /// Value date.
    pub value_day: Day,
    /// Salted hash of the bank's reference.
    pub bank_ref: Hash32,
    /// When the bank said so.
    pub at: Millis,
    /// Whether the payee has received it, or is deemed to.
    pub cleared: bool,
    /// Whether the payee's acknowledgement was deemed.
    pub deemed: bool,
    /// Whether the payee says that it was not paid.
    pub disputed: bool,
}

impl PaymentRecord {
    /// A payment of the ledger, with the claim that it is for.
    ///
    /// # Errors
    /// E711 for a settlement that the bank has not paid, and for the settlement of another claim.
    pub fn of(settlement: &Settlement, claim: &Claim) -> Result<Self, FhirError> {
        let paid = settlement.paid.ok_or_else(|| {
            FhirError::unsupported("PaymentNotice.paymentStatus", format!("nothing was paid: {}", settlement.status))
        })?;
        if settlement.claim != claim.id {
            return Err(FhirError::unsupported("PaymentNotice.request", "the settlement is for another claim"));
        }
        Ok(Self {
            settlement: settlement.id,
            claim: claim.id,
            direction: settlement.direction,
            payer: settlement.payer,
            provider: claim.provider,
            subject: claim.subject,
            payee: settlement.payee,
            bank: settlement.bank,
            amount: paid.amount,
            value_day: paid.value_day,
            bank_ref: paid.bank_ref,
            at: paid.at,
            cleared: settlement.status == SettlementStatus::Acked,
            deemed: settlement.deemed,
            disputed: settlement.status == SettlementStatus::PayeeDisputed,
        })
    }

    /// The act by which a notice comes to the ledger: `paid` says the bank (ST-05), `cleared` says the payee (ST-06).
    ///
    /// # Errors
    /// E711 for a dispute or a deemed acknowledgement, which no notice brings about.
    pub fn action(&self, capacity: Capacity) -> Result<Action, FhirError> {
        let settlement = self.settlement;
        if self.disputed || self.deemed {
            let problem = "a dispute, or an acknowledgement that is deemed, is not brought about by a notice";
            return Err(FhirError::unsupported("PaymentNotice.extension", problem));
        }
        Ok(if self.cleared {
            Action::PayeeAck(PayeeAck { settlement, capacity })
        } else {
            let (amount, value_day, bank_ref) = (self.amount, self.value_day, self.bank_ref);
            Action::BankPaid(BankPaid { settlement, amount, value_day, bank_ref })
        })
    }
}

/// Writes a payment as an R4 PaymentNotice (JSON) to the insurer, that [`payment_from_fhir`] reads back.
///
/// # Errors
/// E711 for days and instants that FHIR cannot write.
pub fn payment_to_fhir(payment: &PaymentRecord, mapping: &Mapping) -> Result<String, FhirError> {
    let org = |org| ExtensionValue::Reference(mapping.reference_to_organization(org));
    let patient = mapping.reference_to_subject(payment.subject, payment.payer);
    let mut extension = vec![
        own("direction", code_value(payment.direction.code())),
        own("provider", org(payment.provider)),
        own("subject", ExtensionValue::Reference(patient.clone())),
        own("bank", org(payment.bank)),
        own("bank-reference", text_value(payment.bank_ref)),
    ];
    let payee = match payment.payee {
        Payee::Provider => mapping.reference_to_organization(payment.provider),
        Payee::Subject { commit } => {
            extension.push(own("payee-account", text_value(commit)));
            patient
        }
        Payee::Advance { assignment } => reference_to(ASSIGNMENT, assignment),
    };
    let flags = [("deemed", payment.deemed), ("disputed", payment.disputed)];
    extension
        .extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| own(name, ExtensionValue::Boolean(true))));
    let resource = PaymentNotice {
        id: Some(payment.settlement.to_string()),
        extension,
        status: "active".to_owned(),
        request: reference_to(CLAIM, payment.claim),
        created: instant(payment.at, "PaymentNotice.created")?,
        payment: reference_to(SETTLEMENT, payment.settlement),
        date: day_text(payment.value_day, "PaymentNotice.paymentDate")?,
        payee,
        recipient: mapping.reference_to_organization(payment.payer),
        amount: Amount::of(payment.amount),
        payment_status: OpenConcept::new(PAYMENT_STATUS, if payment.cleared { "cleared" } else { "paid" }),
    };
    write_resource(&resource, "PaymentNotice")
}

/// Reads a PaymentNotice that a bank or payee has written in this form.
///
/// # Errors
/// E711 for what a payment on the ledger cannot say, E712 where the resource is not valid, E713 where an element, or an
/// entry of the mapping, is missing; E701 to E703 for amounts; each with the element's path.
pub fn payment_from_fhir(json: &str, mapping: &Mapping) -> Result<PaymentRecord, FhirError> {
    const ROOT: &str = "PaymentNotice";
    let resource: PaymentNotice = read_resource(json, ROOT)?;
    if resource.status != "active" {
        return Err(FhirError::unsupported("PaymentNotice.status", "a payment is taken back by a clawback"));
    }
    let mut extensions = Extensions::of(&resource.extension, ROOT);
    let mut org = |name: &str| {
        let found = extensions.required(name)?;
        organization(reference(&found)?, &found.0, mapping)
    };
    let (provider, bank) = (org("provider")?, org("bank")?);
    let payer = organization(&resource.recipient, "PaymentNotice.recipient", mapping)?;
    let subject = extensions.required("subject")?;
    let subject = mapping.patient(reference(&subject)?, payer, &subject.0)?;
    let direction = code(&extensions.required("direction")?)?;
    let bank_ref = hash(&extensions.required("bank-reference")?)?;
    let account = extensions.optional("payee-account")?.map(|found| hash(&found)).transpose()?;
    let mut set = |name: &str| extensions.optional(name)?.map_or(Ok(false), |found| flag(&found));
    let (deemed, disputed) = (set("deemed")?, set("disputed")?);
    extensions.finish()?;
    let cleared = match resource.payment_status.code(PAYMENT_STATUS, "PaymentNotice.paymentStatus")? {
        "paid" => false,
        "cleared" => true,
        _ => return Err(FhirError::unsupported("PaymentNotice.paymentStatus", "neither paid nor cleared")),
    };
    let parties = Parties { provider, subject, payer, account };
    Ok(PaymentRecord {
        settlement: SettlementId(mapping.object(&resource.payment, SETTLEMENT, "PaymentNotice.payment")?),
        claim: ClaimId(mapping.object(&resource.request, CLAIM, "PaymentNotice.request")?),
        direction,
        payer,
        provider,
        subject,
        payee: parties.payee(&resource.payee, mapping)?,
        bank,
        amount: resource.amount.read("PaymentNotice.amount")?,
        value_day: read_day(&resource.date, "PaymentNotice.paymentDate")?,
        bank_ref,
        at: read_instant(&resource.created, mapping.offset_minutes(), "PaymentNotice.created")?,
        cleared,
        deemed,
        disputed,
    })
}

struct Parties {
    provider: OrgId,
    subject: Sp,
    payer: OrgId,
    account: Option<Hash32>,
}

impl Parties {
    /// Who was paid: the subject exactly if an account of it is named.
    fn payee(&self, reference: &Reference, mapping: &Mapping) -> Result<Payee, FhirError> {
        let path = "PaymentNotice.payee";
        match self.account {
            Some(commit) if mapping.subject(reference, self.payer) == Some(self.subject) => {
                Ok(Payee::Subject { commit })
            }
            Some(_) => Err(FhirError::unsupported(path, "an account of the subject, but another payee")),
            None if mapping.organization(reference) == Some(self.provider) => Ok(Payee::Provider),
            None => identified(reference, ASSIGNMENT, path)
                .map(|assignment| Payee::Advance { assignment: AssignmentId(assignment) }),
        }
    }
}
