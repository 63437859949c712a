//! Sample networks: documents with keys, for trying the program out, for rehearsals and for simulations.
//!
//! Randomness comes from the caller, who passes a source of 32-byte seeds. Every seed becomes one secret key.

mod orgs;

use std::fmt;

use assent_types::block::APP_VERSION;
use assent_types::claim::OracleDesignation;
use assent_types::codec::{List, Set, Text};
use assent_types::consent::{BasisKind, BasisStatus, Categories, Category, TransferBasis};
use assent_types::hash::{Tag, tagged_value};
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::limits::VALIDATORS_MAX;
use assent_types::org::{Accreditation, Facility, KeyRecord, Org, OrgStatus, Role, RoleSet};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::state::{BankDesignation, ChainClass, Params};
use assent_types::validator::Validator;
use assent_types::{BasisId, Currency, FacilityId, Hash32, Millis, OrgId};

use crate::doc::GenesisDoc;
use orgs::Plan;

/// The Shenzhen hospital of the sample network.
pub const SHENZHEN_HOSPITAL: OrgId = OrgId(1);
/// The Hong Kong hospital of the sample network.
pub const HONG_KONG_HOSPITAL: OrgId = OrgId(2);
/// The Hong Kong insurer of the sample network.
pub const HONG_KONG_INSURER: OrgId = OrgId(3);
/// The regulator of the sample network.
pub const REGULATOR: OrgId = OrgId(4);
/// The second insurer of the sample network: a member without a validator.
pub const SECOND_INSURER: OrgId = OrgId(5);
/// The patient app of the sample network.
pub const PATIENT_APP: OrgId = OrgId(6);
/// Settlement bank of all samples that have one.
pub const SETTLEMENT_BANK: OrgId = OrgId(7);
/// The Shantou hospital of the sample network: accredited, but outside the places of the GBA standard contract.
pub const SHANTOU_HOSPITAL: OrgId = OrgId(17);

/// Life of keys, accreditations and bases of a sample, in milliseconds: ten years.
const SAMPLE_LIFE_MS: u64 = 3_650 * 86_400_000;

/// The secret keys of one organisation. They show neither in debug output nor anywhere else.
pub struct OrgKeys {
    /// The organisation.
    pub org: OrgId,
    /// A name for its folder: lower-case letters, digits and hyphens.
    pub slug: String,
    /// One secret key for each usage that it has.
    pub keys: Vec<(KeyUsage, SecretKey)>,
}

impl OrgKeys {
    /// The key of a usage.
    pub fn key(&self, usage: KeyUsage) -> Option<&SecretKey> {
        self.keys.iter().find(|(of, _)| *of == usage).map(|(_, key)| key)
    }
}

impl fmt::Debug for OrgKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrgKeys({}, {}, {} keys)", self.org, self.slug, self.keys.len())
    }
}

/// The sample network: four validators (a hospital in Shenzhen, a hospital and an insurer in Hong Kong, the regulator),
/// a second insurer that may run a node of its own, and client organisations: a patient app, a settlement bank, two FX
/// oracles, a code authority, six custodians and a hospital in Shantou.
///
/// Filed transfer bases lead from the Shenzhen hospital to the Hong Kong insurer and to the Hong Kong hospital, and from
/// the Hong Kong hospital back. There is none for the second insurer and none from Shantou, which lies outside the nine
/// cities of the standard contract: the cases that are refused can be shown.
///
/// `time` is the genesis time; keys are live from then on for ten years.
pub fn sample_network(time: Millis, seeds: impl FnMut() -> [u8; 32]) -> (GenesisDoc, Vec<OrgKeys>) {
    let bases = vec![
        basis("claims", BasisKind::GbaScHk, SHENZHEN_HOSPITAL, HONG_KONG_INSURER, claim_categories(), time),
        basis("care", BasisKind::GbaScHk, SHENZHEN_HOSPITAL, HONG_KONG_HOSPITAL, care_categories(), time),
        basis("care", BasisKind::HkRmc, HONG_KONG_HOSPITAL, SHENZHEN_HOSPITAL, care_categories(), time),
    ];
    network("assent-sample", ChainClass::Test, time, &orgs::sample(), bases, seeds)
}

/// A network of class production, for founders to rehearse with: eight validators (a hospital and a regulator in
/// Shenzhen; a hospital, an insurer, a custodian and two regulators in Hong Kong; a regulator in Macao) that keep every
/// limit of power, and the clients of [`simulated_with_clients`].
///
/// All keys come from one source: nobody's real data belong on such a chain.
pub fn production_network(time: Millis, seeds: impl FnMut() -> [u8; 32]) -> (GenesisDoc, Vec<OrgKeys>) {
    let plans = orgs::production();
    network("assent-rehearsal", ChainClass::Production, time, &plans, simulated_bases(4, time), seeds)
}

/// A network for simulations: `n_validators` validators with the numbers 1 to n and one patient app after them. The
/// first four are those of the sample network; the first seven keep all limits of a production chain, but nobody sits in
/// the chamber of infrastructure. Below four, the regulator takes part without validating.
///
/// # Panics
/// Unless `n_validators` is 1 to [`VALIDATORS_MAX`].
pub fn simulated(n_validators: u32, time: Millis, seeds: impl FnMut() -> [u8; 32]) -> (GenesisDoc, Vec<OrgKeys>) {
    assert!(
        n_validators >= 1 && n_validators as usize <= VALIDATORS_MAX,
        "a chain has 1 to {VALIDATORS_MAX} validators"
    );
    network(
        "assent-simulated",
        ChainClass::Test,
        time,
        &orgs::simulated(n_validators),
        simulated_bases(n_validators, time),
        seeds,
    )
}

/// Transfer bases from the Shenzhen hospital to the members in Hong Kong.
fn simulated_bases(n_validators: u32, time: Millis) -> Vec<TransferBasis> {
    let mut bases = Vec::new();
    if n_validators >= SHENZHEN_HOSPITAL.0.max(HONG_KONG_INSURER.0) {
        let importers = [(HONG_KONG_INSURER, claim_categories()), (HONG_KONG_HOSPITAL, care_categories())];
        for (importer, categories) in importers {
            bases.push(basis("simulated", BasisKind::GbaScHk, SHENZHEN_HOSPITAL, importer, categories, time));
        }
    }
    bases
}

/// The network for simulations with the clients that documents and claims need, numbered after it, in this order: a second
/// insurer, a settlement bank, a second hospital in Shenzhen, and six custodians, four of them on the Mainland.
///
/// # Panics
/// As [`simulated`].
pub fn simulated_with_clients(
    n_validators: u32,
    time: Millis,
    seeds: impl FnMut() -> [u8; 32],
) -> (GenesisDoc, Vec<OrgKeys>) {
    let mut plans = orgs::simulated(n_validators);
    plans.extend(orgs::clients(n_validators + 2));
    network("assent-simulated", ChainClass::Test, time, &plans, simulated_bases(n_validators, time), seeds)
}

fn network(
    name: &str,
    chain_class: ChainClass,
    time: Millis,
    plans: &[Plan],
    bases: Vec<TransferBasis>,
    mut seeds: impl FnMut() -> [u8; 32],
) -> (GenesisDoc, Vec<OrgKeys>) {
    let mut orgs = Vec::new();
    let mut secrets = Vec::new();
    let mut validators = Vec::new();
    for plan in plans {
        let keys: Vec<_> = plan.usages().map(|usage| (usage, SecretKey::from_seed(&seeds()))).collect();
        let validating = keys.iter().find(|(usage, _)| *usage == KeyUsage::Validate);
        let validator = |((_, key), power): (&(_, SecretKey), _)| Validator { org: plan.id, power, key: key.public() };
        validators.extend(validating.zip(plan.power).map(validator));
        orgs.push(organisation(plan, &keys, plans, time));
        secrets.push(OrgKeys { org: plan.id, slug: plan.slug.clone(), keys });
    }
    let doc = GenesisDoc {
        name: within(Text::new(name)),
        chain_class,
        time,
        app_version: APP_VERSION,
        validators,
        params: params(chain_class, plans),
        orgs,
        bases,
    };
    (doc, secrets)
}

/// The default parameters; every bank settles in every currency, and every oracle fixes Hong Kong dollars in renminbi.
fn params(chain_class: ChainClass, plans: &[Plan]) -> Params {
    let mut params = assent_contracts::default_params(chain_class);
    let banks = plans.iter().filter(|plan| plan.roles.contains(&Role::Bank));
    let designations =
        banks.flat_map(|plan| Currency::ALL.iter().map(|ccy| BankDesignation { ccy: *ccy, bank: plan.id }));
    params.claims.banks = within(Set::new(designations));
    let oracles = plans.iter().filter(|plan| plan.roles.contains(&Role::FxOracle));
    let oracle = |plan: &Plan| OracleDesignation { base: Currency::Hkd, quote: Currency::Cny, oracle: plan.id };
    params.claims.course.oracles = within(Set::new(oracles.map(oracle)));
    params
}

fn organisation(plan: &Plan, keys: &[(KeyUsage, SecretKey)], plans: &[Plan], time: Millis) -> Org {
    let record = |(usage, key): &(KeyUsage, SecretKey)| KeyRecord {
        key: key.public(),
        usage: *usage,
        nbf: time,
        exp: time.plus(SAMPLE_LIFE_MS),
        revoked_at: None,
    };
    let accreditations = plan.accreditations.iter().map(|(kind, jurisdiction)| Accreditation {
        kind: *kind,
        by: orgs::regulator_of(plans, *jurisdiction),
        scope: places([Place::whole(*jurisdiction)]),
        nbf: time,
        exp: time.plus(SAMPLE_LIFE_MS),
        revoked_at: None,
        evidence: sample_hash(&("accreditation", plan.id.0, kind.code())),
    });
    Org {
        id: plan.id,
        legal_name: within(Text::new(plan.name.clone())),
        roles: RoleSet::of(&plan.roles),
        seat: plan.seat,
        facilities: within(List::new(vec![Facility { id: FacilityId(1), place: plan.seat }])),
        status: OrgStatus::Active,
        keys: within(List::new(keys.iter().map(record).collect())),
        accreditations: within(List::new(accreditations.collect())),
    }
}

fn basis(
    use_of: &str,
    kind: BasisKind,
    exporter: OrgId,
    importer: OrgId,
    categories: Categories,
    time: Millis,
) -> TransferBasis {
    let shenzhen = Place::city(Jurisdiction::Cn, orgs::SHENZHEN);
    let hong_kong = Place::whole(Jurisdiction::Hk);
    let (from, to) = if exporter == SHENZHEN_HOSPITAL { (shenzhen, hong_kong) } else { (hong_kong, shenzhen) };
    let named = |what: &str| sample_hash(&(what, use_of, kind.code(), exporter.0, importer.0));
    TransferBasis {
        id: BasisId(named("basis")),
        kind,
        exporter,
        importer,
        from: places([from]),
        to: places([to]),
        categories,
        filing_ref: named("filing"),
        effective: time,
        filing_deadline: time.plus(14 * 86_400_000),
        filed: true,
        pia_ref: named("impact assessment"),
        exp: time.plus(SAMPLE_LIFE_MS),
        status: BasisStatus::Active,
    }
}

/// What a claim needs: no identity, no genetic data, no images.
fn claim_categories() -> Categories {
    Categories::of(&[
        Category::Diagnosis,
        Category::Procedure,
        Category::Medication,
        Category::Encounter,
        Category::ClinNote,
        Category::Lab,
        Category::RadReport,
        Category::OtherInvest,
        Category::Ebill,
        Category::SettlementList,
        Category::Coverage,
        Category::Eob,
        Category::Payment,
    ])
}

/// What care needs: the clinical domains, without genetic data and payment.
fn care_categories() -> Categories {
    Categories::of(&[
        Category::AllergyAdr,
        Category::Diagnosis,
        Category::Procedure,
        Category::Medication,
        Category::Encounter,
        Category::ClinNote,
        Category::BirthImmun,
        Category::Lab,
        Category::RadReport,
        Category::RadImage,
        Category::OtherInvest,
        Category::Referral,
        Category::Tcm,
    ])
}

/// Stands for a document that a real network would have.
fn sample_hash<T: borsh::BorshSerialize>(value: &T) -> Hash32 {
    tagged_value(Tag::Evidence, &("assent sample", value))
}

fn places(places: impl IntoIterator<Item = Place>) -> PlaceSet {
    within(Set::new(places))
}

/// The samples are written here, within every bound.
fn within<T, E: fmt::Display>(value: Result<T, E>) -> T {
    match value {
        Ok(value) => value,
        Err(error) => panic!("a sample keeps the bounds of its parts: {error}"),
    }
}
