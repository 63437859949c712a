//! What the ledger must have done, computed again from the committed actions alone.
//!
//! The models know the rules of documents, sessions and money in a form of their own, simpler than the contracts because
//! the clients of a simulation do simple things. They read no table of the contracts. Whatever a receipt says was
//! accepted is held against them, and after each block the records that it touched.

mod documents;
pub mod glass;
mod money;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};

use assent_replica::CommitNotice;
use assent_replica::ledger::query;
use assent_replica::storage::Read;
use assent_types::action::Action;
use assent_types::consent::{Category, ConsentTerms, Effect, Purpose, consent_id_of};
use assent_types::document::Grade;
use assent_types::ids::{AnchorId, ConsentId, Height, KeyId, KeysetId, Millis, OrgId, SessionId, SettlementId};
use assent_types::place::{Jurisdiction, Place};
use assent_types::receipt::Event;
use assent_types::state::{Record, StateKey};
use assent_types::tx::Transaction;

use documents::Document;
use glass::Glass;
use money::Money;
use sessions::Session;

/// What a model counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Documents anchored.
    pub documents: u64,
    /// Documents that became active.
    pub active: u64,
    /// Sessions permitted.
    pub permitted: u64,
    /// Sessions denied.
    pub denied: u64,
    /// Sessions cancelled, as access would no longer be permitted.
    pub cancelled: u64,
    /// Sessions delivered.
    pub served: u64,
    /// Sessions acknowledged.
    pub acked: u64,
    /// Shards rebuilt, as the ledger knows.
    pub repaired: u64,
    /// Bills.
    pub bills: u64,
    /// Claims.
    pub claims: u64,
    /// Claims held as possible duplicates.
    pub held: u64,
    /// Claims paid.
    pub settled: u64,
    /// Claims that cite a document.
    pub attached: u64,
    /// Sessions that broke the glass.
    pub broken: u64,
    /// Sessions denied to who may not break the glass now.
    pub kept_out: u64,
    /// Of the sessions that broke it, justified.
    pub justified: u64,
    /// Of the sessions that broke it, found to be violations.
    pub condemned: u64,
}

struct Consent {
    terms: ConsentTerms,
    live: bool,
}

/// The models.
#[derive(Default)]
pub struct Model {
    orgs: BTreeMap<KeyId, OrgId>,
    consents: BTreeMap<ConsentId, Consent>,
    keysets: BTreeMap<KeysetId, (u8, Vec<OrgId>)>,
    documents: BTreeMap<AnchorId, Document>,
    sessions: BTreeMap<SessionId, Session>,
    money: Money,
    glass: Glass,
    /// What the block touched.
    touched: BTreeSet<StateKey>,
    height: Height,
    now: Millis,
    /// What it counted.
    pub tally: Tally,
    /// What was violated.
    pub violations: Vec<String>,
}

/// What is asked of consents.
struct Asked {
    requester: OrgId,
    purpose: Purpose,
    deliver_to: Place,
    /// Whether the glass is broken for it.
    glass: bool,
}

impl Model {
    /// Models of a chain whose organisations sign with these keys.
    pub fn new(orgs: BTreeMap<KeyId, OrgId>) -> Self {
        Self { orgs, ..Self::default() }
    }

    fn violated(&mut self, what: String) {
        self.violations.push(format!("{what}, at height {}", self.height));
    }

    /// Takes in the next block.
    pub fn on_block(&mut self, notice: &CommitNotice, read: &dyn Read) {
        (self.height, self.now) = (notice.height, notice.time);
        self.touched.clear();
        for (tx, (receipt, details)) in notice.txs.iter().zip(&notice.receipts) {
            if receipt.code == 0 {
                self.on_tx(tx, &details.events);
            }
        }
        for (_, details) in notice.receipts.iter().skip(notice.txs.len()) {
            self.on_events(None, &details.events);
        }
        self.check_open_sessions();
        self.check_records(read);
    }

    fn on_tx(&mut self, tx: &Transaction, events: &[Event]) {
        let (hash, org) = (tx.hash(), self.orgs.get(&tx.body.signer).copied());
        match &tx.body.action {
            Action::GrantConsent(grant) => {
                let consent = Consent { terms: grant.terms.clone(), live: true };
                self.consents.insert(consent_id_of(&hash), consent);
            }
            Action::RevokeConsent(revoke) => {
                if let Some(consent) = self.consents.get_mut(&revoke.target.consent) {
                    consent.live = false;
                }
            }
            Action::RegisterKeyset(register) => {
                let id = assent_types::document::keyset_id_of(&hash);
                self.keysets.insert(id, (register.threshold, register.holders.to_vec()));
            }
            action => {
                let by = org.unwrap_or_default();
                self.on_document(by, &hash, action);
                self.on_session(by, &hash, action, events);
                self.on_money(by, &hash, action, events);
            }
        }
        self.on_events(org, events);
    }

    /// What the ledger does by itself, and the rows of reviews, whoever signed.
    fn on_events(&mut self, by: Option<OrgId>, events: &[Event]) {
        for event in events {
            match (&event.row.0, event.row.1) {
                (b"CN", 7) => {
                    if let Some(consent) = self.consents.get_mut(&ConsentId(event.object)) {
                        consent.live = false;
                    }
                }
                (b"DO", 3) => self.on_abandoned(AnchorId(event.object)),
                (b"AC", 9..=13 | 15) => self.on_closed(SessionId(event.object), event.row.1),
                (b"RV", row) => self.on_review(by, row, SessionId(event.object)),
                (b"ST", 7) => self.on_paid(SettlementId(event.object)),
                (b"ST", 11) => self.on_failed(SettlementId(event.object)),
                _ => {}
            }
        }
    }

    /// Whether some consent that is live covers a document, or who asks may break the glass for it.
    fn is_permitted(&self, id: AnchorId, asked: &Asked) -> bool {
        let Some(document) = self.documents.get(&id) else { return false };
        if asked.glass {
            return document.is_to_be_had() && self.glass.may_break(asked.requester, self.now);
        }
        let body = &document.body;
        let abroad = asked.deliver_to.jur != Jurisdiction::Cn;
        document.is_to_be_had()
            && self.consents.values().any(|consent| {
                let terms = &consent.terms;
                consent.live
                    && terms.effect == Effect::Permit
                    && (terms.subject, terms.controller) == (body.subject, body.controller)
                    && terms.grantees.orgs.contains(&asked.requester)
                    && terms.purposes.contains(&asked.purpose)
                    && terms.categories.has(Category::Lab)
                    && body.category == Category::Lab
                    && matches!(body.grade, Grade::Clear(grade) if grade <= terms.max_grade)
                    && terms.places.contains(&asked.deliver_to)
                    && (!abroad || terms.xborder.is_some())
                    && terms.nbf <= self.now
                    && terms.exp.is_none_or(|exp| self.now < exp)
            })
    }

    /// The records that the block touched say what the models say.
    fn check_records(&mut self, read: &dyn Read) {
        for key in std::mem::take(&mut self.touched) {
            let record = query::state(read, &key).ok().flatten().map(|value| value.record);
            let difference = match record {
                Some(Record::Anchor(anchor)) => self.documents.get(&anchor.id).and_then(|one| one.differs(&anchor)),
                Some(Record::Session(session)) => self.sessions.get(&session.id).and_then(|one| one.differs(&session)),
                Some(Record::Review(review)) => self.glass.differs(&review),
                Some(Record::Bill(bill)) => self.money.bill_differs(&bill),
                Some(Record::Claim(claim)) => self.money.claim_differs(&claim),
                Some(_) => None,
                None => Some("is missing".to_owned()),
            };
            if let Some(difference) = difference {
                self.violated(format!("{difference}: {key:?}"));
            }
        }
    }

    /// What has not come to its end.
    pub fn open(&self) -> Vec<String> {
        let documents =
            self.documents.iter().filter(|(_, one)| one.is_pending()).map(|(id, _)| format!("document {id}"));
        let sessions = self.sessions.iter().filter(|(_, one)| one.is_open()).map(|(id, _)| format!("session {id}"));
        documents.chain(sessions).chain(self.glass.open()).chain(self.money.open()).collect()
    }
}
