//! What is done about an experiment once it is decided, and how it is taken back.

mod support;

use serde_json::json;
use support::{Collector, T0, shop, visitor, visitor_given};
use tributary_core::config::{After, Because, Config, Experiment, Status};
use tributary_core::config_input::{self, InputError, NewExperiment};
use tributary_core::page_config::PageExperiment;
use tributary_core::time::{DAY, HOUR};

/// `hero` beside an experiment `new` that runs, with a plan that says what happens after a winner.
fn running(after: &str) -> Config {
    let new = json!({
        "key": "new", "coverage": 0.5, "namespace": { "id": "n", "range": [0, 0.5] },
        "variants": [{ "key": "control" }, { "key": "b" }, { "key": "c" }],
        "goals": [{ "key": "order", "type": "custom_event", "event": "order" }], "plan": { "after": after }
    });
    let new: NewExperiment = config_input::read(new.to_string().as_bytes()).unwrap();
    shop().with_experiment(new).unwrap().with_start("new", Some(T0 - DAY), T0).unwrap()
}

fn new(config: &Config) -> &Experiment {
    config.experiment("new").unwrap()
}

fn number(config: &Config) -> u16 {
    new(config).number
}

/// What pages get of `new`.
fn page(config: &Config) -> Option<PageExperiment<'_>> {
    config.page(T0).experiments.into_iter().find(|experiment| experiment.key == "new")
}

#[test]
fn all_traffic_to_the_winner_ends_the_experiment_and_gives_everybody_the_winner_unexposed() {
    let config = running("all_to_winner");
    let next = config.with_winner(number(&config), 2, T0).unwrap();
    let experiment = new(&next);
    assert_eq!((experiment.status(T0), next.version), (Status::Completed, config.version + 1));
    let outcome = experiment.outcome.as_ref().unwrap();
    assert_eq!((outcome.because, outcome.action, outcome.at), (Because::Winner, After::AllToWinner, T0));
    assert_eq!((outcome.winner.as_deref(), outcome.gives.as_deref()), (Some("c"), Some("c")));
    assert_eq!(page(&next), Some(PageExperiment::rollout("new", "c")));
    assert_eq!(page(&next).unwrap().given_to_all(), Some("c"));
    assert_eq!(page(&config).unwrap().given_to_all(), None, "while it ran it was assigned");
}

#[test]
fn all_traffic_to_control_is_the_control_and_completing_is_nothing_in_the_page() {
    for (after, gives) in [("all_to_control", Some("control")), ("complete", None)] {
        let config = running(after);
        let next = config.with_winner(number(&config), 1, T0).unwrap();
        assert_eq!(new(&next).status(T0), Status::Completed, "{after}");
        assert_eq!(page(&next).and_then(|experiment| experiment.given_to_all()), gives, "{after}");
        assert_eq!(new(&next).outcome.as_ref().unwrap().winner.as_deref(), Some("b"), "{after}");
    }
}

#[test]
fn keeping_it_running_changes_nothing_but_what_is_told() {
    let config = running("keep_running");
    let next = config.with_winner(number(&config), 1, T0).unwrap();
    assert_eq!((new(&next).status(T0), page(&next)), (Status::Running, page(&config)));
    assert_eq!(new(&next).outcome.as_ref().unwrap().winner.as_deref(), Some("b"));
    assert!(matches!(next.with_undo("new", T0), Err(InputError::Conflict(_))), "nothing is there to take back");
}

#[test]
fn a_breach_ends_the_experiment_whatever_the_plan_says_after_a_winner() {
    let config = running("all_to_winner");
    let next = config.with_breach(number(&config), T0).unwrap();
    assert_eq!((new(&next).status(T0), page(&next)), (Status::Completed, None));
    assert_eq!(new(&next).outcome.as_ref().unwrap().because, Because::Guardrail);
}

#[test]
fn an_experiment_is_acted_on_once() {
    let config = running("all_to_winner");
    let next = config.with_winner(number(&config), 1, T0).unwrap();
    assert_eq!(next.with_winner(number(&config), 2, T0), None);
    let undone = next.with_undo("new", T0 + HOUR).unwrap();
    assert_eq!(undone.with_winner(number(&config), 1, T0 + HOUR), None, "also after it was undone");
    assert_eq!(undone.with_breach(number(&config), T0 + HOUR), None);
    let stopped = config.with_stop("new", T0).unwrap();
    assert_eq!(stopped.with_winner(number(&config), 1, T0 + HOUR), None, "who stops it by hand says what traffic gets");
}

#[test]
fn an_undo_lets_it_run_on_with_the_shares_it_had_and_the_time_between_is_a_pause() {
    let config = running("all_to_winner");
    let rolled = config.with_winner(number(&config), 1, T0).unwrap();
    let undone = rolled.with_undo("new", T0 + HOUR).unwrap();
    let experiment = new(&undone);
    assert_eq!(experiment.status(T0 + HOUR), Status::Running);
    assert_eq!((experiment.status(T0 - 1), experiment.status(T0)), (Status::Running, Status::Paused));
    assert_eq!(experiment.allocations, new(&config).allocations);
    assert_eq!(undone.page(T0 + HOUR).experiments, config.page(T0).experiments);
    assert_eq!(experiment.outcome.as_ref().unwrap().until, Some(T0 + HOUR));
    assert_eq!(experiment.end_in(rolled.version), Some(T0), "who was judged by the end still is");
    assert_eq!((experiment.end_in(config.version), experiment.end_in(undone.version)), (None, None));
    assert!(matches!(undone.with_undo("new", T0 + HOUR), Err(InputError::Conflict(_))));
    assert!(undone.with_pause("new", T0 + 2 * HOUR).unwrap().with_resume("new", T0 + 3 * HOUR).is_ok());
    assert!(matches!(config.with_undo("none", T0), Err(InputError::UnknownExperiment(_))));
}

#[test]
fn an_undo_leaves_a_pause_that_was_not_resumed_as_it_is() {
    let paused = running("complete").with_pause("new", T0 - HOUR).unwrap();
    let undone = paused.with_winner(number(&paused), 1, T0).unwrap().with_undo("new", T0 + HOUR).unwrap();
    assert_eq!(new(&undone).status(T0 + HOUR), Status::Paused);
    assert_eq!(new(&undone.with_resume("new", T0 + HOUR).unwrap()).status(T0 + HOUR), Status::Running);
}

#[test]
fn a_stop_ends_what_everybody_gets() {
    let config = running("all_to_winner");
    let rolled = config.with_winner(number(&config), 1, T0).unwrap();
    let stopped = rolled.with_stop("new", T0 + HOUR).unwrap();
    assert_eq!((new(&stopped).ended_at, page(&stopped)), (Some(T0), None));
    assert!(matches!(stopped.with_stop("new", T0 + HOUR), Err(InputError::Conflict(_))));
    assert!(matches!(stopped.with_undo("new", T0 + HOUR), Err(InputError::Conflict(_))));
}

/// A configuration to which nothing can be added.
fn full(mut config: Config) -> Config {
    let bytes = serde_json::to_string(&config).unwrap().len();
    let name = config.experiments[0].name.clone();
    config.experiments[0].name = name + &"x".repeat(config_input::MAX_CONFIG_BYTES - bytes);
    config
}

#[test]
fn a_full_configuration_keeps_nobody_from_a_stop_or_an_undo() {
    let config = full(running("all_to_winner"));
    assert!(matches!(config.with_pause("new", T0), Err(InputError::Field { .. })), "it is full");
    assert_eq!(new(&config.with_stop("new", T0).unwrap()).status(T0), Status::Completed);
    let rolled = config.with_winner(number(&config), 1, T0).unwrap();
    assert_eq!(new(&rolled.with_undo("new", T0).unwrap()).status(T0), Status::Running);
    assert_eq!(page(&rolled.with_stop("new", T0).unwrap()), None);
}

#[test]
fn a_session_that_was_accepted_after_the_end_is_not_counted_when_the_end_is_undone() {
    let plan = json!({ "plan": { "after": "all_to_winner" } });
    let bounces = json!({ "goals": [{ "key": "bounce", "type": "bounce_rate" }] });
    let change = |config: &Config, change: &serde_json::Value| {
        let change = config_input::read(change.to_string().as_bytes()).unwrap();
        config.with_experiment_change("hero", change, T0).unwrap()
    };
    let site = shop_before_its_start();
    let mut collector = Collector::new(change(&change(&site, &plan), &bounces), 1);
    collector.configure(|config| config.with_start("hero", Some(T0 - DAY), T0).unwrap());
    let name = visitor_given("b", 0);
    let visit = |at: &'static str| visitor(&name).at(at);
    let sent = |collector: &mut Collector, timeline: support::Timeline, load: &str| {
        let mut timeline = timeline;
        timeline.events.iter_mut().for_each(|event| load.clone_into(&mut event.load));
        collector.take(&timeline);
    };
    let sessions = |collector: &Collector| {
        let report = collector.report();
        report.experiments[0].goals.last().unwrap().variants[1].sessions.unwrap().sessions
    };
    sent(&mut collector, visit("1h").view("/").exposed(), "one");
    collector.configure(|config| config.with_winner(1, 1, T0 + 2 * HOUR).unwrap());
    sent(&mut collector, visit("3h").view("/"), "two");
    assert_eq!(sessions(&collector), 1);
    collector.configure(|config| config.with_undo("hero", T0 + 4 * HOUR).unwrap());
    sent(&mut collector, visit("5h").view("/"), "three");
    assert_eq!(sessions(&collector), 2, "the figures before and after the undo differ by its session alone");
}

/// The shop with `hero` as a draft.
fn shop_before_its_start() -> Config {
    let mut config = shop();
    config.experiments.clear();
    config.with_experiment(support::hero(1.0)).unwrap()
}
