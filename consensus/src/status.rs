//! What the host knows, for operators.

use assent_types::validator::{ValidatorSet, VoteStep};
use assent_types::{BlockHash, Height, OrgId};
use malachite_core::State;
use malachite_types::{NilOrVal, VoteType};

use crate::context::{Ctx, number};
use crate::timeouts::TimeoutId;

/// Where the host is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No height was started.
    New,
    /// A height is being decided.
    Running,
    /// The height is over and the next one not started.
    Waiting,
    /// The host gave up; see [`Effect::Halt`](crate::Effect::Halt).
    Halted,
}

/// Where a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The round has not begun.
    Unstarted,
    /// Waiting for a proposal and its body.
    Propose,
    /// Prevoted; waiting for prevotes.
    Prevote,
    /// Precommitted; waiting for precommits.
    Precommit,
    /// Decided.
    Commit,
}

/// A vote that arrived and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VoteSeen {
    /// The voter.
    pub voter: OrgId,
    /// The block, or `None` for a nil vote.
    pub block: Option<BlockHash>,
}

/// Why there is, or is not yet, a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Where the host is in its life. Everything below is of the latest started height and empty before one.
    pub phase: Phase,
    /// The height.
    pub height: Height,
    /// The round.
    pub round: u32,
    /// Where the round is.
    pub step: Step,
    /// Who proposes in this round.
    pub proposer: Option<OrgId>,
    /// Whether this node votes at this height.
    pub votes: bool,
    /// Round and block on which this node is locked.
    pub locked: Option<(u32, BlockHash)>,
    /// Round and block of the latest polka that this node saw in time.
    pub valid: Option<(u32, BlockHash)>,
    /// Proposals of this round: the block, and the verdict if its body was judged.
    pub proposals: Vec<(BlockHash, Option<bool>)>,
    /// Prevotes of this round, ascending by voter.
    pub prevotes: Vec<VoteSeen>,
    /// Precommits of this round, ascending by voter.
    pub precommits: Vec<VoteSeen>,
    /// Validators without a prevote in this round.
    pub missing_prevotes: Vec<OrgId>,
    /// Validators without a precommit in this round.
    pub missing_precommits: Vec<OrgId>,
    /// Power of all validators; more than two thirds decide.
    pub total_power: u64,
    /// Timers that run.
    pub timeouts: Vec<TimeoutId>,
    /// The block, once decided.
    pub decided: Option<BlockHash>,
}

impl Status {
    pub(crate) fn new(phase: Phase) -> Self {
        Self {
            phase,
            height: Height(0),
            round: 0,
            step: Step::Unstarted,
            proposer: None,
            votes: false,
            locked: None,
            valid: None,
            proposals: Vec::new(),
            prevotes: Vec::new(),
            precommits: Vec::new(),
            missing_prevotes: Vec::new(),
            missing_precommits: Vec::new(),
            total_power: 0,
            timeouts: Vec::new(),
            decided: None,
        }
    }

    /// Fills in what the core knows.
    pub(crate) fn read(&mut self, core: &State<Ctx>, validators: &ValidatorSet) {
        let driver = &core.driver;
        let state = driver.round_state();
        let round = driver.round();
        self.height = driver.height().0;
        self.round = if round.is_defined() { number(round) } else { 0 };
        self.step = step(core);
        self.proposer = driver.proposer_address().map(|address| address.0);
        self.votes = core.is_active_validator();
        self.locked = state.locked.as_ref().map(|locked| (number(locked.round), locked.value.0));
        self.valid = state.valid.as_ref().map(|valid| (number(valid.round), valid.value.0));
        self.decided = driver.decided_value().map(|(_, value)| value.0);
        self.total_power = validators.total_power();
        for step in [VoteStep::Prevote, VoteStep::Precommit] {
            let mut seen = votes(core, step);
            seen.sort_unstable();
            let missing = validators
                .validators()
                .iter()
                .map(|validator| validator.org)
                .filter(|org| seen.binary_search_by_key(org, |vote| vote.voter).is_err())
                .collect();
            match step {
                VoteStep::Prevote => (self.prevotes, self.missing_prevotes) = (seen, missing),
                VoteStep::Precommit => (self.precommits, self.missing_precommits) = (seen, missing),
            }
        }
    }
}

/// Where the round of the core is.
pub(crate) fn step(core: &State<Ctx>) -> Step {
    let driver = &core.driver;
    if driver.step_is_propose() {
        Step::Propose
    } else if driver.step_is_prevote() {
        Step::Prevote
    } else if driver.step_is_precommit() {
        Step::Precommit
    } else if driver.step_is_commit() {
        Step::Commit
    } else {
        Step::Unstarted
    }
}

fn votes(core: &State<Ctx>, step: VoteStep) -> Vec<VoteSeen> {
    let wanted = match step {
        VoteStep::Prevote => VoteType::Prevote,
        VoteStep::Precommit => VoteType::Precommit,
    };
    let Some(round) = core.driver.votes().per_round(core.driver.round()) else { return Vec::new() };
    round
        .received_votes()
        .iter()
        .filter(|vote| vote.step == wanted)
        .map(|vote| VoteSeen {
            voter: vote.voter.0,
            block: match vote.block {
                NilOrVal::Nil => None,
                NilOrVal::Val(block) => Some(block),
            },
        })
        .collect()
}
