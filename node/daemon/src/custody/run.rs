use std::sync::Arc;

use assent_client::token::{Audience, Service};
use assent_client::vault::Custodians;
use assent_proto::limits::CUSTODY_MESSAGE_BYTES_MAX;
use assent_proto::v1::custodian_server::CustodianServer;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;

use super::config::CustodianConfig;
use super::custodian::Custodian;
use super::service::CustodianService;
use super::store::ShardStore;
use super::upkeep::UPKEEP_EVERY;
use crate::agent::{Agent, AgentError, AgentLedger, Follower, every, run_agents};
use crate::api::{ApiServer, Authenticator};

/// Runs custodian agents until SIGTERM or SIGINT. They share the process and nothing else.
///
/// # Errors
/// See [`AgentError`].
pub async fn run(configs: Vec<CustodianConfig>) -> Result<(), AgentError> {
    let mut agents = Vec::with_capacity(configs.len());
    for config in configs {
        agents.push(agent(config).await?);
    }
    run_agents(agents).await
}

async fn agent(config: CustodianConfig) -> Result<Agent, AgentError> {
    let (client, key) = config.ledger.connect()?;
    let store = ShardStore::local(&config.data_dir)
        .map_err(|error| AgentError::Store { path: config.data_dir.clone(), error })?;
    let others = Custodians::new(&client, &config.custodians)?;
    let ledger = Arc::new(AgentLedger::new(client, config.org, key));
    let audience = Audience { chain: config.ledger.chain, org: config.org, service: Service::Custodian };
    let auth = Arc::new(Authenticator::new(ledger.clone(), audience));
    let custodian = Arc::new(Custodian::new(ledger.clone(), store, others));
    let cursor_file = config.data_dir.join("cursor");
    let follower = Follower { ledger, agent: custodian.clone(), cursor_file };
    let caring = custodian.clone();
    let work = async move {
        tokio::join!(follower.run(), every(UPKEEP_EVERY, || caring.upkeep()));
    };
    let server = ApiServer::bind(&config.api).await?;
    tracing::info!(org = %config.org, listening = %config.api.listen, "custodian agent started");
    let mut routes = RoutesBuilder::default();
    routes.add_service(
        CustodianServer::new(CustodianService(custodian.clone()))
            .max_decoding_message_size(CUSTODY_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(CUSTODY_MESSAGE_BYTES_MAX),
    );
    Ok(Agent {
        name: "custodian",
        server,
        auth,
        routes,
        services: vec![CustodianServer::<CustodianService>::NAME],
        metrics: Arc::new(move || custodian.metrics.text()),
        metrics_listen: config.metrics.listen,
        work: Some(Box::pin(work)),
    })
}
