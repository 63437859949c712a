//! Strict, bounded JSON: no repeated keys, limits on size, depth and number of values.
//!
//! Two readers of one document with a repeated key may each take another value, so a consent could say one thing to a
//! hospital and another to the ledger. Such documents are refused. Numbers stay the text that they are written in: an
//! amount that passed through a binary fraction is another amount.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::FhirError;

/// Largest single resource that is read, in bytes.
pub const RESOURCE_BYTES_MAX: usize = 1024 * 1024;
/// Deepest nesting of objects and arrays that is read in a resource.
pub const DEPTH_MAX: usize = 32;

/// What a reader takes at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Name of the root in paths.
    pub(crate) root: &'static str,
    pub(crate) bytes_max: usize,
    pub(crate) depth_max: usize,
    /// Most values, each object, array and scalar being one. A value takes at most about a hundred bytes of memory
    /// beside its own text.
    pub(crate) values_max: usize,
}

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    pub(crate) fn parse(text: &str, bounds: &Bounds) -> Result<Self, FhirError> {
        if text.len() > bounds.bytes_max {
            return Err(FhirError::invalid(bounds.root, format!("larger than {} bytes", bounds.bytes_max)));
        }
        let raw: &RawValue = serde_json::from_str(text)
            .map_err(|error| FhirError::invalid(bounds.root, format!("not strict JSON: {error}")))?;
        Reader { values_left: bounds.values_max, path: bounds.root.to_owned() }.value(raw.get(), bounds.depth_max)
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Writes the canonical form: keys sorted, no white space, strings escaped as RFC 8785 does, numbers as they were
    /// written.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) => out.push_str(text),
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (index, (key, value)) in fields.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// Writes a string with the escapes of RFC 8785, section 3.2.2.2.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        // The byte is a whole character, so both cuts fall between characters.
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let (special, after) = special.split_at(1);
        match special {
            "\"" => out.push_str("\\\""),
            "\\" => out.push_str("\\\\"),
            "\u{8}" => out.push_str("\\b"),
            "\u{c}" => out.push_str("\\f"),
            "\n" => out.push_str("\\n"),
            "\r" => out.push_str("\\r"),
            "\t" => out.push_str("\\t"),
            _ => special.bytes().for_each(|byte| out.push_str(&format!("\\u{byte:04x}"))),
        }
        rest = after;
    }
    out.push_str(rest);
    out.push('"');
}

/// What the check of the syntax leaves to find: halves of surrogate pairs.
const NOT_UNICODE: &str = "not strict JSON: a string that is not Unicode";

/// Reads values whose syntax has been checked, level by level. Each level is scanned once more than the one around it,
/// so the work is at most the size times the depth.
struct Reader {
    values_left: usize,
    path: String,
}

impl Reader {
    fn invalid(&self, problem: impl Into<String>) -> FhirError {
        FhirError::invalid(self.path.as_str(), problem)
    }

    fn value(&mut self, raw: &str, depth_left: usize) -> Result<Json, FhirError> {
        self.values_left = self.values_left.checked_sub(1).ok_or_else(|| self.invalid("too many values"))?;
        match raw.as_bytes().first() {
            Some(b'{') => self.object(raw, self.deeper(depth_left)?),
            Some(b'[') => self.array(raw, self.deeper(depth_left)?),
            Some(b'"') => Ok(Json::Text(self.parsed::<Cow<'_, str>>(raw)?.into_owned())),
            Some(b't') => Ok(Json::Bool(true)),
            Some(b'f') => Ok(Json::Bool(false)),
            Some(b'n') => Ok(Json::Null),
            _ => Ok(Json::Number(raw.to_owned())),
        }
    }

    fn deeper(&self, depth_left: usize) -> Result<usize, FhirError> {
        depth_left.checked_sub(1).ok_or_else(|| self.invalid("nested too deep"))
    }

    fn parsed<'a, T: Deserialize<'a>>(&self, raw: &'a str) -> Result<T, FhirError> {
        serde_json::from_str(raw).map_err(|_| self.invalid(NOT_UNICODE))
    }

    /// The members of an object or the items of an array, which are no more than may still be read.
    fn children<'a>(&self, raw: &'a str) -> Result<Children<'a>, FhirError> {
        let mut reader = serde_json::Deserializer::from_str(raw);
        Most(self.values_left).deserialize(&mut reader).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => self.invalid("too many values"),
            _ => self.invalid(NOT_UNICODE),
        })
    }

    fn array(&mut self, raw: &str, depth_left: usize) -> Result<Json, FhirError> {
        let items = self.children(raw)?;
        let length = self.path.len();
        let mut read = Vec::with_capacity(items.len());
        for (index, (_, item)) in items.into_iter().enumerate() {
            self.path.push_str(&format!("[{index}]"));
            read.push(self.value(item.get(), depth_left)?);
            self.path.truncate(length);
        }
        Ok(Json::Array(read))
    }

    fn object(&mut self, raw: &str, depth_left: usize) -> Result<Json, FhirError> {
        let members = self.children(raw)?;
        let length = self.path.len();
        let mut fields = BTreeMap::new();
        for (key, item) in members {
            let shown = if is_element_name(&key) { &key } else { "?" };
            self.path.push_str(&format!(".{shown}"));
            if fields.contains_key(&key) {
                return Err(self.invalid(format!("the key {shown:?} stands twice in one object")));
            }
            let value = self.value(item.get(), depth_left)?;
            self.path.truncate(length);
            fields.insert(key, value);
        }
        Ok(Json::Object(fields))
    }
}

/// Whether a key may be shown in errors: anything else could be data.
fn is_element_name(key: &str) -> bool {
    let name = key.strip_prefix('_').unwrap_or(key);
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The values directly inside a value, in their order, repeated keys included; items of an array have no key.
type Children<'a> = Vec<(String, &'a RawValue)>;

/// Collects children, and stops where there are more than this.
struct Most(usize);

impl Most {
    fn check<E: Error>(&self, found: &Children<'_>) -> Result<(), E> {
        if found.len() > self.0 { Err(E::custom("too many")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Most {
    type Value = Children<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Children<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Most {
    type Value = Children<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Children<'de>, A::Error> {
        let mut found = Vec::new();
        while let Some(item) = access.next_element()? {
            found.push((String::new(), item));
            self.check(&found)?;
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Children<'de>, A::Error> {
        let mut found = Vec::new();
        while let Some(member) = access.next_entry()? {
            found.push(member);
            self.check(&found)?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { root: "x", bytes_max: 1000, depth_max: 4, values_max: 20 };

    fn canonical(text: &str) -> Result<String, FhirError> {
        let mut out = String::new();
        Json::parse(text, &BOUNDS)?.write(&mut out);
        Ok(out)
    }

    #[test]
    fn the_canonical_form_keeps_numbers_and_sorts_keys() {
        let text = " { \"b\" : [ 1.50 , 1E+2, -0 ] , \"a\":\"\\u00e9\\u000a\\u001F\\/\" , \"c\" : {} } ";
        assert_eq!(canonical(text).unwrap(), "{\"a\":\"é\\n\\u001f/\",\"b\":[1.50,1E+2,-0],\"c\":{}}");
        let once = canonical(text).unwrap();
        assert_eq!(canonical(&once).unwrap(), once);
    }

    #[test]
    fn bounds_and_repeats_are_refused_at_their_element() {
        let refused = |text: &str| canonical(text).unwrap_err().to_string();
        assert!(refused("{\"a\":[{\"b\":1,\"b\":1}]}").contains("at x.a[0].b: the key \"b\" stands twice"));
        assert!(refused("[[[[[]]]]]").contains("at x[0][0][0][0]: nested too deep"));
        assert!(refused("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]").contains("at x: too many values"));
        assert!(refused("[[0,0,0,0,0,0,0,0,0],[0,0,0,0,0,0,0,0,0]]").contains("at x[1]: too many values"));
        assert!(refused("[[0,0,0,0,0,0,0,0,0],0,0,0,0,0,0,0,0,0,0]").contains("at x[10]: too many values"));
        assert!(refused(&" ".repeat(1001)).contains("larger than 1000 bytes"));
        assert!(refused("{\"Z683365(5)\":{\"\\ud800\":1}}").contains("at x.?: "), "a key may be data");
        for text in ["", "01", "1.", "+1", "nul", "\"\u{1}\"", "\"\\ud800\"", "[1,]", "{} {}", "NaN", "{\"a\" 1}"] {
            assert!(canonical(text).is_err(), "{text}");
        }
    }
}
