//! One value of each type that is hashed, signed or stored.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses some of them, and a test panics where it fails")]

mod access;
mod claim_codes;
mod claims;
mod course;
mod governance;
mod preauths;

use assent_types::access::{AccessRequest, Asked, Decision, Descriptor, Reason, UserRole};
use assent_types::action::{
    Action, AmendConsent, ConsentRef, GrantConsent, GrantMandate, ProposeConsent, RegisterSubject, RejectConsent,
    RevokeConsent, RevokeMandate, RotateKey, RotateSubjectKey, SubmitEvidence,
};
use assent_types::block::{APP_VERSION, BLOCK_FORMAT, Block, Header};
use assent_types::consent::*;
use assent_types::document::*;
use assent_types::genesis::{GENESIS_FORMAT, GenesisHeader};
use assent_types::governance::GovernanceParams;
use assent_types::key::{KeyUsage, PublicKey, SecretKey, Signature};
use assent_types::org::{Accreditation, AccreditationKind, Facility, KeyRecord, Org, OrgStatus, Role, RoleSet};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::receipt::{Event, RECEIPT_FORMAT, Receipt, ReceiptDetails, RowId};
use assent_types::session::*;
use assent_types::state::*;
use assent_types::subject::*;
use assent_types::tx::{TX_FORMAT, Transaction, TxBody};
use assent_types::validator::*;
use assent_types::*;

pub(crate) const fn hash(byte: u8) -> Hash32 {
    Hash32([byte; 32])
}

pub(crate) fn secret(byte: u8) -> SecretKey {
    SecretKey::from_seed(&[byte; 32])
}

pub(crate) fn public(byte: u8) -> PublicKey {
    secret(byte).public()
}

fn signature(byte: u8) -> Signature {
    secret(byte).sign_token(b"sample")
}

fn list<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    List::new(items).unwrap()
}

fn set<T: Ord, const MAX: usize>(items: Vec<T>) -> Set<T, MAX> {
    Set::new(items).unwrap()
}

fn shenzhen() -> Place {
    Place::city(Jurisdiction::Cn, 440_300)
}

fn places() -> PlaceSet {
    set(vec![Place::whole(Jurisdiction::Hk), shenzhen()])
}

fn evidence() -> EvidenceRef {
    EvidenceRef { kind: EvidenceKind::AppSig, hash: hash(7), timestamp: Some(hash(8)), mutually_recognised: true }
}

pub(crate) fn terms() -> ConsentTerms {
    let selector =
        RoleSelector { role: Role::Hospital, places: places(), accreditation: Some(AccreditationKind::EhealthHcp) };
    ConsentTerms {
        kind: ConsentKind::Claim,
        effect: Effect::Permit,
        subject: Sp(hash(1)),
        controller: OrgId(1),
        grantees: Grantees {
            orgs: set(vec![OrgId(3), OrgId(2)]),
            roles: set(vec![selector]),
            excluded: set(vec![OrgId(9)]),
        },
        purposes: set(vec![Purpose::Hpaymt, Purpose::Clmattch]),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Ebill, Category::Diagnosis]),
        max_grade: 3,
        labels: LabelRule::AnyExcept(Labels::of(&[Label::Psythpn])),
        data_period: Some((Day(20_000), Day(20_365))),
        instances: Some(set(vec![hash(5), hash(4)])),
        places: places(),
        xborder: Some(XBorder {
            to: places(),
            basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk]),
            notice: hash(6),
            evidence: evidence(),
        }),
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Xb]),
        nbf: Millis(1_780_000_000_000),
        exp: Some(Millis(1_790_000_000_000)),
        limits: Limits { max_uses: Some(5), rate: Some((2, 86_400_000)), per_access_confirm: false },
        redisclosure: Redisclosure::Processor,
        obligations: Obligations::of(&[Obligation::Audit, Obligation::Noreuse]),
        retention_days: Some(180),
        break_glass: BreakGlass::Forbid,
        policy: PolicyRef { policy: hash(9), notice: hash(10) },
        evidence: evidence(),
    }
}

fn consent() -> Consent {
    Consent {
        id: ConsentId(hash(11)),
        lineage: ConsentId(hash(12)),
        version: 2,
        supersedes: Some(ConsentId(hash(12))),
        terms: terms(),
        grantor: Some(Grantor::Proxy { mandate: MandateId(hash(13)) }),
        proposed_by: Some(OrgId(2)),
        created_at: Millis(1),
        granted_at: Some(Millis(2)),
        closed_at: None,
        answer_by: Some(Millis(3)),
        uses: 3,
        rate_window: Some((Millis(2), 1)),
        reserved: list(vec![Reservation { session: SessionId(hash(30)), until: Millis(9) }]),
        suspended_until: None,
        parental: false,
        status: ConsentStatus::Active,
    }
}

fn mandate_terms() -> MandateTerms {
    MandateTerms {
        subject: Sp(hash(1)),
        proxy: public(3),
        kind: MandateKind::Parent,
        ops: MandateOps::of(&[MandateOp::Grant, MandateOp::Revoke]),
        purposes: set(vec![Purpose::Treat]),
        consent_kinds: ConsentKinds::of(&[ConsentKind::Share]),
        may_xborder: true,
        nbf: Millis(1),
        exp: Millis(2),
        evidence: evidence(),
        no_higher_priority: None,
    }
}

pub(crate) fn equivocation() -> Equivocation {
    let vote = |block| VotePayload {
        chain: ChainId(hash(1)),
        step: VoteStep::Precommit,
        height: Height(7),
        round: 1,
        block,
        voter: OrgId(3),
    };
    let signed = |vote: VotePayload| (vote, vote.sign(&secret(3)));
    Equivocation::Votes { first: signed(vote(None)), second: signed(vote(Some(BlockHash(hash(2))))) }
}

fn proposals() -> Equivocation {
    let proposal = |pol_round| ProposalPayload {
        chain: ChainId(hash(1)),
        height: Height(7),
        round: 2,
        block: BlockHash(hash(2)),
        pol_round,
        proposer: OrgId(3),
    };
    let signed = |proposal: ProposalPayload| (proposal, proposal.sign(&secret(3)));
    Equivocation::Proposals { first: signed(proposal(None)), second: signed(proposal(Some(1))) }
}

/// One action of each kind.
pub(crate) fn actions() -> Vec<Action> {
    let (chain, sp) = (ChainId(hash(1)), Sp(hash(1)));
    let target = ConsentRef { subject: sp, controller: OrgId(1), consent: ConsentId(hash(11)) };
    let possession = |byte: u8| secret(byte).sign_possession(&action::possession_of(chain, &public(byte), &sp));
    let attested = Grantor::OrgAttested { org: OrgId(1), method: AttestMethod::Otp, clerk: hash(14) };
    let mut actions = vec![
        Action::RotateKey(RotateKey {
            org: OrgId(1),
            old: Some(public(1).id()),
            new: public(2),
            usage: KeyUsage::SignTx,
            nbf: Millis(1),
            exp: Millis(2),
            possession: possession(2),
        }),
        Action::RegisterSubject(RegisterSubject {
            sp,
            key: public(3),
            loa: 2,
            age_band: AgeBand::Adult,
            attest: hash(2),
            possession: possession(3),
        }),
        Action::RotateSubjectKey(RotateSubjectKey { sp, new: public(4), possession: possession(4) }),
        Action::GrantMandate(Box::new(GrantMandate {
            terms: mandate_terms(),
            verified_by: OrgId(1),
            possession: possession(3),
        })),
        Action::RevokeMandate(RevokeMandate { subject: sp, mandate: MandateId(hash(13)) }),
        Action::ProposeConsent(Box::new(ProposeConsent { terms: terms() })),
        Action::GrantConsent(Box::new(GrantConsent {
            proposal: Some(ConsentId(hash(11))),
            terms: terms(),
            grantor: Grantor::Subject,
        })),
        Action::RejectConsent(RejectConsent { target, grantor: Grantor::Subject }),
        Action::AmendConsent(Box::new(AmendConsent { target, terms: terms(), grantor: attested })),
        Action::RevokeConsent(RevokeConsent { target, grantor: attested, evidence: Some(evidence()) }),
        Action::SubmitEvidence(Box::new(SubmitEvidence { pair: equivocation() })),
        Action::AnchorDocument(Box::new(AnchorDocument { body: anchor_body(), custody: placements() })),
        Action::AnchorCorrection(Box::new(AnchorCorrection {
            body: AnchorBody { version: 2, prev: Some(AnchorId(hash(40))), ..anchor_body() },
            custody: placements(),
            reason: ChangeReason::Replaces,
        })),
        Action::StoreReceipt(StoreReceipt { anchor: AnchorId(hash(40)), shards: set(vec![stored_shard()]) }),
        Action::AcceptShare(AcceptShare { anchor: AnchorId(hash(40)), share: 1 }),
        Action::RetractDocument(RetractDocument { anchor: AnchorId(hash(40)), reason: hash(41) }),
        Action::OrderRepair(OrderRepair { anchor: AnchorId(hash(40)), shard: 1, placement: placement() }),
        Action::CompleteRepair(CompleteRepair { anchor: AnchorId(hash(40)), shard: stored_shard() }),
        Action::RegisterKeyset(Box::new(RegisterKeyset {
            controller: OrgId(1),
            threshold: 2,
            holders: list(vec![OrgId(1), OrgId(2), OrgId(4)]),
        })),
        Action::LinkSubjects(LinkSubjects { case: CaseId(hash(42)), link: subject_link() }),
        Action::RequestAccess(Box::new(RequestAccess {
            request: documents_request(),
            suite: HpkeSuite::X25519Sha256Aes256Gcm,
            reply_key: HpkeKey(hash(43)),
            confirm: None,
        })),
        Action::KeyReleaseReceipt(Box::new(KeyReleaseReceipt {
            session: SessionId(hash(44)),
            parts: set(vec![KeyPart { anchor: AnchorId(hash(40)), kind: KeyPartKind::Share, ciphertext: hash(45) }]),
        })),
        Action::ShardServed(Box::new(ShardServed {
            session: SessionId(hash(44)),
            shards: set(vec![ServedShard { anchor: AnchorId(hash(40)), shard: 1 }]),
        })),
        Action::AckAccess(AckAccess { session: SessionId(hash(44)) }),
    ];
    actions.extend(claims::actions());
    actions.extend(preauths::actions());
    actions.extend(governance::actions());
    actions.extend(course::actions());
    actions.extend(claim_codes::actions());
    actions.extend(access::actions());
    actions
}

pub(crate) fn transaction() -> Transaction {
    let body = TxBody {
        format: TX_FORMAT,
        chain: ChainId(hash(1)),
        signer: public(1).id(),
        idempotency: [5; 16],
        expires_at: Millis(1_780_000_600_000),
        action: actions().remove(4),
    };
    let cosignatures = vec![body.cosign(&secret(2)), body.cosign(&secret(3))];
    body.sign(&secret(1), cosignatures).unwrap()
}

pub(crate) fn header() -> Header {
    Header {
        format: BLOCK_FORMAT,
        chain: ChainId(hash(1)),
        height: Height(2),
        time: Millis(1_780_000_001_000),
        proposer: OrgId(2),
        previous: BlockHash(hash(2)),
        tx_root: hash(3),
        tx_count: 1,
        log_root: hash(4),
        log_size: 5,
        state_root: hash(5),
        validators: validators().hash(),
        next_validators: hash(6),
        params: hash(7),
        app_version: APP_VERSION,
    }
}

pub(crate) fn block() -> Block {
    Block { header: header(), txs: list(vec![Bytes::new(transaction().to_bytes()).unwrap()]) }
}

pub(crate) fn details() -> ReceiptDetails {
    let event = Event {
        row: RowId(*b"CN", 2),
        object: hash(11),
        subject: Some(Sp(hash(1))),
        parties: list(vec![OrgId(1), OrgId(2)]),
    };
    let other = Event { subject: Some(Sp(hash(2))), ..event.clone() };
    ReceiptDetails { seed: hash(15), signer: Some(public(1).id()), events: list(vec![event, other]) }
}

pub(crate) fn receipt() -> Receipt {
    Receipt {
        format: RECEIPT_FORMAT,
        height: Height(2),
        time: Millis(1_780_000_001_000),
        index: 0,
        tx: transaction().hash(),
        code: ErrorCode::BasisPlace.number(),
        details: details().hash(),
    }
}

pub(crate) fn validators() -> ValidatorSet {
    let validator = |org: u8| Validator { org: OrgId(u32::from(org)), power: 10, key: public(org) };
    ValidatorSet::new(vec![validator(1), validator(2), validator(3), validator(4)]).unwrap()
}

pub(crate) fn certificate() -> CommitCertificate {
    let (height, round, block) = (header().height, 1, header().hash());
    let mut certificate = CommitCertificate { height, round, block, signatures: List::default() };
    for org in [1, 3, 4u8] {
        let voter = OrgId(u32::from(org));
        let signature = certificate.precommit(header().chain, voter).sign(&secret(org));
        certificate.signatures.push(CommitSignature { voter, signature }).unwrap();
    }
    certificate
}

pub(crate) fn genesis() -> GenesisHeader {
    GenesisHeader {
        format: GENESIS_FORMAT,
        name: Text::new("sample chain").unwrap(),
        chain_class: ChainClass::Test,
        time: Millis(1_780_000_000_000),
        validators: validators(),
        params: hash(7),
        state_root: hash(5),
        app_version: APP_VERSION,
    }
}

fn params() -> Params {
    Params {
        chain_class: ChainClass::Test,
        proposal_ttl_ms: 1,
        decision_ttl_ms: 2,
        store_ttl_ms: 3,
        serve_ttl_ms: 4,
        ack_ttl_ms: 5,
        self_consent_age: [14, 16, 18],
        minimisation: list(vec![MinimisationRule {
            role: Role::Insurer,
            purpose: Purpose::Hpaymt,
            categories: Categories::of(&[Category::Ebill]),
            max_grade: 3,
        }]),
        separate_consents: list(vec![SeparateConsentRule {
            jurisdiction: Jurisdiction::Cn,
            always: SeparateConsents::of(&[SeparateConsent::Sens]),
            provision: SeparateConsents::of(&[SeparateConsent::Prov]),
            outside: SeparateConsents::of(&[SeparateConsent::Xb]),
        }]),
        accreditations: list(vec![AccreditationRule {
            role: Role::Insurer,
            purpose: Purpose::Hpaymt,
            jurisdiction: Jurisdiction::Hk,
            any_of: list(vec![AccreditationKind::HkInsurerAuth]),
        }]),
        user_categories: list(vec![UserCategoryRule {
            user_role: UserRole::ClaimsAssessor,
            categories: Categories::of(&[Category::Ebill, Category::Payment]),
        }]),
        gba_hk: places(),
        gba_mo: set(vec![Place::whole(Jurisdiction::Mo)]),
        sweep_max: 100,
        claims: claims::params(),
        preauth: preauths::params(),
        governance: governance_params(),
        claim_codes: claim_codes::params(),
        access: access::params(),
    }
}

fn org() -> Org {
    Org {
        id: OrgId(1),
        legal_name: Text::new("深圳医院").unwrap(),
        roles: RoleSet::of(&[Role::Hospital, Role::KeyHolder]),
        seat: shenzhen(),
        facilities: list(vec![Facility { id: FacilityId(1), place: shenzhen() }]),
        status: OrgStatus::Suspended { until: Millis(5), by: OrgId(4), order: hash(16) },
        keys: list(vec![KeyRecord {
            key: public(1),
            usage: KeyUsage::SignTx,
            nbf: Millis(1),
            exp: Millis(2),
            revoked_at: Some(Millis(1)),
        }]),
        accreditations: list(vec![Accreditation {
            kind: AccreditationKind::EhealthNonHkRecognised,
            by: OrgId(4),
            scope: places(),
            nbf: Millis(1),
            exp: Millis(2),
            revoked_at: None,
            evidence: hash(17),
        }]),
    }
}

fn basis() -> TransferBasis {
    TransferBasis {
        id: BasisId(hash(18)),
        kind: BasisKind::GbaScHk,
        exporter: OrgId(1),
        importer: OrgId(3),
        from: set(vec![shenzhen()]),
        to: set(vec![Place::whole(Jurisdiction::Hk)]),
        categories: Categories::all(),
        filing_ref: hash(19),
        effective: Millis(1),
        filing_deadline: Millis(2),
        filed: true,
        pia_ref: hash(20),
        exp: Millis(3),
        status: BasisStatus::Active,
    }
}

/// One record of each kind under its key.
pub(crate) fn values() -> Vec<StateValue> {
    let sp = Sp(hash(1));
    let head = LogHead { count: 3, peaks: list(vec![hash(1), hash(2)]), last_height: Height(7), last_time: Millis(9) };
    let book = ConsentBook { epoch: 4, live: list(vec![consent()]), closed: List::default(), log: head };
    let mut records = vec![
        (StateKey::Block, {
            Record::Block(BlockMeta { height: Height(2), time: Millis(3), previous: BlockHash(hash(2)) })
        }),
        (StateKey::Params, Record::Params(Box::new(params()))),
        (StateKey::Validators, Record::Validators(Validators { next: validators(), after_next: validators() })),
        (StateKey::Org(OrgId(1)), Record::Org(Box::new(org()))),
        (StateKey::Key(public(3).id()), {
            let (owner, proxy_for) = (KeyOwner::Proxy, set(vec![sp]));
            Record::Key(KeyEntry { key: public(3), owner, revoked_at: None, proxy_for })
        }),
        (StateKey::Subject(sp), {
            Record::Subject(Subject {
                sp,
                key: public(3),
                loa: 2,
                enrolled_by: OrgId(1),
                attest: hash(2),
                age_band: AgeBand::From14,
                majority_at: None,
                registered_at: Millis(4),
            })
        }),
        (StateKey::Mandate(MandateId(hash(13))), {
            Record::Mandate(Box::new(Mandate {
                id: MandateId(hash(13)),
                terms: mandate_terms(),
                subject_signed: true,
                verified_by: OrgId(1),
                revoked_at: Some(Millis(6)),
            }))
        }),
        (StateKey::Consents(sp, OrgId(1)), Record::Consents(Box::new(book))),
        (StateKey::Bases(OrgId(1)), Record::Bases(list(vec![basis()]))),
        (StateKey::Misbehaviour(OrgId(3)), Record::Misbehaviour(list(vec![equivocation(), proposals()]))),
        (StateKey::SweepSeed, Record::SweepSeed(hash(16))),
        (StateKey::Anchor(AnchorId(hash(40))), Record::Anchor(Box::new(anchor()))),
        (StateKey::Keyset(KeysetId(hash(59))), Record::Keyset(keyset())),
        (StateKey::Session(SessionId(hash(44))), Record::Session(Box::new(session()))),
        (StateKey::Accesses(Sp(hash(5)), OrgId(1)), Record::Accesses(Box::new(access_book()))),
        (StateKey::SubjectLinks(CaseId(hash(42))), Record::SubjectLinks(set(vec![subject_link()]))),
    ];
    records.extend(claims::records());
    records.extend(preauths::records());
    records.extend(governance::records());
    records.extend(course::records());
    records.extend(claim_codes::records());
    records.extend(access::records());
    let value = |(key, record)| StateValue { key, written_by: TxHash(hash(21)), record };
    records.into_iter().map(value).collect()
}

fn governance_params() -> GovernanceParams {
    GovernanceParams {
        vote_ms: 1,
        timelock_ms: 2,
        removal_ms: 3,
        upgrade_ms: 4,
        emergency_ms: 5,
        epoch_ms: 6,
        basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk, BasisKind::HkRmc]),
    }
}

pub(crate) fn log_entry() -> ConsentLogEntry {
    ConsentLogEntry {
        subject: Sp(hash(1)),
        controller: OrgId(1),
        seq: 2,
        height: Height(7),
        time: Millis(9),
        tx: TxHash(hash(21)),
        actor: Some(public(3).id()),
        consent: ConsentId(hash(11)),
        status: ConsentStatus::Revoked,
    }
}

pub(crate) fn access_request() -> AccessRequest {
    let descriptor = Descriptor {
        category: Category::Ebill,
        grade: 3,
        service_month: Month(670),
        deliver_to: Place::whole(Jurisdiction::Hk),
    };
    AccessRequest {
        requester: OrgId(3),
        facility: FacilityId(1),
        user_ref: hash(22),
        user_role: UserRole::ClaimsAssessor,
        subject: Sp(hash(1)),
        controller: OrgId(1),
        asked: Asked::Data(list(vec![descriptor])),
        purpose: Purpose::Hpaymt,
        action: DataAction::Access,
        xborder_basis: Some(BasisId(hash(18))),
        btg: None,
    }
}

pub(crate) fn decision() -> Decision {
    Decision {
        permit: false,
        reasons: set(vec![Reason::BorderBasis, Reason::Expired]),
        basis: List::default(),
        obligations: Obligations::of(&[Obligation::Audit]),
        valid_until: Millis(8),
        btg: false,
    }
}

pub(crate) fn sample_signature() -> Signature {
    signature(1)
}

/// An anchor with every optional part.
fn anchor_body() -> AnchorBody {
    AnchorBody {
        nonce: ObjectNonce(hash(46)),
        hash: HashSuite::Sha256,
        aead: Some(AeadSuite::Aes256GcmStream),
        coding: Coding::Clay { k: 2, n: 4, stripe_bytes: 65_536 },
        object_root: hash(47),
        shard_roots: list(vec![hash(48), hash(49), hash(50), hash(51)]),
        ct_root: hash(52),
        key_commitment: hash(53),
        share_root: hash(54),
        size_4k: 7,
        subject: Sp(hash(4)),
        controller: OrgId(1),
        author: OrgId(1),
        category: Category::Lab,
        grade: Grade::Committed(hash(55)),
        important: true,
        service_month: Month(670),
        day_commit: hash(56),
        content_commit: hash(57),
        manifest_commit: hash(58),
        keyset: KeysetId(hash(59)),
        residency: Residency { split: true, readable_in: Some(Jurisdiction::Cn) },
        retention_until: Some(Millis(9)),
        version: 1,
        prev: None,
    }
}

fn placement() -> Placement {
    Placement { custodian: OrgId(11), place: Place::city(Jurisdiction::Cn, 4403) }
}

fn placements() -> List<Placement, { limits::SHARDS_MAX }> {
    list(vec![placement(), placement(), placement(), placement()])
}

fn stored_shard() -> StoredShard {
    StoredShard { shard: 1, root: hash(49) }
}

fn subject_link() -> SubjectLink {
    SubjectLink { a: Sp(hash(4)), b: Sp(hash(5)) }
}

/// A request that names documents.
pub(crate) fn documents_request() -> AccessRequest {
    let (anchors, deliver_to) = (set(vec![AnchorId(hash(40))]), Place::whole(Jurisdiction::Hk));
    AccessRequest { asked: Asked::Documents { anchors, deliver_to, case: Some(CaseId(hash(42))) }, ..access_request() }
}

fn anchor() -> Anchor {
    let (custodian, place) = (OrgId(11), Place::city(Jurisdiction::Cn, 4403));
    let custody = Custody { custodian, place, stored_at: Some(Millis(2)), generation: 1 };
    Anchor {
        id: AnchorId(hash(40)),
        lineage: AnchorId(hash(39)),
        body: AnchorBody { grade: Grade::Clear(3), aead: None, retention_until: None, ..anchor_body() },
        status: DocumentStatus::Active,
        anchored_at: Millis(1),
        store_by: Millis(3),
        settled_at: Some(Millis(2)),
        next: Some(AnchorId(hash(41))),
        custody: list(vec![custody, Custody { stored_at: None, ..custody }]),
        accepted: set(vec![OrgId(1)]),
        keyset_epoch: 1,
        generation: 1,
        repairs: list(vec![ShardRepair { shard: 1, custodian, place, opened_at: Millis(2) }]),
    }
}

fn keyset() -> Keyset {
    Keyset {
        id: KeysetId(hash(59)),
        controller: OrgId(1),
        threshold: 2,
        holders: list(vec![OrgId(1), OrgId(2), OrgId(4)]),
        registered_at: Millis(1),
    }
}

fn session() -> Session {
    Session {
        id: SessionId(hash(44)),
        request: documents_request(),
        subject: Sp(hash(5)),
        suite: HpkeSuite::X25519Sha256Aes256Gcm,
        reply_key: HpkeKey(hash(43)),
        requested_by: public(1).id(),
        parties: set(vec![OrgId(1), OrgId(3)]),
        decision: decision(),
        height: Height(7),
        decided_at: Millis(1),
        head: BlockHash(hash(20)),
        status: SessionStatus::KeyReleased,
        deadline: Some(Millis(9)),
        serve_until: Some(Millis(9)),
        released_at: Some(Millis(2)),
        barred_from: Some(Millis(14)),
        changed_at: Millis(2),
        progress: list(vec![Progress {
            keyset_epoch: 1,
            controller: true,
            holders: set(vec![OrgId(1), OrgId(4)]),
            shards: 3,
        }]),
        receipts: 2,
        receipt_head: hash(60),
        post_revocation: true,
        confirmed: true,
        failure: None,
        retries: 0,
        resolution: None,
    }
}

fn access_book() -> AccessBook {
    let open = OpenSession { session: SessionId(hash(44)), until: Millis(9) };
    AccessBook {
        open: list(vec![open]),
        confirmations: list(vec![(hash(60), Millis(5))]),
        denied: Some((OrgId(2), Millis(6))),
        exported: Some(2026),
        log: LogHead::default(),
    }
}

/// An entry of an access log.
pub(crate) fn access_entry() -> AccessLogEntry {
    AccessLogEntry {
        subject: Sp(hash(5)),
        controller: OrgId(1),
        seq: 3,
        height: Height(7),
        time: Millis(2),
        tx: TxHash(hash(27)),
        actor: Some(public(1).id()),
        session: SessionId(hash(44)),
        requester: OrgId(3),
        row: RowId(*b"AC", 4),
        status: SessionStatus::KeyReleased,
    }
}
