use std::path::Path;

use assent_types::ids::{ChainId, Hash32};

use super::*;

const CHAIN: ChainId = ChainId(Hash32([7; 32]));

fn open(path: &Path) -> Opened {
    Wal::open(path, CHAIN, false).unwrap()
}

fn fresh(path: &Path) -> Wal {
    let opened = Wal::open(path, CHAIN, true).unwrap();
    assert_eq!(opened.entries, Some(Vec::new()));
    opened.wal
}

fn entries(path: &Path) -> Option<Vec<Vec<u8>>> {
    open(path).entries
}

fn append(wal: &mut Wal, entries: &[&[u8]]) {
    for entry in entries {
        wal.append(entry).unwrap();
    }
    assert!(wal.sync().unwrap());
}

/// Checks a copy of the log in which one file was changed.
fn with_changed(path: &Path, file: &str, change: impl FnOnce(&mut Vec<u8>), check: impl FnOnce(&Path)) {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("wal");
    std::fs::create_dir(&copy).unwrap();
    let mut change = Some(change);
    for name in ["0", "1"] {
        let mut bytes = std::fs::read(path.join(name)).unwrap();
        bytes.truncate(FIRST_PAGE_BYTES + 4096);
        if name == file {
            change.take().unwrap()(&mut bytes);
        }
        std::fs::write(copy.join(name), &bytes).unwrap();
    }
    check(&copy);
}

#[test]
fn missing_and_empty_differ() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    let lost = open(&path);
    assert_eq!(lost.entries, None);
    drop(lost);
    assert_eq!(entries(&path), None, "a crash during the silence leads to silence again");
    let mut again = open(&path);
    again.wal.append(b"first vote after the silence").unwrap();
    again.wal.sync().unwrap();
    assert_eq!(entries(&path).unwrap().len(), 1);
    std::fs::remove_dir_all(&path).unwrap();
    drop(fresh(&path));
    assert_eq!(entries(&path), Some(Vec::new()));
    std::fs::remove_file(path.join("1")).unwrap();
    assert_eq!(entries(&path), None, "half a log is a lost log");
}

#[test]
fn entries_come_back_and_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    let mut wal = fresh(&path);
    let large = vec![3; 3 << 20];
    append(&mut wal, &[b"one", b"", &large]);
    drop(wal);
    let mut opened = open(&path);
    assert_eq!(opened.entries.unwrap(), [b"one".to_vec(), vec![], large.clone()]);
    append(&mut opened.wal, &[b"four"]);
    assert_eq!(entries(&path).unwrap(), [b"one".to_vec(), vec![], large, b"four".to_vec()]);
}

#[test]
fn reset_forgets_once_something_new_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    let mut wal = fresh(&path);
    for round in 0..20u8 {
        append(&mut wal, &[&[round], &[round; 100]]);
        assert_eq!(entries(&path).unwrap(), [vec![round], vec![round; 100]]);
        wal.reset();
        assert_eq!(entries(&path).unwrap().len(), 2, "the old height stays readable until the new one is durable");
        wal.append(&[round, round]).unwrap();
        wal.sync().unwrap();
        assert_eq!(entries(&path).unwrap(), [vec![round, round]], "shorter entries uncover no older ones");
        wal.reset();
    }
}

#[test]
fn a_log_torn_at_any_byte_keeps_whole_entries_and_everything_synced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    let mut wal = fresh(&path);
    // An older height underneath, with records of the same sizes, so that leftovers would line up.
    append(&mut wal, &[b"old-1", b"old-2", b"old-3", b"old-4", b"old-5"]);
    wal.reset();
    append(&mut wal, &[b"mid-1"]);
    wal.reset();
    let synced: [&[u8]; 2] = [b"new-1", b"new-2"];
    append(&mut wal, &synced);
    let durable = usize::try_from(wal.offset).unwrap();
    wal.append(b"new-3").unwrap();
    wal.append(b"new-4").unwrap();
    wal.write_out().unwrap();
    let end = usize::try_from(wal.offset).unwrap();
    let all = [b"new-1".to_vec(), b"new-2".to_vec(), b"new-3".to_vec(), b"new-4".to_vec()];
    let mut counts = std::collections::BTreeSet::new();
    for cut in durable..=end {
        // The unsynced end is gone, old bytes show, or garbage was written.
        for filler in ["nothing", "zeros", "garbage"] {
            let change = |bytes: &mut Vec<u8>| match filler {
                "nothing" => bytes.truncate(cut),
                "zeros" => bytes[cut..end].fill(0),
                _ => bytes[cut..end].fill(0xa5),
            };
            with_changed(&path, "0", change, |copy| {
                let mut opened = open(copy);
                let found = opened.entries.unwrap_or_else(|| panic!("cut at {cut}: {:?}", opened.lost));
                assert!(found.len() >= synced.len() && all.starts_with(&found), "cut at {cut}: {found:?}");
                counts.insert(found.len());
                opened.wal.append(b"after").unwrap();
                opened.wal.sync().unwrap();
                let mut wanted = found;
                wanted.push(b"after".to_vec());
                assert_eq!(entries(copy).unwrap(), wanted, "cut at {cut} with {filler}");
            });
        }
    }
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn any_flipped_byte_of_synced_entries_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    let mut wal = fresh(&path);
    append(&mut wal, &[b"first", b"second"]);
    append(&mut wal, &[b"third"]);
    append(&mut wal, &[b"fourth"]);
    let end = usize::try_from(wal.offset).unwrap();
    let last = end - record::size(6);
    let mut lost = 0;
    for at in FIRST_PAGE_BYTES..end {
        with_changed(
            &path,
            "0",
            |bytes| bytes[at] ^= 0x40,
            |copy| match entries(copy) {
                None => lost += 1,
                // The last record has no successor that could vouch for it; padding is not covered.
                Some(found) if at >= last => assert!(found.len() == 3 || found.len() == 4),
                Some(found) => assert_eq!(found.len(), 4, "byte {at} was flipped, entries are gone, nobody noticed"),
            },
        );
    }
    assert!(lost > 80, "{lost} flips noticed");
}

#[test]
fn a_torn_new_generation_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    let mut wal = fresh(&path);
    append(&mut wal, &[b"a1", b"a2"]);
    append(&mut wal, &[b"a3"]);
    wal.reset();
    append(&mut wal, &[b"b1"]);
    wal.reset();
    // Of the newest height only the second record reached the disk, over older synced records.
    wal.append(b"c1").unwrap();
    wal.append(b"c2").unwrap();
    wal.write_out().unwrap();
    let first = FIRST_PAGE_BYTES..FIRST_PAGE_BYTES + record::size(2);
    with_changed(
        &path,
        "0",
        |bytes| bytes[first].fill(0),
        |copy| {
            let opened = open(copy);
            assert_eq!(opened.entries, Some(vec![b"b1".to_vec()]), "{:?}", opened.lost);
        },
    );
}

#[test]
fn another_chain_and_a_newer_format_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    drop(fresh(&path));
    let other = Wal::open(&path, ChainId(Hash32([8; 32])), false);
    assert!(matches!(other, Err(WalError::OtherChain(_))));
    let mut newer = MAGIC.to_vec();
    newer.extend_from_slice(&(FORMAT + 1).to_le_bytes());
    newer.extend_from_slice(&CHAIN.0.0);
    newer.extend_from_slice(&crc32fast::hash(&newer).to_le_bytes());
    let file = OpenOptions::new().write(true).open(path.join("0")).unwrap();
    file.write_all_at(&newer, 0).unwrap();
    assert!(matches!(Wal::open(&path, CHAIN, false), Err(WalError::Newer { format: 2, .. })));
    file.write_all_at(&[0xff; 48], 0).unwrap();
    assert_eq!(entries(&path), None, "a damaged first page is a lost log");
}

#[test]
fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wal");
    drop(fresh(&path));
    for name in ["0", "1"] {
        assert_eq!(path.join(name).metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
