//! Input 16 with real limits: power of validators on a production chain, which keeps every limit from its first block.

use assent_client::Client;
use assent_tests::e2e::{Network, must_execute};
use assent_types::OrgId;
use assent_types::action::Action;
use assent_types::error::ErrorCode;
use assent_types::governance::{Payload, Propose, RemoveValidator, SetValidatorPower};
use assent_types::key::SecretKey;

use crate::refuse;

const SHENZHEN_HOSPITAL: OrgId = OrgId(1);
const HONG_KONG_HOSPITAL: OrgId = OrgId(2);
const SHENZHEN_REGULATOR: OrgId = OrgId(4);
/// Powers of the eight validators, of 1,000: each of the five in Hong Kong has 132, the hospital in Shenzhen 114, and the
/// regulators of Shenzhen and Macao 113. Hong Kong has 660, the four regulators have 490.
const POWERS: [u64; 8] = [114, 132, 132, 113, 132, 113, 132, 132];

fn propose(payload: Payload) -> Action {
    Action::Propose(Box::new(Propose { payload }))
}

fn power(org: OrgId, power: u64) -> Action {
    propose(Payload::SetValidatorPower(SetValidatorPower { org, power }))
}

async fn beyond(client: &Client, key: &SecretKey, action: Action, input: &str) {
    refuse(client, key, action, ErrorCode::PowerCap, 16, input).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_16_no_hand_takes_more_power_than_a_production_chain_allows() {
    let mut network = Network::start_production(|doc| {
        for (validator, power) in doc.validators.iter_mut().zip(POWERS) {
            validator.power = power;
        }
    });
    let client = network.client(&[0], SHENZHEN_HOSPITAL);
    // Each refused change breaks one limit, by one unit of power at most: with that much less it is a proposal.
    let hospital = network.key(SHENZHEN_HOSPITAL, "sign-tx");
    beyond(&client, &hospital, power(SHENZHEN_HOSPITAL, 157), "more than 15 % of the power in one organisation").await;
    must_execute(&client, &hospital, power(SHENZHEN_HOSPITAL, 156), &[]).await;

    let hospital = network.key(HONG_KONG_HOSPITAL, "sign-tx");
    beyond(&client, &hospital, power(HONG_KONG_HOSPITAL, 152), "two thirds of the power in one jurisdiction").await;
    must_execute(&client, &hospital, power(HONG_KONG_HOSPITAL, 151), &[]).await;

    let regulator = network.key(SHENZHEN_REGULATOR, "sign-tx");
    beyond(&client, &regulator, power(SHENZHEN_REGULATOR, 133), "half of the power with the regulators").await;
    must_execute(&client, &regulator, power(SHENZHEN_REGULATOR, 132), &[]).await;

    let without = |org| propose(Payload::RemoveValidator(RemoveValidator { org }));
    beyond(&client, &hospital, without(SHENZHEN_HOSPITAL), "leaving of a validator without whom others have too much")
        .await;
    network.assert_all_run();
}
