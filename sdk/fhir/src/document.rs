//! Anchors as R4 DocumentReference and Provenance, and back.
//!
//! What an anchor says of a document is on the ledger: whose it is, who controls and made it, category, grade and month. Its
//! content, its clinical type and the day of service are under salted commitments, which stand in own extensions.
//!
//! | Status on the ledger | DocumentReference |
//! |---|---|
//! | Pending | `current`, `docStatus` preliminary |
//! | Active, Restricted, ErasurePending | `current`, `docStatus` final |
//! | Superseded | `superseded` |
//! | Retracted | `entered-in-error` |
//! | Tombstoned, Abandoned | none: E711, as there is no document any more |
//!
//! A version that replaces another `relatesTo` it. The Provenance names author and controller, and carries the author's
//! signature on the anchoring transaction where the caller has it.

use assent_types::consent::Category;
use assent_types::document::{Anchor, DocumentStatus};
use assent_types::key::Signature;
use assent_types::{AnchorId, Hash32, KeyId, Millis, Month, OrgId, Sp, TxHash};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::codes::{ANCHOR, CATEGORY, CONFIDENTIALITY, KEY, LINEAGE, TRANSACTION, confidentiality_of, grade_of};
use crate::datatypes::{
    expect_coding, instant, month_text, read_instant, read_month, read_resource, reference_to, write_resource,
};
use crate::element::elements;
use crate::error::FhirError;
use crate::extensions::{Extensions, code, code_value, hash, number, own, text_value};
use crate::import::organization;
use crate::mapping::{Mapping, identified};
use crate::model::{Coding, Concept, Extension, ExtensionValue, Identifier, Period, Reference};

const DOCUMENT: &str = "DocumentReference";
const PROVENANCE: &str = "Provenance";
const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
/// The author's signature (ASTM E1762).
const SIGNATURE_PURPOSE: (&str, &str) = ("urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.1");
/// Ed25519 over the transaction, raw.
const SIGNATURE_FORMAT: &str = "application/octet-stream";
/// Under this base an anchor's content is known to vaults; nobody serves it without a session.
const CONTENT_BASE: &str = "https://assent.example/fhir/document/";

elements! {
    /// What a document has to do with another one.
    RelatesTo {
        required code: String = "code",
        required target: Reference = "target",
    } ignores &["id", "extension"]
}

elements! {
    /// Where the content is.
    Attachment {
        required url: String = "url",
    } ignores &["id", "extension", "title", "contentType"]
}

elements! {
    /// One form of the content.
    Content {
        required attachment: Attachment = "attachment",
    } ignores &["id", "extension"]
}

elements! {
    /// When the service was given.
    DocumentContext {
        required period: Period = "period",
    } ignores &["id", "extension"]
}

elements! {
    /// The resource.
    DocumentReference {
        optional id: Option<String> = "id",
        many extension: Vec<Extension> = "extension",
        required master: Identifier = "masterIdentifier",
        required identifier: Vec<Identifier> = "identifier",
        required status: String = "status",
        optional doc_status: Option<String> = "docStatus",
        required category: Vec<Concept> = "category",
        required subject: Reference = "subject",
        required date: String = "date",
        required author: Vec<Reference> = "author",
        required custodian: Reference = "custodian",
        many relates_to: Vec<RelatesTo> = "relatesTo",
        required security_label: Vec<Concept> = "securityLabel",
        required content: Vec<Content> = "content",
        required context: DocumentContext = "context",
    } ignores &["meta", "language", "text"]
}

elements! {
    /// Who took part in making the document.
    ProvenanceAgent {
        required kind: Concept = "type",
        required who: Reference = "who",
    } ignores &["id", "extension"]
}

elements! {
    /// The transaction by which it was anchored.
    ProvenanceEntity {
        required role: String = "role",
        required what: Reference = "what",
    } ignores &["id", "extension"]
}

elements! {
    /// A signature.
    SignatureElement {
        required kind: Vec<Coding> = "type",
        required when: String = "when",
        required who: Reference = "who",
        required format: String = "sigFormat",
        required data: String = "data",
    } ignores &["id", "extension"]
}

elements! {
    /// The resource.
    ProvenanceResource {
        optional id: Option<String> = "id",
        required target: Vec<Reference> = "target",
        required recorded: String = "recorded",
        required agent: Vec<ProvenanceAgent> = "agent",
        many entity: Vec<ProvenanceEntity> = "entity",
        many signature: Vec<SignatureElement> = "signature",
    } ignores &["meta", "language", "text"]
}

/// What an anchor tells of its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRecord {
    /// This version.
    pub anchor: AnchorId,
    /// The first version's identifier.
    pub lineage: AnchorId,
    /// 1 for the first version.
    pub version: u32,
    /// The version before.
    pub prev: Option<AnchorId>,
    /// Status.
    pub status: DocumentStatus,
    /// Whose document.
    pub subject: Sp,
    /// Who controls it.
    pub controller: OrgId,
    /// Who made it.
    pub author: OrgId,
    /// Category.
    pub category: Category,
    /// Grade by which access is decided, 1 to 5.
    pub grade: u8,
    /// Month of service.
    pub service_month: Month,
    /// When it was anchored.
    pub anchored_at: Millis,
    /// Root over the shards of the content.
    pub object_root: Hash32,
    /// Salted commitment to the plaintext.
    pub content_commit: Hash32,
    /// Salted commitment to the manifest.
    pub manifest_commit: Hash32,
    /// Salted commitment to the day of service.
    pub day_commit: Hash32,
}

impl DocumentRecord {
    /// What an anchor tells, with the status that counts at an instant.
    pub fn of(anchor: &Anchor, at: Millis) -> Self {
        let body = &anchor.body;
        Self {
            anchor: anchor.id,
            lineage: anchor.lineage,
            version: body.version,
            prev: body.prev,
            status: anchor.effective_status(at),
            subject: body.subject,
            controller: body.controller,
            author: body.author,
            category: body.category,
            grade: body.grade.effective(),
            service_month: body.service_month,
            anchored_at: anchor.anchored_at,
            object_root: body.object_root,
            content_commit: body.content_commit,
            manifest_commit: body.manifest_commit,
            day_commit: body.day_commit,
        }
    }
}

/// FHIR's statuses of a document of the ledger.
fn statuses(status: DocumentStatus) -> Option<(&'static str, Option<&'static str>)> {
    match status {
        DocumentStatus::Pending => Some(("current", Some("preliminary"))),
        DocumentStatus::Active | DocumentStatus::Restricted | DocumentStatus::ErasurePending => {
            Some(("current", Some("final")))
        }
        DocumentStatus::Superseded => Some(("superseded", Some("final"))),
        DocumentStatus::Retracted => Some(("entered-in-error", Some("entered-in-error"))),
        DocumentStatus::Tombstoned | DocumentStatus::Abandoned => None,
    }
}

/// Writes a document as an R4 DocumentReference (JSON) that [`document_from_fhir`] reads back.
///
/// # Errors
/// E711 for a document that is no more, and for a grade, month or instant that FHIR cannot write.
pub fn document_to_fhir(document: &DocumentRecord, mapping: &Mapping) -> Result<String, FhirError> {
    let (status, doc_status) = statuses(document.status).ok_or_else(|| {
        FhirError::unsupported("DocumentReference.status", format!("{}: there is no document", document.status))
    })?;
    let confidentiality = confidentiality_of(document.grade).ok_or_else(|| {
        FhirError::unsupported("DocumentReference.securityLabel", format!("grade {} is not 1 to 5", document.grade))
    })?;
    let month = month_text(document.service_month, "DocumentReference.context.period")?;
    let identifier = |system: &str, id: AnchorId| Identifier { system: system.to_owned(), value: id.to_string() };
    let resource = DocumentReference {
        id: Some(document.anchor.to_string()),
        extension: vec![
            own("document-status", code_value(document.status.code())),
            own("version", ExtensionValue::Number(document.version)),
            own("object-root", text_value(document.object_root)),
            own("content-commitment", text_value(document.content_commit)),
            own("manifest-commitment", text_value(document.manifest_commit)),
            own("service-day-commitment", text_value(document.day_commit)),
        ],
        master: identifier(ANCHOR, document.anchor),
        identifier: vec![identifier(LINEAGE, document.lineage)],
        status: status.to_owned(),
        doc_status: doc_status.map(str::to_owned),
        category: vec![Concept::new(CATEGORY, document.category.code())],
        subject: mapping.reference_to_subject(document.subject, document.controller),
        date: instant(document.anchored_at, "DocumentReference.date")?,
        author: vec![mapping.reference_to_organization(document.author)],
        custodian: mapping.reference_to_organization(document.controller),
        relates_to: document
            .prev
            .iter()
            .map(|prev| RelatesTo { code: "replaces".to_owned(), target: reference_to(ANCHOR, prev) })
            .collect(),
        security_label: vec![Concept::new(CONFIDENTIALITY, confidentiality)],
        content: vec![Content { attachment: Attachment { url: format!("{CONTENT_BASE}{}", document.anchor) } }],
        context: DocumentContext { period: Period { start: Some(month.clone()), end: Some(month) } },
    };
    write_resource(&resource, DOCUMENT)
}

/// Reads a DocumentReference that [`document_to_fhir`] has written. Those of other systems become documents by
/// [`crate::ingest`].
///
/// # Errors
/// E711 for what an anchor cannot say, E712 where the resource is not valid or contradicts itself, E713 where an element,
/// or an entry of the mapping, is missing; each with the element's path.
pub fn document_from_fhir(json: &str, mapping: &Mapping) -> Result<DocumentRecord, FhirError> {
    let resource: DocumentReference = read_resource(json, DOCUMENT)?;
    let mut extensions = Extensions::of(&resource.extension, DOCUMENT);
    let status: DocumentStatus = code(&extensions.required("document-status")?)?;
    let version = number(&extensions.required("version")?)?;
    let mut commitment = |name: &str| hash(&extensions.required(name)?);
    let (object_root, content_commit) = (commitment("object-root")?, commitment("content-commitment")?);
    let (manifest_commit, day_commit) = (commitment("manifest-commitment")?, commitment("service-day-commitment")?);
    extensions.finish()?;
    if statuses(status) != Some((resource.status.as_str(), resource.doc_status.as_deref())) {
        return Err(FhirError::invalid("DocumentReference.status", "contradicts the status on the ledger"));
    }
    let anchor = identified(&logical(&resource.master), ANCHOR, "DocumentReference.masterIdentifier").map(AnchorId)?;
    let [identifier] = resource.identifier.as_slice() else {
        return Err(FhirError::unsupported("DocumentReference.identifier", "give the lineage alone"));
    };
    let lineage = identified(&logical(identifier), LINEAGE, "DocumentReference.identifier[0]").map(AnchorId)?;
    let controller = organization(&resource.custodian, "DocumentReference.custodian", mapping)?;
    let [author] = resource.author.as_slice() else {
        return Err(FhirError::unsupported("DocumentReference.author", "an anchor has one author"));
    };
    let prev = prev(&resource)?;
    if prev.is_some() == (version <= 1) {
        return Err(FhirError::invalid("DocumentReference.relatesTo", "the first version replaces none, others one"));
    }
    content(&resource, anchor)?;
    Ok(DocumentRecord {
        anchor,
        lineage,
        version,
        prev,
        status,
        subject: mapping.patient(&resource.subject, controller, "DocumentReference.subject")?,
        controller,
        author: organization(author, "DocumentReference.author[0]", mapping)?,
        category: category(&resource)?,
        grade: grade(&resource)?,
        service_month: service_month(&resource.context.period)?,
        anchored_at: read_instant(&resource.date, 0, "DocumentReference.date")?,
        object_root,
        content_commit,
        manifest_commit,
        day_commit,
    })
}

fn logical(identifier: &Identifier) -> Reference {
    Reference { reference: None, identifier: Some(identifier.clone()) }
}

fn prev(resource: &DocumentReference) -> Result<Option<AnchorId>, FhirError> {
    match resource.relates_to.as_slice() {
        [] => Ok(None),
        [one] if one.code == "replaces" => {
            identified(&one.target, ANCHOR, "DocumentReference.relatesTo[0].target").map(|id| Some(AnchorId(id)))
        }
        _ => Err(FhirError::unsupported("DocumentReference.relatesTo", "a version replaces the one before it")),
    }
}

fn content(resource: &DocumentReference, anchor: AnchorId) -> Result<(), FhirError> {
    let path = "DocumentReference.content";
    let [content] = resource.content.as_slice() else {
        return Err(FhirError::unsupported(path, "an anchor has one content"));
    };
    if content.attachment.url != format!("{CONTENT_BASE}{anchor}") {
        return Err(FhirError::unsupported(format!("{path}[0].attachment.url"), "not the content of this anchor"));
    }
    Ok(())
}

fn category(resource: &DocumentReference) -> Result<Category, FhirError> {
    let [concept] = resource.category.as_slice() else {
        return Err(FhirError::unsupported("DocumentReference.category", "an anchor has one category"));
    };
    let coding = concept.coding();
    let found = (coding.system == CATEGORY).then(|| Category::from_code(&coding.code)).flatten();
    found.ok_or_else(|| {
        FhirError::unsupported("DocumentReference.category[0]", format!("{} is no category", coding.token()))
    })
}

fn grade(resource: &DocumentReference) -> Result<u8, FhirError> {
    let [label] = resource.security_label.as_slice() else {
        return Err(FhirError::unsupported("DocumentReference.securityLabel", "an anchor has one grade"));
    };
    let coding = label.coding();
    let found = (coding.system == CONFIDENTIALITY).then(|| grade_of(&coding.code)).flatten();
    found.ok_or_else(|| {
        FhirError::unsupported("DocumentReference.securityLabel[0]", format!("{} is no grade", coding.token()))
    })
}

fn service_month(period: &Period) -> Result<Month, FhirError> {
    let path = "DocumentReference.context.period";
    match (&period.start, &period.end) {
        (Some(start), Some(end)) if start == end => read_month(start, path),
        _ => Err(FhirError::unsupported(path, "give the one month of service")),
    }
}

/// Who anchored a document, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenanceRecord {
    /// The document.
    pub anchor: AnchorId,
    /// When it was anchored.
    pub anchored_at: Millis,
    /// Who made it.
    pub author: OrgId,
    /// Who controls it.
    pub controller: OrgId,
    /// The anchoring transaction.
    pub tx: TxHash,
    /// Key and signature of the author on the transaction, where the caller has it.
    pub signature: Option<(KeyId, Signature)>,
}

/// Writes who anchored a document as an R4 Provenance (JSON) that [`provenance_from_fhir`] reads back.
///
/// # Errors
/// E711 for an instant that FHIR cannot write.
pub fn provenance_to_fhir(provenance: &ProvenanceRecord, mapping: &Mapping) -> Result<String, FhirError> {
    let recorded = instant(provenance.anchored_at, "Provenance.recorded")?;
    let agent = |code: &str, org| ProvenanceAgent {
        kind: Concept::new(PARTICIPANT, code),
        who: mapping.reference_to_organization(org),
    };
    let signature = provenance.signature.iter().map(|(key, signature)| SignatureElement {
        kind: vec![Coding::new(SIGNATURE_PURPOSE.0, SIGNATURE_PURPOSE.1)],
        when: recorded.clone(),
        who: reference_to(KEY, key),
        format: SIGNATURE_FORMAT.to_owned(),
        data: STANDARD.encode(signature.0),
    });
    let resource = ProvenanceResource {
        id: None,
        target: vec![reference_to(ANCHOR, provenance.anchor)],
        recorded: recorded.clone(),
        agent: vec![agent("author", provenance.author), agent("custodian", provenance.controller)],
        entity: vec![ProvenanceEntity { role: "source".to_owned(), what: reference_to(TRANSACTION, provenance.tx) }],
        signature: signature.collect(),
    };
    write_resource(&resource, PROVENANCE)
}

/// Reads a Provenance that [`provenance_to_fhir`] has written. Nothing is verified here.
///
/// # Errors
/// E711, E712 and E713 with the element's path.
pub fn provenance_from_fhir(json: &str, mapping: &Mapping) -> Result<ProvenanceRecord, FhirError> {
    let resource: ProvenanceResource = read_resource(json, PROVENANCE)?;
    let ([target], [author, custodian], [entity]) =
        (resource.target.as_slice(), resource.agent.as_slice(), resource.entity.as_slice())
    else {
        let problem = "expected one target, author and custodian, and the transaction as entity";
        return Err(FhirError::unsupported("Provenance.agent", problem));
    };
    expect_coding(author.kind.coding(), PARTICIPANT, "author", "Provenance.agent[0].type")?;
    expect_coding(custodian.kind.coding(), PARTICIPANT, "custodian", "Provenance.agent[1].type")?;
    if entity.role != "source" {
        return Err(FhirError::unsupported("Provenance.entity[0].role", "the transaction is the source"));
    }
    let anchored_at = read_instant(&resource.recorded, 0, "Provenance.recorded")?;
    Ok(ProvenanceRecord {
        anchor: AnchorId(identified(target, ANCHOR, "Provenance.target[0]")?),
        anchored_at,
        author: organization(&author.who, "Provenance.agent[0].who", mapping)?,
        controller: organization(&custodian.who, "Provenance.agent[1].who", mapping)?,
        tx: TxHash(identified(&entity.what, TRANSACTION, "Provenance.entity[0].what")?),
        signature: signature(&resource)?,
    })
}

fn signature(resource: &ProvenanceResource) -> Result<Option<(KeyId, Signature)>, FhirError> {
    let element = match resource.signature.as_slice() {
        [] => return Ok(None),
        [one] => one,
        _ => return Err(FhirError::unsupported("Provenance.signature[1]", "the author signs once")),
    };
    let path = |name: &str| format!("Provenance.signature[0].{name}");
    let [kind] = element.kind.as_slice() else {
        return Err(FhirError::unsupported(path("type"), "expected the author's signature"));
    };
    expect_coding(kind, SIGNATURE_PURPOSE.0, SIGNATURE_PURPOSE.1, &path("type[0]"))?;
    if element.format != SIGNATURE_FORMAT || element.when != resource.recorded {
        return Err(FhirError::unsupported(path("sigFormat"), "expected the raw signature on the transaction"));
    }
    let key = KeyId(identified(&element.who, KEY, &path("who"))?);
    let bytes = STANDARD.decode(&element.data).ok().and_then(|bytes| bytes.try_into().ok());
    let bytes: [u8; 64] = bytes.ok_or_else(|| FhirError::invalid(path("data"), "expected 64 bytes in base64"))?;
    Ok(Some((key, Signature(bytes))))
}
