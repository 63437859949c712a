//! The published examples of consents, decided: each becomes a grant on a ledger or is refused by its number, and the
//! decision function answers what the example's narrative answers.
//!
//! Where the ledger denies what a narrative permits, the table says so: it is stricter, never laxer.

mod expected;
mod policies;

use assent_contracts::permit;
use assent_fhir::testing::consents;
use assent_fhir::{ConsentDraft, Performer, consent_from_fhir};
use assent_genesis::sample::HONG_KONG_HOSPITAL;
use assent_types::access::{AccessRequest, Asked, Descriptor, Reason};
use assent_types::action::{Action, GrantMandate, possession_of};
use assent_types::consent::{Category, ConsentKind, DataAction, Effect, Grantor, Purpose};
use assent_types::document::{AeadSuite, Anchor, AnchorBody, Coding, DocumentStatus, Grade, HashSuite, Residency};
use assent_types::ids::{KeysetId, ObjectNonce};
use assent_types::place::{Jurisdiction, Place};
use assent_types::review::{BreakGlassStatement, GlassReason};
use assent_types::state::{Record, StateKey};
use assent_types::subject::{AgeBand, ConsentKinds, MandateKind, MandateOps, MandateTerms, mandate_id_of};
use assent_types::{AnchorId, Day, FacilityId, Hash32, List, Millis, Set};

use self::expected::{EXPECTED, Expected, Question};
use self::policies::{SUBJECT, documents, evidence, mapping};
use crate::ledger::{DAY_MS, Enrolment, Ledger, person_key, signing};
use crate::{data, files, reported, text};

/// The patient.
const PATIENT: u64 = 1;
/// Who gives a consent in the patient's place.
const MOTHER: u64 = 2;

/// A day, at noon in Hong Kong.
fn noon(year: u32, month: u32, day: u32) -> Millis {
    Millis(u64::from(Day::from_date(year, month, day).unwrap().0) * DAY_MS + DAY_MS / 6)
}

/// A chain of June 2022, when the examples were written, with the patient and the documents of the examples.
fn ledger(age_band: AgeBand) -> Ledger {
    let mut ledger = Ledger::new(noon(2022, 6, 1));
    let enrolment = Enrolment { age_band, attest: Hash32([4; 32]) };
    ledger.enrol(HONG_KONG_HOSPITAL, SUBJECT, &person_key(PATIENT), enrolment).unwrap();
    for (name, lineage) in documents() {
        ledger.put(StateKey::Anchor(AnchorId(lineage)), Record::Anchor(Box::new(anchor(lineage, category(name)))));
    }
    ledger.until(noon(2022, 6, 14));
    ledger
}

fn category(name: &str) -> Category {
    if name.starts_with("Encounter/") { Category::Encounter } else { Category::Lab }
}

/// A document that is stored, of June 2022.
fn anchor(lineage: Hash32, category: Category) -> Anchor {
    let body = AnchorBody {
        nonce: ObjectNonce(lineage),
        hash: HashSuite::Sha256,
        aead: Some(AeadSuite::Aes256GcmStream),
        coding: Coding::Clay { k: 2, n: 4, stripe_bytes: 65_536 },
        object_root: lineage,
        shard_roots: List::default(),
        ct_root: lineage,
        key_commitment: lineage,
        share_root: lineage,
        size_4k: 1,
        subject: SUBJECT,
        controller: HONG_KONG_HOSPITAL,
        author: HONG_KONG_HOSPITAL,
        category,
        grade: Grade::Clear(3),
        important: false,
        service_month: expected::JUNE,
        day_commit: lineage,
        content_commit: lineage,
        manifest_commit: lineage,
        keyset: KeysetId(lineage),
        residency: Residency::default(),
        retention_until: None,
        version: 1,
        prev: None,
    };
    Anchor {
        id: AnchorId(lineage),
        lineage: AnchorId(lineage),
        body,
        status: DocumentStatus::Active,
        anchored_at: noon(2022, 6, 2),
        store_by: noon(2022, 6, 3),
        settled_at: Some(noon(2022, 6, 2)),
        next: None,
        custody: List::default(),
        accepted: Set::default(),
        keyset_epoch: 0,
        generation: 0,
        repairs: List::default(),
    }
}

/// Grants what an example says, dissents first: at no time is more permitted than was said.
fn granted(draft: &ConsentDraft) -> Ledger {
    let by_subject = !matches!(draft.performer, Some(Performer::Other(_)));
    let mut ledger = ledger(if by_subject { AgeBand::Adult } else { AgeBand::Under14 });
    let (key, grantor) = if by_subject {
        (person_key(PATIENT), Grantor::Subject)
    } else {
        (person_key(MOTHER), Grantor::Proxy { mandate: parent(&mut ledger) })
    };
    let mut all: Vec<_> = draft.exceptions.iter().chain([&draft.terms]).collect();
    all.sort_by_key(|terms| terms.effect != Effect::Deny);
    for terms in all {
        ledger.grant(&key, terms.clone(), grantor).unwrap();
    }
    ledger
}

/// The mother's mandate as a parent, verified by the hospital.
fn parent(ledger: &mut Ledger) -> assent_types::MandateId {
    let proxy = person_key(MOTHER);
    let terms = MandateTerms {
        subject: SUBJECT,
        proxy: proxy.public(),
        kind: MandateKind::Parent,
        ops: MandateOps::all(),
        purposes: Set::new([Purpose::Treat, Purpose::Hpaymt, Purpose::Hoperat]).unwrap(),
        consent_kinds: ConsentKinds::of(&[ConsentKind::Share]),
        may_xborder: false,
        nbf: Millis(0),
        exp: noon(2030, 1, 1),
        evidence: evidence(),
        no_higher_priority: None,
    };
    let possession = proxy.sign_possession(&possession_of(ledger.chain, &proxy.public(), &SUBJECT));
    let grant = GrantMandate { terms, verified_by: HONG_KONG_HOSPITAL, possession };
    mandate_id_of(&ledger.act(&signing(HONG_KONG_HOSPITAL), Action::GrantMandate(Box::new(grant))).unwrap())
}

fn request(question: &Question) -> AccessRequest {
    let place = if question.requester == assent_genesis::sample::SHENZHEN_HOSPITAL {
        Place::city(Jurisdiction::Cn, 4403)
    } else {
        Place::whole(Jurisdiction::Hk)
    };
    let asked = match question.document {
        Some(name) => {
            let lineage = documents().find(|(known, _)| *known == name).unwrap().1;
            Asked::Documents { anchors: Set::new([AnchorId(lineage)]).unwrap(), deliver_to: place, case: None }
        }
        None => Asked::Data(
            List::new(vec![Descriptor {
                category: question.category,
                grade: question.grade,
                service_month: question.month,
                deliver_to: place,
            }])
            .unwrap(),
        ),
    };
    let statement = BreakGlassStatement { reason: GlassReason::LifeThreatening, patient_present: Hash32([0x9b; 32]) };
    AccessRequest {
        requester: question.requester,
        facility: FacilityId(1),
        user_ref: Hash32([11; 32]),
        user_role: question.user,
        subject: SUBJECT,
        controller: HONG_KONG_HOSPITAL,
        asked,
        purpose: question.purpose,
        action: DataAction::Access,
        xborder_basis: None,
        btg: (question.purpose == Purpose::Btg).then_some(statement),
    }
}

/// What the questions of the examples came to.
#[derive(Default)]
struct Tally {
    refused: usize,
    decided: usize,
    permits: usize,
    denials: usize,
    stricter: Vec<String>,
}

impl Tally {
    fn example(&mut self, name: &str, text: &str, expected: &Expected) {
        match (consent_from_fhir(text, &mapping()), expected) {
            (Err(error), Expected::Refused(number, path)) => {
                assert_eq!((error.code.number(), error.path.as_str()), (*number, *path), "{name}");
                self.refused += 1;
            }
            (Ok(draft), Expected::Decided(questions)) => {
                let ledger = granted(&draft);
                assert!(questions.iter().any(|question| !question.narrative), "{name}: something is outside of it");
                questions.iter().for_each(|question| self.question(name, &ledger, question));
                self.decided += 1;
            }
            (found, _) => panic!("{name}: {found:?}"),
        }
    }

    fn question(&mut self, name: &str, ledger: &Ledger, question: &Question) {
        let at = if question.late { noon(2023, 1, 2) } else { noon(2022, 6, 20) };
        let decision = permit(&request(question), &ledger.state, at).unwrap().unwrap();
        let mut reasons: Vec<Reason> = question.reasons.to_vec();
        reasons.sort();
        assert_eq!(decision.reasons.to_vec(), reasons, "{name}: {}", question.name);
        assert_eq!(decision.permit, reasons.is_empty(), "{name}: {}", question.name);
        assert!(question.narrative || !decision.permit, "{name}: {} is permitted against its narrative", question.name);
        if decision.permit {
            self.permits += 1;
        } else {
            self.denials += 1;
        }
        if question.narrative && !decision.permit {
            self.stricter.push(format!("{name}: {}", question.name));
        }
    }
}

#[test]
fn published_consents_are_decided_as_their_narratives_say() {
    let Some(data) = data() else { return };
    let mut examples = consents(&text(&data.join("ihe-pcf-fsh/consent.fsh"))).unwrap();
    for path in files(&data.join("hl7-fhir-r4-examples")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("Consent-") {
            examples.push((name, serde_json::from_str(&text(&path)).unwrap()));
        }
    }
    let mut tally = Tally::default();
    for (name, resource) in &examples {
        let expected = EXPECTED.iter().find(|(known, _)| known == name);
        let (_, expected) = expected.unwrap_or_else(|| panic!("{name} has no expected outcome"));
        tally.example(name, &resource.to_string(), expected);
    }
    assert_eq!(examples.len(), EXPECTED.len(), "every expected example is there");
    reported(&format!(
        "Consents decided: {} of {} published examples granted on a ledger, {} refused by number and element; {} \
         requests permitted, {} denied, each as its narrative says but {} where the ledger is stricter",
        tally.decided,
        examples.len(),
        tally.refused,
        tally.permits,
        tally.denials,
        tally.stricter.len()
    ));
    for stricter in &tally.stricter {
        reported(&format!("Consents decided: stricter than its narrative, {stricter}"));
    }
}
