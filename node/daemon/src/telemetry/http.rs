//! `/metrics` and `/health` over plain HTTP.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use super::Metrics;
use crate::driver::NodeHandle;

/// The metrics port cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("metrics on {addr}: {error}")]
pub struct TelemetryError {
    addr: SocketAddr,
    error: std::io::Error,
}

/// Serves metrics and health until the shutdown completes. Returns the address at once; the task runs on.
///
/// # Errors
/// The address is taken or not this machine's.
pub async fn serve(
    addr: SocketAddr,
    metrics: Arc<Metrics>,
    node: NodeHandle,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(SocketAddr, tokio::task::JoinHandle<()>), TelemetryError> {
    let router = text_router(Arc::new(move || metrics.text())).route("/health", get(move || health(node.clone())));
    serve_router(addr, router, shutdown).await
}

/// Serves the metrics of an agent, and a health that says no more than that the process answers.
///
/// # Errors
/// As [`serve`].
pub async fn serve_text(
    addr: SocketAddr,
    text: Arc<dyn Fn() -> String + Send + Sync>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(SocketAddr, tokio::task::JoinHandle<()>), TelemetryError> {
    let router = text_router(text).route("/health", get(|| std::future::ready("ok\n")));
    serve_router(addr, router, shutdown).await
}

fn text_router(text: Arc<dyn Fn() -> String + Send + Sync>) -> Router {
    let content = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    Router::new().route("/metrics", get(move || std::future::ready((content, text()))))
}

async fn serve_router(
    addr: SocketAddr,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(SocketAddr, tokio::task::JoinHandle<()>), TelemetryError> {
    let listener = TcpListener::bind(addr).await.map_err(|error| TelemetryError { addr, error })?;
    let bound = listener.local_addr().map_err(|error| TelemetryError { addr, error })?;
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
            tracing::error!(%error, "the metrics port failed");
        }
    });
    Ok((bound, task))
}

/// 200 while the ordering thread answers, 503 otherwise. Whether blocks are made is a matter of the whole network and
/// stands in the metrics.
async fn health(node: NodeHandle) -> impl IntoResponse {
    let answer = tokio::time::timeout(std::time::Duration::from_secs(2), node.status()).await;
    match answer {
        Ok(Ok(status)) => (StatusCode::OK, format!("ok height={} lag={}\n", status.height, status.lag())),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the ordering thread does not answer\n".to_owned()),
    }
}
