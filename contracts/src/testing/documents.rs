//! Documents and sessions for tests.

use assent_types::access::{AccessRequest, Asked};
use assent_types::action::Action;
use assent_types::consent::Category;
use assent_types::document::*;
use assent_types::key::KeyUsage;
use assent_types::place::Place;
use assent_types::session::*;
use assent_types::*;

use super::*;

/// The Shenzhen hospital's document of a subject: a diagnosis of month 600, coded (4, 2).
pub(crate) fn body(n: u32, keyset: KeysetId) -> AnchorBody {
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
        subject: sp(n),
        controller: SZH,
        author: SZH,
        category: Category::Diagnosis,
        grade: Grade::Clear(3),
        important: false,
        service_month: Month(600),
        day_commit: Hash32([0x26; 32]),
        content_commit: Hash32([0x27; 32]),
        manifest_commit: Hash32([0x28; 32]),
        keyset,
        residency: Residency::default(),
        retention_until: None,
        version: 1,
        prev: None,
    }
}

/// The root of a shard, for documents of any number of shards.
pub(crate) fn root(shard: u8) -> Hash32 {
    Hash32([0x80 + shard; 32])
}

/// Shards 0 to 2 in Shenzhen, shard 3 in Hong Kong.
pub(crate) fn custody() -> Vec<Placement> {
    let place = |index: usize| if index < 3 { SHENZHEN } else { HONG_KONG };
    (0..4).map(|index| placement(KEEPERS[index], place(index))).collect()
}

pub(crate) fn placement(custodian: OrgId, place: Place) -> Placement {
    Placement { custodian, place }
}

pub(crate) fn anchor_action(body: AnchorBody, custody: Vec<Placement>) -> Action {
    Action::AnchorDocument(Box::new(AnchorDocument { body, custody: List::new(custody).unwrap() }))
}

pub(crate) fn correction_action(body: AnchorBody) -> Action {
    let custody = List::new(custody()).unwrap();
    Action::AnchorCorrection(Box::new(AnchorCorrection { body, custody, reason: ChangeReason::Replaces }))
}

pub(crate) fn store_action(anchor: AnchorId, shards: &[u8]) -> Action {
    let shards = shards.iter().map(|shard| StoredShard { shard: *shard, root: root(*shard) });
    Action::StoreReceipt(StoreReceipt { anchor, shards: Set::new(shards).unwrap() })
}

pub(crate) fn order_action(anchor: AnchorId, shard: u8, custodian: OrgId, place: Place) -> Action {
    Action::OrderRepair(OrderRepair { anchor, shard, placement: placement(custodian, place) })
}

pub(crate) fn repaired_action(anchor: AnchorId, shard: u8) -> Action {
    Action::CompleteRepair(CompleteRepair { anchor, shard: StoredShard { shard, root: root(shard) } })
}

pub(crate) fn retract_action(anchor: AnchorId) -> Action {
    Action::RetractDocument(RetractDocument { anchor, reason: Hash32([0x31; 32]) })
}

pub(crate) fn keyset_action(threshold: u8, holders: &[OrgId]) -> Action {
    let holders = List::new(holders.to_vec()).unwrap();
    Action::RegisterKeyset(Box::new(RegisterKeyset { controller: SZH, threshold, holders }))
}

/// The second Shenzhen hospital asks for documents of a subject, for treatment.
pub(crate) fn documents_request(n: u32, anchors: &[AnchorId]) -> AccessRequest {
    let anchors = Set::new(anchors.iter().copied()).unwrap();
    AccessRequest { asked: Asked::Documents { anchors, deliver_to: SHENZHEN, case: None }, ..request(n) }
}

pub(crate) fn access_action(request: AccessRequest) -> Action {
    Action::RequestAccess(Box::new(RequestAccess {
        request,
        suite: HpkeSuite::X25519Sha256Aes256Gcm,
        reply_key: HpkeKey(Hash32([0x41; 32])),
        confirm: None,
    }))
}

pub(crate) const BOTH_PARTS: [KeyPartKind; 2] = [KeyPartKind::Controller, KeyPartKind::Share];

pub(crate) fn release_action(session: SessionId, anchors: &[AnchorId], kinds: &[KeyPartKind]) -> Action {
    let parts = anchors.iter().flat_map(|anchor| {
        kinds.iter().map(|kind| KeyPart { anchor: *anchor, kind: *kind, ciphertext: Hash32([0x42; 32]) })
    });
    Action::KeyReleaseReceipt(Box::new(KeyReleaseReceipt { session, parts: Set::new(parts).unwrap() }))
}

pub(crate) fn served_action(session: SessionId, shards: &[(AnchorId, u8)]) -> Action {
    let shards = shards.iter().map(|(anchor, shard)| ServedShard { anchor: *anchor, shard: *shard });
    Action::ShardServed(Box::new(ShardServed { session, shards: Set::new(shards).unwrap() }))
}

pub(crate) fn ack_action(session: SessionId) -> Action {
    Action::AckAccess(AckAccess { session })
}

pub(crate) fn receipts(org: OrgId) -> assent_types::key::SecretKey {
    org_key(org, KeyUsage::Receipt, 0)
}

impl World {
    /// Registers a keyset of the Shenzhen hospital.
    pub(crate) fn keyset(&mut self, threshold: u8, holders: &[OrgId]) -> KeysetId {
        let with: Vec<_> = holders.iter().filter(|holder| **holder != SZH).map(|holder| signing(*holder)).collect();
        let tx = self.cosigned(&signing(SZH), keyset_action(threshold, holders), &with.iter().collect::<Vec<_>>());
        assert_eq!(self.send(&tx), Ok(()));
        keyset_id_of(&tx.hash())
    }

    /// Anchors a document as its author.
    pub(crate) fn pending(&mut self, body: AnchorBody) -> AnchorId {
        let author = signing(body.author);
        let tx = self.tx(&author, anchor_action(body, custody()));
        assert_eq!(self.send(&tx), Ok(()));
        anchor_id_of(&tx.hash())
    }

    /// Lets every custodian and key holder keep its part.
    pub(crate) fn complete(&mut self, id: AnchorId) {
        let anchor = self.anchor(id);
        let keyset = crate::runtime::state::keyset(&self.state, anchor.body.keyset).unwrap().unwrap();
        for (shard, custody) in (0u8..).zip(&anchor.custody) {
            assert_eq!(self.one(&receipts(custody.custodian), store_action(id, &[shard])), Ok(()));
        }
        for (share, holder) in (0u8..).zip(&keyset.holders) {
            let accept = Action::AcceptShare(AcceptShare { anchor: id, share });
            assert_eq!(self.one(&receipts(*holder), accept), Ok(()));
        }
        assert_eq!(self.anchor(id).status, DocumentStatus::Active);
    }

    /// An active document of a subject under a keyset of the Shenzhen hospital alone.
    pub(crate) fn document(&mut self, n: u32) -> AnchorId {
        let keyset = self.keyset(1, &[SZH]);
        let id = self.pending(body(n, keyset));
        self.complete(id);
        id
    }

    /// A world with one subject, a document of it, and a consent for the second Shenzhen hospital.
    pub(crate) fn with_document() -> (Self, AnchorId, ConsentId) {
        let mut world = Self::with_subjects(2);
        let id = world.document(1);
        let consent = world.grant(1, terms(1, SZH, &[SZH2]));
        (world, id, consent)
    }

    pub(crate) fn anchor(&self, id: AnchorId) -> Anchor {
        (*crate::runtime::state::anchor(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn session(&self, id: SessionId) -> Session {
        (*crate::runtime::state::session(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn accesses(&self, n: u32, controller: OrgId) -> AccessBook {
        crate::runtime::state::accesses(&self.state, sp(n), controller)
            .unwrap()
            .map(|book| (*book).clone())
            .unwrap_or_default()
    }

    /// Asks for access as the requester.
    pub(crate) fn ask(&mut self, request: AccessRequest) -> Result<SessionId, ErrorCode> {
        let tx = self.tx(&signing(request.requester), access_action(request));
        self.send(&tx).map(|()| session_id_of(&tx.hash()))
    }

    /// A permitted session of the second Shenzhen hospital for documents of subject 1.
    pub(crate) fn open(&mut self, anchors: &[AnchorId]) -> SessionId {
        let id = self.ask(documents_request(1, anchors)).unwrap();
        let session = self.session(id);
        assert_eq!(session.status, SessionStatus::Permitted, "{:?}", session.decision.reasons);
        id
    }

    /// The same, released by the Shenzhen hospital's key service.
    pub(crate) fn released(&mut self, anchors: &[AnchorId]) -> SessionId {
        let id = self.open(anchors);
        assert_eq!(self.one(&receipts(SZH), release_action(id, anchors, &BOTH_PARTS)), Ok(()));
        assert_eq!(self.session(id).status, SessionStatus::KeyReleased);
        id
    }

    /// The same, delivered by the first two custodians.
    pub(crate) fn served(&mut self, anchors: &[AnchorId]) -> SessionId {
        let id = self.released(anchors);
        for shard in [0u8, 1] {
            let shards: Vec<(AnchorId, u8)> = anchors.iter().map(|anchor| (*anchor, shard)).collect();
            assert_eq!(self.one(&receipts(KEEPERS[usize::from(shard)]), served_action(id, &shards)), Ok(()));
        }
        assert_eq!(self.session(id).status, SessionStatus::Served);
        id
    }
}
