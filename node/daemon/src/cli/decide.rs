//! `assent query decide`.

use std::path::PathBuf;

use assent_client::{Answer, ProvenState};
use assent_contracts::runtime::memory::MemoryState;
use assent_contracts::{decision_keys, permit};
use assent_types::access::{AccessRequest, Asked, Decision, Descriptor, UserRole};
use assent_types::codec::List;
use assent_types::consent::{DataAction, Purpose};
use assent_types::ids::{BasisId, FacilityId, Hash32, OrgId, Sp};
use serde_json::json;

use super::args::SaveArgs;
use super::context::{ClientArgs, Context};
use super::output::{CliError, Output};
use super::parse;

/// Flags of `assent query decide`.
#[derive(clap::Args)]
pub(super) struct DecideArgs {
    #[command(flatten)]
    pub(super) client: ClientArgs,
    /// The access request (JSON); or name its parts by the flags below
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sp", "controller", "purpose", "descriptor"])]
    request: Option<PathBuf>,
    /// Who asks; the own organisation if absent
    #[arg(long, value_name = "ORG")]
    requester: Option<OrgId>,
    /// At which of its facilities
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    facility: FacilityId,
    /// The person who asks, as a keyed hash
    #[arg(long, value_name = "HASH")]
    user_ref: Option<Hash32>,
    /// The person's role, as PHYSICIAN or CLAIMS_ASSESSOR
    #[arg(long, value_name = "ROLE", required_unless_present = "request")]
    user_role: Option<UserRole>,
    /// Whose data
    #[arg(long, value_name = "PSEUDONYM", required_unless_present = "request")]
    sp: Option<Sp>,
    /// Who controls the data
    #[arg(long, value_name = "ORG", required_unless_present = "request")]
    controller: Option<OrgId>,
    /// What is asked for, as LAB:3:2026-03:CN/4403 (category, grade, month of service, place of delivery); repeatable
    #[arg(long, value_name = "DESCRIPTOR", value_parser = parse::descriptor, required_unless_present = "request")]
    descriptor: Vec<Descriptor>,
    /// For which purpose (HL7 v3 ActReason)
    #[arg(long, value_name = "PURPOSE", required_unless_present = "request")]
    purpose: Option<Purpose>,
    /// To do what: collect, access, use, disclose, correct or deposit
    #[arg(long, value_name = "ACTION", default_value = "access")]
    action: DataAction,
    /// Basis of the transfer, if the data crosses a border
    #[arg(long, value_name = "ID")]
    basis: Option<BasisId>,
    #[command(flatten)]
    pub(super) save: SaveArgs,
}

/// A decision that is no other than its own proven state gives.
pub(super) struct Checked {
    pub(super) request: AccessRequest,
    pub(super) answer: Answer,
    /// Whether the decision was computed again: where the consents are withheld it cannot be.
    pub(super) recomputed: bool,
}

impl DecideArgs {
    /// Asks for the decision and computes it again.
    pub(super) async fn ask(&self) -> Result<Checked, CliError> {
        let context = Context::open(&self.client)?;
        let request = self.request(&context)?;
        let answer = context.client.decide(&request).await?;
        let recomputed = recompute(&request, &answer)?;
        if recomputed.as_ref().is_some_and(|own| *own != answer.decision) {
            let problem = "the node's decision is not what its own proven state says; do not rely on this node";
            return Err(CliError::failed(problem));
        }
        self.save.save(&answer.state.bundle)?;
        Ok(Checked { request, answer, recomputed: recomputed.is_some() })
    }

    fn request(&self, context: &Context) -> Result<AccessRequest, CliError> {
        if let Some(path) = &self.request {
            return parse::json_file(path);
        }
        let missing = |flag: &str| CliError::usage(format!("{flag} is missing"));
        let requester = match self.requester {
            Some(requester) => requester,
            None => context.org()?,
        };
        Ok(AccessRequest {
            requester,
            facility: self.facility,
            user_ref: self.user_ref.unwrap_or_default(),
            user_role: self.user_role.ok_or_else(|| missing("--user-role"))?,
            subject: self.sp.ok_or_else(|| missing("--sp"))?,
            controller: self.controller.ok_or_else(|| missing("--controller"))?,
            asked: Asked::Data(List::new(self.descriptor.clone()).map_err(CliError::usage)?),
            purpose: self.purpose.ok_or_else(|| missing("--purpose"))?,
            action: self.action,
            xborder_basis: self.basis,
            btg: None,
        })
    }
}

pub(super) async fn run(args: &DecideArgs, output: &Output) -> Result<(), CliError> {
    let Checked { answer, recomputed, .. } = args.ask().await?;
    let checked =
        if recomputed { "computed again from proven state" } else { "not verifiable: the consents are withheld" };
    let value = json!({
        "decision": answer.decision,
        "height": answer.height,
        "time": assent_verify::rfc3339(answer.time),
        "recomputed": recomputed,
        "withheld": answer.withheld,
    });
    output.print(&value, || format!("{}\nat height {}; {checked}", text(&answer.decision), answer.height));
    Ok(())
}

pub(super) fn text(decision: &Decision) -> String {
    if decision.permit {
        let until = assent_verify::rfc3339(decision.valid_until);
        let obligations: Vec<_> = decision.obligations.codes().map(|code| code.code()).collect();
        return format!("permit until {until}, obligations {}", obligations.join(" "));
    }
    let reasons: Vec<_> = decision.reasons.iter().map(|reason| format!("{reason} {reason:?}")).collect();
    format!("deny: {}", reasons.join(", "))
}

/// The decision as the proven leaves give it; `None` if not all leaves are there.
fn recompute(request: &AccessRequest, answer: &Answer) -> Result<Option<Decision>, CliError> {
    let ProvenState { values, time, .. } = &answer.state;
    let state = MemoryState::new(values.iter().filter_map(|(_, value)| value.clone()));
    let keys = decision_keys(request, &state).map_err(CliError::failed)?;
    if !keys.iter().all(|key| answer.state.value(key).is_some()) {
        return Ok(None);
    }
    match permit(request, &state, *time) {
        Ok(Ok(decision)) => Ok(Some(decision)),
        Ok(Err(code)) => Err(CliError::numbered(code, code.hint())),
        Err(error) => Err(CliError::failed(error)),
    }
}
