//! What figures decide: collecting, winner, inconclusive, invalid; and what stands.

use tributary_core::config::Direction::{self, Decrease, Increase};
use tributary_core::decision::{Breach, Decision, Evidence, Guardrail, Inconclusive, Invalid, State, decide};
use tributary_core::statistics::{Figure, Method, Plan, mismatch};
use tributary_core::time::{DAY, HOUR, Millis};

const START: Millis = 1_760_000_000_000;

/// Units and conversions of each variant, control first.
type Cells<'a> = &'a [(i128, i128)];

/// An experiment by its primary goal.
#[derive(Clone)]
struct Trial {
    plan: Plan,
    direction: Direction,
    figures: Vec<Figure>,
    exposures: Vec<i128>,
    guardrails: Vec<(Direction, f64, bool, Vec<Figure>)>,
    ended: bool,
    day: f64,
}

fn shares(cells: Cells) -> Vec<Figure> {
    cells.iter().map(|(units, successes)| Figure::Share { units: *units, successes: *successes }).collect()
}

fn trial(cells: Cells) -> Trial {
    Trial {
        plan: Plan::default(),
        direction: Increase,
        figures: shares(cells),
        exposures: cells.iter().map(|(units, _)| *units).collect(),
        guardrails: Vec::new(),
        ended: false,
        day: 30.0,
    }
}

impl Trial {
    fn by(mut self, method: Method) -> Self {
        self.plan.method = method;
        self
    }

    fn decreasing(mut self) -> Self {
        self.direction = Decrease;
        self
    }

    fn on_day(mut self, day: f64) -> Self {
        self.day = day;
        self
    }

    fn ended(mut self) -> Self {
        self.ended = true;
        self
    }

    fn exposed(mut self, exposures: &[i128]) -> Self {
        self.exposures = exposures.to_vec();
        self
    }

    fn guarded(mut self, direction: Direction, tolerance: f64, cells: Cells) -> Self {
        self.guardrails.push((direction, tolerance, true, shares(cells)));
        self
    }

    fn decide(&self, kept: Option<&Decision>) -> Decision {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "small numbers")]
        let (each, now) = (
            self.exposures.iter().sum::<i128>() as f64 / self.exposures.len() as f64,
            START + (self.day * DAY as f64) as Millis,
        );
        let guardrails: Vec<Guardrail> = (1_u8..)
            .zip(&self.guardrails)
            .map(|(goal, (direction, tolerance, stops, figures))| Guardrail {
                goal,
                direction: *direction,
                tolerance: *tolerance,
                stops: *stops,
                figures,
            })
            .collect();
        let evidence = Evidence {
            plan: &self.plan,
            direction: self.direction,
            figures: &self.figures,
            mismatch: mismatch(&self.exposures, &vec![each; self.exposures.len()]),
            guardrails: &guardrails,
            started_at: START,
            ended: self.ended,
            now,
        };
        decide(&evidence, kept)
    }

    fn state(&self) -> State {
        self.decide(None).state
    }
}

const fn collecting(leading: Option<u8>) -> State {
    State::Collecting { leading }
}

const fn winner(variant: u8) -> State {
    State::Winner { variant }
}

const fn inconclusive() -> State {
    State::Inconclusive { because: Inconclusive::NoDifference }
}

const fn invalid(because: Invalid) -> State {
    State::Invalid { because }
}

#[test]
fn a_fixed_test_is_decided_when_the_sample_is_reached() {
    let rows: &[(&str, Cells, State)] = &[
        ("significant in 22,000", &[(22_000, 440), (22_000, 528)], winner(1)),
        ("not significant in 22,000", &[(22_000, 440), (22_000, 470)], inconclusive()),
        ("a fifth better, in 10,000", &[(10_000, 200), (10_000, 240)], collecting(Some(1))),
        ("clear as day, in 10,000", &[(10_000, 200), (10_000, 500)], collecting(Some(1))),
        ("one unit below the sample", &[(21_106, 440), (21_105, 528)], collecting(Some(1))),
        ("the sample to the unit", &[(21_106, 440), (21_106, 528)], winner(1)),
        ("significantly worse", &[(22_000, 528), (22_000, 440)], winner(0)),
        ("a draw", &[(10_000, 200), (10_000, 200)], collecting(None)),
        ("the control leads", &[(10_000, 200), (10_000, 190)], collecting(Some(0))),
        ("nobody yet", &[(0, 0), (0, 0)], collecting(None)),
        ("nobody yet in one", &[(10, 2), (0, 0)], collecting(None)),
        ("nobody converts", &[(22_000, 0), (22_000, 0)], inconclusive()),
        ("the control does not convert", &[(22_000, 0), (22_000, 60)], winner(1)),
        ("no challenger", &[(22_000, 440)], inconclusive()),
    ];
    for (name, cells, expected) in rows {
        assert_eq!(trial(cells).state(), *expected, "{name}");
    }
}

#[test]
fn of_several_winners_the_best_estimate_wins_and_the_control_only_against_all() {
    // Three challengers need 28,189 units each.
    let rows: &[(&str, Cells, State)] = &[
        ("two are better", &[(29_000, 580), (29_000, 720), (29_000, 760), (29_000, 590)], winner(2)),
        ("one is better, others are worse", &[(29_000, 580), (29_000, 400), (29_000, 760), (29_000, 400)], winner(2)),
        ("all are worse", &[(29_000, 580), (29_000, 400), (29_000, 420), (29_000, 410)], winner(0)),
        ("not all are worse", &[(29_000, 580), (29_000, 400), (29_000, 420), (29_000, 560)], inconclusive()),
        ("p is 0.03 and three try", &[(29_000, 580), (29_000, 655), (29_000, 580), (29_000, 580)], inconclusive()),
        ("the sample of one challenger", &[(22_000, 440), (22_000, 600), (22_000, 440)], collecting(Some(1))),
    ];
    for (name, cells, expected) in rows {
        assert_eq!(trial(cells).state(), *expected, "{name}");
    }
}

#[test]
fn a_goal_that_should_decrease_is_won_by_less() {
    assert_eq!(trial(&[(22_000, 528), (22_000, 440)]).decreasing().state(), winner(1));
    assert_eq!(trial(&[(22_000, 440), (22_000, 528)]).decreasing().state(), winner(0));
    assert_eq!(trial(&[(10_000, 240), (10_000, 200)]).decreasing().state(), collecting(Some(1)));
    let sample = trial(&[(17_339, 440), (17_339, 440)]).decreasing();
    assert_eq!(sample.state(), inconclusive(), "17,339 units are enough");
}

#[test]
fn nothing_is_decided_in_the_first_24_hours() {
    let early = trial(&[(22_000, 440), (22_000, 528)]).on_day(0.999);
    let decision = early.decide(None);
    assert_eq!(decision.state, collecting(None));
    assert!(decision.comparisons.is_empty() && decision.mismatch.is_none(), "counts only");
    assert_eq!(early.on_day(1.0).state(), winner(1));
}

#[test]
fn what_is_won_stays_won() {
    let won = trial(&[(22_000, 440), (22_000, 528)]).decide(None);
    let later = trial(&[(40_000, 800), (40_000, 801)]).on_day(50.0);
    assert_eq!(later.decide(Some(&won)), won);
    assert_eq!(later.exposed(&[40_000, 20_000]).decide(Some(&won)), won, "nor does a later mismatch undo it");
}

#[test]
fn a_fixed_test_without_a_winner_is_not_asked_again() {
    for method in [Method::Fixed, Method::Bayesian] {
        let decided = trial(&[(22_000, 440), (22_000, 470)]).by(method).decide(None);
        let later = trial(&[(60_000, 1_200), (60_000, 1_600)]).by(method).decide(Some(&decided));
        assert_eq!(later.state, inconclusive(), "{method:?}");
    }
}

#[test]
fn a_sequential_test_may_win_before_the_sample_and_after_it() {
    let of = |cells: Cells| trial(cells).by(Method::Sequential);
    assert_eq!(of(&[(8_000, 160), (8_000, 400)]).state(), winner(1));
    assert_eq!(of(&[(8_000, 400), (8_000, 160)]).state(), winner(0));
    assert_eq!(of(&[(8_000, 160), (8_000, 200)]).state(), collecting(Some(1)));
    assert_eq!(of(&[(4_000, 80), (4_000, 400)]).state(), collecting(Some(1)), "80 conversions are too few for it");
    assert_eq!(of(&[(8_000, 160), (8_000, 20)]).state(), winner(0), "20 are enough against 160");
    let open = of(&[(22_000, 440), (22_000, 500)]).decide(None);
    assert_eq!(open.state, inconclusive());
    assert_eq!(of(&[(90_000, 1_800), (90_000, 2_100)]).decide(Some(&open)).state, winner(1));
}

#[test]
fn a_bayesian_test_decides_by_its_chance_once_the_sample_is_reached() {
    let of = |cells: Cells| trial(cells).by(Method::Bayesian).state();
    assert_eq!(of(&[(22_000, 440), (22_000, 528)]), winner(1));
    assert_eq!(of(&[(22_000, 528), (22_000, 440)]), winner(0));
    assert_eq!(of(&[(22_000, 440), (22_000, 470)]), inconclusive());
    assert_eq!(of(&[(10_000, 200), (10_000, 400)]), collecting(Some(1)));
}

#[test]
fn a_mismatch_makes_it_invalid_for_as_long_as_it_rings() {
    let rung = trial(&[(22_000, 440), (22_000, 528)]).exposed(&[23_000, 22_000]).decide(None);
    assert_eq!(rung.state, invalid(Invalid::Mismatch));
    assert!(!rung.stands());
    let healed = trial(&[(24_000, 480), (24_000, 576)]).exposed(&[24_100, 24_000]);
    assert_eq!(healed.decide(Some(&rung)).state, winner(1));
}

#[test]
fn an_end_before_the_sample_makes_it_invalid_and_after_it_does_not() {
    assert_eq!(trial(&[(10_000, 200), (10_000, 300)]).ended().state(), invalid(Invalid::EndedEarly));
    assert_eq!(trial(&[(22_000, 440), (22_000, 528)]).ended().state(), winner(1));
    let sequential = trial(&[(8_000, 160), (8_000, 400)]).by(Method::Sequential).ended();
    assert_eq!(sequential.state(), winner(1), "it had won before");
}

#[test]
fn a_breached_guardrail_stops_a_winner_and_the_next_best_wins() {
    let cells = [(29_000, 580), (29_000, 720), (29_000, 760), (29_000, 590)];
    let guard = |challengers: [i128; 3]| {
        let guarded: Vec<(i128, i128)> = [2_900].into_iter().chain(challengers).map(|done| (29_000, done)).collect();
        trial(&cells).guarded(Increase, 0.02, &guarded)
    };
    assert_eq!(trial(&cells).state(), winner(2));
    let second = guard([2_900, 2_500, 2_900]).decide(None);
    assert_eq!(second.state, winner(1));
    assert_eq!(second.breaches, [Breach { goal: 1, variant: 2, stops: true }]);
    let both = guard([2_500, 2_500, 2_900]).decide(None);
    assert_eq!(both.state, State::Inconclusive { because: Inconclusive::Guardrail });
}

#[test]
fn a_guardrail_is_breached_by_harm_that_is_shown_beyond_the_tolerance() {
    let cells = [(22_000, 440), (22_000, 528)];
    let rows: &[(&str, Direction, f64, [i128; 2], bool)] = &[
        ("as before", Increase, 0.0, [2_200, 2_200], false),
        ("worse by chance", Increase, 0.0, [2_200, 2_150], false),
        ("worse", Increase, 0.0, [2_200, 1_900], true),
        ("worse, but not by more than is tolerated", Increase, 0.1, [2_200, 1_900], false),
        ("better", Increase, 0.0, [1_900, 2_200], false),
        ("more of what should be less", Decrease, 0.0, [1_900, 2_200], true),
        ("a control of nothing", Decrease, 0.0, [0, 300], false),
    ];
    for (name, direction, tolerance, [control, challenger], is_breached) in rows {
        let guarded = trial(&cells).guarded(*direction, *tolerance, &[(22_000, *control), (22_000, *challenger)]);
        let decision = guarded.decide(None);
        assert_eq!(!decision.breaches.is_empty(), *is_breached, "{name}");
        assert_eq!(decision.state == winner(1), !is_breached, "{name}");
    }
}

#[test]
fn before_the_sample_only_the_confidence_sequence_breaches_and_stops() {
    let of = |challenger| {
        trial(&[(8_000, 160), (8_000, 180)]).guarded(Increase, 0.0, &[(8_000, 800), (8_000, challenger)]).decide(None)
    };
    let seen_once = of(715);
    assert!(seen_once.breaches.is_empty(), "p is 0.02, at one look of many");
    let shown = of(500);
    assert!(shown.stops(), "{:?}", shown.breaches);
    assert_eq!(shown.state, collecting(Some(1)), "stopping is the site's to do");
}

#[test]
fn a_decision_says_since_when_it_holds_and_what_it_was_made_from() {
    let first = trial(&[(1_000, 20), (1_000, 21)]).on_day(2.0).decide(None);
    let second = trial(&[(2_000, 45), (2_000, 41)]).on_day(3.0).decide(Some(&first));
    assert_eq!((first.since, first.as_of), (START + 2 * DAY, START + 2 * DAY));
    assert_eq!((second.since, second.as_of), (START + 2 * DAY, START + 3 * DAY), "collecting still");
    let third = trial(&[(22_000, 440), (22_000, 528)]).on_day(4.0).decide(Some(&second));
    assert_eq!(third.since, START + 4 * DAY);
    assert_eq!((third.required, third.units.as_slice()), (Some(21_106), [22_000, 22_000].as_slice()));
    assert_eq!(third.progress(), Some(1.0));
    assert!((second.progress().unwrap() - 2_000.0 / 21_106.0).abs() < 1e-12);
}

#[test]
fn a_decision_is_kept_as_it_was_made() {
    let decision = trial(&[(29_000, 580), (29_000, 720), (29_000, 0)])
        .guarded(Increase, 0.0, &[(29_000, 800), (29_000, 500), (29_000, 800)])
        .decide(None);
    let text = serde_json::to_string(&decision).unwrap();
    let read: Decision = serde_json::from_str(&text).unwrap();
    assert_eq!((read.state, read.figures, read.breaches), (decision.state, decision.figures, decision.breaches));
    assert_eq!(read.comparisons.len(), 2);
    assert!(
        (read.comparisons[0].test.unwrap().p_value / decision.comparisons[0].test.unwrap().p_value - 1.0).abs() < 1e-12
    );
    assert!(text.starts_with(r#"{"state":"inconclusive","because":"guardrail","since":"#), "{text}");
}

#[test]
fn means_are_decided_by_what_they_need() {
    let spending = |units: i128, buyers: i128, value: i128| Figure::Mean {
        units,
        sum: buyers * value,
        sum_of_squares: buyers * value * value,
    };
    let of = |figures: [Figure; 2], day| {
        let mut trial = trial(&[(0, 0), (0, 0)]).on_day(day);
        trial.figures = figures.to_vec();
        trial.decide(None)
    };
    let poor = of([spending(10_000, 0, 0), spending(10_000, 30, 5_000)], 5.0);
    assert_eq!((poor.state, poor.required), (collecting(Some(1)), None), "the control earned nothing yet");
    let few = of([spending(10_000, 200, 5_000), spending(10_000, 260, 5_000)], 5.0);
    assert_eq!(few.state, collecting(Some(1)));
    let many = of([spending(40_000, 800, 5_000), spending(40_000, 960, 5_000)], 20.0);
    assert!(many.required.unwrap() < 40_000);
    assert_eq!(many.state, winner(1));
}

#[test]
fn an_hour_is_not_a_day() {
    assert!(!tributary_core::decision::results_show(START, START + 24 * HOUR - 1));
    assert!(tributary_core::decision::results_show(START, START + 24 * HOUR));
}
