//! Code lists and maps on the ledger: registered by their hashes, cited by claims, verified from what was published, and
//! never mapped back where several codes became one.

mod claims;

use std::path::Path;

use assent_fhir::terminology::{CodeList, CodeTable, content_hash};
use assent_genesis::sample::{HONG_KONG_HOSPITAL, REGULATOR};
use assent_types::action::Action;
use assent_types::claim::CodeRef;
use assent_types::codesystem::{CodeMap, CodeSystem, RegisterCodeSystem, code_map_id_of};
use assent_types::state::{Record, StateKey};
use assent_types::{CodeMapId, ErrorCode, Hash32, Millis, OrgId, Text};

use self::claims::Mapped;
use crate::ledger::{DAY_MS, Ledger, signing};
use crate::{data, reported, text};

/// The code authority of the sample network.
const AUTHORITY: OrgId = OrgId(10);

/// The codes that hospitals write, those that they are mapped to, and the map.
struct Published {
    list: CodeList,
    table: CodeTable,
}

impl Published {
    fn read(list: &str, map: &str) -> Self {
        Self { list: CodeList::read(list).unwrap(), table: CodeTable::read(map).unwrap() }
    }

    /// The hash of the codes that are mapped, which nobody publishes as a list of their own.
    fn sources(&self) -> Hash32 {
        content_hash(&self.table.pairs().map(|(source, _)| format!("{source}\n")).collect::<String>())
    }
}

/// A ledger on which codes are registered.
struct Registry {
    ledger: Ledger,
}

impl Registry {
    fn new() -> Self {
        Self { ledger: Ledger::new(Millis(20_000 * DAY_MS)) }
    }

    /// Signed by the code authority, reviewed in two jurisdictions.
    fn reviewed(&mut self, action: Action) -> Result<assent_types::TxHash, ErrorCode> {
        let reviewers = [signing(HONG_KONG_HOSPITAL), signing(REGULATOR)];
        self.ledger.act_with(&signing(AUTHORITY), action, &reviewers.each_ref())
    }

    fn system(&mut self, system: CodeRef, name: &str, content: Hash32) -> Result<CodeSystem, ErrorCode> {
        let register = RegisterCodeSystem {
            system,
            name: Text::new(name).unwrap(),
            version: Text::new("1").unwrap(),
            publisher: Text::new("as published").unwrap(),
            content,
            effective_from: Millis(0),
            effective_to: None,
            licence: Text::new("Apache-2.0").unwrap(),
        };
        self.reviewed(Action::RegisterCodeSystem(Box::new(register)))?;
        match self.ledger.record(StateKey::CodeSystem(system)) {
            Some(Record::CodeSystem(found)) => Ok(*found),
            other => panic!("no code system: {other:?}"),
        }
    }

    /// Registers what is published as version 1 of two systems and the map between them, and lets the map take effect.
    fn published(&mut self, published: &Published, source: u32, target: u32) -> CodeMap {
        let (src, dst) = (CodeRef { system: source, version: 1 }, CodeRef { system: target, version: 1 });
        self.system(src, "codes that hospitals write", published.sources()).unwrap();
        let system = self.system(dst, "codes of the insurance edition", published.list.content()).unwrap();
        assert_eq!(published.list.agrees(&system), Ok(()));
        let effective = self.ledger.time.plus(31 * DAY_MS);
        let register = published.table.registration(src, dst, effective);
        // Back is refused once the map is there, and it is the ledger that refuses.
        let id = code_map_id_of(&self.reviewed(Action::RegisterCodeMap(Box::new(register.clone()))).unwrap());
        let back = assent_types::codesystem::RegisterCodeMap { src: dst, dst: src, ..register };
        for many_to_one in [true, false] {
            let back = assent_types::codesystem::RegisterCodeMap { many_to_one, ..back.clone() };
            let refused = self.reviewed(Action::RegisterCodeMap(Box::new(back)));
            assert_eq!(refused, Err(ErrorCode::CodeVersion));
        }
        self.ledger.until(effective);
        let map = self.map(id);
        assert_eq!(published.table.agrees(&map), Ok(()));
        map
    }

    fn map(&self, id: CodeMapId) -> CodeMap {
        match self.ledger.record(StateKey::CodeMap(id)) {
            Some(Record::CodeMap(found)) => *found,
            other => panic!("no map: {other:?}"),
        }
    }
}

/// Every row in both directions: forwards to its target; back to its source where it is the only one, and refused by its
/// number everywhere else. Gives how many targets are refused.
fn both_directions(table: &CodeTable) -> usize {
    let mut refused = std::collections::BTreeSet::new();
    let merged: std::collections::BTreeSet<&str> = table.merged().collect();
    for (source, target) in table.pairs() {
        assert_eq!(table.target(source).as_deref(), Ok(target));
        if merged.contains(target) {
            assert_eq!(table.source(target).unwrap_err().code, ErrorCode::CodeVersion);
            refused.insert(target);
        } else {
            assert_eq!(table.source(target).as_deref(), Ok(source));
        }
    }
    assert_eq!(refused, merged);
    refused.len()
}

#[test]
fn codes_of_our_own_are_registered_cited_and_never_mapped_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/fhir/tests/fixtures/terminology");
    let published = Published::read(&text(&folder.join("codes.txt")), &text(&folder.join("map.txt")));
    assert_eq!(both_directions(&published.table), 1);
    let mut registry = Registry::new();
    let map = registry.published(&published, 1, 2);
    let codes = ["X01.000x001", "X02.000x003+Y00.0*"];
    let mapped = Mapped::of(&codes, &published.table).unwrap();
    registry.files_and_verifies(&published, &map, &mapped);
    registry.refuses_what_is_not_of_the_map(&published, &map, &mapped);
    let unknown = Mapped::of(&["X99.999"], &published.table);
    assert_eq!(unknown.unwrap_err().code, ErrorCode::CodeVersion);
}

#[test]
fn published_codes_are_registered_cited_and_never_mapped_back() {
    let Some(data) = data() else { return };
    for edition in ["foshan_2022", "chs_drg_11"] {
        let folder = data.join("chs-drg").join(edition);
        let file = |name: &str| text(&folder.join(name));
        let diagnoses = Published::read(&file("ZD_INFO.dat"), &file("ZD_MAP.dat"));
        let procedures = Published::read(&file("SS_INFO.dat"), &file("SS_MAP.dat"));
        let groups = CodeList::read(&file("DRG.dat")).unwrap();
        let refused = both_directions(&diagnoses.table) + both_directions(&procedures.table);

        let mut registry = Registry::new();
        let map = registry.published(&diagnoses, 1, 2);
        let other = registry.published(&procedures, 3, 4);
        let system = registry.system(CodeRef { system: 5, version: 1 }, "DRG groups", groups.content()).unwrap();
        assert_eq!(groups.agrees(&system), Ok(()));
        assert_eq!(diagnoses.table.agrees(&other).unwrap_err().code, ErrorCode::CodeVersion, "of procedures");
        for list in ["CC.dat", "MCC.dat"] {
            let listed = CodeList::read(&file(list)).unwrap();
            assert!(listed.codes().all(|code| diagnoses.list.contains(code)), "{list} lists codes of the edition");
        }
        let (mut claims, mut codes, mut unmapped) = (0, 0, 0);
        for record in discharges(&text(&data.join("chs-drg/input.txt"))) {
            let mapped = match Mapped::of(&record, &diagnoses.table) {
                Ok(mapped) => mapped,
                Err(error) => {
                    assert_eq!(error.code, ErrorCode::CodeVersion);
                    unmapped += 1;
                    continue;
                }
            };
            registry.files_and_verifies(&diagnoses, &map, &mapped);
            (claims, codes) = (claims + 1, codes + record.len());
        }
        assert!(claims > 0);
        let outside: usize =
            [&diagnoses, &procedures].iter().map(|of| of.table.targets_outside(&of.list).count()).sum();
        reported(&format!(
            "Code lists, {edition}: {} codes and {} DRG groups registered, {} rows mapped in both directions, {refused} \
             codes of several sources never mapped back (E707), {outside} targets outside of their list; {claims} claims \
             of sample discharges with {codes} mapped codes filed and verified, {unmapped} with a code that has no row \
             refused (E707)",
            diagnoses.list.len() + procedures.list.len(),
            groups.len(),
            diagnoses.table.rows() + procedures.table.rows(),
        ));
    }
}

/// The diagnoses of each sample discharge.
fn discharges(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().skip(1).filter(|row| !row.trim().is_empty());
    rows.map(|row| row.split(',').nth(8).unwrap().split('|').collect()).collect()
}
