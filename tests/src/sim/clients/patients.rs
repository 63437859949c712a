//! Patients: registered by their hospital, they give and revoke consents.

use assent_types::action::{Action, ConsentRef, GrantConsent, RegisterSubject, RevokeConsent, possession_of};
use assent_types::codec::Set;
use assent_types::consent::{
    BasisKind, BasisKinds, BreakGlass, Categories, Category, ConsentKind, ConsentTerms, DataAction, DataActions,
    Effect, EvidenceKind, EvidenceRef, Grantees, Grantor, LabelRule, Limits, Obligations, PolicyRef, Purpose,
    Redisclosure, SeparateConsent, SeparateConsents, XBorder, consent_id_of,
};
use assent_types::ids::{Hash32, Millis, OrgId, Sp};
use assent_types::place::{Jurisdiction, Place};
use assent_types::session::SessionStatus;
use assent_types::state::StateKey;
use assent_types::subject::AgeBand;

use super::{Access, Clients, HOSPITAL, INSURER, Views, Who, part_of};
use crate::sim::rng::Rng;

/// Where the hospitals of Shenzhen are.
pub(super) const SHENZHEN: Place = Place::city(Jurisdiction::Cn, 4403);
/// Where the insurer is.
pub(super) const HONG_KONG: Place = Place::whole(Jurisdiction::Hk);

/// When a patient consents to what; turns are counted from the story's beginning.
pub(super) struct Consents {
    /// When treatment elsewhere is permitted, and for how long, if not for ever.
    care: [Option<(u64, Option<u64>)>; 2],
    /// When the first of these is revoked, at the latest.
    revoke_at: Option<u64>,
    /// Whether it is revoked at once when the patient sees that somebody may read.
    startled: bool,
    /// When the insurer is permitted.
    claim: Option<u64>,
}

impl Consents {
    /// What a patient does.
    pub(super) fn draw(rng: &mut Rng, strict: bool) -> Self {
        if strict {
            return Self { care: [Some((0, None)), None], revoke_at: None, startled: false, claim: Some(0) };
        }
        let first = rng.chance(850).then(|| (rng.below(8), rng.chance(200).then(|| rng.between(5_000, 20_000))));
        let again = rng.chance(300).then(|| (rng.between(25, 45), None));
        Self {
            care: [first, again],
            revoke_at: rng.chance(600).then(|| rng.between(15, 45)),
            startled: rng.chance(500),
            claim: rng.chance(600).then(|| rng.below(15)),
        }
    }
}

impl Clients {
    pub(super) fn patient(&mut self, views: &Views, story: usize) {
        let who = Who::Patient(story);
        let Some(view) = self.view(views, Self::actor(who)) else { return };
        let (sp, age) = (self.stories[story].sp, self.stories[story].age);
        if view.record(&StateKey::Subject(sp)).is_none() {
            let key = self.stories[story].key.public();
            let possession = self.stories[story].key.sign_possession(&possession_of(self.chain, &key, &sp));
            let attest = self.seed("attest", story as u64);
            let (loa, age_band) = (2, AgeBand::Adult);
            let action = Action::RegisterSubject(RegisterSubject { sp, key, loa, age_band, attest, possession });
            self.want(Who::Org(HOSPITAL), "register", sp.0, action);
            return;
        }
        let consents = &self.stories[story].consents;
        let (care, revoke_at, claim) = (consents.care, consents.revoke_at, consents.claim);
        for (number, (at, lasts)) in (0u64..).zip(care).filter_map(|(number, care)| Some((number, care?))) {
            let object = part_of(sp.0, number);
            if at > age || self.is_done(who, "permit", object) {
                continue;
            }
            let exp = lasts.map(|ms| self.now.plus(ms));
            let terms = care_terms(sp, self.cast.requester, self.now, exp);
            self.want(who, "permit", object, granted(terms));
        }
        if claim.is_some_and(|at| at <= age) && !self.is_done(who, "permit-claim", sp.0) {
            let terms = claim_terms(sp, self.now);
            self.want(who, "permit-claim", sp.0, granted(terms));
        }
        let object = part_of(sp.0, 0);
        let sees = |access: &Access| {
            let session = access.session.and_then(|id| view.session(id));
            session.is_some_and(|session| session.status == SessionStatus::Permitted)
        };
        let startled = self.stories[story].consents.startled && self.stories[story].accesses.iter().any(sees);
        if (startled || revoke_at.is_some_and(|at| at <= age)) && self.is_done(who, "permit", object) {
            let Some(tx) = self.outbox.get(&(Self::actor(who), "permit", object), self.now) else { return };
            let target = ConsentRef { subject: sp, controller: HOSPITAL, consent: consent_id_of(&tx) };
            let action = Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: None });
            self.want(who, "revoke", target.consent.0, action);
        }
    }
}

fn granted(terms: ConsentTerms) -> Action {
    Action::GrantConsent(Box::new(GrantConsent { proposal: None, terms, grantor: Grantor::Subject }))
}

fn evidence() -> EvidenceRef {
    EvidenceRef { kind: EvidenceKind::AppSig, hash: Hash32([0x11; 32]), timestamp: None, mutually_recognised: false }
}

/// Another hospital of the city may read laboratory reports for treatment.
fn care_terms(subject: Sp, grantee: OrgId, now: Millis, exp: Option<Millis>) -> ConsentTerms {
    ConsentTerms {
        kind: ConsentKind::Share,
        effect: Effect::Permit,
        subject,
        controller: HOSPITAL,
        grantees: Grantees { orgs: set([grantee]), ..Grantees::default() },
        purposes: set([Purpose::Treat]),
        actions: DataActions::of(&[DataAction::Access]),
        categories: Categories::of(&[Category::Lab]),
        max_grade: 3,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: set([SHENZHEN]),
        xborder: None,
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov]),
        nbf: Millis(now.0.saturating_sub(60_000)),
        exp,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([0x22; 32]), notice: Hash32([0x33; 32]) },
        evidence: evidence(),
    }
}

/// The insurer in Hong Kong may read laboratory reports for claims.
fn claim_terms(subject: Sp, now: Millis) -> ConsentTerms {
    let kinds = BasisKinds::of(&[BasisKind::GbaScHk]);
    let xborder =
        XBorder { to: set([HONG_KONG]), basis_kinds: kinds, notice: Hash32([0x44; 32]), evidence: evidence() };
    ConsentTerms {
        kind: ConsentKind::Claim,
        purposes: set([Purpose::Hpaymt]),
        places: set([HONG_KONG]),
        xborder: Some(xborder),
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov, SeparateConsent::Xb]),
        ..care_terms(subject, INSURER, now, None)
    }
}

pub(super) fn set<T: Ord, const MAX: usize>(items: impl IntoIterator<Item = T>) -> Set<T, MAX> {
    match Set::new(items) {
        Ok(set) => set,
        Err(error) => panic!("a simulated set is small: {error}"),
    }
}
