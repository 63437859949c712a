//! Transactions that keep coming, and subjects for them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use assent_client::builder::random;
use assent_client::{Client, FinalReceipt};
use assent_types::action::{Action, RegisterSubject, possession_of};
use assent_types::key::SecretKey;
use assent_types::subject::AgeBand;
use assent_types::{ChainId, Hash32, Sp};
use tokio::task::JoinHandle;

use super::{PATIENCE, until};

/// A person with a key of their own.
pub struct Patient {
    /// The pseudonym.
    pub sp: Sp,
    /// The key.
    pub key: SecretKey,
}

impl Default for Patient {
    fn default() -> Self {
        Self::new()
    }
}

impl Patient {
    /// Somebody new.
    pub fn new() -> Self {
        Self { sp: Sp(Hash32(random().unwrap())), key: SecretKey::from_seed(&random().unwrap()) }
    }

    /// What registers them; an organisation signs it.
    pub fn registration(&self, chain: ChainId, age_band: AgeBand) -> Action {
        let key = self.key.public();
        Action::RegisterSubject(RegisterSubject {
            sp: self.sp,
            key,
            loa: 2,
            age_band,
            attest: Hash32([1; 32]),
            possession: self.key.sign_possession(&possession_of(chain, &key, &self.sp)),
        })
    }
}

/// Signs and submits an action that must succeed.
pub async fn must_execute(client: &Client, key: &SecretKey, action: Action, cosigners: &[&SecretKey]) -> FinalReceipt {
    let name = action.name();
    let tx = client.transaction(key, action, cosigners).unwrap();
    let receipt = client.submit_and_wait(&tx, PATIENCE).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(receipt.outcome(), Ok(()), "{name}");
    receipt
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    receipts: Mutex<Vec<FinalReceipt>>,
    errors: Mutex<Vec<String>>,
}

/// Registrations of new subjects, one after the other from each of several clients, until told to stop.
///
/// Each one is submitted until it is final: an error is a failure of the test, also while nodes are down.
pub struct Load {
    shared: Arc<Shared>,
    lanes: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts; the organisation's key signs.
    pub fn start(clients: Vec<Client>, signer: &SecretKey) -> Self {
        let shared = Arc::new(Shared::default());
        let lane = |client| tokio::spawn(lane(client, SecretKey::from_seed(&signer.seed()), shared.clone()));
        let lanes = clients.into_iter().map(lane).collect();
        Self { shared, lanes }
    }

    /// Receipts so far: each one was verified and is final for its client.
    pub fn receipts(&self) -> Vec<FinalReceipt> {
        self.shared.receipts.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        let errors = self.shared.errors.lock().unwrap();
        assert!(errors.is_empty(), "the load met errors: {errors:?}");
        self.shared.receipts.lock().unwrap().len()
    }

    /// Waits for so many more receipts.
    pub async fn more(&self, count: usize) {
        let wanted = self.count() + count;
        let what = format!("{count} more transactions become final");
        until(&what, || std::future::ready((self.count() >= wanted).then_some(()))).await;
    }

    /// Stops, after every transaction that was begun is final.
    pub async fn finish(self) -> Vec<FinalReceipt> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for lane in self.lanes {
            lane.await.unwrap();
        }
        let errors = self.shared.errors.lock().unwrap();
        assert!(errors.is_empty(), "the load met errors: {errors:?}");
        self.shared.receipts.lock().unwrap().clone()
    }
}

async fn lane(client: Client, signer: SecretKey, shared: Arc<Shared>) {
    while !shared.stop.load(Ordering::Relaxed) {
        let action = Patient::new().registration(client.chain(), AgeBand::Adult);
        let tx = client.transaction(&signer, action, &[]).unwrap();
        let problem = match client.submit_and_wait(&tx, PATIENCE).await {
            Ok(receipt) if receipt.outcome() == Ok(()) => {
                shared.receipts.lock().unwrap().push(receipt);
                continue;
            }
            Ok(receipt) => format!("{:?}", receipt.outcome()),
            Err(error) => error.to_string(),
        };
        shared.errors.lock().unwrap().push(problem);
        return;
    }
}
