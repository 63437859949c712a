//! Explanations of benefit.

use assent_types::consent::Category;

use super::amount::{money, optional_money};
use super::context::{Context, Subject};
use super::model::{Amount, DocumentKind, Statement};
use super::reference::{Resolved, Target};
use super::view::View;
use crate::error::FhirError;

const ADJUDICATION: &str = "http://terminology.hl7.org/CodeSystem/adjudication";

pub(super) fn statement<'a>(context: &mut Context<'a>, number: usize, view: &View<'a>) -> Result<(), FhirError> {
    view.refuse_modifiers()?;
    if view.required_text("status")? != "active" {
        return Err(view.unsupported("status", "only active statements are read"));
    }
    let scenario = context.scenario;
    let payment = view.object("payment")?.map_or(Ok(None), |of| optional_money(&of, "amount", scenario))?;
    let mut totals: [(&str, Option<Amount>); 2] = [("submitted", None), ("benefit", None)];
    for total in view.objects("total")? {
        total.refuse_modifiers()?;
        let amount = total.object("amount")?.ok_or_else(|| total.missing("amount", "give the amount"))?;
        let amount = money(&amount, scenario)?;
        for code in total.codes("category")? {
            let known = totals.iter_mut().find(|(name, _)| *name == code.code);
            let Some((_, slot)) = known.filter(|_| code.system.is_empty() || code.system == ADJUDICATION) else {
                continue;
            };
            if slot.replace(amount).is_some() {
                return Err(total.unsupported("category", "two totals of one category"));
            }
        }
    }
    for item in view.objects("item")? {
        item.refuse_modifiers()?;
        optional_money(&item, "net", scenario)?;
    }
    let subject = context.patient(number, view, "patient")?;
    let whose = context.checked(number, &subject, view)?;
    let insurer = context.insurer(number, view)?;
    let service = date(context, view)?;
    let claim = context.answered(number, view, &subject)?;
    let codes = view.codes("type")?;
    let kind = DocumentKind::ExplanationOfBenefit;
    let draft = context.draft(number, kind, service, codes, Category::Eob, &[number])?;
    let patient = context.listed(whose);
    let document = context.add(draft.of(patient.clone()), &[number]);
    let [(_, submitted), (_, benefit)] = totals;
    let statement = Statement { entry: number, patient, insurer, claim, submitted, benefit, payment, document };
    context.out.statements.push(statement);
    Ok(())
}

/// When the service that it speaks of began; else when it was made.
fn date(context: &Context<'_>, view: &View<'_>) -> Result<super::model::ServiceDate, FhirError> {
    let period = view.object("billablePeriod")?;
    let start = period.as_ref().map_or(Ok(None), |period| period.text("start"))?;
    match start {
        Some(text) => context.service_date(text, &view.at("billablePeriod.start")),
        None => context.service_date(view.required_text("created")?, &view.at("created")),
    }
}

impl<'a> Context<'a> {
    /// The accepted claim that a statement answers, which is the same subject's.
    fn answered(&self, number: usize, view: &View<'a>, subject: &Subject<'a>) -> Result<Option<usize>, FhirError> {
        let Some(reference) = view.object("claim")? else { return Ok(None) };
        if !reference.has("reference") && !reference.has("identifier") {
            return Ok(None);
        }
        let Resolved::Inside(Target::Entry(entry)) = self.entries.resolve(number, &reference)? else { return Ok(None) };
        let Some(position) = self.claims.get(&entry).copied() else { return Ok(None) };
        let whose = self.out.claims.get(position).map(|claim| &claim.patient);
        match (whose, subject) {
            (Some(whose), Subject::Known(known)) if whose == known => Ok(Some(position)),
            _ => Err(view.invalid("claim", "a claim of another subject")),
        }
    }
}
