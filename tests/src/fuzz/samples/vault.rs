//! A small sealed document with everything that is stored and sent for it.

use assent_types::{ChainId, Hash32, OrgId};
use assent_vault::codec::Coding;
use assent_vault::envelope::{Dek, DocumentType, EntropySeed, ObjectNonce};
use assent_vault::keys::{
    ControllerKey, HolderKey, KeyPart, KeyShare, Release, ReleaseContext, SessionSecret, SharedKey, WrappedDek, split,
};
use assent_vault::tree::{BlockId, BlockProof, ShardIndex, StripeIndex};
use assent_vault::{Geometry, Sealed, Sealer, Upload};

/// Place of the block that [`Document::proof`] proves.
pub const BLOCK: BlockId = BlockId { column: 2, stripe: 1, block: 0 };

/// Shard of the block that [`Document::proof`] proves.
pub const SHARD: usize = 3;

const NONCE: ObjectNonce = ObjectNonce([4; 32]);

/// A document as its custodians hold it.
pub struct Document {
    /// Roots and manifest.
    pub sealed: Sealed,
    /// Index of [`SHARD`].
    pub index: ShardIndex,
    /// Leaves of the ciphertext's tree.
    pub stripes: StripeIndex,
    /// Bytes of [`BLOCK`].
    pub block: Vec<u8>,
    /// Its proof.
    pub proof: BlockProof,
}

/// Why a sample cannot be made: never, while the vault works.
pub type Broken = Box<dyn std::error::Error>;

/// A document of three stripes.
///
/// # Errors
/// If the vault refuses it.
pub fn document() -> Result<Document, Broken> {
    let content = [0x5A; 2_500];
    let geometry = Geometry::fit(Coding::PILOT, content.len() as u64, 2048)?;
    let document_type = DocumentType::new("http://loinc.org|11506-3")?;
    let upload = Upload { geometry, nonce: NONCE, document_type, length: content.len() as u64 };
    let mut sealer = Sealer::new(upload, &dek())?;
    let (mut index, mut stripes, mut block) = (ShardIndex::default(), StripeIndex::default(), Vec::new());
    let mut rest = &content[..];
    while let Some(stripe) = sealer.push(&mut rest)? {
        index.push(stripe.chunk_roots(SHARD))?;
        stripes.push(stripe.leaf())?;
        if stripe.number() == BLOCK.stripe {
            block = stripe.chunk(SHARD, BLOCK.column).to_vec();
        }
    }
    let sealed = sealer.sealed()?;
    let checked = index.clone().check(&geometry, SHARD, sealed.roots.shard(SHARD)?)?;
    let proof = checked.prove(BLOCK, &block)?;
    Ok(Document { sealed, index, stripes, block, proof })
}

/// The key of the document.
pub fn dek() -> Dek {
    Dek::new([7; 32])
}

/// The key of the document under its wrapping key.
pub fn wrapped_dek() -> WrappedDek {
    dek().wrap(&ControllerKey::new([1; 32]), &HolderKey::new([2; 32]), &NONCE)
}

/// Two of three shares.
///
/// # Errors
/// If the vault refuses them.
pub fn shared_key() -> Result<SharedKey, Broken> {
    Ok(split(&HolderKey::new([2; 32]), &NONCE, 2, 3, EntropySeed::new([3; 32]))?)
}

/// The object that shares and documents are for.
pub fn nonce() -> ObjectNonce {
    NONCE
}

/// The key of the session that [`releases`] are for.
pub fn session() -> SessionSecret {
    SessionSecret::new([5; 32])
}

/// What releases of this part are for.
pub fn context(part: KeyPart) -> ReleaseContext {
    ReleaseContext {
        chain: ChainId(Hash32([1; 32])),
        session: Hash32([2; 32]),
        anchor: Hash32([3; 32]),
        keyset_epoch: 4,
        holder: OrgId(5),
        part,
        requester: OrgId(6),
    }
}

/// A release of a share and one of the controller's key.
///
/// # Errors
/// If the vault refuses them.
pub fn releases() -> Result<Vec<Release>, Broken> {
    let shares: Vec<KeyShare> = shared_key()?.shares;
    let (share, public) = (&shares[0], session().public());
    let controller = ControllerKey::new([1; 32]);
    Ok(vec![
        context(KeyPart::Share(share.index())).release_share(share, &public, EntropySeed::new([8; 32]))?,
        context(KeyPart::Controller).release_controller_key(&controller, &public, EntropySeed::new([9; 32]))?,
    ])
}
