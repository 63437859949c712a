//! Reading the project's own extensions by name.

use std::str::FromStr;

use assent_types::{Hash32, Money};

use crate::codes::EXTENSION_BASE;
use crate::error::FhirError;
use crate::model::{Extension, ExtensionValue, Reference};

/// Own extensions of one element, or parts of one of them, taken by name.
pub(crate) struct Extensions<'a> {
    pub(crate) path: String,
    items: Vec<(String, &'a str, &'a Extension)>,
}

/// An extension and its path.
pub(crate) type Found<'a> = (String, &'a Extension);

impl<'a> Extensions<'a> {
    /// The own extensions of an element.
    pub(crate) fn of(list: &'a [Extension], path: &str) -> Self {
        let named = list.iter().enumerate().filter(|(_, extension)| extension.is_own());
        let items = named.map(|(index, extension)| {
            (format!("{path}.extension[{index}]"), &extension.url[EXTENSION_BASE.len()..], extension)
        });
        Self { path: path.to_owned(), items: items.collect() }
    }

    pub(crate) fn parts(found: &Found<'a>) -> Self {
        let (path, extension) = found;
        let items = extension.parts.iter().enumerate();
        let items = items.map(|(index, part)| (format!("{path}.extension[{index}]"), part.url.as_str(), part));
        Self { path: path.clone(), items: items.collect() }
    }

    pub(crate) fn many(&mut self, name: &str) -> Vec<Found<'a>> {
        let (found, rest) = std::mem::take(&mut self.items).into_iter().partition(|(_, of, _)| *of == name);
        self.items = rest;
        let found: Vec<(String, &str, &Extension)> = found;
        found.into_iter().map(|(path, _, extension)| (path, extension)).collect()
    }

    pub(crate) fn optional(&mut self, name: &str) -> Result<Option<Found<'a>>, FhirError> {
        let mut found = self.many(name);
        if found.len() > 1 {
            return Err(FhirError::invalid(found.swap_remove(1).0, "given twice"));
        }
        Ok(found.pop())
    }

    pub(crate) fn required(&mut self, name: &str) -> Result<Found<'a>, FhirError> {
        let found = self.optional(name)?;
        found.ok_or_else(|| FhirError::missing(&self.path, format!("the part {name} is required")))
    }

    /// Refuses own extensions that nobody has taken: a misspelt one must not be passed over.
    pub(crate) fn finish(self) -> Result<(), FhirError> {
        match self.items.into_iter().next() {
            Some((path, name, _)) => Err(FhirError::invalid(path, format!("unknown extension {name:?}"))),
            None => Ok(()),
        }
    }
}

pub(crate) fn text<'a>(found: &Found<'a>) -> Result<&'a str, FhirError> {
    match &found.1.value {
        Some(ExtensionValue::Text(text)) => Ok(text),
        _ => Err(FhirError::invalid(found.0.as_str(), "expected valueString")),
    }
}

pub(crate) fn text_code<'a>(found: &Found<'a>) -> Result<&'a str, FhirError> {
    match &found.1.value {
        Some(ExtensionValue::Code(code)) => Ok(code),
        _ => Err(FhirError::invalid(found.0.as_str(), "expected valueCode")),
    }
}

pub(crate) fn code<T: FromStr<Err = String>>(found: &Found<'_>) -> Result<T, FhirError> {
    text_code(found)?.parse().map_err(|problem: String| FhirError::invalid(found.0.as_str(), problem))
}

/// A hash, or an identifier that is one.
pub(crate) fn hash(found: &Found<'_>) -> Result<Hash32, FhirError> {
    text(found)?.parse().map_err(|_| FhirError::invalid(found.0.as_str(), "expected 64 hexadecimal digits"))
}

pub(crate) fn flag(found: &Found<'_>) -> Result<bool, FhirError> {
    match found.1.value {
        Some(ExtensionValue::Boolean(value)) => Ok(value),
        _ => Err(FhirError::invalid(found.0.as_str(), "expected valueBoolean")),
    }
}

pub(crate) fn number(found: &Found<'_>) -> Result<u32, FhirError> {
    match found.1.value {
        Some(ExtensionValue::Number(value)) => Ok(value),
        _ => Err(FhirError::invalid(found.0.as_str(), "expected valueUnsignedInt")),
    }
}

pub(crate) fn money(found: &Found<'_>) -> Result<Money, FhirError> {
    match &found.1.value {
        Some(ExtensionValue::Money(amount)) => amount.read(&found.0),
        _ => Err(FhirError::invalid(found.0.as_str(), "expected valueMoney")),
    }
}

pub(crate) fn reference<'a>(found: &Found<'a>) -> Result<&'a Reference, FhirError> {
    match &found.1.value {
        Some(ExtensionValue::Reference(reference)) => Ok(reference),
        _ => Err(FhirError::invalid(found.0.as_str(), "expected valueReference")),
    }
}

/// An own extension.
pub(crate) fn own(name: &str, value: ExtensionValue) -> Extension {
    Extension::simple(format!("{EXTENSION_BASE}{name}"), value)
}

/// An own extension of parts.
pub(crate) fn own_parts(name: &str, parts: Vec<Extension>) -> Extension {
    Extension::complex(format!("{EXTENSION_BASE}{name}"), parts)
}

/// A part of an own extension.
pub(crate) fn part(name: &str, value: ExtensionValue) -> Extension {
    Extension::simple(name, value)
}

pub(crate) fn code_value(code: &str) -> ExtensionValue {
    ExtensionValue::Code(code.to_owned())
}

/// A text, a hash or an identifier.
pub(crate) fn text_value(value: impl ToString) -> ExtensionValue {
    ExtensionValue::Text(value.to_string())
}

pub(crate) fn money_value(money: Money) -> ExtensionValue {
    ExtensionValue::Money(crate::datatypes::Amount::of(money))
}
