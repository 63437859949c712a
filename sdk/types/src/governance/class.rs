//! Chambers, and the classes of what they decide.

use crate::codec::codes;
use crate::org::{Org, Role};

codes! {
    /// A voting chamber. Inside a chamber every organisation has one vote, whatever its validator's power.
    Chamber {
        /// Regulators.
        Regulators = 1 "regulators",
        /// Providers of care.
        Providers = 2 "providers",
        /// Insurers and third-party administrators.
        Insurers = 3 "insurers",
        /// Infrastructure: custodians, key holders, pseudonym operators.
        Infrastructure = 4 "infrastructure",
    }
}

impl Chamber {
    /// The roles that have a seat in it.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Regulators => &[Role::Regulator],
            Self::Providers => &[Role::Hospital],
            Self::Insurers => &[Role::Insurer, Role::Administrator],
            Self::Infrastructure => &[Role::Custodian, Role::KeyHolder, Role::PseudonymOperator],
        }
    }

    /// The chamber in which the organisation votes: the first one whose role it has. A hospital that also holds key
    /// shares votes as a provider, so that nobody has two votes.
    pub fn of(org: &Org) -> Option<Self> {
        Self::ALL.iter().copied().find(|chamber| chamber.roles().iter().any(|role| org.roles.has(*role)))
    }
}

codes! {
    /// Class of a proposal: it says who has to agree, and how long what was approved waits.
    ///
    /// The routine rotation of a key (G-C) and code systems with their maps (G-H) take no vote: their signers are the
    /// quorum.
    Class {
        /// A member or an accreditation begins: a regulator of its jurisdiction and half of its chamber; at once.
        Admission = 1 "G-A",
        /// A member or an accreditation ends: a regulator of its jurisdiction and two thirds of two chambers, after the
        /// member was heard; after the hearing period.
        Removal = 2 "G-B",
        /// A key that was lost or has leaked: a regulator of the jurisdiction and another regulator; at once.
        KeyReplacement = 4 "G-D",
        /// Validators and their power: two thirds of regulators and infrastructure, half of providers and insurers; at the
        /// next epoch.
        Power = 5 "G-E",
        /// Parameters: two thirds of the regulators and half of every other chamber; after the time lock.
        Parameters = 6 "G-F",
        /// Separate consents, kinds of transfer basis and places: every regulator of the jurisdictions affected; after
        /// the time lock.
        CrossBorder = 7 "G-G",
        /// Designations: two thirds of regulators and infrastructure; after the time lock.
        Designation = 9 "G-I",
        /// Protocol upgrades: two thirds of every chamber; after the upgrade period.
        Upgrade = 10 "G-J",
        /// Emergency suspension of an organisation or a facility: one regulator of its jurisdiction; at once, and it lapses.
        Suspension = 11 "G-K",
        /// Emergency halt: two regulators, or one for its own jurisdiction's outbound border; at once, and it lapses.
        Halt = 12 "G-L",
        /// The end of a ratified measure: who could have ratified it; at once.
        Lift = 13 "G-M",
    }
}
