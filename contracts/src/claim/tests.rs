use assent_types::action::Action;
use assent_types::bill::BillStatus;
use assent_types::case::{Capability, CaseOp, CaseOps, OpenCase, case_id_of};
use assent_types::claim::*;
use assent_types::consent::{AttestMethod, EvidenceKind, Grantor};
use assent_types::key::SecretKey;
use assent_types::limits::BILL_CLAIMS_MAX;
use assent_types::org::{OrgStatus, Role, RoleSet};
use assent_types::state::{Record, StateKey};
use assent_types::subject::{MandateOp, MandateOps};
use assent_types::*;

use crate::runtime::table::actors::{ADV, GDN, HOS, INS, REG, SUB, SYS, TPA};
use crate::testing::claims::*;
use crate::testing::*;
use crate::{Actor, State};

type Change<'t, T> = &'t dyn Fn(&mut T);
type Expected<'t> = (&'t str, &'t [State], &'t str, &'t [Actor], State);

#[test]
fn inv_02_the_tables_are_the_specified_ones() {
    use State::*;
    let unpaid = [Submitted, DupHold, InReview, InfoRequested, ConsentHold, Approved, PartApproved];
    let expected: &[Expected<'_>] = &[
        ("CS-01", &[New], "OpenCase", &[SUB, GDN, HOS], Open),
        ("BI-01", &[New], "RegisterBill", &[HOS], Registered),
        ("BI-02", &[Registered], "VoidBill", &[HOS], Voided),
        ("BI-03", &[Registered], "ReplaceBill", &[HOS], Replaced),
        ("CL-01", &[New], "SubmitClaim", &[HOS, TPA, SUB, GDN], Submitted),
        ("CL-02", &[New], "SubmitClaim", &[HOS, TPA, SUB, GDN], DupHold),
        ("CL-03", &[Submitted], "AcceptClaim", &[INS, TPA], InReview),
        ("CL-04", &[Submitted], "RejectClaim", &[INS, TPA], Rejected),
        ("CL-05", &[Submitted], "sweep", &[SYS], InReview),
        ("CL-06", &[InReview], "RequestInfo", &[INS, TPA], InfoRequested),
        ("CL-07", &[InReview, InfoRequested], "ConsentGap", &[HOS, INS, TPA], ConsentHold),
        ("CL-08", &[InfoRequested], "LinkAttachments", &[HOS, TPA, SUB, GDN], InReview),
        ("CL-09", &[InfoRequested], "sweep", &[SYS], InReview),
        ("CL-10", &[ConsentHold], "ResumeWithConsent", &[SUB, GDN, HOS], InReview),
        ("CL-11", &[ConsentHold], "sweep", &[SYS], InReview),
        ("CL-12", &[DupHold], "ClearDuplicate", &[INS, TPA], InReview),
        ("CL-13", &[DupHold], "ConfirmDuplicate", &[INS], Rejected),
        ("CL-14", &[DupHold], "sweep", &[SYS], InReview),
        ("CL-15", &[InReview], "ApproveClaim", &[INS, TPA], Approved),
        ("CL-16", &[InReview], "ApprovePartial", &[INS, TPA], PartApproved),
        ("CL-17", &[InReview], "DenyClaim", &[INS, TPA], Denied),
        ("CL-18", &[InReview], "sweep", &[SYS], InReview),
        ("CL-19", &[PartApproved, Denied], "FileAppeal", &[SUB, GDN, HOS], Appealed),
        ("CL-20", &[Settled], "FileAppeal", &[SUB, GDN, HOS], Appealed),
        ("CL-21", &[Appealed], "DecideAppealFull", &[INS, REG], Approved),
        ("CL-22", &[Appealed], "DecideAppealPart", &[INS, REG], PartApproved),
        ("CL-23", &[Appealed], "DecideAppealDeny", &[INS, REG], Denied),
        ("CL-24", &[Appealed], "sweep", &[SYS], Appealed),
        ("CL-25", &[Approved, PartApproved], "InstructPayment", &[INS, TPA, ADV], PayInstructed),
        ("CL-26", &[Approved, PartApproved], "sweep", &[SYS], Decided),
        ("CL-27", &[PayInstructed], "paymentDone", &[SYS], Settled),
        ("CL-28", &[PayInstructed], "paymentFailed", &[SYS], Decided),
        ("CL-29", &[Approved, PartApproved], "alreadyPaid", &[SYS], Settled),
        ("CL-30", &[Settled, ClosedDenied], "ReopenClaim", &[REG], InReview),
        ("CL-31", &[Settled], "RequestClawback", &[INS], ClawbackPending),
        ("CL-32", &[ClawbackPending], "AgreeClawback", &[HOS, SUB, GDN, ADV], ClawbackPending),
        ("CL-33", &[ClawbackPending], "ContestClawback", &[HOS, SUB, GDN, ADV], Settled),
        ("CL-34", &[ClawbackPending], "clawbackDone", &[SYS], Reversed),
        ("CL-35", &[ClawbackPending], "clawbackPartDone", &[SYS], Settled),
        ("CL-36", &[ClawbackPending], "OrderClawback", &[REG], ClawbackPending),
        ("CL-37", &[ClawbackPending], "sweep", &[SYS], Settled),
        ("CL-38", &unpaid, "WithdrawClaim", &[SUB, GDN, HOS], Withdrawn),
        ("CL-39", &[Denied], "sweep", &[SYS], ClosedDenied),
        ("CL-40", &[Settled], "sweep", &[SYS], ClosedPaid),
        ("CL-41", &[ClawbackPending], "clawbackFailed", &[SYS], ClawbackPending),
    ];
    let tables = [super::transitions::CASES, super::transitions::BILLS, super::transitions::CLAIMS];
    let rows: Vec<_> = tables.into_iter().flatten().collect();
    assert_eq!(rows.len(), expected.len());
    for (row, (id, from, event, actors, to)) in rows.iter().zip(expected) {
        assert_eq!((row.id.to_string().as_str(), row.from, row.event.to_string().as_str()), (*id, *from, *event));
        assert_eq!((row.actors, row.to), (*actors, *to), "{id}");
    }
}

// Cases ------------------------------------------------------------------------------------------------------------

fn open(world: &mut World, signer: &SecretKey, change: Change<'_, OpenCase>) -> Result<(), ErrorCode> {
    let mut open = open_case(1, INSURER);
    change(&mut open);
    world.one(signer, Action::OpenCase(Box::new(open)))
}

fn attested(org: OrgId) -> Grantor {
    Grantor::OrgAttested { org, method: AttestMethod::Otp, clerk: Hash32([0xc1; 32]) }
}

#[test]
fn cases_are_opened_by_the_subject_a_proxy_or_an_attesting_provider() {
    let mut world = World::with_subjects(2);
    assert_eq!(open(&mut world, &subject_key(1), &|_| {}), Ok(()));
    assert_eq!(open(&mut world, &subject_key(2), &|_| {}), Err(ErrorCode::NotGrantor));
    let mandate = world.mandate(1, |_| {});
    let by_proxy = |open: &mut OpenCase| open.grantor = Grantor::Proxy { mandate };
    assert_eq!(open(&mut world, &proxy(1), &by_proxy), Ok(()));
    assert_eq!(open(&mut world, &subject_key(1), &by_proxy), Err(ErrorCode::NotGrantor));
    let narrow = world.mandate(1, |terms| terms.ops = MandateOps::of(&[MandateOp::Grant]));
    let by_narrow = |open: &mut OpenCase| open.grantor = Grantor::Proxy { mandate: narrow };
    assert_eq!(open(&mut world, &proxy(1), &by_narrow), Err(ErrorCode::Mandate));

    let attest = |open: &mut OpenCase| {
        open.grantor = attested(HKH);
        open.evidence = Some(evidence(EvidenceKind::Otp));
    };
    assert_eq!(open(&mut world, &signing(HKH), &attest), Ok(()));
    assert_eq!(open(&mut world, &signing(SZH), &attest), Err(ErrorCode::NotGrantor), "another hospital's key");
    let without = |open: &mut OpenCase| open.grantor = attested(HKH);
    assert_eq!(open(&mut world, &signing(HKH), &without), Err(ErrorCode::NotGrantor));
    let own_paper = |open: &mut OpenCase| {
        attest(open);
        open.evidence = Some(evidence(EvidenceKind::PaperScan));
    };
    assert_eq!(open(&mut world, &signing(HKH), &own_paper), Err(ErrorCode::NotGrantor), "it gains by the case");
    let other = |open: &mut OpenCase| {
        attest(open);
        open.grantor = attested(SZH);
    };
    assert_eq!(open(&mut world, &signing(SZH), &other), Err(ErrorCode::Role), "not the case's provider");
    let by_insurer = |open: &mut OpenCase| open.grantor = attested(INSURER);
    assert_eq!(open(&mut world, &signing(INSURER), &by_insurer), Err(ErrorCode::Role));
}

#[test]
fn cases_have_known_parties_a_window_and_a_cap() {
    let mut world = World::with_subjects(1);
    let key = subject_key(1);
    let max_ms = crate::runtime::state::params(&world.state).unwrap().claims.case_max_ms;
    let checks: &[(ErrorCode, Change<'_, OpenCase>)] = &[
        (ErrorCode::Window, &|open| open.exp = START),
        (ErrorCode::Window, &|open| open.exp = START.plus(max_ms + 60_000_000)),
        (ErrorCode::NotFound, &|open| open.insurer = OrgId(99)),
        (ErrorCode::NotFound, &|open| open.provider = OrgId(99)),
        (ErrorCode::Role, &|open| open.insurer = HKH),
        (ErrorCode::Role, &|open| open.provider = INSURER),
        (ErrorCode::AmountOverflow, &|open| open.capability.as_mut().unwrap().cap = hkd(0)),
        (ErrorCode::AmountOverflow, &|open| open.capability.as_mut().unwrap().cap = hkd(u64::MAX)),
    ];
    for (code, change) in checks {
        assert_eq!(open(&mut world, &key, change), Err(*code));
    }
    let unknown = |open: &mut OpenCase| open.subject = sp(9);
    assert_eq!(open(&mut world, &key, &unknown), Err(ErrorCode::NotGrantor));
    let mut suspended = world.clone();
    suspended.suspend(INSURER);
    assert_eq!(open(&mut suspended, &key, &|_| {}), Err(ErrorCode::OrgStatus));
    world.change_params(|params| params.claims.currencies = Set::new([Currency::Cny]).unwrap());
    assert_eq!(open(&mut world, &key, &|_| {}), Err(ErrorCode::Currency));
    assert_eq!(open(&mut world, &key, &|open| open.capability = None), Ok(()));
}

// Bills ------------------------------------------------------------------------------------------------------------

#[test]
fn bad_input_77_bills_are_registered_once_by_their_issuer() {
    let mut world = World::with_subjects(1);
    assert_eq!(world.one(&signing(SZH), register_bill(1, hkd(5))), Err(ErrorCode::BillIssuer));
    assert_eq!(world.one(&signing(INSURER), register_bill(1, hkd(5))), Err(ErrorCode::Role));
    assert_eq!(world.one(&signing(HKH), register_bill(1, hkd(0))), Err(ErrorCode::AmountOverflow));
    assert_eq!(world.one(&signing(HKH), register_bill(1, hkd(1_000_000_000_001))), Err(ErrorCode::AmountOverflow));
    assert_eq!(world.one(&signing(HKH), register_bill(1, hkd(5))), Ok(()));
    assert_eq!(world.one(&signing(HKH), register_bill(1, hkd(6))), Err(ErrorCode::Nullifier));
    let bill = world.bill_record(1);
    assert_eq!((bill.total, bill.allocated, bill.status), (hkd(5), hkd(0), BillStatus::Registered));
    world.change_params(|params| params.claims.currencies = Set::new([Currency::Cny]).unwrap());
    assert_eq!(world.one(&signing(HKH), register_bill(2, hkd(5))), Err(ErrorCode::Currency));
}

#[test]
fn nobody_can_take_the_nullifier_of_anothers_bill() {
    let mut world = World::with_subjects(1);
    // A hospital that saw the nullifier on a printed bill registers it as its own, before the issuer does.
    let register = bill::RegisterBill { nullifier: nullifier(1), issuer: SZH, total: hkd(1), attestation: None };
    assert_eq!(world.one(&signing(SZH), Action::RegisterBill(register)), Ok(()));
    world.bill(1, 1_000);
    let case = world.case(1, INSURER);
    let claim = world.file(claim_terms_of(case, &[1], hkd(1_000)));
    assert_eq!(world.bill_record(1).claims[0].claim, claim);
}

// Filing -----------------------------------------------------------------------------------------------------------

/// A world with subject 1's case and bills 1 and 2 of 1,000 and 500.
fn filing() -> (World, CaseId) {
    let mut world = World::with_subjects(2);
    let case = world.case(1, INSURER);
    world.bill(1, 1_000);
    world.bill(2, 500);
    (world, case)
}

#[test]
fn a_claim_is_filed_and_listed_on_its_bills() {
    let (mut world, case) = filing();
    let terms = claim_terms_of(case, &[1, 2], hkd(1_200));
    let id = world.file(terms.clone());
    let claim = world.claim(id);
    let params = crate::runtime::state::params(&world.state).unwrap().claims.clone();
    assert_eq!((claim.status, claim.seq, claim.due), (ClaimStatus::Submitted, 1, Some(world.time.plus(params.ack_ms))));
    assert_eq!((claim.subject, claim.insurer, claim.provider), (sp(1), INSURER, HKH));
    assert_eq!((claim.terms, claim.submitted_by), (terms, Submitter::Org(HKH)));
    for n in [1, 2] {
        let listed = world.bill_record(n).claims;
        assert_eq!((listed.len(), listed[0].claim, listed[0].amount), (1, id, hkd(0)));
    }
    let record = world.case_record(case);
    assert_eq!((record.claims, record.claimed), (1, Some(hkd(1_200))));
}

#[test]
fn who_may_file_a_claim() {
    let (world, case) = filing();
    let terms = || claim_terms_of(case, &[1], hkd(1_000));
    let file = |key: &SecretKey, capacity| world.clone().one(key, submit(terms(), capacity));
    assert_eq!(file(&signing(HKH), Capacity::Organisation), Ok(()));
    assert_eq!(file(&subject_key(1), Capacity::Subject), Ok(()));
    assert_eq!(file(&signing(SZH), Capacity::Organisation), Err(ErrorCode::Role), "not the case's provider");
    assert_eq!(file(&signing(INSURER), Capacity::Organisation), Err(ErrorCode::Role));
    assert_eq!(file(&signing(ADMINISTRATOR), Capacity::Organisation), Err(ErrorCode::Delegation));
    assert_eq!(file(&subject_key(2), Capacity::Subject), Err(ErrorCode::NotGrantor));
    assert_eq!(file(&signing(HKH), Capacity::Subject), Err(ErrorCode::NotGrantor));
    assert_eq!(file(&subject_key(1), Capacity::Organisation), Err(ErrorCode::Role));
    let mut world = world.clone();
    let mandate = world.mandate(1, |_| {});
    let capacity = Capacity::Proxy { mandate };
    assert_eq!(world.clone().one(&proxy(1), submit(terms(), capacity)), Ok(()));
    let mandate = world.mandate(1, |terms| terms.ops = MandateOps::of(&[MandateOp::Revoke]));
    let capacity = Capacity::Proxy { mandate };
    assert_eq!(world.one(&proxy(1), submit(terms(), capacity)), Err(ErrorCode::Mandate));
}

#[test]
fn bad_input_47_and_64_to_67_claims_say_what_balances() {
    let (world, case) = filing();
    let other = |kind, amount| OtherPayer { kind, amount };
    let cny = |minor| Money::new(Currency::Cny, minor);
    let checks: &[(ErrorCode, Change<'_, ClaimTerms>)] = &[
        // 47: a bill that is not registered, and none at all.
        (ErrorCode::Bill, &|terms| terms.bills = bills(&[1, 9])),
        (ErrorCode::Bill, &|terms| terms.bills = Set::default()),
        // 64: a currency of its own for one amount, and for all.
        (ErrorCode::Currency, &|terms| terms.amounts.subject_share = cny(0)),
        (ErrorCode::Currency, &|terms| terms.lines.total = cny(1_000)),
        (ErrorCode::Currency, &|terms| *terms = claim_terms_of(terms.case, &[1], cny(1_000))),
        // 66: nothing, more than the limit, and a sum that overflows.
        (ErrorCode::AmountOverflow, &|terms| *terms = claim_terms_of(terms.case, &[1], hkd(0))),
        (ErrorCode::AmountOverflow, &|terms| *terms = claim_terms_of(terms.case, &[1], hkd(1_000_000_000_001))),
        (ErrorCode::AmountOverflow, &|terms| {
            terms.amounts.other_payers = List::new(vec![other(PayerKind::Ehcv, hkd(u64::MAX)); 2]).unwrap();
        }),
        // 67: amounts and lines that do not add up.
        (ErrorCode::Unbalanced, &|terms| terms.amounts.subject_share = hkd(1)),
        (ErrorCode::Unbalanced, &|terms| terms.amounts.claimed = hkd(999)),
        (ErrorCode::Unbalanced, &|terms| terms.lines.total = hkd(999)),
        (ErrorCode::Unbalanced, &|terms| terms.lines.count = 0),
        // What is cited and is not there.
        (ErrorCode::NotFound, &|terms| terms.preauth = Some(PreauthId(Hash32([1; 32])))),
        (ErrorCode::NotFound, &|terms| terms.guarantee = Some(GuaranteeId(Hash32([1; 32])))),
        (ErrorCode::CodeVersion, &|terms| terms.code_map = Some(CodeMapId(Hash32([1; 32])))),
        (ErrorCode::CodeVersion, &|terms| terms.codes = Set::new([CodeRef { system: 1, version: 1 }]).unwrap()),
        (ErrorCode::Fx, &|terms| {
            let fixing = Some(FixingId(Hash32([1; 32])));
            terms.fx = Some(FxLock { ccy: Currency::Cny, at: LockPoint::ServiceEnd, fixing });
        }),
        (ErrorCode::Capability, &|terms| {
            terms.payee = Payee::Advance { assignment: AssignmentId(Hash32([1; 32])) };
        }),
        // International services have no share of basic insurance.
        (ErrorCode::BmiNotAllowed, &|terms| {
            terms.service_line = ServiceLine::International;
            terms.amounts.claimed = hkd(900);
            terms.amounts.other_payers = List::new(vec![other(PayerKind::Bmi, hkd(100))]).unwrap();
        }),
        // The filing period.
        (ErrorCode::FilingWindow, &|terms| terms.service.first = Month(MONTH.0 + 1)),
        (ErrorCode::FilingWindow, &|terms| {
            (terms.service.first, terms.service.last) = (Month(MONTH.0 + 1), Month(MONTH.0 + 1));
        }),
        (ErrorCode::FilingWindow, &|terms| {
            (terms.service.first, terms.service.last) = (Month(MONTH.0 - 8), Month(MONTH.0 - 7));
        }),
        (ErrorCode::NotFound, &|terms| terms.case = CaseId(Hash32([9; 32]))),
        (ErrorCode::NotFound, &|terms| {
            terms.related = Some(RelatedClaim { claim: ClaimId(Hash32([9; 32])), relation: Relation::Prior });
        }),
        (ErrorCode::AttachConsent, &|terms| terms.attachments = Set::new([AnchorId(Hash32([9; 32]))]).unwrap()),
    ];
    for (index, (code, change)) in checks.iter().enumerate() {
        let mut terms = claim_terms_of(case, &[1], hkd(1_000));
        change(&mut terms);
        let filed = world.clone().one(&signing(HKH), submit(terms, Capacity::Organisation));
        assert_eq!(filed, Err(*code), "check {index}");
    }
    let mut shared = claim_terms_of(case, &[1], hkd(1_000));
    shared.amounts.claimed = hkd(700);
    shared.amounts.subject_share = hkd(100);
    shared.amounts.other_payers = List::new(vec![other(PayerKind::Bmi, hkd(200))]).unwrap();
    assert_eq!(world.clone().one(&signing(HKH), submit(shared, Capacity::Organisation)), Ok(()));
}

#[test]
fn bills_are_in_the_claims_currency_and_stand() {
    let (mut world, case) = filing();
    world.act(&signing(HKH), register_bill(3, Money::new(Currency::Cny, 700)));
    let file = |world: &World, terms| world.clone().one(&signing(HKH), submit(terms, Capacity::Organisation));
    assert_eq!(file(&world, claim_terms_of(case, &[1, 3], hkd(1_000))), Err(ErrorCode::Currency));
    let mut bill = world.bill_record(1);
    bill.status = BillStatus::Voided;
    world.put(StateKey::Bill(nullifier(1), HKH), Record::Bill(Box::new(bill)));
    assert_eq!(file(&world, claim_terms_of(case, &[1], hkd(1_000))), Err(ErrorCode::Bill));
}

#[test]
fn insurer_and_provider_are_active_and_licensed_when_services_are_rendered() {
    let (world, case) = filing();
    let changed = |change: &dyn Fn(&mut World)| {
        let mut world = world.clone();
        change(&mut world);
        world.one(&subject_key(1), submit(claim_terms_of(case, &[1], hkd(1_000)), Capacity::Subject))
    };
    assert_eq!(changed(&|_| {}), Ok(()));
    assert_eq!(changed(&|world| world.suspend(INSURER)), Err(ErrorCode::OrgStatus));
    assert_eq!(
        changed(&|world| world.change_org(HKH, |org| org.status = OrgStatus::Withdrawn)),
        Err(ErrorCode::OrgStatus)
    );
    let month = ServicePeriod { first: MONTH, last: MONTH, day_commit: Hash32::ZERO };
    let licence = |change: &dyn Fn(&mut org::Accreditation)| {
        changed(&|world| world.change_org(INSURER, |org| change(&mut org.accreditations.as_mut_slice()[0])))
    };
    assert_eq!(licence(&|held| held.exp = month.start()), Err(ErrorCode::NotLicensed), "ended before the services");
    assert_eq!(licence(&|held| held.exp = month.start().plus(1)), Ok(()), "ended since");
    assert_eq!(licence(&|held| held.revoked_at = Some(month.start())), Err(ErrorCode::NotLicensed));
    assert_eq!(licence(&|held| held.nbf = FAR), Err(ErrorCode::NotLicensed), "not yet");
    assert_eq!(licence(&|held| held.scope = places(&[MACAO])), Err(ErrorCode::NotLicensed), "elsewhere");
}

#[test]
fn the_provider_files_within_the_capability_and_the_case() {
    let (world, case) = filing();
    let with = |change: Change<'_, case::Case>| {
        let mut world = world.clone();
        let mut record = world.case_record(case);
        change(&mut record);
        world.put(StateKey::Case(case), Record::Case(record));
        world
    };
    let file = |world: &World, key: &SecretKey, capacity| {
        world.clone().one(key, submit(claim_terms_of(case, &[1], hkd(1_000)), capacity))
    };
    let by_provider = |world: &World| file(world, &signing(HKH), Capacity::Organisation);
    let cap = |cap| with(&|case| case.capability.as_mut().unwrap().cap = cap);
    assert_eq!(by_provider(&cap(hkd(1_000))), Ok(()));
    assert_eq!(by_provider(&cap(hkd(999))), Err(ErrorCode::Capability));
    assert_eq!(file(&cap(hkd(999)), &subject_key(1), Capacity::Subject), Ok(()), "the subject signs itself");
    let without = with(&|case| case.capability = None);
    assert_eq!(by_provider(&without), Err(ErrorCode::Capability));
    let eligibility = with(&|case| {
        case.capability = Some(Capability { ops: CaseOps::of(&[CaseOp::Eligibility]), cap: hkd(9_999) });
    });
    assert_eq!(by_provider(&eligibility), Err(ErrorCode::Capability));
    let used = with(&|case| case.claimed = Some(hkd(999_001)));
    assert_eq!(by_provider(&used), Err(ErrorCode::Capability), "all claims of the case together");
    let over = with(&|case| case.exp = START);
    assert_eq!(by_provider(&over), Err(ErrorCode::Capability));
    assert_eq!(file(&over, &subject_key(1), Capacity::Subject), Err(ErrorCode::Capability));
}

// Documents --------------------------------------------------------------------------------------------------------

#[test]
fn bad_input_56_documents_support_a_claim_only_while_the_insurer_may_have_them() {
    let (mut world, case) = filing();
    let document = world.document(1);
    let with = |documents: &[AnchorId]| ClaimTerms {
        attachments: Set::new(documents.iter().copied()).unwrap(),
        ..claim_terms_of(case, &[1], hkd(1_000))
    };
    let file = |world: &World, documents: &[AnchorId]| {
        world.clone().one(&signing(HKH), submit(with(documents), Capacity::Organisation))
    };
    let refused = Err(ErrorCode::AttachConsent);
    assert_eq!(file(&world, &[document]), refused, "no consent");
    let consent = world.grant(1, claim_terms(1, SZH));
    assert_eq!(file(&world, &[document]), Ok(()));
    assert_eq!(file(&world, &[document, AnchorId(Hash32([9; 32]))]), refused, "an unknown one beside it");
    let mut confirmed = world.clone();
    let mut book = confirmed.book(1, SZH);
    book.live.as_mut_slice()[0].terms.limits.per_access_confirm = true;
    confirmed.put_book(1, SZH, book);
    assert_eq!(file(&confirmed, &[document]), Ok(()), "no confirmation is asked for");
    assert_eq!(confirmed.book(1, SZH).live[0].uses, 0, "and no use is counted");

    let mut revoked = world.clone();
    let revoke = action::RevokeConsent { target: target(1, SZH, consent), grantor: Grantor::Subject, evidence: None };
    revoked.act(&subject_key(1), Action::RevokeConsent(revoke));
    assert_eq!(file(&revoked, &[document]), refused, "revoked");
    let mut retracted = world.clone();
    retracted.act(&signing(SZH), retract_action(document));
    assert_eq!(file(&retracted, &[document]), refused, "retracted");
    let mut unfounded = world.clone();
    unfounded.put(StateKey::Bases(SZH), Record::Bases(List::default()));
    assert_eq!(file(&unfounded, &[document]), refused, "no basis to cross the border");
    let keyset = world.anchor(document).body.keyset;
    let pending = world.pending(body(1, keyset));
    assert_eq!(file(&world, &[pending]), refused, "not stored yet");
}

#[test]
fn documents_of_a_linked_pseudonym_support_a_claim_of_the_case_alone() {
    let (mut world, case) = filing();
    // Subject 2 is the same person under the pseudonym that the Shenzhen hospital knows.
    let document = world.document(2);
    world.grant(2, claim_terms(2, SZH));
    let with =
        |case| ClaimTerms { attachments: Set::new([document]).unwrap(), ..claim_terms_of(case, &[1], hkd(1_000)) };
    let file = |world: &World, case| world.clone().one(&signing(HKH), submit(with(case), Capacity::Organisation));
    assert_eq!(file(&world, case), Err(ErrorCode::AttachConsent));
    let link = session::SubjectLink::new(sp(1), sp(2)).unwrap();
    world.act(&signing(SZH), Action::LinkSubjects(session::LinkSubjects { case, link }));
    assert_eq!(file(&world, case), Ok(()));
    let other = world.case(1, INSURER);
    assert_eq!(file(&world, other), Err(ErrorCode::AttachConsent), "another case");
}

// Duplicates -------------------------------------------------------------------------------------------------------

#[test]
fn bad_input_48_an_insurer_has_one_claim_on_a_bill_unless_it_is_corrected() {
    let (mut world, case) = filing();
    let first = world.file(claim_terms_of(case, &[1], hkd(1_000)));
    let again = |related| ClaimTerms { related, ..claim_terms_of(case, &[1, 2], hkd(1_500)) };
    let file = |world: &World, terms| world.clone().one(&signing(HKH), submit(terms, Capacity::Organisation));
    assert_eq!(file(&world, again(None)), Err(ErrorCode::Duplicate));
    let prior = RelatedClaim { claim: first, relation: Relation::Prior };
    assert_eq!(file(&world, again(Some(prior))), Err(ErrorCode::Duplicate));
    let correction = RelatedClaim { claim: first, relation: Relation::Correction };
    assert_eq!(file(&world, again(Some(correction))), Ok(()));
    // A correction of somebody else's claim is none.
    let other = world.case(2, INSURER);
    let foreign = ClaimTerms { related: Some(correction), ..claim_terms_of(other, &[2], hkd(500)) };
    assert_eq!(file(&world, foreign), Err(ErrorCode::Duplicate));
    // A rejected claim is on no bill any more.
    let reject = RejectClaim { claim: first, reason: RejectReason::InvalidInformation };
    world.act(&signing(INSURER), Action::RejectClaim(reject));
    assert_eq!(file(&world, again(None)), Ok(()));
}

#[test]
fn a_bill_lists_a_bounded_number_of_claims() {
    let (mut world, case) = filing();
    let id = world.file(ClaimTerms { cob_declared: true, ..claim_terms_of(case, &[1], hkd(1_000)) });
    let mut bill = world.bill_record(1);
    let listed = bill::Allocation { insurer: INSURER2, ..bill.claims[0] };
    bill.claims = List::new(vec![listed; BILL_CLAIMS_MAX]).unwrap();
    world.put(StateKey::Bill(nullifier(1), HKH), Record::Bill(Box::new(bill)));
    let terms = ClaimTerms { cob_declared: true, ..claim_terms_of(case, &[1], hkd(1_000)) };
    assert_ne!(id, ClaimId::default());
    assert_eq!(world.one(&signing(HKH), submit(terms, Capacity::Organisation)), Err(ErrorCode::BillClaims));
}

/// A world in which the second insurer's claim on bill 1 is held, after the first insurer's.
fn held() -> (World, ClaimId, ClaimId) {
    let (mut world, case) = filing();
    let first = world.file(claim_terms_of(case, &[1], hkd(1_000)));
    let other = world.case(1, INSURER2);
    let second = world.file(claim_terms_of(other, &[1], hkd(1_000)));
    assert_eq!(world.claim(first).status, ClaimStatus::Submitted);
    assert_eq!(world.claim(second).status, ClaimStatus::DupHold);
    (world, first, second)
}

#[test]
fn declared_coordination_is_not_held() {
    let (mut world, case) = filing();
    world.file(claim_terms_of(case, &[1], hkd(1_000)));
    let other = world.case(1, INSURER2);
    let declared = world.file(ClaimTerms { cob_declared: true, ..claim_terms_of(other, &[1], hkd(1_000)) });
    assert_eq!(world.claim(declared).status, ClaimStatus::Submitted);
}

#[test]
fn a_hold_is_cleared_by_the_other_insurer_or_the_subject() {
    let (world, _, second) = held();
    let clear = || Action::ClearDuplicate(ClearDuplicate { claim: second });
    let send = |signer: OrgId, with: &[&SecretKey]| {
        let mut world = world.clone();
        let tx = world.cosigned(&signing(signer), clear(), with);
        world.send(&tx).map(|()| world.claim(second))
    };
    let cleared = send(INSURER2, &[&signing(INSURER)]).unwrap();
    assert_eq!((cleared.status, cleared.is_coordinated()), (ClaimStatus::InReview, false));
    let declared = send(INSURER2, &[&subject_key(1)]).unwrap();
    assert_eq!((declared.status, declared.is_coordinated()), (ClaimStatus::InReview, true));
    assert_eq!(send(INSURER2, &[]), Err(ErrorCode::Role));
    assert_eq!(send(INSURER2, &[&signing(HKH)]), Err(ErrorCode::Role), "the provider gains by it");
    assert_eq!(send(INSURER2, &[&subject_key(2)]), Err(ErrorCode::Role));
    assert_eq!(send(INSURER, &[&signing(INSURER2)]), Err(ErrorCode::Role), "not the claim's insurer");
}

#[test]
fn a_hold_is_not_cleared_on_a_bill_that_is_used_up() {
    let (mut world, first, second) = held();
    world.act(&signing(INSURER), accept(first));
    world.act(&signing(INSURER), approve(first, award(&[nullifier(1)], &[1_000])));
    let clear = Action::ClearDuplicate(ClearDuplicate { claim: second });
    let tx = world.cosigned(&signing(INSURER2), clear, &[&subject_key(1)]);
    assert_eq!(world.send(&tx), Err(ErrorCode::OverAllocated));
}

#[test]
fn a_confirmed_duplicate_is_rejected_and_counted() {
    let (world, _, second) = held();
    let send = |evidence, with: &[&SecretKey]| {
        let mut world = world.clone();
        let confirm = Action::ConfirmDuplicate(ConfirmDuplicate { claim: second, evidence });
        let tx = world.cosigned(&signing(INSURER2), confirm, with);
        world.send(&tx).map(|()| world)
    };
    let seen = Hash32([3; 32]);
    for witness in [HKH, INSURER] {
        let world = send(seen, &[&signing(witness)]).unwrap();
        let claim = world.claim(second);
        assert_eq!((claim.status, claim.rejected), (ClaimStatus::Rejected, Some(RejectReason::Duplicate)));
        assert!(claim.flags.has(ClaimFlag::DupConfirmed) && claim.due.is_none());
        let case = world.case_record(claim.terms.case);
        assert_eq!((case.duplicates, case.claimed), (1, Some(hkd(0))));
        assert_eq!(world.bill_record(1).claims.len(), 1, "the bill is free of it");
    }
    assert_eq!(send(seen, &[]).map(|_| ()), Err(ErrorCode::Role));
    assert_eq!(send(seen, &[&signing(SZH)]).map(|_| ()), Err(ErrorCode::Role));
    assert_eq!(send(Hash32::ZERO, &[&signing(HKH)]).map(|_| ()), Err(ErrorCode::Reason));
}

#[test]
fn only_processing_reasons_return_a_claim() {
    let (mut world, case) = filing();
    let claim = world.file(claim_terms_of(case, &[1], hkd(1_000)));
    let reject = |reason| Action::RejectClaim(RejectClaim { claim, reason });
    assert_eq!(world.one(&signing(INSURER), reject(RejectReason::Duplicate)), Err(ErrorCode::UnknownCode));
    assert_eq!(world.one(&signing(INSURER2), reject(RejectReason::Unprocessable)), Err(ErrorCode::Role));
    assert_eq!(world.one(&signing(INSURER), reject(RejectReason::Unprocessable)), Ok(()));
    assert_eq!(world.claim(claim).rejected, Some(RejectReason::Unprocessable));
    assert_eq!(world.one(&signing(INSURER), reject(RejectReason::Unprocessable)), Err(ErrorCode::State));
    assert_eq!(world.case_record(case).claimed, Some(hkd(0)), "the capability has its amount back");
}

// Deadlines --------------------------------------------------------------------------------------------------------

#[test]
fn deadlines_move_claims_on_and_never_deny() {
    let (mut world, first, second) = held();
    let params = crate::runtime::state::params(&world.state).unwrap().claims.clone();
    let due = [first, second].map(|claim| world.claim(claim).due.unwrap());
    world.time = due[1];
    world.run(&[]);
    for (claim, due, flag) in [(first, due[0], ClaimFlag::AckMissed), (second, due[1], ClaimFlag::DupUnresolved)] {
        let claim = world.claim(claim);
        assert_eq!((claim.status, claim.due), (ClaimStatus::InReview, Some(due.plus(params.adjudicate_ms))));
        assert!(claim.flags.has(flag) && claim.rejected.is_none() && claim.decision.is_none());
    }
    for _ in 0..10 {
        world.time = FAR;
        world.run(&[]);
    }
    for claim in [first, second].map(|claim| world.claim(claim)) {
        let undecided = claim.status == ClaimStatus::InReview && claim.decision.is_none();
        assert!(undecided && claim.flags.has(ClaimFlag::DeadlineMissed), "nothing denies a claim for being late");
    }
}

#[test]
fn who_acts_after_a_deadline_finds_the_claim_moved_on() {
    let (mut world, case) = filing();
    let id = world.file(claim_terms_of(case, &[1], hkd(1_000)));
    let mut punctual = world.clone();
    let due = world.claim(id).due.unwrap();
    // The deadline passes inside the block of the act: nothing has been swept yet.
    world.time = due;
    assert_eq!(world.clone().one(&signing(INSURER), accept(id)), Err(ErrorCode::State), "too late to acknowledge");
    let award = award(&[nullifier(1)], &[1_000]);
    let tx = world.tx(&signing(INSURER), approve(id, award.clone()));
    let outcome = world.run(&[tx]);
    let rows: Vec<String> = outcome.receipts[0].1.events.iter().map(|event| event.row.to_string()).collect();
    assert_eq!(rows, ["CL-05", "AN-14", "CL-15"]);
    punctual.time = due;
    punctual.run(&[]);
    punctual.time = due;
    punctual.act(&signing(INSURER), approve(id, award));
    assert_eq!(world.claim(id), punctual.claim(id), "as if it had been swept in time");
}

// Decisions --------------------------------------------------------------------------------------------------------

#[test]
fn a_decision_allocates_the_bills() {
    let (mut world, case) = filing();
    let id = world.file(claim_terms_of(case, &[1, 2], hkd(1_200)));
    world.act(&signing(INSURER), accept(id));
    world.act(&signing(INSURER), approve_part(id, award(&bills(&[1, 2]), &[700, 300])));
    let claim = world.claim(id);
    let decision = claim.decision.clone().unwrap();
    assert_eq!((claim.status, claim.approved_total), (ClaimStatus::PartApproved, hkd(1_000)));
    assert_eq!((decision.approved, decision.disallowed, decision.by), (hkd(1_000), hkd(200), INSURER));
    assert_eq!((world.bill_record(1).allocated, world.bill_record(2).allocated), (hkd(700), hkd(300)));
    assert_eq!(world.bill_record(1).claims[0].amount, hkd(700));
}

#[test]
fn bad_input_49_and_50_decisions_keep_to_claim_and_bills() {
    let (mut world, case) = filing();
    let id = world.file(ClaimTerms { cob_declared: true, ..claim_terms_of(case, &[1, 2], hkd(1_200)) });
    world.act(&signing(INSURER), accept(id));
    let key = signing(INSURER);
    let both = bills(&[1, 2]);
    let decide = |action| world.clone().one(&key, action);
    // 50: above what is claimed.
    assert_eq!(decide(approve(id, award(&both, &[901, 300]))), Err(ErrorCode::OverClaimed));
    assert_eq!(decide(approve_part(id, award(&both, &[901, 300]))), Err(ErrorCode::OverClaimed));
    // 49: above what a bill has.
    assert_eq!(decide(approve(id, award(&both, &[699, 501]))), Err(ErrorCode::OverAllocated));
    // Less than claimed is no approval in full; nothing and all are no approvals in part.
    assert_eq!(decide(approve(id, award(&both, &[900, 200]))), Err(ErrorCode::Unbalanced));
    assert_eq!(decide(approve_part(id, award(&both, &[900, 300]))), Err(ErrorCode::Unbalanced));
    assert_eq!(decide(approve_part(id, award(&both, &[0, 0]))), Err(ErrorCode::Unbalanced));
    // Shares: each bill in order, adding up, in the currency.
    assert_eq!(decide(approve(id, award(&[nullifier(1)], &[1_200]))), Err(ErrorCode::Unbalanced));
    assert_eq!(decide(approve(id, award(&[both[1], both[0]], &[300, 900]))), Err(ErrorCode::Unbalanced));
    let mut short = award(&both, &[900, 300]);
    short.shares.as_mut_slice()[0].amount = hkd(899);
    assert_eq!(decide(approve(id, short.clone())), Err(ErrorCode::Unbalanced));
    short.shares.as_mut_slice()[0].amount = Money::new(Currency::Cny, 900);
    assert_eq!(decide(approve(id, short.clone())), Err(ErrorCode::Currency));
    short.shares.as_mut_slice()[0].amount = hkd(u64::MAX);
    assert_eq!(decide(approve(id, short)), Err(ErrorCode::AmountOverflow));
    let mut foreign = award(&both, &[900, 300]);
    foreign.approved = Money::new(Currency::Cny, 1_200);
    assert_eq!(decide(approve(id, foreign)), Err(ErrorCode::Currency));
    assert_eq!(decide(approve(id, award(&both, &[900, 300]))), Ok(()));

    // What another insurer has of the bill counts.
    let other = world.case(1, INSURER2);
    let second = world.file(ClaimTerms { cob_declared: true, ..claim_terms_of(other, &[1], hkd(1_000)) });
    world.act(&signing(INSURER2), accept(second));
    world.act(&key, approve(id, award(&both, &[900, 300])));
    let decide = |amount| world.clone().one(&signing(INSURER2), approve_part(second, award(&both[..1], &[amount])));
    assert_eq!((decide(101), decide(100)), (Err(ErrorCode::OverAllocated), Ok(())));
}

#[test]
fn fixed_benefits_are_listed_and_not_summed() {
    let mut world = World::with_subjects(1);
    world.in_review(INSURER);
    let case = world.case(1, INSURER2);
    let terms =
        ClaimTerms { cob_declared: true, benefit: BenefitKind::FixedBenefit, ..claim_terms_of(case, &[1], hkd(3_000)) };
    let id = world.file(terms);
    world.act(&signing(INSURER2), accept(id));
    world.act(&signing(INSURER2), approve(id, award(&[nullifier(1)], &[3_000])));
    let bill = world.bill_record(1);
    assert_eq!((bill.total, bill.allocated, bill.claims[1].amount), (hkd(1_000), hkd(0), hkd(3_000)));
}

#[test]
fn denials_have_reasons_and_a_person_behind_them() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    let act = |mode, reasons| Action::DenyClaim(DenyClaim { claim, mode, reasons, outcome_root: Hash32([1; 32]) });
    let given = AdjReasons::of(&[AdjReason::NotCovered]);
    let decide = |action| world.clone().one(&signing(INSURER), action);
    assert_eq!(decide(act(DecisionMode::Auto, given)), Err(ErrorCode::AutoDenial));
    assert_eq!(decide(act(HUMAN, AdjReasons::EMPTY)), Err(ErrorCode::Reason));
    assert_eq!(decide(act(DecisionMode::AutoReviewed { reviewer: Hash32([2; 32]) }, given)), Ok(()));
    let Action::ApprovePartial(mut part) = approve_part(claim, award(&[nullifier(1)], &[1])) else { panic!() };
    part.reasons = AdjReasons::EMPTY;
    assert_eq!(decide(Action::ApprovePartial(part)), Err(ErrorCode::Reason));
    // Automatic approvals are allowed.
    let Action::ApproveClaim(mut full) = approve(claim, award(&[nullifier(1)], &[1_000])) else { panic!() };
    full.mode = DecisionMode::Auto;
    assert_eq!(decide(Action::ApproveClaim(full)), Ok(()));

    world.act(&signing(INSURER), deny(claim));
    let denied = world.claim(claim);
    let params = crate::runtime::state::params(&world.state).unwrap().claims.clone();
    assert_eq!((denied.status, denied.approved_total), (ClaimStatus::Denied, hkd(0)));
    assert_eq!(denied.decision.unwrap().disallowed, hkd(1_000));
    assert_eq!(denied.due, Some(world.time.plus(params.appeal_ms)));
    assert_eq!(world.bill_record(1).allocated, hkd(0));
}

#[test]
fn only_the_claims_insurer_decides_and_never_on_its_own_claim() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    let action = || approve(claim, award(&[nullifier(1)], &[1_000]));
    assert_eq!(world.clone().one(&signing(INSURER2), action()), Err(ErrorCode::Role));
    assert_eq!(world.clone().one(&signing(ADMINISTRATOR), action()), Err(ErrorCode::Delegation));
    assert_eq!(world.clone().one(&signing(HKH), action()), Err(ErrorCode::Role));
    let mut own = world.claim(claim);
    own.submitted_by = Submitter::Org(INSURER);
    world.put(StateKey::Claim(claim), Record::Claim(Box::new(own)));
    assert_eq!(world.one(&signing(INSURER), action()), Err(ErrorCode::Role));
}

// Payment ----------------------------------------------------------------------------------------------------------

#[test]
fn bad_input_61_a_payment_is_all_that_is_payable_and_one_at_a_time() {
    let mut world = World::with_subjects(1);
    let claim = world.in_review(INSURER);
    let key = signing(INSURER);
    assert_eq!(world.one(&key, instruct(claim, hkd(1))), Err(ErrorCode::State), "nothing is approved yet");
    world.act(&key, approve_part(claim, award(&[nullifier(1)], &[600])));
    for amount in [0, 599, 601] {
        assert_eq!(world.one(&key, instruct(claim, hkd(amount))), Err(ErrorCode::PayAmount), "{amount}");
    }
    let yuan = Money::new(Currency::Cny, 600);
    assert_eq!(world.one(&key, instruct(claim, yuan)), Err(ErrorCode::Currency));
    let by = |bank| {
        let Action::InstructPayment(mut act) = instruct(claim, hkd(600)) else { panic!() };
        act.bank = bank;
        Action::InstructPayment(act)
    };
    assert_eq!(world.one(&key, by(HKH)), Err(ErrorCode::Bank), "no bank");
    assert_eq!(world.one(&key, by(OrgId(99))), Err(ErrorCode::Bank), "nobody");
    let mut undesignated = world.clone();
    undesignated.change_params(|params| params.claims.banks = Set::default());
    assert_eq!(undesignated.one(&key, by(BANK)), Err(ErrorCode::Bank));
    let mut suspended = world.clone();
    suspended.suspend(BANK);
    assert_eq!(suspended.one(&key, by(BANK)), Err(ErrorCode::Bank));
    let mut other = world.clone();
    other.change_org(BANK, |org| org.roles = RoleSet::of(&[Role::AdvancePayer]));
    assert_eq!(other.one(&key, by(BANK)), Err(ErrorCode::Bank), "not a bank any more");
    assert_eq!(world.one(&signing(INSURER2), by(BANK)), Err(ErrorCode::Role));
    world.act(&key, by(BANK));
    assert_eq!(world.one(&key, by(BANK)), Err(ErrorCode::SettlementLive));
    assert_eq!(world.claim(claim).status, ClaimStatus::PayInstructed);
}

#[test]
fn cases_keep_who_opened_them() {
    let mut world = World::with_subjects(1);
    let tx = world.tx(&subject_key(1), Action::OpenCase(Box::new(open_case(1, INSURER))));
    assert_eq!(world.send(&tx), Ok(()));
    let case = world.case_record(case_id_of(&tx.hash()));
    assert_eq!((case.opened_by, case.claims, case.opened_at), (Grantor::Subject, 0, world.time));
}
