//! Jurisdictions and places.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::codec::{Set, codes};
use crate::limits::PLACES_MAX;

codes! {
    /// Jurisdiction (ISO 3166-1).
    Jurisdiction {
        /// Mainland China.
        Cn = 1 "CN",
        /// Hong Kong.
        Hk = 2 "HK",
        /// Macao.
        Mo = 3 "MO",
    }
}

/// A city (GB/T 2260 code), or a whole jurisdiction where `city` is 0.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Jurisdiction.
    pub jur: Jurisdiction,
    /// GB/T 2260 code of the city, 0 for the whole jurisdiction.
    pub city: u32,
}

/// Places; a whole jurisdiction contains its cities.
pub type PlaceSet = Set<Place, PLACES_MAX>;

impl Place {
    /// A whole jurisdiction.
    pub const fn whole(jur: Jurisdiction) -> Self {
        Self { jur, city: 0 }
    }

    /// A city.
    pub const fn city(jur: Jurisdiction, city: u32) -> Self {
        Self { jur, city }
    }

    /// Whether the other place lies in this one.
    pub fn contains(&self, other: &Place) -> bool {
        self.jur == other.jur && (self.city == 0 || self.city == other.city)
    }

    /// Whether the place lies in one of these.
    pub fn is_in(&self, places: &PlaceSet) -> bool {
        places.iter().any(|place| place.contains(self))
    }
}
