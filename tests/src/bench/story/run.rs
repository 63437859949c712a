//! The whole story, from an empty folder to the report.

use std::time::Duration;

use assent_client::Client;
use assent_types::consent::Purpose;
use assent_types::tx::Transaction;

use super::super::BenchError;
use super::super::machine::{self, IDLE, Setting, SyncProbe};
use super::super::network::{Network, key_of};
use super::super::options::Options;
use super::super::workload::{self, Subject};
use super::claim;
use super::documents::{self, Size};
use super::meter::Taken;
use super::report::Report;
use super::world::{Agents, HOSPITAL, World, argument, cli, text};

/// How long one transaction of the preparation may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// Sizes of documents, and how often a claim is repeated.
fn plan(quick: bool) -> (Vec<Size>, usize) {
    let size = |name, bytes, repetitions| Size { name, bytes, repetitions };
    if quick {
        return (vec![size("10 kB", 10_000, 1), size("1 MB", 1_000_000, 1)], 1);
    }
    (vec![size("10 kB", 10_000, 5), size("1 MB", 1_000_000, 5), size("64 MB", 64_000_000, 3)], 5)
}

/// Measures everything.
pub(in super::super) async fn measure(options: &Options) -> Result<Report, BenchError> {
    let programs = options.programs().map_err(BenchError::new)?;
    let folder = options.folder()?;
    let load_before = machine::load_average();
    let probe = SyncProbe::start(folder.path())?;
    tokio::time::sleep(IDLE).await;
    let idle_sync = probe.take();
    let world = prepare(Network::start(&programs, folder.path())?).await?;
    let (sizes, claims) = plan(options.quick);

    // The first document of all finds connections and caches cold, and is not counted.
    documents::measure(&world, &Size { repetitions: 1, ..sizes[0] })?;
    let (idle, ()) = Taken::by(&world.network, &world.agents, || {
        std::thread::sleep(IDLE);
        Ok(())
    })?;
    probe.take();
    let mut figures = Vec::new();
    for size in &sizes {
        eprintln!("documents of {}", size.name);
        figures.extend(documents::measure(&world, size)?);
    }
    eprintln!("claims");
    figures.push(claim::measure(&world, claims)?);
    Ok(Report {
        setting: Setting::of(options, idle_sync),
        load_average: (load_before, machine::load_average()),
        sync: probe.take(),
        idle,
        figures,
    })
}

/// Starts the agents, registers the patient with a consent, and who holds the documents' keys.
async fn prepare(network: Network) -> Result<World, BenchError> {
    eprintln!("network in {}", network.folder().display());
    let hospital = network.signing_key(workload::HOSPITAL)?;
    let clients = network.clients(&hospital)?;
    network.wait_connected(&clients, clients.len() - 1).await?;
    let agents = Agents::start(&network)?;

    let path = network.folder().join("patient.key");
    let key_file = argument(&path)?;
    cli(&network, None, &["keys", "new", "--usage", "SIGN_TX", "--out", &key_file])?;
    let patient = Subject::with(key_of(&path)?)?;
    execute(&network, &clients[0], &patient.registration(network.chain, &hospital)?).await?;
    execute(&network, &clients[0], &patient.grant_for(network.chain, Purpose::Clmattch)?).await?;
    let holder = workload::HOSPITAL.to_string();
    let keyset = cli(&network, Some(HOSPITAL), &["doc", "keyset", "--threshold", "1", "--holder", &holder])?;
    let keyset = text(&keyset, "/keyset")?;
    Ok(World { agents, network, sp: patient.sp().to_string(), key_file, keyset })
}

async fn execute(network: &Network, client: &Client, tx: &Transaction) -> Result<(), BenchError> {
    let receipt = client.submit_and_wait(tx, DEADLINE).await.map_err(|error| network.explain(error))?;
    receipt.outcome().map_err(BenchError::new)
}
