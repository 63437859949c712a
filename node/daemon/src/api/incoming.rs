//! Accepts connections, not more than there is room for.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::transport::server::Connected;

use super::limits::ApiLimits;

/// Address of the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller(pub(super) SocketAddr);

/// Counts connections, in all and for each address.
struct Room {
    total: Arc<Semaphore>,
    per_address_max: usize,
    per_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A connection that gives its place back when it ends.
pub(super) struct Connection {
    stream: TcpStream,
    caller: Caller,
    per_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _place: OwnedSemaphorePermit,
}

/// The stream of accepted connections. When the server is full, further ones wait in the system's queue; one address
/// that has its share already is closed at once.
pub(super) fn accept(listener: TcpListener, limits: &ApiLimits) -> impl Stream<Item = io::Result<Connection>> + use<> {
    let room = Room {
        total: Arc::new(Semaphore::new(limits.connections)),
        per_address_max: limits.connections_per_address,
        per_address: Arc::default(),
    };
    futures::stream::unfold((listener, room), |(listener, room)| async move {
        loop {
            let Ok(place) = room.total.clone().acquire_owned().await else { return None };
            match listener.accept().await {
                Ok((stream, address)) => {
                    if let Some(connection) = room.admit(stream, address, place) {
                        return Some((Ok(connection), (listener, room)));
                    }
                }
                // Out of descriptors, or a connection that was gone already: neither ends the server.
                Err(error) => {
                    tracing::warn!(%error, "an API connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
    })
}

impl Room {
    fn admit(&self, stream: TcpStream, address: SocketAddr, place: OwnedSemaphorePermit) -> Option<Connection> {
        {
            let mut per_address = self.per_address.lock().unwrap_or_else(PoisonError::into_inner);
            let count = per_address.entry(address.ip()).or_default();
            if *count >= self.per_address_max {
                return None;
            }
            *count += 1;
        }
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        Some(Connection { stream, caller: Caller(address), per_address: self.per_address.clone(), _place: place })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut per_address = self.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = per_address.get_mut(&self.caller.0.ip()) {
            *count -= 1;
            if *count == 0 {
                per_address.remove(&self.caller.0.ip());
            }
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        self.caller
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
