//! Random walks over proposals, votes, emergencies and transfer bases of a production chain.

use assent_types::action::{Action, RotateKey, possession_of};
use assent_types::consent::BasisKind;
use assent_types::governance::*;
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::org::Role;
use assent_types::place::Jurisdiction;
use assent_types::state::BankDesignation;
use assent_types::tx::Transaction;
use assent_types::{BasisId, Currency, FacilityId, Hash32, Height, Millis, OrgId, ProposalId};

use super::walk::Walking;
use crate::testing::governance::*;
use crate::testing::*;
use crate::{BlockOutcome, Table};

/// A walk: a world, and what its transactions may refer to.
pub(super) struct GovernanceWalk {
    pub(super) world: World,
    rng: Rng,
    newcomers: Vec<OrgId>,
    next_org: u32,
    next_key: u32,
    bases: Vec<BasisId>,
}

impl GovernanceWalk {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = World::council();
        // Proposals that expire or wait for each other should not be rare.
        world.change_params(|params| {
            params.governance.vote_ms = 6 * DAY_MS;
            params.governance.timelock_ms = 2 * DAY_MS;
            params.governance.removal_ms = 2 * DAY_MS;
            params.governance.emergency_ms = 2 * DAY_MS;
        });
        Self { world, rng: Rng(seed), newcomers: Vec::new(), next_org: 50, next_key: 0, bases: Vec::new() }
    }

    fn seated(&mut self) -> OrgId {
        if !self.newcomers.is_empty() && self.rng.one_in(8) {
            return *self.rng.pick(&self.newcomers);
        }
        *self.rng.pick(&SEATED)
    }

    fn anybody(&mut self) -> OrgId {
        if self.rng.one_in(10) { *self.rng.pick(&[SETTLER, ORACLE]) } else { self.seated() }
    }

    fn regulator(&mut self) -> OrgId {
        *self.rng.pick(&[R_CN, R_HK, R_MO])
    }

    fn fresh(&mut self) -> SecretKey {
        self.next_key += 1;
        key(210, self.next_key, 0)
    }

    fn statement(&mut self) -> Hash32 {
        if self.rng.one_in(12) { Hash32::ZERO } else { Hash32([0x5e; 32]) }
    }

    fn power_payload(&mut self) -> Payload {
        let org = self.seated();
        match self.rng.below(4) {
            0 => {
                let org = if self.rng.one_in(2) { T_HK } else { org };
                let key = org_key(org, KeyUsage::Validate, 0).public();
                Payload::AddValidator(AddValidator { org, power: 1 + self.rng.below(16), key })
            }
            1 => Payload::RemoveValidator(RemoveValidator { org }),
            _ => Payload::SetValidatorPower(SetValidatorPower { org, power: self.rng.below(18) }),
        }
    }

    fn member_payload(&mut self) -> Payload {
        let org = self.seated();
        match self.rng.below(5) {
            0 => {
                let role = *self.rng.pick(&[Role::Hospital, Role::Insurer, Role::Custodian, Role::Bank]);
                let seat = *self.rng.pick(&[SHENZHEN, HONG_KONG, MACAO]);
                let id = OrgId(self.next_org);
                self.next_org += u32::from(!self.rng.one_in(4));
                Payload::AddOrg(Box::new(newcomer(id, role, seat)))
            }
            1 => Payload::RemoveOrg(RemoveOrg { org, statement: self.statement() }),
            2 => {
                let new = self.fresh();
                Payload::ReplaceKey(Box::new(replacement(org, KeyUsage::Receipt, &new)))
            }
            _ => {
                let (by, scope) = *self.rng.pick(&[(R_CN, SHENZHEN), (R_HK, HONG_KONG), (R_MO, SHENZHEN)]);
                let mut accreditation = accreditation_of(by, scope);
                accreditation.nbf = Millis(START.0 + self.rng.below(3));
                Payload::Accredit(Box::new(Accredit { org, accreditation }))
            }
        }
    }

    fn payload(&mut self) -> Payload {
        match self.rng.below(9) {
            0 | 1 => self.power_payload(),
            2 | 3 => self.member_payload(),
            4 => {
                let kind = *self.rng.pick(&[BasisKind::GbaScHk, BasisKind::HkRmc, BasisKind::MoTransfer]);
                Payload::SetBasisKind(SetBasisKind { kind, accepted: self.rng.one_in(2) })
            }
            5 => {
                let designation = BankDesignation { ccy: Currency::Hkd, bank: SETTLER };
                Payload::DesignateBank(DesignateBank { designation, designated: !self.rng.one_in(3) })
            }
            6 => {
                let height = Height(self.world.height.0 + self.rng.below(200));
                let (binary, migration) = (Hash32([1; 32]), Hash32::ZERO);
                Payload::UpgradeProtocol(Upgrade { height, app_version: 9, binary, migration })
            }
            7 => {
                let ratified: Vec<ProposalId> =
                    self.world.halts().measures.iter().map(|measure| measure.proposal).collect();
                match ratified.first() {
                    Some(emergency) => Payload::LiftMeasure(LiftMeasure { emergency: *emergency }),
                    None => duration(DurationParam::ClaimsPay, DAY_MS),
                }
            }
            _ => {
                let param = *self.rng.pick(&[DurationParam::ClaimsAck, DurationParam::ProposalTtl]);
                duration(param, self.rng.below(3) * DAY_MS)
            }
        }
    }

    fn open(&self) -> Vec<ProposalId> {
        let register = crate::runtime::state::governance(&self.world.state).unwrap();
        let measures = self.world.halts();
        let in_force = measures.measures.iter().filter(|measure| measure.until.is_some());
        register.open.iter().copied().chain(in_force.map(|measure| measure.proposal)).collect()
    }

    fn vote(&mut self) -> Option<Transaction> {
        let open = self.open();
        // The oldest ones first, so that votes come together.
        let proposal = *open.get(self.rng.index(open.len().clamp(1, 4)))?;
        let approve = !self.rng.one_in(6);
        let by = self.anybody();
        Some(self.world.tx(&signing(by), vote_action(proposal, approve)))
    }

    fn emergency(&mut self) -> Transaction {
        let org = self.seated();
        let jurisdiction = *self.rng.pick(Jurisdiction::ALL);
        let target = *self.rng.pick(&[
            Target::Org(org),
            Target::Org(org),
            Target::Facility { org, facility: FacilityId(1) },
            Target::Borders,
            Target::Outbound(jurisdiction),
            Target::Basis { exporter: P_CN, basis: BASIS_HKH },
            Target::BreakGlass,
            Target::Settlement,
        ]);
        let by = if self.rng.one_in(8) { self.anybody() } else { self.regulator() };
        let with = self.regulator();
        let cosigners: Vec<SecretKey> = if with != by && self.rng.one_in(2) { vec![signing(with)] } else { Vec::new() };
        self.world.cosigned(&signing(by), emergency_action(target), &cosigners.iter().collect::<Vec<_>>())
    }

    /// Ratifies or lifts a measure that is in force.
    fn end_emergency(&mut self) -> Option<Transaction> {
        let halts = self.world.halts();
        let measures: Vec<&Measure> = halts.measures.iter().filter(|measure| measure.until.is_some()).collect();
        let measure = *measures.get(self.rng.index(measures.len().max(1)))?;
        let emergency = measure.proposal;
        let by = if self.rng.one_in(4) { self.regulator() } else { measure.by[0] };
        let action = if self.rng.one_in(3) {
            Action::Lift(Lift { emergency })
        } else {
            let about_org = matches!(measure.target, Target::Org(_) | Target::Facility { .. });
            let statement = if about_org { self.statement() } else { Hash32::ZERO };
            Action::Ratify(Ratify { emergency, statement })
        };
        Some(self.world.tx(&signing(by), action))
    }

    fn basis(&mut self) -> Transaction {
        let regulator = if self.rng.one_in(6) { R_HK } else { R_CN };
        let exporter = P_CN;
        let action = match (self.bases.last().copied(), self.rng.below(3)) {
            (Some(basis), 0) => Action::FileBasis(FileBasis { exporter, basis, filing: Hash32([1; 32]) }),
            (Some(basis), 1) => Action::EndBasis(EndBasis { exporter, basis }),
            _ => {
                let mut register = register_action(BasisKind::GbaScHk, exporter, P_HK);
                register.filing_deadline = self.world.time.plus(self.rng.below(4 * DAY_MS));
                Action::RegisterBasis(Box::new(register))
            }
        };
        self.world.cosigned(&signing(exporter), action, &[&signing(regulator)])
    }

    /// A routine rotation, which no suspension stops.
    fn rotate(&mut self) -> Transaction {
        let (org, new) = (self.seated(), self.fresh());
        let possession = new.sign_possession(&possession_of(CHAIN, &new.public(), &org));
        let usage = KeyUsage::Encrypt;
        let (nbf, exp) = (START, FAR);
        let rotate = RotateKey { org, old: None, new: new.public(), usage, nbf, exp, possession };
        self.world.tx(&org_key(org, KeyUsage::Recovery, 0), Action::RotateKey(rotate))
    }

    fn next_tx(&mut self) -> Option<Transaction> {
        Some(match self.rng.below(20) {
            0..=2 => {
                let payload = self.payload();
                let by = self.anybody();
                self.world.tx(&signing(by), propose_action(payload))
            }
            3 => self.emergency(),
            4 => return self.end_emergency(),
            5 => self.basis(),
            6 => self.rotate(),
            _ => return self.vote(),
        })
    }
}

impl Walking for GovernanceWalk {
    fn world(&self) -> &World {
        &self.world
    }

    fn next_block(&mut self) -> Vec<Transaction> {
        if self.rng.one_in(3) {
            self.world.time = self.world.time.plus(self.rng.below(2 * DAY_MS));
        }
        (0..self.rng.below(16)).filter_map(|_| self.next_tx()).collect()
    }

    fn run(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome {
        let outcome = self.world.run_with(tables, txs);
        let register = crate::runtime::state::governance(&self.world.state).unwrap();
        self.newcomers = register.orgs.iter().copied().filter(|org| org.0 >= 50).collect();
        for (tx, (receipt, _)) in txs.iter().zip(&outcome.receipts) {
            if receipt.code == 0 && matches!(tx.body.action, Action::RegisterBasis(_)) {
                self.bases.push(basis_id_of(&tx.hash()));
            }
        }
        outcome
    }
}
