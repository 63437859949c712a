//! What is wrong with bytes is told by number: E101, E102, E107 or E108.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod samples;

use assent_types::block::Block;
use assent_types::codec::TooMany;
use assent_types::consent::{Categories, Category, Obligations, Purpose, Redisclosure};
use assent_types::limits::{BODY_BYTES_MAX, TX_BYTES_MAX};
use assent_types::state::StateKey;
use assent_types::tx::{CoSignature, Transaction};
use assent_types::{Bytes, DecodeError, ErrorCode, List, OrgId, Set, Text, decode, encode};
use borsh::BorshDeserialize;

fn code<T: BorshDeserialize + std::fmt::Debug>(bytes: &[u8]) -> ErrorCode {
    decode::<T>(bytes).unwrap_err().code
}

/// borsh's derived decoders say what an unknown tag is by text alone; this pins the text that the codec relies on.
#[test]
fn unknown_enum_tags_are_e108() {
    let error = decode::<Purpose>(&[99]).unwrap_err();
    assert_eq!(error, DecodeError::new(ErrorCode::UnknownCode, "Unexpected variant tag: 99"));
    assert_eq!(code::<Purpose>(&[0]), ErrorCode::UnknownCode);
    assert_eq!(code::<Redisclosure>(&[2]), ErrorCode::UnknownCode);
    assert_eq!(code::<StateKey>(&[12]), ErrorCode::UnknownCode);
    let mut action = encode(&samples::actions()[4]);
    action[0] = 200;
    assert_eq!(code::<assent_types::action::Action>(&action), ErrorCode::UnknownCode);
}

#[test]
fn unknown_mask_bits_are_e108() {
    let all = encode(&Categories::all());
    assert_eq!(decode::<Categories>(&all), Ok(Categories::all()));
    let above = Category::ALL.len();
    for bit in above..32 {
        let bits = 1u32 << bit;
        assert_eq!(code::<Categories>(&bits.to_le_bytes()), ErrorCode::UnknownCode, "bit {bit}");
    }
    assert_eq!(code::<Obligations>(&[0, 0x80]), ErrorCode::UnknownCode);
}

#[test]
fn truncated_and_trailing_bytes_are_e101() {
    let bytes = encode(&samples::terms());
    for len in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(code::<assent_types::consent::ConsentTerms>(&bytes[..len]), ErrorCode::Decode, "{len}");
    }
    let error = decode::<u32>(&[0; 6]).unwrap_err();
    assert_eq!(error, DecodeError::new(ErrorCode::Decode, "2 trailing bytes"));
    assert_eq!(code::<Text<8>>(&[1, 0, 0, 0, 0xff]), ErrorCode::Decode, "not UTF-8");
    assert_eq!(code::<bool>(&[2]), ErrorCode::Decode);
    assert_eq!(code::<Option<u8>>(&[2, 0]), ErrorCode::Decode);
    assert_eq!(code::<Bytes<10>>(&[5, 0, 0, 0, 1]), ErrorCode::Decode, "claims more than there is");
}

#[test]
fn unordered_and_repeated_elements_are_e102() {
    type Orgs = Set<OrgId, 4>;
    let raw = |orgs: &[u32]| encode(&orgs.iter().copied().map(OrgId).collect::<Vec<_>>());
    assert!(decode::<Orgs>(&raw(&[1, 2, 9])).is_ok());
    assert_eq!(code::<Orgs>(&raw(&[2, 1])), ErrorCode::NonCanonical);
    assert_eq!(code::<Orgs>(&raw(&[2, 2])), ErrorCode::NonCanonical);
    assert_eq!(Orgs::new([OrgId(2), OrgId(1), OrgId(2)]).unwrap().to_vec(), [OrgId(1), OrgId(2)]);
    let mut validators = samples::validators().validators().to_vec();
    validators.swap(0, 1);
    assert_eq!(code::<assent_types::validator::ValidatorSet>(&encode(&validators)), ErrorCode::NonCanonical);
}

#[test]
fn bounds_are_e107_before_memory_is_taken() {
    assert_eq!(code::<List<u8, 3>>(&encode(&vec![0u8; 4])), ErrorCode::TooLarge);
    assert_eq!(code::<Set<u8, 3>>(&encode(&vec![0u8, 1, 2, 3])), ErrorCode::TooLarge);
    assert_eq!(code::<Bytes<3>>(&encode(&vec![0u8; 4])), ErrorCode::TooLarge);
    assert_eq!(code::<Text<3>>(&encode("four")), ErrorCode::TooLarge);
    // A length of four thousand million in front of nothing.
    assert_eq!(code::<List<u64, { usize::MAX }>>(&[0xff; 4]), ErrorCode::Decode);
    assert_eq!(code::<Bytes<{ usize::MAX }>>(&[0xff; 4]), ErrorCode::Decode);
    assert_eq!(List::<u8, 3>::new(vec![0; 4]), Err(TooMany(3)));
    assert_eq!(List::<u8, 1>::new(vec![0]).unwrap().push(0), Err(TooMany(1)));
    assert_eq!(Text::<3>::new("four"), Err(TooMany(3)));
}

#[test]
fn transactions_are_checked_as_a_whole() {
    let tx = samples::transaction();
    assert_eq!(Transaction::from_bytes(&tx.to_bytes()).as_ref(), Ok(&tx));
    let refused = |bytes: &[u8]| Transaction::from_bytes(bytes).unwrap_err().code;
    assert_eq!(refused(&vec![0; TX_BYTES_MAX + 1]), ErrorCode::TooLarge);
    let mut other = tx.clone();
    other.body.format = 9;
    assert_eq!(refused(&other.to_bytes()), ErrorCode::UnknownCode);
    let mut cosignatures: Vec<CoSignature> = tx.cosignatures.to_vec();
    cosignatures.reverse();
    let reversed = Transaction { cosignatures: List::new(cosignatures).unwrap(), ..tx.clone() };
    assert_eq!(refused(&reversed.to_bytes()), ErrorCode::NonCanonical);
    let twice = Transaction { cosignatures: List::new(vec![tx.cosignatures[0]; 2]).unwrap(), ..tx.clone() };
    assert_eq!(refused(&twice.to_bytes()), ErrorCode::NonCanonical);
    assert_ne!(tx.hash(), reversed.hash(), "the identifier covers co-signatures");
}

#[test]
fn blocks_are_checked_as_a_whole() {
    let block = samples::block();
    assert_eq!(Block::from_bytes(&block.to_bytes()).as_ref(), Ok(&block));
    assert_eq!(Block::from_bytes(&vec![0; BODY_BYTES_MAX + 1]).unwrap_err().code, ErrorCode::TooLarge);
    let mut other = block;
    other.header.format = 0;
    assert_eq!(Block::from_bytes(&other.to_bytes()).unwrap_err().code, ErrorCode::UnknownCode);
}

#[test]
fn codes_have_one_text_and_one_number() {
    for purpose in Purpose::ALL {
        assert_eq!(Purpose::from_code(purpose.code()), Some(*purpose));
        assert_eq!(encode(purpose), [*purpose as u8]);
    }
    assert_eq!("NOTHING".parse::<Purpose>().unwrap_err(), "\"NOTHING\" is not one of Purpose");
    let numbers: std::collections::BTreeSet<u16> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(numbers.len(), ErrorCode::ALL.len());
    assert!(ErrorCode::ALL.iter().all(|code| ErrorCode::from_number(code.number()) == Some(*code)));
    assert_eq!(ErrorCode::from_number(0), None);
}
