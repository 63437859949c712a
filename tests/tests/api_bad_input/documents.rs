//! Inputs 32 to 46: anchors, sessions and their receipts, permits, challenges of possession, erasure.

mod keeping;
mod permits;
mod trail;

use assent_client::Client;
use assent_types::access::{AccessRequest, Asked, Reason, UserRole};
use assent_types::action::{Action, ConsentRef, GrantConsent, RevokeConsent};
use assent_types::consent::{Categories, Category, DataAction, Grantees, Grantor, Purpose, consent_id_of};
use assent_types::document::{
    AcceptShare, AeadSuite, AnchorBody, AnchorCorrection, AnchorDocument, ChangeReason, Coding, Grade, HashSuite,
    Placement, RegisterKeyset, Residency, RetractDocument, StoreReceipt, StoredShard, anchor_id_of, keyset_id_of,
};
use assent_types::error::ErrorCode;
use assent_types::key::SecretKey;
use assent_types::place::{Jurisdiction, Place};
use assent_types::session::{
    AckAccess, HpkeSuite, KeyPart, KeyPartKind, KeyReleaseReceipt, RequestAccess, ServedShard, ShardServed,
    session_id_of,
};
use assent_types::{
    AnchorId, ConsentId, FacilityId, Hash32, HpkeKey, KeysetId, List, Millis, Month, ObjectNonce, OrgId, SessionId, Set,
};

use crate::network::{KEEPER_AND_HOLDER, Network, Patient, blocks_until, execute, execute_cosigned, register, terms};
use crate::{answered, refuse, refuse_bytes};

const HOSPITAL: OrgId = OrgId(2);
const INSURER: OrgId = OrgId(3);
const REGULATOR: OrgId = OrgId(4);
const HONG_KONG: Place = Place::whole(Jurisdiction::Hk);
/// Custodians of the shards, with their seats: three in Hong Kong and one in Guangzhou.
const CUSTODY: [Placement; 4] = [
    Placement { custodian: OrgId(14), place: HONG_KONG },
    Placement { custodian: OrgId(15), place: HONG_KONG },
    Placement { custodian: KEEPER_AND_HOLDER, place: HONG_KONG },
    Placement { custodian: OrgId(11), place: Place::city(Jurisdiction::Cn, 4401) },
];

struct World<'a> {
    network: &'a Network,
    hospital: Client,
    insurer: Client,
    keyset: KeysetId,
}

pub(crate) async fn run(network: &Network) {
    let hospital = network.client(HOSPITAL);
    let keyset = keyset(network, &hospital, &[HOSPITAL]).await;
    let world = World { network, hospital, insurer: network.client(INSURER), keyset };
    let (patient, other) = (world.patient().await, world.patient().await);
    // Its session is never released: what comes after its time is tried last.
    let late = world.ask(&other, world.document(&other).await).await;
    let challenge = world.early_challenge().await;
    let (pair, end) = world.ending_together().await;
    world.anchors(&patient).await;
    world.requests(&patient, &other).await;
    world.sessions(&patient).await;
    world.lineages(&patient, &other).await;
    world.trails_name_nobody_else(&pair, end).await;
    world.permits().await;
    world.keeping().await;
    world.too_late(&late).await;
    world.stale(&challenge).await;
}

/// A permitted session for one document.
struct OpenSession {
    session: SessionId,
    document: AnchorId,
}

async fn keyset(network: &Network, client: &Client, holders: &[OrgId]) -> KeysetId {
    let register = RegisterKeyset { controller: HOSPITAL, threshold: 1, holders: List::new(holders.to_vec()).unwrap() };
    let others: Vec<SecretKey> =
        holders.iter().filter(|org| **org != HOSPITAL).map(|org| network.key(*org, "sign-tx")).collect();
    let action = Action::RegisterKeyset(Box::new(register));
    let cosigners: Vec<&SecretKey> = others.iter().collect();
    let receipt = execute_cosigned(client, &network.key(HOSPITAL, "sign-tx"), action, &cosigners).await;
    keyset_id_of(&receipt.receipt.tx)
}

fn root(shard: u8) -> Hash32 {
    Hash32([0x80 + shard; 32])
}

fn anchor(body: AnchorBody, custody: &[Placement]) -> Action {
    Action::AnchorDocument(Box::new(AnchorDocument { body, custody: List::new(custody.to_vec()).unwrap() }))
}

impl World<'_> {
    fn body(&self, patient: &Patient) -> AnchorBody {
        AnchorBody {
            nonce: ObjectNonce(Hash32([0x21; 32])),
            hash: HashSuite::Sha256,
            aead: Some(AeadSuite::Aes256GcmStream),
            coding: Coding::Clay { k: 2, n: 4, stripe_bytes: 65_536 },
            object_root: Hash32([0x22; 32]),
            shard_roots: List::new((0..4).map(root).collect()).unwrap(),
            ct_root: Hash32([0x23; 32]),
            key_commitment: Hash32([0x24; 32]),
            share_root: Hash32([0x25; 32]),
            size_4k: 3,
            subject: patient.sp,
            controller: HOSPITAL,
            author: HOSPITAL,
            category: Category::Lab,
            grade: Grade::Clear(3),
            important: false,
            service_month: Month(56 * 12),
            day_commit: Hash32([0x26; 32]),
            content_commit: Hash32([0x27; 32]),
            manifest_commit: Hash32([0x28; 32]),
            keyset: self.keyset,
            residency: Residency::default(),
            retention_until: None,
            version: 1,
            prev: None,
        }
    }

    fn key(&self, org: OrgId) -> SecretKey {
        self.network.key(org, "sign-tx")
    }

    fn service(&self, org: OrgId) -> SecretKey {
        self.network.key(org, "receipt")
    }

    async fn patient(&self) -> Patient {
        register(self.network, &self.hospital, HOSPITAL).await
    }

    /// The patient lets the insurer have laboratory results for claims.
    async fn consent(&self, patient: &Patient) -> ConsentId {
        self.consent_until(patient, None).await
    }

    async fn consent_until(&self, patient: &Patient, exp: Option<Millis>) -> ConsentId {
        let mut terms = terms(patient.sp);
        terms.exp = exp;
        terms.grantees = Grantees { orgs: Set::new([INSURER]).unwrap(), ..Grantees::default() };
        terms.purposes = Set::new([Purpose::Clmattch]).unwrap();
        terms.categories = Categories::of(&[Category::Lab]);
        let grant = GrantConsent { proposal: None, terms, grantor: Grantor::Subject };
        let receipt = execute(&self.hospital, &patient.key, Action::GrantConsent(Box::new(grant))).await;
        consent_id_of(&receipt.receipt.tx)
    }

    /// Lets custodians and key holder keep their parts, so that the document is active.
    async fn store(&self, id: AnchorId) {
        for (shard, placement) in (0_u8..).zip(&CUSTODY) {
            let shards = Set::new([StoredShard { shard, root: root(shard) }]).unwrap();
            let stored = Action::StoreReceipt(StoreReceipt { anchor: id, shards });
            execute(&self.hospital, &self.service(placement.custodian), stored).await;
        }
        let accept = Action::AcceptShare(AcceptShare { anchor: id, share: 0 });
        execute(&self.hospital, &self.service(HOSPITAL), accept).await;
    }

    async fn document(&self, patient: &Patient) -> AnchorId {
        let action = anchor(self.body(patient), &CUSTODY);
        let id = anchor_id_of(&execute(&self.hospital, &self.key(HOSPITAL), action).await.receipt.tx);
        self.store(id).await;
        id
    }

    fn request(&self, patient: &Patient, anchors: &[AnchorId]) -> AccessRequest {
        AccessRequest {
            requester: INSURER,
            facility: FacilityId(1),
            user_ref: Hash32([1; 32]),
            user_role: UserRole::ClaimsAssessor,
            subject: patient.sp,
            controller: HOSPITAL,
            asked: Asked::Documents {
                anchors: Set::new(anchors.iter().copied()).unwrap(),
                deliver_to: HONG_KONG,
                case: None,
            },
            purpose: Purpose::Clmattch,
            action: DataAction::Access,
            xborder_basis: None,
            btg: None,
        }
    }

    fn access(&self, patient: &Patient, anchors: &[AnchorId]) -> Action {
        let (suite, reply_key) = (HpkeSuite::X25519Sha256Aes256Gcm, HpkeKey(Hash32([0x41; 32])));
        Action::RequestAccess(Box::new(RequestAccess {
            request: self.request(patient, anchors),
            suite,
            reply_key,
            confirm: None,
        }))
    }

    /// A permitted session of the insurer for a document.
    async fn ask(&self, patient: &Patient, document: AnchorId) -> OpenSession {
        self.consent(patient).await;
        let receipt = execute(&self.insurer, &self.key(INSURER), self.access(patient, &[document])).await;
        OpenSession { session: session_id_of(&receipt.receipt.tx), document }
    }

    async fn refused(&self, key: &SecretKey, action: Action, code: ErrorCode, number: u32, input: &str) {
        refuse(&self.hospital, key, action, code, number, input).await;
    }

    async fn anchors(&self, patient: &Patient) {
        let hospital = self.key(HOSPITAL);
        let body = || self.body(patient);
        let bare = anchor(AnchorBody { aead: None, ..body() }, &CUSTODY);
        self.refused(&hospital, bare, ErrorCode::EncRequired, 35, "document that is coded and not encrypted").await;
        for (k, n, input) in [(5, 4, "k above n"), (0, 4, "k of nothing"), (2, 200, "more shards than are allowed")] {
            let coding = Coding::Clay { k, n, stripe_bytes: 65_536 };
            let action = anchor(AnchorBody { coding, ..body() }, &CUSTODY);
            self.refused(&hospital, action, ErrorCode::Coding, 36, input).await;
        }
        let twice = [CUSTODY[0], CUSTODY[0], CUSTODY[2], CUSTODY[3]];
        let one_reads = anchor(body(), &twice);
        self.refused(&hospital, one_reads, ErrorCode::Coding, 36, "one custodian with as many shards as suffice").await;
        let keyset = keyset(self.network, &self.hospital, &[HOSPITAL, KEEPER_AND_HOLDER]).await;
        let both = anchor(AnchorBody { keyset, ..body() }, &CUSTODY);
        self.refused(&hospital, both, ErrorCode::RoleOverlap, 37, "custodian that holds a key share as well").await;
    }

    async fn requests(&self, patient: &Patient, other: &Patient) {
        let (own, foreign) = (self.document(patient).await, self.document(other).await);
        let mixed = self.access(patient, &[own, foreign]);
        self.refused(&self.key(INSURER), mixed, ErrorCode::MixedRequest, 34, "documents of two subjects").await;
        let signed_by_another = self.access(patient, &[own]);
        let key = self.key(HOSPITAL);
        self.refused(&key, signed_by_another, ErrorCode::NotRequester, 45, "request signed by another").await;
    }

    fn release(&self, asked: &OpenSession) -> Action {
        let part = |kind| KeyPart { anchor: asked.document, kind, ciphertext: Hash32([0x42; 32]) };
        let parts = Set::new([KeyPartKind::Controller, KeyPartKind::Share].map(part)).unwrap();
        Action::KeyReleaseReceipt(Box::new(KeyReleaseReceipt { session: asked.session, parts }))
    }

    fn serve(&self, asked: &OpenSession, shard: u8) -> Action {
        let shards = Set::new([ServedShard { anchor: asked.document, shard }]).unwrap();
        Action::ShardServed(Box::new(ShardServed { session: asked.session, shards }))
    }

    async fn sessions(&self, patient: &Patient) {
        let document = self.document(patient).await;
        let asked = self.ask(patient, document).await;
        let (regulator, holder) = (self.service(REGULATOR), self.service(HOSPITAL));
        let custodian = self.service(CUSTODY[0].custodian);
        let release = || self.release(&asked);
        self.refused(&regulator, release(), ErrorCode::NotKeyHolder, 43, "key release by no holder of the keyset")
            .await;
        self.refused(&custodian, self.serve(&asked, 0), ErrorCode::NoLivePermit, 43, "shard before the key").await;
        execute(&self.hospital, &holder, release()).await;
        self.refused(&holder, release(), ErrorCode::NotKeyHolder, 43, "key released twice").await;
        let shard = ErrorCode::Shard;
        self.refused(&custodian, self.serve(&asked, 1), shard, 44, "shard that another custodian keeps").await;
        execute(&self.hospital, &custodian, self.serve(&asked, 0)).await;
        self.refused(&custodian, self.serve(&asked, 0), shard, 44, "the same shard twice").await;
        let ack = Action::AckAccess(AckAccess { session: asked.session });
        self.refused(&self.key(HOSPITAL), ack, ErrorCode::NotRequester, 45, "acknowledgement by another").await;

        let revoked = self.patient().await;
        let document = self.document(&revoked).await;
        let consent = self.consent(&revoked).await;
        let asking = execute(&self.insurer, &self.key(INSURER), self.access(&revoked, &[document])).await;
        let asked = OpenSession { session: session_id_of(&asking.receipt.tx), document };
        let target = ConsentRef { subject: revoked.sp, controller: HOSPITAL, consent };
        let revoke = RevokeConsent { target, grantor: Grantor::Subject, evidence: None };
        execute(&self.hospital, &revoked.key, Action::RevokeConsent(revoke)).await;
        let release = self.release(&asked);
        self.refused(&holder, release, ErrorCode::NoLivePermit, 43, "key release after the revocation").await;
    }

    fn correction(&self, patient: &Patient, prev: AnchorId) -> Action {
        let body = AnchorBody { version: 2, prev: Some(prev), ..self.body(patient) };
        let custody = List::new(CUSTODY.to_vec()).unwrap();
        Action::AnchorCorrection(Box::new(AnchorCorrection { body, custody, reason: ChangeReason::Replaces }))
    }

    async fn lineages(&self, patient: &Patient, other: &Patient) {
        let hospital = self.key(HOSPITAL);
        let first = self.document(patient).await;
        let foreign = self.correction(other, first);
        self.refused(&hospital, foreign, ErrorCode::Lineage, 38, "correction with another subject").await;
        let corrected = execute(&self.hospital, &hospital, self.correction(patient, first)).await;
        self.store(anchor_id_of(&corrected.receipt.tx)).await;
        let fork = self.correction(patient, first);
        self.refused(&hospital, fork, ErrorCode::Lineage, 38, "correction of a superseded version").await;

        let document = self.document(patient).await;
        let retract = || Action::RetractDocument(RetractDocument { anchor: document, reason: Hash32([0x31; 32]) });
        let insurer = self.key(INSURER);
        self.refused(&insurer, retract(), ErrorCode::NotAuthor, 39, "retraction by another than the author").await;
        execute(&self.hospital, &hospital, retract()).await;
        let decided = self.insurer.decide(&self.request(patient, &[document])).await.unwrap().decision;
        assert!(!decided.permit && decided.reasons.contains(&Reason::AnchorState), "{:?}", decided.reasons);
        answered(40, "access to a retracted document", format!("denied {}", Reason::AnchorState));
    }

    async fn blocks_until(&self, end: Millis) {
        blocks_until(self.network, &self.hospital, HOSPITAL, end).await;
    }

    /// A session cannot be released once its time is over.
    async fn too_late(&self, late: &OpenSession) {
        let key = assent_types::state::StateKey::Session(late.session);
        let state = self.hospital.get(&[key]).await.unwrap();
        let deadline = match state.value(&key).flatten().map(|value| &value.record) {
            Some(assent_types::state::Record::Session(session)) => session.deadline.unwrap(),
            other => panic!("the session is {other:?}"),
        };
        self.blocks_until(deadline).await;
        let holder = self.service(HOSPITAL);
        self.refused(&holder, self.release(late), ErrorCode::Ttl, 43, "key release after its time").await;
    }
}
