use assent_types::action::*;
use assent_types::consent::*;
use assent_types::key::SecretKey;
use assent_types::limits::{CLOSED_CONSENTS_MAX, LIVE_CONSENTS_MAX};
use assent_types::org::Role;
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::ChainClass;
use assent_types::subject::{ConsentKinds, MandateKind, MandateOp, MandateOps};
use assent_types::{ConsentId, ErrorCode, Hash32, MandateId, OrgId, Set};

use super::narrow::is_narrower;
use crate::runtime::table::actors::{APP as APP_ROLE, GDN, HOS, INS, REG, RES, SUB, SYS, TPA};
use crate::testing::*;
use crate::{Actor, EventName, State};

type Change<'t, T> = &'t dyn Fn(&mut T);
type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

fn propose(terms: ConsentTerms) -> Action {
    Action::ProposeConsent(Box::new(ProposeConsent { terms }))
}

fn amend(target: ConsentRef, terms: ConsentTerms, grantor: Grantor) -> Action {
    Action::AmendConsent(Box::new(AmendConsent { target, terms, grantor }))
}

fn revoke(target: ConsentRef, grantor: Grantor) -> Action {
    Action::RevokeConsent(RevokeConsent { target, grantor, evidence: None })
}

fn reject(target: ConsentRef, grantor: Grantor) -> Action {
    Action::RejectConsent(RejectConsent { target, grantor })
}

fn attested(org: OrgId, method: AttestMethod) -> Grantor {
    Grantor::OrgAttested { org, method, clerk: Hash32([0xc1; 32]) }
}

fn treat() -> ConsentTerms {
    terms(1, SZH, &[SZH2])
}

/// Proposes and returns the proposal.
fn proposed(world: &mut World, terms: ConsentTerms) -> ConsentId {
    let tx = world.tx(&signing(SZH2), propose(terms));
    assert_eq!(world.send(&tx), Ok(()));
    consent_id_of(&tx.hash())
}

/// Grants subject 1's consent, changed, in a fresh world.
fn grant_changed(base: ConsentTerms, change: &dyn Fn(&mut ConsentTerms)) -> Result<(), ErrorCode> {
    let mut terms = base;
    change(&mut terms);
    World::with_subjects(1).one(&subject_key(1), grant_action(terms, Grantor::Subject))
}

#[test]
fn inv_02_the_table_is_the_specified_one() {
    use State::*;
    // Actors of CN-06: an attesting hospital or app acts for patients without a key.
    let expected: [Expected; 12] = [
        ("CN-01", &[New], "ProposeConsent", &[HOS, INS, TPA, APP_ROLE, RES], Proposed),
        ("CN-02", &[New, Proposed], "GrantConsent", &[SUB, GDN, HOS], Active),
        ("CN-03", &[Proposed], "RejectConsent", &[SUB, GDN], Rejected),
        ("CN-04", &[Proposed], "sweep", &[SYS], Lapsed),
        ("CN-05", &[Active], "AmendConsent", &[SUB, GDN], Superseded),
        ("CN-06", &[Active, Suspended], "RevokeConsent", &[SUB, GDN, HOS, APP_ROLE], Revoked),
        ("CN-07", &[Active, Suspended], "sweep", &[SYS], Expired),
        ("CN-08", &[Active], "useCounted", &[SYS], Exhausted),
        ("CN-09", &[Active], "SuspendConsent", &[REG], Suspended),
        ("CN-10", &[Suspended], "ResumeConsent", &[REG], Active),
        ("CN-11", &[Active, Suspended], "MarkInError", &[HOS, REG], EnteredInError),
        ("CN-12", &[Suspended], "sweep", &[SYS], Active),
    ];
    assert_eq!(super::transitions::CONSENTS.len(), expected.len());
    for (row, (id, from, event, actors, to)) in super::transitions::CONSENTS.iter().zip(expected) {
        assert_eq!((row.id.to_string().as_str(), row.from, row.to), (id, from, to));
        assert_eq!((row.event.to_string().as_str(), row.actors), (event, actors), "{id}");
    }
    let revoke = super::transitions::CONSENTS.iter().find(|row| row.event == EventName::RevokeConsent).unwrap();
    assert_eq!(revoke.guards.len(), 1, "revoking asks for nothing but authority");
}

#[test]
fn a_proposal_is_granted_rejected_or_lapses() {
    let mut world = World::with_subjects(1);
    let id = proposed(&mut world, treat());
    let open = world.clone();
    assert_eq!(world.book(1, SZH).epoch, 0, "a proposal changes no decision");
    let grant = GrantConsent { proposal: Some(id), terms: treat(), grantor: Grantor::Subject };
    let grant = Action::GrantConsent(Box::new(grant));
    assert_eq!(world.one(&subject_key(1), grant.clone()), Ok(()));
    let book = world.book(1, SZH);
    let consent = &book.live[0];
    assert_eq!((consent.id, consent.status, consent.proposed_by), (id, ConsentStatus::Active, Some(SZH2)));
    assert_eq!((book.epoch, book.log.count), (1, 2));
    assert_eq!(world.one(&subject_key(1), grant.clone()), Err(ErrorCode::NotHead), "granted already");

    let mut world = open.clone();
    assert_eq!(world.one(&subject_key(1), reject(target(1, SZH, id), Grantor::Subject)), Ok(()));
    assert_eq!(world.book(1, SZH).closed[0].status, ConsentStatus::Rejected);
    assert_eq!(world.one(&subject_key(1), grant.clone()), Err(ErrorCode::NotHead));

    let mut world = open.clone();
    // In the very block in which it lapses it can be granted no more, though the sweep comes after.
    let created = world.book(1, SZH).live[0].created_at;
    world.time = created.plus(30 * DAY_MS - 1000);
    let tx = world.tx(&subject_key(1), grant);
    let outcome = world.run(&[tx]);
    assert_eq!(outcome.receipts.iter().map(|(receipt, _)| receipt.code).collect::<Vec<_>>(), [307, 0]);
    assert_eq!(world.book(1, SZH).closed[0].status, ConsentStatus::Lapsed);
}

#[test]
fn a_proposal_is_granted_with_its_own_terms() {
    let mut world = World::with_subjects(1);
    let incomplete = ConsentTerms {
        separate: SeparateConsents::EMPTY,
        evidence: EvidenceRef { hash: Hash32::ZERO, ..evidence(EvidenceKind::PaperScan) },
        ..treat()
    };
    let id = proposed(&mut world, incomplete);
    let grant = |terms: ConsentTerms| {
        Action::GrantConsent(Box::new(GrantConsent { proposal: Some(id), terms, grantor: Grantor::Subject }))
    };
    let widened = ConsentTerms { max_grade: 5, ..treat() };
    assert_eq!(world.one(&subject_key(1), grant(widened)), Err(ErrorCode::NotHead));
    assert_eq!(world.one(&subject_key(1), grant(treat())), Ok(()), "evidence and separate consents are added");
}

#[test]
fn an_amendment_makes_a_new_version_and_keeps_the_uses() {
    let mut world = World::with_subjects(1);
    let id = world.grant(1, treat());
    let mut book = world.book(1, SZH);
    book.live.as_mut_slice()[0].uses = 3;
    world.put_book(1, SZH, book);
    let tx = world
        .tx(&subject_key(1), amend(target(1, SZH, id), ConsentTerms { max_grade: 2, ..treat() }, Grantor::Subject));
    let outcome = world.run(std::slice::from_ref(&tx));
    let new = consent_id_of(&tx.hash());
    let book = world.book(1, SZH);
    let (old, head) = (&book.closed[0], &book.live[0]);
    assert_eq!((old.id, old.status), (id, ConsentStatus::Superseded));
    assert_eq!((head.id, head.lineage, head.version, head.supersedes), (new, id, 2, Some(id)));
    assert_eq!((head.status, head.uses, head.terms.max_grade), (ConsentStatus::Active, 3, 2));
    let objects: Vec<Hash32> = outcome.receipts[0].1.events.iter().map(|event| event.object).collect();
    assert_eq!(objects, [id.0, new.0]);
    assert_eq!(outcome.log_entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn bad_input_20_a_proxy_beyond_its_mandate_is_e301() {
    let grant = |world: &mut World, mandate: MandateId, change: &dyn Fn(&mut ConsentTerms)| {
        let mut terms = treat();
        change(&mut terms);
        world.one(&proxy(1), grant_action(terms, Grantor::Proxy { mandate }))
    };
    let with = |change: fn(&mut assent_types::subject::MandateTerms)| {
        let mut world = World::with_subjects(2);
        let mandate = world.mandate(1, change);
        (world, mandate)
    };
    let (mut world, mandate) = with(|_| {});
    assert_eq!(grant(&mut world.clone(), mandate, &|_| {}), Ok(()));
    let e301 = Err(ErrorCode::Mandate);
    assert_eq!(grant(&mut world, MandateId(Hash32([1; 32])), &|_| {}), e301, "no such mandate");
    let research = |terms: &mut ConsentTerms| terms.purposes = Set::new([Purpose::Mltraining]).unwrap();
    assert_eq!(grant(&mut world, mandate, &research), e301, "a purpose outside");
    assert_eq!(grant(&mut world, mandate, &|terms| terms.kind = ConsentKind::Deposit), e301, "a kind outside");
    assert_eq!(grant(&mut world, mandate, &|terms| terms.xborder = Some(xborder())), e301, "across the border");
    assert_eq!(grant(&mut world, mandate, &|terms| terms.subject = sp(2)), e301, "another subject");
    let narrower = |terms: &mut ConsentTerms| terms.purposes = Set::new([Purpose::Coc]).unwrap();
    assert_eq!(grant(&mut world.clone(), mandate, &narrower), Ok(()), "a kind of treatment");
    let glass = |terms: &mut ConsentTerms| terms.purposes = Set::new([Purpose::Btg]).unwrap();
    assert_eq!(grant(&mut world, mandate, &glass), e301, "which treatment does not imply");
    assert_eq!(
        world.one(&proxy(2), grant_action(treat(), Grantor::Proxy { mandate })),
        Err(ErrorCode::BadSignature),
        "a key that the ledger does not know"
    );
    assert_eq!(
        world.one(&subject_key(2), grant_action(treat(), Grantor::Proxy { mandate })),
        Err(ErrorCode::NotGrantor)
    );

    let (mut world, mandate) = with(|terms| terms.ops = MandateOps::of(&[MandateOp::Reject]));
    assert_eq!(grant(&mut world, mandate, &|_| {}), e301, "lacks the operation");
    let (mut world, mandate) = with(|terms| terms.exp = START.plus(DAY_MS));
    world.time = START.plus(DAY_MS);
    assert_eq!(grant(&mut world, mandate, &|_| {}), e301, "expired");
    let (mut world, mandate) = with(|terms| terms.nbf = START.plus(DAY_MS));
    assert_eq!(grant(&mut world, mandate, &|_| {}), e301, "not yet");
    let (mut world, mandate) = with(|_| {});
    let end = Action::RevokeMandate(RevokeMandate { subject: sp(1), mandate });
    assert_eq!(world.one(&subject_key(1), end), Ok(()));
    assert_eq!(grant(&mut world, mandate, &|_| {}), e301, "revoked");
}

#[test]
fn an_agent_never_gives_research_or_training() {
    let mut world = World::with_subjects(1);
    let purposes = [Purpose::Mltraining, Purpose::Biorch, Purpose::Treat];
    let mandate = world.mandate(1, |terms| {
        terms.kind = MandateKind::Attorney;
        terms.purposes = Set::new(purposes).unwrap();
        terms.consent_kinds = ConsentKinds::all();
    });
    for (purpose, kind, expected) in [
        (Purpose::Mltraining, ConsentKind::Share, Err(ErrorCode::Mandate)),
        (Purpose::Biorch, ConsentKind::Share, Err(ErrorCode::Mandate)),
        (Purpose::Treat, ConsentKind::Research, Err(ErrorCode::Mandate)),
        (Purpose::Treat, ConsentKind::Share, Ok(())),
    ] {
        let terms = ConsentTerms { kind, purposes: Set::new([purpose]).unwrap(), ..treat() };
        assert_eq!(world.one(&proxy(1), grant_action(terms, Grantor::Proxy { mandate })), expected, "{purpose} {kind}");
    }
}

#[test]
fn bad_input_22_windows_that_are_none_are_e303() {
    assert_eq!(grant_changed(treat(), &|terms| terms.exp = Some(terms.nbf)), Err(ErrorCode::Window));
    assert_eq!(grant_changed(treat(), &|terms| terms.exp = Some(START)), Err(ErrorCode::Window));
    let past = |terms: &mut ConsentTerms| {
        terms.nbf = assent_types::Millis(0);
        terms.exp = Some(START);
    };
    assert_eq!(grant_changed(treat(), &past), Err(ErrorCode::Window));
    let empty = |terms: &mut ConsentTerms| terms.data_period = Some((assent_types::Day(5), assent_types::Day(5)));
    assert_eq!(grant_changed(treat(), &empty), Err(ErrorCode::Window));
    assert_eq!(grant_changed(treat(), &|terms| terms.exp = None), Ok(()));
}

#[test]
fn bad_input_23_empty_axes_are_e304() {
    let changes: [(&str, Change<'_, ConsentTerms>); 9] = [
        ("purposes", &|terms| terms.purposes = Set::default()),
        ("actions", &|terms| terms.actions = DataActions::EMPTY),
        ("categories", &|terms| terms.categories = Categories::EMPTY),
        ("places", &|terms| terms.places = Set::default()),
        ("grantees", &|terms| terms.grantees = Grantees::default()),
        ("selector", &|terms| {
            let selector = RoleSelector { role: Role::Hospital, places: Set::default(), accreditation: None };
            terms.grantees.roles = Set::new([selector]).unwrap();
        }),
        ("instances", &|terms| terms.instances = Some(Set::default())),
        ("uses", &|terms| terms.limits.max_uses = Some(0)),
        ("rate", &|terms| terms.limits.rate = Some((1, 0))),
    ];
    for (name, change) in changes {
        assert_eq!(grant_changed(treat(), change), Err(ErrorCode::EmptyAxis), "{name}");
    }
    let border: [(&str, Change<'_, XBorder>); 2] =
        [("to", &|xborder| xborder.to = Set::default()), ("kinds", &|xborder| xborder.basis_kinds = BasisKinds::EMPTY)];
    for (name, change) in border {
        let change = |terms: &mut ConsentTerms| change(terms.xborder.as_mut().unwrap());
        assert_eq!(grant_changed(claim_terms(1, SZH), &change), Err(ErrorCode::EmptyAxis), "{name}");
    }
}

#[test]
fn a_grade_outside_1_to_5_is_e108_and_so_is_the_test_purpose_in_production() {
    assert_eq!(grant_changed(treat(), &|terms| terms.max_grade = 0), Err(ErrorCode::UnknownCode));
    assert_eq!(grant_changed(treat(), &|terms| terms.max_grade = 6), Err(ErrorCode::UnknownCode));
    let htest = ConsentTerms { purposes: Set::new([Purpose::Htest]).unwrap(), ..treat() };
    assert_eq!(grant_changed(htest.clone(), &|_| {}), Ok(()));
    let mut production = World::with_subjects(1);
    production.change_params(|params| params.chain_class = ChainClass::Production);
    let result = production.one(&subject_key(1), grant_action(htest, Grantor::Subject));
    assert_eq!(result, Err(ErrorCode::UnknownCode));
}

#[test]
fn bad_input_25_missing_separate_consents_are_e305() {
    let e305 = Err(ErrorCode::SeparateConsent);
    let without = |bit| {
        move |terms: &mut ConsentTerms| {
            let rest = terms.separate.codes().filter(|other| *other != bit).collect::<Vec<_>>();
            terms.separate = SeparateConsents::of(&rest);
        }
    };
    let claim = || claim_terms(1, SZH);
    assert_eq!(grant_changed(claim(), &|_| {}), Ok(()));
    assert_eq!(grant_changed(claim(), &without(SeparateConsent::Sens)), e305);
    assert_eq!(grant_changed(claim(), &without(SeparateConsent::Prov)), e305);
    assert_eq!(grant_changed(claim(), &without(SeparateConsent::Xb)), e305);
    assert_eq!(grant_changed(claim(), &|terms| terms.xborder = None), e305);
    assert_eq!(grant_changed(claim(), &|terms| terms.xborder.as_mut().unwrap().evidence.hash = Hash32::ZERO), e305);
    assert_eq!(grant_changed(claim(), &|terms| terms.places = places(&[HONG_KONG, MACAO])), e305, "Macao is not in it");
    // A place of delivery outside, a grantee's seat outside, and a selector outside each need the bit.
    let treat_with = |change: &dyn Fn(&mut ConsentTerms)| grant_changed(treat(), change);
    assert_eq!(treat_with(&|terms| terms.places = places(&[SHENZHEN, HONG_KONG])), e305);
    assert_eq!(treat_with(&|terms| terms.grantees.orgs = Set::new([HKH]).unwrap()), e305);
    let selector = |place| RoleSelector { role: Role::Hospital, places: places(&[place]), accreditation: None };
    assert_eq!(treat_with(&|terms| terms.grantees.roles = Set::new([selector(HONG_KONG)]).unwrap()), e305);
    assert_eq!(treat_with(&|terms| terms.grantees.roles = Set::new([selector(SHENZHEN)]).unwrap()), Ok(()));
    // The controller itself is no other handler; a dissent needs no consent; Hong Kong asks for none of them.
    let own = ConsentTerms { separate: SeparateConsents::of(&[SeparateConsent::Sens]), ..terms(1, SZH, &[SZH]) };
    assert_eq!(grant_changed(own, &|_| {}), Ok(()));
    let none = |terms: &mut ConsentTerms| terms.separate = SeparateConsents::EMPTY;
    assert_eq!(treat_with(&none), e305);
    let dissent = ConsentTerms { effect: Effect::Deny, ..treat() };
    assert_eq!(grant_changed(dissent, &none), Ok(()));
    let hong_kong = ConsentTerms { places: places(&[HONG_KONG]), ..terms(1, HKH, &[INSURER]) };
    assert_eq!(grant_changed(hong_kong, &none), Ok(()));
}

#[test]
fn bad_input_26_the_gba_contract_of_shantou_is_e306() {
    let mut terms = claim_terms(1, SHANTOU);
    assert_eq!(grant_changed(terms.clone(), &|_| {}), Err(ErrorCode::BasisPlace));
    terms.xborder.as_mut().unwrap().basis_kinds = BasisKinds::of(&[BasisKind::GbaScHk, BasisKind::CnScc]);
    assert_eq!(grant_changed(terms, &|_| {}), Ok(()), "the standard contract of the Mainland covers it");
}

#[test]
fn bad_input_27_no_gba_contract_between_hong_kong_and_macao_is_e306() {
    let to_macao = XBorder {
        to: places(&[MACAO]),
        basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk, BasisKind::GbaScMo]),
        ..xborder()
    };
    let mut terms =
        ConsentTerms { places: places(&[MACAO]), xborder: Some(to_macao), ..terms(1, HKH, &[MACAO_HOSPITAL]) };
    assert_eq!(grant_changed(terms.clone(), &|_| {}), Err(ErrorCode::BasisPlace));
    terms.xborder.as_mut().unwrap().basis_kinds = BasisKinds::of(&[BasisKind::HkRmc]);
    assert_eq!(grant_changed(terms, &|_| {}), Ok(()));
}

#[test]
fn bad_input_29_amending_what_is_not_the_head_is_e307() {
    let mut world = World::with_subjects(2);
    let id = world.grant(1, treat());
    let first = amend(target(1, SZH, id), treat(), Grantor::Subject);
    let tx = world.tx(&subject_key(1), first.clone());
    assert_eq!(world.send(&tx), Ok(()));
    let head = consent_id_of(&tx.hash());
    assert_eq!(world.one(&subject_key(1), first), Err(ErrorCode::NotHead), "a fork");
    let amend_head = |terms| amend(target(1, SZH, head), terms, Grantor::Subject);
    assert_eq!(world.one(&subject_key(1), amend_head(terms(2, SZH, &[SZH2]))), Err(ErrorCode::NotHead));
    assert_eq!(world.one(&subject_key(1), amend_head(terms(1, SZH2, &[SZH]))), Err(ErrorCode::NotHead));
    let unknown = amend(target(1, SZH, ConsentId(Hash32([1; 32]))), treat(), Grantor::Subject);
    assert_eq!(world.one(&subject_key(1), unknown), Err(ErrorCode::NotHead));
    let mut suspended = world.clone();
    let mut book = suspended.book(1, SZH);
    book.live.as_mut_slice()[0].status = ConsentStatus::Suspended;
    suspended.put_book(1, SZH, book);
    assert_eq!(suspended.one(&subject_key(1), amend_head(treat())), Err(ErrorCode::NotHead));
    assert_eq!(suspended.one(&subject_key(1), revoke(target(1, SZH, head), Grantor::Subject)), Ok(()));
    world.time = treat().exp.unwrap();
    let later = ConsentTerms { exp: None, ..treat() };
    assert_eq!(world.one(&subject_key(1), amend_head(later)), Err(ErrorCode::NotHead), "it is over");
}

#[test]
fn bad_input_30_a_proxy_that_widens_is_e308() {
    let mut world = World::with_subjects(1);
    let id = world.grant(1, treat());
    let amend_as = |world: &World, mandate, change: &dyn Fn(&mut ConsentTerms)| {
        let mut terms = treat();
        change(&mut terms);
        world.clone().one(&proxy(1), amend(target(1, SZH, id), terms, Grantor::Proxy { mandate }))
    };
    let narrow_only = world.mandate(1, |terms| terms.ops = MandateOps::of(&[MandateOp::Amend]));
    let narrows = |terms: &mut ConsentTerms| terms.max_grade = 2;
    let widens = |terms: &mut ConsentTerms| terms.categories = Categories::all();
    assert_eq!(amend_as(&world, narrow_only, &narrows), Ok(()));
    assert_eq!(amend_as(&world, narrow_only, &widens), Err(ErrorCode::Widen));
    let may_grant = world.mandate(1, |_| {});
    assert_eq!(amend_as(&world, may_grant, &widens), Ok(()), "its mandate covers the wider one");
    let training = |terms: &mut ConsentTerms| terms.purposes = Set::new([Purpose::Treat, Purpose::Mltraining]).unwrap();
    assert_eq!(amend_as(&world, may_grant, &training), Err(ErrorCode::Widen));
    let may_not = world.mandate(1, |terms| terms.ops = MandateOps::of(&[MandateOp::Grant]));
    assert_eq!(amend_as(&world, may_not, &narrows), Err(ErrorCode::Mandate), "without the operation");
    let lift = |terms: &mut ConsentTerms| terms.effect = Effect::Deny;
    assert_eq!(amend_as(&world, narrow_only, &lift), Err(ErrorCode::Widen), "another effect is another consent");
}

#[test]
fn bad_input_31_revoking_for_another_is_e309() {
    let mut world = World::with_subjects(2);
    let id = world.grant(1, treat());
    let at = target(1, SZH, id);
    let e309 = Err(ErrorCode::NotGrantor);
    for stranger in [subject_key(2), signing(INSURER), signing(SZH), signing(SZH2)] {
        assert_eq!(world.one(&stranger, revoke(at, Grantor::Subject)), e309);
        assert_eq!(world.one(&stranger, amend(at, treat(), Grantor::Subject)), e309);
        assert_eq!(world.one(&stranger, reject(at, Grantor::Subject)), e309);
        assert_eq!(world.one(&stranger, grant_action(treat(), Grantor::Subject)), e309);
    }
    assert_eq!(world.one(&signing(SZH), revoke(at, attested(HKH, AttestMethod::Otp))), e309, "attested by another");
    assert_eq!(world.one(&signing(SZH), revoke(at, attested(SZH, AttestMethod::Otp))), e309, "without evidence");
    assert_eq!(world.one(&signing(INSURER), revoke(at, attested(INSURER, AttestMethod::Otp))), Err(ErrorCode::Role));
    assert_eq!(world.one(&subject_key(1), revoke(at, Grantor::Subject)), Ok(()));
}

#[test]
fn revoking_works_by_any_version_for_every_rightful_actor() {
    let mut world = World::with_subjects(1);
    let first = world.grant(1, treat());
    let mut versions = vec![first];
    for _ in 0..3 {
        let tx = world.tx(&subject_key(1), amend(target(1, SZH, *versions.last().unwrap()), treat(), Grantor::Subject));
        assert_eq!(world.send(&tx), Ok(()));
        versions.push(consent_id_of(&tx.hash()));
    }
    let mandate = world.mandate(1, |terms| terms.ops = MandateOps::of(&[MandateOp::Reject]));
    for version in &versions {
        let at = target(1, SZH, *version);
        let paper = Some(evidence(EvidenceKind::PaperScan));
        let by_org = |org, method| {
            Action::RevokeConsent(RevokeConsent { target: at, grantor: attested(org, method), evidence: paper })
        };
        let attempts: [(SecretKey, Action); 4] = [
            (subject_key(1), revoke(at, Grantor::Subject)),
            (proxy(1), revoke(at, Grantor::Proxy { mandate })),
            (signing(HKH), by_org(HKH, AttestMethod::SignedForm)),
            (signing(APP), by_org(APP, AttestMethod::Otp)),
        ];
        for (signer, action) in attempts {
            let mut world = world.clone();
            world.suspend(SZH);
            assert_eq!(world.one(&signer, action.clone()), Ok(()), "whatever happens to the controller");
            let book = world.book(1, SZH);
            assert!(book.live.is_empty() && book.closed.last().unwrap().status == ConsentStatus::Revoked);
            assert_eq!(world.one(&signer, action), Err(ErrorCode::NotHead), "once");
        }
    }
    let id = proposed(&mut world, treat());
    assert_eq!(world.one(&subject_key(1), revoke(target(1, SZH, id), Grantor::Subject)), Err(ErrorCode::NotHead));
}

#[test]
fn hospitals_attest_with_evidence_that_is_not_theirs_alone() {
    let world = World::with_subjects(1);
    let attest =
        |org: OrgId, grantees: &[OrgId], method, kind, witness: Option<OrgId>, change: &dyn Fn(&mut ConsentTerms)| {
            let mut world = world.clone();
            let mut terms = ConsentTerms { evidence: evidence(kind), ..terms(1, SZH, grantees) };
            change(&mut terms);
            let keys: Vec<SecretKey> = witness.into_iter().map(signing).collect();
            let with: Vec<&SecretKey> = keys.iter().collect();
            let tx = world.cosigned(&signing(org), grant_action(terms, attested(org, method)), &with);
            world.send(&tx)
        };
    use AttestMethod::{IdCardReader, Otp, SignedForm};
    use EvidenceKind as Kind;
    let e309 = Err(ErrorCode::NotGrantor);
    let same = |_: &mut ConsentTerms| {};
    assert_eq!(attest(SZH, &[SZH2], SignedForm, Kind::PaperScan, None, &same), Ok(()), "others gain");
    assert_eq!(attest(SZH2, &[SZH2], SignedForm, Kind::PaperScan, None, &same), e309, "it alone gains");
    assert_eq!(attest(SZH2, &[SZH2], SignedForm, Kind::PaperScan, Some(SZH), &same), Ok(()), "with a witness");
    assert_eq!(attest(SZH2, &[SZH2], SignedForm, Kind::PaperScan, Some(SZH2), &same), e309, "its own witness");
    assert_eq!(attest(SZH2, &[SZH2], IdCardReader, Kind::IdCardReader, None, &same), Ok(()));
    assert_eq!(attest(SZH2, &[SZH2], Otp, Kind::Otp, None, &same), Ok(()));
    assert_eq!(attest(SZH2, &[SZH2], Otp, Kind::Otp, None, &|terms| terms.evidence.timestamp = None), e309);
    assert_eq!(attest(SZH2, &[SZH2], Otp, Kind::IdCardReader, None, &same), e309, "another method than its evidence");
    assert_eq!(attest(SZH, &[SZH2], Otp, Kind::Otp, None, &|terms| terms.evidence.hash = Hash32::ZERO), e309);
    assert_eq!(attest(SZH2, &[SZH2], SignedForm, Kind::PaperScan, None, &|terms| terms.effect = Effect::Deny), Ok(()));
    let e203 = Err(ErrorCode::Role);
    assert_eq!(attest(INSURER, &[SZH2], Otp, Kind::Otp, None, &same), e203);
    assert_eq!(attest(APP, &[SZH2], Otp, Kind::Otp, None, &same), e203);
    let mut both = world.clone();
    both.change_org(SZH, |org| org.roles = org.roles.with(Role::Insurer));
    let action = grant_action(ConsentTerms { evidence: evidence(Kind::Otp), ..treat() }, attested(SZH, Otp));
    assert_eq!(both.one(&signing(SZH), action), e203, "an insurer never attests, hospital or not");
    let mut world = world.clone();
    let id = world.grant(1, treat());
    assert_eq!(world.one(&signing(SZH), amend(target(1, SZH, id), treat(), attested(SZH, Otp))), e203);
    assert_eq!(world.one(&signing(SZH), grant_action(treat(), attested(OrgId(999), Otp))), e203);
}

#[test]
fn unknown_organisations_and_subjects_are_e905_and_e210() {
    let mut world = World::with_subjects(1);
    let mut grant = |terms| world.one(&subject_key(1), grant_action(terms, Grantor::Subject));
    assert_eq!(grant(terms(1, OrgId(999), &[SZH2])), Err(ErrorCode::NotFound));
    assert_eq!(grant(terms(1, SZH, &[SZH2, OrgId(999)])), Err(ErrorCode::NotFound));
    let id = ConsentId(Hash32([1; 32]));
    let at = ConsentRef { subject: sp(7), controller: SZH, consent: id };
    let action = RevokeConsent {
        target: at,
        grantor: attested(SZH, AttestMethod::Otp),
        evidence: Some(evidence(EvidenceKind::Otp)),
    };
    assert_eq!(world.one(&signing(SZH), Action::RevokeConsent(action)), Err(ErrorCode::Subject));
    assert_eq!(world.one(&subject_key(1), revoke(target(1, SZH, id), Grantor::Subject)), Err(ErrorCode::NotHead));
}

#[test]
fn live_consents_are_bounded_and_those_that_are_over_do_not_count() {
    let mut world = World::with_subjects(1);
    world.change_params(|params| params.sweep_max = 0);
    let short = ConsentTerms { exp: Some(START.plus(DAY_MS)), ..treat() };
    world.grant(1, short);
    for _ in 1..LIVE_CONSENTS_MAX {
        world.grant(1, treat());
    }
    let again = |world: &mut World| world.one(&subject_key(1), grant_action(treat(), Grantor::Subject));
    assert_eq!(again(&mut world), Err(ErrorCode::ConsentLimit));
    assert_eq!(world.one(&signing(SZH2), propose(treat())), Err(ErrorCode::ConsentLimit));
    let head = world.book(1, SZH).live[5].id;
    assert_eq!(world.one(&subject_key(1), amend(target(1, SZH, head), treat(), Grantor::Subject)), Ok(()));

    // Nothing is swept here, yet the consent that is over makes room, in the transaction that needs it.
    world.time = START.plus(DAY_MS);
    let tx = world.tx(&subject_key(1), grant_action(treat(), Grantor::Subject));
    let outcome = world.run(&[tx]);
    let rows: Vec<String> = outcome.receipts[0].1.events.iter().map(|event| event.row.to_string()).collect();
    assert_eq!(rows, ["CN-07", "CN-02"]);
    assert_eq!(again(&mut world), Err(ErrorCode::ConsentLimit));
}

#[test]
fn closed_consents_are_bounded_and_living_lineages_stay_reachable() {
    let mut world = World::with_subjects(1);
    let first = world.grant(1, treat());
    let mut head = first;
    for _ in 0..3 {
        let tx = world.tx(&subject_key(1), amend(target(1, SZH, head), treat(), Grantor::Subject));
        assert_eq!(world.send(&tx), Ok(()));
        head = consent_id_of(&tx.hash());
    }
    let second = world.book(1, SZH).closed[1].id;
    for _ in 0..CLOSED_CONSENTS_MAX {
        let id = world.grant(1, treat());
        assert_eq!(world.one(&subject_key(1), revoke(target(1, SZH, id), Grantor::Subject)), Ok(()));
        assert_eq!(world.book(1, SZH).closed.last().unwrap().id, id);
    }
    let book = world.book(1, SZH);
    assert_eq!(book.closed.len(), CLOSED_CONSENTS_MAX);
    assert_eq!(book.closed.iter().filter(|consent| consent.lineage == first).count(), 3);
    assert_eq!(world.one(&subject_key(1), revoke(target(1, SZH, second), Grantor::Subject)), Ok(()));
}

#[test]
fn narrower_terms_are_recognised_axis_by_axis() {
    let base = claim_terms(1, SZH);
    let narrower: [&dyn Fn(&mut ConsentTerms); 10] = [
        &|_| {},
        &|terms| terms.purposes = Set::new([Purpose::Clmattch]).unwrap(),
        &|terms| terms.categories = Categories::of(&[Category::Lab]),
        &|terms| terms.max_grade = 1,
        &|terms| terms.exp = Some(START.plus(DAY_MS)),
        &|terms| terms.instances = Some(Set::new([Hash32([1; 32])]).unwrap()),
        &|terms| terms.data_period = Some((assent_types::Day(1), assent_types::Day(2))),
        &|terms| terms.limits.per_access_confirm = true,
        &|terms| terms.grantees.excluded = Set::new([HKH]).unwrap(),
        &|terms| terms.labels = LabelRule::AnyExcept(Labels::of(&[Label::Hiv])),
    ];
    for (index, change) in narrower.iter().enumerate() {
        let mut new = base.clone();
        change(&mut new);
        assert!(is_narrower(&new, &base), "{index}");
        assert!(index == 0 || !is_narrower(&base, &new), "{index} is strictly narrower");
        let (mut deny_new, mut deny_old) = (new, base.clone());
        (deny_new.effect, deny_old.effect) = (Effect::Deny, Effect::Deny);
        assert!(is_narrower(&deny_old, &deny_new) || [3, 7, 9].contains(&index), "a dissent is the other way round");
    }
    let wider: [&dyn Fn(&mut ConsentTerms); 6] = [
        &|terms| terms.places = places(&[HONG_KONG, Place::whole(Jurisdiction::Cn)]),
        &|terms| terms.retention_days = None,
        &|terms| terms.redisclosure = Redisclosure::Processor,
        &|terms| terms.xborder.as_mut().unwrap().basis_kinds = BasisKinds::all(),
        &|terms| terms.obligations = Obligations::EMPTY,
        &|terms| terms.nbf = assent_types::Millis(0),
    ];
    let mut strict = base;
    strict.retention_days = Some(30);
    strict.obligations = Obligations::of(&[Obligation::Noreuse]);
    for (index, change) in wider.iter().enumerate() {
        let mut new = strict.clone();
        change(&mut new);
        assert!(!is_narrower(&new, &strict), "{index}");
    }
}

#[test]
fn the_log_head_is_the_root_over_every_act() {
    let mut world = World::with_subjects(1);
    let mut entries = Vec::new();
    for round in 0..5 {
        let grant = world.tx(&subject_key(1), grant_action(treat(), Grantor::Subject));
        let id = consent_id_of(&grant.hash());
        entries.extend(world.run(&[grant]).log_entries);
        if round % 2 == 0 {
            let revoke = world.tx(&subject_key(1), revoke(target(1, SZH, id), Grantor::Subject));
            entries.extend(world.run(&[revoke]).log_entries);
        }
    }
    let leaves: Vec<Hash32> = entries.iter().map(|entry| assent_proofs::log::leaf_hash(&entry.leaf().0)).collect();
    let head = world.book(1, SZH).log;
    let frontier = assent_proofs::log::Frontier::from_parts(head.count, head.peaks.to_vec()).unwrap();
    assert_eq!((head.count, head.last_height, head.last_time), (8, world.height, world.time));
    assert_eq!(frontier.root(), assent_proofs::log::root_of(&leaves));
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (0..8).collect::<Vec<u64>>());
    assert!(entries.iter().all(|entry| entry.actor == Some(subject_key(1).public().id())));
}
