//! Random walks of documents and sessions.

use assent_types::access::{AccessRequest, Asked, UserRole};
use assent_types::action::*;
use assent_types::claim::Capacity;
use assent_types::consent::*;
use assent_types::document::*;
use assent_types::erasure::{Destroyed, ReleaseHold};
use assent_types::key::SecretKey;
use assent_types::org::{OrgStatus, Role};
use assent_types::oversight::RepeatReason;
use assent_types::possession::challenge_id_of;
use assent_types::review::{Finding, ReviewStatus};
use assent_types::session::*;
use assent_types::tx::Transaction;
use assent_types::*;

use super::possession_walk::challenging;
use super::walk::Walking;
use crate::testing::*;
use crate::{BlockOutcome, Table};

const SUBJECTS: u32 = 2;
const CASE: CaseId = CaseId(Hash32([0xca; 32]));
/// A custodian that is a key holder too.
const BOTH: OrgId = KEEPERS[5];

/// A walk: a world, and what its transactions may refer to.
pub(super) struct DocumentWalk {
    world: World,
    rng: Rng,
    keysets: Vec<KeysetId>,
    anchors: Vec<AnchorId>,
    sessions: Vec<SessionId>,
    consents: Vec<(u32, ConsentId)>,
    challenges: Vec<ChallengeId>,
    /// Actions that had an effect, to be sent again.
    done: Vec<(OrgId, Action)>,
}

impl DocumentWalk {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = World::with_subjects(SUBJECTS + 1);
        world.give_emergency(SZH2);
        // What is an anomaly a day should not be rare.
        world.change_params(|params| {
            (params.access.glass_rate, params.access.permit_rate) = (2, 6);
            // Nor that a review is overdue.
            params.access.glass_review_ms = DAY_MS / 6;
            params.ack_ttl_ms = DAY_MS / 6;
            params.access.possession_ms = DAY_MS / 6;
            params.access.erase_ms = DAY_MS / 6;
            params.access.export_subjects = 1;
        });
        world.change_org(BOTH, |org| org.roles = org.roles.with(Role::KeyHolder));
        let keysets = vec![
            world.keyset(1, &[SZH]),
            world.keyset(2, &[SZH, HKH, REGULATOR]),
            world.keyset(2, &[SZH, REGULATOR, BOTH]),
        ];
        let mut consents = Vec::new();
        for n in 1..=SUBJECTS {
            consents.push((n, world.grant(n, terms(n, SZH, &[SZH2]))));
            consents.push((n, world.grant(n, claim_terms(n, SZH))));
        }
        let (anchors, sessions) = (Vec::new(), Vec::new());
        let (challenges, done) = (Vec::new(), Vec::new());
        Self { world, rng: Rng(seed), keysets, anchors, sessions, consents, challenges, done }
    }

    fn subject(&mut self) -> u32 {
        1 + u32::try_from(self.rng.below(u64::from(SUBJECTS))).unwrap()
    }

    /// A recent element most of the time.
    fn recent<T: Copy>(rng: &mut Rng, items: &[T]) -> Option<T> {
        if items.is_empty() {
            return None;
        }
        let last = items.len().saturating_sub(if rng.one_in(5) { items.len() } else { 4 });
        Some(*rng.pick(&items[last..]))
    }

    fn of_status(&self, status: DocumentStatus) -> Vec<AnchorId> {
        self.anchors.iter().copied().filter(|id| self.world.anchor(*id).status == status).collect()
    }

    fn body(&mut self) -> AnchorBody {
        let n = self.subject();
        let mut body = body(n, *self.rng.pick(&self.keysets));
        match self.rng.below(24) {
            0 => body.aead = None,
            1 => body.coding = Coding::Clay { k: 4, n: 2, stripe_bytes: 4096 },
            2 => body.grade = Grade::Committed(Hash32([9; 32])),
            3 => body.grade = Grade::Clear(5),
            4 => body.author = SZH2,
            5 => body.residency.split = true,
            6 => body.residency.readable_in = Some(assent_types::place::Jurisdiction::Hk),
            7 => body.version = 2,
            8 => body.category = Category::Lab,
            9..=14 => body.retention_until = Some(self.world.time.plus(self.rng.below(DAY_MS))),
            _ => {}
        }
        body
    }

    fn custody(&mut self) -> Vec<Placement> {
        let mut custody = custody();
        if self.rng.one_in(6) {
            custody[3] = placement(BOTH, HONG_KONG);
        } else if self.rng.one_in(5) {
            let slot = self.rng.index(4);
            let keeper = *self.rng.pick(&KEEPERS);
            let place = if self.rng.one_in(2) { SHENZHEN } else { HONG_KONG };
            custody[slot] = placement(keeper, place);
        }
        custody
    }

    fn anchoring(&mut self) -> (SecretKey, Action) {
        let mut body = self.body();
        let signer = if self.rng.one_in(12) { signing(SZH2) } else { signing(body.author) };
        let custody = self.custody();
        if !self.rng.one_in(3) {
            return (signer, anchor_action(body, custody));
        }
        if let Some(prev) = Self::recent(&mut self.rng, &self.anchors) {
            let before = self.world.anchor(prev);
            body.prev = Some(prev);
            body.version = before.body.version + u32::from(!self.rng.one_in(8));
            if !self.rng.one_in(8) {
                body.subject = before.body.subject;
            }
        }
        let custody = List::new(custody).unwrap();
        let correction = AnchorCorrection { body, custody, reason: ChangeReason::Replaces };
        (signer, Action::AnchorCorrection(Box::new(correction)))
    }

    /// A document that is still pending, most of the time.
    fn pending(&mut self) -> Option<Anchor> {
        let pending = self.of_status(DocumentStatus::Pending);
        let among = if pending.is_empty() || self.rng.one_in(12) { self.anchors.clone() } else { pending };
        Some(self.world.anchor(Self::recent(&mut self.rng, &among)?))
    }

    fn storing(&mut self) -> Option<(SecretKey, Action)> {
        let anchor = self.pending()?;
        let keyset = (*crate::runtime::state::keyset(&self.world.state, anchor.body.keyset).unwrap().unwrap()).clone();
        if self.rng.one_in(3) {
            let share = u8::try_from(self.rng.index(keyset.holders.len())).unwrap();
            let holder = if self.rng.one_in(10) { HKH } else { keyset.holders[usize::from(share)] };
            return Some((receipts(holder), Action::AcceptShare(AcceptShare { anchor: anchor.id, share })));
        }
        let shard = u8::try_from(self.rng.index(anchor.custody.len())).unwrap();
        let keeper =
            if self.rng.one_in(10) { *self.rng.pick(&KEEPERS) } else { anchor.custody[usize::from(shard)].custodian };
        let mut action = store_action(anchor.id, &[shard]);
        if let (Action::StoreReceipt(receipt), true) = (&mut action, self.rng.one_in(12)) {
            receipt.shards = Set::new([StoredShard { shard, root: Hash32([1; 32]) }]).unwrap();
        }
        Some((receipts(keeper), action))
    }

    fn repairing(&mut self) -> Option<(SecretKey, Action)> {
        let stored = self.of_status(DocumentStatus::Active);
        let among = if self.rng.one_in(8) { self.anchors.clone() } else { stored };
        let anchor = self.world.anchor(Self::recent(&mut self.rng, &among)?);
        let open = anchor.repairs.first().copied();
        if let (Some(repair), false) = (open, self.rng.one_in(3)) {
            let keeper = if self.rng.one_in(8) { *self.rng.pick(&KEEPERS) } else { repair.custodian };
            return Some((receipts(keeper), repaired_action(anchor.id, repair.shard)));
        }
        let shard = u8::try_from(self.rng.below(5)).unwrap();
        let keeper = *self.rng.pick(&[KEEPERS[0], KEEPERS[1], KEEPERS[2], KEEPERS[3], BOTH, CUSTODIAN, CUSTODIAN]);
        let place = if keeper == KEEPERS[3] || keeper == BOTH { HONG_KONG } else { SHENZHEN };
        let signer = if self.rng.one_in(4) { signing(keeper) } else { signing(SZH) };
        Some((signer, order_action(anchor.id, shard, keeper, place)))
    }

    fn asking(&mut self) -> Option<(SecretKey, Action)> {
        let stored = self.of_status(DocumentStatus::Active);
        let among = if stored.is_empty() || self.rng.one_in(10) { self.anchors.clone() } else { stored };
        let first = self.world.anchor(Self::recent(&mut self.rng, &among)?);
        let mut anchors = vec![first.id];
        if self.rng.one_in(4) {
            anchors.extend(Self::recent(&mut self.rng, &among));
        }
        let owner = u32::from_le_bytes(first.body.subject.0.0[..4].try_into().unwrap());
        let mut request = documents_request(owner, &anchors);
        match self.rng.below(10) {
            0 => request.requester = HKH,
            1 => request.subject = sp(self.subject()),
            5 => request.purpose = Purpose::Hpaymt,
            2 | 3 => {
                let asked = Set::new(anchors).unwrap();
                let base = claim_request(owner);
                request = AccessRequest {
                    asked: Asked::Documents { anchors: asked, deliver_to: HONG_KONG, case: None },
                    user_role: UserRole::ClaimsAssessor,
                    ..base
                };
            }
            4 => {
                request.subject = sp(SUBJECTS + 1);
                if let Asked::Documents { case, .. } = &mut request.asked {
                    *case = Some(CASE);
                }
            }
            _ => {}
        }
        let signer = if self.rng.one_in(15) { SZH } else { request.requester };
        Some((signing(signer), access_action(request)))
    }

    /// A session in one of these states, most of the time.
    fn session(&mut self, wanted: &[SessionStatus]) -> Option<Session> {
        let at = self.world.time;
        let is_wanted = |id: &SessionId| wanted.contains(&self.world.session(*id).effective_status(at));
        let fitting: Vec<SessionId> = self.sessions.iter().copied().filter(is_wanted).collect();
        let among = if fitting.is_empty() || self.rng.one_in(15) { &self.sessions } else { &fitting };
        if among.is_empty() {
            return None;
        }
        Some(self.world.session(*self.rng.pick(among)))
    }

    /// A holder of a key part that the session's first document still waits for, most of the time.
    fn holder(&mut self, session: &Session) -> OrgId {
        let mut holders = vec![SZH];
        if let (Some(id), Some(progress), false) =
            (session.anchors().first(), session.progress.first(), self.rng.one_in(10))
        {
            let anchor = crate::runtime::state::anchor(&self.world.state, *id).unwrap();
            let keyset = anchor.map(|anchor| anchor.body.keyset).unwrap_or(self.keysets[0]);
            let keyset = crate::runtime::state::keyset(&self.world.state, keyset).unwrap().unwrap();
            holders.extend(keyset.holders.iter().filter(|holder| !progress.holders.contains(holder)));
            if progress.controller {
                holders.remove(0);
            }
        } else {
            holders.extend([HKH, REGULATOR, BOTH]);
        }
        if holders.is_empty() { SZH } else { *self.rng.pick(&holders) }
    }

    fn serving(&mut self) -> Option<(SecretKey, Action)> {
        match self.rng.below(7) {
            0..=2 => {
                let late = self.rng.one_in(4);
                let wanted = if late {
                    &[SessionStatus::KeyReleased, SessionStatus::Served][..]
                } else {
                    &[SessionStatus::Permitted]
                };
                let session = self.session(wanted)?;
                let holder = self.holder(&session);
                let kinds: &[KeyPartKind] = match holder {
                    SZH if self.rng.one_in(4) => &[KeyPartKind::Controller],
                    SZH => &BOTH_PARTS,
                    _ => &[KeyPartKind::Share],
                };
                Some((receipts(holder), release_action(session.id, session.anchors(), kinds)))
            }
            3..=5 => {
                let more = self.rng.one_in(4);
                let wanted = if more { SessionStatus::Served } else { SessionStatus::KeyReleased };
                let session = self.session(&[wanted])?;
                let shard = u8::try_from(self.rng.below(4)).unwrap();
                let anchor = self.anchor_of(&session)?;
                let keeper = anchor.custody.get(usize::from(shard))?.custodian;
                let keeper = if self.rng.one_in(10) { *self.rng.pick(&KEEPERS) } else { keeper };
                let shards: Vec<(AnchorId, u8)> = session.anchors().iter().map(|anchor| (*anchor, shard)).collect();
                Some((receipts(keeper), served_action(session.id, &shards)))
            }
            _ => {
                let wanted = if self.rng.one_in(2) { SessionStatus::Served } else { SessionStatus::AckOverdue };
                let session = self.session(&[wanted])?;
                let org = if self.rng.one_in(8) { SZH } else { session.request.requester };
                Some((signing(org), ack_action(session.id)))
            }
        }
    }

    fn anchor_of(&self, session: &Session) -> Option<Anchor> {
        let id = session.anchors().first()?;
        crate::runtime::state::anchor(&self.world.state, *id).unwrap().map(|anchor| (*anchor).clone())
    }

    /// Broken glass, what cannot be read, disputes.
    fn disputing(&mut self) -> Option<(SecretKey, Action)> {
        match self.rng.below(6) {
            0 => {
                let among = self.of_status(DocumentStatus::Active);
                let anchor = self.world.anchor(Self::recent(&mut self.rng, &among)?);
                let owner = u32::from_le_bytes(anchor.body.subject.0.0[..4].try_into().unwrap());
                let request = AccessRequest { subject: sp(owner), ..glass_request(&[anchor.id]) };
                Some((signing(SZH2), access_action(request)))
            }
            1 => {
                let session = self.session(&[SessionStatus::BtgPermitted])?;
                let holder = self.holder(&session);
                Some((receipts(holder), release_action(session.id, session.anchors(), &[KeyPartKind::Share])))
            }
            2 => {
                let session = self.session(&[SessionStatus::Served])?;
                Some((signing(session.request.requester), unread(session.id)))
            }
            3 => {
                let session = self.session(&[SessionStatus::AckFailed])?;
                let anchor = self.anchor_of(&session)?;
                let shard = u8::try_from(self.rng.below(4)).unwrap();
                let keeper = anchor.custody.get(usize::from(shard))?.custodian;
                let shards: Vec<(AnchorId, u8)> = session.anchors().iter().map(|anchor| (*anchor, shard)).collect();
                Some((receipts(keeper), served_action(session.id, &shards)))
            }
            _ => {
                let session = self.session(&[SessionStatus::Disputed])?;
                let ack = self.rng.one_in(2);
                let signer = if ack { session.request.requester } else { REGULATOR };
                Some((signing(signer), if ack { ack_action(session.id) } else { resolution(session.id) }))
            }
        }
    }

    /// Erasure, from the request to the last attestation.
    fn erasing(&mut self) -> Option<(SecretKey, Action)> {
        let wanted = match self.rng.below(14) {
            0 if self.rng.one_in(2) => {
                *self.rng.pick(&[DocumentStatus::Active, DocumentStatus::Active, DocumentStatus::Retracted])
            }
            0..=4 => DocumentStatus::Restricted,
            _ => DocumentStatus::ErasurePending,
        };
        let among = self.of_status(wanted);
        let anchor = self.world.anchor(Self::recent(&mut self.rng, &among)?);
        let owner = u32::from_le_bytes(anchor.body.subject.0.0[..4].try_into().unwrap());
        let id = anchor.id;
        Some(match (anchor.status, self.rng.below(4)) {
            (DocumentStatus::Restricted, 0) => (signing(SZH), approval(id)),
            (DocumentStatus::Restricted, 1 | 2) => (subject_key(owner), withdrawal(id)),
            (DocumentStatus::Restricted, _) => {
                let lift = assent_types::erasure::LiftRestriction { anchor: id, order: ACCESS_ORDER };
                (signing(REGULATOR), Action::LiftRestriction(lift))
            }
            (DocumentStatus::ErasurePending, 0) => {
                (signing(SZH), destroyed(id, &[Destroyed::Salt, Destroyed::ControllerKey]))
            }
            (DocumentStatus::ErasurePending, 1) => {
                let holders = [SZH, HKH, REGULATOR, BOTH];
                (receipts(*self.rng.pick(&holders)), destroyed(id, &[Destroyed::Share]))
            }
            (DocumentStatus::ErasurePending, _) => {
                let shard = u8::try_from(self.rng.below(4)).unwrap();
                let keeper = anchor.custody.get(usize::from(shard))?.custodian;
                (receipts(keeper), destroyed(id, &[Destroyed::Shard(shard)]))
            }
            (_, 0 | 1) => (signing(SZH), approval(id)),
            _ => (subject_key(owner), erasure_request(id, Capacity::Subject)),
        })
    }

    /// Reviews of broken glass: notice, justification, finding.
    fn reviewing(&mut self) -> Option<(SecretKey, Action)> {
        let due = |id: &SessionId| {
            let review = crate::runtime::state::review(&self.world.state, *id).unwrap();
            review.filter(|review| !review.status.is_terminal()).is_some()
        };
        let due: Vec<SessionId> = self.sessions.iter().copied().filter(due).collect();
        let review = self.world.review(Self::recent(&mut self.rng, &due)?);
        let (id, requester) = (review.session, signing(review.requester));
        Some(match (review.status, self.rng.below(3)) {
            (_, 0) => (requester, notice(id)),
            (ReviewStatus::Submitted, _) => {
                let found = if self.rng.one_in(2) { Finding::Justified } else { Finding::Untrue };
                (signing(if self.rng.one_in(8) { SZH } else { REGULATOR }), finding(id, found))
            }
            (_, _) => (requester, justification(id)),
        })
    }

    /// Holds on documents, and decisions on results of others.
    fn holding(&mut self) -> Option<(SecretKey, Action)> {
        let stored = self.of_status(DocumentStatus::Active);
        let anchor = Self::recent(&mut self.rng, &stored)?;
        let held = crate::runtime::state::retention(&self.world.state, anchor).unwrap();
        let hold = held.and_then(|retention| retention.holds.first().map(|hold| hold.id));
        Some(match (hold, self.rng.below(3)) {
            (Some(hold), 0 | 1) => (signing(SZH), Action::ReleaseHold(ReleaseHold { anchor, hold })),
            (_, 0) => (signing(if self.rng.one_in(6) { SZH2 } else { SZH }), place_hold(anchor)),
            _ => {
                let until = self.world.time.plus(self.rng.below(2 * DAY_MS));
                let reason = self.rng.one_in(2).then_some(RepeatReason::OutOfDate);
                (signing(SZH2), recognition(anchor, until, reason))
            }
        })
    }

    /// A short consent for payment that a clerk attests: who was denied for want of it may be permitted soon.
    fn attesting(&mut self) -> (SecretKey, Action) {
        let n = self.subject();
        let purposes = Set::new([Purpose::Treat, Purpose::Hpaymt]).unwrap();
        let exp = Some(self.world.time.plus(5_000));
        (signing(SZH), attested(ConsentTerms { purposes, exp, ..terms(n, SZH, &[SZH2]) }))
    }

    fn consenting(&mut self) -> (SecretKey, Action) {
        let n = self.subject();
        let mut known = *self.rng.pick(&self.consents);
        let live: Vec<ConsentId> = self.world.book(n, SZH).live.iter().map(|consent| consent.id).collect();
        let crowded = live.len() > 2;
        if crowded {
            known = (n, *self.rng.pick(&live));
        }
        match if crowded { 0 } else { self.rng.below(8) } {
            0 => {
                let target = target(known.0, SZH, known.1);
                let revoke = RevokeConsent { target, grantor: Grantor::Subject, evidence: None };
                (subject_key(known.0), Action::RevokeConsent(revoke))
            }
            1 => {
                let target = target(known.0, SZH, known.1);
                let terms =
                    ConsentTerms { max_grade: 1 + u8::from(self.rng.one_in(2)) * 3, ..terms(known.0, SZH, &[SZH2]) };
                let amend = AmendConsent { target, terms, grantor: Grantor::Subject };
                (subject_key(known.0), Action::AmendConsent(Box::new(amend)))
            }
            _ => {
                let mut terms = if self.rng.one_in(3) { claim_terms(n, SZH) } else { terms(n, SZH, &[SZH2]) };
                match self.rng.below(6) {
                    0 => terms.limits.max_uses = Some(1),
                    1 => terms.limits.rate = Some((1, 3_600_000)),
                    2 if self.rng.one_in(3) => {
                        terms.effect = Effect::Deny;
                        terms.exp = Some(self.world.time.plus(600_000));
                    }
                    3 => {
                        let lineage = self.anchors.first().map_or(Hash32([1; 32]), |anchor| anchor.0);
                        terms.instances = Some(Set::new([lineage]).unwrap());
                    }
                    _ => {}
                }
                (subject_key(n), grant_action(terms, Grantor::Subject))
            }
        }
    }

    fn next_tx(&mut self) -> Transaction {
        if self.rng.one_in(20) {
            let link = SubjectLink::new(sp(self.subject()), sp(SUBJECTS + 1)).unwrap();
            let action = Action::LinkSubjects(LinkSubjects { case: CASE, link });
            let with = subject_key(SUBJECTS + 1);
            let signer = if self.rng.one_in(2) { signing(SZH) } else { subject_key(self.subject()) };
            return self.world.cosigned(&signer, action, &[&with]);
        }
        let made = match self.rng.below(38) {
            35 | 36 => {
                let stored = self.of_status(DocumentStatus::Active);
                challenging(&mut self.rng, &self.world, &stored, &self.challenges)
            }
            37 => Some(self.attesting()),
            31..=33 => self.reviewing(),
            34 => self.holding(),
            24..=27 => self.disputing(),
            28..=30 => self.erasing(),
            0 | 1 => Some(self.anchoring()),
            2..=7 => self.storing(),
            8 | 9 => self.repairing(),
            10 => {
                let anchor = Self::recent(&mut self.rng, &self.anchors);
                let signer = if self.rng.one_in(5) { SZH2 } else { SZH };
                anchor.filter(|_| self.rng.one_in(4)).map(|anchor| (signing(signer), retract_action(anchor)))
            }
            11..=13 => self.asking(),
            14..=20 => self.serving(),
            21 if self.rng.one_in(3) => {
                let holders: &[OrgId] = if self.rng.one_in(2) { &[SZH] } else { &[SZH2] };
                Some((signing(SZH), keyset_action(1, holders)))
            }
            21 if !self.done.is_empty() => {
                let (org, action) = self.rng.pick(&self.done).clone();
                Some((signing(org), action))
            }
            _ => Some(self.consenting()),
        };
        let (signer, action) = made.unwrap_or_else(|| self.consenting());
        self.world.tx(&signer, action)
    }
}

impl Walking for DocumentWalk {
    fn world(&self) -> &World {
        &self.world
    }

    fn outside(&self) -> &'static [OrgId] {
        &[SZH2]
    }

    fn next_block(&mut self) -> Vec<Transaction> {
        match self.rng.below(12) {
            0 if self.rng.one_in(2) => self.world.time = self.world.time.plus(self.rng.below(2 * DAY_MS)),
            0 | 1 => self.world.time = self.world.time.plus(self.rng.below(1_200_000)),
            _ => {}
        }
        if self.rng.one_in(8) {
            let status = *self.rng.pick(&[
                OrgStatus::Active,
                OrgStatus::Active,
                OrgStatus::Suspended { until: self.world.time.plus(6_000), by: REGULATOR, order: Hash32([1; 32]) },
            ]);
            self.world.change_org(SZH2, |org| org.status = status);
        }
        (0..2 + self.rng.below(14)).map(|_| self.next_tx()).collect()
    }

    fn run(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome {
        let outcome = self.world.run_with(tables, txs);
        let state = &self.world.state;
        self.anchors.retain(|id| crate::runtime::state::tombstone(state, *id).unwrap().is_none());
        for (tx, (receipt, _)) in txs.iter().zip(&outcome.receipts).filter(|(_, (receipt, _))| receipt.code == 0) {
            match &tx.body.action {
                Action::AnchorDocument(_) | Action::AnchorCorrection(_) => self.anchors.push(anchor_id_of(&receipt.tx)),
                Action::OpenChallenge(_) => self.challenges.push(challenge_id_of(&receipt.tx)),
                Action::RequestAccess(_) => self.sessions.push(session_id_of(&receipt.tx)),
                Action::RegisterKeyset(_) => self.keysets.push(keyset_id_of(&receipt.tx)),
                Action::GrantConsent(grant) => {
                    let n = u32::from_le_bytes(grant.terms.subject.0.0[..4].try_into().unwrap());
                    self.consents.push((n, consent_id_of(&receipt.tx)));
                }
                Action::AmendConsent(amend) => {
                    let n = u32::from_le_bytes(amend.terms.subject.0.0[..4].try_into().unwrap());
                    self.consents.push((n, consent_id_of(&receipt.tx)));
                }
                action => {
                    let signer = crate::runtime::state::key(&self.world.state, tx.body.signer).unwrap().unwrap();
                    if let assent_types::subject::KeyOwner::Org(org) = signer.owner {
                        self.done.push((org, action.clone()));
                    }
                }
            }
        }
        outcome
    }
}
