//! Transition tables: which event moves an object from which state to which, who may cause it, and what is checked.
//!
//! Dispatch knows no event but by its rows. Removing a row makes the ledger refuse what it allowed.

use std::fmt;

use assent_types::action::Action;
use assent_types::claim::AppealOutcome;
use assent_types::org::Role;
use assent_types::receipt::RowId;
use assent_types::settlement::Resolution;
use assent_types::{ErrorCode, MoneyError};

use super::call::Call;
pub use super::object_state::State;
use super::state::ReadError;

/// Why a transaction stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It is refused with this number.
    Refused(ErrorCode),
    /// The state could not be read; the block stops too.
    Read(ReadError),
}

impl From<ErrorCode> for Stop {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code)
    }
}

impl From<MoneyError> for Stop {
    fn from(error: MoneyError) -> Self {
        Self::Refused(error.code())
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Result of a guard or an effect.
pub(crate) type Check = Result<(), Stop>;

/// Refuses with a number unless the condition holds.
pub(crate) fn ensure(condition: bool, code: ErrorCode) -> Check {
    if condition { Ok(()) } else { Err(Stop::Refused(code)) }
}

/// What may cause a row to fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventName {
    /// A transaction with [`Action::RotateKey`].
    RotateKey,
    /// A transaction with [`Action::RegisterSubject`].
    RegisterSubject,
    /// A transaction with [`Action::RotateSubjectKey`].
    RotateSubjectKey,
    /// A transaction with [`Action::GrantMandate`].
    GrantMandate,
    /// A transaction with [`Action::RevokeMandate`].
    RevokeMandate,
    /// A transaction with [`Action::ProposeConsent`].
    ProposeConsent,
    /// A transaction with [`Action::GrantConsent`].
    GrantConsent,
    /// A transaction with [`Action::RejectConsent`].
    RejectConsent,
    /// A transaction with [`Action::AmendConsent`].
    AmendConsent,
    /// A transaction with [`Action::RevokeConsent`].
    RevokeConsent,
    /// A transaction with [`Action::SubmitEvidence`].
    SubmitEvidence,
    /// A transaction with [`Action::AnchorDocument`].
    AnchorDocument,
    /// A transaction with [`Action::AnchorCorrection`].
    AnchorCorrection,
    /// A transaction with [`Action::StoreReceipt`].
    StoreReceipt,
    /// A transaction with [`Action::AcceptShare`].
    AcceptShare,
    /// A transaction with [`Action::RetractDocument`].
    RetractDocument,
    /// A transaction with [`Action::OrderRepair`].
    OrderRepair,
    /// A transaction with [`Action::CompleteRepair`].
    CompleteRepair,
    /// A transaction with [`Action::RegisterKeyset`].
    RegisterKeyset,
    /// A transaction with [`Action::LinkSubjects`].
    LinkSubjects,
    /// A transaction with [`Action::RequestAccess`].
    RequestAccess,
    /// A transaction with [`Action::KeyReleaseReceipt`].
    KeyReleaseReceipt,
    /// A transaction with [`Action::ShardServed`].
    ShardServed,
    /// A transaction with [`Action::AckAccess`].
    AckAccess,
    /// A later version of the document is active.
    SuccessorActive,
    /// Something on which open sessions rest has changed.
    ConsentChanged,
    /// A transaction with [`Action::OpenCase`].
    OpenCase,
    /// A transaction with [`Action::RegisterBill`].
    RegisterBill,
    /// A transaction with [`Action::SubmitClaim`].
    SubmitClaim,
    /// A transaction with [`Action::AcceptClaim`].
    AcceptClaim,
    /// A transaction with [`Action::RejectClaim`].
    RejectClaim,
    /// A transaction with [`Action::ClearDuplicate`].
    ClearDuplicate,
    /// A transaction with [`Action::ConfirmDuplicate`].
    ConfirmDuplicate,
    /// A transaction with [`Action::ApproveClaim`].
    ApproveClaim,
    /// A transaction with [`Action::ApprovePartial`].
    ApprovePartial,
    /// A transaction with [`Action::DenyClaim`].
    DenyClaim,
    /// A transaction with [`Action::InstructPayment`].
    InstructPayment,
    /// A claim's payment was instructed: creates its settlement.
    Instruct,
    /// A transaction with [`Action::BankAccept`].
    BankAccept,
    /// A transaction with [`Action::BankFail`].
    BankFail,
    /// A transaction with [`Action::BankPaid`].
    BankPaid,
    /// A transaction with [`Action::PayeeAck`].
    PayeeAck,
    /// A transaction with [`Action::RedeemClaimCode`].
    RedeemClaimCode,
    /// A transaction with [`Action::RevokeClaimCode`].
    RevokeClaimCode,
    /// A transaction with [`Action::CloseCase`].
    CloseCase,
    /// A claim's settlement was acknowledged.
    PaymentDone,
    /// A claim's settlement failed.
    PaymentFailed,
    /// A transaction with [`Action::CheckEligibility`].
    CheckEligibility,
    /// A transaction with [`Action::AnswerEligible`].
    AnswerEligible,
    /// A transaction with [`Action::AnswerNotEligible`].
    AnswerNotEligible,
    /// A transaction with [`Action::AnswerError`].
    AnswerError,
    /// A transaction with [`Action::RequestPreauth`].
    RequestPreauth,
    /// A transaction with [`Action::PendPreauth`].
    PendPreauth,
    /// A transaction with [`Action::SupplyPreauthInfo`].
    SupplyPreauthInfo,
    /// A transaction with [`Action::ApprovePreauth`].
    ApprovePreauth,
    /// A transaction with [`Action::ApprovePreauthPartial`].
    ApprovePreauthPartial,
    /// A transaction with [`Action::DenyPreauth`].
    DenyPreauth,
    /// A transaction with [`Action::AmendPreauth`].
    AmendPreauth,
    /// A transaction with [`Action::CancelPreauth`].
    CancelPreauth,
    /// A transaction with [`Action::ReplacePreauth`].
    ReplacePreauth,
    /// A transaction with [`Action::VoidPreauth`].
    VoidPreauth,
    /// A transaction with [`Action::OfferGuarantee`].
    OfferGuarantee,
    /// A transaction with [`Action::AcceptGuarantee`].
    AcceptGuarantee,
    /// A transaction with [`Action::DeclineGuarantee`].
    DeclineGuarantee,
    /// A transaction with [`Action::CancelGuarantee`].
    CancelGuarantee,
    /// A transaction with [`Action::OrderCancelGuarantee`].
    OrderCancelGuarantee,
    /// All of a preauthorisation was consumed.
    Consume,
    /// A claim was filed under a guarantee of payment.
    CallGuarantee,
    /// The claim of a guarantee of payment is paid or over.
    CloseGuarantee,
    /// A transaction with [`Action::Propose`].
    Propose,
    /// A transaction with [`Action::Vote`].
    Vote,
    /// The votes reach the threshold.
    ThresholdMet,
    /// The votes cannot reach the threshold any more.
    ThresholdImpossible,
    /// The time of an approved proposal has come.
    Execute,
    /// A transaction with [`Action::ImposeEmergency`].
    ImposeEmergency,
    /// A transaction with [`Action::Ratify`].
    Ratify,
    /// A transaction with [`Action::Lift`].
    Lift,
    /// A transaction with [`Action::RegisterBasis`].
    RegisterBasis,
    /// A transaction with [`Action::FileBasis`].
    FileBasis,
    /// A transaction with [`Action::EndBasis`].
    EndBasis,
    /// A transaction with [`Action::RequestInfo`].
    RequestInfo,
    /// A transaction with [`Action::ConsentGap`].
    ConsentGap,
    /// A transaction with [`Action::LinkAttachments`].
    LinkAttachments,
    /// A transaction with [`Action::ResumeWithConsent`].
    ResumeWithConsent,
    /// A transaction with [`Action::FileAppeal`].
    FileAppeal,
    /// A transaction with [`Action::RequestClawback`].
    RequestClawback,
    /// A transaction with [`Action::AgreeClawback`].
    AgreeClawback,
    /// A transaction with [`Action::ContestClawback`].
    ContestClawback,
    /// A transaction with [`Action::OrderClawback`].
    OrderClawback,
    /// A transaction with [`Action::WithdrawClaim`].
    WithdrawClaim,
    /// A transaction with [`Action::ReopenClaim`].
    ReopenClaim,
    /// A transaction with [`Action::RecallPayment`].
    RecallPayment,
    /// A transaction with [`Action::DisputePayment`].
    DisputePayment,
    /// A transaction with [`Action::BatchSettlements`].
    BatchSettlements,
    /// A transaction with [`Action::VoidBill`].
    VoidBill,
    /// A transaction with [`Action::ReplaceBill`].
    ReplaceBill,
    /// A transaction with [`Action::PublishFixing`].
    PublishFixing,
    /// A transaction with [`Action::WithdrawFixing`].
    WithdrawFixing,
    /// A transaction with [`Action::RegisterCodeSystem`].
    RegisterCodeSystem,
    /// A transaction with [`Action::RegisterCodeMap`].
    RegisterCodeMap,
    /// A transaction with [`Action::GrantDelegation`].
    GrantDelegation,
    /// A transaction with [`Action::RevokeDelegation`].
    RevokeDelegation,
    /// A transaction with [`Action::AssignBenefit`].
    AssignBenefit,
    /// A transaction with [`Action::ReleaseAssignment`].
    ReleaseAssignment,
    /// A transaction with [`Action::DecideAppeal`] that approves all that is claimed.
    DecideAppealFull,
    /// A transaction with [`Action::DecideAppeal`] that approves a part.
    DecideAppealPart,
    /// A transaction with [`Action::DecideAppeal`] that approves nothing.
    DecideAppealDeny,
    /// A transaction with [`Action::ResolvePayment`] that finds it paid.
    ResolvePaid,
    /// A transaction with [`Action::ResolvePayment`] that finds it not paid.
    ResolveFailed,
    /// What a claim's decision approves is settled already.
    AlreadyPaid,
    /// A claim's clawback was acknowledged, and nothing is settled any more.
    ClawbackDone,
    /// A claim's clawback was acknowledged, and something is still settled.
    ClawbackPartDone,
    /// A claim's clawback came to nothing.
    ClawbackFailed,
    /// A transaction with [`Action::SuspendConsent`].
    SuspendConsent,
    /// A transaction with [`Action::ResumeConsent`].
    ResumeConsent,
    /// A transaction with [`Action::MarkInError`].
    MarkInError,
    /// A transaction with [`Action::SubmitJustification`].
    SubmitJustification,
    /// A transaction with [`Action::DecideReview`].
    DecideReview,
    /// A transaction with [`Action::NotifySubject`].
    NotifySubject,
    /// A transaction with [`Action::AckFail`].
    AckFail,
    /// A transaction with [`Action::ResolveDispute`].
    ResolveDispute,
    /// A transaction with [`Action::RequestErasure`].
    RequestErasure,
    /// A transaction with [`Action::WithdrawErasure`].
    WithdrawErasure,
    /// A transaction with [`Action::ApproveErasure`].
    ApproveErasure,
    /// A transaction with [`Action::DestroyAttest`].
    DestroyAttest,
    /// A transaction with [`Action::LiftRestriction`].
    LiftRestriction,
    /// A transaction with [`Action::PlaceHold`].
    PlaceHold,
    /// A transaction with [`Action::ReleaseHold`].
    ReleaseHold,
    /// A transaction with [`Action::FileLogRoot`].
    FileLogRoot,
    /// A transaction with [`Action::LawfulLookup`].
    LawfulLookup,
    /// A transaction with [`Action::RecordRecognition`].
    RecordRecognition,
    /// A transaction with [`Action::RolloverPseudonym`].
    RolloverPseudonym,
    /// A transaction with [`Action::UpdateAgeBand`].
    UpdateAgeBand,
    /// A transaction with [`Action::OpenChallenge`].
    OpenChallenge,
    /// A transaction with [`Action::ProvePossession`].
    ProvePossession,
    /// A transaction with [`Action::JudgePossession`].
    JudgePossession,
    /// A transaction with [`Action::FileSettlementList`].
    FileSettlementList,
    /// The glass was broken.
    BtgGranted,
    /// A use of a limited consent was counted.
    UseCounted,
    /// The ledger noticed an anomaly.
    AnomalyNoticed,
    /// The block's time passed a deadline.
    Sweep,
}

impl EventName {
    /// The event that an action is.
    pub fn of(action: &Action) -> Self {
        match action {
            Action::RotateKey(_) => Self::RotateKey,
            Action::RegisterSubject(_) => Self::RegisterSubject,
            Action::RotateSubjectKey(_) => Self::RotateSubjectKey,
            Action::GrantMandate(_) => Self::GrantMandate,
            Action::RevokeMandate(_) => Self::RevokeMandate,
            Action::ProposeConsent(_) => Self::ProposeConsent,
            Action::GrantConsent(_) => Self::GrantConsent,
            Action::RejectConsent(_) => Self::RejectConsent,
            Action::AmendConsent(_) => Self::AmendConsent,
            Action::RevokeConsent(_) => Self::RevokeConsent,
            Action::SubmitEvidence(_) => Self::SubmitEvidence,
            Action::AnchorDocument(_) => Self::AnchorDocument,
            Action::AnchorCorrection(_) => Self::AnchorCorrection,
            Action::StoreReceipt(_) => Self::StoreReceipt,
            Action::AcceptShare(_) => Self::AcceptShare,
            Action::RetractDocument(_) => Self::RetractDocument,
            Action::OrderRepair(_) => Self::OrderRepair,
            Action::CompleteRepair(_) => Self::CompleteRepair,
            Action::RegisterKeyset(_) => Self::RegisterKeyset,
            Action::LinkSubjects(_) => Self::LinkSubjects,
            Action::RequestAccess(_) => Self::RequestAccess,
            Action::KeyReleaseReceipt(_) => Self::KeyReleaseReceipt,
            Action::ShardServed(_) => Self::ShardServed,
            Action::AckAccess(_) => Self::AckAccess,
            Action::OpenCase(_) => Self::OpenCase,
            Action::RegisterBill(_) => Self::RegisterBill,
            Action::SubmitClaim(_) => Self::SubmitClaim,
            Action::AcceptClaim(_) => Self::AcceptClaim,
            Action::RejectClaim(_) => Self::RejectClaim,
            Action::ClearDuplicate(_) => Self::ClearDuplicate,
            Action::ConfirmDuplicate(_) => Self::ConfirmDuplicate,
            Action::ApproveClaim(_) => Self::ApproveClaim,
            Action::ApprovePartial(_) => Self::ApprovePartial,
            Action::DenyClaim(_) => Self::DenyClaim,
            Action::InstructPayment(_) => Self::InstructPayment,
            Action::BankAccept(_) => Self::BankAccept,
            Action::BankFail(_) => Self::BankFail,
            Action::BankPaid(_) => Self::BankPaid,
            Action::PayeeAck(_) => Self::PayeeAck,
            Action::CheckEligibility(_) => Self::CheckEligibility,
            Action::AnswerEligible(_) => Self::AnswerEligible,
            Action::AnswerNotEligible(_) => Self::AnswerNotEligible,
            Action::AnswerError(_) => Self::AnswerError,
            Action::RequestPreauth(_) => Self::RequestPreauth,
            Action::PendPreauth(_) => Self::PendPreauth,
            Action::SupplyPreauthInfo(_) => Self::SupplyPreauthInfo,
            Action::ApprovePreauth(_) => Self::ApprovePreauth,
            Action::ApprovePreauthPartial(_) => Self::ApprovePreauthPartial,
            Action::DenyPreauth(_) => Self::DenyPreauth,
            Action::AmendPreauth(_) => Self::AmendPreauth,
            Action::CancelPreauth(_) => Self::CancelPreauth,
            Action::ReplacePreauth(_) => Self::ReplacePreauth,
            Action::VoidPreauth(_) => Self::VoidPreauth,
            Action::OfferGuarantee(_) => Self::OfferGuarantee,
            Action::AcceptGuarantee(_) => Self::AcceptGuarantee,
            Action::DeclineGuarantee(_) => Self::DeclineGuarantee,
            Action::CancelGuarantee(_) => Self::CancelGuarantee,
            Action::OrderCancelGuarantee(_) => Self::OrderCancelGuarantee,
            Action::Propose(_) => Self::Propose,
            Action::Vote(_) => Self::Vote,
            Action::ImposeEmergency(_) => Self::ImposeEmergency,
            Action::Ratify(_) => Self::Ratify,
            Action::Lift(_) => Self::Lift,
            Action::RegisterBasis(_) => Self::RegisterBasis,
            Action::FileBasis(_) => Self::FileBasis,
            Action::EndBasis(_) => Self::EndBasis,
            Action::RequestInfo(_) => Self::RequestInfo,
            Action::ConsentGap(_) => Self::ConsentGap,
            Action::LinkAttachments(_) => Self::LinkAttachments,
            Action::ResumeWithConsent(_) => Self::ResumeWithConsent,
            Action::FileAppeal(_) => Self::FileAppeal,
            Action::RequestClawback(_) => Self::RequestClawback,
            Action::AgreeClawback(_) => Self::AgreeClawback,
            Action::ContestClawback(_) => Self::ContestClawback,
            Action::OrderClawback(_) => Self::OrderClawback,
            Action::WithdrawClaim(_) => Self::WithdrawClaim,
            Action::ReopenClaim(_) => Self::ReopenClaim,
            Action::RecallPayment(_) => Self::RecallPayment,
            Action::DisputePayment(_) => Self::DisputePayment,
            Action::BatchSettlements(_) => Self::BatchSettlements,
            Action::VoidBill(_) => Self::VoidBill,
            Action::ReplaceBill(_) => Self::ReplaceBill,
            Action::PublishFixing(_) => Self::PublishFixing,
            Action::WithdrawFixing(_) => Self::WithdrawFixing,
            Action::RegisterCodeSystem(_) => Self::RegisterCodeSystem,
            Action::RegisterCodeMap(_) => Self::RegisterCodeMap,
            Action::GrantDelegation(_) => Self::GrantDelegation,
            Action::RevokeDelegation(_) => Self::RevokeDelegation,
            Action::AssignBenefit(_) => Self::AssignBenefit,
            Action::ReleaseAssignment(_) => Self::ReleaseAssignment,
            Action::DecideAppeal(decide) => match decide.outcome {
                AppealOutcome::Full(_) => Self::DecideAppealFull,
                AppealOutcome::Part(..) => Self::DecideAppealPart,
                AppealOutcome::Deny(_) => Self::DecideAppealDeny,
            },
            Action::ResolvePayment(resolve) => match resolve.resolution {
                Resolution::Paid { .. } => Self::ResolvePaid,
                Resolution::Failed { .. } => Self::ResolveFailed,
            },
            Action::RedeemClaimCode(_) => Self::RedeemClaimCode,
            Action::RevokeClaimCode(_) => Self::RevokeClaimCode,
            Action::CloseCase(_) => Self::CloseCase,
            Action::SuspendConsent(_) => Self::SuspendConsent,
            Action::ResumeConsent(_) => Self::ResumeConsent,
            Action::MarkInError(_) => Self::MarkInError,
            Action::SubmitJustification(_) => Self::SubmitJustification,
            Action::DecideReview(_) => Self::DecideReview,
            Action::NotifySubject(_) => Self::NotifySubject,
            Action::AckFail(_) => Self::AckFail,
            Action::ResolveDispute(_) => Self::ResolveDispute,
            Action::RequestErasure(_) => Self::RequestErasure,
            Action::WithdrawErasure(_) => Self::WithdrawErasure,
            Action::ApproveErasure(_) => Self::ApproveErasure,
            Action::DestroyAttest(_) => Self::DestroyAttest,
            Action::LiftRestriction(_) => Self::LiftRestriction,
            Action::PlaceHold(_) => Self::PlaceHold,
            Action::ReleaseHold(_) => Self::ReleaseHold,
            Action::FileLogRoot(_) => Self::FileLogRoot,
            Action::LawfulLookup(_) => Self::LawfulLookup,
            Action::RecordRecognition(_) => Self::RecordRecognition,
            Action::RolloverPseudonym(_) => Self::RolloverPseudonym,
            Action::UpdateAgeBand(_) => Self::UpdateAgeBand,
            Action::OpenChallenge(_) => Self::OpenChallenge,
            Action::ProvePossession(_) => Self::ProvePossession,
            Action::JudgePossession(_) => Self::JudgePossession,
            Action::FileSettlementList(_) => Self::FileSettlementList,
        }
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sweep => f.write_str("sweep"),
            Self::SuccessorActive => f.write_str("successorActive"),
            Self::ConsentChanged => f.write_str("consentChanged"),
            Self::PaymentDone => f.write_str("paymentDone"),
            Self::PaymentFailed => f.write_str("paymentFailed"),
            Self::Consume => f.write_str("consume"),
            Self::CloseGuarantee => f.write_str("closeGuarantee"),
            Self::ThresholdMet => f.write_str("thresholdMet"),
            Self::ThresholdImpossible => f.write_str("thresholdImpossible"),
            Self::Execute => f.write_str("execute"),
            Self::AlreadyPaid => f.write_str("alreadyPaid"),
            Self::ClawbackDone => f.write_str("clawbackDone"),
            Self::ClawbackPartDone => f.write_str("clawbackPartDone"),
            Self::ClawbackFailed => f.write_str("clawbackFailed"),
            Self::BtgGranted => f.write_str("btgGranted"),
            Self::UseCounted => f.write_str("useCounted"),
            Self::AnomalyNoticed => f.write_str("anomalyNoticed"),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

/// Who may cause a row to fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// An organisation or person in this role.
    Role(Role),
    /// The sweeper, which acts by block time.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => f.write_str(role.code()),
            Self::System => f.write_str("SYS"),
        }
    }
}

/// Short names of the actors, for tables.
pub(crate) mod actors {
    use super::{Actor, Role};

    pub(crate) const HOS: Actor = Actor::Role(Role::Hospital);
    pub(crate) const INS: Actor = Actor::Role(Role::Insurer);
    pub(crate) const TPA: Actor = Actor::Role(Role::Administrator);
    pub(crate) const CUS: Actor = Actor::Role(Role::Custodian);
    pub(crate) const KEY: Actor = Actor::Role(Role::KeyHolder);
    pub(crate) const PSO: Actor = Actor::Role(Role::PseudonymOperator);
    pub(crate) const REG: Actor = Actor::Role(Role::Regulator);
    pub(crate) const APP: Actor = Actor::Role(Role::App);
    pub(crate) const SUB: Actor = Actor::Role(Role::Subject);
    pub(crate) const GDN: Actor = Actor::Role(Role::Guardian);
    pub(crate) const BNK: Actor = Actor::Role(Role::Bank);
    pub(crate) const ADV: Actor = Actor::Role(Role::AdvancePayer);
    pub(crate) const FXO: Actor = Actor::Role(Role::FxOracle);
    pub(crate) const COD: Actor = Actor::Role(Role::CodeAuthority);
    pub(crate) const RES: Actor = Actor::Role(Role::Research);
    pub(crate) const AUD: Actor = Actor::Role(Role::Auditor);
    pub(crate) const SYS: Actor = Actor::System;
    /// Any organisation, whatever its roles.
    pub(crate) const ORGANISATIONS: &[Actor] = &[
        HOS,
        INS,
        TPA,
        CUS,
        KEY,
        PSO,
        REG,
        APP,
        BNK,
        Actor::Role(Role::AdvancePayer),
        Actor::Role(Role::FxOracle),
        Actor::Role(Role::CodeAuthority),
        RES,
        Actor::Role(Role::Auditor),
    ];
}

/// The groups of checks that follow the signer's, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Whether the signer may do this at all. Runs before the object is read.
    Role,
    /// Whether the signer is the right party to the object. Runs before the object's state counts.
    Party,
    /// Which of several rows of one event from one state applies: a row whose choice does not hold is passed over.
    Choice,
    /// Whether the object is in a state that allows it.
    Object,
    /// Whether what is said is complete and consistent.
    Content,
    /// Whether it agrees with other objects.
    Cross,
}

/// A named check of a row.
#[derive(Clone, Copy)]
pub struct Guard {
    /// Its name, for the printed table.
    pub name: &'static str,
    /// When it runs.
    pub group: Group,
    pub(crate) check: for<'c, 'a, 's> fn(&'c Call<'a, 's>) -> Check,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// What a row does, once its guards hold.
#[derive(Clone, Copy)]
pub struct Effect {
    /// What it does, for the printed table.
    pub text: &'static str,
    pub(crate) apply: for<'c, 'a, 's, 'r> fn(&'c mut Call<'a, 's>, &'r Row) -> Check,
}

impl fmt::Debug for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// One row of a transition table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Identifier.
    pub id: RowId,
    /// States from which it leads.
    pub from: &'static [State],
    /// What causes it.
    pub event: EventName,
    /// Who may cause it.
    pub actors: &'static [Actor],
    /// State to which it leads.
    pub to: State,
    /// What is checked; rows of one event share their guards of the groups [`Group::Role`] and [`Group::Party`].
    pub guards: &'static [Guard],
    /// What it does.
    pub effect: Effect,
}

/// A transition table of one machine.
pub type Table<'t> = &'t [Row];

/// Every table: organisations' keys, evidence, subjects, mandates, consents, keysets, documents, repairs, links,
/// erasure, holds, sessions, reviews, anomalies, oversight, cases, bills, claims, settlements, eligibility,
/// preauthorisations, guarantees of payment, proposals, transfer bases, batches, fixings, code systems, delegations,
/// assignments and claim codes.
pub fn tables() -> &'static [Table<'static>] {
    &[
        crate::org::transitions::KEYS,
        crate::org::transitions::EVIDENCE,
        crate::subject::transitions::SUBJECTS,
        crate::subject::transitions::MANDATES,
        crate::consent::transitions::CONSENTS,
        crate::document::transitions::KEYSETS,
        crate::document::transitions::DOCUMENTS,
        crate::document::transitions::REPAIRS_OF_SHARDS,
        crate::erasure::transitions::ERASURE,
        crate::erasure::transitions::HOLDS,
        crate::session::transitions::LINKS,
        crate::session::transitions::SESSIONS,
        crate::review::transitions::REVIEWS,
        crate::anomaly::transitions::ANOMALIES,
        crate::oversight::transitions::OVERSIGHT,
        crate::possession::transitions::CHALLENGES,
        crate::claim::transitions::CASES,
        crate::claim::transitions::BILLS,
        crate::claim::transitions::CLAIMS,
        crate::settlement::transitions::SETTLEMENTS,
        crate::eligibility::transitions::ELIGIBILITY,
        crate::preauth::transitions::PREAUTHS,
        crate::guarantee::transitions::GUARANTEES,
        crate::governance::transitions::PROPOSALS,
        crate::basis::transitions::BASES,
        crate::settlement::transitions::BATCHES,
        crate::settlementlist::transitions::LISTS,
        crate::fixing::transitions::FIXINGS,
        crate::codesystem::transitions::CODES,
        crate::delegation::transitions::DELEGATIONS,
        crate::delegation::transitions::ASSIGNMENTS,
        crate::claimcode::transitions::CLAIM_CODES,
    ]
}

/// The tables as Markdown, one row per line, for documentation.
pub fn tables_text() -> String {
    let joined = |names: Vec<String>| names.join(", ");
    let mut text =
        String::from("| ID | From | Event | Actor | To | Guards | Effects |\n|---|---|---|---|---|---|---|\n");
    for row in tables().iter().flat_map(|table| table.iter()) {
        let from = joined(row.from.iter().map(|state| state.name().to_owned()).collect());
        let actors = joined(row.actors.iter().map(Actor::to_string).collect());
        let guards = joined(row.guards.iter().map(|guard| guard.name.replace('_', " ")).collect());
        let columns = [
            row.id.to_string(),
            from,
            row.event.to_string(),
            actors,
            row.to.name().to_owned(),
            guards,
            row.effect.text.to_owned(),
        ];
        text.push_str(&format!("| {} |\n", columns.join(" | ")));
    }
    text
}
