//! `assent gov propose`: a proposal, or what it would change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use assent_contracts::{earliest, payload_writes};
use assent_types::action::Action;
use assent_types::governance::{DurationParam, Matter, ParamChange, Payload, Propose, proposal_id_of};
use assent_types::ids::Millis;
use assent_types::state::{Record, StateKey};
use serde_json::{Value, json};

use super::args::SaveArgs;
use super::context::{ClientArgs, Context, receipt_json, receipt_text};
use super::gov_board::{Board, matter_text, time};
use super::output::{CliError, Output};
use super::parse;

/// Flags of `assent gov propose`.
#[derive(clap::Args)]
pub(super) struct ProposeArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The payload (JSON), as `{"set_basis_kind": {"kind": "CN_SCC", "accepted": false}}`
    #[arg(long, value_name = "FILE", required_unless_present = "param", conflicts_with = "param")]
    payload: Option<PathBuf>,
    /// One parameter by its name in the genesis document, as `claims.ack_ms`
    #[arg(long, value_name = "NAME", requires = "value")]
    param: Option<String>,
    /// Its new value
    #[arg(long, value_name = "NUMBER")]
    value: Option<u64>,
    /// Propose nothing: show what would change, whether it is possible now, and who decides
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    save: SaveArgs,
}

/// A parameter by name.
fn change(name: &str, value: u64) -> Result<ParamChange, CliError> {
    if let Some(param) = DurationParam::from_code(name) {
        return Ok(ParamChange::Duration { param, value_ms: value });
    }
    match name {
        "sweep_max" => Ok(ParamChange::SweepMax(u32::try_from(value).map_err(CliError::usage)?)),
        "claims.amount_max" => Ok(ParamChange::AmountMax(value)),
        _ => {
            let names: Vec<&str> = DurationParam::ALL.iter().map(|param| param.code()).collect();
            let known = names.join(", ");
            Err(CliError::usage(format!(
                "{name:?} is no parameter with one number; they are {known}, sweep_max and claims.amount_max. Propose \
                 everything else with --payload"
            )))
        }
    }
}

impl ProposeArgs {
    fn payload(&self) -> Result<Payload, CliError> {
        match (&self.payload, &self.param, self.value) {
            (Some(path), _, _) => parse::json_file(path),
            (None, Some(name), Some(value)) => Ok(Payload::SetParam(change(name, value)?)),
            _ => Err(CliError::usage("give --payload, or --param with --value")),
        }
    }
}

pub(super) async fn run(args: &ProposeArgs, output: &Output) -> Result<(), CliError> {
    let context = Context::open(&args.client)?;
    let payload = args.payload()?;
    if args.dry_run {
        return dry_run(&context, args, payload, output).await;
    }
    let action = Action::Propose(Box::new(Propose { payload: payload.clone() }));
    let receipt = context.execute(output, &context.key, action, &[]).await?;
    args.save.receipt(&receipt)?;
    let id = proposal_id_of(&receipt.receipt.tx);
    let class = payload.class();
    let value = json!({ "proposal": id, "class": class, "payload": payload, "receipt": receipt_json(&receipt) });
    let name = matter_text(&Matter::Payload(payload));
    output.print(&value, || format!("proposed {name} (class {class}): {id}\n{}", receipt_text(&receipt)));
    Ok(())
}

/// The keys that a payload's plan may read besides members, parameters, validators, register and measures.
fn further_keys(payload: &Payload) -> Vec<StateKey> {
    match payload {
        Payload::AddOrg(add) => add.org.keys.iter().map(|record| StateKey::Key(record.id())).collect(),
        Payload::ReplaceKey(replace) => vec![StateKey::Key(replace.new.id())],
        _ => Vec::new(),
    }
}

async fn dry_run(context: &Context, args: &ProposeArgs, payload: Payload, output: &Output) -> Result<(), CliError> {
    let board = Board::read_with(context, &[], &further_keys(&payload)).await?;
    args.save.save(board.bundle())?;
    let next = board.next_block();
    let planned = payload_writes(&payload, &next, board.state()).map_err(CliError::failed)?;
    let changes = planned.as_ref().map(|writes| differences(&board, writes)).unwrap_or_default();
    let Some(Record::Params(params)) = board.record(StateKey::Params) else {
        return Err(CliError::failed("the ledger has no parameters"));
    };
    let executed = earliest(payload.class(), &params.governance, next.time);
    let matter = Matter::Payload(payload.clone());
    let stand = board.stand(&matter, BTreeMap::new())?;
    let (class, name) = (payload.class(), matter_text(&matter));
    let problem = planned.err();
    let value = json!({
        "payload": payload,
        "class": class,
        "valid_now": problem.is_none(),
        "problem": problem,
        "changes": changes.iter().map(Change::json).collect::<Vec<_>>(),
        "executed_at_the_earliest": time(executed),
        "standing": stand.json(),
        "height": board.height(),
    });
    output.print(&value, || {
        let mut lines = vec![format!("{name} (class {class}), against the state of height {}", board.height())];
        lines.push(match problem {
            None => "possible now".to_owned(),
            Some(code) => format!("not possible now: {code}: {}", code.hint()),
        });
        lines.extend(changes.iter().map(Change::text));
        lines.push(format!("if it were approved now, it would be executed at {}", time(executed)));
        lines.push("who decides:".to_owned());
        lines.extend(stand.lines().into_iter().map(|line| format!("  {line}")));
        lines.push("nothing was proposed".to_owned());
        lines.join("\n")
    });
    Ok(())
}

/// One value that a proposal would change.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    /// Where it is.
    path: String,
    /// The value now; none if there is none.
    old: Option<Value>,
    /// The value afterwards; none if there is none.
    new: Option<Value>,
}

impl Change {
    fn json(&self) -> Value {
        json!({ "path": self.path, "old": self.old, "new": self.new, "unit": unit(&self.path) })
    }

    fn text(&self) -> String {
        let value =
            |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), |value| shown(&self.path, value));
        format!("{}: {} -> {}", self.path, value(&self.old), value(&self.new))
    }
}

/// The unit of a value, by the name of its field.
fn unit(path: &str) -> Option<&'static str> {
    let field = path.rsplit('.').next().unwrap_or(path);
    match field {
        field if field.ends_with("_ms") => Some("ms"),
        "amount_max" => Some("minor units"),
        "sweep_max" => Some("deadlines a block"),
        "power" => Some("votes of the ordering"),
        field if field.starts_with("self_consent_age") => Some("years"),
        _ => None,
    }
}

/// A value with its unit; a duration also in the unit in which people think of it.
fn shown(path: &str, value: &Value) -> String {
    match (unit(path), value.as_u64()) {
        (Some("ms"), Some(ms)) => format!("{ms} ms ({})", duration(Millis(ms))),
        (Some(unit), Some(number)) => format!("{number} {unit}"),
        _ => value.to_string(),
    }
}

fn duration(Millis(ms): Millis) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)];
    match units.into_iter().find(|(_, length)| ms >= *length && ms % length == 0) {
        Some((name, length)) => format!("{} {name}", ms / length),
        None => format!("{}.{:03} s", ms / 1_000, ms % 1_000),
    }
}

/// What writes would change, leaf by leaf.
fn differences(board: &Board, writes: &[(StateKey, Record)]) -> Vec<Change> {
    let mut changes = Vec::new();
    for (key, record) in writes {
        let name = match key {
            StateKey::Params => "params".to_owned(),
            other => assent_verify::key_text(other),
        };
        let before = board.record(*key).map(leaves_of).unwrap_or_default();
        let after = leaves_of(record);
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        changes.extend(paths.into_iter().filter(|path| before.get(*path) != after.get(*path)).map(|path| Change {
            path: format!("{name}{path}"),
            old: before.get(path).cloned(),
            new: after.get(path).cloned(),
        }));
    }
    changes
}

/// The values of a record by their paths.
fn leaves_of(record: &Record) -> BTreeMap<String, Value> {
    let mut leaves = BTreeMap::new();
    // The record stands under the name of its kind, which the state key says already.
    if let Value::Object(kinds) = assent_verify::record_json(record) {
        kinds.into_values().for_each(|value| collect(String::new(), value, &mut leaves));
    }
    leaves
}

fn collect(path: String, value: Value, leaves: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.into_iter().for_each(|(name, value)| collect(format!("{path}.{name}"), value, leaves));
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, value) in items.into_iter().enumerate() {
                collect(format!("{path}[{index}]"), value, leaves);
            }
        }
        value => {
            leaves.insert(path, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_with_their_units() {
        assert_eq!(shown("params.governance.timelock_ms", &json!(604_800_000)), "604800000 ms (7 d)");
        assert_eq!(shown("params.serve_ttl_ms", &json!(1_800_000)), "1800000 ms (30 min)");
        assert_eq!(shown("params.ack_ttl_ms", &json!(1_500)), "1500 ms (1.500 s)");
        assert_eq!(shown("params.claims.amount_max", &json!(5)), "5 minor units");
        assert_eq!(shown("params.gba_hk", &json!(["a"])), "[\"a\"]");
    }

    #[test]
    fn parameters_are_named_as_the_genesis_document_does() {
        assert_eq!(
            change("claims.ack_ms", 5).unwrap(),
            ParamChange::Duration { param: DurationParam::ClaimsAck, value_ms: 5 }
        );
        assert_eq!(change("sweep_max", 5).unwrap(), ParamChange::SweepMax(5));
        assert!(change("sweep_max", u64::MAX).is_err() && change("chain_class", 2).is_err());
    }

    #[test]
    fn a_change_is_named_down_to_its_leaf() {
        let mut leaves = BTreeMap::new();
        collect(String::new(), json!({ "a": { "b_ms": 5 }, "c": [1, 2], "d": [{ "e": 1 }] }), &mut leaves);
        let paths: Vec<&str> = leaves.keys().map(String::as_str).collect();
        assert_eq!(paths, [".a.b_ms", ".c", ".d[0].e"]);
    }
}
