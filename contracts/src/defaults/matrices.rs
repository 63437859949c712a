//! The minimisation matrix, required accreditations, and categories by the person's role.
//!
//! Grade 4 is HL7 Confidentiality "normal", the grade of most clinical records; grade 5 is restricted.

use assent_types::access::UserRole;
use assent_types::consent::{Categories, Category, Purpose};
use assent_types::org::{AccreditationKind, Role};
use assent_types::place::Jurisdiction;
use assent_types::state::{AccreditationRule, ChainClass, MinimisationRule, UserCategoryRule};

use super::params::list;
use Category::*;

/// Everything that care is given from.
const CLINICAL: &[Category] = &[
    Ident,
    AllergyAdr,
    Diagnosis,
    Procedure,
    Medication,
    Encounter,
    ClinNote,
    BirthImmun,
    Lab,
    RadReport,
    RadImage,
    OtherInvest,
    Referral,
    Tcm,
    Genetic,
    Wearable,
];
/// What an emergency needs.
const EMERGENCY: &[Category] =
    &[Ident, AllergyAdr, Diagnosis, Procedure, Medication, Encounter, Lab, RadReport, RadImage];
/// What decision support is computed from.
const DECISION_SUPPORT: &[Category] = &[AllergyAdr, Diagnosis, Procedure, Medication, Lab, RadReport, RadImage];
/// What a claim is decided on. Genetic data never is.
const CLAIM: &[Category] = &[
    Ident,
    Diagnosis,
    Procedure,
    Medication,
    Encounter,
    Lab,
    RadReport,
    Referral,
    Ebill,
    SettlementList,
    Coverage,
    Eob,
    Payment,
];
/// What a treatment is authorised on beforehand.
const AUTHORISATION: &[Category] =
    &[Ident, Diagnosis, Procedure, Medication, Lab, RadReport, RadImage, Referral, Coverage];
/// What a bill is settled on.
const BILLING: &[Category] = &[Ident, Diagnosis, Procedure, Encounter, Ebill, SettlementList, Coverage, Eob, Payment];
/// What membership is administered on.
const MEMBERSHIP: &[Category] = &[Ident, Coverage];
/// What a remittance says.
const REMITTANCE: &[Category] = &[Ebill, Eob, Payment];
/// What quality is measured on.
const QUALITY: &[Category] = &[Diagnosis, Procedure, Medication, Encounter, Lab, RadReport, OtherInvest];
/// What research may start from.
const RESEARCH: &[Category] =
    &[Diagnosis, Procedure, Medication, Lab, RadReport, RadImage, OtherInvest, Genetic, Wearable, ResearchDerived];
/// What a model may be trained on.
const TRAINING: &[Category] = &[Diagnosis, Procedure, Medication, Lab, RadReport, RadImage, ResearchDerived];
/// What public health needs.
const PUBLIC_HEALTH: &[Category] = &[Ident, Diagnosis, Encounter, BirthImmun, Lab];

/// The research purposes.
const RESEARCH_PURPOSES: [Purpose; 8] = [
    Purpose::Hresch,
    Purpose::Biorch,
    Purpose::Clintrch,
    Purpose::Clintrchpc,
    Purpose::Clintrchnpc,
    Purpose::Dsrch,
    Purpose::Transrch,
    Purpose::Poarch,
];

/// The most that each role may ask for each purpose. What is not listed is refused.
pub(super) fn minimisation(chain_class: ChainClass) -> Vec<MinimisationRule> {
    use Purpose::*;
    use Role::*;

    let mut rows: Vec<(Role, Purpose, &[Category], u8)> = vec![
        (Hospital, Treat, CLINICAL, 5),
        (Hospital, Coc, CLINICAL, 5),
        (Hospital, Etreat, CLINICAL, 5),
        (Hospital, Ertreat, CLINICAL, 5),
        (Hospital, Btg, EMERGENCY, 4),
        (Hospital, Treatds, DECISION_SUPPORT, 4),
        (Hospital, Clintrl, RESEARCH, 4),
        (Research, Clintrl, RESEARCH, 4),
        (Hospital, Hpaymt, BILLING, 4),
        (Insurer, Hpaymt, BILLING, 4),
        (Insurer, Clmattch, CLAIM, 4),
        (Insurer, Covauth, AUTHORISATION, 4),
        (Insurer, Purpose::Coverage, MEMBERSHIP, 3),
        (Insurer, Eligdtrm, MEMBERSHIP, 3),
        (Insurer, Eligver, MEMBERSHIP, 3),
        (Hospital, Eligver, MEMBERSHIP, 3),
        (Insurer, Enrollm, MEMBERSHIP, 3),
        (Insurer, Remitadv, REMITTANCE, 3),
        (Hospital, Remitadv, REMITTANCE, 3),
        (Bank, Remitadv, &[Category::Payment], 3),
        (Insurer, Pmtds, BILLING, 3),
        (Hospital, Hoperat, BILLING, 4),
        (Hospital, Patadmin, &[Ident, Encounter, Referral], 4),
        (Hospital, Recordmgt, CLINICAL, 4),
        (Hospital, Hqualimp, QUALITY, 4),
        (Hospital, Haccred, QUALITY, 4),
        (Insurer, Memadmin, MEMBERSHIP, 3),
        (Insurer, Fraud, BILLING, 4),
        (Regulator, Fraud, BILLING, 4),
        (Regulator, Hcompl, Category::ALL, 4),
        (Regulator, Hlegal, Category::ALL, 4),
        (Regulator, Gov, BILLING, 3),
        (Hospital, Mltraining, TRAINING, 3),
        (Insurer, Mltraining, TRAINING, 3),
        (Research, Mltraining, TRAINING, 3),
        (Regulator, Pubhlth, PUBLIC_HEALTH, 4),
        (Regulator, Disaster, PUBLIC_HEALTH, 4),
    ];
    rows.extend(
        RESEARCH_PURPOSES
            .iter()
            .flat_map(|purpose| [(Hospital, *purpose, RESEARCH, 4), (Research, *purpose, RESEARCH, 4)]),
    );
    if chain_class == ChainClass::Test {
        rows.extend([Hospital, Insurer, Regulator, Research].map(|role| (role, Htest, Category::ALL, 5)));
    }
    rows.into_iter()
        .map(|(role, purpose, categories, max_grade)| MinimisationRule {
            role,
            purpose,
            categories: Categories::of(categories),
            max_grade,
        })
        .collect()
}

/// Accreditations that a role needs for a purpose, by jurisdiction of delivery: insurers to handle claims, hospitals to
/// break the glass or to do research.
pub(super) fn accreditations() -> Vec<AccreditationRule> {
    let rule =
        |role, purpose, jurisdiction, kind| AccreditationRule { role, purpose, jurisdiction, any_of: list(vec![kind]) };
    let mut rules = Vec::new();
    for jurisdiction in Jurisdiction::ALL {
        let licence = match jurisdiction {
            Jurisdiction::Cn => AccreditationKind::CnClaimsLicence,
            Jurisdiction::Hk => AccreditationKind::HkInsurerAuth,
            Jurisdiction::Mo => AccreditationKind::MoInsurerAuth,
        };
        for purpose in [Purpose::Hpaymt, Purpose::Clmattch, Purpose::Covauth, Purpose::Pmtds] {
            rules.push(rule(Role::Insurer, purpose, *jurisdiction, licence));
        }
        // Handling claims for others is licensed on the Mainland alone.
        if *jurisdiction == Jurisdiction::Cn {
            rules.push(rule(Role::Administrator, Purpose::Clmattch, *jurisdiction, licence));
        }
        rules.push(rule(Role::Hospital, Purpose::Btg, *jurisdiction, AccreditationKind::EmergencyDept));
        for purpose in RESEARCH_PURPOSES {
            rules.push(rule(Role::Hospital, purpose, *jurisdiction, AccreditationKind::EthicsBoard));
        }
    }
    rules
}

/// What a person may see by role.
pub(super) fn user_categories() -> Vec<UserCategoryRule> {
    let assessor: Vec<Category> = [CLAIM, &[RadImage]].concat();
    let rows: [(UserRole, Vec<Category>); 10] = [
        (UserRole::Physician, [CLINICAL, &[ConsentEvidence, ResearchDerived]].concat()),
        (UserRole::Nurse, CLINICAL.iter().copied().filter(|category| *category != Genetic).collect()),
        (UserRole::Pharmacist, vec![Ident, AllergyAdr, Diagnosis, Medication, Lab]),
        (UserRole::Technician, vec![Ident, Diagnosis, Lab, RadReport, RadImage, OtherInvest, Referral]),
        (UserRole::BillingClerk, BILLING.to_vec()),
        (UserRole::ClaimsAssessor, assessor.clone()),
        (UserRole::MedicalAssessor, [&assessor[..], &[ClinNote, OtherInvest, Tcm]].concat()),
        (UserRole::Researcher, RESEARCH.to_vec()),
        (UserRole::Officer, Category::ALL.to_vec()),
        (UserRole::Patient, Category::ALL.to_vec()),
    ];
    rows.into_iter()
        .map(|(user_role, categories)| UserCategoryRule { user_role, categories: Categories::of(&categories) })
        .collect()
}
