//! Decisions on documents are those on the data that their anchors describe.

use assent_types::access::{AccessRequest, Asked, Decision, Reason};
use assent_types::consent::Purpose;
use assent_types::document::{Anchor, DocumentStatus, Grade};
use assent_types::state::{Record, StateKey};
use assent_types::{AnchorId, Hash32, List, Set};

use super::cases::{Case, random_case, real};
use super::cases_of;
use crate::testing::*;

const STATUSES: [DocumentStatus; 3] = [DocumentStatus::Active, DocumentStatus::Superseded, DocumentStatus::Active];

/// A stored document of each description, in the order of the descriptors.
fn with_documents<'s>(case: &Case<'s>, rng: &mut Rng, instance: Option<Hash32>) -> (Case<'s>, AccessRequest) {
    let mut case = case.clone();
    let mut ids = Vec::new();
    for (index, descriptor) in (1u8..).zip(descriptors(&case.request).to_vec()) {
        let id = AnchorId(Hash32([index; 32]));
        let grade =
            if descriptor.grade == 5 { Grade::Committed(Hash32([9; 32])) } else { Grade::Clear(descriptor.grade) };
        let mut body = body(1, Default::default());
        (body.controller, body.category) = (case.request.controller, descriptor.category);
        (body.grade, body.service_month) = (grade, descriptor.service_month);
        let anchor = Anchor {
            id,
            lineage: instance.map_or(id, AnchorId),
            body,
            status: *rng.pick(&STATUSES),
            anchored_at: START,
            store_by: START,
            settled_at: Some(START),
            next: None,
            custody: List::default(),
            accepted: Set::default(),
            keyset_epoch: 0,
            generation: 0,
            repairs: List::default(),
        };
        case.state.put(StateKey::Anchor(id), Record::Anchor(Box::new(anchor)));
        ids.push(id);
    }
    let deliver_to = descriptors(&case.request)[0].deliver_to;
    let asked = Asked::Documents { anchors: Set::new(ids).unwrap(), deliver_to, case: None };
    let request = AccessRequest { asked, ..case.request.clone() };
    (case, request)
}

/// Compares decisions on documents with those on their descriptions. Dissents and consents that name documents differ
/// by what they name, so books with them are left out here and looked at in tests of their own.
fn compare(seed: u64, decide: fn(&AccessRequest, &Case<'_>) -> Decision) -> Result<u64, String> {
    let world = World::with_subjects(1);
    let mut rng = Rng(seed);
    let mut permits = 0;
    for (number, seed, begin) in cases_of(seed) {
        rng = begin.unwrap_or(rng);
        let case = random_case(&mut rng, &world.state);
        let names_documents = |consent: &assent_types::consent::Consent| consent.terms.instances.is_some();
        if case.book.live.iter().chain(&case.book.closed).any(names_documents) {
            continue;
        }
        let (case, request) = with_documents(&case, &mut rng, None);
        let (data, documents) = (real(&case.request, &case.state, case.at), decide(&request, &case));
        if data != documents {
            return Err(format!("seed={seed} case {number}: {data:?} on data, {documents:?} on documents"));
        }
        permits += u64::from(documents.permit);
    }
    println!("documents as data seed={seed} permits={permits}");
    Ok(permits)
}

#[test]
fn inv_06_to_09_documents_are_decided_as_the_data_they_describe() {
    let decide: fn(&AccessRequest, &Case<'_>) -> Decision = |request, case| real(request, &case.state, case.at);
    assert!(compare(1, decide).unwrap() > 100, "the cases say too little");
    // Grades are not carried over from the anchor.
    let blind = compare(1, |request, case| {
        let mut state = case.state.clone();
        for value in case.state.patch.values() {
            let Record::Anchor(anchor) = &value.record else { continue };
            let mut anchor = anchor.clone();
            anchor.body.grade = Grade::Clear(1);
            state.put(value.key, Record::Anchor(anchor));
        }
        real(request, &state, case.at)
    });
    assert!(blind.is_err(), "the seeded fault was not caught");
}

#[test]
fn inv_06_no_permit_for_a_document_in_another_state_or_of_another() {
    let world = World::with_subjects(2);
    let (mut rng, mut permits) = (Rng(7), 0);
    for (_, _, begin) in cases_of(7) {
        rng = begin.unwrap_or(rng);
        let case = random_case(&mut rng, &world.state);
        let (case, request) = with_documents(&case, &mut rng, Some(Hash32([1; 32])));
        if !real(&request, &case.state, case.at).permit {
            continue;
        }
        permits += 1;
        let Some(value) = case.state.get_anchor(1) else { continue };
        for status in DocumentStatus::ALL {
            let mut state = case.state.clone();
            let anchor = Anchor { status: *status, ..value.clone() };
            state.put(StateKey::Anchor(value.id), Record::Anchor(Box::new(anchor)));
            let decision = real(&request, &state, case.at);
            let kept = matches!(status, DocumentStatus::Active | DocumentStatus::Superseded)
                || (*status == DocumentStatus::Restricted
                    && matches!(request.purpose, Purpose::Hcompl | Purpose::Hlegal));
            assert_eq!(decision.permit, kept, "{status} {:?}", decision.reasons);
        }
        let mut state = case.state.clone();
        let mut foreign = value.clone();
        foreign.body.subject = sp(2);
        let alone = Asked::Documents {
            anchors: Set::new([value.id]).unwrap(),
            deliver_to: descriptors(&case.request)[0].deliver_to,
            case: None,
        };
        state.put(StateKey::Anchor(value.id), Record::Anchor(Box::new(foreign)));
        let decision = real(&AccessRequest { asked: alone, ..request }, &state, case.at);
        assert!(!decision.permit && decision.reasons.contains(&Reason::AnchorForeign));
    }
    println!("states of documents: permits={permits}");
    assert!(permits > 100);
}
