//! Claims and the bills that they carry.

use std::collections::BTreeSet;

use assent_types::consent::Category;
use assent_types::{Day, ErrorCode, OrgId};

use super::amount::{money, optional_money, overflow};
use super::context::{Context, Subject, month_of};
use super::model::{
    Amount, Attachment, Bill, Claim, ClaimUse, Code, DocumentKind, Line, PatientRef, Private, ServiceDate,
};
use super::parties::reference_to;
use super::reference::{Resolved, Target};
use super::scenario::{Scenario, UnpricedLines};
use super::view::View;
use crate::codes::EXTENSION_BASE;
use crate::error::FhirError;

/// Most lines of a Claim.
pub const LINES_MAX: usize = u16::MAX as usize;
/// Most documents that one claim may cite.
const ATTACHMENTS_MAX: usize = 64;

pub(super) fn claim<'a>(context: &mut Context<'a>, number: usize, view: &View<'a>) -> Result<(), FhirError> {
    view.refuse_modifiers()?;
    if view.required_text("status")? != "active" {
        return Err(view.unsupported("status", "only active claims are read"));
    }
    let use_code = match view.required_text("use")? {
        "claim" => ClaimUse::Claim,
        "preauthorization" => ClaimUse::Preauthorization,
        "predetermination" => ClaimUse::Predetermination,
        _ => return Err(view.invalid("use", "not claim, preauthorization or predetermination")),
    };
    let charges = Charges::read(view, context.scenario)?;
    let subject = context.patient(number, view, "patient")?;
    let whose = context.checked(number, &subject, view)?;
    let insurer = context.insurer(number, view)?;
    let provider = context.organization(number, view, "provider")?.and_then(|found| found.org);
    let provider = provider.or(context.scenario.provider);
    let provider = provider.ok_or_else(|| view.missing("provider", "the scenario has no number for it"))?;
    let plan = context.scenario.plan.clone();
    let plan = plan.ok_or_else(|| view.missing("insurance", "the scenario names no plan"))?;
    let service = context.service_period(view)?;
    let (billed, lines) = charges.balanced(view, context.scenario)?;
    let attachments = context.attachments(number, view, &subject)?;
    let bill = match use_code {
        ClaimUse::Claim => Some(context.bill(number, view, provider, billed, lines.clone(), service.0)?),
        _ => None,
    };
    let patient = context.listed(whose);
    let bill = bill.map(|bill| context.take_bill(bill, &patient, number));
    context.claims.insert(number, context.out.claims.len());
    context.out.claims.push(Claim {
        entry: number,
        use_code,
        patient,
        provider,
        insurer,
        plan,
        service,
        billed,
        lines,
        bill,
        attachments,
    });
    Ok(())
}

/// The amounts of a Claim as they stand in it.
struct Charges {
    lines: Vec<Charge>,
    total: Option<Amount>,
}

struct Charge {
    sequence: u32,
    codes: Vec<Code>,
    net: Option<Amount>,
    /// Whether the line is priced in another way than by its net amount.
    has_unit_price: bool,
}

impl Charges {
    fn read(view: &View<'_>, scenario: &Scenario) -> Result<Self, FhirError> {
        let total = optional_money(view, "total", scenario)?;
        let items = view.objects("item")?;
        if items.is_empty() {
            return Err(view.missing("item", "give at least one line"));
        }
        if items.len() > LINES_MAX {
            return Err(view.invalid("item", &format!("more than {LINES_MAX} lines")));
        }
        let mut currency = total.map(|total| total.currency);
        let mut sequences = BTreeSet::new();
        let mut lines = Vec::with_capacity(items.len());
        for item in items {
            item.refuse_modifiers()?;
            let sequence = item.number("sequence")?.and_then(|text| text.parse().ok()).filter(|number| *number > 0);
            let sequence = sequence.ok_or_else(|| item.invalid("sequence", "not a number from 1 on"))?;
            if !sequences.insert(sequence) {
                return Err(item.invalid("sequence", "another line has this number"));
            }
            let net = item.object("net")?;
            let amount = net.as_ref().map(|net| money(net, scenario)).transpose()?;
            if let Some((net, amount)) = net.as_ref().zip(amount)
                && *currency.get_or_insert(amount.currency) != amount.currency
            {
                let problem = "a claim has one currency".to_owned();
                return Err(FhirError { code: ErrorCode::Currency, path: net.at("currency"), problem });
            }
            let codes = item.codes("productOrService")?;
            lines.push(Charge { sequence, codes, net: amount, has_unit_price: item.has("unitPrice") });
        }
        Ok(Self { lines, total })
    }

    /// The total, and lines that add up to it.
    fn balanced(self, view: &View<'_>, scenario: &Scenario) -> Result<(Amount, Vec<Line>), FhirError> {
        let unbalanced = |problem: &str| FhirError {
            code: ErrorCode::Unbalanced,
            path: view.at("total"),
            problem: problem.to_owned(),
        };
        let nets = self.lines.iter().filter_map(|line| line.net);
        let currency = self.total.or_else(|| nets.clone().next()).map(|amount| amount.currency);
        let priced = nets.clone().try_fold(0_u64, |sum, net| sum.checked_add(net.minor));
        let priced = priced.ok_or_else(|| overflow(view.at("total")))?;
        let is_unpriced = |line: &Charge| line.net.is_none();
        let mut rest = 0;
        if let Some(index) = self.lines.iter().position(is_unpriced) {
            let by_unit = self.lines.iter().position(|line| line.net.is_none() && line.has_unit_price);
            if by_unit.is_some() || scenario.unpriced_lines != Some(UnpricedLines::FirstCarriesRest) {
                let element = format!("item[{}].net", by_unit.unwrap_or(index));
                return Err(view.missing(&element, "give the amount of the line"));
            }
            let total = self.total.ok_or_else(|| view.missing("total", "lines without an amount need a total"))?;
            rest = total.minor.checked_sub(priced).ok_or_else(|| unbalanced("less than its lines"))?;
        }
        let total = self.total.map_or(priced, |total| total.minor);
        if priced.checked_add(rest) != Some(total) {
            return Err(unbalanced("not the sum of its lines"));
        }
        if total == 0 {
            return Err(view.unsupported("total", "a bill of nothing"));
        }
        let currency = currency.ok_or_else(|| view.missing("total", "give the amount"))?;
        let mut rest = Some(rest);
        let lines = self.lines.into_iter().map(|line| {
            let minor = line.net.map_or_else(|| rest.take().unwrap_or(0), |net| net.minor);
            Line { sequence: line.sequence, codes: line.codes, minor }
        });
        Ok((Amount { currency, minor: total }, lines.collect()))
    }
}

/// A bill and its document, before they are taken over.
pub(super) enum NewBill {
    /// The same bill stands on an earlier claim.
    Known(usize),
    New {
        issuer: OrgId,
        id: String,
        total: Amount,
        lines: Vec<Line>,
        draft: super::documents::Draft,
    },
}

impl<'a> Context<'a> {
    /// The insurer that a resource names, else the scenario's.
    pub(super) fn insurer(&self, number: usize, view: &View<'a>) -> Result<OrgId, FhirError> {
        let found = match self.organization(number, view, "insurer")? {
            Some(found) => found.org.ok_or("the scenario has no number for it"),
            None => self.scenario.insurer.ok_or("neither the resource nor the scenario names one"),
        };
        found.map_err(|problem| view.missing("insurer", problem))
    }

    /// First and last day: of the Claim, else over its lines. The day of its creation is no day of service.
    fn service_period(&self, view: &View<'_>) -> Result<(Day, Day), FhirError> {
        let mut days = Vec::new();
        if let Some(period) = view.object("billablePeriod")? {
            self.period_days(&period, &mut days)?;
        } else {
            for item in view.objects("item")? {
                if let Some(text) = item.text("servicedDate")? {
                    days.push(self.service_day(text, &item.at("servicedDate"))?);
                } else if let Some(period) = item.object("servicedPeriod")? {
                    self.period_days(&period, &mut days)?;
                }
            }
        }
        let bounds = days.iter().min().zip(days.iter().max());
        let (first, last) = bounds.ok_or_else(|| view.missing("billablePeriod", "say when the service was given"))?;
        Ok((*first, *last))
    }

    fn period_days(&self, period: &View<'_>, days: &mut Vec<Day>) -> Result<(), FhirError> {
        let day = |name: &str| self.service_day(period.required_text(name)?, &period.at(name));
        let (start, end) = (day("start")?, day("end")?);
        if end < start {
            return Err(period.invalid("end", "before the start"));
        }
        days.extend([start, end]);
        Ok(())
    }

    /// The reports and documents among the supporting information. Other resources are no evidence that is anchored.
    ///
    /// # Security
    /// A document of somebody else would be disclosed to the insurer, so it is refused.
    fn attachments(&self, number: usize, view: &View<'a>, subject: &Subject<'a>) -> Result<Vec<Attachment>, FhirError> {
        let mut attachments = Vec::new();
        for info in view.objects("supportingInfo")? {
            let Some(reference) = info.object("valueReference")? else { continue };
            if !reference.has("reference") && !reference.has("identifier") {
                continue;
            }
            let is_evidence = |kind: Option<&str>| matches!(kind, Some("DiagnosticReport" | "DocumentReference"));
            let found = match self.entries.resolve(number, &reference)? {
                Resolved::Inside(Target::Entry(cited)) => match self.evidence.document_of(cited) {
                    Some(position) if !self.is_of(position, subject) => {
                        return Err(FhirError::invalid(reference.path(), "a document of another subject"));
                    }
                    Some(position) => Some(Attachment::Listed(position)),
                    None if is_evidence(self.entries.entry(cited).map(|entry| entry.kind)) => {
                        return Err(FhirError::invalid(reference.path(), "the document was refused"));
                    }
                    None => None,
                },
                Resolved::Outside(outside) if is_evidence(outside.kind.as_deref()) => {
                    Some(Attachment::Outside(Private::new(outside.key().to_owned())))
                }
                _ => None,
            };
            attachments.extend(found.filter(|found| !attachments.contains(found)));
            if attachments.len() > ATTACHMENTS_MAX {
                return Err(view.unsupported("supportingInfo", "more than 64 documents"));
            }
        }
        Ok(attachments)
    }

    fn is_of(&self, document: usize, subject: &Subject<'a>) -> bool {
        let whose = self.out.documents.get(document).map(|document| &document.patient);
        matches!((whose, subject), (Some(whose), Subject::Known(known)) if whose == known)
    }

    fn bill(
        &mut self,
        number: usize,
        view: &View<'a>,
        issuer: OrgId,
        total: Amount,
        lines: Vec<Line>,
        first: Day,
    ) -> Result<NewBill, FhirError> {
        let id = self.bill_id(number, view)?;
        if let Some(position) = self.bills.get(&(issuer, id.clone())) {
            let known = self.out.bills.get(*position);
            if known.is_some_and(|known| known.total == total && known.lines == lines) {
                return Ok(NewBill::Known(*position));
            }
            return Err(view.invalid("identifier", "another bill of this provider has this number"));
        }
        let service = ServiceDate { month: month_of(first), day: Some(first) };
        let codes = view.codes("type")?;
        let draft = self.draft(number, DocumentKind::Bill, service, codes, Category::Ebill, &[number])?;
        Ok(NewBill::New { issuer, id, total, lines, draft })
    }

    /// The issuer's number of the bill: the same on every claim that cites the bill.
    fn bill_id(&self, number: usize, view: &View<'_>) -> Result<String, FhirError> {
        let url = format!("{EXTENSION_BASE}bill");
        let token = |identifier: &View<'_>| -> Result<String, FhirError> {
            let system = identifier.text("system")?.unwrap_or_default();
            Ok(format!("{system}|{}", identifier.required_text("value")?))
        };
        for extension in view.objects("extension")? {
            if extension.text("url")? == Some(&url) {
                let identifier = extension.object("valueIdentifier")?;
                return token(
                    &identifier.ok_or_else(|| extension.missing("valueIdentifier", "give the bill's number"))?,
                );
            }
        }
        match view.objects("identifier")?.as_slice() {
            [] => {
                reference_to(self.entries, number).ok_or_else(|| view.missing("identifier", "give the bill's number"))
            }
            [identifier] => token(identifier),
            _ => Err(view.unsupported("identifier", "several; name the bill's number with the extension bill")),
        }
    }

    fn take_bill(&mut self, bill: NewBill, patient: &PatientRef, number: usize) -> usize {
        match bill {
            NewBill::Known(position) => position,
            NewBill::New { issuer, id, total, lines, draft } => {
                let document = self.add(draft.of(patient.clone()), &[number]);
                let position = self.out.bills.len();
                self.bills.insert((issuer, id.clone()), position);
                let id = Private::new(id);
                self.out.bills.push(Bill { issuer, id, patient: patient.clone(), total, lines, document });
                position
            }
        }
    }
}
