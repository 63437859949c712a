//! `assent genesis sample`: a network that can be started at once.

mod agents;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use assent_client::Endpoint;
use assent_client::registry::secret;
use assent_genesis::sample::{OrgKeys, SECOND_INSURER, production_network, sample_network, simulated};
use assent_genesis::{GenesisDoc, build};
use assent_types::ids::{ChainId, Millis, OrgId};
use assent_types::key::KeyUsage;
use assent_types::state::ChainClass;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde_json::{Value, json};

use agents::{AgentPlan, Kind};

use super::context::ClientFile;
use super::output::{CliError, Output, save};
use crate::config::{ApiConfig, Bootstrap, KeysConfig, LogConfig, MetricsConfig, NodeConfig, P2pSection};
use crate::keyfile;

/// Ports of one node: peers, API, metrics.
const PORTS_PER_NODE: u16 = 3;

/// Flags of `assent genesis sample`.
#[derive(clap::Args)]
pub(super) struct SampleArgs {
    /// Folder to make; it must not exist yet
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// First port on the loopback interface; each node takes three, each custodian and key service two
    #[arg(long, value_name = "PORT", default_value_t = 4100)]
    base_port: u16,
    /// Number of validators of a chain for tests; 4 is the sample network of the documentation
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=32))]
    validators: Option<u32>,
    /// `test`, or `production`: eight validators in three jurisdictions within every limit of power, to rehearse with
    #[arg(long, value_name = "CLASS", default_value_t = ChainClass::Test)]
    class: ChainClass,
}

/// A node to be.
struct Plan {
    org: OrgId,
    slug: String,
    name: String,
    validates: bool,
    p2p: SocketAddr,
    api: SocketAddr,
    metrics: SocketAddr,
}

/// What was made.
struct Made {
    chain: ChainId,
    nodes: Vec<Plan>,
    agents: Vec<AgentPlan>,
    secrets: Vec<OrgKeys>,
}

/// The authority that certifies the sample's nodes. Its key is forgotten once the files are written.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

pub(super) fn run(args: &SampleArgs, output: &Output) -> Result<(), CliError> {
    let (doc, secrets) = network(args)?;
    let genesis = build(&doc).map_err(CliError::failed)?;
    let plans = plans(&doc, &secrets, args.base_port)?;
    let agents = agent_plans(&doc, &secrets, &plans, args.base_port)?;
    create_folder(&args.out)?;
    let progress = output.bar(secrets.len() as u64, "writing keys and configurations");
    let write = |name: &str, text: &str| save(&args.out.join(name), text.as_bytes());
    write("genesis.toml", &doc.to_toml().map_err(CliError::failed)?)?;
    write("chain", &format!("{}\n", genesis.chain))?;
    let authority = Authority::new().map_err(CliError::failed)?;
    write("ca.pem", &authority.pem)?;
    for secret in &secrets {
        let folder = args.out.join(&secret.slug);
        write_keys(&folder, secret)?;
        if let Some(plan) = plans.iter().find(|plan| plan.org == secret.org) {
            write_node(&folder, plan, &plans, secret, &authority)?;
        }
        write_client(&folder, secret, &plans, &agents, genesis.chain)?;
        progress.step();
    }
    for plan in &agents {
        agents::write(&args.out, plan, &agents, &plans, genesis.chain, &authority)?;
    }
    drop(progress);
    let made = Made { chain: genesis.chain, nodes: plans, agents, secrets };
    output.print(&summary(&args.out, &made), || text(args, &made));
    Ok(())
}

fn network(args: &SampleArgs) -> Result<(GenesisDoc, Vec<OrgKeys>), CliError> {
    let time = Millis(assent_client::now_ms());
    let mut failed = None;
    let seeds = || match assent_client::builder::random() {
        Ok(seed) => seed,
        Err(error) => {
            failed = Some(error);
            [0; 32]
        }
    };
    let made = match (args.class, args.validators) {
        (ChainClass::Production, None) => production_network(time, seeds),
        (ChainClass::Production, Some(_)) => {
            return Err(CliError::usage("--validators: leave it out; the production network has eight"));
        }
        (ChainClass::Test, None | Some(4)) => sample_network(time, seeds),
        (ChainClass::Test, Some(validators)) => simulated(validators, time, seeds),
    };
    match failed {
        // Keys of constant seeds must never be written.
        Some(error) => Err(CliError::failed(error)),
        None => Ok(made),
    }
}

/// Nodes of the validators, and of the second insurer, which follows.
fn plans(doc: &GenesisDoc, secrets: &[OrgKeys], base_port: u16) -> Result<Vec<Plan>, CliError> {
    let mut plans = Vec::new();
    for org in &doc.orgs {
        let validates = doc.validators.iter().any(|validator| validator.org == org.id);
        let follows = doc.validators.len() == 4 && org.id == SECOND_INSURER;
        if !validates && !follows {
            continue;
        }
        let Some(secret) = secrets.iter().find(|secret| secret.org == org.id) else { continue };
        let first = u16::try_from(plans.len())
            .ok()
            .and_then(|index| index.checked_mul(PORTS_PER_NODE))
            .and_then(|offset| base_port.checked_add(offset))
            .filter(|port| *port > 0 && port.checked_add(PORTS_PER_NODE - 1).is_some())
            .ok_or_else(|| CliError::usage("--base-port: not enough ports above it"))?;
        let at = |offset: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, first + offset));
        plans.push(Plan {
            org: org.id,
            slug: secret.slug.clone(),
            name: org.legal_name.as_str().to_owned(),
            validates,
            p2p: at(0),
            api: at(1),
            metrics: at(2),
        });
    }
    Ok(plans)
}

/// Custodians and key services of the sample network of the documentation and of the production network, with ports after
/// those of the nodes; other networks have none.
fn agent_plans(
    doc: &GenesisDoc,
    secrets: &[OrgKeys],
    nodes: &[Plan],
    base_port: u16,
) -> Result<Vec<AgentPlan>, CliError> {
    if doc.chain_class == ChainClass::Test && doc.validators.len() != 4 {
        return Ok(Vec::new());
    }
    let taken = u16::try_from(nodes.len()).ok().and_then(|count| count.checked_mul(PORTS_PER_NODE));
    let first = taken.and_then(|taken| base_port.checked_add(taken));
    agents::plans(doc, secrets, first.ok_or_else(|| CliError::usage("--base-port: not enough ports above it"))?)
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, "Assent sample network");
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Certificate and key (PEM) of a node on the loopback interface.
    fn certify(&self, name: &str) -> Result<(String, String), rcgen::Error> {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let cert = params.signed_by(&key, &self.issuer)?;
        Ok((cert.pem(), key.serialize_pem()))
    }
}

fn create_folder(path: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
        .and_then(|()| std::fs::create_dir(path))
        .map_err(|error| CliError::usage(format!("{}: {error}", path.display())))
}

/// File name of a key, by its usage.
fn key_file(usage: KeyUsage) -> String {
    format!("keys/{}.key", usage.code().to_lowercase().replace('_', "-"))
}

fn write_keys(folder: &Path, secret: &OrgKeys) -> Result<(), CliError> {
    let keys = folder.join("keys");
    std::fs::create_dir_all(&keys).map_err(|error| CliError::failed(format!("{}: {error}", keys.display())))?;
    for (usage, key) in &secret.keys {
        keyfile::create(&folder.join(key_file(*usage)), *usage, key).map_err(CliError::failed)?;
    }
    Ok(())
}

fn write_node(
    folder: &Path,
    plan: &Plan,
    plans: &[Plan],
    secret: &OrgKeys,
    authority: &Authority,
) -> Result<(), CliError> {
    let (cert, key) = authority.certify(&plan.name).map_err(CliError::failed)?;
    save(&folder.join("tls-cert.pem"), cert.as_bytes())?;
    save_secret(&folder.join("tls-key.pem"), key.as_bytes())?;
    let has = |usage| secret.key(usage).map(|_| PathBuf::from(key_file(usage)));
    let bootstrap = plans
        .iter()
        .filter(|other| other.org != plan.org && other.validates)
        .map(|other| Bootstrap { org: other.org, addr: other.p2p.to_string(), key: None })
        .collect();
    let config = NodeConfig {
        org: plan.org,
        genesis: "../genesis.toml".into(),
        data_dir: "data".into(),
        job_threads: 0,
        keys: KeysConfig {
            node: key_file(KeyUsage::Node).into(),
            validate: if plan.validates { has(KeyUsage::Validate) } else { None },
            validate_next: None,
            service: has(KeyUsage::Receipt),
        },
        p2p: P2pSection { listen: plan.p2p, bootstrap },
        api: ApiConfig {
            listen: plan.api,
            tls_cert: "tls-cert.pem".into(),
            tls_key: "tls-key.pem".into(),
            limits: Default::default(),
        },
        metrics: MetricsConfig { listen: Some(plan.metrics) },
        log: LogConfig::default(),
        timeouts: Default::default(),
        pacing: Default::default(),
        mempool: Default::default(),
    };
    save(&folder.join("node.toml"), config.to_toml().as_bytes())
}

fn save_secret(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(|error| CliError::failed(format!("{}: {error}", path.display())))
}

/// Nodes for an organisation's clients: the own one first; an organisation without one asks any validator.
fn endpoints(nodes: &[Plan], org: OrgId) -> Vec<Endpoint> {
    let endpoint = |plan: &Plan| Endpoint { url: format!("https://{}", plan.api), node: plan.org };
    let own = nodes.iter().filter(|plan| plan.org == org);
    let others = nodes.iter().filter(|plan| plan.org != org && plan.validates);
    own.chain(others).map(endpoint).collect()
}

fn write_client(
    folder: &Path,
    secret: &OrgKeys,
    nodes: &[Plan],
    agents: &[AgentPlan],
    chain: ChainId,
) -> Result<(), CliError> {
    let registry_key = PathBuf::from("keys/registry.key");
    let (bill_key, pseudonym_key) = (PathBuf::from("keys/bill.key"), PathBuf::from("keys/pseudonym.key"));
    for file in [&registry_key, &bill_key, &pseudonym_key] {
        secret::generate(&folder.join(file)).map_err(CliError::failed)?;
    }
    let file = ClientFile {
        chain,
        ca: "../ca.pem".into(),
        key: key_file(KeyUsage::SignTx).into(),
        org: Some(secret.org),
        mandates: Vec::new(),
        registry: Some("registry".into()),
        registry_key: Some(registry_key),
        bill_key: Some(bill_key),
        pseudonym_key: Some(pseudonym_key),
        uploads: "uploads".into(),
        endpoints: endpoints(nodes, secret.org),
        custodians: agents::of_kind(agents, Kind::Custodian).collect(),
        key_services: agents::of_kind(agents, Kind::KeyService).collect(),
    };
    let text = toml::to_string_pretty(&file).map_err(CliError::failed)?;
    save(&folder.join("client.toml"), text.as_bytes())
}

fn summary(out: &Path, made: &Made) -> Value {
    let node = |plan: &Plan| {
        json!({
            "org": plan.org,
            "slug": plan.slug,
            "legal_name": plan.name,
            "validator": plan.validates,
            "config": out.join(&plan.slug).join("node.toml"),
            "p2p": plan.p2p,
            "api": plan.api,
            "metrics": plan.metrics,
        })
    };
    let client = |secret: &OrgKeys| json!({ "org": secret.org, "slug": secret.slug, "client": out.join(&secret.slug).join("client.toml") });
    let agents = |kind: Kind| -> Vec<Value> {
        made.agents.iter().filter(|agent| agent.kind == kind).map(|agent| agent.summary(out)).collect()
    };
    json!({
        "dir": out,
        "chain": made.chain,
        "genesis": out.join("genesis.toml"),
        "ca": out.join("ca.pem"),
        "nodes": made.nodes.iter().map(node).collect::<Vec<_>>(),
        "custodians": agents(Kind::Custodian),
        "key_services": agents(Kind::KeyService),
        "clients": made.secrets.iter().map(client).collect::<Vec<_>>(),
    })
}

fn text(args: &SampleArgs, made: &Made) -> String {
    let mut lines = vec![
        format!("sample network in {}", args.out.display()),
        format!("chain {}", made.chain),
        format!("{} organisations, {} with a node:", made.secrets.len(), made.nodes.len()),
    ];
    for plan in &made.nodes {
        let role = if plan.validates { "validator" } else { "follower" };
        lines.push(format!("  {:2} {} ({role}), API https://{}", plan.org.0, plan.name, plan.api));
    }
    lines.push("start each node in a terminal of its own:".to_owned());
    for plan in &made.nodes {
        lines.push(format!("  assent node run --config {}", args.out.join(&plan.slug).join("node.toml").display()));
    }
    if !made.agents.is_empty() {
        lines.push("and, for documents, each custodian and key service:".to_owned());
    }
    lines.extend(made.agents.iter().map(|agent| format!("  {}", agent.command(&args.out))));
    lines.push("all keys were made here: this chain is for tests and rehearsals, never for real data".to_owned());
    lines.push("the key of its certificate authority was not kept".to_owned());
    lines.join("\n")
}
