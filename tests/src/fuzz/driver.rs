//! Runs one target and watches it.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::mutate::{Random, mutate};
use super::{Answer, Target};

/// How much address space a process may gain while one target runs, in KiB. Inputs are at most 256 KiB, so only a
/// decoder that reserves what an input merely claims comes near.
const GROWTH_KIB_MAX: u64 = 1024 * 1024;

/// Most inputs that are kept beside the corpus because they decoded, to be changed further.
const KEPT_MAX: usize = 512;

/// One run at a time: growth is measured for the whole process.
static RUNNING: Mutex<()> = Mutex::new(());

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Name of the target.
    pub target: &'static str,
    /// Seed of the run.
    pub seed: u64,
    /// Inputs that decoded.
    pub accepted: u64,
    /// Inputs that were refused, by error.
    pub refused: BTreeMap<String, u64>,
}

/// How a target failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Name of the target.
    pub target: &'static str,
    /// Seed of the run.
    pub seed: u64,
    /// Which input, counted from the corpus on.
    pub number: u64,
    /// What happened.
    pub what: String,
    /// The input; empty if the run as a whole failed.
    pub input: Vec<u8>,
}

/// Gives a target every input of the corpus and then `iterations` mutations.
///
/// # Errors
/// The first panic or fault with its input, or growth beyond the bound.
pub fn run(target: &Target, corpus: &[Vec<u8>], seed: u64, iterations: u64) -> Result<Summary, Box<Failure>> {
    let _one_at_a_time = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let before = address_space_peak_kib();
    let mut summary = Summary { target: target.name, seed, accepted: 0, refused: BTreeMap::new() };
    let mut random = Random::new(seed);
    let mut pool = corpus.to_vec();
    for number in 0..corpus.len() as u64 + iterations {
        let input = match corpus.get(usize::try_from(number).unwrap_or(usize::MAX)) {
            Some(input) => input.clone(),
            None => {
                let (one, other) = (random.below(pool.len()), random.below(pool.len()));
                let empty = Vec::new();
                mutate(&mut random, pool.get(one).unwrap_or(&empty), pool.get(other).unwrap_or(&empty), target.is_text)
            }
        };
        let failure = |what| Box::new(Failure { target: target.name, seed, number, what, input: input.clone() });
        match catch_unwind(AssertUnwindSafe(|| (target.run)(&input))) {
            Ok(Answer::Accepted) => {
                summary.accepted += 1;
                if pool.len() < corpus.len() + KEPT_MAX && number >= corpus.len() as u64 {
                    pool.push(input);
                }
            }
            Ok(Answer::Refused(error)) => *summary.refused.entry(error).or_default() += 1,
            Ok(Answer::Fault(what)) => return Err(failure(what)),
            Err(_) => return Err(failure("panicked".to_owned())),
        }
    }
    let grown = address_space_peak_kib().saturating_sub(before);
    if grown > GROWTH_KIB_MAX {
        let what = format!("the process grew by {grown} KiB");
        return Err(Box::new(Failure { target: target.name, seed, number: iterations, what, input: Vec::new() }));
    }
    Ok(summary)
}

/// The most address space that this process ever had, in KiB; 0 where the system does not say.
fn address_space_peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    peak.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.refused.values().sum();
        write!(f, "{}: seed={} inputs={}", self.target, self.seed, self.accepted + refused)?;
        write!(f, " decoded={} refused={refused} faults=0", self.accepted)?;
        let by_error: Vec<String> = self.refused.iter().map(|(error, count)| format!("{error}={count}")).collect();
        if by_error.is_empty() { Ok(()) } else { write!(f, " ({})", by_error.join(" ")) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} at input {} of seed {}: ", self.target, self.what, self.number, self.seed)?;
        self.input.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(run: fn(&[u8]) -> Answer) -> Target {
        Target { name: "seeded", is_text: false, run }
    }

    fn corpus() -> Vec<Vec<u8>> {
        vec![vec![0, 0, 0, 0], vec![2, 0, 0, 0, 5, 6]]
    }

    /// A bounded list of bytes; `fault` breaks it in one way.
    fn list(input: &[u8], fault: u8) -> Answer {
        let Some((length, rest)) = input.split_first_chunk::<4>() else { return Answer::Refused("short".to_owned()) };
        let length = u32::from_le_bytes(*length) as usize;
        if fault == 1 {
            let claimed: Vec<u8> = Vec::with_capacity(length);
            assert!(std::hint::black_box(claimed).is_empty());
        }
        let fits = if fault == 2 { rest.len() >= length } else { rest.len() == length };
        if !fits {
            return Answer::Refused("length".to_owned());
        }
        assert!(fault != 3 || rest.first() != Some(&0x80), "a byte that the decoder did not expect");
        let value = rest[..length].to_vec();
        super::super::canonical(
            input,
            |_| Ok::<_, String>(value.clone()),
            |value: &Vec<u8>| {
                let length = u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes();
                [&length[..], value].concat()
            },
        )
    }

    #[test]
    fn a_sound_decoder_passes_and_the_same_seed_does_the_same() {
        let sound = target(|input| list(input, 0));
        let summary = run(&sound, &corpus(), 1, 20_000).unwrap();
        assert!(summary.accepted > 100 && summary.refused.len() == 2, "{summary}");
        assert_eq!(run(&sound, &corpus(), 1, 20_000).unwrap(), summary);
        assert_ne!(run(&sound, &corpus(), 2, 20_000).unwrap().refused, summary.refused);
    }

    #[test]
    fn a_decoder_that_reserves_what_is_claimed_is_caught() {
        let failure = run(&target(|input| list(input, 1)), &corpus(), 1, 20_000).unwrap_err();
        assert!(failure.what.starts_with("the process grew"), "{failure}");
    }

    #[test]
    fn a_decoder_that_takes_trailing_bytes_is_caught() {
        let failure = run(&target(|input| list(input, 2)), &corpus(), 1, 20_000).unwrap_err();
        assert_eq!(failure.what, "two encodings of one value");
        assert_eq!(list(&failure.input, 2), Answer::Fault(failure.what.clone()));
    }

    #[test]
    fn a_decoder_that_panics_is_caught_with_its_input() {
        let failure = run(&target(|input| list(input, 3)), &corpus(), 1, 20_000).unwrap_err();
        assert_eq!((failure.what.as_str(), failure.input[4]), ("panicked", 0x80));
    }
}
