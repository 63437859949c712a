//! One node under test; the test speaks for its peers, its disk and its clock.

mod disk;
mod driver;
mod peers;
mod rounds;
