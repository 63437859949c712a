use assent_types::action::Action;
use assent_types::claim::*;
use assent_types::codesystem::{RegisterCodeMap, RegisterCodeSystem, code_map_id_of};
use assent_types::state::{Record, StateKey};
use assent_types::*;

use crate::testing::claims::*;
use crate::testing::course::*;
use crate::testing::*;

fn system(world: &mut World, with: &[OrgId], change: &dyn Fn(&mut RegisterCodeSystem)) -> Result<(), ErrorCode> {
    let mut register = code_system(1, 1);
    change(&mut register);
    let keys: Vec<_> = with.iter().map(|org| signing(*org)).collect();
    let action = Action::RegisterCodeSystem(Box::new(register));
    let tx = world.cosigned(&signing(CODER), action, &keys.iter().collect::<Vec<_>>());
    world.send(&tx)
}

#[test]
fn code_systems_are_registered_once_with_reviewers_of_two_jurisdictions() {
    let mut world = World::new();
    for with in [&[][..], &[REGULATOR], &[REGULATOR, SZH], &[HKH, INSURER]] {
        assert_eq!(system(&mut world, with, &|_| {}), Err(ErrorCode::Role));
    }
    let two = [REGULATOR, HKH];
    assert_eq!(system(&mut world, &two, &|register| register.content = Hash32::ZERO), Err(ErrorCode::CodeVersion));
    let ended = |register: &mut RegisterCodeSystem| register.effective_to = Some(register.effective_from);
    assert_eq!(system(&mut world, &two, &ended), Err(ErrorCode::Window));
    let tx = world.cosigned(
        &signing(INSURER),
        Action::RegisterCodeSystem(Box::new(code_system(1, 1))),
        &[&signing(REGULATOR), &signing(HKH)],
    );
    assert_eq!(world.send(&tx), Err(ErrorCode::Role), "no code authority");
    assert_eq!(system(&mut world, &two, &|_| {}), Ok(()));
    assert_eq!(system(&mut world, &two, &|_| {}), Err(ErrorCode::CodeVersion), "once");
    let record = crate::runtime::state::code_system(&world.state, CodeRef { system: 1, version: 1 }).unwrap().unwrap();
    assert_eq!(&record.reviewed_by[..], &[HKH, REGULATOR]);
}

fn map(world: &mut World, register: RegisterCodeMap) -> Result<CodeMapId, ErrorCode> {
    let keys = [signing(REGULATOR), signing(HKH)];
    let action = Action::RegisterCodeMap(Box::new(register));
    let tx = world.cosigned(&signing(CODER), action, &keys.iter().collect::<Vec<_>>());
    world.send(&tx).map(|()| code_map_id_of(&tx.hash()))
}

#[test]
fn many_to_one_is_never_mapped_back() {
    let mut world = World::new();
    let (src, dst) = (world.code_system(1, 1), world.code_system(2, 1));
    let soon = world.time.plus(40 * DAY_MS);
    let checks: &[(ErrorCode, RegisterCodeMap)] = &[
        (ErrorCode::Window, code_map(src, dst, world.time.plus(29 * DAY_MS))),
        (ErrorCode::CodeVersion, code_map(src, src, soon)),
        (ErrorCode::CodeVersion, code_map(src, CodeRef { system: 3, version: 1 }, soon)),
        (ErrorCode::CodeVersion, RegisterCodeMap { rows: 0, ..code_map(src, dst, soon) }),
        (ErrorCode::CodeVersion, RegisterCodeMap { content: Hash32::ZERO, ..code_map(src, dst, soon) }),
    ];
    for (code, register) in checks {
        assert_eq!(map(&mut world.clone(), register.clone()), Err(*code));
    }
    let one_to_one = |src, dst| RegisterCodeMap { many_to_one: false, ..code_map(src, dst, soon) };
    let mut both = world.clone();
    assert!(map(&mut both, one_to_one(src, dst)).is_ok() && map(&mut both, one_to_one(dst, src)).is_ok());
    assert_eq!(map(&mut both, code_map(dst, src, soon.plus(1))), Err(ErrorCode::CodeVersion));
    map(&mut world, code_map(src, dst, soon)).unwrap();
    assert_eq!(map(&mut world, one_to_one(dst, src)), Err(ErrorCode::CodeVersion));
    assert_eq!(map(&mut world, code_map(dst, src, soon)), Err(ErrorCode::CodeVersion));
    assert_eq!(map(&mut world, code_map(src, dst, soon)), Err(ErrorCode::Window), "after the one before");
    assert!(map(&mut world, code_map(src, dst, soon.plus(1))).is_ok());
}

#[test]
fn bad_input_70_claims_cite_versions_and_maps_of_their_time() {
    let mut world = World::with_subjects(1);
    let (src, dst) = (world.code_system(1, 1), world.code_system(2, 1));
    let ended = |register: &mut RegisterCodeSystem| {
        register.system = CodeRef { system: 4, version: 1 };
        register.effective_to = Some(Millis(1));
    };
    assert_eq!(system(&mut world, &[REGULATOR, HKH], &ended), Ok(()));
    let now = world.time;
    let first = map(&mut world, code_map(src, dst, now.plus(31 * DAY_MS))).unwrap();
    let second = map(&mut world, code_map(src, dst, now.plus(100 * DAY_MS))).unwrap();
    world.time = world.time.plus(50 * DAY_MS);
    let case = {
        let open = assent_types::case::OpenCase { exp: world.time.plus(60 * DAY_MS), ..open_case(1, INSURER) };
        assent_types::case::case_id_of(&world.act(&subject_key(1), Action::OpenCase(Box::new(open))))
    };
    world.bill(1, 1_000);
    let month = Month(MONTH.0 + 1);
    let file = |world: &World, codes: &[CodeRef], code_map| {
        let mut terms = claim_terms_of(case, &[1], hkd(1_000));
        terms.codes = Set::new(codes.iter().copied()).unwrap();
        (terms.service.first, terms.service.last) = (month, month);
        terms.code_map = code_map;
        world.clone().one(&signing(HKH), submit(terms, Capacity::Organisation))
    };
    assert_eq!(file(&world, &[src], None), Ok(()));
    assert_eq!(file(&world, &[src, dst], Some(first)), Ok(()));
    assert_eq!(file(&world, &[dst], Some(first)), Err(ErrorCode::CodeVersion), "the source is cited too");
    assert_eq!(file(&world, &[src], Some(first)), Err(ErrorCode::CodeVersion));
    assert_eq!(file(&world, &[src, dst], Some(second)), Err(ErrorCode::CodeVersion), "not in force yet");
    assert_eq!(file(&world, &[CodeRef { system: 9, version: 1 }], None), Err(ErrorCode::CodeVersion));
    assert_eq!(file(&world, &[CodeRef { system: 4, version: 1 }], None), Err(ErrorCode::CodeVersion), "had ended");
    // The decision looks at the map again.
    let mut terms = claim_terms_of(case, &[1], hkd(1_000));
    terms.codes = Set::new([src, dst]).unwrap();
    (terms.service.first, terms.service.last, terms.code_map) = (month, month, Some(first));
    let claim = world.file(terms);
    world.act(&signing(INSURER), accept(claim));
    let whole = approve(claim, award(&[nullifier(1)], &[1_000]));
    assert_eq!(world.clone().one(&signing(INSURER), whole.clone()), Ok(()));
    world.put(StateKey::CodeMaps(src, dst), Record::CodeMaps(List::default()));
    assert_eq!(world.one(&signing(INSURER), whole), Err(ErrorCode::CodeVersion));
}
