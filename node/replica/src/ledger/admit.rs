//! Admission to the mempool.

use std::sync::Arc;

use assent_contracts::{BlockContext, StateRead, Table, dry_run};
use assent_types::error::ErrorCode;
use assent_types::ids::{ChainId, Millis, OrgId};
use assent_types::key::SignatureCheck;
use assent_types::state::{Record, StateKey};
use assent_types::subject::KeyOwner;
use assent_types::tx::Transaction;

use super::execute::{Rules, first_bad_signature};
use super::head::Head;
use super::view::View;
use crate::jobs::{Candidate, Checked, Verdict};
use crate::storage::{Column, Read, StorageError};

/// Checks transactions at the head. Signatures are verified in one batch; a client's own transaction is also run dry,
/// so that it hears of a refusal at once instead of from a receipt.
pub fn verify(
    tables: &[Table<'_>],
    read: &dyn Read,
    chain: ChainId,
    head: &Head,
    now: Millis,
    candidates: Vec<Candidate>,
) -> Result<Vec<Verdict>, StorageError> {
    let view = View::new(read);
    // The next block is later than the head and, on an idle chain, about now.
    let time = Millis(now.0.max(head.time.0 + 1));
    let mut verdicts = Vec::with_capacity(candidates.len());
    let mut checks: Vec<(usize, SignatureCheck)> = Vec::with_capacity(candidates.len());
    let own: Vec<bool> = candidates.iter().map(|candidate| candidate.own).collect();
    for (index, candidate) in candidates.into_iter().enumerate() {
        let verdict = match one(&view, head, time, candidate.bytes)? {
            Ok((checked, signatures)) => {
                checks.extend(signatures.into_iter().map(|check| (index, check)));
                Verdict::Admit(checked)
            }
            Err(verdict) => verdict,
        };
        verdicts.push(verdict);
    }
    refuse_bad_signatures(&mut verdicts, checks);
    let context = BlockContext { chain, height: head.height.next(), time, previous: head.block };
    for (own, verdict) in own.into_iter().zip(&mut verdicts) {
        if let (true, Verdict::Admit(checked)) = (own, &*verdict)
            && let Some(code) = dry_run(tables, &context, &view, &checked.tx)?
        {
            *verdict = Verdict::Refuse(code);
        }
    }
    Ok(verdicts)
}

/// Everything but the signatures of one candidate.
fn one(
    view: &View<'_>,
    head: &Head,
    time: Millis,
    bytes: Vec<u8>,
) -> Result<Result<(Checked, Vec<SignatureCheck>), Verdict>, StorageError> {
    let (tx, hash) = match Transaction::from_bytes_hashed(&bytes) {
        Ok(known) => known,
        Err(error) => return Ok(Err(Verdict::Refuse(error.code))),
    };
    if view.read().get(Column::TxIndex, &hash.0.0)?.is_some() {
        return Ok(Err(Verdict::Known(hash)));
    }
    // Each candidate has rules of its own: two that exclude each other may both wait, only one will be included.
    let envelope = Rules::new(view, head, time).take(hash, &tx)?;
    let checks = match envelope.and_then(|envelope| envelope.signatures()) {
        Ok(checks) => checks,
        Err(code) => return Ok(Err(Verdict::Refuse(code))),
    };
    let Some(member) = member_of(view, &tx)? else { return Ok(Err(Verdict::Refuse(ErrorCode::BadSignature))) };
    Ok(Ok((Checked { hash, tx: Arc::new(tx), bytes: Arc::new(bytes), member }, checks)))
}

/// The member to whose quota a transaction counts.
fn member_of(view: &View<'_>, tx: &Transaction) -> Result<Option<OrgId>, StorageError> {
    let Some(entry) = view.get(&StateKey::Key(tx.body.signer))? else { return Ok(None) };
    let Record::Key(entry) = &entry.record else { return Ok(None) };
    let subject = match entry.owner {
        KeyOwner::Org(org) => return Ok(Some(org)),
        KeyOwner::Subject(sp) => Some(sp),
        KeyOwner::Proxy => entry.proxy_for.first().copied(),
    };
    let Some(sp) = subject else { return Ok(None) };
    let Some(value) = view.get(&StateKey::Subject(sp))? else { return Ok(None) };
    Ok(match &value.record {
        Record::Subject(subject) => Some(subject.enrolled_by),
        _ => None,
    })
}

/// Turns the verdict of every transaction with a bad signature; the batch tells only whether there is one.
fn refuse_bad_signatures(verdicts: &mut [Verdict], mut checks: Vec<(usize, SignatureCheck)>) {
    while let Some(bad) = first_bad_signature(&checks) {
        if let Some(verdict) = verdicts.get_mut(bad) {
            *verdict = Verdict::Refuse(ErrorCode::BadSignature);
        }
        // Everything before the first bad one has verified alone.
        checks.retain(|(index, _)| *index > bad);
    }
}
