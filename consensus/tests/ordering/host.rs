//! One host, driven by hand.

use std::sync::Arc;

use assent_consensus::{
    Config, Disposition, Effect, Host, Input, Message, Phase, SignedProposal, SignedVote, Step, TimeoutStep, WalEntry,
    proposer,
};
use assent_types::key::SecretKey;
use assent_types::validator::{
    CommitCertificate, CommitSignature, ProposalPayload, Validator, ValidatorSet, VotePayload, VoteStep,
};
use assent_types::{BlockHash, ChainId, Hash32, Height, List, OrgId};

use crate::node::{Key, timeouts};

const CHAIN: ChainId = ChainId(Hash32([9; 32]));

fn secret(org: u32) -> SecretKey {
    SecretKey::from_seed(&[org as u8; 32])
}

fn four() -> Arc<ValidatorSet> {
    let all = (1..=4).map(|org| Validator { org: OrgId(org), power: 1, key: secret(org).public() }).collect();
    Arc::new(ValidatorSet::new(all).expect("a valid set"))
}

fn block(byte: u8) -> BlockHash {
    BlockHash(Hash32([byte; 32]))
}

fn payload(org: u32, step: VoteStep, round: u32, block: Option<BlockHash>) -> VotePayload {
    VotePayload { chain: CHAIN, step, height: Height(1), round, block, voter: OrgId(org) }
}

fn signed(vote: VotePayload) -> SignedVote {
    SignedVote { vote, signature: vote.sign(&secret(vote.voter.0)) }
}

fn vote(org: u32, step: VoteStep, round: u32, block: Option<BlockHash>) -> Input {
    let message = Message::Vote(signed(payload(org, step, round, block)));
    Input::Message { from: OrgId(org), message, verified: false }
}

fn proposal(round: u32, block: BlockHash, pol_round: Option<u32>) -> Input {
    let by = proposer(&four(), Height(1), round);
    let proposal = ProposalPayload { chain: CHAIN, height: Height(1), round, block, pol_round, proposer: by };
    let message = Message::Proposal(SignedProposal { proposal, signature: proposal.sign(&secret(by.0)) });
    Input::Message { from: by, message, verified: false }
}

fn judged(round: u32, block: BlockHash, valid: bool) -> Input {
    Input::Judged { height: Height(1), round, proposer: proposer(&four(), Height(1), round), block, valid }
}

fn certificate(block: BlockHash, voters: &[u32]) -> CommitCertificate {
    let mut certificate = CommitCertificate { height: Height(1), round: 0, block, signatures: List::default() };
    let sign = |org: &u32| {
        let signature = certificate.precommit(CHAIN, OrgId(*org)).sign(&secret(*org));
        CommitSignature { voter: OrgId(*org), signature }
    };
    certificate.signatures = List::new(voters.iter().map(sign).collect()).expect("within the bound");
    certificate
}

/// A host with its key.
struct Lone {
    host: Host,
    key: Key,
}

impl Lone {
    /// Organisation `me` at height 1.
    fn new(me: u32, wal: &[WalEntry]) -> (Self, Vec<Effect>) {
        let host = Host::new(Config { chain: CHAIN, me: Some(OrgId(me)), timeouts: timeouts() });
        let mut lone = Self { host, key: Key(secret(me)) };
        let out = lone.start(1, wal);
        (lone, out)
    }

    fn start(&mut self, height: u64, wal: &[WalEntry]) -> Vec<Effect> {
        let mut out = Vec::new();
        self.host.start_height(Height(height), four(), wal, &self.key, &mut out);
        out
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        let mut out = Vec::new();
        self.host.step(input, &self.key, &mut out);
        out
    }
}

fn sent(out: &[Effect]) -> Vec<&Message> {
    out.iter().filter_map(|effect| if let Effect::Broadcast(message) = effect { Some(message) } else { None }).collect()
}

fn halted(out: &[Effect]) -> Option<&str> {
    match out.last() {
        Some(Effect::Halt(reason)) => Some(reason),
        _ => None,
    }
}

fn own_vote(out: &[Effect], org: u32, step: VoteStep) -> Option<Option<BlockHash>> {
    sent(out).into_iter().find_map(|message| match message {
        Message::Vote(one) if one.vote.voter == OrgId(org) && one.vote.step == step => Some(one.vote.block),
        _ => None,
    })
}

#[test]
fn ord_2_a_signature_is_worth_nothing_on_another_chain() {
    let (mut one, _) = Lone::new(1, &[]);
    let elsewhere = VotePayload { chain: ChainId::default(), ..payload(2, VoteStep::Prevote, 0, None) };
    let signature = elsewhere.sign(&secret(2));
    let relabelled = SignedVote { vote: payload(2, VoteStep::Prevote, 0, None), signature };
    for vote in [SignedVote { vote: elsewhere, signature }, relabelled] {
        one.step(Input::Message { from: OrgId(2), message: Message::Vote(vote), verified: false });
        assert!(one.host.status().prevotes.is_empty());
    }
    one.step(vote(2, VoteStep::Prevote, 0, None));
    assert_eq!(one.host.status().prevotes.len(), 1);
}

#[test]
fn ord_3_validators_take_turns() {
    let set = four();
    let turns: Vec<u32> = (0..8).map(|round| proposer(&set, Height(1), round).0).collect();
    assert_eq!(turns, [2, 3, 4, 1, 2, 3, 4, 1]);
    assert_eq!(proposer(&set, Height(2), 0), proposer(&set, Height(1), 1));
    assert_eq!(proposer(&set, Height(u64::MAX), u32::MAX).0, 4 - 1, "no overflow at the ends");
}

#[test]
fn ord_9_a_block_is_asked_for_once() {
    let (mut two, out) = Lone::new(2, &[]);
    let asks = |out: &[Effect]| out.iter().filter(|effect| matches!(effect, Effect::GetBlock { .. })).count();
    assert_eq!(asks(&out), 1);
    let out = two.step(Input::Propose { height: Height(1), round: 0, block: block(1) });
    assert_eq!(own_vote(&out, 2, VoteStep::Prevote), Some(Some(block(1))));
    assert!(sent(&out).iter().any(|message| matches!(message, Message::Proposal(_))));
    let again = two.step(Input::Propose { height: Height(1), round: 0, block: block(2) });
    assert_eq!(again, [], "a second answer is ignored");
    let unasked = two.step(Input::Propose { height: Height(1), round: 1, block: block(2) });
    assert_eq!(unasked, [], "so is one that nobody asked for");
}

#[test]
fn ord_4_append_sync_send() {
    let (mut two, _) = Lone::new(2, &[]);
    let out = two.step(Input::Propose { height: Height(1), round: 0, block: block(1) });
    let mut unsynced = Vec::new();
    let mut durable = Vec::new();
    for effect in &out {
        match effect {
            Effect::Append(entry) => unsynced.push(entry.clone()),
            Effect::Sync => durable.append(&mut unsynced),
            Effect::Broadcast(message) => {
                assert!(unsynced.is_empty(), "everything appended is synced before {message:?}");
                assert!(durable.iter().any(|entry| match (entry, message) {
                    (WalEntry::Vote(a), Message::Vote(b)) => a == b,
                    (WalEntry::Proposal(a), Message::Proposal(b)) => a == b,
                    _ => false,
                }));
            }
            _ => {}
        }
    }
    assert_eq!(sent(&out).len(), 2, "proposal and prevote");
}

#[test]
fn ord_1_a_signed_proposal_is_not_valid_before_its_body_was_judged() {
    let (mut one, _) = Lone::new(1, &[]);
    let out = one.step(proposal(0, block(1), None));
    assert_eq!(own_vote(&out, 1, VoteStep::Prevote), None);
    assert_eq!(one.host.status().proposals, [(block(1), None)]);
    let out = one.step(judged(0, block(1), true));
    assert_eq!(own_vote(&out, 1, VoteStep::Prevote), Some(Some(block(1))));
    assert_eq!(one.host.status().proposals, [(block(1), Some(true))]);
    assert_eq!(one.step(judged(0, block(1), true)), [], "a repeated verdict changes nothing");
    let (mut one, _) = Lone::new(1, &[]);
    one.step(judged(0, block(1), false));
    let out = one.step(proposal(0, block(1), None));
    assert_eq!(own_vote(&out, 1, VoteStep::Prevote), Some(None), "an invalid block gets a nil vote");
}

#[test]
fn ord_8_replay_repeats_the_same_messages() {
    let (mut one, start) = Lone::new(1, &[]);
    let mut effects = start;
    effects.extend(one.step(judged(0, block(1), true)));
    effects.extend(one.step(proposal(0, block(1), None)));
    for org in [2, 3] {
        effects.extend(one.step(vote(org, VoteStep::Prevote, 0, Some(block(1)))));
    }
    let wal: Vec<WalEntry> = effects
        .iter()
        .filter_map(|effect| if let Effect::Append(entry) = effect { Some(entry.clone()) } else { None })
        .collect();
    assert_eq!(own_vote(&effects, 1, VoteStep::Precommit), Some(Some(block(1))));
    let before: Vec<Message> = sent(&effects).into_iter().cloned().collect();

    let (_, out) = Lone::new(1, &wal);
    let after: Vec<Message> = sent(&out).into_iter().cloned().collect();
    assert_eq!(before, after, "the same votes with the same signatures");
    assert!(!out.iter().any(|effect| matches!(effect, Effect::Append(_))), "nothing is logged twice");
    let first_send = out.iter().position(|effect| matches!(effect, Effect::Broadcast(_)));
    let first_sync = out.iter().position(|effect| matches!(effect, Effect::Sync));
    assert!(first_sync < first_send, "what was read back is synced before it is sent");

    // ORD-7: a vote that the log lacks is derived again, logged, and only then sent.
    let without: Vec<WalEntry> = wal
        .iter()
        .filter(|entry| !matches!(entry, WalEntry::Vote(signed) if signed.vote.voter == OrgId(1)))
        .cloned()
        .collect();
    let (_, out) = Lone::new(1, &without);
    let logged = out.iter().filter(|effect| matches!(effect, Effect::Append(WalEntry::Vote(_)))).count();
    assert_eq!(logged, 2, "prevote and precommit");
}

#[test]
fn ord_5_a_log_with_another_vote_stops_the_node() {
    let own = |block| WalEntry::Vote(signed(payload(1, VoteStep::Prevote, 0, block)));
    let (mut one, out) = Lone::new(1, &[own(Some(block(1))), own(None)]);
    assert!(halted(&out).is_some_and(|reason| reason.contains("contradicts")), "{out:?}");
    assert_eq!(one.step(judged(0, block(1), true)), [], "a halted host does nothing");
    assert_eq!(one.host.status().phase, Phase::Halted);

    // The log says nil, the core would vote for the block: its own check or the guard stops it.
    let (mut one, _) = Lone::new(1, &[own(None)]);
    let mut out = one.step(judged(0, block(1), true));
    out.extend(one.step(proposal(0, block(1), None)));
    assert_eq!(own_vote(&out, 1, VoteStep::Prevote), None, "{out:?}");
}

#[test]
fn ord_5_an_own_vote_from_elsewhere_stops_the_node() {
    let (mut one, _) = Lone::new(1, &[]);
    one.step(judged(0, block(1), true));
    let out = one.step(proposal(0, block(1), None));
    assert_eq!(own_vote(&out, 1, VoteStep::Prevote), Some(Some(block(1))));
    let out = one.step(vote(1, VoteStep::Prevote, 0, None));
    assert!(halted(&out).is_some_and(|reason| reason.contains("sign twice")), "{out:?}");
}

#[test]
fn ord_12_void_timers_are_ignored() {
    let (mut one, out) = Lone::new(1, &[]);
    let timer = |out: &[Effect], step| {
        out.iter().find_map(|effect| match effect {
            Effect::SetTimeout { id, .. } if id.step == step => Some(*id),
            _ => None,
        })
    };
    let propose = timer(&out, TimeoutStep::Propose).expect("waits for a proposal");
    let other = assent_consensus::TimeoutId { generation: propose.generation + 1_000, ..propose };
    assert_eq!(one.step(Input::Timeout(other)), []);
    let out = one.step(Input::Timeout(propose));
    assert_eq!(own_vote(&out, 1, VoteStep::Prevote), Some(None));
    assert_eq!(one.step(Input::Timeout(propose)), [], "a timer fires once");
}

#[test]
fn ord_13_only_the_current_and_the_next_height_are_heard() {
    let (mut one, _) = Lone::new(1, &[]);
    let of = |height| {
        let payload = VotePayload { height: Height(height), ..payload(2, VoteStep::Prevote, 0, None) };
        Message::Vote(signed(payload))
    };
    let kinds: Vec<Disposition> = (0..4).map(|height| one.host.disposition(&of(height))).collect();
    assert_eq!(kinds, [Disposition::Behind, Disposition::Current, Disposition::Next, Disposition::Ahead]);
    let foreign = VotePayload { chain: ChainId::default(), ..payload(2, VoteStep::Prevote, 0, None) };
    let foreign = Message::Vote(signed(foreign));
    assert_eq!(one.host.disposition(&foreign), Disposition::Foreign);
    for message in [of(0), of(3), foreign] {
        assert_eq!(one.step(Input::Message { from: OrgId(2), message, verified: true }), []);
    }
    one.step(Input::Message { from: OrgId(2), message: of(2), verified: false });
    assert!(one.host.status().prevotes.is_empty());
    one.step(judged(0, block(1), true));
    one.step(Input::Synced { from: OrgId(3), certificate: certificate(block(1), &[2, 3, 4]) });
    one.start(2, &[]);
    let seen: Vec<OrgId> = one.host.status().prevotes.iter().map(|vote| vote.voter).collect();
    assert_eq!(seen, [OrgId(2)], "the early vote was kept");
}

#[test]
fn ord_15_verified_is_a_promise_of_the_caller() {
    let (mut one, _) = Lone::new(1, &[]);
    let mut forged = signed(payload(2, VoteStep::Prevote, 0, None));
    forged.signature.0[0] ^= 1;
    let message = Message::Vote(forged);
    assert!(!message.signatures_valid(CHAIN, &four()));
    one.step(Input::Message { from: OrgId(2), message, verified: false });
    assert!(one.host.status().prevotes.is_empty(), "a bad signature does not count");
    let good = Message::Vote(signed(payload(2, VoteStep::Prevote, 0, None)));
    assert!(good.signatures_valid(CHAIN, &four()));
    assert!(!good.signatures_valid(ChainId::default(), &four()));
    one.step(Input::Message { from: OrgId(3), message: good, verified: true });
    assert_eq!(one.host.status().prevotes.len(), 1);
}

#[test]
fn ord_16_ord_17_a_certificate_and_a_judged_body_decide() {
    let (mut one, _) = Lone::new(1, &[]);
    let short = certificate(block(1), &[2, 3]);
    let out = one.step(Input::Synced { from: OrgId(4), certificate: short });
    assert!(out.contains(&Effect::SyncRejected { from: OrgId(4), height: Height(1), permanent: true }), "{out:?}");
    let good = certificate(block(1), &[2, 3, 4]);
    let unasked = Input::SyncedJudged { certificate: good.clone(), proposer: OrgId(2), block: block(1), valid: false };
    assert_eq!(one.step(unasked), [], "a verdict without a checked certificate means nothing");
    let out = one.step(Input::Synced { from: OrgId(4), certificate: good.clone() });
    let asks = Effect::ValidateSynced { certificate: good.clone(), proposer: OrgId(2) };
    assert!(out.contains(&asks), "{out:?}");
    let out = one.step(Input::SyncedJudged { certificate: good, proposer: OrgId(2), block: block(1), valid: true });
    let tail: Vec<&Effect> = out.iter().rev().take(2).collect();
    assert!(matches!(tail[0], Effect::Finalized { height: Height(1), .. }), "{out:?}");
    assert!(matches!(tail[1], Effect::Decided { .. }), "{out:?}");
    assert_eq!(one.host.status().phase, Phase::Waiting);
    assert_eq!(one.host.position(), None);
    assert_eq!(one.step(vote(2, VoteStep::Precommit, 0, Some(block(1)))), [], "the height is over");
}

#[test]
fn ord_19_a_certified_block_that_is_invalid_here_stops_the_node() {
    let good = certificate(block(1), &[2, 3, 4]);
    let (mut one, _) = Lone::new(1, &[]);
    one.step(Input::Synced { from: OrgId(4), certificate: good.clone() });
    let out = one.step(Input::SyncedJudged { certificate: good, proposer: OrgId(2), block: block(1), valid: false });
    assert!(halted(&out).is_some_and(|reason| reason.contains("certified")), "{out:?}");

    let (mut one, _) = Lone::new(1, &[]);
    one.step(proposal(0, block(1), None));
    one.step(judged(0, block(1), false));
    let mut out = Vec::new();
    for org in [2, 3, 4] {
        assert!(halted(&out).is_none());
        out = one.step(vote(org, VoteStep::Precommit, 0, Some(block(1))));
    }
    assert!(halted(&out).is_some_and(|reason| reason.contains("certified")), "{out:?}");
}

#[test]
fn ord_11_an_untimely_block_is_held_only_while_nobody_shows_support() {
    let (mut one, out) = Lone::new(1, &[]);
    let must = |lone: &Lone| lone.host.must_judge(Height(1), 0, block(1));
    one.step(proposal(0, block(1), None));
    assert!(!must(&one), "nothing is known yet");
    for org in [2, 3, 4] {
        one.step(vote(org, VoteStep::Prevote, 0, Some(block(1))));
    }
    assert!(must(&one), "there is a polka");
    assert!(!one.host.must_judge(Height(1), 0, block(2)), "for that block only");
    assert!(!one.host.must_judge(Height(2), 0, block(1)), "at this height only");

    let (mut one, out_again) = Lone::new(1, &[]);
    assert_eq!(out, out_again);
    one.step(proposal(1, block(1), Some(0)));
    assert!(must(&one), "a proposal with a proof of lock is enough");

    let (mut one, out) = Lone::new(1, &[]);
    for effect in out {
        if let Effect::SetTimeout { id, .. } = effect
            && id.step == TimeoutStep::Propose
        {
            one.step(Input::Timeout(id));
        }
    }
    assert_eq!(one.host.position(), Some((0, Step::Prevote)));
    assert!(must(&one), "the own prevote is out");
}

#[test]
fn ord_7_a_follower_logs_and_says_nothing() {
    let mut host = Host::new(Config { chain: CHAIN, me: None, timeouts: timeouts() });
    let key = Key(secret(1));
    let mut out = Vec::new();
    host.start_height(Height(1), four(), &[], &key, &mut out);
    host.step(judged(0, block(1), true), &key, &mut out);
    host.step(proposal(0, block(1), None), &key, &mut out);
    for step in [VoteStep::Prevote, VoteStep::Precommit] {
        for org in [2, 3, 4] {
            host.step(vote(org, step, 0, Some(block(1))), &key, &mut out);
        }
    }
    assert!(matches!(out.last(), Some(Effect::Finalized { .. })), "it follows: {out:?}");
    assert!(!out.iter().any(|effect| matches!(effect, Effect::Append(_) | Effect::Sync | Effect::Broadcast(_))));
}

#[test]
fn ord_20_a_silent_validator_neither_asks_nor_votes() {
    let mut host = Host::new(Config { chain: CHAIN, me: Some(OrgId(2)), timeouts: timeouts() });
    host.set_silent(true);
    let key = Key(secret(2));
    let mut out = Vec::new();
    host.start_height(Height(1), four(), &[], &key, &mut out);
    assert!(!host.status().votes);
    assert!(
        out.iter().all(|effect| matches!(effect, Effect::SetTimeout { .. } | Effect::CancelAllTimeouts)),
        "{out:?}"
    );
}

#[test]
fn ord_10_a_wrong_key_or_a_height_out_of_order_stops_the_node() {
    let host = Host::new(Config { chain: CHAIN, me: Some(OrgId(2)), timeouts: timeouts() });
    let mut two = Lone { host, key: Key(secret(3)) };
    two.start(1, &[]);
    let out = two.step(Input::Propose { height: Height(1), round: 0, block: block(1) });
    assert!(halted(&out).is_some_and(|reason| reason.contains("does not hold")), "{out:?}");
    assert!(sent(&out).is_empty());

    let (mut one, _) = Lone::new(1, &[]);
    assert!(halted(&one.start(1, &[])).is_some_and(|reason| reason.contains("cannot start")));
}

#[test]
fn a_peer_that_connects_again_gets_the_current_messages() {
    let (mut two, _) = Lone::new(2, &[]);
    assert!(two.host.current_messages().is_empty());
    let out = two.step(Input::Propose { height: Height(1), round: 0, block: block(1) });
    let sent: Vec<Message> = sent(&out).into_iter().cloned().collect();
    let mut current = two.host.current_messages();
    current.sort_by_key(Message::to_bytes);
    let mut expected = sent;
    expected.sort_by_key(Message::to_bytes);
    assert_eq!(current, expected);
}

#[test]
fn status_names_who_is_missing() {
    let (mut one, _) = Lone::new(1, &[]);
    one.step(vote(3, VoteStep::Prevote, 0, None));
    let status = one.host.status();
    assert_eq!((status.phase, status.height, status.round, status.step), (Phase::Running, Height(1), 0, Step::Propose));
    assert_eq!(status.proposer, Some(OrgId(2)));
    assert_eq!(status.missing_prevotes, [OrgId(1), OrgId(2), OrgId(4)]);
    assert_eq!(status.missing_precommits.len(), 4);
    assert_eq!(status.total_power, 4);
    assert!(status.votes && !status.timeouts.is_empty() && status.decided.is_none());
}
