//! Networks of real node processes. The modules' names begin with `network_`, by which the test runner knows that each
//! of these tests wants the whole machine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod network_documents;
mod network_events;
mod network_governance;
mod network_ingest;
mod network_kill_9;
mod network_late_node;
mod network_operations;
mod network_peer_port;
mod network_preauth;
mod network_syncs;
mod network_verbs;
mod network_why_no_block;
