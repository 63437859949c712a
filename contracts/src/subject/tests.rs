use assent_types::action::{Action, RegisterSubject, RevokeMandate, RotateSubjectKey, possession_of};
use assent_types::consent::{EvidenceKind, Grantor};
use assent_types::key::SecretKey;
use assent_types::subject::{AgeBand, KeyOwner, MandateKind, MandateOp, MandateOps, MandateTerms, mandate_id_of};
use assent_types::{ErrorCode, Hash32, MandateId, Millis, OrgId, Set};

use crate::testing::*;
use crate::{EventName, State};

fn registration(n: u32) -> RegisterSubject {
    match World::new().register(n, AgeBand::Adult) {
        Action::RegisterSubject(register) => register,
        _ => unreachable!(),
    }
}

#[test]
fn tables_are_those_of_subjects_and_mandates() {
    let row = |row: &crate::Row| (row.id.to_string(), row.from.to_vec(), row.event, row.to);
    let subjects: Vec<_> = super::transitions::SUBJECTS.iter().map(row).collect();
    assert_eq!(
        subjects,
        [
            ("SU-01".into(), vec![State::New], EventName::RegisterSubject, State::Registered),
            ("SU-02".into(), vec![State::Registered], EventName::RotateSubjectKey, State::Registered),
            ("SU-03".into(), vec![State::Registered], EventName::RolloverPseudonym, State::Registered),
            ("SU-04".into(), vec![State::Registered], EventName::UpdateAgeBand, State::Registered),
        ]
    );
    let mandates: Vec<_> = super::transitions::MANDATES.iter().map(row).collect();
    assert_eq!(
        mandates,
        [
            ("MD-01".into(), vec![State::New], EventName::GrantMandate, State::Live),
            ("MD-02".into(), vec![State::Live], EventName::RevokeMandate, State::Revoked),
        ]
    );
}

#[test]
fn a_subject_registers_once_with_a_fresh_key_of_its_own() {
    let attempt = |change: &dyn Fn(&mut RegisterSubject)| {
        let mut world = World::with_subjects(1);
        let mut register = registration(2);
        change(&mut register);
        world.one(&signing(HKH), Action::RegisterSubject(register))
    };
    assert_eq!(attempt(&|_| {}), Ok(()));
    assert_eq!(attempt(&|register| register.sp = sp(1)), Err(ErrorCode::Subject));
    assert_eq!(attempt(&|register| register.loa = 0), Err(ErrorCode::UnknownCode));
    assert_eq!(attempt(&|register| register.loa = 4), Err(ErrorCode::UnknownCode));
    assert_eq!(attempt(&|register| register.sp = sp(3)), Err(ErrorCode::KeyExists), "possession for another pseudonym");
    let known = |register: &mut RegisterSubject| {
        let key = subject_key(1);
        register.key = key.public();
        register.possession = key.sign_possession(&possession_of(CHAIN, &key.public(), &register.sp));
    };
    assert_eq!(attempt(&known), Err(ErrorCode::KeyExists));
}

#[test]
fn a_subject_rotates_its_key() {
    let mut world = World::with_subjects(2);
    let new = key(100, 1, 1);
    let rotate = |n: u32, new: &SecretKey| {
        let possession = new.sign_possession(&possession_of(CHAIN, &new.public(), &sp(n)));
        Action::RotateSubjectKey(RotateSubjectKey { sp: sp(n), new: new.public(), possession })
    };
    assert_eq!(world.one(&subject_key(2), rotate(1, &new)), Err(ErrorCode::NotGrantor));
    assert_eq!(world.one(&signing(SZH), rotate(1, &new)), Err(ErrorCode::Role));
    assert_eq!(world.one(&subject_key(1), rotate(1, &subject_key(2))), Err(ErrorCode::KeyExists));
    let forged = RotateSubjectKey { sp: sp(1), new: new.public(), possession: registration(1).possession };
    assert_eq!(world.one(&subject_key(1), Action::RotateSubjectKey(forged)), Err(ErrorCode::KeyExists));
    assert_eq!(world.one(&subject_key(1), rotate(1, &new)), Ok(()));
    assert_eq!(world.one(&subject_key(1), rotate(1, &key(100, 1, 2))), Err(ErrorCode::KeyUsage), "the old key is dead");
    assert_eq!(world.one(&new, grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject)), Ok(()));
}

/// Sends a mandate of subject 1, signed as said.
fn send_mandate(
    world: &mut World,
    terms: MandateTerms,
    signer: &SecretKey,
    with: &[&SecretKey],
    by: OrgId,
) -> Result<(), ErrorCode> {
    let tx = world.cosigned(signer, mandate_action(terms, by, 1), with);
    world.send(&tx)
}

#[test]
fn a_mandate_is_signed_by_the_subject_and_its_verifier() {
    let world = World::with_subjects(2);
    let attempt = |signer: &SecretKey, with: &[&SecretKey], by| {
        send_mandate(&mut world.clone(), mandate_terms(1, 1), signer, with, by)
    };
    assert_eq!(attempt(&subject_key(1), &[&signing(SZH)], SZH), Ok(()));
    assert_eq!(attempt(&subject_key(1), &[&signing(APP)], APP), Ok(()));
    assert_eq!(attempt(&subject_key(1), &[], SZH), Err(ErrorCode::Role), "no verifier");
    assert_eq!(attempt(&subject_key(1), &[&signing(HKH)], SZH), Err(ErrorCode::Role), "another verifier");
    assert_eq!(attempt(&subject_key(1), &[&signing(INSURER)], INSURER), Err(ErrorCode::Role), "who may not verify");
    assert_eq!(attempt(&subject_key(2), &[&signing(SZH)], SZH), Err(ErrorCode::NotGrantor), "another subject");
    assert_eq!(attempt(&signing(SZH), &[], SZH), Err(ErrorCode::Role), "an agent needs the subject");
    let mut suspended = world.clone();
    suspended.suspend(SZH);
    let result = send_mandate(&mut suspended, mandate_terms(1, 1), &subject_key(1), &[&signing(SZH)], SZH);
    assert_eq!(result, Err(ErrorCode::Role), "a suspended verifier");
}

#[test]
fn a_substitute_is_appointed_by_the_verifier_for_who_cannot_consent() {
    let attempt = |kind, age_band, change: &dyn Fn(&mut MandateTerms)| {
        let mut world = World::new();
        let register = world.register(1, age_band);
        assert_eq!(world.one(&signing(SZH), register), Ok(()));
        let mut terms = MandateTerms { kind, ..mandate_terms(1, 1) };
        terms.evidence.timestamp = None;
        change(&mut terms);
        send_mandate(&mut world, terms, &signing(SZH), &[], SZH)
    };
    let stated = |terms: &mut MandateTerms| terms.evidence.timestamp = Some(Hash32([1; 32]));
    assert_eq!(attempt(MandateKind::Parent, AgeBand::Under14, &|_| {}), Ok(()));
    assert_eq!(attempt(MandateKind::Parent, AgeBand::From14, &|_| {}), Err(ErrorCode::Mandate), "of age in Shenzhen");
    assert_eq!(attempt(MandateKind::Parent, AgeBand::Adult, &stated), Err(ErrorCode::Mandate));
    assert_eq!(attempt(MandateKind::Guardian, AgeBand::Adult, &|_| {}), Err(ErrorCode::Mandate));
    assert_eq!(attempt(MandateKind::Guardian, AgeBand::Adult, &stated), Ok(()));
    let without = |terms: &mut MandateTerms| terms.evidence.hash = Hash32::ZERO;
    assert_eq!(attempt(MandateKind::Parent, AgeBand::Under14, &without), Err(ErrorCode::Mandate), "no evidence");
    assert_eq!(attempt(MandateKind::Caregiver, AgeBand::Adult, &|_| {}), Err(ErrorCode::Role), "an agent");

    // In Hong Kong the age is 16.
    let mut world = World::new();
    let register = world.register(1, AgeBand::From14);
    assert_eq!(world.one(&signing(HKH), register), Ok(()));
    let terms = MandateTerms { kind: MandateKind::Parent, ..mandate_terms(1, 1) };
    assert_eq!(send_mandate(&mut world.clone(), terms.clone(), &signing(INSURER), &[], INSURER), Err(ErrorCode::Role));
    assert_eq!(send_mandate(&mut world.clone(), terms.clone(), &signing(SZH), &[], HKH), Err(ErrorCode::NotGrantor));
    assert_eq!(send_mandate(&mut world, terms, &signing(REGULATOR), &[], REGULATOR), Ok(()));
}

#[test]
fn family_may_assist_from_65_on() {
    for (band, expected) in [(AgeBand::Adult, Err(ErrorCode::Mandate)), (AgeBand::From65, Ok(()))] {
        let mut world = World::new();
        let register = world.register(1, band);
        assert_eq!(world.one(&signing(SZH), register), Ok(()));
        let terms = MandateTerms { kind: MandateKind::AgedAssist, ..mandate_terms(1, 1) };
        assert_eq!(send_mandate(&mut world, terms, &subject_key(1), &[&signing(SZH)], SZH), expected, "{band}");
    }
}

#[test]
fn bad_input_21_a_lower_substitute_without_evidence_is_e302() {
    for kind in [MandateKind::FamilyOrCoResident, MandateKind::PrescribedHcp] {
        let mut world = World::new();
        let register = world.register(1, AgeBand::Under14);
        assert_eq!(world.one(&signing(SZH), register), Ok(()));
        let mut terms = MandateTerms { kind, ..mandate_terms(1, 1) };
        assert_eq!(
            send_mandate(&mut world, terms.clone(), &signing(SZH), &[], SZH),
            Err(ErrorCode::MandatePriority),
            "{kind}"
        );
        terms.no_higher_priority = Some(evidence(EvidenceKind::Statute));
        assert_eq!(send_mandate(&mut world, terms, &signing(SZH), &[], SZH), Ok(()), "{kind}");
    }
}

#[test]
fn a_mandate_says_something_possible() {
    let attempt = |change: &dyn Fn(&mut MandateTerms)| {
        let mut world = World::with_subjects(1);
        let mut terms = mandate_terms(1, 1);
        change(&mut terms);
        send_mandate(&mut world, terms, &subject_key(1), &[&signing(SZH)], SZH)
    };
    assert_eq!(attempt(&|terms| terms.nbf = terms.exp), Err(ErrorCode::Window));
    assert_eq!(attempt(&|terms| terms.exp = START), Err(ErrorCode::Window));
    assert_eq!(attempt(&|terms| terms.purposes = Set::default()), Err(ErrorCode::EmptyAxis));
    assert_eq!(attempt(&|terms| terms.consent_kinds = Default::default()), Err(ErrorCode::EmptyAxis));
    let revoke_only = |terms: &mut MandateTerms| {
        terms.ops = MandateOps::of(&[MandateOp::Revoke]);
        terms.purposes = Set::default();
    };
    assert_eq!(attempt(&revoke_only), Ok(()));
    assert_eq!(attempt(&|terms| terms.proxy = proxy(2).public()), Err(ErrorCode::KeyExists), "not possessed");
    let mut world = World::with_subjects(1);
    let unknown = mandate_terms(2, 1);
    assert_eq!(
        send_mandate(&mut world, MandateTerms { kind: MandateKind::Parent, ..unknown }, &signing(SZH), &[], SZH),
        Err(ErrorCode::Subject)
    );
}

#[test]
fn a_proxy_key_is_a_proxys_and_serves_few() {
    let mut world = World::with_subjects(7);
    let by_subject_key = MandateTerms { proxy: subject_key(2).public(), ..mandate_terms(1, 1) };
    let Action::GrantMandate(mut action) = mandate_action(by_subject_key, SZH, 1) else { unreachable!() };
    action.possession = subject_key(2).sign_possession(&possession_of(CHAIN, &subject_key(2).public(), &sp(1)));
    let tx = world.cosigned(&subject_key(1), Action::GrantMandate(action), &[&signing(SZH)]);
    assert_eq!(world.send(&tx), Err(ErrorCode::KeyExists), "a subject's key is no proxy's");

    for n in 1..=6 {
        let action = mandate_action(mandate_terms(n, 1), SZH, 1);
        let tx = world.cosigned(&subject_key(n), action, &[&signing(SZH)]);
        assert_eq!(world.send(&tx), if n < 6 { Ok(()) } else { Err(ErrorCode::Mandate) });
    }
    let again = mandate_action(mandate_terms(3, 1), SZH, 1);
    let tx = world.cosigned(&subject_key(3), again, &[&signing(SZH)]);
    assert_eq!(world.send(&tx), Ok(()), "another mandate for a subject it serves");
}

#[test]
fn a_mandate_is_revoked_by_subject_or_verifier() {
    let mut world = World::with_subjects(2);
    let mandate = world.mandate(1, |_| {});
    let revoke = |mandate: MandateId, n| Action::RevokeMandate(RevokeMandate { subject: sp(n), mandate });
    assert_eq!(world.one(&subject_key(2), revoke(mandate, 1)), Err(ErrorCode::NotGrantor));
    assert_eq!(world.one(&subject_key(2), revoke(mandate, 2)), Err(ErrorCode::Mandate), "not of this subject");
    assert_eq!(world.one(&signing(HKH), revoke(mandate, 1)), Err(ErrorCode::NotGrantor));
    assert_eq!(world.one(&signing(INSURER), revoke(mandate, 1)), Err(ErrorCode::Role));
    assert_eq!(world.one(&subject_key(1), revoke(MandateId(Hash32([1; 32])), 1)), Err(ErrorCode::Mandate));
    let mut by_verifier = world.clone();
    by_verifier.suspend(SZH);
    assert_eq!(by_verifier.one(&signing(SZH), revoke(mandate, 1)), Ok(()), "even while suspended");
    assert_eq!(world.one(&subject_key(1), revoke(mandate, 1)), Ok(()));
    assert_eq!(world.one(&subject_key(1), revoke(mandate, 1)), Err(ErrorCode::NotHead));

    let mut over = World::with_subjects(1);
    let mandate = over.mandate(1, |terms| terms.exp = START.plus(DAY_MS));
    over.time = START.plus(DAY_MS);
    assert_eq!(over.one(&subject_key(1), revoke(mandate, 1)), Err(ErrorCode::NotHead));
}

#[test]
fn a_mandate_is_kept_as_it_was_given() {
    let mut world = World::with_subjects(1);
    let action = mandate_action(mandate_terms(1, 1), SZH, 1);
    let tx = world.cosigned(&subject_key(1), action, &[&signing(SZH)]);
    let outcome = world.run(std::slice::from_ref(&tx));
    let id = mandate_id_of(&tx.hash());
    let mandate = crate::runtime::state::mandate(&world.state, id).unwrap().unwrap();
    assert!(mandate.subject_signed && mandate.verified_by == SZH && mandate.revoked_at.is_none());
    let entry = crate::runtime::state::key(&world.state, proxy(1).public().id()).unwrap().unwrap();
    assert_eq!(
        (entry.owner, entry.proxy_for.to_vec(), entry.revoked_at),
        (KeyOwner::Proxy, vec![sp(1)], None::<Millis>)
    );
    let event = &outcome.receipts[0].1.events[0];
    assert_eq!((event.object, event.subject, event.parties.to_vec()), (id.0, Some(sp(1)), vec![SZH]));
}
