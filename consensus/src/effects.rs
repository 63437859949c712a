//! Carries out what the core asks for. Every effect of the pinned version is named: a new one must not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use assent_types::key::{PublicKey, Signature};
use assent_types::validator::{CommitCertificate, Equivocation, ProposalPayload, ValidatorSet, VotePayload};
use assent_types::{BlockHash, Height, OrgId};
use malachite_core::VoteExtensionError;
use malachite_core::{
    ConsensusMsg, Effect as CoreEffect, Error, Input, LivenessMsg, Resumable, Resume, SignedConsensusMsg,
};
use malachite_types::{CertificateError, Timeout};

use crate::backlog::Backlog;
use crate::certificate::Checker;
use crate::context::{CoreHeight, Ctx, Proposal, Vote, number};
use crate::convert::{self, CoreCommit, CoreProposal, CoreVote};
use crate::evidence::equivocations;
use crate::guard::Guard;
use crate::interface::{Config, Effect, Signer};
use crate::memo::Memo;
use crate::message::{Message, Signed, SignedProposal};
use crate::status::Phase;
use crate::timeouts::{TimeoutStep, Timers};
use crate::wal::WalEntry;

/// Everything the host knows beside the core's own state.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) config: Config,
    pub(crate) ctx: Ctx,
    pub(crate) phase: Phase,
    pub(crate) height: Height,
    pub(crate) validators: Arc<ValidatorSet>,
    /// Whether this node votes at this height.
    pub(crate) active: bool,
    /// Whether entries of the log are being fed.
    pub(crate) replaying: bool,
    pub(crate) guard: Guard,
    pub(crate) memo: Memo,
    pub(crate) timers: Timers,
    pub(crate) backlog: Backlog,
    /// Rounds of this height in which a block was asked for.
    pub(crate) asked: BTreeSet<u32>,
    /// The latest round in which the core asked during replay.
    pub(crate) asked_in_replay: Option<u32>,
    /// The latest own proposal.
    pub(crate) own_proposal: Option<SignedProposal>,
    /// Verified proposals of this height with their proof-of-lock round.
    pub(crate) proposals: BTreeMap<(u32, BlockHash), Option<u32>>,
    /// Verdicts that the core kept.
    pub(crate) judged: BTreeSet<(u32, BlockHash, bool)>,
    /// Whether the own key was seen to be the registered one at this height.
    pub(crate) key_checked: bool,
    /// The peer whose certificate is being processed.
    pub(crate) sync_from: Option<OrgId>,
    /// Set by the core in this step.
    pub(crate) decided: Option<CommitCertificate>,
    /// Set by the core in this step.
    pub(crate) finalized: Option<Vec<Equivocation>>,
}

impl Book {
    /// A book that is in no height yet; [`Book::enter`] follows.
    pub(crate) fn new(config: Config, validators: Arc<ValidatorSet>) -> Self {
        Self {
            config,
            ctx: Ctx { chain: config.chain },
            phase: Phase::New,
            height: Height(0),
            validators,
            active: false,
            replaying: false,
            guard: Guard::default(),
            memo: Memo::default(),
            timers: Timers::default(),
            backlog: Backlog::default(),
            asked: BTreeSet::new(),
            asked_in_replay: None,
            own_proposal: None,
            proposals: BTreeMap::new(),
            judged: BTreeSet::new(),
            key_checked: false,
            sync_from: None,
            decided: None,
            finalized: None,
        }
    }

    /// Forgets the last height and enters the next; backlog and timer names live on.
    pub(crate) fn enter(&mut self, height: Height, validators: Arc<ValidatorSet>, active: bool) {
        let backlog = std::mem::take(&mut self.backlog);
        let mut timers = std::mem::take(&mut self.timers);
        timers.clear();
        *self = Self { phase: Phase::Running, height, active, backlog, timers, ..Self::new(self.config, validators) };
    }

    pub(crate) fn is_me(&self, org: OrgId) -> bool {
        self.config.me == Some(org)
    }
}

/// One step: the book, the key, and where effects go.
pub(crate) struct Desk<'a> {
    pub(crate) book: &'a mut Book,
    pub(crate) signer: &'a dyn Signer,
    pub(crate) out: &'a mut Vec<Effect>,
}

impl Desk<'_> {
    /// Emits an effect, unless the host gave up.
    pub(crate) fn emit(&mut self, effect: Effect) {
        if self.book.phase != Phase::Halted {
            self.out.push(effect);
        }
    }

    /// Gives up: the text is the last effect ever.
    ///
    /// # Rule [ORD-10]
    /// The core logs an error and goes on, so no error is ever returned to it.
    pub(crate) fn halt(&mut self, reason: impl Into<String>) {
        if self.book.phase != Phase::Halted {
            self.out.push(Effect::Halt(reason.into()));
            self.book.phase = Phase::Halted;
        }
    }

    pub(crate) fn handle(&mut self, effect: CoreEffect<Ctx>) -> Resume<Ctx> {
        match effect {
            CoreEffect::CancelAllTimeouts(r) => {
                self.book.timers.clear();
                self.emit(Effect::CancelAllTimeouts);
                r.resume_with(())
            }
            CoreEffect::CancelTimeout(timeout, r) => {
                self.cancel(timeout);
                r.resume_with(())
            }
            CoreEffect::ScheduleTimeout(timeout, r) => {
                self.schedule(timeout);
                r.resume_with(())
            }
            CoreEffect::StartRound(_height, _round, _proposer, _role, r) => {
                self.sync();
                r.resume_with(())
            }
            CoreEffect::PublishConsensusMsg(message, r) => {
                self.publish(message);
                r.resume_with(())
            }
            CoreEffect::PublishLivenessMsg(message, r) => {
                self.publish_liveness(&message);
                r.resume_with(())
            }
            CoreEffect::RepublishVote(vote, r) => {
                self.publish_vote(&vote);
                r.resume_with(())
            }
            CoreEffect::RepublishRoundCertificate(certificate, r) => {
                let certificate = convert::round_from_core(self.book.config.chain, &certificate);
                self.send(Message::RoundCertificate(certificate));
                r.resume_with(())
            }
            CoreEffect::GetValue(height, round, _timeout, r) => {
                self.ask(height, number(round));
                r.resume_with(())
            }
            CoreEffect::RestreamProposal(height, round, _pol_round, proposer, block, r) => {
                self.emit(Effect::Restream { height: height.0, round: number(round), block, proposer: proposer.0 });
                r.resume_with(())
            }
            CoreEffect::SignVote(vote, r) => r.resume_with(self.sign_vote(vote)),
            CoreEffect::SignProposal(proposal, r) => r.resume_with(self.sign_proposal(proposal)),
            CoreEffect::VerifySignature(message, key, r) => {
                let signed = match &message.message {
                    ConsensusMsg::Vote(vote) => Signed::Vote(vote.payload()),
                    ConsensusMsg::Proposal(proposal) => Signed::Proposal(proposal.payload()),
                };
                r.resume_with(self.book.memo.check(&key, signed, &message.signature))
            }
            CoreEffect::VerifyCommitCertificate(certificate, _set, _thresholds, r) => {
                r.resume_with(self.checker().commit(&certificate))
            }
            CoreEffect::VerifyExtendedCommitCertificate(certificate, _set, _thresholds, _policy, r) => {
                // Certificates are made from a format that has no room for extensions.
                r.resume_with(self.checker().commit(&certificate.trim_vote_extensions()))
            }
            CoreEffect::VerifyPolkaCertificate(certificate, _set, _thresholds, r) => {
                r.resume_with(self.checker().polka(&certificate))
            }
            CoreEffect::VerifyRoundCertificate(certificate, _set, _thresholds, r) => {
                r.resume_with(self.checker().round(&certificate))
            }
            CoreEffect::WalAppend(height, input, r) => {
                self.append(height, &input);
                r.resume_with(())
            }
            CoreEffect::ExtendVote(_height, _round, _block, _policy, r) => {
                self.halt("the core asked for a vote extension, which are disabled");
                r.resume_with(None)
            }
            CoreEffect::VerifyVoteExtension(_height, _round, _block, _voter, _extension, _key, r) => {
                r.resume_with(Err(VoteExtensionError::InvalidVoteExtension))
            }
            CoreEffect::CertVerifiedSyncValue(value, proposer, r) => {
                let certificate = convert::commit_from_core(&value.certificate.trim_vote_extensions());
                self.emit(Effect::ValidateSynced { certificate, proposer: proposer.0 });
                r.resume_with(())
            }
            CoreEffect::CertRejectedSyncValue(_peer, height, error, r) => {
                self.reject_synced(height, &error);
                r.resume_with(())
            }
            CoreEffect::Decide(certificate, _extensions, r) => {
                self.decide(&certificate);
                r.resume_with(())
            }
            CoreEffect::Finalize(certificate, _extensions, evidence, r) => {
                self.finalize(&certificate, equivocations(&evidence));
                r.resume_with(())
            }
        }
    }

    fn checker(&mut self) -> Checker<'_> {
        Checker { ctx: &self.book.ctx, validators: &self.book.validators, memo: &mut self.book.memo }
    }

    fn cancel(&mut self, timeout: Timeout) {
        if let Some(id) = self.book.timers.cancel(timeout) {
            self.emit(Effect::CancelTimeout(id));
        }
    }

    fn schedule(&mut self, timeout: Timeout) {
        if self.book.phase != Phase::Running {
            return;
        }
        let Some(step) = TimeoutStep::from_core(timeout.kind) else {
            self.halt("the core scheduled a finalisation period, though heights have no target time");
            return;
        };
        let round = number(timeout.round);
        let id = self.book.timers.set(self.book.height, step, round);
        self.emit(Effect::SetTimeout { id, after_ms: self.book.config.timeouts.after_ms(step, round) });
    }

    /// Emits a sync if anything was appended since the last one.
    pub(crate) fn sync(&mut self) {
        if self.book.guard.take_unsynced() {
            self.emit(Effect::Sync);
        }
    }

    /// Sends a message.
    ///
    /// # Rule [ORD-4]
    /// Certificates hold own votes too, so a sync comes before every message, not only before the own ones.
    pub(crate) fn send(&mut self, message: Message) {
        self.sync();
        assert!(self.book.guard.is_synced(), "nothing leaves before the log is synced");
        self.emit(Effect::Broadcast(message));
    }

    fn publish(&mut self, message: SignedConsensusMsg<Ctx>) {
        match message {
            SignedConsensusMsg::Vote(vote) => self.publish_vote(&vote),
            SignedConsensusMsg::Proposal(proposal) => self.publish_proposal(&proposal),
        }
    }

    fn publish_vote(&mut self, vote: &CoreVote) {
        let signed = convert::vote_from_core(vote);
        let logged = !self.book.is_me(signed.vote.voter) || self.book.guard.has_vote(&signed.vote);
        self.publish_logged(logged, Message::Vote(signed));
    }

    fn publish_proposal(&mut self, proposal: &CoreProposal) {
        let signed = convert::proposal_from_core(proposal);
        let own = self.book.is_me(signed.proposal.proposer);
        if own {
            self.book.own_proposal = Some(signed);
        }
        let logged = !own || self.book.guard.has_proposal(&signed.proposal);
        self.publish_logged(logged, Message::Proposal(signed));
    }

    fn publish_logged(&mut self, logged: bool, message: Message) {
        if logged {
            self.send(message);
        } else if self.book.phase == Phase::Running {
            self.halt(format!("an own message would leave that is not in the log: {message:?}"));
        }
        // After the decision the core may still vote; the log of the height is closed, so such a vote stays here.
    }

    fn publish_liveness(&mut self, message: &LivenessMsg<Ctx>) {
        let chain = self.book.config.chain;
        match message {
            LivenessMsg::Vote(vote) => self.publish_vote(vote),
            LivenessMsg::PolkaCertificate(polka) => {
                self.send(Message::PolkaCertificate(convert::polka_from_core(chain, polka)));
            }
            LivenessMsg::SkipRoundCertificate(round) => {
                self.send(Message::RoundCertificate(convert::round_from_core(chain, round)));
            }
        }
    }

    /// Asks for a block.
    ///
    /// # Rule [ORD-9]
    /// Once for a height and round, and never for a round whose proposal is in the log.
    fn ask(&mut self, height: CoreHeight, round: u32) {
        if self.book.replaying {
            self.book.asked_in_replay = Some(round);
        } else if !self.book.guard.has_proposed(round) && self.book.asked.insert(round) {
            self.emit(Effect::GetBlock { height: height.0, round });
        }
    }

    fn sign_vote(&mut self, vote: Vote) -> CoreVote {
        let payload = vote.payload();
        let guard = self.book.guard.may_vote(&payload);
        let signature = self.sign(Signed::Vote(payload), guard, |signer, key| signer.sign_vote(key, &payload));
        CoreVote::new(vote, signature)
    }

    fn sign_proposal(&mut self, proposal: Proposal) -> CoreProposal {
        let payload = proposal.payload();
        let guard = self.book.guard.may_propose(&payload);
        let signature = self.sign(Signed::Proposal(payload), guard, |signer, key| signer.sign_proposal(key, &payload));
        CoreProposal::new(proposal, signature)
    }

    /// Signs with the key of this height. If that may not or cannot be, the host gives up, and what it returns to the
    /// core goes nowhere.
    fn sign(
        &mut self,
        signed: Signed,
        guard: Result<(), String>,
        with: impl FnOnce(&dyn Signer, &PublicKey) -> Option<Signature>,
    ) -> Signature {
        let signer = signed.signer();
        let votes_here = self.book.active && self.book.is_me(signer);
        let key = self.book.validators.by_org(signer).filter(|_| votes_here).map(|validator| validator.key);
        match (guard, key) {
            (Err(reason), _) => self.halt(reason),
            (Ok(()), None) => {
                self.halt(format!("the core wants a signature of organisation {signer}, which does not vote here"));
            }
            (Ok(()), Some(key)) if self.book.phase != Phase::Halted => match with(self.signer, &key) {
                Some(signature) if self.book.key_checked || signed.verify(&key, &signature) => {
                    self.book.key_checked = true;
                    self.book.memo.insert(key, signed, signature);
                    return signature;
                }
                _ => self.halt(format!("the signer does not hold {key}, this validator's key in the ledger")),
            },
            (Ok(()), Some(_)) => {}
        }
        NO_SIGNATURE
    }

    /// Logs an input of the core.
    ///
    /// # Rule [ORD-7]
    /// Nothing is appended for a node that does not vote, nor after the decision, nor in replay but for own messages
    /// that the log lacks: those were derived, not read, and must not leave unlogged.
    fn append(&mut self, height: CoreHeight, input: &Input<Ctx>) {
        if self.book.phase != Phase::Running {
            return;
        }
        if height.0 != self.book.height {
            self.halt(format!("the core logs height {height} at height {}", self.book.height));
            return;
        }
        let entry = match WalEntry::from_core(self.book.config.chain, height, input) {
            Ok(entry) => entry,
            Err(reason) => return self.halt(reason),
        };
        self.remember(&entry);
        let own_and_new = match &entry {
            WalEntry::Vote(signed) if self.book.is_me(signed.vote.voter) => self.log_own_vote(&signed.vote),
            WalEntry::Proposal(signed) if self.book.is_me(signed.proposal.proposer) => {
                self.log_own_proposal(&signed.proposal)
            }
            _ => false,
        };
        if self.book.active && (!self.book.replaying || own_and_new) {
            self.book.guard.appended();
            self.emit(Effect::Append(entry));
        }
    }

    /// Keeps what [`crate::Status`] and repeated verdicts need.
    fn remember(&mut self, entry: &WalEntry) {
        match entry {
            WalEntry::Proposal(signed) => {
                let proposal = &signed.proposal;
                self.book.proposals.insert((proposal.round, proposal.block), proposal.pol_round);
            }
            WalEntry::ProposedValue { round, block, valid, .. } => {
                self.book.judged.insert((*round, *block, *valid));
            }
            WalEntry::Vote(_) | WalEntry::Timeout { .. } | WalEntry::PolkaCertificate(_) => {}
        }
    }

    /// Notes an own vote; true if it is new to the log.
    fn log_own_vote(&mut self, vote: &VotePayload) -> bool {
        let new = !self.book.guard.has_vote(vote);
        if let Err(reason) = self.book.guard.log_vote(vote) {
            self.halt(reason);
        }
        new
    }

    /// Notes an own proposal; true if it is new to the log.
    fn log_own_proposal(&mut self, proposal: &ProposalPayload) -> bool {
        let new = !self.book.guard.has_proposal(proposal);
        if let Err(reason) = self.book.guard.log_proposal(proposal) {
            self.halt(reason);
        }
        new
    }

    fn reject_synced(&mut self, height: CoreHeight, error: &Error<Ctx>) {
        let permanent = matches!(error, Error::InvalidCommitCertificate(_, cause) if !is_local(cause));
        if let Some(from) = self.book.sync_from {
            self.emit(Effect::SyncRejected { from, height: height.0, permanent });
        }
    }

    fn decide(&mut self, certificate: &CoreCommit) {
        if certificate.height.0 != self.book.height || self.book.decided.is_some() {
            self.halt(format!("the core decides height {} at height {}", certificate.height, self.book.height));
            return;
        }
        self.book.decided = Some(convert::commit_from_core(certificate));
    }

    fn finalize(&mut self, certificate: &CoreCommit, evidence: Vec<Equivocation>) {
        if certificate.height.0 != self.book.height || self.book.decided.is_none() {
            self.halt(format!("the core finalises height {} without a decision", certificate.height));
            return;
        }
        self.book.finalized = Some(evidence);
        if self.book.phase == Phase::Running {
            self.book.phase = Phase::Waiting;
        }
    }
}

/// Stands where a signature was refused; the host has given up by then and nothing leaves it.
const NO_SIGNATURE: Signature = Signature([0; 64]);

fn is_local(error: &CertificateError<Ctx>) -> bool {
    matches!(error, CertificateError::VerificationError(_))
}
