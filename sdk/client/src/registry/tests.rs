use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap() };
        RegistryKey::generate(&home.key()).unwrap();
        home
    }

    fn key(&self) -> PathBuf {
        self.dir.path().join("registry.key")
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("registry")
    }

    fn open(&self) -> Registry {
        Registry::open(&self.folder(), RegistryKey::load(&self.key()).unwrap()).unwrap()
    }

    fn files(&self, part: &str) -> Vec<PathBuf> {
        fs::read_dir(self.folder().join(part)).unwrap().map(|file| file.unwrap().path()).collect()
    }
}

fn value(registry: &Registry, kind: Kind, name: &[u8]) -> Option<Vec<u8>> {
    registry.get(kind, name).unwrap().map(|value| value.to_vec())
}

#[test]
fn entries_last_and_are_replaced_whole() {
    let home = Home::new();
    home.open().put(Kind::Subject, b"record 7", b"one").unwrap();
    home.open().put(Kind::Subject, b"record 7", b"two").unwrap();
    home.open().put(Kind::Bill, b"record 7", b"three").unwrap();
    let registry = home.open();
    assert_eq!(value(&registry, Kind::Subject, b"record 7"), Some(b"two".to_vec()));
    assert_eq!(value(&registry, Kind::Bill, b"record 7"), Some(b"three".to_vec()));
    assert_eq!(value(&registry, Kind::Bill, b"record 8"), None);
    let entries = registry.entries(Kind::Bill).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].0.as_slice(), entries[0].1.as_slice()), (&b"record 7"[..], &b"three"[..]));
    assert_eq!(home.files("sealed").len(), 2, "nothing is left beside the entries");
}

#[test]
fn neither_names_nor_values_are_on_disk_and_files_are_private() {
    let home = Home::new();
    home.open().put(Kind::Subject, b"record-number-4711", b"the pseudonym of somebody").unwrap();
    for path in home.files("sealed").into_iter().chain(home.files("keys")) {
        let bytes = fs::read(&path).unwrap();
        let text = format!("{} {}", path.display(), String::from_utf8_lossy(&bytes));
        assert!(!text.contains("4711") && !text.contains("pseudonym"), "{text}");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(home.folder().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn an_erased_entry_stays_erased_even_when_its_ciphertext_comes_back() {
    let home = Home::new();
    let registry = home.open();
    registry.put(Kind::KeyParts, b"document", b"key part").unwrap();
    let sealed = home.files("sealed").remove(0);
    let backup = fs::read(&sealed).unwrap();
    assert!(registry.erase(Kind::KeyParts, b"document").unwrap());
    assert!(!registry.erase(Kind::KeyParts, b"document").unwrap());
    assert!(home.files("keys").is_empty() && home.files("sealed").is_empty());
    fs::write(&sealed, backup).unwrap();
    assert_eq!(value(&registry, Kind::KeyParts, b"document"), None);
}

#[test]
fn damage_swaps_and_other_keys_are_noticed() {
    let home = Home::new();
    let registry = home.open();
    registry.put(Kind::Document, b"a", b"of a").unwrap();
    let first = home.files("sealed").remove(0);
    registry.put(Kind::Document, b"b", b"of b").unwrap();
    let good = fs::read(&first).unwrap();
    for place in [0, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(&first, bad).unwrap();
        assert!(matches!(registry.get(Kind::Document, b"a"), Err(RegistryError::Damaged(_))), "byte {place}");
    }
    let second = home.files("sealed").into_iter().find(|path| *path != first).unwrap();
    fs::copy(&second, &first).unwrap();
    assert!(matches!(registry.get(Kind::Document, b"a"), Err(RegistryError::Damaged(_))), "another entry's file");
    fs::write(&first, &good).unwrap();
    let other = Registry::open(&home.folder(), RegistryKey::from_bytes(&[9; 32])).unwrap();
    assert_eq!(value(&other, Kind::Document, b"a"), None, "another key finds not even the name");
}

#[test]
fn key_files_are_private_and_never_overwritten() {
    let home = Home::new();
    assert!(matches!(RegistryKey::generate(&home.key()), Err(RegistryError::Io { .. })));
    fs::set_permissions(home.key(), fs::Permissions::from_mode(0o640)).unwrap();
    let error = RegistryKey::load(&home.key()).err().unwrap().to_string();
    assert!(error.contains("chmod 600"), "{error}");
    fs::set_permissions(home.key(), fs::Permissions::from_mode(0o600)).unwrap();
    let text = fs::read_to_string(home.key()).unwrap();
    fs::write(home.key(), &text[..62]).unwrap();
    let error = RegistryKey::load(&home.key()).err().unwrap().to_string();
    assert!(!error.contains(&text[..16]), "the error quotes no secret");
}

#[test]
fn large_values_are_refused_and_change_nothing() {
    let home = Home::new();
    let registry = home.open();
    registry.put(Kind::Upload, b"u", b"small").unwrap();
    let error = registry.put(Kind::Upload, b"u", &vec![0; 64 * 1024 + 1]).err().unwrap();
    assert!(matches!(error, RegistryError::TooLarge { .. }));
    assert_eq!(value(&registry, Kind::Upload, b"u"), Some(b"small".to_vec()));
}
