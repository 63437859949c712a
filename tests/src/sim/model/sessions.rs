//! Sessions: nothing is released without a permit at that height.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::access::Asked as Asks;
use assent_types::action::Action;
use assent_types::ids::{AnchorId, Hash32, Millis, OrgId, SessionId, TxHash};
use assent_types::receipt::Event;
use assent_types::session::{KeyPartKind, KeyReleaseReceipt, RequestAccess, SessionStatus, ShardServed, session_id_of};
use assent_types::state::StateKey;

use super::{Asked, Model};

/// A session on one document.
pub(super) struct Session {
    pub(super) asked: Asked,
    pub(super) anchor: AnchorId,
    pub(super) status: SessionStatus,
    controller: bool,
    holders: BTreeSet<OrgId>,
    shards: BTreeSet<u8>,
    /// Ciphertexts that were receipted.
    parts: BTreeMap<(OrgId, KeyPartKind), Hash32>,
    since: Millis,
    /// Whether a part was released after access had ended.
    late: bool,
}

impl Session {
    pub(super) fn is_open(&self) -> bool {
        self.status.is_open() || matches!(self.status, SessionStatus::KeyReleased | SessionStatus::Served)
    }

    pub(super) fn differs(&self, session: &assent_types::session::Session) -> Option<String> {
        let agrees = session.status == self.status && session.post_revocation == self.late;
        (!agrees).then(|| {
            format!(
                "INV-10 session: the record is {} and {}, should be {} and {}",
                session.status, session.post_revocation, self.status, self.late
            )
        })
    }
}

impl Model {
    pub(super) fn on_session(&mut self, by: OrgId, hash: &TxHash, action: &Action, events: &[Event]) {
        match action {
            Action::RequestAccess(request) => self.on_request(by, session_id_of(hash), request, events),
            Action::KeyReleaseReceipt(receipt) => self.on_release(by, receipt),
            Action::ShardServed(served) => self.on_served(by, served),
            Action::AckAccess(ack) => {
                self.touched.insert(StateKey::Session(ack.session));
                let Some(session) = self.sessions.get_mut(&ack.session) else { return };
                let rightful = session.asked.requester == by
                    && matches!(
                        session.status,
                        SessionStatus::Served | SessionStatus::AckOverdue | SessionStatus::Disputed
                    );
                session.status = SessionStatus::Acked;
                self.tally.acked += 1;
                if !rightful {
                    self.violated(format!("INV-10 session: organisation {by} acknowledged {}", ack.session));
                }
            }
            _ => {}
        }
    }

    fn on_request(&mut self, by: OrgId, id: SessionId, request: &RequestAccess, events: &[Event]) {
        let request = &request.request;
        let Asks::Documents { anchors, deliver_to, .. } = &request.asked else { return };
        let Some(anchor) = anchors.first().copied() else { return };
        let glass = request.btg.is_some();
        let asked = Asked { requester: request.requester, purpose: request.purpose, deliver_to: *deliver_to, glass };
        let permitted = self.is_permitted(anchor, &asked) && (!glass || self.glass.has_room(request.requester));
        let fired = |machine: &[u8; 2], row| events.iter().any(|event| event.row.0 == *machine && event.row.1 == row);
        let decided = fired(b"AC", if glass { 3 } else { 1 });
        if decided && glass != fired(b"RV", 1) {
            self.violated(format!("RV review: session {id} broke the glass: {glass}, and is reviewed otherwise"));
        }
        if permitted != decided || by != request.requester {
            self.violated(format!("INV-10 decision: session {id} was permitted: {decided}, may be: {permitted}"));
        }
        let kept_out = glass && !self.glass.may_break(request.requester, self.now);
        self.tally.kept_out += u64::from(kept_out);
        let count = if decided { &mut self.tally.permitted } else { &mut self.tally.denied };
        *count += 1;
        let session = Session {
            asked,
            anchor,
            status: match (decided, glass) {
                (false, _) => SessionStatus::Denied,
                (true, false) => SessionStatus::Permitted,
                (true, true) => SessionStatus::BtgPermitted,
            },
            controller: false,
            holders: BTreeSet::new(),
            shards: BTreeSet::new(),
            parts: BTreeMap::new(),
            since: self.now,
            late: false,
        };
        self.touched.insert(StateKey::Session(id));
        self.sessions.insert(id, session);
    }

    /// INV-10, INV-11: a part is released while access is permitted, or, once the session is released, flagged.
    fn on_release(&mut self, by: OrgId, receipt: &KeyReleaseReceipt) {
        self.touched.insert(StateKey::Session(receipt.session));
        let Some(session) = self.sessions.get(&receipt.session) else { return };
        let (anchor, before) = (session.anchor, session.status);
        let permitted = self.is_permitted(anchor, &session.asked);
        let (threshold, holders) = self.keyset_of(anchor);
        let controller = self.documents.get(&anchor).map(|document| document.body.controller);
        let released = matches!(before, SessionStatus::KeyReleased | SessionStatus::Served);
        if !released && !permitted {
            self.violated(format!("INV-11 release: {by} released for {} when access had ended", receipt.session));
        }
        if !released && !before.is_open() {
            self.violated(format!("INV-10 release: {by} released for {}, which is {before}", receipt.session));
        }
        let Some(session) = self.sessions.get_mut(&receipt.session) else { return };
        session.late |= released && !permitted;
        let mut wrong = Vec::new();
        for part in &receipt.parts {
            let own = match part.kind {
                KeyPartKind::Controller => controller == Some(by) && !std::mem::replace(&mut session.controller, true),
                KeyPartKind::Share => {
                    holders.contains(&by) && by != session.asked.requester && session.holders.insert(by)
                }
            };
            session.parts.insert((by, part.kind), part.ciphertext);
            if !own {
                wrong.push(part.kind);
            }
        }
        if before.is_open() && session.controller && session.holders.len() >= usize::from(threshold) {
            session.status = SessionStatus::KeyReleased;
        }
        for kind in wrong {
            self.violated(format!("INV-10 release: {kind} part of {} was not {by}'s to release", receipt.session));
        }
    }

    fn on_served(&mut self, by: OrgId, served: &ShardServed) {
        self.touched.insert(StateKey::Session(served.session));
        let Some(session) = self.sessions.get_mut(&served.session) else { return };
        let Some(document) = self.documents.get(&session.anchor) else { return };
        let released = matches!(session.status, SessionStatus::KeyReleased | SessionStatus::Served);
        let own = served.shards.iter().all(|shard| {
            document.custody.get(usize::from(shard.shard)).is_some_and(|(keeper, said)| *keeper == by && *said)
                && session.shards.insert(shard.shard)
        });
        if session.status == SessionStatus::KeyReleased && session.shards.len() >= usize::from(document.body.coding.k())
        {
            session.status = SessionStatus::Served;
            self.tally.served += 1;
        }
        if !(released && own) {
            self.violated(format!("INV-10 served: organisation {by} delivered in {}", served.session));
        }
    }

    pub(super) fn on_closed(&mut self, id: SessionId, row: u8) {
        self.touched.insert(StateKey::Session(id));
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.status = match row {
            10 => SessionStatus::Cancelled,
            13 => SessionStatus::AckOverdue,
            9 | 15 => SessionStatus::Disputed,
            _ => SessionStatus::Expired,
        };
        self.tally.cancelled += u64::from(row == 10);
    }

    /// INV-11: in the block in which access ends, every session that has not been released ends too, unless it is over
    /// anyway. Who may not break the glass any more is refused the key parts; the session itself runs out.
    pub(super) fn check_open_sessions(&mut self) {
        let stays = |session: &Session| {
            let ended = match self.documents.get(&session.anchor) {
                Some(document) if session.asked.glass => !document.is_to_be_had(),
                _ => !self.is_permitted(session.anchor, &session.asked),
            };
            session.status.is_open() && ended
        };
        let open: Vec<(SessionId, Millis)> =
            self.sessions.iter().filter(|(_, one)| stays(one)).map(|(id, one)| (*id, one.since)).collect();
        for (id, since) in open {
            self.violated(format!("INV-11 session: {id} of {since} stays open though access has ended"));
        }
    }
}
