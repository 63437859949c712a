//! Reading typed elements from JSON, with the path of each.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::error::FhirError;
use crate::json::Json;

/// A type that is read from an element.
pub(crate) trait Element: Sized {
    fn read(json: Json, path: &str) -> Result<Self, FhirError>;
}

fn expected(what: &str, json: &Json, path: &str) -> FhirError {
    FhirError::invalid(path, format!("expected {what}, found {}", json.kind()))
}

impl Element for String {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        match json {
            Json::Text(text) if text.is_empty() => Err(FhirError::invalid(path, "a string may not be empty")),
            Json::Text(text) => Ok(text),
            other => Err(expected("a string", &other, path)),
        }
    }
}

impl Element for bool {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        match json {
            Json::Bool(value) => Ok(value),
            other => Err(expected("a boolean", &other, path)),
        }
    }
}

/// A whole number without sign, fraction and exponent.
fn whole<T: FromStr>(json: Json, path: &str) -> Result<T, FhirError> {
    match json {
        Json::Number(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().map_err(|_| FhirError::invalid(path, format!("{text} is too large")))
        }
        other => Err(expected("a whole number from 0 on", &other, path)),
    }
}

impl Element for u32 {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        whole(json, path)
    }
}

impl Element for u64 {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        whole(json, path)
    }
}

impl<T: Element> Element for Vec<T> {
    fn read(json: Json, path: &str) -> Result<Self, FhirError> {
        match json {
            Json::Array(items) if items.is_empty() => Err(FhirError::invalid(path, "an array may not be empty")),
            Json::Array(items) => {
                let read = |(index, item)| T::read(item, &format!("{path}[{index}]"));
                items.into_iter().enumerate().map(read).collect()
            }
            other => Err(expected("an array", &other, path)),
        }
    }
}

/// Elements that several types have: they stand among the elements of each.
pub(crate) trait Part: Sized {
    fn write<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
    fn take(object: &mut Object) -> Result<Self, FhirError>;
}

/// Declares a type of FHIR by the elements that the ledger uses, `required`, `optional` or `many`: how it is written, in
/// this order, and how it is read. Elements after `ignores` say nothing that the ledger has to know; any other one is
/// refused. A `part` is a type whose elements stand among the others.
macro_rules! elements {
    (
        $(#[$doc:meta])*
        $name:ident { $($kind:ident $field:ident: $type:ty = $json:literal,)+ } ignores $ignored:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)+
        }

        impl crate::element::Part for $name {
            fn write<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                $(crate::element::elements!(@write $kind map $json self.$field);)+
                Ok(())
            }

            fn take(object: &mut crate::element::Object) -> Result<Self, crate::error::FhirError> {
                let read = Self { $($field: object.$kind($json)?,)+ };
                object.ignore($ignored);
                Ok(read)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                crate::element::Part::write(self, &mut map)?;
                serde::ser::SerializeMap::end(map)
            }
        }

        impl crate::element::Element for $name {
            fn read(json: crate::json::Json, path: &str) -> Result<Self, crate::error::FhirError> {
                let mut object = crate::element::Object::new(json, path)?;
                let read = crate::element::Part::take(&mut object)?;
                object.finish()?;
                Ok(read)
            }
        }
    };
    (@write part $map:ident $json:literal $value:expr) => {
        crate::element::Part::write(&$value, $map)?;
    };
    (@write required $map:ident $json:literal $value:expr) => {
        $map.serialize_entry($json, &$value)?;
    };
    (@write optional $map:ident $json:literal $value:expr) => {
        if let Some(value) = &$value {
            $map.serialize_entry($json, value)?;
        }
    };
    (@write many $map:ident $json:literal $value:expr) => {
        if !$value.is_empty() {
            $map.serialize_entry($json, &$value)?;
        }
    };
}
pub(crate) use elements;

/// An object whose fields are taken one by one; what is left over at the end is refused.
pub(crate) struct Object {
    path: String,
    fields: BTreeMap<String, Json>,
}

impl Object {
    pub(crate) fn new(json: Json, path: &str) -> Result<Self, FhirError> {
        match json {
            Json::Object(fields) if fields.is_empty() => Err(FhirError::invalid(path, "an object may not be empty")),
            Json::Object(fields) => Ok(Self { path: path.to_owned(), fields }),
            other => Err(expected("an object", &other, path)),
        }
    }

    pub(crate) fn optional<T: Element>(&mut self, name: &str) -> Result<Option<T>, FhirError> {
        let path = format!("{}.{name}", self.path);
        self.fields.remove(name).map(|json| T::read(json, &path)).transpose()
    }

    pub(crate) fn required<T: Element>(&mut self, name: &str) -> Result<T, FhirError> {
        let value = self.optional(name)?;
        value.ok_or_else(|| FhirError::missing(format!("{}.{name}", self.path), "this element is required"))
    }

    /// An array; absent is empty.
    pub(crate) fn many<T: Element>(&mut self, name: &str) -> Result<Vec<T>, FhirError> {
        Ok(self.optional(name)?.unwrap_or_default())
    }

    /// Elements that several types have; they have no name together.
    pub(crate) fn part<T: Part>(&mut self, _: &str) -> Result<T, FhirError> {
        T::take(self)
    }

    /// Passes over elements that say nothing about permission.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.fields.remove(*name);
        }
    }

    /// Refuses what is left.
    pub(crate) fn finish(self) -> Result<(), FhirError> {
        let Some((name, _)) = self.fields.into_iter().next() else { return Ok(()) };
        let problem = match name.as_str() {
            "modifierExtension" | "implicitRules" => "it may change the meaning of everything else; remove it",
            _ if name.starts_with('_') => "extensions of primitive values cannot be expressed; remove it",
            _ => "the ledger cannot express this element; remove it",
        };
        Err(FhirError::unsupported(format!("{}.{name}", self.path), problem))
    }
}
