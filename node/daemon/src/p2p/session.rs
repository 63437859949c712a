//! The tasks of one connection: opening its streams, writing to them, reading from the peer's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use assent_replica::io::Channel;
use assent_types::ids::{ChainId, OrgId};
use futures::io::BufWriter;
use futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::swarm::ConnectionId;
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::{Control, OpenStreamError};
use tokio::sync::{Semaphore, mpsc, watch};

use super::core::{Command, Fault};
use super::frame::{self, FrameError};
use super::limits::{ChannelLimits, FRAME_OVERHEAD_BYTES, frame_bytes_max};
use super::links::{CHANNELS, LaneReader};
use super::network::Deliver;
use super::rate::Bucket;

/// What the accepting side sends first: the stream is taken and will be read. Without it an opener cannot tell a
/// stream in use from one that was dropped because too many arrived at once.
const ACCEPTED: u8 = 1;
/// Wait before a stream is asked for again.
const RETRY: Duration = Duration::from_millis(50);
/// Bytes gathered before they are handed to the stream.
const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// The protocol of a channel on a chain. Nodes of another chain find no protocol in common.
pub(super) fn protocol(chain: ChainId, channel: Channel) -> Result<StreamProtocol, String> {
    let name = match channel {
        Channel::Consensus => "consensus",
        Channel::Transactions => "transactions",
        Channel::Bulk => "bulk",
    };
    let chain = hex::encode(&chain.0.0[..8]);
    StreamProtocol::try_from_owned(format!("/assent/{chain}/{name}/1")).map_err(|error| error.to_string())
}

/// Opens the three streams to a peer, or says why not.
pub(super) async fn open(
    mut control: Control,
    peer: PeerId,
    protocols: [StreamProtocol; 3],
    patience: Duration,
) -> Result<[Stream; 3], String> {
    let all = async {
        let [a, b, c] = protocols;
        let first = open_one(&mut control, peer, a).await?;
        let second = open_one(&mut control, peer, b).await?;
        let third = open_one(&mut control, peer, c).await?;
        Ok([first, second, third])
    };
    tokio::time::timeout(patience, all).await.unwrap_or_else(|_| Err("no streams in time".into()))
}

async fn open_one(control: &mut Control, peer: PeerId, protocol: StreamProtocol) -> Result<Stream, String> {
    loop {
        match control.open_stream(peer, protocol.clone()).await {
            Ok(mut stream) => {
                let mut answer = [0];
                if stream.read_exact(&mut answer).await.is_ok() && answer[0] == ACCEPTED {
                    return Ok(stream);
                }
            }
            Err(OpenStreamError::UnsupportedProtocol(protocol)) => return Err(format!("no protocol {protocol}")),
            Err(_) => {}
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// Who a task works for.
#[derive(Clone)]
pub(super) struct Tie {
    pub(super) org: OrgId,
    pub(super) connection: ConnectionId,
    pub(super) commands: mpsc::UnboundedSender<Command>,
}

impl Tie {
    fn end(&self, fault: Fault, reason: String) {
        let _ = self.commands.send(Command::Close { org: self.org, connection: self.connection, fault, reason });
    }
}

/// Writes what is queued until the link is gone or the stream breaks.
pub(super) async fn write(stream: Stream, mut lane: LaneReader, tie: Tie) {
    let mut stream = BufWriter::with_capacity(WRITE_BUFFER_BYTES, stream);
    while let Some(first) = lane.next().await {
        let mut next = Some(first);
        let mut result = Ok(());
        while let (Some(frame), Ok(())) = (&next, &result) {
            result = frame::write(&mut stream, frame).await;
            lane.written(frame);
            next = lane.try_next();
        }
        if result.is_ok() {
            result = stream.flush().await;
        }
        if let Err(error) = result {
            return tie.end(Fault::None, format!("a stream to it broke: {error}"));
        }
    }
}

/// What a reader needs besides its stream.
pub(super) struct Reader {
    pub(super) channel: Channel,
    pub(super) limits: ChannelLimits,
    /// Permits for bytes that the ordering thread has not taken yet.
    pub(super) budget: Arc<Semaphore>,
    /// Becomes true once the ordering thread knows the peer.
    pub(super) up: watch::Receiver<bool>,
    pub(super) deliver: Arc<dyn Deliver>,
}

/// Reads frames until the stream ends or the peer breaks a rule.
pub(super) async fn read(mut stream: Stream, mut reader: Reader, tie: Tie) {
    let accepted = async {
        stream.write_all(&[ACCEPTED]).await?;
        stream.flush().await
    };
    if accepted.await.is_err() || reader.up.wait_for(|up| *up).await.is_err() {
        return;
    }
    let now = Instant::now();
    let mut frames = Bucket::new(reader.limits.frames_per_second, now);
    let mut bytes = Bucket::new(reader.limits.bytes_per_second, now);
    loop {
        let frame = match frame::read(&mut stream, frame_bytes_max(reader.channel)).await {
            Ok(Some(frame)) => frame,
            Ok(None) | Err(FrameError::Io(_)) => return,
            Err(error @ FrameError::Length { .. }) => return tie.end(Fault::Peer, error.to_string()),
        };
        let now = Instant::now();
        if !frames.take(1, now) || !bytes.take(frame.len() as u64, now) {
            return tie.end(Fault::Peer, format!("it floods the {:?} stream", reader.channel));
        }
        let cost = u32::try_from(frame.len() + FRAME_OVERHEAD_BYTES).unwrap_or(u32::MAX);
        let Ok(permit) = reader.budget.clone().acquire_many_owned(cost).await else { return };
        reader.deliver.frame(tie.org, reader.channel, frame, permit);
    }
}

/// Budgets of a new session.
pub(super) fn budgets(limits: &super::Limits) -> [Arc<Semaphore>; 3] {
    CHANNELS.map(|channel| {
        let permits = usize::try_from(limits.channel(channel).inward_bytes_max).unwrap_or(usize::MAX);
        Arc::new(Semaphore::new(permits))
    })
}
