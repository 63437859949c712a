//! Block bodies of the height in progress: where they are on the way from bytes to an executed block, and for which
//! rounds they were proposed.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_types::block::Header;
use assent_types::ids::{BlockHash, Millis, OrgId};

use crate::ledger::execute::{Executed, Invalid};

/// Most bodies kept for one height; more come only from validators that equivocate.
pub(crate) const BODIES_MAX: usize = 32;
/// Most bodies of one height that one peer may push unasked.
pub(crate) const BODIES_PER_PEER_MAX: usize = 4;

/// How far a body has come.
pub(crate) enum Stage {
    /// A decode or execute job runs.
    Judging,
    /// Valid.
    Executed(Box<Executed>),
    /// Invalid for everybody.
    Invalid(Invalid),
}

/// A round for which a body was proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// Who proposed it in that round.
    pub(crate) proposer: OrgId,
    /// Whether the proposal carries a proof of lock, which makes timeliness moot.
    pub(crate) locked: bool,
    /// Whether the ordering core was told.
    pub(crate) told: bool,
}

/// A body.
pub(crate) struct Body {
    pub(crate) header: Header,
    pub(crate) bytes: Arc<Vec<u8>>,
    pub(crate) from: OrgId,
    /// When it arrived, by the own clock.
    pub(crate) arrived: Millis,
    pub(crate) stage: Stage,
    pub(crate) rounds: BTreeMap<u32, Proposed>,
    /// Whether the write-ahead log has it.
    pub(crate) logged: bool,
}

/// Bodies of the height in progress.
#[derive(Default)]
pub(crate) struct Bodies {
    by_hash: BTreeMap<BlockHash, Body>,
}

impl Bodies {
    pub(crate) fn get(&self, block: &BlockHash) -> Option<&Body> {
        self.by_hash.get(block)
    }

    pub(crate) fn get_mut(&mut self, block: &BlockHash) -> Option<&mut Body> {
        self.by_hash.get_mut(block)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&BlockHash, &mut Body)> {
        self.by_hash.iter_mut()
    }

    /// Whether one more body of this peer may be kept; a body that was asked for always may.
    pub(crate) fn has_room(&self, from: OrgId, asked: bool) -> bool {
        let pushed = self.by_hash.values().filter(|body| body.from == from).count();
        asked || (self.by_hash.len() < BODIES_MAX && pushed < BODIES_PER_PEER_MAX)
    }

    pub(crate) fn insert(&mut self, block: BlockHash, body: Body) {
        self.by_hash.insert(block, body);
    }

    pub(crate) fn take(&mut self, block: &BlockHash) -> Option<Body> {
        self.by_hash.remove(block)
    }

    pub(crate) fn clear(&mut self) {
        self.by_hash.clear();
    }
}
