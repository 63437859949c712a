use assent_types::consent::{BasisKind, Category, Purpose};
use assent_types::key::KeyUsage;
use assent_types::org::{Org, Role};
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::{ChainClass, StateKey};
use assent_types::validator::{Validator, ValidatorSet};
use assent_types::{BasisId, Hash32, OrgId};

use super::{GenesisStateError, default_params, genesis_writes};
use crate::access::purpose::requesters;
use crate::testing::*;
use crate::upcoming_validators;

#[test]
fn default_parameters_say_what_every_requester_may_ask() {
    for class in [ChainClass::Test, ChainClass::Production] {
        let params = default_params(class);
        for purpose in Purpose::ALL {
            for role in requesters(*purpose) {
                let person = matches!(role, Role::Subject | Role::Guardian);
                let test_only = *purpose == Purpose::Htest && class == ChainClass::Production;
                let rules = params.minimisation.iter().filter(|rule| (rule.role, rule.purpose) == (*role, *purpose));
                assert_eq!(rules.count(), usize::from(!person && !test_only), "{role} {purpose}");
            }
        }
        for rule in &params.minimisation {
            assert!(requesters(rule.purpose).contains(&rule.role) && (1..=5).contains(&rule.max_grade));
            let claims = rule.role == Role::Insurer && rule.purpose != Purpose::Htest;
            assert!(!claims || !rule.categories.has(Category::Genetic), "no insurer asks for genetic data");
        }
        // Administrators ask for nothing themselves; their rules are for acting in another's name.
        let applies = |role: &Role, purpose| *role == Role::Administrator || requesters(purpose).contains(role);
        assert!(params.accreditations.iter().all(|rule| applies(&rule.role, rule.purpose)));
        assert!(params.sweep_max > 0 && params.proposal_ttl_ms > 0 && params.decision_ttl_ms > 0);
    }
}

#[test]
fn the_greater_bay_area_has_nine_cities_and_not_shantou() {
    let params = default_params(ChainClass::Test);
    assert_eq!((params.gba_hk.len(), params.gba_mo.len()), (10, 10));
    assert!(SHENZHEN.is_in(&params.gba_hk) && HONG_KONG.is_in(&params.gba_hk) && MACAO.is_in(&params.gba_mo));
    assert!(!SHANTOU_CITY.is_in(&params.gba_hk) && !MACAO.is_in(&params.gba_hk) && !HONG_KONG.is_in(&params.gba_mo));
    assert!(!Place::whole(Jurisdiction::Cn).is_in(&params.gba_hk));
}

#[test]
fn genesis_writes_every_record_under_its_key() {
    let genesis = genesis();
    let writes = genesis_writes(&genesis).unwrap();
    let keys: usize = genesis.orgs.iter().map(|org| org.keys.len()).sum();
    assert_eq!(writes.len(), 4 + genesis.orgs.len() + keys + 1);
    assert!(writes.iter().all(|(key, value)| *key == value.key));
    assert!(writes.contains_key(&StateKey::Bases(SZH)) && !writes.contains_key(&StateKey::Bases(HKH)));
    let sets = upcoming_validators(&World::new().state).unwrap();
    assert_eq!((&sets.next, &sets.after_next), (&genesis.validators, &genesis.validators));
}

#[test]
fn genesis_refuses_records_that_contradict_each_other() {
    let attempt = |change: &dyn Fn(&mut crate::GenesisState)| {
        let mut genesis = genesis();
        change(&mut genesis);
        genesis_writes(&genesis).map(|_| ())
    };
    let org_of = |genesis: &crate::GenesisState, index: usize| -> Org { genesis.orgs[index].clone() };
    assert_eq!(attempt(&|_| {}), Ok(()));
    let twice = attempt(&|genesis| genesis.orgs.push(org_of(genesis, 0)));
    assert_eq!(twice, Err(GenesisStateError::OrgTwice(SZH)));
    let shared = attempt(&|genesis| genesis.orgs[1].keys = genesis.orgs[0].keys.clone());
    assert!(matches!(shared, Err(GenesisStateError::KeyTwice(_))));
    let person = attempt(&|genesis| genesis.orgs[0].roles = genesis.orgs[0].roles.with(Role::Subject));
    assert_eq!(person, Err(GenesisStateError::PersonalRole(SZH)));
    let weak = attempt(&|genesis| genesis.orgs[0].keys.as_mut_slice()[0].key.bytes = [0; 32]);
    assert_eq!(weak, Err(GenesisStateError::InvalidKey(SZH)));
    let facilities = attempt(&|genesis| {
        let facility = genesis.orgs[0].facilities[0].clone();
        genesis.orgs[0].facilities.push(facility).unwrap();
    });
    assert_eq!(facilities, Err(GenesisStateError::Facilities(SZH)));
    let key = org_key(SZH, KeyUsage::SignTx, 0).public();
    let validator = attempt(&|genesis| {
        genesis.validators = ValidatorSet::new(vec![Validator { org: SZH, power: 1, key }]).unwrap();
    });
    assert_eq!(validator, Err(GenesisStateError::Validator(SZH)));
    let stranger = basis(BasisId(Hash32([1; 32])), BasisKind::CnScc, SZH, OrgId(999));
    assert_eq!(attempt(&|genesis| genesis.bases.push(stranger.clone())), Err(GenesisStateError::BasisOrg(OrgId(999))));
    let again = attempt(&|genesis| genesis.bases.push(genesis.bases[0].clone()));
    assert_eq!(again, Err(GenesisStateError::Bases(SZH)));
}
