//! The host: one state machine for the life of the process.

use std::convert::Infallible;
use std::sync::Arc;

use assent_types::limits::VALIDATORS_MAX;
use assent_types::validator::{CommitCertificate, ValidatorSet};
use assent_types::{BlockHash, Height, OrgId};
use malachite_core::{Error, Input as CoreInput, LocallyProposedValue, Params, ProposedValue, State, process};
use malachite_peer::PeerId;
use malachite_types::{
    Round, Threshold, ThresholdParams, Validity, ValueOrigin, ValuePayload, ValueResponse, VoteExtensionPolicy,
    VoteType,
};

use crate::context::{Address, CoreHeight, Ctx, Members, Value, number};
use crate::convert;
use crate::effects::{Book, Desk};
use crate::interface::{Config, Disposition, Effect, Input, Signer};
use crate::limits::INVALID_BLOCKS_MAX;
use crate::message::Message;
use crate::status::{self, Phase, Status, Step};
use crate::timeouts::{TimeoutId, TimeoutStep};
use crate::wal::WalEntry;

/// The address of a node that never votes. The core needs one; such a node is switched off in its parameters.
const NOBODY: OrgId = OrgId(u32::MAX);

/// Orders blocks of one chain for one node.
///
/// # Correctness
/// The effects of a call are carried out in order. [`Effect::Append`] and [`Effect::Sync`] may be gathered over several
/// calls as long as nothing that follows a sync leaves before it.
pub struct Host {
    config: Config,
    silent: bool,
    engine: Option<Engine>,
}

/// The core and what the host knows beside it, from the first height on.
struct Engine {
    core: State<Ctx>,
    book: Book,
}

impl Host {
    /// A host that has not started any height.
    pub fn new(config: Config) -> Self {
        Self { config, silent: false, engine: None }
    }

    /// Makes a validator follow without voting from the next started height on, or vote again.
    ///
    /// # Rule [ORD-20]
    /// A validator that may have lost its log stays silent until two heights above any that it may have signed are
    /// committed. The caller knows when that is.
    pub fn set_silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// Starts a height: at boot with the log's entries, later with none. Heights only grow.
    ///
    /// Entries of other heights are skipped. Every body that an entry names ([`WalEntry::body`]) must be at hand, for the
    /// replay may decide. Messages for this height that came early are fed last.
    ///
    /// # Rule [ORD-8]
    /// Entries are replayed in order, with the own recorded messages indexed before anything can be signed; own
    /// messages are sent again, never signed differently.
    pub fn start_height(
        &mut self,
        height: Height,
        validators: Arc<ValidatorSet>,
        wal: &[WalEntry],
        signer: &dyn Signer,
        out: &mut Vec<Effect>,
    ) {
        let active = !self.silent && self.config.me.is_some_and(|me| validators.by_org(me).is_some());
        let members = Members::new(&validators);
        let config = self.config;
        let engine = self.engine.get_or_insert_with(|| Engine::new(config, height, &members, &validators));
        if engine.book.phase == Phase::Halted {
            return;
        }
        if engine.book.phase != Phase::New && height <= engine.book.height {
            let text = format!("height {height} cannot start after height {}", engine.book.height);
            engine.desk(signer, out).halt(text);
            return;
        }
        engine.book.enter(height, validators, active);
        engine.core.params.enabled = active;
        let entries: Vec<&WalEntry> = wal.iter().filter(|entry| entry.height() == height).collect();
        engine.book.replaying = !entries.is_empty();
        let start = CoreInput::StartHeight(CoreHeight(height), members, false, None, VoteExtensionPolicy::Disabled);
        engine.feed(start, signer, out);
        if !entries.is_empty() {
            engine.replay(&entries, signer, out);
        }
        engine.close(signer, out);
        for (from, message, verified) in engine.book.backlog.take() {
            engine.message(from, message, verified, signer, out);
            engine.close(signer, out);
        }
    }

    /// Takes one input and adds its effects to `out`.
    pub fn step(&mut self, input: Input, signer: &dyn Signer, out: &mut Vec<Effect>) {
        let Some(engine) = &mut self.engine else { return };
        match input {
            Input::Message { from, message, verified } => engine.message(from, message, verified, signer, out),
            // After a decision only messages of the next height are of use.
            _ if engine.book.phase != Phase::Running => {}
            Input::Timeout(id) => engine.timeout(id, signer, out),
            Input::Propose { height, round, block } => engine.propose(height, round, block, signer, out),
            Input::Judged { height, round, proposer, block, valid } => {
                let value = proposed(height, round, proposer, block, valid);
                engine.judged(value, signer, out);
            }
            Input::Synced { from, certificate } => engine.synced(from, &certificate, signer, out),
            Input::SyncedJudged { certificate, proposer, block, valid } => {
                engine.synced_judged(&certificate, proposer, block, valid, signer, out);
            }
        }
        engine.close(signer, out);
    }

    /// What [`Host::step`] does with a message.
    pub fn disposition(&self, message: &Message) -> Disposition {
        if message.chain() != self.config.chain {
            return Disposition::Foreign;
        }
        let Some(engine) = &self.engine else { return Disposition::Ahead };
        let (height, current) = (message.height(), engine.book.height);
        if height == current && engine.book.phase == Phase::Running {
            Disposition::Current
        } else if height <= current {
            Disposition::Behind
        } else if height == current.next() {
            Disposition::Next
        } else {
            Disposition::Ahead
        }
    }

    /// The latest started height; `None` before the first.
    pub fn height(&self) -> Option<Height> {
        self.engine.as_ref().map(|engine| engine.book.height)
    }

    /// Round and step of the running height; `None` while waiting.
    pub fn position(&self) -> Option<(u32, Step)> {
        let engine = self.engine.as_ref().filter(|engine| engine.book.phase == Phase::Running)?;
        Some((engine.round(), status::step(&engine.core)))
    }

    /// Whether an untimely but valid block must be judged now rather than held.
    ///
    /// # Rule [ORD-11]
    /// Timeliness is not validity: a verdict may be held only while this node has not prevoted in the round and nothing
    /// shows that others accepted the block. Held longer, it would cost the algorithm its liveness.
    pub fn must_judge(&self, height: Height, round: u32, block: BlockHash) -> bool {
        let Some(engine) = &self.engine else { return false };
        if engine.book.height != height || engine.book.phase != Phase::Running {
            return false;
        }
        let now = engine.round();
        let driver = &engine.core.driver;
        round < now
            || (round == now && status::step(&engine.core) > Step::Propose)
            || driver.polka_certificates().iter().any(|polka| polka.value_id == block)
            || driver.commit_certificates().iter().any(|commit| commit.value_id == block)
            || engine.book.proposals.iter().any(|((_, named), pol)| *named == block && pol.is_some())
    }

    /// Own messages of the current round, all of them sent before: for a peer that connects again.
    pub fn current_messages(&self) -> Vec<Message> {
        let Some(engine) = self.engine.as_ref().filter(|engine| engine.book.phase == Phase::Running) else {
            return Vec::new();
        };
        let (round, core) = (engine.round(), &engine.core);
        let certificate = core.round_certificate().map(|entered| &entered.certificate);
        let votes = [&core.last_signed_prevote, &core.last_signed_precommit];
        let own = engine.book.own_proposal.filter(|signed| engine.book.active && signed.proposal.round == round);
        certificate
            .map(|known| Message::RoundCertificate(convert::round_from_core(self.config.chain, known)))
            .into_iter()
            .chain(own.map(Message::Proposal))
            .chain(votes.into_iter().flatten().map(|vote| Message::Vote(convert::vote_from_core(vote))))
            .collect()
    }

    /// Everything known about the current height.
    pub fn status(&self) -> Status {
        let Some(engine) = &self.engine else { return Status::new(Phase::New) };
        let mut status = Status::new(engine.book.phase);
        status.read(&engine.core, &engine.book.validators);
        status.timeouts = engine.book.timers.pending().collect();
        let of_round = engine.book.proposals.keys().filter(|(round, _)| *round == status.round);
        status.proposals = of_round.map(|(_, block)| (*block, engine.verdict(*block))).collect();
        status
    }
}

impl Engine {
    fn new(config: Config, height: Height, members: &Members, validators: &Arc<ValidatorSet>) -> Self {
        let params = Params {
            address: Address(config.me.unwrap_or(NOBODY)),
            threshold_params: ThresholdParams::default(),
            // # Rule [ORD-1]: in the other mode every signed proposal counts as valid.
            value_payload: ValuePayload::ProposalAndParts,
            enabled: false,
        };
        let ctx = Ctx { chain: config.chain };
        // The queue of the core stays empty: messages of later heights never reach it. It needs room for one height.
        let core = State::new(ctx, CoreHeight(height), members.clone(), params, 1, VALIDATORS_MAX);
        Self { core, book: Book::new(config, Arc::clone(validators)) }
    }

    fn desk<'a>(&'a mut self, signer: &'a dyn Signer, out: &'a mut Vec<Effect>) -> Desk<'a> {
        Desk { book: &mut self.book, signer, out }
    }

    fn round(&self) -> u32 {
        let round = self.core.driver.round();
        if round.is_defined() { number(round) } else { 0 }
    }

    fn verdict(&self, block: BlockHash) -> Option<bool> {
        let height = CoreHeight(self.book.height);
        let (_, validity) = self.core.full_proposal_keeper.get_value_by_id(&height, &block)?;
        Some(validity.is_valid())
    }

    /// Gives the core one input and carries out what it asks for.
    fn feed(&mut self, input: CoreInput<Ctx>, signer: &dyn Signer, out: &mut Vec<Effect>) {
        if self.book.phase == Phase::Halted {
            return;
        }
        let mut desk = Desk { book: &mut self.book, signer, out };
        let result: Result<(), Error<Ctx>> = process!(
            input: input,
            state: &mut self.core,
            metrics: &(),
            with: effect => Ok::<_, Infallible>(desk.handle(effect))
        );
        if let Err(error) = result {
            desk.halt(format!("the ordering core failed at height {}: {error}", desk.book.height));
        }
    }

    /// Replays the log.
    fn replay(&mut self, entries: &[&WalEntry], signer: &dyn Signer, out: &mut Vec<Effect>) {
        let inputs: Vec<CoreInput<Ctx>> = entries.iter().map(|entry| entry.to_core()).collect();
        for entry in entries {
            let logged = match entry {
                WalEntry::Vote(signed) if self.book.is_me(signed.vote.voter) => self.book.guard.log_vote(&signed.vote),
                WalEntry::Proposal(signed) if self.book.is_me(signed.proposal.proposer) => {
                    self.book.own_proposal = Some(*signed);
                    self.book.guard.log_proposal(&signed.proposal)
                }
                _ => Ok(()),
            };
            if let Err(reason) = logged {
                self.desk(signer, out).halt(format!("the log contradicts itself: {reason}"));
                return;
            }
        }
        // What was read back may never have reached the disk itself: it is synced again before anything is sent.
        self.book.guard.appended();
        self.core.record_recovered_own_precommit_extensions(inputs.iter());
        self.core.index_wal_entries(inputs.iter());
        for input in inputs {
            if let CoreInput::TimeoutElapsed(timeout) = &input
                && let Some(id) = self.book.timers.cancel(*timeout)
            {
                self.desk(signer, out).emit(Effect::CancelTimeout(id));
            }
            self.feed(input, signer, out);
        }
        self.core.reset_entries_index();
        self.book.replaying = false;
        self.desk(signer, out).sync();
        let waits = status::step(&self.core) == Step::Propose;
        if let Some(round) = self.book.asked_in_replay.take()
            && self.book.phase == Phase::Running
            && waits
            && round == self.round()
            && !self.book.guard.has_proposed(round)
        {
            self.book.asked.insert(round);
            let height = self.book.height;
            self.desk(signer, out).emit(Effect::GetBlock { height, round });
        }
    }

    fn message(&mut self, from: OrgId, message: Message, verified: bool, signer: &dyn Signer, out: &mut Vec<Effect>) {
        if message.chain() != self.book.config.chain {
            return;
        }
        if message.height() == self.book.height.next() {
            self.book.backlog.push(from, message, verified);
            return;
        }
        if message.height() != self.book.height || self.book.phase != Phase::Running {
            return;
        }
        if verified {
            for (signed, signature) in message.signatures() {
                if let Some(validator) = self.book.validators.by_org(signed.signer()) {
                    self.book.memo.insert(validator.key, signed, signature);
                }
            }
        }
        let input = match &message {
            Message::Vote(vote) => CoreInput::Vote(convert::vote_to_core(vote)),
            Message::Proposal(proposal) => CoreInput::Proposal(convert::proposal_to_core(proposal)),
            Message::PolkaCertificate(polka) => CoreInput::PolkaCertificate(convert::polka_to_core(polka)),
            Message::RoundCertificate(round) => CoreInput::RoundCertificate(convert::round_to_core(round)),
        };
        self.feed(input, signer, out);
    }

    fn timeout(&mut self, id: TimeoutId, signer: &dyn Signer, out: &mut Vec<Effect>) {
        if id.height != self.book.height || !self.book.timers.take(id) {
            return;
        }
        self.feed(CoreInput::TimeoutElapsed(id.step.to_core(id.round)), signer, out);
        // The core repeats votes only; a lost proposal would cost the round.
        let round = self.round();
        if id.step == TimeoutStep::Rebroadcast
            && self.book.phase == Phase::Running
            && self.book.active
            && let Some(own) = self.book.own_proposal.filter(|own| own.proposal.round == round)
        {
            self.desk(signer, out).send(Message::Proposal(own));
        }
    }

    fn propose(&mut self, height: Height, round: u32, block: BlockHash, signer: &dyn Signer, out: &mut Vec<Effect>) {
        let asked = height == self.book.height && self.book.asked.contains(&round);
        if asked && !self.book.guard.has_proposed(round) {
            let value = LocallyProposedValue::new(CoreHeight(height), Round::new(round), Value(block));
            self.feed(CoreInput::Propose(value), signer, out);
        }
    }

    fn judged(&mut self, value: ProposedValue<Ctx>, signer: &dyn Signer, out: &mut Vec<Effect>) {
        let known = (number(value.round), value.value.0, value.validity.is_valid());
        if value.height.0 == self.book.height && !self.book.judged.contains(&known) {
            self.feed(CoreInput::ProposedValue(value, ValueOrigin::Consensus), signer, out);
        }
    }

    fn synced(&mut self, from: OrgId, certificate: &CommitCertificate, signer: &dyn Signer, out: &mut Vec<Effect>) {
        if certificate.height != self.book.height {
            return;
        }
        self.book.sync_from = Some(from);
        let response = ValueResponse::new(peer(from), Vec::new().into(), convert::commit_to_core(certificate));
        self.feed(CoreInput::SyncValueResponse(response), signer, out);
        self.book.sync_from = None;
    }

    /// # Rule [ORD-16]
    /// The verdict counts only for the block of a certificate that the core checked.
    fn synced_judged(
        &mut self,
        certificate: &CommitCertificate,
        proposer: OrgId,
        block: BlockHash,
        valid: bool,
        signer: &dyn Signer,
        out: &mut Vec<Effect>,
    ) {
        let round = Round::new(certificate.round);
        let checked = certificate.height == self.book.height
            && certificate.block == block
            && self.core.driver.commit_certificate(round, &block).is_some();
        if !checked {
            return;
        }
        if !valid {
            self.desk(signer, out).halt(certified_but_invalid(block, certificate.height));
            return;
        }
        // The round must be the certificate's, or the core does not find the certificate.
        let value = proposed(certificate.height, certificate.round, proposer, block, true);
        self.feed(CoreInput::ProposedValue(value, ValueOrigin::Sync), signer, out);
    }

    /// Ends a step: the decision comes last, after everything that may leave before the block is durable.
    ///
    /// # Rule [ORD-17]
    /// Decided comes before Finalized, once for each height, and nothing of the height follows.
    fn close(&mut self, signer: &dyn Signer, out: &mut Vec<Effect>) {
        self.watch_invalid(signer, out);
        let mut desk = self.desk(signer, out);
        if let Some(certificate) = desk.book.decided.take() {
            desk.emit(Effect::Decided { certificate });
        }
        if let Some(evidence) = desk.book.finalized.take() {
            desk.book.timers.clear();
            let height = desk.book.height;
            desk.emit(Effect::Finalized { height, evidence });
        }
    }

    /// # Rule [ORD-19]
    /// More than two thirds precommitted a block that this node finds invalid: one of them is wrong, and going on in
    /// silence would hide which. The core would wait for ever.
    fn watch_invalid(&mut self, signer: &dyn Signer, out: &mut Vec<Effect>) {
        let invalid = self.book.judged.iter().filter(|(_, _, valid)| !valid).take(INVALID_BLOCKS_MAX);
        let driver = &self.core.driver;
        let certified = invalid.map(|(_, block, _)| *block).find(|block| {
            self.verdict(*block) == Some(false)
                && (driver.commit_certificates().iter().any(|commit| commit.value_id == *block)
                    || driver.votes().all_rounds().keys().any(|round| {
                        driver.votes().is_threshold_met(round, VoteType::Precommit, Threshold::Value(*block))
                    }))
        });
        if let Some(block) = certified {
            let height = self.book.height;
            self.desk(signer, out).halt(certified_but_invalid(block, height));
        }
    }
}

fn certified_but_invalid(block: BlockHash, height: Height) -> String {
    format!("block {block} of height {height} is certified by more than two thirds and invalid here")
}

fn proposed(height: Height, round: u32, proposer: OrgId, block: BlockHash, valid: bool) -> ProposedValue<Ctx> {
    ProposedValue {
        height: CoreHeight(height),
        round: Round::new(round),
        valid_round: Round::Nil,
        proposer: Address(proposer),
        value: Value(block),
        validity: Validity::from_bool(valid),
    }
}

/// A peer id for the core, which only hands it back: an identity multihash of the organisation's number.
fn peer(org: OrgId) -> PeerId {
    let [a, b, c, d] = org.0.to_be_bytes();
    let Ok(id) = PeerId::from_bytes(&[0x00, 0x04, a, b, c, d]) else {
        unreachable!("four bytes are a valid identity multihash")
    };
    id
}
