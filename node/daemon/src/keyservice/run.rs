use std::sync::Arc;

use assent_client::registry::{Registry, RegistryKey};
use assent_client::token::{Audience, Service};
use assent_proto::limits::{KEYS_REQUEST_BYTES_MAX, KEYS_RESPONSE_BYTES_MAX};
use assent_proto::v1::keys_server::KeysServer;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;

use super::config::KeyServiceConfig;
use super::holder::Holder;
use super::release::CLEAR_EVERY;
use super::service::KeysService;
use crate::agent::{Agent, AgentError, AgentLedger, Follower, every, run_agents};
use crate::api::{ApiServer, Authenticator};

/// Runs key services until SIGTERM or SIGINT.
///
/// # Errors
/// See [`AgentError`].
pub async fn run(configs: Vec<KeyServiceConfig>) -> Result<(), AgentError> {
    let mut agents = Vec::with_capacity(configs.len());
    for config in configs {
        agents.push(agent(config).await?);
    }
    run_agents(agents).await
}

async fn agent(config: KeyServiceConfig) -> Result<Agent, AgentError> {
    let (client, key) = config.ledger.connect()?;
    let registry = Registry::open(&config.registry, RegistryKey::load(&config.registry_key)?)?;
    let ledger = Arc::new(AgentLedger::new(client, config.org, key));
    let audience = Audience { chain: config.ledger.chain, org: config.org, service: Service::Keys };
    let auth = Arc::new(Authenticator::new(ledger.clone(), audience));
    let holder = Arc::new(Holder::new(ledger.clone(), registry));
    let cursor_file = config.registry.join("cursor.json");
    let follower = Follower { ledger, agent: holder.clone(), cursor_file };
    let clearing = holder.clone();
    let work = async move {
        tokio::join!(follower.run(), every(CLEAR_EVERY, || clearing.clear()));
    };
    let server = ApiServer::bind(&config.api).await?;
    tracing::info!(org = %config.org, listening = %config.api.listen, "key service started");
    let mut routes = RoutesBuilder::default();
    routes.add_service(
        KeysServer::new(KeysService(holder.clone()))
            .max_decoding_message_size(KEYS_REQUEST_BYTES_MAX)
            .max_encoding_message_size(KEYS_RESPONSE_BYTES_MAX),
    );
    Ok(Agent {
        name: "key service",
        server,
        auth,
        routes,
        services: vec![KeysServer::<KeysService>::NAME],
        metrics: Arc::new(move || holder.metrics.text()),
        metrics_listen: config.metrics.listen,
        work: Some(Box::pin(work)),
    })
}
