//! What became of every entry.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::FhirError;

/// A resource that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Number of the entry.
    pub entry: usize,
    /// Its resource type.
    pub resource_type: String,
    /// Number, element and reason.
    pub error: FhirError,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}", self.entry, self.error)
    }
}

/// Every entry, under exactly one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Accepted resources, by type; parts of accepted documents count here.
    pub accepted: BTreeMap<String, usize>,
    /// Resources that are not asked for, by type; parts that no accepted document cites count here.
    pub ignored: BTreeMap<String, usize>,
    /// Refused resources, in the order in which they were found.
    pub refused: Vec<Refusal>,
}

impl Summary {
    /// How many entries there were.
    pub fn entries(&self) -> usize {
        self.accepted.values().sum::<usize>() + self.ignored.values().sum::<usize>() + self.refused.len()
    }

    /// Refusals by error number and element, without positions in lists.
    pub fn refused_by_element(&self) -> BTreeMap<(u16, String), usize> {
        let mut counts = BTreeMap::new();
        for refusal in &self.refused {
            *counts.entry((refusal.error.code.number(), without_positions(&refusal.error.path))).or_default() += 1;
        }
        counts
    }

    pub(super) fn accept(&mut self, resource_type: &str) {
        *self.accepted.entry(resource_type.to_owned()).or_default() += 1;
    }

    pub(super) fn ignore(&mut self, resource_type: &str) {
        *self.ignored.entry(resource_type.to_owned()).or_default() += 1;
    }

    pub(super) fn refuse(&mut self, entry: usize, resource_type: &str, error: FhirError) {
        self.refused.push(Refusal { entry, resource_type: resource_type.to_owned(), error });
    }
}

/// `Claim.item[3].net` as `Claim.item[].net`.
fn without_positions(path: &str) -> String {
    path.chars()
        .fold((String::new(), false), |(mut out, inside), c| {
            let (shown, inside) = match c {
                '[' => (true, true),
                ']' => (true, false),
                _ => (!inside, inside),
            };
            if shown {
                out.push(c);
            }
            (out, inside)
        })
        .0
}

/// A table: one line per type, then one per error and element.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (resource_type, count) in &self.accepted {
            writeln!(f, "{count:>6} accepted {resource_type}")?;
        }
        for ((number, path), count) in self.refused_by_element() {
            writeln!(f, "{count:>6} E{number}     {path}")?;
        }
        for (resource_type, count) in &self.ignored {
            writeln!(f, "{count:>6} ignored  {resource_type}")?;
        }
        Ok(())
    }
}
