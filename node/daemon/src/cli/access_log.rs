//! `assent access log-root`.

use std::path::PathBuf;

use assent_proofs::log::root_of;
use assent_types::action::Action;
use assent_types::ids::{Day, Hash32};
use assent_types::oversight::FileLogRoot;
use assent_types::tree::leaf_hash;

use super::act::Act;
use super::args::SaveArgs;
use super::context::ClientArgs;
use super::output::{CliError, Output};
use super::parse;

/// Flags of `assent access log-root`.
#[derive(clap::Args)]
pub(super) struct LogRootArgs {
    #[command(flatten)]
    client: ClientArgs,
    /// The day (UTC), which is over
    #[arg(long, value_name = "DAY", value_parser = parse::day)]
    day: Day,
    /// The organisation's audit log up to the end of that day, one entry a line
    #[arg(long, value_name = "FILE", required_unless_present = "root", conflicts_with = "root")]
    log: Option<PathBuf>,
    /// RFC 9162 root over the entries, where the log lies elsewhere
    #[arg(long, value_name = "HASH", requires = "count")]
    root: Option<Hash32>,
    /// Number of entries
    #[arg(long, value_name = "NUMBER", requires = "root")]
    count: Option<u64>,
    #[command(flatten)]
    save: SaveArgs,
}

pub(super) async fn run(args: &LogRootArgs, output: &Output) -> Result<(), CliError> {
    let (root, count) = match (&args.log, args.root, args.count) {
        (Some(path), ..) => of_lines(&parse::file(path)?),
        (None, Some(root), Some(count)) => (root, count),
        _ => return Err(CliError::usage("name the log, or its root and its number of entries")),
    };
    let day = args.day;
    let action = Action::FileLogRoot(FileLogRoot { day, root, count });
    let act = Act::new(&args.client, &args.save, "log_root", "is filed");
    act.execute(action, |_| format!("{root} over {count} entries"), output).await
}

/// Root (RFC 9162, section 2.1.1) and number of the lines of a log.
fn of_lines(log: &[u8]) -> (Hash32, u64) {
    let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let leaves: Vec<Hash32> = lines.map(leaf_hash).collect();
    (root_of(&leaves), leaves.len() as u64)
}

#[cfg(test)]
mod tests {
    use assent_types::tree::{empty_root, node_hash};

    use super::*;

    #[test]
    fn every_line_of_a_log_is_a_leaf() {
        let [a, b, c] = [&b"{\"entry\":1}"[..], b"{\"entry\":2}", b"{\"entry\":3}"].map(leaf_hash);
        assert_eq!(of_lines(b""), (empty_root(), 0));
        let log = b"{\"entry\":1}\n{\"entry\":2}\n{\"entry\":3}\n";
        assert_eq!(of_lines(log), (node_hash(&node_hash(&a, &b), &c), 3));
        assert_ne!(of_lines(b"{\"entry\":2}\n{\"entry\":1}\n").0, node_hash(&a, &b));
    }
}
