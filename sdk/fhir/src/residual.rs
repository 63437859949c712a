//! What a permit of the ledger lets an access token say (IHE ITI-71, Get Access Token), and back.
//!
//! The organisation's own authorisation server signs the token (RFC 9068) and adds issuer, audience and client; this is its
//! part of the claims: `ihe_iua` says who asks and for which purpose (IHE IUA), `ihe_pcf` names the consents and carries the
//! residual rules for the server of the documents (IHE PCF 1.1, 3.71.4.2.2.1.4). What neither has a claim for, the session,
//! the place of delivery and the obligations, stands beside them under `assent`.
//!
//! A permit of the ledger is for the documents or data that were asked for and nothing else. So the residual first forbids
//! everything, then permits these.

use assent_types::access::{AccessRequest, Asked, Decision, Descriptor, UserRole};
use assent_types::consent::{Category, Obligation, Obligations, Purpose};
use assent_types::limits::{ANCHORS_MAX, DESCRIPTORS_MAX};
use assent_types::place::Place;
use assent_types::session::{Session, SessionStatus};
use assent_types::{AnchorId, ConsentId, Hash32, List, Millis, OrgId, SessionId, Set, Sp};

use crate::codes::{
    ACT_REASON, ANCHOR, BASE, CATEGORY, CONFIDENTIALITY, POLICY_BASE, PSEUDONYM, USER_ROLE, confidentiality_of,
    grade_of, place_of, place_text,
};
use crate::datatypes::{month_text, read_json, read_month, reference_to};
use crate::element::elements;
use crate::error::FhirError;
use crate::mapping::{Mapping, identified};
use crate::model::{Coding, Data, Period, Reference};

const ROOT: &str = "claims";
const IUA: &str = "claims.extensions.ihe_iua";
const PCF: &str = "claims.extensions.ihe_pcf";
const OWN: &str = "claims.extensions.assent";

elements! {
    /// A rule that is left to who serves the data.
    ResidualRule {
        required effect: String = "type",
        many security_label: Vec<Coding> = "securityLabel",
        optional data_period: Option<Period> = "dataPeriod",
        many data: Vec<Data> = "data",
    } ignores &[]
}

elements! {
    /// Who asks, and for what. Names do not change what is permitted.
    IuaClaims {
        required organization: String = "subject_organization_id",
        required role: Vec<Coding> = "subject_role",
        required purpose: Vec<Coding> = "purpose_of_use",
    } ignores &["subject_name", "subject_organization", "home_community_id", "national_provider_identifier", "person_id"]
}

elements! {
    /// On which consents, and what is left to be enforced.
    PcfClaims {
        required patient: String = "patient_id",
        required consent: Vec<String> = "doc_id",
        many policy: Vec<String> = "acp",
        required residual: Vec<ResidualRule> = "residual",
    } ignores &[]
}

elements! {
    /// What the ledger knows beside.
    OwnClaims {
        optional session: Option<String> = "session",
        required controller: String = "controller",
        required deliver_to: String = "deliver_to",
        many obligation: Vec<String> = "obligations",
    } ignores &[]
}

elements! {
    /// Claims under `extensions`.
    ClaimExtensions {
        required iua: IuaClaims = "ihe_iua",
        required pcf: PcfClaims = "ihe_pcf",
        required own: OwnClaims = "assent",
    } ignores &[]
}

elements! {
    /// The claims of this module; those of the authorisation server itself are its own affair.
    ClaimsSet {
        required exp: u64 = "exp",
        required extensions: ClaimExtensions = "extensions",
    } ignores &["iss", "sub", "aud", "nbf", "iat", "jti", "client_id", "scope"]
}

/// What is released, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// These document versions.
    Documents(Set<AnchorId, ANCHORS_MAX>),
    /// Data of these descriptions: category, grade and month of service. All are delivered to the one place of the claims.
    Data(List<Descriptor, DESCRIPTORS_MAX>),
}

/// A permit, as the claims of an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Until when the decision may be relied on, in seconds since 1970: the token's `exp` (RFC 7519), at most.
    pub expires_s: u64,
    /// Who asks.
    pub requester: OrgId,
    /// The person's role.
    pub user_role: UserRole,
    /// For which purpose.
    pub purpose: Purpose,
    /// Whose data, under the pseudonym for the controller.
    pub subject: Sp,
    /// Who controls it.
    pub controller: OrgId,
    /// The consents that cover it, at least one, none twice.
    pub consents: Vec<ConsentId>,
    /// Hashes of the policies under which they were given, as far as they are known.
    pub policies: Vec<Hash32>,
    /// What is released.
    pub released: Released,
    /// Where it may be delivered.
    pub deliver_to: Place,
    /// Obligations that come with it.
    pub obligations: Obligations,
    /// The session under which documents are released.
    pub session: Option<SessionId>,
}

impl AccessClaims {
    /// What a permitted session releases at an instant.
    ///
    /// # Errors
    /// E711 for a session that is over or was cancelled, and for one whose decision may no longer be relied on; those of
    /// [`Self::of_decision`].
    pub fn of_session(session: &Session, at: Millis) -> Result<Self, FhirError> {
        use SessionStatus::{BtgPermitted, KeyReleased, Permitted, Served};
        let claims = Self::of_decision(&session.request, &session.decision)?;
        if !matches!(session.effective_status(at), Permitted | BtgPermitted | KeyReleased | Served) {
            return Err(FhirError::unsupported(ROOT, "the session is over; no token is issued"));
        }
        let serve_until = session.serve_until.map_or(u64::MAX, |until| until.0);
        let expires_s = claims.expires_s.min(serve_until / 1000);
        if expires_s <= at.0 / 1000 {
            let problem = "the decision may no longer be relied on; ask for access again";
            return Err(FhirError::unsupported(format!("{ROOT}.exp"), problem));
        }
        Ok(Self { expires_s, subject: session.subject, session: Some(session.id), ..claims })
    }

    /// What a permit releases.
    ///
    /// # Errors
    /// E711 for a denial, for broken glass, which rests on no consent, and for data that is delivered to several places.
    pub fn of_decision(request: &AccessRequest, decision: &Decision) -> Result<Self, FhirError> {
        if !decision.permit {
            return Err(FhirError::unsupported(ROOT, "access is denied; no token is issued"));
        }
        if decision.btg {
            let problem = "broken glass rests on no consent that the token could name";
            return Err(FhirError::unsupported(format!("{PCF}.doc_id"), problem));
        }
        let (released, deliver_to) = match &request.asked {
            Asked::Documents { anchors, deliver_to, .. } => (Released::Documents(anchors.clone()), *deliver_to),
            Asked::Data(data) => (Released::Data(data.clone()), one_place(data)?),
        };
        let mut consents: Vec<ConsentId> = Vec::new();
        for consent in &decision.basis {
            if !consents.contains(consent) {
                consents.push(*consent);
            }
        }
        Ok(Self {
            expires_s: decision.valid_until.0 / 1000,
            requester: request.requester,
            user_role: request.user_role,
            purpose: request.purpose,
            subject: request.subject,
            controller: request.controller,
            consents,
            policies: Vec::new(),
            released,
            deliver_to,
            obligations: decision.obligations,
            session: None,
        })
    }

    /// Whether a document version is released.
    pub fn releases(&self, anchor: &AnchorId) -> bool {
        matches!(&self.released, Released::Documents(anchors) if anchors.contains(anchor))
    }
}

/// Where all of the data is delivered.
fn one_place(data: &[Descriptor]) -> Result<Place, FhirError> {
    let place = data.first().map(|first| first.deliver_to);
    let place = place.ok_or_else(|| FhirError::missing(format!("{PCF}.residual"), "nothing is asked for"))?;
    if data.iter().any(|other| other.deliver_to != place) {
        let problem = "data for several places needs a token for each";
        return Err(FhirError::unsupported(format!("{OWN}.deliver_to"), problem));
    }
    Ok(place)
}

/// Writes the claims (JSON) that [`claims_from_token`] reads back.
///
/// # Errors
/// E711 for grades and months that FHIR cannot write, E713 for claims that release nothing or name no consent.
pub fn claims_to_token(claims: &AccessClaims, mapping: &Mapping) -> Result<String, FhirError> {
    if claims.consents.is_empty() {
        return Err(FhirError::missing(format!("{PCF}.doc_id"), "name the consent that covers it"));
    }
    let set = ClaimsSet {
        exp: claims.expires_s,
        extensions: ClaimExtensions {
            iua: IuaClaims {
                organization: mapping.reference_to_organization(claims.requester).iri(),
                role: vec![Coding::new(USER_ROLE, claims.user_role.code())],
                purpose: vec![Coding::new(ACT_REASON, claims.purpose.code())],
            },
            pcf: PcfClaims {
                patient: patient_id(claims.subject, claims.controller, mapping),
                consent: claims.consents.iter().map(|consent| format!("{BASE}Consent/{consent}")).collect(),
                policy: claims.policies.iter().map(|policy| format!("{POLICY_BASE}{policy}")).collect(),
                residual: residual(&claims.released)?,
            },
            own: OwnClaims {
                session: claims.session.map(|session| session.to_string()),
                controller: mapping.reference_to_organization(claims.controller).iri(),
                deliver_to: place_text(&claims.deliver_to),
                obligation: claims.obligations.codes().map(|obligation| obligation.code().to_owned()).collect(),
            },
        },
    };
    serde_json::to_string(&set).map_err(|error| FhirError::invalid(ROOT, error.to_string()))
}

/// The rules: everything is forbidden, then what is released is permitted.
fn residual(released: &Released) -> Result<Vec<ResidualRule>, FhirError> {
    let permit = |security_label, data_period, data| ResidualRule {
        effect: "permit".to_owned(),
        security_label,
        data_period,
        data,
    };
    let permitted: Vec<ResidualRule> = match released {
        Released::Documents(anchors) if !anchors.is_empty() => {
            let instance =
                |anchor: &AnchorId| Data { meaning: "instance".to_owned(), reference: reference_to(ANCHOR, anchor) };
            vec![permit(Vec::new(), None, anchors.iter().map(instance).collect())]
        }
        Released::Data(data) if !data.is_empty() => data
            .iter()
            .map(|one| {
                let path = format!("{PCF}.residual.securityLabel");
                let grade = confidentiality_of(one.grade);
                let grade = grade.ok_or_else(|| FhirError::unsupported(path, "a grade that is not 1 to 5"))?;
                let labels = vec![Coding::new(CATEGORY, one.category.code()), Coding::new(CONFIDENTIALITY, grade)];
                let month = month_text(one.service_month, &format!("{PCF}.residual.dataPeriod"))?;
                Ok(permit(labels, Some(Period { start: Some(month.clone()), end: Some(month) }), Vec::new()))
            })
            .collect::<Result<_, FhirError>>()?,
        _ => return Err(FhirError::missing(format!("{PCF}.residual"), "nothing is released")),
    };
    let forbid = ResidualRule { effect: "forbid".to_owned(), ..permit(Vec::new(), None, Vec::new()) };
    Ok(std::iter::once(forbid).chain(permitted).collect())
}

fn organization_of(iri: &str, path: &str, mapping: &Mapping) -> Result<OrgId, FhirError> {
    let found = mapping.organization(&Reference::of_iri(iri));
    found.ok_or_else(|| FhirError::missing(path, "no organisation of the ledger; add it to the mapping"))
}

/// A patient as a URL, or an identifier with its assigning authority in CX syntax (HL7 v2).
fn patient_id(subject: Sp, controller: OrgId, mapping: &Mapping) -> String {
    let url = mapping.reference_to_subject(subject, controller).reference;
    url.unwrap_or_else(|| format!("{subject}^^^&{PSEUDONYM}&URI"))
}

fn subject_of(text: &str, controller: OrgId, mapping: &Mapping) -> Result<Sp, FhirError> {
    let identifier = text.split_once("^^^&").and_then(|(value, rest)| Some((value, rest.strip_suffix("&URI")?)));
    let reference = match identifier {
        Some((value, system)) => Reference::identifier(system, value.to_owned()),
        None => Reference { reference: Some(text.to_owned()), identifier: None },
    };
    mapping.patient(&reference, controller, &format!("{PCF}.patient_id"))
}

/// Reads the claims of an access token, of which the signature was verified, in this form.
///
/// # Errors
/// E711 for what a permit of the ledger cannot say, such as residual rules that only forbid; E712 where the claims are not
/// valid, E713 where one, or an entry of the mapping, is missing; each with its path.
pub fn claims_from_token(json: &str, mapping: &Mapping) -> Result<AccessClaims, FhirError> {
    let set: ClaimsSet = read_json(json, ROOT)?;
    let ClaimExtensions { iua, pcf, own } = set.extensions;
    let controller = organization_of(&own.controller, &format!("{OWN}.controller"), mapping)?;
    let place = place_of(&own.deliver_to);
    let place = place.ok_or_else(|| FhirError::invalid(format!("{OWN}.deliver_to"), "not a place"))?;
    let session = own.session.map(|id| id.parse().map(SessionId)).transpose();
    let session =
        session.map_err(|_| FhirError::invalid(format!("{OWN}.session"), "expected 64 hexadecimal digits"))?;
    Ok(AccessClaims {
        expires_s: set.exp,
        requester: organization_of(&iua.organization, &format!("{IUA}.subject_organization_id"), mapping)?,
        user_role: one_code(&iua.role, USER_ROLE, &format!("{IUA}.subject_role"))?,
        purpose: one_code(&iua.purpose, ACT_REASON, &format!("{IUA}.purpose_of_use"))?,
        subject: subject_of(&pcf.patient, controller, mapping)?,
        controller,
        consents: hashes(&pcf.consent, &format!("{BASE}Consent/"), "doc_id")?.into_iter().map(ConsentId).collect(),
        policies: hashes(&pcf.policy, POLICY_BASE, "acp")?,
        released: released(&pcf.residual, place)?,
        deliver_to: place,
        obligations: obligations(&own.obligation)?,
        session,
    })
}

/// The one code of a list, which is of this system.
fn one_code<T: std::str::FromStr>(codings: &[Coding], system: &str, path: &str) -> Result<T, FhirError> {
    let [coding] = codings else {
        return Err(FhirError::unsupported(path, "the ledger decides for one; ask for a token for each"));
    };
    let code = if coding.system == system { coding.code.parse().ok() } else { None };
    code.ok_or_else(|| {
        FhirError::unsupported(format!("{path}[0]"), format!("not a code of {system} that the ledger has"))
    })
}

/// The hashes at the ends of URLs, none twice.
fn hashes(urls: &[String], base: &str, element: &str) -> Result<Vec<Hash32>, FhirError> {
    let mut read = Vec::new();
    for (index, url) in urls.iter().enumerate() {
        let path = format!("{PCF}.{element}[{index}]");
        let hash = url.strip_prefix(base).and_then(|hash| hash.parse::<Hash32>().ok());
        let hash = hash.ok_or_else(|| FhirError::unsupported(path.as_str(), format!("expected {base} and a hash")))?;
        if read.contains(&hash) {
            return Err(FhirError::invalid(path, "given twice"));
        }
        read.push(hash);
    }
    Ok(read)
}

fn obligations(codes: &[String]) -> Result<Obligations, FhirError> {
    let mut read = Obligations::EMPTY;
    for (index, code) in codes.iter().enumerate() {
        let path = format!("{OWN}.obligations[{index}]");
        let obligation = Obligation::from_code(code);
        let obligation = obligation.ok_or_else(|| FhirError::unsupported(path.as_str(), "not one of the ledger"))?;
        if read.has(obligation) {
            return Err(FhirError::invalid(path, "given twice"));
        }
        read = read.with(obligation);
    }
    Ok(read)
}

/// What is released: the first rule forbids everything, each other one permits something.
fn released(rules: &[ResidualRule], place: Place) -> Result<Released, FhirError> {
    let path = |index: usize| format!("{PCF}.residual[{index}]");
    let is_bare =
        |rule: &ResidualRule| rule.security_label.is_empty() && rule.data_period.is_none() && rule.data.is_empty();
    let first = rules.split_first().filter(|(first, _)| first.effect == "forbid" && is_bare(first));
    let Some((_, permits)) = first else {
        return Err(FhirError::unsupported(path(0), "the ledger forbids everything first, then permits"));
    };
    if let Some(index) = permits.iter().position(|rule| rule.effect != "permit") {
        return Err(FhirError::unsupported(format!("{}.type", path(index + 1)), "expected permit"));
    }
    match permits {
        [] => Err(FhirError::missing(path(1), "nothing is released")),
        [one] if !one.data.is_empty() => documents(one).map(Released::Documents),
        several => {
            let data = several.iter().enumerate();
            let data = data.map(|(index, rule)| descriptor(rule, place, &path(index + 1)));
            let data = List::new(data.collect::<Result<_, _>>()?);
            data.map(Released::Data)
                .map_err(|error| FhirError::unsupported(format!("{PCF}.residual"), error.to_string()))
        }
    }
}

fn documents(rule: &ResidualRule) -> Result<Set<AnchorId, ANCHORS_MAX>, FhirError> {
    let path = format!("{PCF}.residual[1]");
    if !rule.security_label.is_empty() || rule.data_period.is_some() {
        return Err(FhirError::unsupported(path, "documents are released one by one, whatever their labels and dates"));
    }
    let mut anchors = Vec::new();
    for (index, data) in rule.data.iter().enumerate() {
        let path = format!("{path}.data[{index}]");
        if data.meaning != "instance" {
            return Err(FhirError::unsupported(format!("{path}.meaning"), "only what is named itself is released"));
        }
        let anchor = AnchorId(identified(&data.reference, ANCHOR, &format!("{path}.reference"))?);
        if anchors.contains(&anchor) {
            return Err(FhirError::invalid(path, "given twice"));
        }
        anchors.push(anchor);
    }
    Set::new(anchors).map_err(|error| FhirError::unsupported(path, error.to_string()))
}

fn descriptor(rule: &ResidualRule, deliver_to: Place, path: &str) -> Result<Descriptor, FhirError> {
    if !rule.data.is_empty() {
        return Err(FhirError::unsupported(format!("{path}.data"), "documents need a token of their own"));
    }
    let labels = format!("{path}.securityLabel");
    let [category, confidentiality] = rule.security_label.as_slice() else {
        return Err(FhirError::unsupported(labels, "expected a category, then a confidentiality"));
    };
    let code = Category::from_code(&category.code).filter(|_| category.system == CATEGORY);
    let grade = grade_of(&confidentiality.code).filter(|_| confidentiality.system == CONFIDENTIALITY);
    let period = format!("{path}.dataPeriod");
    let month = match &rule.data_period {
        Some(Period { start: Some(start), end: Some(end) }) => (read_month(start, &period)?, read_month(end, &period)?),
        _ => return Err(FhirError::missing(period, "name the month of service, as both ends")),
    };
    if month.0 != month.1 {
        return Err(FhirError::unsupported(period, "the ledger decides for one month; write a rule for each"));
    }
    Ok(Descriptor {
        category: code.ok_or_else(|| FhirError::unsupported(format!("{labels}[0]"), "not a category of the ledger"))?,
        grade: grade.ok_or_else(|| FhirError::unsupported(format!("{labels}[1]"), "not a confidentiality"))?,
        service_month: month.0,
        deliver_to,
    })
}
