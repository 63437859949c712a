//! Anchors as DocumentReferences and Provenances, and back.

use assent_fhir::{
    DocumentRecord, Mapping, ProvenanceRecord, document_from_fhir, document_to_fhir, provenance_from_fhir,
    provenance_to_fhir,
};
use assent_types::consent::Category;
use assent_types::document::DocumentStatus;
use assent_types::key::Signature;
use assent_types::{AnchorId, ErrorCode, KeyId, Millis, Month, OrgId, Sp, TxHash};
use serde_json::{Value, json};

use crate::as_golden;
use crate::rng::Rng;

fn document(rng: &mut Rng, status: DocumentStatus) -> DocumentRecord {
    let prev = rng.maybe(|rng| AnchorId(rng.hash()));
    DocumentRecord {
        anchor: AnchorId(rng.hash()),
        lineage: AnchorId(rng.hash()),
        version: if prev.is_some() { 2 + rng.below(9) as u32 } else { 1 },
        prev,
        status,
        subject: Sp(rng.hash()),
        controller: OrgId(rng.below(9) as u32),
        author: OrgId(rng.below(9) as u32),
        category: rng.one(Category::ALL),
        grade: 1 + rng.below(5) as u8,
        service_month: Month(rng.below(96_000) as u32),
        anchored_at: Millis(rng.next() % 200_000_000_000_000),
        object_root: rng.hash(),
        content_commit: rng.hash(),
        manifest_commit: rng.hash(),
        day_commit: rng.hash(),
    }
}

fn provenance(rng: &mut Rng) -> ProvenanceRecord {
    ProvenanceRecord {
        anchor: AnchorId(rng.hash()),
        anchored_at: Millis(rng.next() % 200_000_000_000_000),
        author: OrgId(rng.below(9) as u32),
        controller: OrgId(rng.below(9) as u32),
        tx: TxHash(rng.hash()),
        signature: rng.maybe(|rng| {
            let mut bytes = [0; 64];
            bytes[..32].copy_from_slice(&rng.hash().0);
            (KeyId(rng.hash()), Signature(bytes))
        }),
    }
}

#[test]
fn documents_and_their_provenance_read_back() {
    let mut rng = Rng::from_env();
    let mapping = Mapping::default();
    for case in 0..1_000 {
        let status = rng.one(DocumentStatus::ALL);
        let document = document(&mut rng, status);
        match document_to_fhir(&document, &mapping) {
            Ok(text) => assert_eq!(document_from_fhir(&text, &mapping), Ok(document), "case {case}\n{text}"),
            Err(error) => {
                assert!(status.is_terminal(), "case {case}");
                assert_eq!((error.code, error.path.as_str()), (ErrorCode::FhirUnsupported, "DocumentReference.status"));
            }
        }
        let provenance = provenance(&mut rng);
        let text = provenance_to_fhir(&provenance, &mapping).unwrap();
        assert_eq!(provenance_from_fhir(&text, &mapping), Ok(provenance), "case {case}\n{text}");
    }
}

#[test]
fn statuses_are_those_of_fhir() {
    let mut rng = Rng(3);
    for (status, expected) in [
        (DocumentStatus::Pending, "current"),
        (DocumentStatus::Active, "current"),
        (DocumentStatus::Restricted, "current"),
        (DocumentStatus::ErasurePending, "current"),
        (DocumentStatus::Superseded, "superseded"),
        (DocumentStatus::Retracted, "entered-in-error"),
    ] {
        let text = document_to_fhir(&document(&mut rng, status), &Mapping::default()).unwrap();
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["status"], expected, "{status}");
    }
}

/// The value under a pointer, and the refusal that it brings.
type Change = (&'static str, Value, &'static str);

#[test]
fn what_an_anchor_cannot_say_is_refused_at_its_element() {
    let mut rng = Rng(4);
    let mut document = document(&mut rng, DocumentStatus::Active);
    (document.prev, document.version) = (None, 1);
    let text = document_to_fhir(&document, &Mapping::default()).unwrap();
    let changes: [Change; 7] = [
        ("/status", json!("superseded"), "E712 DocumentReference.status"),
        (
            "/relatesTo",
            json!([{ "code": "transforms", "target": { "reference": "x" } }]),
            "E711 DocumentReference.relatesTo",
        ),
        ("/content/0/attachment/url", json!("http://x"), "E711 DocumentReference.content[0].attachment.url"),
        ("/content/0/attachment/data", json!("AA=="), "E711 DocumentReference.content[0].attachment.data"),
        ("/category/0/coding/0/code", json!("?"), "E711 DocumentReference.category[0]"),
        ("/context/period/end", json!("2031-01"), "E711 DocumentReference.context.period"),
        ("/type", json!({ "text": "x" }), "E711 DocumentReference.type"),
    ];
    for (pointer, value, expected) in changes {
        let mut resource: Value = serde_json::from_str(&text).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = if parent.is_empty() { &mut resource } else { resource.pointer_mut(parent).unwrap() };
        parent.as_object_mut().unwrap().insert(name.to_owned(), value);
        let error = document_from_fhir(&resource.to_string(), &Mapping::default()).unwrap_err();
        assert_eq!(format!("E{} {}", error.code.number(), error.path), expected);
    }
}

#[test]
fn the_golden_documents_are_what_is_written() {
    let mut rng = Rng(5);
    let document = document_to_fhir(&document(&mut rng, DocumentStatus::Active), &Mapping::default()).unwrap();
    let provenance = provenance_to_fhir(&provenance(&mut rng), &Mapping::default()).unwrap();
    as_golden("documents.ndjson", &format!("{document}\n{provenance}\n"));
}
