//! What a payload would write. A proposal is valid exactly while there is something to write, so what is checked when it
//! is proposed, what is checked when it is executed, and what is done are one function.

use assent_types::action::possession_of;
use assent_types::block::APP_VERSION;
use assent_types::governance::{
    Accredit, AccreditationRef, AddOrg, Chamber, LiftMeasure, Payload, RemoveOrg, RenewAccreditation, ReplaceKey,
    RevokeAccreditation, Target, Upgrade,
};
use assent_types::key::{KeyUsage, PublicKey, Signature};
use assent_types::org::{Accreditation, KeyRecord, Org, OrgStatus, Role};
use assent_types::state::{ChainClass, Record, StateKey};
use assent_types::subject::{KeyEntry, KeyOwner};
use assent_types::{ErrorCode, Hash32, KeyId, List, OrgId, Set};

use super::matrices;
use super::validators;
use crate::org::record::check_org;
use crate::runtime::block::BlockContext;
use crate::runtime::state::{self, Found, ReadError, StateRead};
use crate::runtime::table::{Check, Stop, ensure};
use crate::runtime::validators::with_key;

/// What a payload writes.
pub(crate) type Writes = Vec<(StateKey, Record)>;

/// What a payload would write in a block after this state, or the number of the error for which it is not valid: for
/// clients that show a proposal before they make it.
///
/// # Errors
///
/// If the state cannot be read.
pub fn payload_writes(
    payload: &Payload,
    ctx: &BlockContext,
    state: &dyn StateRead,
) -> Result<Result<Vec<(StateKey, Record)>, ErrorCode>, ReadError> {
    match plan(payload, ctx, state) {
        Ok(writes) => Ok(Ok(writes)),
        Err(Stop::Refused(code)) => Ok(Err(code)),
        Err(Stop::Read(error)) => Err(error),
    }
}

/// What a payload writes; E209 and others if the present state does not allow it.
pub(crate) fn plan(payload: &Payload, ctx: &BlockContext, state: &dyn StateRead) -> Result<Writes, Stop> {
    let planner = Planner { ctx, state };
    match payload {
        Payload::AddOrg(add) => planner.add_org(add),
        Payload::Accredit(accredit) => planner.accredit(accredit),
        Payload::RenewAccreditation(renew) => planner.renew(renew),
        Payload::RemoveOrg(remove) => planner.remove_org(remove),
        Payload::RevokeAccreditation(revoke) => planner.revoke(revoke),
        Payload::ReplaceKey(replace) => planner.replace_key(replace),
        Payload::AddValidator(add) => validators::add(ctx, state, add),
        Payload::SetValidatorPower(set) => validators::set_power(ctx, state, set),
        Payload::RemoveValidator(remove) => validators::remove(ctx, state, remove),
        Payload::UpgradeProtocol(upgrade) => planner.upgrade(upgrade),
        Payload::LiftMeasure(lift) => planner.lift(lift),
        Payload::SetParam(_)
        | Payload::SetMinimisation(_)
        | Payload::SetAccreditationRule(_)
        | Payload::SetUserCategories(_)
        | Payload::SetSeparateConsents(_)
        | Payload::SetGbaPlaces(_)
        | Payload::SetBasisKind(_)
        | Payload::DesignateBank(_)
        | Payload::DesignateFxo(_) => planner.params(payload),
    }
}

/// An organisation as it is to be written.
pub(super) fn org_write(org: Org) -> (StateKey, Record) {
    (StateKey::Org(org.id), Record::Org(Box::new(org)))
}

struct Planner<'p> {
    ctx: &'p BlockContext,
    state: &'p dyn StateRead,
}

impl Planner<'_> {
    fn org(&self, id: OrgId) -> Result<Found<Org>, Stop> {
        state::org(self.state, id)?.ok_or(Stop::Refused(ErrorCode::NotFound))
    }

    fn is_test(&self) -> Result<bool, Stop> {
        Ok(state::params(self.state)?.chain_class == ChainClass::Test)
    }

    /// E212 unless the key is valid, unknown to the ledger, and its holder asked for it to be registered.
    fn fresh_key(&self, org: OrgId, key: &PublicKey, possession: &Signature) -> Check {
        let asked = possession_of(self.ctx.chain, key, &org);
        ensure(key.is_valid() && key.verify_possession(&asked, possession), ErrorCode::KeyExists)?;
        ensure(state::key(self.state, key.id())?.is_none(), ErrorCode::KeyExists)
    }

    fn key_write(org: OrgId, key: PublicKey) -> (StateKey, Record) {
        let entry = KeyEntry { key, owner: KeyOwner::Org(org), revoked_at: None, proxy_for: Default::default() };
        (StateKey::Key(key.id()), Record::Key(entry))
    }

    fn add_org(&self, add: &AddOrg) -> Result<Writes, Stop> {
        let (org, now) = (&add.org, self.ctx.time);
        let mut register = (*state::governance(self.state)?).clone();
        ensure(org.id != OrgId(0) && !register.orgs.contains(&org.id), ErrorCode::Proposal)?;
        ensure(check_org(org).is_ok() && org.status == OrgStatus::Active, ErrorCode::Proposal)?;
        ensure(org.accreditations.is_empty(), ErrorCode::Proposal)?;
        let windows = org.keys.iter().all(|record| record.nbf < record.exp && record.revoked_at.is_none());
        ensure(windows, ErrorCode::Window)?;
        let live = |usage| org.live_keys(usage, now).next().is_some();
        ensure(live(KeyUsage::SignTx) && live(KeyUsage::Recovery), ErrorCode::KeyUsage)?;
        ensure(add.possessions.len() == org.keys.len(), ErrorCode::KeyExists)?;
        let mut ids: Vec<KeyId> = Vec::new();
        for (record, possession) in org.keys.iter().zip(&add.possessions) {
            self.fresh_key(org.id, &record.key, possession)?;
            ensure(!ids.contains(&record.id()), ErrorCode::KeyExists)?;
            ids.push(record.id());
        }
        let orgs = register.orgs.iter().copied().chain([org.id]);
        register.orgs = Set::new(orgs).map_err(|_| ErrorCode::Limit)?;
        let mut writes = vec![org_write(org.clone()), (StateKey::Governance, Record::Governance(Box::new(register)))];
        writes.extend(org.keys.iter().map(|record| Self::key_write(org.id, record.key)));
        Ok(writes)
    }

    /// An organisation that has not left for good.
    fn member(&self, id: OrgId) -> Result<Org, Stop> {
        let org = self.org(id)?;
        ensure(org.status != OrgStatus::Withdrawn, ErrorCode::Proposal)?;
        Ok((*org).clone())
    }

    fn accredit(&self, accredit: &Accredit) -> Result<Writes, Stop> {
        let mut org = self.member(accredit.org)?;
        let accreditation = &accredit.accreditation;
        let window = accreditation.nbf < accreditation.exp && self.ctx.time < accreditation.exp;
        ensure(window && accreditation.revoked_at.is_none(), ErrorCode::Window)?;
        ensure(!accreditation.scope.is_empty(), ErrorCode::EmptyAxis)?;
        let by = self.org(accreditation.by)?;
        let own = accreditation.scope.iter().all(|place| place.jur == by.jurisdiction());
        let may = by.roles.has(Role::Regulator) && by.is_active(self.ctx.time) && (own || self.is_test()?);
        ensure(may, ErrorCode::Proposal)?;
        let same = |other: &Accreditation| {
            (other.kind, other.by, other.nbf) == (accreditation.kind, accreditation.by, accreditation.nbf)
        };
        ensure(!org.accreditations.iter().any(same), ErrorCode::Proposal)?;
        org.accreditations.push(accreditation.clone()).map_err(|_| ErrorCode::Limit)?;
        Ok(vec![org_write(org)])
    }

    /// Changes an accreditation that was not revoked.
    fn change_accreditation(
        &self,
        named: &AccreditationRef,
        change: impl FnOnce(&mut Accreditation) -> Check,
    ) -> Result<Writes, Stop> {
        let mut org = self.member(named.org)?;
        let accreditation = org
            .accreditations
            .as_mut_slice()
            .iter_mut()
            .find(|other| (other.kind, other.by, other.nbf) == (named.kind, named.by, named.nbf))
            .ok_or(ErrorCode::NotFound)?;
        ensure(accreditation.revoked_at.is_none(), ErrorCode::Proposal)?;
        change(accreditation)?;
        Ok(vec![org_write(org)])
    }

    fn renew(&self, renew: &RenewAccreditation) -> Result<Writes, Stop> {
        self.change_accreditation(&renew.accreditation, |accreditation| {
            ensure(accreditation.exp < renew.exp && self.ctx.time < renew.exp, ErrorCode::Window)?;
            accreditation.exp = renew.exp;
            accreditation.evidence = renew.evidence;
            Ok(())
        })
    }

    fn revoke(&self, revoke: &RevokeAccreditation) -> Result<Writes, Stop> {
        ensure(revoke.statement != Hash32::ZERO, ErrorCode::Proposal)?;
        self.change_accreditation(&revoke.accreditation, |accreditation| {
            accreditation.revoked_at = Some(self.ctx.time);
            Ok(())
        })
    }

    /// E209 if the organisation was not heard, or is the last one in its chamber, without which nothing can be decided
    /// any more; E207 while it validates.
    fn remove_org(&self, remove: &RemoveOrg) -> Result<Writes, Stop> {
        let mut org = self.member(remove.org)?;
        ensure(remove.statement != Hash32::ZERO, ErrorCode::Proposal)?;
        let sets = state::validators(self.state)?;
        ensure(sets.after_next.by_org(org.id).is_none(), ErrorCode::PowerCap)?;
        if let Some(chamber) = Chamber::of(&org)
            && !self.is_test()?
        {
            let electorate = super::tally::Electorate::of(self.state, self.ctx.time)?;
            let rest = electorate.seats().iter().any(|seat| seat.chamber == chamber && seat.org != org.id);
            ensure(rest, ErrorCode::Proposal)?;
        }
        org.status = OrgStatus::Withdrawn;
        Ok(vec![org_write(org)])
    }

    fn replace_key(&self, replace: &ReplaceKey) -> Result<Writes, Stop> {
        let (mut org, now) = (self.member(replace.org)?, self.ctx.time);
        let old = org.keys.as_mut_slice().iter_mut().find(|record| record.id() == replace.old);
        let old = old.ok_or(ErrorCode::NotFound)?;
        ensure(old.revoked_at.is_none(), ErrorCode::Proposal)?;
        ensure(old.usage == replace.usage, ErrorCode::KeyUsage)?;
        ensure(replace.nbf < replace.exp && now < replace.exp, ErrorCode::Window)?;
        self.fresh_key(replace.org, &replace.new, &replace.possession)?;
        old.revoked_at = Some(now);
        let new =
            KeyRecord { key: replace.new, usage: replace.usage, nbf: replace.nbf, exp: replace.exp, revoked_at: None };
        org.keys.push(new).map_err(|_| ErrorCode::Limit)?;
        let mut writes = vec![org_write(org), Self::key_write(replace.org, replace.new)];
        let sets = state::validators(self.state)?;
        if replace.usage == KeyUsage::Validate
            && let Some(validator) = sets.after_next.by_org(replace.org)
        {
            ensure(validator.key.id() == replace.old, ErrorCode::KeyUsage)?;
            ensure(replace.nbf <= now, ErrorCode::Window)?;
            writes.push((StateKey::Validators, Record::Validators(with_key(&sets, replace.org, replace.new)?)));
        }
        Ok(writes)
    }

    fn upgrade(&self, upgrade: &Upgrade) -> Result<Writes, Stop> {
        let ahead = self.ctx.height < upgrade.height && APP_VERSION < upgrade.app_version;
        ensure(ahead && upgrade.binary != Hash32::ZERO, ErrorCode::Proposal)?;
        let mut register = (*state::governance(self.state)?).clone();
        register.upgrade = Some(upgrade.clone());
        Ok(vec![(StateKey::Governance, Record::Governance(Box::new(register)))])
    }

    /// E209 unless the measure was ratified.
    fn lift(&self, lift: &LiftMeasure) -> Result<Writes, Stop> {
        let Some(halts) = state::halts(self.state)? else { return Err(ErrorCode::NotFound.into()) };
        let mut halts = (*halts).clone();
        let mut measures = halts.measures.into_vec();
        let position = measures.iter().position(|measure| measure.proposal == lift.emergency);
        let measure = measures.remove(position.ok_or(ErrorCode::NotFound)?);
        ensure(measure.until.is_none(), ErrorCode::Proposal)?;
        halts.measures = List::new(measures).map_err(|_| ErrorCode::Limit)?;
        let mut writes = vec![(StateKey::Halts, Record::Halts(halts))];
        if let Target::Org(id) = measure.target {
            let org = self.org(id)?;
            writes.extend(restored(&org).map(org_write));
        }
        Ok(writes)
    }

    fn params(&self, payload: &Payload) -> Result<Writes, Stop> {
        let before = state::params(self.state)?;
        let mut params = (*before).clone();
        matrices::apply(self.ctx, self.state, payload, &mut params)?;
        ensure(params != *before && crate::check_params(&params).is_ok(), ErrorCode::Proposal)?;
        Ok(vec![(StateKey::Params, Record::Params(Box::new(params)))])
    }
}

/// The organisation in good standing again, if it is suspended.
pub(super) fn restored(org: &Org) -> Option<Org> {
    matches!(org.status, OrgStatus::Suspended { .. }).then(|| Org { status: OrgStatus::Active, ..org.clone() })
}
