//! Maps between code lists.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use assent_types::Hash32;
use assent_types::claim::CodeRef;
use assent_types::codesystem::{CodeMap, RegisterCodeMap};
use assent_types::ids::Millis;

use super::{CodeList, content_hash, is_code, mismatch, rows};
use crate::error::FhirError;

const ELEMENT: &str = "ConceptMap.group.element";

/// A map from one version of a code system to another. Every source code has one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeTable {
    targets: BTreeMap<String, String>,
    /// The source codes of each target, ascending.
    sources: BTreeMap<String, Vec<String>>,
    content: Hash32,
}

impl CodeTable {
    /// Reads a map: a source code and its target to a line, with white space between.
    ///
    /// # Errors
    /// E712 for a row that is no pair of codes or whose source was given before, and for more than the bounds of this
    /// module; E713 for a text without rows; each with the row.
    pub fn read(text: &str) -> Result<Self, FhirError> {
        let (mut targets, mut sources) = (BTreeMap::new(), BTreeMap::<String, Vec<String>>::new());
        for (row, line) in rows(text, ELEMENT)? {
            let refuse = |problem| FhirError::invalid(format!("{ELEMENT}[{row}]"), problem);
            let mut fields = line.split_ascii_whitespace();
            let (Some(source), Some(target), None) = (fields.next(), fields.next(), fields.next()) else {
                return Err(refuse("not a source and a target"));
            };
            if !is_code(source) || !is_code(target) {
                return Err(refuse("not a code"));
            }
            match targets.entry(source.to_owned()) {
                Entry::Occupied(_) => return Err(refuse("the source code is given twice")),
                Entry::Vacant(entry) => entry.insert(target.to_owned()),
            };
            sources.entry(target.to_owned()).or_default().push(source.to_owned());
        }
        sources.values_mut().for_each(|of| of.sort());
        Ok(Self { targets, sources, content: content_hash(text) })
    }

    /// Number of rows.
    pub fn rows(&self) -> u32 {
        u32::try_from(self.targets.len()).unwrap_or(u32::MAX)
    }

    /// Whether several source codes have one target.
    pub fn is_many_to_one(&self) -> bool {
        self.sources.values().any(|of| of.len() > 1)
    }

    /// Targets of several source codes: none of them is ever mapped back.
    pub fn merged(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().filter(|(_, of)| of.len() > 1).map(|(target, _)| target.as_str())
    }

    /// Every source code with its target, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.targets.iter().map(|(source, target)| (source.as_str(), target.as_str()))
    }

    /// Targets that a list does not have.
    pub fn targets_outside(&self, list: &CodeList) -> impl Iterator<Item = &str> {
        self.sources.keys().map(String::as_str).filter(|target| !list.contains(target))
    }

    /// What a code is mapped to.
    ///
    /// # Errors
    /// E707 for a code that the map does not have: it means nothing under the target's version.
    pub fn target(&self, source: &str) -> Result<&str, FhirError> {
        let target = self.targets.get(source).map(String::as_str);
        target.ok_or_else(|| mismatch(ELEMENT, "the map has no row for this code"))
    }

    /// The one code that was mapped to a target.
    ///
    /// # Errors
    /// E707 where several were, which are never mapped back, and where none was.
    pub fn source(&self, target: &str) -> Result<&str, FhirError> {
        const TARGET: &str = "ConceptMap.group.element.target";
        match self.sources.get(target).map(Vec::as_slice) {
            Some([source]) => Ok(source),
            Some(_) => {
                Err(mismatch(TARGET, "several codes map to this one, so it is never mapped back; cite the source"))
            }
            None => Err(mismatch(TARGET, "the map leads to no such code")),
        }
    }

    /// Verifies codes that were mapped for a claim: each pair is a row of this map.
    ///
    /// # Errors
    /// E707 at the first pair that is not.
    pub fn verify<'c>(&self, mapped: impl IntoIterator<Item = (&'c str, &'c str)>) -> Result<(), FhirError> {
        for (index, (source, target)) in mapped.into_iter().enumerate() {
            if self.target(source)? != target {
                let path = format!("Claim.item[{index}].productOrService");
                return Err(mismatch(&path, "not what the map says of the code"));
            }
        }
        Ok(())
    }

    /// The registration of this map (CM-02), which says of it what it is.
    pub fn registration(&self, src: CodeRef, dst: CodeRef, effective: Millis) -> RegisterCodeMap {
        let (content, rows, many_to_one) = (self.content, self.rows(), self.is_many_to_one());
        RegisterCodeMap { src, dst, content, rows, many_to_one, effective }
    }

    /// Shows that this is the map that was registered, and that what was said of it is so.
    ///
    /// # Errors
    /// E707 if it is another, or was registered with another number of rows or as one-to-one although it is not.
    pub fn agrees(&self, registered: &CodeMap) -> Result<(), FhirError> {
        if self.content != registered.content {
            return Err(mismatch(ELEMENT, "not the map that is registered"));
        }
        if (self.rows(), self.is_many_to_one()) != (registered.rows, registered.many_to_one) {
            return Err(mismatch(ELEMENT, "registered with another number of rows, or as what it is not"));
        }
        Ok(())
    }
}
