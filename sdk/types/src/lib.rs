//! What outsiders and validators must agree on byte for byte.
//!
//! Identifiers, keys, domain-tagged hashes, the canonical encoding, limits, transactions, block headers, certificates,
//! receipts, records of the state and the closed list of error codes. No other folder is used from here, and nothing
//! here does input or output, reads a clock or draws randomness.

pub mod access;
pub mod action;
pub mod anomaly;
pub mod batch;
pub mod bill;
pub mod block;
pub mod case;
pub mod claim;
pub mod claim_code;
pub mod codec;
pub mod codesystem;
pub mod consent;
pub mod delegation;
pub mod delivery;
pub mod document;
pub mod eligibility;
pub mod erasure;
pub mod error;
pub mod fixing;
pub mod genesis;
pub mod governance;
pub mod guarantee;
pub mod hash;
pub mod ids;
pub mod key;
pub mod limits;
pub mod money;
pub mod org;
pub mod oversight;
pub mod place;
pub mod possession;
pub mod preauth;
pub mod receipt;
pub mod review;
pub mod session;
pub mod settlement;
pub mod settlement_list;
pub mod state;
pub mod subject;
pub mod suspension;
pub mod tree;
pub mod tx;
pub mod validator;

pub use codec::{Bytes, DecodeError, List, Set, Text, decode, encode};
pub use error::ErrorCode;
pub use ids::{
    AnchorId, AssignmentId, BasisId, BatchId, BillNullifier, BlockHash, CaseId, ChainId, ChallengeId, ClaimCodeId,
    ClaimId, CodeMapId, ConsentId, Day, EligibilityId, FacilityId, FixingId, GuaranteeId, Hash32, Height, HpkeKey,
    KeyId, KeysetId, MandateId, Millis, Month, ObjectNonce, OrgId, PreauthId, ProposalId, SessionId, SettlementId, Sp,
    TxHash,
};
pub use money::{Currency, Money, MoneyError};
