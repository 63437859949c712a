use assent_types::action::Action;
use assent_types::case::{CaseOp, CaseOps};
use assent_types::claim::{Capacity, RejectClaim, RejectReason};
use assent_types::claim_code::*;
use assent_types::consent::{AttestMethod, ConsentKind, ConsentStatus, Effect, Grantor, Purpose};
use assent_types::key::SecretKey;
use assent_types::org::AccreditationKind;
use assent_types::session::SubjectLink;
use assent_types::subject::MandateOps;
use assent_types::*;

use super::transitions::CLAIM_CODES;
use crate::runtime::state;
use crate::runtime::table::actors::{GDN, HOS, SUB, SYS};
use crate::testing::claim_codes::*;
use crate::testing::claims::*;
use crate::testing::*;
use crate::{Actor, State};

type Change<'t> = &'t dyn Fn(&mut ClaimCodeBody);
type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

#[test]
fn inv_02_the_table_is_the_specified_one() {
    use State::*;
    let expected: [Expected<'_>; 4] = [
        ("CC-01", &[New], "RedeemClaimCode", &[HOS], Redeemed),
        ("CC-02", &[New], "RevokeClaimCode", &[SUB, GDN], RevokedUnused),
        ("CC-03", &[Redeemed], "CloseCase", &[SUB, GDN, HOS], CaseClosed),
        ("CC-04", &[Redeemed], "sweep", &[SYS], CaseExpired),
    ];
    assert_eq!(CLAIM_CODES.len(), expected.len());
    for (row, (id, from, event, actors, to)) in CLAIM_CODES.iter().zip(expected) {
        assert_eq!((row.id.to_string().as_str(), row.from, row.event.to_string().as_str()), (id, from, event));
        assert_eq!((row.actors, row.to), (actors, to), "{id}");
    }
}

/// Redeems a changed code in a copy of the world.
fn refused(world: &World, change: Change<'_>) -> Result<(), ErrorCode> {
    let mut world = world.clone();
    let mut body = code_body(1, 1, world.time);
    change(&mut body);
    let redeem = redeem(granted_code(body), 1, world.time);
    world.one(&signing(HKH), redeem_action(redeem))
}

#[test]
fn one_transaction_opens_the_case_grants_the_consent_and_links_the_pseudonyms() {
    for consent_of in [1, 2] {
        let mut world = World::with_subjects(2);
        let body = code_body(1, consent_of, world.time);
        let id = body.id();
        let tx = world.tx(&signing(HKH), redeem_action(redeem(granted_code(body.clone()), 1, world.time)));
        let outcome = world.run(std::slice::from_ref(&tx));
        let rows: Vec<String> = outcome.receipts[0].1.events.iter().map(|event| event.row.to_string()).collect();
        let linked: &[&str] = if consent_of == 2 { &["SL-01"] } else { &[] };
        assert_eq!(rows, [&["CC-01", "CS-01", "CN-02"][..], linked].concat());
        let code = world.code(id);
        let redeemed = code.redeemed.unwrap();
        assert_eq!((code.status, code.subject, redeemed.provider), (ClaimCodeStatus::Redeemed, sp(1), HKH));
        let case = world.case_record(redeemed.case);
        let capability = case.capability.unwrap();
        assert_eq!((case.subject, case.insurer, case.provider, case.exp), (sp(1), INSURER, HKH, body.case_exp));
        assert_eq!((capability.cap, capability.ops, case.claimed), (body.cap, body.ops, Some(hkd(0))));
        let book = world.book(consent_of, SZH);
        let consent = book.live.iter().find(|consent| consent.id == redeemed.consent).unwrap();
        assert_eq!((consent.status, &consent.terms), (ConsentStatus::Active, &body.disclose));
        let links = state::subject_links(&world.state, redeemed.case).unwrap();
        let link = links.map(|links| links.to_vec()).unwrap_or_default();
        assert_eq!(link, SubjectLink::new(sp(1), sp(consent_of)).into_iter().collect::<Vec<_>>());
        // The authority holds at once, and no further than its cap.
        world.bill(1, 2_000_000);
        let mut terms = claim_terms_of(redeemed.case, &[1], hkd(2_000_000));
        assert_eq!(world.one(&signing(HKH), submit(terms.clone(), Capacity::Organisation)), Err(ErrorCode::Capability));
        terms.amounts.claimed = hkd(1_000_000);
        terms.amounts.subject_share = hkd(1_000_000);
        assert_eq!(world.one(&signing(HKH), submit(terms, Capacity::Organisation)), Ok(()));
    }
}

/// INV-04 for codes and presentations, and bad input 72.
#[test]
fn inv_04_bad_input_72_a_code_is_spent_once() {
    let mut world = World::with_subjects(2);
    let body = code_body(1, 2, world.time);
    let again = || redeem_action(redeem(granted_code(body.clone()), 1, body.nbf));
    let code = world.redeemed(1, 2);
    assert_eq!(code.id, body.id());
    let before = world.book(2, SZH);
    assert_eq!(world.one(&signing(HKH), again()), Err(ErrorCode::CodeSpent), "the same presentation");
    let mut twin = body.clone();
    twin.cap = hkd(5);
    let twin = redeem(granted_code(twin), 1, world.time);
    assert_eq!(world.one(&signing(HKH), redeem_action(twin)), Err(ErrorCode::CodeSpent), "another with its nonce");
    let revoke = Action::RevokeClaimCode(revoke_code(&body));
    assert_eq!(world.one(&subject_key(1), revoke), Err(ErrorCode::CodeSpent), "used already");
    assert_eq!(world.book(2, SZH), before, "no second effect");
    world.act(&subject_key(1), close_case(code.id, Capacity::Subject, &[]));
    assert_eq!(world.one(&signing(HKH), again()), Err(ErrorCode::CodeSpent), "after its case");
    // What was revoked unused is as spent.
    let unused = code_body(2, 1, world.time);
    world.act(&subject_key(1), Action::RevokeClaimCode(revoke_code(&unused)));
    assert_eq!(world.code(unused.id()).status, ClaimCodeStatus::RevokedUnused);
    let redeem = redeem(granted_code(unused.clone()), 2, world.time);
    assert_eq!(world.one(&signing(HKH), redeem_action(redeem)), Err(ErrorCode::CodeSpent));
    let revoke = Action::RevokeClaimCode(revoke_code(&unused));
    assert_eq!(world.one(&subject_key(1), revoke), Err(ErrorCode::CodeSpent));
}

#[test]
fn bad_input_71_codes_have_a_window_an_audience_and_a_presentation() {
    let world = World::with_subjects(1);
    let now = world.time;
    let ttl_ms = state::params(&world.state).unwrap().claim_codes.ttl_ms;
    let max_ms = state::params(&world.state).unwrap().claims.case_max_ms;
    let elsewhere = |kind, place| ProviderSelector::Accredited { kind, places: places(&[place]) };
    let checks: &[(ErrorCode, Change<'_>)] = &[
        (ErrorCode::CodeWindow, &|body| body.nbf = now.plus(300_000)),
        (ErrorCode::CodeWindow, &|body| body.exp = now),
        (ErrorCode::CodeWindow, &|body| body.exp = body.nbf.plus(ttl_ms + 1)),
        (ErrorCode::CodeWindow, &|body| body.case_exp = now),
        (ErrorCode::CodeWindow, &|body| body.case_exp = now.plus(max_ms + DAY_MS)),
        (ErrorCode::CodeWindow, &|body| body.disclose.exp = None),
        (ErrorCode::CodeWindow, &|body| body.disclose.exp = Some(body.case_exp.plus(1))),
        (ErrorCode::CodeAudience, &|body| body.provider = ProviderSelector::Org(SZH)),
        (ErrorCode::CodeAudience, &|body| body.provider = elsewhere(AccreditationKind::EmergencyDept, SHENZHEN)),
        (ErrorCode::CodeAudience, &|body| body.provider = elsewhere(AccreditationKind::HkInsurerAuth, HONG_KONG)),
        (ErrorCode::Presentation, &|body| body.holder = holder(9).public()),
        (ErrorCode::WrongChain, &|body| body.chain = ChainId(Hash32([1; 32]))),
    ];
    for (code, change) in checks {
        assert_eq!(refused(&world, change), Err(*code));
    }
    let accredited = |body: &mut ClaimCodeBody| {
        body.provider = elsewhere(AccreditationKind::EmergencyDept, HONG_KONG);
    };
    assert_eq!(refused(&world, &accredited), Ok(()));
    assert_eq!(refused(&world, &|_| {}), Ok(()));
}

#[test]
fn a_presentation_is_bound_to_provider_facility_terminal_and_time() {
    let world = World::with_subjects(1);
    let code = granted_code(code_body(1, 1, world.time));
    let drift_ms = state::params(&world.state).unwrap().claim_codes.drift_ms;
    let present = |nonce, place, at| Presentation::sign(&holder(1), code.body.id(), nonce, place, at);
    let here = (HKH, FacilityId(1));
    let other = ClaimCodeId(Hash32([9; 32]));
    let block = world.ctx().time;
    let presentations = [
        (present(TERMINAL, here, world.time), Ok(())),
        (present(TERMINAL, here, Millis(block.0 - drift_ms)), Ok(())),
        (present(TERMINAL, here, block.plus(drift_ms)), Ok(())),
        (present(TERMINAL, here, Millis(block.0 - drift_ms - 1)), Err(ErrorCode::Presentation)),
        (present(TERMINAL, here, block.plus(drift_ms + 1)), Err(ErrorCode::Presentation)),
        (present(Nonce([1; 16]), here, world.time), Err(ErrorCode::Presentation)),
        (present(TERMINAL, (SZH, FacilityId(1)), world.time), Err(ErrorCode::Presentation)),
        (present(TERMINAL, (HKH, FacilityId(2)), world.time), Err(ErrorCode::Presentation)),
        (Presentation::sign(&holder(2), code.body.id(), TERMINAL, here, world.time), Err(ErrorCode::Presentation)),
        (Presentation::sign(&holder(1), other, TERMINAL, here, world.time), Err(ErrorCode::Presentation)),
        (Presentation { at: world.time.plus(1), ..present(TERMINAL, here, world.time) }, Err(ErrorCode::Presentation)),
    ];
    for (presentation, expected) in presentations {
        let redeem = RedeemClaimCode { code: code.clone(), presentation, terminal_nonce: TERMINAL };
        assert_eq!(world.clone().one(&signing(HKH), redeem_action(redeem)), expected, "{presentation:?}");
    }
    let redeem = redeem(code, 1, world.time);
    // A terminal that asks another challenge, another hospital that overheard, and an insurer.
    let stale = RedeemClaimCode { terminal_nonce: Nonce([2; 16]), ..redeem.clone() };
    assert_eq!(world.clone().one(&signing(HKH), redeem_action(stale)), Err(ErrorCode::Presentation));
    assert_eq!(world.clone().one(&signing(SZH), redeem_action(redeem.clone())), Err(ErrorCode::CodeAudience));
    assert_eq!(world.clone().one(&signing(INSURER), redeem_action(redeem)), Err(ErrorCode::Role));
}

fn redeem_with(world: &World, code: ClaimCode) -> Result<(), ErrorCode> {
    let redeem = redeem(code, 1, world.time);
    world.clone().one(&signing(HKH), redeem_action(redeem))
}

#[test]
fn codes_are_signed_by_their_subjects_or_proxies() {
    let mut world = World::with_subjects(2);
    let code = granted_code(code_body(1, 2, world.time));
    let id = code.body.id();
    let by = |grantor, key: &SecretKey| CodeGrant::sign(grantor, key, &id);
    let subject = Grantor::Subject;
    let clerk = Grantor::OrgAttested { org: HKH, method: AttestMethod::Otp, clerk: Hash32([1; 32]) };
    let other_code = CodeGrant::sign(subject, &subject_key(1), &ClaimCodeId(Hash32([3; 32])));
    let checks = [
        (by(subject, &subject_key(2)), code.consent_grant, ErrorCode::NotGrantor),
        (by(subject, &signing(HKH)), code.consent_grant, ErrorCode::NotGrantor),
        (by(subject, &key(99, 1, 1)), code.consent_grant, ErrorCode::NotGrantor),
        (other_code, code.consent_grant, ErrorCode::NotGrantor),
        (by(clerk, &signing(HKH)), code.consent_grant, ErrorCode::Role),
        (code.case_grant, None, ErrorCode::NotGrantor),
        (code.case_grant, Some(code.case_grant), ErrorCode::NotGrantor),
    ];
    for (case_grant, consent_grant, expected) in checks {
        let code = ClaimCode { case_grant, consent_grant, ..code.clone() };
        assert_eq!(redeem_with(&world, code), Err(expected));
    }
    let alone = granted_code(code_body(1, 1, world.time));
    let twice = ClaimCode { consent_grant: Some(alone.case_grant), ..alone.clone() };
    assert_eq!(redeem_with(&world, twice), Err(ErrorCode::NotGrantor), "one pseudonym signs once");
    // A proxy, whose mandate lists consents, claims and crossing the border, or not.
    let mandate = world.mandate(1, |terms| terms.may_xborder = true);
    let at_home = world.mandate(1, |terms| terms.exp = FAR.plus(1));
    let claims_only = world.mandate(1, |terms| {
        terms.may_xborder = true;
        terms.ops = MandateOps::EMPTY;
    });
    let grant = |mandate| {
        let code = granted_code(code_body(1, 1, world.time));
        let case_grant = CodeGrant::sign(Grantor::Proxy { mandate }, &proxy(1), &code.body.id());
        ClaimCode { case_grant, ..code }
    };
    assert_eq!(redeem_with(&world, grant(mandate)), Ok(()));
    assert_eq!(redeem_with(&world, grant(at_home)), Err(ErrorCode::Mandate));
    assert_eq!(redeem_with(&world, grant(claims_only)), Err(ErrorCode::Mandate));
    let mut forged = grant(mandate);
    forged.case_grant = CodeGrant::sign(Grantor::Proxy { mandate }, &subject_key(1), &forged.body.id());
    assert_eq!(redeem_with(&world, forged), Err(ErrorCode::NotGrantor));
}

#[test]
fn the_consent_of_a_code_passes_the_guards_of_consents() {
    let world = World::with_subjects(1);
    let checks: &[(ErrorCode, Change<'_>)] = &[
        (ErrorCode::UnknownCode, &|body| body.disclose.kind = ConsentKind::Share),
        (ErrorCode::UnknownCode, &|body| body.disclose.effect = Effect::Deny),
        (ErrorCode::UnknownCode, &|body| body.disclose.grantees.orgs = Set::new([INSURER2]).unwrap()),
        (ErrorCode::UnknownCode, &|body| body.disclose.purposes = Set::new([Purpose::Treat]).unwrap()),
        (ErrorCode::UnknownCode, &|body| body.disclose.max_grade = 6),
        (ErrorCode::Window, &|body| body.disclose.data_period = Some((Day(2), Day(1)))),
        (ErrorCode::EmptyAxis, &|body| body.disclose.places = Set::default()),
        (ErrorCode::SeparateConsent, &|body| body.disclose.separate = assent_types::consent::SeparateConsents::EMPTY),
        (ErrorCode::BasisPlace, &|body| {
            let xborder = body.disclose.xborder.as_mut().unwrap();
            xborder.to = places(&[HONG_KONG, MACAO]);
        }),
        (ErrorCode::AmountOverflow, &|body| body.cap = hkd(0)),
        (ErrorCode::NotFound, &|body| body.disclose.controller = OrgId(99)),
        (ErrorCode::NotFound, &|body| {
            body.insurer = OrgId(99);
            body.disclose.grantees.orgs = Set::new([OrgId(99)]).unwrap();
        }),
        (ErrorCode::Role, &|body| {
            body.insurer = SZH2;
            body.disclose.grantees.orgs = Set::new([SZH2]).unwrap();
        }),
    ];
    for (code, change) in checks {
        assert_eq!(refused(&world, change), Err(*code));
    }
    let mut renminbi = world.clone();
    renminbi.change_params(|params| params.claims.currencies = Set::new([Currency::Cny]).unwrap());
    assert_eq!(refused(&renminbi, &|_| {}), Err(ErrorCode::Currency));
    let mut suspended = world.clone();
    suspended.suspend(INSURER);
    assert_eq!(refused(&suspended, &|_| {}), Err(ErrorCode::OrgStatus));
    let mut full = world.clone();
    for _ in 0..limits::LIVE_CONSENTS_MAX {
        full.grant(1, terms(1, SZH, &[SZH2]));
    }
    assert_eq!(refused(&full, &|_| {}), Err(ErrorCode::ConsentLimit));
}

#[test]
fn revoking_an_unused_code_opens_its_commitment() {
    let mut world = World::with_subjects(2);
    let body = code_body(1, 1, world.time);
    let revoke = |key: &SecretKey, revoke: RevokeClaimCode| world.clone().one(key, Action::RevokeClaimCode(revoke));
    assert_eq!(revoke(&subject_key(2), revoke_code(&body)), Err(ErrorCode::NotGrantor));
    assert_eq!(revoke(&signing(HKH), revoke_code(&body)), Err(ErrorCode::NotGrantor));
    // Who claims to be the subject of somebody else's code revokes another code, which nobody has.
    let own = RevokeClaimCode { subject: sp(2), ..revoke_code(&body) };
    assert_eq!(revoke(&subject_key(2), own), Ok(()));
    assert_ne!(own.id(), body.id());
    let mandate = world.mandate(1, |_| {});
    let by_proxy = RevokeClaimCode { grantor: Grantor::Proxy { mandate }, ..revoke_code(&body) };
    assert_eq!(world.one(&proxy(1), Action::RevokeClaimCode(by_proxy)), Ok(()));
    assert_eq!(world.code(body.id()).redeemed, None);
    assert_eq!(redeem_with(&world, granted_code(body)), Err(ErrorCode::CodeSpent));
}

#[test]
fn bad_input_73_a_closed_case_takes_nothing_more_and_its_consent_is_over() {
    let mut world = World::with_subjects(2);
    let code = world.redeemed(1, 2);
    let redeemed = code.redeemed.unwrap();
    world.bill(1, 1_000);
    let terms = claim_terms_of(redeemed.case, &[1], hkd(1_000));
    let claim = world.file(terms.clone());
    let close = |world: &World, key: &SecretKey, capacity, claims: &[ClaimId]| {
        world.clone().one(key, close_case(code.id, capacity, claims))
    };
    let by_provider = |world: &World, claims: &[ClaimId]| close(world, &signing(HKH), Capacity::Organisation, claims);
    assert_eq!(by_provider(&world, &[claim]), Err(ErrorCode::State), "a live claim");
    assert_eq!(by_provider(&world, &[]), Err(ErrorCode::State), "a claim is left out");
    world.act(&signing(INSURER), Action::RejectClaim(RejectClaim { claim, reason: RejectReason::Unprocessable }));
    assert_eq!(by_provider(&world, &[claim, claim]), Err(ErrorCode::State), "named twice");
    assert_eq!(by_provider(&world, &[ClaimId(Hash32([1; 32]))]), Err(ErrorCode::State), "unknown");
    assert_eq!(close(&world, &signing(SZH), Capacity::Organisation, &[claim]), Err(ErrorCode::Role));
    assert_eq!(close(&world, &subject_key(2), Capacity::Subject, &[claim]), Err(ErrorCode::NotGrantor));
    let unknown = close_case(ClaimCodeId(Hash32([1; 32])), Capacity::Organisation, &[]);
    assert_eq!(world.one(&signing(HKH), unknown), Err(ErrorCode::NotFound));
    assert_eq!(by_provider(&world, &[claim]), Ok(()));
    let mandate = world.mandate(1, |_| {});
    assert_eq!(close(&world, &proxy(1), Capacity::Proxy { mandate }, &[claim]), Ok(()));
    world.act(&subject_key(1), close_case(code.id, Capacity::Subject, &[claim]));
    assert_eq!(world.code(code.id).status, ClaimCodeStatus::CaseClosed);
    let book = world.book(2, SZH);
    assert!(book.live.is_empty());
    assert_eq!(
        book.closed.last().map(|consent| (consent.id, consent.status)),
        Some((redeemed.consent, ConsentStatus::Expired))
    );
    assert_eq!(world.one(&signing(HKH), submit(terms, Capacity::Organisation)), Err(ErrorCode::Capability));
    assert_eq!(by_provider(&world, &[claim]), Err(ErrorCode::State), "once");
}

#[test]
fn a_case_with_a_live_preauthorisation_or_guarantee_is_not_closed() {
    use crate::testing::preauths::{deny_preauth, discharge_action, void_action};

    let mut world = World::with_subjects(1);
    let mut body = code_body(1, 1, world.time);
    body.ops = CaseOps::all();
    let id = body.id();
    let redeem = redeem(granted_code(body), 1, world.time);
    world.act(&signing(HKH), redeem_action(redeem));
    let case = world.code(id).redeemed.unwrap().case;
    let close = |world: &World, preauths: &[PreauthId], guarantees: &[GuaranteeId]| {
        let done = Done { preauths, guarantees, ..Done::default() };
        world.clone().one(&subject_key(1), close_case_of(id, Capacity::Subject, done))
    };
    let preauth = world.requested(case, 1_000);
    assert_eq!(close(&world, &[], &[]), Err(ErrorCode::State), "left out");
    assert_eq!(close(&world, &[preauth], &[]), Err(ErrorCode::State), "asked for and not answered");
    let mut denied = world.clone();
    denied.act(&signing(INSURER), deny_preauth(preauth));
    assert_eq!(close(&denied, &[preauth], &[]), Ok(()));
    world.act(&signing(INSURER), crate::testing::preauths::approve_preauth(preauth, 1_000));
    assert_eq!(close(&world, &[preauth], &[]), Err(ErrorCode::State), "approved");
    let guarantee = world.guaranteed(case, Some(preauth), 600);
    assert_eq!(close(&world, &[preauth], &[guarantee]), Err(ErrorCode::State), "guaranteed");
    world.act(&signing(HKH), discharge_action(guarantee));
    assert_eq!(close(&world, &[preauth], &[guarantee]), Err(ErrorCode::State), "still approved");
    world.act(&signing(INSURER), void_action(preauth));
    assert_eq!(close(&world, &[preauth], &[]), Err(ErrorCode::State), "the guarantee is left out");
    let foreign = GuaranteeId(Hash32([1; 32]));
    assert_eq!(close(&world, &[preauth], &[foreign]), Err(ErrorCode::State), "another's guarantee");
    assert_eq!(close(&world, &[preauth], &[guarantee]), Ok(()));
}

#[test]
fn revoking_the_consent_first_leaves_the_case_and_the_code_spent() {
    let mut world = World::with_subjects(1);
    let code = world.redeemed(1, 1);
    let redeemed = code.redeemed.unwrap();
    let revoke = assent_types::action::RevokeConsent {
        target: target(1, SZH, redeemed.consent),
        grantor: Grantor::Subject,
        evidence: None,
    };
    world.act(&subject_key(1), Action::RevokeConsent(revoke));
    assert!(world.case_record(redeemed.case).is_open(world.time));
    assert_eq!(redeem_with(&world, granted_code(code_body(1, 1, START))), Err(ErrorCode::CodeSpent));
    world.act(&subject_key(1), close_case(code.id, Capacity::Subject, &[]));
    assert_eq!(world.book(1, SZH).closed.last().map(|consent| consent.status), Some(ConsentStatus::Revoked));
}

#[test]
fn a_case_that_reaches_its_end_expires_with_its_consent() {
    let mut world = World::with_subjects(1);
    let code = world.redeemed(1, 1);
    assert!(world.case_record(code.redeemed.unwrap().case).capability.unwrap().ops.has(CaseOp::Claim));
    world.time = code.redeemed.unwrap().case_exp;
    // Unswept or not, nobody closes it any more.
    assert!(code.is_closable(Millis(world.time.0 - 1)) && !code.is_closable(world.time));
    let late = close_case(code.id, Capacity::Subject, &[]);
    assert_eq!(world.clone().one(&subject_key(1), late), Err(ErrorCode::State));
    world.run(&[]);
    assert_eq!(world.code(code.id).status, ClaimCodeStatus::CaseExpired);
    assert_eq!(world.book(1, SZH).closed.last().map(|consent| consent.status), Some(ConsentStatus::Expired));
    assert!(ClaimCodeStatus::CaseExpired.is_terminal() && !ClaimCodeStatus::Redeemed.is_terminal());
}

#[test]
fn a_case_with_a_live_claim_ends_once_the_claim_is_over() {
    let mut world = World::with_subjects(1);
    let code = world.redeemed(1, 1);
    let redeemed = code.redeemed.unwrap();
    assert_eq!(code.due, Some(redeemed.case_exp));
    world.bill(1, 1_000);
    let claim = world.file(claim_terms_of(redeemed.case, &[1], hkd(1_000)));
    assert_eq!((world.case_record(redeemed.case).live, world.code(code.id).due), (1, None));
    world.time = redeemed.case_exp;
    world.run(&[]);
    world.run(&[]);
    assert_eq!(world.code(code.id).status, ClaimCodeStatus::Redeemed, "a live claim");
    assert_eq!(world.book(1, SZH).closed.last().map(|consent| consent.status), Some(ConsentStatus::Expired));
    let close = close_case(code.id, Capacity::Subject, &[claim]);
    assert_eq!(world.one(&subject_key(1), close), Err(ErrorCode::State), "past its end");
    world.act(&signing(HKH), crate::testing::course::withdraw(claim, Capacity::Organisation));
    let ended = world.code(code.id);
    assert_eq!(
        (world.case_record(redeemed.case).live, ended.status, ended.due),
        (0, ClaimCodeStatus::CaseExpired, None)
    );
}

#[test]
fn a_guarantee_keeps_a_case_from_ending_and_a_preauthorisation_does_not() {
    use crate::testing::preauths::{approve_preauth, discharge_action};

    let mut world = World::with_subjects(1);
    let mut body = code_body(1, 1, world.time);
    body.ops = CaseOps::all();
    let id = body.id();
    let redeem = redeem(granted_code(body), 1, world.time);
    world.act(&signing(HKH), redeem_action(redeem));
    let redeemed = world.code(id).redeemed.unwrap();
    let preauth = world.requested(redeemed.case, 1_000);
    world.act(&signing(INSURER), approve_preauth(preauth, 1_000));
    assert_eq!((world.case_record(redeemed.case).live, world.code(id).due), (0, Some(redeemed.case_exp)));
    let guarantee = world.guaranteed(redeemed.case, Some(preauth), 600);
    assert_eq!((world.case_record(redeemed.case).live, world.code(id).due), (1, None));
    world.act(&signing(HKH), discharge_action(guarantee));
    assert_eq!((world.case_record(redeemed.case).live, world.code(id).due), (0, Some(redeemed.case_exp)));
    world.time = redeemed.case_exp;
    world.run(&[]);
    assert_eq!(world.code(id).status, ClaimCodeStatus::CaseExpired);
}
