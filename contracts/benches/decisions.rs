//! Decisions per second with 1, 100 and 10,000 consents of one subject. A book of one controller holds 64 live consents at
//! most, so more are spread over controllers, as a person's are; a decision reads the book of one controller.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a bench measures time and stops where it fails"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use assent_contracts::{Deadline, MemoryState, ReadError, StateRead, default_params, permit};
use assent_types::access::{AccessRequest, Asked, Descriptor, UserRole};
use assent_types::consent::*;
use assent_types::key::SecretKey;
use assent_types::limits::LIVE_CONSENTS_MAX;
use assent_types::org::{Facility, Org, OrgStatus, Role, RoleSet};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::state::{ChainClass, Record, StateKey, StateValue};
use assent_types::subject::{AgeBand, Subject};
use assent_types::{ConsentId, FacilityId, Hash32, List, Millis, Month, OrgId, Set, Sp, Text, TxHash, decode, encode};

const HOME: Place = Place::city(Jurisdiction::Cn, 4403);
const AT: Millis = Millis(1_780_000_000_000);
const REQUESTER: OrgId = OrgId(1);
const SUBJECT: Sp = Sp(Hash32([1; 32]));
const DECISIONS: u32 = 20_000;

fn org(id: OrgId) -> Org {
    Org {
        id,
        legal_name: Text::new("Hospital").unwrap(),
        roles: RoleSet::of(&[Role::Hospital]),
        seat: HOME,
        facilities: List::new(vec![Facility { id: FacilityId(1), place: HOME }]).unwrap(),
        status: OrgStatus::Active,
        keys: List::default(),
        accreditations: List::default(),
    }
}

/// A consent for treatment; the last of a book names the requester, the others somebody else.
fn consent(number: u32, controller: OrgId, grantee: OrgId) -> Consent {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    let evidence =
        EvidenceRef { kind: EvidenceKind::AppSig, hash: Hash32([2; 32]), timestamp: None, mutually_recognised: false };
    let id = ConsentId(Hash32(bytes));
    Consent {
        id,
        lineage: id,
        version: 1,
        supersedes: None,
        terms: ConsentTerms {
            kind: ConsentKind::Share,
            effect: Effect::Permit,
            subject: SUBJECT,
            controller,
            grantees: Grantees { orgs: Set::new([grantee]).unwrap(), ..Grantees::default() },
            purposes: Set::new([Purpose::Treat]).unwrap(),
            actions: DataActions::all(),
            categories: Categories::all(),
            max_grade: 4,
            labels: LabelRule::NoneRestricted,
            data_period: None,
            instances: None,
            places: PlaceSet::new([HOME]).unwrap(),
            xborder: None,
            separate: SeparateConsents::all(),
            nbf: Millis(0),
            exp: None,
            limits: Limits::default(),
            redisclosure: Redisclosure::None,
            obligations: Obligations::EMPTY,
            retention_days: None,
            break_glass: BreakGlass::Allow,
            policy: PolicyRef { policy: Hash32([3; 32]), notice: Hash32([4; 32]) },
            evidence,
        },
        grantor: Some(Grantor::Subject),
        proposed_by: None,
        created_at: Millis(0),
        granted_at: Some(Millis(0)),
        answer_by: None,
        closed_at: None,
        uses: 0,
        rate_window: None,
        reserved: List::default(),
        suspended_until: None,
        parental: false,
        status: ConsentStatus::Active,
    }
}

/// A state in which the subject has this many consents, and the controllers among which they are spread.
fn state(consents: u32) -> (MemoryState, Vec<OrgId>) {
    let per_book = u32::try_from(LIVE_CONSENTS_MAX).unwrap();
    let mut records = vec![
        (StateKey::Params, Record::Params(Box::new(default_params(ChainClass::Test)))),
        (StateKey::Org(REQUESTER), Record::Org(Box::new(org(REQUESTER)))),
        (
            StateKey::Subject(SUBJECT),
            Record::Subject(Subject {
                sp: SUBJECT,
                key: SecretKey::from_seed(&[1; 32]).public(),
                loa: 2,
                enrolled_by: REQUESTER,
                attest: Hash32([5; 32]),
                age_band: AgeBand::Adult,
                majority_at: None,
                registered_at: Millis(0),
            }),
        ),
    ];
    let mut controllers = Vec::new();
    let mut made = 0;
    while made < consents {
        let controller = OrgId(100 + made / per_book);
        let count = per_book.min(consents - made);
        let last = made + count - 1;
        let other = |number| if number == last { REQUESTER } else { OrgId(2) };
        let live = (made..made + count).map(|number| consent(number, controller, other(number))).collect();
        let book = ConsentBook { live: List::new(live).unwrap(), ..ConsentBook::default() };
        records.push((StateKey::Org(controller), Record::Org(Box::new(org(controller)))));
        records.push((StateKey::Consents(SUBJECT, controller), Record::Consents(Box::new(book))));
        controllers.push(controller);
        made += count;
    }
    let values = records.into_iter().map(|(key, record)| StateValue { key, written_by: TxHash::default(), record });
    (MemoryState::new(values), controllers)
}

fn request(controller: OrgId) -> AccessRequest {
    let descriptor =
        Descriptor { category: Category::Diagnosis, grade: 3, service_month: Month(670), deliver_to: HOME };
    AccessRequest {
        requester: REQUESTER,
        facility: FacilityId(1),
        user_ref: Hash32::ZERO,
        user_role: UserRole::Physician,
        subject: SUBJECT,
        controller,
        asked: Asked::Data(List::new(vec![descriptor]).unwrap()),
        purpose: Purpose::Treat,
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    }
}

/// The same state as a node's database holds it: every record that is read is decoded.
struct Stored(BTreeMap<StateKey, Vec<u8>>);

impl StateRead for Stored {
    fn get(&self, key: &StateKey) -> Result<Option<Arc<StateValue>>, ReadError> {
        let value = self.0.get(key).map(|bytes| decode(bytes)).transpose();
        value.map(|value| value.map(Arc::new)).map_err(|error| ReadError(error.to_string()))
    }

    fn due(&self, _: Millis, _: usize) -> Result<Vec<Deadline>, ReadError> {
        Ok(Vec::new())
    }
}

/// Decisions per second over these requests.
fn rate(state: &dyn StateRead, requests: &[AccessRequest]) -> f64 {
    let start = Instant::now();
    for (request, _) in requests.iter().cycle().zip(0..DECISIONS) {
        let decision = permit(black_box(request), state, AT).unwrap().unwrap();
        assert!(decision.permit, "{:?}", decision.reasons);
    }
    f64::from(DECISIONS) / start.elapsed().as_secs_f64()
}

fn main() {
    println!("decisions on one descriptor, {LIVE_CONSENTS_MAX} consents in a book at most:");
    for consents in [1, 100, 10_000] {
        let (state, controllers) = state(consents);
        let requests: Vec<AccessRequest> = controllers.iter().map(|controller| request(*controller)).collect();
        let stored = Stored(state.values().map(|value| (value.key, encode(value))).collect());
        let (decoded, decoding) = (rate(&state, &requests), rate(&stored, &requests));
        println!(
            "{consents:>6} consents of {:>3} controllers: {decoded:>9.0} decisions per second, {decoding:>9.0} decoding every record",
            controllers.len()
        );
    }
}
