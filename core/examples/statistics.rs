//! What statistics cost: 100 experiments of 5 variants and 10 goals. `npm run bench -- statistics` runs it.
//!
//! Prints one JSON object of figures. The same figures at every run; a reference loop is timed beside them, and the ratio to
//! it is what can be compared.
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};
use tributary_core::bandit::weights;
use tributary_core::config::Direction::Increase;
use tributary_core::decision::{Evidence, decide};
use tributary_core::hash::fnv1a64;
use tributary_core::statistics::sample::outlook;
use tributary_core::statistics::{Figure, Plan, compare, mismatch};
use tributary_core::time::DAY;

const EXPERIMENTS: u64 = 100;
const VARIANTS: u64 = 5;
const GOALS: u64 = 10;
const ROUNDS: usize = 50;
/// What the reference loop hashes.
const REFERENCE_BYTES: usize = 1_000_000;

fn main() {
    let experiments: Vec<Vec<Vec<Figure>>> = (0..EXPERIMENTS).map(experiment).collect();
    let text = vec![b'x'; REFERENCE_BYTES];
    let (mut report, mut bandit, mut reference) = (f64::MAX, f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        report = report.min(seconds(|| experiments.iter().map(|goals| report_of(black_box(goals))).sum::<usize>()));
        bandit = bandit.min(seconds(|| weights(black_box(&experiments[0][0]), Increase, 500)));
        reference = reference.min(seconds(|| fnv1a64(black_box(&text))));
    }
    let figures: BTreeMap<&str, Value> = BTreeMap::from([
        ("statistics.comparisons", json!(EXPERIMENTS * GOALS * (VARIANTS - 1))),
        ("statistics.report_ms", rounded(report * 1e3)),
        ("statistics.bandit_weights_ms", rounded(bandit * 1e3)),
        ("statistics.report_to_reference", rounded(report / reference)),
    ]);
    println!("{}", serde_json::to_string_pretty(&figures).expect("figures are JSON"));
}

/// All that a report says of one experiment; how many numbers that are, so that none is left out.
fn report_of(goals: &[Vec<Figure>]) -> usize {
    let plan = Plan::default();
    let settings = plan.settings(goals[0].len() - 1, Increase);
    let said = goals.iter().map(|figures| {
        let comparisons = figures[1..].iter().map(|challenger| compare(&figures[0], challenger, &settings));
        let tested = comparisons.filter(|comparison| black_box(comparison).test.is_some()).count();
        tested + usize::from(black_box(outlook(&plan, Increase, figures)).required.is_some())
    });
    let exposures: Vec<i128> = goals[0].iter().map(Figure::units).collect();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let each = exposures.iter().sum::<i128>() as f64 / exposures.len() as f64;
    let evidence = Evidence {
        plan: &plan,
        direction: Increase,
        figures: &goals[0],
        mismatch: mismatch(&exposures, &vec![each; exposures.len()]),
        guardrails: &[],
        started_at: 0,
        ended: false,
        now: 90 * DAY,
    };
    said.sum::<usize>() + decide(&evidence, None).comparisons.len()
}

/// Goals of all kinds: shares, means and ratios, from hundreds to hundreds of thousands of units.
fn experiment(number: u64) -> Vec<Vec<Figure>> {
    let random = |goal: u64, variant: u64, below: u64| {
        let bytes = [number, goal, variant, below].map(u64::to_le_bytes).concat();
        i128::from((fnv1a64(&bytes) >> 20) % below)
    };
    let figure = |goal: u64, variant: u64| {
        let units = 200 + i128::from(number * number) * 20 + random(goal, variant, 50);
        let converted = units / 40 + random(goal, variant, 20);
        match goal % 3 {
            0 => Figure::Share { units, successes: converted },
            1 => Figure::Mean { units, sum: converted * 5_000, sum_of_squares: converted * 41_000_000 },
            _ => Figure::Ratio {
                units,
                numerator: units / 2 + converted,
                denominator: units * 3 / 2,
                numerator_squares: units,
                denominator_squares: units * 7 / 2,
                products: units * 3 / 2,
            },
        }
    };
    (0..GOALS).map(|goal| (0..VARIANTS).map(|variant| figure(goal, variant)).collect()).collect()
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let clock = Instant::now();
    black_box(work());
    clock.elapsed().as_secs_f64()
}

fn rounded(value: f64) -> Value {
    json!((value * 100.0).round() / 100.0)
}
