use assent_proofs::ProofError as E;
use assent_proofs::bundle::{
    Bundle, Claim, ClaimError as C, Consistency, EarlierHeader, FinalityError as F, LogReceipt, VerifyError as V,
};
use assent_proofs::log::{prove_consistency, prove_inclusion};
use assent_proofs::testing::{TestChain, certify, test_key};
use assent_types::receipt::{OpenedEvent, Opening};
use assent_types::validator::{CertificateError as Cert, CommitSignature};
use assent_types::{ChainId, DecodeError, ErrorCode, Hash32, Height, List, Millis, OrgId, TxHash};

use super::{Forgery, body, byte_forgeries, edit, forgeries, seal};

fn claimed(bundle: &mut Bundle) -> &mut LogReceipt {
    match &mut bundle.claim {
        Claim::Receipt(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn earlier_of(bundle: &mut Bundle) -> &mut EarlierHeader {
    match &mut bundle.claim {
        Claim::Header(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn older_of(bundle: &mut Bundle) -> &mut Consistency {
    match &mut bundle.claim {
        Claim::Consistency(claim) => claim,
        other => panic!("{other:?}"),
    }
}

/// The claim's proof list made one longer than its bound.
fn over_long_proof(bundle: &Bundle, len_at_from_end: usize) -> Vec<u8> {
    let mut body = body(bundle);
    let at = body.len() - len_at_from_end;
    body[at..at + 4].copy_from_slice(&64u32.to_le_bytes());
    seal(body)
}

/// Forgeries of a receipt: of height 6, index 0, opened, under header 9.
pub(crate) fn receipt() -> Vec<Forgery> {
    let mut all = forgeries! {
        "a refusal shown as success", V::Claim(C::Log(E::Root { .. })) => |c, b| {
            b.claim = c.receipt_claim(6, 2, 9, true);
            claimed(b).receipt.code = 0;
        };
        "a success shown as refusal", V::Claim(C::Log(E::Root { .. })) => |_, b| claimed(b).receipt.code = 302;
        "another height", V::Claim(C::Log(E::Root { .. })) => |_, b| claimed(b).receipt.height = Height(5);
        "another time", V::Claim(C::Log(E::Root { .. })) => |_, b| claimed(b).receipt.time = Millis(1);
        "another place in the block", V::Claim(C::Log(E::Root { .. })) => |_, b| claimed(b).receipt.index += 1;
        "another transaction", V::Claim(C::Log(E::Root { .. })) => |_, b|
            claimed(b).receipt.tx = TxHash(Hash32::ZERO);
        "other details committed to", V::Claim(C::Log(E::Root { .. })) => |_, b|
            claimed(b).receipt.details = Hash32::ZERO;
        "unknown format", V::Claim(C::ReceiptFormat(2)) => |_, b| claimed(b).receipt.format = 2;
        "next entry", V::Claim(C::Log(_)) => |_, b| claimed(b).index += 1;
        "entry before", V::Claim(C::Log(_)) => |_, b| claimed(b).index -= 1;
        "entry at the end", V::Claim(C::Log(E::Range { .. })) => |c, b|
            claimed(b).index = c.block(9).header.log_size;
        "entry far out", V::Claim(C::Log(E::Range { .. })) => |_, b| claimed(b).index = u64::MAX;
        "proof cut", V::Claim(C::Log(E::Length { .. })) => |_, b| edit(&mut claimed(b).proof, |p| p.truncate(p.len() - 1));
        "proof empty", V::Claim(C::Log(E::Length { .. })) => |_, b| edit(&mut claimed(b).proof, Vec::clear);
        "proof extended", V::Claim(C::Log(E::Length { .. })) => |_, b|
            edit(&mut claimed(b).proof, |p| p.push(Hash32::ZERO));
        "proof in reverse", V::Claim(C::Log(E::Root { .. })) => |_, b| edit(&mut claimed(b).proof, |p| p.reverse());
        "proof with a zero", V::Claim(C::Log(E::Root { .. })) => |_, b|
            edit(&mut claimed(b).proof, |p| p[0] = Hash32::ZERO);
        "proof of another receipt", V::Claim(C::Log(E::Root { .. })) => |c, b| {
            let index = claimed(b).index ^ 1;
            let proof = prove_inclusion(&c.tiles, index, c.block(9).header.log_size).unwrap();
            edit(&mut claimed(b).proof, |p| *p = proof);
        };
        "proof in an older log", V::Claim(C::Log(_)) => |c, b| {
            let proof = prove_inclusion(&c.tiles, claimed(b).index, c.block(6).header.log_size).unwrap();
            edit(&mut claimed(b).proof, |p| *p = proof);
        };
        "proof in the log of the next header", V::Claim(C::Log(_)) => |c, b| {
            let proof = prove_inclusion(&c.tiles, claimed(b).index, c.block(10).header.log_size).unwrap();
            edit(&mut claimed(b).proof, |p| *p = proof);
        };
        "an inner node as entry", V::Claim(C::Log(_)) => |_, b| {
            claimed(b).index /= 2;
            edit(&mut claimed(b).proof, |p| *p = p.split_off(1));
        };
        "receipt of a rewritten history", V::Claim(C::Log(E::Root { .. })) => |_, b|
            b.claim = TestChain::rewritten().receipt_claim(7, 0, 9, true);
        "receipt later than the header", V::Claim(C::Log(E::Range { .. })) => |c, b| {
            b.claim = c.receipt_claim(10, 3, 10, true);
        };
        "details of another receipt", V::Claim(C::Details { .. }) => |c, b|
            claimed(b).details = Some(c.block(6).receipts[1].1.open(|_| true));
    };
    all.extend(byte_forgeries! {
        "proof over its bound", V::Decode(DecodeError { code: ErrorCode::TooLarge, .. }) => |_, b| {
            claimed(b).details = None;
            let proof = claimed(b).proof.len() * 32;
            over_long_proof(b, 1 + proof + 4)
        };
        "receipt shown as an earlier header", V::Decode(_) => |_, b| {
            let claim = borsh::to_vec(&b.claim).unwrap().len();
            let mut body = body(b);
            let at = body.len() - claim;
            body[at] = 3;
            seal(body)
        };
    });
    all
}

fn opened(bundle: &mut Bundle) -> &mut Opening {
    claimed(bundle).details.as_mut().unwrap()
}

/// The same receipt as organisation 3 sees it: its events 2 and 3 of five, and a hash in place of 0 and 1 and one of 4.
pub(crate) fn opening_bundle(chain: &TestChain) -> Bundle {
    chain.bundle(9, chain.opened_claim(6, 0, 9, |event| event.parties.contains(&OrgId(3))))
}

/// Forgeries of [`opening_bundle`].
pub(crate) fn opening() -> Vec<Forgery> {
    forgeries! {
        "another salt", V::Claim(C::Details { .. }) => |_, b| opened(b).salt = Hash32::ZERO;
        "another salt of an event", V::Claim(C::Details { .. }) => |_, b|
            edit(&mut opened(b).events, |events| events[0].salt = events[1].salt);
        "salts swapped", V::Claim(C::Details { .. }) => |_, b| edit(&mut opened(b).events, |events| {
            (events[0].salt, events[1].salt) = (events[1].salt, events[0].salt);
        });
        "another signer", V::Claim(C::Details { .. }) => |_, b|
            opened(b).signer = Some(test_key(OrgId(2)).public().id());
        "signer hidden", V::Claim(C::Details { .. }) => |_, b| opened(b).signer = None;
        "another party", V::Claim(C::Details { .. }) => |_, b|
            edit(&mut opened(b).events, |events| events[0].event.parties = List::new(vec![OrgId(1)]).unwrap());
        "an event of the receipt in another's place", V::Claim(C::Details { .. }) => |c, b| {
            let other = c.block(6).receipts[0].1.open(|_| true).events[1].clone();
            edit(&mut opened(b).events, |events| events[0] = OpenedEvent { index: 2, ..other });
        };
        "an event of another receipt", V::Claim(C::Details { .. }) => |c, b| {
            let other = c.block(6).receipts[1].1.open(|_| true).events[2].clone();
            edit(&mut opened(b).events, |events| events[0] = other);
        };
        "events swapped", V::Claim(C::Details { .. }) => |_, b| edit(&mut opened(b).events, |events| {
            events.swap(0, 1);
            (events[0].index, events[1].index) = (2, 3);
        });
        "events out of order", V::Claim(C::Opening) => |_, b| edit(&mut opened(b).events, |events| events.swap(0, 1));
        "an event twice", V::Claim(C::Opening) => |_, b|
            edit(&mut opened(b).events, |events| events.insert(0, events[0].clone()));
        "an event in a hidden one's place", V::Claim(C::Opening) => |_, b|
            edit(&mut opened(b).events, |events| events[0].index = 1);
        "an event beyond the last", V::Claim(C::Opening) => |_, b|
            edit(&mut opened(b).events, |events| events[1].index = 5);
        "an event left out", V::Claim(C::Opening) => |_, b| edit(&mut opened(b).events, |events| {
            events.pop();
        });
        "all events left out", V::Claim(C::Opening) => |_, b| edit(&mut opened(b).events, Vec::clear);
        "hidden events denied", V::Claim(C::Details { .. }) => |_, b| {
            edit(&mut opened(b).hidden, Vec::clear);
            edit(&mut opened(b).events, |events| (0..).zip(events).for_each(|(index, event)| event.index = index));
            opened(b).count = 2;
        };
        "one event fewer", V::Claim(C::Details { .. } | C::Opening) => |_, b| {
            edit(&mut opened(b).hidden, |hidden| hidden.truncate(1));
            opened(b).count = 4;
        };
        "a count that the same hashes fit", V::Claim(C::Details { .. }) => |_, b| opened(b).count = 6;
        "a count without bound", V::Claim(C::Opening) => |_, b| opened(b).count = u32::MAX;
        "a hidden hash left out", V::Claim(C::Opening) => |_, b| edit(&mut opened(b).hidden, |hidden| {
            hidden.pop();
        });
        "a hidden hash too many", V::Claim(C::Opening) => |_, b|
            edit(&mut opened(b).hidden, |hidden| hidden.push(Hash32::ZERO));
        "hidden hashes swapped", V::Claim(C::Details { .. }) => |_, b|
            edit(&mut opened(b).hidden, |hidden| hidden.swap(0, 1));
        "less than the largest subtree hidden", V::Claim(C::Opening) => |c, b| {
            let rest = c.block(6).receipts[0].1.open(|event| event.parties.contains(&OrgId(2))).hidden;
            edit(&mut opened(b).events, Vec::clear);
            edit(&mut opened(b).hidden, |hidden| *hidden = [&hidden[..1], &rest].concat());
        };
        "opening of another receipt", V::Claim(C::Details { .. }) => |c, b|
            claimed(b).details = Some(c.block(6).receipts[1].1.open(|event| event.parties.contains(&OrgId(3))));
    }
}

/// Forgeries of an earlier header: of height 3, under header 9.
pub(crate) fn earlier() -> Vec<Forgery> {
    let mut all = forgeries! {
        "another state root", V::Claim(C::Log(E::Root { .. })) => |_, b|
            earlier_of(b).header.state_root = Hash32::ZERO;
        "another time", V::Claim(C::Log(E::Root { .. })) => |_, b| earlier_of(b).header.time = Millis(1);
        "another height", V::Claim(C::Log(E::Root { .. })) => |_, b| earlier_of(b).header.height = Height(2);
        "another parent", V::Claim(C::Log(E::Root { .. })) => |c, b|
            earlier_of(b).header.previous = c.block(1).header.hash();
        "another chain", V::Claim(C::Log(E::Root { .. })) => |_, b|
            earlier_of(b).header.chain = ChainId(Hash32::ZERO);
        "another format", V::Claim(C::Log(E::Root { .. })) => |_, b| earlier_of(b).header.format = 2;
        "another proposer", V::Claim(C::Log(E::Root { .. })) => |_, b| earlier_of(b).header.proposer = OrgId(3);
        "other transactions", V::Claim(C::Log(E::Root { .. })) => |_, b|
            earlier_of(b).header.tx_root = Hash32::ZERO;
        "fewer transactions", V::Claim(C::Log(E::Root { .. })) => |_, b| earlier_of(b).header.tx_count = 0;
        "another log root", V::Claim(C::Log(E::Root { .. })) => |_, b|
            earlier_of(b).header.log_root = Hash32::ZERO;
        "log one entry longer", V::Claim(C::Log(_)) => |_, b| earlier_of(b).header.log_size += 1;
        "log one entry shorter", V::Claim(C::Log(_)) => |_, b| earlier_of(b).header.log_size -= 1;
        "log without bound", V::Claim(C::Log(E::Range { .. })) => |_, b| earlier_of(b).header.log_size = u64::MAX;
        "other validators", V::Claim(C::Log(E::Root { .. })) => |_, b|
            earlier_of(b).header.validators = Hash32::ZERO;
        "other parameters", V::Claim(C::Log(E::Root { .. })) => |_, b| earlier_of(b).header.params = Hash32::ZERO;
        "another version", V::Claim(C::Log(E::Root { .. })) => |_, b| earlier_of(b).header.app_version = 7;
        "proof cut", V::Claim(C::Log(E::Length { .. })) => |_, b| edit(&mut earlier_of(b).proof, |p| p.truncate(p.len() - 1));
        "proof extended", V::Claim(C::Log(E::Length { .. })) => |_, b|
            edit(&mut earlier_of(b).proof, |p| p.push(Hash32::ZERO));
        "proof in reverse", V::Claim(C::Log(E::Root { .. })) => |_, b| edit(&mut earlier_of(b).proof, |p| p.reverse());
        "proof in an older log", V::Claim(C::Log(_)) => |c, b| {
            let index = earlier_of(b).header.log_size;
            let proof = prove_inclusion(&c.tiles, index, c.block(5).header.log_size).unwrap();
            edit(&mut earlier_of(b).proof, |p| *p = proof);
        };
        "header of a rewritten history", V::Claim(C::Log(E::Root { .. })) => |_, b|
            b.claim = TestChain::rewritten().header_claim(7, 9);
        "the final header itself", V::Claim(C::Log(E::Range { .. })) => |c, b|
            earlier_of(b).header = c.block(9).header.clone();
        "a later header", V::Claim(C::Log(E::Range { .. })) => |c, b| b.claim = c.header_claim(9, 10);
    };
    all.extend(byte_forgeries! {
        "proof over its bound", V::Decode(DecodeError { code: ErrorCode::TooLarge, .. }) => |_, b| {
            let proof = earlier_of(b).proof.len() * 32;
            over_long_proof(b, proof + 4)
        };
    });
    all
}

fn older_signatures(bundle: &mut Bundle, change: impl FnOnce(&mut Vec<CommitSignature>)) {
    edit(&mut older_of(bundle).older.certificate.signatures, change);
}

/// Forgeries of consistency: of header 3 with header 9.
pub(crate) fn consistency() -> Vec<Forgery> {
    let mut all = forgeries! {
        "older signatures swapped", V::Claim(C::Older(F::Certificate(Cert::Signature(_)))) => |_, b|
            older_signatures(b, |s| {
                let first = s[0].signature;
                s[0].signature = s[1].signature;
                s[1].signature = first;
            });
        "older voter twice", V::Claim(C::Older(F::Certificate(Cert::Order))) => |_, b|
            older_signatures(b, |s| s.insert(0, s[0]));
        "older voter dropped", V::Claim(C::Older(F::Certificate(Cert::Power { .. }))) => |_, b|
            older_signatures(b, |s| s.truncate(s.len() - 1));
        "older voter of the later set", V::Claim(C::Older(F::Certificate(Cert::Stranger(OrgId(5))))) => |_, b| {
            let header = older_of(b).older.header.clone();
            older_of(b).older.certificate = certify(&header, 0, &[OrgId(1), OrgId(2), OrgId(5)]);
        };
        "older round changed", V::Claim(C::Older(F::Certificate(Cert::Signature(_)))) => |_, b|
            older_of(b).older.certificate.round += 1;
        "older certificate of another block", V::Claim(C::Older(F::Block)) => |c, b|
            older_of(b).older.certificate = c.block(2).certificate.clone();
        "older log one entry longer", V::Claim(C::Older(F::Block)) => |_, b| older_of(b).older.header.log_size += 1;
        "older log one entry shorter", V::Claim(C::Older(F::Block)) => |_, b| older_of(b).older.header.log_size -= 1;
        "older log root changed", V::Claim(C::Older(F::Block)) => |_, b|
            older_of(b).older.header.log_root = Hash32::ZERO;
        "older header signed by half the power", V::Claim(C::Older(F::Certificate(Cert::Power { .. }))) => |_, b| {
            let mut header = older_of(b).older.header.clone();
            header.log_root = Hash32::ZERO;
            older_of(b).older.certificate = certify(&header, 0, &[OrgId(1), OrgId(2)]);
            older_of(b).older.header = header;
        };
        "older header of another chain", V::Claim(C::Older(F::Chain(_))) => |_, b|
            older_of(b).older.header.chain = ChainId(Hash32::ZERO);
        "older header of an unknown format", V::Claim(C::Older(F::Format(9))) => |_, b|
            older_of(b).older.header.format = 9;
        "older header of height zero", V::Claim(C::Older(F::Height { .. })) => |_, b|
            older_of(b).older.header.height = Height(0);
        "older header moved behind the change", V::Claim(C::Older(F::Validators { .. })) => |_, b|
            older_of(b).older.header.height = Height(6);
        "older header not older", V::Claim(C::Order { .. }) => |c, b| older_of(b).older = c.finality(9);
        "older header later", V::Claim(C::Order { .. }) => |c, b| older_of(b).older = c.finality(10);
        "older and newer exchanged", V::Claim(C::Order { .. }) => |c, b| {
            older_of(b).older = c.finality(9);
            b.finality = c.finality(3);
            edit(&mut b.path, Vec::clear);
        };
        "proof cut", V::Claim(C::Consistency(E::Length { .. })) => |_, b|
            edit(&mut older_of(b).proof, |p| p.truncate(p.len() - 1));
        "proof empty", V::Claim(C::Consistency(E::Length { .. })) => |_, b| edit(&mut older_of(b).proof, Vec::clear);
        "proof extended", V::Claim(C::Consistency(E::Length { .. })) => |_, b|
            edit(&mut older_of(b).proof, |p| p.push(Hash32::ZERO));
        "proof in reverse", V::Claim(C::Consistency(E::Root { .. })) => |_, b|
            edit(&mut older_of(b).proof, |p| p.reverse());
        "proof with a zero", V::Claim(C::Consistency(E::Root { .. })) => |_, b|
            edit(&mut older_of(b).proof, |p| p[1] = Hash32::ZERO);
        "proof from another older size", V::Claim(C::Consistency(_)) => |c, b| {
            let sizes = [2, 9].map(|height| c.block(height).header.log_size);
            let proof = prove_consistency(&c.tiles, sizes[0], sizes[1]).unwrap();
            edit(&mut older_of(b).proof, |p| *p = proof);
        };
        "proof to another newer size", V::Claim(C::Consistency(_)) => |c, b| {
            let sizes = [3, 10].map(|height| c.block(height).header.log_size);
            let proof = prove_consistency(&c.tiles, sizes[0], sizes[1]).unwrap();
            edit(&mut older_of(b).proof, |p| *p = proof);
        };
        "history rewritten by its validators", V::Claim(C::Consistency(E::Root { .. })) => |c, b|
            *b = c.bundle(9, TestChain::rewritten().consistency_claim(8, 9));
    };
    all.extend(byte_forgeries! {
        "proof over its bound", V::Decode(DecodeError { code: ErrorCode::TooLarge, .. }) => |_, b| {
            let proof = older_of(b).proof.len() * 32;
            over_long_proof(b, proof + 4)
        };
    });
    all
}
