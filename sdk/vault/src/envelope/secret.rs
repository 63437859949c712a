use std::convert::Infallible;

use hkdf::Hkdf;
use hpke::rand_core::{TryCryptoRng, TryRng};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Declares a secret of 32 bytes: wiped when dropped, without its bytes in debug output.
macro_rules! secret {
    ($($(#[$doc:meta])* $vis:vis $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        $vis struct $name(zeroize::Zeroizing<[u8; 32]>);

        impl $name {
            /// The secret with these bytes, which are 32 fresh random ones or a stored secret.
            $vis fn new(bytes: [u8; 32]) -> Self {
                Self(zeroize::Zeroizing::new(bytes))
            }

            /// The bytes, for storing them where secrets are stored.
            $vis fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(secret)"))
            }
        }
    )*};
}
pub(crate) use secret;

secret! {
    /// Data encryption key of one version of a document.
    pub Dek;
    /// Fresh randomness for one operation: 32 bytes of the system's generator, used once.
    pub EntropySeed;
}

/// HKDF-SHA256 (RFC 5869) with output of at most 255 · 32 bytes.
pub(crate) fn hkdf<const BYTES: usize>(salt: &[u8], secret: &[u8], info: &str) -> Zeroizing<[u8; BYTES]> {
    const { assert!(BYTES <= 255 * 32, "HKDF gives no more") };
    let mut output = Zeroizing::new([0; BYTES]);
    let expanded = Hkdf::<Sha256>::new(Some(salt), secret).expand(info.as_bytes(), output.as_mut());
    assert!(expanded.is_ok(), "the length was checked when compiling");
    output
}

/// Random bytes for one operation, expanded from its seed.
pub(crate) struct Entropy {
    seed: EntropySeed,
    drawn: u64,
}

impl Entropy {
    pub(crate) fn new(seed: EntropySeed) -> Self {
        Self { seed, drawn: 0 }
    }

    /// The next 32 bytes.
    pub(crate) fn draw(&mut self) -> Zeroizing<[u8; 32]> {
        let block = hkdf(&self.drawn.to_le_bytes(), self.seed.expose(), "assent/vault/entropy/1");
        self.drawn += 1;
        block
    }
}

impl TryRng for Entropy {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for chunk in target.chunks_mut(32) {
            chunk.copy_from_slice(&self.draw()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}
