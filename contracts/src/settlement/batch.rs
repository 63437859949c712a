//! Batches of settlements: guards and effects of SB-01.

use assent_types::batch::{BatchSettlements, SettlementBatch, batch_id_of};
use assent_types::delegation::DelegationOp;
use assent_types::settlement::{Direction, SettlementStatus};
use assent_types::state::{Record, StateKey};
use assent_types::{ErrorCode, Money};

use super::execute::read;
use crate::claim::check::claim_parties;
use crate::claim::clawback::payee_org;
use crate::delegation::check::acts_for;
use crate::runtime::call::{Call, Object, payload};
use crate::runtime::table::{Check, Row, State, Stop, ensure};

/// Reads the settlements of a batch: E905 if one is unknown or there is none.
pub(crate) fn load(call: &Call<'_, '_>, batch: &BatchSettlements) -> Result<(State, Object), Stop> {
    let mut objects = Vec::with_capacity(batch.details.len());
    for detail in &batch.details {
        objects.push(read(call, detail.settlement)?.ok_or(ErrorCode::NotFound)?);
    }
    ensure(!objects.is_empty(), ErrorCode::NotFound)?;
    Ok((State::New, Object::Settlements(objects)))
}

/// The payer itself or its administrator (E203, E204), of payments that are all its own to one organisation (E203).
pub(super) fn payer(call: &Call<'_, '_>) -> Check {
    let batch = payload!(call, BatchSettlements);
    for object in call.settlement_objects() {
        let settlement = &object.settlement;
        let own = settlement.direction == Direction::Pay && settlement.payer == batch.payer;
        ensure(own && payee_org(call, &object.claim)? == Some(batch.payee), ErrorCode::Role)?;
        let acting = claim_parties(&object.claim).insurer_by(DelegationOp::Pay);
        acts_for(call, acting, Some(settlement.amount))?;
    }
    Ok(())
}

/// E607 for a settlement that came to nothing, or is in a batch already or twice in this one.
pub(super) fn unbatched(call: &Call<'_, '_>) -> Check {
    let objects = call.settlement_objects();
    for (index, object) in objects.iter().enumerate() {
        let settlement = &object.settlement;
        let standing = !matches!(settlement.status, SettlementStatus::Failed | SettlementStatus::Recalled);
        let twice = objects[..index].iter().any(|other| other.settlement.id == settlement.id);
        ensure(standing && settlement.batch.is_none() && !twice, ErrorCode::State)?;
    }
    Ok(())
}

/// E701 for two currencies, E615 for another amount than the bank pays, E704 unless the details add up.
pub(super) fn adds_up(call: &Call<'_, '_>) -> Check {
    let batch = payload!(call, BatchSettlements);
    for (detail, object) in batch.details.iter().zip(call.settlement_objects()) {
        let payout = object.settlement.payout();
        ensure(detail.amount.ccy == batch.total.ccy && payout.ccy == batch.total.ccy, ErrorCode::Currency)?;
        ensure(detail.amount == payout, ErrorCode::PayAmount)?;
    }
    let sum = Money::sum(batch.total.ccy, batch.details.iter().map(|detail| detail.amount))?;
    ensure(sum == batch.total, ErrorCode::Unbalanced)
}

/// SB-01: keeps the batch, and in which batch each settlement is.
pub(super) fn put_together(call: &mut Call<'_, '_>, row: &Row) -> Check {
    let batch = payload!(call, BatchSettlements);
    let id = batch_id_of(&call.tx);
    for object in call.take_settlement_objects() {
        let mut settlement = object.settlement;
        settlement.batch = Some(id);
        call.view.put(StateKey::Settlement(settlement.id), Record::Settlement(settlement));
    }
    let record = SettlementBatch {
        id,
        payer: batch.payer,
        payee: batch.payee,
        currency: batch.total.ccy,
        details: batch.details.clone(),
        total: batch.total,
        at: call.now(),
    };
    call.emit(row, id.0, None, &[batch.payer, batch.payee]);
    call.view.put(StateKey::Batch(id), Record::Batch(Box::new(record)));
    Ok(())
}
