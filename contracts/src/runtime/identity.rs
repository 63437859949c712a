//! Values that should say nothing of anybody, and do.
//!
//! A pseudonym, a hash or a commitment is 32 bytes that look random. Whoever puts a name, a number or any other text there
//! by mistake would leave it on the ledger for ever, so such a value is refused: a node that admits a transaction runs it
//! dry first, and never passes on what this finds. A short identifier behind a plain hash is not found here; that is what
//! salts and keyed hashes are for.

use std::io::{self, Write};

use assent_types::ErrorCode;
use assent_types::action::Action;
use borsh::BorshSerialize;

use super::table::{Check, ensure};

/// Length of the values that are looked at.
const VALUE_BYTES: usize = 32;
/// Fewest characters that make a text.
const TEXT_CHARS_MIN: usize = 6;
/// Fewest different characters that make a text.
const TEXT_ALPHABET_MIN: usize = 4;

/// E211 if a value of the action spells text or the number of an identity document.
pub(crate) fn names_nobody(action: &Action) -> Check {
    let mut values = Values { found: false };
    // Writing into it cannot fail.
    let written = action.serialize(&mut values).is_ok();
    ensure(written && !values.found, ErrorCode::LooksLikeId)
}

/// Looks at an encoding piece by piece: a fixed array is written as one piece, and a text as one together with its length,
/// so that no text is taken for a hash.
struct Values {
    found: bool,
}

impl Write for Values {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if let Ok(value) = <&[u8; VALUE_BYTES]>::try_from(piece) {
            // One byte repeated says nothing, whatever it spells.
            let says = value.iter().any(|byte| *byte != value[0]);
            self.found |= says && (is_text(value) || has_identity_number(value));
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a value is UTF-8 text without control characters, zeros at its ends aside.
fn is_text(value: &[u8]) -> bool {
    let begin = value.iter().position(|byte| *byte != 0).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| *byte != 0).map_or(begin, |last| last + 1);
    let Some(Ok(text)) = value.get(begin..end).map(std::str::from_utf8) else { return false };
    let mut seen: Vec<char> = text.chars().collect();
    let long = seen.len() >= TEXT_CHARS_MIN && !text.chars().any(char::is_control);
    seen.sort_unstable();
    seen.dedup();
    long && seen.len() >= TEXT_ALPHABET_MIN
}

/// Whether the number of an identity document stands anywhere in a value.
fn has_identity_number(value: &[u8]) -> bool {
    (0..value.len()).any(|at| {
        let rest = value.get(at..).unwrap_or_default();
        is_resident_number(rest) || is_hong_kong_number(rest) || is_passport_number(rest)
    })
}

/// The digits at the beginning, if there are as many.
fn digits(bytes: &[u8], count: usize) -> Option<&[u8]> {
    bytes.get(..count).filter(|digits| digits.iter().all(u8::is_ascii_digit))
}

/// Number of upper-case letters at the beginning.
fn letters(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count()
}

/// A citizen's number of the Mainland: 17 digits and a check character (GB 11643).
fn is_resident_number(bytes: &[u8]) -> bool {
    let last = bytes.get(17).is_some_and(|last| last.is_ascii_digit() || matches!(last, b'X' | b'x'));
    last && digits(bytes, 17).is_some()
}

/// An identity card of Hong Kong: one or two letters, six digits, and a check character in brackets or without. The check
/// has to hold, as the pattern is so short that random bytes might show it.
fn is_hong_kong_number(bytes: &[u8]) -> bool {
    (1..=2).any(|prefix| {
        let (Some(head), Some(tail)) = (bytes.get(..prefix), bytes.get(prefix..)) else { return false };
        let Some(six) = digits(tail, 6).filter(|_| letters(head) == prefix) else { return false };
        let check = match tail.get(6..) {
            Some([b'(', check, ..] | [check, ..]) => *check,
            _ => return false,
        };
        let check = match check {
            b'0'..=b'9' => u32::from(check - b'0'),
            b'A' => 10,
            _ => return false,
        };
        // Letters count from 10, a missing first one as 36; the weights fall from 9 to 2.
        let missing = (prefix == 1).then_some(36);
        let letters = head.iter().map(|letter| u32::from(letter - b'A') + 10);
        let values = missing.into_iter().chain(letters).chain(six.iter().map(|digit| u32::from(digit - b'0')));
        let weighted: u32 = values.zip((2..=9u32).rev()).map(|(value, weight)| value * weight).sum();
        (weighted + check).is_multiple_of(11)
    })
}

/// A passport of Mainland, Hong Kong or Macao: a letter and eight digits, or two letters and seven.
fn is_passport_number(bytes: &[u8]) -> bool {
    let ends = |count: usize| bytes.get(count).is_none_or(|next| !next.is_ascii_digit());
    [(1, 8), (2, 7)].into_iter().any(|(prefix, count)| {
        letters(bytes.get(..prefix).unwrap_or_default()) == prefix
            && bytes.get(prefix..).is_some_and(|rest| digits(rest, count).is_some())
            && ends(prefix + count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &[u8]) -> [u8; VALUE_BYTES] {
        // What surrounds it is no text.
        let mut bytes = [0xff; VALUE_BYTES];
        bytes[5..5 + text.len()].copy_from_slice(text);
        bytes
    }

    fn padded(text: &str) -> [u8; VALUE_BYTES] {
        let mut bytes = [0; VALUE_BYTES];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        bytes
    }

    #[test]
    fn bad_input_19_numbers_of_identity_documents_are_found_anywhere() {
        // Examples of the issuing offices' own publications, or made up with a valid check character.
        for number in
            ["11010519491231002X", "A123456(3)", "A1234563", "AB987654(3)", "E12345678", "EA1234567", "G87654321"]
        {
            assert!(has_identity_number(&value(number.as_bytes())), "{number}");
        }
        for other in ["1101051949123100", "A123456(4)", "A1234564", "E1234567", "e12345678", "ABC12345", "A12345"] {
            assert!(!has_identity_number(&value(other.as_bytes())), "{other}");
        }
    }

    #[test]
    fn bad_input_19_an_action_that_names_somebody_is_e211() {
        use assent_types::action::RevokeMandate;
        use assent_types::{Hash32, MandateId, Sp};

        let revoke = |subject| {
            let mandate = MandateId(Hash32([9; 32]));
            names_nobody(&Action::RevokeMandate(RevokeMandate { subject: Sp(Hash32(subject)), mandate }))
        };
        assert_eq!(revoke([0x31; 32]), Ok(()), "digits, but one and the same");
        assert_eq!(revoke(value(b"A123456(3)")), Err(ErrorCode::LooksLikeId.into()));
        assert_eq!(revoke(padded("Chan Siu Ming")), Err(ErrorCode::LooksLikeId.into()));
    }

    #[test]
    fn bad_input_19_text_is_told_from_hashes() {
        for text in ["Chan Siu Ming", "陈小明 1971", "6 Nowhere Road", "a@b.example", "abcdef"] {
            assert!(is_text(&padded(text)), "{text}");
        }
        for no_text in [[0; 32], [0x41; 32], value(b"Chan Siu"), padded("abc"), padded("ab\ncdefg"), padded("aabbaabb")]
        {
            assert!(!is_text(&no_text), "{no_text:?}");
        }
        // Hashes of anything are none, and hold no number.
        for n in 0..2_000_u32 {
            let hash = assent_types::hash::tagged_value(assent_types::hash::Tag::Case, &n);
            assert!(!is_text(&hash.0) && !has_identity_number(&hash.0), "{n}");
        }
    }
}
