//! Whole networks of hosts under faults. Every run prints its seed.

use std::sync::Arc;

use assent_types::validator::{Validator, ValidatorSet};

use crate::schedule::Network;
use crate::world::{Broken, Malice, Plan, World, org};

/// Seeds from 1 up; `ASSENT_ORDERING_SEEDS` asks for more than the default.
fn seeds(default: u64) -> std::ops::RangeInclusive<u64> {
    let asked = std::env::var("ASSENT_ORDERING_SEEDS").ok().and_then(|text| text.parse().ok());
    1..=default.max(asked.unwrap_or(0))
}

/// Runs a plan that must keep every rule.
fn run(name: &str, plan: Plan, heights: u64) -> World {
    let mut world = World::new(plan);
    let reached = world.run_to(heights, 600_000);
    report(name, &world);
    assert_eq!(world.audit.broken, Vec::<String>::new(), "seed={}", world.plan.seed);
    assert!(reached, "seed={} stopped at height {} after {} ms", world.plan.seed, world.height(), world.now());
    world
}

/// Runs with faults until `calm_at`, then repairs the network and demands progress.
fn run_and_heal(name: &str, plan: Plan, calm_at: u64, heights: u64) -> World {
    let mut world = World::new(plan);
    world.run_to(u64::MAX, calm_at);
    let before = world.height();
    world.plan.network.heal();
    world.plan.crash_every = 0;
    let reached = world.run_to(before + heights, calm_at + 120_000);
    report(name, &world);
    assert_eq!(world.audit.broken, Vec::<String>::new(), "seed={}", world.plan.seed);
    assert!(reached, "seed={} has {} blocks, {before} when the network healed", world.plan.seed, world.height());
    world
}

fn report(name: &str, world: &World) {
    println!(
        "{name}: seed={} nodes={} heights={} virtual_ms={} events={} rounds>0={} crashes={} replays={} synced={} \
         rejected={} convicted={}",
        world.plan.seed,
        world.plan.nodes,
        world.height(),
        world.now(),
        world.events,
        world.rounds,
        world.crashes,
        world.replays,
        world.synced,
        world.rejected,
        world.audit.convicted.len(),
    );
}

#[test]
fn a_calm_network_decides_in_the_first_round() {
    for nodes in [1, 4, 7] {
        let world = run("calm", Plan { followers: 1, ..Plan::new(1, nodes) }, 50);
        assert_eq!(world.rounds, 0, "no round failed");
        let follower = &world.nodes[nodes];
        assert!(follower.disk.chain.len() >= 50, "a follower learns every block");
        assert!(
            follower.disk.log.is_empty()
                && follower.disk.tail.iter().all(|r| matches!(r, crate::node::Record::Body(_)))
        );
    }
}

#[test]
fn loss_and_delay_cost_time_only() {
    for seed in seeds(3) {
        for nodes in [4, 7] {
            let network = Network { loss_permille: 150, ..Network::reliable(1, 150) };
            let world = run_and_heal("loss", Plan { network, ..Plan::new(seed, nodes) }, 20_000, 20);
            assert!(world.rounds > 0, "the faults were felt");
        }
    }
}

#[test]
fn ord_4_ord_5_ord_8_nobody_signs_twice_across_crashes() {
    let mut replays = 0;
    for seed in seeds(4) {
        for nodes in [4, 7] {
            let network = Network { loss_permille: 20, ..Network::reliable(1, 60) };
            let plan = Plan { network, crash_every: 120, ..Plan::new(seed, nodes) };
            let world = run_and_heal("crash", plan, 30_000, 20);
            assert!(world.crashes >= 20, "seed={seed} crashed {} times", world.crashes);
            replays += world.replays;
        }
    }
    assert!(replays > 40, "{replays} replays");
}

#[test]
fn ord_8_every_validator_may_be_down_at_once() {
    for seed in seeds(4) {
        let plan = Plan { crash_every: 80, down_max: 4, network: Network::reliable(1, 60), ..Plan::new(seed, 4) };
        let world = run_and_heal("all down", plan, 30_000, 20);
        assert!(world.replays > 10);
    }
}

#[test]
fn ord_18_a_twin_is_convicted_and_cannot_split_the_chain() {
    for seed in seeds(4) {
        for nodes in [4, 7] {
            let plan = Plan {
                malice: [(nodes - 1, Malice::Twin)].into(),
                network: Network::reliable(1, 60),
                ..Plan::new(seed, nodes)
            };
            let world = run("twin", plan, 20);
            assert!(world.audit.convicted.contains(&org(nodes - 1)), "seed={seed}");
        }
    }
}

#[test]
fn ord_11_a_proposer_who_withholds_its_blocks_costs_its_turns_only() {
    for malice in [Malice::Withhold, Malice::Unsound] {
        for seed in seeds(3) {
            let world = run("bad proposer", Plan { malice: [(2, malice)].into(), ..Plan::new(seed, 4) }, 20);
            let bad = world.nodes[0].disk.chain.iter().filter(|(body, _)| body.proposer == org(2)).count();
            assert_eq!(bad, 0, "no such block is decided");
            assert!(world.rounds > 0);
        }
    }
}

#[test]
fn a_partition_stops_and_heals() {
    for seed in seeds(4) {
        let mut world = World::new(Plan::new(seed, 4));
        assert!(world.run_to(5, 60_000));
        world.plan.network.part(&[0, 1], &[2, 3]);
        let stopped = world.height();
        world.run_to(u64::MAX, world.now() + 20_000);
        assert!(world.height() <= stopped + 1, "two of four decide nothing");
        world.plan.network.heal();
        let healed = world.run_to(stopped + 20, world.now() + 120_000);
        report("partition", &world);
        assert_eq!(world.audit.broken, Vec::<String>::new());
        assert!(healed, "seed={seed}");
    }
}

#[test]
fn ord_16_a_lagging_host_catches_up_by_certificates() {
    for seed in seeds(4) {
        let mut world = World::new(Plan::new(seed, 4));
        world.plan.network.part(&[3], &[0, 1, 2]);
        world.run_to(u64::MAX, 10_000);
        assert_eq!(world.nodes[3].disk.chain.len(), 0);
        let ahead = world.nodes[0].disk.chain.len() as u64;
        assert!(ahead > 20, "three of four go on: {ahead}");
        world.plan.network.heal();
        assert!(world.run_to(ahead, 600_000), "seed={seed}");
        report("lagging", &world);
        assert_eq!(world.audit.broken, Vec::<String>::new());
        assert!(world.synced >= ahead, "at least one answer for each missed height");
    }
}

#[test]
fn ord_6_forged_certificates_are_rejected() {
    for seed in seeds(4) {
        let mut world = World::new(Plan { malice: [(1, Malice::Forge)].into(), ..Plan::new(seed, 4) });
        world.plan.network.part(&[3], &[0, 1, 2]);
        world.run_to(u64::MAX, 5_000);
        world.plan.network.heal();
        assert!(world.run_to(40, 600_000), "seed={seed}");
        report("forged", &world);
        assert_eq!(world.audit.broken, Vec::<String>::new());
        assert!(world.rejected > 0, "seed={seed}: the forger was asked");
    }
}

#[test]
fn ord_20_a_validator_that_lost_its_log_is_silent_long_enough() {
    for seed in seeds(5) {
        let plan = Plan { crash_every: 100, broken: Broken::DropLogSilently, ..Plan::new(seed, 4) };
        run_and_heal("lost log", plan, 30_000, 20);
    }
}

#[test]
fn one_seed_is_one_run() {
    let plan = |seed| Plan { crash_every: 100, network: Network::reliable(1, 60), ..Plan::new(seed, 4) };
    let trace = |seed| run("same", plan(seed), 30).trace();
    assert_eq!(trace(3), trace(3));
    assert_ne!(trace(3), trace(4));
}

/// Counts the seeds in which the audit finds the broken rule.
fn caught(broken: Broken, text: &str) -> usize {
    (1..=10)
        .filter(|seed| {
            let network = Network::reliable(1, 60);
            let plan = Plan { crash_every: 60, down_max: 4, broken, network, ..Plan::new(*seed, 4) };
            let mut world = World::new(plan);
            world.run_to(300, 120_000);
            report("broken on purpose", &world);
            world.audit.has(text)
        })
        .count()
}

#[test]
fn the_audit_catches_a_log_that_is_dropped_at_a_crash() {
    let caught = caught(Broken::DropLog, "double sign");
    assert!(caught >= 8, "in {caught} of 10 seeds");
}

#[test]
fn the_audit_catches_votes_sent_without_a_sync() {
    let caught = caught(Broken::NoSync, "double sign");
    assert!(caught >= 8, "in {caught} of 10 seeds");
}

#[test]
fn the_audit_catches_a_wrong_quorum_rule() {
    // One node believes that the forger alone is more than two thirds.
    let mut world = World::new(Plan { malice: [(1, Malice::Forge)].into(), ..Plan::new(5, 4) });
    let mut validators: Vec<Validator> = world.validators.validators().to_vec();
    validators[1].power = 100;
    world.nodes[3].validators = Arc::new(ValidatorSet::new(validators).expect("a valid set"));
    world.plan.network.part(&[3], &[0, 1, 2]);
    world.run_to(u64::MAX, 3_000);
    world.plan.network.heal();
    world.run_to(u64::MAX, 30_000);
    report("wrong quorum", &world);
    assert!(world.audit.has("bad certificate") && world.audit.has("disagreement"), "{:?}", world.audit.broken);
}
