//! The service `assent.v1.Node`.

use std::sync::Arc;

use assent_client::now_ms;
use assent_consensus::{Phase, Step};
use assent_proto::v1;
use assent_proto::v1::node_server::Node;
use assent_replica::Status as NodeStatus;
use assent_replica::ledger::query;
use assent_replica::status::Waiting;
use assent_replica::storage::{Read, StorageError};
use assent_types::ids::OrgId;
use assent_types::state::{Record, StateKey};
use tonic::{Request, Response, Status};

use super::service::{Shared, open, stopping};

/// The service.
pub(super) struct NodeService(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl Node for NodeService {
    async fn status(&self, request: Request<v1::StatusRequest>) -> Result<Response<v1::StatusResponse>, Status> {
        open(request)?;
        let status = self.node_status().await?;
        let chain = self.0.node.chain();
        let answer = self.0.read(move |read| Ok(describe(read, chain.0.0.to_vec(), &status)?)).await?;
        Ok(Response::new(answer))
    }

    async fn why_no_block(
        &self,
        request: Request<v1::WhyNoBlockRequest>,
    ) -> Result<Response<v1::WhyNoBlockResponse>, Status> {
        open(request)?;
        let status = self.node_status().await?;
        let answer = self.0.read(move |read| Ok(explain(read, &status)?)).await?;
        Ok(Response::new(answer))
    }
}

impl NodeService {
    async fn node_status(&self) -> Result<NodeStatus, Status> {
        match tokio::time::timeout(self.0.call_timeout(), self.0.node.status()).await {
            Ok(Ok(status)) => Ok(status),
            _ => Err(stopping()),
        }
    }
}

fn member(read: &dyn Read, org: OrgId) -> Result<v1::Member, StorageError> {
    let legal_name = match query::state(read, &StateKey::Org(org))?.map(|value| value.record) {
        Some(Record::Org(org)) => org.legal_name.as_str().to_owned(),
        _ => String::new(),
    };
    Ok(v1::Member { org: org.0, legal_name })
}

fn describe(read: &dyn Read, chain_id: Vec<u8>, status: &NodeStatus) -> Result<v1::StatusResponse, StorageError> {
    let mut peers = Vec::with_capacity(status.peers.len());
    for peer in &status.peers {
        peers.push(v1::Peer { member: Some(member(read, peer.org)?), height: peer.height.0 });
    }
    Ok(v1::StatusResponse {
        chain_id,
        node: Some(member(read, status.me)?),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        height: status.height.0,
        time_ms: status.time.0,
        block: status.block.0.0.to_vec(),
        validator: status.validator,
        best_peer_height: peers.iter().map(|peer| peer.height).max().unwrap_or_default(),
        peers,
        mempool_txs: status.mempool as u64,
        mempool_bytes: status.mempool_bytes as u64,
        log_size: query::head(read)?.log_size,
        clock_ms: now_ms(),
    })
}

fn explain(read: &dyn Read, status: &NodeStatus) -> Result<v1::WhyNoBlockResponse, StorageError> {
    let ordering = &status.ordering;
    let running = ordering.phase == Phase::Running && ordering.height > status.height;
    let mut validators = Vec::with_capacity(status.validators.len());
    for (org, power) in &status.validators {
        let peer = status.peers.iter().find(|peer| peer.org == *org);
        let own = *org == status.me;
        validators.push(v1::ValidatorState {
            member: Some(member(read, *org)?),
            power: *power,
            connected: own || peer.is_some(),
            prevoted: running && ordering.prevotes.iter().any(|vote| vote.voter == *org),
            precommitted: running && ordering.precommits.iter().any(|vote| vote.voter == *org),
            height: if own { status.height.0 } else { peer.map(|peer| peer.height.0).unwrap_or_default() },
        });
    }
    let total_power = status.validators.iter().map(|(_, power)| power).sum::<u64>();
    let proposer = match ordering.proposer.filter(|_| running) {
        Some(org) => Some(member(read, org)?),
        None => None,
    };
    Ok(v1::WhyNoBlockResponse {
        height: status.height.next().0,
        round: if running { i32::try_from(ordering.round).unwrap_or(i32::MAX) } else { -1 },
        step: if running { step(ordering.step) } else { "idle" }.to_owned(),
        proposer,
        has_proposal: running && !ordering.proposals.is_empty(),
        validators,
        lag: status.lag(),
        next_timeout_ms: status.next_timeout_ms,
        head_age_ms: status.age_ms,
        waiting: waiting(status.waiting).to_owned(),
        // The least power that is strictly more than two thirds.
        quorum_power: total_power * 2 / 3 + 1,
        total_power,
    })
}

fn step(step: Step) -> &'static str {
    match step {
        Step::Unstarted => "unstarted",
        Step::Propose => "propose",
        Step::Prevote => "prevote",
        Step::Precommit => "precommit",
        Step::Commit => "commit",
    }
}

fn waiting(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::ForWork => "work",
        Waiting::ForValidators => "validators",
        Waiting::ForCommit => "commit",
        Waiting::ForSync => "sync",
        Waiting::ForSilence => "silence",
    }
}
