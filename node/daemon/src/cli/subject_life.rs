//! `assent subject rotate-key`, `age-band`, `rollover` and `link`.

use std::path::PathBuf;

use assent_types::action::{Action, RotateSubjectKey, possession_of};
use assent_types::ids::{CaseId, Sp};
use assent_types::oversight::{RolloverPseudonym, UpdateAgeBand};
use assent_types::session::{LinkSubjects, SubjectLink};
use assent_types::subject::AgeBand;
use serde_json::{Map, json};

use super::act::Act;
use super::args::{EvidenceArgs, SaveArgs, Signer};
use super::context::{ClientArgs, Context, block_on, load_key};
use super::output::{CliError, Output};

/// Verbs of `assent subject` for what happens to a registered subject.
#[derive(clap::Subcommand)]
pub(super) enum LifeVerb {
    /// Replace a subject's key (SU-02); the old key signs and ends
    #[command(after_help = "\
Example:
  assent keys new --out phone.key
  assent subject rotate-key --sp PSEUDONYM --subject-key patient.key --new-key phone.key")]
    RotateKey {
        #[command(flatten)]
        client: ClientArgs,
        /// The pseudonym
        #[arg(long, value_name = "PSEUDONYM")]
        sp: Sp,
        /// Key file of the subject, who signs
        #[arg(long, value_name = "FILE")]
        subject_key: PathBuf,
        /// Key file that takes its place
        #[arg(long, value_name = "FILE")]
        new_key: PathBuf,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Say that a subject has come to the next age band (SU-04), as the organisation that enrolled it
    #[command(after_help = "\
Example: parents decide no longer from here on
  assent subject age-band --sp PSEUDONYM --age-band 18_64 --evidence identity-card.pdf")]
    AgeBand {
        #[command(flatten)]
        client: ClientArgs,
        /// The pseudonym
        #[arg(long, value_name = "PSEUDONYM")]
        sp: Sp,
        /// 14_15, 16_17, 18_64 or 65_PLUS; above the one before
        #[arg(long, value_name = "BAND")]
        age_band: AgeBand,
        #[command(flatten)]
        evidence: EvidenceArgs,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Have a new pseudonym follow an old one (SU-03): both subjects' keys sign, or two organisations attest
    #[command(after_help = "\
Examples: by the subject's keys; or by the own organisation and another
  assent subject rollover --old PSEUDONYM --new PSEUDONYM --subject-key old.key --cosigner new.key
  assent subject rollover --old PSEUDONYM --new PSEUDONYM --cosigner other-hospital.key")]
    Rollover {
        #[command(flatten)]
        client: ClientArgs,
        /// The old pseudonym
        #[arg(long, value_name = "PSEUDONYM")]
        old: Sp,
        /// The new one, which is registered
        #[arg(long, value_name = "PSEUDONYM")]
        new: Sp,
        /// Key file of the old pseudonym; without it the own organisation attests
        #[arg(long, value_name = "FILE")]
        subject_key: Option<PathBuf>,
        /// Key file of the new pseudonym, or of the second organisation
        #[arg(long, value_name = "FILE", required = true)]
        cosigner: Vec<PathBuf>,
        #[command(flatten)]
        save: SaveArgs,
    },
    /// Say that in one case two pseudonyms are one person's (SL-01): both keys sign, or who enrolled one attests
    #[command(after_help = "\
Examples:
  assent subject link --case ID --one PSEUDONYM --other PSEUDONYM --subject-key one.key --cosigner other.key
  assent subject link --case ID --one PSEUDONYM --other PSEUDONYM")]
    Link {
        #[command(flatten)]
        client: ClientArgs,
        /// The case
        #[arg(long, value_name = "ID")]
        case: CaseId,
        /// One pseudonym
        #[arg(long, value_name = "PSEUDONYM")]
        one: Sp,
        /// The other
        #[arg(long, value_name = "PSEUDONYM")]
        other: Sp,
        /// Key file of one of them, who signs; without it the own organisation attests
        #[arg(long, value_name = "FILE", requires = "cosigner")]
        subject_key: Option<PathBuf>,
        /// Key file of the other
        #[arg(long, value_name = "FILE")]
        cosigner: Vec<PathBuf>,
        #[command(flatten)]
        save: SaveArgs,
    },
}

/// Whoever holds this key file, or the own organisation.
fn signer(key: Option<&PathBuf>) -> Result<Option<Signer>, CliError> {
    Ok(key.map(|path| load_key(path)).transpose()?.map(|key| Signer::Other(Box::new(key))))
}

pub(super) fn run(verb: LifeVerb, output: &Output) -> Result<(), CliError> {
    block_on(execute(verb, output))
}

async fn execute(verb: LifeVerb, output: &Output) -> Result<(), CliError> {
    match verb {
        LifeVerb::RotateKey { client, sp, subject_key, new_key, save } => {
            let new_key = load_key(&new_key)?;
            let public = new_key.public();
            let chain = Context::open(&client)?.chain;
            let possession = new_key.sign_possession(&possession_of(chain, &public, &sp));
            let action = Action::RotateSubjectKey(RotateSubjectKey { sp, new: public, possession });
            let act = Act::new(&client, &save, "subject", "signs with another key now");
            Act { signer: signer(Some(&subject_key))?, ..act }.execute(action, |_| sp.to_string(), output).await
        }
        LifeVerb::AgeBand { client, sp, age_band, evidence, save } => {
            let Some((evidence, salt)) = evidence.resolve()? else {
                return Err(CliError::usage("--evidence: an age band needs a record that shows it"));
            };
            let action = Action::UpdateAgeBand(UpdateAgeBand { sp, age_band, attest: evidence.hash });
            let kept = Map::from_iter([("evidence_salt".to_owned(), json!(salt))]);
            let act = Act::new(&client, &save, "subject", "is of another age band now");
            Act { kept, ..act }.execute(action, |_| sp.to_string(), output).await
        }
        LifeVerb::Rollover { client, old, new, subject_key, cosigner, save } => {
            let action = Action::RolloverPseudonym(RolloverPseudonym { old, new });
            let act = Act::new(&client, &save, "subject", "follows the old pseudonym");
            let act = Act { signer: signer(subject_key.as_ref())?, cosigners: &cosigner, ..act };
            act.execute(action, |_| new.to_string(), output).await
        }
        LifeVerb::Link { client, case, one, other, subject_key, cosigner, save } => {
            let Some(link) = SubjectLink::new(one, other) else {
                return Err(CliError::usage("--one and --other are the same pseudonym"));
            };
            let action = Action::LinkSubjects(LinkSubjects { case, link });
            let act = Act::new(&client, &save, "case", "takes the two pseudonyms for one person");
            let act = Act { signer: signer(subject_key.as_ref())?, cosigners: &cosigner, ..act };
            act.execute(action, |_| case.to_string(), output).await
        }
    }
}
