use assent_fhir::{Intent, Performer, consent_from_fhir, terms_to_fhir};
use assent_types::consent::{
    BasisKind, BreakGlass, Category, ConsentKind, Effect, Purpose, SeparateConsent, SeparateConsents,
};
use assent_types::place::{Jurisdiction, Place};
use assent_types::{Day, ErrorCode, Millis, OrgId};

use crate::{fixture, mapping};

#[test]
fn the_claim_consent_says_what_it_says() {
    let draft = consent_from_fhir(&fixture("p1-claim.json"), &mapping()).unwrap();
    assert_eq!(draft.intent, Intent::Grant);
    assert_eq!(draft.performer, Some(Performer::Subject));
    assert!(draft.exceptions.is_empty());
    let terms = draft.terms;
    assert_eq!((terms.kind, terms.effect, terms.controller), (ConsentKind::Claim, Effect::Permit, OrgId(1)));
    assert_eq!(&terms.grantees.orgs[..], [OrgId(3)]);
    assert!(terms.purposes.contains(&Purpose::Clmattch) && !terms.purposes.contains(&Purpose::Treat));
    assert!(terms.categories.has(Category::SettlementList) && !terms.categories.has(Category::Genetic));
    assert_eq!(terms.max_grade, 4);
    assert_eq!(terms.data_period, Some((Day::from_date(2026, 1, 1).unwrap(), Day::from_date(2027, 1, 1).unwrap())));
    assert_eq!(&terms.places[..], [Place::whole(Jurisdiction::Hk)]);
    let needed = [SeparateConsent::Sens, SeparateConsent::Prov, SeparateConsent::Xb];
    assert_eq!(terms.separate, SeparateConsents::of(&needed));
    assert!(terms.xborder.as_ref().unwrap().basis_kinds.has(BasisKind::GbaScHk));
    // The whole of 31 December 2035 in the local time of the jurisdictions, which is eight hours ahead.
    let end = Day::from_date(2036, 1, 1).unwrap().start().0 - 8 * 3_600_000;
    assert_eq!(terms.exp, Some(Millis(end)));
    assert_eq!(terms.nbf, Millis(Day::from_date(2026, 1, 1).unwrap().start().0 - 8 * 3_600_000));
}

#[test]
fn the_amended_version_narrows_the_first() {
    let first = consent_from_fhir(&fixture("p1-claim.json"), &mapping()).unwrap().terms;
    let second = consent_from_fhir(&fixture("p1-claim-amended.json"), &mapping()).unwrap().terms;
    assert_eq!((first.subject, first.controller), (second.subject, second.controller));
    assert!(second.categories.is_subset(first.categories) && second.categories != first.categories);
}

#[test]
fn share_deny_and_draft_are_understood() {
    let share = consent_from_fhir(&fixture("p2-share.json"), &mapping()).unwrap().terms;
    assert_eq!((share.kind, share.max_grade), (ConsentKind::Share, 5));
    assert_eq!(&share.purposes[..], [Purpose::Treat]);
    assert!(!share.limits.per_access_confirm);
    let confirmed = consent_from_fhir(&fixture("p2-confirm.json"), &mapping()).unwrap().terms;
    assert!(confirmed.limits.per_access_confirm && confirmed.categories.is_subset(share.categories));
    let deny = consent_from_fhir(&fixture("p3-deny.json"), &mapping()).unwrap().terms;
    assert_eq!((deny.effect, deny.max_grade, deny.exp), (Effect::Deny, 5, None));
    // A dissent from payment says nothing about emergencies.
    assert_eq!(deny.break_glass, BreakGlass::Allow);
    let draft = consent_from_fhir(&fixture("p4-draft.json"), &mapping()).unwrap();
    assert_eq!((draft.intent, draft.terms.controller), (Intent::Propose, OrgId(2)));
}

#[test]
fn every_accepted_fixture_reads_back_from_its_written_form() {
    for name in ["p1-claim", "p1-claim-amended", "p2-share", "p2-confirm", "p3-deny", "p4-draft"] {
        let draft = consent_from_fhir(&fixture(&format!("{name}.json")), &mapping()).unwrap();
        let written = terms_to_fhir(&draft.terms, draft.intent, &mapping()).unwrap();
        assert_eq!(written["patient"]["reference"], format!("Patient/{}", &name[..2]));
        assert_eq!(consent_from_fhir(&written.to_string(), &mapping()).unwrap().terms, draft.terms, "{name}");
    }
}

#[test]
fn the_unsupported_fixture_names_its_element() {
    let error = consent_from_fhir(&fixture("p3-unsupported.json"), &mapping()).unwrap_err();
    assert_eq!(error.code, ErrorCode::FhirUnsupported);
    let expected = "E711 E_FHIR_UNSUPPORTED at Consent.provision.securityLabel[0]: ";
    assert!(error.to_string().starts_with(expected), "{error}");
}
