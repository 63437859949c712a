//! Random walks of valid and invalid transactions.

use assent_types::action::*;
use assent_types::consent::*;
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::org::OrgStatus;
use assent_types::subject::{AgeBand, MandateKind, MandateOp, MandateOps};
use assent_types::tx::Transaction;
use assent_types::{ConsentId, Hash32, KeyId, MandateId, OrgId, Set};

use crate::testing::*;
use crate::{BlockOutcome, Table};

const SUBJECTS: u32 = 4;
const CONTROLLERS: [OrgId; 3] = [SZH, SHANTOU, HKH];
const ORGS: [OrgId; 10] = [SZH, HKH, INSURER, REGULATOR, SHANTOU, RESEARCHER, CUSTODIAN, APP, MACAO_HOSPITAL, SZH2];

/// A walk of any kind.
pub(super) trait Walking {
    /// The world as it is.
    fn world(&self) -> &World;

    /// Lets time pass, and makes the transactions of the next block.
    fn next_block(&mut self) -> Vec<Transaction>;

    /// Runs a block and learns what later transactions may refer to.
    fn run(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome;

    /// Organisations whose standing changes between blocks.
    fn outside(&self) -> &'static [OrgId] {
        &[]
    }
}

/// A walk: a world, and what its transactions may refer to.
pub(super) struct Walk {
    pub(super) world: World,
    pub(super) rng: Rng,
    consents: Vec<(u32, OrgId, ConsentId)>,
    mandates: Vec<(u32, MandateId)>,
    /// Every registered key by its identifier, to find who signed.
    pub(super) registered: Vec<KeyId>,
    next_subject: u32,
    next_key: u32,
}

impl Walk {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = World::with_subjects(SUBJECTS);
        // Proxies of several subjects should not be rare.
        world.change_params(|params| params.access.proxy_subjects = 1);
        Self {
            world,
            rng: Rng(seed),
            consents: Vec::new(),
            mandates: Vec::new(),
            registered: Vec::new(),
            next_subject: SUBJECTS + 1,
            next_key: 1,
        }
    }

    fn subject(&mut self) -> u32 {
        1 + u32::try_from(self.rng.below(u64::from(SUBJECTS))).unwrap()
    }

    fn signer(&mut self) -> SecretKey {
        match self.rng.below(6) {
            0 => subject_key(self.subject()),
            1 => proxy(self.subject()),
            2 => org_key(*self.rng.pick(&ORGS), KeyUsage::Receipt, 0),
            _ => signing(*self.rng.pick(&ORGS)),
        }
    }

    fn terms(&mut self, n: u32, controller: OrgId) -> ConsentTerms {
        let mut terms = match self.rng.below(3) {
            0 => claim_terms(n, controller),
            _ => terms(n, controller, &[*self.rng.pick(&ORGS), SZH2]),
        };
        if self.rng.one_in(5) {
            terms.effect = Effect::Deny;
        }
        match self.rng.below(4) {
            0 => terms.exp = None,
            1 | 2 => terms.exp = Some(self.world.time.plus(self.rng.below(4 * DAY_MS))),
            _ => {}
        }
        if self.rng.one_in(6) {
            let purposes = self.rng.some_of(Purpose::ALL, 3);
            terms.purposes = Set::new(purposes).unwrap();
        }
        match self.rng.below(12) {
            0 => terms.purposes = Set::default(),
            1 => terms.separate = SeparateConsents::EMPTY,
            2 => terms.max_grade = 9,
            3 => terms.max_grade = 2,
            4 => terms.categories = Categories::all(),
            _ => {}
        }
        terms
    }

    fn target(&mut self) -> ConsentRef {
        if self.consents.is_empty() || self.rng.one_in(15) {
            let (n, controller) = (self.subject(), *self.rng.pick(&CONTROLLERS));
            return target(n, controller, ConsentId(Hash32([0xaa; 32])));
        }
        // One that is still live most of the time, if the first draws find one.
        let mut drawn = *self.rng.pick(&self.consents);
        for _ in 0..self.rng.below(8) {
            let (n, controller, id) = drawn;
            if self.world.book(n, controller).live.iter().any(|consent| consent.id == id) {
                break;
            }
            drawn = *self.rng.pick(&self.consents);
        }
        target(drawn.0, drawn.1, drawn.2)
    }

    /// Who acts for a subject, with the key that fits most of the time.
    fn grantor(&mut self, n: u32) -> (Grantor, SecretKey) {
        let (grantor, key) = match self.rng.below(6) {
            0 | 1 if !self.mandates.is_empty() => {
                let own = self.mandates.iter().rev().find(|(of, _)| *of == n).copied();
                let (of, mandate) = own.unwrap_or_else(|| *self.rng.pick(&self.mandates));
                (Grantor::Proxy { mandate }, proxy(of))
            }
            2 => {
                let org = *self.rng.pick(&[SZH, HKH, SZH2, APP, INSURER]);
                let method = *self.rng.pick(AttestMethod::ALL);
                (Grantor::OrgAttested { org, method, clerk: Hash32([1; 32]) }, signing(org))
            }
            _ => (Grantor::Subject, subject_key(n)),
        };
        let key = if self.rng.one_in(12) { self.signer() } else { key };
        (grantor, key)
    }

    fn consent_act(&mut self) -> (SecretKey, Action) {
        let (n, controller) = (self.subject(), *self.rng.pick(&CONTROLLERS));
        match self.rng.below(9) {
            0 => {
                let terms = self.terms(n, controller);
                let key = if self.rng.one_in(4) { self.signer() } else { signing(SZH2) };
                (key, Action::ProposeConsent(Box::new(ProposeConsent { terms })))
            }
            1 | 2 => {
                let target = self.target();
                let (grantor, key) = self.grantor(number(target));
                let evidence = (!self.rng.one_in(4)).then(|| evidence(EvidenceKind::Otp));
                (key, Action::RevokeConsent(RevokeConsent { target, grantor, evidence }))
            }
            3 => {
                let target = self.target();
                let (grantor, key) = self.grantor(number(target));
                (key, Action::RejectConsent(RejectConsent { target, grantor }))
            }
            4 | 5 => {
                let target = self.target();
                let terms = self.terms(number(target), target.controller);
                let (grantor, key) = self.grantor(number(target));
                (key, Action::AmendConsent(Box::new(AmendConsent { target, terms, grantor })))
            }
            6 => {
                // Grant a proposal with the terms it has, if it is one.
                let target = self.target();
                let n = number(target);
                let (grantor, key) = self.grantor(n);
                let book = self.world.book(n, target.controller);
                let known = book.live.iter().find(|consent| consent.id == target.consent);
                let terms = known.map_or_else(|| self.terms(n, controller), |consent| consent.terms.clone());
                (key, Action::GrantConsent(Box::new(GrantConsent { proposal: Some(target.consent), terms, grantor })))
            }
            _ => {
                let terms = self.terms(n, controller);
                let (grantor, key) = self.grantor(n);
                (key, grant_action(terms, grantor))
            }
        }
    }

    /// Acts of regulators and enrollers, with who co-signs.
    fn overseeing(&mut self) -> (SecretKey, Action, Vec<SecretKey>) {
        let n = self.subject();
        let signer = if self.rng.one_in(5) { self.signer() } else { signing(REGULATOR) };
        match self.rng.below(9) {
            0 => {
                let (old, new) = (n, self.subject());
                let rollover = assent_types::oversight::RolloverPseudonym { old: sp(old), new: sp(new) };
                (subject_key(old), Action::RolloverPseudonym(rollover), vec![subject_key(new)])
            }
            1 => {
                let age_band = *self.rng.pick(AgeBand::ALL);
                let update = assent_types::oversight::UpdateAgeBand { sp: sp(n), age_band, attest: ACCESS_ORDER };
                (signing(SZH), Action::UpdateAgeBand(update), Vec::new())
            }
            2..=4 => {
                let until = self.world.time.plus(self.rng.below(3 * DAY_MS));
                (signer, suspend(self.target(), until), Vec::new())
            }
            5 | 6 => {
                let target = self.target();
                let suspended = self.consents.iter().copied().find(|(n, controller, id)| {
                    let book = self.world.book(*n, *controller);
                    book.live.iter().any(|live| live.id == *id && live.status == ConsentStatus::Suspended)
                });
                let target = suspended.map_or(target, |(n, controller, id)| crate::testing::target(n, controller, id));
                (signer, resume_consent(target), Vec::new())
            }
            _ => {
                let attester = *self.rng.pick(&[SZH, HKH, SZH2]);
                let target = self.target();
                let by = |consent: &Consent| match consent.grantor {
                    Some(Grantor::OrgAttested { org, .. }) => Some(org),
                    _ => None,
                };
                let attested = self.consents.iter().rev().find_map(|(n, controller, id)| {
                    let book = self.world.book(*n, *controller);
                    let org = book.live.iter().find(|live| live.id == *id).and_then(by)?;
                    Some((crate::testing::target(*n, *controller, *id), org))
                });
                let (target, attester) = attested.unwrap_or((target, attester));
                (signer, in_error(target), vec![signing(attester)])
            }
        }
    }

    fn rotate_key(&mut self) -> (SecretKey, Action) {
        let org = *self.rng.pick(&ORGS);
        let usage = *self.rng.pick(&[KeyUsage::Receipt, KeyUsage::Node, KeyUsage::Validate]);
        let records = crate::runtime::state::org(&self.world.state, org).unwrap().unwrap().keys.to_vec();
        let of_usage: Vec<KeyId> =
            records.iter().filter(|record| record.usage == usage).map(|record| record.id()).collect();
        let old = if of_usage.is_empty() || self.rng.one_in(3) { None } else { Some(*self.rng.pick(&of_usage)) };
        let new = key(230, self.next_key, 0);
        self.next_key += 1;
        let possession = new.sign_possession(&possession_of(CHAIN, &new.public(), &org));
        let rotate = RotateKey { org, old, new: new.public(), usage, nbf: START, exp: FAR, possession };
        let signer = if self.rng.one_in(4) { self.signer() } else { org_key(org, KeyUsage::Recovery, 0) };
        (signer, Action::RotateKey(rotate))
    }

    fn next_tx(&mut self) -> Transaction {
        match self.rng.below(28) {
            24 | 25 => {
                let (signer, action, with) = self.overseeing();
                let with: Vec<&SecretKey> = with.iter().collect();
                self.world.cosigned(&signer, action, &with)
            }
            0 => {
                let register = self.world.register(self.next_subject, AgeBand::Adult);
                self.next_subject += u32::from(!self.rng.one_in(3));
                let signer = self.signer();
                self.world.tx(&signer, register)
            }
            1 if self.next_subject > SUBJECTS + 1 && self.rng.one_in(3) => {
                // Of those who enrolled late: every later act of the others would be refused.
                let n = self.next_subject - 1;
                let new = key(231, self.next_key, 0);
                self.next_key += 1;
                let possession = new.sign_possession(&possession_of(CHAIN, &new.public(), &sp(n)));
                let rotate = RotateSubjectKey { sp: sp(n), new: new.public(), possession };
                let signer = if self.rng.one_in(6) { self.signer() } else { subject_key(n) };
                self.world.tx(&signer, Action::RotateSubjectKey(rotate))
            }
            1 => {
                let (signer, action) = self.rotate_key();
                self.world.tx(&signer, action)
            }
            2 | 5 => {
                let n = self.subject();
                // Mostly everybody has a proxy of their own.
                let p = if self.rng.one_in(8) { self.subject() } else { n };
                let mut terms = mandate_terms(n, p);
                terms.kind = match self.rng.below(6) {
                    0 => MandateKind::Parent,
                    1 => MandateKind::Caregiver,
                    _ => MandateKind::Attorney,
                };
                terms.may_xborder = self.rng.one_in(2);
                if self.rng.one_in(3) {
                    terms.ops = MandateOps::of(&[*self.rng.pick(MandateOp::ALL)]);
                }
                if self.rng.one_in(2) {
                    terms.exp = self.world.time.plus(self.rng.below(10 * DAY_MS));
                }
                let action = mandate_action(terms, SZH, p);
                let witness = signing(*self.rng.pick(&[SZH, SZH, SZH, HKH]));
                self.world.cosigned(&subject_key(n), action, &[&witness])
            }
            3 if !self.mandates.is_empty() => {
                let (n, mandate) = *self.rng.pick(&self.mandates);
                let revoke = Action::RevokeMandate(RevokeMandate { subject: sp(n), mandate });
                let signer = if self.rng.one_in(2) { subject_key(n) } else { self.signer() };
                self.world.tx(&signer, revoke)
            }
            4 => {
                let signer = self.signer();
                let action = evidence_of(*self.rng.pick(&[SZH, INSURER]), self.rng.below(4));
                self.world.tx(&signer, action)
            }
            _ => {
                let (signer, action) = self.consent_act();
                self.world.tx(&signer, action)
            }
        }
    }
}

/// Organisations whose standing the walk changes.
const OUTSIDE: [OrgId; 3] = [SZH2, SHANTOU, APP];

impl Walking for Walk {
    fn world(&self) -> &World {
        &self.world
    }

    fn outside(&self) -> &'static [OrgId] {
        &OUTSIDE
    }

    /// Lets time pass, changes an organisation's status now and then, and makes the transactions of the next block.
    fn next_block(&mut self) -> Vec<Transaction> {
        if self.rng.one_in(4) {
            self.world.time = self.world.time.plus(self.rng.below(5 * DAY_MS));
        }
        if self.rng.one_in(6) {
            let org = *self.rng.pick(&OUTSIDE);
            let status = *self.rng.pick(&[
                OrgStatus::Active,
                OrgStatus::Suspended { until: self.world.time.plus(DAY_MS), by: REGULATOR, order: Hash32::ZERO },
            ]);
            self.world.change_org(org, |org| org.status = status);
        }
        (0..self.rng.below(12)).map(|_| self.next_tx()).collect()
    }

    fn run(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome {
        let outcome = self.world.run_with(tables, txs);
        for entry in &outcome.log_entries {
            if !self.consents.iter().any(|(_, _, id)| *id == entry.consent) {
                let n = u32::from_le_bytes(entry.subject.0.0[..4].try_into().unwrap());
                self.consents.push((n, entry.controller, entry.consent));
            }
        }
        for (tx, (receipt, _)) in txs.iter().zip(&outcome.receipts) {
            if let (0, Action::GrantMandate(grant)) = (receipt.code, &tx.body.action) {
                let n = u32::from_le_bytes(grant.terms.subject.0.0[..4].try_into().unwrap());
                self.mandates.push((n, assent_types::subject::mandate_id_of(&receipt.tx)));
            }
        }
        self.registered.extend(txs.iter().map(|tx| tx.body.signer));
        outcome
    }
}

fn number(target: ConsentRef) -> u32 {
    u32::from_le_bytes(target.subject.0.0[..4].try_into().unwrap())
}
