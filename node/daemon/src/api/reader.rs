//! Who reads, and what it may read.
//!
//! The rule is that of the ledger's data model: whoever is not a validator or a regulator gets only objects that it is
//! party to. Validators see everything anyway, on their own disks; through the API they are treated as members.

use std::collections::BTreeSet;

use assent_contracts::runtime::state::{self as records, ReadError, StateRead};
use assent_contracts::{KeyState, key_state};
use assent_types::access::AccessRequest;
use assent_types::claim::Payee;
use assent_types::document::Anchor;
use assent_types::error::ErrorCode;
use assent_types::ids::{
    AnchorId, AssignmentId, BillNullifier, CaseId, ClaimCodeId, ClaimId, EligibilityId, GuaranteeId, KeyId, MandateId,
    Millis, OrgId, PreauthId, SessionId, SettlementId, Sp, TxHash,
};
use assent_types::key::{KeyUsage, PublicKey};
use assent_types::org::Role;
use assent_types::receipt::{Event, Opening, ReceiptDetails};
use assent_types::state::{Record, StateKey};
use assent_types::subject::KeyOwner;

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The key that made the token.
    pub key: KeyId,
    /// In whose name.
    pub who: Who,
}

/// In whose name a caller reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An organisation in good standing.
    Org {
        /// Which.
        id: OrgId,
        /// Whether it is a regulator.
        regulator: bool,
    },
    /// A subject.
    Subject(Sp),
    /// A proxy, for the subjects whose live mandates its token names.
    Proxy(BTreeSet<Sp>),
}

/// A regulator's question about a pseudonym, and the look-up under which it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookedUp {
    /// The regulator.
    pub by: OrgId,
    /// The transaction that declared the look-up.
    pub lookup: TxHash,
    /// The pseudonym.
    pub subject: Sp,
}

/// Why a key makes no reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoReader {
    /// E904: unknown, revoked, outside its window, or of a usage that reads nothing.
    Key,
    /// E202: the organisation is not active.
    Org,
    /// The store failed.
    Read(ReadError),
}

impl From<ReadError> for NoReader {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl NoReader {
    /// The number for the caller.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Key => ErrorCode::Token,
            Self::Org => ErrorCode::OrgStatus,
            Self::Read(_) => ErrorCode::Unavailable,
        }
    }
}

impl Reader {
    /// Resolves the key of a token at an instant. Mandates that do not exist, are not live or are not this key's are
    /// passed over: they open nothing.
    pub fn resolve(
        state: &dyn StateRead,
        key: KeyId,
        mandates: &[MandateId],
        at: Millis,
    ) -> Result<(Self, PublicKey), NoReader> {
        let KeyState::Live { key: public, owner, usage } = key_state(state, &key, at)? else {
            return Err(NoReader::Key);
        };
        if !matches!(usage, None | Some(KeyUsage::SignTx | KeyUsage::Receipt)) {
            return Err(NoReader::Key);
        }
        let who = match owner {
            KeyOwner::Org(id) => {
                let org = records::org(state, id)?.ok_or(NoReader::Key)?;
                if !org.is_active(at) {
                    return Err(NoReader::Org);
                }
                Who::Org { id, regulator: org.roles.has(Role::Regulator) }
            }
            KeyOwner::Subject(sp) => Who::Subject(sp),
            KeyOwner::Proxy => {
                let mut subjects = BTreeSet::new();
                for mandate in mandates {
                    let Some(mandate) = records::mandate(state, *mandate)? else { continue };
                    if mandate.terms.proxy.id() == key && mandate.is_live(at) {
                        subjects.insert(mandate.terms.subject);
                    }
                }
                Who::Proxy(subjects)
            }
        };
        Ok((Self { key, who }, public))
    }

    /// The organisation, if the caller is one.
    pub fn org(&self) -> Option<OrgId> {
        match self.who {
            Who::Org { id, .. } => Some(id),
            Who::Subject(_) | Who::Proxy(_) => None,
        }
    }

    fn is_regulator(&self) -> bool {
        matches!(self.who, Who::Org { regulator: true, .. })
    }

    /// Whether the caller is the subject or acts for it.
    fn is_subject(&self, sp: &Sp) -> bool {
        match &self.who {
            Who::Org { .. } => false,
            Who::Subject(own) => own == sp,
            Who::Proxy(subjects) => subjects.contains(sp),
        }
    }

    /// The look-up under which the caller may read a leaf of the state at an instant, present or not, together with others
    /// in one answer, if it needs one.
    ///
    /// # Errors
    ///
    /// E901 for a regulator that names no live look-up of its own of the pseudonym that the key names, E902 for whoever
    /// else may not read it; E906 if the store fails.
    pub fn reads(
        &self,
        state: &dyn StateRead,
        key: &StateKey,
        together: &[StateKey],
        lookups: &[TxHash],
        at: Millis,
    ) -> Result<Result<Option<LookedUp>, ErrorCode>, ReadError> {
        if !self.may_read(state, key)? && !self.was_permitted(state, key, together)? {
            return Ok(Err(ErrorCode::Acl));
        }
        Ok(match pseudonym_of(key) {
            Some(sp) => self.looks_up(state, sp, lookups, at)?,
            None => Ok(None),
        })
    }

    /// The look-up under which a regulator asks about this pseudonym, E901 without a live one of its own among those that
    /// it names; nothing for all others.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn looks_up(
        &self,
        state: &dyn StateRead,
        sp: Sp,
        lookups: &[TxHash],
        at: Millis,
    ) -> Result<Result<Option<LookedUp>, ErrorCode>, ReadError> {
        let Who::Org { id, regulator: true } = self.who else { return Ok(Ok(None)) };
        let value = state.get(&StateKey::Lookup(id, sp))?;
        let live = value.filter(|value| match &value.record {
            Record::Lookup(lookup) => at < lookup.until && lookups.contains(&value.written_by),
            _ => false,
        });
        Ok(match live {
            Some(value) => Ok(Some(LookedUp { by: id, lookup: value.written_by, subject: sp })),
            None => Err(ErrorCode::NoLookup),
        })
    }

    /// Whether the caller may read a leaf of the state, present or not; a regulator under a look-up.
    pub fn may_read(&self, state: &dyn StateRead, key: &StateKey) -> Result<bool, ReadError> {
        if self.is_regulator() {
            // A regulator is shown every event, and has no use for what hides them from others.
            return Ok(*key != StateKey::SweepSeed);
        }
        match key {
            StateKey::SweepSeed => Ok(false),
            StateKey::Block
            | StateKey::Params
            | StateKey::Validators
            | StateKey::Org(_)
            | StateKey::Bases(_)
            | StateKey::Misbehaviour(_)
            | StateKey::Keyset(_)
            | StateKey::Proposal(_)
            | StateKey::Governance
            | StateKey::Halts
            | StateKey::Fixing(_)
            | StateKey::FixingPair(..)
            | StateKey::CodeSystem(_)
            | StateKey::CodeMap(_)
            | StateKey::CodeMaps(..) => Ok(true),
            StateKey::Key(id) => self.may_read_key(state, *id),
            StateKey::Subject(sp) => self.may_read_subject(state, *sp),
            StateKey::Mandate(id) => self.may_read_mandate(state, *id),
            StateKey::Consents(sp, controller) => self.may_read_consents(state, *sp, *controller),
            StateKey::Anchor(id) => self.may_read_anchor(state, *id),
            StateKey::Session(id) => self.may_read_session(state, *id),
            StateKey::Accesses(sp, controller) => Ok(self.is_subject(sp) || self.org() == Some(*controller)),
            StateKey::SubjectLinks(case) => self.may_read_links(state, *case),
            StateKey::Case(id) => self.may_read_case(state, *id),
            StateKey::Bill(nullifier, issuer) => self.may_read_bill(state, *nullifier, *issuer),
            StateKey::Claim(id) => self.may_read_claim(state, *id),
            StateKey::Settlement(id) => self.may_read_settlement(state, *id),
            StateKey::Eligibility(id) => self.may_read_eligibility(state, *id),
            StateKey::Preauth(id) => self.may_read_preauth(state, *id),
            StateKey::Guarantee(id) => self.may_read_guarantee(state, *id),
            StateKey::Delegation(principal, delegate) => Ok(self.is_one_of([*principal, *delegate])),
            StateKey::Assignment(id) => self.may_read_assignment(state, *id),
            StateKey::Batch(id) => {
                Ok(records::batch(state, *id)?.is_some_and(|batch| self.is_one_of([batch.payer, batch.payee])))
            }
            StateKey::ClaimCode(id) => self.may_read_claim_code(state, *id),
            StateKey::ClaimCodeNonce(sp, _) => Ok(self.is_subject(sp)),
            StateKey::Review(id) => self.may_read_session(state, *id),
            // Whoever may be asked for access has to know how the asker stands, and whose logs are kept.
            StateKey::Standing(_) | StateKey::LogRoots(_) | StateKey::RecognitionTally(_) => Ok(true),
            StateKey::Activity(org, _) => Ok(self.org() == Some(*org)),
            StateKey::Anomalies(_, org) => Ok(org.is_some() && self.org() == *org),
            StateKey::Retention(id) => self.may_read_retention(state, *id),
            StateKey::Lookup(..) => Ok(false),
            StateKey::Recognitions(id) => self.may_read_anchor(state, *id),
            StateKey::Rollover(sp) => self.may_read_subject(state, *sp),
            StateKey::SettlementList(nullifier, issuer) => self.may_read_bill(state, *nullifier, *issuer),
            StateKey::Challenge(id) => match records::challenge(state, *id)? {
                Some(challenge) if self.is_one_of([challenge.auditor, challenge.custodian]) => Ok(true),
                Some(challenge) => self.may_read_anchor(state, challenge.anchor),
                None => Ok(false),
            },
            StateKey::OpenRequests(insurer, sp) => Ok(self.is_subject(sp) || self.org() == Some(*insurer)),
            StateKey::Exports(controller, _) => Ok(self.org() == Some(*controller)),
        }
    }

    /// Whether a document's record is read together with a session of the caller's own that was permitted to have it: it may
    /// have been permitted by its role or in an emergency, and then no consent names it.
    fn was_permitted(&self, state: &dyn StateRead, key: &StateKey, keys: &[StateKey]) -> Result<bool, ReadError> {
        let StateKey::Anchor(anchor) = key else { return Ok(false) };
        for other in keys {
            let StateKey::Session(id) = other else { continue };
            let Some(session) = records::session(state, *id)? else { continue };
            let own = self.is_one_of([session.request.requester]);
            if own && session.decision.permit && session.anchors().contains(anchor) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn may_read_key(&self, state: &dyn StateRead, id: KeyId) -> Result<bool, ReadError> {
        if id == self.key {
            return Ok(true);
        }
        // Keys of organisations are public; those of persons would tell who acts for whom.
        Ok(match records::key(state, id)?.map(|entry| entry.owner) {
            None | Some(KeyOwner::Org(_)) => true,
            Some(KeyOwner::Subject(sp)) => self.may_read_subject(state, sp)?,
            Some(KeyOwner::Proxy) => false,
        })
    }

    fn may_read_subject(&self, state: &dyn StateRead, sp: Sp) -> Result<bool, ReadError> {
        if self.is_subject(&sp) {
            return Ok(true);
        }
        let Some(org) = self.org() else { return Ok(false) };
        let enrolled = records::subject(state, sp)?.is_some_and(|subject| subject.enrolled_by == org);
        Ok(enrolled || records::consents(state, sp, org)?.is_some())
    }

    fn may_read_mandate(&self, state: &dyn StateRead, id: MandateId) -> Result<bool, ReadError> {
        let Some(mandate) = records::mandate(state, id)? else { return Ok(false) };
        Ok(self.is_subject(&mandate.terms.subject)
            || mandate.terms.proxy.id() == self.key
            || self.org() == Some(mandate.verified_by))
    }

    fn may_read_consents(&self, state: &dyn StateRead, sp: Sp, controller: OrgId) -> Result<bool, ReadError> {
        if self.is_subject(&sp) || self.org() == Some(controller) {
            return Ok(true);
        }
        let Some(org) = self.org() else { return Ok(false) };
        let Some(book) = records::consents(state, sp, controller)? else { return Ok(false) };
        Ok(book.live.iter().chain(&book.closed).any(|consent| consent.terms.grantees.orgs.contains(&org)))
    }

    /// Author, controller, custodians and key holders of a document, its subject, and whoever is named in a consent with
    /// its controller. That a document does not exist is told to nobody else.
    fn may_read_anchor(&self, state: &dyn StateRead, id: AnchorId) -> Result<bool, ReadError> {
        let Some(anchor) = records::anchor(state, id)? else {
            // A tombstone says no more than that the version was there, to who knows its name.
            return Ok(records::tombstone(state, id)?.is_some());
        };
        let body = &anchor.body;
        if self.org().is_some_and(|org| org == body.author || keeps(&anchor, org)) {
            return Ok(true);
        }
        Ok(self.holds_key(state, &anchor)? || self.may_read_consents(state, body.subject, body.controller)?)
    }

    /// Whoever may read the document; of one that was erased, its controller and who attested.
    fn may_read_retention(&self, state: &dyn StateRead, id: AnchorId) -> Result<bool, ReadError> {
        let Some(tombstone) = records::tombstone(state, id)? else { return self.may_read_anchor(state, id) };
        let attested = records::retention(state, id)?
            .is_some_and(|retention| retention.attestations.iter().any(|attested| Some(attested.by) == self.org()));
        Ok(attested || self.org() == Some(tombstone.controller))
    }

    fn holds_key(&self, state: &dyn StateRead, anchor: &Anchor) -> Result<bool, ReadError> {
        let Some(org) = self.org() else { return Ok(false) };
        Ok(records::keyset(state, anchor.body.keyset)?.is_some_and(|keyset| keyset.holders.contains(&org)))
    }

    /// The parties of a session, its subject, and whoever has come to keep a shard of its documents since.
    fn may_read_session(&self, state: &dyn StateRead, id: SessionId) -> Result<bool, ReadError> {
        let Some(session) = records::session(state, id)? else { return Ok(false) };
        if self.is_subject(&session.subject) || self.is_subject(&session.request.subject) {
            return Ok(true);
        }
        let Some(org) = self.org() else { return Ok(false) };
        if session.parties.contains(&org) {
            return Ok(true);
        }
        for anchor in session.progress.iter().zip(session.anchors()).map(|(_, anchor)| *anchor) {
            if records::anchor(state, anchor)?.is_some_and(|anchor| keeps(&anchor, org)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The subjects that are linked in a case, and whoever enrolled one of them.
    fn may_read_links(&self, state: &dyn StateRead, case: CaseId) -> Result<bool, ReadError> {
        let Some(links) = records::subject_links(state, case)? else { return Ok(false) };
        for sp in links.iter().flat_map(|link| [link.a, link.b]) {
            let enrolled_by = records::subject(state, sp)?.map(|subject| subject.enrolled_by);
            if self.is_subject(&sp) || (self.org().is_some() && self.org() == enrolled_by) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn may_read_case(&self, state: &dyn StateRead, id: CaseId) -> Result<bool, ReadError> {
        let Some(case) = records::case(state, id)? else { return Ok(false) };
        Ok(self.is_subject(&case.subject) || self.org().is_some_and(|org| [case.insurer, case.provider].contains(&org)))
    }

    /// A bill tells insurers that others have claims on it; it tells nobody else but its issuer.
    fn may_read_bill(&self, state: &dyn StateRead, nullifier: BillNullifier, issuer: OrgId) -> Result<bool, ReadError> {
        let Some(org) = self.org() else { return Ok(false) };
        if org == issuer {
            return Ok(true);
        }
        let bill = records::bill(state, nullifier, issuer)?;
        Ok(bill.is_some_and(|bill| bill.claims.iter().any(|allocation| allocation.insurer == org)))
    }

    fn may_read_claim(&self, state: &dyn StateRead, id: ClaimId) -> Result<bool, ReadError> {
        let Some(claim) = records::claim(state, id)? else { return Ok(false) };
        if let Payee::Advance { assignment } = claim.terms.payee
            && records::assignment(state, assignment)?.is_some_and(|found| self.is_one_of([found.payer]))
        {
            return Ok(true);
        }
        self.is_party(state, claim.subject, [claim.insurer, claim.provider])
    }

    /// Whether the caller is the subject, one of both sides, or a delegate of one.
    fn is_party(&self, state: &dyn StateRead, subject: Sp, sides: [OrgId; 2]) -> Result<bool, ReadError> {
        if self.is_subject(&subject) || self.is_one_of(sides) {
            return Ok(true);
        }
        Ok(self.acts_for(state, sides[0])? || self.acts_for(state, sides[1])?)
    }

    fn is_one_of<const N: usize>(&self, orgs: [OrgId; N]) -> bool {
        self.org().is_some_and(|org| orgs.contains(&org))
    }

    /// Whether the caller holds a delegation of an organisation that is live at the state's time.
    fn acts_for(&self, state: &dyn StateRead, principal: OrgId) -> Result<bool, ReadError> {
        let Some(org) = self.org() else { return Ok(false) };
        let Some(delegation) = records::delegation(state, principal, org)? else { return Ok(false) };
        let block = state.get(&StateKey::Block)?;
        let time = block.and_then(|value| match &value.record {
            Record::Block(meta) => Some(meta.time),
            _ => None,
        });
        Ok(time.is_some_and(|time| delegation.is_live(time)))
    }

    /// The subject, the parties of the case, and the advance payer.
    fn may_read_assignment(&self, state: &dyn StateRead, id: AssignmentId) -> Result<bool, ReadError> {
        let Some(assignment) = records::assignment(state, id)? else { return Ok(false) };
        let own = self.is_subject(&assignment.subject) || self.is_one_of([assignment.payer]);
        Ok(own || self.may_read_case(state, assignment.case)?)
    }

    /// The subject of a spent code, and the parties of its case. Whether a code was spent is told to nobody else.
    fn may_read_claim_code(&self, state: &dyn StateRead, id: ClaimCodeId) -> Result<bool, ReadError> {
        let Some(code) = records::claim_code(state, id)? else { return Ok(false) };
        let org = self.org();
        let party = code.redeemed.is_some_and(|of| org == Some(of.insurer) || org == Some(of.provider));
        Ok(party || self.is_subject(&code.subject))
    }

    /// The bank reads what it settles, and not what was claimed.
    fn may_read_settlement(&self, state: &dyn StateRead, id: SettlementId) -> Result<bool, ReadError> {
        let Some(settlement) = records::settlement(state, id)? else { return Ok(false) };
        Ok(self.org() == Some(settlement.bank) || self.may_read_claim(state, settlement.claim)?)
    }

    /// Whoever asked reads the answer, besides the parties of the case.
    fn may_read_eligibility(&self, state: &dyn StateRead, id: EligibilityId) -> Result<bool, ReadError> {
        let Some(question) = records::eligibility(state, id)? else { return Ok(false) };
        Ok(self.is_one_of([question.requested_by])
            || self.is_party(state, question.subject, [question.insurer, question.provider])?)
    }

    fn may_read_preauth(&self, state: &dyn StateRead, id: PreauthId) -> Result<bool, ReadError> {
        let Some(preauth) = records::preauth(state, id)? else { return Ok(false) };
        self.is_party(state, preauth.subject, [preauth.insurer, preauth.provider])
    }

    fn may_read_guarantee(&self, state: &dyn StateRead, id: GuaranteeId) -> Result<bool, ReadError> {
        let Some(guarantee) = records::guarantee(state, id)? else { return Ok(false) };
        self.is_party(state, guarantee.subject, [guarantee.insurer, guarantee.provider])
    }

    /// Whether the caller may ask for this decision: the requester, the controller, the subject or who acts for it, and
    /// regulators.
    pub fn may_ask(&self, request: &AccessRequest) -> bool {
        self.is_regulator()
            || self.is_subject(&request.subject)
            || self.org().is_some_and(|org| org == request.requester || org == request.controller)
    }

    /// What of a receipt's details is opened to the caller. Regulators and whoever signed, with this or another key of
    /// the same organisation, are shown everything; parties to an event and its subject that event and who signed; all
    /// others nothing.
    pub fn open(&self, state: &dyn StateRead, details: &ReceiptDetails) -> Result<Option<Opening>, ReadError> {
        if self.is_regulator() || self.has_signed(state, details)? {
            return Ok(Some(details.open(|_| true)));
        }
        let concerns = |event: &Event| {
            let org = self.org().is_some_and(|org| event.parties.contains(&org));
            org || event.subject.is_some_and(|sp| self.is_subject(&sp))
        };
        Ok(details.events.iter().any(concerns).then(|| details.open(concerns)))
    }

    fn has_signed(&self, state: &dyn StateRead, details: &ReceiptDetails) -> Result<bool, ReadError> {
        if details.signer == Some(self.key) {
            return Ok(true);
        }
        let (Some(signer), Some(org)) = (details.signer, self.org()) else { return Ok(false) };
        Ok(records::key(state, signer)?.is_some_and(|entry| entry.owner == KeyOwner::Org(org)))
    }
}

/// The pseudonym by which a key asks. What is kept under an identifier of its own is found by who knows that one; which
/// look-ups there are is public among the regulators.
fn pseudonym_of(key: &StateKey) -> Option<Sp> {
    match key {
        StateKey::Subject(sp)
        | StateKey::Consents(sp, _)
        | StateKey::Accesses(sp, _)
        | StateKey::ClaimCodeNonce(sp, _)
        | StateKey::OpenRequests(_, sp)
        | StateKey::Rollover(sp) => Some(*sp),
        _ => None,
    }
}

/// Whether an organisation keeps a shard of the document, or is to rebuild one.
fn keeps(anchor: &Anchor, org: OrgId) -> bool {
    anchor.custody.iter().any(|custody| custody.custodian == org)
        || anchor.repairs.iter().any(|repair| repair.custodian == org)
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
