//! What a node knows of itself: for operators, metrics and `why-no-block`.

use assent_types::ids::{BlockHash, Height, Millis, OrgId};

use crate::replica::Replica;

/// A peer as this node sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerStatus {
    /// The member.
    pub org: OrgId,
    /// Its last known height.
    pub height: Height,
    /// Milliseconds since it was last heard.
    pub silent_ms: u64,
}

/// What the node waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing: no transaction, no deadline, the head is young.
    ForWork,
    /// Votes or a proposal of other validators.
    ForValidators,
    /// The own disk or processor: a decided block is executed and written.
    ForCommit,
    /// Blocks from a peer: this node is behind.
    ForSync,
    /// The end of the silence after its write-ahead log was lost.
    ForSilence,
}

/// State of a node.
#[derive(Clone, Debug)]
pub struct Status {
    /// The member whose node this is.
    pub me: OrgId,
    /// Height of the head.
    pub height: Height,
    /// Its time.
    pub time: Millis,
    /// The block.
    pub block: BlockHash,
    /// Milliseconds by which the head lies behind the own clock.
    pub age_ms: u64,
    /// What the node waits for.
    pub waiting: Waiting,
    /// Whether the node votes at the height in progress.
    pub validator: bool,
    /// Validators of the height in progress, with their powers.
    pub validators: Vec<(OrgId, u64)>,
    /// The ordering core.
    pub ordering: assent_consensus::Status,
    /// When the next timer is due, if any, in milliseconds from now.
    pub next_timeout_ms: Option<u64>,
    /// Transactions that wait.
    pub mempool: usize,
    /// Their bytes.
    pub mempool_bytes: usize,
    /// Connected peers.
    pub peers: Vec<PeerStatus>,
}

impl Status {
    /// Validators, other than this node, that are not connected or from which nothing was heard for `silent_ms`.
    pub fn silent_validators(&self, silent_ms: u64) -> Vec<OrgId> {
        let heard = |org: &OrgId| self.peers.iter().any(|peer| peer.org == *org && peer.silent_ms < silent_ms);
        self.validators.iter().map(|(org, _)| *org).filter(|org| *org != self.me && !heard(org)).collect()
    }

    /// Blocks by which this node lies behind the furthest peer.
    pub fn lag(&self) -> u64 {
        let furthest = self.peers.iter().map(|peer| peer.height).max().unwrap_or_default();
        furthest.0.saturating_sub(self.height.0)
    }
}

impl Replica {
    /// The node's state at a moment of its own clock.
    pub fn status(&self, now: Millis) -> Status {
        let since = |then: Millis| now.0.saturating_sub(then.0);
        let head = self.head();
        let peers =
            self.peers().map(|(org, peer)| PeerStatus { org: *org, height: peer.height, silent_ms: since(peer.heard) });
        Status {
            me: self.me(),
            height: head.height,
            time: head.time,
            block: head.block,
            age_ms: since(head.time),
            waiting: self.waiting(),
            validator: self.votes(),
            validators: head.next_validators.validators().iter().map(|one| (one.org, one.power)).collect(),
            ordering: self.ordering(),
            next_timeout_ms: self.next_wake().map(|at| at.0.saturating_sub(now.0)),
            mempool: self.mempool().len(),
            mempool_bytes: self.mempool().bytes(),
            peers: peers.collect(),
        }
    }
}
