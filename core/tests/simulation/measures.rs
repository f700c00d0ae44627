//! What is measured: promises of the statistics, each against many experiments.

use tributary_core::decision::{Decision, State};
use tributary_core::statistics::{Interval, Method, Plan, mismatch};

use super::trial::Trial;
use super::{Measured, Promise, Random, World};

const NO_EFFECT: [World; 2] = [World::Rate(0.02); 2];
const A_FIFTH: [World; 2] = [World::Rate(0.02), World::Rate(0.024)];
const SPENDING: World = World::Spending { rate: 0.05, median: 4_000.0 };
const SPENDING_MORE: World = World::Spending { rate: 0.06, median: 4_000.0 };
/// Enough for the sample of any of the worlds.
const LONG: u32 = 200;

/// All of them. The same seed and number of runs give the same shares.
pub fn calibrate(seed: u64, runs: u32) -> Vec<Measured> {
    let mut random = Random::new(seed);
    let mut all = decided_once(runs, &mut random);
    all.extend(looked_at_daily(runs, &mut random));
    all.extend(covered(runs, &mut random));
    all.extend(splits(runs.saturating_mul(10), &mut random));
    all
}

fn is_won(state: State) -> bool {
    matches!(state, State::Winner { .. })
}

/// The share of so many runs of which something holds.
fn share(name: &'static str, promise: Promise, runs: u32, mut holds: impl FnMut() -> bool) -> Measured {
    let held: u32 = (0..runs).map(|_| u32::from(holds())).sum();
    Measured { name, share: f64::from(held) / f64::from(runs), runs, promise }
}

/// Fixed and Bayesian: decided when the sample is reached.
fn decided_once(runs: u32, random: &mut Random) -> Vec<Measured> {
    let level = Promise::AtMost(0.05);
    let power = Promise::About(0.8);
    let fixed = |worlds: &[World]| Trial::new(worlds, Method::Fixed, 21_106, 1);
    let bayesian = Trial::new(&NO_EFFECT, Method::Bayesian, 21_106, 1);
    let four = Trial::new(&[World::Rate(0.02); 4], Method::Fixed, 29_000, 1);
    let spending = |challenger| Trial::new(&[SPENDING, challenger], Method::Fixed, 1_000, LONG);
    let bounces = |rate| {
        let trial = Trial::new(&[World::Bounces(0.4), World::Bounces(rate)], Method::Fixed, 100, LONG);
        Trial { plan: Plan { effect: 0.1, ..trial.plan }, ..trial }
    };
    let mut won = |name, promise, trial: Trial| share(name, promise, runs, || is_won(trial.end(random)));
    vec![
        won("false_winners_fixed", level, fixed(&NO_EFFECT)),
        won("false_winners_fixed_three_challengers", level, four),
        won("false_winners_fixed_revenue", level, spending(SPENDING)),
        won("false_winners_fixed_bounces", level, bounces(0.4)),
        won("false_winners_bayesian", level, bayesian),
        won("power_fixed", power, fixed(&A_FIFTH)),
        won("power_fixed_revenue", power, spending(SPENDING_MORE)),
        won("power_fixed_bounces", power, bounces(0.44)),
    ]
}

/// Sequential, and guardrails: looked at every day for sixty days.
fn looked_at_daily(runs: u32, random: &mut Random) -> Vec<Measured> {
    let level = Promise::AtMost(0.05);
    let sequential = |worlds: &[World], visitors| Trial::new(worlds, Method::Sequential, visitors, 60);
    let small = [World::Rate(0.05); 2];
    let guarded = Trial { is_guarded: true, ..Trial::new(&NO_EFFECT, Method::Fixed, 1_000, 21) };
    let mut any = |name, promise, trial: &Trial, holds: &dyn Fn(&Decision) -> bool| {
        share(name, promise, runs, || {
            let mut ever = false;
            trial.follow(random, |decision| ever |= holds(decision));
            ever
        })
    };
    let won = |decision: &Decision| is_won(decision.state);
    let significant = |decision: &Decision| {
        decision.comparisons.iter().any(|comparison| comparison.test.is_some_and(|test| test.p_value < 0.05))
    };
    vec![
        any("false_winners_sequential", level, &sequential(&NO_EFFECT, 1_000), &won),
        any("false_winners_sequential_small_shop", level, &sequential(&small, 40), &won),
        any("false_winners_sequential_small_shop_five_variants", level, &sequential(&[World::Rate(0.05); 5], 80), &won),
        any("false_winners_sequential_revenue", level, &sequential(&[SPENDING; 2], 300), &won),
        any("false_winners_if_p_were_looked_at_daily", Promise::Nothing, &sequential(&NO_EFFECT, 1_000), &significant),
        any("power_sequential_in_60_days", Promise::Nothing, &sequential(&A_FIFTH, 1_000), &won),
        any("false_stops_by_guardrail", Promise::AtMost(0.025), &guarded, &Decision::stops),
    ]
}

/// How often intervals hold the truth.
fn covered(runs: u32, random: &mut Random) -> Vec<Measured> {
    let about = Promise::About(0.95);
    let holds = |interval: Option<Interval>, truth: f64| interval.is_some_and(|[a, b]| a <= truth && truth <= b);
    let shares = Trial::new(&A_FIFTH, Method::Fixed, 21_106, 1);
    let spending = Trial::new(&[SPENDING, SPENDING_MORE], Method::Fixed, 15_000, 1);
    let bounces = Trial::new(&[World::Bounces(0.4), World::Bounces(0.44)], Method::Fixed, 1_500, 1);
    let mut at_the_end = |name, trial: &Trial, holds: &dyn Fn(&Decision) -> bool| {
        share(name, about, runs, || holds(&trial.follow(random, |_| ())))
    };
    let relative = |trial: &Trial| {
        let effect = trial.effect();
        move |decision: &Decision| {
            holds(decision.comparisons[0].relative.and_then(|relative| relative.interval), effect)
        }
    };
    let absolute =
        |decision: &Decision| holds(decision.comparisons[0].absolute.and_then(|absolute| absolute.interval), 0.004);
    let credible =
        |decision: &Decision| holds(decision.comparisons[0].bayesian.map(|bayesian| bayesian.credible_interval), 0.2);
    let mut all = vec![
        at_the_end("coverage_absolute", &shares, &absolute),
        at_the_end("coverage_relative", &shares, &relative(&shares)),
        at_the_end("coverage_relative_revenue", &spending, &relative(&spending)),
        at_the_end("coverage_relative_bounces", &bounces, &relative(&bounces)),
        at_the_end("coverage_credible", &shares, &credible),
    ];
    // Nothing is decided, whatever the figures say: so the sequence is followed to the last day.
    let mut undecided = Trial::new(&A_FIFTH, Method::Fixed, 1_000, 60);
    undecided.plan.effect = 0.01;
    all.push(share("coverage_sequence_on_all_of_60_days", Promise::AtLeast(0.95), runs, || {
        let mut always = true;
        undecided.follow(random, |decision| {
            always &= decision.comparisons[0].sequential.is_none_or(|sequence| holds(Some(sequence.interval), 0.2));
        });
        always
    }));
    all
}

/// Exposures of two equal shares: as they should be, and two percent short in one.
fn splits(runs: u32, random: &mut Random) -> Vec<Measured> {
    // 64 visitors a word of random bits, each given control or challenger.
    const WORDS: u32 = 313;
    let visitors = 64 * WORDS;
    let mut rings = |lost: f64| {
        let control: u32 = (0..WORDS).map(|_| random.bits().count_ones()).sum();
        let challenger = visitors - control;
        let seen = challenger - random.binomial(challenger, lost);
        let each = f64::from(control + seen) / 2.0;
        mismatch(&[control.into(), seen.into()], &[each, each]).is_some_and(|mismatch| mismatch.alarm)
    };
    vec![
        share("mismatch_alarms_without_one", Promise::About(0.001), runs, || rings(0.0)),
        share("mismatch_alarms_of_one_in_ten_lost", Promise::AtLeast(0.99), runs / 10, || rings(0.1)),
    ]
}
