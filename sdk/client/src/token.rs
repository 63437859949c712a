//! Short-lived tokens that authenticate calls: compact JWS (RFC 7515) with EdDSA (RFC 8037 §3.1).
//!
//! The protected header is exactly `{"alg":"EdDSA","kid":"<key id, hexadecimal>"}`. The claims are exactly `aud`,
//! `iat`, `exp`, `nonce` and optionally `mandates`. One deviation from RFC 7515 is deliberate: the signature covers a
//! domain-separated hash of the signing input, so that the same key can sign transactions and tokens and neither can
//! ever be taken for the other.
//!
//! # Security
//! The parser takes at most [`TOKEN_BYTES_MAX`] bytes, knows no algorithm but EdDSA, and refuses unknown and repeated
//! members, padding and non-canonical base64.

use std::fmt;

use assent_proto::limits::TOKEN_BYTES_MAX;
use assent_types::ids::{ChainId, KeyId, MandateId, OrgId};
use assent_types::key::{PublicKey, SecretKey, Signature};
use assent_types::limits::TOKEN_TTL_S;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// Clocks of client and node may differ by this much, in seconds.
pub const CLOCK_SKEW_S: u64 = 5;

/// Most mandates that a token may name.
pub const MANDATES_MAX: usize = assent_types::limits::PROXY_SUBJECTS_MAX;

/// A service of an organisation that authenticates its callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Its node.
    Node,
    /// Its custodian agent.
    Custodian,
    /// Its key service.
    Keys,
}

/// For which service a token is made: none can use a token that was sent to it to pass for its caller at another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience {
    /// The chain.
    pub chain: ChainId,
    /// The organisation that runs the service.
    pub org: OrgId,
    /// Which of its services.
    pub service: Service,
}

impl Audience {
    /// The node of an organisation.
    pub const fn node(chain: ChainId, org: OrgId) -> Self {
        Self { chain, org, service: Service::Node }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "assent:{}:{}", hex::encode(&self.chain.0.0[..8]), self.org)?;
        f.write_str(match self.service {
            Service::Node => "",
            Service::Custodian => ":custodian",
            Service::Keys => ":keys",
        })
    }
}

/// Why a token is refused. All of them reach the caller as E904.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No token.
    #[error("no token: send `authorization: Bearer <token>`")]
    Missing,
    /// Longer than [`TOKEN_BYTES_MAX`].
    #[error("the token is longer than {TOKEN_BYTES_MAX} bytes")]
    TooLong,
    /// Not header, claims and signature in base64url without padding.
    #[error("the token is not a compact JWS")]
    Form,
    /// The header is not exactly `alg` and `kid`, or names another algorithm.
    #[error("the token's header must be exactly alg EdDSA and kid")]
    Header,
    /// The claims are not exactly those of this interface.
    #[error("the token's claims must be exactly aud, iat, exp, nonce and optionally mandates")]
    Claims,
    /// Made for another node or chain.
    #[error("the token is for another node or chain")]
    Audience,
    /// Past its end.
    #[error("the token has expired")]
    Expired,
    /// Not yet valid: the clocks differ too much.
    #[error("the token lies in the future: set the clock")]
    Future,
    /// Valid for longer than [`TOKEN_TTL_S`].
    #[error("the token lives longer than {TOKEN_TTL_S} seconds")]
    Life,
    /// The key is not known, not live, or may not be used for this.
    #[error("the token's key is unknown, revoked or not live")]
    Key,
    /// The signature does not verify.
    #[error("the token's signature does not verify")]
    Signature,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: KeyId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    iat: u64,
    exp: u64,
    nonce: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mandates: Vec<MandateId>,
}

/// Makes a token that is valid from `now_s` for `ttl_s` seconds, at most [`TOKEN_TTL_S`].
pub fn make(
    key: &SecretKey,
    audience: &Audience,
    now_s: u64,
    ttl_s: u64,
    nonce: &[u8; 16],
    mandates: &[MandateId],
) -> String {
    let header = Header { alg: "EdDSA".into(), kid: key.public().id() };
    let claims = Claims {
        aud: audience.to_string(),
        iat: now_s,
        exp: now_s + ttl_s.min(TOKEN_TTL_S),
        nonce: hex::encode(nonce),
        mandates: mandates.iter().take(MANDATES_MAX).copied().collect(),
    };
    let mut token = format!("{}.{}", part(&header), part(&claims));
    let signature = key.sign_token(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature.0, &mut token);
    token
}

fn part<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_vec(value);
    assert!(json.is_ok(), "structs of text and numbers always have a JSON form");
    URL_SAFE_NO_PAD.encode(json.unwrap_or_default())
}

/// A token whose form is right and whose signature nobody has checked yet.
#[derive(Clone, Debug)]
pub struct Parsed<'a> {
    /// The key that claims to have signed.
    pub key: KeyId,
    /// First second.
    pub issued_s: u64,
    /// First second after the end.
    pub expires_s: u64,
    /// Mandates under which the holder acts.
    pub mandates: Vec<MandateId>,
    audience: String,
    signing_input: &'a [u8],
    signature: Signature,
}

impl<'a> Parsed<'a> {
    /// Reads the compact form.
    ///
    /// # Errors
    /// [`TokenError::TooLong`], [`TokenError::Form`], [`TokenError::Header`], [`TokenError::Claims`].
    pub fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
        let (header, claims) = signing_input.split_once('.').ok_or(TokenError::Form)?;
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenError::Form)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| TokenError::Form)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Form)?;
        let signature = Signature(signature.try_into().map_err(|_| TokenError::Form)?);
        let header: Header = serde_json::from_slice(&header).map_err(|_| TokenError::Header)?;
        if header.alg != "EdDSA" {
            return Err(TokenError::Header);
        }
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| TokenError::Claims)?;
        if claims.mandates.len() > MANDATES_MAX || claims.nonce.len() > 64 {
            return Err(TokenError::Claims);
        }
        Ok(Self {
            key: header.kid,
            issued_s: claims.iat,
            expires_s: claims.exp,
            mandates: claims.mandates,
            audience: claims.aud,
            signing_input: signing_input.as_bytes(),
            signature,
        })
    }

    /// Checks audience and time.
    ///
    /// # Errors
    /// [`TokenError::Audience`], [`TokenError::Life`], [`TokenError::Future`], [`TokenError::Expired`].
    pub fn check(&self, audience: &Audience, now_s: u64) -> Result<(), TokenError> {
        if self.audience != audience.to_string() {
            return Err(TokenError::Audience);
        }
        match self.expires_s.checked_sub(self.issued_s) {
            Some(life) if (1..=TOKEN_TTL_S).contains(&life) => {}
            _ => return Err(TokenError::Life),
        }
        if self.issued_s > now_s.saturating_add(CLOCK_SKEW_S) {
            return Err(TokenError::Future);
        }
        if now_s >= self.expires_s.saturating_add(CLOCK_SKEW_S) {
            return Err(TokenError::Expired);
        }
        Ok(())
    }

    /// Checks the signature under the key that [`Parsed::key`] names.
    ///
    /// # Errors
    /// [`TokenError::Signature`], also if this is another key.
    pub fn verify(&self, key: &PublicKey) -> Result<(), TokenError> {
        if key.id() == self.key && key.verify_token(self.signing_input, &self.signature) {
            Ok(())
        } else {
            Err(TokenError::Signature)
        }
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
