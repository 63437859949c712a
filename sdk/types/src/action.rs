//! What a transaction may do.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::batch::BatchSettlements;
use crate::bill::{RegisterBill, ReplaceBill, VoidBill};
use crate::case::OpenCase;
use crate::claim::{
    AcceptClaim, AgreeClawback, ApproveClaim, ApprovePartial, ClearDuplicate, ConfirmDuplicate, ConsentGap,
    ContestClawback, DecideAppeal, DenyClaim, FileAppeal, InstructPayment, LinkAttachments, OrderClawback, RejectClaim,
    ReopenClaim, RequestClawback, RequestInfo, ResumeWithConsent, SubmitClaim, WithdrawClaim,
};
use crate::claim_code::{CloseCase, RedeemClaimCode, RevokeClaimCode};
use crate::codesystem::{RegisterCodeMap, RegisterCodeSystem};
use crate::consent::{ConsentTerms, EvidenceRef, Grantor};
use crate::delegation::{AssignBenefit, GrantDelegation, ReleaseAssignment, RevokeDelegation};
use crate::document::{
    AcceptShare, AnchorCorrection, AnchorDocument, CompleteRepair, OrderRepair, RegisterKeyset, RetractDocument,
    StoreReceipt,
};
use crate::eligibility::{AnswerEligible, AnswerError, AnswerNotEligible, CheckEligibility};
use crate::erasure::{
    ApproveErasure, DestroyAttest, LiftRestriction, PlaceHold, ReleaseHold, RequestErasure, WithdrawErasure,
};
use crate::fixing::{PublishFixing, WithdrawFixing};
use crate::governance::{EndBasis, FileBasis, ImposeEmergency, Lift, Propose, Ratify, RegisterBasis, Vote};
use crate::guarantee::{AcceptGuarantee, CancelGuarantee, DeclineGuarantee, OfferGuarantee, OrderCancelGuarantee};
use crate::hash::{Tag, tagged_value};
use crate::ids::{ChainId, ConsentId, Hash32, KeyId, MandateId, Millis, OrgId, Sp};
use crate::key::{KeyUsage, PublicKey, Signature};
use crate::oversight::{FileLogRoot, LawfulLookup, RecordRecognition, RolloverPseudonym, UpdateAgeBand};
use crate::possession::{JudgePossession, OpenChallenge, ProvePossession};
use crate::preauth::{
    AmendPreauth, ApprovePreauth, ApprovePreauthPartial, CancelPreauth, DenyPreauth, PendPreauth, ReplacePreauth,
    RequestPreauth, SupplyPreauthInfo, VoidPreauth,
};
use crate::review::{DecideReview, NotifySubject, SubmitJustification};
use crate::session::{AckAccess, AckFail, KeyReleaseReceipt, LinkSubjects, RequestAccess, ResolveDispute, ShardServed};
use crate::settlement::{BankAccept, BankFail, BankPaid, DisputePayment, PayeeAck, RecallPayment, ResolvePayment};
use crate::settlement_list::FileSettlementList;
use crate::subject::{AgeBand, MandateTerms};
use crate::suspension::{MarkInError, ResumeConsent, SuspendConsent};
use crate::validator::Equivocation;

/// Routine replacement of an organisation's key (class G-C): signed by its recovery key, or by one of its signing keys
/// and co-signed by another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RotateKey {
    /// The organisation.
    pub org: OrgId,
    /// The key that ends; `None` to add one.
    pub old: Option<KeyId>,
    /// The key that begins.
    pub new: PublicKey,
    /// Its usage; that of the old key, if one ends.
    pub usage: KeyUsage,
    /// First instant of the new key.
    pub nbf: Millis,
    /// First instant after its end.
    pub exp: Millis,
    /// The new key's proof of possession over [`possession_of`].
    pub possession: Signature,
}

/// Registers a subject under a pseudonym; signed by the enrolling organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RegisterSubject {
    /// The pseudonym.
    pub sp: Sp,
    /// The subject's key for this pseudonym.
    pub key: PublicKey,
    /// Level of assurance, 1 to 3.
    pub loa: u8,
    /// Age band.
    pub age_band: AgeBand,
    /// Salted hash of the attestation.
    pub attest: Hash32,
    /// The key's proof of possession over [`possession_of`].
    pub possession: Signature,
}

/// Replaces a subject's key; signed by the old key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RotateSubjectKey {
    /// The pseudonym.
    pub sp: Sp,
    /// The key that begins.
    pub new: PublicKey,
    /// Its proof of possession over [`possession_of`].
    pub possession: Signature,
}

/// Gives a proxy a mandate; signed by the subject and co-signed by the verifying organisation, or, for a substitute
/// decision maker, signed by the verifying organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct GrantMandate {
    /// What the mandate says.
    pub terms: MandateTerms,
    /// The organisation that verified it.
    pub verified_by: OrgId,
    /// The proxy key's proof of possession over [`possession_of`].
    pub possession: Signature,
}

/// Ends a mandate; signed by the subject or the verifying organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RevokeMandate {
    /// The subject.
    pub subject: Sp,
    /// The mandate.
    pub mandate: MandateId,
}

/// Proposes a consent to the subject (CN-01).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct ProposeConsent {
    /// What it would say.
    pub terms: ConsentTerms,
}

/// Grants a consent, new or proposed (CN-02).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct GrantConsent {
    /// The proposal that is granted; `None` for a new consent.
    pub proposal: Option<ConsentId>,
    /// What it says; a proposal is granted with its own terms, evidence and separate consents excepted.
    pub terms: ConsentTerms,
    /// Who gives it.
    pub grantor: Grantor,
}

/// Names a consent.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
pub struct ConsentRef {
    /// The subject.
    pub subject: Sp,
    /// The controller.
    pub controller: OrgId,
    /// The consent.
    pub consent: ConsentId,
}

/// Rejects a proposed consent (CN-03).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RejectConsent {
    /// Which.
    pub target: ConsentRef,
    /// Who rejects: the subject or a proxy.
    pub grantor: Grantor,
}

/// Replaces a consent by a new version (CN-05).
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct AmendConsent {
    /// The version that is replaced; it must be the head of its lineage.
    pub target: ConsentRef,
    /// What the new version says; same subject and controller.
    pub terms: ConsentTerms,
    /// Who amends: the subject or a proxy.
    pub grantor: Grantor,
}

/// Revokes a consent (CN-06). Nothing but authority is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct RevokeConsent {
    /// Any version of the lineage; the live one is revoked.
    pub target: ConsentRef,
    /// Who revokes.
    pub grantor: Grantor,
    /// Evidence, where an organisation attests.
    pub evidence: Option<EvidenceRef>,
}

/// Reports a validator that signed two conflicting messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct SubmitEvidence {
    /// The pair.
    pub pair: Equivocation,
}

/// What a transaction does. Tags are never reused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Action {
    /// See [`RotateKey`].
    RotateKey(RotateKey) = 1,
    /// See [`RegisterSubject`].
    RegisterSubject(RegisterSubject) = 2,
    /// See [`RotateSubjectKey`].
    RotateSubjectKey(RotateSubjectKey) = 3,
    /// See [`GrantMandate`].
    GrantMandate(Box<GrantMandate>) = 4,
    /// See [`RevokeMandate`].
    RevokeMandate(RevokeMandate) = 5,
    /// See [`ProposeConsent`].
    ProposeConsent(Box<ProposeConsent>) = 6,
    /// See [`GrantConsent`].
    GrantConsent(Box<GrantConsent>) = 7,
    /// See [`RejectConsent`].
    RejectConsent(RejectConsent) = 8,
    /// See [`AmendConsent`].
    AmendConsent(Box<AmendConsent>) = 9,
    /// See [`RevokeConsent`].
    RevokeConsent(RevokeConsent) = 10,
    /// See [`SubmitEvidence`].
    SubmitEvidence(Box<SubmitEvidence>) = 11,
    /// See [`AnchorDocument`].
    AnchorDocument(Box<AnchorDocument>) = 32,
    /// See [`AnchorCorrection`].
    AnchorCorrection(Box<AnchorCorrection>) = 33,
    /// See [`StoreReceipt`].
    StoreReceipt(StoreReceipt) = 34,
    /// See [`AcceptShare`].
    AcceptShare(AcceptShare) = 35,
    /// See [`RetractDocument`].
    RetractDocument(RetractDocument) = 36,
    /// See [`OrderRepair`].
    OrderRepair(OrderRepair) = 37,
    /// See [`CompleteRepair`].
    CompleteRepair(CompleteRepair) = 38,
    /// See [`RegisterKeyset`].
    RegisterKeyset(Box<RegisterKeyset>) = 39,
    /// See [`LinkSubjects`].
    LinkSubjects(LinkSubjects) = 40,
    /// See [`RequestAccess`].
    RequestAccess(Box<RequestAccess>) = 41,
    /// See [`KeyReleaseReceipt`].
    KeyReleaseReceipt(Box<KeyReleaseReceipt>) = 42,
    /// See [`ShardServed`].
    ShardServed(Box<ShardServed>) = 43,
    /// See [`AckAccess`].
    AckAccess(AckAccess) = 44,
    /// See [`OpenCase`].
    OpenCase(Box<OpenCase>) = 64,
    /// See [`RegisterBill`].
    RegisterBill(RegisterBill) = 65,
    /// See [`SubmitClaim`].
    SubmitClaim(Box<SubmitClaim>) = 66,
    /// See [`AcceptClaim`].
    AcceptClaim(AcceptClaim) = 67,
    /// See [`RejectClaim`].
    RejectClaim(RejectClaim) = 68,
    /// See [`ClearDuplicate`].
    ClearDuplicate(ClearDuplicate) = 69,
    /// See [`ConfirmDuplicate`].
    ConfirmDuplicate(ConfirmDuplicate) = 70,
    /// See [`ApproveClaim`].
    ApproveClaim(Box<ApproveClaim>) = 71,
    /// See [`ApprovePartial`].
    ApprovePartial(Box<ApprovePartial>) = 72,
    /// See [`DenyClaim`].
    DenyClaim(DenyClaim) = 73,
    /// See [`InstructPayment`].
    InstructPayment(InstructPayment) = 74,
    /// See [`BankAccept`].
    BankAccept(BankAccept) = 75,
    /// See [`BankFail`].
    BankFail(BankFail) = 76,
    /// See [`BankPaid`].
    BankPaid(BankPaid) = 77,
    /// See [`PayeeAck`].
    PayeeAck(PayeeAck) = 78,
    /// See [`CheckEligibility`].
    CheckEligibility(CheckEligibility) = 100,
    /// See [`AnswerEligible`].
    AnswerEligible(AnswerEligible) = 101,
    /// See [`AnswerNotEligible`].
    AnswerNotEligible(AnswerNotEligible) = 102,
    /// See [`AnswerError`].
    AnswerError(AnswerError) = 103,
    /// See [`RequestPreauth`].
    RequestPreauth(Box<RequestPreauth>) = 104,
    /// See [`PendPreauth`].
    PendPreauth(PendPreauth) = 105,
    /// See [`SupplyPreauthInfo`].
    SupplyPreauthInfo(Box<SupplyPreauthInfo>) = 106,
    /// See [`ApprovePreauth`].
    ApprovePreauth(Box<ApprovePreauth>) = 107,
    /// See [`ApprovePreauthPartial`].
    ApprovePreauthPartial(Box<ApprovePreauthPartial>) = 108,
    /// See [`DenyPreauth`].
    DenyPreauth(DenyPreauth) = 109,
    /// See [`AmendPreauth`].
    AmendPreauth(Box<AmendPreauth>) = 110,
    /// See [`CancelPreauth`].
    CancelPreauth(CancelPreauth) = 111,
    /// See [`ReplacePreauth`].
    ReplacePreauth(ReplacePreauth) = 112,
    /// See [`VoidPreauth`].
    VoidPreauth(VoidPreauth) = 113,
    /// See [`OfferGuarantee`].
    OfferGuarantee(OfferGuarantee) = 114,
    /// See [`AcceptGuarantee`].
    AcceptGuarantee(AcceptGuarantee) = 115,
    /// See [`DeclineGuarantee`].
    DeclineGuarantee(DeclineGuarantee) = 116,
    /// See [`CancelGuarantee`].
    CancelGuarantee(CancelGuarantee) = 117,
    /// See [`OrderCancelGuarantee`].
    OrderCancelGuarantee(OrderCancelGuarantee) = 118,
    /// See [`Propose`].
    Propose(Box<Propose>) = 80,
    /// See [`Vote`].
    Vote(Vote) = 81,
    /// See [`ImposeEmergency`].
    ImposeEmergency(ImposeEmergency) = 82,
    /// See [`Ratify`].
    Ratify(Ratify) = 83,
    /// See [`Lift`].
    Lift(Lift) = 84,
    /// See [`RegisterBasis`].
    RegisterBasis(Box<RegisterBasis>) = 85,
    /// See [`FileBasis`].
    FileBasis(FileBasis) = 86,
    /// See [`EndBasis`].
    EndBasis(EndBasis) = 87,
    /// See [`RequestInfo`].
    RequestInfo(RequestInfo) = 120,
    /// See [`ConsentGap`].
    ConsentGap(ConsentGap) = 121,
    /// See [`LinkAttachments`].
    LinkAttachments(LinkAttachments) = 122,
    /// See [`ResumeWithConsent`].
    ResumeWithConsent(ResumeWithConsent) = 123,
    /// See [`FileAppeal`].
    FileAppeal(FileAppeal) = 124,
    /// See [`DecideAppeal`].
    DecideAppeal(Box<DecideAppeal>) = 125,
    /// See [`RequestClawback`].
    RequestClawback(Box<RequestClawback>) = 126,
    /// See [`AgreeClawback`].
    AgreeClawback(AgreeClawback) = 127,
    /// See [`ContestClawback`].
    ContestClawback(ContestClawback) = 128,
    /// See [`OrderClawback`].
    OrderClawback(OrderClawback) = 129,
    /// See [`WithdrawClaim`].
    WithdrawClaim(WithdrawClaim) = 130,
    /// See [`ReopenClaim`].
    ReopenClaim(ReopenClaim) = 131,
    /// See [`RecallPayment`].
    RecallPayment(RecallPayment) = 132,
    /// See [`DisputePayment`].
    DisputePayment(DisputePayment) = 133,
    /// See [`ResolvePayment`].
    ResolvePayment(ResolvePayment) = 134,
    /// See [`BatchSettlements`].
    BatchSettlements(Box<BatchSettlements>) = 135,
    /// See [`VoidBill`].
    VoidBill(VoidBill) = 136,
    /// See [`ReplaceBill`].
    ReplaceBill(ReplaceBill) = 137,
    /// See [`PublishFixing`].
    PublishFixing(Box<PublishFixing>) = 138,
    /// See [`WithdrawFixing`].
    WithdrawFixing(WithdrawFixing) = 139,
    /// See [`RegisterCodeSystem`].
    RegisterCodeSystem(Box<RegisterCodeSystem>) = 140,
    /// See [`RegisterCodeMap`].
    RegisterCodeMap(Box<RegisterCodeMap>) = 141,
    /// See [`GrantDelegation`].
    GrantDelegation(Box<GrantDelegation>) = 142,
    /// See [`RevokeDelegation`].
    RevokeDelegation(RevokeDelegation) = 143,
    /// See [`AssignBenefit`].
    AssignBenefit(AssignBenefit) = 144,
    /// See [`ReleaseAssignment`].
    ReleaseAssignment(ReleaseAssignment) = 145,
    /// See [`RedeemClaimCode`].
    RedeemClaimCode(Box<RedeemClaimCode>) = 180,
    /// See [`RevokeClaimCode`].
    RevokeClaimCode(RevokeClaimCode) = 181,
    /// See [`CloseCase`].
    CloseCase(CloseCase) = 182,
    /// See [`SuspendConsent`].
    SuspendConsent(SuspendConsent) = 150,
    /// See [`ResumeConsent`].
    ResumeConsent(ResumeConsent) = 151,
    /// See [`MarkInError`].
    MarkInError(MarkInError) = 152,
    /// See [`SubmitJustification`].
    SubmitJustification(SubmitJustification) = 153,
    /// See [`DecideReview`].
    DecideReview(DecideReview) = 154,
    /// See [`NotifySubject`].
    NotifySubject(NotifySubject) = 155,
    /// See [`AckFail`].
    AckFail(AckFail) = 156,
    /// See [`ResolveDispute`].
    ResolveDispute(ResolveDispute) = 157,
    /// See [`RequestErasure`].
    RequestErasure(RequestErasure) = 158,
    /// See [`WithdrawErasure`].
    WithdrawErasure(WithdrawErasure) = 159,
    /// See [`ApproveErasure`].
    ApproveErasure(ApproveErasure) = 160,
    /// See [`DestroyAttest`].
    DestroyAttest(DestroyAttest) = 161,
    /// See [`LiftRestriction`].
    LiftRestriction(LiftRestriction) = 162,
    /// See [`PlaceHold`].
    PlaceHold(PlaceHold) = 163,
    /// See [`ReleaseHold`].
    ReleaseHold(ReleaseHold) = 164,
    /// See [`FileLogRoot`].
    FileLogRoot(FileLogRoot) = 165,
    /// See [`LawfulLookup`].
    LawfulLookup(LawfulLookup) = 166,
    /// See [`RecordRecognition`].
    RecordRecognition(RecordRecognition) = 167,
    /// See [`RolloverPseudonym`].
    RolloverPseudonym(RolloverPseudonym) = 168,
    /// See [`UpdateAgeBand`].
    UpdateAgeBand(UpdateAgeBand) = 169,
    /// See [`FileSettlementList`].
    FileSettlementList(Box<FileSettlementList>) = 190,
    /// See [`OpenChallenge`].
    OpenChallenge(OpenChallenge) = 191,
    /// See [`ProvePossession`].
    ProvePossession(ProvePossession) = 192,
    /// See [`JudgePossession`].
    JudgePossession(JudgePossession) = 193,
}

impl Action {
    /// The name of the action, for logs and JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RotateKey(_) => "RotateKey",
            Self::RegisterSubject(_) => "RegisterSubject",
            Self::RotateSubjectKey(_) => "RotateSubjectKey",
            Self::GrantMandate(_) => "GrantMandate",
            Self::RevokeMandate(_) => "RevokeMandate",
            Self::ProposeConsent(_) => "ProposeConsent",
            Self::GrantConsent(_) => "GrantConsent",
            Self::RejectConsent(_) => "RejectConsent",
            Self::AmendConsent(_) => "AmendConsent",
            Self::RevokeConsent(_) => "RevokeConsent",
            Self::SubmitEvidence(_) => "SubmitEvidence",
            Self::AnchorDocument(_) => "AnchorDocument",
            Self::AnchorCorrection(_) => "AnchorCorrection",
            Self::StoreReceipt(_) => "StoreReceipt",
            Self::AcceptShare(_) => "AcceptShare",
            Self::RetractDocument(_) => "RetractDocument",
            Self::OrderRepair(_) => "OrderRepair",
            Self::CompleteRepair(_) => "CompleteRepair",
            Self::RegisterKeyset(_) => "RegisterKeyset",
            Self::LinkSubjects(_) => "LinkSubjects",
            Self::RequestAccess(_) => "RequestAccess",
            Self::KeyReleaseReceipt(_) => "KeyReleaseReceipt",
            Self::ShardServed(_) => "ShardServed",
            Self::AckAccess(_) => "AckAccess",
            Self::OpenCase(_) => "OpenCase",
            Self::RegisterBill(_) => "RegisterBill",
            Self::SubmitClaim(_) => "SubmitClaim",
            Self::AcceptClaim(_) => "AcceptClaim",
            Self::RejectClaim(_) => "RejectClaim",
            Self::ClearDuplicate(_) => "ClearDuplicate",
            Self::ConfirmDuplicate(_) => "ConfirmDuplicate",
            Self::ApproveClaim(_) => "ApproveClaim",
            Self::ApprovePartial(_) => "ApprovePartial",
            Self::DenyClaim(_) => "DenyClaim",
            Self::InstructPayment(_) => "InstructPayment",
            Self::BankAccept(_) => "BankAccept",
            Self::BankFail(_) => "BankFail",
            Self::BankPaid(_) => "BankPaid",
            Self::PayeeAck(_) => "PayeeAck",
            Self::CheckEligibility(_) => "CheckEligibility",
            Self::AnswerEligible(_) => "AnswerEligible",
            Self::AnswerNotEligible(_) => "AnswerNotEligible",
            Self::AnswerError(_) => "AnswerError",
            Self::RequestPreauth(_) => "RequestPreauth",
            Self::PendPreauth(_) => "PendPreauth",
            Self::SupplyPreauthInfo(_) => "SupplyPreauthInfo",
            Self::ApprovePreauth(_) => "ApprovePreauth",
            Self::ApprovePreauthPartial(_) => "ApprovePreauthPartial",
            Self::DenyPreauth(_) => "DenyPreauth",
            Self::AmendPreauth(_) => "AmendPreauth",
            Self::CancelPreauth(_) => "CancelPreauth",
            Self::ReplacePreauth(_) => "ReplacePreauth",
            Self::VoidPreauth(_) => "VoidPreauth",
            Self::OfferGuarantee(_) => "OfferGuarantee",
            Self::AcceptGuarantee(_) => "AcceptGuarantee",
            Self::DeclineGuarantee(_) => "DeclineGuarantee",
            Self::CancelGuarantee(_) => "CancelGuarantee",
            Self::OrderCancelGuarantee(_) => "OrderCancelGuarantee",
            Self::Propose(_) => "Propose",
            Self::Vote(_) => "Vote",
            Self::ImposeEmergency(_) => "ImposeEmergency",
            Self::Ratify(_) => "Ratify",
            Self::Lift(_) => "Lift",
            Self::RegisterBasis(_) => "RegisterBasis",
            Self::FileBasis(_) => "FileBasis",
            Self::EndBasis(_) => "EndBasis",
            Self::RequestInfo(_) => "RequestInfo",
            Self::ConsentGap(_) => "ConsentGap",
            Self::LinkAttachments(_) => "LinkAttachments",
            Self::ResumeWithConsent(_) => "ResumeWithConsent",
            Self::FileAppeal(_) => "FileAppeal",
            Self::DecideAppeal(_) => "DecideAppeal",
            Self::RequestClawback(_) => "RequestClawback",
            Self::AgreeClawback(_) => "AgreeClawback",
            Self::ContestClawback(_) => "ContestClawback",
            Self::OrderClawback(_) => "OrderClawback",
            Self::WithdrawClaim(_) => "WithdrawClaim",
            Self::ReopenClaim(_) => "ReopenClaim",
            Self::RecallPayment(_) => "RecallPayment",
            Self::DisputePayment(_) => "DisputePayment",
            Self::ResolvePayment(_) => "ResolvePayment",
            Self::BatchSettlements(_) => "BatchSettlements",
            Self::VoidBill(_) => "VoidBill",
            Self::ReplaceBill(_) => "ReplaceBill",
            Self::PublishFixing(_) => "PublishFixing",
            Self::WithdrawFixing(_) => "WithdrawFixing",
            Self::RegisterCodeSystem(_) => "RegisterCodeSystem",
            Self::RegisterCodeMap(_) => "RegisterCodeMap",
            Self::GrantDelegation(_) => "GrantDelegation",
            Self::RevokeDelegation(_) => "RevokeDelegation",
            Self::AssignBenefit(_) => "AssignBenefit",
            Self::ReleaseAssignment(_) => "ReleaseAssignment",
            Self::RedeemClaimCode(_) => "RedeemClaimCode",
            Self::RevokeClaimCode(_) => "RevokeClaimCode",
            Self::CloseCase(_) => "CloseCase",
            Self::SuspendConsent(_) => "SuspendConsent",
            Self::ResumeConsent(_) => "ResumeConsent",
            Self::MarkInError(_) => "MarkInError",
            Self::SubmitJustification(_) => "SubmitJustification",
            Self::DecideReview(_) => "DecideReview",
            Self::NotifySubject(_) => "NotifySubject",
            Self::AckFail(_) => "AckFail",
            Self::ResolveDispute(_) => "ResolveDispute",
            Self::RequestErasure(_) => "RequestErasure",
            Self::WithdrawErasure(_) => "WithdrawErasure",
            Self::ApproveErasure(_) => "ApproveErasure",
            Self::DestroyAttest(_) => "DestroyAttest",
            Self::LiftRestriction(_) => "LiftRestriction",
            Self::PlaceHold(_) => "PlaceHold",
            Self::ReleaseHold(_) => "ReleaseHold",
            Self::FileLogRoot(_) => "FileLogRoot",
            Self::LawfulLookup(_) => "LawfulLookup",
            Self::RecordRecognition(_) => "RecordRecognition",
            Self::RolloverPseudonym(_) => "RolloverPseudonym",
            Self::UpdateAgeBand(_) => "UpdateAgeBand",
            Self::FileSettlementList(_) => "FileSettlementList",
            Self::OpenChallenge(_) => "OpenChallenge",
            Self::ProvePossession(_) => "ProvePossession",
            Self::JudgePossession(_) => "JudgePossession",
        }
    }

    /// Whether the action takes back what was given, appeals, or governs the network; such actions have a reserved share of every
    /// mempool and are never halted.
    pub const fn is_protected(&self) -> bool {
        matches!(
            self,
            Self::RevokeConsent(_)
                | Self::RejectConsent(_)
                | Self::RevokeMandate(_)
                | Self::RotateKey(_)
                | Self::SubmitEvidence(_)
                | Self::RetractDocument(_)
                | Self::Propose(_)
                | Self::Vote(_)
                | Self::ImposeEmergency(_)
                | Self::Ratify(_)
                | Self::Lift(_)
                | Self::EndBasis(_)
                | Self::FileAppeal(_)
                | Self::WithdrawClaim(_)
                | Self::WithdrawFixing(_)
                | Self::RevokeDelegation(_)
                | Self::RevokeClaimCode(_)
                | Self::SuspendConsent(_)
                | Self::MarkInError(_)
                | Self::RequestErasure(_)
                | Self::DestroyAttest(_)
        )
    }
}

/// What a new key signs: the chain, the key, and for whom it is registered (an organisation's number or a pseudonym,
/// canonically encoded).
pub fn possession_of<T: BorshSerialize>(chain: ChainId, key: &PublicKey, owner: &T) -> Hash32 {
    tagged_value(Tag::Possession, &(chain, key, owner))
}
