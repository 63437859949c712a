//! The service `assent.v1.Custodian`.

use std::sync::Arc;

use assent_client::vault::{Right, ShardRef};
use assent_proto::v1;
use assent_proto::v1::custodian_server::Custodian as Service;
use assent_types::error::ErrorCode;
use tonic::{Request, Response, Status};

use super::custodian::{Custodian, store_failed};
use crate::agent::ids;
use crate::api::refuse_with;

/// The service.
pub(super) struct CustodianService(pub(super) Arc<Custodian>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Service for CustodianService {
    async fn begin_shard(&self, request: Request<v1::BeginShardRequest>) -> Answer<v1::BeginShardResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let stored = self.0.begin(shard_id(message.shard)?, message.index, message.stripes, &caller.reader).await?;
        Ok(Response::new(v1::BeginShardResponse { stored }))
    }

    async fn store_run(&self, request: Request<v1::StoreRunRequest>) -> Answer<v1::StoreRunResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let (id, run) = (shard_id(message.shard)?, present("run", message.run)?);
        self.0.store_run(id, run, message.data.into(), &caller.reader).await?;
        Ok(Response::new(v1::StoreRunResponse {}))
    }

    async fn complete_shard(&self, request: Request<v1::CompleteShardRequest>) -> Answer<v1::CompleteShardResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let tx = self.0.complete(shard_id(message.shard)?, &caller.reader).await?;
        let tx_hash = tx.map(|tx| tx.0.0.to_vec()).unwrap_or_default();
        Ok(Response::new(v1::CompleteShardResponse { tx_hash }))
    }

    async fn describe_shard(&self, request: Request<v1::DescribeShardRequest>) -> Answer<v1::DescribeShardResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let (id, right) = (shard_id(message.shard)?, right(message.right)?);
        Ok(Response::new(self.0.describe(id, right, &caller.reader).await?))
    }

    async fn read_run(&self, request: Request<v1::ReadRunRequest>) -> Answer<v1::ReadRunResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let (id, right) = (shard_id(message.shard)?, right(message.right)?);
        let data = self.0.read(id, right, present("run", message.run)?, &caller.reader).await?;
        Ok(Response::new(v1::ReadRunResponse { data: data.into() }))
    }

    async fn rebuild_shard(&self, request: Request<v1::RebuildShardRequest>) -> Answer<v1::RebuildShardResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let (tx, bytes_read) = self.0.rebuild(shard_id(message.shard)?, &caller.reader).await?;
        Ok(Response::new(v1::RebuildShardResponse { tx_hash: tx.0.0.to_vec(), bytes_read }))
    }

    async fn custodian_status(
        &self,
        request: Request<v1::CustodianStatusRequest>,
    ) -> Answer<v1::CustodianStatusResponse> {
        self.0.ledger.enter(request).await?;
        let custodian = &self.0;
        let (shards, bytes) = custodian.store.usage().await.map_err(store_failed)?;
        Ok(Response::new(v1::CustodianStatusResponse {
            chain_id: custodian.ledger.client.chain().0.0.to_vec(),
            org: custodian.ledger.org.0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            shards,
            bytes,
            height: custodian.ledger.height(),
            bytes_stored: custodian.metrics.bytes_stored.get(),
            bytes_served: custodian.metrics.bytes_served.get(),
            runs_refused: custodian.metrics.runs_refused.get(),
        }))
    }
}

fn present<T>(what: &str, part: Option<T>) -> Result<T, Status> {
    part.ok_or_else(|| refuse_with(ErrorCode::BadRequest, format_args!("{what}: missing")))
}

fn index(what: &str, number: u32) -> Result<u8, Status> {
    u8::try_from(number).map_err(|_| refuse_with(ErrorCode::BadRequest, format_args!("{what}: no such shard")))
}

fn shard_id(shard: Option<v1::Shard>) -> Result<ShardRef, Status> {
    let shard = present("shard", shard)?;
    Ok(ShardRef { anchor: ids::anchor(&shard.anchor)?, shard: index("shard", shard.index)? })
}

fn right(right: Option<v1::Right>) -> Result<Right, Status> {
    match present("right", right.and_then(|right| right.right))? {
        v1::right::Right::Session(session) => Ok(Right::Session(ids::session(&session)?)),
        v1::right::Right::Challenge(challenge) => Ok(Right::Challenge(ids::challenge(&challenge)?)),
        v1::right::Right::Repairs(shard) => Ok(Right::Repairs(index("repairs", shard)?)),
    }
}
