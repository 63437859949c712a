use std::sync::Arc;

use assent_types::action::{Action, RevokeMandate, RotateSubjectKey};
use assent_types::ids::{ChainId, Hash32, MandateId, Sp};
use assent_types::key::{SecretKey, Signature};
use assent_types::tx::{TX_FORMAT, TxBody};

use super::*;

fn checked(member: u32, number: u8, protected: bool, expires_at: u64) -> Checked {
    let key = SecretKey::from_seed(&[7; 32]);
    let subject = Sp(Hash32([number; 32]));
    let action = if protected {
        Action::RevokeMandate(RevokeMandate { subject, mandate: MandateId(Hash32::ZERO) })
    } else {
        Action::RotateSubjectKey(RotateSubjectKey {
            sp: subject,
            new: key.public(),
            possession: Signature([number; 64]),
        })
    };
    let mut idempotency = [0; 16];
    idempotency[..4].copy_from_slice(&member.to_le_bytes());
    idempotency[4] = number;
    let body = TxBody {
        format: TX_FORMAT,
        chain: ChainId(Hash32::ZERO),
        signer: key.public().id(),
        idempotency,
        expires_at: Millis(expires_at),
        action,
    };
    let tx = body.sign(&key, Vec::new()).unwrap();
    Checked { hash: tx.hash(), bytes: Arc::new(tx.to_bytes()), tx: Arc::new(tx), member: OrgId(member) }
}

fn limits(member: usize, reserved: usize, total: usize) -> MempoolLimits {
    MempoolLimits { member_bytes_max: member, member_bytes_reserved: reserved, total_bytes_max: total }
}

#[test]
fn members_are_served_in_turn_and_protected_actions_first() {
    let mut pool = Mempool::new(MempoolLimits::default());
    for number in 0..3 {
        pool.insert(checked(1, number, false, 10)).unwrap();
    }
    pool.insert(checked(2, 10, false, 10)).unwrap();
    pool.insert(checked(2, 11, true, 10)).unwrap();
    let order: Vec<(u32, bool)> =
        pool.select().iter().map(|one| (one.member.0, one.tx.body.action.is_protected())).collect();
    assert_eq!(order, [(2, true), (1, false), (2, false), (1, false), (1, false)]);
    assert_eq!(pool.select()[1].member, OrgId(2), "the next block begins with the next member");
    assert_eq!(pool.len(), 5, "choosing removes nothing");
}

#[test]
fn a_member_cannot_crowd_out_another_nor_its_own_revocations() {
    let size = checked(1, 0, false, 10).bytes.len();
    let mut pool = Mempool::new(limits(size * 3, size, size * 100));
    assert_eq!(pool.insert(checked(1, 0, false, 10)), Ok(true));
    assert_eq!(pool.insert(checked(1, 1, false, 10)), Ok(true));
    assert_eq!(pool.insert(checked(1, 2, false, 10)), Err(ErrorCode::Quota));
    assert_eq!(pool.insert(checked(1, 3, true, 10)), Ok(true), "the reserved share is for protected actions");
    assert_eq!(pool.insert(checked(2, 4, false, 10)), Ok(true));
}

#[test]
fn bad_input_05_an_idempotency_key_waits_once() {
    let mut pool = Mempool::new(MempoolLimits::default());
    let first = checked(1, 0, false, 10);
    assert_eq!(pool.insert(first.clone()), Ok(true));
    assert_eq!(pool.insert(first.clone()), Ok(false), "the same transaction again is no error");
    assert_eq!(pool.insert(checked(1, 0, false, 11)), Err(ErrorCode::Idempotency));
    pool.remove(&first.hash);
    assert_eq!(pool.insert(checked(1, 0, false, 11)), Ok(true));
}

#[test]
fn what_expired_is_dropped_and_all_bytes_are_accounted_for() {
    let mut pool = Mempool::new(MempoolLimits::default());
    for number in 0..10 {
        pool.insert(checked(u32::from(number % 3), number, number % 2 == 0, u64::from(number))).unwrap();
    }
    pool.expire(Millis(4));
    assert_eq!(pool.len(), 5);
    pool.expire(Millis(100));
    assert!(pool.is_empty());
    assert_eq!(pool.bytes(), 0);
    assert!(pool.select().is_empty());
}
