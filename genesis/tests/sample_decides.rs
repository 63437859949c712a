//! The sample network at work: consents from FHIR files are granted on its first state and decide requests, across the
//! border and not. The cases that must be refused are part of the sample.

#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it")]

use assent_contracts::{BlockContext, MemoryState, execute_block, permit};
use assent_fhir::{Mapping, PatientEntry, consent_from_fhir};
use assent_genesis::sample::{self, OrgKeys};
use assent_genesis::{Genesis, GenesisDoc, build};
use assent_types::access::{AccessRequest, Asked, Descriptor, Reason, UserRole};
use assent_types::action::{
    Action, AmendConsent, ConsentRef, GrantConsent, RegisterSubject, RevokeConsent, possession_of,
};
use assent_types::codec::List;
use assent_types::consent::{Category, ConsentTerms, DataAction, Grantor, Purpose};
use assent_types::key::{KeyUsage, SecretKey};
use assent_types::place::{Jurisdiction, Place};
use assent_types::state::{Record, StateKey};
use assent_types::subject::AgeBand;
use assent_types::tx::{TX_FORMAT, TxBody};
use assent_types::{BasisId, BlockHash, FacilityId, Hash32, Height, Millis, Month, OrgId, Sp};

const TIME: Millis = Millis(1_790_000_000_000);
/// September 2026.
const MONTH: Month = Month(56 * 12 + 8);

struct Net {
    doc: GenesisDoc,
    keys: Vec<OrgKeys>,
    genesis: Genesis,
    state: MemoryState,
    height: u64,
}

impl Net {
    fn new() -> Self {
        let mut counter = 0_u8;
        let seeds = || {
            counter += 1;
            [counter; 32]
        };
        let (doc, keys) = sample::sample_network(TIME, seeds);
        let genesis = build(&doc).unwrap();
        let state = MemoryState::new(genesis.writes.iter().cloned());
        Self { doc, keys, genesis, state, height: 0 }
    }

    fn now(&self) -> Millis {
        TIME.plus(self.height * 1000)
    }

    /// Executes one action in a block of its own and returns the number of its receipt.
    fn act(&mut self, key: &SecretKey, action: Action) -> u16 {
        self.height += 1;
        let mut idempotency = [0; 16];
        idempotency[..8].copy_from_slice(&self.height.to_le_bytes());
        let (chain, time) = (self.genesis.chain, self.now());
        let signer = key.public().id();
        let body = TxBody { format: TX_FORMAT, chain, signer, idempotency, expires_at: time.plus(1000), action };
        let tx = body.sign(key, Vec::new()).unwrap();
        let ctx = BlockContext { chain, height: Height(self.height), time, previous: BlockHash::default() };
        let outcome = execute_block(&ctx, &self.state, &[tx]).unwrap();
        self.state.apply(&outcome);
        outcome.receipts[0].0.code
    }

    /// Registers a patient with a controller.
    fn register(&mut self, controller: OrgId, patient: u8) -> (Sp, SecretKey) {
        let sp = Sp(Hash32([patient; 32]));
        let key = SecretKey::from_seed(&[100 + patient; 32]);
        let purpose = possession_of(self.genesis.chain, &key.public(), &sp);
        let action = Action::RegisterSubject(RegisterSubject {
            sp,
            key: key.public(),
            loa: 2,
            age_band: AgeBand::Adult,
            attest: Hash32([3; 32]),
            possession: key.sign_possession(&purpose),
        });
        let enroller = self.keys.iter().position(|keys| keys.org == controller).unwrap();
        let seed = self.keys[enroller].key(KeyUsage::SignTx).unwrap().seed();
        assert_eq!(self.act(&SecretKey::from_seed(&seed), action), 0);
        (sp, key)
    }

    fn grant(&mut self, key: &SecretKey, terms: ConsentTerms) -> u16 {
        let grant = GrantConsent { proposal: None, terms, grantor: Grantor::Subject };
        self.act(key, Action::GrantConsent(Box::new(grant)))
    }

    fn head(&self, subject: Sp, controller: OrgId) -> ConsentRef {
        let key = StateKey::Consents(subject, controller);
        let value = self.state.values().find(|value| value.key == key).unwrap();
        let Record::Consents(book) = &value.record else { panic!("a book of consents") };
        ConsentRef { subject, controller, consent: book.live.last().unwrap().id }
    }

    fn basis(&self, exporter: OrgId, importer: OrgId) -> Option<BasisId> {
        let mut bases = self.doc.bases.iter();
        bases.find(|basis| (basis.exporter, basis.importer) == (exporter, importer)).map(|basis| basis.id)
    }

    /// The reasons of a denial; empty for a permit.
    fn ask(&self, request: &AccessRequest) -> Vec<Reason> {
        let decision = permit(request, &self.state, self.now()).unwrap().unwrap();
        assert_eq!(decision.permit, decision.reasons.is_empty());
        decision.reasons.to_vec()
    }
}

fn terms(file: &str, subject: Sp, controller: OrgId) -> ConsentTerms {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/fhir/tests/fixtures/");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    let mut mapping: Mapping = serde_json::from_str(&read("mapping.json")).unwrap();
    mapping.patients = vec![PatientEntry { reference: format!("Patient/{}", &file[..2]), controller, sp: subject }];
    consent_from_fhir(&read(file), &mapping).unwrap().terms
}

fn request(requester: OrgId, subject: Sp, purpose: Purpose, categories: &[Category]) -> AccessRequest {
    let deliver_to = Place::whole(Jurisdiction::Hk);
    let descriptor = |category| Descriptor { category, grade: 3, service_month: MONTH, deliver_to };
    let care = purpose == Purpose::Treat;
    AccessRequest {
        requester,
        facility: FacilityId(1),
        user_ref: Hash32([5; 32]),
        user_role: if care { UserRole::Physician } else { UserRole::ClaimsAssessor },
        subject,
        controller: sample::SHENZHEN_HOSPITAL,
        asked: Asked::Data(List::new(categories.iter().copied().map(descriptor).collect()).unwrap()),
        purpose,
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    }
}

#[test]
fn a_claim_crosses_the_border_until_it_is_narrowed_and_revoked() {
    let mut net = Net::new();
    let (subject, key) = net.register(sample::SHENZHEN_HOSPITAL, 1);
    let wanted = [Category::Diagnosis, Category::Lab, Category::SettlementList];
    let mut claim = request(sample::HONG_KONG_INSURER, subject, Purpose::Clmattch, &wanted);
    claim.xborder_basis = net.basis(sample::SHENZHEN_HOSPITAL, sample::HONG_KONG_INSURER);
    assert!(claim.xborder_basis.is_some());
    assert_eq!(net.ask(&claim), [Reason::NoConsent]);

    let first = terms("p1-claim.json", subject, sample::SHENZHEN_HOSPITAL);
    assert_eq!(net.grant(&key, first), 0);
    assert_eq!(net.ask(&claim), []);
    assert_eq!(net.ask(&AccessRequest { xborder_basis: None, ..claim.clone() }), [Reason::BorderBasis]);
    let second = AccessRequest { requester: sample::SECOND_INSURER, ..claim.clone() };
    assert!(net.ask(&second).contains(&Reason::NoConsent));

    let target = net.head(subject, sample::SHENZHEN_HOSPITAL);
    let amended = terms("p1-claim-amended.json", subject, sample::SHENZHEN_HOSPITAL);
    let amend = AmendConsent { target, terms: amended, grantor: Grantor::Subject };
    assert_eq!(net.act(&key, Action::AmendConsent(Box::new(amend))), 0);
    assert_eq!(net.ask(&claim), [Reason::CategoryNotCovered]);

    let target = net.head(subject, sample::SHENZHEN_HOSPITAL);
    let revoke = RevokeConsent { target, grantor: Grantor::Subject, evidence: None };
    assert_eq!(net.act(&key, Action::RevokeConsent(revoke)), 0);
    assert!(net.ask(&claim).contains(&Reason::Revoked));
}

#[test]
fn care_is_shared_with_the_hospital_across_the_border() {
    let mut net = Net::new();
    let (subject, key) = net.register(sample::SHENZHEN_HOSPITAL, 2);
    let shared = terms("p2-share.json", subject, sample::SHENZHEN_HOSPITAL);
    assert_eq!(net.grant(&key, shared), 0);
    let mut care = request(sample::HONG_KONG_HOSPITAL, subject, Purpose::Treat, &[Category::Medication]);
    care.xborder_basis = net.basis(sample::SHENZHEN_HOSPITAL, sample::HONG_KONG_HOSPITAL);
    assert_eq!(net.ask(&care), []);
    care.purpose = Purpose::Btg;
    assert!(net.ask(&care).contains(&Reason::PurposeNotCovered), "treatment does not reach break-glass");
}

#[test]
fn a_dissent_overrides() {
    let mut net = Net::new();
    let (subject, key) = net.register(sample::SHENZHEN_HOSPITAL, 3);
    let denied = terms("p3-deny.json", subject, sample::SHENZHEN_HOSPITAL);
    let mut permitted = terms("p1-claim.json", Sp(Hash32([1; 32])), sample::SHENZHEN_HOSPITAL);
    permitted.subject = subject;
    assert_eq!(net.grant(&key, permitted), 0);
    let mut claim = request(sample::HONG_KONG_INSURER, subject, Purpose::Clmattch, &[Category::Diagnosis]);
    claim.xborder_basis = net.basis(sample::SHENZHEN_HOSPITAL, sample::HONG_KONG_INSURER);
    assert_eq!(net.ask(&claim), []);
    assert_eq!(net.grant(&key, denied), 0);
    assert_eq!(net.ask(&claim), [Reason::SubjectDeny]);
}

#[test]
fn the_hospital_in_shantou_has_no_basis_of_the_standard_contract() {
    let mut net = Net::new();
    let shantou = sample::SHANTOU_HOSPITAL;
    let (subject, key) = net.register(shantou, 4);
    let mut terms = terms("p1-claim.json", Sp(Hash32([1; 32])), sample::SHENZHEN_HOSPITAL);
    (terms.subject, terms.controller) = (subject, shantou);
    assert_eq!(net.grant(&key, terms.clone()), 306, "E306: Shantou lies outside the nine cities");
    let mut local = terms;
    local.xborder = None;
    assert_eq!(net.grant(&key, local.clone()), 305, "E305: delivery in Hong Kong needs the separate consent");
    let mut claim = request(sample::HONG_KONG_INSURER, subject, Purpose::Clmattch, &[Category::Diagnosis]);
    claim.controller = shantou;
    assert!(net.ask(&claim).contains(&Reason::NoConsent));
}
