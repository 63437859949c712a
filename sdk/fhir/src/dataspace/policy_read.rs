//! From an ODRL policy to terms, by way of the elements of an R4 Consent.

use super::policy_model::{
    ACTION, CATEGORY, Constraint, DOCUMENT, Duty, FhirParts, OBLIGATION, OdrlPolicy, RuleElement, SECURITY_LABEL,
    SERVICE_DATE, Texts, coding_of,
};
use crate::codes::{ACT_CODE, BASE, CONSENT_KIND, CONSENT_SCOPE, PARTICIPATION};
use crate::datatypes::read_json;
use crate::error::FhirError;
use crate::extensions::{code_value, own, text_value};
use crate::import::{ConsentDraft, from_resource};
use crate::mapping::Mapping;
use crate::model::{
    Actor, Coding, Concept, Data, Extension, ExtensionValue, Period, Policy, Provision, Reference, Resource,
};

const ROOT: &str = "policy";

/// Reads an ODRL Offer, as a proposal, or Agreement, as a grant. Whatever a policy of another system leaves out is taken
/// from the defaults of the mapping, as for a Consent; its target is listed there as a patient's reference.
///
/// # Errors
/// E711 for what terms of the ledger cannot say, such as other constraints; E712 where the policy is not valid, E713 where
/// something, or an entry of the mapping, is missing; each with its path, in the policy where it has that element.
pub fn consent_from_odrl(json: &str, mapping: &Mapping) -> Result<ConsentDraft, FhirError> {
    let policy: OdrlPolicy = read_json(json, ROOT)?;
    from_resource(to_r4(policy)?, mapping).map_err(moved)
}

fn to_r4(policy: OdrlPolicy) -> Result<Resource, FhirError> {
    let unsupported = |element: &str, problem: &str| Err(FhirError::unsupported(format!("{ROOT}.{element}"), problem));
    let status = match policy.kind.as_str() {
        "Offer" => "proposed",
        "Agreement" => "active",
        _ => return unsupported("@type", "only an Offer or an Agreement is a consent"),
    };
    if policy.conflict.is_some_and(|conflict| conflict != "prohibit") {
        return unsupported("conflict", "on the ledger a prohibition beats every permission");
    }
    let (rule, path, permits) = match (policy.permission.as_slice(), policy.prohibition.as_slice()) {
        ([rule], []) => (rule, format!("{ROOT}.permission[0]"), true),
        ([], [rule]) => (rule, format!("{ROOT}.prohibition[0]"), false),
        _ => return unsupported("permission", "several rules are several consents; write a policy for each"),
    };
    if policy.fhir.as_ref().is_some_and(|literal| literal.kind != "@json") {
        return unsupported("fhir.@type", "expected a JSON literal");
    }
    let mut fhir =
        policy.fhir.map_or(FhirParts { consent: vec![], policy: vec![], provision: vec![] }, |literal| literal.value);
    fhir.consent.extend(duties(rule, permits, &path)?);
    let kind = policy.consent_kind.map(|kind| Concept::new(CONSENT_KIND, &kind));
    let research = kind.as_ref().is_some_and(|kind| kind.coding().code == "RESEARCH");
    Ok(Resource {
        resource_type: "Consent".to_owned(),
        id: policy.id.map(|id| id.strip_prefix(&format!("{BASE}Consent/")).map_or(id.clone(), str::to_owned)),
        extension: fhir.consent,
        status: status.to_owned(),
        scope: Concept::new(CONSENT_SCOPE, if research { "research" } else { "patient-privacy" }),
        category: vec![kind.unwrap_or_else(|| Concept::new(ACT_CODE, "IDSCL"))],
        patient: Reference::of_iri(&policy.target),
        date_time: policy.timestamp,
        performer: Vec::new(),
        organization: vec![Reference::of_iri(&policy.assigner)],
        policy: policy.policy.map(|uri| Policy { extension: fhir.policy, uri }).into_iter().collect(),
        policy_rule: None,
        provision: provision(rule, &policy.assignee, permits, fhir.provision, &path)?,
    })
}

/// What has to be done, as extensions of Consent.
fn duties(rule: &RuleElement, permits: bool, path: &str) -> Result<Vec<Extension>, FhirError> {
    if !permits && !rule.duty.is_empty() {
        return Err(FhirError::unsupported(format!("{path}.duty"), "a prohibition has no duties"));
    }
    let of = |(index, duty): (usize, &Duty)| {
        let path = format!("{path}.duty[{index}]");
        match (plain(&duty.action), duty.constraint.as_slice()) {
            ("delete", [after]) => retention(after, &format!("{path}.constraint[0]")),
            (action, []) => {
                let coding = coding_of(action, &format!("{path}.action"))?;
                match coding.system.as_str() {
                    ACT_CODE | OBLIGATION => Ok(own("obligation", code_value(&coding.code))),
                    _ => Err(FhirError::unsupported(format!("{path}.action"), "not an obligation of the ledger")),
                }
            }
            _ => Err(FhirError::unsupported(path, "only `delete` has a constraint, how much later")),
        }
    };
    rule.duty.iter().enumerate().map(of).collect()
}

fn retention(after: &Constraint, path: &str) -> Result<Extension, FhirError> {
    let days = match (plain(&after.left), plain(&after.operator), &after.right) {
        ("elapsedTime", "eq", Texts::One(duration)) => {
            let days = duration.strip_prefix('P').and_then(|rest| rest.strip_suffix('D'));
            days.filter(|days| days.bytes().all(|byte| byte.is_ascii_digit())).and_then(|days| days.parse().ok())
        }
        _ => None,
    };
    let days = days.ok_or_else(|| FhirError::unsupported(path, "expected elapsedTime eq a number of days, as P30D"))?;
    Ok(own("retention-days", ExtensionValue::Number(days)))
}

fn provision(
    rule: &RuleElement,
    assignee: &str,
    permits: bool,
    extension: Vec<Extension>,
    path: &str,
) -> Result<Provision, FhirError> {
    if plain(&rule.action) != "use" {
        let problem = "expected use; which actions it covers is a constraint of the ledger's profile";
        return Err(FhirError::unsupported(format!("{path}.action"), problem));
    }
    let recipient = Actor { role: Concept::new(PARTICIPATION, "IRCP"), reference: Reference::of_iri(assignee) };
    let effect = if permits { "permit" } else { "deny" };
    let mut read =
        Provision { extension, effect: Some(effect.to_owned()), actor: vec![recipient], ..Provision::default() };
    for (index, constraint) in rule.constraint.iter().enumerate() {
        let path = format!("{path}.constraint[{index}]");
        if rule.constraint[..index].iter().any(|other| same_operand(other, constraint)) {
            return Err(FhirError::unsupported(path, "given twice; write one constraint to any of several"));
        }
        constrain(&mut read, constraint, &path)?;
    }
    Ok(read)
}

/// A term of ODRL without its prefix, which JSON-LD lets writers leave out.
fn plain(term: &str) -> &str {
    term.strip_prefix("odrl:").unwrap_or(term)
}

/// Whether two constraints are on the same operand; a first and a last instant are two.
fn same_operand(one: &Constraint, other: &Constraint) -> bool {
    let bounds = |constraint: &Constraint| matches!(plain(&constraint.operator), "gteq" | "lteq");
    let differ = plain(&one.operator) != plain(&other.operator);
    plain(&one.left) == plain(&other.left) && !(differ && bounds(one) && bounds(other))
}

fn constrain(provision: &mut Provision, constraint: &Constraint, path: &str) -> Result<(), FhirError> {
    let codes = || values(constraint, path)?.iter().map(|iri| coding_of(iri, path)).collect::<Result<Vec<Coding>, _>>();
    match plain(&constraint.left) {
        "purpose" => provision.purpose = codes()?,
        ACTION => {
            provision.action = codes()?.iter().map(|coding| Concept::new(&coding.system, &coding.code)).collect();
        }
        CATEGORY => provision.class = codes()?,
        SECURITY_LABEL => provision.security_label = codes()?,
        DOCUMENT => {
            let instance = |iri: &String| Data { meaning: "instance".to_owned(), reference: Reference::of_iri(iri) };
            provision.data = values(constraint, path)?.iter().map(instance).collect();
        }
        "spatial" => {
            provision.extension.extend(values(constraint, path)?.iter().map(|place| own("place", text_value(place))));
        }
        "dateTime" => bound(&mut provision.period, constraint, path)?,
        SERVICE_DATE => bound(&mut provision.data_period, constraint, path)?,
        _ => return Err(FhirError::unsupported(format!("{path}.leftOperand"), "the ledger cannot express it")),
    }
    Ok(())
}

/// The values of which one has to be.
fn values<'a>(constraint: &'a Constraint, path: &str) -> Result<&'a [String], FhirError> {
    match (plain(&constraint.operator), &constraint.right) {
        ("isAnyOf", Texts::Many(many)) => Ok(many),
        ("eq" | "isAnyOf", Texts::One(one)) => Ok(std::slice::from_ref(one)),
        _ => Err(FhirError::unsupported(format!("{path}.operator"), "expected isAnyOf, or eq with one value")),
    }
}

/// Sets the first or the last instant of a period, both of which belong to it.
fn bound(period: &mut Option<Period>, constraint: &Constraint, path: &str) -> Result<(), FhirError> {
    let Texts::One(at) = &constraint.right else {
        return Err(FhirError::unsupported(format!("{path}.rightOperand"), "expected one date or instant"));
    };
    let period = period.get_or_insert(Period { start: None, end: None });
    let side = match plain(&constraint.operator) {
        "gteq" => &mut period.start,
        "lteq" => &mut period.end,
        _ => return Err(FhirError::unsupported(format!("{path}.operator"), "expected gteq or lteq")),
    };
    *side = Some(at.clone());
    Ok(())
}

/// An error of the Consent, at the part of the policy that stands for its element.
fn moved(error: FhirError) -> FhirError {
    const NAMES: [(&str, &str); 5] = [
        ("Consent.patient", "policy.target"),
        ("Consent.organization[0]", "policy.assigner"),
        ("Consent.policy[0]", "policy.policy"),
        ("Consent.policy", "policy.policy"),
        ("Consent.provision.actor[0].reference", "policy.assignee"),
    ];
    let renamed = NAMES.iter().find(|(from, _)| error.path == *from);
    FhirError { path: renamed.map_or_else(|| error.path.clone(), |(_, to)| (*to).to_owned()), ..error }
}
