//! The one canonical encoding: borsh with strict order, bounded lists and no trailing bytes.
//!
//! Integers are little-endian and fixed-width, lists have a `u32` length, enums a `u8` tag, sets ascend strictly. A
//! value has exactly one encoding and [`decode`] refuses every other one with the error that says what is wrong:
//! E101 (truncated, over-long, trailing bytes), E102 (order), E107 (over a bound) or E108 (unknown code).

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;

use borsh::io::{self, Read, Write};
use borsh::{BorshDeserialize, BorshSerialize};

use crate::error::ErrorCode;

/// Why bytes are not the canonical encoding of a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct DecodeError {
    /// E101, E102, E107 or E108.
    pub code: ErrorCode,
    /// What was found, for a reader; never part of consensus.
    pub detail: String,
}

impl DecodeError {
    /// An error with its number and text.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// Carries the number through borsh's error type.
    pub fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }

    fn from_io(error: io::Error) -> Self {
        let text = error.to_string();
        if let Some(inner) = error.into_inner()
            && let Ok(own) = inner.downcast::<DecodeError>()
        {
            return *own;
        }
        // borsh's derived enum decoders report an unknown tag by this text only; a test pins it.
        let code = if text.starts_with("Unexpected variant tag") { ErrorCode::UnknownCode } else { ErrorCode::Decode };
        Self::new(code, text)
    }
}

/// Decodes exactly one value from exactly these bytes.
pub fn decode<T: BorshDeserialize>(mut bytes: &[u8]) -> Result<T, DecodeError> {
    let value = T::deserialize(&mut bytes).map_err(DecodeError::from_io)?;
    if bytes.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::new(ErrorCode::Decode, format!("{} trailing bytes", bytes.len())))
    }
}

/// The canonical encoding of a value.
pub fn encode<T: BorshSerialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    let written = value.serialize(&mut bytes);
    assert!(written.is_ok(), "encoding to memory cannot fail: only values within their bounds are constructed");
    bytes
}

/// A list of at most `MAX` elements.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct List<T, const MAX: usize>(Vec<T>);

/// A strictly ascending set of at most `MAX` elements.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Set<T, const MAX: usize>(Vec<T>);

/// More elements than the bound allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {0} elements")]
pub struct TooMany(pub usize);

/// Elements above this size are records.
const RECORD_BYTES_MIN: usize = 128;

/// What a list may reserve before its elements are there, in bytes.
const RESERVED_BYTES: usize = 1024;

fn read_bounded<T: BorshDeserialize, R: Read>(reader: &mut R, max: usize) -> io::Result<Vec<T>> {
    let len = u32::deserialize_reader(reader)? as usize;
    if len > max {
        return Err(DecodeError::new(ErrorCode::TooLarge, format!("list of {len}, at most {max}")).into_io());
    }
    // Little is reserved for the claimed length, whatever it is: a short input must not cost memory.
    let mut items = Vec::with_capacity(len.min(RESERVED_BYTES / size_of::<T>().max(1)));
    for _ in 0..len {
        items.push(T::deserialize_reader(reader)?);
    }
    Ok(items)
}

macro_rules! sequence {
    ($name:ident) => {
        impl<T, const MAX: usize> Default for $name<T, MAX> {
            fn default() -> Self {
                Self(Vec::new())
            }
        }

        impl<T, const MAX: usize> Deref for $name<T, MAX> {
            type Target = [T];

            fn deref(&self) -> &[T] {
                &self.0
            }
        }

        impl<'a, T, const MAX: usize> IntoIterator for &'a $name<T, MAX> {
            type Item = &'a T;
            type IntoIter = std::slice::Iter<'a, T>;

            fn into_iter(self) -> Self::IntoIter {
                self.0.iter()
            }
        }

        impl<T: BorshSerialize, const MAX: usize> BorshSerialize for $name<T, MAX> {
            fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
                self.0.serialize(writer)
            }
        }
    };
}

sequence!(List);
sequence!(Set);

impl<T, const MAX: usize> List<T, MAX> {
    /// A list, if it is within the bound.
    pub fn new(items: Vec<T>) -> Result<Self, TooMany> {
        if items.len() > MAX { Err(TooMany(MAX)) } else { Ok(Self(items)) }
    }

    /// The elements.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }

    /// Appends an element, if there is room.
    pub fn push(&mut self, item: T) -> Result<(), TooMany> {
        if self.0.len() >= MAX {
            return Err(TooMany(MAX));
        }
        // Lists of records are short and their records large: room for one more, not for four.
        if size_of::<T>() > RECORD_BYTES_MIN {
            self.0.reserve_exact(1);
        }
        self.0.push(item);
        Ok(())
    }

    /// Mutable access to the elements; their number cannot change.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: BorshDeserialize, const MAX: usize> BorshDeserialize for List<T, MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        read_bounded(reader, MAX).map(Self)
    }
}

impl<'de, T: serde::Deserialize<'de>, const MAX: usize> serde::Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(<Vec<T> as serde::Deserialize>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<T: Ord, const MAX: usize> Set<T, MAX> {
    /// A set of these elements in any order, repeats merged, if it is within the bound.
    pub fn new(items: impl IntoIterator<Item = T>) -> Result<Self, TooMany> {
        let items: Vec<T> = items.into_iter().collect::<BTreeSet<T>>().into_iter().collect();
        if items.len() > MAX { Err(TooMany(MAX)) } else { Ok(Self(items)) }
    }

    /// Whether the element is a member.
    pub fn contains(&self, item: &T) -> bool {
        self.0.binary_search(item).is_ok()
    }

    /// Whether every element is a member of the other set.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|item| other.contains(item))
    }
}

impl<T: BorshDeserialize + Ord + fmt::Debug, const MAX: usize> BorshDeserialize for Set<T, MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let items: Vec<T> = read_bounded(reader, MAX)?;
        if items.windows(2).all(|pair| pair[0] < pair[1]) {
            Ok(Self(items))
        } else {
            Err(DecodeError::new(ErrorCode::NonCanonical, "set is not strictly ascending").into_io())
        }
    }
}

impl<'de, T: serde::Deserialize<'de> + Ord, const MAX: usize> serde::Deserialize<'de> for Set<T, MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(<Vec<T> as serde::Deserialize>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// At most `MAX` bytes, encoded like a list of bytes but read and written at once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes<const MAX: usize>(Vec<u8>);

impl<const MAX: usize> Bytes<MAX> {
    /// These bytes, if they are within the bound.
    pub fn new(bytes: Vec<u8>) -> Result<Self, TooMany> {
        if bytes.len() > MAX { Err(TooMany(MAX)) } else { Ok(Self(bytes)) }
    }

    /// The bytes.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> Deref for Bytes<MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Bytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const MAX: usize> BorshSerialize for Bytes<MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        self.0.serialize(writer)
    }
}

impl<const MAX: usize> BorshDeserialize for Bytes<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let len = u32::deserialize_reader(reader)? as usize;
        if len > MAX {
            return Err(DecodeError::new(ErrorCode::TooLarge, format!("{len} bytes, at most {MAX}")).into_io());
        }
        // Read in steps, so that a short input never costs the memory that it claims.
        let mut bytes = Vec::new();
        while bytes.len() < len {
            let start = bytes.len();
            bytes.resize(len.min(start + 4096), 0);
            reader.read_exact(&mut bytes[start..])?;
        }
        Ok(Self(bytes))
    }
}

/// UTF-8 text of at most `MAX` bytes, for public names only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// A text, if it is within the bound.
    pub fn new(text: impl Into<String>) -> Result<Self, TooMany> {
        let text = text.into();
        if text.len() > MAX { Err(TooMany(MAX)) } else { Ok(Self(text)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Length and text are written as one piece: who looks at an encoding piece by piece never takes a text for a hash.
impl<const MAX: usize> BorshSerialize for Text<MAX> {
    fn serialize<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(&borsh::to_vec(&self.0)?)
    }
}

impl<const MAX: usize> BorshDeserialize for Text<MAX> {
    fn deserialize_reader<R: Read>(reader: &mut R) -> io::Result<Self> {
        let bytes = Bytes::<MAX>::deserialize_reader(reader)?;
        String::from_utf8(bytes.0)
            .map(Self)
            .map_err(|_| DecodeError::new(ErrorCode::Decode, "text is not UTF-8").into_io())
    }
}

impl<'de, const MAX: usize> serde::Deserialize<'de> for Text<MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(<String as serde::Deserialize>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Declares an enum of codes: one byte on the wire, its standard code as text in JSON.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        #[borsh(use_discriminant = true)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$vdoc])* $variant = $value,)+
        }

        impl $name {
            /// Every code, in wire order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as text.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The code with this text.
            pub fn from_code(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::from_code(text).ok_or_else(|| format!("{text:?} is not one of {}", stringify!($name)))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use codes;

/// Declares a bit mask over an enum of codes; bits outside the codes are E108. JSON is the list of codes.
macro_rules! mask {
    ($(#[$doc:meta])* $name:ident($inner:ty) of $code:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, borsh::BorshSerialize)]
        pub struct $name($inner);

        impl $name {
            /// No code.
            pub const EMPTY: Self = Self(0);

            /// The mask of these codes.
            pub fn of(codes: &[$code]) -> Self {
                codes.iter().fold(Self::EMPTY, |mask, code| mask.with(*code))
            }

            /// Every code.
            pub fn all() -> Self {
                Self::of($code::ALL)
            }

            /// This mask with one code more.
            #[must_use]
            pub fn with(self, code: $code) -> Self {
                Self(self.0 | (1 << code as u8))
            }

            /// Whether the code is in the mask.
            pub fn has(self, code: $code) -> bool {
                self.0 & (1 << code as u8) != 0
            }

            /// Whether no code is in the mask.
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Whether every code of this mask is in the other.
            pub fn is_subset(self, other: Self) -> bool {
                self.0 & !other.0 == 0
            }

            /// Whether the masks share a code.
            pub fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// The codes in both masks.
            #[must_use]
            pub fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// The codes in either mask.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// The codes, in wire order.
            pub fn codes(self) -> impl Iterator<Item = $code> {
                $code::ALL.iter().copied().filter(move |code| self.has(*code))
            }
        }

        impl borsh::BorshDeserialize for $name {
            fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
                let bits = <$inner>::deserialize_reader(reader)?;
                if bits & !Self::all().0 != 0 {
                    return Err($crate::codec::DecodeError::new(
                        $crate::error::ErrorCode::UnknownCode,
                        concat!("unknown bit in ", stringify!($name)),
                    )
                    .into_io());
                }
                Ok(Self(bits))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.codes())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <Vec<$code> as serde::Deserialize>::deserialize(deserializer).map(|codes| Self::of(&codes))
            }
        }
    };
}
pub(crate) use mask;
