//! Patients of a Bundle on the ledger: pseudonyms, keys and a consent for claims.

use std::collections::BTreeMap;

use assent_client::claims::commit;
use assent_client::ingest::{PseudonymKey, RecordName, Scope};
use assent_fhir::ingest::{Ingest, Patient, PatientRef};
use assent_fhir::{Mapping, PatientEntry};
use assent_genesis::sample::{HONG_KONG_HOSPITAL, HONG_KONG_INSURER};
use assent_types::consent::*;
use assent_types::hash::{Tag, tagged};
use assent_types::key::SecretKey;
use assent_types::place::{Jurisdiction, Place};
use assent_types::subject::AgeBand;
use assent_types::{Hash32, Millis, Set, Sp};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::tally::Tally;
use crate::ledger::{Enrolment, Ledger, person_key};

/// What is done wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leak {
    /// Nothing.
    Nothing,
    /// The attestation of the enrolment is a plain hash of a number.
    HashedAttestation,
    /// The pseudonym is the ledger's hash of a number, without a secret.
    UnsaltedPseudonym,
    /// The hash of a policy is replaced by the first bytes of a number.
    PlainPolicy,
}

/// A person whom the hospital has enrolled.
pub(super) struct Person {
    pub(super) sp: Sp,
    pub(super) key: SecretKey,
}

/// Everybody, by how resources refer to them.
#[derive(Default)]
pub(super) struct Patients {
    persons: BTreeMap<String, Person>,
    leak: Option<Leak>,
}

impl Patients {
    /// Enrols everybody of a Bundle; each lets the insurer have what claims need.
    pub(super) fn enrol(ingest: &Ingest, bundle: Hash32, leak: Leak, ledger: &mut Ledger, tally: &mut Tally) -> Self {
        let mut all = Self { persons: BTreeMap::new(), leak: Some(leak) };
        for patient in &ingest.patients {
            let Some(reference) = &patient.reference else { continue };
            let name = RecordName::of(patient, bundle);
            all.add(reference.expose(), &name, number_of(patient), ledger, tally);
        }
        let outside = ingest.documents.iter().filter_map(|document| match &document.patient {
            PatientRef::Outside(reference) => Some(reference),
            PatientRef::Listed(_) => None,
        });
        for reference in outside {
            all.add(
                reference.expose(),
                &RecordName::of_reference(reference, bundle),
                reference.expose(),
                ledger,
                tally,
            );
        }
        all
    }

    fn add(&mut self, reference: &str, name: &RecordName, number: &str, ledger: &mut Ledger, tally: &mut Tally) {
        if self.persons.contains_key(reference) {
            return;
        }
        let leak = self.leak.unwrap_or(Leak::Nothing);
        let secret = PseudonymKey::new(&Zeroizing::new([0x70; 32]));
        let sp = match leak {
            Leak::UnsaltedPseudonym => Sp(tagged(Tag::Evidence, number.as_bytes())),
            _ => secret.pseudonym(name, Scope::Controller(HONG_KONG_HOSPITAL)),
        };
        let attest = match leak {
            Leak::HashedAttestation => Hash32(Sha256::digest(number.as_bytes()).into()),
            _ => commit(Hash32([0x5a; 32]), "record", number),
        };
        let key = person_key(1_000 + self.persons.len() as u64);
        let enrolment = Enrolment { age_band: AgeBand::Adult, attest };
        ledger.enrol(HONG_KONG_HOSPITAL, sp, &key, enrolment).unwrap();
        tally.executed("RegisterSubject");
        ledger.grant(&key, claims(sp, leak, number), Grantor::Subject).unwrap();
        tally.executed("GrantConsent");
        self.persons.insert(reference.to_owned(), Person { sp, key });
    }

    /// Whose something is.
    pub(super) fn of(&self, patient: &PatientRef, ingest: &Ingest) -> Option<&Person> {
        self.persons.get(reference(patient, ingest)?)
    }

    /// How resources refer to everybody.
    pub(super) fn mapping(&self) -> Mapping {
        let entries = self.persons.iter().flat_map(|(reference, person)| {
            [HONG_KONG_HOSPITAL, HONG_KONG_INSURER].map(|controller| PatientEntry {
                reference: reference.clone(),
                controller,
                sp: person.sp,
            })
        });
        Mapping { patients: entries.collect(), ..Mapping::default() }
    }
}

/// The longest number of a patient's, or the reference where there is none.
fn number_of(patient: &Patient) -> &str {
    let numbers = patient.identifiers.iter().map(|identifier| identifier.value.expose());
    numbers.max_by_key(|number| number.len()).or(patient.reference.as_ref().map(|r| r.expose())).unwrap_or_default()
}

fn reference<'i>(patient: &'i PatientRef, ingest: &'i Ingest) -> Option<&'i str> {
    match patient {
        PatientRef::Listed(position) => Some(ingest.patients.get(*position)?.reference.as_ref()?.expose()),
        PatientRef::Outside(reference) => Some(reference.expose()),
    }
}

/// The insurer may have everything that claims are decided on, within Hong Kong.
fn claims(subject: Sp, leak: Leak, number: &str) -> ConsentTerms {
    let mut policy = [2; 32];
    if leak == Leak::PlainPolicy {
        policy.iter_mut().zip(number.bytes()).for_each(|(to, from)| *to = from);
    }
    ConsentTerms {
        kind: ConsentKind::Claim,
        effect: Effect::Permit,
        subject,
        controller: HONG_KONG_HOSPITAL,
        grantees: Grantees { orgs: Set::new([HONG_KONG_INSURER]).unwrap(), ..Grantees::default() },
        purposes: Set::new([Purpose::Clmattch]).unwrap(),
        actions: DataActions::of(&[DataAction::Access, DataAction::Use]),
        categories: Categories::all(),
        max_grade: 4,
        labels: LabelRule::NoneRestricted,
        data_period: None,
        instances: None,
        places: Set::new([Place::whole(Jurisdiction::Hk)]).unwrap(),
        xborder: None,
        separate: SeparateConsents::EMPTY,
        nbf: Millis(0),
        exp: None,
        limits: Limits::default(),
        redisclosure: Redisclosure::None,
        obligations: Obligations::EMPTY,
        retention_days: None,
        break_glass: BreakGlass::Allow,
        policy: PolicyRef { policy: Hash32(policy), notice: Hash32([3; 32]) },
        evidence: EvidenceRef {
            kind: EvidenceKind::AppSig,
            hash: Hash32([4; 32]),
            timestamp: None,
            mutually_recognised: false,
        },
    }
}
