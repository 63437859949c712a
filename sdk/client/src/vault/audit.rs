//! What an auditor finds when it fetches the answer to a challenge of possession.

use std::fmt;

use assent_types::document::Anchor;
use assent_types::error::ErrorCode;
use assent_types::ids::ChallengeId;
use assent_types::possession::{Challenge, answer_of};
use assent_types::state::{Record, StateKey};

use super::anchors::geometry_of;
use super::custodians::{Custodian, Custodians, Right, RunRef, ShardRef};
use super::error::VaultError;
use crate::client::Client;
use crate::error::ClientError;

/// What an answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The custodian gives the anchored chunks, and they are what it answered.
    Held,
    /// The custodian says that its copy is missing or damaged.
    Lost(String),
    /// What the custodian gives does not hash to the anchored root.
    Damaged,
    /// The custodian gives the anchored chunks, but had answered something else: it did not have them then.
    AnsweredOtherwise,
}

impl Finding {
    /// Whether the shard is held.
    pub fn is_held(&self) -> bool {
        *self == Self::Held
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("the custodian gives the anchored chunks, and they are what it answered"),
            Self::Lost(said) => write!(f, "the custodian gives nothing: {said}"),
            Self::Damaged => f.write_str("what the custodian gives does not hash to the anchored root"),
            Self::AnsweredOtherwise => {
                f.write_str("the custodian gives the anchored chunks, and had answered otherwise")
            }
        }
    }
}

/// Fetches the answer to a challenge from its custodian, and checks it against the anchored root of the shard and the
/// hash on the ledger. The caller is the auditor that opened the challenge.
///
/// # Errors
/// E905 for a challenge that is not there or names no such shard; what the custodian refuses for any other reason than its
/// copy, E407 while nothing is answered or once it is judged; [`ClientError::Agent`] if it cannot be reached. None of these is a
/// finding.
pub async fn audit(client: &Client, id: ChallengeId, custodians: &Custodians) -> Result<Finding, VaultError> {
    let key = StateKey::Challenge(id);
    let found = client.get(&[key]).await?;
    let Some(Record::Challenge(challenge)) = found.value(&key).flatten().map(|value| &value.record) else {
        return Err(ErrorCode::NotFound.into());
    };
    // The record of the document is shown together with the challenge, to whoever opened it.
    let document = StateKey::Anchor(challenge.anchor);
    let found = client.get(&[key, document]).await?;
    let Some(Record::Anchor(anchor)) = found.value(&document).flatten().map(|value| &value.record) else {
        return Err(ErrorCode::NotFound.into());
    };
    match fetch(challenge, anchor, custodians.of(challenge.custodian)?).await {
        Ok(finding) => Ok(finding),
        Err(VaultError::Client(ClientError::Refused {
            code: code @ (ErrorCode::ShardMissing | ErrorCode::ShardDamaged),
            detail,
        })) => Ok(Finding::Lost(format!("{code}: {detail}"))),
        Err(VaultError::Client(ClientError::Unproven { .. })) => Ok(Finding::Damaged),
        Err(error) => Err(error),
    }
}

async fn fetch(challenge: &Challenge, anchor: &Anchor, custodian: &Custodian) -> Result<Finding, VaultError> {
    let (id, right) = (ShardRef { anchor: anchor.id, shard: challenge.shard }, Right::Challenge(challenge.id));
    let geometry = geometry_of(&anchor.body)?;
    let shard = usize::from(challenge.shard);
    let root = anchor.body.shard_roots.get(shard).ok_or(ErrorCode::NotFound)?;
    let Ok(index) = custodian.describe(id, right).await?.index.check(&geometry, shard, root) else {
        return Ok(Finding::Damaged);
    };
    let mut chunks = Vec::new();
    for (column, number) in (0..geometry.coding().columns()).zip(0..) {
        let chunk = custodian.read(id, right, RunRef { column: number, first: challenge.stripe, count: 1 }).await?;
        if !index.is_chunk(column, challenge.stripe, &chunk) {
            return Ok(Finding::Damaged);
        }
        chunks.push(chunk);
    }
    let answer = answer_of(challenge.id, chunks.iter().map(Vec::as_slice));
    Ok(if challenge.answer == Some(answer) { Finding::Held } else { Finding::AnsweredOtherwise })
}
