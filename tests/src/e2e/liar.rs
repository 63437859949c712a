//! A custodian that lies: it passes everything on to an honest one and changes what comes back.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use assent_client::Endpoint;
use assent_proto::v1;
use assent_proto::v1::custodian_client::CustodianClient;
use assent_proto::v1::custodian_server::{Custodian, CustodianServer};
use tokio::net::TcpListener;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

/// Most bytes of a message on the way.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A bit of every run.
    Chunks,
    /// A bit of the index.
    Index,
    /// A bit of the list of stripes.
    Stripes,
}

/// A custodian between clients and an honest one.
struct Liar {
    honest: CustodianClient<Channel>,
    lie: Lie,
}

/// Starts a liar in front of an honest custodian, with the TLS identity in its folder; gives the address to use instead.
///
/// # Panics
/// If it does not start.
pub async fn lie_in_front_of(honest: &Endpoint, folder: &Path, ca: &str, lie: Lie) -> Endpoint {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca));
    let channel = Channel::from_shared(honest.url.clone()).unwrap().tls_config(tls).unwrap().connect_lazy();
    let honest_client = CustodianClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let identity = Identity::from_pem(read("custodian-cert.pem"), read("custodian-key.pem"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let service = CustodianServer::new(Liar { honest: honest_client, lie });
    let incoming = futures::stream::unfold(listener, |listener| async move {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        Some((accepted, listener))
    });
    let server = Server::builder().tls_config(ServerTlsConfig::new().identity(identity)).unwrap().add_service(service);
    tokio::spawn(server.serve_with_incoming(incoming));
    Endpoint { url: format!("https://{address}"), node: honest.node }
}

fn flip(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Custodian for Liar {
    async fn begin_shard(&self, request: Request<v1::BeginShardRequest>) -> Answer<v1::BeginShardResponse> {
        self.honest.clone().begin_shard(request).await
    }

    async fn store_run(&self, request: Request<v1::StoreRunRequest>) -> Answer<v1::StoreRunResponse> {
        self.honest.clone().store_run(request).await
    }

    async fn complete_shard(&self, request: Request<v1::CompleteShardRequest>) -> Answer<v1::CompleteShardResponse> {
        self.honest.clone().complete_shard(request).await
    }

    async fn describe_shard(&self, request: Request<v1::DescribeShardRequest>) -> Answer<v1::DescribeShardResponse> {
        let mut answer = self.honest.clone().describe_shard(request).await?;
        match self.lie {
            Lie::Index => flip(&mut answer.get_mut().index),
            Lie::Stripes => flip(&mut answer.get_mut().stripes),
            Lie::Chunks => {}
        }
        Ok(answer)
    }

    async fn read_run(&self, request: Request<v1::ReadRunRequest>) -> Answer<v1::ReadRunResponse> {
        let mut answer = self.honest.clone().read_run(request).await?;
        if self.lie == Lie::Chunks {
            flip(&mut answer.get_mut().data);
        }
        Ok(answer)
    }

    async fn rebuild_shard(&self, request: Request<v1::RebuildShardRequest>) -> Answer<v1::RebuildShardResponse> {
        self.honest.clone().rebuild_shard(request).await
    }

    async fn custodian_status(
        &self,
        request: Request<v1::CustodianStatusRequest>,
    ) -> Answer<v1::CustodianStatusResponse> {
        self.honest.clone().custodian_status(request).await
    }
}
