//! What can go wrong for an application.

use assent_proto::ERROR_METADATA;
use assent_types::error::ErrorCode;
use assent_types::ids::{Millis, TxHash};
use tonic::{Code, Status};

use crate::builder::BuildError;

/// An error of the client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The node refused, with a number of the closed list.
    #[error("{code}: {detail}")]
    Refused {
        /// The number.
        code: ErrorCode,
        /// What the node said about it.
        detail: String,
    },
    /// No node could be reached, or each broke off. Whether a submitted transaction was admitted is then unknown, never
    /// whether it is final: ask for its receipt.
    #[error("no node answers: {0}")]
    Transport(String),
    /// An agent, a custodian's or a key service, cannot be reached or broke off.
    #[error("{url} does not answer: {reason}")]
    Agent {
        /// Its address.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The deadline passed. The transaction may still become final until its expiry.
    #[error("transaction {tx} is not final yet and may become so until it expires at {expires_at}")]
    Pending {
        /// The transaction.
        tx: TxHash,
        /// Its expiry, in milliseconds since 1970.
        expires_at: Millis,
    },
    /// The transaction's expiry passed without it: it is not and will never be in a block.
    #[error("transaction {0} expired without becoming final and never will be")]
    Lapsed(TxHash),
    /// A node answered with something that does not verify. It lies, or it is of another chain.
    #[error("the answer of {node} does not verify: {reason}")]
    Unproven {
        /// Address of the node.
        node: String,
        /// What is wrong.
        reason: String,
    },
    /// The configuration cannot be used.
    #[error("configuration: {0}")]
    Config(String),
    /// A transaction or token could not be made.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl ClientError {
    /// The number, if the node refused with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// What a failed call means for the next step.
pub(crate) enum Failure {
    /// The node decided: no other answer is to be expected.
    Final(ClientError),
    /// Try another node, or this one later.
    Retry(String),
}

/// The number that a status carries.
pub fn error_number(status: &Status) -> Option<ErrorCode> {
    let number = status.metadata().get(ERROR_METADATA).and_then(|value| value.to_str().ok());
    number.and_then(|number| number.parse().ok()).and_then(ErrorCode::from_number)
}

pub(crate) fn classify(status: &Status) -> Failure {
    match error_number(status) {
        Some(ErrorCode::Unavailable) => Failure::Retry(status.message().to_owned()),
        Some(code) => {
            // The message repeats number and name, so that plain gRPC tools show them.
            let detail = status.message();
            let detail = detail.strip_prefix(&format!("{code}: ")).unwrap_or(detail);
            Failure::Final(ClientError::Refused { code, detail: detail.to_owned() })
        }
        None => match status.code() {
            Code::InvalidArgument | Code::Unimplemented | Code::OutOfRange | Code::FailedPrecondition => {
                let detail = format!("{:?}: {}", status.code(), status.message());
                Failure::Final(ClientError::Refused { code: ErrorCode::BadRequest, detail })
            }
            code => Failure::Retry(format!("{code:?}: {}", describe(status))),
        },
    }
}

/// The message with its causes: a failed connection says "transport error" only, the causes say why.
fn describe(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut source = std::error::Error::source(status);
    while let Some(error) = source {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tonic::metadata::MetadataMap;

    use super::*;

    fn status(code: Code, number: Option<&str>, message: &str) -> Status {
        let mut metadata = MetadataMap::new();
        if let Some(number) = number {
            metadata.insert(ERROR_METADATA, number.parse().unwrap());
        }
        Status::with_metadata(code, message, metadata)
    }

    #[test]
    fn numbers_become_typed_errors() {
        let status = status(Code::InvalidArgument, Some("104"), "E104 E_BAD_SIG: sign with the named key");
        let Failure::Final(error) = classify(&status) else { panic!("expected a final error") };
        assert_eq!(error.code(), Some(ErrorCode::BadSignature));
        assert_eq!(error.to_string(), "E104 E_BAD_SIG: sign with the named key");
    }

    #[test]
    fn only_transport_and_unavailable_are_retried() {
        for (code, number, retried) in [
            (Code::Unavailable, None, true),
            (Code::Unknown, None, true),
            (Code::Cancelled, None, true),
            (Code::Unavailable, Some("906"), true),
            (Code::ResourceExhausted, Some("109"), false),
            (Code::Unauthenticated, Some("904"), false),
            (Code::Unimplemented, None, false),
            (Code::InvalidArgument, Some("not a number"), false),
        ] {
            let failure = classify(&status(code, number, "x"));
            assert_eq!(matches!(failure, Failure::Retry(_)), retried, "{code:?} {number:?}");
        }
    }
}
