//! Destroying what an agent has of a document whose erasure is ordered (DO-10, DO-18).

use assent_client::error_number;
use assent_types::action::Action;
use assent_types::codec::Set;
use assent_types::document::{Anchor, DocumentStatus, Keyset};
use assent_types::erasure::{DestroyAttest, Destroyed};
use assent_types::error::ErrorCode;
use assent_types::ids::AnchorId;
use assent_types::state::{Record, StateKey};
use tonic::Status;

use super::AgentLedger;
use crate::api::refuse;

/// What the ledger says about the erasure of a document.
pub(crate) enum Erasing {
    /// It is not erased.
    Kept,
    /// Everybody has to destroy what they have of it; with what this organisation has not attested to.
    Ordered(Vec<Destroyed>),
    /// It is erased. Nobody may have anything of it, and nothing is left to attest to.
    Erased,
}

impl AgentLedger {
    /// Whether a document is to be erased, proven.
    pub(crate) async fn erasing(&self, id: AnchorId) -> Result<Erasing, Status> {
        let document = StateKey::Anchor(id);
        let view = self.read(&[document]).await?;
        let anchor = match view.record(&document) {
            Some(Record::Anchor(anchor)) if anchor.status == DocumentStatus::ErasurePending => anchor,
            Some(Record::Tombstone(_)) => return Ok(Erasing::Erased),
            _ => return Ok(Erasing::Kept),
        };
        // What was attested is shown only to its parties, and to nobody else once the document is erased.
        let (keyset, kept) = (StateKey::Keyset(anchor.body.keyset), StateKey::Retention(id));
        let more = self.read(&[keyset, kept]).await?;
        let Some(Record::Keyset(keyset)) = more.record(&keyset) else { return Err(refuse(ErrorCode::Keyset)) };
        let mut own = self.parts(anchor, keyset);
        if let Some(Record::Retention(retention)) = more.record(&kept) {
            own.retain(|part| {
                !retention.attestations.iter().any(|done| done.destroyed == *part && done.by == self.org)
            });
        }
        Ok(Erasing::Ordered(own))
    }

    /// What agents of this organisation keep of a document, as the ledger has it. The salts are with who stored it.
    fn parts(&self, anchor: &Anchor, keyset: &Keyset) -> Vec<Destroyed> {
        let shards = (0u8..).zip(&anchor.custody).filter(|(_, custody)| custody.custodian == self.org);
        let share = keyset.share_of(self.org).map(|_| Destroyed::Share);
        let half = (anchor.body.controller == self.org).then_some(Destroyed::ControllerKey);
        share.into_iter().chain(shards.map(|(shard, _)| Destroyed::Shard(shard))).chain(half).collect()
    }

    /// Attests that parts of a document were destroyed. Where others were quicker, nothing is left to attest to.
    pub(crate) async fn attest_destroyed(&self, id: AnchorId, parts: Vec<Destroyed>) -> Result<(), Status> {
        let Ok(destroyed) = Set::new(parts) else { return Err(refuse(ErrorCode::Limit)) };
        if destroyed.is_empty() {
            return Ok(());
        }
        match self.execute(Action::DestroyAttest(DestroyAttest { anchor: id, destroyed })).await {
            Err(status) if error_number(&status) != Some(ErrorCode::Unavailable) => match self.erasing(id).await? {
                Erasing::Erased => Ok(()),
                Erasing::Ordered(left) if left.is_empty() => Ok(()),
                _ => Err(status),
            },
            executed => executed.map(|_| ()),
        }
    }
}
