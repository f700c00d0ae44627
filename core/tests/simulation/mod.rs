//! Simulated experiments: how often the statistics are wrong, and how often they find what there is.
//!
//! Every experiment is decided by the product's own state machine, day after day, from sums like those of a site. The
//! program `core/examples/calibration.rs` runs thousands, `core/tests/calibration.rs` some.
#![allow(dead_code, reason = "the program prints what the tests hold, and the other way round")]

mod bandit;
mod measures;
mod random;
mod trial;
mod world;

pub use bandit::regret;
pub use measures::calibrate;
pub use random::Random;
pub use world::World;

/// A share of simulated runs, with what it should be.
pub struct Measured {
    /// Stable: the benchmark's and the table's.
    pub name: &'static str,
    /// What happened in this share of the runs.
    pub share: f64,
    /// How many there were.
    pub runs: u32,
    /// What is promised.
    pub promise: Promise,
}

/// What a share should be.
#[derive(Clone, Copy)]
pub enum Promise {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
    /// This.
    About(f64),
    /// It is there to compare with.
    Nothing,
}

impl Measured {
    /// Whether the promise holds but for chance (four standard errors) and but for `slack`: approximations that are good in
    /// large samples are a little off in small ones.
    pub fn holds(&self, slack: f64) -> bool {
        let room = |promised: f64| 4.0 * (promised * (1.0 - promised) / f64::from(self.runs)).sqrt() + slack;
        match self.promise {
            Promise::AtMost(most) => self.share <= most + room(most),
            Promise::AtLeast(least) => self.share >= least - room(least),
            Promise::About(value) => (self.share - value).abs() <= room(value),
            Promise::Nothing => true,
        }
    }
}
