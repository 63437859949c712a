//! What resources leave open, said explicitly.

use assent_types::OrgId;

/// What resources leave open. Every member that is left out leaves what it would say unsaid: the resource that needs it
/// is refused at its element.
///
/// It has no format of its own: read it with `serde` from TOML or JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Organisations and their numbers on the ledger; searched from the front.
    pub organizations: Vec<ScenarioOrganization>,
    /// The provider of claims whose provider is not among `organizations`.
    pub provider: Option<OrgId>,
    /// The insurer of claims and statements that name none. One that is named must be among `organizations`.
    pub insurer: Option<OrgId>,
    /// The plan of all claims.
    pub plan: Option<String>,
    /// Amounts of one currency that are to count as amounts of another, one for one.
    pub redenominate: Option<Redenomination>,
    /// Days by which service dates are moved; documents keep the dates that are written in them.
    pub service_shift_days: Option<i32>,
    /// What holds for lines of a Claim that have no amount.
    pub unpriced_lines: Option<UnpricedLines>,
}

/// An organisation, by whatever of the three is given; if several are, all must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioOrganization {
    /// A reference to it: its full URL, or `Organization/` and the id.
    #[serde(default)]
    pub reference: Option<String>,
    /// One of its identifiers, as `system|value`.
    #[serde(default)]
    pub identifier: Option<String>,
    /// Its name, exactly.
    #[serde(default)]
    pub name: Option<String>,
    /// Its number.
    pub org: OrgId,
}

/// A change of name of a currency, without conversion.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redenomination {
    /// The currency as resources state it.
    pub from: String,
    /// The currency as which it counts.
    pub to: String,
}

/// What holds for lines without an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnpricedLines {
    /// The first of them carries what the total leaves after the priced ones, the others nothing. Synthea prices its
    /// encounters in this way.
    FirstCarriesRest,
}

/// What is known of an organisation that a resource names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) references: Vec<String>,
    /// As `system|value`.
    pub(super) identifiers: Vec<String>,
    pub(super) name: Option<String>,
}

impl Scenario {
    pub(super) fn organization(&self, named: &Named) -> Option<OrgId> {
        self.organizations.iter().find(|entry| entry.fits(named)).map(|entry| entry.org)
    }

    pub(super) fn redenominated<'a>(&'a self, currency: &'a str) -> &'a str {
        self.redenominate.as_ref().filter(|rule| rule.from == currency).map_or(currency, |rule| &rule.to)
    }
}

impl ScenarioOrganization {
    fn fits(&self, named: &Named) -> bool {
        let says_something = self.reference.is_some() || self.identifier.is_some() || self.name.is_some();
        says_something
            && self.reference.as_ref().is_none_or(|reference| named.references.contains(reference))
            && self.identifier.as_ref().is_none_or(|identifier| named.identifiers.contains(identifier))
            && self.name.as_ref().is_none_or(|name| named.name.as_ref() == Some(name))
    }
}
