//! Sample values whose encodings make the corpus: every action, every kind of record, with optional parts both ways.

#[path = "../../../sdk/types/tests/samples/governance.rs"]
mod governance;
pub mod vault;

use assent_types::access::{AccessRequest, Asked, Decision, Descriptor, UserRole};
use assent_types::action::{
    Action, AmendConsent, ConsentRef, GrantConsent, GrantMandate, ProposeConsent, RegisterSubject, RejectConsent,
    RevokeConsent, RevokeMandate, RotateKey, RotateSubjectKey, SubmitEvidence,
};
use assent_types::block::{APP_VERSION, BLOCK_FORMAT, Block, Header};
use assent_types::consent::{
    AttestMethod, BasisKind, BasisKinds, BreakGlass, Categories, Category, ConsentBook, ConsentKind, ConsentTerms,
    DataAction, DataActions, Effect, EvidenceKind, EvidenceRef, Grantees, Grantor, Label, LabelRule, Labels, Limits,
    Obligation, Obligations, PolicyRef, Purpose, Redisclosure, RoleSelector, SeparateConsents, XBorder,
};
use assent_types::document::*;
use assent_types::key::{KeyUsage, SecretKey, Signature};
use assent_types::org::Role;
use assent_types::place::{Jurisdiction, Place};
use assent_types::receipt::{Event, RECEIPT_FORMAT, Receipt, ReceiptDetails, RowId};
use assent_types::session::*;
use assent_types::state::{BlockMeta, Record, StateKey, StateValue, Validators};
use assent_types::subject::{
    AgeBand, ConsentKinds, KeyEntry, KeyOwner, MandateKind, MandateOp, MandateOps, MandateTerms, Subject,
};
use assent_types::tx::{TX_FORMAT, Transaction, TxBody};
use assent_types::validator::{
    CommitCertificate, CommitSignature, Equivocation, ProposalPayload, Validator, ValidatorSet, VotePayload, VoteStep,
};
use assent_types::{
    AnchorId, BasisId, BlockHash, Bytes, CaseId, ChainId, ConsentId, Day, FacilityId, Hash32, Height, HpkeKey,
    KeysetId, List, MandateId, Millis, Month, ObjectNonce, OrgId, SessionId, Set, Sp, TxHash, limits,
};

/// A hash that is recognisable in a dump.
pub const fn hash(n: u8) -> Hash32 {
    Hash32([n; 32])
}

/// A key that depends on `n` alone.
pub fn key(n: u8) -> SecretKey {
    SecretKey::from_seed(&[n; 32])
}

/// The chain of all samples.
pub const CHAIN: ChainId = ChainId(hash(1));

const SIGNATURE: Signature = Signature([9; 64]);

fn evidence() -> EvidenceRef {
    EvidenceRef { kind: EvidenceKind::CaEsign, hash: hash(2), timestamp: Some(hash(3)), mutually_recognised: true }
}

fn places() -> Set<Place, { assent_types::limits::PLACES_MAX }> {
    Set::new([Place::whole(Jurisdiction::Hk), Place::city(Jurisdiction::Cn, 4403)]).unwrap_or_default()
}

/// A consent with every optional part.
pub fn full_terms() -> ConsentTerms {
    let selector = RoleSelector { role: Role::Insurer, places: places(), accreditation: None };
    ConsentTerms {
        kind: ConsentKind::Claim,
        effect: Effect::Permit,
        subject: Sp(hash(4)),
        controller: OrgId(1),
        grantees: Grantees {
            orgs: Set::new([OrgId(2), OrgId(3)]).unwrap_or_default(),
            roles: Set::new([selector]).unwrap_or_default(),
            excluded: Set::new([OrgId(4)]).unwrap_or_default(),
        },
        purposes: Set::new([Purpose::Clmattch, Purpose::Treat]).unwrap_or_default(),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Diagnosis, Category::Ebill]),
        max_grade: 3,
        labels: LabelRule::AnyExcept(Labels::of(&[Label::Hiv])),
        data_period: Some((Day(19_000), Day(20_000))),
        instances: Some(Set::new([hash(5), hash(6)]).unwrap_or_default()),
        places: places(),
        xborder: Some(XBorder {
            to: places(),
            basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk]),
            notice: hash(7),
            evidence: evidence(),
        }),
        separate: SeparateConsents::all(),
        nbf: Millis(1_000),
        exp: Some(Millis(2_000)),
        limits: Limits { max_uses: Some(3), rate: Some((2, 60_000)), per_access_confirm: true },
        redisclosure: Redisclosure::Processor,
        obligations: Obligations::of(&[Obligation::Audit]),
        retention_days: Some(30),
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: hash(8), notice: hash(9) },
        evidence: evidence(),
    }
}

/// A consent with no optional part.
pub fn bare_terms() -> ConsentTerms {
    ConsentTerms {
        effect: Effect::Deny,
        grantees: Grantees::default(),
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        xborder: None,
        exp: None,
        limits: Limits::default(),
        retention_days: None,
        evidence: EvidenceRef { timestamp: None, ..evidence() },
        ..full_terms()
    }
}

fn mandate_terms() -> MandateTerms {
    MandateTerms {
        subject: Sp(hash(4)),
        proxy: key(3).public(),
        kind: MandateKind::FamilyOrCoResident,
        ops: MandateOps::of(&[MandateOp::Grant, MandateOp::Revoke]),
        purposes: Set::new([Purpose::Treat]).unwrap_or_default(),
        consent_kinds: ConsentKinds::all(),
        may_xborder: true,
        nbf: Millis(1),
        exp: Millis(2),
        evidence: evidence(),
        no_higher_priority: Some(evidence()),
    }
}

/// Two conflicting votes.
pub fn votes() -> Equivocation {
    let vote = |block| {
        let (step, height, voter) = (VoteStep::Precommit, Height(7), OrgId(1));
        let vote = VotePayload { chain: CHAIN, step, height, round: 1, block, voter };
        (vote, vote.sign(&key(1)))
    };
    Equivocation::Votes { first: vote(None), second: vote(Some(BlockHash(hash(10)))) }
}

/// Two conflicting proposals.
pub fn proposals() -> Equivocation {
    let proposal = |n, pol_round| {
        let (height, round, proposer) = (Height(7), 1, OrgId(1));
        let proposal = ProposalPayload { chain: CHAIN, height, round, block: BlockHash(hash(n)), pol_round, proposer };
        (proposal, proposal.sign(&key(1)))
    };
    Equivocation::Proposals { first: proposal(1, None), second: proposal(2, Some(0)) }
}

/// One of every action, both kinds of evidence, and grants by each kind of grantor.
pub fn actions() -> Vec<Action> {
    let (sp, mandate) = (Sp(hash(4)), MandateId(hash(11)));
    let target = ConsentRef { subject: sp, controller: OrgId(1), consent: ConsentId(hash(12)) };
    let attested = Grantor::OrgAttested { org: OrgId(1), method: AttestMethod::Otp, clerk: hash(13) };
    let grant = |terms, grantor, proposal| Action::GrantConsent(Box::new(GrantConsent { proposal, terms, grantor }));
    let mut actions = vec![
        Action::RotateKey(RotateKey {
            org: OrgId(1),
            old: Some(key(1).public().id()),
            new: key(2).public(),
            usage: KeyUsage::SignTx,
            nbf: Millis(1),
            exp: Millis(2),
            possession: SIGNATURE,
        }),
        Action::RegisterSubject(RegisterSubject {
            sp,
            key: key(2).public(),
            loa: 2,
            age_band: AgeBand::Adult,
            attest: hash(14),
            possession: SIGNATURE,
        }),
        Action::RotateSubjectKey(RotateSubjectKey { sp, new: key(2).public(), possession: SIGNATURE }),
        Action::GrantMandate(Box::new(GrantMandate {
            terms: mandate_terms(),
            verified_by: OrgId(2),
            possession: SIGNATURE,
        })),
        Action::RevokeMandate(RevokeMandate { subject: sp, mandate }),
        Action::ProposeConsent(Box::new(ProposeConsent { terms: full_terms() })),
        grant(full_terms(), Grantor::Subject, None),
        grant(bare_terms(), Grantor::Proxy { mandate }, Some(ConsentId(hash(12)))),
        grant(bare_terms(), attested, None),
        Action::RejectConsent(RejectConsent { target, grantor: Grantor::Subject }),
        Action::AmendConsent(Box::new(AmendConsent { target, terms: full_terms(), grantor: Grantor::Subject })),
        Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: Some(evidence()) }),
        Action::SubmitEvidence(Box::new(SubmitEvidence { pair: votes() })),
        Action::SubmitEvidence(Box::new(SubmitEvidence { pair: proposals() })),
        Action::AnchorDocument(Box::new(AnchorDocument { body: anchor_body(), custody: placements() })),
        Action::AnchorCorrection(Box::new(AnchorCorrection {
            body: AnchorBody { version: 2, prev: Some(AnchorId(hash(40))), ..anchor_body() },
            custody: placements(),
            reason: ChangeReason::Replaces,
        })),
        Action::StoreReceipt(StoreReceipt {
            anchor: AnchorId(hash(40)),
            shards: Set::new([stored_shard()]).unwrap_or_default(),
        }),
        Action::AcceptShare(AcceptShare { anchor: AnchorId(hash(40)), share: 1 }),
        Action::RetractDocument(RetractDocument { anchor: AnchorId(hash(40)), reason: hash(41) }),
        Action::OrderRepair(OrderRepair { anchor: AnchorId(hash(40)), shard: 1, placement: placement() }),
        Action::CompleteRepair(CompleteRepair { anchor: AnchorId(hash(40)), shard: stored_shard() }),
        Action::RegisterKeyset(Box::new(RegisterKeyset {
            controller: OrgId(1),
            threshold: 2,
            holders: List::new(vec![OrgId(1), OrgId(2), OrgId(4)]).unwrap_or_default(),
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
            parts: Set::new([KeyPart { anchor: AnchorId(hash(40)), kind: KeyPartKind::Share, ciphertext: hash(45) }])
                .unwrap_or_default(),
        })),
        Action::ShardServed(Box::new(ShardServed {
            session: SessionId(hash(44)),
            shards: Set::new([ServedShard { anchor: AnchorId(hash(40)), shard: 1 }]).unwrap_or_default(),
        })),
        Action::AckAccess(AckAccess { session: SessionId(hash(44)) }),
    ];
    actions.extend(super::claims::actions());
    actions.extend(super::preauths::actions());
    actions.extend(governance::actions());
    actions.extend(super::course::actions());
    actions.extend(super::claim_codes::actions());
    actions.extend(super::access::actions());
    actions
}

/// A signed transaction, with one co-signature for every odd `n`.
pub fn transaction(action: Action, n: u8) -> Option<Transaction> {
    let signer = key(1);
    let body = TxBody {
        format: TX_FORMAT,
        chain: CHAIN,
        signer: signer.public().id(),
        idempotency: [n; 16],
        expires_at: Millis(600_000),
        action,
    };
    let cosignatures = if n % 2 == 1 { vec![body.cosign(&key(2))] } else { Vec::new() };
    body.sign(&signer, cosignatures).ok()
}

/// A transaction for every action.
pub fn transactions() -> Vec<Transaction> {
    actions().into_iter().zip(0..).filter_map(|(action, n)| transaction(action, n)).collect()
}

/// A header.
pub fn header(tx_count: u32) -> Header {
    Header {
        format: BLOCK_FORMAT,
        chain: CHAIN,
        height: Height(7),
        time: Millis(1_700_000_000_000),
        proposer: OrgId(1),
        previous: BlockHash(hash(20)),
        tx_root: hash(21),
        tx_count,
        log_root: hash(22),
        log_size: 99,
        state_root: hash(23),
        validators: validators().hash(),
        next_validators: validators().hash(),
        params: hash(24),
        app_version: APP_VERSION,
    }
}

/// A block of these transactions.
pub fn block(txs: &[Transaction]) -> Option<Block> {
    let txs: Vec<_> = txs.iter().filter_map(|tx| Bytes::new(tx.to_bytes()).ok()).collect();
    let header = header(u32::try_from(txs.len()).ok()?);
    List::new(txs).ok().map(|txs| Block { header, txs })
}

/// Four validators.
pub fn validators() -> ValidatorSet {
    let validator = |n: u8| Validator { org: OrgId(n.into()), power: u64::from(n), key: key(n).public() };
    let set = ValidatorSet::new((1..=4).map(validator).collect());
    assert!(set.is_ok(), "the samples keep the rules of a validator set");
    set.unwrap_or_else(|_| unreachable!("asserted above"))
}

/// A certificate by all four.
pub fn certificate() -> CommitCertificate {
    let (height, block) = (Height(7), header(0).hash());
    let unsigned = CommitCertificate { height, round: 2, block, signatures: List::default() };
    let sign = |n: u8| {
        let voter = OrgId(n.into());
        CommitSignature { voter, signature: unsigned.precommit(CHAIN, voter).sign(&key(n)) }
    };
    CommitCertificate { signatures: List::new((1..=4).map(sign).collect()).unwrap_or_default(), ..unsigned }
}

/// A receipt and its details.
pub fn receipt() -> (Receipt, ReceiptDetails) {
    let event = Event {
        row: RowId(*b"CN", 2),
        object: hash(12),
        subject: Some(Sp(hash(4))),
        parties: List::new(vec![OrgId(1), OrgId(2)]).unwrap_or_default(),
    };
    let signer = Some(key(1).public().id());
    let other = Event { subject: Some(Sp(hash(5))), ..event.clone() };
    let details = ReceiptDetails { seed: hash(25), signer, events: List::new(vec![event, other]).unwrap_or_default() };
    let receipt = Receipt {
        format: RECEIPT_FORMAT,
        height: Height(7),
        time: Millis(1_700_000_000_000),
        index: 0,
        tx: TxHash(hash(26)),
        code: 0,
        details: details.hash(),
    };
    (receipt, details)
}

/// A request for access.
pub fn access_request() -> AccessRequest {
    let deliver_to = Place::city(Jurisdiction::Cn, 4403);
    let descriptor = Descriptor { category: Category::Ebill, grade: 2, service_month: Month(650), deliver_to };
    AccessRequest {
        requester: OrgId(2),
        facility: FacilityId(1),
        user_ref: hash(30),
        user_role: UserRole::ClaimsAssessor,
        subject: Sp(hash(4)),
        controller: OrgId(1),
        asked: Asked::Data(List::new(vec![descriptor]).unwrap_or_default()),
        purpose: Purpose::Clmattch,
        action: DataAction::Access,
        xborder_basis: Some(BasisId(hash(31))),
        btg: None,
    }
}

/// Values of the state, one for each kind of record that needs no genesis document.
pub fn state_values() -> Vec<StateValue> {
    let (sp, public) = (Sp(hash(4)), key(1).public());
    let set = validators();
    let book = ConsentBook { epoch: 3, ..ConsentBook::default() };
    let subject = Subject {
        sp,
        key: public,
        loa: 3,
        enrolled_by: OrgId(1),
        attest: hash(14),
        age_band: AgeBand::From65,
        majority_at: None,
        registered_at: Millis(1),
    };
    let owner = KeyOwner::Subject(sp);
    let records = [
        (
            StateKey::Block,
            Record::Block(BlockMeta { height: Height(7), time: Millis(1), previous: BlockHash(hash(20)) }),
        ),
        (StateKey::Validators, Record::Validators(Validators { next: set.clone(), after_next: set })),
        (
            StateKey::Key(public.id()),
            Record::Key(KeyEntry { key: public, owner, revoked_at: Some(Millis(2)), proxy_for: Set::default() }),
        ),
        (StateKey::Subject(sp), Record::Subject(subject)),
        (StateKey::Consents(sp, OrgId(1)), Record::Consents(Box::new(book))),
        (
            StateKey::Misbehaviour(OrgId(1)),
            Record::Misbehaviour(List::new(vec![votes(), proposals()]).unwrap_or_default()),
        ),
        (StateKey::SweepSeed, Record::SweepSeed(hash(60))),
        (StateKey::Anchor(AnchorId(hash(40))), Record::Anchor(Box::new(anchor()))),
        (StateKey::Keyset(KeysetId(hash(59))), Record::Keyset(keyset())),
        (StateKey::Session(SessionId(hash(44))), Record::Session(Box::new(session()))),
        (StateKey::Accesses(Sp(hash(5)), OrgId(1)), Record::Accesses(Box::new(access_book()))),
        (
            StateKey::SubjectLinks(CaseId(hash(42))),
            Record::SubjectLinks(Set::new([subject_link()]).unwrap_or_default()),
        ),
    ];
    let records = records.into_iter().chain(super::claims::records()).chain(super::preauths::records());
    let records = records.chain(governance::records()).chain(super::course::records());
    let records = records.chain(super::claim_codes::records()).chain(super::access::records());
    records.map(|(key, record)| StateValue { key, written_by: TxHash(hash(27)), record }).collect()
}

/// An anchor with every optional part.
fn anchor_body() -> AnchorBody {
    AnchorBody {
        nonce: ObjectNonce(hash(46)),
        hash: HashSuite::Sha256,
        aead: Some(AeadSuite::Aes256GcmStream),
        coding: Coding::Clay { k: 2, n: 4, stripe_bytes: 65_536 },
        object_root: hash(47),
        shard_roots: List::new(vec![hash(48), hash(49), hash(50), hash(51)]).unwrap_or_default(),
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
    List::new(vec![placement(), placement(), placement(), placement()]).unwrap_or_default()
}

fn stored_shard() -> StoredShard {
    StoredShard { shard: 1, root: hash(49) }
}

fn subject_link() -> SubjectLink {
    SubjectLink { a: Sp(hash(4)), b: Sp(hash(5)) }
}

/// A request that names documents.
pub fn documents_request() -> AccessRequest {
    let (anchors, deliver_to) = (Set::new([AnchorId(hash(40))]).unwrap_or_default(), Place::whole(Jurisdiction::Hk));
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
        custody: List::new(vec![custody, Custody { stored_at: None, ..custody }]).unwrap_or_default(),
        accepted: Set::new([OrgId(1)]).unwrap_or_default(),
        keyset_epoch: 1,
        generation: 1,
        repairs: List::new(vec![ShardRepair { shard: 1, custodian, place, opened_at: Millis(2) }]).unwrap_or_default(),
    }
}

fn keyset() -> Keyset {
    Keyset {
        id: KeysetId(hash(59)),
        controller: OrgId(1),
        threshold: 2,
        holders: List::new(vec![OrgId(1), OrgId(2), OrgId(4)]).unwrap_or_default(),
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
        requested_by: key(1).public().id(),
        parties: Set::new([OrgId(1), OrgId(3)]).unwrap_or_default(),
        decision: Decision {
            permit: true,
            reasons: Set::default(),
            basis: List::new(vec![ConsentId(hash(12))]).unwrap_or_default(),
            obligations: Obligations::of(&[Obligation::Audit]),
            valid_until: Millis(9),
            btg: false,
        },
        height: Height(7),
        decided_at: Millis(1),
        head: BlockHash(hash(20)),
        status: SessionStatus::KeyReleased,
        deadline: Some(Millis(9)),
        serve_until: Some(Millis(9)),
        released_at: Some(Millis(2)),
        barred_from: Some(Millis(14)),
        changed_at: Millis(2),
        progress: List::new(vec![Progress {
            keyset_epoch: 1,
            controller: true,
            holders: Set::new([OrgId(1), OrgId(4)]).unwrap_or_default(),
            shards: 3,
        }])
        .unwrap_or_default(),
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
    AccessBook { open: List::new(vec![open]).unwrap_or_default(), ..AccessBook::default() }
}

/// An entry of an access log.
pub fn access_entry() -> AccessLogEntry {
    AccessLogEntry {
        subject: Sp(hash(5)),
        controller: OrgId(1),
        seq: 3,
        height: Height(7),
        time: Millis(2),
        tx: TxHash(hash(27)),
        actor: Some(key(1).public().id()),
        session: SessionId(hash(44)),
        requester: OrgId(3),
        row: RowId(*b"AC", 4),
        status: SessionStatus::KeyReleased,
    }
}
