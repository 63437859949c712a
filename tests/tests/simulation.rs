//! Whole nodes under faults, many seeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use assent_tests::report;
use assent_tests::sim::model::Tally;
use assent_tests::sim::{Broken, Counts, Flaw, Outcome, Plan, run};

/// Seeds to run: `ASSENT_SIM_SEEDS`, or a few.
fn seeds() -> u64 {
    std::env::var("ASSENT_SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// First seed: `ASSENT_SIM_FIRST`, to replay one.
fn first() -> u64 {
    std::env::var("ASSENT_SIM_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn line(seed: u64, plan: &Plan, outcome: &Outcome) -> String {
    let Counts {
        heights,
        txs,
        refused,
        crashes,
        torn,
        partitions,
        lost,
        blackouts,
        losses,
        returns,
        pulls,
        syncs,
        largest,
        changes,
        certificates,
        tally,
        opened,
        repairs,
        culprits,
        lies_refused,
        releases_refused,
    } = outcome.counts;
    let Tally { documents, active, permitted, denied, cancelled, served, acked, bills, claims, held, settled, .. } =
        tally;
    let Tally { broken, justified, condemned, .. } = tally;
    format!(
        "seed={seed} validators={} byzantine={} heights={heights} txs={txs} refused={refused} crashes={crashes} \
         torn={torn} partitions={partitions} lost={lost} blackouts={blackouts} lost_disks={losses} returned={returns} \
         pulls={pulls} syncs={syncs} largest_body={largest} changes={changes} certificates={certificates} \
         documents={documents} active={active} permitted={permitted} denied={denied} cancelled={cancelled} \
         served={served} opened={opened} acked={acked} releases_refused={releases_refused} repairs={repairs} \
         culprits={culprits} lies_refused={lies_refused} glass={broken} justified={justified} condemned={condemned} bills={bills} claims={claims} held={held} settled={settled} \
         trace={:016x} violations={}",
        plan.validators,
        plan.byzantine.len(),
        outcome.trace,
        outcome.violations.len()
    )
}

#[test]
fn every_seed_keeps_every_rule() {
    let (next, end) = (AtomicU64::new(first()), first() + seeds());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let plan = Plan::of_seed(seed);
                    let outcome = run(&plan);
                    report::line("simulator", &line(seed, &plan, &outcome));
                    done.lock().unwrap().push((seed, outcome));
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    let violations: usize = done.iter().map(|(_, outcome)| outcome.violations.len()).sum();
    let least = |count: fn(&Counts) -> u64| done.iter().map(|(_, outcome)| count(&outcome.counts)).min().unwrap();
    let sum = |count: fn(&Counts) -> u64| done.iter().map(|(_, outcome)| count(&outcome.counts)).sum::<u64>();
    report::line(
        "simulator",
        &format!(
            "{} seeds, each at least {} heights, {} transactions, {} crashes, {} torn logs, {} partitions, {} crash of \
             all nodes; in all {} refused by execution, {} changes of validators, {} lost disks, {} bodies asked for; \
             {violations} violations",
            done.len(),
            least(|counts| counts.heights),
            least(|counts| counts.txs),
            least(|counts| counts.crashes),
            least(|counts| counts.torn),
            least(|counts| counts.partitions),
            least(|counts| counts.blackouts),
            sum(|counts| counts.refused),
            sum(|counts| counts.changes),
            sum(|counts| counts.losses),
            sum(|counts| counts.pulls),
        ),
    );
    report::line(
        "simulator",
        &format!(
            "in all {} documents, {} sessions permitted, {} denied, {} cancelled, {} documents read, {} shards rebuilt, {} \
             key parts refused, {} wrong shards traced to their custodians, {} lies refused; the glass broken \
             {} times, refused {} times, {} justified, {} violations; {} claims on {} bills, {} \
             citing a document, {} held, {} paid",
            sum(|counts| counts.tally.documents),
            sum(|counts| counts.tally.permitted),
            sum(|counts| counts.tally.denied),
            sum(|counts| counts.tally.cancelled),
            sum(|counts| counts.opened),
            sum(|counts| counts.repairs),
            sum(|counts| counts.releases_refused),
            sum(|counts| counts.culprits),
            sum(|counts| counts.lies_refused),
            sum(|counts| counts.tally.broken),
            sum(|counts| counts.tally.kept_out),
            sum(|counts| counts.tally.justified),
            sum(|counts| counts.tally.condemned),
            sum(|counts| counts.tally.claims),
            sum(|counts| counts.tally.bills),
            sum(|counts| counts.tally.attached),
            sum(|counts| counts.tally.held),
            sum(|counts| counts.tally.settled),
        ),
    );
    for (seed, outcome) in &done {
        assert!(outcome.violations.is_empty(), "seed {seed}: {:#?}", outcome.violations);
        let counts = &outcome.counts;
        assert!(counts.heights >= 50 && counts.txs >= 200, "seed {seed}: {counts:?}");
        assert!(
            counts.crashes >= 20 && counts.torn >= 5 && counts.partitions >= 1 && counts.blackouts == 1,
            "seed {seed}: {counts:?}"
        );
        let Tally { active, served, acked, settled, attached, .. } = counts.tally;
        assert!(active >= 1 && served >= 1 && acked >= 1 && counts.opened >= 1, "seed {seed}: {counts:?}");
        assert!(settled >= 1 && attached >= 1, "seed {seed}: {counts:?}");
    }
    assert!(sum(|counts| counts.refused) > 0, "no transaction was refused by execution");
    // What not every seed has: enough of them have it.
    if done.len() >= 10 {
        assert!(sum(|counts| counts.changes) > 0, "the validators never changed");
        assert!(sum(|counts| counts.pulls) > 0, "no body was asked for");
        assert!(sum(|counts| counts.returns) > 0, "no validator came back from a lost disk");
        assert!(sum(|counts| counts.tally.denied) > 0, "no session was denied");
        assert!(sum(|counts| counts.tally.cancelled) > 0, "no session was cancelled by a revocation");
        assert!(sum(|counts| counts.repairs) > 0, "no shard was rebuilt");
        assert!(sum(|counts| counts.culprits) > 0, "no custodian was caught");
        assert!(sum(|counts| counts.releases_refused) > 0, "no key part was refused");
        assert!(sum(|counts| counts.lies_refused) > 0, "no lie was refused");
        assert!(sum(|counts| counts.tally.held) > 0, "no claim was held");
        assert!(sum(|counts| counts.tally.kept_out) > 0, "nobody was kept from breaking the glass");
        assert!(sum(|counts| counts.tally.justified) > 0, "no broken glass was justified");
        assert!(sum(|counts| counts.tally.condemned) > 0, "no broken glass was a violation");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another() {
    let trace = |seed| run(&Plan::of_seed(seed)).trace;
    let (once, again, other) = (trace(1_001), trace(1_001), trace(1_002));
    assert_eq!(once, again);
    assert_ne!(once, other);
    report::line("simulator", &format!("seed 1001 twice: trace {once:016x} both times; seed 1002: {other:016x}"));
}

fn caught(broken: Broken, sign: &str) {
    let found = (1..=30).find_map(|seed| {
        let mut plan = Plan::of_seed(seed).broken(broken);
        plan.byzantine.clear();
        let outcome = run(&plan);
        outcome.violations.iter().find(|violation| violation.starts_with(sign)).map(|found| (seed, found.clone()))
    });
    let Some((seed, violation)) = found else { panic!("{broken:?} was not caught as {sign:?} in 30 seeds") };
    report::line("simulator", &format!("broken {broken:?}: caught with seed {seed}: {violation}"));
}

#[test]
fn a_lost_write_ahead_log_is_caught() {
    caught(Broken::Log, "double vote");
}

#[test]
fn syncs_that_do_nothing_are_caught() {
    caught(Broken::Syncs, "double vote");
}

#[test]
fn a_quorum_of_half_is_caught() {
    caught(Broken::Quorum, "validity");
}

#[test]
fn a_lost_block_is_caught() {
    caught(Broken::LostBlock, "lost");
}

fn flaw_is_caught(flaw: Flaw, sign: &str) {
    let found = (1..=30).find_map(|seed| {
        let outcome = run(&Plan::of_seed(seed).flawed(flaw));
        outcome.violations.iter().find(|violation| violation.starts_with(sign)).map(|found| (seed, found.clone()))
    });
    let Some((seed, violation)) = found else { panic!("{flaw:?} was not caught as {sign:?} in 30 seeds") };
    report::line("simulator", &format!("flaw {flaw:?}: caught with seed {seed}: {violation}"));
}

#[test]
fn a_release_after_revocation_is_caught() {
    flaw_is_caught(Flaw::Permit, "INV-11");
}

#[test]
fn a_key_part_released_twice_is_caught() {
    flaw_is_caught(Flaw::Parts, "INV-10");
}

#[test]
fn a_receipt_for_anothers_shard_is_caught() {
    flaw_is_caught(Flaw::Receipts, "INV-22");
}

#[test]
fn two_shards_with_one_custodian_are_caught() {
    flaw_is_caught(Flaw::Spread, "INV-22");
}

#[test]
fn a_reader_that_believes_custodians_is_caught() {
    flaw_is_caught(Flaw::BelievesCustodians, "custody");
}

#[test]
fn shares_that_do_not_add_up_are_caught() {
    flaw_is_caught(Flaw::Shares, "INV-14");
}

#[test]
fn a_payment_of_more_than_is_due_is_caught() {
    flaw_is_caught(Flaw::Payable, "INV-16");
}

#[test]
fn a_claim_with_a_document_that_it_may_not_cite_is_caught() {
    flaw_is_caught(Flaw::Attachments, "INV-24");
}

#[test]
fn a_justification_by_somebody_else_is_caught() {
    flaw_is_caught(Flaw::Justification, "RV review");
}

#[test]
fn an_index_that_lacks_an_entry_is_caught() {
    let mut plan = Plan::of_seed(1).broken(Broken::Index);
    plan.byzantine.clear();
    let outcome = run(&plan);
    let found: std::collections::BTreeSet<&String> = outcome.violations.iter().collect();
    assert!(found.iter().all(|violation| violation.starts_with("rebuild")), "{found:#?}");
    // Each of the eleven indexes lacked an entry once, or seed 1 has none in it.
    assert!(found.len() >= 10, "{found:#?}");
    report::line("simulator", &format!("broken Index: {} of 11 indexes caught with seed 1", found.len()));
}

#[test]
fn a_session_that_never_ends_is_caught() {
    flaw_is_caught(Flaw::Deadline, "liveness");
}
