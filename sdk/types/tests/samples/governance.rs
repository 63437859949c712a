//! Samples of governance: every action, every payload, every target, with optional parts both ways.

use assent_types::action::Action;
use assent_types::claim::OracleDesignation;
use assent_types::consent::{BasisKind, Categories, Category, Purpose, SeparateConsent, SeparateConsents};
use assent_types::governance::*;
use assent_types::key::{KeyUsage, SecretKey, Signature};
use assent_types::limits::PLACES_MAX;
use assent_types::org::{Accreditation, AccreditationKind, Facility, KeyRecord, Org, OrgStatus, Role, RoleSet};
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::{
    AccreditationRule, BankDesignation, Record, SeparateConsentRule, StateKey, UserCategoryRule,
};
use assent_types::*;

const fn hash(byte: u8) -> Hash32 {
    Hash32([byte; 32])
}

fn set<T: Ord, const MAX: usize>(items: impl IntoIterator<Item = T>) -> Set<T, MAX> {
    Set::new(items).unwrap_or_default()
}

fn list<T, const MAX: usize>(items: Vec<T>) -> List<T, MAX> {
    List::new(items).unwrap_or_default()
}

fn places() -> Set<Place, PLACES_MAX> {
    set([Place::city(Jurisdiction::Cn, 4403), Place::whole(Jurisdiction::Hk)])
}

fn key(byte: u8) -> SecretKey {
    SecretKey::from_seed(&[byte; 32])
}

fn signature(byte: u8) -> Signature {
    Signature([byte; 64])
}

fn accreditation() -> Accreditation {
    Accreditation {
        kind: AccreditationKind::EthicsBoard,
        by: OrgId(4),
        scope: places(),
        nbf: Millis(1),
        exp: Millis(2),
        revoked_at: None,
        evidence: hash(81),
    }
}

fn newcomer() -> AddOrg {
    let record =
        KeyRecord { key: key(82).public(), usage: KeyUsage::SignTx, nbf: Millis(1), exp: Millis(9), revoked_at: None };
    let place = Place::whole(Jurisdiction::Mo);
    AddOrg {
        org: Org {
            id: OrgId(30),
            legal_name: Text::new("A hospital").unwrap_or_default(),
            roles: RoleSet::of(&[Role::Hospital]),
            seat: place,
            facilities: list(vec![Facility { id: FacilityId(1), place }]),
            status: OrgStatus::Active,
            keys: list(vec![record]),
            accreditations: List::default(),
        },
        possessions: list(vec![signature(83)]),
    }
}

fn reference() -> AccreditationRef {
    AccreditationRef { org: OrgId(1), kind: AccreditationKind::EthicsBoard, by: OrgId(4), nbf: Millis(1) }
}

fn changes() -> Vec<ParamChange> {
    vec![
        ParamChange::Duration { param: DurationParam::GovernanceTimelock, value_ms: 86_400_000 },
        ParamChange::SweepMax(500),
        ParamChange::AmountMax(1_000_000),
        ParamChange::SelfConsentAge { jurisdiction: Jurisdiction::Hk, years: 17 },
        ParamChange::Currencies(set([Currency::Cny, Currency::Hkd])),
    ]
}

fn payloads() -> Vec<Payload> {
    let limit = MinimisationLimit { categories: Categories::of(&[Category::Lab]), max_grade: 3 };
    let cell = |limit| MinimisationChange { role: Role::Insurer, purpose: Purpose::Clmattch, limit };
    let fx = OracleDesignation { base: Currency::Cny, quote: Currency::Hkd, oracle: OrgId(9) };
    let bank = BankDesignation { ccy: Currency::Mop, bank: OrgId(7) };
    let replace = ReplaceKey {
        org: OrgId(1),
        old: KeyId(hash(84)),
        new: key(85).public(),
        usage: KeyUsage::Validate,
        nbf: Millis(1),
        exp: Millis(2),
        possession: signature(86),
    };
    let accreditations = AccreditationRule {
        role: Role::Hospital,
        purpose: Purpose::Btg,
        jurisdiction: Jurisdiction::Hk,
        any_of: list(vec![AccreditationKind::EmergencyDept]),
    };
    let separate = SeparateConsentRule {
        jurisdiction: Jurisdiction::Cn,
        always: SeparateConsents::of(&[SeparateConsent::Sens]),
        provision: SeparateConsents::of(&[SeparateConsent::Prov]),
        outside: SeparateConsents::of(&[SeparateConsent::Xb]),
    };
    let upgrade = Upgrade { height: Height(99), app_version: 2, binary: hash(87), migration: hash(88) };
    let user = UserCategoryRule { user_role: access::UserRole::Nurse, categories: Categories::of(&[Category::Lab]) };
    let mut payloads: Vec<Payload> = changes().into_iter().map(Payload::SetParam).collect();
    payloads.extend([
        Payload::AddOrg(Box::new(newcomer())),
        Payload::Accredit(Box::new(Accredit { org: OrgId(1), accreditation: accreditation() })),
        Payload::RenewAccreditation(RenewAccreditation {
            accreditation: reference(),
            exp: Millis(3),
            evidence: hash(89),
        }),
        Payload::RemoveOrg(RemoveOrg { org: OrgId(5), statement: hash(90) }),
        Payload::RevokeAccreditation(RevokeAccreditation { accreditation: reference(), statement: hash(91) }),
        Payload::ReplaceKey(Box::new(replace)),
        Payload::AddValidator(AddValidator { org: OrgId(5), power: 3, key: key(92).public() }),
        Payload::SetValidatorPower(SetValidatorPower { org: OrgId(1), power: 2 }),
        Payload::RemoveValidator(RemoveValidator { org: OrgId(2) }),
        Payload::SetMinimisation(cell(Some(limit))),
        Payload::SetMinimisation(cell(None)),
        Payload::SetAccreditationRule(accreditations),
        Payload::SetUserCategories(user),
        Payload::SetSeparateConsents(separate),
        Payload::SetGbaPlaces(SetGbaPlaces { contract: BasisKind::GbaScHk, places: places() }),
        Payload::SetBasisKind(SetBasisKind { kind: BasisKind::CnScc, accepted: false }),
        Payload::DesignateBank(DesignateBank { designation: bank, designated: true }),
        Payload::DesignateFxo(DesignateFxo { designation: fx, designated: false }),
        Payload::UpgradeProtocol(upgrade),
        Payload::LiftMeasure(LiftMeasure { emergency: ProposalId(hash(93)) }),
    ]);
    payloads
}

fn targets() -> [Target; 7] {
    [
        Target::Org(OrgId(2)),
        Target::Facility { org: OrgId(2), facility: FacilityId(1) },
        Target::Borders,
        Target::Outbound(Jurisdiction::Cn),
        Target::Basis { exporter: OrgId(1), basis: BasisId(hash(94)) },
        Target::BreakGlass,
        Target::Settlement,
    ]
}

fn register(filing: Option<Hash32>) -> RegisterBasis {
    RegisterBasis {
        kind: BasisKind::GbaScHk,
        exporter: OrgId(1),
        importer: OrgId(2),
        from: places(),
        to: places(),
        categories: Categories::of(&[Category::Lab, Category::RadImage]),
        effective: Millis(1),
        filing_deadline: Millis(2),
        filing,
        pia_ref: hash(95),
        exp: Millis(3),
    }
}

pub(super) fn actions() -> Vec<Action> {
    let (proposal, order) = (ProposalId(hash(96)), hash(97));
    let mut actions: Vec<Action> =
        payloads().into_iter().map(|payload| Action::Propose(Box::new(Propose { payload }))).collect();
    actions.extend(targets().map(|target| Action::ImposeEmergency(ImposeEmergency { target, order })));
    actions.extend([
        Action::Vote(Vote { proposal, approve: true }),
        Action::Ratify(Ratify { emergency: proposal, statement: hash(98) }),
        Action::Lift(Lift { emergency: proposal }),
        Action::RegisterBasis(Box::new(register(None))),
        Action::RegisterBasis(Box::new(register(Some(hash(99))))),
        Action::FileBasis(FileBasis { exporter: OrgId(1), basis: BasisId(hash(94)), filing: hash(99) }),
        Action::EndBasis(EndBasis { exporter: OrgId(1), basis: BasisId(hash(94)) }),
    ]);
    actions
}

pub(super) fn records() -> Vec<(StateKey, Record)> {
    let id = ProposalId(hash(96));
    let by = set([OrgId(4), OrgId(6)]);
    let emergency = Emergency { target: Target::Org(OrgId(2)), order: hash(97), by: Set::clone(&by), ends: Millis(9) };
    let open = Proposal {
        id,
        class: Class::Parameters,
        matter: Matter::Payload(Payload::SetParam(ParamChange::SweepMax(500))),
        by: OrgId(1),
        at: Millis(1),
        votes: list(vec![CastVote { org: OrgId(1), approve: true, at: Millis(2) }]),
        tally: None,
        due: Some(Millis(9)),
        ended: None,
        refused: None,
        status: ProposalStatus::Open,
    };
    let lapsed = Proposal {
        class: Class::Suspension,
        matter: Matter::Emergency(emergency),
        votes: List::default(),
        tally: Some(Tally { at: Millis(3), yes: set([OrgId(1)]) }),
        due: None,
        ended: Some(Millis(9)),
        refused: Some(209),
        status: ProposalStatus::EmergencyLapsed,
        ..open.clone()
    };
    let register = Governance {
        orgs: set([OrgId(1), OrgId(2)]),
        open: list(vec![id]),
        closed: list(vec![ProposalId(hash(93))]),
        epoch: PowerEpoch { number: 7, total: 90, changed: 10 },
        upgrade: Some(Upgrade { height: Height(99), app_version: 2, binary: hash(87), migration: Hash32::ZERO }),
    };
    let measures = targets().into_iter().enumerate().map(|(index, target)| Measure {
        proposal: id,
        target,
        by: Set::clone(&by),
        until: (index > 0).then_some(Millis(9)),
    });
    let bar = Bar { target: Target::Borders, by: Set::clone(&by), until: Millis(12) };
    let halts = Halts { measures: list(measures.collect()), bars: list(vec![bar]) };
    vec![
        (StateKey::Proposal(id), Record::Proposal(Box::new(open))),
        (StateKey::Proposal(id), Record::Proposal(Box::new(lapsed))),
        (StateKey::Governance, Record::Governance(Box::new(register))),
        (StateKey::Halts, Record::Halts(halts)),
    ]
}
