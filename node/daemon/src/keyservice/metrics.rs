use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What a key service counts since its start.
pub(super) struct KeysMetrics {
    registry: Registry,
    pub(super) height: Gauge,
    pub(super) released: Counter,
    pub(super) collected: Counter,
}

impl Default for KeysMetrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("assent_keys");
        let (height, released, collected) = (Gauge::default(), Counter::default(), Counter::default());
        registry.register("height", "Height up to which the ledger was followed", height.clone());
        registry.register("released", "Sessions for which receipts were posted since the start", released.clone());
        registry.register("collected", "Sessions whose parts were handed out since the start", collected.clone());
        Self { registry, height, released, collected }
    }
}

impl KeysMetrics {
    /// The OpenMetrics text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
