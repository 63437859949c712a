//! What a run does: everything is drawn from the seed.

use assent_types::ids::OrgId;

use super::byzantine::Role;
use super::rng::Rng;

/// A rule broken on purpose, to show that the checkers notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Nothing.
    Nothing,
    /// A crash loses the whole write-ahead log, and the node does not know it.
    Log,
    /// Syncs do nothing: whatever was sent may not have been durable.
    Syncs,
    /// Half of the power is enough to decide.
    Quorum,
    /// A node's disk loses the last block that it reported as final.
    LostBlock,
    /// A node's disk loses an entry of an index, of each one in turn.
    Index,
}

/// A rule of the contracts, or of those who use them, left out on purpose, to show that the checkers notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// None.
    Nothing,
    /// Access is decided once: neither when a key part is released, nor when a consent ends.
    Permit,
    /// Any holder may release any key part, as often as it likes.
    Parts,
    /// Any custodian may say that it stores any shard.
    Receipts,
    /// Repairs may be ordered from anybody.
    Spread,
    /// Readers take custodians' word for the roots of shards.
    BelievesCustodians,
    /// Shares of an approved claim need not add up.
    Shares,
    /// Any amount may be paid.
    Payable,
    /// Claims may cite any document.
    Attachments,
    /// Released sessions never expire.
    Deadline,
    /// Anybody may justify broken glass.
    Justification,
}

/// Parameters of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Number of validators.
    pub validators: u32,
    /// Messages lost, of 1,000.
    pub loss: u64,
    /// Longest delay of a message, in milliseconds.
    pub delay_ms: u64,
    /// Heights after which a node is doomed to crash soon, of 1,000.
    pub crashes: u64,
    /// Heights after which the network is cut, of 1,000.
    pub cuts: u64,
    /// Largest offset of an honest clock, in milliseconds, either way.
    pub skew_ms: u64,
    /// Jobs that take long, of 1,000.
    pub slow: u64,
    /// Crashes that lose a disk, of 1,000, as long as not too many validators are impaired at once.
    pub losses: u64,
    /// Submissions that replace a validator's key, of 1,000.
    pub rotations: u64,
    /// Height from which on all nodes crash at once, which they do once.
    pub blackout_at: u64,
    /// Height from which on a member without a vote joins.
    pub follower_at: u64,
    /// Height at which clients submit enough for a large block; 0 for never.
    pub burst_at: u64,
    /// Validators that do not follow the protocol.
    pub byzantine: Vec<(OrgId, Role)>,
    /// What is broken on purpose.
    pub broken: Broken,
    /// What is left out on purpose.
    pub flaw: Flaw,
    /// Heights to decide.
    pub heights: u64,
    /// Transactions to get verified.
    pub txs: u64,
    /// Crashes to survive.
    pub crash_count: u64,
    /// Torn logs to survive.
    pub torn_count: u64,
}

impl Plan {
    /// The plan of a seed: 4 or 7 validators, at most a third of them Byzantine.
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x51_4d_5f_50_4c_41_4e);
        let validators = if rng.chance(300) { 7 } else { 4 };
        let faults = (validators - 1) / 3;
        let mut byzantine: Vec<(OrgId, Role)> = Vec::new();
        for _ in 0..rng.below(u64::from(faults) + 1) {
            let org = OrgId(1 + u32::try_from(rng.below(u64::from(validators))).unwrap_or_default());
            let role = *pick(&mut rng, &[Role::Equivocates, Role::Withholds, Role::Mangles]);
            if byzantine.iter().all(|(other, _)| *other != org) {
                byzantine.push((org, role));
            }
        }
        Self {
            seed,
            validators,
            loss: *pick(&mut rng, &[0, 5, 20, 50]),
            delay_ms: *pick(&mut rng, &[5, 20, 80]),
            crashes: *pick(&mut rng, &[450, 600, 900]),
            cuts: *pick(&mut rng, &[50, 100, 200]),
            skew_ms: *pick(&mut rng, &[0, 100, 400, 3_000]),
            slow: *pick(&mut rng, &[0, 10, 40]),
            losses: 250,
            rotations: 25,
            blackout_at: rng.between(10, 40),
            follower_at: rng.between(5, 35),
            burst_at: if rng.chance(333) { rng.between(5, 45) } else { 0 },
            byzantine,
            broken: Broken::Nothing,
            flaw: Flaw::Nothing,
            heights: 50,
            txs: 200,
            crash_count: 20,
            torn_count: 5,
        }
    }

    /// The same with a rule left out.
    #[must_use]
    pub fn flawed(mut self, flaw: Flaw) -> Self {
        self.flaw = flaw;
        self
    }

    /// The same with a rule broken.
    #[must_use]
    pub fn broken(mut self, broken: Broken) -> Self {
        self.broken = broken;
        self.losses = 0;
        if broken == Broken::Quorum {
            // Each half has its own idea of the validators; they stay as they are.
            self.rotations = 0;
        }
        self
    }
}

fn pick<'a, T>(rng: &mut Rng, items: &'a [T]) -> &'a T {
    &items[rng.index(items.len())]
}
