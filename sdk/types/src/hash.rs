//! Domain-separated SHA-256.
//!
//! Every hash of the ledger starts with the length and bytes of a [`Tag`], so that no two purposes can ever share a
//! preimage.

use sha2::{Digest, Sha256};

use crate::ids::Hash32;

/// The purposes for which the ledger hashes; the text is part of every preimage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Identifier of a transaction: body and co-signatures.
    Transaction,
    /// What a transaction's signer signs.
    TransactionSign,
    /// What a transaction's co-signer signs: the body alone.
    TransactionCosign,
    /// Hash of a block header.
    Header,
    /// Hash of the genesis header: the chain id.
    Genesis,
    /// Root over a block's transaction ids.
    TransactionRoot,
    /// Hash of a validator set.
    ValidatorSet,
    /// Hash of the parameters.
    Params,
    /// Hash of a state key.
    StateKey,
    /// Hash of a receipt: a leaf of the history log.
    Receipt,
    /// Hash of a receipt's salted details.
    ReceiptDetails,
    /// Salted hash of an event of a receipt: a leaf of its details.
    ReceiptEvent,
    /// Salt of an event, or of the rest of a receipt's details.
    ReceiptSalt,
    /// What the salts of a transaction's receipt are made from.
    ReceiptSeed,
    /// What the salts of a sweep's receipt are made from.
    SweepSeed,
    /// Identifier of a public key.
    Key,
    /// What a validator signs as a vote.
    Vote,
    /// What a validator signs as a proposal.
    Proposal,
    /// Identifier of a consent.
    Consent,
    /// Identifier of a mandate.
    Mandate,
    /// Leaf of a subject's consent log.
    ConsentLog,
    /// Identifier of the receipt that a block's deadline sweep leaves.
    Sweep,
    /// What a new key signs to show that its holder has it.
    Possession,
    /// What a client signs to authenticate API requests.
    ApiToken,
    /// Evidence: salted hash of an external document.
    Evidence,
    /// Column of a shard: sizes and root.
    VaultColumn,
    /// Root of a document's shards and geometry.
    VaultObject,
    /// Salted commitment to a document's content.
    VaultDocument,
    /// Salted commitment to a share of a key.
    VaultShare,
    /// Hash of a share as it was released, in ciphertext.
    VaultRelease,
    /// Identifier of an anchor.
    Anchor,
    /// Identifier of a keyset.
    Keyset,
    /// Identifier of an access session.
    Session,
    /// Chain of a session's receipts.
    SessionReceipt,
    /// Leaf of a subject's access log.
    AccessLog,
    /// Identifier of a case.
    Case,
    /// Identifier of a challenge of possession.
    Challenge,
    /// The stripe that a challenge asks for.
    ChallengeStripe,
    /// What a custodian answers to a challenge.
    ChallengeAnswer,
    /// Identifier of a claim.
    Claim,
    /// Identifier of a settlement.
    Settlement,
    /// Nullifier of a bill, under the issuer's key.
    BillNullifier,
    /// Identifier of a question of eligibility.
    Eligibility,
    /// Identifier of a preauthorisation.
    Preauth,
    /// Identifier of a guarantee of payment.
    Guarantee,
    /// Identifier of a proposal of governance.
    Proposed,
    /// Identifier of a transfer basis.
    Basis,
    /// Identifier of a fixing of an exchange rate.
    Fixing,
    /// Identifier of a map between code systems.
    CodeMap,
    /// Identifier of an assignment of a benefit.
    Assignment,
    /// Identifier of a batch of settlements.
    Batch,
    /// Identifier of a claim code.
    ClaimCode,
    /// What a claim code says.
    ClaimCodeBody,
    /// What a subject signs to grant a claim code.
    ClaimCodeGrant,
    /// What the holder of a claim code signs at a terminal.
    ClaimCodePresentation,
    /// What a subject signs to confirm one request for access.
    Confirmation,
    /// Identifier of a hold on a document.
    Hold,
    /// Root over the attestations of an erasure.
    Attestations,
}

impl Tag {
    /// The bytes that enter the preimage.
    pub const fn text(self) -> &'static str {
        match self {
            Tag::Transaction => "assent/tx/1",
            Tag::TransactionSign => "assent/tx-sign/1",
            Tag::TransactionCosign => "assent/tx-cosign/1",
            Tag::Header => "assent/header/1",
            Tag::Genesis => "assent/genesis/1",
            Tag::TransactionRoot => "assent/tx-root/1",
            Tag::ValidatorSet => "assent/validators/1",
            Tag::Params => "assent/params/1",
            Tag::StateKey => "assent/state-key/1",
            Tag::Receipt => "assent/receipt/1",
            Tag::ReceiptDetails => "assent/receipt-details/1",
            Tag::ReceiptEvent => "assent/receipt-event/1",
            Tag::ReceiptSalt => "assent/receipt-salt/1",
            Tag::ReceiptSeed => "assent/receipt-seed/1",
            Tag::SweepSeed => "assent/sweep-seed/1",
            Tag::Key => "assent/key/1",
            Tag::Vote => "assent/vote/1",
            Tag::Proposal => "assent/proposal/1",
            Tag::Consent => "assent/consent/1",
            Tag::Mandate => "assent/mandate/1",
            Tag::ConsentLog => "assent/consent-log/1",
            Tag::Sweep => "assent/sweep/1",
            Tag::Possession => "assent/possession/1",
            Tag::ApiToken => "assent/api-token/1",
            Tag::Evidence => "assent/evidence/1",
            Tag::VaultColumn => "assent/vault/column/1",
            Tag::VaultObject => "assent/vault/object/1",
            Tag::VaultDocument => "assent/vault/document/1",
            Tag::VaultShare => "assent/vault/share/1",
            Tag::VaultRelease => "assent/vault/release/1",
            Tag::Anchor => "assent/anchor/1",
            Tag::Keyset => "assent/keyset/1",
            Tag::Session => "assent/session/1",
            Tag::SessionReceipt => "assent/session-receipt/1",
            Tag::AccessLog => "assent/access-log/1",
            Tag::Case => "assent/case/1",
            Tag::Challenge => "assent/challenge/1",
            Tag::ChallengeStripe => "assent/challenge-stripe/1",
            Tag::ChallengeAnswer => "assent/challenge-answer/1",
            Tag::Claim => "assent/claim/1",
            Tag::Settlement => "assent/settlement/1",
            Tag::BillNullifier => "assent/bill-nullifier/1",
            Tag::Eligibility => "assent/eligibility/1",
            Tag::Preauth => "assent/preauth/1",
            Tag::Guarantee => "assent/guarantee/1",
            Tag::Proposed => "assent/proposed/1",
            Tag::Basis => "assent/basis/1",
            Tag::Fixing => "assent/fixing/1",
            Tag::CodeMap => "assent/code-map/1",
            Tag::Assignment => "assent/assignment/1",
            Tag::Batch => "assent/batch/1",
            Tag::ClaimCode => "assent/claim-code/1",
            Tag::ClaimCodeBody => "assent/claim-code-body/1",
            Tag::ClaimCodeGrant => "assent/claim-code-grant/1",
            Tag::ClaimCodePresentation => "assent/claim-code-presentation/1",
            Tag::Confirmation => "assent/confirmation/1",
            Tag::Hold => "assent/hold/1",
            Tag::Attestations => "assent/attestations/1",
        }
    }
}

/// Incremental tagged hash.
#[derive(Clone)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Starts a hash for one purpose.
    pub fn new(tag: Tag) -> Self {
        let mut inner = Sha256::new();
        let text = tag.text().as_bytes();
        // Every tag is far shorter than 255 bytes.
        inner.update([u8::try_from(text.len()).unwrap_or(u8::MAX)]);
        inner.update(text);
        Self(inner)
    }

    /// Adds bytes. Callers pass canonical, self-delimiting encodings only.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// The digest.
    pub fn finish(self) -> Hash32 {
        Hash32(self.0.finalize().into())
    }
}

impl borsh::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> borsh::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> borsh::io::Result<()> {
        Ok(())
    }
}

/// Most encodings that are hashed are no larger, in bytes.
const ENCODING_BYTES_USUAL: usize = 512;

/// Hash of bytes under a tag.
pub fn tagged(tag: Tag, bytes: &[u8]) -> Hash32 {
    let mut hasher = Hasher::new(tag);
    hasher.update(bytes);
    hasher.finish()
}

/// Hash of a value's canonical encoding under a tag.
pub fn tagged_value<T: borsh::BorshSerialize + ?Sized>(tag: Tag, value: &T) -> Hash32 {
    // Encoded first and hashed at once: hashing field by field costs more than the copy.
    let mut bytes = Vec::with_capacity(ENCODING_BYTES_USUAL);
    let written = value.serialize(&mut bytes);
    assert!(written.is_ok(), "encoding cannot fail: only values within their bounds are constructed");
    tagged(tag, &bytes)
}
