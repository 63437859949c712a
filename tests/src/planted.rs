//! What must not be found: texts that name somebody, in every form in which they may be written down by mistake.

use std::collections::BTreeMap;

use assent_types::hash::{Tag, tagged};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256, Sha512};

/// Forms shorter than this occur by chance in any binary file, and are not looked for.
pub const FORM_BYTES_MIN: usize = 4;

/// The forms in which a text may be written down by mistake: as it is, in upper and lower case; of each its hexadecimal
/// digits and base64, and its unsalted hashes, SHA-256, SHA-512 and the ledger's own, raw and in digits and base64.
pub fn forms(text: &str) -> Vec<Vec<u8>> {
    let spellings = [text.to_owned(), text.to_uppercase(), text.to_lowercase()];
    let mut forms = Vec::new();
    for spelling in spellings {
        let bytes = spelling.as_bytes();
        let hashes =
            [Sha256::digest(bytes).to_vec(), Sha512::digest(bytes).to_vec(), tagged(Tag::Evidence, bytes).0.to_vec()];
        forms.push(bytes.to_vec());
        for encoded in hashes.iter().map(Vec::as_slice).chain([bytes]) {
            forms.push(hex::encode(encoded).into_bytes());
            forms.push(hex::encode_upper(encoded).into_bytes());
            for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                forms.push(engine.encode(encoded).into_bytes());
            }
        }
        forms.extend(hashes);
    }
    forms.retain(|form| form.len() >= FORM_BYTES_MIN);
    forms.sort();
    forms.dedup();
    forms
}

/// Looks for many byte strings at once: every one of them is found by its first bytes.
pub struct Finder {
    /// Whether something begins with these two bytes.
    pairs: Vec<bool>,
    /// What is looked for by its first bytes, each with its name.
    heads: BTreeMap<[u8; FORM_BYTES_MIN], Vec<(Vec<u8>, String)>>,
}

impl Finder {
    /// Looks for every form of these texts.
    pub fn of_texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self::of(texts.into_iter().flat_map(|text| forms(&text).into_iter().map(move |form| (form, text.clone()))))
    }

    /// Looks for these bytes; each string has [`FORM_BYTES_MIN`] bytes at least, or is passed over.
    pub fn of(strings: impl IntoIterator<Item = (Vec<u8>, String)>) -> Self {
        let mut finder = Self { pairs: vec![false; 1 << 16], heads: BTreeMap::new() };
        for (form, name) in strings {
            let Some(head) = form.first_chunk().copied() else { continue };
            finder.pairs[pair(&form)] = true;
            finder.heads.entry(head).or_default().push((form, name));
        }
        finder
    }

    /// The name of something that stands in the content.
    pub fn find(&self, content: &[u8]) -> Option<&str> {
        let at = |window: &[u8]| self.pairs[pair(window)];
        let windows = content.windows(FORM_BYTES_MIN).enumerate();
        let starts = windows.filter(|(_, window)| at(window)).map(|(index, _)| index);
        starts
            .filter_map(|index| Some((index, self.heads.get(content[index..].first_chunk::<FORM_BYTES_MIN>()?)?)))
            .flat_map(|(index, forms)| forms.iter().map(move |form| (index, form)))
            .find(|(index, (form, _))| content[*index..].starts_with(form))
            .map(|(_, (_, name))| name.as_str())
    }
}

fn pair(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found_and_nothing_else() {
        let finder = Finder::of_texts(["Chan Siu-ming".to_owned(), "A123456(7)".to_owned()]);
        for text in ["Chan Siu-ming", "A123456(7)"] {
            for form in forms(text) {
                assert_eq!(finder.find(&[b"before ".as_slice(), &form, b" after"].concat()), Some(text));
            }
        }
        assert_eq!(finder.find(b"Chan Siu, A123456"), None);
        assert!(forms("Li").iter().all(|form| form.len() >= FORM_BYTES_MIN));
    }
}
