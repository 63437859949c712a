//! A whole run, from an empty folder to the report.

use std::path::Path;
use std::time::{Duration, Instant};

use assent_client::Client;
use assent_types::key::{SecretKey, SignatureCheck};
use assent_types::tx::Transaction;

use super::BenchError;
use super::load::{Load, Progress, start};
use super::machine::{self, IDLE, Setting, SyncProbe};
use super::network::Network;
use super::options::{Options, What};
use super::plot;
use super::report::Report;
use super::scenario::Scenario;
use super::story;
use super::workload::{HOSPITAL, Subject};

/// Signatures over which the cost of a check is measured.
const SIGNATURES: usize = 512;
/// Registrations outstanding.
const REGISTRATIONS: usize = 1000;
/// The validator that is killed.
const KILLED: usize = 3;

/// Runs the bench, prints its table and writes what was asked for.
///
/// # Errors
/// A program or disk that fails, a transaction without a verified receipt.
pub fn run(options: &Options) -> Result<(), BenchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(BenchError::new)?;
    if options.what == What::Story {
        let report = runtime.block_on(story::measure(options))?;
        println!("{}", report.text());
        return options.json.as_deref().map_or(Ok(()), |path| write(path, &format!("{:#}\n", report.json())));
    }
    let report = runtime.block_on(measure(options))?;
    println!("{}", report.text());
    if let Some(path) = &options.json {
        write(path, &format!("{:#}\n", report.json()))?;
    }
    if let Some(path) = &options.plot {
        let title = format!("{}, four nodes", report.setting.title());
        write(path, &plot::draw(&report.figures, &title))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), BenchError> {
    std::fs::write(path, text).map_err(|error| BenchError::at(path.display(), error))
}

/// The scenarios; the flag says whether one node is down.
fn scenarios(options: &Options) -> Vec<(Scenario, bool)> {
    let (light, many, few) = match options.quick {
        true => (60, 600, 300),
        false => (options.light_seconds * 20, options.transactions, options.transactions / 4),
    };
    let outstanding = if options.quick { [20, 100, 200] } else { [100, 1000, 4000] };
    let closed = |name, outstanding, count| Scenario { name, load: Load::Closed { outstanding }, count };
    let all = vec![
        (Scenario { name: "light, 20 tx/s", load: Load::Open { per_second: 20 }, count: light }, false),
        (closed("few outstanding", outstanding[0], few), false),
        (closed("saturated", outstanding[1], many), false),
        (closed("overloaded", outstanding[2], many), false),
        (closed("one node down", outstanding[1], many / 2), true),
    ];
    all.into_iter().filter(|(scenario, _)| scenario.name.contains(&options.only)).collect()
}

async fn measure(options: &Options) -> Result<Report, BenchError> {
    let programs = options.programs().map_err(BenchError::new)?;
    let folder = options.folder()?;
    let probe = SyncProbe::start(folder.path())?;
    tokio::time::sleep(IDLE).await;
    let idle_sync = probe.take();
    let mut network = Network::start(&programs, folder.path())?;
    eprintln!("network in {}", network.folder().display());
    let hospital = network.signing_key(HOSPITAL)?;
    let clients = network.clients(&hospital)?;
    network.wait_connected(&clients, clients.len() - 1).await?;
    let disk_before = machine::disk_bytes(&network.nodes[0].data());

    let plan = scenarios(options);
    let needed: usize = plan.iter().map(|(scenario, _)| scenario.count).sum();
    let (mut subjects, seconds) = register(&network, &clients, &hospital, needed.max(options.subjects)).await?;
    let registered = (subjects.len(), seconds);
    let signature_us = signature_cost(&network, &subjects)?;

    let mut figures = Vec::new();
    for (scenario, down) in &plan {
        let clients = if *down { &clients[..KILLED] } else { &clients[..] };
        if *down {
            network.kill(KILLED)?;
        }
        let txs = grants(&network, &mut subjects, scenario.count)?;
        eprintln!("{}: {} transactions", scenario.name, txs.len());
        figures.push(scenario.run(&network, clients, &probe, txs).await?);
    }
    drop(clients);
    let disk_after = settled_disk_bytes(&mut network)?;
    let transactions = registered.0 + figures.iter().map(|one| one.verified).sum::<usize>();
    Ok(Report {
        setting: Setting::of(options, idle_sync),
        signature_us,
        registered,
        figures,
        disk_bytes_per_tx: disk_after.saturating_sub(disk_before) as f64 / transactions.max(1) as f64,
    })
}

/// Registers subjects before anything is measured; returns them and the seconds that took.
async fn register(
    network: &Network,
    clients: &[Client],
    hospital: &SecretKey,
    count: usize,
) -> Result<(Vec<Subject>, f64), BenchError> {
    eprintln!("registering {count} subjects");
    let mut subjects = Vec::with_capacity(count);
    let mut txs = Vec::with_capacity(count);
    for _ in 0..count {
        let subject = Subject::new()?;
        txs.push(subject.registration(network.chain, hospital)?);
        subjects.push(subject);
    }
    let begun = Instant::now();
    let progress = Progress::default();
    start(Load::Closed { outstanding: REGISTRATIONS }, clients, txs, &progress).join_all().await;
    match progress.failures() {
        (0, _) => Ok((subjects, begun.elapsed().as_secs_f64())),
        (failed, why) => Err(network.explain(format!("{failed} of {count} registrations failed: {}", why.join("; ")))),
    }
}

/// Signed grants of subjects that have given none yet.
fn grants(network: &Network, subjects: &mut Vec<Subject>, count: usize) -> Result<Vec<Transaction>, BenchError> {
    let from = subjects.len().saturating_sub(count);
    subjects.drain(from..).map(|subject| subject.grant(network.chain)).collect()
}

fn signature_cost(network: &Network, subjects: &[Subject]) -> Result<(f64, f64), BenchError> {
    let mut checks: Vec<SignatureCheck> = Vec::new();
    for subject in subjects.iter().take(SIGNATURES) {
        let public = subject.key().public();
        checks.extend(subject.grant(network.chain)?.signature_checks(|_| Some(public)).into_iter().flatten());
    }
    machine::signature_cost(&checks)
}

/// What the first node keeps on disk once its store has moved everything from its log into tables, which it does when
/// it opens.
fn settled_disk_bytes(network: &mut Network) -> Result<u64, BenchError> {
    for index in 0..network.nodes.len() {
        network.stop(index)?;
    }
    network.spawn(0)?;
    let data = network.nodes[0].data();
    let mut before = u64::MAX;
    // Settled when nothing changes for a second.
    for _ in 0..30 {
        std::thread::sleep(Duration::from_secs(1));
        let now = machine::disk_bytes(&data);
        if now == before {
            break;
        }
        before = now;
    }
    network.stop(0)?;
    Ok(machine::disk_bytes(&data))
}
