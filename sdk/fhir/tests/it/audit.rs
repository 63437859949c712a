//! Access trails as AuditEvents of IHE BALP, and back.

use assent_fhir::{AuditKind, AuditRecord, AuditedRow, Mapping, OrganizationEntry, PatientEntry};
use assent_fhir::{audit_from_fhir, audit_to_fhir};
use assent_types::access::{AccessRequest, Asked, Decision, Reason, UserRole};
use assent_types::codec::Set;
use assent_types::consent::{DataAction, Obligations, Purpose};
use assent_types::ids::{FacilityId, HpkeKey};
use assent_types::place::{Jurisdiction, Place};
use assent_types::receipt::RowId;
use assent_types::session::{HpkeSuite, Session, SessionStatus};
use assent_types::{
    AnchorId, BlockHash, ChainId, ConsentId, ErrorCode, Hash32, Height, KeyId, List, Millis, OrgId, SessionId, Sp,
    TxHash,
};
use serde_json::Value;

use crate::as_golden;
use crate::rng::Rng;

const AUDITED: [u8; 7] = [1, 2, 5, 6, 14, 21, 22];

/// A session, denied if there are reasons.
pub(crate) fn session(rng: &mut Rng, denied: bool) -> Session {
    let anchors = Set::new((0..1 + rng.below(3)).map(|_| AnchorId(rng.hash())).collect::<Vec<_>>()).unwrap();
    let basis: Vec<ConsentId> = (0..anchors.len()).map(|_| ConsentId(Hash32([rng.below(2) as u8; 32]))).collect();
    let reasons = Set::new(rng.at_least_one(Reason::ALL)).unwrap();
    let request = AccessRequest {
        requester: OrgId(rng.below(9) as u32),
        facility: FacilityId(1),
        user_ref: rng.hash(),
        user_role: rng.one(UserRole::ALL),
        subject: Sp(rng.hash()),
        controller: OrgId(rng.below(9) as u32),
        asked: Asked::Documents { anchors, deliver_to: Place::whole(Jurisdiction::Hk), case: None },
        purpose: rng.one(Purpose::ALL),
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    };
    Session {
        id: SessionId(rng.hash()),
        request,
        subject: Sp(rng.hash()),
        suite: HpkeSuite::X25519Sha256Aes256Gcm,
        reply_key: HpkeKey(Hash32([1; 32])),
        requested_by: KeyId(rng.hash()),
        parties: Set::default(),
        decision: Decision {
            permit: !denied,
            reasons: if denied { reasons } else { Set::default() },
            basis: if denied { List::default() } else { List::new(basis).unwrap() },
            obligations: Obligations::EMPTY,
            valid_until: Millis(1),
            btg: false,
        },
        height: Height(4),
        decided_at: Millis(1_790_000_000_000),
        head: BlockHash(rng.hash()),
        status: if denied { SessionStatus::Denied } else { SessionStatus::Served },
        deadline: None,
        serve_until: None,
        released_at: None,
        barred_from: None,
        changed_at: Millis(1_790_000_000_000),
        progress: List::default(),
        receipts: 0,
        receipt_head: rng.hash(),
        post_revocation: false,
        confirmed: false,
        failure: None,
        retries: 0,
        resolution: None,
    }
}

fn record(rng: &mut Rng, row: u8) -> AuditRecord {
    let session = session(rng, row == 2);
    let fired = AuditedRow {
        row: RowId(*b"AC", row),
        tx: TxHash(rng.hash()),
        at: Millis(rng.next() % 200_000_000_000_000),
        actor: Some((KeyId(rng.hash()), OrgId(rng.below(9) as u32))),
    };
    let mut record = AuditRecord::of(ChainId(Hash32([7; 32])), &session, &fired).unwrap();
    if !matches!(record.kind, AuditKind::Served) {
        // Whoever asks and acknowledges is the requester.
        record.actor_org = record.requester;
    }
    record
}

fn mapping(rng: &mut Rng, record: &AuditRecord) -> Mapping {
    let mut mapping = Mapping::default();
    for org in [record.requester, record.controller, record.actor_org] {
        if rng.flag() {
            mapping.organizations.push(OrganizationEntry { reference: format!("Organization/o{org}"), org });
        }
    }
    if rng.flag() {
        let reference = "Patient/p".to_owned();
        mapping.patients.push(PatientEntry { reference, controller: record.controller, sp: record.subject });
    }
    mapping
}

#[test]
fn every_event_of_a_trail_reads_back() {
    let mut rng = Rng::from_env();
    for case in 0..1_000 {
        let record = record(&mut rng, AUDITED[case % AUDITED.len()]);
        let mapping = mapping(&mut rng, &record);
        let written = audit_to_fhir(&record, &mapping).unwrap();
        let read =
            audit_from_fhir(&written, &mapping).unwrap_or_else(|error| panic!("case {case}: {error}\n{written}"));
        assert_eq!(read, record, "case {case}\n{written}");
    }
}

fn codes(event: &Value, list: &str) -> Vec<String> {
    let kind = |item: &Value| {
        let coding = item["type"].get("coding").map_or(&item["type"], |coding| &coding[0]);
        coding["code"].as_str().unwrap().to_owned()
    };
    event[list].as_array().unwrap().iter().map(kind).collect()
}

/// The slices and fixed values that BALP 1.1.4 asks for.
#[test]
fn events_have_what_their_pattern_asks_for() {
    let mut rng = Rng(4);
    for row in AUDITED {
        let record = record(&mut rng, row);
        let event: Value = serde_json::from_str(&audit_to_fhir(&record, &Mapping::default()).unwrap()).unwrap();
        let (agents, entities) = (codes(&event, "agent"), codes(&event, "entity"));
        let who = |code: &str| {
            let position = agents.iter().position(|found| found == code).unwrap_or_else(|| panic!("{row}: {code}"));
            event["agent"][position].clone()
        };
        assert_eq!(entities.iter().filter(|code| *code == "1").count(), 1, "one patient");
        assert_eq!(event["entity"][0]["role"]["code"], "1");
        let observer = &event["source"]["observer"];
        match row {
            1 | 2 => {
                assert_eq!((&event["type"]["code"], &event["action"]), (&Value::from("110113"), &Value::from("E")));
                assert_eq!(event["subtype"][0]["code"], "AuthZ-Consent");
                assert_eq!(event["outcome"], if row == 1 { "0" } else { "8" });
                assert!(row == 1 || event["outcomeDesc"].is_string());
                assert!(!who("110150")["network"]["address"].as_str().unwrap().is_empty());
                assert_eq!((&who("IRCP")["requestor"], &who("PROV")["requestor"]), (&true.into(), &false.into()));
                assert_eq!(&who("authserver")["who"], observer);
                assert!(entities.len() >= 2 && entities[1..].iter().all(|code| code == "Consent"), "closed list");
            }
            _ => {
                let (code, action, own) =
                    if row == 6 || row == 14 { ("110107", "C", "110152") } else { ("110106", "R", "110153") };
                assert_eq!((&event["type"]["code"], &event["action"]), (&Value::from(code), &Value::from(action)));
                assert_eq!(event["subtype"][0]["code"], "disclose");
                assert_eq!(&who(own)["who"], observer);
                for agent in ["110153", "110152"] {
                    assert!(who(agent)["network"]["address"].is_string(), "{agent}");
                }
                who("159541003");
                who("429577009");
                assert_eq!(entities.len() - 1, record.anchors.len());
            }
        }
    }
}

#[test]
fn other_rows_follow_no_pattern() {
    let mut rng = Rng(5);
    let session = session(&mut rng, false);
    for row in [4, 10, 11, 12, 13, 18, 19, 20] {
        let actor = Some((KeyId(rng.hash()), OrgId(1)));
        let fired = AuditedRow { row: RowId(*b"AC", row), tx: TxHash(rng.hash()), at: Millis(1), actor };
        let error = AuditRecord::of(ChainId(rng.hash()), &session, &fired).unwrap_err();
        assert_eq!((error.code, error.path.as_str()), (ErrorCode::FhirUnsupported, "AuditEvent.type"), "{row}");
    }
}

/// Element, its new value (or none), and the expected refusal.
type Change = (&'static str, Option<Value>, &'static str);

#[test]
fn what_a_trail_cannot_say_is_refused_at_its_element() {
    let mut rng = Rng(6);
    let text = audit_to_fhir(&record(&mut rng, 5), &Mapping::default()).unwrap();
    let changes: [Change; 12] = [
        ("/type/code", Some("110112".into()), "E711 AuditEvent.type"),
        ("/subtype/0/code", Some("access".into()), "E711 AuditEvent.subtype[0]"),
        ("/action", Some("D".into()), "E712 AuditEvent.action"),
        ("/outcome", Some("4".into()), "E711 AuditEvent.outcome"),
        ("/recorded", Some("yesterday".into()), "E712 AuditEvent.recorded"),
        ("/purposeOfEvent/0/coding/0/code", Some("HMARKT".into()), "E711 AuditEvent.purposeOfEvent[0]"),
        ("/agent/0/network/address", Some("10.0.0.1".into()), "E711 AuditEvent.agent[0].network.address"),
        ("/agent/2/role/0/coding/0/code", Some("PRIEST".into()), "E711 AuditEvent.agent[2].role[0]"),
        ("/agent/0/policy", Some(serde_json::json!(["x"])), "E711 AuditEvent.agent[0].policy"),
        ("/source/observer/identifier/value", Some("77".into()), "E712 AuditEvent.source.observer"),
        ("/entity/1/role/code", Some("4".into()), "E711 AuditEvent.entity[1]"),
        ("/modifierExtension", Some(serde_json::json!([{"url": "x"}])), "E711 AuditEvent.modifierExtension"),
    ];
    for (pointer, value, expected) in changes {
        let mut event: Value = serde_json::from_str(&text).unwrap();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = if parent.is_empty() { &mut event } else { event.pointer_mut(parent).unwrap() };
        match (parent, value) {
            (Value::Object(fields), Some(value)) => drop(fields.insert(name.to_owned(), value)),
            (parent, _) => panic!("{pointer} in {parent}"),
        }
        let error = audit_from_fhir(&event.to_string(), &Mapping::default()).unwrap_err();
        assert_eq!(format!("E{} {}", error.code.number(), error.path), expected);
    }
}

#[test]
fn the_golden_events_are_what_is_written() {
    let mut rng = Rng(7);
    let mut lines = String::new();
    for row in [1, 2, 5, 6] {
        lines.push_str(&audit_to_fhir(&record(&mut rng, row), &Mapping::default()).unwrap());
        lines.push('\n');
    }
    as_golden("audit-events.ndjson", &lines);
}
