//! The governed matrices as FHIR R5 Permissions, and back: what roles may ask for which purpose, and what persons may see.
//!
//! Each matrix is a Permission of its own that denies unless a rule of it permits, and access needs a permit of both: put
//! together into one they would permit what either does. A rule of theirs is never enough either. Every one carries the
//! refrain NODSCLCD (HL7 ActCode: no disclosure without a consent directive) as a limit, beside the accreditations that the
//! role needs for the purpose. By which place these are needed, and which separate consents a jurisdiction asks for, FHIR
//! has no element for; that stands in extensions of the resource.

use assent_types::access::UserRole;
use assent_types::consent::{Categories, Category, Purpose, SeparateConsents};
use assent_types::org::{AccreditationKind, Role};
use assent_types::state::{AccreditationRule, MinimisationRule, Params, SeparateConsentRule, UserCategoryRule};
use assent_types::{List, Millis};

use crate::codes::{
    ACCREDITATION, ACT_CODE, ACT_REASON, CATEGORY, CONFIDENTIALITY, ROLE, USER_ROLE, confidentiality_of, grade_of,
};
use crate::datatypes::{OpenCoding, OpenConcept, instant, read_instant, read_resource, reference_to, write_resource};
use crate::element::elements;
use crate::error::FhirError;
use crate::extensions::{Extensions, Found, code, code_value, own, own_parts, part, text_code};
use crate::json::RESOURCE_BYTES_MAX;
use crate::mapping::{Mapping, own_identifier};
use crate::model::{Coding, Concept, Extension, Reference};

const ROOT: &str = "Permission";
/// The refrain of every rule.
const NO_DISCLOSURE_WITHOUT_CONSENT: &str = "NODSCLCD";

elements! {
    /// Data of one category, up to a grade: all of these labels.
    RuleData {
        required security: Vec<Coding> = "security",
    } ignores &["id", "extension"]
}

elements! {
    /// Who may act, and for which purpose.
    Activity {
        required actor: Vec<Reference> = "actor",
        many purpose: Vec<Concept> = "purpose",
    } ignores &["id", "extension"]
}

elements! {
    /// A rule.
    Rule {
        required effect: String = "type",
        required data: Vec<RuleData> = "data",
        required activity: Vec<Activity> = "activity",
        many limit: Vec<OpenConcept> = "limit",
    } ignores &["id", "extension"]
}

elements! {
    /// The resource. Who asserts it does not change what it says: it is governed by all.
    Permission {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required status: String = "status",
        required date: Vec<String> = "date",
        required combining: String = "combining",
        required rule: Vec<Rule> = "rule",
    } ignores &["meta", "language", "text", "asserter"]
}

/// A governed matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// What organisations may ask, by role and purpose.
    Requesters {
        /// The most that a role may ask for a purpose.
        minimisation: Vec<MinimisationRule>,
        /// Accreditations that a role needs for a purpose at a place.
        accreditations: Vec<AccreditationRule>,
        /// Separate consents by the controller's jurisdiction.
        separate_consents: Vec<SeparateConsentRule>,
    },
    /// What persons may see, by role.
    Persons(Vec<UserCategoryRule>),
}

/// A governed matrix as of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixRecord {
    /// When it held.
    pub as_of: Millis,
    /// What it says.
    pub matrix: Matrix,
}

impl MatrixRecord {
    /// The matrices of the ledger's parameters. Access needs a permit of every one.
    pub fn of(params: &Params, as_of: Millis) -> [Self; 2] {
        let requesters = Matrix::Requesters {
            minimisation: params.minimisation.to_vec(),
            accreditations: params.accreditations.to_vec(),
            separate_consents: params.separate_consents.to_vec(),
        };
        [requesters, Matrix::Persons(params.user_categories.to_vec())].map(|matrix| Self { as_of, matrix })
    }
}

/// Writes a governed matrix as an R5 Permission (JSON) that [`permission_from_fhir`] reads back.
///
/// # Errors
/// E713 for a rule without a category, which in FHIR would permit everything, or no rule; E711 for grades and instants that
/// FHIR cannot write, and for more than a resource may hold.
pub fn permission_to_fhir(record: &MatrixRecord) -> Result<String, FhirError> {
    let (id, extension, rule) = match &record.matrix {
        Matrix::Requesters { minimisation, accreditations, separate_consents } => {
            let rules = minimisation.iter().map(|rule| requester_rule(rule, accreditations));
            ("minimisation", conditions(accreditations, separate_consents), rules.collect::<Result<_, _>>()?)
        }
        Matrix::Persons(rules) => {
            let rules = rules.iter().map(person_rule);
            ("persons", Vec::new(), rules.collect::<Result<Vec<_>, _>>()?)
        }
    };
    if rule.is_empty() {
        return Err(FhirError::missing("Permission.rule", "the matrix permits nothing to anybody"));
    }
    let mut extensions = vec![own("matrix", code_value(id))];
    extensions.extend(extension);
    let resource = Permission {
        id: Some(id.to_owned()),
        extension: extensions,
        status: "active".to_owned(),
        date: vec![instant(record.as_of, "Permission.date[0]")?],
        combining: "deny-unless-permit".to_owned(),
        rule,
    };
    let text = write_resource(&resource, ROOT)?;
    if text.len() > RESOURCE_BYTES_MAX {
        return Err(FhirError::unsupported(ROOT, format!("larger than {RESOURCE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn requester_rule(rule: &MinimisationRule, accreditations: &[AccreditationRule]) -> Result<Rule, FhirError> {
    let confidentiality = confidentiality_of(rule.max_grade).ok_or_else(|| {
        FhirError::unsupported("Permission.rule.data.security", format!("grade {} is not 1 to 5", rule.max_grade))
    })?;
    let labels = [Coding::new(CONFIDENTIALITY, confidentiality)];
    Ok(Rule {
        effect: "permit".to_owned(),
        data: data(rule.categories, &labels)?,
        activity: vec![Activity {
            actor: vec![reference_to(ROLE, rule.role)],
            purpose: vec![Concept::new(ACT_REASON, rule.purpose.code())],
        }],
        limit: limits(rule.role, rule.purpose, accreditations),
    })
}

fn person_rule(rule: &UserCategoryRule) -> Result<Rule, FhirError> {
    Ok(Rule {
        effect: "permit".to_owned(),
        data: data(rule.categories, &[])?,
        activity: vec![Activity { actor: vec![reference_to(USER_ROLE, rule.user_role)], purpose: Vec::new() }],
        limit: vec![refrain()],
    })
}

/// One entry for each category: the labels of an entry hold together.
fn data(categories: Categories, labels: &[Coding]) -> Result<Vec<RuleData>, FhirError> {
    if categories.is_empty() {
        let problem = "a rule without data would permit all; leave the rule out";
        return Err(FhirError::missing("Permission.rule.data", problem));
    }
    let entry = |category: Category| {
        let category = std::iter::once(Coding::new(CATEGORY, category.code()));
        RuleData { security: category.chain(labels.iter().cloned()).collect() }
    };
    Ok(categories.codes().map(entry).collect())
}

fn refrain() -> OpenConcept {
    OpenConcept::new(ACT_CODE, NO_DISCLOSURE_WITHOUT_CONSENT)
}

/// The limits of a rule: the refrain, and for each rule of accreditation those of which one is needed.
fn limits(role: Role, purpose: Purpose, accreditations: &[AccreditationRule]) -> Vec<OpenConcept> {
    let own = accreditations.iter().filter(|rule| rule.role == role && rule.purpose == purpose);
    let coding =
        |kind: &AccreditationKind| OpenCoding { system: Some(ACCREDITATION.to_owned()), code: kind.code().to_owned() };
    let needed = own.map(|rule| OpenConcept { coding: rule.any_of.iter().map(coding).collect() });
    std::iter::once(refrain()).chain(needed).collect()
}

fn conditions(accreditations: &[AccreditationRule], separate: &[SeparateConsentRule]) -> Vec<Extension> {
    let accreditations = accreditations.iter().map(|rule| {
        let mut parts = vec![
            part("role", code_value(rule.role.code())),
            part("purpose", code_value(rule.purpose.code())),
            part("jurisdiction", code_value(rule.jurisdiction.code())),
        ];
        parts.extend(rule.any_of.iter().map(|kind| part("any-of", code_value(kind.code()))));
        own_parts("accreditation", parts)
    });
    let separate = separate.iter().map(|rule| {
        let mut parts = vec![part("jurisdiction", code_value(rule.jurisdiction.code()))];
        for (name, consents) in [("always", rule.always), ("provision", rule.provision), ("outside", rule.outside)] {
            parts.extend(consents.codes().map(|consent| part(name, code_value(consent.code()))));
        }
        own_parts("separate-consents", parts)
    });
    accreditations.chain(separate).collect()
}

/// Reads an R5 Permission that [`permission_to_fhir`] has written, or another system in this form.
///
/// # Errors
/// E711 for what a matrix of the ledger cannot say, such as rules that deny or other limits; E712 where the resource is not
/// valid, E713 where an element is missing; each with the element's path.
pub fn permission_from_fhir(json: &str, mapping: &Mapping) -> Result<MatrixRecord, FhirError> {
    let resource: Permission = read_resource(json, ROOT)?;
    let unsupported = |element: &str, problem: &str| Err(FhirError::unsupported(format!("{ROOT}.{element}"), problem));
    if resource.status != "active" {
        return unsupported("status", "a matrix of the ledger is in force");
    }
    if resource.combining != "deny-unless-permit" {
        return unsupported("combining", "the ledger denies unless a rule permits");
    }
    let [date] = resource.date.as_slice() else {
        return unsupported("date[1]", "name one instant at which it holds");
    };
    let as_of = read_instant(date, mapping.offset_minutes(), "Permission.date[0]")?;
    let mut extensions = Extensions::of(&resource.extension, ROOT);
    let kind = extensions.required("matrix")?;
    let matrix = match text_code(&kind)? {
        "minimisation" => requesters(&resource.rule, &mut extensions)?,
        "persons" => Matrix::Persons(persons(&resource.rule)?),
        _ => return Err(FhirError::invalid(kind.0, "neither minimisation nor persons")),
    };
    extensions.finish()?;
    Ok(MatrixRecord { as_of, matrix })
}

fn requesters(rules: &[Rule], extensions: &mut Extensions<'_>) -> Result<Matrix, FhirError> {
    let accreditations = extensions.many("accreditation").iter().map(accreditation).collect::<Result<Vec<_>, _>>()?;
    let separate_consents = extensions.many("separate-consents").iter().map(separate).collect::<Result<_, _>>()?;
    let mut minimisation: Vec<MinimisationRule> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("{ROOT}.rule[{index}]");
        let (actor, purposes) = activity(rule, &path)?;
        let role: Role = named(actor, ROLE, &path)?;
        let [purpose] = purposes else {
            let problem = "a rule of the ledger is for one purpose";
            return Err(FhirError::unsupported(format!("{path}.activity[0].purpose"), problem));
        };
        let purpose = purpose.coding();
        let purpose = Purpose::from_code(&purpose.code).filter(|_| purpose.system == ACT_REASON).ok_or_else(|| {
            FhirError::unsupported(format!("{path}.activity[0].purpose[0]"), "not a PurposeOfUse of the ledger")
        })?;
        if minimisation.iter().any(|other| (other.role, other.purpose) == (role, purpose)) {
            return Err(FhirError::invalid(path, "a second rule for this role and purpose"));
        }
        let (categories, max_grade) = labelled(&rule.data, &path)?;
        let max_grade = max_grade.ok_or_else(|| {
            FhirError::missing(format!("{path}.data[0].security"), "name the highest confidentiality")
        })?;
        limited(rule, &limits(role, purpose, &accreditations), &path)?;
        minimisation.push(MinimisationRule { role, purpose, categories, max_grade });
    }
    Ok(Matrix::Requesters { minimisation, accreditations, separate_consents })
}

fn persons(rules: &[Rule]) -> Result<Vec<UserCategoryRule>, FhirError> {
    let mut read: Vec<UserCategoryRule> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("{ROOT}.rule[{index}]");
        let (actor, purposes) = activity(rule, &path)?;
        let user_role: UserRole = named(actor, USER_ROLE, &path)?;
        if !purposes.is_empty() {
            let problem = "what a person may see does not depend on the purpose";
            return Err(FhirError::unsupported(format!("{path}.activity[0].purpose"), problem));
        }
        if read.iter().any(|other| other.user_role == user_role) {
            return Err(FhirError::invalid(path, "a second rule for this role"));
        }
        let (categories, max_grade) = labelled(&rule.data, &path)?;
        if max_grade.is_some() {
            let problem = "what a person may see does not depend on the grade";
            return Err(FhirError::unsupported(format!("{path}.data[0].security"), problem));
        }
        limited(rule, &[refrain()], &path)?;
        read.push(UserCategoryRule { user_role, categories });
    }
    Ok(read)
}

/// The one actor of a rule that permits, and the purposes.
fn activity<'a>(rule: &'a Rule, path: &str) -> Result<(&'a Reference, &'a [Concept]), FhirError> {
    if rule.effect != "permit" {
        return Err(FhirError::unsupported(format!("{path}.type"), "a matrix of the ledger only permits"));
    }
    let [activity] = rule.activity.as_slice() else {
        return Err(FhirError::unsupported(format!("{path}.activity"), "a rule of the ledger has one activity"));
    };
    let [actor] = activity.actor.as_slice() else {
        return Err(FhirError::unsupported(
            format!("{path}.activity[0].actor"),
            "a rule of the ledger is for one role",
        ));
    };
    Ok((actor, &activity.purpose))
}

/// The role that an actor names.
fn named<T: std::str::FromStr>(actor: &Reference, system: &str, path: &str) -> Result<T, FhirError> {
    let path = format!("{path}.activity[0].actor[0]");
    let name = own_identifier(actor, system);
    let name = name.ok_or_else(|| FhirError::missing(path.as_str(), format!("expected an identifier of {system}")))?;
    name.parse().map_err(|_| FhirError::invalid(path, "not a role of the ledger"))
}

/// The categories of a rule, and the one confidentiality that all of its data has.
fn labelled(data: &[RuleData], path: &str) -> Result<(Categories, Option<u8>), FhirError> {
    let (mut categories, mut grade) = (Categories::EMPTY, None);
    for (index, entry) in data.iter().enumerate() {
        let path = format!("{path}.data[{index}].security");
        let (category, confidentiality) = match entry.security.as_slice() {
            [category] => (category, None),
            [category, confidentiality] => (category, Some(confidentiality)),
            _ => return Err(FhirError::unsupported(path, "expected a category, then a confidentiality")),
        };
        let of = Category::from_code(&category.code).filter(|_| category.system == CATEGORY);
        let of = of.ok_or_else(|| FhirError::unsupported(format!("{path}[0]"), "not a category of the ledger"))?;
        let confidentiality = confidentiality.map(|coding| {
            let grade = grade_of(&coding.code).filter(|_| coding.system == CONFIDENTIALITY);
            grade.ok_or_else(|| FhirError::unsupported(format!("{path}[1]"), "not a confidentiality"))
        });
        let confidentiality = confidentiality.transpose()?;
        if categories.has(of) {
            return Err(FhirError::invalid(path, "given twice"));
        }
        if index > 0 && confidentiality != grade {
            return Err(FhirError::unsupported(path, "a rule of the ledger has one grade for all its categories"));
        }
        (categories, grade) = (categories.with(of), confidentiality);
    }
    Ok((categories, grade))
}

/// Refuses limits that are not those of the ledger: a rule must not seem to permit more, or less, than it does.
fn limited(rule: &Rule, expected: &[OpenConcept], path: &str) -> Result<(), FhirError> {
    if rule.limit == expected {
        return Ok(());
    }
    let problem = "expected the refrain NODSCLCD, then the accreditations that the extensions ask for";
    Err(FhirError::unsupported(format!("{path}.limit"), problem))
}

fn accreditation(found: &Found<'_>) -> Result<AccreditationRule, FhirError> {
    let mut parts = Extensions::parts(found);
    let role = code(&parts.required("role")?)?;
    let purpose = code(&parts.required("purpose")?)?;
    let jurisdiction = code(&parts.required("jurisdiction")?)?;
    let any_of = parts.many("any-of").iter().map(code).collect::<Result<Vec<AccreditationKind>, _>>()?;
    parts.finish()?;
    if any_of.is_empty() {
        return Err(FhirError::missing(found.0.as_str(), "the part any-of is required"));
    }
    let any_of = List::new(any_of).map_err(|error| FhirError::unsupported(found.0.as_str(), error.to_string()))?;
    Ok(AccreditationRule { role, purpose, jurisdiction, any_of })
}

fn separate(found: &Found<'_>) -> Result<SeparateConsentRule, FhirError> {
    let mut parts = Extensions::parts(found);
    let jurisdiction = code(&parts.required("jurisdiction")?)?;
    let mut consents = |name: &str| {
        parts.many(name).iter().try_fold(SeparateConsents::EMPTY, |all, part| {
            let consent = code(part)?;
            if all.has(consent) {
                Err(FhirError::invalid(part.0.as_str(), "given twice"))
            } else {
                Ok(all.with(consent))
            }
        })
    };
    let (always, provision, outside) = (consents("always")?, consents("provision")?, consents("outside")?);
    parts.finish()?;
    Ok(SeparateConsentRule { jurisdiction, always, provision, outside })
}
