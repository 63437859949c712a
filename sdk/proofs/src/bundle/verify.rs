use assent_types::block::{BLOCK_FORMAT, Header};
use assent_types::genesis::GenesisHeader;
use assent_types::receipt::{Opening, RECEIPT_FORMAT, Receipt};
use assent_types::state::{Record, StateKey, StateValue};
use assent_types::{ChainId, Height, decode};

use super::{
    Bundle, Claim, ClaimError, Consistency, EarlierHeader, FinalityError, LogReceipt, Signed, State, TrustedSet,
    VerifyError,
};
use crate::log::{leaf_hash, verify_consistency, verify_inclusion};

/// What a bundle proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The genesis header, whose hash is the trusted chain id.
    pub genesis: GenesisHeader,
    /// Heights at which the validators changed, as far as the bundle's path had to tell.
    pub changes: Vec<Height>,
    /// The final header.
    pub header: Header,
    /// Who signed it.
    pub signed: Signed,
    /// What follows from it.
    pub proven: Proven,
}

/// A proven claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proven {
    /// The header is final.
    Finality,
    /// A receipt is in the history.
    Receipt {
        /// The receipt.
        receipt: Receipt,
        /// Its entry in the log.
        index: u64,
        /// Its details, as far as the bundle opened them.
        details: Option<Opening>,
    },
    /// An earlier header is in the history.
    Header(Header),
    /// Values of the state after the header's block.
    State(Vec<ProvenItem>),
    /// The log of this older final header is the beginning of the newer one's.
    Consistency {
        /// The older header.
        older: Header,
        /// Who signed it.
        signed: Signed,
    },
}

/// A state key and what is proven about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenItem {
    /// The key.
    pub key: StateKey,
    /// Its value; `None` if it is proven absent.
    pub value: Option<StateValue>,
}

impl Bundle {
    /// Decodes and checks a bundle, trusting only the chain id.
    pub fn verify(bytes: &[u8], chain: ChainId) -> Result<Verified, VerifyError> {
        Self::from_bytes(bytes)?.check(chain)
    }

    /// Checks a decoded bundle, trusting only the chain id.
    ///
    /// # Correctness
    ///
    /// A decoded bundle may have been changed in memory; [`Bundle::verify`] is what a recipient calls.
    pub fn check(self, chain: ChainId) -> Result<Verified, VerifyError> {
        if self.chain != chain {
            return Err(VerifyError::Chain { expected: chain, found: self.chain });
        }
        let mut trusted = vec![TrustedSet::genesis(chain, &self.genesis)?];
        for (index, change) in self.path.iter().enumerate() {
            let error = |error| VerifyError::Path { index, error };
            let Some(last) = trusted.last() else { break };
            let next = last.advance(change).map_err(error)?;
            trusted.push(next);
        }
        let changes = self.path.iter().map(|change| change.finality.header.height).collect();
        let last = &trusted[trusted.len() - 1];
        let signed = last.verify(&self.finality).map_err(VerifyError::Finality)?;
        let header = self.finality.header;
        let proven = match self.claim {
            Claim::Finality => Ok(Proven::Finality),
            Claim::Receipt(claim) => check_receipt(&header, *claim),
            Claim::Header(claim) => check_earlier(&header, *claim),
            Claim::State(claim) => check_state(&header, &claim),
            Claim::Consistency(claim) => check_consistency(&header, *claim, &trusted),
        };
        let proven = proven.map_err(VerifyError::Claim)?;
        Ok(Verified { genesis: self.genesis, changes, header, signed, proven })
    }
}

fn check_receipt(header: &Header, claim: LogReceipt) -> Result<Proven, ClaimError> {
    let LogReceipt { receipt, index, proof, details } = claim;
    if receipt.format != RECEIPT_FORMAT {
        return Err(ClaimError::ReceiptFormat(receipt.format));
    }
    verify_inclusion(&leaf_hash(&receipt.hash().0), index, header.log_size, &proof, &header.log_root)
        .map_err(ClaimError::Log)?;
    // Block times ascend with heights, and a receipt has the time of its block.
    if receipt.height.cmp(&header.height) != receipt.time.cmp(&header.time) || receipt.height > header.height {
        return Err(ClaimError::Place);
    }
    if let Some(details) = &details {
        let found = details.hash().ok_or(ClaimError::Opening)?;
        if found != receipt.details {
            return Err(ClaimError::Details { expected: receipt.details, found });
        }
    }
    Ok(Proven::Receipt { receipt, index, details })
}

fn check_earlier(header: &Header, claim: EarlierHeader) -> Result<Proven, ClaimError> {
    let EarlierHeader { header: earlier, proof } = claim;
    verify_inclusion(&leaf_hash(&earlier.hash().0.0), earlier.log_size, header.log_size, &proof, &header.log_root)
        .map_err(ClaimError::Log)?;
    let same_chain = earlier.format == BLOCK_FORMAT && earlier.chain == header.chain;
    if !same_chain || earlier.height >= header.height || earlier.time >= header.time {
        return Err(ClaimError::Place);
    }
    Ok(Proven::Header(earlier))
}

fn check_state(header: &Header, claim: &State) -> Result<Proven, ClaimError> {
    if claim.items.is_empty() || !claim.items.windows(2).all(|pair| pair[0].key < pair[1].key) {
        return Err(ClaimError::Items);
    }
    let mut proven = Vec::with_capacity(claim.items.len());
    for (index, item) in claim.items.iter().enumerate() {
        item.proof
            .verify(&header.state_root, &item.key.hash(), item.value.as_deref())
            .map_err(|error| ClaimError::State { index, error })?;
        let value = match &item.value {
            None => None,
            Some(bytes) => Some(decode_value(&item.key, bytes).map_err(|reason| ClaimError::Value { index, reason })?),
        };
        proven.push(ProvenItem { key: item.key, value });
    }
    Ok(Proven::State(proven))
}

/// Decodes a state value and checks that it names its key and holds the record that belongs there.
fn decode_value(key: &StateKey, bytes: &[u8]) -> Result<StateValue, String> {
    let value: StateValue = decode(bytes).map_err(|error| error.to_string())?;
    if value.key != *key {
        return Err("it names another key".into());
    }
    let fits = matches!(
        (key, &value.record),
        (StateKey::Block, Record::Block(_))
            | (StateKey::Params, Record::Params(_))
            | (StateKey::Validators, Record::Validators(_))
            | (StateKey::Org(_), Record::Org(_))
            | (StateKey::Key(_), Record::Key(_))
            | (StateKey::Subject(_), Record::Subject(_))
            | (StateKey::Mandate(_), Record::Mandate(_))
            | (StateKey::Consents(..), Record::Consents(_))
            | (StateKey::Bases(_), Record::Bases(_))
            | (StateKey::Misbehaviour(_), Record::Misbehaviour(_))
            | (StateKey::SweepSeed, Record::SweepSeed(_))
            | (StateKey::Anchor(_), Record::Anchor(_))
            | (StateKey::Keyset(_), Record::Keyset(_))
            | (StateKey::Session(_), Record::Session(_))
            | (StateKey::Accesses(..), Record::Accesses(_))
            | (StateKey::SubjectLinks(_), Record::SubjectLinks(_))
            | (StateKey::Case(_), Record::Case(_))
            | (StateKey::Bill(..), Record::Bill(_))
            | (StateKey::Claim(_), Record::Claim(_))
            | (StateKey::Settlement(_), Record::Settlement(_))
            | (StateKey::Eligibility(_), Record::Eligibility(_))
            | (StateKey::Preauth(_), Record::Preauth(_))
            | (StateKey::Guarantee(_), Record::Guarantee(_))
            | (StateKey::Proposal(_), Record::Proposal(_))
            | (StateKey::Governance, Record::Governance(_))
            | (StateKey::Halts, Record::Halts(_))
            | (StateKey::Fixing(_), Record::Fixing(_))
            | (StateKey::FixingPair(..), Record::FixingPair(_))
            | (StateKey::CodeSystem(_), Record::CodeSystem(_))
            | (StateKey::CodeMap(_), Record::CodeMap(_))
            | (StateKey::CodeMaps(..), Record::CodeMaps(_))
            | (StateKey::Delegation(..), Record::Delegation(_))
            | (StateKey::Assignment(_), Record::Assignment(_))
            | (StateKey::Batch(_), Record::Batch(_))
            | (StateKey::ClaimCode(_), Record::ClaimCode(_))
            | (StateKey::ClaimCodeNonce(..), Record::ClaimCodeNonce(_))
            | (StateKey::Anchor(_), Record::Tombstone(_))
            | (StateKey::Review(_), Record::Review(_))
            | (StateKey::Standing(_), Record::Standing(_))
            | (StateKey::Activity(..), Record::Activity(_))
            | (StateKey::Anomalies(..), Record::Anomalies(_))
            | (StateKey::Retention(_), Record::Retention(_))
            | (StateKey::LogRoots(_), Record::LogRoots(_))
            | (StateKey::Lookup(..), Record::Lookup(_))
            | (StateKey::Recognitions(_), Record::Recognitions(_))
            | (StateKey::RecognitionTally(_), Record::RecognitionTally(_))
            | (StateKey::Rollover(_), Record::Rollover(_))
            | (StateKey::SettlementList(..), Record::SettlementList(_))
            | (StateKey::Challenge(_), Record::Challenge(_))
            | (StateKey::OpenRequests(..), Record::OpenRequests(_))
            | (StateKey::Exports(..), Record::Exports(_))
    );
    if fits { Ok(value) } else { Err("it holds a record of another kind".into()) }
}

fn check_consistency(header: &Header, claim: Consistency, trusted: &[TrustedSet]) -> Result<Proven, ClaimError> {
    let Consistency { older, proof } = claim;
    if older.header.height >= header.height {
        return Err(ClaimError::Order { older: older.header.height, newer: header.height });
    }
    let at = trusted.iter().rev().find(|set| set.from() <= older.header.height);
    let at = at.ok_or(ClaimError::Older(FinalityError::Height { from: Height(1), found: older.header.height }))?;
    let signed = at.verify(&older).map_err(ClaimError::Older)?;
    let old = &older.header;
    verify_consistency(old.log_size, &old.log_root, header.log_size, &header.log_root, &proof)
        .map_err(ClaimError::Consistency)?;
    Ok(Proven::Consistency { older: older.header, signed })
}
