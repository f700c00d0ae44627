//! A report to render in tests: a shop with one experiment.

use tributary_core::config::{Criterion, Direction, Goal, GoalKind, Per, Plan, Status, Unit};
use tributary_core::decision::RESULTS_AFTER;
use tributary_core::money::Currency;
use tributary_core::report::{
    ChallengerReport, ExperimentReport, GoalDay, GoalFigures, GoalReport, Holdout, Progress, Report, Revenue, Totals,
    VariantReport,
};
use tributary_core::statistics::sample::Outlook;
use tributary_core::statistics::{Comparison, Effect};
use tributary_core::time::Millis;
use tributary_core::wire::Reason;
use tributary_core::words::Summary;

use super::Tag;

/// What a developer copies.
pub fn tag() -> Tag {
    Tag { origin: "https://t.example".into(), stub: "the(stub)".into() }
}

/// When the report was read.
pub const AS_OF: Millis = 1_795_269_802_000;

/// A settled report of the last 30 days with one experiment, two days old.
pub fn report() -> Report {
    Report {
        site: "08c0ffee".into(),
        name: "Harbour & Pine".into(),
        time_zone: "America/New_York".into(),
        as_of: AS_OF,
        as_of_local: "2026-11-21 14:03:22".into(),
        pending: 0,
        from: "2026-10-23".into(),
        to: "2026-11-21".into(),
        totals: Totals {
            new_visitors: 480,
            sessions: 12_480,
            page_views: 48_211,
            custom_events: 900,
            revenue: vec![usd(402, "38214.60", "95.06", None)],
            unattributed: vec![],
        },
        days: None,
        experiments: vec![experiment(2 * tributary_core::time::DAY)],
        holdout: Holdout::default(),
        communications: vec![],
        sequences: vec![],
        campaigns: vec![],
        experiences: vec![],
        goals: vec![],
        diagnostics: [(Reason::Accepted, 128_220), (Reason::Duplicate, 84)].into(),
    }
}

/// An experiment that has run for so long.
pub fn experiment(age: Millis) -> ExperimentReport {
    let variant = |key: &str, exposures| VariantReport { key: key.into(), name: key.into(), weight: 0.5, exposures };
    ExperimentReport {
        key: "hero".into(),
        name: "Hero on the front page".into(),
        status: Status::Running,
        started_at: Some(AS_OF - age),
        started_local: Some("2026-11-19 14:03:22".into()),
        ended_at: None,
        ended_local: None,
        unit: Unit::Visitor,
        coverage: 1.0,
        crossovers: 3,
        plan: Plan::default(),
        shown_from: Some(AS_OF - age + RESULTS_AFTER),
        summary: Summary {
            headline: "Too early to tell".into(),
            sentence: if age < RESULTS_AFTER { "Results show from 24 hours on." } else { "It may be chance." }.into(),
        },
        progress: Some(Progress {
            outlook: Outlook { required: Some(21_106), power: Some(0.1), smallest_effect: Some(0.62) },
            fewest: 2_000,
            share: Some(0.094_8),
            units_per_day: Some(2_200.0),
            days_to_go: Some(18),
        }),
        decision: None,
        outcome: None,
        mismatch: None,
        variants: vec![variant("control", 2_400), variant("b", 2_000)],
        goals: vec![
            GoalReport {
                goal: goal("purchase", GoalKind::Revenue { event: "purchase".into(), condition: None }),
                primary: true,
                criterion: Criterion::RevenuePerUnit,
                variants: vec![
                    figures("control", 2_400, 72, vec![usd(74, "6963.40", "94.10", Some("2.90"))]),
                    figures("b", 2_000, 80, vec![usd(83, "7254.00", "87.40", Some("3.63"))]),
                ],
                challengers: (age >= RESULTS_AFTER).then(|| vec![challenger(0.252, [-0.11, 0.613])]),
                days: Some(vec![
                    day("2026-11-19", [1_000, 900], [20, 30]),
                    day("2026-11-21", [1_400, 1_100], [52, 50]),
                ]),
            },
            GoalReport {
                goal: goal("hero_click", GoalKind::Click { selector: "[data-goal=hero]".into() }),
                primary: false,
                criterion: Criterion::ConversionRate,
                variants: vec![figures("control", 2_400, 480, vec![]), figures("b", 2_000, 300, vec![])],
                challengers: (age >= RESULTS_AFTER).then(|| vec![challenger(-0.25, [-0.34, -0.16])]),
                days: None,
            },
        ],
        days: None,
    }
}

fn day(day: &str, exposures: [i128; 2], conversions: [i128; 2]) -> GoalDay {
    let [exposures, conversions] = [exposures, conversions].map(Vec::from);
    GoalDay { day: day.into(), exposures, total_conversions: conversions.clone(), conversions, ..GoalDay::default() }
}

fn goal(key: &str, kind: GoalKind) -> Goal {
    Goal {
        key: key.into(),
        name: key.into(),
        kind,
        direction: Direction::Increase,
        window: None,
        per: Per::Unit,
        decides: None,
        guardrail: None,
        added_at: None,
        added_in: 0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn figures(variant: &str, exposures: i128, conversions: i128, revenue: Vec<Revenue>) -> GoalFigures {
    GoalFigures {
        variant: variant.into(),
        exposures,
        conversions,
        total_conversions: conversions,
        conversion_rate: Some(conversions as f64 / exposures as f64),
        sessions: None,
        revenue,
        beyond_cap: None,
    }
}

fn challenger(value: f64, interval: [f64; 2]) -> ChallengerReport {
    let relative = Some(Effect { value, interval: Some(interval) });
    ChallengerReport {
        variant: "b".into(),
        comparison: Comparison { relative, ..Comparison::default() },
        breaches: None,
        words: "It may be chance.".into(),
    }
}

fn usd(orders: i128, gross: &str, aov: &str, per_visitor: Option<&str>) -> Revenue {
    Revenue {
        currency: Currency::parse("USD").expect("a currency"),
        orders,
        gross: gross.into(),
        net: gross.into(),
        aov: Some(aov.into()),
        per_visitor: per_visitor.map(str::to_owned),
    }
}
