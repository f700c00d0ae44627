//! A goal's conversion rate over the days of the run: the chart, and the same as a table.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tributary_core::report::{ExperimentReport, GoalReport};
use tributary_core::time::Day;

use super::chart::{self, Line};
use super::number;

/// What had added up by the end of each day, which settles, where a single day's rate would jump.
pub fn over_days(goal: &GoalReport, experiment: &ExperimentReport) -> Markup {
    let (days, lines) = so_far(goal, experiment);
    let labels: Vec<_> = days.iter().map(|day| number::short_day(&day.day)).collect();
    let title = format!("{}: conversion rate so far", goal.goal.name);
    html! {
        section.card aria-labelledby="so-far" {
            header { h2 #so-far { (title) } (chart::legend(&lines)) }
            figure { (chart::chart(&title, &labels, &lines)) }
            details {
                summary { "The same as a table" }
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead {
                            tr { th scope="col" { "Day" } @for line in &lines { th scope="col" { (line.name) } } }
                        }
                        tbody {
                            @for day in &days {
                                tr {
                                    th scope="row" { (day.day) }
                                    @for (conversions, exposures) in day.conversions.iter().zip(&day.exposures) {
                                        td {
                                            (number::percent(*conversions, *exposures))
                                            small { (number::count(*conversions)) " of " (number::count(*exposures)) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What had added up by the end of a day, per variant.
struct SoFar {
    day: String,
    exposures: Vec<i128>,
    conversions: Vec<i128>,
}

/// A goal's running totals for every calendar day from the first with figures to the last, quiet days too, and the lines
/// they draw.
fn so_far(goal: &GoalReport, experiment: &ExperimentReport) -> (Vec<SoFar>, Vec<Line>) {
    let known: BTreeMap<Day, _> =
        goal.days.iter().flatten().filter_map(|day| Some((Day::parse(&day.day)?, day))).collect();
    let (first, last) = (known.keys().next().map_or(0, |day| day.0), known.keys().last().map_or(-1, |day| day.0));
    let (mut exposures, mut conversions) = (vec![0; experiment.variants.len()], vec![0; experiment.variants.len()]);
    let mut days = Vec::new();
    for day in (first..=last).map(Day) {
        if let Some(figures) = known.get(&day) {
            add(&mut exposures, &figures.exposures);
            add(&mut conversions, &figures.conversions);
        }
        days.push(SoFar { day: day.to_string(), exposures: exposures.clone(), conversions: conversions.clone() });
    }
    let lines = experiment.variants.iter().enumerate().map(|(place, variant)| Line {
        name: variant.name.clone(),
        shares: days.iter().map(|day| chart::share(day.conversions[place], day.exposures[place])).collect(),
    });
    let lines = lines.collect();
    (days, lines)
}

fn add(sum: &mut [i128], more: &[i128]) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

#[cfg(test)]
mod tests {
    use tributary_core::time::DAY;

    use super::*;
    use crate::page::fixture;

    #[test]
    fn a_quiet_day_keeps_what_had_added_up_before_it() {
        let experiment = fixture::experiment(2 * DAY);
        let (days, lines) = so_far(&experiment.goals[0], &experiment);
        let shown: Vec<_> = days.iter().map(|day| (day.day.as_str(), day.exposures[0], day.conversions[0])).collect();
        assert_eq!(shown, [("2026-11-19", 1_000, 20), ("2026-11-20", 1_000, 20), ("2026-11-21", 2_400, 72)]);
        assert_eq!(lines[0].shares, [Some(0.02), Some(0.02), Some(0.03)]);
    }
}
