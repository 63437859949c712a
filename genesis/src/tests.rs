use assent_types::claim::OracleDesignation;
use assent_types::codec::{List, Set, Text};
use assent_types::consent::{BasisKind, Categories, Category, Purpose};
use assent_types::governance::DurationParam;
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::org::{OrgStatus, Role, RoleSet};
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::{ChainClass, Record, StateKey};
use assent_types::subject::KeyOwner;
use assent_types::{ChainId, Currency, FacilityId, Hash32, Height, Millis, OrgId};

use crate::sample::{self, OrgKeys};
use crate::{GenesisDoc, GenesisError, build};

const TIME: Millis = Millis(1_790_000_000_000);

fn seeds() -> impl FnMut() -> [u8; 32] {
    let mut counter = 0_u64;
    move || {
        counter += 1;
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&counter.to_le_bytes());
        seed
    }
}

fn sample_doc() -> (GenesisDoc, Vec<OrgKeys>) {
    sample::sample_network(TIME, seeds())
}

fn chain_of(doc: &GenesisDoc) -> ChainId {
    build(doc).unwrap().chain
}

/// The first seven simulated validators with a custodian: everything that a production chain needs.
fn production_doc() -> GenesisDoc {
    let (mut doc, _) = sample::simulated(7, TIME, seeds());
    doc.chain_class = ChainClass::Production;
    doc.params.chain_class = ChainClass::Production;
    let rules = doc.params.minimisation.iter().filter(|rule| rule.purpose != Purpose::Htest).cloned().collect();
    doc.params.minimisation = List::new(rules).unwrap();
    doc.orgs.last_mut().unwrap().roles = RoleSet::of(&[Role::Custodian]);
    doc
}

#[test]
fn the_sample_is_valid_and_survives_its_file_form() {
    let (doc, keys) = sample_doc();
    doc.validate().unwrap();
    let text = doc.to_toml().unwrap();
    assert_eq!(GenesisDoc::from_toml(&text).unwrap(), doc);
    assert_eq!(keys.len(), doc.orgs.len());
    for (org, keys) in doc.orgs.iter().zip(&keys) {
        assert_eq!(org.id, keys.org);
        for record in &org.keys {
            assert_eq!(keys.key(record.usage).unwrap().public(), record.key);
        }
    }
    let validating: Vec<u32> = doc.validators.iter().map(|validator| validator.org.0).collect();
    assert_eq!(validating, [1, 2, 3, 4]);
    let second = doc.org(sample::SECOND_INSURER).unwrap();
    assert_eq!(second.live_keys(KeyUsage::Node, TIME).count(), 1);
    assert_eq!(second.live_keys(KeyUsage::Validate, TIME).count(), 0);
}

#[test]
fn debug_output_of_keys_has_no_secret() {
    let (_, keys) = sample_doc();
    let seed = hex::encode(*keys[0].keys[0].1.seed());
    let shown = format!("{:?}", keys[0]);
    assert!(!shown.contains(&seed[..16]), "{shown}");
    assert!(shown.contains("shenzhen-hospital"));
}

#[test]
fn the_first_state_has_every_leaf_once() {
    let (doc, _) = sample_doc();
    let genesis = build(&doc).unwrap();
    assert!(genesis.writes.windows(2).all(|pair| pair[0].key < pair[1].key));
    let keys: usize = doc.orgs.iter().map(|org| org.keys.len()).sum();
    let exporters = 2;
    assert_eq!(genesis.writes.len(), 4 + doc.orgs.len() + keys + exporters);
    let find = |key| genesis.writes.iter().find(|leaf| leaf.key == key).map(|leaf| &leaf.record);
    for org in &doc.orgs {
        assert_eq!(find(StateKey::Org(org.id)), Some(&Record::Org(Box::new(org.clone()))));
        for record in &org.keys {
            let Some(Record::Key(entry)) = find(StateKey::Key(record.id())) else { panic!("key leaf") };
            assert_eq!(entry.owner, KeyOwner::Org(org.id));
            assert_eq!(entry.key, record.key);
        }
    }
    let Some(Record::Block(block)) = find(StateKey::Block) else { panic!("block leaf") };
    assert_eq!((block.height, block.time), (Height(0), TIME));
    let Some(Record::Validators(validators)) = find(StateKey::Validators) else { panic!("validators leaf") };
    assert_eq!(validators.next, genesis.header.validators);
    assert_eq!(validators.after_next, genesis.header.validators);
    let Some(Record::Bases(bases)) = find(StateKey::Bases(sample::SHENZHEN_HOSPITAL)) else { panic!("bases leaf") };
    assert_eq!(bases.len(), 2);
}

#[test]
fn building_twice_gives_the_same_chain_and_other_seeds_another() {
    let (doc, _) = sample_doc();
    assert_eq!(build(&doc).unwrap(), build(&doc).unwrap());
    let mut other = seeds();
    other();
    assert_ne!(chain_of(&doc), chain_of(&sample::sample_network(TIME, other).0));
}

type Change = (&'static str, fn(&mut GenesisDoc));

#[test]
fn every_field_enters_the_chain_id() {
    let changes: &[Change] = &[
        ("name", |doc| doc.name = Text::new("another").unwrap()),
        ("time", |doc| doc.time.0 += 1),
        ("param", |doc| doc.params.decision_ttl_ms += 1),
        ("rule", |doc| doc.params.minimisation.as_mut_slice()[0].max_grade ^= 1),
        ("power", |doc| doc.validators[0].power += 1),
        ("fewer validators", |doc| doc.validators.truncate(3)),
        ("legal name", |doc| doc.orgs[5].legal_name = Text::new("renamed").unwrap()),
        ("claim param", |doc| doc.params.claims.pay_ms += 1),
        ("banks", |doc| doc.params.claims.banks = Set::default()),
        ("oracles", |doc| doc.params.claims.course.oracles = Set::default()),
        ("role", |doc| doc.orgs[9].roles = RoleSet::of(&[Role::AdvancePayer])),
        ("access param", |doc| doc.params.access.erase_ms += 1),
        ("facility", |doc| doc.orgs[0].facilities.as_mut_slice()[0].id = FacilityId(9)),
        ("status", |doc| doc.orgs[6].status = OrgStatus::Pending),
        ("key window", |doc| doc.orgs[6].keys.as_mut_slice()[0].exp.0 += 1),
        ("key", |doc| doc.orgs[6].keys.as_mut_slice()[1].key = SecretKey::from_seed(&[1; 32]).public()),
        ("accreditation", |doc| doc.orgs[0].accreditations.as_mut_slice()[0].exp.0 += 1),
        ("evidence", |doc| doc.orgs[0].accreditations.as_mut_slice()[0].evidence = Hash32::ZERO),
        ("basis", |doc| doc.bases[0].categories = Categories::of(&[Category::Lab])),
        ("fewer bases", |doc| doc.bases.truncate(1)),
    ];
    let (doc, _) = sample_doc();
    let mut seen = vec![chain_of(&doc)];
    for (name, change) in changes {
        let mut changed = doc.clone();
        change(&mut changed);
        let chain = build(&changed).unwrap_or_else(|error| panic!("{name}: {error}")).chain;
        assert!(!seen.contains(&chain), "{name} does not change the chain id");
        seen.push(chain);
    }
    let production = production_doc();
    let mut test = production.clone();
    test.chain_class = ChainClass::Test;
    test.params.chain_class = ChainClass::Test;
    assert_ne!(chain_of(&production), chain_of(&test));
}

/// What is wrong with organisations and parameters, by a part of the message.
const BAD_MEMBERS: &[Change] = &[
    ("give the chain a name", |doc| doc.name = Text::new(" ").unwrap()),
    ("milliseconds since 1970", |doc| doc.time = Millis(0)),
    ("another protocol version", |doc| doc.app_version += 1),
    ("same as params.chain_class", |doc| doc.params.chain_class = ChainClass::Production),
    ("params.decision_ttl_ms", |doc| doc.params.decision_ttl_ms = 0),
    ("params.sweep_max", |doc| doc.params.sweep_max = 0),
    ("params.claims.file_ms", |doc| doc.params.claims.file_ms = 0),
    ("params.preauth.offer_ms", |doc| doc.params.preauth.offer_ms = 0),
    ("params.preauth.info_rounds_max", |doc| doc.params.preauth.info_rounds_max = 0),
    ("params.access.erase_ms", |doc| doc.params.access.erase_ms = 0),
    ("params.claims.amount_max", |doc| doc.params.claims.amount_max = u64::MAX),
    ("name two different currencies", |doc| {
        let oracle = OracleDesignation { base: Currency::Hkd, quote: Currency::Hkd, oracle: OrgId(8) };
        doc.params.claims.course.oracles = Set::new([oracle]).unwrap();
    }),
    ("it must be an FX oracle", |doc| {
        let oracle = OracleDesignation { base: Currency::Hkd, quote: Currency::Cny, oracle: OrgId(7) };
        doc.params.claims.course.oracles = Set::new([oracle]).unwrap();
    }),
    ("params.claims.course.dispute_ms", |doc| doc.params.claims.course.dispute_ms = 0),
    ("not among claims.currencies", |doc| doc.params.claims.currencies = Set::default()),
    ("must be a bank", |doc| doc.orgs[6].roles = RoleSet::of(&[Role::AdvancePayer])),
    ("params.self_consent_age", |doc| doc.params.self_consent_age[1] = 99),
    ("max_grade is 1 to 5", |doc| doc.params.minimisation.as_mut_slice()[0].max_grade = 6),
    ("name a category", |doc| doc.params.minimisation.as_mut_slice()[0].categories = Categories::EMPTY),
    ("keep one", |doc| {
        let first = doc.params.minimisation[0].clone();
        doc.params.minimisation.as_mut_slice()[1] = first;
    }),
    ("PIPL art. 29", |doc| doc.params.separate_consents = List::default()),
    ("one by one", |doc| doc.params.gba_hk = Set::new([Place::whole(Jurisdiction::Cn)]).unwrap()),
    ("only Mainland cities and HK", |doc| doc.params.gba_hk = Set::new([Place::whole(Jurisdiction::Mo)]).unwrap()),
    ("at least one organisation", |doc| doc.orgs.clear()),
    ("ascend strictly", |doc| doc.orgs.swap(0, 1)),
    ("ascend strictly", |doc| doc.orgs[1].id = OrgId(1)),
    ("legal name", |doc| doc.orgs[0].legal_name = Text::default()),
    ("at least one role", |doc| doc.orgs[0].roles = RoleSet::EMPTY),
    ("roles of persons", |doc| doc.orgs[0].roles = RoleSet::of(&[Role::Subject])),
    ("Active or Pending", |doc| doc.orgs[0].status = OrgStatus::Withdrawn),
    ("GB/T 2260", |doc| doc.orgs[0].seat = Place::whole(Jurisdiction::Cn)),
    ("have city 0", |doc| doc.orgs[1].facilities.as_mut_slice()[0].place.city = 8100),
    ("no usable Ed25519", |doc| doc.orgs[6].keys.as_mut_slice()[0].key.bytes = [0; 32]),
    ("after its beginning", |doc| doc.orgs[6].keys.as_mut_slice()[0].exp = TIME),
    ("leave it out", |doc| doc.orgs[6].keys.as_mut_slice()[0].revoked_at = Some(TIME)),
    ("listed twice", |doc| doc.orgs[6].keys.as_mut_slice()[0].key = doc.orgs[7].keys[0].key),
    ("add a SIGN_TX key", |doc| doc.orgs[6].keys.as_mut_slice()[0].usage = KeyUsage::Cosign),
    ("add a RECOVERY key", |doc| doc.orgs[6].keys.as_mut_slice()[2].nbf = TIME.plus(1)),
    ("name at least one place", |doc| doc.orgs[0].accreditations.as_mut_slice()[0].scope = Set::default()),
    ("no regulator", |doc| doc.orgs[0].accreditations.as_mut_slice()[0].by = OrgId(2)),
    ("is revoked", |doc| doc.orgs[0].accreditations.as_mut_slice()[0].revoked_at = Some(TIME)),
];

/// What is wrong with validators and transfer bases, by a part of the message.
const BAD_RELATIONS: &[Change] = &[
    ("at least one validator", |doc| doc.validators.clear()),
    ("ascend strictly by organisation", |doc| doc.validators.swap(0, 1)),
    ("needs a power", |doc| doc.validators[0].power = 0),
    ("shares its key", |doc| doc.validators[1].key = doc.validators[0].key),
    ("add its organisation", |doc| doc.validators[3].org = OrgId(99)),
    ("must be a VALIDATE key", |doc| doc.validators[3].key = SecretKey::from_seed(&[1; 32]).public()),
    ("must be Active", |doc| doc.orgs[0].status = OrgStatus::Pending),
    ("add a NODE key", |doc| doc.orgs[0].keys.as_mut_slice()[3].usage = KeyUsage::Cosign),
    ("identifier of its own", |doc| doc.bases[1].id = doc.bases[0].id),
    ("at least one category", |doc| doc.bases[0].categories = Categories::EMPTY),
    ("after its effect", |doc| doc.bases[0].exp = doc.bases[0].effective),
    ("impact assessment", |doc| doc.bases[0].pia_ref = Hash32::ZERO),
    ("filing's reference", |doc| doc.bases[0].filing_ref = Hash32::ZERO),
    ("filing deadline has passed", |doc| {
        doc.bases[0].filed = false;
        doc.bases[0].filing_deadline = TIME;
    }),
    ("must differ", |doc| doc.bases[0].importer = doc.bases[0].exporter),
    ("no organisation of the document", |doc| doc.bases[0].importer = OrgId(99)),
    ("neither seat nor facility", |doc| doc.bases[0].exporter = sample::SHANTOU_HOSPITAL),
    ("contract's places", |doc| {
        doc.bases[0].exporter = sample::SHANTOU_HOSPITAL;
        doc.bases[0].from = Set::new([Place::city(Jurisdiction::Cn, 4405)]).unwrap();
    }),
    ("from the Mainland", |doc| {
        doc.bases[0].exporter = sample::HONG_KONG_HOSPITAL;
        doc.bases[0].from = doc.bases[0].to.clone();
    }),
    ("lead out of the jurisdiction", |doc| doc.bases[0].kind = BasisKind::HkRmc),
];

#[test]
fn bad_documents_are_refused_with_what_to_do() {
    let (doc, _) = sample_doc();
    for (expected, change) in BAD_MEMBERS.iter().chain(BAD_RELATIONS) {
        let mut changed = doc.clone();
        change(&mut changed);
        let error = build(&changed).expect_err(expected).to_string();
        assert!(error.contains(expected), "expected {expected:?}, got {error:?}");
    }
}

#[test]
fn unknown_fields_and_foreign_text_are_refused() {
    let (doc, _) = sample_doc();
    let text = doc.to_toml().unwrap();
    for (found, replaced) in [
        ("name = ", "nick = 1\nname = "),
        ("legal_name = ", "nick = 1\nlegal_name = "),
        ("decision_ttl_ms = ", "decision_ttl = 1\ndecision_ttl_ms = "),
        ("power = ", "weight = 1\npower = "),
        ("filing_ref = ", "filling_ref = 1\nfiling_ref = "),
    ] {
        assert!(text.contains(found));
        let error = GenesisDoc::from_toml(&text.replacen(found, replaced, 1)).unwrap_err();
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
    for text in ["", "{}", "name = 1", "name = \"x\"", "\u{0}"] {
        assert!(matches!(GenesisDoc::from_toml(text), Err(GenesisError::Parse(_))), "{text:?}");
    }
    let long = "#".repeat(crate::DOC_BYTES_MAX + 1);
    assert_eq!(GenesisDoc::from_toml(&long), Err(GenesisError::TooLarge(long.len())));
}

#[test]
fn production_keeps_the_limits_of_power() {
    let doc = production_doc();
    build(&doc).unwrap();
    assert!(doc.warnings().is_empty());
    let changes: &[Change] = &[
        ("6 validators", |doc| {
            doc.validators.pop();
        }),
        ("at most 15 %", |doc| doc.validators[0].power = 2),
        ("validators of 2 jurisdictions", |doc| {
            for index in [4, 6] {
                doc.orgs[index].seat = Place::whole(Jurisdiction::Hk);
                doc.orgs[index].facilities.as_mut_slice()[0].place = Place::whole(Jurisdiction::Hk);
            }
        }),
        ("less than two thirds", |doc| {
            for index in [1, 2, 4, 5] {
                doc.orgs[index].seat = Place::city(Jurisdiction::Cn, 4403);
            }
            doc.bases.clear();
        }),
        ("less than half", |doc| {
            for index in [0, 1] {
                doc.orgs[index].roles = RoleSet::of(&[Role::Regulator]);
            }
        }),
        ("1 regulators", |doc| {
            for index in [3, 5] {
                doc.orgs[index].roles = RoleSet::of(&[Role::Custodian]);
            }
            doc.orgs.iter_mut().for_each(|org| org.accreditations = List::default());
        }),
        ("chamber of infrastructure", |doc| doc.orgs[7].roles = RoleSet::of(&[Role::App])),
        ("outside that regulator's jurisdiction", |doc| doc.orgs[0].accreditations.as_mut_slice()[0].by = OrgId(6)),
    ];
    for (expected, change) in changes {
        let mut changed = doc.clone();
        change(&mut changed);
        let error = build(&changed).expect_err(expected);
        assert!(matches!(error, GenesisError::Production(_)), "{expected}: {error}");
        // The first problem found is reported; the one meant here is among all of them.
        changed.chain_class = ChainClass::Test;
        changed.params.chain_class = ChainClass::Test;
        build(&changed).unwrap_or_else(|error| panic!("lifted on a test chain: {error}"));
        let warnings = changed.warnings();
        assert!(warnings.iter().any(|warning| warning.contains(expected)), "{expected}: {warnings:?}");
    }
}

#[test]
fn a_production_chain_refuses_test_purposes() {
    let mut doc = production_doc();
    doc.params.minimisation.as_mut_slice()[0].purpose = Purpose::Htest;
    assert!(build(&doc).unwrap_err().to_string().contains("HTEST"));
}

#[test]
fn the_sample_says_what_a_test_chain_lifts() {
    let warnings = sample_doc().0.warnings();
    assert!(warnings[0].contains("must not hold real data"));
    for expected in ["4 validators", "validators of 2 jurisdictions", "1 regulators"] {
        assert!(warnings.iter().any(|warning| warning.contains(expected)), "{expected}: {warnings:?}");
    }
}

#[test]
fn the_rehearsal_is_a_production_chain_with_every_key() {
    let (doc, keys) = sample::production_network(TIME, seeds());
    build(&doc).unwrap();
    assert_eq!((doc.chain_class, doc.validators.len()), (ChainClass::Production, 8));
    assert!(doc.warnings().is_empty(), "{:?}", doc.warnings());
    for validator in &doc.validators {
        let own = keys.iter().find(|keys| keys.org == validator.org).unwrap();
        assert_eq!(own.key(KeyUsage::Validate).unwrap().public(), validator.key);
    }
    let mut slugs: Vec<&str> = keys.iter().map(|keys| keys.slug.as_str()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), doc.orgs.len(), "folders are of one organisation each");
}

#[test]
fn simulated_networks_are_valid() {
    for n_validators in [1, 2, 3, 4, 7, 10] {
        let (doc, keys) = sample::simulated(n_validators, TIME, seeds());
        let genesis = build(&doc).unwrap_or_else(|error| panic!("{n_validators}: {error}"));
        assert_eq!(genesis.header.validators.validators().len(), n_validators as usize);
        assert!(keys.iter().all(|keys| keys.key(KeyUsage::SignTx).is_some()));
        let mut slugs: Vec<&str> = keys.iter().map(|keys| keys.slug.as_str()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), keys.len());
    }
}

#[test]
fn every_duration_of_the_parameters_is_governed() {
    fn collect(path: &str, value: &toml::Value, found: &mut Vec<String>) {
        let toml::Value::Table(fields) = value else {
            if path.ends_with("_ms") {
                found.push(path.to_owned());
            }
            return;
        };
        for (name, value) in fields {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            collect(&path, value, found);
        }
    }
    let params = assent_contracts::default_params(ChainClass::Test);
    let mut found = Vec::new();
    collect("", &toml::Value::try_from(&params).unwrap(), &mut found);
    found.sort();
    let mut governed: Vec<String> = DurationParam::ALL.iter().map(|param| param.code().to_owned()).collect();
    governed.sort();
    assert_eq!(found, governed, "a proposal can change every duration, by its name in this document");
    // Each name is that of its own field.
    for (index, param) in DurationParam::ALL.iter().enumerate() {
        let mut changed = params.clone();
        param.set(&mut changed, 7_000 + index as u64);
        assert_eq!(param.get(&changed), 7_000 + index as u64);
        let written = toml::Value::try_from(&changed).unwrap();
        let value = param.code().split('.').fold(&written, |value, name| &value[name]);
        assert_eq!(value.as_integer(), Some(7_000 + i64::try_from(index).unwrap()), "{param}");
    }
}
