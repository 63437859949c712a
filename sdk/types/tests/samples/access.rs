//! Samples of what access, its review, erasure and oversight add to actions and records.

use assent_types::action::{Action, ConsentRef};
use assent_types::anomaly::{Activity, Anomalies, Anomaly, AnomalyKind};
use assent_types::claim::Capacity;
use assent_types::delivery::Unacknowledged;
use assent_types::document::DocumentStatus;
use assent_types::erasure::*;
use assent_types::oversight::*;
use assent_types::possession::*;
use assent_types::review::*;
use assent_types::session::{AckFail, DisputeFinding, ReadFailure, ResolveDispute};
use assent_types::state::{AccessParams, Record, StateKey};
use assent_types::subject::AgeBand;
use assent_types::suspension::{CaptureError, MarkInError, ResumeConsent, SuspendConsent};
use assent_types::*;

use super::hash;

const DOCUMENT: AnchorId = AnchorId(Hash32([40; 32]));
const SESSION: SessionId = SessionId(Hash32([44; 32]));

fn set<T: Ord, const MAX: usize>(items: Vec<T>) -> Set<T, MAX> {
    Set::new(items).unwrap_or_default()
}

fn list<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    List::new(items).unwrap_or_default()
}

/// One of every action.
pub(super) fn actions() -> Vec<Action> {
    let target = ConsentRef { subject: Sp(hash(1)), controller: OrgId(1), consent: ConsentId(hash(11)) };
    let capacity = Capacity::Proxy { mandate: MandateId(hash(13)) };
    vec![
        Action::SuspendConsent(SuspendConsent { target, order: hash(2), until: Millis(9) }),
        Action::ResumeConsent(ResumeConsent { target, order: hash(2) }),
        Action::MarkInError(MarkInError { target, error: CaptureError::WrongPatient, evidence: hash(3) }),
        Action::SubmitJustification(SubmitJustification {
            session: SESSION,
            reason: GlassReason::Incapacitated,
            clinician: hash(4),
            evidence: hash(5),
        }),
        Action::DecideReview(DecideReview { session: SESSION, finding: Finding::Excessive, order: hash(6) }),
        Action::NotifySubject(NotifySubject { session: SESSION, notice: hash(7) }),
        Action::AckFail(AckFail { session: SESSION, reason: ReadFailure::Rank }),
        Action::ResolveDispute(ResolveDispute {
            session: SESSION,
            finding: DisputeFinding::Custodian,
            at_fault: Some(OrgId(11)),
            order: hash(8),
        }),
        Action::RequestErasure(RequestErasure {
            anchor: DOCUMENT,
            capacity,
            basis: ErasureBasis::ConsentWithdrawn,
            evidence: hash(9),
        }),
        Action::WithdrawErasure(WithdrawErasure { anchor: DOCUMENT, capacity: Capacity::Subject }),
        Action::ApproveErasure(ApproveErasure { anchor: DOCUMENT, basis: ErasureBasis::RetentionOver }),
        Action::DestroyAttest(DestroyAttest {
            anchor: DOCUMENT,
            destroyed: set(vec![Destroyed::Share, Destroyed::Shard(2), Destroyed::Salt]),
        }),
        Action::LiftRestriction(LiftRestriction { anchor: DOCUMENT, order: hash(10) }),
        Action::PlaceHold(PlaceHold { anchor: DOCUMENT, reason: HoldReason::Audit, evidence: hash(11) }),
        Action::ReleaseHold(ReleaseHold { anchor: DOCUMENT, hold: hash(12) }),
        Action::OpenChallenge(OpenChallenge { anchor: DOCUMENT, shard: 2 }),
        Action::ProvePossession(ProvePossession { challenge: ChallengeId(hash(80)), stripe: 3, answer: hash(81) }),
        Action::JudgePossession(JudgePossession { challenge: ChallengeId(hash(80)), held: true }),
        Action::FileLogRoot(FileLogRoot { day: Day(20_500), root: hash(13), count: 70 }),
        Action::LawfulLookup(LawfulLookup { subject: Sp(hash(1)), basis: hash(14), until: Millis(9) }),
        Action::RecordRecognition(RecordRecognition {
            anchor: DOCUMENT,
            test: hash(15),
            valid_until: Millis(9),
            outcome: RecognitionOutcome::Repeated,
            reason: Some(RepeatReason::Quality),
        }),
        Action::RolloverPseudonym(RolloverPseudonym { old: Sp(hash(1)), new: Sp(hash(2)) }),
        Action::UpdateAgeBand(UpdateAgeBand { sp: Sp(hash(1)), age_band: AgeBand::Adult, attest: hash(16) }),
    ]
}

fn review() -> Review {
    let reason = GlassReason::LifeThreatening;
    Review {
        session: SESSION,
        subject: Sp(hash(5)),
        controller: OrgId(1),
        requester: OrgId(2),
        statement: BreakGlassStatement { reason, patient_present: hash(17) },
        opened_at: Millis(1),
        notify_by: Millis(2),
        notified: Some((hash(18), Millis(3))),
        notice_missed: true,
        justification: Some(Justification { reason, clinician: hash(4), evidence: hash(5), at: Millis(4) }),
        finding: Some((Finding::Justified, hash(6))),
        due: Some(Millis(5)),
        lapses_at: Millis(9),
        status: ReviewStatus::Submitted,
    }
}

fn standing() -> Standing {
    Standing {
        reviews: list(vec![OpenReview {
            session: SESSION,
            due: Millis(5),
            lapses_at: Millis(9),
            barred_until: Millis(11),
        }]),
        glass_barred_until: Some(Millis(6)),
        glass_day: Some((Day(20_500), 3)),
    }
}

fn unacknowledged() -> Unacknowledged {
    Unacknowledged::default().delivered(Millis(14)).delivered(Millis(14))
}

fn retention() -> Retention {
    let (evidence, placed_at) = (hash(11), Millis(2));
    Retention {
        holds: list(vec![Hold { id: hash(12), by: OrgId(4), reason: HoldReason::Litigation, evidence, placed_at }]),
        cited_by: set(vec![ClaimId(hash(39))]),
        request: Some(ErasureRequest {
            basis: ErasureBasis::Unlawful,
            evidence: hash(9),
            at: Millis(3),
            was: DocumentStatus::Active,
        }),
        due: Some(Millis(8)),
        attestations: set(vec![Attestation { destroyed: Destroyed::Shard(1), by: OrgId(11), at: Millis(4) }]),
    }
}

/// One of every kind of record.
pub(super) fn records() -> Vec<(StateKey, Record)> {
    let recognition = Recognition {
        by: OrgId(2),
        test: hash(15),
        outcome: RecognitionOutcome::Accepted,
        reason: None,
        recognisable: true,
        at: Millis(4),
    };
    let tombstone = Tombstone {
        id: DOCUMENT,
        lineage: DOCUMENT,
        version: 1,
        controller: OrgId(1),
        at: Millis(7),
        attestation_root: retention().attestation_root(),
        basis: ErasureBasis::PurposeReached,
    };
    let anomaly = Anomaly { object: SESSION.0, height: Height(7), at: Millis(8) };
    let roots =
        LogRoots { days: list(vec![LogRoot { day: Day(20_500), root: hash(13), count: 70 }]), due: Some(Millis(9)) };
    vec![
        (StateKey::Review(SESSION), Record::Review(Box::new(review()))),
        (StateKey::Standing(OrgId(2)), Record::Standing(Box::new(standing()))),
        (StateKey::Unacknowledged(OrgId(2), OrgId(1)), Record::Unacknowledged(unacknowledged())),
        (
            StateKey::Activity(OrgId(2), hash(30)),
            Record::Activity(Activity { day: Day(20_500), permits: 3, attested: 4 }),
        ),
        (
            StateKey::Anomalies(AnomalyKind::Integrity, Some(OrgId(1))),
            Record::Anomalies(Box::new(Anomalies { count: 2, latest: list(vec![anomaly]) })),
        ),
        (StateKey::Anomalies(AnomalyKind::DeadlineMissed, None), Record::Anomalies(Box::default())),
        (StateKey::Retention(DOCUMENT), Record::Retention(Box::new(retention()))),
        (StateKey::LogRoots(OrgId(2)), Record::LogRoots(roots)),
        (
            StateKey::Lookup(OrgId(4), Sp(hash(1))),
            Record::Lookup(Lookup { basis: hash(14), at: Millis(1), until: Millis(9), count: 2 }),
        ),
        (StateKey::Recognitions(DOCUMENT), Record::Recognitions(list(vec![recognition]))),
        (
            StateKey::RecognitionTally(OrgId(2)),
            Record::RecognitionTally(RecognitionTally { accepted: 5, repeated: 2, repeated_although_recognisable: 1 }),
        ),
        (
            StateKey::Challenge(ChallengeId(hash(80))),
            Record::Challenge(Challenge {
                id: ChallengeId(hash(80)),
                anchor: DOCUMENT,
                shard: 2,
                custodian: OrgId(7),
                auditor: OrgId(4),
                stripe: 3,
                opened_at: Millis(1),
                due: Some(Millis(9)),
                answer: Some(hash(81)),
                status: ChallengeStatus::Submitted,
            }),
        ),
        (StateKey::Rollover(Sp(hash(1))), Record::Rollover(Rollover { new: Sp(hash(2)), at: Millis(3) })),
        (StateKey::Anchor(DOCUMENT), Record::Tombstone(tombstone)),
    ]
}

pub(super) fn params() -> AccessParams {
    AccessParams {
        suspension_max_ms: 1,
        confirm_ttl_ms: 2,
        glass_review_ms: 3,
        glass_notify_ms: 4,
        glass_bar_ms: 5,
        glass_rate: 6,
        permit_rate: 7,
        attest_rate: 8,
        retry_ttl_ms: 9,
        serve_retries: 10,
        dispute_ms: 11,
        erase_ms: 12,
        majority_grace_ms: 13,
        log_root_ms: 14,
        lookup_max_ms: 15,
        possession_ms: 18,
        proxy_subjects: 16,
        export_subjects: 17,
    }
}
