//! A small world for tests: organisations in every place, subjects, and blocks of transactions.

mod access;
pub(crate) mod claim_codes;
pub(crate) mod claims;
pub(crate) mod course;
mod documents;
mod firing;
pub(crate) mod governance;
pub(crate) mod lists;
pub(crate) mod preauths;
#[cfg(test)]
mod report;

pub(crate) use access::*;
pub(crate) use documents::*;
#[cfg(test)]
pub(crate) use firing::firing;
pub use firing::{Firing, firings};
#[cfg(test)]
pub(crate) use report::report;

use assent_types::access::{AccessRequest, Asked, Descriptor, UserRole};
use assent_types::action::{
    Action, ConsentRef, GrantConsent, GrantMandate, RegisterSubject, SubmitEvidence, possession_of,
};
use assent_types::claim::OracleDesignation;
use assent_types::consent::*;
use assent_types::key::{KeyUsage, SecretKey, Signature};
use assent_types::org::*;
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::state::{BankDesignation, ChainClass, Params, Record, StateKey, StateValue};
use assent_types::subject::*;
use assent_types::tx::{CoSignature, TX_FORMAT, Transaction, TxBody};
use assent_types::validator::{Equivocation, Validator, ValidatorSet, VotePayload, VoteStep};
use assent_types::*;

use crate::{
    BlockContext, BlockOutcome, GenesisState, MemoryState, Table, default_params, execute_block_with, genesis_writes,
};

pub(crate) const CHAIN: ChainId = ChainId(Hash32([7; 32]));
pub(crate) const START: Millis = Millis(1_700_000_000_000);
pub(crate) const FAR: Millis = Millis(4_000_000_000_000);
pub(crate) const DAY_MS: u64 = 86_400_000;

pub(crate) const SHENZHEN: Place = Place::city(Jurisdiction::Cn, 4403);
pub(crate) const SHANTOU_CITY: Place = Place::city(Jurisdiction::Cn, 4405);
pub(crate) const HONG_KONG: Place = Place::whole(Jurisdiction::Hk);
pub(crate) const MACAO: Place = Place::whole(Jurisdiction::Mo);

/// Shenzhen hospital, a validator.
pub(crate) const SZH: OrgId = OrgId(1);
/// Hong Kong hospital, a validator.
pub(crate) const HKH: OrgId = OrgId(2);
/// Hong Kong insurer, a validator.
pub(crate) const INSURER: OrgId = OrgId(3);
/// Regulator in Shenzhen, a validator.
pub(crate) const REGULATOR: OrgId = OrgId(4);
/// Shantou hospital, outside the nine cities.
pub(crate) const SHANTOU: OrgId = OrgId(5);
/// Research body.
pub(crate) const RESEARCHER: OrgId = OrgId(6);
/// Custodian.
pub(crate) const CUSTODIAN: OrgId = OrgId(7);
/// Patient app.
pub(crate) const APP: OrgId = OrgId(8);
/// Macao hospital.
pub(crate) const MACAO_HOSPITAL: OrgId = OrgId(9);
/// A second Shenzhen hospital.
pub(crate) const SZH2: OrgId = OrgId(10);
/// Six custodians, three in Shenzhen and three in Hong Kong.
pub(crate) const KEEPERS: [OrgId; 6] = [OrgId(11), OrgId(12), OrgId(13), OrgId(14), OrgId(15), OrgId(16)];
/// Settlement bank, designated for Hong Kong dollars and renminbi.
pub(crate) const BANK: OrgId = OrgId(21);
/// A second Hong Kong insurer.
pub(crate) const INSURER2: OrgId = OrgId(22);
/// An administrator, to whom nobody delegated.
pub(crate) const ADMINISTRATOR: OrgId = OrgId(23);
/// FX oracle of Hong Kong dollars in renminbi.
pub(crate) const ORACLE: OrgId = OrgId(41);
/// A second FX oracle of the same pair.
pub(crate) const ORACLE2: OrgId = OrgId(42);
/// Code authority.
pub(crate) const CODER: OrgId = OrgId(43);
/// Advance payer.
pub(crate) const ADVANCER: OrgId = OrgId(44);
/// The test places' basis, from the Shenzhen hospital to the insurer.
pub(crate) const BASIS_INSURER: BasisId = BasisId(Hash32([0xb1; 32]));
/// The same to the Hong Kong hospital.
pub(crate) const BASIS_HKH: BasisId = BasisId(Hash32([0xb2; 32]));

/// SplitMix64: tests draw from it and print its seed.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap()
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.index(items.len())]
    }

    /// True in one of `n` cases.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn some_of<T: Copy>(&mut self, items: &[T], most: usize) -> Vec<T> {
        let count = 1 + self.index(most);
        (0..count).map(|_| *self.pick(items)).collect()
    }
}

pub(crate) fn key(kind: u8, number: u32, index: u8) -> SecretKey {
    let mut seed = [kind; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    seed[4] = index;
    SecretKey::from_seed(&seed)
}

/// An organisation's key; there are two for SIGN_TX.
pub(crate) fn org_key(org: OrgId, usage: KeyUsage, index: u8) -> SecretKey {
    key(usage as u8, org.0, index)
}

pub(crate) fn signing(org: OrgId) -> SecretKey {
    org_key(org, KeyUsage::SignTx, 0)
}

pub(crate) fn subject_key(n: u32) -> SecretKey {
    key(100, n, 0)
}

pub(crate) fn proxy(n: u32) -> SecretKey {
    key(101, n, 0)
}

pub(crate) fn sp(n: u32) -> Sp {
    let mut bytes = [0x55; 32];
    bytes[..4].copy_from_slice(&n.to_le_bytes());
    Sp(Hash32(bytes))
}

pub(crate) fn evidence(kind: EvidenceKind) -> EvidenceRef {
    EvidenceRef { kind, hash: Hash32([0xee; 32]), timestamp: Some(Hash32([0xe0; 32])), mutually_recognised: false }
}

pub(crate) fn places(places: &[Place]) -> PlaceSet {
    PlaceSet::new(places.iter().copied()).unwrap()
}

pub(crate) fn everywhere() -> PlaceSet {
    places(&[Place::whole(Jurisdiction::Cn), HONG_KONG, MACAO])
}

fn accreditation(kind: AccreditationKind, scope: PlaceSet) -> Accreditation {
    Accreditation { kind, by: REGULATOR, scope, nbf: Millis(0), exp: FAR, revoked_at: None, evidence: Hash32([1; 32]) }
}

pub(crate) fn org(id: OrgId, roles: &[Role], seat: Place, accredited: &[AccreditationKind]) -> Org {
    let usages = [
        (KeyUsage::SignTx, 0),
        (KeyUsage::SignTx, 1),
        (KeyUsage::Receipt, 0),
        (KeyUsage::Validate, 0),
        (KeyUsage::Recovery, 0),
    ];
    let keys = usages.map(|(usage, index)| KeyRecord {
        key: org_key(id, usage, index).public(),
        usage,
        nbf: Millis(0),
        exp: FAR,
        revoked_at: None,
    });
    Org {
        id,
        legal_name: Text::new(format!("Organisation {id}")).unwrap(),
        roles: RoleSet::of(roles),
        seat,
        facilities: List::new(vec![Facility { id: FacilityId(1), place: seat }]).unwrap(),
        status: OrgStatus::Active,
        keys: List::new(keys.to_vec()).unwrap(),
        accreditations: List::new(accredited.iter().map(|kind| accreditation(*kind, everywhere())).collect()).unwrap(),
    }
}

pub(crate) fn basis(id: BasisId, kind: BasisKind, exporter: OrgId, importer: OrgId) -> TransferBasis {
    TransferBasis {
        id,
        kind,
        exporter,
        importer,
        from: everywhere(),
        to: everywhere(),
        categories: Categories::all(),
        filing_ref: Hash32([2; 32]),
        effective: Millis(0),
        filing_deadline: START,
        filed: true,
        pia_ref: Hash32([3; 32]),
        exp: FAR,
        status: BasisStatus::Active,
    }
}

pub(crate) fn genesis() -> GenesisState {
    use AccreditationKind::{EmergencyDept, EthicsBoard, HkInsurerAuth};
    let mut orgs = vec![
        org(SZH, &[Role::Hospital, Role::KeyHolder], SHENZHEN, &[EmergencyDept]),
        org(HKH, &[Role::Hospital, Role::KeyHolder], HONG_KONG, &[EmergencyDept, EthicsBoard]),
        org(INSURER, &[Role::Insurer], HONG_KONG, &[HkInsurerAuth]),
        org(REGULATOR, &[Role::Regulator, Role::KeyHolder], SHENZHEN, &[]),
        org(SHANTOU, &[Role::Hospital], SHANTOU_CITY, &[]),
        org(RESEARCHER, &[Role::Research], SHENZHEN, &[]),
        org(CUSTODIAN, &[Role::Custodian], SHENZHEN, &[]),
        org(APP, &[Role::App], SHENZHEN, &[]),
        org(MACAO_HOSPITAL, &[Role::Hospital], MACAO, &[]),
        org(SZH2, &[Role::Hospital], SHENZHEN, &[EthicsBoard]),
        org(BANK, &[Role::Bank], HONG_KONG, &[]),
        org(INSURER2, &[Role::Insurer], HONG_KONG, &[HkInsurerAuth]),
        org(ADMINISTRATOR, &[Role::Administrator], HONG_KONG, &[]),
        org(ORACLE, &[Role::FxOracle], SHENZHEN, &[]),
        org(ORACLE2, &[Role::FxOracle], HONG_KONG, &[]),
        org(CODER, &[Role::CodeAuthority], SHENZHEN, &[]),
        org(ADVANCER, &[Role::AdvancePayer], HONG_KONG, &[]),
    ];
    for (index, keeper) in KEEPERS.into_iter().enumerate() {
        orgs.push(org(keeper, &[Role::Custodian], if index < 3 { SHENZHEN } else { HONG_KONG }, &[]));
    }
    let validators = [SZH, HKH, INSURER, REGULATOR].map(|org| Validator {
        org,
        power: 1,
        key: org_key(org, KeyUsage::Validate, 0).public(),
    });
    let mut params = default_params(ChainClass::Test);
    let designated = |ccy| BankDesignation { ccy, bank: BANK };
    params.claims.banks = Set::new([designated(Currency::Hkd), designated(Currency::Cny)]).unwrap();
    let oracle = |oracle| OracleDesignation { base: Currency::Hkd, quote: Currency::Cny, oracle };
    params.claims.course.oracles = Set::new([oracle(ORACLE), oracle(ORACLE2)]).unwrap();
    GenesisState {
        time: START,
        params,
        validators: ValidatorSet::new(validators.to_vec()).unwrap(),
        orgs,
        bases: vec![
            basis(BASIS_INSURER, BasisKind::GbaScHk, SZH, INSURER),
            basis(BASIS_HKH, BasisKind::GbaScHk, SZH, HKH),
        ],
    }
}

/// A chain under test.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) state: MemoryState,
    pub(crate) height: Height,
    pub(crate) time: Millis,
    pub(crate) counter: u64,
}

impl World {
    /// A fresh chain.
    pub(crate) fn new() -> Self {
        Self::from(&genesis())
    }

    pub(crate) fn from(genesis: &GenesisState) -> Self {
        let writes = genesis_writes(genesis).unwrap();
        Self { state: MemoryState::new(writes.into_values()), height: Height(0), time: START, counter: 0 }
    }

    /// A fresh chain with subjects 1 to `n`, enrolled by the Shenzhen hospital.
    pub(crate) fn with_subjects(n: u32) -> Self {
        let mut world = Self::new();
        for i in 1..=n {
            let register = world.register(i, AgeBand::Adult);
            assert_eq!(world.one(&signing(SZH), register), Ok(()));
        }
        world
    }

    pub(crate) fn ctx(&self) -> BlockContext {
        BlockContext {
            chain: CHAIN,
            height: self.height.next(),
            time: self.time.plus(1000),
            previous: BlockHash(Hash32([9; 32])),
        }
    }

    pub(crate) fn register(&self, n: u32, age_band: AgeBand) -> Action {
        let secret = subject_key(n);
        Action::RegisterSubject(RegisterSubject {
            sp: sp(n),
            key: secret.public(),
            loa: 2,
            age_band,
            attest: Hash32([4; 32]),
            possession: secret.sign_possession(&possession_of(CHAIN, &secret.public(), &sp(n))),
        })
    }

    /// An action with a fresh idempotency key, as if its signer had signed it: execution takes signatures for checked.
    pub(crate) fn tx(&mut self, signer: &SecretKey, action: Action) -> Transaction {
        self.cosigned(signer, action, &[])
    }

    pub(crate) fn cosigned(&mut self, signer: &SecretKey, action: Action, with: &[&SecretKey]) -> Transaction {
        self.counter += 1;
        let mut idempotency = [0; 16];
        idempotency[..8].copy_from_slice(&self.counter.to_le_bytes());
        let body = TxBody {
            format: TX_FORMAT,
            chain: CHAIN,
            signer: signer.public().id(),
            idempotency,
            expires_at: self.time.plus(60_000),
            action,
        };
        let signature = Signature([0; 64]);
        let mut cosignatures: Vec<CoSignature> =
            with.iter().map(|key| CoSignature { signer: key.public().id(), signature }).collect();
        cosignatures.sort();
        Transaction { body, cosignatures: List::new(cosignatures).unwrap(), signature }
    }

    /// Executes and applies a block; the deadlines kept up by changes must equal those that the values imply.
    pub(crate) fn run(&mut self, txs: &[Transaction]) -> BlockOutcome {
        self.run_with(crate::tables(), txs)
    }

    pub(crate) fn run_with(&mut self, tables: &[Table<'_>], txs: &[Transaction]) -> BlockOutcome {
        let ctx = self.ctx();
        let outcome = execute_block_with(tables, &ctx, &self.state, txs).unwrap();
        self.state.apply(&outcome);
        (self.height, self.time) = (ctx.height, ctx.time);
        outcome
    }

    /// Runs a block of one transaction.
    pub(crate) fn send(&mut self, tx: &Transaction) -> Result<(), ErrorCode> {
        self.run(std::slice::from_ref(tx)).receipts[0].0.error().map_or(Ok(()), Err)
    }

    /// Signs and runs a block of one transaction.
    pub(crate) fn one(&mut self, signer: &SecretKey, action: Action) -> Result<(), ErrorCode> {
        let tx = self.tx(signer, action);
        self.send(&tx)
    }

    /// Grants as the subject and returns the consent's identifier.
    pub(crate) fn grant(&mut self, n: u32, terms: ConsentTerms) -> ConsentId {
        let action = grant_action(terms, Grantor::Subject);
        let tx = self.tx(&subject_key(n), action);
        assert_eq!(self.send(&tx), Ok(()));
        consent_id_of(&tx.hash())
    }

    pub(crate) fn book(&self, n: u32, controller: OrgId) -> ConsentBook {
        crate::runtime::state::consents(&self.state, sp(n), controller)
            .unwrap()
            .map(|book| (*book).clone())
            .unwrap_or_default()
    }

    /// Replaces a record, as governance or another version would.
    pub(crate) fn put(&mut self, key: StateKey, record: Record) {
        self.state.put(StateValue { key, written_by: TxHash::default(), record });
    }

    pub(crate) fn put_book(&mut self, n: u32, controller: OrgId, book: ConsentBook) {
        self.put(StateKey::Consents(sp(n), controller), Record::Consents(Box::new(book)));
    }

    pub(crate) fn change_org(&mut self, id: OrgId, change: impl FnOnce(&mut Org)) {
        let mut org = (*crate::runtime::state::org(&self.state, id).unwrap().unwrap()).clone();
        change(&mut org);
        self.put(StateKey::Org(id), Record::Org(Box::new(org)));
    }

    pub(crate) fn change_params(&mut self, change: impl FnOnce(&mut Params)) {
        let mut params = (*crate::runtime::state::params(&self.state).unwrap()).clone();
        change(&mut params);
        self.put(StateKey::Params, Record::Params(Box::new(params)));
    }

    pub(crate) fn suspend(&mut self, id: OrgId) {
        let status = OrgStatus::Suspended { until: FAR, by: REGULATOR, order: Hash32([5; 32]) };
        self.change_org(id, |org| org.status = status);
    }

    /// Gives the proxy a mandate signed by the subject and the Shenzhen hospital.
    pub(crate) fn mandate(&mut self, n: u32, change: impl FnOnce(&mut MandateTerms)) -> MandateId {
        let mut terms = mandate_terms(n, n);
        change(&mut terms);
        let action = mandate_action(terms, SZH, n);
        let tx = self.cosigned(&subject_key(n), action, &[&signing(SZH)]);
        assert_eq!(self.send(&tx), Ok(()));
        mandate_id_of(&tx.hash())
    }
}

pub(crate) fn grant_action(terms: ConsentTerms, grantor: Grantor) -> Action {
    Action::GrantConsent(Box::new(GrantConsent { proposal: None, terms, grantor }))
}

pub(crate) fn target(n: u32, controller: OrgId, consent: ConsentId) -> ConsentRef {
    ConsentRef { subject: sp(n), controller, consent }
}

/// An attorney's mandate for subject `n` and proxy `p`.
pub(crate) fn mandate_terms(n: u32, p: u32) -> MandateTerms {
    MandateTerms {
        subject: sp(n),
        proxy: proxy(p).public(),
        kind: MandateKind::Attorney,
        ops: MandateOps::all(),
        purposes: Set::new([Purpose::Treat, Purpose::Hpaymt]).unwrap(),
        consent_kinds: ConsentKinds::of(&[ConsentKind::Share, ConsentKind::Claim]),
        may_xborder: false,
        nbf: Millis(0),
        exp: FAR,
        evidence: evidence(EvidenceKind::PaperScan),
        no_higher_priority: None,
    }
}

pub(crate) fn mandate_action(terms: MandateTerms, verified_by: OrgId, p: u32) -> Action {
    let secret = proxy(p);
    let possession = secret.sign_possession(&possession_of(CHAIN, &secret.public(), &terms.subject));
    Action::GrantMandate(Box::new(GrantMandate { terms, verified_by, possession }))
}

/// A permit for treatment at the second Shenzhen hospital, complete for a Mainland controller.
pub(crate) fn terms(n: u32, controller: OrgId, grantees: &[OrgId]) -> ConsentTerms {
    ConsentTerms {
        kind: ConsentKind::Share,
        effect: Effect::Permit,
        subject: sp(n),
        controller,
        grantees: Grantees { orgs: Set::new(grantees.iter().copied()).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Treat]).unwrap(),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Diagnosis, Category::Lab]),
        max_grade: 4,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: places(&[SHENZHEN]),
        xborder: None,
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov]),
        nbf: START,
        exp: Some(START.plus(365 * DAY_MS)),
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([6; 32]), notice: Hash32([7; 32]) },
        evidence: evidence(EvidenceKind::AppSig),
    }
}

/// The separate consent to cross the border to Hong Kong under its standard contract.
pub(crate) fn xborder() -> XBorder {
    XBorder {
        to: places(&[HONG_KONG]),
        basis_kinds: BasisKinds::of(&[BasisKind::GbaScHk]),
        notice: Hash32([8; 32]),
        evidence: evidence(EvidenceKind::AppSig),
    }
}

/// A permit for claims by the Hong Kong insurer, complete with what crossing the border needs.
pub(crate) fn claim_terms(n: u32, controller: OrgId) -> ConsentTerms {
    ConsentTerms {
        kind: ConsentKind::Claim,
        purposes: Set::new([Purpose::Hpaymt]).unwrap(),
        places: places(&[HONG_KONG]),
        xborder: Some(xborder()),
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov, SeparateConsent::Xb]),
        ..terms(n, controller, &[INSURER])
    }
}

pub(crate) fn descriptor(category: Category, deliver_to: Place) -> Descriptor {
    Descriptor { category, grade: 3, service_month: Month(600), deliver_to }
}

/// What is asked for, without naming documents.
pub(crate) fn data(descriptors: Vec<Descriptor>) -> Asked {
    Asked::Data(List::new(descriptors).unwrap())
}

/// The descriptors of a request that names no documents.
pub(crate) fn descriptors(request: &AccessRequest) -> &[Descriptor] {
    match &request.asked {
        Asked::Data(descriptors) => descriptors,
        Asked::Documents { .. } => panic!("the request names documents"),
    }
}

pub(crate) fn descriptors_mut(request: &mut AccessRequest) -> &mut [Descriptor] {
    match &mut request.asked {
        Asked::Data(descriptors) => descriptors.as_mut_slice(),
        Asked::Documents { .. } => panic!("the request names documents"),
    }
}

/// The second Shenzhen hospital asks for a subject's diagnoses at the first, for treatment.
pub(crate) fn request(n: u32) -> AccessRequest {
    AccessRequest {
        requester: SZH2,
        facility: FacilityId(1),
        user_ref: Hash32([11; 32]),
        user_role: UserRole::Physician,
        subject: sp(n),
        controller: SZH,
        asked: data(vec![descriptor(Category::Diagnosis, SHENZHEN)]),
        purpose: Purpose::Treat,
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    }
}

/// The Hong Kong insurer asks for a subject's diagnoses at the Shenzhen hospital, to match a claim.
pub(crate) fn claim_request(n: u32) -> AccessRequest {
    AccessRequest {
        requester: INSURER,
        user_role: UserRole::ClaimsAssessor,
        asked: data(vec![descriptor(Category::Diagnosis, HONG_KONG)]),
        purpose: Purpose::Clmattch,
        xborder_basis: Some(BASIS_INSURER),
        ..request(n)
    }
}

/// Evidence that a validator prevoted twice at a height.
pub(crate) fn evidence_of(org: OrgId, height: u64) -> Action {
    let key = org_key(org, KeyUsage::Validate, 0);
    let vote = |block: u8| {
        let payload = VotePayload {
            chain: CHAIN,
            step: VoteStep::Prevote,
            height: Height(height),
            round: 0,
            block: Some(BlockHash(Hash32([block; 32]))),
            voter: org,
        };
        (payload, payload.sign(&key))
    };
    let pair = Equivocation::Votes { first: vote(1), second: vote(2) };
    Action::SubmitEvidence(Box::new(SubmitEvidence { pair }))
}
