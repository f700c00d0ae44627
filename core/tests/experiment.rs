//! Exposures and conversions: who is counted, from when on, and for what.

mod support;

use serde_json::json;
use support::{Collector, T0, goal, shop, variant_of, visitor, visitor_given};
use tributary_core::time::{DAY, HOUR};
use tributary_core::wire::Reason;

#[test]
fn a_conversion_needs_an_exposure_at_the_same_time_or_before() {
    let ada = &visitor_given("b", 0);
    let rows = [
        ("after the exposure", visitor(ada).at("0s").exposed().at("1s").track("add_to_cart", json!({})), 1),
        ("in the same millisecond", visitor(ada).at("0s").exposed().track("add_to_cart", json!({})), 1),
        ("the same, told before it", visitor(ada).at("0s").track("add_to_cart", json!({})).exposed(), 1),
        ("a millisecond too early", visitor(ada).at("0s").track("add_to_cart", json!({})).at("1ms").exposed(), 0),
        ("never exposed", visitor(ada).at("0s").track("add_to_cart", json!({})), 0),
    ];
    for (why, timeline, expected) in rows {
        let mut collector = Collector::new(shop(), 1);
        collector.take(&timeline);
        let figures = goal(&collector.report(), "cart", "b");
        assert!(figures.ends_with(&format!("conversions {expected}, total {expected}")), "{why}: {figures}");
    }
}

#[test]
fn a_visitor_converts_once_and_every_conversion_is_in_the_total() {
    let mut collector = Collector::new(shop(), 1);
    let cart = json!({});
    let ada = visitor(&visitor_given("b", 0)).at("0s").exposed().at("1m").track("add_to_cart", cart.clone());
    collector.take(&ada.at("2m").track("add_to_cart", cart.clone()).at("1d").track("add_to_cart", cart));
    collector.take(&visitor(&visitor_given("b", 1)).at("0s").exposed());
    let report = collector.report();
    assert_eq!(goal(&report, "cart", "b"), "exposures 2, conversions 1, total 3");
    assert_eq!(report.experiments[0].goals[1].variants[1].conversion_rate, Some(0.5));
    assert_eq!(goal(&report, "cart", "control"), "exposures 0, conversions 0, total 0");
    assert_eq!(report.experiments[0].goals[1].variants[0].conversion_rate, None);
}

#[test]
fn each_goal_type_is_met_by_its_own_event() {
    let ada = &visitor_given("b", 0);
    let rows = [
        ("thanks", visitor(ada).at("0s").exposed().view("/thanks")),
        ("thanks", visitor(ada).at("0s").exposed().view("/thanks?order=7#top")),
        ("cart", visitor(ada).at("0s").exposed().track("add_to_cart", json!({}))),
        ("hero_click", visitor(ada).at("0s").exposed().event("$click", json!({ "goals": [[1, 3]] }))),
        ("newsletter", visitor(ada).at("0s").exposed().event("$form_submit", json!({ "goals": [[1, 4]] }))),
        ("purchase", visitor(ada).at("0s").exposed().order(json!(5), "A")),
    ];
    for (met, timeline) in rows {
        let mut collector = Collector::new(shop(), 1);
        collector.take(&timeline);
        for key in support::GOALS {
            let expected = i32::from(key == met);
            let figures = goal(&collector.report(), key, "b");
            assert!(
                figures.contains(&format!("conversions {expected}, total {expected}")),
                "{met} in {key}: {figures}"
            );
        }
    }
}

#[test]
fn a_click_cannot_claim_a_goal_that_no_click_meets() {
    let mut collector = Collector::new(shop(), 1);
    let goals = json!({ "goals": [[1, 0], [1, 4], [1, 9], [7, 3]] });
    collector.take(&visitor(&visitor_given("b", 0)).at("0s").exposed().event("$click", goals));
    for key in support::GOALS {
        assert!(goal(&collector.report(), key, "b").contains("conversions 0"), "{key}");
    }
}

#[test]
fn an_exposure_counts_only_as_the_assignment_gives_it_and_while_the_experiment_runs() {
    let ada = &visitor_given("b", 0);
    let exposure = |variant: &str, version| json!({ "experiment": "hero", "variant": variant, "version": version });
    let rows = [
        ("given", json!({ "experiment": "hero", "variant": "b", "version": 1 }), None),
        ("another variant", exposure("control", 1), Some(Reason::BadAssignment)),
        ("no such variant", exposure("c", 1), Some(Reason::BadAssignment)),
        ("no such version", exposure("b", 2), Some(Reason::BadAssignment)),
        ("version zero", exposure("b", 0), Some(Reason::BadAssignment)),
        ("no such experiment", json!({ "experiment": "x", "variant": "b", "version": 1 }), Some(Reason::BadAssignment)),
    ];
    for (why, body, expected) in rows {
        let mut collector = Collector::new(shop(), 1);
        let outcome = collector.take(&visitor(ada).at("0s").event("$exposure", body));
        assert_eq!(outcome.accepted, 1, "{why}: it still belongs to its session");
        let exposures = collector.report().experiments[0].variants[1].exposures;
        assert_eq!(exposures, i128::from(expected.is_none()), "{why}");
        for reason in [Reason::BadAssignment, Reason::NotRunning] {
            assert_eq!(collector.diagnostic(reason), i128::from(expected == Some(reason)), "{why}");
        }
    }
}

#[test]
fn what_a_page_could_not_give_exposes_nobody_and_is_told_by_its_reason() {
    let refused = "one of html_forbidden, change_failed, redirect_loop";
    let rows = [
        ("hero", "html_forbidden", Some(Reason::HtmlForbidden)),
        ("hero", "change_failed", Some(Reason::ChangeFailed)),
        ("hero", "redirect_loop", Some(Reason::RedirectLoop)),
        ("villain", "redirect_loop", Some(Reason::Unknown)),
        ("hero", "crossover", None),
    ];
    for (experiment, reason, expected) in rows {
        let mut collector = Collector::new(shop(), 1);
        let body = json!({ "experiment": experiment, "reason": reason });
        let outcome = collector.take(&visitor(&visitor_given("b", 0)).at("0s").event("$not_given", body));
        let limits: Vec<_> = outcome.refused.iter().map(|refusal| refusal.limit).collect();
        assert_eq!(limits, if expected.is_some() { vec![] } else { vec![refused] }, "{experiment}, {reason}");
        assert_eq!(collector.diagnostic(expected.unwrap_or(Reason::BadField)), 1, "{experiment}, {reason}");
        assert_eq!(collector.report().experiments[0].variants[1].exposures, 0, "{experiment}, {reason}");
    }
}

#[test]
fn a_run_includes_its_start_and_excludes_its_end() {
    let config = shop();
    let config = config.with_stop("hero", T0 + HOUR).unwrap();
    let ada = &visitor_given("b", 0);
    let rows = [(T0 - DAY - 1, 0), (T0 - DAY, 1), (T0 + HOUR - 1, 1), (T0 + HOUR, 0)];
    for (at, expected) in rows {
        let mut collector = Collector::new(config.clone(), 1);
        let mut timeline = visitor(ada).at("0s").exposed();
        timeline.events[0].at = at;
        collector.receive(&support::batch(&timeline.events, T0 + HOUR), T0 + HOUR).unwrap();
        assert_eq!(collector.report().experiments[0].variants[1].exposures, expected, "{at}");
        assert_eq!(collector.diagnostic(Reason::NotRunning), 1 - expected, "{at}");
    }
}

#[test]
fn a_visitor_exposed_to_two_variants_is_left_out_and_counted_as_crossover() {
    // A second version that gives everybody the other variant stands for a change of weights while the test runs.
    let mut config = shop();
    let mut swapped = config.experiments[0].allocations[0].clone();
    swapped.weights = if variant_of("ada") == "b" { vec![10_000, 0] } else { vec![0, 10_000] };
    config.experiments[0].allocations.push(swapped);
    let other = if variant_of("ada") == "b" { "control" } else { "b" };
    let mut collector = Collector::new(config, 1);
    let ada = visitor("ada").at("0s").exposed().at("1m").order(json!(10), "A");
    collector.take(&ada);
    assert_eq!(collector.report().experiments[0].crossovers, 0);
    let again = json!({ "experiment": "hero", "variant": other, "version": 2 });
    collector.take(&ada.at("2m").event("$exposure", again).at("3m").order(json!(20), "B"));
    let report = collector.report();
    assert_eq!(report.experiments[0].crossovers, 1);
    for variant in ["control", "b"] {
        assert_eq!(goal(&report, "purchase", variant), "exposures 0, conversions 0, total 0");
    }
    assert_eq!(report.totals.revenue[0].gross, "30.00", "the site's orders stay");
}

#[test]
fn raising_the_coverage_moves_nobody_who_was_in() {
    use tributary_core::assignment::assign;
    let weights = [2_000, 5_000, 3_000];
    for visitor in (0..2_000).map(|number| format!("visitor-{number}")) {
        let mut before = None;
        for coverage in [0, 1_000, 2_500, 7_000, 10_000] {
            let given = assign("seed", &visitor, coverage, weights);
            assert!(before.is_none() || given == before, "{visitor} at {coverage}");
            before = given;
        }
        assert!(before.is_some(), "full coverage leaves nobody out");
    }
}
