use assent_types::ids::Hash32;

use super::*;

const NOW: u64 = 1_800_000_000;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}
fn audience() -> Audience {
    Audience::node(ChainId(Hash32([7; 32])), OrgId(3))
}

fn check(token: &str, now_s: u64) -> Result<(), TokenError> {
    let parsed = Parsed::parse(token)?;
    parsed.check(&audience(), now_s)?;
    parsed.verify(&key(1).public())
}

fn token() -> String {
    make(&key(1), &audience(), NOW, 300, &[9; 16], &[])
}

/// Signs arbitrary header and claims, as a forger with the right key could.
fn raw(header: &str, claims: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = key(1).sign_token(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.0))
}

fn header() -> String {
    format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, key(1).public().id())
}

fn claims(extra: &str) -> String {
    format!(r#"{{"aud":"{}","iat":{NOW},"exp":{},"nonce":"00"{extra}}}"#, audience(), NOW + 60)
}

#[test]
fn a_good_token_is_accepted_within_its_life() {
    assert_eq!(check(&token(), NOW), Ok(()));
    assert_eq!(check(&token(), NOW + 299 + CLOCK_SKEW_S), Ok(()));
    assert_eq!(check(&raw(&header(), &claims("")), NOW), Ok(()));
    assert!(token().len() <= TOKEN_BYTES_MAX);
}

#[test]
fn mandates_travel_and_still_fit() {
    let mandates: Vec<MandateId> = (1..).take(MANDATES_MAX).map(|n| MandateId(Hash32([n; 32]))).collect();
    let token = make(&key(1), &audience(), NOW, 60, &[9; 16], &mandates);
    assert_eq!(Parsed::parse(&token).map(|parsed| parsed.mandates), Ok(mandates));
}

#[test]
fn life_and_clock_are_checked() {
    assert_eq!(check(&token(), NOW + 300 + CLOCK_SKEW_S), Err(TokenError::Expired));
    assert_eq!(check(&token(), NOW - CLOCK_SKEW_S - 1), Err(TokenError::Future));
    let long = format!(r#"{{"aud":"{}","iat":{NOW},"exp":{},"nonce":"00"}}"#, audience(), NOW + 301);
    assert_eq!(check(&raw(&header(), &long), NOW), Err(TokenError::Life));
    let backwards = format!(r#"{{"aud":"{}","iat":{NOW},"exp":{},"nonce":"00"}}"#, audience(), NOW - 1);
    assert_eq!(check(&raw(&header(), &backwards), NOW), Err(TokenError::Life));
    let never = format!(r#"{{"aud":"{}","iat":{},"exp":{},"nonce":"00"}}"#, audience(), u64::MAX, u64::MAX);
    assert_eq!(check(&raw(&header(), &never), NOW), Err(TokenError::Life));
}

#[test]
fn audience_is_checked() {
    for (chain, node) in [(8, 3), (7, 4)] {
        let other = Audience::node(ChainId(Hash32([chain; 32])), OrgId(node));
        assert_eq!(check(&make(&key(1), &other, NOW, 60, &[9; 16], &[]), NOW), Err(TokenError::Audience));
    }
}

#[test]
fn another_key_or_signature_is_refused() {
    assert_eq!(check(&make(&key(2), &audience(), NOW, 60, &[9; 16], &[]), NOW), Err(TokenError::Signature));
    // The right key id with another key's signature.
    let forged = raw(&header(), &claims(""));
    let input = forged.rsplit_once('.').map(|(input, _)| input).unwrap();
    let signature = key(2).sign_token(input.as_bytes());
    let forged = format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.0));
    assert_eq!(check(&forged, NOW), Err(TokenError::Signature));
}

#[test]
fn every_flipped_bit_is_refused() {
    let token = token();
    for index in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(check(&text, NOW).is_err(), "byte {index} bit {bit}");
        }
    }
}

#[test]
fn every_truncation_and_extension_is_refused() {
    let token = token();
    for len in 0..token.len() {
        assert!(check(&token[..len], NOW).is_err(), "length {len}");
    }
    for extra in ["=", ".", "A", " ", "\n", "AA", ".e30"] {
        assert!(check(&format!("{token}{extra}"), NOW).is_err(), "{extra:?}");
    }
}

#[test]
fn headers_other_than_ours_are_refused() {
    let kid = key(1).public().id();
    for header in [
        format!(r#"{{"alg":"none","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#),
        r#"{"alg":"EdDSA"}"#.to_owned(),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","jku":"https://example.org"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","crit":[]}}"#),
        format!(r#"{{"alg":"none","alg":"EdDSA","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}"}} x"#),
        format!(r#"["EdDSA","{kid}","#),
        String::new(),
    ] {
        assert_eq!(check(&raw(&header, &claims("")), NOW), Err(TokenError::Header), "{header}");
    }
}

#[test]
fn claims_other_than_ours_are_refused() {
    for extra in [r#","sub":"x""#, r#","exp":9"#, r#","mandates":["x"]"#, r#","iat":-1"#] {
        assert_eq!(check(&raw(&header(), &claims(extra)), NOW), Err(TokenError::Claims), "{extra}");
    }
    let floats = format!(r#"{{"aud":"{}","iat":{NOW}.0,"exp":{},"nonce":"00"}}"#, audience(), NOW + 60);
    assert_eq!(check(&raw(&header(), &floats), NOW), Err(TokenError::Claims));
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(Parsed::parse(&"A".repeat(TOKEN_BYTES_MAX + 1)).map(|_| ()), Err(TokenError::TooLong));
    let deep = "[".repeat(300);
    assert!(check(&raw(&deep, &deep), NOW).is_err());
}
