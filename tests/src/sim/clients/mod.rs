//! Clients that live with documents: patients, their hospital, custodians, key holders, requesters, insurers and a bank.
//!
//! None of them reads or writes anything but through a node of its choice, and each reads another node when its own is
//! down. They are without input and output: [`Clients::act`] is called with snapshots of the running nodes, and gives
//! transactions to submit. Custodians and key holders may lie, stall and crash while faults are on.

mod author;
mod claims;
mod custodians;
mod glass;
mod holders;
mod patients;
mod requesters;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_types::action::Action;
use assent_types::hash::{Tag, tagged};
use assent_types::ids::{AnchorId, ChainId, Hash32, KeyId, KeysetId, Millis, OrgId, SessionId, Sp, TxHash};
use assent_types::key::{PublicKey, SecretKey};
use assent_types::session::KeyPartKind;
use assent_types::tx::{TX_FORMAT, TxBody};
use assent_vault::keys::Release;

use super::document::{Document, Shard};
use super::outbox::{Ended, Outbox, View, Wish};
use super::plan::Flaw;
use super::rng::Rng;
use claims::Dispute;
use custodians::Custodian;
use patients::Consents;

/// The hospital whose documents they are: a validator in every simulated network.
pub const HOSPITAL: OrgId = OrgId(1);
/// The hospital that bills: a validator in every simulated network.
pub const PROVIDER: OrgId = OrgId(2);
/// The insurer to which a transfer basis leads: a validator in every simulated network.
pub const INSURER: OrgId = OrgId(3);

/// Patients of a run, the last one excepted.
const STORIES: usize = 5;
/// Time for which transactions of clients are good, in milliseconds.
const EXPIRES_MS: u64 = 60_000;

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// An organisation.
    Org(OrgId),
    /// The patient of a story.
    Patient(usize),
}

/// The organisations of a run, by what they do here.
#[derive(Clone, Debug)]
pub struct Cast {
    /// An insurer to which no basis leads.
    pub second_insurer: OrgId,
    /// The bank.
    pub bank: OrgId,
    /// A hospital that asks for documents.
    pub requester: OrgId,
    /// Custodians, those on the Mainland first.
    pub custodians: Vec<OrgId>,
}

/// An access as its requester sees it.
pub struct Access {
    requester: OrgId,
    session: Option<SessionId>,
    secret: [u8; 32],
    given: BTreeMap<usize, Shard>,
    /// Who gave each shard.
    from: BTreeMap<usize, OrgId>,
    /// Who gave what was not the anchored shard, and is not asked again.
    polluted: BTreeSet<(usize, OrgId)>,
    parts: BTreeMap<(OrgId, KeyPartKind), Release>,
    opened: bool,
    after: u64,
    /// Whether it is asked only once it may succeed.
    patient: bool,
    /// In an emergency, without the patient's consent: what becomes of the justification, drawn from 0 to 99.
    glass: Option<u64>,
}

/// A patient with a document, consents, accesses and a claim.
pub struct Story {
    key: SecretKey,
    sp: Sp,
    /// Turns since it began.
    age: u64,
    document: Option<Arc<Document>>,
    anchor: Option<AnchorId>,
    retract_at: Option<u64>,
    consents: Consents,
    accesses: Vec<Access>,
    dispute: Dispute,
    /// Whether nobody misbehaves, nothing is taken back, and so everything has to succeed.
    strict: bool,
}

/// What clients found and counted.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Shards rebuilt, each equal to the lost one.
    pub repairs: u64,
    /// Documents read, each equal to what was sealed.
    pub opened: u64,
    /// Shards that were not the anchored ones, each traced to the custodian that lied.
    pub culprits: u64,
    /// Lies that nodes refused.
    pub lies_refused: u64,
    /// Key parts that the ledger refused.
    pub releases_refused: u64,
    /// What was violated.
    pub violations: Vec<String>,
}

/// All clients.
pub struct Clients {
    chain: ChainId,
    rng: Rng,
    cast: Cast,
    keys: BTreeMap<OrgId, SecretKey>,
    nodes: BTreeMap<OrgId, OrgId>,
    outbox: Outbox,
    sequence: u64,
    stories: Vec<Story>,
    custodians: BTreeMap<OrgId, Custodian>,
    holders: Vec<OrgId>,
    threshold: u8,
    keyset: Option<KeysetId>,
    releases: BTreeMap<(SessionId, OrgId, KeyPartKind), Release>,
    /// Shards that somebody found polluted or missing, whose repair the hospital orders.
    accused: BTreeSet<(AnchorId, u8)>,
    flaw: Flaw,
    faults: bool,
    turn: u64,
    now: Millis,
    /// What they found.
    pub findings: Findings,
}

/// Snapshots of running nodes.
pub type Views = BTreeMap<OrgId, View>;

impl Clients {
    /// Clients with the signing keys of their organisations.
    pub fn new(chain: ChainId, seed: u64, cast: Cast, keys: BTreeMap<OrgId, SecretKey>, flaw: Flaw) -> Self {
        let mut rng = Rng::new(seed ^ 0x444f_4355_4d45_4e54);
        let alone = rng.chance(500);
        let custodians = cast.custodians.iter().map(|org| (*org, Custodian::default())).collect();
        Self {
            chain,
            rng,
            keys,
            nodes: BTreeMap::new(),
            outbox: Outbox::default(),
            sequence: 0,
            stories: Vec::new(),
            custodians,
            holders: if alone { vec![HOSPITAL] } else { vec![HOSPITAL, PROVIDER, OrgId(4)] },
            threshold: if alone { 1 } else { 2 },
            keyset: None,
            releases: BTreeMap::new(),
            accused: BTreeSet::new(),
            flaw,
            faults: true,
            turn: 0,
            now: Millis(0),
            findings: Findings::default(),
            cast,
        }
    }

    /// Public keys of everybody who may have signed something by now.
    pub fn public_keys(&self) -> BTreeMap<KeyId, PublicKey> {
        let of_orgs = self.keys.values().map(SecretKey::public);
        let of_patients = self.stories.iter().map(|story| story.key.public());
        of_orgs.chain(of_patients).map(|key| (key.id(), key)).collect()
    }

    /// From now on whoever has not misbehaved yet is honest.
    pub fn heal(&mut self) {
        self.faults = false;
    }

    /// One more story begins, which has to end well: the network has healed by now.
    pub fn begin_last(&mut self) {
        self.begin(true);
    }

    /// Lets everybody act once; gives what to submit, with the node and the ticket.
    pub fn act(&mut self, now: Millis, views: &Views) -> Vec<(OrgId, u64, Vec<u8>)> {
        if views.is_empty() {
            return Vec::new();
        }
        (self.now, self.turn) = (now, self.turn + 1);
        if self.faults && self.stories.len() < STORIES && self.turn % 5 == 1 {
            self.begin(false);
        }
        self.author(views);
        self.custody(views);
        self.hold_keys(views);
        for story in 0..self.stories.len() {
            self.stories[story].age += 1;
            self.patient(views, story);
            self.request(views, story);
            self.review(views, story);
            self.claim(views, story);
        }
        let nodes = self.nodes.clone();
        let (sends, ended) = self.outbox.flush(
            now,
            |actor| nodes.get(actor).copied(),
            |node, tx| views.get(node).and_then(|view| view.receipt(tx)),
            |node| views.get(node).map(|view| view.time),
        );
        ended.into_iter().for_each(|ended| self.ended(&ended));
        sends
    }

    /// A node refused what was submitted with this ticket.
    pub fn refused(&mut self, ticket: u64, code: u16) {
        if let Some(ended) = self.outbox.refused(ticket, code, self.now) {
            self.ended(&ended);
        }
    }

    fn ended(&mut self, ended: &Ended) {
        let (org, kind, _) = ended.wish;
        let refused = ended.code != 0;
        self.findings.releases_refused += u64::from(refused && kind.starts_with("release"));
        self.findings.lies_refused += u64::from(refused && ended.lie);
        if ended.lie && !refused {
            self.findings.violations.push(format!("lie: {kind} of organisation {org} was accepted"));
        }
    }

    fn begin(&mut self, strict: bool) {
        let number = self.stories.len() as u64;
        let key = SecretKey::from_seed(&self.seed("patient", number).0);
        let sp = Sp(self.seed("story", number));
        let retracted = !strict && self.rng.chance(250);
        let story = Story {
            key,
            sp,
            age: 0,
            document: None,
            anchor: None,
            retract_at: retracted.then(|| self.rng.between(15, 40)),
            consents: Consents::draw(&mut self.rng, strict),
            accesses: self.accesses(strict),
            dispute: Dispute::draw(&mut self.rng, strict),
            strict,
        };
        self.stories.push(story);
    }

    /// The view of a client: of its node, or of another when that is down.
    fn view<'v>(&mut self, views: &'v Views, actor: OrgId) -> Option<&'v View> {
        if let Some(view) = self.nodes.get(&actor).and_then(|node| views.get(node)) {
            return Some(view);
        }
        let up: Vec<OrgId> = views.keys().copied().collect();
        let node = *up.get(self.rng.index(up.len().max(1)))?;
        self.nodes.insert(actor, node);
        views.get(&node)
    }

    /// The number under which somebody's wishes are kept: patients have numbers of their own.
    fn actor(who: Who) -> OrgId {
        match who {
            Who::Org(org) => org,
            Who::Patient(story) => OrgId(1_000_000 + u32::try_from(story).unwrap_or_default()),
        }
    }

    fn key(&self, who: Who) -> SecretKey {
        let key = match who {
            Who::Org(org) => self.keys.get(&org),
            Who::Patient(story) => self.stories.get(story).map(|story| &story.key),
        };
        match key {
            Some(key) => SecretKey::from_seed(&key.seed()),
            None => panic!("{who:?} has a key"),
        }
    }

    /// Random bytes of a run: the same for the same purpose and number.
    fn seed(&self, text: &str, number: u64) -> Hash32 {
        let mut bytes = self.chain.0.0.to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&number.to_le_bytes());
        tagged(Tag::Evidence, &bytes)
    }

    /// Fresh random bytes.
    fn fresh(&mut self) -> [u8; 32] {
        let number = self.rng.any();
        self.seed("fresh", number).0
    }

    /// Wants something done that the ledger should accept.
    fn want(&mut self, who: Who, kind: &'static str, object: Hash32, action: Action) -> TxHash {
        self.wish(who, kind, object, action, &[], false)
    }

    /// Wants something done that no ledger may accept.
    fn lie(&mut self, who: Who, kind: &'static str, object: Hash32, action: Action) {
        self.wish(who, kind, object, action, &[], true);
    }

    fn wish(
        &mut self,
        who: Who,
        kind: &'static str,
        object: Hash32,
        action: Action,
        with: &[Who],
        lie: bool,
    ) -> TxHash {
        let wish: Wish = (Self::actor(who), kind, object);
        if let Some(tx) = self.outbox.get(&wish, self.now) {
            return tx;
        }
        self.sequence += 1;
        let mut idempotency = [0xd0; 16];
        idempotency[..8].copy_from_slice(&self.sequence.to_le_bytes());
        let key = self.key(who);
        let expires_at = self.now.plus(EXPIRES_MS);
        let body =
            TxBody { format: TX_FORMAT, chain: self.chain, signer: key.public().id(), idempotency, expires_at, action };
        let cosignatures = with.iter().map(|who| body.cosign(&self.key(*who))).collect();
        let tx = match body.sign(&key, cosignatures) {
            Ok(tx) => tx,
            Err(error) => panic!("few co-signatures can be signed: {error}"),
        };
        self.outbox.put(wish, tx.hash(), tx.to_bytes(), expires_at, lie);
        tx.hash()
    }

    fn is_done(&self, who: Who, kind: &'static str, object: Hash32) -> bool {
        self.outbox.is_done(&(Self::actor(who), kind, object))
    }

    /// Whether somebody lies who was drawn to; where a rule is left out, everybody tries.
    fn is_mischievous(&self, drawn: bool) -> bool {
        self.faults && (drawn || self.flaw != Flaw::Nothing)
    }

    fn violated(&mut self, what: String) {
        self.findings.violations.push(what);
    }

    /// What of the last story is not yet as it has to end; `None` if everything is.
    pub fn unfinished(&self, views: &Views) -> Option<String> {
        let story = self.stories.iter().find(|story| story.strict)?;
        let view = views.values().next()?;
        if let Some(access) = story.accesses.iter().find(|access| !access.opened) {
            return Some(format!("a document that its requester may read was not read: session {:?}", access.session));
        }
        let acked = |access: &Access| {
            let session = access.session.and_then(|id| view.session(id));
            session.is_some_and(|session| session.status == assent_types::session::SessionStatus::Acked)
        };
        if !story.accesses.iter().all(acked) {
            return Some("an access was not acknowledged".to_owned());
        }
        story.dispute.unsettled(view).map(|what| format!("a good claim was not paid: {what}"))
    }
}

/// The object of a wish that is about a part of an object.
fn part_of(object: Hash32, part: u64) -> Hash32 {
    let mut bytes = object.0.to_vec();
    bytes.extend_from_slice(&part.to_le_bytes());
    tagged(Tag::Evidence, &bytes)
}
