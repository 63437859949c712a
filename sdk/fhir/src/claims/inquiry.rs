//! Questions of an insurer for documents, as R4 CommunicationRequests, and back.

use assent_types::action::Action;
use assent_types::claim::{Claim, ClaimStatus, RequestInfo};
use assent_types::consent::{Categories, Category};
use assent_types::preauth::{PendPreauth, Preauth, PreauthStatus};
use assent_types::{ClaimId, Millis, OrgId, PreauthId, Sp};

use crate::codes::{CLAIM, PREAUTH};
use crate::datatypes::{instant, read_instant, read_resource, reference_to, write_resource};
use crate::element::elements;
use crate::error::FhirError;
use crate::extensions::{Extensions, code, code_value, own};
use crate::import::organization;
use crate::mapping::{Mapping, own_identifier};
use crate::model::{Extension, Reference};

const ROOT: &str = "CommunicationRequest";

elements! {
    /// One category of documents, in a code and as text.
    Payload {
        many extension: Vec<Extension> = "extension",
        optional text: Option<String> = "contentString",
    } ignores &["id"]
}

elements! {
    /// The resource. How it is sent does not change what is asked, and the ledger sets the time to answer.
    CommunicationRequest {
        optional id: Option<String> = "id",
        required status: String = "status",
        required subject: Reference = "subject",
        required about: Vec<Reference> = "about",
        required payload: Vec<Payload> = "payload",
        required authored: String = "authoredOn",
        required recipient: Vec<Reference> = "recipient",
        required sender: Reference = "sender",
    } ignores &["meta", "language", "text", "identifier", "category", "priority", "medium"]
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inquired {
    /// A claim.
    Claim(ClaimId),
    /// A preauthorisation.
    Preauth(PreauthId),
}

/// A question of an insurer for documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// What it is about.
    pub about: Inquired,
    /// When it was asked.
    pub created: Millis,
    /// Whose documents.
    pub subject: Sp,
    /// Who asks.
    pub insurer: OrgId,
    /// Who is asked.
    pub provider: OrgId,
    /// Categories of the documents.
    pub asked: Categories,
    /// Whether the answer is awaited.
    pub is_open: bool,
}

impl Inquiry {
    /// What was asked last about a claim, as of `created`; `None` if nothing was.
    pub fn of_claim(claim: &Claim, created: Millis) -> Option<Self> {
        (!claim.course.asked.is_empty()).then(|| Self {
            about: Inquired::Claim(claim.id),
            created,
            subject: claim.subject,
            insurer: claim.insurer,
            provider: claim.provider,
            asked: claim.course.asked,
            is_open: claim.status == ClaimStatus::InfoRequested,
        })
    }

    /// What was asked last about a preauthorisation, as of `created`; `None` if nothing was.
    pub fn of_preauth(preauth: &Preauth, created: Millis) -> Option<Self> {
        (!preauth.asked.is_empty()).then(|| Self {
            about: Inquired::Preauth(preauth.id),
            created,
            subject: preauth.subject,
            insurer: preauth.insurer,
            provider: preauth.provider,
            asked: preauth.asked,
            is_open: preauth.status == PreauthStatus::Pended,
        })
    }

    /// The act by which the question comes to the ledger (CL-06, PA-02).
    ///
    /// # Errors
    /// E711 for one that was answered.
    pub fn action(&self) -> Result<Action, FhirError> {
        let asked = self.asked;
        match self.about {
            _ if !self.is_open => Err(FhirError::unsupported("CommunicationRequest.status", "it was answered")),
            Inquired::Claim(claim) => Ok(Action::RequestInfo(RequestInfo { claim, categories: asked })),
            Inquired::Preauth(preauth) => Ok(Action::PendPreauth(PendPreauth { preauth, asked })),
        }
    }
}

/// Writes a question as an R4 CommunicationRequest (JSON) that [`inquiry_from_fhir`] reads back.
///
/// # Errors
/// E711 for instants that FHIR cannot write.
pub fn inquiry_to_fhir(inquiry: &Inquiry, mapping: &Mapping) -> Result<String, FhirError> {
    let payload = |category: Category| Payload {
        extension: vec![own("asked-category", code_value(category.code()))],
        text: Some(category.code().to_owned()),
    };
    let about = match inquiry.about {
        Inquired::Claim(claim) => reference_to(CLAIM, claim),
        Inquired::Preauth(preauth) => reference_to(PREAUTH, preauth),
    };
    let resource = CommunicationRequest {
        id: None,
        status: if inquiry.is_open { "active" } else { "completed" }.to_owned(),
        subject: mapping.reference_to_subject(inquiry.subject, inquiry.insurer),
        about: vec![about],
        payload: inquiry.asked.codes().map(payload).collect(),
        authored: instant(inquiry.created, "CommunicationRequest.authoredOn")?,
        recipient: vec![mapping.reference_to_organization(inquiry.provider)],
        sender: mapping.reference_to_organization(inquiry.insurer),
    };
    write_resource(&resource, ROOT)
}

/// Reads an R4 CommunicationRequest that [`inquiry_to_fhir`] or an insurer's system has written in this form.
///
/// # Errors
/// E711 for what a question on the ledger cannot say, such as one in words alone; E712 where the resource is not valid,
/// E713 where an element, or an entry of the mapping, is missing; each with the element's path.
pub fn inquiry_from_fhir(json: &str, mapping: &Mapping) -> Result<Inquiry, FhirError> {
    let resource: CommunicationRequest = read_resource(json, ROOT)?;
    let is_open = match resource.status.as_str() {
        "active" => true,
        "completed" => false,
        _ => return Err(FhirError::unsupported("CommunicationRequest.status", "a question is open or answered")),
    };
    let [about] = resource.about.as_slice() else {
        let problem = "a question is about one claim or preauthorisation";
        return Err(FhirError::unsupported("CommunicationRequest.about", problem));
    };
    let [provider] = resource.recipient.as_slice() else {
        return Err(FhirError::unsupported("CommunicationRequest.recipient", "the provider of the case is asked"));
    };
    let insurer = organization(&resource.sender, "CommunicationRequest.sender", mapping)?;
    let path = "CommunicationRequest.about[0]";
    let about = if own_identifier(about, PREAUTH).is_some() {
        Inquired::Preauth(PreauthId(mapping.object(about, PREAUTH, path)?))
    } else {
        Inquired::Claim(ClaimId(mapping.object(about, CLAIM, path)?))
    };
    Ok(Inquiry {
        about,
        created: read_instant(&resource.authored, mapping.offset_minutes(), "CommunicationRequest.authoredOn")?,
        subject: mapping.patient(&resource.subject, insurer, "CommunicationRequest.subject")?,
        insurer,
        provider: organization(provider, "CommunicationRequest.recipient[0]", mapping)?,
        asked: asked(&resource.payload)?,
        is_open,
    })
}

fn asked(payload: &[Payload]) -> Result<Categories, FhirError> {
    let mut asked = Categories::EMPTY;
    for (index, one) in payload.iter().enumerate() {
        let path = format!("CommunicationRequest.payload[{index}]");
        let mut extensions = Extensions::of(&one.extension, &path);
        let category: Category = code(&extensions.required("asked-category")?)?;
        extensions.finish()?;
        if one.text.as_ref().is_some_and(|text| text != category.code()) {
            let problem = "the ledger asks by category; what is said in words would be lost";
            return Err(FhirError::unsupported(format!("{path}.contentString"), problem));
        }
        if asked.has(category) {
            return Err(FhirError::invalid(path, "given twice"));
        }
        asked = asked.with(category);
    }
    Ok(asked)
}
