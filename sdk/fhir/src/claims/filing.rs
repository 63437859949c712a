//! From a claim to an R4 Claim.

use assent_types::claim::{Claim, ClaimStatus, ClaimTerms, CodeRef, Payee, Relation, Submitter};
use assent_types::{AnchorId, ClaimId, Millis, OrgId, Sp};

use super::model::{ClaimHead, ClaimResource, Insurance, PayeeElement, Related, SupportingInfo};
use crate::codes::{
    ANCHOR, CASE, CLAIM, CLAIM_TYPE, INFORMATION_CATEGORY, PAYEE_TYPE, PRIORITY, RELATED_CLAIM, RELATION,
};
use crate::datatypes::{Amount, instant, month_text, reference_to, write_resource};
use crate::error::FhirError;
use crate::extensions::{code_value, money_value, own, own_parts, part, text_value};
use crate::mapping::Mapping;
use crate::model::{Concept, Extension, ExtensionValue, Identifier, Period};

/// A claim as it was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiledClaim {
    /// The claim.
    pub id: ClaimId,
    /// When it was filed.
    pub created: Millis,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// The case's subject.
    pub subject: Sp,
    /// The case's insurer.
    pub insurer: OrgId,
    /// The case's provider.
    pub provider: OrgId,
    /// Who filed it.
    pub submitted_by: Submitter,
    /// What is claimed.
    pub terms: ClaimTerms,
}

impl FiledClaim {
    /// A claim of the ledger as it was filed.
    pub fn of(claim: &Claim) -> Self {
        Self {
            id: claim.id,
            created: claim.submitted_at,
            withdrawn: claim.status == ClaimStatus::Withdrawn,
            subject: claim.subject,
            insurer: claim.insurer,
            provider: claim.provider,
            submitted_by: claim.submitted_by,
            terms: claim.terms.clone(),
        }
    }
}

/// Writes a claim as an R4 Claim (JSON) that [`super::claim_from_fhir`] reads back.
///
/// # Errors
/// E711 for months and instants that FHIR cannot write.
pub fn claim_to_fhir(claim: &FiledClaim, mapping: &Mapping) -> Result<String, FhirError> {
    let terms = &claim.terms;
    let month = |month, name: &str| month_text(month, &format!("Claim.billablePeriod.{name}"));
    let related = terms.related.iter().map(|related| Related {
        claim: reference_to(CLAIM, related.claim),
        relationship: Concept::new(relation_system(related.relation), related.relation.code()),
    });
    let head = ClaimHead {
        id: Some(claim.id.to_string()),
        extension: extensions(claim, mapping),
        status: if claim.withdrawn { "cancelled" } else { "active" }.to_owned(),
        kind: Concept::new(CLAIM_TYPE, "institutional"),
        use_code: "claim".to_owned(),
        patient: mapping.reference_to_subject(claim.subject, claim.insurer),
        billable: Period {
            start: Some(month(terms.service.first, "start")?),
            end: Some(month(terms.service.last, "end")?),
        },
        created: instant(claim.created, "Claim.created")?,
        insurer: mapping.reference_to_organization(claim.insurer),
        provider: mapping.reference_to_organization(claim.provider),
        related: related.collect(),
        supporting: supporting(&terms.attachments),
        insurance: vec![Insurance {
            sequence: 1,
            focal: true,
            coverage: reference_to(CASE, terms.case),
            preauth: terms.preauth.iter().map(ToString::to_string).collect(),
        }],
        total: Amount::of(terms.amounts.billed),
    };
    let resource = ClaimResource {
        head,
        identifier: vec![Identifier { system: CLAIM.to_owned(), value: claim.id.to_string() }],
        priority: Concept::new(PRIORITY, "normal"),
        payee: payee(claim, mapping),
    };
    write_resource(&resource, "Claim")
}

/// Documents that support a claim.
pub(super) fn supporting(attachments: &[AnchorId]) -> Vec<SupportingInfo> {
    let info = |(sequence, anchor): (u32, &AnchorId)| SupportingInfo {
        sequence,
        category: Concept::new(INFORMATION_CATEGORY, "attachment"),
        value: reference_to(ANCHOR, anchor),
    };
    (1..).zip(attachments).map(info).collect()
}

/// The versions of the code systems that a claim's items use.
pub(super) fn code_systems(codes: &[CodeRef]) -> impl Iterator<Item = Extension> {
    codes.iter().map(|code| {
        let parts = vec![
            part("system", ExtensionValue::Number(code.system)),
            part("version", ExtensionValue::Number(code.version)),
        ];
        own_parts("code-system", parts)
    })
}

/// Corrections are not among HL7's relationships.
pub(super) fn relation_system(relation: Relation) -> &'static str {
    match relation {
        Relation::Prior | Relation::Associated => RELATED_CLAIM,
        Relation::Correction => RELATION,
    }
}

fn payee(claim: &FiledClaim, mapping: &Mapping) -> PayeeElement {
    let (code, extension, party) = match claim.terms.payee {
        Payee::Provider => ("provider", Vec::new(), mapping.reference_to_organization(claim.provider)),
        Payee::Subject { commit } => (
            "subscriber",
            vec![own("payee-account", text_value(commit))],
            mapping.reference_to_subject(claim.subject, claim.insurer),
        ),
        Payee::Advance { assignment } => ("other", Vec::new(), reference_to(super::payment::ASSIGNMENT, assignment)),
    };
    PayeeElement { extension, kind: Concept::new(PAYEE_TYPE, code), party: Some(party) }
}

fn extensions(claim: &FiledClaim, mapping: &Mapping) -> Vec<Extension> {
    let terms = &claim.terms;
    let mut all = vec![
        own("service-line", code_value(terms.service_line.code())),
        own("benefit", code_value(terms.benefit.code())),
        own("cob-declared", ExtensionValue::Boolean(terms.cob_declared)),
        own("service-days", text_value(terms.service.day_commit)),
    ];
    all.extend(terms.bills.iter().map(|bill| own("bill", text_value(bill))));
    let lines = vec![
        part("root", text_value(terms.lines.root)),
        part("count", ExtensionValue::Number(terms.lines.count.into())),
        part("total", money_value(terms.lines.total)),
    ];
    all.push(own_parts("lines", lines));
    all.extend(code_systems(&terms.codes));
    all.extend(terms.code_map.iter().map(|map| own("code-map", text_value(map))));
    all.extend(terms.guarantee.iter().map(|guarantee| own("guarantee", text_value(guarantee))));
    all.push(own("claimed", money_value(terms.amounts.claimed)));
    all.push(own("subject-share", money_value(terms.amounts.subject_share)));
    all.extend(terms.amounts.other_payers.iter().map(|payer| {
        let parts = vec![part("kind", code_value(payer.kind.code())), part("amount", money_value(payer.amount))];
        own_parts("other-payer", parts)
    }));
    all.extend(terms.fx.iter().map(|fx| {
        let mut parts = vec![part("currency", code_value(fx.ccy.code())), part("at", code_value(fx.at.code()))];
        parts.extend(fx.fixing.map(|fixing| part("fixing", text_value(fixing))));
        own_parts("exchange-rate", parts)
    }));
    all.push(match claim.submitted_by {
        Submitter::Org(org) => own("submitted-by", ExtensionValue::Reference(mapping.reference_to_organization(org))),
        Submitter::Subject => {
            let subject = mapping.reference_to_subject(claim.subject, claim.insurer);
            own("submitted-by-subject", ExtensionValue::Reference(subject))
        }
    });
    all
}
