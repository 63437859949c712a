use std::collections::BTreeMap;

use assent_types::action::{Action, ProposeConsent, RevokeConsent};
use assent_types::claim::ClaimStatus;
use assent_types::consent::{ConsentStatus, Grantor, consent_id_of};
use assent_types::key::{KeyUsage, SignatureCheck};
use assent_types::limits::TX_TTL_MS;
use assent_types::org::OrgStatus;
use assent_types::receipt::sweep_tx;
use assent_types::state::{BlockMeta, Record, StateKey};
use assent_types::subject::{AgeBand, KeyOwner};
use assent_types::tx::Transaction;
use assent_types::{ChainId, ErrorCode, Hash32, Height, Millis};

use super::table::{Actor, EventName, Group, Row, State, tables};
use crate::testing::*;
use crate::{KeyState, MemoryState, StateRead, Table, dry_run, envelope, key_state};

fn without(id: &str) -> Vec<Vec<Row>> {
    let all: usize = tables().iter().map(|table| table.len()).sum();
    let rest: Vec<Vec<Row>> =
        tables().iter().map(|table| table.iter().filter(|row| row.id.to_string() != id).copied().collect()).collect();
    assert_eq!(rest.iter().map(Vec::len).sum::<usize>(), all - 1, "{id} is a row");
    rest
}

fn as_tables(rows: &[Vec<Row>]) -> Vec<Table<'_>> {
    rows.iter().map(Vec::as_slice).collect()
}

#[test]
fn inv_02_without_its_row_an_event_is_refused() {
    let mut unfired = Vec::new();
    for row in tables().iter().flat_map(|table| table.iter()) {
        let id = row.id.to_string();
        let (world, txs) = firing(&id);
        let whole = world.clone().run(&txs);
        let fired = |outcome: &crate::BlockOutcome| {
            outcome.receipts.iter().any(|(_, details)| details.events.iter().any(|event| event.row == row.id))
        };
        if !fired(&whole) {
            unfired.push(id);
            continue;
        }
        let rows = without(&id);
        let mut mutated = world.clone();
        let outcome = mutated.run_with(&as_tables(&rows), &txs);
        assert!(!fired(&outcome), "{id} does not fire without its row");
        if row.id.0 == *b"AN" {
            // What is noticed accompanies another row.
            continue;
        }
        if txs.is_empty() {
            assert!(outcome.receipts.is_empty(), "{id}: nothing to sweep leaves no receipt");
            assert!(mutated.state.due(mutated.time, 10).unwrap().is_empty(), "{id}: the deadline left the queue");
        } else {
            let code = outcome.receipts[0].0.error();
            if row.actors == [Actor::System] && ![*b"CL", *b"GV", *b"RV"].contains(&row.id.0) {
                assert_eq!(code, None, "{id}: what the act itself does needs no row of the ledger's own");
                continue;
            }
            let wrong_state = matches!(
                code,
                Some(
                    ErrorCode::NotHead
                        | ErrorCode::UnknownCode
                        | ErrorCode::DocumentState
                        | ErrorCode::SessionState
                        | ErrorCode::NoLivePermit
                        | ErrorCode::Ttl
                        | ErrorCode::State
                        | ErrorCode::Review
                        | ErrorCode::Subject
                )
            );
            assert!(wrong_state, "{id}: {code:?}");
            assert_eq!(outcome.writes.len(), 1, "{id}: only the block's own leaf is written");
        }
    }
    let rows = tables().iter().map(|table| table.len()).sum::<usize>();
    report("rows", &format!("rows fired: {} of {rows}, missing: {unfired:?}", rows - unfired.len()));
    assert!(unfired.is_empty(), "these rows did not fire: {unfired:?}");
}

#[test]
fn rows_are_unique_and_rows_of_an_event_share_their_role_guards() {
    let mut by_event: BTreeMap<EventName, Vec<&str>> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for row in tables().iter().flat_map(|table| table.iter()) {
        assert!(seen.insert(row.id, ()).is_none(), "{} is there twice", row.id);
        let names: Vec<&str> =
            row.guards.iter().filter(|guard| guard.group <= Group::Party).map(|guard| guard.name).collect();
        assert_eq!(*by_event.entry(row.event).or_insert_with(|| names.clone()), names, "{}", row.id);
        assert!(!row.from.is_empty() && !row.actors.is_empty() && !row.effect.text.is_empty(), "{}", row.id);
        let own = matches!(
            row.event,
            EventName::Sweep
                | EventName::SuccessorActive
                | EventName::ConsentChanged
                | EventName::UseCounted
                | EventName::BtgGranted
                | EventName::AnomalyNoticed
                | EventName::PaymentDone
                | EventName::PaymentFailed
                | EventName::Consume
                | EventName::CloseGuarantee
                | EventName::ThresholdMet
                | EventName::ThresholdImpossible
                | EventName::Execute
                | EventName::AlreadyPaid
                | EventName::ClawbackDone
                | EventName::ClawbackPartDone
                | EventName::ClawbackFailed
        );
        assert_eq!(own, row.actors == [Actor::System], "{}", row.id);
        let settled = |state: &State| ClaimStatus::from_code(state.name()).is_some_and(ClaimStatus::is_terminal);
        let terminal = |state: &State| state.consent_status().is_some_and(ConsentStatus::is_terminal);
        // An order of a court or regulator alone reopens what was closed as denied.
        let reopened = |state: &State| row.event == EventName::ReopenClaim && *state == State::ClosedDenied;
        let left = |state: &State| row.id.0 == *b"CL" && settled(state) && !reopened(state);
        assert!(
            !row.from.iter().any(|state| row.id.0 == *b"CN" && terminal(state) || left(state)),
            "{} leaves a terminal state",
            row.id
        );
    }
}

#[test]
fn the_readme_shows_the_tables() {
    let readme = include_str!("../../README.md");
    let text = crate::tables_text();
    assert!(readme.contains(&text), "contracts/README.md should contain:\n{text}");
}

#[test]
fn bad_input_01_truncated_or_trailing_bytes_are_e101() {
    let mut world = World::with_subjects(1);
    let action = grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject);
    let bytes = world.tx(&subject_key(1), action).to_bytes();
    let code = |bytes: &[u8]| Transaction::from_bytes(bytes).map_err(|error| error.code);
    assert!(code(&bytes).is_ok());
    assert_eq!(code(&bytes[..bytes.len() - 1]), Err(ErrorCode::Decode));
    assert_eq!(code(&[&bytes[..], &[0]].concat()), Err(ErrorCode::Decode));
}

#[test]
fn bad_input_02_unsorted_cosigners_are_e102() {
    let mut world = World::with_subjects(1);
    let action = mandate_action(mandate_terms(1, 1), SZH, 1);
    let mut tx = world.cosigned(&subject_key(1), action, &[&signing(SZH), &signing(HKH)]);
    tx.cosignatures.as_mut_slice().reverse();
    let code = Transaction::from_bytes(&tx.to_bytes()).map_err(|error| error.code);
    assert_eq!(code, Err(ErrorCode::NonCanonical));
}

#[test]
fn bad_input_07_oversized_is_e107() {
    let bytes = vec![0; assent_types::limits::TX_BYTES_MAX + 1];
    assert_eq!(Transaction::from_bytes(&bytes).map_err(|error| error.code), Err(ErrorCode::TooLarge));
}

#[test]
fn bad_input_08_and_09_unknown_codes_are_e108() {
    let mut world = World::with_subjects(1);
    let tx = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let bytes = tx.to_bytes();
    // The action's tag follows format, chain, signer, idempotency key and expiry.
    let tag = 1 + 32 + 32 + 16 + 8;
    for (offset, value) in [(tag, 250), (tag + 2, b'x')] {
        let mut bytes = bytes.clone();
        bytes[offset] = value;
        let code = Transaction::from_bytes(&bytes).map_err(|error| error.code);
        assert_eq!(code, Err(ErrorCode::UnknownCode), "byte {offset}");
    }
}

#[test]
fn bad_input_03_another_chain_is_e103() {
    let mut world = World::with_subjects(1);
    let tx = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let other = ChainId(Hash32([8; 32]));
    assert!(envelope(CHAIN, &world.state, world.time, &tx).unwrap().is_ok());
    assert_eq!(envelope(other, &world.state, world.time, &tx).unwrap(), Err(ErrorCode::WrongChain));
}

#[test]
fn bad_input_04_an_unknown_key_or_a_wrong_signature_is_e104() {
    let mut world = World::with_subjects(1);
    let action = grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject);
    let unknown = world.tx(&subject_key(2), action.clone());
    assert_eq!(envelope(CHAIN, &world.state, world.time, &unknown).unwrap(), Err(ErrorCode::BadSignature));
    let unknown = world.cosigned(&subject_key(1), action.clone(), &[&subject_key(2)]);
    assert_eq!(envelope(CHAIN, &world.state, world.time, &unknown).unwrap(), Err(ErrorCode::BadSignature));

    let body = world.tx(&subject_key(1), action).body;
    let cosignature = body.cosign(&signing(SZH));
    let mut tx = body.sign(&subject_key(1), vec![cosignature]).unwrap();
    let checks = envelope(CHAIN, &world.state, world.time, &tx).unwrap().unwrap().signatures().unwrap();
    assert_eq!(checks.len(), 2);
    assert!(SignatureCheck::verify_batch(&checks));
    tx.body.expires_at = tx.body.expires_at.plus(1);
    let checks = envelope(CHAIN, &world.state, world.time, &tx).unwrap().unwrap().signatures().unwrap();
    assert!(!checks[0].verify() && !checks[1].verify() && !SignatureCheck::verify_batch(&checks));
}

#[test]
fn bad_input_06_expired_or_too_far_ahead_is_e106() {
    let mut world = World::with_subjects(1);
    let tx = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let at = |time| envelope(CHAIN, &world.state, time, &tx).unwrap().map(|_| ());
    let end = tx.body.expires_at;
    assert_eq!(at(end), Ok(()));
    assert_eq!(at(Millis(end.0 + 1)), Err(ErrorCode::Expired));
    assert_eq!(at(Millis(end.0 - TX_TTL_MS)), Ok(()));
    assert_eq!(at(Millis(end.0 - TX_TTL_MS - 1)), Err(ErrorCode::Expired));
}

#[test]
fn bad_input_10_keys_that_are_dead_or_for_something_else_are_e201() {
    let mut world = World::with_subjects(2);
    let propose = || Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(1, SZH, &[SZH2]) }));
    for usage in [KeyUsage::Receipt, KeyUsage::Validate, KeyUsage::Recovery] {
        assert_eq!(world.one(&org_key(SZH, usage, 0), propose()), Err(ErrorCode::KeyUsage), "{usage}");
    }
    let mut changed = world.clone();
    changed.change_org(SZH, |org| org.keys.as_mut_slice()[0].revoked_at = Some(START));
    assert_eq!(changed.one(&signing(SZH), propose()), Err(ErrorCode::KeyUsage));
    let mut changed = world.clone();
    changed.change_org(SZH, |org| org.keys.as_mut_slice()[0].exp = START);
    assert_eq!(changed.one(&signing(SZH), propose()), Err(ErrorCode::KeyUsage));
    let mut changed = world.clone();
    changed.change_org(SZH, |org| org.keys.as_mut_slice()[0].nbf = FAR);
    assert_eq!(changed.one(&signing(SZH), propose()), Err(ErrorCode::KeyUsage));
    assert_eq!(world.one(&signing(SZH), propose()), Ok(()));
}

#[test]
fn bad_input_11_organisations_that_are_not_active_are_e202() {
    let world = World::with_subjects(1);
    let propose = || Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(1, SZH, &[SZH2]) }));
    let suspended = OrgStatus::Suspended { until: FAR, by: REGULATOR, order: Hash32([1; 32]) };
    for status in [suspended, OrgStatus::Withdrawn, OrgStatus::Pending] {
        let mut world = world.clone();
        world.change_org(SZH2, |org| org.status = status);
        assert_eq!(world.one(&signing(SZH2), propose()), Err(ErrorCode::OrgStatus), "{status:?}");
    }
    let mut lifted = world.clone();
    let over = OrgStatus::Suspended { until: START, by: REGULATOR, order: Hash32([1; 32]) };
    lifted.change_org(SZH2, |org| org.status = over);
    assert_eq!(lifted.one(&signing(SZH2), propose()), Ok(()), "a suspension ends by itself");
}

#[test]
fn bad_input_12_roles_that_may_not_are_e203() {
    let mut world = World::with_subjects(1);
    let propose = Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(1, SZH, &[SZH2]) }));
    assert_eq!(world.one(&signing(CUSTODIAN), propose.clone()), Err(ErrorCode::Role));
    assert_eq!(world.one(&signing(REGULATOR), propose.clone()), Err(ErrorCode::Role));
    assert_eq!(world.one(&subject_key(1), propose), Err(ErrorCode::Role));
    let register = world.register(2, AgeBand::Adult);
    assert_eq!(world.one(&signing(CUSTODIAN), register), Err(ErrorCode::Role));
}

#[test]
fn bad_input_18_unregistered_subjects_are_e210() {
    let mut world = World::with_subjects(1);
    let propose = Action::ProposeConsent(Box::new(ProposeConsent { terms: terms(2, SZH, &[SZH2]) }));
    assert_eq!(world.one(&signing(SZH2), propose), Err(ErrorCode::Subject));
    let again = world.register(1, AgeBand::Adult);
    assert_eq!(world.one(&signing(SZH), again), Err(ErrorCode::Subject));
}

#[test]
fn errors_come_in_the_order_of_their_groups() {
    let mut world = World::with_subjects(1);
    // Wrong role, unknown subject, empty axis: the role is reported.
    let mut bad = terms(2, SZH, &[]);
    let propose = |terms| Action::ProposeConsent(Box::new(ProposeConsent { terms }));
    assert_eq!(world.one(&signing(CUSTODIAN), propose(bad.clone())), Err(ErrorCode::Role));
    // Unknown subject and empty axis: the object's state is reported.
    assert_eq!(world.one(&signing(SZH), propose(bad.clone())), Err(ErrorCode::Subject));
    // Window and empty axis are one group: the smaller number is reported.
    bad.subject = sp(1);
    bad.exp = Some(START);
    assert_eq!(world.one(&signing(SZH), propose(bad.clone())), Err(ErrorCode::Window));
    bad.exp = None;
    assert_eq!(world.one(&signing(SZH), propose(bad)), Err(ErrorCode::EmptyAxis));
}

#[test]
fn a_dry_run_gives_the_error_of_the_block() {
    let mut world = World::with_subjects(1);
    let good = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    let bad = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[]), Grantor::Subject));
    let before = world.state.clone();
    assert_eq!(dry_run(tables(), &world.ctx(), &world.state, &good).unwrap(), None);
    assert_eq!(dry_run(tables(), &world.ctx(), &world.state, &bad).unwrap(), Some(ErrorCode::EmptyAxis));
    assert_eq!(world.state, before);
    assert_eq!(world.send(&good), Ok(()));
    assert_eq!(world.send(&bad), Err(ErrorCode::EmptyAxis));
}

#[test]
fn a_block_reads_its_own_writes_and_undoes_failed_transactions() {
    let mut world = World::with_subjects(1);
    let treat = terms(1, SZH, &[SZH2]);
    let grant = world.tx(&subject_key(1), grant_action(treat.clone(), Grantor::Subject));
    let target = target(1, SZH, consent_id_of(&grant.hash()));
    let revoke = Action::RevokeConsent(RevokeConsent { target, grantor: Grantor::Subject, evidence: None });
    let bad = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[]), Grantor::Subject));
    let (first, second) = (world.tx(&subject_key(1), revoke.clone()), world.tx(&subject_key(1), revoke));
    let outcome = world.run(&[grant.clone(), bad, first, second]);
    let codes: Vec<u16> = outcome.receipts.iter().map(|(receipt, _)| receipt.code).collect();
    assert_eq!(codes, [0, 304, 0, 307]);
    let book = world.book(1, SZH);
    assert_eq!((book.live.len(), book.closed.len(), book.epoch, book.log.count), (0, 1, 2, 2));
    assert_eq!(outcome.log_entries.len(), 2);
    let value = &outcome.writes[&StateKey::Consents(sp(1), SZH)];
    assert_eq!(value.written_by, outcome.receipts[2].0.tx);
    for (index, (receipt, details)) in outcome.receipts.iter().enumerate() {
        assert_eq!((receipt.index as usize, receipt.details), (index, details.hash()));
        assert_eq!(details.events.is_empty(), receipt.code != 0);
        assert_eq!((receipt.height, receipt.time), (world.height, world.time));
    }
    assert_eq!(outcome.receipts[0].1.seed, grant.receipt_seed());
    let meta = BlockMeta { height: world.height, time: world.time, previous: world.ctx().previous };
    assert_eq!(outcome.writes[&StateKey::Block].record, Record::Block(meta));
}

#[test]
fn a_sweep_leaves_one_receipt_and_only_when_something_was_swept() {
    let mut world = World::with_subjects(1);
    let grant = |world: &mut World, days: u64| {
        let exp = Some(START.plus(days * DAY_MS));
        world.grant(1, assent_types::consent::ConsentTerms { exp, ..terms(1, SZH, &[SZH2]) })
    };
    let ids = [grant(&mut world, 3), grant(&mut world, 1), grant(&mut world, 2)];
    assert!(world.run(&[]).receipts.is_empty());
    world.time = START.plus(2 * DAY_MS);
    let outcome = world.run(&[]);
    let [(receipt, details)] = &outcome.receipts[..] else { panic!("one receipt") };
    assert_eq!((receipt.index, receipt.code, receipt.tx), (0, 0, sweep_tx(world.height)));
    let swept: Vec<Hash32> = details.events.iter().map(|event| event.object).collect();
    assert_eq!(swept, [ids[1].0, ids[2].0], "in the order of their deadlines");
    assert_eq!(outcome.writes[&StateKey::SweepSeed].record, Record::SweepSeed(details.seed));
    assert_eq!(outcome.deadlines_removed.len(), 2);
    assert_eq!(outcome.log_entries.iter().filter(|entry| entry.actor.is_none()).count(), 2);
    assert!(world.run(&[]).receipts.is_empty());
}

/// Sweeps of blocks without transactions have seeds of their own; the same transactions give the same seeds.
#[test]
fn every_sweep_has_a_seed_that_follows_from_all_executed_transactions() {
    let run = |days: u64, refused: bool| {
        let mut world = World::with_subjects(1);
        for n in [days, 5] {
            let exp = Some(START.plus(n * DAY_MS));
            world.grant(1, assent_types::consent::ConsentTerms { exp, ..terms(1, SZH, &[SZH2]) });
        }
        if refused {
            let bad = world.tx(&subject_key(1), grant_action(terms(1, SZH, &[]), Grantor::Subject));
            assert_eq!(world.run(&[bad]).receipts[0].0.code, ErrorCode::EmptyAxis.number());
        } else {
            world.run(&[]);
        }
        let mut seeds = Vec::new();
        for day in [4, 6] {
            world.time = START.plus(day * DAY_MS);
            seeds.push(world.run(&[]).receipts[0].1.seed);
        }
        seeds
    };
    let seeds = run(3, false);
    assert_ne!(seeds[0], seeds[1]);
    assert_eq!(run(3, false), seeds);
    assert_eq!(run(3, true), seeds, "a refused transaction changes nothing");
    assert_ne!(run(2, false)[0], seeds[0], "another transaction");
}

#[test]
fn keys_have_a_state() {
    let world = World::with_subjects(1);
    let state = |key: &assent_types::key::SecretKey| key_state(&world.state, &key.public().id(), world.time).unwrap();
    let usage = |state| match state {
        KeyState::Live { owner, usage, .. } => (owner, usage),
        other => panic!("{other:?}"),
    };
    assert_eq!(usage(state(&signing(SZH))), (KeyOwner::Org(SZH), Some(KeyUsage::SignTx)));
    assert_eq!(usage(state(&subject_key(1))), (KeyOwner::Subject(sp(1)), None));
    assert_eq!(state(&subject_key(2)), KeyState::Unknown);
}

#[test]
fn a_value_of_another_type_is_a_read_error_and_no_panic() {
    let mut world = World::with_subjects(1);
    let meta = BlockMeta { height: Height(1), time: START, previous: Default::default() };
    world.put(StateKey::Org(SZH), Record::Block(meta));
    let tx = world.tx(&signing(SZH), grant_action(terms(1, SZH, &[SZH2]), Grantor::Subject));
    assert!(crate::execute_block(&world.ctx(), &world.state, &[tx]).is_err());
    assert!(crate::execute_block(&world.ctx(), &MemoryState::default(), &[]).is_err());
}

#[test]
fn inv_28_a_suspended_organisation_only_takes_disclosures_back() {
    // Whatever a suspended organisation signs is refused, what takes disclosures back excepted.
    let mut world = World::with_subjects(1);
    let consent = world.grant(1, terms(1, SZH, &[SZH2]));
    world.suspend(SZH);
    let register = world.register(5, AgeBand::Adult);
    assert_eq!(world.one(&signing(SZH), register), Err(ErrorCode::OrgStatus));
    let attested = Grantor::OrgAttested {
        org: SZH,
        method: assent_types::consent::AttestMethod::SignedForm,
        clerk: Hash32([1; 32]),
    };
    let revoke = RevokeConsent {
        target: target(1, SZH, consent),
        grantor: attested,
        evidence: Some(evidence(assent_types::consent::EvidenceKind::PaperScan)),
    };
    assert_eq!(world.one(&signing(SZH), Action::RevokeConsent(revoke)), Ok(()));
}
