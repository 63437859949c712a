//! The authenticated state: keys and records.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::anomaly::{Activity, Anomalies, AnomalyKind, Exports};
use crate::batch::SettlementBatch;
use crate::bill::Bill;
use crate::case::Case;
use crate::claim::{Claim, CodeRef, CourseParams};
use crate::claim_code::{ClaimCodeParams, Nonce, SpentClaimCode};
use crate::codec::{List, Set, codes};
use crate::codesystem::{CodeMap, CodeMaps, CodeSystem};
use crate::consent::{ConsentBook, TransferBasis};
use crate::delegation::{Assignment, Delegation};
use crate::document::{Anchor, Keyset};
use crate::eligibility::Eligibility;
use crate::erasure::{Retention, Tombstone};
use crate::fixing::{Fixing, FixingPair};
use crate::governance::{Governance, GovernanceParams, Halts, Proposal};
use crate::guarantee::Guarantee;
use crate::hash::{Tag, tagged_value};
use crate::ids::{
    AnchorId, AssignmentId, BatchId, BillNullifier, BlockHash, CaseId, ChallengeId, ClaimCodeId, ClaimId, CodeMapId,
    EligibilityId, FixingId, GuaranteeId, Hash32, Height, KeyId, KeysetId, MandateId, Millis, OrgId, PreauthId,
    ProposalId, SessionId, SettlementId, Sp, TxHash,
};
use crate::limits::{BANKS_MAX, BASES_MAX};
use crate::money::Currency;
use crate::org::Org;
use crate::oversight::{LogRoots, Lookup, RecognitionTally, Recognitions, Rollover};
use crate::possession::Challenge;
use crate::preauth::Preauth;
use crate::review::{Review, Standing};
use crate::session::{AccessBook, Session, SubjectLinks};
use crate::settlement::Settlement;
use crate::settlement_list::SettlementList;
use crate::subject::{KeyEntry, Mandate, Subject};
use crate::validator::{Equivocation, ValidatorSet};

codes! {
    /// Kind of a chain.
    ChainClass {
        /// For tests: limits of validator power and empty chambers are lifted.
        Test = 1 "test",
        /// For production.
        Production = 2 "production",
    }
}

/// Name of a leaf of the state tree. The tree's key is its hash.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum StateKey {
    /// The block of this height: written by every block, so that every height has a root of its own.
    Block = 1,
    /// Parameters.
    Params = 2,
    /// Validators.
    Validators = 3,
    /// An organisation.
    Org(OrgId) = 4,
    /// A key.
    Key(KeyId) = 5,
    /// A subject.
    Subject(Sp) = 6,
    /// A mandate.
    Mandate(MandateId) = 7,
    /// All consents of a subject with a controller.
    Consents(Sp, OrgId) = 8,
    /// Transfer bases of an exporter.
    Bases(OrgId) = 9,
    /// Proven misbehaviour of a validator.
    Misbehaviour(OrgId) = 10,
    /// The secret seed of sweeps ([`crate::receipt::sweep_seed`]), served to nobody.
    SweepSeed = 11,
    /// One version of a document.
    Anchor(AnchorId) = 32,
    /// A set of key holders.
    Keyset(KeysetId) = 33,
    /// An access session.
    Session(SessionId) = 34,
    /// Open sessions and the access log of a subject's documents with a controller.
    Accesses(Sp, OrgId) = 35,
    /// Pseudonyms that are linked in a case.
    SubjectLinks(CaseId) = 36,
    /// A case.
    Case(CaseId) = 64,
    /// A bill of an issuer: a nullifier that somebody else registers is another bill.
    Bill(BillNullifier, OrgId) = 65,
    /// A claim.
    Claim(ClaimId) = 66,
    /// A settlement.
    Settlement(SettlementId) = 67,
    /// A question of eligibility.
    Eligibility(EligibilityId) = 100,
    /// A preauthorisation.
    Preauth(PreauthId) = 101,
    /// A guarantee of payment.
    Guarantee(GuaranteeId) = 102,
    /// A proposal of governance, or an emergency.
    Proposal(ProposalId) = 80,
    /// Members, and what is being decided.
    Governance = 81,
    /// Emergency measures.
    Halts = 82,
    /// A fixing of an exchange rate.
    Fixing(FixingId) = 120,
    /// The fixings of two currencies, the smaller number first.
    FixingPair(Currency, Currency) = 121,
    /// A version of a code system.
    CodeSystem(CodeRef) = 122,
    /// A map between code systems.
    CodeMap(CodeMapId) = 123,
    /// The maps from one version of a code system to another.
    CodeMaps(CodeRef, CodeRef) = 124,
    /// What a principal lets a delegate do.
    Delegation(OrgId, OrgId) = 125,
    /// An assignment of a benefit.
    Assignment(AssignmentId) = 126,
    /// A batch of settlements.
    Batch(BatchId) = 127,
    /// A claim code that was spent.
    ClaimCode(ClaimCodeId) = 180,
    /// The nonce of a subject's claim code that was spent.
    ClaimCodeNonce(Sp, Nonce) = 181,
    /// The review of a session that broke the glass.
    Review(SessionId) = 150,
    /// How an organisation stands as one that asks for access.
    Standing(OrgId) = 151,
    /// What one person of an organisation did, by the keyed hash under which it acts.
    Activity(OrgId, Hash32) = 152,
    /// Anomalies of a kind of an organisation; of nobody in particular where none is named.
    Anomalies(AnomalyKind, Option<OrgId>) = 153,
    /// What keeps a document, and what becomes of a request to erase it.
    Retention(AnchorId) = 154,
    /// Roots of an organisation's own audit log.
    LogRoots(OrgId) = 155,
    /// A regulator's right to look up a pseudonym.
    Lookup(OrgId, Sp) = 156,
    /// Decisions of providers on a result.
    Recognitions(AnchorId) = 157,
    /// How a provider decides on results of others.
    RecognitionTally(OrgId) = 158,
    /// Where a pseudonym went.
    Rollover(Sp) = 159,
    /// The settlement list of a bill of an issuer.
    SettlementList(BillNullifier, OrgId) = 190,
    /// Of how many persons documents of a controller left its jurisdiction in a calendar year (UTC).
    Exports(OrgId, u16) = 191,
    /// A challenge of possession.
    Challenge(ChallengeId) = 192,
    /// How much of a subject is open with an insurer.
    OpenRequests(OrgId, Sp) = 193,
}

impl StateKey {
    /// The key in the state tree.
    pub fn hash(&self) -> Hash32 {
        tagged_value(Tag::StateKey, self)
    }
}

/// What the `Block` leaf says. The block's own hash would be a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct BlockMeta {
    /// Height.
    pub height: Height,
    /// Time.
    pub time: Millis,
    /// The parent.
    pub previous: BlockHash,
}

/// Validators now and later: a change decided at h applies at h+2.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize)]
pub struct Validators {
    /// Validators of the next height (h+1 in the state after h).
    pub next: ValidatorSet,
    /// Validators of the height after that (h+2 in the state after h).
    pub after_next: ValidatorSet,
}

/// Governed parameters. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Kind of the chain.
    pub chain_class: ChainClass,
    /// Life of a proposed consent (P_proposal_ttl).
    pub proposal_ttl_ms: u64,
    /// How long a decision may be relied on (P_decision_ttl).
    pub decision_ttl_ms: u64,
    /// How long an anchored document may wait for its shards and key holders (P_store_ttl).
    pub store_ttl_ms: u64,
    /// How long a released session may be served (P_serve_ttl).
    pub serve_ttl_ms: u64,
    /// How long the requester of a served session has to acknowledge it (P_ack_ttl).
    pub ack_ttl_ms: u64,
    /// Age of self-consent in years, by jurisdiction CN, HK, MO.
    pub self_consent_age: [u8; 3],
    /// Minimisation matrix.
    pub minimisation: List<MinimisationRule, 256>,
    /// Separate consents that a controller's jurisdiction requires.
    pub separate_consents: List<SeparateConsentRule, 16>,
    /// Accreditations that a purpose requires.
    pub accreditations: List<AccreditationRule, 64>,
    /// Categories that a person's role may see; a role without a rule may see none.
    pub user_categories: List<UserCategoryRule, 64>,
    /// Places of the GBA standard contract, Mainland and Hong Kong.
    pub gba_hk: crate::place::PlaceSet,
    /// Places of the GBA standard contract, Mainland and Macao.
    pub gba_mo: crate::place::PlaceSet,
    /// Most deadlines swept in one block (P_max_sweep).
    pub sweep_max: u32,
    /// Claims and payments.
    pub claims: ClaimParams,
    /// Eligibility, preauthorisation and guarantees of payment.
    pub preauth: PreauthParams,
    /// Governance.
    pub governance: GovernanceParams,
    /// Claim codes.
    pub claim_codes: ClaimCodeParams,
    /// Access, its review, and erasure.
    pub access: AccessParams,
}

/// Governed parameters of access, its review, and erasure. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessParams {
    /// How long a regulator may suspend a consent (P_suspension_max).
    pub suspension_max_ms: u64,
    /// How long before its end a confirmation may be signed (P_confirm_ttl).
    pub confirm_ttl_ms: u64,
    /// How long the requester has to justify broken glass, the ledger to find it unjustified after that, and the
    /// regulator to decide (P_btg_review).
    pub glass_review_ms: u64,
    /// How long until the subject has to be told (P_btg_notify).
    pub glass_notify_ms: u64,
    /// How long a violation bars from breaking the glass.
    pub glass_bar_ms: u64,
    /// How often a day an organisation breaks the glass before it is an anomaly (P_btg_rate).
    pub glass_rate: u32,
    /// How many accesses a day one person is permitted before it is an anomaly.
    pub permit_rate: u32,
    /// How many consents a day one clerk attests before it is an anomaly (P_attest_rate).
    pub attest_rate: u32,
    /// How long what could not be read may be delivered again (P_retry_ttl).
    pub retry_ttl_ms: u64,
    /// How often it may be delivered again (P_serve_retries).
    pub serve_retries: u8,
    /// How long a regulator has to resolve a dispute (P_dispute).
    pub dispute_ms: u64,
    /// How long an erasure may take once it is approved (P_erase).
    pub erase_ms: u64,
    /// How long a parent's consents go on after the child came of age (P_majority_grace).
    pub majority_grace_ms: u64,
    /// How long after a day's end its log root is missing.
    pub log_root_ms: u64,
    /// How long a regulator's look-up may last.
    pub lookup_max_ms: u64,
    /// How long a custodian has to answer a challenge of possession.
    pub possession_ms: u64,
    /// For how many subjects one proxy's key acts before it is an anomaly (P_proxy_subjects).
    pub proxy_subjects: u32,
    /// Of how many persons documents may leave a jurisdiction in a year before more than a contract is needed; four
    /// fifths of it are an anomaly.
    pub export_subjects: u64,
}

/// Governed parameters of claims and payments. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimParams {
    /// Longest life of a case (P_case_max).
    pub case_max_ms: u64,
    /// How long after the services a claim may be filed (P_cl_file).
    pub file_ms: u64,
    /// How long an insurer has to acknowledge a claim (CL ack).
    pub ack_ms: u64,
    /// How long a duplicate hold lasts (dup hold).
    pub dup_hold_ms: u64,
    /// How long an insurer has to decide (adjudicate).
    pub adjudicate_ms: u64,
    /// How long an appeal is open after a decision (appeal window).
    pub appeal_ms: u64,
    /// How long an insurer has to instruct the payment (pay).
    pub pay_ms: u64,
    /// How long a bank has to accept and to pay (bank).
    pub bank_ms: u64,
    /// How long a payee has to acknowledge or dispute a payment (payee ack).
    pub payee_ack_ms: u64,
    /// The largest single amount, in minor units (P_max).
    pub amount_max: u64,
    /// Currencies of bills, claims and payments.
    pub currencies: Set<Currency, 8>,
    /// Settlement banks by currency.
    pub banks: Set<BankDesignation, BANKS_MAX>,
    /// A claim's course after filing.
    pub course: CourseParams,
}

/// Governed parameters of what comes before a claim. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreauthParams {
    /// How long an insurer has to answer a question of eligibility (P_el_response).
    pub eligibility_answer_ms: u64,
    /// How long such an answer may hold (P_el_valid).
    pub eligibility_valid_ms: u64,
    /// How long an insurer has to answer a request at once (PA response stat).
    pub stat_ms: u64,
    /// The same in the ordinary course (PA response normal).
    pub normal_ms: u64,
    /// The same when there is time (PA response deferred).
    pub deferred_ms: u64,
    /// How long a provider has to supply information (P_pa_pend).
    pub pend_ms: u64,
    /// How often an insurer may ask for information (P_info_rounds).
    pub info_rounds_max: u8,
    /// Longest validity of a preauthorisation (P_pa_valid_max).
    pub valid_max_ms: u64,
    /// How long a provider has to accept a guarantee (GP offer).
    pub offer_ms: u64,
    /// How long after its end a guarantee may be called (P_gp_runoff).
    pub runoff_ms: u64,
}

/// A bank that settles in a currency.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct BankDesignation {
    /// The currency.
    pub ccy: Currency,
    /// The bank.
    pub bank: OrgId,
}

/// The most that a role may ask for a purpose; what has no rule is refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MinimisationRule {
    /// Role of the requester.
    pub role: crate::org::Role,
    /// Purpose.
    pub purpose: crate::consent::Purpose,
    /// Categories.
    pub categories: crate::consent::Categories,
    /// Highest grade.
    pub max_grade: u8,
}

/// Separate consents by the controller's jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeparateConsentRule {
    /// Jurisdiction of the controller.
    pub jurisdiction: crate::place::Jurisdiction,
    /// Always required, for any health category.
    pub always: crate::consent::SeparateConsents,
    /// Required when the recipient is another handler.
    pub provision: crate::consent::SeparateConsents,
    /// Required when the data leaves the jurisdiction.
    pub outside: crate::consent::SeparateConsents,
}

/// An accreditation that a role needs for a purpose at a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccreditationRule {
    /// Role of the requester.
    pub role: crate::org::Role,
    /// Purpose.
    pub purpose: crate::consent::Purpose,
    /// Jurisdiction of delivery.
    pub jurisdiction: crate::place::Jurisdiction,
    /// Any one of these; a licence is reported as D07, anything else as D06.
    pub any_of: List<crate::org::AccreditationKind, 8>,
}

/// Categories by role of the person who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserCategoryRule {
    /// Role of the person.
    pub user_role: crate::access::UserRole,
    /// What that role may see.
    pub categories: crate::consent::Categories,
}

/// Transfer bases of one exporter.
pub type Bases = List<TransferBasis, BASES_MAX>;

/// Proven misbehaviour, first proof first.
pub type Misbehaviour = List<Equivocation, 16>;

/// A record of the state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Record {
    /// Under [`StateKey::Block`].
    Block(BlockMeta) = 1,
    /// Under [`StateKey::Params`].
    Params(Box<Params>) = 2,
    /// Under [`StateKey::Validators`].
    Validators(Validators) = 3,
    /// Under [`StateKey::Org`].
    Org(Box<Org>) = 4,
    /// Under [`StateKey::Key`].
    Key(KeyEntry) = 5,
    /// Under [`StateKey::Subject`].
    Subject(Subject) = 6,
    /// Under [`StateKey::Mandate`].
    Mandate(Box<Mandate>) = 7,
    /// Under [`StateKey::Consents`].
    Consents(Box<ConsentBook>) = 8,
    /// Under [`StateKey::Bases`].
    Bases(Bases) = 9,
    /// Under [`StateKey::Misbehaviour`].
    Misbehaviour(Misbehaviour) = 10,
    /// Under [`StateKey::SweepSeed`].
    SweepSeed(Hash32) = 11,
    /// Under [`StateKey::Anchor`].
    Anchor(Box<Anchor>) = 32,
    /// Under [`StateKey::Keyset`].
    Keyset(Keyset) = 33,
    /// Under [`StateKey::Session`].
    Session(Box<Session>) = 34,
    /// Under [`StateKey::Accesses`].
    Accesses(Box<AccessBook>) = 35,
    /// Under [`StateKey::SubjectLinks`].
    SubjectLinks(SubjectLinks) = 36,
    /// Under [`StateKey::Case`].
    Case(Case) = 64,
    /// Under [`StateKey::Bill`].
    Bill(Box<Bill>) = 65,
    /// Under [`StateKey::Claim`].
    Claim(Box<Claim>) = 66,
    /// Under [`StateKey::Settlement`].
    Settlement(Settlement) = 67,
    /// Under [`StateKey::Eligibility`].
    Eligibility(Eligibility) = 100,
    /// Under [`StateKey::Preauth`].
    Preauth(Box<Preauth>) = 101,
    /// Under [`StateKey::Guarantee`].
    Guarantee(Guarantee) = 102,
    /// Under [`StateKey::Proposal`].
    Proposal(Box<Proposal>) = 80,
    /// Under [`StateKey::Governance`].
    Governance(Box<Governance>) = 81,
    /// Under [`StateKey::Halts`].
    Halts(Halts) = 82,
    /// Under [`StateKey::Fixing`].
    Fixing(Box<Fixing>) = 120,
    /// Under [`StateKey::FixingPair`].
    FixingPair(FixingPair) = 121,
    /// Under [`StateKey::CodeSystem`].
    CodeSystem(Box<CodeSystem>) = 122,
    /// Under [`StateKey::CodeMap`].
    CodeMap(Box<CodeMap>) = 123,
    /// Under [`StateKey::CodeMaps`].
    CodeMaps(CodeMaps) = 124,
    /// Under [`StateKey::Delegation`].
    Delegation(Box<Delegation>) = 125,
    /// Under [`StateKey::Assignment`].
    Assignment(Assignment) = 126,
    /// Under [`StateKey::Batch`].
    Batch(Box<SettlementBatch>) = 127,
    /// Under [`StateKey::ClaimCode`].
    ClaimCode(SpentClaimCode) = 180,
    /// Under [`StateKey::ClaimCodeNonce`]: the code that spent it.
    ClaimCodeNonce(ClaimCodeId) = 181,
    /// Under [`StateKey::Review`].
    Review(Box<Review>) = 150,
    /// Under [`StateKey::Standing`].
    Standing(Box<Standing>) = 151,
    /// Under [`StateKey::Activity`].
    Activity(Activity) = 152,
    /// Under [`StateKey::Anomalies`].
    Anomalies(Box<Anomalies>) = 153,
    /// Under [`StateKey::Retention`].
    Retention(Box<Retention>) = 154,
    /// Under [`StateKey::LogRoots`].
    LogRoots(LogRoots) = 155,
    /// Under [`StateKey::Lookup`].
    Lookup(Lookup) = 156,
    /// Under [`StateKey::Recognitions`].
    Recognitions(Recognitions) = 157,
    /// Under [`StateKey::RecognitionTally`].
    RecognitionTally(RecognitionTally) = 158,
    /// Under [`StateKey::Rollover`].
    Rollover(Rollover) = 159,
    /// Under [`StateKey::Anchor`], once the document is erased.
    Tombstone(Tombstone) = 160,
    /// Under [`StateKey::SettlementList`].
    SettlementList(Box<SettlementList>) = 190,
    /// Under [`StateKey::Exports`].
    Exports(Exports) = 191,
    /// Under [`StateKey::Challenge`].
    Challenge(Challenge) = 192,
    /// Under [`StateKey::OpenRequests`]: number of questions of eligibility, preauthorisations and claims that are not over.
    OpenRequests(u32) = 193,
}

/// A value of the state tree: it names its key, so a proof cannot be shown for another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct StateValue {
    /// The key.
    pub key: StateKey,
    /// The transaction that wrote it; for a sweep its identifier, at genesis zero.
    pub written_by: TxHash,
    /// The record.
    pub record: Record,
}
