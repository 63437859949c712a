//! Random walks over what other machines read: claim codes, assignments and delegations, rates, code systems, audit logs
//! of organisations, look-ups, consents that clerks attest.

use assent_types::action::{Action, RevokeConsent};
use assent_types::claim::{Capacity, CodeRef};
use assent_types::claim_code::{ClaimCodeBody, SpentClaimCode};
use assent_types::consent::Grantor;
use assent_types::delegation::*;
use assent_types::fixing::WithdrawFixing;
use assent_types::key::SecretKey;
use assent_types::oversight::LawfulLookup;
use assent_types::state::StateKey;
use assent_types::tx::Transaction;
use assent_types::*;

use super::list_walk::Lists;
use super::walk::Walking;
use crate::testing::claim_codes::*;
use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::*;
use crate::{BlockOutcome, Table};

/// A walk: a world, and what its transactions may refer to.
pub(super) struct RegisterWalk {
    world: World,
    rng: Rng,
    next_code: u8,
    /// Bodies of codes that somebody made, spent or not.
    bodies: Vec<(u8, ClaimCodeBody)>,
    codes: Vec<ClaimCodeId>,
    cases: Vec<CaseId>,
    fixings: Vec<FixingId>,
    assignments: Vec<AssignmentId>,
    next_bill: u32,
    lists: Lists,
}

impl RegisterWalk {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = World::with_subjects(2);
        world.change_params(|params| params.access.attest_rate = 3);
        let lists = Lists::new(&mut world);
        let cases = [1, 2].map(|n| world.case(n, INSURER)).to_vec();
        Self {
            world,
            rng: Rng(seed),
            next_code: 1,
            bodies: Vec::new(),
            codes: Vec::new(),
            cases,
            fixings: Vec::new(),
            assignments: Vec::new(),
            next_bill: 1,
            lists,
        }
    }

    /// Mostly the key that fits.
    fn or_another(&mut self, key: SecretKey) -> SecretKey {
        if self.rng.one_in(12) { signing(*self.rng.pick(&[SZH, HKH, INSURER, REGULATOR, ORACLE])) } else { key }
    }

    fn tx(&mut self, key: SecretKey, action: Action) -> Transaction {
        let key = self.or_another(key);
        self.world.tx(&key, action)
    }

    fn new_code(&mut self) -> (u8, ClaimCodeBody) {
        if !self.bodies.is_empty() && self.rng.one_in(5) {
            return self.rng.pick(&self.bodies).clone();
        }
        let n = self.next_code;
        self.next_code = self.next_code.wrapping_add(1).max(1);
        let consent_of = 1 + u32::try_from(self.rng.below(2)).unwrap();
        let mut body = code_body(n, consent_of, self.world.time);
        match self.rng.below(10) {
            0 => body.exp = self.world.time,
            1 => body.cap = hkd(u64::MAX),
            2 => body.insurer = HKH,
            _ => {}
        }
        body.case_exp = self.world.time.plus(1 + self.rng.below(20 * DAY_MS));
        body.disclose.exp = Some(body.case_exp);
        self.bodies.push((n, body.clone()));
        (n, body)
    }

    fn redeemed(&mut self) -> Option<SpentClaimCode> {
        let late = &self.codes[self.codes.len().saturating_sub(6)..];
        let id = *late.get(self.rng.index(late.len().max(1)))?;
        Some(self.world.code(id))
    }

    fn claim_code(&mut self) -> Option<Transaction> {
        match self.rng.below(8) {
            0..4 => {
                let (n, body) = self.new_code();
                let redeem = redeem(granted_code(body), n, self.world.time);
                Some(self.tx(signing(HKH), redeem_action(redeem)))
            }
            4 => {
                let (_, body) = self.new_code();
                Some(self.tx(subject_key(1), Action::RevokeClaimCode(revoke_code(&body))))
            }
            5 => {
                let code = self.redeemed()?;
                let (capacity, key) = if self.rng.one_in(2) {
                    (Capacity::Subject, subject_key(1))
                } else {
                    (Capacity::Organisation, signing(HKH))
                };
                Some(self.tx(key, close_case(code.id, capacity, &[])))
            }
            6 => {
                let case = self.redeemed()?.redeemed?.case;
                let (bill, total) = (self.next_bill, hkd(1 + self.rng.below(900)));
                self.next_bill += 1;
                let terms = claim_terms_of(case, &[bill], total);
                // The bill comes too late as often as not.
                let register = self.rng.one_in(2);
                let action = if register { register_bill(bill, total) } else { submit(terms, Capacity::Organisation) };
                Some(self.tx(signing(HKH), action))
            }
            _ => {
                let consent = self.redeemed()?.redeemed?.consent;
                let n = 1 + u32::try_from(self.rng.below(2)).unwrap();
                let revoke =
                    RevokeConsent { target: target(n, SZH, consent), grantor: Grantor::Subject, evidence: None };
                Some(self.tx(subject_key(n), Action::RevokeConsent(revoke)))
            }
        }
    }

    fn code_system(&mut self) -> Transaction {
        let part = |rng: &mut Rng| u32::try_from(1 + rng.below(3)).unwrap();
        let action = if self.rng.one_in(2) {
            let (system, version) = (part(&mut self.rng), part(&mut self.rng));
            Action::RegisterCodeSystem(Box::new(code_system(system, version)))
        } else {
            let mut reference = || CodeRef { system: part(&mut self.rng), version: part(&mut self.rng) };
            let (src, dst) = (reference(), reference());
            let effective = self.world.time.plus(25 * DAY_MS + self.rng.below(60 * DAY_MS));
            Action::RegisterCodeMap(Box::new(code_map(src, dst, effective)))
        };
        let reviewers = [signing(REGULATOR), signing(if self.rng.one_in(5) { SZH } else { HKH })];
        let key = self.or_another(signing(CODER));
        self.world.cosigned(&key, action, &[&reviewers[0], &reviewers[1]])
    }

    fn delegation(&mut self) -> Transaction {
        let principal = *self.rng.pick(&[INSURER, HKH]);
        if self.rng.one_in(2) {
            let mut grant = delegation(principal);
            grant.exp = self.world.time.plus(self.rng.below(30 * DAY_MS));
            return self.tx(signing(principal), delegate(grant));
        }
        let revoke = RevokeDelegation { principal, delegate: ADMINISTRATOR };
        let key = if self.rng.one_in(2) { signing(principal) } else { signing(ADMINISTRATOR) };
        self.tx(key, Action::RevokeDelegation(revoke))
    }

    fn assignment(&mut self) -> Option<Transaction> {
        if self.rng.one_in(2) {
            let assignment = *self.assignments.get(self.rng.index(self.assignments.len().max(1)))?;
            return Some(self.tx(signing(ADVANCER), Action::ReleaseAssignment(ReleaseAssignment { assignment })));
        }
        let index = self.rng.index(self.cases.len());
        let (case, n) = (self.cases[index], if index == 1 { 2 } else { 1 });
        let assign = AssignBenefit { case, payer: ADVANCER, capacity: Capacity::Subject };
        let (key, with) = (self.or_another(subject_key(n)), signing(ADVANCER));
        let with: &[&SecretKey] = if self.rng.one_in(5) { &[] } else { &[&with] };
        Some(self.world.cosigned(&key, Action::AssignBenefit(assign), with))
    }

    fn rate(&mut self) -> Option<Transaction> {
        if self.rng.one_in(3) {
            let fixing = *self.fixings.get(self.rng.index(self.fixings.len().max(1)))?;
            let key = signing(*self.rng.pick(&[ORACLE, ORACLE2, REGULATOR]));
            return Some(self.tx(key, Action::WithdrawFixing(WithdrawFixing { fixing })));
        }
        let rate = 9_000 + self.rng.below(1_200);
        let action = publish(fixing(rate, self.world.time));
        let key = signing(*self.rng.pick(&[ORACLE, ORACLE2]));
        Some(self.tx(key, action))
    }

    fn oversight(&mut self) -> Transaction {
        match self.rng.below(4) {
            0 => {
                let until = self.world.time.plus(self.rng.below(40 * DAY_MS));
                let subject = sp(1 + u32::try_from(self.rng.below(3)).unwrap());
                let lookup = LawfulLookup { subject, basis: ACCESS_ORDER, until };
                self.tx(signing(REGULATOR), Action::LawfulLookup(lookup))
            }
            1 => {
                let (n, controller) = (1 + u32::try_from(self.rng.below(2)).unwrap(), SZH);
                let action = attested(terms(n, controller, &[SZH2]));
                self.tx(signing(SZH), action)
            }
            _ => {
                let today = u32::try_from(self.world.time.0 / DAY_MS).unwrap();
                let day = Day(today - u32::try_from(self.rng.below(4)).unwrap());
                let action = log_root(day, self.rng.below(50));
                let org = *self.rng.pick(&[SZH, SZH, HKH]);
                self.tx(receipts(org), action)
            }
        }
    }

    fn next_tx(&mut self) -> Option<Transaction> {
        match self.rng.below(16) {
            0..7 => self.claim_code(),
            7 | 8 => Some(self.code_system()),
            9 | 10 => Some(self.delegation()),
            11 => self.assignment(),
            12 | 13 => self.rate(),
            _ => Some(self.oversight()),
        }
    }
}

impl Walking for RegisterWalk {
    fn world(&self) -> &World {
        &self.world
    }

    fn next_block(&mut self) -> Vec<Transaction> {
        if self.rng.one_in(3) {
            self.world.time = self.world.time.plus(self.rng.below(2 * DAY_MS));
        }
        let mut txs: Vec<Transaction> = (0..self.rng.below(14)).filter_map(|_| self.next_tx()).collect();
        txs.extend(self.lists.act(&mut self.rng, &mut self.world));
        txs
    }

    fn run(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome {
        let outcome = self.world.run_with(tables, txs);
        self.lists.learn(&outcome);
        for key in outcome.writes.keys() {
            match key {
                StateKey::ClaimCode(id) if !self.codes.contains(id) => self.codes.push(*id),
                StateKey::Case(id) if !self.cases.contains(id) => self.cases.push(*id),
                StateKey::Fixing(id) if !self.fixings.contains(id) => self.fixings.push(*id),
                StateKey::Assignment(id) if !self.assignments.contains(id) => self.assignments.push(*id),
                _ => {}
            }
        }
        outcome
    }
}
