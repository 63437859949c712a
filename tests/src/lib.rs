//! Tests across crates, and what they share: the checks of the project's shape, the fuzz driver, the simulator, networks of
//! node processes, the bench, a search for what must not be found, and reports.

pub mod architecture;
pub mod bench;
pub mod e2e;
pub mod fuzz;
pub mod planted;
pub mod report;
pub mod sim;
