use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// What a custodian counts since its start.
pub(super) struct CustodyMetrics {
    registry: Registry,
    pub(super) bytes_stored: Counter,
    pub(super) bytes_served: Counter,
    pub(super) runs_refused: Counter,
    pub(super) shards_rebuilt: Counter,
    pub(super) challenges_answered: Counter,
}

impl Default for CustodyMetrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("assent_custody");
        let counters: [Counter; 5] = Default::default();
        let named = [
            ("bytes_stored", "Bytes of chunks stored since the start"),
            ("bytes_served", "Bytes of chunks served since the start"),
            ("runs_refused", "Runs that did not lead to the anchored root since the start"),
            ("shards_rebuilt", "Shards rebuilt since the start"),
            ("challenges_answered", "Challenges of possession answered since the start"),
        ];
        for ((name, help), counter) in named.into_iter().zip(&counters) {
            registry.register(name, help, counter.clone());
        }
        let [bytes_stored, bytes_served, runs_refused, shards_rebuilt, challenges_answered] = counters;
        Self { registry, bytes_stored, bytes_served, runs_refused, shards_rebuilt, challenges_answered }
    }
}

impl CustodyMetrics {
    /// The OpenMetrics text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
