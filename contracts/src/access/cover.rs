//! Whether one consent covers one item, and whether a dissent reaches it.

use std::collections::BTreeSet;

use assent_types::Set;
use assent_types::access::{AccessRequest, Descriptor, Reason};
use assent_types::consent::{
    Categories, Consent, ConsentKind, ConsentStatus, ConsentTerms, Effect, LabelRule, Purpose, RoleSelector,
    SeparateConsent, SeparateConsents, TransferBasis,
};
use assent_types::delivery::Unacknowledged;
use assent_types::governance::Halts;
use assent_types::ids::{AnchorId, Day, Hash32, Millis, Month, SessionId};
use assent_types::limits::INSTANCES_MAX;
use assent_types::org::Org;
use assent_types::review::Standing;
use assent_types::state::Params;
use assent_types::subject::Subject;

use super::border;
use super::purpose::{covers, dissent_reaches, is_kind_of};

/// One thing that is asked for: data of a description, or a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) descriptor: Descriptor,
    /// The document's lineage, if it is one.
    pub(super) lineage: Option<AnchorId>,
    /// Whether it is important data, which no GBA standard contract carries.
    pub(super) important: bool,
    /// First instant at which its own state may keep it from everybody.
    pub(super) until: Option<Millis>,
}

/// Whose use of a limited consent is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// A new one.
    New,
    /// That which an open session has reserved.
    Reserved(SessionId),
    /// One that has been counted: no limit applies to it again.
    Counted,
    /// None: what would be permitted, if the subject confirmed where it has to.
    Probed,
}

impl Use {
    fn session(self) -> Option<SessionId> {
        match self {
            Self::Reserved(session) => Some(session),
            Self::New | Self::Counted | Self::Probed => None,
        }
    }
}

/// What a request is judged by, besides the consents.
pub(super) struct Facts<'f> {
    pub(super) request: &'f AccessRequest,
    /// What is asked for.
    pub(super) items: &'f [Item],
    pub(super) usage: Use,
    /// Whether the subject confirmed this very request.
    pub(super) confirmed: bool,
    pub(super) at: Millis,
    pub(super) params: &'f Params,
    pub(super) requester: Option<&'f Org>,
    pub(super) controller: Option<&'f Org>,
    /// How the requester stands.
    pub(super) standing: Option<&'f Standing>,
    /// What it has yet to acknowledge of the controller's documents.
    pub(super) unacknowledged: Option<&'f Unacknowledged>,
    pub(super) subject: Option<&'f Subject>,
    /// The transfer basis that the request names, of this controller for this requester.
    pub(super) basis: Option<&'f TransferBasis>,
    /// Emergency measures, if there ever was one.
    pub(super) halts: Option<&'f Halts>,
}

/// Grade that needs the subject's confirmation of each access: labelled data counts as this grade, whose members are
/// restricted or very restricted (HL7 Confidentiality R and V).
const CONFIRMED_GRADE: u8 = 5;

fn selects(selector: &RoleSelector, org: &Org) -> bool {
    org.roles.has(selector.role) && org.seat.is_in(&selector.places)
}

impl Facts<'_> {
    /// Categories of all that is asked for.
    pub(super) fn categories(&self) -> Categories {
        self.items.iter().fold(Categories::EMPTY, |mask, item| mask.with(item.descriptor.category))
    }

    /// When deliveries that are not acknowledged bar the requester from asking for more. Nobody is kept from treatment
    /// because of an acknowledgement that is missing, nor from what was permitted before.
    pub(super) fn barred_from(&self) -> Option<Millis> {
        let bars = self.usage == Use::New && !is_kind_of(Purpose::Treat, self.request.purpose);
        self.unacknowledged.filter(|_| bars)?.barred_from()
    }

    /// Whether the terms name the requester: by number, or by its role and seat. Whoever is not named learns nothing
    /// of a consent, not even that there is one.
    pub(super) fn is_named(&self, terms: &ConsentTerms) -> bool {
        terms.grantees.orgs.contains(&self.request.requester)
            || self.requester.is_some_and(|org| terms.grantees.roles.iter().any(|selector| selects(selector, org)))
    }

    /// Whether the requester is a grantee now: named, with the accreditation asked for, and not excluded.
    fn is_grantee(&self, terms: &ConsentTerms, descriptor: &Descriptor) -> bool {
        let accredited = |selector: &RoleSelector, org: &Org| {
            selector.accreditation.is_none_or(|kind| org.is_accredited(kind, &descriptor.deliver_to, self.at))
        };
        let by_role = self.requester.is_some_and(|org| {
            terms.grantees.roles.iter().any(|selector| selects(selector, org) && accredited(selector, org))
        });
        !terms.grantees.excluded.contains(&self.request.requester)
            && (terms.grantees.orgs.contains(&self.request.requester) || by_role)
    }

    /// Whether a dissent is in force and overlaps the request.
    ///
    /// An accreditation that a selector asks for is not looked at: losing one must never lift a dissent. A dissent from
    /// single documents overlaps those, and every descriptor that could describe one of them.
    pub(super) fn is_dissent(&self, consent: &Consent) -> bool {
        let terms = &consent.terms;
        if terms.effect != Effect::Deny || !consent.is_effective(self.at) {
            return false;
        }
        let overlaps = |item: &Item| {
            let instances = terms.instances.as_ref();
            terms.categories.has(item.descriptor.category)
                && overlaps_period(terms.data_period, item.descriptor.service_month)
                && instances.is_none_or(|named| item.lineage.is_none_or(|lineage| named.contains(&lineage.0)))
        };
        self.is_named(terms)
            && !terms.grantees.excluded.contains(&self.request.requester)
            && terms.purposes.iter().any(|purpose| dissent_reaches(*purpose, self.request.purpose))
            && self.items.iter().any(overlaps)
    }

    /// On which axes a permit fails to cover an item. Empty exactly if it covers it.
    pub(super) fn misses(&self, consent: &Consent, item: &Item) -> BTreeSet<Reason> {
        let (terms, descriptor) = (&consent.terms, &item.descriptor);
        let mut misses = BTreeSet::new();
        let mut need = |holds: bool, reason: Reason| {
            if !holds {
                misses.insert(reason);
            }
        };
        need(self.is_grantee(terms, descriptor), Reason::NotGrantee);
        need(terms.purposes.iter().any(|given| covers(*given, self.request.purpose)), Reason::PurposeNotCovered);
        need(terms.actions.has(self.request.action), Reason::ActionNotCovered);
        need(terms.categories.has(descriptor.category), Reason::CategoryNotCovered);
        need(descriptor.grade <= terms.max_grade, Reason::GradeNotCovered);
        need(within_period(terms.data_period, descriptor.service_month), Reason::PeriodNotCovered);
        // A descriptor names no document, so it is never within a list of documents.
        let listed =
            |named: &Set<Hash32, INSTANCES_MAX>| item.lineage.is_some_and(|lineage| named.contains(&lineage.0));
        need(terms.instances.as_ref().is_none_or(listed), Reason::InstanceNotCovered);
        need(descriptor.deliver_to.is_in(&terms.places), Reason::PlaceNotCovered);
        let asks = terms.limits.per_access_confirm || descriptor.grade >= CONFIRMED_GRADE;
        let confirmed = !asks || self.confirmed || self.usage == Use::Probed;
        need(confirmed, Reason::ConfirmMissing);
        // The ledger cannot see which labels there are, only that there may be some.
        let labels_known = descriptor.grade < CONFIRMED_GRADE || terms.labels == LabelRule::NoneRestricted;
        need(labels_known, Reason::LabelNotCovered);
        misses.extend(self.misses_in_time(consent));
        misses.extend(self.misses_in_law(terms, item));
        misses
    }

    /// Status, window and uses.
    fn misses_in_time(&self, consent: &Consent) -> BTreeSet<Reason> {
        let terms = &consent.terms;
        let mut misses = BTreeSet::new();
        if self.at < terms.nbf {
            misses.insert(Reason::NotYetValid);
        }
        if terms.exp.is_some_and(|exp| exp <= self.at) {
            misses.insert(Reason::Expired);
        }
        if self.usage != Use::Counted {
            let own = self.usage.session();
            if !consent.has_use_left(own, self.at) {
                misses.insert(Reason::UsesExhausted);
            }
            if !consent.is_within_rate(own, self.at) {
                misses.insert(Reason::Rate);
            }
        }
        if consent.parental && self.parents_end().is_some_and(|end| end <= self.at) {
            misses.insert(Reason::Suspended);
        }
        misses.extend(match consent.effective_status(self.at) {
            ConsentStatus::Suspended => Some(Reason::Suspended),
            ConsentStatus::Revoked => Some(Reason::Revoked),
            ConsentStatus::Expired => Some(Reason::Expired),
            // A use that was counted may be the one that used the consent up.
            ConsentStatus::Exhausted if self.usage != Use::Counted => Some(Reason::UsesExhausted),
            _ => None,
        });
        misses
    }

    /// Separate consents and the border.
    fn misses_in_law(&self, terms: &ConsentTerms, item: &Item) -> BTreeSet<Reason> {
        let descriptor = &item.descriptor;
        let mut misses = BTreeSet::new();
        let Some(controller) = self.controller else { return misses };
        let home = controller.jurisdiction();
        let crosses = descriptor.deliver_to.jur != home;
        let required = self.params.separate_consents.iter().filter(|rule| rule.jurisdiction == home).fold(
            SeparateConsents::EMPTY,
            |required, rule| {
                let provides = self.request.requester != self.request.controller;
                let provision = if provides { rule.provision } else { SeparateConsents::EMPTY };
                let outside = if crosses { rule.outside } else { SeparateConsents::EMPTY };
                required.or(rule.always).or(provision).or(outside)
            },
        );
        let lacks = |bit| required.has(bit) && !terms.separate.has(bit);
        if lacks(SeparateConsent::Sens) {
            misses.insert(Reason::SepSensitive);
        }
        if lacks(SeparateConsent::Prov) {
            misses.insert(Reason::SepProvide);
        }
        if !crosses {
            return misses;
        }
        let named = terms.xborder.as_ref().is_some_and(|xborder| descriptor.deliver_to.is_in(&xborder.to));
        if lacks(SeparateConsent::Xb) || (required.has(SeparateConsent::Xb) && !named) {
            misses.insert(Reason::SepXborder);
        }
        let listed = self
            .basis
            .is_some_and(|basis| terms.xborder.as_ref().is_none_or(|xborder| xborder.basis_kinds.has(basis.kind)));
        if !(listed && self.is_carried(item, terms.kind)) {
            misses.insert(Reason::BorderBasis);
        }
        misses
    }

    /// Whether the basis that the request names carries an item out of the controller's jurisdiction, under this kind of
    /// consent.
    pub(super) fn is_carried(&self, item: &Item, consent: ConsentKind) -> bool {
        let descriptor = &item.descriptor;
        let (Some(basis), Some(controller)) = (self.basis, self.controller) else { return false };
        border::is_live(basis, self.at)
            && !(item.important && border::is_gba(basis.kind))
            && border::carries(self.params, basis, descriptor.category, &controller.seat, &descriptor.deliver_to)
            && border::kind_fits_use(basis.kind, self.request.purpose, consent, controller.jurisdiction())
    }

    /// First instant at which consents that a parent gave rest, if the subject has come of age.
    pub(super) fn parents_end(&self) -> Option<Millis> {
        let majority = self.subject.and_then(|subject| subject.majority_at)?;
        Some(majority.plus(self.params.access.majority_grace_ms))
    }
}

/// Whether the whole month lies in the period.
fn within_period(period: Option<(Day, Day)>, month: Month) -> bool {
    period.is_none_or(|(start, end)| start <= month.first_day() && month.next().first_day() <= end)
}

/// Whether any day of the month lies in the period.
fn overlaps_period(period: Option<(Day, Day)>, month: Month) -> bool {
    period.is_none_or(|(start, end)| start < month.next().first_day() && month.first_day() < end)
}
