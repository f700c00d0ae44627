//! Our statistics say what well-known implementations say: `tests/reference/statistics.py` made the fixture with gbstats,
//! statsmodels and scipy.

use std::collections::BTreeMap;

use serde::Deserialize;
use tributary_core::config::Direction;
use tributary_core::statistics::sample::{Base, Levels, power, units};
use tributary_core::statistics::{Comparison, Figure, Prior, Settings, compare, mismatch};

/// Relative. Most agree to 1e-10; chances below 1e-70 do not quite.
const TOLERANCE: f64 = 1e-7;

#[derive(Deserialize)]
struct Fixture {
    comparisons: Vec<Case>,
    samples: Vec<Sample>,
    mismatches: Vec<Split>,
}

#[derive(Deserialize)]
struct Case {
    kind: String,
    control: Figure,
    challenger: Figure,
    alpha: f64,
    direction: Direction,
    prior: Option<Prior>,
    expected: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum Value {
    Absent,
    One(f64),
    More(Vec<f64>),
}

#[derive(Deserialize)]
struct Sample {
    base: f64,
    effect: f64,
    direction: Direction,
    alpha: f64,
    power: f64,
    units: f64,
    power_of_1234: f64,
}

#[derive(Deserialize)]
struct Split {
    observed: Vec<i128>,
    expected: Vec<f64>,
    chi_squared: f64,
    p_value: f64,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../../tests/fixtures/statistics.json")).expect("the fixture")
}

/// What we say, under the fixture's names.
fn said(comparison: &Comparison) -> BTreeMap<&'static str, Value> {
    let one = |value: Option<f64>| value.map_or(Value::Absent, Value::One);
    let more = |values: Option<Vec<f64>>| values.map_or(Value::Absent, Value::More);
    let effect = |effect: Option<tributary_core::statistics::Effect>| {
        more(effect.and_then(|effect| effect.interval.map(|[lower, upper]| vec![effect.value, lower, upper])))
    };
    let Comparison { absolute, relative, test, bayesian, sequential, .. } = comparison.clone();
    BTreeMap::from([
        ("statistic", one(test.map(|test| test.statistic))),
        ("degrees", one(test.and_then(|test| test.degrees))),
        ("p_value", one(test.map(|test| test.p_value))),
        ("absolute", effect(absolute)),
        ("relative", effect(relative)),
        ("chance", one(bayesian.map(|bayesian| bayesian.chance_to_beat_control))),
        ("loss", one(bayesian.map(|bayesian| bayesian.expected_loss))),
        ("posterior", one(bayesian.map(|bayesian| bayesian.value))),
        ("credible", more(bayesian.map(|bayesian| bayesian.credible_interval.to_vec()))),
        ("sequential", more(sequential.map(|sequential| sequential.interval.to_vec()))),
        ("sequential_p", one(sequential.map(|sequential| sequential.p_value))),
    ])
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Absent => Vec::new(),
        Value::One(number) => vec![*number],
        Value::More(numbers) => numbers.clone(),
    }
}

/// How far apart, relative to the larger of them; of effects and interval ends, to the largest of them.
fn distance(ours: &Value, theirs: &Value) -> f64 {
    let (ours, theirs) = (numbers(ours), numbers(theirs));
    if ours.len() != theirs.len() {
        return f64::INFINITY;
    }
    let scale = theirs.iter().fold(0.0_f64, |most, number| most.max(number.abs()));
    let apart = |(ours, theirs): (&f64, &f64)| if scale > 0.0 { (ours - theirs).abs() / scale } else { ours.abs() };
    ours.iter().zip(&theirs).map(apart).fold(0.0, f64::max)
}

#[test]
fn comparisons_agree_with_gbstats_statsmodels_and_scipy() {
    let mut failures = Vec::new();
    let mut worst: BTreeMap<String, f64> = BTreeMap::new();
    for case in fixture().comparisons {
        let settings = Settings { alpha: case.alpha, direction: case.direction, prior: case.prior };
        let comparison = compare(&case.control, &case.challenger, &settings);
        for (name, ours) in said(&comparison) {
            let theirs = &case.expected[name];
            let apart = distance(&ours, theirs);
            let worst = worst.entry(format!("{} {name}", case.kind)).or_default();
            *worst = worst.max(apart);
            if apart > TOLERANCE {
                let against = format!("{:?} against {:?}", case.challenger, case.control);
                failures.push(format!("{name} of {against}: {ours:?}, expected {theirs:?}, apart {apart:e}"));
            }
        }
    }
    println!("{worst:#?}");
    assert!(failures.is_empty(), "{} disagree:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn sample_sizes_and_power_agree_with_statsmodels() {
    for sample in fixture().samples {
        let Sample { base, effect, direction, alpha, power: chance, units: theirs, power_of_1234 } = sample;
        let ours = units(Base::Rate(base), effect, direction, Levels { alpha, power: chance }).expect("a sample");
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let above = ours as f64 - theirs;
        assert!((-1e-6 * theirs..1.0 + 1e-6 * theirs).contains(&above), "{base} {effect}: {ours}, expected {theirs}");
        let ours = power(Base::Rate(base), effect, direction, (alpha, 1_234)).expect("a chance");
        assert!((ours - power_of_1234).abs() <= TOLERANCE * power_of_1234, "{base} {effect}: {ours} {power_of_1234}");
    }
}

#[test]
fn mismatches_agree_with_scipy() {
    for Split { observed, expected, chi_squared, p_value } in fixture().mismatches {
        let ours = mismatch(&observed, &expected).expect("enough units");
        assert!((ours.chi_squared - chi_squared).abs() <= TOLERANCE * chi_squared, "{observed:?}: {ours:?}");
        assert!((ours.p_value - p_value).abs() <= TOLERANCE * p_value, "{observed:?}: {ours:?}, expected {p_value}");
    }
}
