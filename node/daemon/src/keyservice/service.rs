//! The service `assent.v1.Keys`.

use std::sync::Arc;

use assent_proto::v1;
use assent_proto::v1::keys_server::Keys;
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use super::holder::Holder;
use crate::agent::ids;

/// The service.
pub(super) struct KeysService(pub(super) Arc<Holder>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Keys for KeysService {
    async fn deposit_key_part(
        &self,
        request: Request<v1::DepositKeyPartRequest>,
    ) -> Answer<v1::DepositKeyPartResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let part = Zeroizing::new(message.part);
        let tx = self.0.deposit(ids::anchor(&message.anchor)?, &part, &caller.reader).await?;
        let tx_hash = tx.map(|tx| tx.0.0.to_vec()).unwrap_or_default();
        Ok(Response::new(v1::DepositKeyPartResponse { tx_hash }))
    }

    async fn collect_key_parts(
        &self,
        request: Request<v1::CollectKeyPartsRequest>,
    ) -> Answer<v1::CollectKeyPartsResponse> {
        let (caller, message) = self.0.ledger.enter(request).await?;
        let parts = self.0.collect(ids::session(&message.session)?, &caller.reader).await?;
        Ok(Response::new(v1::CollectKeyPartsResponse { parts }))
    }

    async fn keys_status(&self, request: Request<v1::KeysStatusRequest>) -> Answer<v1::KeysStatusResponse> {
        self.0.ledger.enter(request).await?;
        let holder = &self.0;
        Ok(Response::new(v1::KeysStatusResponse {
            chain_id: holder.ledger.client.chain().0.0.to_vec(),
            org: holder.ledger.org.0,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            documents: holder.documents()?,
            height: u64::try_from(holder.metrics.height.get()).unwrap_or_default(),
            released: holder.metrics.released.get(),
            collected: holder.metrics.collected.get(),
        }))
    }
}
