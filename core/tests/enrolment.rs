//! A visitor is in an experiment, or there is one reason why not.

use tributary_core::enrolment::NotEnrolled::{
    Condition, Cookieless, HeldOut, NoProfile, NoVisitor, NotCovered, OutsideNamespace,
};
use tributary_core::enrolment::{Standing, enrol};
use tributary_core::page_config::PageExperiment;

fn experiment() -> PageExperiment<'static> {
    PageExperiment {
        key: "hero",
        seed: "hero",
        version: 3,
        coverage: 10_000,
        namespace: ("", 0, 0),
        variants: vec![("control", 0), ("b", 10_000)],
    }
}

const STANDING: Standing<'static> =
    Standing { visitor: Some("v1"), unit: Some("v1"), is_cookieless: false, holdout: 0, given: "" };

#[test]
fn the_first_reason_is_told() {
    let none = || PageExperiment { coverage: 0, ..experiment() };
    let elsewhere = || PageExperiment { namespace: ("cart", 0, 0), ..none() };
    let held = Standing { holdout: 10_000, ..STANDING };
    let rows = [
        ("in", experiment(), STANDING, true, Ok((3, "b"))),
        ("beyond the coverage", none(), STANDING, true, Err(NotCovered)),
        ("before the coverage comes the audience", none(), STANDING, false, Err(Condition)),
        ("before that the namespace", elsewhere(), STANDING, false, Err(OutsideNamespace)),
        ("before that the holdout", elsewhere(), held, false, Err(HeldOut)),
        ("before that cookies", elsewhere(), Standing { is_cookieless: true, ..held }, false, Err(Cookieless)),
        (
            "before that the profile",
            elsewhere(),
            Standing { unit: None, is_cookieless: true, ..held },
            true,
            Err(NoProfile),
        ),
        ("before all consent", none(), Standing { visitor: None, unit: None, ..STANDING }, true, Err(NoVisitor)),
    ];
    for (why, experiment, standing, admits, expected) in rows {
        assert_eq!(enrol(&experiment, standing, || admits), expected, "{why}");
    }
}

#[test]
fn what_was_given_stays_whatever_the_audience_and_the_coverage_are_by_now() {
    let experiment = PageExperiment { coverage: 0, ..experiment() };
    let rows = [("2 control", Ok((2, "control"))), ("2 gone", Err(Condition)), ("", Err(Condition))];
    for (given, expected) in rows {
        assert_eq!(enrol(&experiment, Standing { given, ..STANDING }, || false), expected, "{given:?}");
    }
}

#[test]
fn the_holdout_is_of_the_visitor_and_the_namespace_of_the_unit() {
    let everybody = Standing { holdout: 10_000, unit: Some("profile"), ..STANDING };
    assert_eq!(enrol(&experiment(), everybody, || true), Err(HeldOut));
    let halves = [(0, 500), (500, 1000)].map(|(from, to)| {
        let experiment = PageExperiment { namespace: ("cart", from, to), ..experiment() };
        enrol(&experiment, Standing { unit: Some("profile"), ..STANDING }, || true)
    });
    assert!(halves.contains(&Ok((3, "b"))) && halves.contains(&Err(OutsideNamespace)), "{halves:?}");
}

#[test]
fn an_experiment_that_is_over_gives_all_but_the_held_out_its_variant_whatever_they_had() {
    let over = || PageExperiment::rollout("hero", "b");
    let held = Standing { holdout: 10_000, ..STANDING };
    let rows = [
        ("whoever had another", Standing { given: "2 control", ..STANDING }, true, Ok((0, "b"))),
        ("who had it: no exposure any more", Standing { given: "2 b", ..STANDING }, true, Ok((0, "b"))),
        ("without consent", Standing { visitor: None, unit: None, ..held }, true, Ok((0, "b"))),
        ("without cookies nobody is anybody", Standing { is_cookieless: true, ..held }, true, Ok((0, "b"))),
        ("held out", held, true, Err(HeldOut)),
        ("of another audience", STANDING, false, Err(Condition)),
    ];
    for (why, standing, admits, expected) in rows {
        assert_eq!(enrol(&over(), standing, || admits), expected, "{why}");
    }
}
