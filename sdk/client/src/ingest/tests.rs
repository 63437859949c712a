use assent_fhir::ingest::{Identifier, Patient, Private};
use assent_types::subject::AgeBand;
use assent_types::{Day, Hash32, OrgId, Sp};
use zeroize::Zeroizing;

use super::age::age_band;
use super::{PseudonymKey, RecordName, Scope};

const BUNDLE: Hash32 = Hash32([1; 32]);

fn key(byte: u8) -> PseudonymKey {
    PseudonymKey::new(&Zeroizing::new([byte; 32]))
}

fn private(text: &str) -> Private {
    Private::new(text.to_owned())
}

fn identifier(system: Option<&str>, type_code: Option<&str>, value: &str) -> Identifier {
    Identifier { system: system.map(str::to_owned), type_code: type_code.map(str::to_owned), value: private(value) }
}

fn patient(identifiers: Vec<Identifier>, reference: Option<&str>) -> Patient {
    Patient { entry: 0, reference: reference.map(private), identifiers, birth_date: None }
}

#[test]
fn a_pseudonym_depends_on_secret_record_and_scope() {
    let record = RecordName::number("urn:mrn", "17");
    let scope = Scope::Controller(OrgId(1));
    let sp = key(1).pseudonym(&record, scope);
    assert_eq!(key(1).pseudonym(&record, scope), sp);
    assert_ne!(key(2).pseudonym(&record, scope), sp);
    assert_ne!(key(1).pseudonym(&RecordName::number("urn:mrn", "18"), scope), sp);
    // For two controllers, and for a controller and an insurer, the same person has unrelated pseudonyms.
    assert_ne!(key(1).pseudonym(&record, Scope::Controller(OrgId(2))), sp);
    assert_ne!(key(1).pseudonym(&record, Scope::Insurer(OrgId(1))), sp);
}

#[test]
fn a_person_is_found_by_record_number_wherever_it_stands() {
    let mr = || identifier(Some("urn:mrn"), Some("MR"), "17");
    let passport = || identifier(Some("urn:passport"), Some("PPN"), "P1");
    let by_mr = RecordName::of(&patient(vec![passport(), mr()], Some("Patient/1")), BUNDLE);
    assert_eq!(by_mr, RecordName::of(&patient(vec![mr()], Some("Patient/2")), Hash32([2; 32])));
    assert_eq!(by_mr, RecordName::of_reference(&private("urn:mrn|17"), BUNDLE));
    let by_passport = RecordName::of(&patient(vec![passport()], None), BUNDLE);
    assert_eq!(by_passport, RecordName::number("urn:passport", "P1"));
    assert_eq!(format!("{by_passport:?}"), "RecordName(..)");
}

#[test]
fn what_means_something_in_one_bundle_only_never_joins_two_persons() {
    let unnamed = |reference| patient(vec![identifier(None, Some("MR"), "17")], reference);
    let other = Hash32([2; 32]);
    let local = RecordName::of(&unnamed(Some("Patient/1")), BUNDLE);
    assert_ne!(local, RecordName::of(&unnamed(Some("Patient/1")), other));
    assert_eq!(local, RecordName::of_reference(&private("Patient/1"), BUNDLE));
    assert_ne!(RecordName::of(&unnamed(None), BUNDLE), RecordName::of(&unnamed(None), other));
    // A URL names the same resource everywhere.
    let url = RecordName::of(&unnamed(Some("urn:uuid:1")), BUNDLE);
    assert_eq!(url, RecordName::of(&unnamed(Some("urn:uuid:1")), other));
}

#[test]
fn nobody_is_taken_for_older_than_certain() {
    let today = Day::from_date(2026, 8, 10).unwrap();
    for (born, band) in [
        ("2012-08-11", AgeBand::Under14),
        ("2012-08-10", AgeBand::From14),
        ("2010-08-10", AgeBand::From16),
        ("2008-08-10", AgeBand::Adult),
        ("2008-08", AgeBand::From16),
        ("2008-07", AgeBand::Adult),
        ("2008", AgeBand::From16),
        ("1961-08-10", AgeBand::From65),
        ("2030", AgeBand::Under14),
    ] {
        assert_eq!(age_band(born, today), Some(band), "{born}");
    }
    assert_eq!(age_band("unknown", today), None);
}

/// Whether pseudonyms of one person are unrelated for two controllers, for a person drawn from a seed.
fn is_unrelated(seed: u32, pseudonym: impl Fn(&RecordName, Scope) -> Sp) -> bool {
    let record = RecordName::number("urn:mrn", &seed.to_string());
    let [one, other, insurer] =
        [Scope::Controller(OrgId(seed)), Scope::Controller(OrgId(seed + 1)), Scope::Insurer(OrgId(seed))]
            .map(|scope| pseudonym(&record, scope).0.0);
    let common =
        |one: &[u8; 32], other: &[u8; 32]| one.windows(8).any(|part| other.windows(8).any(|other| other == part));
    !common(&one, &other) && !common(&one, &insurer) && !common(&other, &insurer)
}

#[test]
fn inv_26_pseudonyms_for_two_controllers_are_unrelated() {
    for seed in 0..500 {
        println!("seed={seed}");
        assert!(is_unrelated(seed, |record, scope| key(1).pseudonym(record, scope)));
        let global = |record: &RecordName, _: Scope| key(1).pseudonym(record, Scope::Controller(OrgId(0)));
        assert!(!is_unrelated(seed, global), "one name for all controllers is caught");
    }
}
