//! What holds of statistics whatever the figures.

use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, RngAlgorithm, TestRng, TestRunner};
use tributary_core::bandit::weights;
use tributary_core::config::Direction::{self, Decrease, Increase};
use tributary_core::decision::{Decision, Evidence, State, decide};
use tributary_core::statistics::sample::outlook;
use tributary_core::statistics::{Comparison, Figure, Method, Plan, Prior, Settings, compare, mismatch};

/// The same cases at every run.
fn check<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[6; 32]);
    let runs = Runs { cases: 512, failure_persistence: None, ..Runs::default() };
    TestRunner::new_with_rng(runs, random).run(strategy, test).unwrap();
}

/// Sums that units can have added up to, from none to billions.
fn figure() -> impl Strategy<Value = Figure> {
    let values = prop::collection::vec((0_i128..2_000, 0_i128..6), 0..40);
    let copies = prop_oneof![Just(1_i128), Just(17), Just(40_000_000)];
    let money = prop_oneof![Just(1_i128), Just(1_000_000_000)];
    (0..3_u8, values, copies, money).prop_map(|(kind, values, copies, money)| {
        let sum =
            |of: &dyn Fn(i128, i128) -> i128| copies * values.iter().map(|(x, y)| of(*x * money, *y)).sum::<i128>();
        let units = copies * i128::try_from(values.len()).unwrap();
        match kind {
            0 => Figure::Share { units, successes: sum(&|_, y| i128::from(y == 0)) },
            1 => Figure::Mean { units, sum: sum(&|x, _| x), sum_of_squares: sum(&|x, _| x * x) },
            _ => Figure::Ratio {
                units,
                numerator: sum(&|x, _| x),
                denominator: sum(&|_, y| y),
                numerator_squares: sum(&|x, _| x * x),
                denominator_squares: sum(&|_, y| y * y),
                products: sum(&|x, y| x * y),
            },
        }
    })
}

/// Any sums at all.
fn nonsense() -> impl Strategy<Value = Figure> {
    let any = || prop_oneof![any::<i128>(), -3_i128..4, Just(i128::MAX), Just(i128::MIN)];
    (0..3_u8, any(), any(), any(), (any(), any(), any())).prop_map(
        |(kind, units, first, second, (third, fourth, fifth))| match kind {
            0 => Figure::Share { units, successes: first },
            1 => Figure::Mean { units, sum: first, sum_of_squares: second },
            _ => Figure::Ratio {
                units,
                numerator: first,
                denominator: second,
                numerator_squares: third,
                denominator_squares: fourth,
                products: fifth,
            },
        },
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    let prior =
        prop_oneof![Just(None), (-1.0..1.0, 0.001..10.0).prop_map(|(mean, deviation)| Some(Prior { mean, deviation }))];
    let alpha = prop_oneof![Just(0.05), 1e-9..0.5, Just(0.0), Just(1.0), Just(-1.0)];
    (alpha, any::<bool>(), prior).prop_map(|(alpha, up, prior)| Settings {
        alpha,
        direction: if up { Increase } else { Decrease },
        prior,
    })
}

/// Every number of a comparison.
fn numbers(comparison: &Comparison) -> Vec<f64> {
    let Comparison { absolute, relative, test, bayesian, sequential, .. } = comparison;
    let effects = [absolute, relative].into_iter().flatten();
    let mut all: Vec<f64> =
        effects.flat_map(|effect| [effect.value].into_iter().chain(effect.interval.into_iter().flatten())).collect();
    all.extend(test.iter().flat_map(|test| [test.statistic, test.degrees.unwrap_or(1.0), test.p_value]));
    all.extend(
        bayesian.iter().flat_map(|bayesian| [bayesian.chance_to_beat_control, bayesian.expected_loss, bayesian.value]),
    );
    all.extend(bayesian.iter().flat_map(|bayesian| bayesian.credible_interval));
    all.extend(
        sequential.iter().flat_map(|sequential| [sequential.interval[0], sequential.interval[1], sequential.p_value]),
    );
    all
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-300)
}

#[test]
fn no_figures_make_a_comparison_panic_or_say_what_is_no_number() {
    let figures = || prop_oneof![figure(), nonsense()];
    check(&(figures(), figures(), settings()), |(control, challenger, settings)| {
        let comparison = compare(&control, &challenger, &settings);
        prop_assert!(numbers(&comparison).iter().all(|number| number.is_finite()), "{comparison:?}");
        let chances = [
            comparison.test.map(|test| test.p_value),
            comparison.bayesian.map(|bayesian| bayesian.chance_to_beat_control),
            comparison.sequential.map(|sequential| sequential.p_value),
        ];
        prop_assert!(chances.into_iter().flatten().all(|chance| (0.0..=1.0).contains(&chance)), "{comparison:?}");
        Ok(())
    });
}

#[test]
fn no_figures_make_a_decision_or_a_bandit_panic() {
    let figures = prop::collection::vec(prop_oneof![figure(), nonsense()], 0..6);
    let method = prop_oneof![Just(Method::Fixed), Just(Method::Bayesian), Just(Method::Sequential)];
    check(&(figures, method, any::<bool>(), any::<bool>(), any::<u16>()), |(figures, method, up, ended, floor)| {
        let direction = if up { Increase } else { Decrease };
        let plan = Plan { method, ..Plan::default() };
        let exposures: Vec<i128> = figures.iter().map(Figure::units).collect();
        let evidence = Evidence {
            plan: &plan,
            direction,
            figures: &figures,
            mismatch: mismatch(&exposures, &vec![100.0; exposures.len()]),
            guardrails: &[],
            started_at: 0,
            ended,
            now: i64::MAX,
        };
        let decision: Decision = decide(&evidence, None);
        prop_assert!(decision.progress().is_none_or(|part| (0.0..=1.0).contains(&part)));
        let outlook = outlook(&plan, direction, &figures);
        prop_assert!(outlook.power.is_none_or(|power| (0.0..=1.0).contains(&power)), "{outlook:?}");
        prop_assert!(outlook.smallest_effect.is_none_or(|effect| effect.is_finite() && effect > 0.0), "{outlook:?}");
        let weights = weights(&figures, direction, floor);
        prop_assert_eq!(
            weights.iter().map(|weight| u32::from(*weight)).sum::<u32>(),
            if figures.is_empty() { 0 } else { 10_000 }
        );
        Ok(())
    });
}

#[test]
fn the_order_of_challengers_does_not_choose_the_winner() {
    let figures = prop::collection::vec(20_000_i128..60_000, 5);
    check(&(figures, any::<bool>(), 0..4_usize), |(successes, up, turn)| {
        let plan = Plan::default();
        let winner = |successes: &[i128]| {
            let of = |successes: &i128| Figure::Share { units: 1_000_000, successes: *successes };
            let figures: Vec<Figure> = successes.iter().map(of).collect();
            let direction = if up { Increase } else { Decrease };
            let evidence = Evidence {
                plan: &plan,
                direction,
                figures: &figures,
                mismatch: None,
                guardrails: &[],
                started_at: 0,
                ended: true,
                now: i64::MAX,
            };
            match decide(&evidence, None).state {
                State::Winner { variant } => Ok(figures[usize::from(variant)]),
                other => Err(other),
            }
        };
        let mut turned = successes.clone();
        turned[1..].rotate_left(turn);
        prop_assert_eq!(winner(&successes), winner(&turned));
        Ok(())
    });
}

#[test]
fn the_other_way_round_the_test_says_the_same_with_the_other_sign() {
    check(&(figure(), figure(), settings()), |(control, challenger, settings)| {
        let (there, back) = (compare(&control, &challenger, &settings), compare(&challenger, &control, &settings));
        let both = there.test.zip(back.test);
        prop_assert_eq!(there.test.is_some(), back.test.is_some());
        prop_assert!(both.is_none_or(|(a, b)| near(a.statistic, -b.statistic) && near(a.p_value, b.p_value)));
        prop_assert!(there.absolute.zip(back.absolute).is_none_or(|(a, b)| near(a.value, -b.value)));
        Ok(())
    });
}

#[test]
fn a_variant_against_itself_is_no_different() {
    check(&(figure(), settings()), |(figure, settings)| {
        let comparison = compare(&figure, &figure, &Settings { prior: None, ..settings });
        prop_assert!(comparison.test.is_none_or(|test| near(test.p_value, 1.0)));
        prop_assert!(comparison.bayesian.is_none_or(|bayesian| near(bayesian.chance_to_beat_control, 0.5)));
        prop_assert!(comparison.sequential.is_none_or(|sequential| near(sequential.p_value, 1.0)));
        Ok(())
    });
}

#[test]
fn cents_or_tenths_of_cents_the_relative_figures_are_the_same() {
    check(&(prop::collection::vec(0_i128..9_000, 3..30), prop::collection::vec(0_i128..9_000, 3..30)), |(a, b)| {
        let of = |values: &[i128], scale: i128| Figure::Mean {
            units: i128::try_from(values.len()).unwrap(),
            sum: values.iter().map(|value| value * scale).sum(),
            sum_of_squares: values.iter().map(|value| value * value * scale * scale).sum(),
        };
        let settings = Plan::default().settings(1, Increase);
        let (cents, tenths) =
            (compare(&of(&a, 1), &of(&b, 1), &settings), compare(&of(&a, 10), &of(&b, 10), &settings));
        let relative = |comparison: &Comparison| numbers(&Comparison { absolute: None, ..comparison.clone() });
        let scale = relative(&cents).into_iter().fold(1e-3, |most: f64, number| most.max(number.abs()));
        for (cents, tenths) in relative(&cents).into_iter().zip(relative(&tenths)) {
            prop_assert!((cents - tenths).abs() < 1e-9 * scale, "{cents} {tenths}");
        }
        Ok(())
    });
}

#[test]
fn more_conversions_in_the_challenger_make_it_look_better() {
    check(&(2_i128..5_000, 1_u8..100, 1_u8..98), |(units, control, challenger)| {
        let share = |percent: u8| Figure::Share { units, successes: units * i128::from(percent) / 100 };
        let settings = Plan::default().settings(1, Increase);
        let of = |percent| compare(&share(control), &share(percent), &settings);
        let (less, more) = (of(challenger), of(challenger + 1));
        prop_assert!(less.test.zip(more.test).is_none_or(|(a, b)| a.statistic <= b.statistic));
        let chances = less.bayesian.zip(more.bayesian);
        // The error of the relative effect grows with the effect, so far from 0 more need not be surer.
        let is_near = less.relative.is_some_and(|effect| effect.value.abs() < 0.5);
        prop_assert!(
            !is_near || chances.is_none_or(|(a, b)| a.chance_to_beat_control <= b.chance_to_beat_control + 1e-12)
        );
        Ok(())
    });
}

#[test]
fn the_surer_one_wants_to_be_the_wider_every_interval() {
    check(&(figure(), figure(), 0.001..0.4_f64), |(control, challenger, alpha)| {
        let at = |alpha| compare(&control, &challenger, &Settings { alpha, direction: Increase, prior: None });
        let widths = |comparison: &Comparison| -> Vec<f64> {
            let effects = [comparison.absolute, comparison.relative].into_iter().flatten();
            let intervals = effects.filter_map(|effect| effect.interval);
            let others = [
                comparison.bayesian.map(|bayesian| bayesian.credible_interval),
                comparison.sequential.map(|sequential| sequential.interval),
            ];
            intervals.chain(others.into_iter().flatten()).map(|[lower, upper]| upper - lower).collect()
        };
        let (sure, surer) = (at(alpha), at(alpha / 2.0));
        for (sure, surer) in widths(&sure).into_iter().zip(widths(&surer)) {
            prop_assert!(sure <= surer, "{sure} {surer}");
        }
        Ok(())
    });
}

#[test]
fn a_sequence_excludes_no_effect_exactly_when_its_p_value_is_below_alpha() {
    check(&(figure(), figure(), 0.001..0.4_f64), |(control, challenger, alpha)| {
        let comparison = compare(&control, &challenger, &Settings { alpha, direction: Increase, prior: None });
        if let Some(sequential) = comparison.sequential {
            let [lower, upper] = sequential.interval;
            prop_assert_eq!(lower > 0.0 || upper < 0.0, sequential.p_value < alpha, "{:?}", sequential);
        }
        Ok(())
    });
}

#[test]
fn a_plan_needs_more_units_for_less_effect_more_confidence_and_more_power() {
    let nothing = [Figure::Share { units: 0, successes: 0 }; 2];
    let needed = |plan: Plan, direction: Direction| outlook(&plan, direction, &nothing).required;
    check(&(0.001..0.4_f64, 0.02..0.9_f64, any::<bool>()), |(base_rate, effect, up)| {
        let direction = if up { Increase } else { Decrease };
        let plan = Plan { base_rate, effect, ..Plan::default() };
        let stricter = [
            Plan { effect: effect / 2.0, ..plan.clone() },
            Plan { confidence: 0.99, ..plan.clone() },
            Plan { power: 0.9, ..plan.clone() },
        ];
        for stricter in stricter {
            prop_assert!(needed(plan.clone(), direction) < needed(stricter.clone(), direction), "{stricter:?}");
        }
        Ok(())
    });
}
