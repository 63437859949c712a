//! Permits as the claims of access tokens, and back.

use assent_fhir::{AccessClaims, Mapping, Released, claims_from_token, claims_to_token};
use assent_types::access::{AccessRequest, Asked, Decision, Descriptor, UserRole};
use assent_types::consent::{Category, DataAction, Obligation, Obligations, Purpose};
use assent_types::place::{Jurisdiction, Place};
use assent_types::session::{Session, SessionStatus};
use assent_types::{AnchorId, ConsentId, ErrorCode, FacilityId, List, Millis, Month, OrgId, SessionId, Set, Sp};
use serde_json::{Value, json};

use crate::audit::session;
use crate::claims::{Change, refused};
use crate::rng::Rng;
use crate::{as_golden, mapping};

const CASES: usize = 1_000;

fn place(rng: &mut Rng) -> Place {
    let jur = rng.one(Jurisdiction::ALL);
    if jur == Jurisdiction::Cn { Place::city(jur, 4403) } else { Place::whole(jur) }
}

fn released(rng: &mut Rng, deliver_to: Place) -> Released {
    if rng.flag() {
        return Released::Documents(Set::new((0..=rng.below(8)).map(|_| AnchorId(rng.hash()))).unwrap());
    }
    let descriptor = |rng: &mut Rng| Descriptor {
        category: rng.one(Category::ALL),
        grade: 1 + rng.below(5) as u8,
        service_month: Month(rng.below(90_000) as u32),
        deliver_to,
    };
    Released::Data(List::new((0..=rng.below(4)).map(|_| descriptor(rng)).collect()).unwrap())
}

fn claims(rng: &mut Rng) -> AccessClaims {
    let deliver_to = place(rng);
    AccessClaims {
        expires_s: rng.next(),
        requester: OrgId(rng.below(9) as u32),
        user_role: rng.one(UserRole::ALL),
        purpose: rng.one(Purpose::ALL),
        subject: Sp(rng.hash()),
        controller: OrgId(rng.below(9) as u32),
        consents: (0..=rng.below(3)).map(|_| ConsentId(rng.hash())).collect(),
        policies: (0..rng.below(3)).map(|_| rng.hash()).collect(),
        released: released(rng, deliver_to),
        deliver_to,
        obligations: Obligations::of(&rng.some(Obligation::ALL)),
        session: rng.maybe(|rng| SessionId(rng.hash())),
    }
}

#[test]
fn claims_read_back() {
    let (mut rng, listed) = (Rng::from_env(), mapping());
    for case in 0..CASES {
        let mut claims = claims(&mut rng);
        if rng.flag() {
            let patient = rng.one(&(0..listed.patients.len()).collect::<Vec<_>>());
            (claims.subject, claims.controller) = (listed.patients[patient].sp, listed.patients[patient].controller);
        }
        let mapping = if rng.flag() { &listed } else { &Mapping::default() };
        let text = claims_to_token(&claims, mapping).unwrap();
        assert_eq!(claims_from_token(&text, mapping).as_ref(), Ok(&claims), "case {case}\n{text}");
    }
}

fn request(rng: &mut Rng, asked: Asked) -> AccessRequest {
    AccessRequest {
        requester: OrgId(3),
        facility: FacilityId(1),
        user_ref: rng.hash(),
        user_role: UserRole::ClaimsAssessor,
        subject: Sp(rng.hash()),
        controller: OrgId(1),
        asked,
        purpose: Purpose::Clmattch,
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    }
}

fn permit(basis: Vec<ConsentId>) -> Decision {
    Decision {
        permit: true,
        reasons: Set::default(),
        basis: List::new(basis).unwrap(),
        obligations: Obligations::of(&[Obligation::Noreuse]),
        valid_until: Millis(1_790_000_000_999),
        btg: false,
    }
}

/// A permit for two documents by one consent, and one for a month of laboratory results.
fn small() -> [AccessClaims; 2] {
    let mut rng = Rng(6);
    let consent = ConsentId(rng.hash());
    let anchors = Set::new([AnchorId(rng.hash()), AnchorId(rng.hash())]).unwrap();
    let deliver_to = Place::whole(Jurisdiction::Hk);
    let documents = request(&mut rng, Asked::Documents { anchors, deliver_to, case: None });
    let lab = Descriptor { category: Category::Lab, grade: 3, service_month: Month(680), deliver_to };
    let data = request(&mut rng, Asked::Data(List::new(vec![lab]).unwrap()));
    [
        AccessClaims::of_decision(&documents, &permit(vec![consent, consent])).unwrap(),
        AccessClaims::of_decision(&data, &permit(vec![consent])).unwrap(),
    ]
}

#[test]
fn a_permit_releases_what_was_asked_for_and_forbids_the_rest() {
    let [documents, data] = small();
    assert_eq!(documents.expires_s, 1_790_000_000, "never later than the decision");
    assert_eq!(documents.consents.len(), 1, "each consent is named once");
    let Released::Documents(anchors) = &documents.released else { panic!("{documents:?}") };
    assert!(anchors.iter().all(|anchor| documents.releases(anchor)));
    assert!(!documents.releases(&AnchorId(Rng(7).hash())) && !data.releases(&anchors.iter().next().copied().unwrap()));
    for claims in [documents, data] {
        let text: Value = serde_json::from_str(&claims_to_token(&claims, &Mapping::default()).unwrap()).unwrap();
        let residual = text["extensions"]["ihe_pcf"]["residual"].as_array().unwrap();
        assert_eq!(residual[0], json!({ "type": "forbid" }), "everything else is forbidden");
        assert!(residual[1..].iter().all(|rule| rule["type"] == "permit" && rule.as_object().unwrap().len() > 1));
    }
}

#[test]
fn no_token_says_what_the_ledger_did_not_decide() {
    let mut rng = Rng(8);
    let at = |place| Descriptor { category: Category::Lab, grade: 3, service_month: Month(680), deliver_to: place };
    let places = [Jurisdiction::Hk, Jurisdiction::Mo].map(|jur| at(Place::whole(jur)));
    let one = request(&mut rng, Asked::Data(List::new(vec![places[0]]).unwrap()));
    let two = request(&mut rng, Asked::Data(List::new(places.to_vec()).unwrap()));
    let none = request(&mut rng, Asked::Data(List::default()));
    let granted = permit(vec![ConsentId(rng.hash())]);
    let refusals = [
        (&one, Decision { permit: false, ..granted.clone() }, ErrorCode::FhirUnsupported),
        (&one, Decision { btg: true, ..granted.clone() }, ErrorCode::FhirUnsupported),
        (&two, granted.clone(), ErrorCode::FhirUnsupported),
        (&none, granted, ErrorCode::FhirMissing),
    ];
    for (request, decision, code) in refusals {
        assert_eq!(AccessClaims::of_decision(request, &decision).unwrap_err().code, code);
    }
    let [documents, _] = small();
    let nothing = Released::Documents(Set::default());
    for empty in
        [AccessClaims { consents: Vec::new(), ..documents.clone() }, AccessClaims { released: nothing, ..documents }]
    {
        let error = claims_to_token(&empty, &Mapping::default()).unwrap_err();
        assert_eq!(error.code, ErrorCode::FhirMissing);
    }
}

#[test]
fn a_token_lives_no_longer_than_its_session() {
    let mut rng = Rng(9);
    let mut session = session(&mut rng, false);
    session.decision.valid_until = Millis(20_999);
    let of = |session: &Session, at| AccessClaims::of_session(session, Millis(at));
    let claims = of(&session, 10_000).unwrap();
    assert_eq!((claims.expires_s, claims.session, claims.subject), (20, Some(session.id), session.subject));
    assert_eq!(of(&session, 20_000).unwrap_err().path, "claims.exp", "it would be void at once");
    session.serve_until = Some(Millis(15_000));
    assert_eq!(of(&session, 10_000).unwrap().expires_s, 15);
    for status in SessionStatus::ALL {
        use SessionStatus::{BtgPermitted, KeyReleased, Permitted, Served};
        let live = matches!(status, Permitted | BtgPermitted | KeyReleased | Served);
        assert_eq!(of(&Session { status: *status, ..session.clone() }, 10_000).is_ok(), live, "{status}");
    }
    let late = Session { status: SessionStatus::Permitted, deadline: Some(Millis(9_000)), ..session };
    assert!(of(&late, 10_000).is_err(), "its deadline is over, whether or not that was swept");
}

#[test]
fn what_a_permit_cannot_say_is_refused_at_its_claim() {
    const PCF: &str = "claims.extensions.ihe_pcf";
    let [documents, data] = small().map(|claims| claims_to_token(&claims, &Mapping::default()).unwrap());
    let read = |text: &str| claims_from_token(text, &Mapping::default());
    let path = |code: &str, rest: &str| -> &'static str { format!("{code} {PCF}.{rest}").leak() };
    let all = json!([{ "type": "permit" }]);
    let only_forbid = json!([{ "type": "forbid" }]);
    let related = json!([{ "meaning": "related", "reference": { "reference": "Encounter/1" } }]);
    let changes: [Change; 11] = [
        ("/exp", json!(1.5), "E712 claims.exp"),
        ("/extensions/other", json!({}), "E711 claims.extensions.other"),
        ("/extensions/ihe_pcf/residual", all, path("E711", "residual[0]")),
        ("/extensions/ihe_pcf/residual", only_forbid, path("E713", "residual[1]")),
        ("/extensions/ihe_pcf/residual/1/type", "forbid".into(), path("E711", "residual[1].type")),
        ("/extensions/ihe_pcf/residual/1/data", related, path("E711", "residual[1].data[0].meaning")),
        ("/extensions/ihe_pcf/residual/1/dataPeriod", json!({ "start": "2026" }), path("E711", "residual[1]")),
        ("/extensions/ihe_pcf/doc_id", json!(["Consent/1"]), path("E711", "doc_id[0]")),
        ("/extensions/ihe_pcf/patient_id", "Patient/1".into(), path("E713", "patient_id")),
        (
            "/extensions/ihe_iua/purpose_of_use",
            json!([{ "system": "urn:x", "code": "TREAT" }]),
            "E711 claims.extensions.ihe_iua.purpose_of_use[0]",
        ),
        ("/extensions/assent/deliver_to", "FR".into(), "E712 claims.extensions.assent.deliver_to"),
    ];
    refused(&documents, &changes, read);
    let changes: [Change; 3] = [
        ("/extensions/ihe_pcf/residual/1/securityLabel", json!([]), path("E712", "residual[1].securityLabel")),
        (
            "/extensions/ihe_pcf/residual/1/dataPeriod",
            json!({ "start": "2026-09" }),
            path("E713", "residual[1].dataPeriod"),
        ),
        (
            "/extensions/ihe_pcf/residual/1/dataPeriod",
            json!({ "start": "2026-08", "end": "2026-09" }),
            path("E711", "residual[1].dataPeriod"),
        ),
    ];
    refused(&data, &changes, read);
}

#[test]
fn the_golden_claims_are_what_is_written() {
    let lines = small().map(|claims| claims_to_token(&claims, &Mapping::default()).unwrap());
    as_golden("tokens.ndjson", &(lines.join("\n") + "\n"));
}
