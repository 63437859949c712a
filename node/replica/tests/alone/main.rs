//! One node under test; the test speaks for its peers, its disk and its clock.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod disk;
mod driver;
mod peers;
mod rounds;
