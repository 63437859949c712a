//! What the machine itself needs, and what processes take of it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use assent_types::key::SignatureCheck;
use serde_json::{Value, json};

use super::BenchError;
use super::options::Options;
use super::stats::Spread;

/// Unit of processor times in `/proc/PID/stat`: Linux reports them to programs in hundredths of a second (proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;
/// What one probe writes before it syncs.
const PROBE_BYTES: usize = 8 * 1024;
/// Size of the probe's file: written once beforehand, so that a sync later writes data and no metadata, which is the
/// cheapest sync there is.
const PROBE_FILE_BYTES: u64 = 1 << 20;
/// How long the idle machine's syncs are measured.
pub(super) const IDLE: Duration = Duration::from_secs(2);
/// Pause between probes, so that they are no load themselves.
const PROBE_PAUSE: Duration = Duration::from_millis(50);

/// Processor time of a process so far, user and system, in seconds.
pub(super) fn cpu_seconds(pid: u32) -> Result<f64, BenchError> {
    cpu_fields(pid, 14)
}

/// Processor time of all processes that this one has started and waited for, in seconds.
pub(super) fn children_cpu_seconds() -> Result<f64, BenchError> {
    cpu_fields(std::process::id(), 16)
}

/// User and system time that begin at this field.
fn cpu_fields(pid: u32, first: usize) -> Result<f64, BenchError> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).map_err(|error| BenchError::at(&path, error))?;
    // The name of the program may hold spaces; fields are counted from the parenthesis after it. User and system time
    // are fields 14 and 15, those of children 16 and 17; the first one after the parenthesis is field 3.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index - 3).and_then(|field| field.parse::<f64>().ok());
    match (ticks(first), ticks(first + 1)) {
        (Some(user), Some(system)) => Ok((user + system) / TICKS_PER_SECOND),
        _ => Err(BenchError::at(path, "not as proc(5) says")),
    }
}

/// Resident memory of a process, in bytes.
pub(super) fn resident_bytes(pid: u32) -> Result<u64, BenchError> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).map_err(|error| BenchError::at(&path, error))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| BenchError::at(path, "not as proc(5) says"))
}

/// Load average over one minute.
pub(super) fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

/// On what a run was made.
pub(super) struct Setting {
    pub(super) commit: String,
    pub(super) processor: String,
    pub(super) processors: usize,
    /// Syncs of the idle machine, before the network started.
    pub(super) idle_sync: Spread,
    pub(super) quick: bool,
}

impl Setting {
    /// This machine, and what is built on it.
    pub(super) fn of(options: &Options, idle_sync: Spread) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { commit: options.commit.clone(), processor: processor(), processors, idle_sync, quick: options.quick }
    }

    /// For people, in one line.
    pub(super) fn title(&self) -> String {
        format!("assent {} on {} x {}", self.commit, self.processors, self.processor)
    }

    /// For programs: what every report begins with.
    pub(super) fn json(&self) -> Value {
        json!({
            "commit": self.commit,
            "quick": self.quick,
            "machine": {
                "processor": self.processor,
                "processors": self.processors,
                "idle_fdatasync_8k_ms": self.idle_sync.json(),
            },
        })
    }
}

/// Name of the processor.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}

/// Bytes that the files below a folder take on disk.
pub(super) fn disk_bytes(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let mut total = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // Files come and go while a node runs: what is gone takes nothing.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => total += metadata.blocks() * 512,
                Err(_) => {}
            }
        }
    }
    total
}

/// Cost of one signature check alone and in a batch, in microseconds.
pub(super) fn signature_cost(checks: &[SignatureCheck]) -> Result<(f64, f64), BenchError> {
    let per_check = |begun: Instant, count: usize| begun.elapsed().as_secs_f64() * 1e6 / count.max(1) as f64;
    let mut alone = f64::INFINITY;
    let mut batched = f64::INFINITY;
    // The best of several is the cost without whatever else the machine did.
    for _ in 0..5 {
        let begun = Instant::now();
        if !checks.iter().all(SignatureCheck::verify) {
            return Err(BenchError::new("a good signature does not verify"));
        }
        alone = alone.min(per_check(begun, checks.len()));
        let begun = Instant::now();
        if !SignatureCheck::verify_batch(checks) {
            return Err(BenchError::new("a batch of good signatures does not verify"));
        }
        batched = batched.min(per_check(begun, checks.len()));
    }
    Ok((alone, batched))
}

/// Measures the disk while other things happen.
pub(super) struct SyncProbe {
    taken: Arc<Mutex<Vec<Duration>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SyncProbe {
    /// Starts to probe the disk of this folder.
    pub(super) fn start(folder: &Path) -> Result<Self, BenchError> {
        let path: PathBuf = folder.join("probe");
        let failed = |error| BenchError::at(path.display(), error);
        let file = File::create(&path).map_err(failed)?;
        let page = vec![0x5a; PROBE_BYTES];
        for offset in (0..PROBE_FILE_BYTES).step_by(PROBE_BYTES) {
            file.write_all_at(&page, offset).map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        let (taken, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (results, stopped) = (taken.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for offset in (0..PROBE_FILE_BYTES).step_by(PROBE_BYTES).cycle() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let begun = Instant::now();
                let done = file.write_all_at(&page, offset).and_then(|()| file.sync_data());
                if done.is_ok() {
                    results.lock().unwrap_or_else(PoisonError::into_inner).push(begun.elapsed());
                }
                std::thread::park_timeout(PROBE_PAUSE);
            }
        });
        Ok(Self { taken, stop, thread: Some(thread) })
    }

    /// What was measured since the last call.
    pub(super) fn take(&self) -> Spread {
        Spread::of(std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Drop for SyncProbe {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A probe that panicked leaves nothing to clean up.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_has_used_time_and_memory() {
        let pid = std::process::id();
        let begun = Instant::now();
        let before = cpu_seconds(pid).unwrap();
        while begun.elapsed() < Duration::from_millis(100) {
            std::hint::spin_loop();
        }
        assert!(cpu_seconds(pid).unwrap() > before);
        assert!(resident_bytes(pid).unwrap() > 100_000);
        assert!(cpu_seconds(u32::MAX).is_err());
    }

    #[test]
    fn the_probe_syncs_and_its_file_counts() {
        let dir = tempfile::tempdir().unwrap();
        let probe = SyncProbe::start(dir.path()).unwrap();
        let mut count = 0;
        while count < 3 {
            count += probe.take().count;
            std::thread::yield_now();
        }
        assert!(disk_bytes(dir.path()) >= PROBE_FILE_BYTES);
    }
}
