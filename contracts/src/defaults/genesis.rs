//! The records of the first state.

use std::collections::{BTreeMap, BTreeSet};

use assent_types::consent::TransferBasis;
use assent_types::governance::Governance;
use assent_types::key::KeyUsage;
use assent_types::limits::ORGS_MAX;
use assent_types::org::{Org, Role};
use assent_types::state::{Bases, BlockMeta, Params, Record, StateKey, StateValue, Validators};
use assent_types::subject::{KeyEntry, KeyOwner};
use assent_types::validator::ValidatorSet;
use assent_types::{BlockHash, Height, KeyId, Millis, OrgId, Set, TxHash};

/// What a chain starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisState {
    /// Genesis time, before the first block's.
    pub time: Millis,
    /// Parameters.
    pub params: Params,
    /// Validators of heights 1 and 2.
    pub validators: ValidatorSet,
    /// Organisations, in any order.
    pub orgs: Vec<Org>,
    /// Transfer bases, in any order.
    pub bases: Vec<TransferBasis>,
}

/// Why a chain cannot start like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisStateError {
    /// Two organisations of one number.
    #[error("organisation {0} is there twice")]
    OrgTwice(OrgId),
    /// More organisations than a register holds.
    #[error("more than {ORGS_MAX} organisations")]
    TooManyOrgs,
    /// An organisation in the role of a person.
    #[error("organisation {0} cannot be a subject or a guardian")]
    PersonalRole(OrgId),
    /// Facilities that do not ascend strictly by number.
    #[error("facilities of organisation {0} must ascend strictly by number")]
    Facilities(OrgId),
    /// A key that is not a usable public key.
    #[error("organisation {0} has a key that is no valid public key")]
    InvalidKey(OrgId),
    /// One key twice, of one organisation or of two.
    #[error("key {0} is there twice")]
    KeyTwice(KeyId),
    /// A validator that is no organisation, or whose key is not its live VALIDATE key.
    #[error("validator {0} needs an organisation with this key, live, for VALIDATE")]
    Validator(OrgId),
    /// A basis of an unknown exporter or importer.
    #[error("a transfer basis names organisation {0}, which is not there")]
    BasisOrg(OrgId),
    /// Two bases of one identifier, or too many of one exporter.
    #[error("transfer bases of organisation {0} are too many or share an identifier")]
    Bases(OrgId),
}

/// The records of the first state, written by no transaction.
///
/// # Errors
///
/// [`GenesisStateError`] if the records contradict each other.
pub fn genesis_writes(genesis: &GenesisState) -> Result<BTreeMap<StateKey, StateValue>, GenesisStateError> {
    let mut writes = Writes(BTreeMap::new());
    let meta = BlockMeta { height: Height(0), time: genesis.time, previous: BlockHash::default() };
    writes.put(StateKey::Block, Record::Block(meta));
    writes.put(StateKey::Params, Record::Params(Box::new(genesis.params.clone())));
    let (next, after_next) = (genesis.validators.clone(), genesis.validators.clone());
    writes.put(StateKey::Validators, Record::Validators(Validators { next, after_next }));
    for org in &genesis.orgs {
        check_org(org)?;
        if !writes.put(StateKey::Org(org.id), Record::Org(Box::new(org.clone()))) {
            return Err(GenesisStateError::OrgTwice(org.id));
        }
        for record in &org.keys {
            let owner = KeyOwner::Org(org.id);
            let entry = KeyEntry { key: record.key, owner, revoked_at: None, proxy_for: Default::default() };
            if !writes.put(StateKey::Key(record.id()), Record::Key(entry)) {
                return Err(GenesisStateError::KeyTwice(record.id()));
            }
        }
    }
    for validator in genesis.validators.validators() {
        let org = genesis.orgs.iter().find(|org| org.id == validator.org);
        let votes = org.is_some_and(|org| {
            org.live_keys(KeyUsage::Validate, genesis.time).any(|record| record.key == validator.key)
        });
        if !votes {
            return Err(GenesisStateError::Validator(validator.org));
        }
    }
    let orgs = Set::new(genesis.orgs.iter().map(|org| org.id)).map_err(|_| GenesisStateError::TooManyOrgs)?;
    let register = Governance { orgs, ..Governance::default() };
    writes.put(StateKey::Governance, Record::Governance(Box::new(register)));
    put_bases(genesis, &mut writes)?;
    Ok(writes.0)
}

struct Writes(BTreeMap<StateKey, StateValue>);

impl Writes {
    /// Whether the key was free.
    fn put(&mut self, key: StateKey, record: Record) -> bool {
        self.0.insert(key, StateValue { key, written_by: TxHash::default(), record }).is_none()
    }
}

fn check_org(org: &Org) -> Result<(), GenesisStateError> {
    if org.roles.has(Role::Subject) || org.roles.has(Role::Guardian) {
        return Err(GenesisStateError::PersonalRole(org.id));
    }
    if !org.facilities.windows(2).all(|pair| pair[0].id < pair[1].id) {
        return Err(GenesisStateError::Facilities(org.id));
    }
    if org.keys.iter().any(|record| !record.key.is_valid()) {
        return Err(GenesisStateError::InvalidKey(org.id));
    }
    Ok(())
}

fn put_bases(genesis: &GenesisState, writes: &mut Writes) -> Result<(), GenesisStateError> {
    let known: BTreeSet<OrgId> = genesis.orgs.iter().map(|org| org.id).collect();
    let mut by_exporter: BTreeMap<OrgId, Vec<TransferBasis>> = BTreeMap::new();
    for basis in &genesis.bases {
        if let Some(missing) = [basis.exporter, basis.importer].iter().find(|org| !known.contains(org)) {
            return Err(GenesisStateError::BasisOrg(*missing));
        }
        by_exporter.entry(basis.exporter).or_default().push(basis.clone());
    }
    for (exporter, mut bases) in by_exporter {
        bases.sort_by_key(|basis| basis.id);
        let unique = bases.windows(2).all(|pair| pair[0].id < pair[1].id);
        match Bases::new(bases) {
            Ok(bases) if unique => writes.put(StateKey::Bases(exporter), Record::Bases(bases)),
            _ => return Err(GenesisStateError::Bases(exporter)),
        };
    }
    Ok(())
}
