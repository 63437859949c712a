//! Where this version of the protocol ends.

use assent_contracts::StateRead;
use assent_contracts::runtime::state;
use assent_types::block::APP_VERSION;
use assent_types::governance::Upgrade;
use assent_types::ids::Height;

use crate::storage::StorageError;

/// Stops a node before a height that another version of the protocol executes, by the upgrade that was decided. All
/// nodes of this version stop at the same height, whatever their operators have prepared.
pub(super) fn supports(state: &dyn StateRead, height: Height) -> Result<(), StorageError> {
    let register = state::governance_record(state).map_err(|error| StorageError(error.to_string()))?;
    match register.as_ref().and_then(|register| register.upgrade.as_ref()) {
        Some(upgrade) => supported(upgrade, height),
        None => Ok(()),
    }
}

fn supported(upgrade: &Upgrade, height: Height) -> Result<(), StorageError> {
    if height < upgrade.height || upgrade.app_version <= APP_VERSION {
        return Ok(());
    }
    Err(StorageError(format!(
        "block {height} is executed by protocol version {}, and this program executes {APP_VERSION}: install the program \
         with hash {}, as the members decided",
        upgrade.app_version, upgrade.binary
    )))
}

#[cfg(test)]
mod tests {
    use assent_types::ids::Hash32;

    use super::*;

    #[test]
    fn a_node_stops_before_a_height_of_another_version() {
        let upgrade =
            |app_version| Upgrade { height: Height(10), app_version, binary: Hash32([7; 32]), migration: Hash32::ZERO };
        assert_eq!(supported(&upgrade(APP_VERSION + 1), Height(9)), Ok(()));
        let stopped = supported(&upgrade(APP_VERSION + 1), Height(10)).unwrap_err();
        assert!(stopped.0.contains("install the program") && stopped.0.contains(&"07".repeat(32)), "{stopped}");
        assert!(supported(&upgrade(APP_VERSION + 1), Height(11)).is_err());
        assert_eq!(supported(&upgrade(APP_VERSION), Height(11)), Ok(()), "the installed program goes on");
    }
}
