//! Broken glass, disputes, erasure and oversight for tests.

use assent_types::access::{AccessRequest, Asked, UserRole};
use assent_types::action::Action;
use assent_types::claim::Capacity;
use assent_types::consent::*;
use assent_types::erasure::*;
use assent_types::key::SecretKey;
use assent_types::org::AccreditationKind;
use assent_types::oversight::*;
use assent_types::review::*;
use assent_types::session::*;
use assent_types::subject::AgeBand;
use assent_types::suspension::*;
use assent_types::tx::Transaction;
use assent_types::*;

use super::*;

pub(crate) const ACCESS_ORDER: Hash32 = Hash32([0x61; 32]);

pub(crate) fn statement() -> BreakGlassStatement {
    BreakGlassStatement { reason: GlassReason::Incapacitated, patient_present: Hash32([0x62; 32]) }
}

/// The second Shenzhen hospital breaks the glass on documents of subject 1.
pub(crate) fn glass_request(anchors: &[AnchorId]) -> AccessRequest {
    AccessRequest { purpose: Purpose::Btg, btg: Some(statement()), ..documents_request(1, anchors) }
}

pub(crate) fn suspend(target: ConsentRef, until: Millis) -> Action {
    Action::SuspendConsent(SuspendConsent { target, order: ACCESS_ORDER, until })
}

pub(crate) fn resume_consent(target: ConsentRef) -> Action {
    Action::ResumeConsent(ResumeConsent { target, order: ACCESS_ORDER })
}

pub(crate) fn in_error(target: ConsentRef) -> Action {
    Action::MarkInError(MarkInError { target, error: CaptureError::WrongPatient, evidence: ACCESS_ORDER })
}

pub(crate) fn justification(session: SessionId) -> Action {
    let (reason, clinician, evidence) = (GlassReason::Incapacitated, Hash32([0x63; 32]), Hash32([0x64; 32]));
    Action::SubmitJustification(SubmitJustification { session, reason, clinician, evidence })
}

pub(crate) fn finding(session: SessionId, finding: Finding) -> Action {
    Action::DecideReview(DecideReview { session, finding, order: ACCESS_ORDER })
}

pub(crate) fn notice(session: SessionId) -> Action {
    Action::NotifySubject(NotifySubject { session, notice: Hash32([0x65; 32]) })
}

pub(crate) fn unread(session: SessionId) -> Action {
    Action::AckFail(AckFail { session, reason: ReadFailure::Hash })
}

pub(crate) fn resolution(session: SessionId) -> Action {
    let (finding, at_fault) = (DisputeFinding::Custodian, Some(KEEPERS[0]));
    Action::ResolveDispute(ResolveDispute { session, finding, at_fault, order: ACCESS_ORDER })
}

pub(crate) fn erasure_request(anchor: AnchorId, capacity: Capacity) -> Action {
    let (basis, evidence) = (ErasureBasis::ConsentWithdrawn, Hash32([0x66; 32]));
    Action::RequestErasure(RequestErasure { anchor, capacity, basis, evidence })
}

pub(crate) fn approval(anchor: AnchorId) -> Action {
    Action::ApproveErasure(ApproveErasure { anchor, basis: ErasureBasis::PurposeReached })
}

pub(crate) fn withdrawal(anchor: AnchorId) -> Action {
    Action::WithdrawErasure(WithdrawErasure { anchor, capacity: Capacity::Subject })
}

pub(crate) fn destroyed(anchor: AnchorId, what: &[Destroyed]) -> Action {
    let destroyed = Set::new(what.iter().copied()).unwrap();
    Action::DestroyAttest(DestroyAttest { anchor, destroyed })
}

pub(crate) fn place_hold(anchor: AnchorId) -> Action {
    Action::PlaceHold(PlaceHold { anchor, reason: HoldReason::Litigation, evidence: ACCESS_ORDER })
}

pub(crate) fn log_root(day: Day, count: u64) -> Action {
    Action::FileLogRoot(FileLogRoot { day, root: Hash32([0x67; 32]), count })
}

pub(crate) fn recognition(anchor: AnchorId, valid_until: Millis, reason: Option<RepeatReason>) -> Action {
    let outcome = if reason.is_some() { RecognitionOutcome::Repeated } else { RecognitionOutcome::Accepted };
    let test = Hash32([0x68; 32]);
    Action::RecordRecognition(RecordRecognition { anchor, test, valid_until, outcome, reason })
}

/// A grant that the Shenzhen hospital attests.
pub(crate) fn attested(terms: ConsentTerms) -> Action {
    let clerk = Hash32([0x69; 32]);
    grant_action(terms, Grantor::OrgAttested { org: SZH, method: AttestMethod::SignedForm, clerk })
}

/// The day before the chain's start.
pub(crate) fn yesterday() -> Day {
    Day(u32::try_from(START.0 / DAY_MS).unwrap() - 1)
}

/// The insurer asks for documents of subject 1 for payment.
pub(crate) fn payment_request(anchors: &[AnchorId]) -> AccessRequest {
    let anchors = Set::new(anchors.iter().copied()).unwrap();
    let asked = Asked::Documents { anchors, deliver_to: HONG_KONG, case: None };
    AccessRequest { asked, user_role: UserRole::ClaimsAssessor, ..claim_request(1) }
}

impl World {
    /// A world with a document and a second Shenzhen hospital that has an emergency department.
    pub(crate) fn with_emergency() -> (Self, AnchorId) {
        let (mut world, document, _) = Self::with_document();
        world.give_emergency(SZH2);
        (world, document)
    }

    /// An organisation has an emergency department from now on.
    pub(crate) fn give_emergency(&mut self, org: OrgId) {
        self.accredit(org, AccreditationKind::EmergencyDept);
    }

    pub(crate) fn accredit(&mut self, org: OrgId, kind: AccreditationKind) {
        let more = accreditation(kind, everywhere());
        self.change_org(org, |org| org.accreditations.push(more).unwrap());
    }

    /// A session that broke the glass.
    pub(crate) fn broken(&mut self, document: AnchorId) -> SessionId {
        let id = self.ask(glass_request(&[document])).unwrap();
        let session = self.session(id);
        assert_eq!(session.status, SessionStatus::BtgPermitted, "{:?}", session.decision.reasons);
        id
    }

    pub(crate) fn review(&self, id: SessionId) -> Review {
        (*crate::runtime::state::review(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn standing(&self, org: OrgId) -> Standing {
        crate::runtime::state::standing(&self.state, org).unwrap().map(|found| (*found).clone()).unwrap_or_default()
    }

    pub(crate) fn anomalies(&self, kind: assent_types::anomaly::AnomalyKind, org: Option<OrgId>) -> u64 {
        crate::runtime::state::anomalies(&self.state, kind, org).unwrap().map_or(0, |list| list.count)
    }

    pub(crate) fn must(&mut self, signer: &SecretKey, action: Action) -> TxHash {
        let tx = self.tx(signer, action);
        assert_eq!(self.send(&tx), Ok(()));
        tx.hash()
    }

    /// A document that is to be erased.
    pub(crate) fn condemned(&mut self, document: AnchorId) {
        self.must(&signing(SZH), approval(document));
    }

    /// The same, erased: the one holder's share, three of four shards and the salt are gone.
    pub(crate) fn erased(&mut self, document: AnchorId) {
        self.condemned(document);
        for shard in 0u8..3 {
            let keeper = receipts(KEEPERS[usize::from(shard)]);
            self.must(&keeper, destroyed(document, &[Destroyed::Shard(shard)]));
        }
        self.must(&receipts(SZH), destroyed(document, &[Destroyed::Share, Destroyed::Salt, Destroyed::ControllerKey]));
    }

    /// A served session that was never acknowledged, until it is disputed.
    pub(crate) fn disputed(&mut self, document: AnchorId) -> SessionId {
        let session = self.served(&[document]);
        self.pass(DAY_MS);
        self.pass(2 * DAY_MS);
        assert_eq!(self.session(session).status, SessionStatus::Disputed);
        session
    }
}

fn swept(mut world: World, ms: u64) -> (World, Vec<Transaction>) {
    world.time = world.time.plus(ms);
    (world, Vec::new())
}

fn once(mut world: World, signer: &SecretKey, action: Action) -> (World, Vec<Transaction>) {
    let tx = world.tx(signer, action);
    (world, vec![tx])
}

/// A world and what fires a row of consents, subjects, oversight or anomalies that this file is about.
fn firing_records(id: &str) -> Option<(World, Vec<Transaction>)> {
    let mut world = World::with_subjects(2);
    let treat = terms(1, SZH, &[SZH2]);
    Some(match id {
        "CN-08" => {
            let document = world.document(1);
            let limits = Limits { max_uses: Some(1), ..Limits::default() };
            world.grant(1, ConsentTerms { limits, ..treat });
            let session = world.open(&[document]);
            once(world, &receipts(SZH), release_action(session, &[document], &BOTH_PARTS))
        }
        "CN-09" | "CN-10" | "CN-12" => {
            let target = target(1, SZH, world.grant(1, treat));
            let action = suspend(target, world.time.plus(DAY_MS));
            if id == "CN-09" {
                return Some(once(world, &signing(REGULATOR), action));
            }
            world.must(&signing(REGULATOR), action);
            if id == "CN-12" {
                return Some(swept(world, 2 * DAY_MS));
            }
            once(world, &signing(REGULATOR), resume_consent(target))
        }
        "CN-11" => {
            let tx = world.must(&signing(SZH), attested(treat));
            let mark = in_error(target(1, SZH, consent_id_of(&tx)));
            let tx = world.cosigned(&signing(SZH), mark, &[&signing(REGULATOR)]);
            (world, vec![tx])
        }
        "AN-10" => {
            world.change_params(|params| params.access.attest_rate = 0);
            once(world, &signing(SZH), attested(treat))
        }
        "SU-03" => {
            let rollover = Action::RolloverPseudonym(RolloverPseudonym { old: sp(1), new: sp(2) });
            let tx = world.cosigned(&subject_key(1), rollover, &[&subject_key(2)]);
            (world, vec![tx])
        }
        "SU-04" => {
            let update = UpdateAgeBand { sp: sp(1), age_band: AgeBand::From65, attest: ACCESS_ORDER };
            once(world, &signing(SZH), Action::UpdateAgeBand(update))
        }
        "LR-01" => once(world, &receipts(SZH), log_root(yesterday(), 5)),
        "AN-07" => {
            world.must(&receipts(SZH), log_root(yesterday(), 5));
            swept(world, 3 * DAY_MS)
        }
        "LL-01" => {
            let until = world.time.plus(DAY_MS);
            let lookup = LawfulLookup { subject: sp(1), basis: ACCESS_ORDER, until };
            once(world, &signing(REGULATOR), Action::LawfulLookup(lookup))
        }
        _ => return None,
    })
}

/// The same for rows of broken glass and its review.
fn firing_reviews(id: &str) -> Option<(World, Vec<Transaction>)> {
    let (mut world, document) = World::with_emergency();
    let ask = access_action(glass_request(&[document]));
    match id {
        "AN-02" => world.change_params(|params| params.access.glass_rate = 0),
        "AC-03" | "RV-01" => {}
        "AC-24" | "RV-02" | "RV-03" | "RV-04" | "RV-05" | "RV-06" | "RV-08" | "RV-09" | "RV-10" | "AN-01" => {
            let session = world.broken(document);
            let (requester, regulator) = (signing(SZH2), signing(REGULATOR));
            if ["RV-05", "RV-06", "AN-01"].contains(&id) {
                world.must(&requester, notice(session));
                // The session itself is over long before.
                world.pass(DAY_MS);
            }
            if ["RV-03", "RV-04", "RV-09"].contains(&id) {
                world.must(&requester, justification(session));
            }
            return Some(match id {
                "AC-24" => once(world, &receipts(SZH), release_action(session, &[document], &[KeyPartKind::Share])),
                "RV-02" => once(world, &requester, justification(session)),
                "RV-03" => once(world, &regulator, finding(session, Finding::Justified)),
                "RV-04" => once(world, &regulator, finding(session, Finding::Untrue)),
                "RV-08" | "RV-09" => once(world, &requester, notice(session)),
                "RV-10" => {
                    world.pass(3 * DAY_MS);
                    once(world, &requester, notice(session))
                }
                "RV-06" => {
                    world.pass(3 * DAY_MS);
                    swept(world, 3 * DAY_MS)
                }
                _ => swept(world, 3 * DAY_MS),
            });
        }
        _ => return None,
    }
    Some(once(world, &signing(SZH2), ask))
}

/// The same for rows of sessions after delivery.
fn firing_disputes(id: &str) -> Option<(World, Vec<Transaction>)> {
    let (mut world, document, _) = World::with_document();
    let again = |shard: u8| (receipts(KEEPERS[usize::from(shard)]), shard);
    Some(match id {
        "AC-07" | "AC-08" | "AC-09" | "AC-25" | "AN-06" => {
            let session = world.served(&[document]);
            if id == "AC-07" {
                return Some(once(world, &signing(SZH2), unread(session)));
            }
            world.must(&signing(SZH2), unread(session));
            if id == "AC-09" || id == "AN-06" {
                return Some(swept(world, DAY_MS));
            }
            if id == "AC-08" {
                let (keeper, shard) = again(0);
                world.must(&keeper, served_action(session, &[(document, shard)]));
            }
            let (keeper, shard) = again(1);
            once(world, &keeper, served_action(session, &[(document, shard)]))
        }
        "AC-15" => {
            world.served(&[document]);
            world.pass(DAY_MS);
            swept(world, 2 * DAY_MS)
        }
        "AC-16" | "AC-23" | "AN-14" => {
            let session = world.disputed(document);
            match id {
                "AC-16" => once(world, &signing(REGULATOR), resolution(session)),
                "AC-23" => once(world, &signing(SZH2), ack_action(session)),
                _ => swept(world, 31 * DAY_MS),
            }
        }
        "AN-03" => {
            world.change_params(|params| params.access.permit_rate = 0);
            once(world, &signing(SZH2), access_action(documents_request(1, &[document])))
        }
        "AN-04" => {
            world.released(&[document]);
            swept(world, DAY_MS)
        }
        "AN-05" => {
            world.served(&[document]);
            swept(world, DAY_MS)
        }
        "AN-08" => {
            world.grant(1, claim_terms(1, SZH));
            once(world, &signing(INSURER), access_action(payment_request(&[document])))
        }
        "AN-13" => {
            let request = AccessRequest { purpose: Purpose::Coc, ..documents_request(1, &[document]) };
            let revoked = world.book(1, SZH).live[0].id;
            let target = target(1, SZH, revoked);
            let revoke = assent_types::action::RevokeConsent { target, grantor: Grantor::Subject, evidence: None };
            world.must(&subject_key(1), Action::RevokeConsent(revoke));
            world.ask(request.clone()).unwrap();
            world.must(&signing(SZH), attested(terms(1, SZH, &[SZH2])));
            once(world, &signing(SZH2), access_action(request))
        }
        _ => return None,
    })
}

/// The same for rows of erasure, holds and recognition.
fn firing_erasure(id: &str) -> Option<(World, Vec<Transaction>)> {
    let (mut world, document, _) = World::with_document();
    let (subject, controller) = (subject_key(1), signing(SZH));
    let ask = erasure_request(document, Capacity::Subject);
    Some(match id {
        "DO-06" => once(world, &subject, ask),
        "DO-07" => once(world, &controller, approval(document)),
        "DO-08" | "DO-09" | "DO-12" => {
            world.must(&subject, ask);
            let lift = Action::LiftRestriction(LiftRestriction { anchor: document, order: ACCESS_ORDER });
            match id {
                "DO-08" => once(world, &controller, approval(document)),
                "DO-09" => once(world, &subject, withdrawal(document)),
                _ => once(world, &signing(REGULATOR), lift),
            }
        }
        "DO-10" | "DO-18" => {
            world.condemned(document);
            let last = destroyed(document, &[Destroyed::Share, Destroyed::Salt, Destroyed::ControllerKey]);
            if id == "DO-10" {
                for shard in 0u8..3 {
                    let gone = destroyed(document, &[Destroyed::Shard(shard)]);
                    world.must(&receipts(KEEPERS[usize::from(shard)]), gone);
                }
            }
            once(world, &receipts(SZH), last)
        }
        "DO-19" => {
            let keyset = world.anchor(document).body.keyset;
            let until = world.time.plus(DAY_MS);
            let kept =
                world.pending(assent_types::document::AnchorBody { retention_until: Some(until), ..body(1, keyset) });
            world.complete(kept);
            world.must(&subject, erasure_request(kept, Capacity::Subject));
            swept(world, DAY_MS)
        }
        "AN-09" => {
            world.condemned(document);
            swept(world, 31 * DAY_MS)
        }
        "HO-01" => once(world, &controller, place_hold(document)),
        "HO-02" => {
            let hold = hold_id_of(&world.must(&controller, place_hold(document)));
            once(world, &controller, Action::ReleaseHold(ReleaseHold { anchor: document, hold }))
        }
        "RE-01" => {
            let until = world.time.plus(DAY_MS);
            once(world, &signing(SZH2), recognition(document, until, Some(RepeatReason::OutOfDate)))
        }
        _ => return None,
    })
}

/// A world and what fires a row that this file is about, if it is.
pub(crate) fn firing_access(id: &str) -> Option<(World, Vec<Transaction>)> {
    super::lists::firing(id)
        .or_else(|| firing_records(id))
        .or_else(|| firing_reviews(id))
        .or_else(|| firing_disputes(id))
        .or_else(|| firing_erasure(id))
}
