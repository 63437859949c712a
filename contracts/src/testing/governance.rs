//! A production chain that governs itself: regulators of three jurisdictions, members in every chamber, nine validators.

use assent_types::action::{Action, possession_of};
use assent_types::consent::{self, Categories};
use assent_types::governance::*;
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::org::{Accreditation, AccreditationKind, KeyRecord, Org, Role};
use assent_types::place::Place;
use assent_types::state::{ChainClass, Params};
use assent_types::validator::{Validator, ValidatorSet};
use assent_types::*;

use super::{
    BASIS_HKH, CHAIN, DAY_MS, FAR, HONG_KONG, MACAO, ORACLE, SHENZHEN, START, World, basis, org, org_key, places,
    signing,
};
use crate::{BlockOutcome, GenesisState, default_params};

pub(crate) const R_CN: OrgId = OrgId(31);
pub(crate) const R_HK: OrgId = OrgId(32);
pub(crate) const R_MO: OrgId = OrgId(33);
pub(crate) const P_CN: OrgId = OrgId(34);
pub(crate) const P_HK: OrgId = OrgId(35);
pub(crate) const P_MO: OrgId = OrgId(36);
pub(crate) const I_HK: OrgId = OrgId(37);
pub(crate) const I_MO: OrgId = OrgId(38);
pub(crate) const T_CN: OrgId = OrgId(39);
pub(crate) const T_HK: OrgId = OrgId(40);
/// A bank: a member without a seat.
pub(crate) const SETTLER: OrgId = OrgId(45);
pub(crate) const SEATED: [OrgId; 10] = [R_CN, R_HK, R_MO, P_CN, P_HK, P_MO, I_HK, I_MO, T_CN, T_HK];
/// All but the last two members validate, each with this power.
pub(crate) const POWER: u64 = 10;

fn member(id: OrgId, role: Role, seat: Place) -> Org {
    let mut org = org(id, &[role], seat, &[]);
    let key = org_key(id, KeyUsage::Node, 0).public();
    org.keys.push(KeyRecord { key, usage: KeyUsage::Node, nbf: Millis(0), exp: FAR, revoked_at: None }).unwrap();
    org
}

pub(crate) fn council() -> GenesisState {
    let orgs = vec![
        member(R_CN, Role::Regulator, SHENZHEN),
        member(R_HK, Role::Regulator, HONG_KONG),
        member(R_MO, Role::Regulator, MACAO),
        member(P_CN, Role::Hospital, SHENZHEN),
        member(P_HK, Role::Hospital, HONG_KONG),
        member(P_MO, Role::Hospital, MACAO),
        member(I_HK, Role::Insurer, HONG_KONG),
        member(I_MO, Role::Insurer, MACAO),
        member(T_CN, Role::Custodian, SHENZHEN),
        member(T_HK, Role::Custodian, HONG_KONG),
        member(SETTLER, Role::Bank, HONG_KONG),
        member(ORACLE, Role::FxOracle, HONG_KONG),
    ];
    let validators = SEATED[..9].iter().map(|org| Validator {
        org: *org,
        power: POWER,
        key: org_key(*org, KeyUsage::Validate, 0).public(),
    });
    GenesisState {
        time: START,
        params: default_params(ChainClass::Production),
        validators: ValidatorSet::new(validators.collect()).unwrap(),
        orgs,
        bases: vec![basis(BASIS_HKH, consent::BasisKind::GbaScHk, P_CN, P_HK)],
    }
}

/// An organisation that may be admitted, with its keys' proofs of possession.
pub(crate) fn newcomer(id: OrgId, role: Role, seat: Place) -> AddOrg {
    let org = member(id, role, seat);
    let usages = [
        (KeyUsage::SignTx, 0),
        (KeyUsage::SignTx, 1),
        (KeyUsage::Receipt, 0),
        (KeyUsage::Validate, 0),
        (KeyUsage::Recovery, 0),
        (KeyUsage::Node, 0),
    ];
    let possession = |(usage, index)| {
        let key = org_key(id, usage, index);
        key.sign_possession(&possession_of(CHAIN, &key.public(), &id))
    };
    AddOrg { org, possessions: List::new(usages.map(possession).to_vec()).unwrap() }
}

pub(crate) fn accreditation_of(by: OrgId, scope: Place) -> Accreditation {
    Accreditation {
        kind: AccreditationKind::EmergencyDept,
        by,
        scope: places(&[scope]),
        nbf: START,
        exp: FAR,
        revoked_at: None,
        evidence: Hash32([1; 32]),
    }
}

pub(crate) fn duration(param: DurationParam, value_ms: u64) -> Payload {
    Payload::SetParam(ParamChange::Duration { param, value_ms })
}

/// Replaces an organisation's signing key by another.
pub(crate) fn replacement(org: OrgId, usage: KeyUsage, new: &SecretKey) -> ReplaceKey {
    ReplaceKey {
        org,
        old: org_key(org, usage, 0).public().id(),
        new: new.public(),
        usage,
        nbf: START,
        exp: FAR,
        possession: new.sign_possession(&possession_of(CHAIN, &new.public(), &org)),
    }
}

pub(crate) fn propose_action(payload: Payload) -> Action {
    Action::Propose(Box::new(Propose { payload }))
}

pub(crate) fn vote_action(proposal: ProposalId, approve: bool) -> Action {
    Action::Vote(Vote { proposal, approve })
}

pub(crate) fn emergency_action(target: Target) -> Action {
    Action::ImposeEmergency(ImposeEmergency { target, order: Hash32([0x0d; 32]) })
}

pub(crate) fn register_action(kind: consent::BasisKind, exporter: OrgId, importer: OrgId) -> RegisterBasis {
    RegisterBasis {
        kind,
        exporter,
        importer,
        from: places(&[SHENZHEN]),
        to: places(&[HONG_KONG]),
        categories: Categories::all(),
        effective: START,
        filing_deadline: START.plus(14 * DAY_MS),
        filing: None,
        pia_ref: Hash32([3; 32]),
        exp: FAR,
    }
}

impl World {
    /// A production chain that governs itself.
    pub(crate) fn council() -> Self {
        Self::from(&council())
    }

    pub(crate) fn proposal(&self, id: ProposalId) -> Proposal {
        (*crate::runtime::state::proposal(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn params(&self) -> Params {
        (*crate::runtime::state::params(&self.state).unwrap()).clone()
    }

    pub(crate) fn member(&self, id: OrgId) -> Org {
        (*crate::runtime::state::org(&self.state, id).unwrap().unwrap()).clone()
    }

    pub(crate) fn try_propose(&mut self, by: OrgId, payload: Payload) -> Result<ProposalId, ErrorCode> {
        let tx = self.tx(&signing(by), propose_action(payload));
        self.send(&tx).map(|()| proposal_id_of(&tx.hash()))
    }

    /// Proposes something that the state allows.
    pub(crate) fn propose(&mut self, by: OrgId, payload: Payload) -> ProposalId {
        let name = payload.name();
        self.try_propose(by, payload).unwrap_or_else(|code| panic!("{name}: {code}"))
    }

    pub(crate) fn vote(&mut self, by: OrgId, proposal: ProposalId, approve: bool) -> Result<(), ErrorCode> {
        self.one(&signing(by), vote_action(proposal, approve))
    }

    pub(crate) fn votes(&mut self, by: &[OrgId], proposal: ProposalId) {
        for org in by {
            assert_eq!(self.vote(*org, proposal, true), Ok(()), "{org}");
        }
    }

    /// Lets time pass, and sweeps.
    pub(crate) fn pass(&mut self, ms: u64) -> BlockOutcome {
        self.time = self.time.plus(ms);
        self.run(&[])
    }

    /// Imposes a measure, signed by the first and co-signed by the others.
    pub(crate) fn impose(&mut self, by: &[OrgId], target: Target) -> Result<ProposalId, ErrorCode> {
        let cosigners: Vec<SecretKey> = by[1..].iter().map(|org| signing(*org)).collect();
        let with: Vec<&SecretKey> = cosigners.iter().collect();
        let tx = self.cosigned(&signing(by[0]), emergency_action(target), &with);
        self.send(&tx).map(|()| proposal_id_of(&tx.hash()))
    }

    pub(crate) fn halts(&self) -> Halts {
        crate::governance::halts::halts_of(&self.state).unwrap()
    }
}
