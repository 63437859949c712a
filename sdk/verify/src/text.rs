use std::fmt::Display;

use assent_proofs::bundle::{Proven, ProvenItem, Signed, Verified};
use assent_types::block::Header;
use assent_types::claim::CodeRef;
use assent_types::receipt::{Opening, Receipt};
use assent_types::state::{Record, StateKey};
use assent_types::{Height, Millis};

use crate::json::record_json;
use crate::time::rfc3339;

/// Kind of a proven claim: `finality`, `receipt`, `header`, `state` or `consistency`.
pub fn kind(proven: &Proven) -> &'static str {
    match proven {
        Proven::Finality => "finality",
        Proven::Receipt { .. } => "receipt",
        Proven::Header(_) => "header",
        Proven::State(_) => "state",
        Proven::Consistency { .. } => "consistency",
    }
}

fn join<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

fn at(height: Height, time: Millis) -> String {
    format!("height {height}, {}", rfc3339(time))
}

/// A state key in words.
pub fn key_text(key: &StateKey) -> String {
    match key {
        StateKey::Block => "the block".into(),
        StateKey::Params => "the parameters".into(),
        StateKey::Validators => "the validators".into(),
        StateKey::Org(org) => format!("organisation {org}"),
        StateKey::Key(key) => format!("key {key}"),
        StateKey::Subject(sp) => format!("subject {sp}"),
        StateKey::Mandate(mandate) => format!("mandate {mandate}"),
        StateKey::Consents(sp, org) => format!("consents of subject {sp} with organisation {org}"),
        StateKey::Bases(org) => format!("transfer bases of organisation {org}"),
        StateKey::Misbehaviour(org) => format!("proven misbehaviour of organisation {org}"),
        StateKey::SweepSeed => "the seed of sweeps".into(),
        StateKey::Anchor(anchor) => format!("document {anchor}"),
        StateKey::Keyset(keyset) => format!("keyset {keyset}"),
        StateKey::Session(session) => format!("access session {session}"),
        StateKey::Accesses(sp, org) => format!("accesses to documents of subject {sp} with organisation {org}"),
        StateKey::SubjectLinks(case) => format!("linked pseudonyms of case {case}"),
        StateKey::Case(case) => format!("case {case}"),
        StateKey::Bill(bill, org) => format!("bill {bill} of organisation {org}"),
        StateKey::Claim(claim) => format!("claim {claim}"),
        StateKey::Settlement(settlement) => format!("settlement {settlement}"),
        StateKey::Eligibility(question) => format!("question of eligibility {question}"),
        StateKey::Preauth(preauth) => format!("preauthorisation {preauth}"),
        StateKey::Guarantee(guarantee) => format!("guarantee of payment {guarantee}"),
        StateKey::Proposal(proposal) => format!("proposal {proposal}"),
        StateKey::Governance => "the register of governance".into(),
        StateKey::Halts => "the emergency measures".into(),
        StateKey::Fixing(fixing) => format!("fixing {fixing}"),
        StateKey::FixingPair(one, other) => format!("the fixings of {one} and {other}"),
        StateKey::CodeSystem(code) => format!("code system {} version {}", code.system, code.version),
        StateKey::CodeMap(map) => format!("code map {map}"),
        StateKey::CodeMaps(src, dst) => {
            let name = |code: &CodeRef| format!("{} version {}", code.system, code.version);
            format!("the maps from code system {} to {}", name(src), name(dst))
        }
        StateKey::Delegation(principal, delegate) => format!("delegation of organisation {principal} to {delegate}"),
        StateKey::Assignment(assignment) => format!("assignment {assignment}"),
        StateKey::Batch(batch) => format!("batch {batch} of settlements"),
        StateKey::ClaimCode(code) => format!("claim code {code}"),
        StateKey::ClaimCodeNonce(sp, nonce) => format!("claim code nonce {nonce} of subject {sp}"),
        StateKey::Review(session) => format!("review of session {session}"),
        StateKey::Standing(org) => format!("standing of organisation {org}"),
        StateKey::Activity(org, person) => format!("activity of {person} of organisation {org}"),
        StateKey::Anomalies(kind, Some(org)) => format!("anomalies {kind} of organisation {org}"),
        StateKey::Anomalies(kind, None) => format!("anomalies {kind} for the regulators"),
        StateKey::Retention(anchor) => format!("retention of document {anchor}"),
        StateKey::LogRoots(org) => format!("log roots of organisation {org}"),
        StateKey::Lookup(org, sp) => format!("look-up of subject {sp} by organisation {org}"),
        StateKey::Recognitions(anchor) => format!("recognitions of document {anchor}"),
        StateKey::RecognitionTally(org) => format!("recognitions by organisation {org}"),
        StateKey::Rollover(sp) => format!("successor of subject {sp}"),
        StateKey::SettlementList(bill, org) => format!("settlement list of bill {bill} of organisation {org}"),
        StateKey::Challenge(challenge) => format!("challenge of possession {challenge}"),
        StateKey::OpenRequests(org, sp) => format!("what is open of subject {sp} with insurer {org}"),
        StateKey::Exports(org, year) => format!("what left the jurisdiction of organisation {org} in {year}"),
    }
}

/// What was proven, in plain words, one statement a line.
pub fn describe(verified: &Verified) -> Vec<String> {
    let Verified { genesis, changes, header, signed, proven } = verified;
    let mut lines = vec![
        format!("accepted: a proof of {}", what(proven)),
        format!("chain {} \"{}\" ({})", header.chain, genesis.name.as_str(), genesis.chain_class),
        format!("block {} at {}", header.hash(), at(header.height, header.time)),
        format!("final: {}", signed_text(signed)),
    ];
    if !changes.is_empty() {
        lines.push(format!("the validators changed after height {}", join(changes)));
    }
    match proven {
        Proven::Finality => {}
        Proven::Receipt { receipt, index, details } => {
            receipt_lines(&mut lines, receipt, *index, header, details.as_ref());
        }
        Proven::Header(earlier) => {
            lines.push(format!("earlier block {} at {}", earlier.hash(), at(earlier.height, earlier.time)));
            lines.push(format!("it is entry {} of {} in the history", earlier.log_size, header.log_size));
        }
        Proven::State(items) => items.iter().for_each(|item| item_lines(&mut lines, item, header)),
        Proven::Consistency { older, signed } => {
            lines.push(format!("older block {} at {}", older.hash(), at(older.height, older.time)));
            lines.push(format!("final: {}", signed_text(signed)));
            lines.push(format!(
                "its history of {} entries is the unchanged beginning of the {} entries at height {}",
                older.log_size, header.log_size, header.height
            ));
        }
    }
    lines
}

fn what(proven: &Proven) -> &'static str {
    match proven {
        Proven::Finality => "the finality of a block",
        Proven::Receipt { .. } => "a receipt",
        Proven::Header(_) => "an earlier block",
        Proven::State(_) => "the state",
        Proven::Consistency { .. } => "append-only history",
    }
}

fn signed_text(signed: &Signed) -> String {
    format!(
        "{} of {} validators with power {} of {} signed in round {}: organisations {}",
        signed.signers.len(),
        signed.validators,
        signed.power,
        signed.total,
        signed.round,
        join(&signed.signers)
    )
}

/// What a receipt says became of its transaction.
pub(crate) fn outcome(receipt: &Receipt) -> String {
    match (receipt.code, receipt.error()) {
        (0, _) => "executed".into(),
        (_, Some(error)) => format!("refused, {error}: {}", error.hint()),
        (code, None) => format!("refused, E{code}"),
    }
}

fn receipt_lines(lines: &mut Vec<String>, receipt: &Receipt, index: u64, header: &Header, details: Option<&Opening>) {
    lines.push(format!("transaction {}", receipt.tx));
    lines.push(format!("position {} of the block at {}", receipt.index, at(receipt.height, receipt.time)));
    lines.push(format!("outcome: {}", outcome(receipt)));
    lines.push(format!("entry {index} of {} in the history", header.log_size));
    let Some(details) = details else {
        lines.push(format!("details not opened, hash {}", receipt.details));
        return;
    };
    if let Some(signer) = details.signer {
        lines.push(format!("signed by key {signer}"));
    }
    if !details.is_whole() {
        lines.push(format!("{} of {} events opened, the others stay hidden", details.events.len(), details.count));
    }
    for event in details.events.iter().map(|opened| &opened.event) {
        let subject = event.subject.map_or_else(String::new, |subject| format!(", subject {subject}"));
        lines.push(format!("event {} on {}{subject}, parties {}", event.row, event.object, join(&event.parties)));
    }
}

fn item_lines(lines: &mut Vec<String>, item: &ProvenItem, header: &Header) {
    let key = key_text(&item.key);
    let Some(value) = &item.value else {
        lines.push(format!("absent at height {}: {key}", header.height));
        return;
    };
    lines.push(format!("present at height {}: {key}", header.height));
    lines.push(format!("  written by {}", value.written_by));
    if let Record::Consents(book) = &value.record {
        for consent in book.live.iter().chain(&book.closed) {
            lines.push(format!("  consent {} version {}: {}", consent.id, consent.version, consent.status));
        }
        return;
    }
    lines.push(format!("  {}", record_json(&value.record)));
}
