use assent_types::ErrorCode;
use assent_types::action::Action;
use assent_types::bill::VoidBill;
use assent_types::claim::CodeRef;
use assent_types::settlement_list::{Fee, FeeClass, FileSettlementList, SettlementList};
use assent_types::{AnchorId, Currency, Hash32, Money};

use crate::runtime::state;
use crate::runtime::table::State;
use crate::testing::claims::{hkd, nullifier};
use crate::testing::lists::*;
use crate::testing::*;

const FEES: [(FeeClass, u64); 2] = [(FeeClass::Bed, 600), (FeeClass::Surgery, 400)];

fn kept(world: &World) -> Option<SettlementList> {
    state::settlement_list(&world.state, nullifier(1), SZH).unwrap().map(|list| (*list).clone())
}

#[test]
fn the_table_is_the_specified_one() {
    let rows: Vec<_> = super::transitions::LISTS
        .iter()
        .map(|row| (row.id.to_string(), row.from.to_vec(), row.event.to_string(), row.to))
        .collect();
    let event = || "FileSettlementList".to_owned();
    assert_eq!(
        rows,
        [
            ("DL-01".into(), vec![State::New], event(), State::Recorded),
            ("DL-02".into(), vec![State::Recorded], event(), State::Recorded),
        ]
    );
}

#[test]
fn bad_input_78_fees_that_do_not_add_up_to_the_bill_are_e620() {
    let (world, document) = World::with_bill_and_editions();
    let attempt = |change: &dyn Fn(&mut FileSettlementList)| {
        let mut list = list_of(document, 1, &FEES);
        change(&mut list);
        let mut world = world.clone();
        let result = world.one(&signing(SZH), file_list(list));
        assert_eq!(kept(&world).is_some(), result.is_ok(), "a refused list is not kept");
        result
    };
    let fees =
        |fees: &[(FeeClass, u64)]| attempt(&|list| list.header.classes = list_of(document, 1, fees).header.classes);
    assert_eq!(attempt(&|_| {}), Ok(()));
    assert_eq!(fees(&[(FeeClass::Bed, 600), (FeeClass::Surgery, 399)]), Err(ErrorCode::FeeTotal));
    assert_eq!(fees(&[(FeeClass::Bed, 600), (FeeClass::Surgery, 401)]), Err(ErrorCode::FeeTotal));
    assert_eq!(fees(&[]), Err(ErrorCode::FeeTotal));
    assert_eq!(fees(&[(FeeClass::Bed, 500), (FeeClass::Bed, 500)]), Err(ErrorCode::FeeTotal), "a class twice");
    assert_eq!(fees(&[(FeeClass::Bed, u64::MAX), (FeeClass::Other, 1_001)]), Err(ErrorCode::AmountOverflow), "no wrap");
    let foreign = Fee { class: FeeClass::Other, amount: Money::new(Currency::Cny, 0) };
    assert_eq!(attempt(&|list| list.header.classes.push(foreign).unwrap()), Err(ErrorCode::Currency));
}

#[test]
fn a_list_is_of_its_issuers_bill_document_and_editions() {
    let (world, document) = World::with_bill_and_editions();
    let attempt = |world: &World, signer, change: &dyn Fn(&mut FileSettlementList)| {
        let mut list = list_of(document, 1, &FEES);
        change(&mut list);
        world.clone().one(&signing(signer), file_list(list))
    };
    assert_eq!(attempt(&world, HKH, &|_| {}), Err(ErrorCode::BillIssuer));
    assert_eq!(attempt(&world, INSURER, &|_| {}), Err(ErrorCode::Role));
    assert_eq!(attempt(&world, SZH, &|list| list.bill = nullifier(2)), Err(ErrorCode::Bill));
    let unknown = AnchorId(Hash32([9; 32]));
    assert_eq!(attempt(&world, SZH, &|list| list.header.anchor = unknown), Err(ErrorCode::NotAuthor));
    let edition = CodeRef { system: 1, version: 9 };
    assert_eq!(attempt(&world, SZH, &|list| list.header.diagnosis = edition), Err(ErrorCode::CodeVersion));
    assert_eq!(attempt(&world, SZH, &|list| list.header.grouper = edition), Err(ErrorCode::CodeVersion));
    let mut retracted = world.clone();
    retracted.must(&signing(SZH), retract_action(document));
    assert_eq!(attempt(&retracted, SZH, &|_| {}), Err(ErrorCode::DocumentState));
    let mut voided = world.clone();
    voided.must(&signing(SZH), Action::VoidBill(VoidBill { nullifier: nullifier(1), issuer: SZH }));
    assert_eq!(attempt(&voided, SZH, &|_| {}), Err(ErrorCode::Bill));
}

#[test]
fn a_list_is_corrected_by_the_next_version_of_its_document() {
    let (mut world, document) = World::with_bill_and_editions();
    world.must(&signing(SZH), file_list(list_of(document, 1, &FEES)));
    assert_eq!(world.one(&signing(SZH), file_list(list_of(document, 1, &FEES))), Err(ErrorCode::Lineage));
    let other = world.document(1);
    assert_eq!(world.one(&signing(SZH), file_list(list_of(other, 1, &FEES))), Err(ErrorCode::Lineage));
    let next = world.corrected(document);
    let other_fees = [(FeeClass::Bed, 500), (FeeClass::Surgery, 500)];
    world.must(&signing(SZH), file_list(list_of(next, 1, &other_fees)));
    let list = kept(&world).unwrap();
    assert_eq!((list.versions, list.header.anchor), (2, next));
    assert_eq!(list.header.fee_total(hkd(1_000)), Ok(hkd(1_000)));
}
