//! INV-25: of what identifies a person, a policy or a bill, nothing is left on the ledger, in no form.

use std::collections::BTreeMap;

use assent_types::action::Action;
use assent_types::bill::RegisterBill;
use assent_types::hash::{Tag, tagged};
use assent_types::{BillNullifier, Hash32, encode};
use base64::Engine as _;
use sha2::Digest as _;

use super::claim_walk::bill_number;
use super::follow::*;
use crate::testing::claims::hkd;
use crate::testing::*;

/// Identifiers of the people whose records the walks are about: names, numbers of identity cards of three places, a
/// passport, telephones, policies.
const IDENTIFIERS: [&str; 10] = [
    "Chan Tai-man",
    "陳大文",
    "A123456(7)",
    "440305198001010011",
    "1234567(8)",
    "H60123456",
    "+852 9123 4567",
    "13800138000",
    "HK-MED-2023-004711",
    "GBA-CI-88-0001742",
];

/// The forms in which an identifier could be left behind: plain, in either case, in hexadecimal and base64, and hashed
/// without a salt, under every hash that the ledger or its libraries compute.
fn forms(identifier: &str) -> Vec<Vec<u8>> {
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    let mut forms: Vec<Vec<u8>> = Vec::new();
    for text in [identifier.to_owned(), identifier.to_uppercase(), identifier.to_lowercase()] {
        let bytes = text.as_bytes();
        let tags = [Tag::Transaction, Tag::ReceiptSeed, Tag::Possession, Tag::Consent];
        let mut hashes = vec![
            sha2::Sha224::digest(bytes).to_vec(),
            sha2::Sha256::digest(bytes).to_vec(),
            sha2::Sha256::digest(sha2::Sha256::digest(bytes)).to_vec(),
            sha2::Sha384::digest(bytes).to_vec(),
            sha2::Sha512::digest(bytes).to_vec(),
            sha2::Sha512_256::digest(bytes).to_vec(),
        ];
        hashes.extend(tags.map(|tag| tagged(tag, bytes).0.to_vec()));
        for hash in hashes {
            forms.push(hex::encode(&hash).into_bytes());
            forms.push(hash);
        }
        forms.push(hex::encode(bytes).into_bytes());
        forms.push(hex::encode_upper(bytes).into_bytes());
        forms.push(STANDARD_NO_PAD.encode(bytes).into_bytes());
        forms.push(URL_SAFE_NO_PAD.encode(bytes).into_bytes());
        forms.push(text.into_bytes());
    }
    forms
}

/// Finds any of many texts in bytes, in one pass.
struct Finder {
    /// The texts by their first two bytes.
    by_start: BTreeMap<[u8; 2], Vec<Vec<u8>>>,
    starts: Vec<bool>,
}

fn start_of(pair: [u8; 2]) -> usize {
    usize::from(u16::from_be_bytes(pair))
}

impl Finder {
    fn new() -> Self {
        let bills: Vec<String> = (1..=200).map(bill_number).collect();
        let identifiers = IDENTIFIERS.into_iter().chain(bills.iter().map(String::as_str));
        let mut finder = Self { by_start: BTreeMap::new(), starts: vec![false; 1 << 16] };
        for form in identifiers.flat_map(forms) {
            let start = [form[0], form[1]];
            finder.starts[start_of(start)] = true;
            finder.by_start.entry(start).or_default().push(form);
        }
        finder
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        bytes.windows(2).enumerate().any(|(at, pair)| {
            let start = [pair[0], pair[1]];
            self.starts[start_of(start)] && self.by_start[&start].iter().any(|form| bytes[at..].starts_with(form))
        })
    }
}

/// Everything that a block leaves behind: its transactions, receipts and events, records, indexes and logs. Counts
/// kilobytes.
fn nothing_identifies() -> Checker {
    let finder = Finder::new();
    Box::new(move |step| {
        let outcome = step.outcome;
        let mut left: Vec<(&str, Vec<u8>)> = step.txs.iter().map(|tx| ("transaction", tx.to_bytes())).collect();
        left.extend(
            outcome
                .receipts
                .iter()
                .flat_map(|(receipt, details)| [("receipt", encode(receipt)), ("event", encode(details))]),
        );
        left.extend(outcome.writes.values().map(|value| ("record", encode(value))));
        left.extend(outcome.log_entries.iter().map(|entry| ("log entry", encode(entry))));
        left.extend(outcome.access_entries.iter().map(|entry| ("log entry", encode(entry))));
        let deadlines = outcome.deadlines_added.iter().chain(&outcome.deadlines_removed);
        left.extend(deadlines.map(|deadline| ("index", encode(&(deadline.at, deadline.key, deadline.id)))));
        let found = left.iter().find(|(_, bytes)| finder.finds(bytes));
        ensure(found.is_none(), || format!("an identifier was left in a {}", found.map_or("", |(what, _)| what)))?;
        Ok(left.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>() / 1_000)
    })
}

pub(super) const INV_25: Property = Property::of_blocks("INV-25", 1_000, nothing_identifies);

/// Looks at the block of one act.
fn looked_at(key: &assent_types::key::SecretKey, action: Action) -> Result<u64, String> {
    let mut world = World::with_subjects(1);
    let before = world.clone();
    let txs = [world.tx(key, action)];
    let outcome = world.run(&txs);
    nothing_identifies()(&Step::new((&before, &world), &txs, &outcome, crate::tables()))
}

#[test]
fn inv_25_no_bill_number_is_left_on_the_ledger() {
    // A hospital that hashes its numbers instead of keying them is noticed, whatever it hashes with and whatever case.
    let number = bill_number(7);
    let plain = [
        sha2::Sha256::digest(number.as_bytes()).into(),
        sha2::Sha512_256::digest(number.as_bytes()).into(),
        tagged(Tag::Consent, number.as_bytes()).0,
    ];
    for hash in plain {
        let nullifier = BillNullifier(Hash32(hash));
        let register = RegisterBill { nullifier, issuer: HKH, total: hkd(5), attestation: None };
        assert!(looked_at(&signing(HKH), Action::RegisterBill(register)).is_err());
    }
}

#[test]
fn inv_25_no_identifier_is_left_in_any_form() {
    for identifier in IDENTIFIERS {
        for form in forms(identifier) {
            // As a clerk's reference, as a reason for a look-up, as a notice: wherever there is room for bytes.
            let mut bytes = [0x5a; 32];
            let room = form.len().min(32);
            bytes[32 - room..].copy_from_slice(&form[..room]);
            if form.len() > 32 {
                continue;
            }
            let mut consent = terms(1, SZH, &[SZH2]);
            consent.policy.notice = Hash32(bytes);
            let found = looked_at(&subject_key(1), grant_action(consent, assent_types::consent::Grantor::Subject));
            assert!(found.is_err(), "{identifier} as {form:?}");
        }
    }
    let clean = grant_action(terms(1, SZH, &[SZH2]), assent_types::consent::Grantor::Subject);
    assert!(looked_at(&subject_key(1), clean).is_ok());
}
