//! Amounts: exact or refused.

use serde_json::{Value, json};

use crate::{refusal, resource};

fn claim(change: impl FnOnce(&mut Value)) -> String {
    refusal(|bundle| change(resource(bundle, "Claim/stay")))
}

/// A number that keeps its spelling on the way through the test.
fn amount(text: &str) -> Value {
    json!({"value": serde_json::from_str::<Value>(text).unwrap(), "currency": "HKD"})
}

#[test]
fn amounts_are_exact_or_refused_at_their_element() {
    assert_eq!(claim(|claim| claim["item"][1]["net"] = amount("480.501")), "E702 Claim.item[1].net.value");
    assert_eq!(claim(|claim| claim["total"]["currency"] = json!("JPY")), "E701 Claim.total.currency");
    assert_eq!(claim(|claim| claim["item"][1]["net"]["currency"] = json!("CNY")), "E701 Claim.item[1].net.currency");
    assert_eq!(claim(|claim| claim["total"] = json!({"value": 6380.5})), "E713 Claim.total.currency");
    assert_eq!(claim(|claim| claim["total"] = json!({"currency": "HKD"})), "E713 Claim.total.value");
    assert_eq!(claim(|claim| claim["total"]["value"] = json!("6380.50")), "E712 Claim.total.value");
    assert_eq!(claim(|claim| claim["item"][1]["net"] = amount("-480.5")), "E711 Claim.item[1].net.value");
    assert_eq!(claim(|claim| claim["item"][1]["net"] = amount("1e18")), "E703 Claim.item[1].net.value");
}

#[test]
fn lines_add_up_or_are_refused() {
    assert_eq!(claim(|claim| claim["total"] = amount("6380.51")), "E704 Claim.total");
    assert_eq!(claim(|claim| claim["total"] = amount("6380.5")), "");
    assert_eq!(claim(|claim| drop(claim.as_object_mut().unwrap().remove("total"))), "", "a sum is no guess");
    let huge = |claim: &mut Value| {
        claim.as_object_mut().unwrap().remove("total");
        (0..2).for_each(|line| claim["item"][line]["net"] = amount("184467440737095516"));
    };
    assert_eq!(claim(huge), "E703 Claim.total");
    assert_eq!(claim(|claim| claim["item"] = json!([])), "E713 Claim.item");
    let nothing = |claim: &mut Value| {
        claim["total"] = amount("0");
        claim["item"] = json!([{"sequence": 1, "net": amount("0.00")}]);
    };
    assert_eq!(claim(nothing), "E711 Claim.total");
}

#[test]
fn lines_without_an_amount_need_the_scenario() {
    let unpriced = |claim: &mut Value| drop(claim["item"][1].as_object_mut().unwrap().remove("net"));
    assert_eq!(claim(unpriced), "E713 Claim.item[1].net");
    let by_unit = |claim: &mut Value| drop(claim["item"][0].as_object_mut().unwrap().remove("net"));
    assert_eq!(claim(by_unit), "E713 Claim.item[0].net", "a unit price is not multiplied out");
}

#[test]
fn what_may_change_the_meaning_is_refused() {
    assert_eq!(claim(|claim| claim["modifierExtension"] = json!([{"url": "x"}])), "E711 Claim.modifierExtension");
    let item = |claim: &mut Value| claim["item"][2]["modifierExtension"] = json!([{"url": "x"}]);
    assert_eq!(claim(item), "E711 Claim.item[2].modifierExtension");
    assert_eq!(claim(|claim| claim["status"] = json!("cancelled")), "E711 Claim.status");
    assert_eq!(claim(|claim| claim["use"] = json!("other")), "E712 Claim.use");
    assert_eq!(claim(|claim| claim["item"][1]["sequence"] = json!(1)), "E712 Claim.item[1].sequence");
    assert_eq!(claim(|claim| claim["item"][1]["sequence"] = json!(0)), "E712 Claim.item[1].sequence");
    assert_eq!(claim(|claim| claim["billablePeriod"]["end"] = json!("2026-08-02")), "E712 Claim.billablePeriod.end");
    assert_eq!(
        claim(|claim| drop(claim.as_object_mut().unwrap().remove("billablePeriod"))),
        "E713 Claim.billablePeriod"
    );
    let several = |claim: &mut Value| {
        claim["extension"] = json!([]);
        claim["identifier"] = json!([{"value": "a"}, {"value": "b"}]);
    };
    assert_eq!(claim(several), "E711 Claim.identifier");
}

#[test]
fn statements_are_held_to_their_currency_too() {
    let statement = |change: fn(&mut Value)| refusal(|bundle| change(resource(bundle, "ExplanationOfBenefit/stay")));
    let payment = "E702 ExplanationOfBenefit.payment.amount.value";
    assert_eq!(statement(|eob| eob["payment"]["amount"] = amount("125.4567")), payment);
    let total = "E702 ExplanationOfBenefit.total[1].amount.value";
    assert_eq!(statement(|eob| eob["total"][1]["amount"] = amount("0.125")), total);
    // Totals of others need not agree with one another.
    assert_eq!(statement(|eob| eob["payment"]["amount"] = amount("1.00")), "");
    let twice = |eob: &mut Value| eob["total"][1]["category"]["coding"][0]["code"] = json!("submitted");
    assert_eq!(statement(twice), "E711 ExplanationOfBenefit.total[1].category");
    assert_eq!(statement(|eob| eob["status"] = json!("draft")), "E711 ExplanationOfBenefit.status");
}
