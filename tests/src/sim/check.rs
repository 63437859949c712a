//! What must hold after every event, whatever the faults. Violations are collected, so that a test can expect one.

use std::collections::BTreeMap;

use assent_consensus::Message;
use assent_proofs::bundle::Bundle;
use assent_replica::CommitNotice;
use assent_replica::ledger::head::Head;
use assent_replica::ledger::query;
use assent_replica::storage::Read;
use assent_types::action::Action;
use assent_types::block::Header;
use assent_types::ids::{BlockHash, ChainId, Height, KeyId, OrgId};
use assent_types::key::PublicKey;
use assent_types::tx::Transaction;
use assent_types::validator::{ValidatorSet, VoteStep};

use super::model::Model;

/// Where a validator may say one thing only: prevote, precommit or (`None`) proposal.
type Place = (OrgId, Height, u32, Option<VoteStep>);

/// The checkers of a run.
pub struct Checker {
    chain: ChainId,
    /// The validators of each height, from genesis and from the keys that blocks replaced.
    sets: BTreeMap<Height, ValidatorSet>,
    /// Whether heads and headers must name them.
    sets_count: bool,
    /// The first head that anybody reached at a height.
    heads: BTreeMap<Height, Head>,
    /// What each honest validator said, across restarts.
    said: BTreeMap<Place, Option<BlockHash>>,
    /// Height that each node has told its clients about.
    told: BTreeMap<OrgId, Height>,
    /// What documents, sessions and money must be.
    pub model: Model,
    /// Transactions in final blocks whose signatures verify one by one.
    pub verified_txs: u64,
    /// Transactions in final blocks with a numbered error in the receipt.
    pub refused_txs: u64,
    /// Certificates verified.
    pub certificates: u64,
    /// Changes of the validators that the proof of the last block bridges.
    pub changes: u64,
    /// What was broken.
    pub violations: Vec<String>,
}

impl Checker {
    /// Checkers of a chain that begins with these validators; `sets_count` unless nodes were told otherwise on purpose.
    pub fn new(chain: ChainId, validators: ValidatorSet, sets_count: bool, model: Model) -> Self {
        Self {
            chain,
            sets: BTreeMap::from([(Height(1), validators.clone()), (Height(2), validators)]),
            sets_count,
            heads: BTreeMap::new(),
            said: BTreeMap::new(),
            told: BTreeMap::new(),
            model,
            verified_txs: 0,
            refused_txs: 0,
            certificates: 0,
            changes: 0,
            violations: Vec::new(),
        }
    }

    fn violated(&mut self, what: String) {
        self.violations.push(what);
    }

    /// The greatest height that anybody reached.
    pub fn height(&self) -> Height {
        self.heads.keys().next_back().copied().unwrap_or_default()
    }

    /// No double vote, across restarts: an honest validator says one thing in one place.
    pub fn on_sent(&mut self, from: OrgId, message: &Message) {
        let (place, block) = match message {
            Message::Vote(signed) if signed.vote.voter == from => {
                ((from, signed.vote.height, signed.vote.round, Some(signed.vote.step)), signed.vote.block)
            }
            Message::Proposal(signed) if signed.proposal.proposer == from => {
                ((from, signed.proposal.height, signed.proposal.round, None), Some(signed.proposal.block))
            }
            _ => return,
        };
        let first = *self.said.entry(place).or_insert(block);
        if first != block {
            self.violated(format!("double vote: {place:?} said {first:?} and {block:?}"));
        }
    }

    /// A block became final on a node: agreement, validity, equal roots, an append-only log.
    pub fn on_commit(
        &mut self,
        node: OrgId,
        head: &Head,
        notice: &CommitNotice,
        read: &dyn Read,
        keys: &BTreeMap<KeyId, PublicKey>,
    ) {
        self.told.insert(node, head.height);
        if let Err(error) = self.check_block(node, head, read) {
            self.violated(format!("validity: {error}"));
        }
        match self.heads.get(&head.height) {
            Some(first) if first.block != head.block => {
                self.violated(format!("agreement: height {} is {:?} and {:?}", head.height, first.block, head.block));
            }
            Some(first) if first != head => {
                self.violated(format!("roots: height {} has other roots on node {node}", head.height));
            }
            Some(_) => {}
            None => {
                self.heads.insert(head.height, head.clone());
                self.check_txs(notice, keys);
                self.model.on_block(notice, read);
                self.violations.append(&mut self.model.violations);
            }
        }
    }

    /// The validators of a height.
    fn set(&self, height: Height) -> Result<&ValidatorSet, String> {
        self.sets.get(&height).ok_or_else(|| format!("the validators of height {height} are not known"))
    }

    /// Derives the validators of the two heights after a block from the blocks up to it: a key that is replaced in a
    /// block counts two heights later.
    fn extend_sets(&mut self, head: Height, read: &dyn Read) -> Result<(), String> {
        let text = |error: assent_replica::storage::StorageError| error.to_string();
        while let Some((last, set)) = self.sets.last_key_value().filter(|(last, _)| **last < head.next().next()) {
            let decided_in = Height(last.0 - 1);
            let mut validators = set.validators().to_vec();
            let block = query::block(read, decided_in).map_err(text)?.ok_or("a block is not stored")?;
            for raw in &block.txs {
                let tx = Transaction::from_bytes(raw).map_err(|error| error.to_string())?;
                let Action::RotateKey(rotate) = &tx.body.action else { continue };
                let receipt = query::receipt(read, &tx.hash()).map_err(text)?.ok_or("a receipt is not stored")?;
                if receipt.receipt.code == 0 {
                    let replaced = validators.iter_mut().filter(|one| one.org == rotate.org);
                    replaced.for_each(|one| one.key = rotate.new);
                }
            }
            let next = last.next();
            self.sets.insert(next, ValidatorSet::new(validators).map_err(|error| error.to_string())?);
        }
        Ok(())
    }

    fn check_sets(&self, head: &Head, header: &Header) -> Result<(), String> {
        let height = head.height;
        let (this, next, after) = (self.set(height)?, self.set(height.next())?, self.set(height.next().next())?);
        let agree = header.validators == this.hash()
            && header.next_validators == next.hash()
            && head.next_validators == *next
            && head.after_next_validators == *after;
        if agree || !self.sets_count {
            return Ok(());
        }
        Err(format!("height {height} names other validators than its history implies"))
    }

    /// A node's last block is proven final from the chain id alone, across all changes of the validators.
    pub fn on_end(&mut self, node: OrgId, head: &Head, read: &dyn Read) {
        let verified = query::finality_bundle(read, head.height)
            .map_err(|error| error.to_string())
            .and_then(|bundle| bundle.ok_or("no block".to_owned()))
            .and_then(|bundle| Bundle::verify(&bundle, self.chain).map_err(|error| error.to_string()));
        let before: Vec<&ValidatorSet> = self.sets.range(..=head.height).map(|(_, set)| set).collect();
        let changes = before.windows(2).filter(|pair| pair[0] != pair[1]).count();
        match verified {
            Err(error) => self.violated(format!("validity: no proof of the last block of node {node}: {error}")),
            Ok(verified) if verified.header.hash() != head.block || verified.changes.len() != changes => {
                self.violated(format!("validity: node {node} proves another block or other changes than {changes}"));
            }
            Ok(_) => self.changes = self.changes.max(changes as u64),
        }
    }

    fn check_block(&mut self, node: OrgId, head: &Head, read: &dyn Read) -> Result<(), String> {
        let text = |error: assent_replica::storage::StorageError| error.to_string();
        let block = query::block(read, head.height).map_err(text)?.ok_or("the block is not stored")?;
        let certificate =
            query::certificate(read, head.height).map_err(text)?.ok_or("the certificate is not stored")?;
        if certificate.block != head.block || block.header.hash() != head.block {
            return Err(format!("node {node} stores another block or certificate at height {}", head.height));
        }
        self.extend_sets(head.height, read)?;
        let validators = self.set(head.height)?;
        certificate.verify(self.chain, validators).map_err(|error| format!("certificate: {error}"))?;
        self.certificates += 1;
        self.check_sets(head, &block.header)?;
        if head.height > Height(1) {
            let bundle = query::consistency_bundle(read, Height(head.height.0 - 1), None).map_err(text)?;
            let bundle = bundle.ok_or("no consistency proof")?;
            Bundle::verify(&bundle, self.chain).map_err(|error| format!("log is not append-only: {error}"))?;
        }
        Ok(())
    }

    fn check_txs(&mut self, notice: &CommitNotice, keys: &BTreeMap<KeyId, PublicKey>) {
        for tx in &notice.txs {
            let checks = tx.signature_checks(|id| keys.get(id).copied());
            if checks.is_some_and(|checks| checks.iter().all(|check| check.verify())) {
                self.verified_txs += 1;
            } else {
                self.violated(format!("validity: a transaction at height {} is not signed", notice.height));
            }
        }
        self.refused_txs += notice.receipts.iter().filter(|(receipt, _)| receipt.code != 0).count() as u64;
    }

    /// Nothing is lost: a node that comes back has every block that it told anybody about.
    pub fn on_boot(&mut self, node: OrgId, head: &Head) {
        let told = self.told.get(&node).copied().unwrap_or_default();
        if head.height < told {
            self.violated(format!("lost: node {node} told of height {told} and came back with {}", head.height));
        }
    }

    /// A node lost its blocks, and its operator knows.
    pub fn on_loss(&mut self, node: OrgId) {
        self.told.remove(&node);
    }

    /// A node that is honest never stops by itself.
    pub fn on_halt(&mut self, node: OrgId, reason: &str) {
        self.violated(format!("node {node} halted: {reason}"));
    }

    /// A peer that is honest is never thrown out.
    pub fn on_disconnect(&mut self, node: OrgId, peer: OrgId, reason: &str) {
        self.violated(format!("node {node} threw out {peer}: {reason}"));
    }

    /// The run is over and something did not happen in time.
    pub fn on_stall(&mut self, what: &str) {
        self.violated(format!("liveness: {what}"));
    }
}
