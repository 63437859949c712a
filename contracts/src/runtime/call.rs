//! One event being executed: what it may read, where it writes, and what it leaves for the receipt.

use assent_types::action::Action;
use assent_types::bill::Bill;
use assent_types::case::Case;
use assent_types::consent::{ConsentBook, ConsentLogEntry};
use assent_types::delegation::Assignment;
use assent_types::document::{Anchor, Keyset};
use assent_types::erasure::Retention;
use assent_types::fixing::Fixing;
use assent_types::governance::Proposal;
use assent_types::org::Org;
use assent_types::possession::Challenge;
use assent_types::receipt::Event;
use assent_types::review::Review;
use assent_types::session::{AccessLogEntry, Session};
use assent_types::state::Params;
use assent_types::tx::Transaction;
use assent_types::{Hash32, KeyId, List, Millis, OrgId, Sp, TxHash};

use super::block::BlockContext;
use super::overlay::Overlay;
use super::signer::Signer;
use super::state::Found;
use super::table::{Row, Table};
use crate::access::permit::Judged;
use crate::anomaly::Noted;
use crate::claim::object::{ClaimObject, FilingObject};
use crate::eligibility::execute::EligibilityObject;
use crate::guarantee::execute::GuaranteeObject;
use crate::preauth::object::PreauthObject;
use crate::settlement::execute::SettlementObject;
use assent_types::claim_code::SpentClaimCode;

/// The object that an event is about, as dispatch loaded it.
pub(crate) enum Object {
    /// Nothing to load.
    None,
    /// A consent: the book, and where in its live list the consent is; `None` for a new one.
    Consent(ConsentObject),
    /// A document with its surroundings.
    Document(Box<DocumentObject>),
    /// A session with its surroundings.
    Session(Box<SessionObject>),
    /// A claim that is filed.
    Filing(FilingObject),
    /// A claim.
    Claim(Box<ClaimObject>),
    /// A settlement.
    Settlement(Box<SettlementObject>),
    /// A question of eligibility.
    Eligibility(Box<EligibilityObject>),
    /// A preauthorisation.
    Preauth(Box<PreauthObject>),
    /// A guarantee of payment.
    Guarantee(Box<GuaranteeObject>),
    /// A proposal or an emergency.
    Proposal(Box<Proposal>),
    /// Settlements of a batch, in its order.
    Settlements(Vec<SettlementObject>),
    /// A bill that ends.
    Bill(Found<Bill>),
    /// A case whose benefit is assigned.
    Case(Found<Case>),
    /// A fixing.
    Fixing(Found<Fixing>),
    /// An assignment.
    Assignment(Found<Assignment>),
    /// A copy of a claim code that was spent.
    ClaimCode(SpentClaimCode),
    /// The review of broken glass; a copy that effects change and write back.
    Review(Box<Review>),
    /// A copy of a challenge of possession.
    Challenge(Challenge),
    /// An anomaly that is filed.
    Noted(Noted),
}

/// A consent with its surroundings.
pub(crate) struct ConsentObject {
    pub(crate) subject: Sp,
    pub(crate) controller: Found<Org>,
    /// A copy that effects change and write back.
    pub(crate) book: ConsentBook,
    /// Position in the live list.
    pub(crate) position: Option<usize>,
    /// The organisations that the new terms name as grantees.
    pub(crate) grantees: Vec<Found<Org>>,
}

/// A document with its surroundings.
pub(crate) struct DocumentObject {
    /// The version that the event is about; for a new one, the version before.
    pub(crate) anchor: Option<Found<Anchor>>,
    pub(crate) controller: Found<Org>,
    pub(crate) keyset: Found<Keyset>,
    /// What keeps it, where the event is about that.
    pub(crate) retention: Option<Retention>,
}

/// A session with its surroundings.
pub(crate) struct SessionObject {
    /// A copy that effects change and write back; `None` for a new session.
    pub(crate) session: Option<Session>,
    /// The decision at this block, where the event needs one, and the pseudonym on which it rests.
    pub(crate) judged: Option<Judged>,
    /// The session's documents, in its order.
    pub(crate) documents: Vec<SessionDocument>,
}

/// A document of a session, and the holders of its key.
pub(crate) struct SessionDocument {
    pub(crate) anchor: Found<Anchor>,
    pub(crate) keyset: Found<Keyset>,
}

/// The transaction behind an event, with its signer resolved.
pub(crate) struct Source<'a> {
    pub(crate) transaction: &'a Transaction,
    pub(crate) signer: Signer,
}

/// One event being executed. The sweeper's events have no source.
pub(crate) struct Call<'a, 's> {
    pub(crate) ctx: &'a BlockContext,
    pub(crate) tables: &'a [Table<'a>],
    pub(crate) view: &'a mut Overlay<'s>,
    pub(crate) params: Found<Params>,
    pub(crate) tx: TxHash,
    pub(crate) source: Option<Source<'a>>,
    pub(crate) object: Object,
    pub(crate) events: Vec<Event>,
    pub(crate) log: Vec<ConsentLogEntry>,
    pub(crate) accesses: Vec<AccessLogEntry>,
}

impl<'a> Call<'a, '_> {
    pub(crate) fn now(&self) -> Millis {
        self.ctx.time
    }

    fn source(&self) -> &Source<'a> {
        match &self.source {
            Some(source) => source,
            None => unreachable!("rows of actions fire for transactions only"),
        }
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.source().signer
    }

    pub(crate) fn transaction(&self) -> &'a Transaction {
        self.source().transaction
    }

    pub(crate) fn action(&self) -> &'a Action {
        &self.transaction().body.action
    }

    /// The key that acted; `None` for the sweeper.
    pub(crate) fn actor_key(&self) -> Option<KeyId> {
        self.source.as_ref().map(|source| source.signer.key)
    }

    pub(crate) fn consent_object(&self) -> &ConsentObject {
        match &self.object {
            Object::Consent(object) => object,
            _ => unreachable!("rows of consents fire with a consent loaded"),
        }
    }

    pub(crate) fn document_object(&self) -> &DocumentObject {
        match &self.object {
            Object::Document(object) => object,
            _ => unreachable!("rows of documents fire with a document loaded"),
        }
    }

    pub(crate) fn session_object(&self) -> &SessionObject {
        match &self.object {
            Object::Session(object) => object,
            _ => unreachable!("rows of sessions fire with a session loaded"),
        }
    }

    /// Takes the session object, for an effect to change and write back.
    pub(crate) fn take_session_object(&mut self) -> SessionObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Session(object) => *object,
            _ => unreachable!("rows of sessions fire with a session loaded"),
        }
    }

    /// Takes the consent object, for an effect to change and write back.
    pub(crate) fn take_consent_object(&mut self) -> ConsentObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Consent(object) => object,
            _ => unreachable!("rows of consents fire with a consent loaded"),
        }
    }

    pub(crate) fn filing(&self) -> &FilingObject {
        match &self.object {
            Object::Filing(object) => object,
            _ => unreachable!("claims are filed with what they cite loaded"),
        }
    }

    /// Takes what a claim cites, for an effect to change and write back.
    pub(crate) fn take_filing(&mut self) -> FilingObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Filing(object) => object,
            _ => unreachable!("claims are filed with what they cite loaded"),
        }
    }

    pub(crate) fn claim_object(&self) -> &ClaimObject {
        match &self.object {
            Object::Claim(object) => object,
            _ => unreachable!("rows of claims fire with a claim loaded"),
        }
    }

    /// Takes the claim object, for an effect to change and write back.
    pub(crate) fn take_claim_object(&mut self) -> ClaimObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Claim(object) => *object,
            _ => unreachable!("rows of claims fire with a claim loaded"),
        }
    }

    pub(crate) fn settlement_object(&self) -> &SettlementObject {
        match &self.object {
            Object::Settlement(object) => object,
            _ => unreachable!("rows of settlements fire with a settlement loaded"),
        }
    }

    /// Takes the settlement object, for an effect to change and write back.
    pub(crate) fn take_settlement_object(&mut self) -> SettlementObject {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Settlement(object) => *object,
            _ => unreachable!("rows of settlements fire with a settlement loaded"),
        }
    }

    pub(crate) fn proposal(&self) -> &Proposal {
        match &self.object {
            Object::Proposal(proposal) => proposal,
            _ => unreachable!("rows of proposals fire with a proposal loaded"),
        }
    }

    /// Takes the proposal, for an effect to change and write back.
    pub(crate) fn take_proposal(&mut self) -> Proposal {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Proposal(proposal) => *proposal,
            _ => unreachable!("rows of proposals fire with a proposal loaded"),
        }
    }

    pub(crate) fn settlement_objects(&self) -> &[SettlementObject] {
        match &self.object {
            Object::Settlements(objects) => objects,
            _ => unreachable!("rows of batches fire with their settlements loaded"),
        }
    }

    /// Takes the settlements of a batch, for an effect to change and write back.
    pub(crate) fn take_settlement_objects(&mut self) -> Vec<SettlementObject> {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::Settlements(objects) => objects,
            _ => unreachable!("rows of batches fire with their settlements loaded"),
        }
    }

    pub(crate) fn bill(&self) -> &Bill {
        match &self.object {
            Object::Bill(bill) => bill,
            _ => unreachable!("rows that end bills fire with a bill loaded"),
        }
    }

    pub(crate) fn challenge(&self) -> &Challenge {
        match &self.object {
            Object::Challenge(challenge) => challenge,
            _ => unreachable!("challenges are answered and judged with the challenge loaded"),
        }
    }

    pub(crate) fn case(&self) -> &Case {
        match &self.object {
            Object::Case(case) => case,
            _ => unreachable!("benefits are assigned with their case loaded"),
        }
    }

    pub(crate) fn fixing(&self) -> &Fixing {
        match &self.object {
            Object::Fixing(fixing) => fixing,
            _ => unreachable!("fixings are withdrawn with the fixing loaded"),
        }
    }

    pub(crate) fn assignment(&self) -> &Assignment {
        match &self.object {
            Object::Assignment(assignment) => assignment,
            _ => unreachable!("assignments are released with the assignment loaded"),
        }
    }

    pub(crate) fn claim_code(&self) -> &SpentClaimCode {
        match &self.object {
            Object::ClaimCode(code) => code,
            _ => unreachable!("rows of spent claim codes fire with a code loaded"),
        }
    }

    /// Takes the claim code, for an effect to change and write back.
    pub(crate) fn take_claim_code(&mut self) -> SpentClaimCode {
        match std::mem::replace(&mut self.object, Object::None) {
            Object::ClaimCode(code) => code,
            _ => unreachable!("rows of spent claim codes fire with a code loaded"),
        }
    }

    pub(crate) fn review_object(&self) -> &Review {
        match &self.object {
            Object::Review(review) => review,
            _ => unreachable!("rows of reviews fire with a review loaded"),
        }
    }

    pub(crate) fn noted(&self) -> Noted {
        match &self.object {
            Object::Noted(noted) => *noted,
            _ => unreachable!("rows of anomalies fire with what was noticed"),
        }
    }

    /// Records that a row fired. The signer's organisation is a party too.
    pub(crate) fn emit(&mut self, row: &Row, object: Hash32, subject: Option<Sp>, parties: &[OrgId]) {
        let mut parties = parties.to_vec();
        parties.extend(self.source.as_ref().and_then(|source| source.signer.org_id()));
        parties.sort_unstable();
        parties.dedup();
        let parties = match List::new(parties) {
            Ok(parties) => parties,
            Err(_) => {
                unreachable!("a consent names at most 16 organisations besides its own, a session 63, a document 34")
            }
        };
        self.events.push(Event { row: row.id, object, subject, parties });
    }
}

/// The payload of the action that the row's event names.
macro_rules! payload {
    ($call:expr, $variant:ident) => {
        match $call.action() {
            assent_types::action::Action::$variant(payload) => payload,
            other => unreachable!("a row of {} fired for {}", stringify!($variant), other.name()),
        }
    };
}
pub(crate) use payload;
