//! Properties of whole chains with registers, claim codes and oversight.

use assent_types::claim_code::ClaimCodeStatus;
use assent_types::state::{Record, StateKey};

use super::document_walks::INV_04;
use super::follow::*;
use super::indexes::{INV_33, INV_34, INV_35};
use super::list_walk::LISTS;
use super::privacy::INV_25;
use super::register_walk::RegisterWalk;
use super::walks::{INV_01, INV_03};

pub(super) const REGISTERS: Kind = Kind {
    name: "registers",
    new: |seed| Box::new(RegisterWalk::new(seed)),
    seeds: 5_001..=6_000,
    machines: &[*b"CC", *b"FX", *b"CM", *b"DE", *b"AG", *b"LR", *b"LL", *b"DL"],
    never: &[],
    also: &["AN-07", "AN-10"],
    errors: &[],
    properties: &[INV_01, INV_03, INV_04, CODES, LISTS, INV_25, INV_33, INV_34, INV_35],
};

#[test]
fn walks_of_registers_keep_every_invariant_and_fire_every_row() {
    REGISTERS.keeps_its_properties();
}

/// A code is spent once: its nonce names it, and what ended never begins again. Counts codes that were redeemed.
fn codes_are_spent_once(step: &Step<'_>) -> Result<u64, String> {
    let mut redeemed = 0;
    for value in step.outcome.writes.values() {
        let Record::ClaimCode(code) = &value.record else { continue };
        let before = crate::runtime::state::claim_code(&step.before.state, code.id).unwrap();
        let goes_on = match before.as_ref().map(|before| before.status) {
            None => true,
            Some(ClaimCodeStatus::Redeemed) => code.status != ClaimCodeStatus::RevokedUnused,
            Some(over) => over == code.status,
        };
        ensure(goes_on, || format!("a code became {} again", code.status))?;
        redeemed += u64::from(before.is_none() && code.redeemed.is_some());
    }
    let respent = step.outcome.writes.keys().find(|key| {
        matches!(key, StateKey::ClaimCodeNonce(..)) && step.before.state.values().any(|value| value.key == **key)
    });
    ensure(respent.is_none(), || "a nonce was spent twice".into())?;
    Ok(redeemed)
}

const CODES: Property = Property::of_blocks("INV-04 of codes", 100, || Box::new(codes_are_spent_once));

#[test]
fn inv_04_a_code_is_spent_once_on_every_walk() {
    let open_again = with_row("CC-03", |row| {
        row.effect = crate::runtime::table::Effect {
            text: "unused again",
            apply: |call, _| {
                let crate::runtime::call::Object::ClaimCode(code) = &call.object else { return Ok(()) };
                let mut code = code.clone();
                code.status = ClaimCodeStatus::RevokedUnused;
                call.view.put(StateKey::ClaimCode(code.id), Record::ClaimCode(code));
                Ok(())
            },
        };
    });
    REGISTERS.catches(&CODES, &open_again);
}
