//! The organisations of the samples.

use assent_types::OrgId;
use assent_types::key::KeyUsage;
use assent_types::org::{AccreditationKind, Role};
use assent_types::place::{Jurisdiction, Place};

/// GB/T 2260 codes of the cities that occur.
pub(super) const SHENZHEN: u32 = 4403;
const GUANGZHOU: u32 = 4401;
const DONGGUAN: u32 = 4419;
const SHANTOU: u32 = 4405;

/// Power of a regulator that founds a production chain.
const REGULATOR_POWER: u64 = 120;
/// Power of every other founder.
const MEMBER_POWER: u64 = 130;

/// What a sample says about one organisation.
pub(super) struct Plan {
    pub(super) id: OrgId,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
    pub(super) seat: Place,
    pub(super) accreditations: Vec<(AccreditationKind, Jurisdiction)>,
    /// Its power as a validator; none if it does not validate.
    pub(super) power: Option<u64>,
}

impl Plan {
    fn new(id: u32, slug: &str, name: &str, roles: &[Role], seat: Place) -> Self {
        Self {
            id: OrgId(id),
            slug: slug.to_owned(),
            name: name.to_owned(),
            roles: roles.to_vec(),
            seat,
            accreditations: Vec::new(),
            power: None,
        }
    }

    fn accredited(mut self, kinds: &[AccreditationKind]) -> Self {
        self.accreditations.extend(kinds.iter().map(|kind| (*kind, self.seat.jur)));
        self
    }

    fn validating(mut self, power: u64) -> Self {
        self.power = Some(power);
        self
    }

    /// Usages of its keys, in the order in which seeds are drawn.
    pub(super) fn usages(&self) -> impl Iterator<Item = KeyUsage> + use<> {
        let all = [KeyUsage::SignTx, KeyUsage::Receipt, KeyUsage::Recovery, KeyUsage::Node, KeyUsage::Validate];
        let count = if self.power.is_some() { all.len() } else { all.len() - 1 };
        all.into_iter().take(count)
    }
}

/// Who accredits in this jurisdiction: its regulator, else the first one, which only a test chain allows.
pub(super) fn regulator_of(plans: &[Plan], jurisdiction: Jurisdiction) -> OrgId {
    let mut regulators = plans.iter().filter(|plan| plan.roles.contains(&Role::Regulator));
    let first = regulators.clone().next();
    let own = regulators.find(|plan| plan.seat.jur == jurisdiction);
    own.or(first).map_or(OrgId(0), |plan| plan.id)
}

const fn mainland(city: u32) -> Place {
    Place::city(Jurisdiction::Cn, city)
}

const HONG_KONG: Place = Place::whole(Jurisdiction::Hk);
const MACAO: Place = Place::whole(Jurisdiction::Mo);

const MAINLAND_HOSPITAL: &[AccreditationKind] = &[
    AccreditationKind::GdIntlMedicalPilot,
    AccreditationKind::EhealthNonHkRecognised,
    AccreditationKind::EmergencyDept,
    AccreditationKind::GbaScParty,
];
const HONG_KONG_HOSPITAL: &[AccreditationKind] = &[
    AccreditationKind::EhealthHcp,
    AccreditationKind::EhealthDepositDesignated,
    AccreditationKind::EmergencyDept,
    AccreditationKind::GbaScParty,
];
const HONG_KONG_INSURER: &[AccreditationKind] = &[AccreditationKind::HkInsurerAuth, AccreditationKind::GbaScParty];

/// The members that validate, in the order of their numbers. Every third of the list has another role, so that a
/// network of the first seven keeps each chamber and each jurisdiction under its share.
fn member(id: u32) -> Plan {
    let hospital = &[Role::Hospital, Role::KeyHolder];
    let regulator = &[Role::Regulator, Role::KeyHolder];
    let plan = match (id - 1) % 7 {
        0 => Plan::new(id, "shenzhen-hospital", "Shenzhen Sample Hospital", hospital, mainland(SHENZHEN))
            .accredited(MAINLAND_HOSPITAL),
        1 => Plan::new(id, "hongkong-hospital", "Hong Kong Sample Hospital", hospital, HONG_KONG)
            .accredited(HONG_KONG_HOSPITAL),
        2 => Plan::new(id, "hongkong-insurer", "Hong Kong Sample Insurer", &[Role::Insurer], HONG_KONG)
            .accredited(HONG_KONG_INSURER),
        3 => Plan::new(id, "regulator", "Shenzhen Sample Regulator", regulator, mainland(SHENZHEN)),
        4 => Plan::new(id, "macao-insurer", "Macao Sample Insurer", &[Role::Insurer], MACAO)
            .accredited(&[AccreditationKind::MoInsurerAuth]),
        5 => Plan::new(id, "hongkong-regulator", "Hong Kong Sample Regulator", regulator, HONG_KONG),
        _ => Plan::new(id, "macao-regulator", "Macao Sample Regulator", regulator, MACAO),
    };
    plan.validating(1)
}

pub(super) fn sample() -> Vec<Plan> {
    let mut plans: Vec<Plan> = (1..=4).map(member).collect();
    plans.push(
        Plan::new(5, "second-insurer", "Second Sample Insurer", &[Role::Insurer], HONG_KONG)
            .accredited(HONG_KONG_INSURER),
    );
    plans.push(app(6));
    plans.push(Plan::new(7, "settlement-bank", "Sample Settlement Bank", &[Role::Bank], HONG_KONG));
    plans.push(Plan::new(8, "fx-oracle-1", "First Sample FX Oracle", &[Role::FxOracle], HONG_KONG));
    plans.push(Plan::new(9, "fx-oracle-2", "Second Sample FX Oracle", &[Role::FxOracle], HONG_KONG));
    plans.push(Plan::new(10, "code-authority", "Sample Code Authority", &[Role::CodeAuthority], mainland(SHENZHEN)));
    let custodians = [
        ("guangzhou", mainland(GUANGZHOU)),
        ("shenzhen", mainland(SHENZHEN)),
        ("dongguan", mainland(DONGGUAN)),
        ("hongkong-1", HONG_KONG),
        ("hongkong-2", HONG_KONG),
        ("hongkong-3", HONG_KONG),
    ];
    for ((city, seat), id) in custodians.into_iter().zip(11..) {
        let (slug, name) = (format!("custodian-{city}"), format!("Sample Custodian {city}"));
        plans.push(Plan::new(id, &slug, &name, &[Role::Custodian], seat).accredited(&[AccreditationKind::Iso27001]));
    }
    plans.push(
        Plan::new(17, "shantou-hospital", "Shantou Sample Hospital", &[Role::Hospital], mainland(SHANTOU))
            .accredited(&[AccreditationKind::GdIntlMedicalPilot, AccreditationKind::EmergencyDept]),
    );
    plans
}

/// The clients of a simulation, numbered from `first`.
pub(super) fn clients(first: u32) -> Vec<Plan> {
    let custodian = |id, city: &str, seat| {
        let (slug, name) = (format!("custodian-{city}"), format!("Sample Custodian {city}"));
        Plan::new(id, &slug, &name, &[Role::Custodian], seat).accredited(&[AccreditationKind::Iso27001])
    };
    vec![
        Plan::new(first, "second-insurer", "Second Sample Insurer", &[Role::Insurer], HONG_KONG)
            .accredited(HONG_KONG_INSURER),
        Plan::new(first + 1, "settlement-bank", "Sample Settlement Bank", &[Role::Bank], HONG_KONG),
        Plan::new(first + 2, "second-hospital", "Second Sample Hospital", &[Role::Hospital], mainland(SHENZHEN))
            .accredited(MAINLAND_HOSPITAL),
        custodian(first + 3, "guangzhou", mainland(GUANGZHOU)),
        custodian(first + 4, "shenzhen", mainland(SHENZHEN)),
        custodian(first + 5, "dongguan", mainland(DONGGUAN)),
        custodian(first + 6, "shantou", mainland(SHANTOU)),
        custodian(first + 7, "hongkong-1", HONG_KONG),
        custodian(first + 8, "hongkong-2", HONG_KONG),
    ]
}

/// The app through which patients sign.
fn app(id: u32) -> Plan {
    Plan::new(id, "patient-app", "Sample Patient App", &[Role::App], HONG_KONG)
}

pub(super) fn simulated(n_validators: u32) -> Vec<Plan> {
    let mut plans: Vec<Plan> = (1..=n_validators).map(member).collect();
    for plan in plans.iter_mut().skip(7) {
        plan.slug = format!("{}-{}", plan.slug, plan.id);
        plan.name = format!("{} {}", plan.name, plan.id);
    }
    plans.push(app(n_validators + 1));
    if n_validators < 4 {
        plans.push(Plan { power: None, id: OrgId(n_validators + 2), ..member(4) });
    }
    plans
}

pub(super) fn production() -> Vec<Plan> {
    let mut plans = founders();
    plans.push(app(9));
    plans.extend(clients(10));
    plans
}

/// The members that found a production chain. Half of them are regulators and five sit in Hong Kong, so that with equal
/// powers the regulators would have half of it: theirs is a little less.
fn founders() -> Vec<Plan> {
    let regulator = |id, slug: &str, name: &str, seat| {
        Plan::new(id, slug, name, &[Role::Regulator, Role::KeyHolder], seat).validating(REGULATOR_POWER)
    };
    let mut plans: Vec<Plan> = (1..=3).map(|id| member(id).validating(MEMBER_POWER)).collect();
    plans.push(member(4).validating(REGULATOR_POWER));
    plans.push(regulator(5, "hongkong-regulator", "Hong Kong Sample Regulator", HONG_KONG));
    plans.push(regulator(6, "macao-regulator", "Macao Sample Regulator", MACAO));
    plans.push(regulator(7, "insurance-regulator", "Hong Kong Sample Insurance Regulator", HONG_KONG));
    plans.push(
        Plan::new(8, "hongkong-custodian", "Hong Kong Sample Custodian", &[Role::Custodian], HONG_KONG)
            .accredited(&[AccreditationKind::Iso27001])
            .validating(MEMBER_POWER),
    );
    plans
}
