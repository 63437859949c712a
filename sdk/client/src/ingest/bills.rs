use assent_fhir::ingest::{Attachment, Bill, Ingest};
use assent_types::action::Action;
use assent_types::bill::RegisterBill;
use assent_types::error::ErrorCode;
use assent_types::state::{Record, StateKey};
use assent_types::{AnchorId, BillNullifier, Currency, Money, Sp};

use super::config::IngestError;
use super::report::Outcome;
use super::run::Ingestor;
use crate::claims::{BillNote, ClaimLine};

impl Ingestor<'_> {
    /// Registers a bill of the own organisation, once, and keeps what claims on it need.
    pub(super) async fn register(
        &self,
        ingest: &Ingest,
        position: usize,
        subject: Option<Sp>,
        anchors: &[Option<AnchorId>],
    ) -> Result<(BillNullifier, Money, Outcome), IngestError> {
        let bill = ingest.bills.get(position).ok_or(ErrorCode::Bill)?;
        if bill.issuer != self.config.org {
            return Err(ErrorCode::BillIssuer.into());
        }
        let ccy = Currency::from_code(bill.total.currency).ok_or(ErrorCode::Currency)?;
        let total = Money::new(ccy, bill.total.minor);
        let number = bill.id.expose().as_bytes();
        let nullifier = self.bill_key.nullifier(self.config.org, number);
        note(ingest, position, bill, total, subject, anchors).save(self.registry, nullifier)?;
        if self.is_bill(nullifier, total).await? {
            return Ok((nullifier, total, Outcome::Already));
        }
        let register = RegisterBill { nullifier, issuer: bill.issuer, total, attestation: None };
        self.execute(Action::RegisterBill(register)).await?;
        Ok((nullifier, total, Outcome::Done))
    }

    /// Whether the bill is registered; E619 with another total.
    async fn is_bill(&self, nullifier: BillNullifier, total: Money) -> Result<bool, IngestError> {
        let key = StateKey::Bill(nullifier, self.config.org);
        let state = self.client.get(&[key]).await?;
        match state.value(&key).flatten().map(|value| &value.record) {
            Some(Record::Bill(found)) if found.total == total => Ok(true),
            Some(_) => Err(ErrorCode::Nullifier.into()),
            None => Ok(false),
        }
    }
}

fn note(
    ingest: &Ingest,
    position: usize,
    bill: &Bill,
    total: Money,
    subject: Option<Sp>,
    anchors: &[Option<AnchorId>],
) -> BillNote {
    let anchor = |document: usize| anchors.get(document).copied().flatten();
    let claims = || ingest.claims.iter().filter(|claim| claim.bill == Some(position));
    let cited = claims().flat_map(|claim| claim.attachments.iter()).filter_map(|attachment| match attachment {
        Attachment::Listed(document) => anchor(*document),
        Attachment::Outside(_) => None,
    });
    let mut evidence: Vec<AnchorId> = cited.collect();
    evidence.sort();
    evidence.dedup();
    let first = claims().map(|claim| claim.service.0).min();
    let last = claims().map(|claim| claim.service.1).max();
    BillNote {
        number: bill.id.expose().as_bytes().to_vec(),
        subject,
        total,
        service: first.zip(last),
        lines: bill
            .lines
            .iter()
            .map(|line| ClaimLine {
                sequence: line.sequence,
                codes: line.codes.iter().map(|code| format!("{}|{}", code.system, code.code)).collect(),
                minor: line.minor,
            })
            .collect(),
        document: anchor(bill.document),
        evidence,
    }
}
