use assent_types::key::SecretKey;
use assent_types::validator::Validator;
use assent_types::{BlockHash, ChainId, Hash32, Height};
use malachite_types::{CommitSignature, Round, RoundSignature};

use super::*;
use crate::context::{CoreHeight, Vote};

const BLOCK: BlockHash = BlockHash(Hash32([5; 32]));
/// Powers of organisations 1 to 4. Two thirds of 10 are 6.67, one third is 3.33.
const POWERS: [u64; 4] = [1, 2, 3, 4];

fn key(org: u32) -> SecretKey {
    SecretKey::from_seed(&[org.to_le_bytes()[0]; 32])
}

fn validators() -> ValidatorSet {
    let all = (1..=4).map(|org| Validator { org: OrgId(org), power: POWERS[org as usize - 1], key: key(org).public() });
    ValidatorSet::new(all.collect()).expect("a valid set")
}

fn ctx() -> Ctx {
    Ctx { chain: ChainId(Hash32([1; 32])) }
}

fn vote(org: u32, step: VoteType, block: Option<BlockHash>) -> Vote {
    let (height, round, voter) = (CoreHeight(Height(2)), Round::new(1), Address(OrgId(org)));
    Vote { chain: ctx().chain, step, height, round, block: block.map_or(NilOrVal::Nil, NilOrVal::Val), voter }
}

fn commit(orgs: &[u32]) -> CoreCommit {
    let sign = |org: &u32| {
        let signature = vote(*org, VoteType::Precommit, Some(BLOCK)).payload().sign(&key(*org));
        CommitSignature::new(Address(OrgId(*org)), signature)
    };
    CoreCommit {
        height: CoreHeight(Height(2)),
        round: Round::new(1),
        value_id: BLOCK,
        commit_signatures: orgs.iter().map(sign).collect(),
    }
}

fn polka(orgs: &[u32]) -> CorePolka {
    let sign = |org: &u32| {
        let signature = vote(*org, VoteType::Prevote, Some(BLOCK)).payload().sign(&key(*org));
        PolkaSignature::new(Address(OrgId(*org)), signature)
    };
    CorePolka {
        height: CoreHeight(Height(2)),
        round: Round::new(1),
        value_id: BLOCK,
        polka_signatures: orgs.iter().map(sign).collect(),
    }
}

fn round(kind: RoundCertificateType, votes: &[(u32, VoteType)]) -> CoreRound {
    let sign = |(org, step): &(u32, VoteType)| {
        let vote = vote(*org, *step, None);
        RoundSignature::new(*step, vote.block, vote.voter, vote.payload().sign(&key(*org)))
    };
    CoreRound {
        height: CoreHeight(Height(2)),
        round: Round::new(1),
        cert_type: kind,
        round_signatures: votes.iter().map(sign).collect(),
    }
}

fn check<T>(with: impl FnOnce(&mut Checker<'_>) -> T) -> T {
    let (ctx, validators, mut memo) = (ctx(), validators(), Memo::default());
    with(&mut Checker { ctx: &ctx, validators: &validators, memo: &mut memo })
}

#[test]
fn ord_6_two_thirds_means_strictly_more() {
    for (orgs, good) in [(&[3, 4][..], true), (&[2, 4][..], false), (&[1, 2, 3][..], false), (&[1, 2, 4][..], true)] {
        assert_eq!(check(|checker| checker.commit(&commit(orgs))).is_ok(), good, "commit of {orgs:?}");
        assert_eq!(check(|checker| checker.polka(&polka(orgs))).is_ok(), good, "polka of {orgs:?}");
        let votes: Vec<(u32, VoteType)> = orgs.iter().map(|org| (*org, VoteType::Precommit)).collect();
        let leave = round(RoundCertificateType::Precommit, &votes);
        assert_eq!(check(|checker| checker.round(&leave)).is_ok(), good, "round of {orgs:?}");
    }
    assert!(check(|checker| checker.commit(&commit(&[]))).is_err(), "no signature proves nothing");
}

#[test]
fn ord_6_one_third_enters_a_round() {
    for (org, good) in [(4, true), (3, false)] {
        let enter = round(RoundCertificateType::Skip, &[(org, VoteType::Prevote)]);
        assert_eq!(check(|checker| checker.round(&enter)).is_ok(), good, "organisation {org}");
    }
    let mixed = round(RoundCertificateType::Skip, &[(1, VoteType::Precommit), (3, VoteType::Prevote)]);
    assert!(check(|checker| checker.round(&mixed)).is_ok());
    let prevotes = round(RoundCertificateType::Precommit, &[(3, VoteType::Prevote), (4, VoteType::Precommit)]);
    assert_eq!(
        check(|checker| checker.round(&prevotes)),
        Err(CertificateError::InvalidVoteType(Address(OrgId(3)))),
        "prevotes never leave a round"
    );
}

#[test]
fn ord_6_repeats_strangers_and_forgeries_are_refused() {
    let error = |certificate: CoreCommit| check(|checker| checker.commit(&certificate)).expect_err("is refused");
    assert_eq!(error(commit(&[4, 4, 4])), CertificateError::DuplicateVote(Address(OrgId(4))));
    assert_eq!(error(commit(&[3, 4, 9])), CertificateError::UnknownValidator(Address(OrgId(9))));
    let mut forged = commit(&[3, 4]);
    forged.value_id = BlockHash::default();
    assert!(matches!(error(forged), CertificateError::InvalidCommitSignature(_)));
    let mut swapped = commit(&[3, 4]);
    swapped.commit_signatures[0].signature = swapped.commit_signatures[1].signature;
    assert!(matches!(error(swapped), CertificateError::InvalidCommitSignature(_)));
    let mut later = polka(&[3, 4]);
    later.round = Round::new(2);
    assert!(check(|checker| checker.polka(&later)).is_err());
    let mut repeated = round(RoundCertificateType::Skip, &[(3, VoteType::Prevote), (3, VoteType::Precommit)]);
    assert!(check(|checker| checker.round(&repeated)).is_err(), "one vote for each validator");
    repeated.round_signatures.truncate(1);
    assert!(check(|checker| checker.round(&repeated)).is_err(), "3 of 10 is not more than one third");
}

#[test]
fn ord_6_the_offline_check_agrees() {
    for orgs in [&[3, 4][..], &[2, 4][..], &[1, 2, 4][..], &[1, 9][..], &[4, 4][..]] {
        let core = commit(orgs);
        let offline = crate::convert::commit_from_core(&core).verify(ctx().chain, &validators());
        assert_eq!(check(|checker| checker.commit(&core)).is_ok(), offline.is_ok(), "{orgs:?}: {offline:?}");
    }
}
