use std::time::Duration;

use assent_types::ids::Height;

use crate::client::Client;
use crate::events::{Cursor, EventStream, Proofs};

/// Tells when it is worth reading again, so that nobody has to ask over and over for what the next block brings.
pub struct Changes(EventStream);

impl Client {
    /// What happens after a height. The node is told at the first [`Changes::wait`].
    pub fn changes(&self, after: Height) -> Changes {
        Changes(self.events(Cursor::block(after.next()), Proofs::Trusting))
    }
}

impl Changes {
    /// Returns as soon as the node tells of a receipt after a height, and after `most` at the latest: also if the node
    /// cannot be followed. Nothing is proven by it; whoever waits reads again.
    pub async fn wait(&mut self, after: Height, most: Duration) {
        let moved = async {
            loop {
                match self.0.next().await {
                    Ok(item) if item.receipt.height > after => return,
                    Ok(_) => {}
                    Err(_) => std::future::pending().await,
                }
            }
        };
        // Which of the two it was says nothing that the caller could rely on.
        let _ = tokio::time::timeout(most, moved).await;
    }
}
