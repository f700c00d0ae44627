//! One experiment over its whole run: its state, its primary goal over days, and every goal's figures per variant.

use maud::{Markup, html};
use tributary_core::config::Status;
use tributary_core::report::{ExperimentReport, Report};
use tributary_core::time::Millis;

use super::goal_table::goal_table;
use super::over_days::over_days;
use super::result::result;
use super::{Tag, layout, number, snippet};

/// The page of the experiment with this key; `None` where the site has none.
pub fn experiment(report: &Report, key: &str, tag: &Tag) -> Option<Markup> {
    let experiment = report.experiments.iter().find(|experiment| experiment.key == key)?;
    let results = shows_results(experiment, report.as_of);
    let main = html! {
        div.title {
            div {
                a.crumb href={ "/sites/" (report.site) } { (report.name) }
                div.name { h1 { (experiment.name) } (layout::status(experiment.status)) }
                (layout::as_of(report))
            }
        }
        (layout::sections(report, None))
        (facts(experiment, report.as_of))
        @if matches!(experiment.status, Status::Draft | Status::Scheduled) {
            @if experiment.status == Status::Draft { (snippet::not_started(&report.site, key, &tag.origin)) }
        } @else if exposures(experiment) == 0 {
            (snippet::no_exposure(&report.site, key, challenger(experiment), tag))
        } @else {
            (result(experiment))
            @if let Some(goal) = experiment.goals.iter().find(|goal| goal.primary).filter(|_| results) {
                (over_days(goal, experiment))
            }
            @for goal in &experiment.goals { (goal_table(goal, experiment, results)) }
        }
    };
    let foot = format!(
        "Figures of the whole run, by calendar days in {}. A conversion is a visitor who met the goal after the exposure. \
         Amounts are gross.",
        report.time_zone
    );
    Some(layout::document(&format!("{} · {}", experiment.name, report.name), true, &foot, &main))
}

/// Whether rates and differences may be shown.
pub fn shows_results(experiment: &ExperimentReport, as_of: Millis) -> bool {
    experiment.shown_from.is_some_and(|from| from <= as_of)
}

/// Visitors exposed to any of the variants.
pub fn exposures(experiment: &ExperimentReport) -> i128 {
    experiment.variants.iter().map(|variant| variant.exposures).sum()
}

/// How long the run has lasted, or lasted.
pub fn running_for(experiment: &ExperimentReport, as_of: Millis) -> String {
    let end = experiment.ended_at.unwrap_or(as_of).min(as_of);
    let started = experiment.started_at.filter(|start| *start <= end);
    started.map_or(number::NONE.into(), |start| number::duration(end - start))
}

fn challenger(experiment: &ExperimentReport) -> &str {
    experiment.variants.get(1).map_or("b", |variant| &variant.key)
}

fn facts(experiment: &ExperimentReport, as_of: Millis) -> Markup {
    let shares =
        experiment.variants.iter().map(|variant| format!("{} {}", variant.name, number::share(variant.weight)));
    html! {
        dl.facts {
            @if let Some(start) = &experiment.started_local {
                (layout::fact(if experiment.status == Status::Scheduled { "Starts" } else { "Started" }, minute(start)))
            }
            @if let Some(end) = &experiment.ended_local { (layout::fact("Ended", minute(end))) }
            @if experiment.status == Status::Running || experiment.status == Status::Completed {
                (layout::fact(if experiment.status == Status::Running { "Running for" } else { "Ran for" }, &running_for(experiment, as_of)))
                (layout::fact("Exposures", &number::count(exposures(experiment))))
                div title="Visitors who were given two variants" {
                    dt { "Left out as crossover" } dd { (number::count(experiment.crossovers)) }
                }
            }
            (layout::fact("Coverage", &number::share(experiment.coverage)))
            (layout::fact("Shares", &shares.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// `YYYY-MM-DD HH:MM` of a time with seconds.
fn minute(local: &str) -> &str {
    local.get(..16).unwrap_or(local)
}

#[cfg(test)]
mod tests {
    use tributary_core::time::{DAY, HOUR};

    use super::*;
    use crate::page::fixture;

    fn page(experiment: ExperimentReport) -> String {
        let report = Report { experiments: vec![experiment], ..fixture::report() };
        let page = super::experiment(&report, "hero", &fixture::tag()).expect("the page");
        page.into_string().replace('\u{a0}', " ")
    }

    #[test]
    fn an_experiment_nobody_made_has_no_page() {
        assert!(experiment(&fixture::report(), "nobody", &fixture::tag()).is_none());
    }

    #[test]
    fn before_24_hours_counts_show_and_nothing_that_compares() {
        let page = page(fixture::experiment(DAY - 1));
        assert!(page.contains("Results show from 24 hours on"), "{page}");
        assert!(page.contains(">2,400</td>") && page.contains(">$7,254.00</td>"), "{page}");
        for hidden in ["25.0 %", "$3.63", "$87.40", "<svg class=\"chart\"", "<svg class=\"span\""] {
            assert!(!page.contains(hidden), "{hidden} in {page}");
        }
    }

    #[test]
    fn from_24_hours_on_results_show() {
        let page = page(fixture::experiment(DAY));
        assert!(
            page.contains("<svg class=\"chart\"")
                && page.contains("<svg class=\"span\"")
                && !page.contains("Results show from"),
            "{page}"
        );
    }

    #[test]
    fn without_exposures_the_page_shows_how_to_ask_for_a_variant() {
        let mut experiment = fixture::experiment(2 * HOUR);
        experiment.variants.iter_mut().for_each(|variant| variant.exposures = 0);
        let page = page(experiment);
        assert!(
            page.contains("getVariant(&quot;hero&quot;) === &quot;b&quot;")
                && page.contains("t.example/t.js?site=08c0ffee")
        );
    }

    #[test]
    fn a_draft_shows_how_to_start_it() {
        let page = page(ExperimentReport {
            status: Status::Draft,
            started_at: None,
            started_local: None,
            ..fixture::experiment(0)
        });
        assert!(page.contains("/experiments/hero/start") && !page.contains("<table"), "{page}");
    }

    #[test]
    fn an_ended_run_stopped_lasting_when_it_ended() {
        let ended = ExperimentReport { ended_at: Some(fixture::AS_OF - DAY), ..fixture::experiment(3 * DAY) };
        assert_eq!(running_for(&ended, fixture::AS_OF).replace('\u{a0}', " "), "2 days");
    }
}
