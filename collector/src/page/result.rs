//! What an experiment comes to: its state, the sentence, each challenger's interval, and how far the sample is.

use maud::{Markup, html};
use tributary_core::config::{After, Because, Method};
use tributary_core::decision::State;
use tributary_core::report::{ExperimentReport, GoalReport, Progress};
use tributary_core::words;

use super::intervals::{Row, intervals};
use super::table::{Column, Row as TableRow, meanings, one, table};
use super::{layout, number};

/// The result, first of all that the page shows.
pub fn result(experiment: &ExperimentReport) -> Markup {
    let primary = experiment.goals.iter().find(|goal| goal.primary);
    let rows = primary.map(|goal| rows(goal, experiment)).unwrap_or_default();
    html! {
        section.card.result aria-labelledby="result" {
            header { h2 #result { (experiment.summary.headline) } (badge(experiment)) }
            p.sentence { (experiment.summary.sentence) }
            @if let Some(progress) = &experiment.progress { (sample(progress, experiment)) }
            @if let Some(goal) = primary.filter(|_| !rows.is_empty()) {
                h3 { span.first-letter { (words::criterion(&goal.goal, experiment.unit)) } span.soft { "against " (control(experiment)) ", " (goal.goal.name) } }
                (intervals(&rows, false))
                (methods(goal, experiment))
            }
            (warning(experiment))
            (guardrails(experiment))
            (plan(experiment))
        }
    }
}

/// A goal's challengers, by what the plan's method says; none before results show.
pub fn rows(goal: &GoalReport, experiment: &ExperimentReport) -> Vec<Row> {
    let method = experiment.plan.method;
    let challengers = goal.challengers.iter().flatten().zip(experiment.variants.iter().skip(1));
    let rows = (1..).zip(challengers).map(|(place, (told, variant))| Row {
        place,
        name: variant.name.clone(),
        value: words::estimate(&told.comparison, method),
        interval: words::interval(&told.comparison, method),
        words: told.words.clone(),
    });
    rows.collect()
}

/// The state, in a word.
pub fn badge(experiment: &ExperimentReport) -> Markup {
    let Some(decision) = &experiment.decision else {
        return html! { @if experiment.plan.bandit.is_some() { span.status.running { "Bandit" } } };
    };
    html! {
        @match decision.state {
            State::Collecting { leading: None } => span.status { "Collecting" },
            State::Collecting { leading: Some(_) } => span.status.running { "Leading, not decided" },
            State::Winner { .. } => span.status.winner { "Winner" },
            State::Inconclusive { .. } => span.status { "Inconclusive" },
            State::Invalid { .. } => span.status.invalid { "Invalid" },
        }
    }
}

/// How far the sample is: a bar, and what it is made of.
fn sample(progress: &Progress, experiment: &ExperimentReport) -> Markup {
    let unit = words::one(experiment.unit);
    let Some(required) = progress.outlook.required.filter(|_| experiment.plan.bandit.is_none()) else {
        return html! {};
    };
    let share = progress.share.unwrap_or(0.0);
    let is_open = experiment.decision.as_ref().is_some_and(|one| matches!(one.state, State::Collecting { .. }));
    html! {
        div.sample {
            progress max="1" value=(format!("{share:.4}")) aria-label="Sample" {}
            p {
                b { (number::count(progress.fewest)) } " of " (number::plural(required, unit)) " needed in the smallest variant"
                // Not before results show: an hour's traffic says little of a day's.
                @if let Some(days) = progress.days_to_go.filter(|days| *days > 0 && experiment.decision.is_some()) { " · about " (number::plural(days, "day")) " to go" }
                @if let Some(effect) = progress.outlook.smallest_effect.filter(|_| is_open) { " · differences of " (number::size(effect)) " and more would show by now" }
            }
        }
    }
}

const METHODS: [Column; 5] = [
    Column("Challenger", ""),
    Column(
        "p-value",
        "How often a difference at least as large comes up when there is none. It holds at one look, when the sample is complete.",
    ),
    Column("Chance to beat control", "By the figures and what was believed before: the Bayesian view."),
    Column(
        "Expected loss",
        "What giving it to all would cost if it is worse, times the chance that it is: a share of the control’s figure.",
    ),
    Column("Interval at any time", "A confidence sequence: it holds however often it is looked at, so it is wider."),
];

/// What every method says, beside the one that decides.
fn methods(goal: &GoalReport, experiment: &ExperimentReport) -> Markup {
    let told = goal.challengers.iter().flatten().zip(experiment.variants.iter().skip(1)).enumerate();
    let shown = |text: Option<String>| one(text.unwrap_or_else(|| number::NONE.to_owned()));
    let rows: Vec<TableRow> = told
        .map(|(place, (told, variant))| {
            let comparison = &told.comparison;
            let between = |[lower, upper]: [f64; 2]| format!("{} to {}", number::change(lower), number::change(upper));
            TableRow {
                head: layout::variant(place + 1, &variant.name, ""),
                cells: vec![
                    shown(comparison.test.map(|test| number::p_value(test.p_value))),
                    shown(comparison.bayesian.map(|bayesian| number::chance(bayesian.chance_to_beat_control))),
                    shown(comparison.bayesian.map(|bayesian| number::size(bayesian.expected_loss))),
                    shown(comparison.sequential.map(|sequential| between(sequential.interval))),
                ],
            }
        })
        .collect();
    html! {
        details {
            summary { "What every method says" }
            (table("What every method says", &METHODS, &rows, &[]))
            (meanings(&METHODS))
        }
    }
}

/// Exposures that do not fit the shares, although a decision that was taken before stands.
fn warning(experiment: &ExperimentReport) -> Markup {
    let rings = experiment.mismatch.is_some_and(|mismatch| mismatch.alarm);
    let is_said = experiment.decision.as_ref().is_none_or(|decision| matches!(decision.state, State::Invalid { .. }));
    html! {
        @if rings && !is_said {
            p.note.error {
                "Since the decision the variants are no longer given as their shares say: the figures of now are not to be trusted."
            }
        }
    }
}

/// Goals that a winner must not harm.
fn guardrails(experiment: &ExperimentReport) -> Markup {
    let guarded: Vec<&GoalReport> = experiment.goals.iter().filter(|goal| goal.goal.guardrail.is_some()).collect();
    html! {
        @if !guarded.is_empty() {
            h3 { "Guardrails" span.soft { "no winner may harm these" } }
            dl.rows {
                @for goal in guarded {
                    @let tolerance = goal.goal.guardrail.map_or(0.0, |guardrail| guardrail.tolerance);
                    div {
                        dt { (goal.goal.name) small { "up to " (number::share(tolerance)) " worse is tolerated" } }
                        dd { (guardrail_state(goal, experiment)) }
                    }
                }
            }
        }
    }
}

fn guardrail_state(goal: &GoalReport, experiment: &ExperimentReport) -> Markup {
    let told = || goal.challengers.iter().flatten().zip(experiment.variants.iter().skip(1));
    let harmful: Vec<&str> =
        told().filter(|(told, _)| told.breaches == Some(true)).map(|(_, variant)| variant.name.as_str()).collect();
    html! {
        @if told().count() == 0 { span.status { "Not known yet" } }
        @else if harmful.is_empty() { span.status.running { "No harm shown" } }
        @else { span.status.invalid { "Breached by " (harmful.join(", ")) } }
    }
}

/// How it is decided, and what happens then.
fn plan(experiment: &ExperimentReport) -> Markup {
    let plan = &experiment.plan;
    let method = match plan.method {
        Method::Fixed => "Fixed sample, looked at once",
        Method::Bayesian => "Bayesian, looked at once",
        Method::Sequential => "Sequential, looked at any time",
    };
    html! {
        dl.facts.plan {
            @if plan.bandit.is_some() {
                (layout::fact("Decided by", "Nothing: shares follow the results"))
            } @else {
                (layout::fact("Decided by", method))
                (layout::fact("Confidence", &number::share(plan.confidence)))
                (layout::fact("Power", &number::share(plan.power)))
                (layout::fact("Smallest effect worth finding", &number::share(plan.smallest_effect)))
                (layout::fact("After a winner", after(plan.after)))
            }
            @if let Some(cap) = &plan.revenue_cap { (layout::fact("Revenue counts up to", cap)) }
        }
        @if let Some(outcome) = &experiment.outcome {
            p.note {
                @match outcome.because {
                    Because::Winner => "After the winner was found: ",
                    Because::Guardrail => "After the guardrail was breached: ",
                }
                (after(outcome.action).to_lowercase())
                @if outcome.until.is_some() { ", which is over." } @else { "." }
            }
        }
    }
}

fn after(after: After) -> &'static str {
    match after {
        After::AllToWinner => "All traffic to the winner",
        After::AllToControl => "All traffic to the control",
        After::KeepRunning => "Nothing changes",
        After::Complete => "The experiment completes",
    }
}

fn control(experiment: &ExperimentReport) -> &str {
    experiment.variants.first().map_or("control", |variant| &variant.name)
}
