//! Custodian agents and key services of the sample network.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use assent_client::Endpoint;
use assent_client::registry::RegistryKey;
use assent_genesis::GenesisDoc;
use assent_genesis::sample::OrgKeys;
use assent_types::ids::{ChainId, OrgId};
use assent_types::key::KeyUsage;
use assent_types::org::Role;
use serde_json::{Value, json};

use super::{Authority, Plan, key_file, save_secret};
use crate::agent::LedgerSection;
use crate::api::ApiLimits;
use crate::cli::output::{CliError, save};
use crate::config::{ApiConfig, LogConfig, MetricsConfig};
use crate::custody::CustodianConfig;
use crate::keyservice::KeyServiceConfig;

/// Ports of one agent: API, metrics.
const PORTS_PER_AGENT: u16 = 2;

/// Which agent an organisation runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Custodian,
    KeyService,
}

impl Kind {
    /// Name of its configuration file, and of what belongs to it.
    fn name(self) -> &'static str {
        match self {
            Self::Custodian => "custodian",
            Self::KeyService => "keyservice",
        }
    }
}

/// An agent to be.
pub(super) struct AgentPlan {
    pub(super) kind: Kind,
    org: OrgId,
    slug: String,
    name: String,
    api: SocketAddr,
    metrics: SocketAddr,
}

impl AgentPlan {
    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint { url: format!("https://{}", self.api), node: self.org }
    }

    fn config_file(&self) -> String {
        format!("{}.toml", self.kind.name())
    }

    pub(super) fn summary(&self, out: &Path) -> Value {
        json!({
            "org": self.org,
            "slug": self.slug,
            "legal_name": self.name,
            "config": out.join(&self.slug).join(self.config_file()),
            "api": self.api,
            "metrics": self.metrics,
        })
    }

    /// The command that starts it.
    pub(super) fn command(&self, out: &Path) -> String {
        format!("assent {} run --config {}", self.kind.name(), out.join(&self.slug).join(self.config_file()).display())
    }
}

/// Custodians and key holders of the document, with ports from `first` on.
pub(super) fn plans(doc: &GenesisDoc, secrets: &[OrgKeys], first: u16) -> Result<Vec<AgentPlan>, CliError> {
    let mut plans = Vec::new();
    for (role, kind) in [(Role::Custodian, Kind::Custodian), (Role::KeyHolder, Kind::KeyService)] {
        for org in doc.orgs.iter().filter(|org| org.roles.has(role)) {
            let Some(secret) = secrets.iter().find(|secret| secret.org == org.id) else { continue };
            let port = u16::try_from(plans.len())
                .ok()
                .and_then(|index| index.checked_mul(PORTS_PER_AGENT))
                .and_then(|offset| first.checked_add(offset))
                .filter(|port| port.checked_add(PORTS_PER_AGENT - 1).is_some())
                .ok_or_else(|| CliError::usage("--base-port: not enough ports above it"))?;
            plans.push(AgentPlan {
                kind,
                org: org.id,
                slug: secret.slug.clone(),
                name: org.legal_name.as_str().to_owned(),
                api: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                metrics: SocketAddr::from((Ipv4Addr::LOCALHOST, port + 1)),
            });
        }
    }
    Ok(plans)
}

/// Writes an agent's certificate, configuration and, for a key service, the key of its registry.
pub(super) fn write(
    out: &Path,
    plan: &AgentPlan,
    agents: &[AgentPlan],
    nodes: &[Plan],
    chain: ChainId,
    authority: &Authority,
) -> Result<(), CliError> {
    let (folder, name) = (out.join(&plan.slug), plan.kind.name());
    let (cert, key) = authority.certify(&plan.name).map_err(CliError::failed)?;
    let (cert_file, tls_key) = (format!("{name}-cert.pem"), format!("{name}-key.pem"));
    save(&folder.join(&cert_file), cert.as_bytes())?;
    save_secret(&folder.join(&tls_key), key.as_bytes())?;
    let ledger = LedgerSection {
        chain,
        ca: "../ca.pem".into(),
        key: key_file(KeyUsage::SignTx).into(),
        endpoints: super::endpoints(nodes, plan.org),
    };
    let api = ApiConfig {
        listen: plan.api,
        tls_cert: cert_file.into(),
        tls_key: tls_key.into(),
        limits: ApiLimits { bodies: 64, ..ApiLimits::default() },
    };
    let metrics = MetricsConfig { listen: Some(plan.metrics) };
    let text = match plan.kind {
        Kind::Custodian => toml::to_string_pretty(&CustodianConfig {
            org: plan.org,
            data_dir: "shards".into(),
            ledger,
            api,
            custodians: of_kind(agents, Kind::Custodian).filter(|other| other.node != plan.org).collect(),
            metrics,
            log: LogConfig::default(),
        }),
        Kind::KeyService => {
            let registry_key = "keys/keyservice-registry.key";
            RegistryKey::generate(&folder.join(registry_key)).map_err(CliError::failed)?;
            toml::to_string_pretty(&KeyServiceConfig {
                org: plan.org,
                registry: "keyservice-registry".into(),
                registry_key: registry_key.into(),
                ledger,
                api,
                metrics,
                log: LogConfig::default(),
            })
        }
    };
    save(&folder.join(plan.config_file()), text.map_err(CliError::failed)?.as_bytes())
}

/// Where the agents of a kind are.
pub(super) fn of_kind(agents: &[AgentPlan], kind: Kind) -> impl Iterator<Item = Endpoint> + '_ {
    agents.iter().filter(move |agent| agent.kind == kind).map(AgentPlan::endpoint)
}
