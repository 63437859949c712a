use assent_types::document::AnchorBody;
use assent_types::error::ErrorCode;
use assent_vault::Geometry;
use assent_vault::codec::Coding;
use assent_vault::envelope::{KeyCommitment, ObjectNonce};
use assent_vault::tree::Roots;

/// How a document lies on its custodians.
///
/// # Errors
/// E402 for parameters that are no code or do not fit the size.
pub fn geometry_of(body: &AnchorBody) -> Result<Geometry, ErrorCode> {
    let coding = Coding::new(body.coding.n(), body.coding.k()).map_err(|_| ErrorCode::Coding)?;
    Geometry::new(coding, body.coding.stripe_bytes(), body.size_4k).map_err(|_| ErrorCode::Coding)
}

/// What an anchor says of a document's bytes.
///
/// # Errors
/// As [`geometry_of`].
pub fn roots_of(body: &AnchorBody) -> Result<Roots, ErrorCode> {
    Ok(Roots {
        geometry: geometry_of(body)?,
        nonce: ObjectNonce(body.nonce.0.0),
        object_root: body.object_root,
        shard_roots: body.shard_roots.to_vec(),
        ct_root: body.ct_root,
        key_commitment: KeyCommitment(body.key_commitment.0),
    })
}
