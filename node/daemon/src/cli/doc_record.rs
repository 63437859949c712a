//! `assent doc retract`, `lift-restriction` and `recognise`.

use assent_types::action::Action;
use assent_types::document::RetractDocument;
use assent_types::erasure::LiftRestriction;
use assent_types::ids::{Hash32, Millis};
use assent_types::oversight::{RecognitionOutcome, RecordRecognition, RepeatReason};

use super::act::Act;
use super::context::block_on;
use super::doc_erasure::DocumentArgs;
use super::output::{CliError, Output};
use super::parse;

/// Verbs of `assent doc` for what is said of a document.
#[derive(clap::Subcommand)]
pub(super) enum RecordVerb {
    /// Say that an own document was entered in error (DO-05); nobody gets it any more
    #[command(after_help = "Example:\n  assent doc retract --anchor ID --reason HASH")]
    Retract {
        #[command(flatten)]
        named: DocumentArgs,
        /// Salted hash of the record that says what was wrong
        #[arg(long, value_name = "HASH")]
        reason: Hash32,
    },
    /// Lift the restriction that a request to erase brought (DO-12), as a regulator
    #[command(after_help = "Example:\n  assent doc lift-restriction --anchor ID --order HASH")]
    LiftRestriction {
        #[command(flatten)]
        named: DocumentArgs,
        /// Hash of the order
        #[arg(long, value_name = "HASH")]
        order: Hash32,
    },
    /// Record that another provider's result was relied on or the test repeated (RE-01)
    #[command(after_help = "\
Examples:
  assent doc recognise --anchor ID --test HASH --valid-until 2026-12-31 --outcome ACCEPTED
  assent doc recognise --anchor ID --test HASH --valid-until 2026-12-31 --outcome REPEATED --reason QUALITY")]
    Recognise {
        #[command(flatten)]
        named: DocumentArgs,
        /// Salted hash of the test's code
        #[arg(long, value_name = "HASH")]
        test: Hash32,
        /// Until when such a result is valid
        #[arg(long, value_name = "TIME", value_parser = parse::instant)]
        valid_until: Millis,
        /// ACCEPTED or REPEATED
        #[arg(long, value_name = "OUTCOME")]
        outcome: RecognitionOutcome,
        /// Why it was repeated: CONDITION_CHANGED, EMERGENCY, QUALITY, OUT_OF_DATE or NOT_ACCREDITED
        #[arg(long, value_name = "REASON")]
        reason: Option<RepeatReason>,
    },
}

pub(super) fn run(verb: RecordVerb, output: &Output) -> Result<(), CliError> {
    let (named, done, action) = match verb {
        RecordVerb::Retract { named, reason } => {
            let action = Action::RetractDocument(RetractDocument { anchor: named.anchor, reason });
            (named, "is retracted", action)
        }
        RecordVerb::LiftRestriction { named, order } => {
            let action = Action::LiftRestriction(LiftRestriction { anchor: named.anchor, order });
            (named, "is restricted no more", action)
        }
        RecordVerb::Recognise { named, test, valid_until, outcome, reason } => {
            let record = RecordRecognition { anchor: named.anchor, test, valid_until, outcome, reason };
            (named, "has a decision on its result", Action::RecordRecognition(record))
        }
    };
    let act = Act::new(&named.client, &named.save, "document", done);
    block_on(act.execute(action, |_| named.anchor.to_string(), output))
}
