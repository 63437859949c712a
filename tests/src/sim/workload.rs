//! Clients: they register subjects, grant and revoke consents, and now and then get in each other's way.

use std::collections::{BTreeMap, VecDeque};

use assent_replica::CommitNotice;
use assent_types::action::{
    Action, ConsentRef, GrantConsent, RegisterSubject, RevokeConsent, RotateKey, possession_of,
};
use assent_types::codec::Set;
use assent_types::consent::{
    BreakGlass, Categories, Category, ConsentKind, ConsentTerms, DataAction, DataActions, Effect, EvidenceKind,
    EvidenceRef, Grantees, Grantor, LabelRule, Limits, Obligations, PolicyRef, Purpose, Redisclosure, SeparateConsent,
    SeparateConsents,
};
use assent_types::hash::{Tag, tagged};
use assent_types::ids::{ChainId, ConsentId, Hash32, KeyId, Millis, OrgId, Sp};
use assent_types::key::{KeyUsage, PublicKey, SecretKey};
use assent_types::place::{Jurisdiction, Place};
use assent_types::subject::AgeBand;
use assent_types::tx::{TX_FORMAT, Transaction, TxBody};

use super::rng::Rng;

/// The hospital that enrols everybody: a validator in every simulated network.
pub const HOSPITAL: OrgId = OrgId(1);

struct Patient {
    key: SecretKey,
    sp: Sp,
    consents: Vec<ConsentId>,
}

/// The clients of a run.
pub struct Workload {
    chain: ChainId,
    rng: Rng,
    hospital: SecretKey,
    patients: Vec<Patient>,
    registered: BTreeMap<Sp, usize>,
    next: VecDeque<Transaction>,
    sequence: u64,
    /// Recovery key and present VALIDATE key of each validator.
    validators: BTreeMap<OrgId, (SecretKey, PublicKey)>,
    /// Keys that sign, for the checker.
    pub keys: BTreeMap<KeyId, PublicKey>,
}

impl Workload {
    /// Clients of a chain whose enrolling hospital has this key.
    pub fn new(chain: ChainId, seed: u64, hospital: SecretKey) -> Self {
        let keys = BTreeMap::from([(hospital.public().id(), hospital.public())]);
        Self {
            chain,
            rng: Rng::new(seed ^ 0x434c_4945_4e54),
            hospital,
            patients: Vec::new(),
            registered: BTreeMap::new(),
            next: VecDeque::new(),
            sequence: 0,
            validators: BTreeMap::new(),
            keys,
        }
    }

    /// A validator whose key is replaced now and then.
    pub fn add_validator(&mut self, org: OrgId, recovery: &SecretKey, validate: PublicKey) {
        self.keys.insert(recovery.public().id(), recovery.public());
        self.validators.insert(org, (SecretKey::from_seed(&recovery.seed()), validate));
    }

    /// Replaces the VALIDATE key of some validator: the transaction, the validator and its new key.
    pub fn rotate(&mut self, now: Millis) -> Option<(Transaction, OrgId, SecretKey)> {
        let orgs: Vec<OrgId> = self.validators.keys().copied().collect();
        let org = *orgs.get(self.rng.index(orgs.len().max(1)))?;
        let new = SecretKey::from_seed(&self.seed("validate", self.sequence).0);
        let (recovery, old) =
            self.validators.get(&org).map(|(key, old)| (SecretKey::from_seed(&key.seed()), old.id()))?;
        let action = Action::RotateKey(RotateKey {
            org,
            old: Some(old),
            new: new.public(),
            usage: KeyUsage::Validate,
            nbf: Millis(now.0.saturating_sub(60_000)),
            exp: now.plus(86_400_000),
            possession: new.sign_possession(&possession_of(self.chain, &new.public(), &org)),
        });
        Some((self.sign(&recovery, now, action), org, new))
    }

    fn seed(&self, text: &str, number: u64) -> Hash32 {
        let mut bytes = self.chain.0.0.to_vec();
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(&number.to_le_bytes());
        tagged(Tag::Evidence, &bytes)
    }

    fn sign(&mut self, key: &SecretKey, now: Millis, action: Action) -> Transaction {
        self.sequence += 1;
        let mut idempotency = [0; 16];
        idempotency[..8].copy_from_slice(&self.sequence.to_le_bytes());
        let body = TxBody {
            format: TX_FORMAT,
            chain: self.chain,
            signer: key.public().id(),
            idempotency,
            expires_at: now.plus(120_000),
            action,
        };
        match body.sign(key, Vec::new()) {
            Ok(tx) => tx,
            Err(error) => panic!("a transaction without co-signatures can be signed: {error}"),
        }
    }

    /// The next transaction to submit somewhere. Some come in pairs that both pass admission and of which only one can
    /// be executed.
    pub fn next(&mut self, now: Millis) -> Transaction {
        if let Some(tx) = self.next.pop_front() {
            return tx;
        }
        let known: Vec<usize> = self.registered.values().copied().collect();
        if known.is_empty() || self.rng.chance(350) {
            return self.register(now);
        }
        let patient = known[self.rng.index(known.len())];
        if !self.patients[patient].consents.is_empty() && self.rng.chance(350) {
            self.revoke(now, patient)
        } else {
            self.grant(now, patient)
        }
    }

    /// Registers a subject that nobody knows yet: a transaction that every healthy network accepts.
    pub fn newcomer(&mut self, now: Millis) -> Transaction {
        let action = self.newcomer_action();
        self.sign_as_hospital(now, action)
    }

    fn register(&mut self, now: Millis) -> Transaction {
        let action = self.newcomer_action();
        let tx = self.sign_as_hospital(now, action.clone());
        if self.rng.chance(200) {
            let rival = self.sign_as_hospital(now, action);
            self.next.push_back(rival);
        }
        tx
    }

    fn sign_as_hospital(&mut self, now: Millis, action: Action) -> Transaction {
        let hospital = SecretKey::from_seed(&self.hospital.seed());
        self.sign(&hospital, now, action)
    }

    fn newcomer_action(&mut self) -> Action {
        let number = self.patients.len() as u64;
        let key = SecretKey::from_seed(&self.seed("key", number).0);
        let public = key.public();
        let sp = Sp(self.seed("sp", number));
        let possession = key.sign_possession(&possession_of(self.chain, &public, &sp));
        let action = Action::RegisterSubject(RegisterSubject {
            sp,
            key: public,
            loa: 2,
            age_band: AgeBand::Adult,
            attest: self.seed("attest", number),
            possession,
        });
        self.keys.insert(public.id(), public);
        self.patients.push(Patient { key, sp, consents: Vec::new() });
        action
    }

    fn grant(&mut self, now: Millis, patient: usize) -> Transaction {
        let exp = self.rng.chance(400).then(|| now.plus(self.rng.between(3_000, 40_000)));
        let terms = terms(self.patients[patient].sp, now, exp);
        let action = Action::GrantConsent(Box::new(GrantConsent { proposal: None, terms, grantor: Grantor::Subject }));
        let key = SecretKey::from_seed(&self.patients[patient].key.seed());
        self.sign(&key, now, action)
    }

    fn revoke(&mut self, now: Millis, patient: usize) -> Transaction {
        let consents = &self.patients[patient].consents;
        let consent = consents[self.rng.index(consents.len())];
        let target = ConsentRef { subject: self.patients[patient].sp, controller: HOSPITAL, consent };
        let action = Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: None });
        let key = SecretKey::from_seed(&self.patients[patient].key.seed());
        self.sign(&key, now, action)
    }

    /// Learns from a block who is registered, which consents exist and with which keys validators vote.
    pub fn learn(&mut self, notice: &CommitNotice) {
        for (tx, (receipt, _)) in notice.txs.iter().zip(&notice.receipts) {
            if let (Action::RotateKey(rotate), 0) = (&tx.body.action, receipt.code)
                && let Some((_, key)) = self.validators.get_mut(&rotate.org)
            {
                *key = rotate.new;
            }
        }
        for (_, details) in &notice.receipts {
            for event in &details.events {
                let Some(sp) = event.subject else { continue };
                let Some(index) = self.patients.iter().position(|patient| patient.sp == sp) else { continue };
                self.registered.insert(sp, index);
                if event.row.0 == *b"CN" && event.row.1 == 2 {
                    self.patients[index].consents.push(ConsentId(event.object));
                }
            }
        }
    }
}

/// Terms that the subject of a Shenzhen hospital gives to a hospital of the same city.
fn terms(subject: Sp, now: Millis, exp: Option<Millis>) -> ConsentTerms {
    let evidence = EvidenceRef {
        kind: EvidenceKind::AppSig,
        hash: Hash32([0x11; 32]),
        timestamp: None,
        mutually_recognised: false,
    };
    ConsentTerms {
        kind: ConsentKind::Share,
        effect: Effect::Permit,
        subject,
        controller: HOSPITAL,
        grantees: Grantees { orgs: set([HOSPITAL]), ..Grantees::default() },
        purposes: set([Purpose::Treat]),
        actions: DataActions::of(&[DataAction::Access]),
        categories: Categories::of(&[Category::Lab]),
        max_grade: 3,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: set([Place::city(Jurisdiction::Cn, 4403)]),
        xborder: None,
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov]),
        nbf: Millis(now.0.saturating_sub(60_000)),
        exp,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([0x22; 32]), notice: Hash32([0x33; 32]) },
        evidence,
    }
}

fn set<T: Ord, const MAX: usize>(items: impl IntoIterator<Item = T>) -> Set<T, MAX> {
    match Set::new(items) {
        Ok(set) => set,
        Err(error) => panic!("{error}"),
    }
}
