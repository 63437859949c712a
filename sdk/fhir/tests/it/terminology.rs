//! Code lists and maps: read, looked up in both directions, and held to what is registered.

use std::collections::BTreeMap;

use assent_fhir::FhirError;
use assent_fhir::terminology::{CODE_BYTES_MAX, CodeList, CodeTable, content_hash};
use assent_types::claim::CodeRef;
use assent_types::codesystem::{CodeMap, CodeSystem};
use assent_types::{CodeMapId, ErrorCode, Hash32, List, Millis, OrgId, Text};

use crate::fixture;
use crate::rng::Rng;

fn list() -> CodeList {
    CodeList::read(&fixture("terminology/codes.txt")).unwrap()
}

fn table() -> CodeTable {
    CodeTable::read(&fixture("terminology/map.txt")).unwrap()
}

fn number<T: std::fmt::Debug>(result: Result<T, FhirError>) -> (ErrorCode, String) {
    let error = result.unwrap_err();
    (error.code, error.path)
}

#[test]
fn the_fixture_is_read_with_its_quirks() {
    let (list, table) = (list(), table());
    assert_eq!((list.len(), list.display("X01.100")), (5, Some("made-up fever with rash")));
    assert!(list.contains("X02.100+Y00.0*") && !list.contains("X01.000x001"));
    assert_eq!((table.rows(), table.is_many_to_one()), (7, true));
    assert_eq!(table.merged().collect::<Vec<_>>(), ["X01.000"]);
    assert_eq!(table.targets_outside(&list).count(), 0);
    // Two spaces, a tab, and a pair of codes that is one.
    assert_eq!(table.target("X02.000x003+Y00.0*").as_deref(), Ok("X02.100+Y00.0*"));
    assert_eq!(table.target("X02.000").as_deref(), Ok("X02.000"));
    assert_eq!(table.source("X03.000").as_deref(), Ok("X03.009"));
    let carriage_returns = fixture("terminology/map.txt").replace('\n', "\r\n");
    let same = CodeTable::read(&carriage_returns).unwrap();
    assert!(same.pairs().eq(table.pairs()));
}

#[test]
fn what_several_codes_map_to_is_never_mapped_back() {
    let table = table();
    let back = table.source("X01.000").unwrap_err();
    assert_eq!((back.code, back.path.as_str()), (ErrorCode::CodeVersion, "ConceptMap.group.element.target"));
    // The code itself is among those that map to it, and still it is not the one.
    assert_eq!(table.target("X01.000").as_deref(), Ok("X01.000"));
    assert!(!back.to_string().contains("X01"), "a code of a claim is health data: {back}");
    assert_eq!(table.source("X09").unwrap_err().code, ErrorCode::CodeVersion);
    assert_eq!(table.target("X01.000x009").unwrap_err().code, ErrorCode::CodeVersion);
}

#[test]
fn mapped_codes_are_verified_row_by_row() {
    let table = table();
    assert_eq!(table.verify(table.pairs()), Ok(()));
    let wrong = [("X01.100", "X01.100"), ("X01.000x001", "X01.100")];
    assert_eq!(number(table.verify(wrong)), (ErrorCode::CodeVersion, "Claim.item[1].productOrService".to_owned()));
}

#[test]
fn what_is_no_list_or_map_is_refused_at_its_row() {
    let long = "x".repeat(CODE_BYTES_MAX + 1);
    let code = |row: usize| (ErrorCode::FhirInvalid, format!("CodeSystem.concept[{row}].code"));
    for (text, expected) in [
        ("A a\nA b".to_owned(), code(1)),
        ("A a\n\nB b".to_owned(), code(1)),
        ("\u{feff}A a".to_owned(), code(0)),
        ("霍乱 a".to_owned(), code(0)),
        (long.clone(), code(0)),
        (String::new(), (ErrorCode::FhirMissing, "CodeSystem.concept".to_owned())),
    ] {
        assert_eq!(number(CodeList::read(&text)), expected, "{text:?}");
    }
    let row = |row: usize| (ErrorCode::FhirInvalid, format!("ConceptMap.group.element[{row}]"));
    for (text, expected) in [
        ("A B\nA C".to_owned(), row(1)),
        ("A B\nA B".to_owned(), row(1)),
        ("A".to_owned(), row(0)),
        ("A B C".to_owned(), row(0)),
        ("A B\n".to_owned() + &long + " B", row(1)),
        (String::new(), (ErrorCode::FhirMissing, "ConceptMap.group.element".to_owned())),
    ] {
        assert_eq!(number(CodeTable::read(&text)), expected, "{text:?}");
    }
}

/// Maps of random codes: every row is found forwards, and backwards exactly where its target is its own.
#[test]
fn every_row_is_found_in_both_directions_or_refused() {
    let mut rng = Rng::from_env();
    for case in 0..300 {
        let mut rows = BTreeMap::new();
        let targets = 1 + rng.below(40);
        for _ in 0..1 + rng.below(60) {
            rows.insert(format!("S{:02}.{}", rng.below(99), rng.below(9)), format!("T{}", rng.below(targets)));
        }
        let mut lines: Vec<String> = rows.iter().map(|(source, target)| format!("{source} {target}")).collect();
        lines.rotate_left(rng.below(rows.len()));
        let table = CodeTable::read(&lines.join("\n")).unwrap();
        let of = |target: &str| rows.values().filter(|other| *other == target).count();
        assert_eq!(table.rows() as usize, rows.len(), "case {case}");
        assert_eq!(table.is_many_to_one(), rows.values().any(|target| of(target) > 1), "case {case}");
        for (source, target) in &rows {
            assert_eq!(table.target(source), Ok(target.as_str()), "case {case}");
            let back = table.source(target);
            if of(target) == 1 {
                assert_eq!(back, Ok(source.as_str()), "case {case}");
            } else {
                assert_eq!(back.unwrap_err().code, ErrorCode::CodeVersion, "case {case}");
            }
        }
    }
}

#[test]
fn contents_are_held_to_what_is_registered() {
    let (list, table) = (list(), table());
    assert_eq!(list.content(), content_hash(&fixture("terminology/codes.txt")));
    let system = CodeSystem {
        system: CodeRef { system: 2, version: 1 },
        name: Text::new("made-up codes").unwrap(),
        version: Text::new("1").unwrap(),
        publisher: Text::new("nobody").unwrap(),
        content: list.content(),
        effective_from: Millis(0),
        effective_to: None,
        licence: Text::new("none").unwrap(),
        registered_by: OrgId(10),
        reviewed_by: List::default(),
    };
    assert_eq!(list.agrees(&system), Ok(()));
    let other = CodeSystem { content: Hash32([1; 32]), ..system };
    assert_eq!(list.agrees(&other).unwrap_err().code, ErrorCode::CodeVersion);

    let (src, dst) = (CodeRef { system: 1, version: 1 }, CodeRef { system: 2, version: 1 });
    let register = table.registration(src, dst, Millis(7));
    assert_eq!((register.rows, register.many_to_one), (7, true));
    let map = CodeMap {
        id: CodeMapId(Hash32([2; 32])),
        src,
        dst,
        content: register.content,
        rows: register.rows,
        many_to_one: register.many_to_one,
        effective: register.effective,
        registered_by: OrgId(10),
        reviewed_by: List::default(),
    };
    assert_eq!(table.agrees(&map), Ok(()));
    // What is registered as one-to-one although it is not could be mapped back on the ledger.
    for wrong in [
        CodeMap { many_to_one: false, ..map.clone() },
        CodeMap { rows: 6, ..map.clone() },
        CodeMap { content: Hash32([1; 32]), ..map.clone() },
    ] {
        assert_eq!(table.agrees(&wrong).unwrap_err().code, ErrorCode::CodeVersion);
    }
}
