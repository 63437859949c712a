//! Text that people and programs write: genesis documents, API tokens, and what a patient's phone hands over in files.

use assent_client::token::{Audience, Parsed, make};
use assent_client::vault::ToConfirm;
use assent_genesis::{GenesisDoc, build, sample};
use assent_types::action::Action;
use assent_types::claim_code::ClaimCode;
use assent_types::ids::HpkeKey;
use assent_types::session::ConfirmToken;
use assent_types::{MandateId, Millis, OrgId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::{Answer, first_word, samples, stable};
use super::{Corpus, Entry, numbered, text};

const AUDIENCE: Audience = Audience::node(samples::CHAIN, OrgId(1));

const NOW_S: u64 = 1_700_000_000;

pub(super) const TARGETS: &[Entry] = &[
    (text("genesis-document", genesis), genesis_corpus),
    (text("token", token), || numbered([token_text().into_bytes()])),
    (text("token-parts", token_parts), token_parts_corpus),
    (text("claim-code-file", json::<ClaimCode>), claim_code_corpus),
    (text("to-confirm", json::<ToConfirm>), to_confirm_corpus),
    (text("confirm-token", json::<ConfirmToken>), confirm_token_corpus),
];

/// A file in JSON.
fn json<T: DeserializeOwned + Serialize + PartialEq>(input: &[u8]) -> Answer {
    stable(input, |text| serde_json::from_str::<T>(text), |value| serde_json::to_string(value))
}

fn claim_code_corpus() -> Corpus {
    let codes = samples::actions().into_iter().filter_map(|action| match action {
        Action::RedeemClaimCode(redeem) => serde_json::to_vec(&redeem.code).ok(),
        _ => None,
    });
    numbered(codes)
}

fn to_confirm() -> ToConfirm {
    let reply_key = HpkeKey(samples::hash(5));
    ToConfirm { chain: samples::CHAIN, request: samples::documents_request(), reply_key }
}

fn to_confirm_corpus() -> Corpus {
    numbered(serde_json::to_vec(&to_confirm()))
}

fn confirm_token_corpus() -> Corpus {
    numbered(serde_json::to_vec(&to_confirm().confirm(&samples::key(1), Millis(9))))
}

/// A document that is read must also survive validation and, if it is valid, building the first state.
fn genesis(input: &[u8]) -> Answer {
    stable(input, GenesisDoc::from_toml, |document| {
        if document.validate().is_ok() {
            let _ = build(document);
        }
        let _ = document.warnings();
        document.to_toml()
    })
}

fn genesis_corpus() -> Corpus {
    let mut n = 0;
    let seeds = || {
        n += 1;
        [n; 32]
    };
    let (document, _) = sample::simulated(4, Millis(1_700_000_000_000), seeds);
    numbered(document.to_toml().map(String::into_bytes))
}

/// A token that is read must also survive its checks.
fn token(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    match Parsed::parse(text) {
        Ok(parsed) => {
            let _ = (parsed.check(&AUDIENCE, NOW_S), parsed.verify(&samples::key(1).public()));
            Answer::Accepted
        }
        Err(error) => Answer::Refused(first_word(&format!("{error:?}"))),
    }
}

/// The same with header and claims in clear, one on each line, so that mutations reach what is inside the encoding.
fn token_parts(input: &[u8]) -> Answer {
    let mut lines = input.splitn(2, |byte| *byte == b'\n');
    let mut part = || URL_SAFE_NO_PAD.encode(lines.next().unwrap_or_default());
    let signature = URL_SAFE_NO_PAD.encode([7; 64]);
    token(format!("{}.{}.{signature}", part(), part()).as_bytes())
}

fn token_text() -> String {
    make(&samples::key(1), &AUDIENCE, NOW_S, 60, &[5; 16], &[MandateId(samples::hash(11))])
}

fn token_parts_corpus() -> Corpus {
    let token = token_text();
    let parts: Vec<Vec<u8>> = token.split('.').take(2).filter_map(|part| URL_SAFE_NO_PAD.decode(part).ok()).collect();
    numbered([parts.join(&b'\n')])
}
