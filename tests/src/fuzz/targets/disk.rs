//! What a node reads back from its disk, the frames in which peers send, and the files that an operator writes.

use std::path::Path;

use assent_daemon::config::NodeConfig;
use assent_daemon::p2p::frame;
use assent_daemon::{keyfile, wal};
use assent_proofs::testing::{MemNodes, reencode_node};
use assent_replica::LogEntry;
use assent_replica::ledger::head::{self, Head};
use assent_replica::storage::Storage;
use assent_replica::storage::model::ModelStore;
use assent_types::key::KeyUsage;
use assent_types::{Bytes, Height, Millis};
use futures::executor::block_on;
use futures::io::Cursor;

use super::super::{Answer, canonical, first_word, samples, stable};
use super::{Corpus, Entry, binary, many, numbered, one, plain, text};

/// Bound of the frames in the corpus, in bytes.
const FRAME_BYTES_MAX: usize = 1 << 16;

pub(super) const TARGETS: &[Entry] = &[
    (binary("node-log-entry", plain::<LogEntry>), || many(&log_entries())),
    (binary("node-log-file", log_file), log_file_corpus),
    (binary("node-head", plain::<Head>), head_corpus),
    (binary("tree-node", tree_node), tree_node_corpus),
    (binary("peer-frames", frames), frames_corpus),
    (text("node-configuration", configuration), configuration_corpus),
    (text("key-file", key_file), key_file_corpus),
];

fn log_entries() -> Vec<LogEntry> {
    let txs = samples::transactions();
    let Some(block) = samples::block(&txs[..1]) else { return Vec::new() };
    let Ok(block) = Bytes::new(block.to_bytes()) else { return Vec::new() };
    let body = LogEntry::Body { height: Height(7), block };
    let ordering = super::ordering::log_entries().into_iter();
    [body].into_iter().chain(ordering.map(|entry| LogEntry::Ordering { height: entry.height(), entry })).collect()
}

/// What is read back is never more than what stands there.
fn log_file(input: &[u8]) -> Answer {
    let entries = wal::entries(input);
    match entries.iter().map(Vec::len).sum::<usize>() {
        0 => Answer::Refused("empty".to_owned()),
        bytes if bytes > input.len() => Answer::Fault(format!("{bytes} bytes of entries in {}", input.len())),
        _ => Answer::Accepted,
    }
}

/// The records of a log that a node wrote.
fn log_file_corpus() -> Corpus {
    let records = |entries: &[LogEntry]| -> std::io::Result<Vec<u8>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("wal");
        let opened = wal::Wal::open(&path, samples::CHAIN, true).map_err(std::io::Error::other)?;
        let mut log = opened.wal;
        for entry in entries {
            log.append(&assent_types::encode(entry)).map_err(std::io::Error::other)?;
        }
        log.sync().map_err(std::io::Error::other)?;
        let bytes = std::fs::read(path.join("0")).or_else(|_| std::fs::read(path.join("1")))?;
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| (last + 1).next_multiple_of(8));
        Ok(bytes.get(wal::FIRST_PAGE_BYTES..used).unwrap_or_default().to_vec())
    };
    let all = log_entries();
    numbered([records(&all[1..4]), records(&all[1..2])].into_iter().filter_map(Result::ok))
}

/// Heads of a store at genesis.
fn head_corpus() -> Corpus {
    let mut n = 0;
    let (document, _) = assent_genesis::sample::simulated(4, Millis(1_700_000_000_000), || {
        n += 1;
        [n; 32]
    });
    let Ok(genesis) = assent_genesis::build(&document) else { return Corpus::new() };
    let store = ModelStore::default();
    let head = head::initialise(&genesis).and_then(|batch| {
        store.write(&batch)?;
        head::read(store.snapshot()?.as_ref())
    });
    head.map_or_else(|_| Corpus::new(), |head| one(&head))
}

/// The key with its length before it, then the node.
fn tree_node(input: &[u8]) -> Answer {
    let Some((length, rest)) = input.split_first() else { return Answer::Refused("empty".to_owned()) };
    let Some((key, node)) = rest.split_at_checked(usize::from(*length)) else {
        return Answer::Refused("short".to_owned());
    };
    canonical(node, |node| reencode_node(key, node), Vec::clone)
}

fn tree_node_corpus() -> Corpus {
    let mut tree = MemNodes::default();
    let writes = |from: u8, to: u8| -> Vec<_> { (from..to).map(|n| (samples::hash(n), vec![n; 3])).collect() };
    let _ = tree.apply(None, &writes(0, 40)).and_then(|_| tree.apply(Some(0), &writes(20, 22)));
    let length = |key: &[u8]| u8::try_from(key.len()).unwrap_or(u8::MAX);
    numbered(tree.nodes.iter().step_by(9).map(|(key, node)| [&[length(key)], key.as_slice(), node].concat()))
}

/// Frames up to the first bad one; written again they are the bytes that were read.
fn frames(input: &[u8]) -> Answer {
    let mut stream = Cursor::new(input);
    let mut again = Vec::new();
    loop {
        match block_on(frame::read(&mut stream, FRAME_BYTES_MAX)) {
            Ok(None) if again == input => return Answer::Accepted,
            Ok(None) => return Answer::Fault("two forms of the same frames".to_owned()),
            Ok(Some(bytes)) => {
                if block_on(frame::write(&mut again, &bytes)).is_err() {
                    return Answer::Fault("what was read cannot be written".to_owned());
                }
            }
            Err(error) => return Answer::Refused(first_word(&error.to_string())),
        }
    }
}

fn frames_corpus() -> Corpus {
    let mut wire = Vec::new();
    for bytes in [&b"vote"[..], &[7; 300], &[0]] {
        let _ = block_on(frame::write(&mut wire, bytes));
    }
    numbered([wire])
}

fn configuration(input: &[u8]) -> Answer {
    stable(input, NodeConfig::from_toml, |config| Ok(config.to_toml()))
}

fn configuration_corpus() -> Corpus {
    let small = "org = 1\ngenesis = \"genesis.toml\"\n[keys]\nnode = \"NODE.key\"\nvalidate = \"VALIDATE.key\"\n\
                 [p2p]\nlisten = \"127.0.0.1:1\"\n[[p2p.bootstrap]]\norg = 2\naddr = \"localhost:2\"\n\
                 [api]\nlisten = \"127.0.0.1:3\"\ntls_cert = \"tls.crt\"\ntls_key = \"tls.key\"\n";
    let full = NodeConfig::from_toml(small).map(|config| config.to_toml());
    numbered([small.to_owned()].into_iter().chain(full).map(String::into_bytes))
}

/// No error quotes what a key file holds.
fn key_file(input: &[u8]) -> Answer {
    let Ok(text) = std::str::from_utf8(input) else { return Answer::Refused("utf-8".to_owned()) };
    match keyfile::parse(text, Path::new("fuzzed.key")) {
        Ok(_) => Answer::Accepted,
        Err(error) => {
            let shown = format!("{error} {error:?}");
            let quoted = text.split('"').any(|part| part.len() >= 16 && shown.contains(part));
            if quoted { Answer::Fault(shown) } else { Answer::Refused(first_word(&format!("{error:?}"))) }
        }
    }
}

fn key_file_corpus() -> Corpus {
    let lines = |usage: KeyUsage| {
        let key = samples::key(9);
        let seed: String = key.seed().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("usage = \"{usage}\"\npublic = \"{}\"\nseed = \"{seed}\"\n", key.public()).into_bytes()
    };
    numbered([KeyUsage::Validate, KeyUsage::Node].map(lines))
}
