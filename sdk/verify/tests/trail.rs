//! Access trails: complete ones are accepted, and whatever is taken out, put in twice or swapped is refused.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::path::Path;

use assent_proofs::bundle::Claim;
use assent_proofs::testing::{BlockInput, TestChain};
use assent_types::access::{AccessRequest, Asked, Decision, UserRole};
use assent_types::codec::{List, Set};
use assent_types::consent::{DataAction, LogHead, Obligations, Purpose};
use assent_types::receipt::{Event, RowId};
use assent_types::session::{AccessBook, HpkeSuite, Session, SessionStatus};
use assent_types::state::{Record, StateKey};
use assent_types::{BlockHash, FacilityId, Hash32, Height, HpkeKey, KeyId, Millis, OrgId, SessionId, Sp};
use assent_verify::{TRAIL_HEAD, TrailError, verify_trail};

const SUBJECT: Sp = Sp(Hash32([1; 32]));
const CONTROLLER: OrgId = OrgId(1);
const OWN: [SessionId; 2] = [SessionId(Hash32([2; 32])), SessionId(Hash32([3; 32]))];
/// A session of the same subject with another controller, to which this one is party.
const FOREIGN: SessionId = SessionId(Hash32([4; 32]));
/// Height of the accesses, and of the head.
const HEIGHT: u64 = 11;

fn session(id: SessionId, controller: OrgId) -> (StateKey, Record) {
    let request = AccessRequest {
        requester: OrgId(3),
        facility: FacilityId(1),
        user_ref: Hash32([5; 32]),
        user_role: UserRole::Physician,
        subject: SUBJECT,
        controller,
        asked: Asked::Data(List::default()),
        purpose: Purpose::Treat,
        action: DataAction::Access,
        xborder_basis: None,
        btg: None,
    };
    let decision = Decision {
        permit: false,
        reasons: Set::default(),
        basis: List::default(),
        obligations: Obligations::EMPTY,
        valid_until: Millis(0),
        btg: false,
    };
    let session = Session {
        id,
        request,
        subject: SUBJECT,
        suite: HpkeSuite::X25519Sha256Aes256Gcm,
        reply_key: HpkeKey(Hash32([6; 32])),
        requested_by: KeyId(Hash32([7; 32])),
        parties: Set::new([CONTROLLER, OrgId(3)]).unwrap(),
        decision,
        height: Height(HEIGHT),
        decided_at: Millis(0),
        head: BlockHash(Hash32::ZERO),
        status: SessionStatus::Denied,
        deadline: None,
        serve_until: None,
        released_at: None,
        barred_from: None,
        changed_at: Millis(0),
        progress: List::default(),
        receipts: 0,
        receipt_head: Hash32::ZERO,
        post_revocation: false,
        confirmed: true,
        failure: None,
        retries: 0,
        resolution: None,
    };
    (StateKey::Session(id), Record::Session(Box::new(session)))
}

fn event(session: SessionId) -> Event {
    let parties = List::new(vec![CONTROLLER, OrgId(3)]).unwrap();
    Event { row: RowId(*b"AC", 2), object: session.0, subject: Some(SUBJECT), parties }
}

/// Height 11 has three own entries in two receipts, a foreign one and a consent's; height 12 has one more own entry.
fn chain() -> TestChain {
    let mut chain = TestChain::standard();
    assert_eq!(chain.height(), HEIGHT - 1, "the standard chain has grown: move the heights of this test");
    let book = |count| {
        let log = LogHead { count, ..LogHead::default() };
        let book = AccessBook { log, ..AccessBook::default() };
        (StateKey::Accesses(SUBJECT, CONTROLLER), Record::Accesses(Box::new(book)))
    };
    let consent = Event { row: RowId(*b"CN", 2), ..event(OWN[0]) };
    chain.push(BlockInput {
        events: vec![vec![event(OWN[0]), event(OWN[1])], vec![event(OWN[1]), consent], vec![event(FOREIGN)]],
        records: vec![book(3), session(OWN[0], CONTROLLER), session(OWN[1], CONTROLLER), session(FOREIGN, OrgId(2))],
        ..BlockInput::default()
    });
    chain.push(BlockInput { events: vec![vec![event(OWN[0])]], records: vec![book(4)], ..BlockInput::default() });
    chain
}

/// Writes the trail of height 11.
fn write(chain: &TestChain, folder: &Path) {
    let bundle = |claim: Claim| chain.bundle(HEIGHT, claim).to_bytes();
    let put = |name: &str, bytes: Vec<u8>| std::fs::write(folder.join(name), bytes).unwrap();
    put(TRAIL_HEAD, bundle(chain.state_claim(&[StateKey::Accesses(SUBJECT, CONTROLLER)], HEIGHT)));
    let sessions = [OWN[0], OWN[1], FOREIGN].map(StateKey::Session);
    put("sessions-0.bundle", bundle(chain.state_claim(&sessions, HEIGHT)));
    for index in 0..3 {
        put(&format!("11-{index}.bundle"), bundle(chain.receipt_claim(HEIGHT, index, HEIGHT, true)));
    }
}

#[test]
fn a_complete_trail_is_accepted_with_its_own_entries_only() {
    let (chain, folder) = (chain(), tempfile::tempdir().unwrap());
    write(&chain, folder.path());
    let trail = verify_trail(folder.path(), chain.genesis.chain_id()).unwrap();
    assert_eq!((trail.subject, trail.controller, trail.height), (SUBJECT, CONTROLLER, Height(HEIGHT)));
    let sessions: Vec<Hash32> = trail.entries.iter().map(|entry| entry.session).collect();
    assert_eq!(sessions, [OWN[0].0, OWN[1].0, OWN[1].0]);
    assert_eq!(trail.json()["entries"].as_array().unwrap().len(), 3);
    assert_eq!(trail.describe()[2], "3 entries up to height 11, and no others");
}

/// One sweep may move sessions of two subjects: what is shown of the one says nothing of the other.
#[test]
fn a_trail_is_complete_without_the_events_of_others() {
    let (mut chain, folder) = (chain(), tempfile::tempdir().unwrap());
    let other = Event { subject: Some(Sp(Hash32([9; 32]))), ..event(SessionId(Hash32([8; 32]))) };
    chain.push(BlockInput { events: vec![vec![other, event(OWN[1])]], ..BlockInput::default() });
    let log = LogHead { count: 5, ..LogHead::default() };
    let record = Record::Accesses(Box::new(AccessBook { log, ..AccessBook::default() }));
    let records = vec![(StateKey::Accesses(SUBJECT, CONTROLLER), record)];
    let height = chain.push(BlockInput { records, ..BlockInput::default() }).header.height.0;
    write(&chain, folder.path());
    let log = chain.state_claim(&[StateKey::Accesses(SUBJECT, CONTROLLER)], height);
    replace(&chain, folder.path(), TRAIL_HEAD, height, log);
    replace(&chain, folder.path(), "12-0.bundle", 12, chain.receipt_claim(12, 0, 12, true));
    let own = |event: &Event| event.subject == Some(SUBJECT);
    replace(&chain, folder.path(), "13-0.bundle", 13, chain.opened_claim(13, 0, 13, own));
    let trail = verify_trail(folder.path(), chain.genesis.chain_id()).unwrap();
    assert_eq!(trail.entries.len(), 5);
    let bytes = std::fs::read(folder.path().join("13-0.bundle")).unwrap();
    assert!(!bytes.windows(32).any(|window| window == [9; 32]), "the other subject's pseudonym");
    let whole = chain.bundle(13, chain.receipt_claim(13, 0, 13, true)).to_bytes();
    assert!(whole.windows(32).any(|window| window == [9; 32]), "the check can tell");
}

/// What is done to a complete trail, and the error that names it.
type Forgery = (&'static str, fn(&TestChain, &Path), fn(&TrailError) -> bool);

fn copy(folder: &Path, from: &str, to: &str) {
    std::fs::copy(folder.join(from), folder.join(to)).unwrap();
}

fn remove(folder: &Path, name: &str) {
    std::fs::remove_file(folder.join(name)).unwrap();
}

fn replace(chain: &TestChain, folder: &Path, name: &str, height: u64, claim: Claim) {
    std::fs::write(folder.join(name), chain.bundle(height, claim).to_bytes()).unwrap();
}

const FORGERIES: [Forgery; 15] = [
    (
        "a receipt left out",
        |_, at| remove(at, "11-1.bundle"),
        |e| matches!(e, TrailError::Incomplete { expected: 3, found: 2 }),
    ),
    (
        "a receipt with two entries left out",
        |_, at| remove(at, "11-0.bundle"),
        |e| matches!(e, TrailError::Incomplete { expected: 3, found: 1 }),
    ),
    ("a receipt twice", |_, at| copy(at, "11-1.bundle", "x.bundle"), |e| matches!(e, TrailError::Foreign { .. })),
    (
        "a receipt twice in place of another",
        |_, at| copy(at, "11-0.bundle", "11-1.bundle"),
        |e| matches!(e, TrailError::Foreign { .. }),
    ),
    (
        "the sessions left out",
        |_, at| remove(at, "sessions-0.bundle"),
        |e| matches!(e, TrailError::Incomplete { expected: 3, found: 0 }),
    ),
    (
        "one session left out",
        |chain, at| {
            replace(chain, at, "sessions-0.bundle", HEIGHT, chain.state_claim(&[StateKey::Session(OWN[0])], HEIGHT));
        },
        |e| matches!(e, TrailError::Incomplete { expected: 3, found: 1 }),
    ),
    (
        "a receipt after the head",
        |chain, at| {
            replace(chain, at, "12-0.bundle", 12, chain.receipt_claim(12, 0, 12, true));
        },
        |e| matches!(e, TrailError::Foreign { .. }),
    ),
    (
        "a later head",
        |chain, at| {
            let claim = chain.state_claim(&[StateKey::Accesses(SUBJECT, CONTROLLER)], 12);
            replace(chain, at, TRAIL_HEAD, 12, claim);
        },
        |e| matches!(e, TrailError::Incomplete { expected: 4, found: 3 }),
    ),
    (
        "a head of two logs",
        |chain, at| {
            let logs = [1, 2].map(|org| StateKey::Accesses(SUBJECT, OrgId(org)));
            replace(chain, at, TRAIL_HEAD, HEIGHT, chain.state_claim(&logs, HEIGHT));
        },
        |e| matches!(e, TrailError::Head),
    ),
    ("a receipt as the head", |_, at| copy(at, "11-0.bundle", TRAIL_HEAD), |e| matches!(e, TrailError::Head)),
    (
        "details not opened",
        |chain, at| {
            replace(chain, at, "11-1.bundle", HEIGHT, chain.receipt_claim(HEIGHT, 1, HEIGHT, false));
        },
        |e| matches!(e, TrailError::Foreign { .. }),
    ),
    (
        "an entry hidden",
        |chain, at| {
            let claim = chain.opened_claim(HEIGHT, 0, HEIGHT, |event| event.object == OWN[0].0);
            replace(chain, at, "11-0.bundle", HEIGHT, claim);
        },
        |e| matches!(e, TrailError::Incomplete { expected: 3, found: 2 }),
    ),
    (
        "one receipt opened twice, another left out",
        |chain, at| {
            let claim = chain.opened_claim(HEIGHT, 0, HEIGHT, |event| event.object == OWN[0].0);
            replace(chain, at, "11-1.bundle", HEIGHT, claim);
        },
        |e| matches!(e, TrailError::Foreign { .. }),
    ),
    (
        "a proof of something else",
        |chain, at| {
            replace(chain, at, "x.bundle", HEIGHT, Claim::Finality);
        },
        |e| matches!(e, TrailError::Foreign { .. }),
    ),
    (
        "a flipped bit",
        |_, at| {
            let path = at.join("11-0.bundle");
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[500] ^= 1;
            std::fs::write(path, bytes).unwrap();
        },
        |e| matches!(e, TrailError::File { .. }) && !e.is_read(),
    ),
];

#[test]
fn forged_trails_are_refused() {
    let chain = chain();
    for (name, forge, expected) in FORGERIES {
        let folder = tempfile::tempdir().unwrap();
        write(&chain, folder.path());
        forge(&chain, folder.path());
        match verify_trail(folder.path(), chain.genesis.chain_id()) {
            Err(error) => assert!(expected(&error), "{name}: {error}"),
            Ok(_) => panic!("{name} is accepted"),
        }
    }
}

#[test]
fn a_trail_without_its_head_cannot_be_read() {
    let (chain, folder) = (chain(), tempfile::tempdir().unwrap());
    assert!(verify_trail(folder.path(), chain.genesis.chain_id()).unwrap_err().is_read());
    assert!(verify_trail(&folder.path().join("nothing"), chain.genesis.chain_id()).unwrap_err().is_read());
}
