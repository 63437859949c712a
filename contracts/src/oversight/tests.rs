use assent_types::action::Action;
use assent_types::anomaly::AnomalyKind;
use assent_types::org::AccreditationKind;
use assent_types::oversight::*;
use assent_types::subject::{AgeBand, MandateKind};
use assent_types::{Day, ErrorCode, Hash32, Millis};

use crate::runtime::state;
use crate::testing::*;

fn lookup(subject: assent_types::Sp, basis: Hash32, until: Millis) -> Action {
    Action::LawfulLookup(LawfulLookup { subject, basis, until })
}

#[test]
fn log_roots_come_daily_and_never_count_less() {
    let mut world = World::with_subjects(1);
    let day = yesterday();
    let signer = receipts(SZH);
    assert_eq!(world.one(&signer, log_root(Day(day.0 + 1), 5)), Err(ErrorCode::LogRoot), "today is not over");
    world.must(&signer, log_root(day, 5));
    assert_eq!(world.one(&signer, log_root(day, 6)), Err(ErrorCode::LogRoot), "once a day");
    assert_eq!(world.one(&subject_key(1), log_root(day, 6)), Err(ErrorCode::Role));
    let odd = |world: &World| world.anomalies(AnomalyKind::LogRoot, Some(SZH));
    world.pass(DAY_MS);
    world.must(&signer, log_root(Day(day.0 + 1), 7));
    assert_eq!(odd(&world), 0);
    world.pass(DAY_MS);
    world.must(&signer, log_root(Day(day.0 + 2), 6));
    assert_eq!(odd(&world), 1, "fewer entries");
    world.pass(4 * DAY_MS);
    assert_eq!(odd(&world), 2, "missing");
    world.pass(2 * DAY_MS);
    assert_eq!(odd(&world), 3, "still missing");
    world.must(&signer, log_root(Day(day.0 + 8), 9));
    assert_eq!(odd(&world), 4, "days were left out");
}

#[test]
fn a_regulator_declares_a_look_up_with_its_basis_and_end() {
    let mut world = World::with_subjects(1);
    let regulator = signing(REGULATOR);
    let soon = world.time.plus(DAY_MS);
    assert_eq!(world.one(&regulator, lookup(sp(1), Hash32::ZERO, soon)), Err(ErrorCode::NoLookup));
    assert_eq!(
        world.one(&regulator, lookup(sp(1), ACCESS_ORDER, world.time.plus(90 * DAY_MS))),
        Err(ErrorCode::NoLookup)
    );
    assert_eq!(world.one(&regulator, lookup(sp(9), ACCESS_ORDER, soon)), Err(ErrorCode::Subject));
    assert_eq!(world.one(&signing(SZH), lookup(sp(1), ACCESS_ORDER, soon)), Err(ErrorCode::Role));
    world.must(&regulator, lookup(sp(1), ACCESS_ORDER, soon));
    world.must(&regulator, lookup(sp(1), ACCESS_ORDER, soon));
    let found = state::lookup(&world.state, REGULATOR, sp(1)).unwrap().unwrap();
    assert_eq!((found.count, found.until), (2, soon));
}

#[test]
fn results_are_accepted_only_of_accredited_laboratories_and_repeated_only_with_a_reason() {
    let (mut world, document, _) = World::with_document();
    let soon = world.time.plus(DAY_MS);
    let (doctor, past) = (signing(SZH2), world.time);
    assert_eq!(world.one(&doctor, recognition(document, soon, None)), Err(ErrorCode::Recognition));
    let tally = |world: &World| *state::recognition_tally(&world.state, SZH2).unwrap().unwrap();
    world.must(&doctor, recognition(document, soon, Some(RepeatReason::NotAccredited)));
    assert_eq!((tally(&world).repeated, tally(&world).repeated_although_recognisable), (1, 0));
    world.accredit(SZH, AccreditationKind::Iso15189Lab);
    world.must(&doctor, recognition(document, soon, None));
    assert_eq!(world.one(&doctor, recognition(document, past, None)), Err(ErrorCode::Recognition), "out of date");
    world.must(&doctor, recognition(document, soon, Some(RepeatReason::Quality)));
    let after = tally(&world);
    assert_eq!((after.accepted, after.repeated, after.repeated_although_recognisable), (1, 2, 1));
    let mut bare = recognition(document, soon, None);
    if let Action::RecordRecognition(record) = &mut bare {
        record.outcome = RecognitionOutcome::Repeated;
    }
    assert_eq!(world.one(&doctor, bare), Err(ErrorCode::Recognition), "no reason");
    assert_eq!(state::recognitions(&world.state, document).unwrap().unwrap().len(), 3);
    assert_eq!(world.one(&doctor, recognition(Default::default(), soon, None)), Err(ErrorCode::NotFound));
}

#[test]
fn a_pseudonym_leads_to_another_once() {
    let mut world = World::with_subjects(3);
    let roll = |old, new| Action::RolloverPseudonym(RolloverPseudonym { old: sp(old), new: sp(new) });
    assert_eq!(world.one(&subject_key(1), roll(1, 2)), Err(ErrorCode::NotGrantor), "the new key does not co-sign");
    assert_eq!(world.one(&signing(SZH), roll(1, 2)), Err(ErrorCode::NotGrantor), "one organisation alone");
    let tx = world.cosigned(&subject_key(1), roll(1, 9), &[&signing(SZH)]);
    assert_eq!(world.send(&tx), Err(ErrorCode::NotGrantor));
    let tx = world.cosigned(&signing(SZH), roll(1, 2), &[&signing(HKH)]);
    assert_eq!(world.send(&tx), Ok(()));
    let tx = world.cosigned(&subject_key(1), roll(1, 3), &[&subject_key(3)]);
    assert_eq!(world.send(&tx), Err(ErrorCode::Subject));
    assert_eq!(state::rollover(&world.state, sp(1)).unwrap().unwrap().new, sp(2));
}

#[test]
fn a_parents_consents_end_with_childhood_and_some_grace() {
    use assent_types::access::Reason;
    use assent_types::action::AmendConsent;
    use assent_types::consent::Grantor;

    let mut world = World::new();
    let register = world.register(1, AgeBand::Under14);
    world.must(&signing(SZH), register);
    let document = world.document(1);
    let mut mandate = mandate_terms(1, 1);
    mandate.kind = MandateKind::Parent;
    let tx = world.tx(&signing(SZH), mandate_action(mandate, SZH, 1));
    assert_eq!(world.send(&tx), Ok(()));
    let grantor = Grantor::Proxy { mandate: assent_types::subject::mandate_id_of(&tx.hash()) };
    let treat = terms(1, SZH, &[SZH2]);
    let consent = assent_types::consent::consent_id_of(&world.must(&proxy(1), grant_action(treat.clone(), grantor)));

    let update = |age_band| Action::UpdateAgeBand(UpdateAgeBand { sp: sp(1), age_band, attest: ACCESS_ORDER });
    assert_eq!(world.one(&signing(HKH), update(AgeBand::From14)), Err(ErrorCode::NotGrantor));
    world.must(&signing(SZH), update(AgeBand::From14));
    assert_eq!(world.one(&signing(SZH), update(AgeBand::Under14)), Err(ErrorCode::UnknownCode), "nobody grows younger");
    assert_eq!(world.one(&proxy(1), grant_action(treat.clone(), grantor)), Err(ErrorCode::Mandate), "of age");
    let asks = |world: &mut World| {
        let id = world.ask(documents_request(1, &[document])).unwrap();
        world.session(id).decision
    };
    assert!(asks(&mut world).permit, "within the grace");
    world.pass(180 * DAY_MS);
    assert_eq!(asks(&mut world).reasons.to_vec(), [Reason::Suspended]);
    let amend = AmendConsent { target: target(1, SZH, consent), terms: treat, grantor: Grantor::Subject };
    world.must(&subject_key(1), Action::AmendConsent(Box::new(amend)));
    assert!(asks(&mut world).permit, "the subject confirmed it");
}
