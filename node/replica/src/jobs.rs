//! Work that may take longer than a millisecond, done beside the ordering thread.
//!
//! Every job but [`Job::Commit`] is a pure function of its arguments and a snapshot taken when it was asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use assent_contracts::{Table, tables};
use assent_types::error::ErrorCode;
use assent_types::ids::{BlockHash, ChainId, Height, Millis, OrgId, TxHash};
use assent_types::tx::Transaction;

use crate::io::FinalBlock;
use crate::ledger::execute::{Executed, Invalid, PreparedBlock, Unusable};
use crate::ledger::head::Head;
use crate::storage::{Batch, Read, StorageError};

/// A transaction waiting for its checks.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Encoded transaction.
    pub bytes: Vec<u8>,
    /// Whether a client of this node submitted it: then it is also run dry.
    pub own: bool,
}

/// A transaction that passed its checks.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its identifier.
    pub hash: TxHash,
    /// The transaction.
    pub tx: Arc<Transaction>,
    /// Its canonical bytes.
    pub bytes: Arc<Vec<u8>>,
    /// Member to whose quota it counts: the signer's organisation, or the one that enrolled the subject.
    pub member: OrgId,
}

/// What became of a candidate.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Admissible.
    Admit(Checked),
    /// In a block already.
    Known(TxHash),
    /// Not admissible.
    Refuse(ErrorCode),
}

/// A job.
#[derive(Debug)]
pub enum Job {
    /// Check transactions for the mempool.
    Verify {
        /// The chain.
        chain: ChainId,
        /// The head at which to check.
        head: Arc<Head>,
        /// The own clock.
        now: Millis,
        /// The transactions.
        candidates: Vec<Candidate>,
    },
    /// Build, execute and encode a block.
    Build {
        /// The parent.
        head: Arc<Head>,
        /// Proposer.
        me: OrgId,
        /// Block time.
        time: Millis,
        /// Checked transactions in the order of inclusion.
        txs: Vec<Checked>,
    },
    /// Decode a block body and its transactions.
    Decode {
        /// The encoded block.
        bytes: Arc<Vec<u8>>,
    },
    /// Check and execute a decoded block on its parent.
    Execute {
        /// The parent.
        head: Arc<Head>,
        /// The block.
        block: Arc<PreparedBlock>,
        /// Its transactions whose signatures this node has verified already.
        verified: BTreeSet<TxHash>,
    },
    /// Write a block durably. Never stale, one at a time, in order of height.
    Commit {
        /// The changes.
        batch: Batch,
    },
    /// Read final blocks for a peer.
    Range {
        /// First height.
        from: Height,
        /// Bytes after which to stop.
        bytes_max: usize,
    },
}

/// What came of a job.
#[derive(Debug)]
pub enum JobResult {
    /// Of [`Job::Verify`]: one for each candidate, in order.
    Verified(Vec<Verdict>),
    /// Of [`Job::Build`]: the block, and transactions that no block can hold.
    Built {
        /// The executed block.
        executed: Box<Executed>,
        /// Transactions to drop from the mempool.
        dropped: Vec<TxHash>,
    },
    /// Of [`Job::Decode`].
    Decoded(Result<Arc<PreparedBlock>, Unusable>),
    /// Of [`Job::Execute`].
    Executed {
        /// The block.
        block: BlockHash,
        /// Executed, or why it is invalid.
        result: Result<Box<Executed>, Invalid>,
    },
    /// Of [`Job::Commit`].
    Committed,
    /// Of [`Job::Range`].
    Range(Vec<FinalBlock>),
    /// Reading or writing failed: the node halts.
    Failed(StorageError),
}

impl Job {
    /// Runs any job but [`Job::Commit`], which is the driver's: it alone may write.
    pub fn run(self, snapshot: &dyn Read) -> JobResult {
        self.run_under(tables(), snapshot)
    }

    /// [`Job::run`] under other transition tables, to show what each row keeps out.
    pub fn run_under(self, tables: &[Table<'_>], snapshot: &dyn Read) -> JobResult {
        let result = match self {
            Self::Verify { chain, head, now, candidates } => {
                crate::ledger::admit::verify(tables, snapshot, chain, &head, now, candidates).map(JobResult::Verified)
            }
            Self::Build { head, me, time, txs } => {
                crate::ledger::execute::build(tables, snapshot, &head, me, time, txs)
                    .map(|(executed, dropped)| JobResult::Built { executed: Box::new(executed), dropped })
            }
            Self::Decode { bytes } => Ok(JobResult::Decoded(PreparedBlock::decode(&bytes).map(Arc::new))),
            Self::Execute { head, block, verified } => {
                let hash = block.hash;
                crate::ledger::execute::execute(tables, snapshot, &head, &block, &verified)
                    .map(|result| JobResult::Executed { block: hash, result: result.map(Box::new) })
            }
            Self::Commit { .. } => Err(StorageError("a commit is the driver's to write".into())),
            Self::Range { from, bytes_max } => {
                crate::ledger::query::range(snapshot, from, bytes_max).map(JobResult::Range)
            }
        };
        result.unwrap_or_else(JobResult::Failed)
    }
}
