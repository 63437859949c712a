//! Transactions waiting for a block: a byte quota for each member, served in turn, with a share of every quota reserved
//! for revocations and governance.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::error::ErrorCode;
use assent_types::ids::{KeyId, Millis, OrgId, TxHash};
use assent_types::limits::{BLOCK_TXS_MAX, BODY_BYTES_MAX};
use assent_types::tx::Transaction;

use crate::jobs::Checked;

/// Bounds of the mempool, in bytes of encoded transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MempoolLimits {
    /// For one member, all its transactions.
    pub member_bytes_max: usize,
    /// Of that, reserved for protected actions.
    pub member_bytes_reserved: usize,
    /// For all members together.
    pub total_bytes_max: usize,
}

impl Default for MempoolLimits {
    fn default() -> Self {
        Self { member_bytes_max: 8 << 20, member_bytes_reserved: 1 << 20, total_bytes_max: 48 << 20 }
    }
}

struct Waiting {
    checked: Checked,
    sequence: u64,
    protected: bool,
}

#[derive(Default)]
struct Member {
    bytes: usize,
    protected: BTreeMap<u64, TxHash>,
    ordinary: BTreeMap<u64, TxHash>,
}

/// Transactions waiting for a block.
pub struct Mempool {
    limits: MempoolLimits,
    waiting: BTreeMap<TxHash, Waiting>,
    members: BTreeMap<OrgId, Member>,
    expiry: BTreeSet<(Millis, TxHash)>,
    idempotency: BTreeMap<(KeyId, [u8; 16]), TxHash>,
    bytes: usize,
    next_sequence: u64,
    /// The member that is served first in the next block.
    turn: OrgId,
}

impl Mempool {
    /// An empty mempool.
    pub fn new(limits: MempoolLimits) -> Self {
        Self {
            limits,
            waiting: BTreeMap::new(),
            members: BTreeMap::new(),
            expiry: BTreeSet::new(),
            idempotency: BTreeMap::new(),
            bytes: 0,
            next_sequence: 0,
            turn: OrgId(0),
        }
    }

    /// Number of transactions.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Bytes of all transactions.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether this transaction waits here, its signatures verified.
    ///
    /// # Security
    /// The identifier leaves out the signer's signature, so the signature is compared as well: a proposer could put
    /// another one into a block, which only those would notice who do not have the transaction.
    pub fn has_verified(&self, hash: &TxHash, tx: &Transaction) -> bool {
        self.waiting.get(hash).is_some_and(|waiting| waiting.checked.tx.signature == tx.signature)
    }

    /// Adds a checked transaction; `false` if it waits already.
    ///
    /// # Errors
    /// E105 if another transaction with its idempotency key waits, E109 if its member's share or the whole is full.
    pub fn insert(&mut self, checked: Checked) -> Result<bool, ErrorCode> {
        if self.waiting.contains_key(&checked.hash) {
            return Ok(false);
        }
        let key = (checked.tx.body.signer, checked.tx.body.idempotency);
        if self.idempotency.contains_key(&key) {
            return Err(ErrorCode::Idempotency);
        }
        let size = checked.bytes.len();
        let protected = checked.tx.body.action.is_protected();
        let reserved = if protected { 0 } else { self.limits.member_bytes_reserved };
        let member = self.members.entry(checked.member).or_default();
        let over_member = member.bytes + size > self.limits.member_bytes_max.saturating_sub(reserved);
        if over_member || self.bytes + size > self.limits.total_bytes_max.saturating_sub(reserved) {
            return Err(ErrorCode::Quota);
        }
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        member.bytes += size;
        self.bytes += size;
        if protected { &mut member.protected } else { &mut member.ordinary }.insert(sequence, checked.hash);
        self.expiry.insert((checked.tx.body.expires_at, checked.hash));
        self.idempotency.insert(key, checked.hash);
        self.waiting.insert(checked.hash, Waiting { checked, sequence, protected });
        Ok(true)
    }

    /// Removes a transaction, if it waits.
    pub fn remove(&mut self, hash: &TxHash) {
        let Some(Waiting { checked, sequence, protected }) = self.waiting.remove(hash) else { return };
        let size = checked.bytes.len();
        self.bytes -= size;
        self.expiry.remove(&(checked.tx.body.expires_at, *hash));
        self.idempotency.remove(&(checked.tx.body.signer, checked.tx.body.idempotency));
        if let Some(member) = self.members.get_mut(&checked.member) {
            member.bytes -= size;
            if protected { &mut member.protected } else { &mut member.ordinary }.remove(&sequence);
            if member.bytes == 0 {
                self.members.remove(&checked.member);
            }
        }
    }

    /// Removes what may not stand in a block later than this time.
    pub fn expire(&mut self, time: Millis) {
        while let Some((expires_at, hash)) = self.expiry.first().copied() {
            if expires_at > time {
                break;
            }
            self.remove(&hash);
        }
    }

    /// The transactions for the next block: protected ones first, then one of each member in turn.
    pub fn select(&mut self) -> Vec<Checked> {
        let mut chosen = Vec::new();
        let mut bytes = 0;
        let order: Vec<OrgId> =
            self.members.range(self.turn..).chain(self.members.range(..self.turn)).map(|(member, _)| *member).collect();
        for protected in [true, false] {
            let mut queues: Vec<_> = order
                .iter()
                .filter_map(|member| self.members.get(member))
                .map(|member| if protected { member.protected.values() } else { member.ordinary.values() })
                .collect();
            while !queues.is_empty() {
                queues.retain_mut(|queue| {
                    let Some(waiting) = queue.next().and_then(|hash| self.waiting.get(hash)) else { return false };
                    bytes += waiting.checked.bytes.len();
                    if chosen.len() >= BLOCK_TXS_MAX || bytes > BODY_BYTES_MAX {
                        return false;
                    }
                    chosen.push(waiting.checked.clone());
                    true
                });
            }
        }
        self.turn = order.get(1).copied().unwrap_or(OrgId(0));
        chosen
    }
}

#[cfg(test)]
mod tests;
