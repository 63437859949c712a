//! The QR text in which the holder of a claim code shows it to a terminal.
//!
//! It holds the presentation and the handle under which the wallet's service gives out the code itself, which is too large
//! for a QR code that a camera reads at a counter. It says nothing about the subject.

use assent_types::claim_code::Presentation;
use assent_types::{DecodeError, Text, decode, encode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use borsh::{BorshDeserialize, BorshSerialize};

/// What every text begins with.
const PREFIX: &str = "ASSENT-CC1:";
/// Longest handle, in bytes.
pub const HANDLE_BYTES_MAX: usize = 64;
/// Longest text, in characters: a QR code of version 13 holds it at error correction level M (ISO/IEC 18004).
pub const QR_TEXT_MAX: usize = 299;

// Three bytes are four characters. A presentation is 128 bytes, a handle has its length in front.
const _: () = assert!(PREFIX.len() + (128 + 4 + HANDLE_BYTES_MAX).div_ceil(3) * 4 <= QR_TEXT_MAX);

/// A presentation and where to fetch the code.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PresentedCode {
    /// The presentation.
    pub presentation: Presentation,
    /// Under which handle the wallet's service gives out the code.
    pub handle: Text<HANDLE_BYTES_MAX>,
}

/// Why a text is no presented code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// Longer than [`QR_TEXT_MAX`], or of another kind.
    #[error("expected a text of at most {QR_TEXT_MAX} characters that begins with {PREFIX}")]
    Form,
    /// Not base64url without padding.
    #[error("the text is damaged; scan it again")]
    Damaged,
    /// Not the one encoding of a presented code.
    #[error("not a presented code: {0}")]
    Content(#[from] DecodeError),
}

impl PresentedCode {
    /// The text of the QR code, at most [`QR_TEXT_MAX`] characters.
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(encode(self)))
    }

    /// Reads the text of a QR code. Nothing is verified: the ledger does that when the code is redeemed.
    ///
    /// # Errors
    /// See [`QrError`].
    pub fn from_text(text: &str) -> Result<Self, QrError> {
        let digits = text.strip_prefix(PREFIX).filter(|_| text.len() <= QR_TEXT_MAX).ok_or(QrError::Form)?;
        let bytes = URL_SAFE_NO_PAD.decode(digits).map_err(|_| QrError::Damaged)?;
        Ok(decode(&bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use assent_types::claim_code::Nonce;
    use assent_types::key::SecretKey;
    use assent_types::{ClaimCodeId, FacilityId, Hash32, Millis, OrgId};

    use super::*;

    fn presented(handle: &str) -> PresentedCode {
        let holder = SecretKey::from_seed(&[1; 32]);
        let code = ClaimCodeId(Hash32([0xff; 32]));
        let place = (OrgId(u32::MAX), FacilityId(u32::MAX));
        let presentation = Presentation::sign(&holder, code, Nonce([0xff; 16]), place, Millis(u64::MAX));
        PresentedCode { presentation, handle: Text::new(handle.to_owned()).unwrap() }
    }

    #[test]
    fn the_longest_text_is_under_300_bytes_and_reads_back() {
        for handle in ["", "https://wallet.example/c/1", &"h".repeat(HANDLE_BYTES_MAX)] {
            let presented = presented(handle);
            let text = presented.to_text();
            assert!(text.len() < 300, "{} characters", text.len());
            assert_eq!(PresentedCode::from_text(&text), Ok(presented));
        }
    }

    #[test]
    fn damaged_texts_are_refused() {
        let text = presented("h").to_text();
        assert_eq!(PresentedCode::from_text(&text.replace("CC1", "CC2")), Err(QrError::Form));
        assert_eq!(PresentedCode::from_text(&format!("{text}{}", "A".repeat(200))), Err(QrError::Form));
        assert_eq!(PresentedCode::from_text(&text.replace(':', ":=")), Err(QrError::Damaged));
        let cut = PresentedCode::from_text(&text[..text.len() - 4]);
        assert!(matches!(cut, Err(QrError::Content(_) | QrError::Damaged)), "{cut:?}");
        assert!(matches!(
            PresentedCode::from_text(&format!("{text}AAAA")),
            Err(QrError::Content(_) | QrError::Damaged)
        ));
    }
}
