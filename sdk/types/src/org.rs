//! Organisations, their keys, facilities and accreditations.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{List, Text, codes, mask};
use crate::ids::{FacilityId, Hash32, KeyId, Millis, OrgId};
use crate::key::{KeyUsage, PublicKey};
use crate::limits::{ACCREDITATIONS_MAX, FACILITIES_MAX, ORG_KEYS_MAX};
use crate::place::{Jurisdiction, Place, PlaceSet};

codes! {
    /// Role of an organisation or person.
    Role {
        /// Hospital, clinic or laboratory.
        Hospital = 0 "HOS",
        /// Insurer.
        Insurer = 1 "INS",
        /// Third-party administrator.
        Administrator = 2 "TPA",
        /// Data custodian.
        Custodian = 3 "CUS",
        /// Key holder.
        KeyHolder = 4 "KEY",
        /// Pseudonym operator.
        PseudonymOperator = 5 "PSO",
        /// Regulator.
        Regulator = 6 "REG",
        /// Patient app gateway.
        App = 7 "APP",
        /// The patient.
        Subject = 8 "SUB",
        /// Guardian or proxy.
        Guardian = 9 "GDN",
        /// Settlement bank.
        Bank = 10 "BNK",
        /// Advance payer.
        AdvancePayer = 11 "ADV",
        /// FX oracle.
        FxOracle = 12 "FXO",
        /// Code authority.
        CodeAuthority = 13 "COD",
        /// Research body.
        Research = 14 "RES",
        /// Auditor.
        Auditor = 15 "AUD",
    }
}

mask! {
    /// Roles of an organisation.
    RoleSet(u32) of Role
}

codes! {
    /// What an organisation or facility is accredited for.
    AccreditationKind {
        /// Health care provider in eHealth.
        EhealthHcp = 1 "EHEALTH_HCP",
        /// Provider outside Hong Kong recognised by eHealth.
        EhealthNonHkRecognised = 2 "EHEALTH_NON_HK_RECOGNISED",
        /// Designated to deposit into eHealth.
        EhealthDepositDesignated = 3 "EHEALTH_DEPOSIT_DESIGNATED",
        /// Guangdong international medical service pilot.
        GdIntlMedicalPilot = 4 "GD_INTL_MEDICAL_PILOT",
        /// Licence to handle claims on the Mainland.
        CnClaimsLicence = 5 "CN_CLAIMS_LICENCE",
        /// Authorised insurer in Hong Kong.
        HkInsurerAuth = 6 "HK_INSURER_AUTH",
        /// Authorised insurer in Macao.
        MoInsurerAuth = 7 "MO_INSURER_AUTH",
        /// Emergency department.
        EmergencyDept = 8 "EMERGENCY_DEPT",
        /// Ethics board.
        EthicsBoard = 9 "ETHICS_BOARD",
        /// Party to a GBA standard contract.
        GbaScParty = 10 "GBA_SC_PARTY",
        /// Medical laboratory, ISO 15189.
        Iso15189Lab = 11 "ISO15189_LAB",
        /// Information security, ISO 27001.
        Iso27001 = 12 "ISO27001",
    }
}

/// An accreditation: half-open window, live unless revoked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accreditation {
    /// What for.
    pub kind: AccreditationKind,
    /// Who gave it.
    pub by: OrgId,
    /// Where it holds.
    pub scope: PlaceSet,
    /// First instant.
    pub nbf: Millis,
    /// First instant after the end.
    pub exp: Millis,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Millis>,
    /// Salted hash of the evidence.
    pub evidence: Hash32,
}

impl Accreditation {
    /// Whether it is live at this time and covers this place.
    pub fn covers(&self, place: &Place, at: Millis) -> bool {
        self.nbf <= at
            && at < self.exp
            && self.revoked_at.is_none_or(|revoked| at < revoked)
            && place.is_in(&self.scope)
    }
}

/// A place where an organisation delivers care or handles data.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// Number inside the organisation.
    pub id: FacilityId,
    /// Where it is.
    pub place: Place,
}

/// Status of an organisation.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum OrgStatus {
    /// Not yet active.
    Pending,
    /// In good standing.
    Active,
    /// Suspended by a regulator.
    Suspended {
        /// First instant after the end.
        until: Millis,
        /// The regulator.
        by: OrgId,
        /// Hash of the order.
        order: Hash32,
    },
    /// Has left; never comes back.
    Withdrawn,
}

/// A key of an organisation, as its record lists it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// The public key.
    pub key: PublicKey,
    /// Its one usage.
    pub usage: KeyUsage,
    /// First instant.
    pub nbf: Millis,
    /// First instant after the end.
    pub exp: Millis,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Millis>,
}

impl KeyRecord {
    /// Whether the key may be used at this time.
    pub fn is_live(&self, at: Millis) -> bool {
        self.nbf <= at && at < self.exp && self.revoked_at.is_none_or(|revoked| at < revoked)
    }

    /// The key's identifier.
    pub fn id(&self) -> KeyId {
        self.key.id()
    }
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Org {
    /// Its number.
    pub id: OrgId,
    /// Its public legal name.
    pub legal_name: Text<128>,
    /// Its roles.
    pub roles: RoleSet,
    /// Where it has its seat.
    pub seat: Place,
    /// Its facilities, ascending by number.
    pub facilities: List<Facility, FACILITIES_MAX>,
    /// Its status.
    pub status: OrgStatus,
    /// Its keys, oldest first.
    pub keys: List<KeyRecord, ORG_KEYS_MAX>,
    /// Its accreditations.
    pub accreditations: List<Accreditation, ACCREDITATIONS_MAX>,
}

impl Org {
    /// Whether the organisation is in good standing at this time; a suspension ends by itself.
    pub fn is_active(&self, at: Millis) -> bool {
        match self.status {
            OrgStatus::Active => true,
            OrgStatus::Suspended { until, .. } => until <= at,
            OrgStatus::Pending | OrgStatus::Withdrawn => false,
        }
    }

    /// Whether a live accreditation of this kind covers the place.
    pub fn is_accredited(&self, kind: AccreditationKind, place: &Place, at: Millis) -> bool {
        self.accreditations.iter().any(|accreditation| accreditation.kind == kind && accreditation.covers(place, at))
    }

    /// The live keys of one usage.
    pub fn live_keys(&self, usage: KeyUsage, at: Millis) -> impl Iterator<Item = &KeyRecord> {
        self.keys.iter().filter(move |key| key.usage == usage && key.is_live(at))
    }

    /// The jurisdiction of the seat.
    pub fn jurisdiction(&self) -> Jurisdiction {
        self.seat.jur
    }
}
