//! Records of the ledger as FHIR resources, in files of newline-delimited JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use assent_client::AccessTrail;
use assent_fhir::claims::{
    ClaimAnswer, EligibilityQuestion, EligibilityReply, FiledClaim, Inquiry, PaymentRecord, PreauthAnswer,
    PreauthQuestion, answer_to_fhir, claim_to_fhir, eligibility_question_to_fhir, eligibility_reply_to_fhir,
    inquiry_to_fhir, payment_to_fhir, preauth_answer_to_fhir, preauth_to_fhir,
};
use assent_fhir::{
    AuditRecord, AuditedRow, DocumentRecord, FhirError, Mapping, audit_to_fhir, consent_to_fhir, consent_to_fhir_r5,
    document_to_fhir,
};
use assent_types::claim::Claim;
use assent_types::consent::ConsentBook;
use assent_types::document::Anchor;
use assent_types::eligibility::Eligibility;
use assent_types::ids::{KeyId, Millis, OrgId};
use assent_types::preauth::Preauth;
use assent_types::settlement::Settlement;
use assent_types::state::{Record, StateKey};
use assent_types::subject::KeyOwner;

use super::consent::read_mapping;
use super::context::Context;
use super::output::{CliError, save};

/// Where records go as FHIR resources.
#[derive(clap::Args)]
pub(super) struct FhirArgs {
    /// Also write FHIR resources into this file, one a line (newline-delimited JSON)
    #[arg(long, value_name = "FILE")]
    fhir: Option<PathBuf>,
    /// How resources refer to patients and organisations (TOML, or JSON if the name ends so); by pseudonym and number
    /// if absent
    #[arg(long, value_name = "FILE", requires = "fhir")]
    mapping: Option<PathBuf>,
}

/// Versions of FHIR in which consents are written.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Release {
    /// FHIR R4.
    R4,
    /// FHIR R5.
    R5,
}

/// A refusal, with its element.
pub(super) fn numbered(error: FhirError) -> CliError {
    CliError::numbered(error.code, format!("{}: {}", error.path, error.problem))
}

impl FhirArgs {
    /// Whether resources are wanted.
    pub(super) fn is_wanted(&self) -> bool {
        self.fhir.is_some()
    }

    fn write(&self, lines: impl FnOnce(&Mapping) -> Result<Vec<String>, CliError>) -> Result<(), CliError> {
        let Some(path) = &self.fhir else { return Ok(()) };
        let mapping = match &self.mapping {
            Some(path) => read_mapping(path)?,
            None => Mapping::default(),
        };
        let mut text = lines(&mapping)?.join("\n");
        text.push('\n');
        save(path, text.as_bytes())
    }

    /// A claim, what its insurer says of it, the documents that it has asked for last, and its payment, as far as there
    /// are any.
    pub(super) fn claim(&self, claim: &Claim, settlement: Option<&Settlement>) -> Result<(), CliError> {
        self.write(|mapping| {
            let mut lines = vec![
                claim_to_fhir(&FiledClaim::of(claim), mapping).map_err(numbered)?,
                answer_to_fhir(&ClaimAnswer::of(claim, settlement), mapping).map_err(numbered)?,
            ];
            lines.extend(asked(Inquiry::of_claim(claim, now()), mapping)?);
            if let Some(settlement) = settlement.filter(|settlement| settlement.paid.is_some()) {
                let payment = PaymentRecord::of(settlement, claim).map_err(numbered)?;
                lines.push(payment_to_fhir(&payment, mapping).map_err(numbered)?);
            }
            Ok(lines)
        })
    }

    /// A question of eligibility, and what the insurer says to it.
    pub(super) fn eligibility(&self, eligibility: &Eligibility) -> Result<(), CliError> {
        let (question, reply) = (EligibilityQuestion::of(eligibility), EligibilityReply::of(eligibility, now()));
        self.write(|mapping| {
            Ok(vec![
                eligibility_question_to_fhir(&question, mapping).map_err(numbered)?,
                eligibility_reply_to_fhir(&reply, mapping).map_err(numbered)?,
            ])
        })
    }

    /// A preauthorisation, what the insurer says of it, and the documents that it has asked for last, if it has.
    pub(super) fn preauth(&self, preauth: &Preauth) -> Result<(), CliError> {
        self.write(|mapping| {
            let mut lines = vec![
                preauth_to_fhir(&PreauthQuestion::of(preauth), mapping).map_err(numbered)?,
                preauth_answer_to_fhir(&PreauthAnswer::of(preauth), mapping).map_err(numbered)?,
            ];
            lines.extend(asked(Inquiry::of_preauth(preauth, now()), mapping)?);
            Ok(lines)
        })
    }

    /// A document.
    pub(super) fn document(&self, anchor: &Anchor) -> Result<(), CliError> {
        let record = DocumentRecord::of(anchor, now());
        self.write(|mapping| Ok(vec![document_to_fhir(&record, mapping).map_err(numbered)?]))
    }

    /// All consents of a book, those that are over too.
    pub(super) fn consents(&self, book: &ConsentBook, release: Release) -> Result<(), CliError> {
        self.write(|mapping| {
            let all = book.closed.iter().chain(&book.live);
            let write = |consent| match release {
                Release::R4 => consent_to_fhir(consent, mapping).map(|resource| resource.to_string()),
                Release::R5 => consent_to_fhir_r5(consent, mapping),
            };
            all.map(|consent| write(consent).map_err(numbered)).collect()
        })
    }

    /// An access trail as audit events. Returns how many of its entries follow no pattern of IHE BALP and are left out.
    pub(super) async fn trail(&self, context: &Context, trail: &AccessTrail) -> Result<usize, CliError> {
        let owners = owners(context, trail).await?;
        let mut left_out = 0;
        self.write(|mapping| {
            let mut lines = Vec::new();
            for step in &trail.steps {
                let Some(session) = trail.sessions.get(&assent_types::SessionId(step.object)) else { continue };
                let actor = step.signer.and_then(|key| Some((key, *owners.get(&key)?)));
                let fired = AuditedRow { row: step.row, tx: step.receipt.tx, at: step.receipt.time, actor };
                match AuditRecord::of(context.chain, session, &fired) {
                    Ok(record) => lines.push(audit_to_fhir(&record, mapping).map_err(numbered)?),
                    Err(_) => left_out += 1,
                }
            }
            Ok(lines)
        })?;
        Ok(left_out)
    }
}

/// The instant of what is written, where a record does not keep one.
fn now() -> Millis {
    Millis(assent_client::now_ms())
}

/// A question for documents, if one was asked.
fn asked(inquiry: Option<Inquiry>, mapping: &Mapping) -> Result<Option<String>, CliError> {
    inquiry.map(|inquiry| inquiry_to_fhir(&inquiry, mapping).map_err(numbered)).transpose()
}

/// The organisations whose keys signed a trail's entries.
async fn owners(context: &Context, trail: &AccessTrail) -> Result<BTreeMap<KeyId, OrgId>, CliError> {
    let mut owners = BTreeMap::new();
    for key in trail.steps.iter().filter_map(|step| step.signer) {
        if owners.contains_key(&key) {
            continue;
        }
        if let Record::Key(entry) = context.record(StateKey::Key(key)).await?.0
            && let KeyOwner::Org(org) = entry.owner
        {
            owners.insert(key, org);
        }
    }
    Ok(owners)
}
