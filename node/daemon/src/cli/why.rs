//! `assent node why-no-block` in words.

use assent_proto::v1::{Member, ValidatorState, WhyNoBlockResponse};
use serde_json::{Value, json};

fn name(member: Option<&Member>) -> String {
    match member {
        Some(member) if member.legal_name.is_empty() => format!("organisation {}", member.org),
        Some(member) => format!("{} ({})", member.legal_name, member.org),
        None => "nobody".to_owned(),
    }
}

fn names<'a>(validators: impl Iterator<Item = &'a ValidatorState>) -> String {
    let list: Vec<String> = validators.map(|validator| name(validator.member.as_ref())).collect();
    if list.is_empty() { "nobody".to_owned() } else { list.join(", ") }
}

/// Validators from which the node has nothing: not connected, or connected without a vote in the current step.
fn is_silent(why: &WhyNoBlockResponse, validator: &ValidatorState) -> bool {
    let voted = match why.step.as_str() {
        "prevote" => validator.prevoted,
        "precommit" | "commit" => validator.precommitted,
        _ => true,
    };
    !validator.connected || !voted
}

/// One statement a line: what the node waits for, and for whom.
pub(super) fn text(why: &WhyNoBlockResponse) -> String {
    let mut lines = vec![headline(why)];
    let seconds = why.head_age_ms / 1000;
    lines.push(format!("the last block is {seconds} s old; deciding height {}", why.height));
    if why.lag > 0 {
        lines.push(format!("this node is {} blocks behind its peers and fetches them", why.lag));
    }
    if why.round >= 0 {
        lines.push(format!("round {}, step {}, proposer {}", why.round, why.step, name(why.proposer.as_ref())));
        lines.push(format!("proposal: {}", if why.has_proposal { "received" } else { "not received" }));
        lines.push(format!("prevoted: {}", names(why.validators.iter().filter(|validator| validator.prevoted))));
        lines.push(format!("precommitted: {}", names(why.validators.iter().filter(|one| one.precommitted))));
    }
    let gone: Vec<&ValidatorState> = why.validators.iter().filter(|validator| !validator.connected).collect();
    if !gone.is_empty() {
        lines.push(format!("not connected: {}", names(gone.iter().copied())));
    }
    let silent = why.validators.iter().filter(|validator| validator.connected && is_silent(why, validator));
    let silent: Vec<&ValidatorState> = silent.collect();
    if !silent.is_empty() {
        lines.push(format!("connected without a vote in this step: {}", names(silent.iter().copied())));
    }
    let present: u64 = why.validators.iter().filter(|one| one.connected).map(|one| one.power).sum();
    lines.push(format!("power needed {} of {}, connected {present}", why.quorum_power, why.total_power));
    match why.next_timeout_ms {
        Some(next) => lines.push(format!("next timeout in {:.1} s", next as f64 / 1000.0)),
        None => lines.push("no timeout runs".to_owned()),
    }
    lines.join("\n")
}

fn headline(why: &WhyNoBlockResponse) -> String {
    let present: u64 = why.validators.iter().filter(|one| one.connected).map(|one| one.power).sum();
    if present < why.quorum_power {
        let gone = names(why.validators.iter().filter(|validator| !validator.connected));
        return format!("no block: too few validators are reachable; waiting for {gone}");
    }
    match why.waiting.as_str() {
        "work" => "no block is due: there is nothing to decide".to_owned(),
        "commit" => "a block is decided; this node executes and writes it".to_owned(),
        "sync" => "this node is behind and fetches blocks from its peers".to_owned(),
        "silence" => "this node lost its write-ahead log and keeps silent until it is safe to vote".to_owned(),
        _ => {
            let silent = names(why.validators.iter().filter(|validator| is_silent(why, validator)));
            if silent == "nobody" { "a block is on its way".to_owned() } else { format!("waiting for {silent}") }
        }
    }
}

/// The same as JSON.
pub(super) fn to_json(why: &WhyNoBlockResponse) -> Value {
    let member = |member: Option<&Member>| member.map(|one| json!({ "org": one.org, "legal_name": one.legal_name }));
    let validator = |one: &ValidatorState| {
        json!({
            "member": member(one.member.as_ref()),
            "power": one.power,
            "connected": one.connected,
            "prevoted": one.prevoted,
            "precommitted": one.precommitted,
            "silent": is_silent(why, one),
            "height": one.height,
        })
    };
    json!({
        "summary": headline(why),
        "height": why.height,
        "round": (why.round >= 0).then_some(why.round),
        "step": why.step,
        "proposer": member(why.proposer.as_ref()),
        "has_proposal": why.has_proposal,
        "validators": why.validators.iter().map(validator).collect::<Vec<_>>(),
        "lag": why.lag,
        "next_timeout_ms": why.next_timeout_ms,
        "head_age_ms": why.head_age_ms,
        "waiting": why.waiting,
        "quorum_power": why.quorum_power,
        "total_power": why.total_power,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validator(org: u32, connected: bool, prevoted: bool) -> ValidatorState {
        let member = Some(Member { org, legal_name: format!("Hospital {org}") });
        ValidatorState { member, power: 1, connected, prevoted, precommitted: false, height: 9 }
    }

    fn why(validators: Vec<ValidatorState>) -> WhyNoBlockResponse {
        WhyNoBlockResponse {
            height: 10,
            round: 2,
            step: "prevote".into(),
            validators,
            waiting: "validators".into(),
            quorum_power: 3,
            total_power: 4,
            next_timeout_ms: Some(1500),
            ..WhyNoBlockResponse::default()
        }
    }

    #[test]
    fn two_stopped_validators_are_both_named() {
        let why = why(vec![
            validator(1, true, true),
            validator(2, true, true),
            validator(3, false, false),
            validator(4, false, false),
        ]);
        let text = text(&why);
        assert!(
            text.starts_with("no block: too few validators are reachable; waiting for Hospital 3 (3), Hospital 4 (4)"),
            "{text}"
        );
        assert!(text.contains("next timeout in 1.5 s"), "{text}");
        assert!(text.contains("prevoted: Hospital 1 (1), Hospital 2 (2)"), "{text}");
    }

    #[test]
    fn a_connected_validator_that_does_not_vote_is_named() {
        let why = why(vec![
            validator(1, true, true),
            validator(2, true, true),
            validator(3, true, false),
            validator(4, true, true),
        ]);
        assert!(text(&why).starts_with("waiting for Hospital 3 (3)"), "{}", text(&why));
    }
}
