use assent_contracts::runtime::memory::MemoryState;
use assent_genesis::sample::{
    HONG_KONG_HOSPITAL, HONG_KONG_INSURER, OrgKeys, PATIENT_APP, REGULATOR, SECOND_INSURER, SETTLEMENT_BANK,
    SHANTOU_HOSPITAL, SHENZHEN_HOSPITAL, sample_network,
};
use assent_types::access::{Asked, Decision, UserRole};
use assent_types::bill::{Allocation, Bill, BillFlags, BillStatus};
use assent_types::case::Case;
use assent_types::claim::{
    Amounts, BenefitKind, Claim, ClaimFlags, ClaimStatus, ClaimTerms, Course, LineHeader, Payee, ServiceLine,
    ServicePeriod, Submitter,
};
use assent_types::claim_code::{ClaimCodeStatus, Nonce, Redeemed, SpentClaimCode};
use assent_types::consent::{Categories, DataAction, EvidenceKind, EvidenceRef, Grantor, Obligations, Purpose};
use assent_types::delegation::{Delegation, DelegationOps};
use assent_types::eligibility::{Eligibility, EligibilityKind, EligibilityPurposes, EligibilityStatus};
use assent_types::guarantee::{Guarantee, GuaranteeStatus};
use assent_types::ids::{BlockHash, Hash32, Height, HpkeKey, TxHash};
use assent_types::key::SecretKey;
use assent_types::org::OrgStatus;
use assent_types::oversight::Lookup;
use assent_types::place::{Jurisdiction, Place};
use assent_types::preauth::{Buckets, Preauth, PreauthPriority, PreauthStatus, PreauthTerms};
use assent_types::receipt::{Event, RowId};
use assent_types::session::{HpkeSuite, Session, SessionStatus};
use assent_types::settlement::{Direction, PurposeCode, Settlement, SettlementStatus};
use assent_types::state::StateValue;
use assent_types::subject::{AgeBand, ConsentKinds, KeyEntry, Mandate, MandateKind, MandateOps, MandateTerms, Subject};
use assent_types::{ConsentId, Currency, FacilityId, List, Money, Month, ProposalId, Set};

use super::*;

const NOW: Millis = Millis(2_000_000);
const SP: Sp = Sp(Hash32([1; 32]));
const OTHER: Sp = Sp(Hash32([2; 32]));
const MANDATE: MandateId = MandateId(Hash32([3; 32]));
const CASE: CaseId = CaseId(Hash32([4; 32]));
const BILL: BillNullifier = BillNullifier(Hash32([5; 32]));
const CLAIM: ClaimId = ClaimId(Hash32([6; 32]));
const CODE: ClaimCodeId = ClaimCodeId(Hash32([0x70; 32]));
const SETTLEMENT: SettlementId = SettlementId(Hash32([7; 32]));
const QUESTION: EligibilityId = EligibilityId(Hash32([9; 32]));
const PREAUTH: PreauthId = PreauthId(Hash32([10; 32]));
const GUARANTEE: GuaranteeId = GuaranteeId(Hash32([11; 32]));

struct World {
    values: Vec<StateValue>,
    secrets: Vec<OrgKeys>,
}

fn person(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn value(key: StateKey, record: Record) -> StateValue {
    StateValue { key, written_by: TxHash(Hash32::ZERO), record }
}

fn key_entry(key: &SecretKey, owner: KeyOwner, revoked_at: Option<Millis>) -> StateValue {
    let entry = KeyEntry { key: key.public(), owner, revoked_at, proxy_for: Set::default() };
    value(StateKey::Key(key.public().id()), Record::Key(entry))
}

fn evidence() -> EvidenceRef {
    EvidenceRef { kind: EvidenceKind::Otp, hash: Hash32([9; 32]), timestamp: None, mutually_recognised: false }
}

/// Enrolled by the Shenzhen hospital; data controlled by the Hong Kong hospital; a proxy with a mandate until 3,000,000.
fn world() -> World {
    let mut next = 0_u64;
    let (doc, secrets) = sample_network(Millis(1_000_000), || {
        next += 1;
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&next.to_le_bytes());
        seed
    });
    let mut values = assent_genesis::build(&doc).unwrap().writes;
    for (sp, seed) in [(SP, 101), (OTHER, 102)] {
        let subject = Subject {
            sp,
            key: person(seed).public(),
            loa: 2,
            enrolled_by: SHENZHEN_HOSPITAL,
            attest: Hash32::ZERO,
            age_band: AgeBand::Adult,
            majority_at: None,
            registered_at: NOW,
        };
        values.push(value(StateKey::Subject(sp), Record::Subject(subject)));
        values.push(key_entry(&person(seed), KeyOwner::Subject(sp), None));
    }
    values.push(key_entry(&person(103), KeyOwner::Proxy, None));
    values.push(key_entry(&person(104), KeyOwner::Subject(SP), Some(NOW)));
    let terms = MandateTerms {
        subject: SP,
        proxy: person(103).public(),
        kind: MandateKind::Attorney,
        ops: MandateOps::all(),
        purposes: Set::default(),
        consent_kinds: ConsentKinds::all(),
        may_xborder: false,
        nbf: Millis(0),
        exp: Millis(3_000_000),
        evidence: evidence(),
        no_higher_priority: None,
    };
    let mandate = Mandate { id: MANDATE, terms, subject_signed: true, verified_by: PATIENT_APP, revoked_at: None };
    values.push(value(StateKey::Mandate(MANDATE), Record::Mandate(Box::new(mandate))));
    let book = StateKey::Consents(SP, HONG_KONG_HOSPITAL);
    values.push(value(book, Record::Consents(Box::default())));
    World { values, secrets }
}

impl World {
    fn state(&self) -> MemoryState {
        MemoryState::new(self.values.clone())
    }

    fn key(&self, org: OrgId, usage: KeyUsage) -> KeyId {
        let keys = self.secrets.iter().find(|secret| secret.org == org).unwrap();
        keys.key(usage).unwrap().public().id()
    }

    fn org(&self, org: OrgId) -> Reader {
        Reader::resolve(&self.state(), self.key(org, KeyUsage::SignTx), &[], NOW).unwrap().0
    }

    fn person(&self, seed: u8, mandates: &[MandateId]) -> Reader {
        Reader::resolve(&self.state(), person(seed).public().id(), mandates, NOW).unwrap().0
    }

    fn may(&self, reader: &Reader, key: StateKey) -> bool {
        reader.may_read(&self.state(), &key).unwrap()
    }
}

#[test]
fn only_live_signing_and_service_keys_make_readers() {
    let world = world();
    let resolve = |key, at| Reader::resolve(&world.state(), key, &[], at).map(|(reader, _)| reader.who);
    let id = SHENZHEN_HOSPITAL;
    let reader = Ok(Who::Org { id, regulator: false });
    assert_eq!(resolve(world.key(id, KeyUsage::SignTx), NOW), reader);
    assert_eq!(resolve(world.key(id, KeyUsage::Receipt), NOW), reader);
    for usage in [KeyUsage::Validate, KeyUsage::Node, KeyUsage::Recovery] {
        assert_eq!(resolve(world.key(id, usage), NOW), Err(NoReader::Key), "{usage}");
    }
    assert_eq!(resolve(world.key(id, KeyUsage::SignTx), Millis(0)), Err(NoReader::Key), "before its window");
    assert_eq!(resolve(world.key(id, KeyUsage::SignTx), Millis(u64::MAX)), Err(NoReader::Key), "after its window");
    assert_eq!(resolve(KeyId(Hash32([5; 32])), NOW), Err(NoReader::Key), "unknown");
    assert_eq!(resolve(person(104).public().id(), NOW), Err(NoReader::Key), "replaced");
    assert_eq!(resolve(person(101).public().id(), NOW), Ok(Who::Subject(SP)));
}

#[test]
fn an_organisation_that_is_not_active_reads_nothing() {
    let mut world = world();
    let suspended = OrgStatus::Suspended { until: Millis(u64::MAX), by: REGULATOR, order: Hash32::ZERO };
    for value in &mut world.values {
        if let Record::Org(org) = &mut value.record
            && org.id == SHENZHEN_HOSPITAL
        {
            org.status = suspended;
        }
    }
    let key = world.key(SHENZHEN_HOSPITAL, KeyUsage::SignTx);
    let refused = Reader::resolve(&world.state(), key, &[], NOW).unwrap_err();
    assert_eq!(refused, NoReader::Org);
    assert_eq!(refused.code(), ErrorCode::OrgStatus);
}

#[test]
fn who_reads_what() {
    let world = world();
    let readers = [
        ("subject", world.person(101, &[])),
        ("other subject", world.person(102, &[])),
        ("proxy", world.person(103, &[MANDATE])),
        ("proxy without its mandate", world.person(103, &[])),
        ("enroller", world.org(SHENZHEN_HOSPITAL)),
        ("controller", world.org(HONG_KONG_HOSPITAL)),
        ("verifier", world.org(PATIENT_APP)),
        ("stranger", world.org(SECOND_INSURER)),
        ("regulator", world.org(REGULATOR)),
    ];
    let everybody: Vec<&str> = readers.iter().map(|(name, _)| *name).collect();
    let keys: [(StateKey, &[&str]); 15] = [
        (StateKey::Params, &everybody),
        (StateKey::Validators, &everybody),
        (StateKey::Block, &everybody),
        (StateKey::Proposal(ProposalId(Hash32([80; 32]))), &everybody),
        (StateKey::Governance, &everybody),
        (StateKey::Halts, &everybody),
        (StateKey::Org(REGULATOR), &everybody),
        (StateKey::Bases(SHENZHEN_HOSPITAL), &everybody),
        (StateKey::Key(world.key(REGULATOR, KeyUsage::SignTx)), &everybody),
        (StateKey::Subject(SP), &["subject", "proxy", "enroller", "controller", "regulator"]),
        (StateKey::Key(person(101).public().id()), &["subject", "proxy", "enroller", "controller", "regulator"]),
        (StateKey::Key(person(103).public().id()), &["proxy", "proxy without its mandate", "regulator"]),
        (StateKey::Mandate(MANDATE), &["subject", "proxy", "proxy without its mandate", "verifier", "regulator"]),
        (StateKey::Consents(SP, HONG_KONG_HOSPITAL), &["subject", "proxy", "controller", "regulator"]),
        // Absent: who may know that nothing is there.
        (StateKey::Consents(SP, HONG_KONG_INSURER), &["subject", "proxy", "regulator"]),
    ];
    for (key, expected) in keys {
        let found: Vec<&str> =
            readers.iter().filter(|(_, reader)| world.may(reader, key)).map(|(name, _)| *name).collect();
        assert_eq!(found, expected, "{key:?}");
    }
}

#[test]
fn a_regulator_asks_by_a_pseudonym_under_a_live_look_up_of_its_own() {
    let mut world = world();
    let (declared, until) = (TxHash(Hash32([0x6c; 32])), Millis(NOW.0 + 10));
    let lookup = |org, sp| {
        let record = Record::Lookup(Lookup { basis: Hash32([1; 32]), at: NOW, until, count: 1 });
        StateValue { written_by: declared, ..value(StateKey::Lookup(org, sp), record) }
    };
    world.values.push(lookup(REGULATOR, SP));
    world.values.push(lookup(HONG_KONG_HOSPITAL, OTHER));
    let state = world.state();
    let reads = |reader: &Reader, key: StateKey, lookups: &[TxHash], at: Millis| {
        reader.reads(&state, &key, &[], lookups, at).unwrap().map(|under| under.map(|under| under.lookup))
    };
    let regulator = world.org(REGULATOR);
    let by_pseudonym = [
        StateKey::Subject(SP),
        StateKey::Consents(SP, HONG_KONG_HOSPITAL),
        StateKey::Accesses(SP, HONG_KONG_HOSPITAL),
        StateKey::ClaimCodeNonce(SP, Nonce([1; 16])),
        StateKey::Rollover(SP),
    ];
    for key in by_pseudonym {
        assert_eq!(reads(&regulator, key, &[], NOW), Err(ErrorCode::NoLookup), "{key:?} without one");
        let other = TxHash(Hash32([0x6d; 32]));
        assert_eq!(reads(&regulator, key, &[other], NOW), Err(ErrorCode::NoLookup), "{key:?} with another");
        assert_eq!(reads(&regulator, key, &[other, declared], NOW), Ok(Some(declared)), "{key:?}");
        assert_eq!(reads(&regulator, key, &[declared], until), Err(ErrorCode::NoLookup), "{key:?} once it is over");
    }
    // Of another pseudonym, whoever declared it.
    assert_eq!(reads(&regulator, StateKey::Subject(OTHER), &[declared], NOW), Err(ErrorCode::NoLookup));
    assert_eq!(reads(&regulator, StateKey::Lookup(REGULATOR, SP), &[], NOW), Ok(None), "look-ups are no secret to it");
    assert_eq!(reads(&regulator, StateKey::SweepSeed, &[declared], NOW), Err(ErrorCode::Acl));
    // Others need none, and gain nothing by one.
    assert_eq!(reads(&world.org(HONG_KONG_HOSPITAL), StateKey::Subject(SP), &[], NOW), Ok(None));
    assert_eq!(reads(&world.org(SECOND_INSURER), StateKey::Subject(SP), &[declared], NOW), Err(ErrorCode::Acl));
}

/// A case of the subject at the Hong Kong hospital, with a bill on which both insurers have claims, and a payment of the
/// first insurer's claim.
fn claim_values() -> Vec<StateValue> {
    let (hkd, hash) = (|minor| Money::new(Currency::Hkd, minor), |n| Hash32([n; 32]));
    let listed =
        |claim, insurer| Allocation { claim, insurer, benefit: BenefitKind::Indemnity, amount: hkd(0), clawed: hkd(0) };
    let claims = vec![listed(CLAIM, HONG_KONG_INSURER), listed(ClaimId(hash(9)), SECOND_INSURER)];
    let bill = Bill {
        nullifier: BILL,
        issuer: HONG_KONG_HOSPITAL,
        total: hkd(10),
        allocated: hkd(0),
        claims: List::new(claims).unwrap(),
        attestation: None,
        registered_at: NOW,
        status: BillStatus::Registered,
        replaced_by: None,
        flags: BillFlags::EMPTY,
    };
    let case = Case {
        id: CASE,
        subject: SP,
        insurer: HONG_KONG_INSURER,
        provider: HONG_KONG_HOSPITAL,
        plan_commit: hash(1),
        opened_by: Grantor::Subject,
        code: None,
        capability: None,
        claimed: None,
        claims: 1,
        preauths: 0,
        guarantees: 0,
        live: 1,
        duplicates: 0,
        opened_at: NOW,
        exp: NOW,
    };
    let terms = ClaimTerms {
        case: CASE,
        payee: Payee::Provider,
        service: ServicePeriod { first: Month(1), last: Month(1), day_commit: hash(1) },
        service_line: ServiceLine::Other,
        benefit: BenefitKind::Indemnity,
        cob_declared: true,
        bills: Set::new([BILL]).unwrap(),
        lines: LineHeader { root: hash(1), count: 1, total: hkd(10) },
        codes: Set::default(),
        code_map: None,
        preauth: None,
        guarantee: None,
        related: None,
        attachments: Set::default(),
        amounts: Amounts { billed: hkd(10), claimed: hkd(10), subject_share: hkd(0), other_payers: List::default() },
        fx: None,
    };
    let claim = Claim {
        id: CLAIM,
        seq: 1,
        subject: SP,
        insurer: HONG_KONG_INSURER,
        provider: HONG_KONG_HOSPITAL,
        terms,
        submitted_by: Submitter::Subject,
        submitted_at: NOW,
        decision: None,
        rejected: None,
        approved_total: hkd(10),
        settled_net: hkd(0),
        clawed_back: hkd(0),
        appeals: 0,
        info_rounds: 0,
        settlement: Some(SETTLEMENT),
        flags: ClaimFlags::EMPTY,
        due: None,
        course: Course::default(),
        status: ClaimStatus::PayInstructed,
    };
    let settlement = Settlement {
        id: SETTLEMENT,
        claim: CLAIM,
        direction: Direction::Pay,
        payer: HONG_KONG_INSURER,
        payee: Payee::Provider,
        bank: SETTLEMENT_BANK,
        amount: hkd(10),
        fx: None,
        purpose: PurposeCode::HospitalCare,
        instructed_by: Submitter::Org(HONG_KONG_INSURER),
        instructed_at: NOW,
        paid: None,
        failed: None,
        deemed: false,
        due: None,
        ended_at: None,
        batch: None,
        breaches: 0,
        order: None,
        status: SettlementStatus::Instructed,
    };
    vec![
        value(StateKey::Case(CASE), Record::Case(case)),
        value(StateKey::Bill(BILL, HONG_KONG_HOSPITAL), Record::Bill(Box::new(bill))),
        value(StateKey::Claim(CLAIM), Record::Claim(Box::new(claim))),
        value(StateKey::Settlement(SETTLEMENT), Record::Settlement(settlement)),
        value(StateKey::ClaimCode(CODE), Record::ClaimCode(spent_code())),
        value(StateKey::ClaimCodeNonce(SP, Nonce([1; 16])), Record::ClaimCodeNonce(CODE)),
    ]
}

/// What went before the claim; the other provider asked about eligibility.
fn preauth_values() -> Vec<StateValue> {
    let hkd = |minor| Money::new(Currency::Hkd, minor);
    let hash = |byte| Hash32([byte; 32]);
    let eligibility = Eligibility {
        id: QUESTION,
        case: CASE,
        subject: SP,
        insurer: HONG_KONG_INSURER,
        provider: HONG_KONG_HOSPITAL,
        requested_by: SHENZHEN_HOSPITAL,
        kind: EligibilityKind::Verification,
        purposes: EligibilityPurposes::all(),
        service: Month(1),
        requested_at: NOW,
        answer: None,
        due: None,
        status: EligibilityStatus::Requested,
    };
    let preauth = Preauth {
        id: PREAUTH,
        case: CASE,
        subject: SP,
        insurer: HONG_KONG_INSURER,
        provider: HONG_KONG_HOSPITAL,
        version: 1,
        terms: PreauthTerms {
            priority: PreauthPriority::Normal,
            service: ServicePeriod { first: Month(1), last: Month(1), day_commit: hash(1) },
            codes: Set::default(),
            item_root: hash(1),
            item_count: 1,
            amount: hkd(10),
            attachments: Set::default(),
        },
        requested_by: HONG_KONG_HOSPITAL,
        requested_at: NOW,
        prior: None,
        generation: 0,
        asked: Categories::EMPTY,
        info_rounds: 0,
        paused_ms: None,
        decision: None,
        approved: hkd(0),
        buckets: Buckets::free(hkd(0)),
        guarantees: List::default(),
        claims: List::default(),
        voided: None,
        replaced_by: None,
        due: None,
        status: PreauthStatus::Requested,
    };
    let guarantee = Guarantee {
        id: GUARANTEE,
        case: CASE,
        subject: SP,
        insurer: HONG_KONG_INSURER,
        provider: HONG_KONG_HOSPITAL,
        preauth: None,
        amount: hkd(10),
        reserved: hkd(0),
        offered_at: NOW,
        exp: NOW,
        claim: None,
        cancelled: None,
        order: None,
        due: None,
        status: GuaranteeStatus::Offered,
    };
    vec![
        value(StateKey::Eligibility(QUESTION), Record::Eligibility(eligibility)),
        value(StateKey::Preauth(PREAUTH), Record::Preauth(Box::new(preauth))),
        value(StateKey::Guarantee(GUARANTEE), Record::Guarantee(guarantee)),
    ]
}

fn spent_code() -> SpentClaimCode {
    let redeemed = Redeemed {
        provider: HONG_KONG_HOSPITAL,
        facility: FacilityId(1),
        case: CASE,
        insurer: HONG_KONG_INSURER,
        consent_subject: SP,
        controller: HONG_KONG_HOSPITAL,
        consent: ConsentId(Hash32([4; 32])),
        case_exp: Millis(9),
    };
    SpentClaimCode {
        id: CODE,
        subject: SP,
        redeemed: Some(redeemed),
        spent_at: Millis(2),
        due: Some(Millis(9)),
        status: ClaimCodeStatus::Redeemed,
    }
}

#[test]
fn claims_are_read_by_their_parties_bills_by_whoever_shares_them_and_payments_by_the_bank() {
    let mut world = world();
    world.values.extend(claim_values());
    world.values.extend(preauth_values());
    let readers = [
        ("subject", world.person(101, &[])),
        ("other subject", world.person(102, &[])),
        ("proxy", world.person(103, &[MANDATE])),
        ("provider", world.org(HONG_KONG_HOSPITAL)),
        ("other provider", world.org(SHENZHEN_HOSPITAL)),
        ("insurer", world.org(HONG_KONG_INSURER)),
        ("insurer on the bill", world.org(SECOND_INSURER)),
        ("bank", world.org(SETTLEMENT_BANK)),
        ("regulator", world.org(REGULATOR)),
    ];
    let parties = ["subject", "proxy", "provider", "insurer", "regulator"];
    let absent = Hash32([8; 32]);
    let keys: [(StateKey, &[&str]); 21] = [
        (StateKey::Case(CASE), &parties),
        (StateKey::Claim(CLAIM), &parties),
        (StateKey::Bill(BILL, HONG_KONG_HOSPITAL), &["provider", "insurer", "insurer on the bill", "regulator"]),
        (
            StateKey::SettlementList(BILL, HONG_KONG_HOSPITAL),
            &["provider", "insurer", "insurer on the bill", "regulator"],
        ),
        (StateKey::Exports(HONG_KONG_HOSPITAL, 2026), &["provider", "regulator"]),
        (StateKey::Settlement(SETTLEMENT), &["subject", "proxy", "provider", "insurer", "bank", "regulator"]),
        (StateKey::Eligibility(QUESTION), &["subject", "proxy", "provider", "other provider", "insurer", "regulator"]),
        (StateKey::Preauth(PREAUTH), &parties),
        (StateKey::Guarantee(GUARANTEE), &parties),
        (StateKey::ClaimCode(CODE), &parties),
        (StateKey::OpenRequests(HONG_KONG_INSURER, SP), &["subject", "proxy", "insurer", "regulator"]),
        (StateKey::ClaimCodeNonce(SP, Nonce([1; 16])), &["subject", "proxy", "regulator"]),
        // Absent: who may know that nothing is there.
        (StateKey::Eligibility(EligibilityId(absent)), &["regulator"]),
        (StateKey::Preauth(PreauthId(absent)), &["regulator"]),
        (StateKey::Guarantee(GuaranteeId(absent)), &["regulator"]),
        (StateKey::ClaimCode(ClaimCodeId(absent)), &["regulator"]),
        (StateKey::ClaimCodeNonce(SP, Nonce([2; 16])), &["subject", "proxy", "regulator"]),
        (StateKey::Case(CaseId(absent)), &["regulator"]),
        (StateKey::Claim(ClaimId(absent)), &["regulator"]),
        (StateKey::Bill(BILL, SHENZHEN_HOSPITAL), &["other provider", "regulator"]),
        (StateKey::Settlement(SettlementId(absent)), &["regulator"]),
    ];
    for (key, expected) in keys {
        let found: Vec<&str> =
            readers.iter().filter(|(_, reader)| world.may(reader, key)).map(|(name, _)| *name).collect();
        assert_eq!(found, expected, "{key:?}");
    }
}

#[test]
fn a_delegate_reads_the_claims_of_its_principal_while_it_may_act() {
    // Any organisation that is no party stands for the administrator here.
    let read = |principal: OrgId, revoked_at| {
        let mut world = world();
        world.values.extend(claim_values());
        world.values.extend(preauth_values());
        let delegation = Delegation {
            principal,
            delegate: PATIENT_APP,
            ops: DelegationOps::all(),
            per_decision_limit: Money::new(Currency::Hkd, 1),
            places: Set::default(),
            nbf: Millis(0),
            exp: Millis(u64::MAX),
            revoked_at,
        };
        let key = StateKey::Delegation(principal, PATIENT_APP);
        world.values.push(value(key, Record::Delegation(Box::new(delegation))));
        let delegate = world.org(PATIENT_APP);
        assert!(world.may(&delegate, key) && world.may(&world.org(principal), key));
        assert!(!world.may(&world.org(SETTLEMENT_BANK), key), "nobody else's business");
        [StateKey::Claim(CLAIM), StateKey::Settlement(SETTLEMENT), StateKey::Preauth(PREAUTH)]
            .map(|key| world.may(&delegate, key))
    };
    assert_eq!(read(HONG_KONG_INSURER, None), [true, true, true]);
    assert_eq!(read(HONG_KONG_HOSPITAL, None), [true, true, true]);
    assert_eq!(read(SECOND_INSURER, None), [false, false, false]);
    assert_eq!(read(HONG_KONG_INSURER, Some(Millis(1))), [false, false, false], "revoked");
}

#[test]
fn a_mandate_opens_nothing_once_it_is_over_or_in_other_hands() {
    let world = world();
    let resolve = |seed, at| {
        let (reader, _) = Reader::resolve(&world.state(), person(seed).public().id(), &[MANDATE], at).unwrap();
        reader.may_read(&world.state(), &StateKey::Subject(SP)).unwrap()
    };
    assert!(resolve(103, NOW));
    assert!(!resolve(103, Millis(3_000_000)), "expired");
    assert!(!resolve(102, NOW), "a subject's key that names somebody else's mandate");
}

#[test]
fn events_are_opened_to_signer_parties_subject_and_regulators() {
    let world = world();
    let event = |subject, org| Event {
        row: RowId(*b"CN", 2),
        object: Hash32::ZERO,
        subject: Some(subject),
        parties: List::new(vec![org]).unwrap(),
    };
    let details = |signer, events| ReceiptDetails {
        seed: Hash32([4; 32]),
        signer: Some(signer),
        events: List::new(events).unwrap(),
    };
    let signer = world.key(SHENZHEN_HOSPITAL, KeyUsage::SignTx);
    // The events that are opened, by number.
    let opened = |reader: &Reader, details: &ReceiptDetails| {
        let opening = reader.open(&world.state(), details).unwrap()?;
        assert_eq!(opening.hash(), Some(details.hash()));
        Some(opening.events.iter().map(|opened| opened.index).collect::<Vec<u32>>())
    };
    let granted = details(
        signer,
        vec![event(SP, HONG_KONG_HOSPITAL), event(OTHER, HONG_KONG_INSURER), event(SP, HONG_KONG_INSURER)],
    );
    for (reader, shown) in [
        (world.org(SHENZHEN_HOSPITAL), Some(vec![0, 1, 2])),
        (world.org(HONG_KONG_HOSPITAL), Some(vec![0])),
        (world.org(HONG_KONG_INSURER), Some(vec![1, 2])),
        (world.org(REGULATOR), Some(vec![0, 1, 2])),
        (world.person(101, &[]), Some(vec![0, 2])),
        (world.person(103, &[MANDATE]), Some(vec![0, 2])),
        (world.person(102, &[]), Some(vec![1])),
        (world.org(SECOND_INSURER), None),
        (world.person(103, &[]), None),
    ] {
        assert_eq!(opened(&reader, &granted), shown, "{reader:?}");
    }
    // A refused transaction has no events: only its signer's organisation and regulators learn who signed.
    let refused = details(signer, Vec::new());
    assert_eq!(opened(&world.org(SHENZHEN_HOSPITAL), &refused), Some(vec![]));
    assert_eq!(opened(&world.org(HONG_KONG_HOSPITAL), &refused), None);
}

#[test]
fn the_seed_of_sweeps_is_served_to_nobody() {
    let world = world();
    for reader in [world.org(REGULATOR), world.org(SHENZHEN_HOSPITAL), world.person(101, &[])] {
        assert!(!reader.may_read(&world.state(), &StateKey::SweepSeed).unwrap(), "{reader:?}");
    }
}

/// A session for one document of [`SP`] at the Shenzhen hospital, asked for by the hospital in Shantou.
fn emergency(document: AnchorId, permit: bool) -> Session {
    let request = AccessRequest {
        requester: SHANTOU_HOSPITAL,
        facility: FacilityId(1),
        user_ref: Hash32::ZERO,
        user_role: UserRole::Physician,
        subject: SP,
        controller: SHENZHEN_HOSPITAL,
        asked: Asked::Documents {
            anchors: Set::new([document]).unwrap(),
            deliver_to: Place::city(Jurisdiction::Cn, 4405),
            case: None,
        },
        purpose: Purpose::Btg,
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    };
    let decision = Decision {
        permit,
        reasons: Set::default(),
        basis: List::default(),
        obligations: Obligations::EMPTY,
        valid_until: NOW,
        btg: permit,
    };
    Session {
        id: SessionId(Hash32([0x51; 32])),
        request,
        subject: SP,
        suite: HpkeSuite::X25519Sha256Aes256Gcm,
        reply_key: HpkeKey(Hash32::ZERO),
        requested_by: KeyId(Hash32::ZERO),
        parties: Set::new([SHENZHEN_HOSPITAL, SHANTOU_HOSPITAL]).unwrap(),
        decision,
        height: Height(1),
        decided_at: NOW,
        head: BlockHash(Hash32::ZERO),
        status: if permit { SessionStatus::KeyReleased } else { SessionStatus::Denied },
        deadline: None,
        serve_until: None,
        released_at: None,
        changed_at: NOW,
        progress: List::default(),
        receipts: 0,
        receipt_head: Hash32::ZERO,
        post_revocation: false,
        confirmed: false,
        failure: None,
        retries: 0,
        resolution: None,
    }
}

#[test]
fn whoever_was_permitted_reads_the_documents_records_with_the_session_and_not_without() {
    let document = AnchorId(Hash32([0x52; 32]));
    let may = |permit: bool, org: OrgId, keys: &[StateKey]| {
        let mut world = world();
        let session = emergency(document, permit);
        world.values.push(value(StateKey::Session(session.id), Record::Session(Box::new(session))));
        let (state, reader) = (world.state(), world.org(org));
        keys.iter().all(|key| reader.reads(&state, key, keys, &[], NOW).unwrap().is_ok())
    };
    let (session, anchor) = (StateKey::Session(SessionId(Hash32([0x51; 32]))), StateKey::Anchor(document));
    assert!(may(true, SHANTOU_HOSPITAL, &[anchor, session]));
    assert!(!may(true, SHANTOU_HOSPITAL, &[anchor]), "the session opens it");
    assert!(!may(false, SHANTOU_HOSPITAL, &[anchor, session]), "a denied one opens nothing");
    assert!(!may(true, HONG_KONG_HOSPITAL, &[anchor, session]), "somebody else's opens nothing");
    let other = StateKey::Anchor(AnchorId(Hash32([0x53; 32])));
    assert!(!may(true, SHANTOU_HOSPITAL, &[anchor, session, other]), "nor a document that was not asked for");
}
