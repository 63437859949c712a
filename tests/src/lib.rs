//! Tests across crates, and what they share: the checks of the project's shape, the fuzz driver, and reports.

pub mod architecture;
pub mod fuzz;
pub mod report;
pub mod sim;
