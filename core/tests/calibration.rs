//! The statistics keep their promises in simulated experiments. A hundred and fifty of each: enough to notice a wrong formula. The
//! program `core/examples/calibration.rs` runs thousands, and `docs/statistics.md` has its table.

mod simulation;

use simulation::{Random, calibrate, regret};

#[test]
fn false_winners_power_coverage_and_alarms_are_as_promised() {
    // What is only asymptotic may be off by two percent in samples like these.
    let broken: Vec<String> = calibrate(6, 150)
        .into_iter()
        .filter(|measured| !measured.holds(0.02))
        .map(|measured| format!("{}: {} of {} runs", measured.name, measured.share, measured.runs))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_bandit_misses_far_fewer_conversions_than_equal_shares() {
    let two = regret(&[0.02, 0.024], 15, &mut Random::new(6));
    assert!(two.bandit < 0.4 * two.equal, "{two:?}");
    let five = regret(&[0.02, 0.018, 0.022, 0.024, 0.026], 15, &mut Random::new(6));
    assert!(five.bandit < 0.6 * five.equal && five.best_share > 0.5, "{five:?}");
}
