//! The daemon: sockets, disks, clocks and processes around one [`assent_replica::Replica`].
//!
//! [`run`](run::run) ties the parts together: the [`storage`] in RocksDB, the write-ahead log ([`wal`]), the transport
//! between nodes ([`p2p`]), the threads that drive the replica ([`driver`]), the API for clients and [`telemetry`].

pub mod agent;
pub mod api;
pub mod cli;
pub mod config;
pub mod custody;
pub mod driver;
pub mod keyfile;
pub mod keyservice;
pub mod p2p;
pub mod run;
pub mod signer;
pub mod storage;
pub mod telemetry;
pub mod wal;
