//! Suggested category and grade of documents; [`super::Document`] has the tables.

use assent_types::consent::{Category, Label};

use super::model::{Code, DocumentKind};
use super::view::View;
use crate::codes::{ACT_CODE, CONFIDENTIALITY, LOINC, grade_of};
use crate::error::FhirError;

const SECTION: &str = "http://terminology.hl7.org/CodeSystem/v2-0074";
const OBSERVATION_CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/observation-category";
const SNOMED: &str = "http://snomed.info/sct";

/// Grade of what says nothing of its confidentiality: normal.
const GRADE_DEFAULT: u8 = 4;
/// Grade of what has a sensitivity label.
const GRADE_LABELLED: u8 = 5;

/// The order in which categories are looked for: from the one that is the most particular on.
const ORDER: [Category; 6] = [
    Category::Genetic,
    Category::Referral,
    Category::BirthImmun,
    Category::Medication,
    Category::RadReport,
    Category::Lab,
];

pub(super) fn category(kind: DocumentKind, codes: &[&Code]) -> Category {
    let other = match kind {
        DocumentKind::Bill => return Category::Ebill,
        DocumentKind::ExplanationOfBenefit => return Category::Eob,
        DocumentKind::DiagnosticReport => Category::OtherInvest,
        DocumentKind::DocumentReference => Category::ClinNote,
    };
    let said: Vec<Category> = codes.iter().filter_map(|code| category_of(&code.system, &code.code)).collect();
    ORDER.into_iter().find(|category| said.contains(category)).unwrap_or(other)
}

fn category_of(system: &str, code: &str) -> Option<Category> {
    match (system, code) {
        (LOINC, "51969-4" | "81247-9") | (SECTION, "GE" | "CG") => Some(Category::Genetic),
        (LOINC, "57133-1" | "57134-9") => Some(Category::Referral),
        (LOINC, "11369-6" | "82593-5") => Some(Category::BirthImmun),
        (LOINC, "10160-0" | "56445-0" | "57833-6") => Some(Category::Medication),
        (LOINC, "18748-4") | (SNOMED, "394914008") | (OBSERVATION_CATEGORY, "imaging") => Some(Category::RadReport),
        (SECTION, "CT" | "NMR" | "NMS" | "OUS" | "RAD" | "RUS" | "RX" | "VUS" | "XRC") => Some(Category::RadReport),
        (LOINC, "11502-2") | (SNOMED, "394595002" | "108252007") => Some(Category::Lab),
        (SECTION, "BG" | "BLB" | "CH" | "CP" | "HM" | "IMM" | "LAB" | "MB" | "MCB" | "MYC" | "OSL" | "PAT" | "SP")
        | (SECTION, "SR" | "TX" | "URN" | "VR")
        | (OBSERVATION_CATEGORY, "laboratory") => Some(Category::Lab),
        _ => None,
    }
}

/// Grade of one part of a document.
pub(super) fn grade(resource: &View<'_>) -> Result<u8, FhirError> {
    let mut labels = resource.object("meta")?.map_or(Ok(Vec::new()), |meta| meta.codings("security"))?;
    if resource.text("resourceType")? == Some("DocumentReference") {
        labels.extend(resource.codes_of_many("securityLabel")?);
    }
    let is_sensitive = |label: &Code| label.system == ACT_CODE && Label::from_code(&label.code).is_some();
    if labels.iter().any(is_sensitive) {
        return Ok(GRADE_LABELLED);
    }
    let stated = labels.iter().filter(|label| label.system == CONFIDENTIALITY);
    Ok(stated.filter_map(|label| grade_of(&label.code)).max().unwrap_or(GRADE_DEFAULT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: DocumentKind, codes: &[(&str, &str)]) -> Category {
        let codes: Vec<Code> = codes
            .iter()
            .map(|(system, code)| Code { system: (*system).to_owned(), code: (*code).to_owned() })
            .collect();
        category(kind, &codes.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_most_particular_category_is_suggested() {
        use DocumentKind::{Bill, DiagnosticReport, DocumentReference, ExplanationOfBenefit};
        assert_eq!(of(DiagnosticReport, &[(SECTION, "LAB")]), Category::Lab);
        assert_eq!(of(DiagnosticReport, &[(SECTION, "LAB"), (SECTION, "GE")]), Category::Genetic);
        assert_eq!(of(DiagnosticReport, &[(SNOMED, "394914008"), (SECTION, "LAB")]), Category::RadReport);
        assert_eq!(of(DiagnosticReport, &[(OBSERVATION_CATEGORY, "laboratory")]), Category::Lab);
        assert_eq!(of(DocumentReference, &[(LOINC, "57133-1")]), Category::Referral);
        assert_eq!(of(DocumentReference, &[(LOINC, "11369-6")]), Category::BirthImmun);
        assert_eq!(of(DocumentReference, &[(LOINC, "10160-0")]), Category::Medication);
        // What no table lists, and a code of another system that looks alike.
        assert_eq!(of(DiagnosticReport, &[(SECTION, "EC")]), Category::OtherInvest);
        assert_eq!(of(DiagnosticReport, &[("", "LAB")]), Category::OtherInvest);
        assert_eq!(of(DocumentReference, &[]), Category::ClinNote);
        assert_eq!(of(Bill, &[(SECTION, "GE")]), Category::Ebill);
        assert_eq!(of(ExplanationOfBenefit, &[(SECTION, "LAB")]), Category::Eob);
    }
}
