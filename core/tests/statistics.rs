//! Tests, intervals and sample sizes, and what they say where nothing can be said.

use tributary_core::config::Direction::{self, Decrease, Increase};
use tributary_core::statistics::sample::{Base, Levels, outlook, power, required, smallest_effect, units};
use tributary_core::statistics::{Comparison, Figure, Plan, Prior, Undefined, compare, estimate, mismatch};

fn share(units: i128, successes: i128) -> Figure {
    Figure::Share { units, successes }
}

fn mean(values: &[i128]) -> Figure {
    Figure::Mean {
        units: i128::try_from(values.len()).unwrap(),
        sum: values.iter().sum(),
        sum_of_squares: values.iter().map(|value| value * value).sum(),
    }
}

fn ratio(pairs: &[(i128, i128)]) -> Figure {
    let sum = |of: fn(&(i128, i128)) -> i128| pairs.iter().map(of).sum();
    Figure::Ratio {
        units: i128::try_from(pairs.len()).unwrap(),
        numerator: sum(|(x, _)| *x),
        denominator: sum(|(_, y)| *y),
        numerator_squares: sum(|(x, _)| x * x),
        denominator_squares: sum(|(_, y)| y * y),
        products: sum(|(x, y)| x * y),
    }
}

fn compared(control: Figure, challenger: Figure) -> Comparison {
    compare(&control, &challenger, &Plan::default().settings(1, Increase))
}

fn near(value: f64, expected: f64, digits: f64) -> bool {
    (value - expected).abs() < digits
}

#[test]
fn a_fifth_more_of_two_percent_in_22_000_each_is_significant() {
    let comparison = compared(share(22_000, 440), share(22_000, 528));
    let test = comparison.test.unwrap();
    assert!(near(test.statistic, 2.860, 0.0005) && near(test.p_value, 0.00424, 0.000_005), "{test:?}");
    assert!(near(comparison.relative.unwrap().value, 0.2, 1e-12));
    assert_eq!(comparison.undefined, None);
}

#[test]
fn a_fifteenth_more_of_two_percent_in_22_000_each_is_not() {
    let test = compared(share(22_000, 440), share(22_000, 470)).test.unwrap();
    assert!(near(test.statistic, 1.005, 0.0005) && near(test.p_value, 0.315, 0.0005), "{test:?}");
}

#[test]
fn the_uplift_of_treated_against_held_out_is_relative_to_those_held_out() {
    let comparison = compared(share(2_000, 80), share(10_000, 500));
    assert!(near(comparison.relative.unwrap().value, 0.25, 1e-12));
    assert!(near(comparison.absolute.unwrap().value, 0.01, 1e-12));
}

#[test]
fn the_default_plan_needs_21_106_units_for_an_increase_and_17_339_for_a_decrease() {
    let nothing = [share(0, 0), share(0, 0)];
    assert_eq!(required(&Plan::default(), Increase, &nothing), Some(21_106));
    assert_eq!(required(&Plan::default(), Decrease, &nothing), Some(17_339));
}

#[test]
fn more_challengers_need_more_units_for_the_level_is_divided_among_them() {
    let needed = |variants: usize| required(&Plan::default(), Increase, &vec![share(0, 0); variants]).unwrap();
    assert!(needed(2) < needed(3) && needed(3) < needed(5));
    // z(1 - 0.05 / 8) instead of z(1 - 0.05 / 2): (2.4977 + 0.8416)^2 / (1.9600 + 0.8416)^2 times as many.
    assert_eq!(needed(5), 29_986);
}

#[test]
fn means_need_what_their_spread_asks_for_and_the_widest_challenger_decides() {
    let control = mean(&[100, 200, 300, 400]);
    let [narrow, wide] = [mean(&[240, 250, 260, 250]), mean(&[0, 0, 0, 1_000])];
    let of = |figures: &[Figure]| required(&Plan::default(), Increase, figures);
    let both = of(&[control, narrow, wide]).unwrap();
    let variance = |figure: &Figure| estimate(figure).unwrap().variance;
    let z = 2.241_402_727_604_945 + 0.841_621_233_572_914;
    let expected = (z * z * (variance(&control) + variance(&wide)) / (0.2_f64 * 250.0).powi(2)).ceil();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let both = both as f64;
    assert!(near(both, expected, 0.5), "{both} {expected}");
}

#[test]
fn means_have_no_sample_size_while_the_control_earned_nothing_or_all_are_alike() {
    let of = |figures: &[Figure]| required(&Plan::default(), Increase, figures);
    assert_eq!(of(&[mean(&[0, 0, 0]), mean(&[0, 5, 0])]), None, "the control's mean is 0");
    assert_eq!(of(&[mean(&[5, 5, 5]), mean(&[5, 5, 5])]), None, "no spread");
    assert_eq!(of(&[mean(&[]), mean(&[])]), None, "nobody");
    assert_eq!(of(&[mean(&[1, 3]), mean(&[])]), None, "no challenger yet");
    assert_eq!(of(&[ratio(&[(0, 0)]), ratio(&[(0, 0)])]), None, "no orders");
}

#[test]
fn power_and_smallest_effect_are_the_sample_size_the_other_way_round() {
    let spread = Base::Spread { value: 250.0, variance: 90_000.0 };
    for (base, direction) in [(Base::Rate(0.02), Increase), (Base::Rate(0.02), Decrease), (spread, Increase)] {
        let levels = Levels { alpha: 0.05, power: 0.8 };
        let needed = units(base, 0.2, direction, levels).unwrap();
        let power = |units| power(base, 0.2, direction, (0.05, units)).unwrap();
        assert!(power(needed) >= 0.8 && power(needed - 1) < 0.8, "{base:?}");
        let smallest = |units| smallest_effect(base, direction, units, levels).unwrap();
        assert!(smallest(needed) <= 0.2 && smallest(needed - 1) > 0.2, "{base:?}: {}", smallest(needed));
    }
}

#[test]
fn an_outlook_says_what_the_units_so_far_can_show() {
    let figures = [share(10_000, 200), share(10_000, 240)];
    let outlook = outlook(&Plan::default(), Increase, &figures);
    assert_eq!(outlook.required, Some(21_106));
    assert!(near(outlook.power.unwrap(), 0.487, 0.001), "{outlook:?}");
    assert!(near(outlook.smallest_effect.unwrap(), 0.297, 0.001), "{outlook:?}");
    let nothing = tributary_core::statistics::sample::outlook(&Plan::default(), Increase, &[share(0, 0), share(0, 0)]);
    assert_eq!((nothing.required, nothing.smallest_effect), (Some(21_106), None));
}

#[test]
fn an_effect_that_leads_to_no_share_has_no_sample_size() {
    let levels = Levels { alpha: 0.05, power: 0.8 };
    for (base, effect, direction) in
        [(0.6, 0.8, Increase), (0.0, 0.2, Increase), (1.0, 0.2, Decrease), (0.02, 0.0, Increase), (0.5, 1.5, Decrease)]
    {
        assert_eq!(units(Base::Rate(base), effect, direction, levels), None, "{base} {effect}");
    }
}

#[test]
fn what_cannot_be_said_is_absent_and_says_why() {
    let fewest = Some(Undefined::TooFewUnits);
    let rows: &[(&str, Figure, Figure, Option<Undefined>)] = &[
        ("nobody", share(0, 0), share(0, 0), fewest),
        ("nobody of one", share(100, 3), share(0, 0), fewest),
        ("one visitor", share(1, 1), share(100, 3), fewest),
        ("one buyer", mean(&[5]), mean(&[5, 6]), fewest),
        ("no conversions in the control", share(100, 0), share(100, 5), Some(Undefined::ControlIsZero)),
        ("no revenue in the control", mean(&[0, 0]), mean(&[0, 9]), Some(Undefined::ControlIsZero)),
        ("all converted", share(100, 100), share(100, 100), Some(Undefined::NoSpread)),
        ("no conversions in the challenger", share(100, 5), share(100, 0), Some(Undefined::NoSpread)),
        ("all spent the same", mean(&[5, 5]), mean(&[5, 5]), Some(Undefined::NoSpread)),
        ("no orders", ratio(&[(0, 0), (0, 0)]), ratio(&[(5, 1), (0, 0)]), Some(Undefined::NoDenominator)),
        ("more conversions than visitors", share(100, 101), share(100, 5), Some(Undefined::Impossible)),
        ("figures of two kinds", share(100, 10), mean(&[1, 2]), Some(Undefined::Impossible)),
        ("all is known", share(100, 10), share(100, 12), None),
    ];
    for (name, control, challenger, why) in rows {
        let comparison = compared(*control, *challenger);
        assert_eq!(comparison.undefined, *why, "{name}");
        let is_known = comparison.bayesian.is_some() && comparison.sequential.is_some();
        assert_eq!(is_known, why.is_none(), "{name}: {comparison:?}");
    }
}

#[test]
fn no_conversions_in_the_control_still_leave_a_test_and_an_absolute_effect() {
    let comparison = compared(share(10_000, 0), share(10_000, 40));
    assert!(comparison.test.unwrap().p_value < 1e-9);
    assert!(comparison.absolute.unwrap().interval.is_some());
    assert_eq!(comparison.relative, None);
}

#[test]
fn one_unit_has_no_spread_to_test_by() {
    let comparison = compared(mean(&[5]), mean(&[5, 6, 7]));
    assert_eq!(comparison.test, None);
    assert_eq!(comparison.absolute.unwrap().interval, None);
}

#[test]
fn sums_beyond_doubles_keep_their_spread() {
    // A hundred units of 10^17 or one more: their squares add up to 10^36, where doubles are 10^20 apart.
    let values: Vec<i128> = (0..100).map(|unit| 100_000_000_000_000_000 + unit % 2).collect();
    assert!(near(estimate(&mean(&values)).unwrap().variance, 25.0 / 99.0, 1e-12));
    let orders: Vec<(i128, i128)> = (0..100).map(|unit| (100_000_000_000_000_000 + unit % 2, 1)).collect();
    assert!(near(estimate(&ratio(&orders)).unwrap().variance, 25.0 / 99.0, 1e-12));
}

#[test]
fn a_goal_that_should_decrease_is_beaten_by_less() {
    let bounces = |direction: Direction| {
        let settings = Plan::default().settings(1, direction);
        compare(&share(1_000, 400), &share(1_000, 350), &settings).bayesian.unwrap()
    };
    assert!(near(bounces(Decrease).chance_to_beat_control, 0.9932, 0.0001), "{:?}", bounces(Decrease));
    assert!(bounces(Decrease).expected_loss < 0.001 && bounces(Increase).expected_loss > 0.1);
}

#[test]
fn a_prior_draws_the_estimate_towards_it_and_narrows_its_interval() {
    let with = |prior| {
        let settings = Plan { prior, ..Plan::default() }.settings(1, Increase);
        compare(&share(1_000, 20), &share(1_000, 30), &settings).bayesian.unwrap()
    };
    let (flat, doubtful) = (with(None), with(Some(Prior { mean: 0.0, deviation: 0.1 })));
    assert!(near(flat.value, 0.5, 1e-12) && doubtful.value > 0.0 && doubtful.value < 0.1);
    let apart = |[lower, upper]: [f64; 2]| upper - lower;
    assert!(apart(doubtful.credible_interval) < apart(flat.credible_interval) / 3.0);
}

#[test]
fn a_confidence_sequence_is_wider_than_the_interval_for_one_look() {
    let comparison = compared(share(22_000, 440), share(22_000, 528));
    let ([lower, upper], [first, last]) =
        (comparison.relative.unwrap().interval.unwrap(), comparison.sequential.unwrap().interval);
    assert!(first < lower && upper < last);
    assert!(comparison.sequential.unwrap().p_value > comparison.test.unwrap().p_value);
}

#[test]
fn a_mismatch_rings_below_one_in_a_thousand() {
    type Row<'a> = (&'a str, &'a [i128], &'a [f64], Option<bool>);
    let rows: &[Row] = &[
        ("as the shares say", &[500, 500], &[500.0, 500.0], Some(false)),
        ("p is 0.00157", &[550, 450], &[500.0, 500.0], Some(false)),
        ("p is 0.00080", &[553, 447], &[500.0, 500.0], Some(true)),
        ("shares were changed halfway: each version's units by its own", &[140, 60], &[140.0, 60.0], Some(false)),
        ("a variant got nobody", &[1_000, 0], &[500.0, 500.0], Some(true)),
        ("too few to say", &[8, 0], &[4.0, 4.0], None),
        ("one variant alone", &[100, 0], &[100.0, 0.0], None),
        ("nobody", &[0, 0], &[0.0, 0.0], None),
    ];
    for (name, observed, expected, rings) in rows {
        let mismatch = mismatch(observed, expected);
        assert_eq!(mismatch.map(|mismatch| mismatch.alarm), *rings, "{name}: {mismatch:?}");
    }
}

#[test]
fn figures_are_kept_to_the_last_unit() {
    let figure = Figure::Mean { units: 3, sum: i128::from(i64::MAX), sum_of_squares: 10_i128.pow(36) + 1 };
    let text = serde_json::to_string(&figure).unwrap();
    assert!(text.contains(r#""sum_of_squares":"1000000000000000000000000000000000001""#), "{text}");
    assert_eq!(serde_json::from_str::<Figure>(&text).unwrap(), figure);
}
