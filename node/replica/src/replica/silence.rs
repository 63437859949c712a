//! Silence: a validator that cannot know what it signed must not sign, or it might contradict itself.

use std::collections::BTreeMap;

use assent_types::ids::{Height, OrgId};
use assent_types::validator::ValidatorSet;

use super::{Replica, Step};
use crate::io::Output;

/// How far the head has to be above what validators had when they were first heard.
///
/// Before it stopped, the node had a final block below any height at which it signed. More than a third of the power is
/// honest and precommitted that block, hence had the block before it. More than two thirds have said what they have, so
/// one of those was heard: the node signed at most two heights above the greatest height that it was told. Two more, so
/// that none of the messages of those heights is under way when it speaks again.
const SILENT_HEIGHTS: u64 = 4;

/// Why a validator is silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// The log is lost. Kept is the first height that each peer had after the boot.
    Lost(BTreeMap<OrgId, Height>),
    /// The log is of this height and the store is older: nothing is signed until this height is final.
    Until(Height),
}

impl Silence {
    pub(super) fn lost() -> Self {
        Self::Lost(BTreeMap::new())
    }

    pub(super) fn until(height: Height) -> Self {
        Self::Until(height)
    }

    /// A peer, connected since the boot, has this height.
    pub(super) fn hear(&mut self, from: OrgId, height: Height) {
        if let Self::Lost(first) = self {
            first.entry(from).or_insert(height);
        }
    }

    /// Whether the node may speak at the heights above `head`.
    ///
    /// # Correctness
    /// No clock is asked. A validator that lies about its height can only prolong the silence.
    pub(super) fn is_over(&self, me: OrgId, head: Height, validators: &ValidatorSet) -> bool {
        let first = match self {
            Self::Until(height) => return head >= *height,
            Self::Lost(first) => first,
        };
        let others = validators.validators().iter().filter(|validator| validator.org != me);
        let heard: Vec<_> = others.filter_map(|one| first.get(&one.org).map(|height| (one.power, *height))).collect();
        let greatest = heard.iter().map(|(_, height)| height.0).max().unwrap_or_default();
        validators.is_quorum(heard.iter().map(|(power, _)| power).sum())
            && head.0 >= greatest.saturating_add(SILENT_HEIGHTS)
    }
}

impl Replica {
    /// Lets a validator speak again once its silence is over.
    pub(super) fn end_silence(&mut self) {
        let head = &self.head;
        if self
            .silence
            .as_ref()
            .is_some_and(|silence| silence.is_over(self.config.me, head.height, &head.next_validators))
        {
            self.silence = None;
            self.host.set_silent(false);
        }
    }

    /// Empties the log, unless it must stay as it was found.
    pub(super) fn reset_log(&self, step: &mut Step<'_>) {
        if self.silence.is_none() {
            step.out.push(Output::WalReset);
        }
    }
}

#[cfg(test)]
mod tests {
    use assent_types::key::SecretKey;
    use assent_types::validator::Validator;

    use super::*;

    fn validators(count: u8) -> ValidatorSet {
        let one =
            |id: u8| Validator { org: OrgId(u32::from(id)), power: 1, key: SecretKey::from_seed(&[id; 32]).public() };
        ValidatorSet::new((1..=count).map(one).collect()).unwrap()
    }

    #[test]
    fn a_lost_log_silences_until_two_thirds_were_heard_and_four_heights_passed() {
        let set = validators(4);
        let mut silence = Silence::lost();
        let over = |silence: &Silence, head: u64| silence.is_over(OrgId(1), Height(head), &set);
        silence.hear(OrgId(1), Height(0));
        silence.hear(OrgId(2), Height(7));
        silence.hear(OrgId(3), Height(9));
        silence.hear(OrgId(9), Height(0));
        assert!(!over(&silence, 1_000), "itself and a stranger do not count");
        silence.hear(OrgId(4), Height(8));
        silence.hear(OrgId(4), Height(500));
        assert!(!over(&silence, 12));
        assert!(over(&silence, 13), "the first height of each counts");
    }

    #[test]
    fn a_lie_prolongs_the_silence_and_an_older_store_ends_it_at_the_height_of_the_log() {
        let set = validators(4);
        let mut silence = Silence::lost();
        for (org, height) in [(2, 5), (3, 5), (4, u64::MAX)] {
            silence.hear(OrgId(org), Height(height));
        }
        assert!(!silence.is_over(OrgId(1), Height(1 << 60), &set));
        let silence = Silence::until(Height(8));
        assert!(!silence.is_over(OrgId(1), Height(7), &set));
        assert!(silence.is_over(OrgId(1), Height(8), &set));
    }
}
