use assent_proofs::log::{root_of, verify_inclusion};
use assent_types::codec::DecodeError;
use assent_types::hash::{Tag, tagged_value};
use assent_types::{ErrorCode, Hash32, List};
use borsh::{BorshDeserialize, BorshSerialize};
use zeroize::Zeroizing;

use super::HolderKey;
use crate::envelope::{Entropy, EntropySeed, ObjectNonce, secret};
use crate::gf::{inverse, mul};
use crate::tree::path;

/// Most key holders of an object.
pub const HOLDERS_MAX: u8 = 16;

/// Longest path to the share root.
const PATH_MAX: usize = 4;

secret! {
    /// Value of a share.
    ShareValue;
}

/// A key holder's share of k2, with what proves that it is the one that was anchored.
#[derive(Clone, Debug)]
pub struct KeyShare {
    threshold: u8,
    total: u8,
    index: u8,
    salt: [u8; 32],
    value: ShareValue,
    path: List<Hash32, PATH_MAX>,
}

/// All shares of a key and the root to anchor.
#[derive(Clone, Debug)]
pub struct SharedKey {
    /// Root over salted commitments to the shares.
    pub share_root: Hash32,
    /// The shares, one for each holder.
    pub shares: Vec<KeyShare>,
}

/// Why shares do not give a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Numbers that do not go together.
    #[error(
        "{threshold} of {total} shares is not possible: from 1 to {HOLDERS_MAX}, and no more needed than there are"
    )]
    Policy {
        /// Shares needed.
        threshold: u8,
        /// Shares that there are.
        total: u8,
    },
    /// A share that is not among the anchored ones.
    #[error("share {index} is not one of those that were anchored")]
    NotAnchored {
        /// Which.
        index: u8,
    },
    /// A share that was given twice.
    #[error("share {index} was given twice")]
    Repeated {
        /// Which.
        index: u8,
    },
    /// Fewer shares than needed.
    #[error("{found} shares are too few, {needed} are needed")]
    TooFew {
        /// Shares given.
        found: usize,
        /// Shares needed.
        needed: usize,
    },
    /// Anchored shares that do not belong to one secret: whoever dealt them cheated.
    #[error("share {index} was anchored, but does not fit the others: the shares were dealt wrongly")]
    Inconsistent {
        /// The first that does not fit.
        index: u8,
    },
}

/// Shares k2 among `total` holders, any `threshold` of whom have it. The seed is 32 fresh random bytes.
///
/// # Errors
///
/// [`ShareError::Policy`].
pub fn split(
    key: &HolderKey,
    nonce: &ObjectNonce,
    threshold: u8,
    total: u8,
    seed: EntropySeed,
) -> Result<SharedKey, ShareError> {
    check_policy(threshold, total)?;
    let mut entropy = Entropy::new(seed);
    // Constant term first.
    let mut coefficients = vec![Zeroizing::new(*key.expose())];
    coefficients.extend((1..threshold).map(|_| entropy.draw()));
    let mut shares: Vec<KeyShare> = (1..=total)
        .map(|index| {
            let mut value = [0; 32];
            for coefficient in coefficients.iter().rev() {
                value.iter_mut().zip(coefficient.iter()).for_each(|(sum, c)| *sum = mul(*sum, index) ^ c);
            }
            let (salt, value) = (*entropy.draw(), ShareValue::new(value));
            KeyShare { threshold, total, index, salt, value, path: List::default() }
        })
        .collect();
    let share_root = anchor(&mut shares, nonce)?;
    Ok(SharedKey { share_root, shares })
}

/// Gives all shares of a key their paths, and the root over them.
pub(super) fn anchor(shares: &mut [KeyShare], nonce: &ObjectNonce) -> Result<Hash32, ShareError> {
    let leaves: Vec<Hash32> = shares.iter().map(|share| share.commitment(nonce)).collect();
    for share in shares {
        let found = path(&leaves, u64::from(share.index) - 1);
        share.path = found.map_err(|_| ShareError::Policy { threshold: share.threshold, total: share.total })?;
    }
    Ok(root_of(&leaves))
}

/// The key that these shares give. All of them are checked against the anchored root, and against each other if there are
/// more than needed.
///
/// # Errors
///
/// [`ShareError`] names the share at fault.
pub fn combine(shares: &[KeyShare], nonce: &ObjectNonce, share_root: &Hash32) -> Result<HolderKey, ShareError> {
    let Some(first) = shares.first() else { return Err(ShareError::TooFew { found: 0, needed: 1 }) };
    let policy = (first.threshold, first.total);
    for (at, share) in shares.iter().enumerate() {
        share.verify(nonce, share_root)?;
        if (share.threshold, share.total) != policy {
            return Err(ShareError::Inconsistent { index: share.index });
        }
        if shares.iter().take(at).any(|other| other.index == share.index) {
            return Err(ShareError::Repeated { index: share.index });
        }
    }
    let needed = usize::from(first.threshold);
    let Some((used, more)) = shares.split_at_checked(needed) else {
        return Err(ShareError::TooFew { found: shares.len(), needed });
    };
    if let Some(odd) = more.iter().find(|share| *interpolate(used, share.index) != *share.value.expose()) {
        return Err(ShareError::Inconsistent { index: odd.index });
    }
    Ok(HolderKey::new(*interpolate(used, 0)))
}

/// Value at a point of the polynomial through these shares (Lagrange). Only the points decide what is computed, never
/// the values.
fn interpolate(shares: &[KeyShare], at: u8) -> Zeroizing<[u8; 32]> {
    let mut value = Zeroizing::new([0; 32]);
    for share in shares {
        let others = shares.iter().filter(|other| other.index != share.index);
        let weight =
            others.fold(1, |weight, other| mul(weight, mul(at ^ other.index, inverse(share.index ^ other.index))));
        value.iter_mut().zip(share.value.expose()).for_each(|(sum, part)| *sum ^= mul(weight, *part));
    }
    value
}

fn check_policy(threshold: u8, total: u8) -> Result<(), ShareError> {
    if threshold == 0 || threshold > total || total > HOLDERS_MAX {
        return Err(ShareError::Policy { threshold, total });
    }
    Ok(())
}

impl KeyShare {
    /// Number of the share, from 1.
    pub fn index(&self) -> u8 {
        self.index
    }

    /// How many shares give the key.
    pub fn threshold(&self) -> u8 {
        self.threshold
    }

    /// How many shares there are.
    pub fn total(&self) -> u8 {
        self.total
    }

    /// Checks that this is the anchored share of its number for this object.
    ///
    /// # Errors
    ///
    /// [`ShareError::NotAnchored`].
    pub fn verify(&self, nonce: &ObjectNonce, share_root: &Hash32) -> Result<(), ShareError> {
        let at = u64::from(self.index).wrapping_sub(1);
        verify_inclusion(&self.commitment(nonce), at, self.total.into(), &self.path, share_root)
            .map_err(|_| ShareError::NotAnchored { index: self.index })
    }

    fn commitment(&self, nonce: &ObjectNonce) -> Hash32 {
        let place = (self.threshold, self.total, self.index);
        tagged_value(Tag::VaultShare, &(nonce, place, self.salt, self.value.expose()))
    }
}

impl BorshSerialize for KeyShare {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        let place = (self.threshold, self.total, self.index);
        (place, self.salt, self.value.expose(), &self.path).serialize(writer)
    }
}

impl BorshDeserialize for KeyShare {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let (threshold, total, index) = BorshDeserialize::deserialize_reader(reader)?;
        let (salt, value) = BorshDeserialize::deserialize_reader(reader)?;
        let path = BorshDeserialize::deserialize_reader(reader)?;
        let wrong = |text: String| DecodeError::new(ErrorCode::Decode, text).into_io();
        check_policy(threshold, total).map_err(|error| wrong(error.to_string()))?;
        if index == 0 || index > total {
            return Err(wrong(format!("there is no share {index} of {total}")));
        }
        Ok(Self { threshold, total, index, salt, value: ShareValue::new(value), path })
    }
}
