//! Checks of certificates, with remembered signatures.

use std::collections::BTreeSet;

use assent_types::OrgId;
use assent_types::key::{PublicKey, Signature};
use assent_types::validator::{ValidatorSet, VotePayload};
use malachite_types::{
    CertificateError, CommitSignature, Context as _, NilOrVal, PolkaSignature, RoundCertificateType, VoteType,
};

use crate::context::{Address, Ctx};
use crate::convert::{CoreCommit, CorePolka, CoreRound};
use crate::memo::Memo;
use crate::message::Signed;

type Checked = Result<(), CertificateError<Ctx>>;

/// What certificates are checked against.
///
/// # Rule [ORD-6]
/// Every signature of a certificate verifies under the key of a validator of its height, no validator counts twice, and
/// the power is strictly more than two thirds (strictly more than one third for entering a later round).
pub(crate) struct Checker<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) validators: &'a ValidatorSet,
    pub(crate) memo: &'a mut Memo,
}

impl Checker<'_> {
    pub(crate) fn commit(&mut self, certificate: &CoreCommit) -> Checked {
        let mut tally = Tally::default();
        for one in &certificate.commit_signatures {
            let value = NilOrVal::Val(certificate.value_id);
            let vote = self.ctx.new_precommit(certificate.height, certificate.round, value, one.address);
            let key = tally.add(self.validators, one.address.0)?;
            if !self.signed(&key, vote.payload(), &one.signature) {
                return Err(CertificateError::InvalidCommitSignature(CommitSignature::clone(one)));
            }
        }
        tally.more_than_two_thirds(self.validators)
    }

    pub(crate) fn polka(&mut self, certificate: &CorePolka) -> Checked {
        let mut tally = Tally::default();
        for one in &certificate.polka_signatures {
            let value = NilOrVal::Val(certificate.value_id);
            let vote = self.ctx.new_prevote(certificate.height, certificate.round, value, one.address);
            let key = tally.add(self.validators, one.address.0)?;
            if !self.signed(&key, vote.payload(), &one.signature) {
                return Err(CertificateError::InvalidPolkaSignature(PolkaSignature::clone(one)));
            }
        }
        tally.more_than_two_thirds(self.validators)
    }

    pub(crate) fn round(&mut self, certificate: &CoreRound) -> Checked {
        let mut tally = Tally::default();
        for one in &certificate.round_signatures {
            let vote = match (one.vote_type, &certificate.cert_type) {
                (VoteType::Prevote, RoundCertificateType::Precommit) => {
                    return Err(CertificateError::InvalidVoteType(one.address));
                }
                (VoteType::Prevote, RoundCertificateType::Skip) => {
                    self.ctx.new_prevote(certificate.height, certificate.round, one.value_id, one.address)
                }
                (VoteType::Precommit, _) => {
                    self.ctx.new_precommit(certificate.height, certificate.round, one.value_id, one.address)
                }
            };
            let key = tally.add(self.validators, one.address.0)?;
            if !self.signed(&key, vote.payload(), &one.signature) {
                return Err(CertificateError::InvalidRoundSignature(one.clone()));
            }
        }
        match certificate.cert_type {
            RoundCertificateType::Precommit => tally.more_than_two_thirds(self.validators),
            RoundCertificateType::Skip => tally.more_than_one_third(self.validators),
        }
    }

    fn signed(&mut self, key: &PublicKey, vote: VotePayload, signature: &Signature) -> bool {
        self.memo.check(key, Signed::Vote(vote), signature)
    }
}

/// Power counted so far. Powers are bounded so that no sum overflows.
#[derive(Default)]
struct Tally {
    seen: BTreeSet<OrgId>,
    power: u64,
}

impl Tally {
    fn add(&mut self, validators: &ValidatorSet, voter: OrgId) -> Result<PublicKey, CertificateError<Ctx>> {
        if !self.seen.insert(voter) {
            return Err(CertificateError::DuplicateVote(Address(voter)));
        }
        let validator = validators.by_org(voter).ok_or(CertificateError::UnknownValidator(Address(voter)))?;
        self.power += validator.power;
        Ok(validator.key)
    }

    fn more_than_two_thirds(&self, validators: &ValidatorSet) -> Checked {
        if validators.is_quorum(self.power) {
            return Ok(());
        }
        let total = validators.total_power();
        Err(CertificateError::NotEnoughVotingPower { signed: self.power, total, expected: total / 3 * 2 + 1 })
    }

    fn more_than_one_third(&self, validators: &ValidatorSet) -> Checked {
        let total = validators.total_power();
        if u128::from(self.power) * 3 > u128::from(total) {
            return Ok(());
        }
        Err(CertificateError::NotEnoughVotingPower { signed: self.power, total, expected: total / 3 + 1 })
    }
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
