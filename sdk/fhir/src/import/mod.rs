//! From a FHIR Consent to the ledger's terms.

mod axes;
mod extensions;

use assent_types::consent::{
    BreakGlass, Categories, ConsentKind, ConsentTerms, DataActions, Effect, LabelRule, Obligations, PolicyRef, Purpose,
    SeparateConsents,
};
use assent_types::place::PlaceSet;
use assent_types::{Hash32, Millis, OrgId, Sp};

use axes::Axes;
pub(crate) use axes::organization;
use extensions::RootExtensions;

use crate::codes::{
    ACT_CODE, ACT_REASON, CONFIDENTIALITY, CONSENT_KIND, CONSENT_SCOPE, PARTICIPATION, POLICY_BASE, grade_of,
    is_general_category,
};
use crate::date::interval;
use crate::element::Element as _;
use crate::error::FhirError;
use crate::extensions::Extensions;
use crate::json::{Bounds, DEPTH_MAX, Json, RESOURCE_BYTES_MAX};
use crate::mapping::{Defaults, Mapping};
use crate::model::{Actor, Coding, Concept, Provision, Reference, Resource};

/// What a Consent may take.
const BOUNDS: Bounds =
    Bounds { root: "Consent", bytes_max: RESOURCE_BYTES_MAX, depth_max: DEPTH_MAX, values_max: 100_000 };
/// Most exceptions of one resource.
const EXCEPTIONS_MAX: usize = 16;
/// Highest grade: what a dissent covers.
const GRADE_MAX: u8 = 5;

/// What the resource asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// `draft` or `proposed`: propose it to the subject.
    Propose,
    /// `active`: grant it.
    Grant,
}

/// Who gives the consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performer {
    /// The patient.
    Subject,
    /// Somebody else, by reference: a proxy needs a mandate, an organisation attests.
    Other(String),
}

/// What a resource says in the ledger's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentDraft {
    /// The resource's id, for logs and reports.
    pub id: Option<String>,
    /// Proposal or grant.
    pub intent: Intent,
    /// Who gives it, if the resource says so.
    pub performer: Option<Performer>,
    /// The consent itself.
    pub terms: ConsentTerms,
    /// Nested provisions, each a consent of its own with what it inherits. A deny among them is to be granted before
    /// the permit, so that at no time more is permitted than was said; as every dissent does, it also counts against
    /// other consents of the subject with this controller.
    pub exceptions: Vec<ConsentTerms>,
}

/// Reads a Consent resource.
///
/// Never panics: the text is bounded in size ([`crate::RESOURCE_BYTES_MAX`]) and depth ([`crate::DEPTH_MAX`]).
///
/// # Errors
/// E711 where the ledger cannot express an element, E712 where the resource is not valid, E713 where an element or a
/// mapping is missing; each with the element's path.
pub fn consent_from_fhir(json: &str, mapping: &Mapping) -> Result<ConsentDraft, FhirError> {
    from_resource(Resource::read(Json::parse(json, &BOUNDS)?, "Consent")?, mapping)
}

/// What a resource says, whichever version of FHIR it was written in.
pub(crate) fn from_resource(resource: Resource, mapping: &Mapping) -> Result<ConsentDraft, FhirError> {
    let intent = intent(&resource.status)?;
    if let Some(text) = &resource.date_time {
        interval(text, mapping.offset_minutes(), "Consent.dateTime")?;
    }
    let controller = controller(&resource, mapping)?;
    let subject = mapping.subject(&resource.patient, controller).ok_or_else(|| {
        let problem = format!("no pseudonym of {:?} with organisation {controller}; add it", resource.patient.key());
        FhirError::missing("Consent.patient", problem)
    })?;
    let extensions = RootExtensions::read(&resource.extension)?;
    let policy = policy(&resource, mapping)?;
    let defaults = if extensions.complete { Defaults::default() } else { policy.defaults.or(&mapping.defaults) };
    let kind = kind(&resource, &defaults)?;
    let frame = Frame { kind, subject, controller, policy: policy.reference, extensions, defaults, mapping };
    let (terms, exceptions) = frame.provisions(&resource.provision, policy.base)?;
    Ok(ConsentDraft { performer: performer(&resource)?, id: resource.id, intent, terms, exceptions })
}

fn intent(status: &str) -> Result<Intent, FhirError> {
    let refuse = |problem| Err(FhirError::unsupported("Consent.status", problem));
    match status {
        "draft" | "proposed" => Ok(Intent::Propose),
        "active" => Ok(Intent::Grant),
        "inactive" => refuse("an ended consent is not granted again; to end one, revoke it on the ledger"),
        "rejected" => refuse("a rejected consent is not granted; reject the proposal on the ledger"),
        "entered-in-error" => refuse("a consent entered in error is not granted"),
        _ => Err(FhirError::invalid("Consent.status", format!("{status:?} is no status of an R4 Consent"))),
    }
}

fn controller(resource: &Resource, mapping: &Mapping) -> Result<OrgId, FhirError> {
    if resource.organization.len() > 1 {
        let problem = "one consent speaks of one controller; write one resource for each";
        return Err(FhirError::unsupported("Consent.organization[1]", problem));
    }
    let first = resource.organization.first().ok_or_else(|| FhirError::missing("Consent.organization", "required"))?;
    organization(first, "Consent.organization[0]", mapping)
}

fn performer(resource: &Resource) -> Result<Option<Performer>, FhirError> {
    if resource.performer.len() > 1 {
        return Err(FhirError::unsupported("Consent.performer[1]", "one person gives a consent"));
    }
    let is_subject = |reference: &Reference| reference.key() == resource.patient.key();
    Ok(resource
        .performer
        .first()
        .map(|reference| if is_subject(reference) { Performer::Subject } else { Performer::Other(reference.key()) }))
}

fn kind(resource: &Resource, defaults: &Defaults) -> Result<ConsentKind, FhirError> {
    let mut kind = None;
    for (index, concept) in resource.category.iter().enumerate() {
        let path = format!("Consent.category[{index}]");
        let coding = concept.coding();
        if coding.system == CONSENT_KIND {
            let found = ConsentKind::from_code(&coding.code);
            let found =
                found.ok_or_else(|| FhirError::invalid(path.as_str(), format!("unknown kind {}", coding.code)))?;
            if kind.replace(found).is_some_and(|before| before != found) {
                return Err(FhirError::unsupported(path, "one consent has one kind"));
            }
        } else if !is_general_category(&coding.system, &coding.code) {
            let problem = format!("{} narrows the consent in a way that the ledger cannot express", coding.token());
            return Err(FhirError::unsupported(path, problem));
        }
    }
    let kind = kind.or(defaults.kind);
    let kind = kind.ok_or_else(|| FhirError::missing("Consent.category", format!("give a code of {CONSENT_KIND}")))?;
    let scope = resource.scope.coding();
    match (scope.system.as_str(), scope.code.as_str(), kind) {
        (CONSENT_SCOPE, "patient-privacy", _) | (CONSENT_SCOPE, "research", ConsentKind::Research) => Ok(kind),
        _ => Err(FhirError::unsupported("Consent.scope", format!("{} does not fit a {kind} consent", scope.token()))),
    }
}

/// What the policy says by itself, before any provision.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    /// Nothing that the ledger has to know.
    Silent,
    /// Everything is permitted but for exceptions.
    OptIn,
    /// Nothing is permitted but for exceptions; so it is on the ledger.
    OptOut,
}

struct Policy<'a> {
    reference: PolicyRef,
    defaults: &'a Defaults,
    base: Base,
}

fn policy<'a>(resource: &Resource, mapping: &'a Mapping) -> Result<Policy<'a>, FhirError> {
    const SILENT: &Defaults = &Defaults {
        kind: None,
        grantees: None,
        purposes: None,
        actions: None,
        categories: None,
        max_grade: None,
        places: None,
        separate: None,
        xborder: None,
        obligations: None,
        retention_days: None,
        evidence: None,
    };
    let rule = resource.policy_rule.as_ref().map(Concept::coding);
    let base = match rule.map(|rule| (rule.system.as_str(), rule.code.as_str())) {
        Some((ACT_CODE, "OPTIN")) => Base::OptIn,
        Some((ACT_CODE, "OPTOUT")) => Base::OptOut,
        _ => Base::Silent,
    };
    if resource.policy.len() > 1 || (resource.policy.len() == 1 && rule.is_some() && base == Base::Silent) {
        return Err(FhirError::unsupported("Consent.policy", "several policies; name the one that was agreed to"));
    }
    let (path, name) = match (resource.policy.first(), rule) {
        (Some(policy), _) => ("Consent.policy[0]", policy.uri.clone()),
        (None, Some(rule)) => ("Consent.policyRule", rule.token()),
        (None, None) => return Err(FhirError::missing("Consent.policy", "name the policy that was agreed to")),
    };
    let list = resource.policy.first().map_or(&[][..], |policy| &policy.extension);
    let mut extensions = Extensions::of(list, path);
    let notice = extensions.notice()?;
    extensions.finish()?;
    if let Some(entry) = mapping.policy(&name).filter(|entry| notice.is_none_or(|notice| notice == entry.policy.notice))
    {
        return Ok(Policy { reference: entry.policy, defaults: &entry.defaults, base });
    }
    let by_hash = name.strip_prefix(POLICY_BASE).and_then(|hash| hash.parse::<Hash32>().ok());
    match by_hash.zip(notice) {
        Some((policy, notice)) => Ok(Policy { reference: PolicyRef { policy, notice }, defaults: SILENT, base }),
        None => Err(FhirError::missing(path, format!("{name:?} is no policy of the mapping; add it"))),
    }
}

/// What all consents of one resource share.
struct Frame<'a> {
    kind: ConsentKind,
    subject: Sp,
    controller: OrgId,
    policy: PolicyRef,
    extensions: RootExtensions,
    defaults: Defaults,
    mapping: &'a Mapping,
}

impl Frame<'_> {
    /// The consent of the root provision and those of its exceptions.
    fn provisions(&self, root: &Provision, base: Base) -> Result<(ConsentTerms, Vec<ConsentTerms>), FhirError> {
        const PATH: &str = "Consent.provision";
        let Some(stated) = root.effect.as_deref() else { return self.untyped(root, base, PATH) };
        let stated = effect_of(stated, PATH)?;
        let axes = self.axes(root, stated, PATH)?;
        if root.provision.len() > EXCEPTIONS_MAX {
            return Err(FhirError::unsupported(PATH, format!("more than {EXCEPTIONS_MAX} exceptions")));
        }
        match (base, stated) {
            (Base::OptIn, Effect::Deny) => {
                if !root.provision.is_empty() {
                    return Err(FhirError::unsupported(format!("{PATH}.provision[0]"), "an exception to an exception"));
                }
                let permit = self.terms(Effect::Permit, Axes::default(), PATH, BreakGlass::Allow)?;
                let deny = self.terms(Effect::Deny, axes, PATH, BreakGlass::Allow)?;
                Ok((permit, vec![deny]))
            }
            (Base::OptIn, Effect::Permit) => {
                let problem = "a permit adds nothing to an opt-in; leave the opt-in out, or state what is denied";
                Err(FhirError::unsupported("Consent.policyRule", problem))
            }
            (Base::Silent | Base::OptOut, Effect::Permit) => self.permit(root, axes, PATH),
            (Base::Silent | Base::OptOut, Effect::Deny) => self.deny(root, axes, PATH),
        }
    }

    /// A root provision without a type. Only an opt-out without a condition is safe to read.
    fn untyped(
        &self,
        root: &Provision,
        base: Base,
        path: &str,
    ) -> Result<(ConsentTerms, Vec<ConsentTerms>), FhirError> {
        if base == Base::OptOut && root.provision.is_empty() {
            let axes = self.axes(root, Effect::Deny, path).ok().filter(Axes::is_unconditional);
            if let Some(axes) = axes {
                return self.deny(root, axes, path);
            }
        }
        let problem = "say permit or deny; whether an exception adds or withholds cannot be told from the policy";
        Err(FhirError::missing(format!("{path}.type"), problem))
    }

    fn axes(&self, provision: &Provision, effect: Effect, path: &str) -> Result<Axes, FhirError> {
        Axes::read(provision, effect, path, self.controller, self.mapping)
    }

    fn permit(&self, root: &Provision, axes: Axes, path: &str) -> Result<(ConsentTerms, Vec<ConsentTerms>), FhirError> {
        let mut exceptions = Vec::new();
        for (index, nested) in root.provision.iter().enumerate() {
            let path = format!("{path}.provision[{index}]");
            if !nested.provision.is_empty() {
                return Err(FhirError::unsupported(format!("{path}.provision"), "an exception to an exception"));
            }
            let effect = nested.effect.as_deref().ok_or_else(|| {
                FhirError::missing(format!("{path}.type"), "say whether the exception permits or denies")
            })?;
            let effect = effect_of(effect, &path)?;
            if effect == Effect::Deny && self.denies_nothing(nested, &axes) {
                continue;
            }
            let own = self.axes(&self.without_break_glass_groups(nested), effect, &path)?;
            if own.is_unconditional() && own.window.is_none() {
                return Err(FhirError::invalid(path, "an exception without a condition contradicts the whole consent"));
            }
            let mut inherited = axes.clone();
            if effect == Effect::Deny {
                // What a permit says about grades and labels does not narrow a dissent from part of it.
                (inherited.max_grade, inherited.labels) = (None, None);
            }
            exceptions.push(self.terms(effect, own.or(&inherited), &path, BreakGlass::Allow)?);
        }
        Ok((self.terms(Effect::Permit, axes, path, BreakGlass::Allow)?, exceptions))
    }

    /// Whether an exception takes away only grades above those that the permit reaches. It is no dissent: an exception
    /// narrows the consent that it stands in.
    fn denies_nothing(&self, nested: &Provision, permit: &Axes) -> bool {
        let Some(reached) = permit.max_grade.or(self.defaults.max_grade) else { return false };
        let bare = Provision { security_label: Vec::new(), ..nested.clone() };
        let nothing_else = Provision { effect: nested.effect.clone(), ..Provision::default() };
        let above = |label: &Coding| {
            label.system == CONFIDENTIALITY && grade_of(&label.code).is_some_and(|grade| grade > reached)
        };
        bare == nothing_else && !nested.security_label.is_empty() && nested.security_label.iter().all(above)
    }

    /// An exception for breaking the glass may name the group of those who may: the ledger's own rules say who that is.
    fn without_break_glass_groups(&self, nested: &Provision) -> Provision {
        let mut plain = nested.clone();
        if nested.purpose == [Coding::new(ACT_REASON, Purpose::Btg.code())] {
            let recipient = Concept::new(PARTICIPATION, "IRCP");
            let is_group = |actor: &Actor| {
                actor.role == recipient && self.mapping.break_glass_groups.contains(&actor.reference.key())
            };
            plain.actor.retain(|actor| !is_group(actor));
        }
        plain
    }

    /// A dissent. It overrides every permit, so the one exception that it can have is emergency access.
    fn deny(&self, root: &Provision, axes: Axes, path: &str) -> Result<(ConsentTerms, Vec<ConsentTerms>), FhirError> {
        let mut allows_break_glass = false;
        for (index, nested) in root.provision.iter().enumerate() {
            let path = format!("{path}.provision[{index}]");
            let plain = Provision { extension: Vec::new(), ..self.without_break_glass_groups(nested) };
            let break_glass = Provision {
                effect: Some("permit".to_owned()),
                purpose: vec![Coding::new(ACT_REASON, Purpose::Btg.code())],
                ..Provision::default()
            };
            if plain != break_glass {
                let problem = "a dissent overrides every permit; only purpose BTG by itself can be excepted";
                return Err(FhirError::unsupported(path, problem));
            }
            allows_break_glass = true;
        }
        if allows_break_glass && self.extensions.break_glass == Some(BreakGlass::Forbid) {
            let problem = "contradicts the extension break-glass";
            return Err(FhirError::unsupported(format!("{path}.provision[0]"), problem));
        }
        let mut terms = self.terms(Effect::Deny, axes, path, BreakGlass::Allow)?;
        let reaches_emergencies =
            [Purpose::Treat, Purpose::Etreat, Purpose::Btg].iter().any(|purpose| terms.purposes.contains(purpose));
        if self.extensions.break_glass.is_none() && reaches_emergencies && !allows_break_glass {
            terms.break_glass = BreakGlass::Forbid;
        }
        Ok((terms, Vec::new()))
    }

    fn terms(
        &self,
        effect: Effect,
        axes: Axes,
        path: &str,
        break_glass: BreakGlass,
    ) -> Result<ConsentTerms, FhirError> {
        let (defaults, extensions) = (&self.defaults, &self.extensions);
        let missing = |element: &str| {
            let problem = "the ledger asks for it, and neither the resource nor its policy gives it";
            FhirError::missing(format!("{path}.{element}"), problem)
        };
        let max_grade = match effect {
            Effect::Permit => axes.max_grade.or(defaults.max_grade),
            Effect::Deny => Some(axes.max_grade.unwrap_or(GRADE_MAX)),
        };
        let evidence = extensions.evidence.or(defaults.evidence);
        let places: Option<PlaceSet> = axes.places.or_else(|| defaults.places.clone());
        let (nbf, exp) = axes.window.unwrap_or((Millis(0), None));
        let actions: Option<DataActions> = axes.actions.or(defaults.actions);
        let categories: Option<Categories> = axes.categories.or(defaults.categories);
        Ok(ConsentTerms {
            kind: self.kind,
            effect,
            subject: self.subject,
            controller: self.controller,
            grantees: axes.grantees.or_else(|| defaults.grantees.clone()).ok_or_else(|| missing("actor"))?,
            purposes: axes.purposes.or_else(|| defaults.purposes.clone()).ok_or_else(|| missing("purpose"))?,
            actions: actions.ok_or_else(|| missing("action"))?,
            categories: categories.ok_or_else(|| missing("class"))?,
            max_grade: max_grade.ok_or_else(|| missing("securityLabel"))?,
            labels: axes.labels.unwrap_or(LabelRule::NoneRestricted),
            data_period: axes.data_period,
            instances: axes.instances,
            places: places.ok_or_else(|| missing("extension(place)"))?,
            xborder: extensions.xborder.clone().or_else(|| defaults.xborder.clone()),
            separate: extensions.separate.or(defaults.separate).unwrap_or(SeparateConsents::EMPTY),
            nbf,
            exp,
            limits: extensions.limits.unwrap_or_default(),
            redisclosure: extensions.redisclosure.unwrap_or(assent_types::consent::Redisclosure::None),
            obligations: extensions.obligations.or(defaults.obligations).unwrap_or(Obligations::EMPTY),
            retention_days: extensions.retention_days.or(defaults.retention_days),
            break_glass: extensions.break_glass.unwrap_or(break_glass),
            policy: self.policy,
            evidence: evidence.ok_or_else(|| {
                FhirError::missing("Consent.extension(evidence)", "give the salted hash of the signed source")
            })?,
        })
    }
}

fn effect_of(text: &str, path: &str) -> Result<Effect, FhirError> {
    let effect = Effect::from_code(text);
    effect.ok_or_else(|| FhirError::invalid(format!("{path}.type"), format!("{text:?} is neither permit nor deny")))
}
