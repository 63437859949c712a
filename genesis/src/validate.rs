//! The rules of a genesis document.

use std::collections::{BTreeMap, BTreeSet};

use assent_contracts::check_org;
use assent_types::block::APP_VERSION;
use assent_types::consent::{BasisKind, BasisStatus, TransferBasis};
use assent_types::key::KeyUsage;
use assent_types::limits::BASES_MAX;
use assent_types::org::{Accreditation, KeyRecord, Org, OrgStatus, Role};
use assent_types::place::{Jurisdiction, PlaceSet};
use assent_types::state::{ChainClass, Params};
use assent_types::{BasisId, Hash32, KeyId, OrgId};

use crate::chambers::production_problems;
use crate::doc::GenesisDoc;
use crate::error::GenesisError;

/// Latest time that a document may name: the end of the year 9999.
const TIME_MAX_MS: u64 = 253_402_300_800_000;

pub(crate) fn document(doc: &GenesisDoc) -> Result<(), GenesisError> {
    if doc.name.as_str().trim().is_empty() {
        return Err(GenesisError::Field { field: "name", problem: "give the chain a name" });
    }
    if doc.time.0 == 0 || doc.time.0 >= TIME_MAX_MS {
        let problem = "give the time in milliseconds since 1970, before the year 10000";
        return Err(GenesisError::Field { field: "time", problem });
    }
    if doc.app_version != APP_VERSION {
        let problem = "this program executes another protocol version; use the program of the document's version";
        return Err(GenesisError::Field { field: "app_version", problem });
    }
    if doc.params.chain_class != doc.chain_class {
        let problem = "must be the same as params.chain_class";
        return Err(GenesisError::Field { field: "chain_class", problem });
    }
    assent_contracts::check_params(&doc.params)
        .map_err(|error| GenesisError::Param { param: error.param, problem: error.problem })?;
    orgs(doc)?;
    validators(doc)?;
    bases(doc)?;
    banks(doc)?;
    if doc.chain_class == ChainClass::Production
        && let Some(problem) = production_problems(doc).into_iter().next()
    {
        return Err(GenesisError::Production(problem));
    }
    Ok(())
}

fn orgs(doc: &GenesisDoc) -> Result<(), GenesisError> {
    if doc.orgs.is_empty() {
        return Err(GenesisError::Field { field: "orgs", problem: "name at least one organisation" });
    }
    let regulators: BTreeSet<OrgId> =
        doc.orgs.iter().filter(|org| org.roles.has(Role::Regulator)).map(|org| org.id).collect();
    let mut last = OrgId(0);
    let mut keys = BTreeSet::new();
    for org in &doc.orgs {
        if org.id <= last {
            return Err(org_error(org, "numbers start at 1 and ascend strictly; sort the organisations"));
        }
        last = org.id;
        org_itself(org)?;
        for key in &org.keys {
            org_key(org, key, &mut keys)?;
        }
        for usage in [KeyUsage::SignTx, KeyUsage::Recovery] {
            if org.live_keys(usage, doc.time).next().is_none() {
                return Err(GenesisError::MissingKey { org: org.id, usage });
            }
        }
        for accreditation in &org.accreditations {
            org_accreditation(org, accreditation, &regulators)?;
        }
    }
    Ok(())
}

fn org_error(org: &Org, problem: impl Into<String>) -> GenesisError {
    GenesisError::Org { org: org.id, problem: problem.into() }
}

fn org_itself(org: &Org) -> Result<(), GenesisError> {
    if !matches!(org.status, OrgStatus::Active | OrgStatus::Pending) {
        return Err(org_error(org, "an organisation starts as Active or Pending"));
    }
    check_org(org).map_err(|problem| org_error(org, problem.to_string()))
}

fn org_key(org: &Org, record: &KeyRecord, seen: &mut BTreeSet<KeyId>) -> Result<(), GenesisError> {
    if !record.key.is_valid() {
        return Err(org_error(org, format!("{} is no usable Ed25519 public key; make a new one", record.key)));
    }
    if record.nbf >= record.exp {
        return Err(org_error(org, format!("key {}: its end must lie after its beginning", record.id())));
    }
    if record.revoked_at.is_some() {
        return Err(org_error(org, format!("key {} is revoked; leave it out", record.id())));
    }
    if !seen.insert(record.id()) {
        return Err(GenesisError::SharedKey { org: org.id, key: record.id() });
    }
    Ok(())
}

fn org_accreditation(
    org: &Org,
    accreditation: &Accreditation,
    regulators: &BTreeSet<OrgId>,
) -> Result<(), GenesisError> {
    let kind = accreditation.kind;
    if accreditation.nbf >= accreditation.exp {
        return Err(org_error(org, format!("accreditation {kind}: its end must lie after its beginning")));
    }
    if accreditation.revoked_at.is_some() {
        return Err(org_error(org, format!("accreditation {kind} is revoked; leave it out")));
    }
    if accreditation.scope.is_empty() {
        return Err(org_error(org, format!("accreditation {kind}: name at least one place")));
    }
    if !regulators.contains(&accreditation.by) {
        let problem =
            format!("accreditation {kind}: organisation {} is no regulator of this document", accreditation.by);
        return Err(org_error(org, problem));
    }
    Ok(())
}

fn validators(doc: &GenesisDoc) -> Result<(), GenesisError> {
    let set = doc.validator_set()?;
    for validator in set.validators() {
        let error = |problem| GenesisError::Validator { org: validator.org, problem };
        let org = doc.org(validator.org).ok_or(error("add its organisation to the document"))?;
        if org.status != OrgStatus::Active {
            return Err(error("its organisation must be Active"));
        }
        if !org.live_keys(KeyUsage::Validate, doc.time).any(|record| record.key == validator.key) {
            return Err(error("its key must be a VALIDATE key of the organisation that is live at the genesis time"));
        }
        if org.live_keys(KeyUsage::Node, doc.time).next().is_none() {
            return Err(GenesisError::MissingKey { org: validator.org, usage: KeyUsage::Node });
        }
    }
    Ok(())
}

fn bases(doc: &GenesisDoc) -> Result<(), GenesisError> {
    let mut ids: BTreeSet<BasisId> = BTreeSet::new();
    let mut counts: BTreeMap<OrgId, usize> = BTreeMap::new();
    for basis in &doc.bases {
        if basis.id == BasisId(Hash32::ZERO) || !ids.insert(basis.id) {
            return Err(basis_error(basis, "give every basis an identifier of its own, other than zero"));
        }
        let count = counts.entry(basis.exporter).or_default();
        *count += 1;
        if *count > BASES_MAX {
            return Err(basis_error(basis, format!("an exporter has at most {BASES_MAX} bases")));
        }
        basis_terms(doc, basis)?;
        basis_parties(doc, basis)?;
    }
    Ok(())
}

/// Whoever is designated to settle is a bank, and whoever is designated to fix rates an oracle.
fn banks(doc: &GenesisDoc) -> Result<(), GenesisError> {
    for designation in &doc.params.claims.banks {
        let org = doc.orgs.iter().find(|org| org.id == designation.bank);
        if !org.is_some_and(|org| org.roles.has(Role::Bank)) {
            let problem =
                format!("organisation {} settles in {}: it must be a bank", designation.bank, designation.ccy);
            return Err(GenesisError::Param { param: "claims.banks", problem });
        }
    }
    for designation in &doc.params.claims.course.oracles {
        let org = doc.orgs.iter().find(|org| org.id == designation.oracle);
        if !org.is_some_and(|org| org.roles.has(Role::FxOracle)) {
            let problem = format!("organisation {} fixes rates: it must be an FX oracle", designation.oracle);
            return Err(GenesisError::Param { param: "claims.course.oracles", problem });
        }
    }
    Ok(())
}

fn basis_error(basis: &TransferBasis, problem: impl Into<String>) -> GenesisError {
    GenesisError::Basis { id: basis.id, problem: problem.into() }
}

fn basis_terms(doc: &GenesisDoc, basis: &TransferBasis) -> Result<(), GenesisError> {
    if basis.status != BasisStatus::Active {
        return Err(basis_error(basis, "a basis starts as Active"));
    }
    if basis.categories.is_empty() {
        return Err(basis_error(basis, "name at least one category"));
    }
    if basis.effective >= basis.exp {
        return Err(basis_error(basis, "its end must lie after its effect"));
    }
    if basis.pia_ref == Hash32::ZERO {
        return Err(basis_error(basis, "an impact assessment is required before it takes effect (PIPL art. 55)"));
    }
    if basis.filed && basis.filing_ref == Hash32::ZERO {
        return Err(basis_error(basis, "give the hash of the filing's reference"));
    }
    if !basis.filed && basis.filing_deadline <= doc.time {
        return Err(basis_error(basis, "it is unfiled and its filing deadline has passed; file it first"));
    }
    Ok(())
}

fn basis_parties(doc: &GenesisDoc, basis: &TransferBasis) -> Result<(), GenesisError> {
    if basis.exporter == basis.importer {
        return Err(basis_error(basis, "exporter and importer must differ"));
    }
    for (name, party, places) in [("exporter", basis.exporter, &basis.from), ("importer", basis.importer, &basis.to)] {
        let org = doc
            .org(party)
            .ok_or_else(|| basis_error(basis, format!("{name} {party} is no organisation of the document")))?;
        if places.is_empty() {
            return Err(basis_error(basis, format!("name at least one place of the {name}")));
        }
        if !org.seat.is_in(places) && !org.facilities.iter().any(|facility| facility.place.is_in(places)) {
            return Err(basis_error(basis, format!("{name} {party} has neither seat nor facility in its places")));
        }
    }
    if let Err(problem) = kind_fits_places(&doc.params, basis) {
        return Err(basis_error(basis, format!("{}: {problem}", basis.kind)));
    }
    let governed = governed_places(&doc.params, basis.kind);
    for party in [basis.exporter, basis.importer] {
        let outside = doc.org(party).zip(governed).is_some_and(|(org, governed)| !org.seat.is_in(governed));
        if outside {
            let problem = format!("{}: organisation {party} has its seat outside the contract's places", basis.kind);
            return Err(basis_error(basis, problem));
        }
    }
    Ok(())
}

fn governed_places(params: &Params, kind: BasisKind) -> Option<&PlaceSet> {
    match kind {
        BasisKind::GbaScHk => Some(&params.gba_hk),
        BasisKind::GbaScMo => Some(&params.gba_mo),
        _ => None,
    }
}

/// Which borders a kind of basis crosses. There is no GBA standard contract between Hong Kong and Macao.
fn kind_fits_places(params: &Params, basis: &TransferBasis) -> Result<(), &'static str> {
    if let Some(governed) = governed_places(params, basis.kind) {
        if !basis.from.iter().chain(&basis.to).all(|place| place.is_in(governed)) {
            return Err("every place must be one of the contract's places in the parameters");
        }
        let crosses = |from: &PlaceSet, to: &PlaceSet| {
            from.iter().all(|place| place.jur == Jurisdiction::Cn)
                && to.iter().all(|place| place.jur != Jurisdiction::Cn)
        };
        if !crosses(&basis.from, &basis.to) && !crosses(&basis.to, &basis.from) {
            return Err("it must lead from the Mainland to the other side, or back");
        }
        return Ok(());
    }
    let home = match basis.kind {
        BasisKind::HkRmc => Jurisdiction::Hk,
        BasisKind::MoTransfer => Jurisdiction::Mo,
        _ => Jurisdiction::Cn,
    };
    let leaves_home =
        basis.from.iter().all(|place| place.jur == home) && basis.to.iter().all(|place| place.jur != home);
    if leaves_home { Ok(()) } else { Err("it must lead out of the jurisdiction whose law it belongs to") }
}
