//! An experiment's state, as a headline and a sentence.

use serde::Serialize;

use super::comparison::{between, criterion, estimate, interval, one, sure};
use super::number;
use crate::config::{Because, Direction, Experiment, Goal, Method, Status};
use crate::decision::{Breach, Decision, Inconclusive, Invalid, State};
use crate::report::Progress;
use crate::statistics::Comparison;

/// Beyond so many days nobody waits.
const A_YEAR: i64 = 365;

/// What an experiment comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// A few words.
    pub headline: String,
    /// What is known, how sure that is, and what is missing.
    pub sentence: String,
}

/// What a summary is made from.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The experiment.
    pub experiment: &'a Experiment,
    /// Where it stands.
    pub status: Status,
    /// Units exposed to each variant, control first.
    pub exposures: &'a [i128],
    /// How far the sample is; absent of what has not begun.
    pub progress: Option<&'a Progress>,
    /// What was decided; absent before results show, and of a bandit.
    pub decision: Option<&'a Decision>,
    /// Results show: the start is 24 hours ago.
    pub shows: bool,
    /// Exposures do not fit the shares: what they would be by these, control first.
    pub due: Option<&'a [f64]>,
}

/// The summary of an experiment.
pub fn summary(situation: &Situation<'_>) -> Summary {
    let (headline, sentence) = match situation.status {
        Status::Draft => ("Not started".to_owned(), "Nothing is counted before the start.".to_owned()),
        Status::Scheduled => ("Scheduled".to_owned(), "Nothing is counted before the start.".to_owned()),
        _ => under_way(situation),
    };
    Summary { headline, sentence }
}

fn under_way(situation: &Situation<'_>) -> (String, String) {
    let Situation { experiment, exposures, .. } = *situation;
    let counted: i128 = exposures.iter().sum();
    let of = |headline: &str, sentence: String| (headline.to_owned(), sentence);
    if counted == 0 {
        return of("Nothing to compare yet", nobody(situation));
    }
    if !situation.shows {
        let counted = number::plural(counted, one(experiment.unit));
        return of(
            "Too early for results",
            format!(
                "{counted} counted so far; results show from 24 hours after the start, for the first hours mislead."
            ),
        );
    }
    if experiment.plan.bandit.is_some() {
        return bandit(situation);
    }
    let Some(decision) = situation.decision else { return of("Too early for results", String::new()) };
    match decision.state {
        State::Collecting { leading } => collecting(situation, decision, leading),
        State::Winner { variant: 0 } => control_wins(experiment, decision),
        State::Winner { variant } => challenger_wins(experiment, decision, variant),
        State::Inconclusive { because } => inconclusive(situation, decision, because),
        State::Invalid { because: Invalid::Mismatch } => {
            let due = situation.due.unwrap_or_default();
            of("These figures cannot be trusted", mismatch(experiment, exposures, due))
        }
        State::Invalid { because: Invalid::EndedEarly } => {
            let headline = if is_stopped(experiment) { "Stopped by a guardrail" } else { "Ended too early to tell" };
            of(headline, ended_early(experiment, decision))
        }
    }
}

/// Nobody was exposed.
fn nobody(situation: &Situation<'_>) -> String {
    let gives = "pages give one by getVariant, markup or changes, and only then somebody is counted";
    match situation.status {
        Status::Completed => "The experiment ended before anybody was given a variant.".to_owned(),
        Status::Paused => "Nobody was given a variant before the pause.".to_owned(),
        _ if situation.shows => format!("Nobody was given a variant since the start: check that {gives}."),
        _ => format!("Nobody was given a variant yet: {gives}."),
    }
}

fn collecting(situation: &Situation<'_>, decision: &Decision, leading: Option<u8>) -> (String, String) {
    let Situation { experiment, progress, .. } = *situation;
    let plan = &experiment.plan;
    let best = leading.and_then(|place| lead(experiment, decision, place));
    let headline = match leading.filter(|_| best.is_some()) {
        Some(place) => format!("{} leads, but it is too early to tell", name(experiment, place)),
        None => "Too early to tell".to_owned(),
    };
    let known = best.unwrap_or_else(|| "No variant is ahead of all others".to_owned());
    let missing = progress.map(|progress| missing(situation, progress)).unwrap_or_default();
    let early = match plan.method {
        Method::Sequential => " This method may find a winner before that.",
        Method::Fixed | Method::Bayesian => "",
    };
    let harm =
        decision.breaches.first().map(|breach| format!(" {}", guardrail(experiment, breach))).unwrap_or_default();
    (headline, format!("{known}. {missing}{early}{harm}"))
}

/// How far the leader is ahead: of what, and that it may be chance.
fn lead(experiment: &Experiment, decision: &Decision, place: u8) -> Option<String> {
    let goal = experiment.goals.first()?;
    let what = criterion(goal, experiment.unit);
    let method = experiment.plan.method;
    let of = |comparison: &Comparison| estimate(comparison, method).filter(|value| !number::is_nothing(*value));
    // The control leads by what the challenger next to it lacks.
    let (subject, value) = if place == 0 {
        let sign = if goal.direction == Direction::Increase { 1.0 } else { -1.0 };
        let values = (1_u8..).zip(&decision.comparisons).filter_map(|(place, one)| Some((place, of(one)?)));
        values.max_by(|(_, one), (_, other)| (one * sign).total_cmp(&(other * sign)))?
    } else {
        (place, of(decision.comparisons.get(usize::from(place) - 1)?)?)
    };
    let (subject, control) = (name(experiment, subject), name(experiment, 0));
    Some(format!("{subject}’s {what} is {} than {control}’s so far, which may still be chance", higher(value)))
}

/// What of the sample is missing, and how long it takes.
fn missing(situation: &Situation<'_>, progress: &Progress) -> String {
    let unit = one(situation.experiment.unit);
    let Some(required) = progress.outlook.required else {
        return format!(
            "How many {unit}s are needed shows once every variant has figures to measure a spread from: there are {} so far.",
            number::count(situation.exposures.iter().sum::<i128>())
        );
    };
    let counted = format!(
        "Each variant needs {}, and the smallest has {}",
        number::plural(required, unit),
        number::count(progress.fewest)
    );
    let rest = match progress.days_to_go {
        _ if situation.status == Status::Completed => String::new(),
        _ if situation.status == Status::Paused => "; in the pause nobody new is counted".to_owned(),
        Some(0) => String::new(),
        Some(days) if days > A_YEAR => {
            "; at the present traffic that takes more than a year, so look for a larger effect or more traffic"
                .to_owned()
        }
        Some(days) => format!("; at the present traffic that takes about {}", number::plural(days, "more day")),
        None => format!("; no new {unit} came lately, so at the present traffic it will not be reached"),
    };
    format!("{counted}{rest}.")
}

fn challenger_wins(experiment: &Experiment, decision: &Decision, variant: u8) -> (String, String) {
    let headline = format!("{} wins", name(experiment, variant));
    let Some(comparison) = decision.comparisons.get(usize::from(variant) - 1) else { return (headline, String::new()) };
    (headline, result(experiment, comparison, variant))
}

fn control_wins(experiment: &Experiment, decision: &Decision) -> (String, String) {
    let control = name(experiment, 0);
    let headline = format!("{control} stays: nothing does better");
    let sentences: Vec<String> =
        (1_u8..).zip(&decision.comparisons).map(|(place, comparison)| result(experiment, comparison, place)).collect();
    (headline, sentences.join(" "))
}

/// A significant difference: how large, within what, and how improbable it is without a cause.
fn result(experiment: &Experiment, comparison: &Comparison, place: u8) -> String {
    let Some(goal) = experiment.goals.first() else { return String::new() };
    let plan = &experiment.plan;
    let off = estimate(comparison, plan.method)
        .map_or_else(|| "different from".to_owned(), |value| format!("{} than", higher(value)));
    let within = interval(comparison, plan.method)
        .map(|interval| format!(", {} {}", between(interval), sure(plan.confidence, plan.method)))
        .unwrap_or_default();
    let how_sure = match plan.method {
        Method::Fixed => comparison.test.map(|test| number::p_value(test.p_value)),
        Method::Sequential => comparison.sequential.map(|sequential| number::p_value(sequential.p_value)),
        Method::Bayesian => comparison.bayesian.map(|bayesian| better(bayesian.chance_to_beat_control, goal)),
    };
    let how_sure = how_sure.map(|text| format!(" ({text})")).unwrap_or_default();
    let what = criterion(goal, experiment.unit);
    format!("{}’s {what} is {off} {}’s{within}{how_sure}.", name(experiment, place), name(experiment, 0))
}

/// The chance that a challenger is better, from its own side or the control's, whichever says more.
fn better(chance: f64, goal: &Goal) -> String {
    let better = if goal.direction == Direction::Increase { "higher" } else { "lower" };
    let worse = if goal.direction == Direction::Increase { "lower" } else { "higher" };
    if chance >= 0.5 {
        format!("the chance that it is {better} at all: {}", number::chance(chance))
    } else {
        format!("the chance that it is {worse} at all: {}", number::chance(1.0 - chance))
    }
}

fn inconclusive(situation: &Situation<'_>, decision: &Decision, because: Inconclusive) -> (String, String) {
    let experiment = situation.experiment;
    let power = situation.progress.and_then(|progress| progress.outlook.power);
    match because {
        Inconclusive::Guardrail => {
            let harms: Vec<String> = decision.breaches.iter().map(|breach| guardrail(experiment, breach)).collect();
            ("No winner: a guardrail is breached".to_owned(), harms.join(" "))
        }
        Inconclusive::NoDifference => {
            let plan = &experiment.plan;
            let what = experiment.goals.first().map(|goal| criterion(goal, experiment.unit)).unwrap_or_default();
            let left = |(place, comparison): (u8, &Comparison)| {
                let interval = interval(comparison, plan.method)?;
                Some(format!(
                    "{}’s {what} differs from {}’s by {}, {}. ",
                    name(experiment, place),
                    name(experiment, 0),
                    between(interval),
                    sure(plan.confidence, plan.method)
                ))
            };
            let intervals: Vec<String> = (1_u8..).zip(&decision.comparisons).filter_map(left).collect();
            let sentence = format!(
                "The sample is complete, and nothing stands out from chance. {}An effect of {} would have shown with a chance of {}.",
                intervals.concat(),
                number::share(plan.smallest_effect),
                number::chance(power.unwrap_or(plan.power))
            );
            ("No clear winner".to_owned(), sentence)
        }
    }
}

fn is_stopped(experiment: &Experiment) -> bool {
    experiment.outcome.as_ref().is_some_and(|outcome| outcome.because == Because::Guardrail)
}

fn ended_early(experiment: &Experiment, decision: &Decision) -> String {
    let unit = one(experiment.unit);
    let fewest = decision.units.iter().copied().min().unwrap_or(0);
    let missing = match decision.required {
        Some(required) => format!(
            "Each variant needs {}, and the smallest had {} at the end: what differs may be chance.",
            number::plural(required, unit),
            number::count(fewest)
        ),
        None => format!("The variants had too few {unit}s that did anything: there is nothing to measure from."),
    };
    let harms = decision.breaches.iter().map(|breach| format!("{} ", guardrail(experiment, breach)));
    harms.collect::<String>() + &missing
}

/// Which harm was done: what a guardrail is about, and how much it tolerates.
pub fn guardrail(experiment: &Experiment, breach: &Breach) -> String {
    let Some(goal) = experiment.goals.get(usize::from(breach.goal)) else { return String::new() };
    let tolerated = match goal.guardrail.map(|guardrail| guardrail.tolerance).filter(|tolerance| *tolerance > 0.0) {
        Some(tolerance) => format!("by more than the {} that is tolerated", number::share(tolerance)),
        None => "and none is tolerated".to_owned(),
    };
    let way = if goal.direction == Direction::Increase { "lowers" } else { "raises" };
    let end = match breach.stops {
        true if is_stopped(experiment) => ", so the test was stopped",
        true => ", so the test should stop",
        false => ", so it cannot win",
    };
    let what = criterion(goal, experiment.unit);
    format!("{} {way} the {what} of “{}” {tolerated}{end}.", name(experiment, breach.variant), goal.name)
}

/// Exposures do not fit the shares: by how much, and what to look for.
pub fn mismatch(experiment: &Experiment, exposures: &[i128], due: &[f64]) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let all = exposures.iter().sum::<i128>().max(1) as f64;
    let got = experiment.variants.iter().zip(exposures).zip(due).map(|((variant, count), due)| {
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let share = *count as f64 / all;
        format!("{} {} instead of {}", variant.name, number::size(share), number::size(due / all))
    });
    format!(
        "Variants were not given as their shares say ({}): chance alone does that in fewer than 1 of 1,000 experiments. Look \
         for a variant that redirects or fails, for pages that show one without asking, and for bots that load only one.",
        got.collect::<Vec<_>>().join(", ")
    )
}

fn bandit(situation: &Situation<'_>) -> (String, String) {
    let Situation { experiment, .. } = *situation;
    if let Some(due) = situation.due {
        return ("These figures cannot be trusted".to_owned(), mismatch(experiment, situation.exposures, due));
    }
    let weights = experiment.allocation().map(|(_, allocation)| allocation.weights.as_slice()).unwrap_or_default();
    let most = weights.iter().copied().max().unwrap_or(0);
    let largest: Vec<usize> = (0..weights.len()).filter(|place| weights[*place] == most).collect();
    let [place] = largest[..] else {
        let sentence =
            "All variants get the same share so far; shares will follow what does best. A bandit names no winner.";
        return ("Traffic follows the results".to_owned(), sentence.to_owned());
    };
    let what = experiment.goals.first().map(|goal| criterion(goal, experiment.unit)).unwrap_or_default();
    let name = name(experiment, u8::try_from(place).unwrap_or(0));
    let sentence = format!(
        "{name} gets {} of the traffic, for its {what} is the most promising so far. A bandit earns while it learns and names no winner.",
        number::share(f64::from(most) / 10_000.0)
    );
    ("Traffic follows the results".to_owned(), sentence)
}

/// `12.3 % higher`.
fn higher(value: f64) -> String {
    format!("{} {}", number::size(value), if value < 0.0 { "lower" } else { "higher" })
}

fn name(experiment: &Experiment, place: u8) -> &str {
    experiment.variants.get(usize::from(place)).map_or("", |variant| &variant.name)
}
