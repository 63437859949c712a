//! End-to-end tests: node processes of a sample network on the loopback interface, load on them, and a peer that keeps
//! no rule.
//!
//! Everything here waits on conditions, and panics when one does not come true in [`PATIENCE`]: what cannot go on has
//! failed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "only tests use this, and a test that cannot go on failed")]

mod hostile;
mod liar;
mod load;
mod network;
mod program;
mod small_disks;

use std::future::Future;
use std::time::Duration;

pub use hostile::Hostile;
pub use liar::{Lie, lie_in_front_of};
pub use load::{Load, Patient, must_execute};
pub use network::{Network, Port};
pub use program::{program, script};

/// How long anything may take on a machine that does other work beside.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Asks until the answer is there.
///
/// # Panics
/// If it does not come within [`PATIENCE`].
pub async fn until<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let asking = async {
        let mut pace = tokio::time::interval(Duration::from_millis(50));
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    within(what, asking).await
}

/// Waits for a future.
///
/// # Panics
/// If it does not complete within [`PATIENCE`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: not in time"))
}
