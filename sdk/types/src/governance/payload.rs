//! Everything that a proposal may do.

use borsh::{BorshDeserialize, BorshSerialize};

use super::class::Class;
use super::params::ParamChange;
use crate::claim::OracleDesignation;
use crate::codec::List;
use crate::consent::{BasisKind, Categories, Purpose};
use crate::ids::{Hash32, Height, KeyId, Millis, OrgId, ProposalId};
use crate::key::{KeyUsage, PublicKey, Signature};
use crate::limits::ORG_KEYS_MAX;
use crate::org::{Accreditation, AccreditationKind, Org, Role};
use crate::place::PlaceSet;
use crate::state::{AccreditationRule, BankDesignation, SeparateConsentRule, UserCategoryRule};

/// Declares records of payloads with the derives that each of them has.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty,)+ })+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
        )]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $type,)+
        }
    )+};
}

records! {
    /// Admits an organisation. It begins active and without accreditations.
    AddOrg {
        /// The organisation, under a number that was never used.
        org: Org,
        /// Each key's proof of possession over [`crate::action::possession_of`], in the order of its keys.
        possessions: List<Signature, ORG_KEYS_MAX>,
    }
    /// Accredits an organisation.
    Accredit {
        /// The organisation.
        org: OrgId,
        /// The accreditation.
        accreditation: Accreditation,
    }
    /// Names an accreditation.
    AccreditationRef {
        /// Whose it is.
        org: OrgId,
        /// What for.
        kind: AccreditationKind,
        /// Who gave it.
        by: OrgId,
        /// When it begins.
        nbf: Millis,
    }
    /// Prolongs an accreditation.
    RenewAccreditation {
        /// Which.
        accreditation: AccreditationRef,
        /// First instant after its new end, later than the old one.
        exp: Millis,
        /// Salted hash of the new evidence.
        evidence: Hash32,
    }
    /// Removes an organisation for good. Its validator goes first.
    RemoveOrg {
        /// The organisation.
        org: OrgId,
        /// Hash of the statement with which it was heard.
        statement: Hash32,
    }
    /// Ends an accreditation.
    RevokeAccreditation {
        /// Which.
        accreditation: AccreditationRef,
        /// Hash of the statement with which the organisation was heard.
        statement: Hash32,
    }
    /// Replaces a key that was lost or has leaked. The old one ends when the proposal is executed.
    ReplaceKey {
        /// The organisation.
        org: OrgId,
        /// The key that ends.
        old: KeyId,
        /// The key that begins, with the usage of the old one.
        new: PublicKey,
        /// Its usage.
        usage: KeyUsage,
        /// First instant of the new key.
        nbf: Millis,
        /// First instant after its end.
        exp: Millis,
        /// The new key's proof of possession over [`crate::action::possession_of`].
        possession: Signature,
    }
    /// Lets an organisation validate.
    AddValidator {
        /// The organisation.
        org: OrgId,
        /// Its power.
        power: u64,
        /// Its live VALIDATE key.
        key: PublicKey,
    }
    /// Changes the power of a validator.
    SetValidatorPower {
        /// The validator.
        org: OrgId,
        /// Its power.
        power: u64,
    }
    /// Ends an organisation's validating.
    RemoveValidator {
        /// The validator.
        org: OrgId,
    }
    /// What a role may ask for a purpose.
    MinimisationLimit {
        /// Categories.
        categories: Categories,
        /// Highest grade.
        max_grade: u8,
    }
    /// Changes one cell of the minimisation matrix.
    MinimisationChange {
        /// Role of the requester.
        role: Role,
        /// Purpose.
        purpose: Purpose,
        /// The most that it may ask; nothing at all if `None`.
        limit: Option<MinimisationLimit>,
    }
    /// Changes the places of a GBA standard contract.
    SetGbaPlaces {
        /// Which contract: `GBA_SC_HK` or `GBA_SC_MO`.
        contract: BasisKind,
        /// Its places.
        places: PlaceSet,
    }
    /// Accepts a kind of transfer basis, or accepts it no longer.
    SetBasisKind {
        /// Which.
        kind: BasisKind,
        /// Whether it is accepted.
        accepted: bool,
    }
    /// Designates a settlement bank, or designates it no longer.
    DesignateBank {
        /// Which, for which currency.
        designation: BankDesignation,
        /// Whether it is designated.
        designated: bool,
    }
    /// Designates an FX oracle, or designates it no longer.
    DesignateFxo {
        /// Which, for which pair.
        designation: OracleDesignation,
        /// Whether it is designated.
        designated: bool,
    }
    /// Executes blocks by another version of the protocol from a height on.
    Upgrade {
        /// The first height of the new version.
        height: Height,
        /// The version.
        app_version: u32,
        /// Hash of the program.
        binary: Hash32,
        /// Hash of what it does to the state before that height; zero if nothing.
        migration: Hash32,
    }
    /// Lifts a ratified measure.
    LiftMeasure {
        /// The emergency that was ratified.
        emergency: ProposalId,
    }
}

/// What a proposal does once it is executed. Tags are never reused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// See [`AddOrg`].
    AddOrg(Box<AddOrg>) = 1,
    /// See [`Accredit`].
    Accredit(Box<Accredit>) = 2,
    /// See [`RenewAccreditation`].
    RenewAccreditation(RenewAccreditation) = 3,
    /// See [`RemoveOrg`].
    RemoveOrg(RemoveOrg) = 4,
    /// See [`RevokeAccreditation`].
    RevokeAccreditation(RevokeAccreditation) = 5,
    /// See [`ReplaceKey`].
    ReplaceKey(Box<ReplaceKey>) = 6,
    /// See [`AddValidator`].
    AddValidator(AddValidator) = 7,
    /// See [`SetValidatorPower`].
    SetValidatorPower(SetValidatorPower) = 8,
    /// See [`RemoveValidator`].
    RemoveValidator(RemoveValidator) = 9,
    /// See [`ParamChange`].
    SetParam(ParamChange) = 10,
    /// See [`MinimisationChange`].
    SetMinimisation(MinimisationChange) = 11,
    /// The accreditations that a role needs for a purpose at a place; none at all if the list is empty.
    SetAccreditationRule(AccreditationRule) = 12,
    /// What a person's role may see; nothing at all if no category is named.
    SetUserCategories(UserCategoryRule) = 13,
    /// The separate consents that a controller's jurisdiction requires.
    SetSeparateConsents(SeparateConsentRule) = 14,
    /// See [`SetGbaPlaces`].
    SetGbaPlaces(SetGbaPlaces) = 15,
    /// See [`SetBasisKind`].
    SetBasisKind(SetBasisKind) = 16,
    /// See [`DesignateBank`].
    DesignateBank(DesignateBank) = 17,
    /// See [`DesignateFxo`].
    DesignateFxo(DesignateFxo) = 18,
    /// See [`Upgrade`].
    UpgradeProtocol(Upgrade) = 19,
    /// See [`LiftMeasure`].
    LiftMeasure(LiftMeasure) = 20,
}

impl Payload {
    /// The name of the payload, for texts and JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AddOrg(_) => "AddOrg",
            Self::Accredit(_) => "Accredit",
            Self::RenewAccreditation(_) => "RenewAccreditation",
            Self::RemoveOrg(_) => "RemoveOrg",
            Self::RevokeAccreditation(_) => "RevokeAccreditation",
            Self::ReplaceKey(_) => "ReplaceKey",
            Self::AddValidator(_) => "AddValidator",
            Self::SetValidatorPower(_) => "SetValidatorPower",
            Self::RemoveValidator(_) => "RemoveValidator",
            Self::SetParam(_) => "SetParam",
            Self::SetMinimisation(_) => "SetMinimisation",
            Self::SetAccreditationRule(_) => "SetAccreditationRule",
            Self::SetUserCategories(_) => "SetUserCategories",
            Self::SetSeparateConsents(_) => "SetSeparateConsents",
            Self::SetGbaPlaces(_) => "SetGbaPlaces",
            Self::SetBasisKind(_) => "SetBasisKind",
            Self::DesignateBank(_) => "DesignateBank",
            Self::DesignateFxo(_) => "DesignateFxo",
            Self::UpgradeProtocol(_) => "UpgradeProtocol",
            Self::LiftMeasure(_) => "LiftMeasure",
        }
    }

    /// Its class.
    pub const fn class(&self) -> Class {
        match self {
            Self::AddOrg(_) | Self::Accredit(_) | Self::RenewAccreditation(_) => Class::Admission,
            Self::RemoveOrg(_) | Self::RevokeAccreditation(_) => Class::Removal,
            Self::ReplaceKey(_) => Class::KeyReplacement,
            Self::AddValidator(_) | Self::SetValidatorPower(_) | Self::RemoveValidator(_) => Class::Power,
            Self::SetParam(_)
            | Self::SetMinimisation(_)
            | Self::SetAccreditationRule(_)
            | Self::SetUserCategories(_) => Class::Parameters,
            Self::SetSeparateConsents(_) | Self::SetGbaPlaces(_) | Self::SetBasisKind(_) => Class::CrossBorder,
            Self::DesignateBank(_) | Self::DesignateFxo(_) => Class::Designation,
            Self::UpgradeProtocol(_) => Class::Upgrade,
            Self::LiftMeasure(_) => Class::Lift,
        }
    }
}
