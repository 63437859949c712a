//! Documents: stored, asked for, read.

use std::hint::black_box;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::super::BenchError;
use super::meter::{Figures, Taken};
use super::world::{CUSTODIANS, HOSPITAL, INSURER, World, argument, text};

/// A kind of document.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Name in reports.
    pub(super) name: &'static str,
    /// Its length.
    pub(super) bytes: usize,
    /// How often each step is repeated.
    pub(super) repetitions: usize,
}

/// For the yardstick to take longer than the clock's grain, at least so many bytes are hashed.
const HASHED_BYTES_MIN: usize = 1 << 20;

/// Stores documents of this size; then asks for each, reads and acknowledges it; then reads one again, in a session whose
/// keys are there, so that only the way from the custodians to the file is left.
pub(super) fn measure(world: &World, size: &Size) -> Result<Vec<Figures>, BenchError> {
    let (mut puts, mut accesses, mut gets) = (Vec::new(), Vec::new(), Vec::new());
    let mut yardsticks = [const { Vec::new() }; 3];
    let mut last = None;
    for repetition in 0..size.repetitions {
        let content = content(size.bytes, repetition as u64);
        let path = world.file("document", &content)?;
        yardsticks[0].push(sha256_seconds(&content));
        let (taken, anchor) = Taken::by(&world.network, &world.agents, || put(world, &path))?;
        puts.push(taken);
        yardsticks[1].push(sha256_seconds(&content));
        let (taken, ()) = Taken::by(&world.network, &world.agents, || read(world, &anchor, &ASK))?;
        accesses.push(taken);
        must_be(world, &content)?;
        last = Some((anchor, content));
    }
    let (anchor, content) = last.ok_or_else(|| BenchError::new("no repetition"))?;
    let asked = world.cli(INSURER, &[&["access", "request", "--anchor", &anchor], &ASK[..]].concat())?;
    let session = text(&asked, "/session")?;
    let again = ["--session", &session, "--no-ack"];
    read(world, &anchor, &again)?;
    for _ in 0..size.repetitions {
        yardsticks[2].push(sha256_seconds(&content));
        gets.push(Taken::by(&world.network, &world.agents, || read(world, &anchor, &again))?.0);
        must_be(world, &content)?;
    }
    let [put_s, access_s, get_s] = yardsticks;
    let figures = |what: &str, taken: &[Taken], sha256_s| {
        Figures::of(&format!("{what} {}", size.name), Some(size.bytes), taken, sha256_s)
    };
    Ok(vec![figures("PUT", &puts, put_s), figures("access", &accesses, access_s), figures("GET", &gets, get_s)])
}

/// The flags with which the insurer asks for access.
const ASK: [&str; 4] = ["--purpose", "CLMATTCH", "--user-role", "CLAIMS_ASSESSOR"];

fn put(world: &World, path: &str) -> Result<String, BenchError> {
    let mut args = vec!["doc", "put", path, "--sp", &world.sp, "--category", "LAB", "--grade", "3"];
    args.extend(["--day", "2026-03-02", "--type", "11502-2", "--keyset", &world.keyset]);
    CUSTODIANS.iter().for_each(|(org, _)| args.extend(["--custodian", org]));
    text(&world.cli(HOSPITAL, &args)?, "/document/anchor")
}

fn read(world: &World, anchor: &str, how: &[&str]) -> Result<(), BenchError> {
    let out = argument(&world.path("read"))?;
    let said = world.cli(INSURER, &[&["doc", "get", "--anchor", anchor, "--out", &out], how].concat())?;
    match said.pointer("/document/faults").and_then(serde_json::Value::as_array) {
        Some(faults) if faults.is_empty() => Ok(()),
        _ => Err(BenchError::at("assent doc get", format!("not a healthy read: {said}"))),
    }
}

/// What was read last has to be this; it is removed.
fn must_be(world: &World, content: &[u8]) -> Result<(), BenchError> {
    let path = world.path("read");
    let read = std::fs::read(&path).map_err(|error| BenchError::at(path.display(), error))?;
    if read != content {
        return Err(BenchError::new("what was read is not what was stored"));
    }
    std::fs::remove_file(&path).map_err(|error| BenchError::at(path.display(), error))
}

/// Bytes that cannot be compressed, another sequence for each seed (xorshift64, Marsaglia 2003).
fn content(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed + 1;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(bytes).collect()
}

/// Time of one pass of SHA-256 over these bytes, in seconds.
fn sha256_seconds(content: &[u8]) -> f64 {
    let passes = HASHED_BYTES_MIN.div_ceil(content.len().max(1));
    let begun = Instant::now();
    for _ in 0..passes {
        black_box(Sha256::digest(black_box(content)));
    }
    begun.elapsed().as_secs_f64() / passes as f64
}
