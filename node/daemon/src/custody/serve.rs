//! Serving a shard: to whoever has a released session, or rebuilds another shard.

use std::sync::Arc;

use assent_client::vault::{Right, ShardRef};
use assent_proto::v1;
use assent_types::action::Action;
use assent_types::codec::Set;
use assent_types::error::ErrorCode;
use assent_types::session::{ServedShard, Session, ShardServed};
use bytes::Bytes;
use tonic::Status;

use super::custodian::{Custodian, check_stripes, damaged, store_failed};
use super::rights::{Placed, Reading};
use super::upload::run_around;
use crate::api::reader::Reader;
use crate::api::{refuse, refuse_with};

impl Custodian {
    /// The canonical bytes of a shard's index and of the list of stripes.
    pub(super) async fn describe(
        &self,
        id: ShardRef,
        right: Right,
        reader: &Reader,
    ) -> Result<v1::DescribeShardResponse, Status> {
        let (placed, _) = self.to_read(id, right, reader).await?;
        let (name, index) = self.index(&placed).await?;
        let stripes = self.store.stripes(name).await.map_err(store_failed)?;
        let stripes = stripes.ok_or_else(|| refuse(ErrorCode::ShardMissing))?;
        check_stripes(&placed, &stripes).map_err(|_| damaged("the stored list of stripes"))?;
        Ok(v1::DescribeShardResponse { index: assent_types::encode(index.as_index()), stripes: stripes.into() })
    }

    /// A run of chunks. In a session the receipt that the shard is served is with the nodes before the first byte leaves.
    pub(super) async fn read(
        &self,
        id: ShardRef,
        right: Right,
        run: v1::Run,
        reader: &Reader,
    ) -> Result<Bytes, Status> {
        let (placed, reading) = self.to_read(id, right, reader).await?;
        if let Reading::Audit(stripe) = reading
            && (run.first, run.count) != (stripe, 1)
        {
            return Err(refuse_with(ErrorCode::Possession, "the challenge drew another stripe"));
        }
        let data = self.stored(&placed, &run).await?;
        if let Reading::Session(session) = reading {
            self.receipt(&session, id).await?;
        }
        self.metrics.bytes_served.inc_by(data.len() as u64);
        Ok(data)
    }

    /// A run of chunks as it lies in the store, each of them the anchored one.
    pub(super) async fn stored(&self, placed: &Placed, run: &v1::Run) -> Result<Bytes, Status> {
        let (name, index) = self.index(placed).await?;
        let (number, range) = run_around(placed, run)?;
        let data = self.checked_run(placed, name, &index, run.column, number).await?;
        if range.end > data.len() {
            return Err(refuse_with(ErrorCode::Limit, "the run reaches beyond the end of the column"));
        }
        Ok(data.slice(range))
    }

    /// Posts the receipt of a delivery, once.
    async fn receipt(&self, session: &Session, id: ShardRef) -> Result<(), Status> {
        let noted = session.position(&id.anchor).and_then(|at| session.progress.get(at));
        if noted.is_some_and(|progress| progress.shards & (1 << id.shard) != 0) {
            return Ok(());
        }
        let (cell, ledger) = (self.delivery((session.id, id.anchor, id.shard)), Arc::clone(&self.ledger));
        let session = session.id;
        // The caller may go away while the receipt is on its way. What was begun is finished all the same: posted once more
        // for the next caller, the ledger would refuse it.
        let posted = tokio::spawn(async move {
            let post = || async {
                let shard = ServedShard { anchor: id.anchor, shard: id.shard };
                let shards = Set::new([shard]).map_err(|error| refuse_with(ErrorCode::Shard, error))?;
                ledger.submit(Action::ShardServed(Box::new(ShardServed { session, shards }))).await
            };
            cell.get_or_try_init(post).await.map(|_| ())
        });
        posted.await.unwrap_or_else(|_| Err(refuse(ErrorCode::Unavailable)))
    }
}
