//! A ledger in this process: the sample network with a second hospital and a research house in Hong Kong.

use std::collections::BTreeMap;

use assent_contracts::{BlockContext, BlockOutcome, MemoryState, StateRead, envelope, execute_block};
use assent_genesis::sample::{HONG_KONG_HOSPITAL, sample_network};
use assent_types::action::{Action, GrantConsent, RegisterSubject, possession_of};
use assent_types::consent::{ConsentTerms, Grantor};
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::org::{Accreditation, AccreditationKind, Org, Role, RoleSet};
use assent_types::state::{Record, StateKey, StateValue};
use assent_types::subject::AgeBand;
use assent_types::tx::{TX_FORMAT, Transaction, TxBody};
use assent_types::{BlockHash, ChainId, ErrorCode, Hash32, Height, List, Millis, OrgId, Sp, Text, TxHash, encode};

/// A second hospital in Hong Kong.
pub(crate) const SECOND_HOSPITAL: OrgId = OrgId(30);
/// A research house in Hong Kong.
pub(crate) const RESEARCH_HOUSE: OrgId = OrgId(31);

pub(crate) const DAY_MS: u64 = 86_400_000;

/// A chain, and every byte that it was told or has kept since its beginning.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) state: MemoryState,
    pub(crate) chain: ChainId,
    pub(crate) height: Height,
    pub(crate) time: Millis,
    counter: u64,
    /// Bodies of blocks, receipts and details with their events, records and the hashes of their keys, and logs.
    pub(crate) told: Vec<Vec<u8>>,
}

/// What a registration says of a person.
#[derive(Clone, Copy)]
pub(crate) struct Enrolment {
    pub(crate) age_band: AgeBand,
    /// Salted hash of the attestation.
    pub(crate) attest: Hash32,
}

/// The seed of a key, the same in every run.
fn seed(kind: u8, number: u64) -> [u8; 32] {
    let mut seed = [kind; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

fn org_seed(org: OrgId, usage: KeyUsage) -> [u8; 32] {
    seed(usage as u8, org.0.into())
}

/// The key of an organisation.
pub(crate) fn org_key(org: OrgId, usage: KeyUsage) -> SecretKey {
    SecretKey::from_seed(&org_seed(org, usage))
}

/// The key with which an organisation signs.
pub(crate) fn signing(org: OrgId) -> SecretKey {
    org_key(org, KeyUsage::SignTx)
}

/// The key of a person.
pub(crate) fn person_key(number: u64) -> SecretKey {
    SecretKey::from_seed(&seed(200, number))
}

/// Gives an organisation the keys of this test, and keys and accreditations without an end.
fn settled(org: &mut Org) {
    let forever = Millis(4_000_000_000_000);
    for record in org.keys.as_mut_slice() {
        (record.key, record.exp) = (org_key(org.id, record.usage).public(), forever);
    }
    for accreditation in org.accreditations.as_mut_slice() {
        accreditation.exp = forever;
    }
}

/// A hospital like another one, with an accreditation more.
fn second_hospital(like: &Org) -> Org {
    let mut org =
        Org { id: SECOND_HOSPITAL, legal_name: Text::new("Second Hong Kong Sample Hospital").unwrap(), ..like.clone() };
    let ethics = Accreditation { kind: AccreditationKind::EthicsBoard, ..org.accreditations[0].clone() };
    org.accreditations.push(ethics).unwrap();
    org
}

fn research_house(like: &Org) -> Org {
    let (legal_name, roles) = (Text::new("Sample Research House").unwrap(), RoleSet::of(&[Role::Research]));
    Org { id: RESEARCH_HOUSE, legal_name, roles, accreditations: List::default(), ..like.clone() }
}

impl Ledger {
    /// A chain that begins at this time.
    pub(crate) fn new(time: Millis) -> Self {
        let mut number = 0;
        let (mut doc, _) = sample_network(time, || {
            number += 1;
            seed(201, number)
        });
        let hospital = doc.orgs.iter().find(|org| org.id == HONG_KONG_HOSPITAL).unwrap().clone();
        doc.orgs.extend([second_hospital(&hospital), research_house(&hospital)]);
        doc.orgs.iter_mut().for_each(settled);
        for validator in &mut doc.validators {
            validator.key = org_key(validator.org, KeyUsage::Validate).public();
        }
        let genesis = assent_genesis::build(&doc).unwrap();
        Self {
            state: MemoryState::new(genesis.writes),
            chain: genesis.chain,
            height: Height(0),
            time,
            counter: 0,
            told: Vec::new(),
        }
    }

    /// Lets time pass until an instant, unless it has come already.
    pub(crate) fn until(&mut self, time: Millis) {
        self.time = self.time.max(time);
    }

    /// A signed transaction with a fresh idempotency key.
    pub(crate) fn tx(&mut self, signer: &SecretKey, action: Action, with: &[&SecretKey]) -> Transaction {
        self.counter += 1;
        let mut idempotency = [0; 16];
        idempotency[..8].copy_from_slice(&self.counter.to_le_bytes());
        let body = TxBody {
            format: TX_FORMAT,
            chain: self.chain,
            signer: signer.public().id(),
            idempotency,
            expires_at: self.time.plus(60_000),
            action,
        };
        let cosignatures = with.iter().map(|key| body.cosign(key)).collect();
        body.sign(signer, cosignatures).unwrap()
    }

    /// Executes a block of these transactions a second after the one before, and keeps all that it says.
    pub(crate) fn block(&mut self, txs: &[Transaction]) -> BlockOutcome {
        (self.height, self.time) = (Height(self.height.0 + 1), self.time.plus(1_000));
        for tx in txs {
            envelope(self.chain, &self.state, self.time, tx).unwrap().unwrap();
        }
        let previous = BlockHash(Hash32([0xb1; 32]));
        let ctx = BlockContext { chain: self.chain, height: self.height, time: self.time, previous };
        let outcome = execute_block(&ctx, &self.state, txs).unwrap();
        self.state.apply(&outcome);
        self.told.extend(txs.iter().map(encode));
        self.told.extend(outcome.receipts.iter().map(|(receipt, details)| [encode(receipt), encode(details)].concat()));
        self.told.extend(outcome.writes.values().map(encode));
        self.told.extend(outcome.writes.keys().map(|key| key.hash().0.to_vec()));
        self.told.extend(outcome.log_entries.iter().map(encode));
        self.told.extend(outcome.access_entries.iter().map(encode));
        outcome
    }

    /// Executes one action; its transaction, or the number with which it was refused.
    pub(crate) fn act(&mut self, signer: &SecretKey, action: Action) -> Result<TxHash, ErrorCode> {
        self.act_with(signer, action, &[])
    }

    /// The same with co-signatures.
    pub(crate) fn act_with(
        &mut self,
        signer: &SecretKey,
        action: Action,
        with: &[&SecretKey],
    ) -> Result<TxHash, ErrorCode> {
        let tx = self.tx(signer, action, with);
        let outcome = self.block(std::slice::from_ref(&tx));
        outcome.receipts[0].0.error().map_or(Ok(tx.hash()), Err)
    }

    /// Registers a person with a hospital.
    pub(crate) fn enrol(&mut self, by: OrgId, sp: Sp, key: &SecretKey, person: Enrolment) -> Result<TxHash, ErrorCode> {
        let public = key.public();
        let register = RegisterSubject {
            sp,
            key: public,
            loa: 2,
            age_band: person.age_band,
            attest: person.attest,
            possession: key.sign_possession(&possession_of(self.chain, &public, &sp)),
        };
        self.act(&signing(by), Action::RegisterSubject(register))
    }

    /// Grants a consent.
    pub(crate) fn grant(
        &mut self,
        key: &SecretKey,
        terms: ConsentTerms,
        grantor: Grantor,
    ) -> Result<TxHash, ErrorCode> {
        self.act(key, Action::GrantConsent(Box::new(GrantConsent { proposal: None, terms, grantor })))
    }

    /// A record of the state.
    pub(crate) fn record(&self, key: StateKey) -> Option<Record> {
        self.state.get(&key).unwrap().map(|value| value.record.clone())
    }

    /// Puts a record in the place of another, as acts that do not matter here would.
    pub(crate) fn put(&mut self, key: StateKey, record: Record) {
        let mut values: BTreeMap<StateKey, StateValue> =
            self.state.values().map(|value| (value.key, value.clone())).collect();
        values.insert(key, StateValue { key, written_by: TxHash::default(), record });
        self.state = MemoryState::new(values.into_values());
    }
}
