//! A fuzz driver for decoders: plain functions over bytes, fed by a seeded mutator over a committed corpus.
//!
//! A target answers each input with [`Answer`]; a target that panics, or that answers [`Answer::Fault`], has failed, and
//! so has one whose process grew beyond a bound. The same seed gives the same inputs.

mod access;
mod claim_codes;
mod claims;
pub mod corpus;
mod course;
pub mod driver;
pub mod mutate;
mod preauths;
pub mod samples;
pub mod targets;

pub use driver::{Failure, Summary, run};

/// What a decoder made of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is a value, and its encoding is the input again.
    Accepted,
    /// It is none, with the number of the error or a word for it.
    Refused(String),
    /// The decoder broke its promise.
    Fault(String),
}

/// A decoder under test.
#[derive(Clone, Copy)]
pub struct Target {
    /// Name; its corpus lies in the folder of that name.
    pub name: &'static str,
    /// Whether inputs are text: the mutator then works with words as well as bytes.
    pub is_text: bool,
    /// The decoder and what must hold after it.
    pub run: fn(&[u8]) -> Answer,
}

/// Holds a canonical format to its promise: what decodes encodes to the very same bytes.
pub fn canonical<T, E: ToString>(
    input: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Vec<u8>,
) -> Answer {
    match decode(input) {
        Ok(value) if encode(&value) == input => Answer::Accepted,
        Ok(_) => Answer::Fault("two encodings of one value".to_owned()),
        Err(error) => Answer::Refused(first_word(&error.to_string())),
    }
}

/// Holds a text format to its promise: what is read and written is read as the same value.
pub fn stable<T: PartialEq, E: ToString>(
    input: &[u8],
    read: impl Fn(&str) -> Result<T, E>,
    write: impl Fn(&T) -> Result<String, E>,
) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    let value = match read(text) {
        Ok(value) => value,
        Err(error) => return Answer::Refused(first_word(&error.to_string())),
    };
    match write(&value).and_then(|again| read(&again)) {
        Ok(again) if again == value => Answer::Accepted,
        Ok(_) => Answer::Fault("read, written and read is another value".to_owned()),
        Err(error) => Answer::Fault(format!("what was read cannot be written and read: {}", error.to_string())),
    }
}

/// The start of an error's text, up to the first sign that is neither letter nor digit: its number, where it has one.
pub fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}
