//! Parameters with which the samples start.

use assent_types::access::UserRole;
use assent_types::codec::{List, Set};
use assent_types::consent::{Categories, Category, Purpose, SeparateConsent, SeparateConsents};
use assent_types::org::{AccreditationKind, Role};
use assent_types::place::{Jurisdiction, Place, PlaceSet};
use assent_types::state::{
    AccreditationRule, ChainClass, MinimisationRule, Params, SeparateConsentRule, UserCategoryRule,
};

pub(crate) fn default_params(chain_class: ChainClass) -> Params {
    let clinical = Categories::of(&Category::ALL[..16]);
    let payment = Categories::of(&Category::ALL[1..14]).or(Categories::of(&Category::ALL[16..21]));
    let mut minimisation = Vec::new();
    for purpose in [Purpose::Treat, Purpose::Coc, Purpose::Etreat, Purpose::Ertreat] {
        minimisation.push(MinimisationRule { role: Role::Hospital, purpose, categories: clinical, max_grade: 5 });
    }
    for purpose in [Purpose::Hpaymt, Purpose::Clmattch, Purpose::Covauth] {
        minimisation.push(MinimisationRule { role: Role::Insurer, purpose, categories: payment, max_grade: 4 });
    }
    let sep = SeparateConsents::of;
    let nothing = SeparateConsents::EMPTY;
    let mainland = SeparateConsentRule {
        jurisdiction: Jurisdiction::Cn,
        always: sep(&[SeparateConsent::Sens]),
        provision: sep(&[SeparateConsent::Prov]),
        outside: sep(&[SeparateConsent::Xb]),
    };
    let free =
        |jurisdiction| SeparateConsentRule { jurisdiction, always: nothing, provision: nothing, outside: nothing };
    let accreditation = |role, purpose, jurisdiction, kinds: &[AccreditationKind]| AccreditationRule {
        role,
        purpose,
        jurisdiction,
        any_of: within(List::new(kinds.to_vec())),
    };
    let mut accreditations = vec![
        accreditation(Role::Hospital, Purpose::Treat, Jurisdiction::Hk, &[AccreditationKind::EhealthHcp]),
        accreditation(Role::Hospital, Purpose::Treat, Jurisdiction::Cn, &[AccreditationKind::GdIntlMedicalPilot]),
    ];
    for purpose in [Purpose::Hpaymt, Purpose::Clmattch, Purpose::Covauth] {
        let rules = [
            (Jurisdiction::Hk, AccreditationKind::HkInsurerAuth),
            (Jurisdiction::Mo, AccreditationKind::MoInsurerAuth),
            (Jurisdiction::Cn, AccreditationKind::CnClaimsLicence),
        ];
        accreditations.extend(rules.map(|(jur, kind)| accreditation(Role::Insurer, purpose, jur, &[kind])));
    }
    let user = |user_role, categories| UserCategoryRule { user_role, categories };
    let cities = [4401, 4403, 4404, 4406, 4407, 4412, 4413, 4419, 4420].map(|city| Place::city(Jurisdiction::Cn, city));
    let gba = |other| -> PlaceSet { within(Set::new(cities.into_iter().chain([Place::whole(other)]))) };
    Params {
        chain_class,
        proposal_ttl_ms: 30 * 86_400_000,
        decision_ttl_ms: 15 * 60_000,
        self_consent_age: [14, 16, 18],
        minimisation: within(List::new(minimisation)),
        separate_consents: within(List::new(vec![mainland, free(Jurisdiction::Hk), free(Jurisdiction::Mo)])),
        accreditations: within(List::new(accreditations)),
        user_categories: within(List::new(vec![
            user(UserRole::Physician, clinical),
            user(UserRole::ClaimsAssessor, payment),
            user(UserRole::MedicalAssessor, payment),
        ])),
        gba_hk: gba(Jurisdiction::Hk),
        gba_mo: gba(Jurisdiction::Mo),
        sweep_max: 10_000,
    }
}

fn within<T, E: std::fmt::Display>(value: Result<T, E>) -> T {
    match value {
        Ok(value) => value,
        Err(error) => panic!("the parameters keep the bounds of their parts: {error}"),
    }
}
