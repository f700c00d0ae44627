//! How often the statistics are wrong: thousands of simulated experiments. `npm run bench -- calibration` runs it.
//!
//! Arguments: a seed and a number of runs. Prints one JSON object of shares by name; the same seed gives the same shares.

#[path = "../tests/simulation/mod.rs"]
mod simulation;

use std::collections::BTreeMap;

use simulation::{Promise, Random, calibrate, regret};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let runs = arguments.next().and_then(|runs| runs.parse().ok()).unwrap_or(10_000);
    let mut figures = BTreeMap::new();
    for measured in calibrate(seed, runs) {
        let promise = match measured.promise {
            Promise::AtMost(most) => format!("at most {most}"),
            Promise::AtLeast(least) => format!("at least {least}"),
            Promise::About(value) => format!("{value}"),
            Promise::Nothing => "to compare with".to_owned(),
        };
        eprintln!("{:45} {:.4} ({promise}; {} runs)", measured.name, measured.share, measured.runs);
        figures.insert(format!("calibration.{}", measured.name), rounded(measured.share));
    }
    for (name, rates) in [("two", &[0.02, 0.024][..]), ("five", &[0.02, 0.018, 0.022, 0.024, 0.026])] {
        let regret = regret(rates, runs.div_ceil(10).min(1_000), &mut Random::new(seed));
        eprintln!("bandit of {name}: {regret:?}");
        figures.insert(
            format!("calibration.bandit_regret_of_{name}_to_equal_shares"),
            rounded(regret.bandit / regret.equal),
        );
        figures.insert(format!("calibration.bandit_best_share_of_{name}"), rounded(regret.best_share));
    }
    println!("{}", serde_json::to_string_pretty(&figures).expect("figures are JSON"));
}

fn rounded(share: f64) -> f64 {
    (share * 1e5).round() / 1e5
}
