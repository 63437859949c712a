//! The client: submit, wait, read, decide; every answer verified.

use std::sync::Arc;
use std::time::Duration;

use assent_proto::v1;
use assent_types::access::{AccessRequest, Decision};
use assent_types::action::Action;
use assent_types::codec::{decode, encode};
use assent_types::error::ErrorCode;
use assent_types::ids::{ChainId, Hash32, Height, Millis, TxHash};
use assent_types::key::SecretKey;
use assent_types::limits::TX_TTL_MS;
use assent_types::state::StateKey;
use assent_types::tx::Transaction;

use crate::builder;
use crate::error::ClientError;
use crate::events::{Cursor, EventStream, Proofs};
use crate::nodes::{Config, Nodes, now_ms};
use crate::verified::{FinalReceipt, ProvenState, Verifier};

/// Longest single wait for a receipt; longer waits are several calls, so that a silent node is noticed.
const WAIT_STEP: Duration = Duration::from_secs(15);
/// Transactions expire this long before the protocol's limit, so that a clock running ahead does no harm.
const TTL_MARGIN_MS: u64 = 60_000;

/// A client of the ledger. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Client {
    pub(crate) nodes: Arc<Nodes>,
    pub(crate) verifier: Arc<Verifier>,
    /// Look-ups that go with every question.
    lookups: Arc<[TxHash]>,
}

/// The answer to an access request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The decision as the node gave it.
    pub decision: Decision,
    /// Height of the state on which it rests.
    pub height: Height,
    /// Time for which was decided.
    pub time: Millis,
    /// The proven leaves on which the decision rests: whoever holds the decision function can compute it again.
    pub state: ProvenState,
    /// Whether leaves (the consents of others) are missing from [`Answer::state`], because the caller may not read them.
    pub withheld: bool,
}

impl Client {
    /// A client for these nodes. Connections open on first use.
    ///
    /// # Errors
    /// [`ClientError::Config`].
    pub fn connect(config: Config) -> Result<Self, ClientError> {
        let verifier = Arc::new(Verifier::new(config.chain));
        Ok(Self { nodes: Arc::new(Nodes::new(config)?), verifier, lookups: Arc::default() })
    }

    /// The same client, whose questions name these lawful look-ups of a regulator: the transactions that declared them.
    /// Without one a regulator is told nothing that is kept under a pseudonym (E901).
    #[must_use]
    pub fn with_lookups(mut self, lookups: &[TxHash]) -> Self {
        self.lookups = lookups.into();
        self
    }

    fn lookups(&self) -> Vec<Vec<u8>> {
        self.lookups.iter().map(|lookup| lookup.0.0.to_vec()).collect()
    }

    /// The chain.
    pub fn chain(&self) -> ChainId {
        self.nodes.chain
    }

    /// Address of the node that is asked first at the moment.
    pub fn node_url(&self) -> &str {
        &self.nodes.preferred().endpoint.url
    }

    /// A transaction with a fresh idempotency key that expires nine minutes from now.
    ///
    /// # Errors
    /// [`ClientError::Build`].
    pub fn transaction(
        &self,
        key: &SecretKey,
        action: Action,
        cosigners: &[&SecretKey],
    ) -> Result<Transaction, ClientError> {
        Ok(builder::transaction(self.chain(), key, default_expiry(), action, cosigners)?)
    }

    /// Submits a transaction and returns once a node has admitted it. Repeated calls are harmless.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the number of the refusal, [`ClientError::Transport`].
    pub async fn submit(&self, tx: &Transaction) -> Result<TxHash, ClientError> {
        self.submit_bytes(tx.to_bytes(), tx.hash()).await
    }

    async fn submit_bytes(&self, tx: Vec<u8>, hash: TxHash) -> Result<TxHash, ClientError> {
        let message = v1::SubmitRequest { tx, wait_ms: 0 };
        let (node, response) = self
            .nodes
            .call(message, Duration::ZERO, |node, request| async move { node.ledger().submit(request).await })
            .await?;
        same_transaction(&node.endpoint.url, &response.tx_hash, hash)?;
        Ok(hash)
    }

    /// Submits bytes as they are and returns what the node says, without any repetition: for tests of refusals.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn submit_raw(&self, tx: Vec<u8>) -> Result<TxHash, ClientError> {
        let message = v1::SubmitRequest { tx, wait_ms: 0 };
        let (node, response) = self
            .nodes
            .call(message, Duration::ZERO, |node, request| async move { node.ledger().submit(request).await })
            .await?;
        hash_of(&node.endpoint.url, &response.tx_hash).map(TxHash)
    }

    /// Waits for the receipt of a submitted transaction and verifies it. The transaction is submitted again whenever a
    /// wait ends without it, so that a node that lost it in a crash does no harm.
    ///
    /// # Errors
    /// [`ClientError::Pending`] after `deadline`, [`ClientError::Lapsed`] once the transaction can never become final.
    pub async fn wait(&self, tx: &Transaction, deadline: Duration) -> Result<FinalReceipt, ClientError> {
        let hash = tx.hash();
        let end = tokio::time::Instant::now() + deadline;
        loop {
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            let (node, response) = self.wait_once(hash, left.min(WAIT_STEP)).await?;
            if !response.bundle.is_empty() {
                return self.verifier.receipt(&node, &response.bundle, &hash);
            }
            if response.head_time_ms > tx.body.expires_at.0 {
                return Err(ClientError::Lapsed(hash));
            }
            if tokio::time::Instant::now() >= end {
                return Err(ClientError::Pending { tx: hash, expires_at: tx.body.expires_at });
            }
            match self.submit(tx).await {
                // An expired transaction may still be on its way in a proposal: only the head's time tells.
                Ok(_) | Err(ClientError::Refused { code: ErrorCode::Expired, .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn wait_once(&self, tx: TxHash, timeout: Duration) -> Result<(String, v1::WaitReceiptResponse), ClientError> {
        let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        let message = v1::WaitReceiptRequest { tx_hash: tx.0.0.to_vec(), timeout_ms };
        let call = |node: &crate::nodes::Node, request| {
            let mut ledger = node.ledger();
            async move { ledger.wait_receipt(request).await }
        };
        let (node, response) = self.nodes.call(message, timeout, call).await?;
        Ok((node.endpoint.url.clone(), response))
    }

    /// Submits a transaction, waits up to `deadline`, and returns its verified receipt. A receipt of a refused
    /// transaction is an `Ok`: see [`FinalReceipt::outcome`].
    ///
    /// # Errors
    /// As [`Client::submit`] and [`Client::wait`].
    pub async fn submit_and_wait(&self, tx: &Transaction, deadline: Duration) -> Result<FinalReceipt, ClientError> {
        let hash = tx.hash();
        let first = deadline.min(WAIT_STEP);
        let wait_ms = u32::try_from(first.as_millis()).unwrap_or(u32::MAX);
        let message = v1::SubmitRequest { tx: tx.to_bytes(), wait_ms };
        let call = |node: &crate::nodes::Node, request| {
            let mut ledger = node.ledger();
            async move { ledger.submit(request).await }
        };
        let (node, response) = self.nodes.call(message, first, call).await?;
        same_transaction(&node.endpoint.url, &response.tx_hash, hash)?;
        if response.bundle.is_empty() {
            return self.wait(tx, deadline.saturating_sub(first)).await;
        }
        self.verifier.receipt(&node.endpoint.url, &response.bundle, &hash)
    }

    /// The verified receipt of a final transaction.
    ///
    /// # Errors
    /// E905 if there is none (yet).
    pub async fn receipt(&self, tx: TxHash) -> Result<FinalReceipt, ClientError> {
        let message = v1::GetReceiptRequest { tx_hash: tx.0.0.to_vec() };
        let (node, response) = self
            .nodes
            .call(message, Duration::ZERO, |node, request| async move { node.ledger().get_receipt(request).await })
            .await?;
        self.verifier.receipt(&node.endpoint.url, &response.bundle, &tx)
    }

    /// Values, or proven absence, of 1 to 64 state keys at the head of a node.
    ///
    /// # Errors
    /// E901 for a regulator without a look-up of a pseudonym, E902 for a key that the caller may not read.
    pub async fn get(&self, keys: &[StateKey]) -> Result<ProvenState, ClientError> {
        let mut keys = keys.to_vec();
        keys.sort();
        keys.dedup();
        let message = v1::GetRequest { keys: keys.iter().map(encode).collect(), lookups: self.lookups() };
        let (node, response) = self
            .nodes
            .call(message, Duration::ZERO, |node, request| async move { node.ledger().get(request).await })
            .await?;
        self.verifier.state(&node.endpoint.url, &response.bundle, &keys)
    }

    /// Asks for a decision on an access request at the head of a node.
    ///
    /// # Errors
    /// E901 for a regulator without a look-up, E902 for a request that the caller is no party to; E9xx and E1xx for a malformed one.
    pub async fn decide(&self, access: &AccessRequest) -> Result<Answer, ClientError> {
        let message = v1::DecideRequest { request: encode(access), lookups: self.lookups() };
        let (node, response) = self
            .nodes
            .call(message, Duration::ZERO, |node, request| async move { node.ledger().decide(request).await })
            .await?;
        let url = &node.endpoint.url;
        let unproven = |reason: String| ClientError::Unproven { node: url.clone(), reason };
        let decision: Decision = decode(&response.decision).map_err(|error| unproven(error.to_string()))?;
        let state = self.verifier.any_state(url, &response.bundle)?;
        if state.height.0 != response.height || state.time.0 != response.time_ms {
            return Err(unproven("the decision is of another height than its state".into()));
        }
        Ok(Answer { decision, height: state.height, time: state.time, state, withheld: response.withheld })
    }

    /// The bundle that shows that the history only grew between two heights; `None` stands for the head.
    ///
    /// # Errors
    /// E903 for an impossible range, E905 for a height that is not final.
    pub async fn consistency(&self, old: Height, new: Option<Height>) -> Result<Vec<u8>, ClientError> {
        let message = v1::ConsistencyRequest { old_height: old.0, new_height: new.map(|height| height.0) };
        let (node, response) = self
            .nodes
            .call(message, Duration::ZERO, |node, request| async move { node.ledger().consistency(request).await })
            .await?;
        self.verifier.any(&node.endpoint.url, &response.bundle)?;
        Ok(response.bundle)
    }

    /// The bundle that shows that a block is final; `None` stands for the head.
    ///
    /// # Errors
    /// E905 for a height that is not final.
    pub async fn finality(&self, height: Option<Height>) -> Result<Vec<u8>, ClientError> {
        let message = v1::FinalityRequest { height: height.map(|height| height.0) };
        let (node, response) = self
            .nodes
            .call(message, Duration::ZERO, |node, request| async move { node.ledger().finality(request).await })
            .await?;
        self.verifier.any(&node.endpoint.url, &response.bundle)?;
        Ok(response.bundle)
    }

    /// Receipts from a cursor on, without loss or repeat, across breaks and changes of node.
    pub fn events(&self, from: Cursor, proofs: Proofs) -> EventStream {
        EventStream::new(self.clone(), from, proofs)
    }

    /// What the preferred node says about itself. Not proven.
    ///
    /// # Errors
    /// [`ClientError::Transport`].
    pub async fn status(&self) -> Result<v1::StatusResponse, ClientError> {
        let call = |node: &crate::nodes::Node, request| {
            let mut client = node.node();
            async move { client.status(request).await }
        };
        Ok(self.nodes.call(v1::StatusRequest {}, Duration::ZERO, call).await?.1)
    }

    /// What the preferred node waits for. Not proven.
    ///
    /// # Errors
    /// [`ClientError::Transport`].
    pub async fn why_no_block(&self) -> Result<v1::WhyNoBlockResponse, ClientError> {
        let call = |node: &crate::nodes::Node, request| {
            let mut client = node.node();
            async move { client.why_no_block(request).await }
        };
        Ok(self.nodes.call(v1::WhyNoBlockRequest {}, Duration::ZERO, call).await?.1)
    }
}

/// The expiry that [`Client::transaction`] sets.
pub fn default_expiry() -> Millis {
    Millis(now_ms() + TX_TTL_MS - TTL_MARGIN_MS)
}

fn hash_of(url: &str, bytes: &[u8]) -> Result<Hash32, ClientError> {
    let reason = || ClientError::Unproven { node: url.to_owned(), reason: "a hash of the wrong length".into() };
    bytes.try_into().map(Hash32).map_err(|_| reason())
}

fn same_transaction(url: &str, bytes: &[u8], hash: TxHash) -> Result<(), ClientError> {
    if hash_of(url, bytes)? == hash.0 {
        return Ok(());
    }
    Err(ClientError::Unproven { node: url.to_owned(), reason: "the answer names another transaction".into() })
}
