//! Questions of insurers for documents as FHIR resources, and back.

use assent_fhir::Mapping;
use assent_fhir::claims::{Inquired, Inquiry, inquiry_from_fhir, inquiry_to_fhir};
use assent_types::consent::{Categories, Category};
use assent_types::{ClaimId, ErrorCode, Millis, OrgId, PreauthId, Sp};
use serde_json::json;

use crate::as_golden;
use crate::claims::{Change, refused};
use crate::rng::Rng;

fn inquiry(rng: &mut Rng) -> Inquiry {
    Inquiry {
        about: if rng.flag() { Inquired::Claim(ClaimId(rng.hash())) } else { Inquired::Preauth(PreauthId(rng.hash())) },
        created: Millis(rng.next() % 200_000_000_000_000),
        subject: Sp(rng.hash()),
        insurer: OrgId(rng.below(9) as u32),
        provider: OrgId(rng.below(9) as u32),
        asked: Categories::of(&rng.at_least_one(Category::ALL)),
        is_open: rng.flag(),
    }
}

#[test]
fn questions_for_documents_read_back_and_become_acts() {
    let mut rng = Rng::from_env();
    for case in 0..500 {
        let inquiry = inquiry(&mut rng);
        let mapping = Mapping { utc_offset_minutes: rng.maybe(|rng| rng.one(&[0, 480, -300])), ..Mapping::default() };
        let text = inquiry_to_fhir(&inquiry, &mapping).unwrap();
        assert_eq!(inquiry_from_fhir(&text, &mapping).as_ref(), Ok(&inquiry), "case {case}\n{text}");
        let act = inquiry.action().map(|act| act.name()).map_err(|error| error.code);
        let expected = match inquiry.about {
            _ if !inquiry.is_open => Err(ErrorCode::FhirUnsupported),
            Inquired::Claim(_) => Ok("RequestInfo"),
            Inquired::Preauth(_) => Ok("PendPreauth"),
        };
        assert_eq!(act, expected, "case {case}");
    }
}

/// One about a claim, for two categories.
fn open() -> Inquiry {
    let asked = Categories::of(&[Category::Lab, Category::RadReport]);
    let claim = Inquired::Claim(ClaimId(Rng(4).hash()));
    Inquiry { about: claim, asked, is_open: true, created: Millis(1_780_000_000_000), ..inquiry(&mut Rng(4)) }
}

#[test]
fn what_a_question_cannot_say_is_refused_at_its_element() {
    let mapping = Mapping::default();
    let text = inquiry_to_fhir(&open(), &mapping).unwrap();
    let changes: [Change; 8] = [
        ("/status", "draft".into(), "E711 CommunicationRequest.status"),
        ("/about", json!([{ "reference": "Claim/1" }]), "E713 CommunicationRequest.about[0]"),
        ("/about", json!([{ "reference": "Claim/1" }, { "reference": "Claim/2" }]), "E711 CommunicationRequest.about"),
        ("/payload", json!([{ "contentString": "all that you have" }]), "E713 CommunicationRequest.payload[0]"),
        ("/payload/0/contentString", "the whole file".into(), "E711 CommunicationRequest.payload[0].contentString"),
        ("/payload/0/contentReference", json!({}), "E711 CommunicationRequest.payload[0].contentReference"),
        ("/doNotPerform", true.into(), "E711 CommunicationRequest.doNotPerform"),
        ("/recipient", json!([]), "E712 CommunicationRequest.recipient"),
    ];
    refused(&text, &changes, |text| inquiry_from_fhir(text, &mapping));
}

#[test]
fn the_golden_question_is_what_is_written() {
    let mapping = Mapping::default();
    let answered = Inquiry { about: Inquired::Preauth(PreauthId(Rng(5).hash())), is_open: false, ..open() };
    let lines = [open(), answered].map(|inquiry| inquiry_to_fhir(&inquiry, &mapping).unwrap());
    as_golden("inquiries.ndjson", &(lines.join("\n") + "\n"));
}
