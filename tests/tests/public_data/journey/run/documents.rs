//! Documents: sealed, anchored, stored, and read again from two shards.

use std::collections::BTreeMap;

use assent_client::claims::commit;
use assent_fhir::{DocumentRecord, document_from_fhir, document_to_fhir};
use assent_genesis::sample::HONG_KONG_HOSPITAL;
use assent_tests::sim::document::{Document, Reading, read};
use assent_types::action::Action;
use assent_types::document::{
    AcceptShare, Anchor, AnchorBody, AnchorDocument, DocumentStatus, Grade, Placement, StoreReceipt, StoredShard,
    anchor_id_of,
};
use assent_types::ids::Month;
use assent_types::key::KeyUsage;
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::{Record, StateKey};
use assent_types::{AnchorId, List, OrgId, Set};
use assent_vault::keys::combine;

use super::super::compare;
use super::{HOLDERS, Journey};
use crate::ledger::{org_key, signing};

/// Three custodians in Hong Kong and one in Guangzhou, where one shard alone says nothing.
const CUSTODIANS: [(OrgId, Place); 4] = [
    (OrgId(14), Place::whole(Jurisdiction::Hk)),
    (OrgId(15), Place::whole(Jurisdiction::Hk)),
    (OrgId(16), Place::whole(Jurisdiction::Hk)),
    (OrgId(11), Place::city(Jurisdiction::Cn, 4401)),
];

impl Journey<'_> {
    /// Stores a document and compares what is read from custodians and ledger with its source.
    pub(super) fn document(&mut self, position: usize) {
        let document = self.ingest.documents[position].clone();
        let person = self.patients.of(&document.patient, &self.ingest);
        let Some(subject) = person.map(|person| person.sp) else {
            return self.tally.left_open("DocumentReference.subject");
        };
        let sealed = Document::seal(document.bytes.clone(), 2, 2, || self.salt().0);
        let salt = self.salt();
        let body = AnchorBody {
            category: document.category,
            grade: match document.grade {
                grade @ 1..=Grade::CLEAR_MAX => Grade::Clear(grade),
                grade => Grade::Committed(commit(salt, "grade", &grade)),
            },
            service_month: document.service.month,
            day_commit: commit(salt, "day", &document.service.day),
            content_commit: sealed.sealed.manifest.commitment,
            manifest_commit: commit(salt, "manifest", &sealed.sealed.manifest),
            ..sealed.body(HONG_KONG_HOSPITAL, subject, self.keyset)
        };
        let custody = CUSTODIANS.map(|(custodian, place)| Placement { custodian, place });
        let action =
            Action::AnchorDocument(Box::new(AnchorDocument { body, custody: List::new(custody.to_vec()).unwrap() }));
        let Some(id) = self.act(&signing(HONG_KONG_HOSPITAL), action).map(|tx| anchor_id_of(&tx)) else { return };
        self.kept(id, &sealed);
        self.anchors[position] = Some(id);

        let anchor = self.anchor(id);
        assert_eq!(anchor.status, DocumentStatus::Active);
        compare::document(&self.source, document.entry, &opened(&anchor, &sealed), self.tally);
        let record = DocumentRecord::of(&anchor, self.ledger.time);
        let written = document_to_fhir(&record, &self.mapping).unwrap();
        assert_eq!(document_from_fhir(&written, &self.mapping).unwrap(), record);
        let source = compare::resource(&self.source, document.entry);
        let reference = serde_json::from_str(&written).unwrap();
        compare::anchor(document.kind, source, &reference, &month_text(document.service.month), self.tally);
    }

    /// Every custodian and key holder keeps its part, in one block.
    fn kept(&mut self, id: AnchorId, sealed: &Document) {
        let mut txs = Vec::new();
        for (shard, (custodian, _)) in (0u8..).zip(CUSTODIANS) {
            let root = sealed.sealed.roots.shard_roots[usize::from(shard)];
            let shards = Set::new([StoredShard { shard, root }]).unwrap();
            let action = Action::StoreReceipt(StoreReceipt { anchor: id, shards });
            txs.push(self.ledger.tx(&org_key(custodian, KeyUsage::Receipt), action, &[]));
        }
        for (share, holder) in (0u8..).zip(HOLDERS) {
            let action = Action::AcceptShare(AcceptShare { anchor: id, share });
            txs.push(self.ledger.tx(&org_key(holder, KeyUsage::Receipt), action, &[]));
        }
        let outcome = self.ledger.block(&txs);
        for (tx, (receipt, _)) in txs.iter().zip(&outcome.receipts) {
            assert_eq!(receipt.error(), None, "{}", tx.body.action.name());
            self.tally.executed(tx.body.action.name());
        }
    }

    fn anchor(&self, id: AnchorId) -> Anchor {
        match self.ledger.record(StateKey::Anchor(id)) {
            Some(Record::Anchor(anchor)) => *anchor,
            other => panic!("no anchor: {other:?}"),
        }
    }
}

/// The content, from the last two shards and both halves of the key, against the roots that are anchored.
fn opened(anchor: &Anchor, sealed: &Document) -> Vec<u8> {
    let roots = &sealed.sealed.roots;
    assert_eq!((roots.object_root, roots.ct_root), (anchor.body.object_root, anchor.body.ct_root));
    let holders = combine(&sealed.shared.shares, &roots.nonce, &anchor.body.share_root).unwrap();
    let dek = sealed.wrapped.unwrap_dek(&sealed.controller, &holders, &roots.nonce, &roots.key_commitment).unwrap();
    let given: BTreeMap<_, _> = [2, 3].map(|shard| (shard, sealed.shards[shard].clone())).into();
    match read(roots, &dek, &sealed.stripes, &given) {
        Reading::Content(content, culprits) if culprits.is_empty() => content,
        other => panic!("not read: {other:?}"),
    }
}

/// A month as FHIR writes it.
pub(super) fn month_text(month: Month) -> String {
    let (year, number, _) = month.first_day().to_date();
    format!("{year:04}-{number:02}")
}
