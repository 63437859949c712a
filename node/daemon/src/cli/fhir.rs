//! Records of the ledger as FHIR resources, in files of newline-delimited JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assent_client::AccessTrail;
use assent_fhir::claims::{
    ClaimAnswer, EligibilityQuestion, EligibilityReply, FiledClaim, Inquiry, PaymentRecord, PreauthAnswer,
    PreauthQuestion, answer_to_fhir, claim_to_fhir, eligibility_question_to_fhir, eligibility_reply_to_fhir,
    inquiry_to_fhir, payment_to_fhir, preauth_answer_to_fhir, preauth_to_fhir,
};
use assent_fhir::{
    AccessClaims, AuditRecord, AuditedRow, DocumentRecord, FhirError, Mapping, MatrixRecord, audit_to_fhir,
    claims_to_token, consent_to_fhir, consent_to_fhir_r5, document_to_fhir, permission_to_fhir,
};
use assent_types::claim::Claim;
use assent_types::consent::ConsentBook;
use assent_types::document::Anchor;
use assent_types::eligibility::Eligibility;
use assent_types::ids::{KeyId, Millis, OrgId};
use assent_types::preauth::Preauth;
use assent_types::session::Session;
use assent_types::settlement::Settlement;
use assent_types::state::{Params, Record, StateKey};
use assent_types::subject::KeyOwner;

use super::context::Context;
use super::output::{CliError, save};
use super::parse;

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

/// Where the claims of an access token go.
#[derive(clap::Args)]
pub(super) struct TokenArgs {
    /// Also write what an access token may say of the permit into this file (JSON): the claims of IHE IUA and PCF with the
    /// residual rules, for the own authorisation server to sign
    #[arg(long, value_name = "FILE")]
    token_claims: Option<PathBuf>,
    /// How resources refer to patients and organisations (TOML, or JSON if the name ends so); by pseudonym and number
    /// if absent
    #[arg(long, value_name = "FILE", requires = "token_claims")]
    mapping: Option<PathBuf>,
}

impl TokenArgs {
    /// What a session permits, if it permits anything.
    pub(super) fn session(&self, session: &Session) -> Result<(), CliError> {
        let Some(path) = &self.token_claims else { return Ok(()) };
        let claims = AccessClaims::of_session(session, now()).map_err(numbered)?;
        save(
            path,
            (claims_to_token(&claims, &read_mapping(self.mapping.as_deref())?).map_err(numbered)? + "\n").as_bytes(),
        )
    }
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

/// The mapping of a file, or an empty one.
pub(super) fn read_mapping(path: Option<&Path>) -> Result<Mapping, CliError> {
    match path {
        Some(path) if path.extension().is_some_and(|extension| extension == "json") => parse::json_file(path),
        Some(path) => toml::from_str(&parse::text_file(path)?)
            .map_err(|error| CliError::usage(format!("{}: {error}", path.display()))),
        None => Ok(Mapping::default()),
    }
}

impl FhirArgs {
    /// Whether resources are wanted.
    pub(super) fn is_wanted(&self) -> bool {
        self.fhir.is_some()
    }

    fn write(&self, lines: impl FnOnce(&Mapping) -> Result<Vec<String>, CliError>) -> Result<(), CliError> {
        let Some(path) = &self.fhir else { return Ok(()) };
        let mapping = read_mapping(self.mapping.as_deref())?;
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

    /// The governed matrices, as they are now.
    pub(super) fn matrices(&self, params: &Params) -> Result<(), CliError> {
        self.write(|_| {
            MatrixRecord::of(params, now()).iter().map(|matrix| permission_to_fhir(matrix).map_err(numbered)).collect()
        })
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

#[cfg(test)]
mod tests {
    use assent_types::claim::{AdjReasons, DecisionMode, ServicePeriod};
    use assent_types::consent::{Categories, Category};
    use assent_types::eligibility::{EligibilityKind, EligibilityPurpose, EligibilityPurposes, EligibilityStatus};
    use assent_types::ids::{CaseId, EligibilityId, Hash32, Month, PreauthId, Sp};
    use assent_types::preauth::{Buckets, PreauthDecision, PreauthPriority, PreauthStatus, PreauthTerms, Validity};
    use assent_types::{Currency, List, Money, Set};
    use serde_json::Value;

    use super::*;

    /// What is written, resource by resource.
    fn written(write: impl FnOnce(&FhirArgs) -> Result<(), CliError>) -> Vec<Value> {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(&FhirArgs { fhir: Some(file.path().to_owned()), mapping: None }).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn types(resources: &[Value]) -> Vec<&str> {
        resources.iter().filter_map(|resource| resource["resourceType"].as_str()).collect()
    }

    #[test]
    fn a_question_of_eligibility_is_written_with_its_answer() {
        let question = Eligibility {
            id: EligibilityId(Hash32([1; 32])),
            case: CaseId(Hash32([2; 32])),
            subject: Sp(Hash32([3; 32])),
            insurer: OrgId(3),
            provider: OrgId(1),
            requested_by: OrgId(1),
            kind: EligibilityKind::Verification,
            purposes: EligibilityPurposes::of(&[EligibilityPurpose::Benefits]),
            service: Month(680),
            requested_at: Millis(1_780_000_000_000),
            answer: None,
            due: None,
            status: EligibilityStatus::Requested,
        };
        let lines = written(|fhir| fhir.eligibility(&question));
        assert_eq!(types(&lines), ["CoverageEligibilityRequest", "CoverageEligibilityResponse"]);
        assert_eq!((&lines[0]["purpose"][0], &lines[1]["outcome"]), (&"benefits".into(), &"queued".into()));
    }

    /// One that was approved; `asked` are the documents that were asked for last.
    fn preauth(asked: Categories) -> Preauth {
        let amount = Money::new(Currency::Hkd, 1_200_000);
        let (at, none) = (Millis(1_780_000_000_000), Hash32::ZERO);
        Preauth {
            id: PreauthId(Hash32([4; 32])),
            case: CaseId(Hash32([2; 32])),
            subject: Sp(Hash32([3; 32])),
            insurer: OrgId(3),
            provider: OrgId(1),
            version: 1,
            terms: PreauthTerms {
                priority: PreauthPriority::Normal,
                service: ServicePeriod { first: Month(680), last: Month(680), day_commit: none },
                codes: Set::default(),
                item_root: none,
                item_count: 1,
                amount,
                attachments: Set::default(),
            },
            requested_by: OrgId(1),
            requested_at: at,
            prior: None,
            generation: 0,
            asked,
            info_rounds: 0,
            paused_ms: None,
            decision: Some(PreauthDecision {
                by: OrgId(3),
                mode: DecisionMode::Auto,
                reasons: AdjReasons::EMPTY,
                outcome_root: none,
                validity: Some(Validity { from: at, to: Millis(at.0 + 1) }),
                at,
            }),
            approved: amount,
            buckets: Buckets::free(amount),
            guarantees: List::default(),
            claims: List::default(),
            voided: None,
            replaced_by: None,
            due: None,
            status: PreauthStatus::Approved,
        }
    }

    #[test]
    fn a_preauthorisation_is_written_with_what_was_said_and_asked() {
        let lines = written(|fhir| fhir.preauth(&preauth(Categories::EMPTY)));
        assert_eq!(types(&lines), ["Claim", "ClaimResponse"], "nothing was asked for");
        assert!(lines.iter().all(|line| line["use"] == "preauthorization"));
        let lines = written(|fhir| fhir.preauth(&preauth(Categories::of(&[Category::Lab]))));
        assert_eq!(types(&lines), ["Claim", "ClaimResponse", "CommunicationRequest"]);
    }

    #[test]
    fn the_matrices_of_a_chain_are_two_permissions_of_which_each_has_to_permit() {
        let params = assent_contracts::default_params(assent_types::state::ChainClass::Production);
        let lines = written(|fhir| fhir.matrices(&params));
        assert_eq!(types(&lines), ["Permission", "Permission"]);
        assert_eq!(lines[0]["rule"].as_array().map(Vec::len), Some(params.minimisation.len()));
    }

    #[test]
    fn nothing_is_written_that_was_not_wanted() {
        let fhir = FhirArgs { fhir: None, mapping: None };
        assert!(!fhir.is_wanted());
        fhir.preauth(&preauth(Categories::EMPTY)).unwrap();
    }
}
