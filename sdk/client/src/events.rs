//! Follows the chain's receipts without loss or repeat.

use std::time::Duration;

use assent_proto::limits::EVENT_IDLE_MS;
use assent_proto::v1;
use assent_types::codec::decode;
use assent_types::ids::Height;
use assent_types::receipt::{Opening, Receipt};
use tonic::Streaming;

use crate::client::Client;
use crate::error::{ClientError, Failure, classify};
use crate::verified::unproven;

/// A stream that says nothing for this long is broken: the node sends signs of life more often.
const SILENCE_MAX: Duration = Duration::from_millis(EVENT_IDLE_MS * 3);
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// A place in the sequence of all receipts: the next one that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    /// Height, from 1.
    pub height: Height,
    /// Index inside the block, from 0.
    pub index: u32,
}

impl Cursor {
    /// The first receipt of the chain.
    pub const START: Self = Self { height: Height(1), index: 0 };

    /// The first receipt of a block.
    pub const fn block(height: Height) -> Self {
        Self { height, index: 0 }
    }
}

/// Whether receipts come with proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proofs {
    /// Each receipt is proven, and that none between two of them was left out.
    Verified,
    /// The node is believed; order and repeats are still checked.
    Trusting,
}

/// One receipt of the stream.
#[derive(Clone, Debug)]
pub struct EventItem {
    /// The public part.
    pub receipt: Receipt,
    /// What the reader may see of it as a party.
    pub details: Option<Opening>,
    /// The encoded proof, if proofs were asked for.
    pub bundle: Option<Vec<u8>>,
    /// Where to go on after this one: keep it together with what was made of the receipt.
    pub next: Cursor,
}

/// Receipts from a cursor on. It reconnects, to another node if need be, and goes on where it was.
pub struct EventStream {
    client: Client,
    next: Cursor,
    proofs: Proofs,
    /// Height and log position of the last proven receipt.
    last: Option<(Height, u64)>,
    open: Option<(String, Streaming<v1::EventsResponse>)>,
    pause: Duration,
}

impl EventStream {
    pub(crate) fn new(client: Client, next: Cursor, proofs: Proofs) -> Self {
        Self { client, next, proofs, last: None, open: None, pause: PAUSE_MIN }
    }

    /// The place of the next receipt.
    pub fn cursor(&self) -> Cursor {
        self.next
    }

    /// Waits for the next receipt, for as long as it takes.
    ///
    /// # Errors
    /// [`ClientError::Refused`] and [`ClientError::Unproven`]; breaks of transport are mended inside. After an error
    /// the stream stands where it was.
    ///
    /// # Correctness
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<EventItem, ClientError> {
        loop {
            if let Some(item) = self.next_or_caught_up().await? {
                return Ok(item);
            }
        }
    }

    /// As [`EventStream::next`], or `None` when the node has sent everything up to its head.
    ///
    /// # Errors
    /// As [`EventStream::next`].
    pub async fn next_or_caught_up(&mut self) -> Result<Option<EventItem>, ClientError> {
        loop {
            let Some((node, stream)) = &mut self.open else {
                self.connect().await?;
                continue;
            };
            let node = node.clone();
            let reason = match tokio::time::timeout(SILENCE_MAX, stream.message()).await {
                Ok(Ok(Some(message))) if message.receipt.is_empty() => return Ok(None),
                Ok(Ok(Some(message))) => {
                    self.pause = PAUSE_MIN;
                    return self.accept(&node, message).map(Some).inspect_err(|_| self.open = None);
                }
                Ok(Err(status)) => match classify(&status) {
                    Failure::Final(error) => {
                        self.open = None;
                        return Err(error);
                    }
                    Failure::Retry(reason) => reason,
                },
                Ok(Ok(None)) => "the node ended the stream".to_owned(),
                Err(_) => "the node fell silent".to_owned(),
            };
            self.open = None;
            self.break_off(&node, &reason).await;
        }
    }

    async fn connect(&mut self) -> Result<(), ClientError> {
        let message = v1::EventsRequest {
            height: self.next.height.0,
            index: self.next.index,
            proofs: self.proofs == Proofs::Verified,
        };
        let client = self.client.clone();
        let node = client.nodes.preferred();
        let url = node.endpoint.url.clone();
        // No deadline: the stream lives until it breaks.
        let request = client.nodes.request(node, message, None)?;
        let mut ledger = node.ledger();
        match tokio::time::timeout(SILENCE_MAX, ledger.events(request)).await {
            Ok(Ok(response)) => self.open = Some((url, response.into_inner())),
            Ok(Err(status)) => match classify(&status) {
                Failure::Final(error) => return Err(error),
                Failure::Retry(reason) => self.break_off(&url, &reason).await,
            },
            Err(_) => self.break_off(&url, "no answer").await,
        }
        Ok(())
    }

    async fn break_off(&mut self, url: &str, _reason: &str) {
        let nodes = &self.client.nodes;
        if nodes.preferred().endpoint.url == url {
            nodes.avoid(nodes.preferred());
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
    }

    fn accept(&mut self, node: &str, message: v1::EventsResponse) -> Result<EventItem, ClientError> {
        let receipt: Receipt = decode(&message.receipt).map_err(|error| unproven(node, error))?;
        let details: Option<Opening> = match message.details.as_slice() {
            [] => None,
            bytes => Some(decode(bytes).map_err(|error| unproven(node, error))?),
        };
        if details.as_ref().is_some_and(|details| details.hash() != Some(receipt.details)) {
            return Err(unproven(node, "the details are not those of the receipt"));
        }
        follows(self.next, &receipt).map_err(|reason| unproven(node, reason))?;
        let bundle = if self.proofs == Proofs::Verified {
            let proven = self.client.verifier.any_receipt(node, &message.bundle)?;
            if proven.receipt != receipt {
                return Err(unproven(node, "the proof is of another receipt"));
            }
            complete(self.last, receipt.height, proven.position).map_err(|reason| unproven(node, reason))?;
            self.last = Some((receipt.height, proven.position));
            Some(message.bundle)
        } else {
            None
        };
        self.next = Cursor { height: receipt.height, index: receipt.index.saturating_add(1) };
        Ok(EventItem { receipt, details, bundle, next: self.next })
    }
}

/// A receipt is either exactly the one that the cursor names or the first one of a later block.
fn follows(cursor: Cursor, receipt: &Receipt) -> Result<(), String> {
    let same_block = receipt.height == cursor.height && receipt.index == cursor.index;
    let later_block = receipt.height > cursor.height && receipt.index == 0;
    if same_block || later_block {
        return Ok(());
    }
    Err(format!(
        "receipt {}/{} does not follow cursor {}/{}",
        receipt.height, receipt.index, cursor.height, cursor.index
    ))
}

/// The history log holds the receipts of a block and then its header, and nothing else. So between two receipts lie
/// exactly as many entries as there are blocks between them, unless one was left out.
fn complete(last: Option<(Height, u64)>, height: Height, position: u64) -> Result<(), String> {
    let Some((last_height, last_position)) = last else { return Ok(()) };
    let expected = last_position.checked_add(1 + height.0.saturating_sub(last_height.0));
    if expected == Some(position) {
        Ok(())
    } else {
        Err(format!("a receipt between log entries {last_position} and {position} was left out"))
    }
}

#[cfg(test)]
mod tests {
    use assent_types::ids::{Hash32, Millis, TxHash};

    use super::*;

    fn receipt(height: u64, index: u32) -> Receipt {
        Receipt {
            format: 1,
            height: Height(height),
            time: Millis(0),
            index,
            tx: TxHash(Hash32::ZERO),
            code: 0,
            details: Hash32::ZERO,
        }
    }

    #[test]
    fn repeats_gaps_and_reversals_are_noticed() {
        let cursor = Cursor { height: Height(5), index: 2 };
        for (height, index, good) in
            [(5, 2, true), (6, 0, true), (9, 0, true), (5, 1, false), (5, 3, false), (6, 1, false), (4, 0, false)]
        {
            assert_eq!(follows(cursor, &receipt(height, index)).is_ok(), good, "{height}/{index}");
        }
    }

    #[test]
    fn a_receipt_left_out_is_noticed_from_log_positions() {
        // Block 5 ends with entry 9, then come header 5 (10), header 6 (11), and the first receipt of block 7 (12).
        let last = Some((Height(5), 9));
        assert!(complete(last, Height(5), 10).is_ok());
        assert!(complete(last, Height(7), 12).is_ok());
        assert!(complete(last, Height(7), 13).is_err(), "one more entry means one more receipt");
        assert!(complete(last, Height(7), 11).is_err());
        assert!(complete(None, Height(7), 11).is_ok());
    }
}
