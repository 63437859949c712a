//! State diagrams, drawn from the transition tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use assent_types::receipt::RowId;

use super::table::{Row, State, Table};

/// What the objects of a machine are.
const MACHINES: &[([u8; 2], &str)] = &[
    (*b"OK", "Keys of organisations"),
    (*b"EV", "Evidence of misbehaviour"),
    (*b"SU", "Subjects"),
    (*b"MD", "Mandates"),
    (*b"CN", "Consents"),
    (*b"KS", "Keysets"),
    (*b"DO", "Documents"),
    (*b"SR", "Repairs of shards"),
    (*b"HO", "Holds against erasure"),
    (*b"SL", "Links between pseudonyms"),
    (*b"AC", "Access sessions"),
    (*b"RV", "Reviews of broken glass"),
    (*b"AN", "Anomalies"),
    (*b"LR", "Daily log roots"),
    (*b"LL", "Lawful look-ups"),
    (*b"RE", "Recognitions of results"),
    (*b"PV", "Challenges of possession"),
    (*b"CS", "Cases"),
    (*b"BI", "Bills"),
    (*b"CL", "Claims"),
    (*b"ST", "Settlements"),
    (*b"EL", "Questions of eligibility"),
    (*b"PA", "Preauthorisations"),
    (*b"GP", "Guarantees of payment"),
    (*b"GV", "Proposals and emergency measures"),
    (*b"TB", "Transfer bases"),
    (*b"SB", "Batches of settlements"),
    (*b"DL", "Settlement lists"),
    (*b"FX", "Fixings of exchange rates"),
    (*b"CM", "Code systems and maps"),
    (*b"DE", "Delegations"),
    (*b"AG", "Assignments of benefits"),
    (*b"CC", "Claim codes"),
];

/// What the objects of a row's machine are; its two letters where nobody has named them.
fn title(machine: [u8; 2]) -> String {
    let named = MACHINES.iter().find(|(id, _)| *id == machine).map(|(_, name)| (*name).to_owned());
    named.unwrap_or_else(|| String::from_utf8_lossy(&machine).into_owned())
}

/// Every machine of these tables as a state diagram (Mermaid in Markdown), in the order of the tables. An arrow names the
/// rows that it stands for; where nothing leads on, the object is over.
pub fn diagrams_text(tables: &[Table<'_>]) -> String {
    let mut machines: Vec<([u8; 2], Vec<&Row>)> = Vec::new();
    for row in tables.iter().flat_map(|table| table.iter()) {
        match machines.iter_mut().find(|(machine, _)| *machine == row.id.0) {
            Some((_, rows)) => rows.push(row),
            None => machines.push((row.id.0, vec![row])),
        }
    }
    let diagrams: Vec<String> = machines.iter().map(|(machine, rows)| diagram(*machine, rows)).collect();
    diagrams.join("\n")
}

/// From where, none where an object begins, and to where.
type Arrow = (Option<State>, State);

fn diagram(machine: [u8; 2], rows: &[&Row]) -> String {
    let mut arrows: BTreeMap<Arrow, Vec<(RowId, String)>> = BTreeMap::new();
    for row in rows {
        for from in row.from {
            let from = (*from != State::New).then_some(*from);
            arrows.entry((from, row.to)).or_default().push((row.id, row.event.to_string()));
        }
    }
    let left: BTreeSet<State> = arrows.keys().filter_map(|(from, _)| *from).collect();
    let ends: BTreeSet<State> = arrows.keys().map(|(_, to)| *to).filter(|to| !left.contains(to)).collect();
    let mut text =
        format!("## {} ({})\n\n```mermaid\nstateDiagram-v2\n", title(machine), String::from_utf8_lossy(&machine));
    for ((from, to), rows) in &arrows {
        let from = from.map_or("[*]", State::name);
        let rows: Vec<String> = rows.iter().map(|(id, event)| format!("{id} {event}")).collect();
        let _ = writeln!(text, "    {from} --> {}: {}", to.name(), rows.join(", "));
    }
    for end in ends {
        let _ = writeln!(text, "    {} --> [*]", end.name());
    }
    text.push_str("```\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    /// `ASSENT_BLESS=1` writes the file anew.
    #[test]
    fn the_published_diagrams_are_those_of_the_tables() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/STATES.md");
        let head = "# State diagrams\n\nDrawn from the tables of the [README](README.md) by `diagrams_text`; a test compares.\n\n";
        let text = format!("{head}{}", diagrams_text(tables()));
        if std::env::var_os("ASSENT_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert!(std::fs::read_to_string(path).unwrap() == text, "contracts/STATES.md is not what the tables say");
    }

    #[test]
    fn every_row_is_an_arrow_and_every_machine_has_a_name() {
        let text = diagrams_text(tables());
        for row in tables().iter().flat_map(|table| table.iter()) {
            assert!(title(row.id.0).len() > 2, "{} has no name", row.id);
            for from in row.from {
                let from = if *from == State::New { "[*]" } else { from.name() };
                let arrow = format!("{from} --> {}: ", row.to.name());
                let named = format!("{} {}", row.id, row.event);
                let drawn = text.lines().any(|line| line.contains(&arrow) && line.contains(&named));
                assert!(drawn, "{} from {from} is not drawn", row.id);
            }
        }
        // A table without a row draws another diagram.
        let rest: Vec<Row> = tables()[4][1..].to_vec();
        assert_ne!(diagrams_text(&[&rest]), diagrams_text(&tables()[4..5]));
    }
}
