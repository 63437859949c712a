//! Random books and requests for decision properties.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_types::access::{AccessRequest, Decision, Descriptor, UserRole};
use assent_types::consent::*;
use assent_types::delivery::Unacknowledged;
use assent_types::document::Anchor;
use assent_types::org::{AccreditationKind, Role};
use assent_types::place::Place;
use assent_types::review::{OpenReview, Standing};
use assent_types::state::{Record, StateKey, StateValue};
use assent_types::{AnchorId, BasisId, ConsentId, Day, FacilityId, Hash32, List, Millis, Month, OrgId, Set};

use crate::testing::*;
use crate::{Deadline, MemoryState, ReadError, StateRead, permit};

/// A state with some records replaced.
#[derive(Clone)]
pub(super) struct Patched<'s> {
    pub(super) base: &'s MemoryState,
    pub(super) patch: BTreeMap<StateKey, Arc<StateValue>>,
}

impl StateRead for Patched<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Arc<StateValue>>, ReadError> {
        match self.patch.get(key) {
            Some(value) => Ok(Some(value.clone())),
            None => self.base.get(key),
        }
    }

    fn due(&self, _: Millis, _: usize) -> Result<Vec<Deadline>, ReadError> {
        Ok(Vec::new())
    }
}

impl Patched<'_> {
    /// The document with this number, if the patch has it.
    pub(super) fn get_anchor(&self, number: u8) -> Option<Anchor> {
        match &self.patch.get(&StateKey::Anchor(AnchorId(Hash32([number; 32]))))?.record {
            Record::Anchor(anchor) => Some((**anchor).clone()),
            _ => None,
        }
    }

    pub(super) fn put(&mut self, key: StateKey, record: Record) {
        let value = StateValue { key, written_by: Default::default(), record };
        self.patch.insert(key, Arc::new(value));
    }
}

/// One random situation.
#[derive(Clone)]
pub(super) struct Case<'s> {
    pub(super) state: Patched<'s>,
    pub(super) request: AccessRequest,
    pub(super) book: ConsentBook,
    pub(super) at: Millis,
}

pub(super) type Decide = fn(&AccessRequest, &Patched<'_>, Millis) -> Decision;

/// The decision function under test.
pub(super) fn real(request: &AccessRequest, state: &Patched<'_>, at: Millis) -> Decision {
    permit(request, state, at).unwrap().unwrap()
}

impl Case<'_> {
    /// Writes the book into the state.
    pub(super) fn sync(&mut self) {
        let key = StateKey::Consents(self.request.subject, self.request.controller);
        self.state.put(key, Record::Consents(Box::new(self.book.clone())));
    }

    pub(super) fn with_book(&self, book: ConsentBook) -> Self {
        let mut case = self.clone();
        case.book = book;
        case.sync();
        case
    }

    pub(super) fn with_request(&self, request: AccessRequest) -> Self {
        Self { request, ..self.clone() }
    }

    pub(super) fn decide(&self, decide: Decide) -> Decision {
        decide(&self.request, &self.state, self.at)
    }
}

pub(super) fn book_of(live: Vec<Consent>, closed: Vec<Consent>) -> ConsentBook {
    ConsentBook { live: List::new(live).unwrap(), closed: List::new(closed).unwrap(), ..ConsentBook::default() }
}

const PLACES: [Place; 5] =
    [SHENZHEN, SHANTOU_CITY, HONG_KONG, MACAO, Place::whole(assent_types::place::Jurisdiction::Cn)];
const REQUESTERS: [OrgId; 7] = [SZH, HKH, INSURER, RESEARCHER, MACAO_HOSPITAL, SZH2, REGULATOR];
const KINDS: [BasisKind; 5] =
    [BasisKind::GbaScHk, BasisKind::GbaScMo, BasisKind::CnScc, BasisKind::CnExemptEmergency, BasisKind::HkRmc];

/// Purposes, those of everyday requests more often.
fn purpose(rng: &mut Rng) -> Purpose {
    const COMMON: [Purpose; 8] = [
        Purpose::Treat,
        Purpose::Coc,
        Purpose::Etreat,
        Purpose::Btg,
        Purpose::Hpaymt,
        Purpose::Clmattch,
        Purpose::Covauth,
        Purpose::Biorch,
    ];
    if rng.one_in(4) { *rng.pick(Purpose::ALL) } else { *rng.pick(&COMMON) }
}

/// A purpose that the organisation may ask for.
fn usual_purpose(rng: &mut Rng, requester: OrgId) -> Purpose {
    *match requester {
        INSURER => rng.pick(&[Purpose::Clmattch, Purpose::Covauth, Purpose::Hpaymt]),
        RESEARCHER => rng.pick(&[Purpose::Hresch, Purpose::Biorch]),
        REGULATOR => rng.pick(&[Purpose::Hcompl, Purpose::Fraud]),
        SZH | HKH => rng.pick(&[Purpose::Treat, Purpose::Coc, Purpose::Ertreat, Purpose::Btg, Purpose::Btg]),
        _ => rng.pick(&[Purpose::Treat, Purpose::Coc, Purpose::Ertreat]),
    }
}

fn seat(org: OrgId) -> Place {
    match org {
        HKH | INSURER => HONG_KONG,
        MACAO_HOSPITAL => MACAO,
        SHANTOU => SHANTOU_CITY,
        _ => SHENZHEN,
    }
}

fn random_request(rng: &mut Rng) -> AccessRequest {
    let requester = *rng.pick(&REQUESTERS);
    let controller = *rng.pick(&[SZH, SZH, SHANTOU, HKH]);
    let place = if rng.one_in(12) { *rng.pick(&PLACES) } else { seat(requester) };
    let count = 1 + rng.below(3);
    let descriptors: Vec<Descriptor> = (0..count)
        .map(|_| Descriptor {
            category: match rng.below(8) {
                0 => Category::Coverage,
                1 | 2 => Category::Procedure,
                _ => Category::Diagnosis,
            },
            grade: u8::try_from(1 + rng.below(4)).unwrap() + u8::from(rng.one_in(30)),
            service_month: Month(600 + u32::try_from(rng.below(3)).unwrap()),
            deliver_to: place,
        })
        .collect();
    let purpose = if rng.one_in(4) { purpose(rng) } else { usual_purpose(rng, requester) };
    AccessRequest {
        requester,
        facility: FacilityId(if rng.one_in(20) { 2 } else { 1 }),
        user_ref: Hash32::ZERO,
        user_role: if rng.one_in(8) { *rng.pick(UserRole::ALL) } else { UserRole::Officer },
        subject: sp(1),
        controller,
        asked: data(descriptors),
        purpose,
        action: if rng.one_in(6) { DataAction::Disclose } else { DataAction::Access },
        xborder_basis: match rng.below(10) {
            0 => None,
            1 => Some(BASIS_HKH),
            _ => Some(BASIS_INSURER),
        },
        btg: if purpose == Purpose::Btg { rng.one_in(2) } else { rng.one_in(20) }.then(statement),
    }
}

/// Grantees: by number, by role, with exclusions.
fn random_grantees(rng: &mut Rng, request: &AccessRequest, named: bool) -> Grantees {
    let mut grantees = Grantees::default();
    let mut orgs = if named { vec![request.requester] } else { Vec::new() };
    orgs.extend(rng.some_of(&REQUESTERS, 2));
    grantees.orgs = Set::new(orgs).unwrap();
    if rng.one_in(4) {
        let selector = RoleSelector {
            role: *rng.pick(&[Role::Hospital, Role::Insurer]),
            places: places(&rng.some_of(&PLACES, 3)),
            accreditation: rng.pick(&[None, Some(AccreditationKind::EthicsBoard)]).as_ref().copied(),
        };
        grantees.roles = Set::new([selector]).unwrap();
        if rng.one_in(2) {
            grantees.orgs = Set::default();
        }
    }
    if rng.one_in(8) {
        grantees.excluded = Set::new(rng.some_of(&REQUESTERS, 2)).unwrap();
    }
    grantees
}

/// A random consent; `near` ones resemble the request in most axes.
fn random_consent(rng: &mut Rng, request: &AccessRequest, at: Millis, id: u8) -> Consent {
    let near = !rng.one_in(3);
    let odd = |rng: &mut Rng| !near || rng.one_in(25);
    let mut terms = claim_terms(1, request.controller);
    terms.kind = *rng.pick(&[ConsentKind::Share, ConsentKind::Claim, ConsentKind::Claim, ConsentKind::Join]);
    terms.effect = if rng.one_in(7) { Effect::Deny } else { Effect::Permit };
    let named = !odd(rng);
    terms.grantees = random_grantees(rng, request, named);
    let broader = crate::access::purpose::TREE.iter().find(|node| node.purpose == request.purpose);
    let mut purposes = match broader.and_then(|node| node.parent) {
        // A broader purpose instead: it covers some requests, and others it only seems to.
        Some(parent) if rng.one_in(3) => vec![parent],
        _ if odd(rng) => Vec::new(),
        _ => vec![request.purpose],
    };
    purposes.push(purpose(rng));
    terms.purposes = Set::new(purposes).unwrap();
    terms.actions = if odd(rng) { DataActions::of(&[*rng.pick(DataAction::ALL)]) } else { DataActions::all() };
    terms.categories = if odd(rng) { Categories::of(&rng.some_of(Category::ALL, 6)) } else { Categories::all() };
    terms.max_grade = if odd(rng) { u8::try_from(1 + rng.below(5)).unwrap() } else { 5 };
    if odd(rng) {
        let start = Month(599 + u32::try_from(rng.below(3)).unwrap()).first_day();
        terms.data_period = Some((start, Day(start.0 + u32::try_from(20 + rng.below(90)).unwrap())));
    }
    if odd(rng) && rng.one_in(3) {
        terms.instances = Some(Set::new([Hash32([1; 32])]).unwrap());
    }
    terms.places = if odd(rng) { places(&rng.some_of(&PLACES, 3)) } else { everywhere() };
    if odd(rng) {
        terms.separate = SeparateConsents::of(&rng.some_of(SeparateConsent::ALL, 3));
    }
    terms.xborder = if odd(rng) && rng.one_in(2) {
        None
    } else {
        let to = if odd(rng) { places(&rng.some_of(&PLACES, 2)) } else { everywhere() };
        let basis_kinds = if odd(rng) { BasisKinds::of(&rng.some_of(&KINDS, 2)) } else { BasisKinds::all() };
        Some(XBorder { to, basis_kinds, ..xborder() })
    };
    if odd(rng) {
        terms.nbf = Millis(at.0 - 500 + rng.below(1000));
    }
    if odd(rng) {
        terms.exp = Some(terms.nbf.plus(1 + rng.below(1500)));
    }
    terms.limits.max_uses = if odd(rng) { Some(1) } else { None };
    terms.limits.per_access_confirm = odd(rng) && rng.one_in(2);
    terms.obligations = Obligations::of(&rng.some_of(Obligation::ALL, 2));
    terms.break_glass = if rng.one_in(6) { BreakGlass::Forbid } else { BreakGlass::Allow };
    let status = if odd(rng) { *rng.pick(ConsentStatus::ALL) } else { ConsentStatus::Active };
    let id = ConsentId(Hash32([id; 32]));
    Consent {
        id,
        lineage: id,
        version: 1,
        supersedes: None,
        terms,
        grantor: Some(Grantor::Subject),
        proposed_by: None,
        created_at: START,
        granted_at: Some(START),
        answer_by: Some(FAR),
        closed_at: None,
        uses: u32::from(rng.one_in(2)),
        rate_window: None,
        reserved: List::default(),
        suspended_until: None,
        parental: false,
        status,
    }
}

/// An instant that is over as often as not.
fn around(rng: &mut Rng, at: Millis) -> Millis {
    Millis(at.0 - 500 + rng.below(1000))
}

/// A standing that bars from something as often as not.
fn random_standing(rng: &mut Rng, at: Millis) -> Standing {
    let mut standing = Standing::default();
    if rng.one_in(2) {
        let due = around(rng, at);
        let (lapses_at, barred_until) = (due.plus(rng.below(300)), due.plus(300 + rng.below(300)));
        let review = OpenReview { session: Default::default(), due, lapses_at, barred_until };
        standing.reviews = List::new(vec![review]).unwrap();
    }
    standing.glass_barred_until = rng.one_in(3).then(|| around(rng, at));
    standing
}

fn random_basis(rng: &mut Rng, id: BasisId, request: &AccessRequest, importer: OrgId, at: Millis) -> TransferBasis {
    let usual = match (request.purpose, request.controller, descriptors(request)[0].deliver_to) {
        (_, HKH, _) => BasisKind::HkRmc,
        (Purpose::Btg, ..) => BasisKind::CnExemptEmergency,
        (_, SZH, HONG_KONG) => BasisKind::GbaScHk,
        (_, SZH, MACAO) => BasisKind::GbaScMo,
        _ => BasisKind::CnScc,
    };
    let kind = if rng.one_in(4) { *rng.pick(&KINDS) } else { usual };
    let mut basis = basis(id, kind, request.controller, importer);
    if rng.one_in(10) {
        basis.from = places(&rng.some_of(&PLACES, 2));
    }
    if rng.one_in(10) {
        basis.to = places(&rng.some_of(&PLACES, 2));
    }
    if rng.one_in(10) {
        basis.categories = Categories::of(&rng.some_of(Category::ALL, 8));
    }
    basis.filed = !rng.one_in(4);
    basis.filing_deadline = Millis(at.0 - 500 + rng.below(1000));
    if rng.one_in(8) {
        basis.exp = at;
    }
    basis
}

/// A random situation in a world with subject 1.
pub(super) fn random_case<'s>(rng: &mut Rng, base: &'s MemoryState) -> Case<'s> {
    let at = START.plus(10_000);
    let request = random_request(rng);
    let mut consents: Vec<Consent> =
        (0..rng.below(6)).map(|id| random_consent(rng, &request, at, u8::try_from(id).unwrap() + 1)).collect();
    let closed: Vec<Consent> = consents.iter().filter(|consent| consent.status.is_terminal()).cloned().collect();
    consents.retain(|consent| !consent.status.is_terminal());
    let mut state = Patched { base, patch: BTreeMap::new() };
    let importer = *rng.pick(&REQUESTERS);
    let bases = vec![
        random_basis(rng, BASIS_INSURER, &request, request.requester, at),
        random_basis(rng, BASIS_HKH, &request, importer, at),
    ];
    state.put(StateKey::Bases(request.controller), Record::Bases(List::new(bases).unwrap()));
    if rng.one_in(4) {
        state.put(StateKey::Standing(request.requester), Record::Standing(Box::new(random_standing(rng, at))));
        let controller = if rng.one_in(2) { request.controller } else { OrgId(99) };
        let awaited = Unacknowledged::default().delivered(around(rng, at));
        state.put(StateKey::Unacknowledged(request.requester, controller), Record::Unacknowledged(awaited));
    }
    let mut case = Case { state, request, book: book_of(consents, closed), at };
    case.sync();
    case
}
