//! Numbered errors as gRPC statuses.

use assent_proto::ERROR_METADATA;
use assent_replica::storage::StorageError;
use assent_types::codec::DecodeError;
use assent_types::error::ErrorCode;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

/// A status that carries number, name and hint.
pub(crate) fn refuse(code: ErrorCode) -> Status {
    refuse_with(code, code.hint())
}

/// A status that carries number, name and what was found.
pub(crate) fn refuse_with(code: ErrorCode, detail: impl std::fmt::Display) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert(ERROR_METADATA, code.number().into());
    Status::with_metadata(grpc_code(code), format!("{code}: {detail}"), metadata)
}

/// What did not decode, with the hint.
pub(crate) fn refuse_bytes(error: &DecodeError) -> Status {
    refuse_with(error.code, format_args!("{}; {}", error.detail, error.code.hint()))
}

/// The store failed: the node is about to stop, and its details are not the caller's business.
pub(super) fn storage_failed(error: &StorageError) -> Status {
    tracing::error!(%error, "an API read failed");
    refuse_with(ErrorCode::Unavailable, "the node's store cannot be read; ask another node")
}

fn grpc_code(code: ErrorCode) -> Code {
    match code {
        ErrorCode::Quota => Code::ResourceExhausted,
        ErrorCode::Token => Code::Unauthenticated,
        ErrorCode::Acl | ErrorCode::OrgStatus => Code::PermissionDenied,
        ErrorCode::Limit => Code::OutOfRange,
        ErrorCode::NotFound => Code::NotFound,
        ErrorCode::Unavailable => Code::Unavailable,
        code if code.number() < 200 || code.number() >= 700 => Code::InvalidArgument,
        _ => Code::FailedPrecondition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_carries_its_number_name_and_a_hint() {
        for code in ErrorCode::ALL {
            let status = refuse(*code);
            assert_eq!(status.metadata().get(ERROR_METADATA).unwrap().to_str().unwrap(), code.number().to_string());
            assert!(status.message().starts_with(&format!("E{} {}: ", code.number(), code.name())));
            assert_ne!(status.code(), Code::Ok);
        }
    }
}
