//! The gRPC interface of a node: messages, client and server code generated from `proto/assent/v1/assent.proto`.
//!
//! Payloads that are hashed or signed travel as canonical bytes inside protobuf fields; see the comments of the
//! interface definition. Bounds of the interface, shared by client and server, stand in [`limits`].

pub mod limits;

/// Package `assent.v1`.
pub mod v1 {
    #![allow(
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "generated code; the comments of the interface definition become its documentation"
    )]
    tonic::include_proto!("assent.v1");
}

/// The encoded file descriptor set, for server reflection.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("assent.v1");

/// Metadata entry of a status that carries the number of the error.
pub const ERROR_METADATA: &str = "assent-error";

/// Metadata entry of a request to an agent: the height of the newest block that was proven to the caller. The agent first
/// catches up with it, so that nobody is refused for what only its own nodes have not seen yet.
pub const SEEN_METADATA: &str = "assent-seen-height";

#[cfg(test)]
mod tests {
    #[test]
    fn descriptors_name_every_service() {
        let text = String::from_utf8_lossy(super::DESCRIPTORS);
        for name in ["Ledger", "WhyNoBlock", "Custodian", "CollectKeyParts"] {
            assert!(text.contains(name), "{name}");
        }
    }
}
