//! The network of these tests: the sample with one organisation pending; and what is registered in it.

use std::ops::{Deref, DerefMut};

use assent_client::{Client, FinalReceipt};
use assent_tests::e2e;
pub(crate) use assent_tests::e2e::{PATIENCE, Patient, must_execute as execute_cosigned, program};
use assent_types::action::Action;
use assent_types::claim::OracleDesignation;
use assent_types::consent::{
    BreakGlass, Categories, Category, ConsentKind, ConsentTerms, DataAction, DataActions, Effect, EvidenceKind,
    EvidenceRef, Grantees, LabelRule, Limits, Obligations, PolicyRef, Purpose, Redisclosure, SeparateConsent,
    SeparateConsents,
};
use assent_types::key::SecretKey;
use assent_types::org::{OrgStatus, Role, RoleSet};
use assent_types::place::{Jurisdiction, Place};
use assent_types::subject::AgeBand;
use assent_types::{Currency, Hash32, Millis, OrgId, Set, Sp};

/// The organisation that is pending in this network.
pub(crate) const PENDING: OrgId = OrgId(9);

/// A custodian that may hold key shares in this network; of no document may it do both.
pub(crate) const KEEPER_AND_HOLDER: OrgId = OrgId(16);
/// A custodian that administers claims for others as well, from Hong Kong and without a licence for the Mainland.
pub(crate) const ADMINISTRATOR: OrgId = OrgId(15);
/// An insurer that publishes exchange rates as well, of US dollars in Hong Kong dollars.
pub(crate) const INSURER_AND_ORACLE: OrgId = OrgId(5);
/// How long a permit waits for key parts in this network: a test waits for the end of one.
const DECISION_TTL_MS: u64 = 20_000;
/// How long a denial can be appealed and money be asked back in this network: what comes too late is tried last.
const WINDOW_MS: u64 = 30_000;
/// How long a custodian has to answer a challenge.
const POSSESSION_MS: u64 = 15_000;

pub(crate) struct Network(e2e::Network);

impl Deref for Network {
    type Target = e2e::Network;

    fn deref(&self) -> &e2e::Network {
        &self.0
    }
}

impl DerefMut for Network {
    fn deref_mut(&mut self) -> &mut e2e::Network {
        &mut self.0
    }
}

impl Network {
    /// Starts the four validators.
    pub(crate) fn start() -> Self {
        Self(e2e::Network::start_with(|doc| {
            for org in doc.orgs.iter_mut() {
                match org.id {
                    PENDING => org.status = OrgStatus::Pending,
                    KEEPER_AND_HOLDER => org.roles = RoleSet::of(&[Role::Custodian, Role::KeyHolder]),
                    ADMINISTRATOR => org.roles = RoleSet::of(&[Role::Custodian, Role::Administrator]),
                    INSURER_AND_ORACLE => org.roles = RoleSet::of(&[Role::Insurer, Role::FxOracle]),
                    _ => {}
                }
            }
            doc.params.decision_ttl_ms = DECISION_TTL_MS;
            doc.params.access.possession_ms = POSSESSION_MS;
            let claims = &mut doc.params.claims;
            (claims.appeal_ms, claims.course.clawback_ms) = (WINDOW_MS, WINDOW_MS);
            let designation =
                OracleDesignation { base: Currency::Usd, quote: Currency::Hkd, oracle: INSURER_AND_ORACLE };
            let oracles = claims.course.oracles.iter().copied().chain([designation]);
            claims.course.oracles = Set::new(oracles).unwrap();
        }))
    }

    /// A client with this key at one node.
    pub(crate) fn client_at(&self, node: usize, key: SecretKey) -> Client {
        self.client_with(&[node], key)
    }

    /// A client of an organisation, at the first validator's node.
    pub(crate) fn client(&self, org: OrgId) -> Client {
        self.0.client(&[0], org)
    }
}

/// Registers a new patient with an organisation.
pub(crate) async fn register(network: &Network, client: &Client, org: OrgId) -> Patient {
    let patient = Patient::new();
    let action = patient.registration(network.chain, AgeBand::Adult);
    execute(client, &network.key(org, "sign-tx"), action).await;
    patient
}

/// Blocks come until this time has passed: each has a registration.
pub(crate) async fn blocks_until(network: &Network, client: &Client, org: OrgId, end: Millis) {
    let mut time = Millis(0);
    while time < end {
        let action = Patient::new().registration(network.chain, AgeBand::Adult);
        time = execute(client, &network.key(org, "sign-tx"), action).await.receipt.time;
    }
}

/// Signs and submits an action that must succeed.
pub(crate) async fn execute(client: &Client, key: &SecretKey, action: Action) -> FinalReceipt {
    execute_cosigned(client, key, action, &[]).await
}

pub(crate) fn evidence(byte: u8) -> EvidenceRef {
    EvidenceRef { kind: EvidenceKind::AppSig, hash: Hash32([byte; 32]), timestamp: None, mutually_recognised: false }
}

/// A consent that the Hong Kong hospital's patients may give: share with the hospital and the insurer for treatment.
pub(crate) fn terms(subject: Sp) -> ConsentTerms {
    ConsentTerms {
        kind: ConsentKind::Share,
        effect: Effect::Permit,
        subject,
        controller: OrgId(2),
        grantees: Grantees { orgs: Set::new([OrgId(1), OrgId(2), OrgId(3)]).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Treat]).unwrap(),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::of(&[Category::Lab, Category::Diagnosis]),
        max_grade: 3,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: Set::new([Place::whole(Jurisdiction::Hk)]).unwrap(),
        xborder: None,
        separate: SeparateConsents::of(&[SeparateConsent::Sens, SeparateConsent::Prov]),
        nbf: Millis(0),
        exp: None,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32([2; 32]), notice: Hash32([3; 32]) },
        evidence: evidence(4),
    }
}
