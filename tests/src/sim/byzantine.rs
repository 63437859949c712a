//! Validators that do not follow the protocol. They run the production replica; what leaves it is changed.

use std::sync::Arc;

use assent_consensus::{Message, SignedVote};
use assent_replica::PeerMessage;
use assent_types::codec::Bytes;
use assent_types::ids::{BlockHash, Hash32, OrgId};
use assent_types::limits::BODY_BYTES_MAX;

use super::keys::Keys;
use super::rng::Rng;

/// How a validator misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Signs conflicting votes and sends each to a part of the others.
    Equivocates,
    /// Keeps the bodies of its proposals from some or all of the others, and does not answer when asked.
    Withholds,
    /// Gives some of the others changed bodies, of its own blocks and of others', under their genuine headers.
    Mangles,
}

/// The body with one bit of its last byte changed: of a signature, where it has transactions.
fn mangled(block: &Bytes<BODY_BYTES_MAX>) -> Option<Bytes<BODY_BYTES_MAX>> {
    let mut bytes = block.to_vec();
    *bytes.last_mut()? ^= 1;
    Bytes::new(bytes).ok()
}

/// What a peer gets to see of a message: the message, another one, or nothing.
pub fn twist(role: Role, keys: &Keys, rng: &mut Rng, to: OrgId, bytes: &Arc<Vec<u8>>) -> Option<Arc<Vec<u8>>> {
    let Ok(message) = PeerMessage::from_bytes(bytes) else { return Some(bytes.clone()) };
    match (role, message) {
        (Role::Withholds, PeerMessage::Body { .. }) => {
            (to.0.is_multiple_of(2) && rng.chance(600)).then(|| bytes.clone())
        }
        (Role::Mangles, PeerMessage::Body { round, block }) if !to.0.is_multiple_of(2) => {
            let block = mangled(&block)?;
            Some(Arc::new(PeerMessage::Body { round, block }.to_bytes()))
        }
        (Role::Mangles, PeerMessage::SyncResponse(mut page)) if rng.chance(500) => {
            let last = page.as_mut_slice().last_mut()?;
            last.block = mangled(&last.block)?;
            Some(Arc::new(PeerMessage::SyncResponse(page).to_bytes()))
        }
        (Role::Equivocates, PeerMessage::Consensus(inner)) => {
            let Ok(Message::Vote(signed)) = Message::from_bytes(&inner) else { return Some(bytes.clone()) };
            let Some(key) = keys.of_vote(&signed).filter(|_| !to.0.is_multiple_of(2)) else {
                return Some(bytes.clone());
            };
            let mut vote = signed.vote;
            vote.block = match vote.block {
                Some(_) if rng.chance(500) => None,
                _ => Some(BlockHash(Hash32([0xee; 32]))),
            };
            let signature = vote.sign(key);
            let other = Message::Vote(SignedVote { vote, signature });
            Some(Arc::new(PeerMessage::ordering(&other).to_bytes()))
        }
        _ => Some(bytes.clone()),
    }
}
