//! Threads beside the ordering thread: a small pool for jobs, and one that writes blocks in order.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;

use assent_replica::io::{Channel, Input};
use assent_replica::jobs::{Job, JobResult};
use assent_replica::storage::{Batch, Read, Storage, StorageError};

use super::inbox::{Event, Inbox};
use crate::telemetry::Metrics;

/// A job with what it reads.
pub(super) struct Task {
    pub(super) id: u64,
    pub(super) job: Job,
    pub(super) snapshot: Arc<dyn Read>,
}

#[derive(Default)]
struct Tasks {
    /// What a block waits for.
    urgent: VecDeque<Task>,
    /// Transactions to check, ranges for peers.
    other: VecDeque<Task>,
    closed: bool,
}

struct Shared {
    tasks: Mutex<Tasks>,
    filled: Condvar,
}

/// A pool of threads. What waits in it is bounded by what the replica asks for at once.
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts the threads.
    pub(super) fn start(threads: usize, inbox: &Arc<Inbox>, metrics: &Arc<Metrics>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { tasks: Mutex::default(), filled: Condvar::new() });
        let mut pool = Self { shared: shared.clone(), threads: Vec::new() };
        for number in 0..threads {
            let (shared, inbox, metrics) = (shared.clone(), inbox.clone(), metrics.clone());
            let thread = std::thread::Builder::new().name(format!("job-{number}"));
            pool.threads.push(thread.spawn(move || work(&shared, &inbox, &metrics))?);
        }
        Ok(pool)
    }

    /// Queues a job.
    pub(super) fn push(&self, task: Task) {
        let mut tasks = self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        match task.job {
            Job::Build { .. } | Job::Decode { .. } | Job::Execute { .. } | Job::Commit { .. } => {
                tasks.urgent.push_back(task);
            }
            Job::Verify { .. } | Job::Range { .. } => tasks.other.push_back(task),
        }
        drop(tasks);
        self.shared.filled.notify_one();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.filled.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(shared: &Shared, inbox: &Inbox, metrics: &Metrics) {
    loop {
        let tasks = shared.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |tasks: &mut Tasks| !tasks.closed && tasks.urgent.is_empty() && tasks.other.is_empty();
        let mut tasks = shared.filled.wait_while(tasks, idle).unwrap_or_else(PoisonError::into_inner);
        if tasks.closed {
            return;
        }
        let task = tasks.urgent.pop_front();
        let Some(Task { id, job, snapshot }) = task.or_else(|| tasks.other.pop_front()) else { continue };
        drop(tasks);
        let begun = Instant::now();
        // A job holds nothing that outlives it, so a panic leaves nothing half-changed; the replica stops the node.
        let result = catch_unwind(AssertUnwindSafe(|| job.run(snapshot.as_ref())))
            .unwrap_or_else(|_| JobResult::Failed(StorageError("a job panicked".into())));
        metrics.ran_job(begun.elapsed());
        inbox.push(Event::Input(Channel::Consensus, Input::Done { id, result }), None);
    }
}

/// The thread that writes blocks, one at a time, in the order in which they were decided.
pub(super) struct Committer {
    batches: Option<mpsc::Sender<(u64, Batch)>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    /// Starts the thread.
    pub(super) fn start(storage: Arc<dyn Storage>, inbox: Arc<Inbox>, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        let (batches, queue) = mpsc::channel::<(u64, Batch)>();
        let write = move || {
            while let Ok((id, batch)) = queue.recv() {
                let begun = Instant::now();
                let result = match storage.write(&batch) {
                    Ok(()) => JobResult::Committed,
                    Err(error) => JobResult::Failed(error),
                };
                metrics.wrote_block(begun.elapsed());
                let failed = matches!(result, JobResult::Failed(_));
                inbox.push(Event::Input(Channel::Consensus, Input::Done { id, result }), None);
                if failed {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("commit".into()).spawn(write)?;
        Ok(Self { batches: Some(batches), thread: Some(thread) })
    }

    /// Queues a block.
    pub(super) fn push(&self, id: u64, batch: Batch) {
        if let Some(batches) = &self.batches {
            // The thread ends early only after a failed write, which stops the node.
            let _ = batches.send((id, batch));
        }
    }
}

impl Drop for Committer {
    /// Waits for blocks being written.
    fn drop(&mut self) {
        self.batches = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
