//! Code lists.

use std::collections::BTreeMap;

use assent_types::Hash32;
use assent_types::codesystem::CodeSystem;

use super::{content_hash, is_code, mismatch, rows};
use crate::error::FhirError;

/// A version of a code system: its codes with what they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeList {
    codes: BTreeMap<String, String>,
    content: Hash32,
}

impl CodeList {
    /// Reads a list: a code to a line, then white space and what it stands for.
    ///
    /// # Errors
    /// E712 for a row without a code or with one that was given before, and for more than the bounds of this module; E713
    /// for a text without rows; each with the row.
    pub fn read(text: &str) -> Result<Self, FhirError> {
        let mut codes = BTreeMap::new();
        for (row, line) in rows(text, "CodeSystem.concept")? {
            let (code, display) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            let refuse = |problem| FhirError::invalid(format!("CodeSystem.concept[{row}].code"), problem);
            if !is_code(code) {
                return Err(refuse("not a code"));
            }
            if codes.insert(code.to_owned(), display.trim().to_owned()).is_some() {
                return Err(refuse("given twice"));
            }
        }
        Ok(Self { codes, content: content_hash(text) })
    }

    /// Number of codes.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there is none, which no list that was read is.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The hash under which the list is registered.
    pub fn content(&self) -> Hash32 {
        self.content
    }

    /// Whether the list has a code.
    pub fn contains(&self, code: &str) -> bool {
        self.codes.contains_key(code)
    }

    /// What a code stands for.
    pub fn display(&self, code: &str) -> Option<&str> {
        self.codes.get(code).map(String::as_str)
    }

    /// Every code, ascending.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.codes.keys().map(String::as_str)
    }

    /// Shows that this is the list that was registered.
    ///
    /// # Errors
    /// E707 if it is another.
    pub fn agrees(&self, registered: &CodeSystem) -> Result<(), FhirError> {
        if self.content == registered.content {
            return Ok(());
        }
        Err(mismatch("CodeSystem.concept", "not the list that is registered under this version"))
    }
}
