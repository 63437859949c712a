//! Following the ledger, receipt by receipt, from where it was left.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use assent_client::{Cursor, EventItem, Proofs, error_number};
use assent_types::error::ErrorCode;
use assent_types::ids::Height;
use assent_types::receipt::{Event, RowId};
use tonic::Status;

use super::AgentLedger;

/// Pause after the ledger could not be followed.
const PAUSE: Duration = Duration::from_secs(1);

/// Rows after which nobody may keep anything of a document: its erasure is ordered, or it is erased.
pub(crate) const ERASED: [RowId; 4] = [RowId(*b"DO", 7), RowId(*b"DO", 8), RowId(*b"DO", 10), RowId(*b"DO", 19)];

/// Who acts on what happens on the ledger.
pub(crate) trait Follow: Send + Sync {
    /// Acts on an event, which may come again after a crash.
    fn take(&self, event: &Event) -> impl Future<Output = Result<(), Status>> + Send;

    /// Everything up to this height was acted on.
    fn seen(&self, height: Height);
}

/// Follows the ledger for ever.
pub(crate) struct Follower<F> {
    pub(crate) ledger: Arc<AgentLedger>,
    pub(crate) agent: Arc<F>,
    /// Where the place in the ledger is kept.
    pub(crate) cursor_file: PathBuf,
}

impl<F: Follow> Follower<F> {
    pub(crate) async fn run(self) {
        let mut stream = self.ledger.client.events(self.cursor(), Proofs::Verified);
        loop {
            match stream.next().await {
                Ok(item) => self.take(&item).await,
                Err(error) => {
                    tracing::warn!(%error, "the ledger cannot be followed");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn cursor(&self) -> Cursor {
        let text = std::fs::read_to_string(&self.cursor_file).unwrap_or_default();
        // Without a place everything is looked at again, which repeats nothing.
        serde_json::from_str(&text).unwrap_or(Cursor::START)
    }

    /// Handles one receipt, as often as it takes, and only then moves on.
    async fn take(&self, item: &EventItem) {
        for opened in item.details.iter().flat_map(|details| details.events.iter()) {
            let event = &opened.event;
            while let Err(status) = self.agent.take(event).await {
                let (row, object) = (event.row, event.object);
                tracing::warn!(%row, %object, error = status.message(), "an event could not be acted on");
                if error_number(&status) != Some(ErrorCode::Unavailable) {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        if let Err(error) = self.remember(item.next) {
            tracing::warn!(%error, "the place in the ledger could not be kept");
        }
        self.agent.seen(item.receipt.height);
    }

    fn remember(&self, cursor: Cursor) -> std::io::Result<()> {
        let beside = self.cursor_file.with_extension("new");
        std::fs::write(&beside, serde_json::to_string(&cursor)?)?;
        std::fs::rename(&beside, &self.cursor_file)
    }
}

/// Calls again and again, at once the first time.
pub(crate) async fn every<F: Future<Output = ()>>(period: Duration, mut work: impl FnMut() -> F) {
    let mut tick = tokio::time::interval(period);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        work().await;
    }
}
