//! What is a unit's: its crossover, its sessions, its orders, also where somebody else's visitor names it.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, batch, shop, variant_of, visitor, visitor_given};
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewExperiment};
use tributary_core::facts::{Entity, Figures, Measure, Metric};
use tributary_core::money::Currency;
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, HOUR, MINUTE, Millis};
use tributary_core::wire::Reason;

/// An experiment of profiles beside `hero`: number 2, goals of revenue per unit and per session.
fn club() -> Config {
    let club = json!({
        "key": "club", "unit": "profile", "variants": [{ "key": "control" }, { "key": "b" }],
        "goals": [
            { "key": "revenue", "type": "revenue", "event": "purchase" },
            { "key": "visits", "type": "revenue", "event": "purchase", "per": "session" },
        ]
    });
    let club: NewExperiment = config_input::read(club.to_string().as_bytes()).unwrap();
    shop().with_experiment(club).unwrap().with_start("club", Some(T0 - DAY), T0).unwrap()
}

/// Takes what a server tells, a line an event.
fn told(collector: &mut Collector, now: Millis, lines: &[Value]) {
    let lines: Vec<String> = lines.iter().enumerate().map(|(place, line)| format!("{place}\t{line}")).collect();
    for (address, batch, _) in batches(&lines.join("\n"), now) {
        assert_eq!(collector.take_in(&address, batch, now).refused, []);
        collector.deliver();
    }
}

fn exposure(profile: &str, at: Millis) -> Value {
    let variant =
        ["control", "b"][tributary_core::assignment::assign("club", profile, 10_000, [5_000, 5_000]).unwrap()];
    let properties = json!({ "experiment": "club", "variant": variant });
    json!({ "id": "exposed", "at": at, "profile": profile, "name": "$exposure", "properties": properties })
}

/// An experiment's figures over all days, variants together.
fn sum(collector: &Collector, number: u16, goal_of: u8, of: Measure) -> i128 {
    let figures = collector.facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Experiment(number));
    let is_it =
        |metric: &Metric| matches!(metric, Metric::Goal { goal, measure, .. } if (*goal, *measure) == (goal_of, of));
    figures.flat_map(|(_, figures)| figures).filter(|(metric, _)| is_it(metric)).map(|(_, amount)| amount).sum()
}

#[test]
fn a_crossover_is_of_the_day_of_the_exposure_that_made_it_whatever_arrives_first() {
    let mut config = shop();
    let mut swapped = config.experiments[0].allocations[0].clone();
    let (other, weights) = if variant_of("ada") == "b" { ("control", [10_000, 0]) } else { ("b", [0, 10_000]) };
    swapped.weights = weights.to_vec();
    config.experiments[0].allocations.push(swapped);
    let again = json!({ "experiment": "hero", "variant": other, "version": 2 });
    let ada =
        visitor("ada").at("0s").exposed().at("1d").event("$exposure", again.clone()).at("2d").event("$exposure", again);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut collector = Collector::new(config.clone(), 1);
        for place in order {
            collector.receive(&batch(&ada.events[place..=place], T0 + 2 * DAY), T0 + 2 * DAY).unwrap();
        }
        let day = collector.rules.zone().day(T0 + DAY);
        let of = |entity| collector.facts.0.get(&(day, entity)).cloned().unwrap_or_default();
        let crossed = |figures: Figures, metric| figures.get(&metric).copied();
        assert_eq!(crossed(of(Entity::Experiment(1)), Metric::Crossovers), Some(1), "{order:?}");
        assert_eq!(crossed(of(Entity::Site), Metric::Diagnostic(Reason::Crossover)), Some(1), "{order:?}");
        assert_eq!(collector.diagnostic(Reason::Crossover), 1, "{order:?}");
    }
}

#[test]
fn a_session_accepted_before_an_experiment_was_started_does_not_count_for_it() {
    let goals = json!([{ "key": "bounce", "type": "bounce_rate" }]);
    let new = json!({ "key": "late", "variants": [{ "key": "control" }, { "key": "b" }], "goals": goals });
    let new: NewExperiment = config_input::read(new.to_string().as_bytes()).unwrap();
    let mut collector = Collector::new(shop().with_experiment(new).unwrap(), 1);
    let ada = visitor_given("b", 0);
    let view = |at: &str, load: &str| {
        let mut timeline = visitor(&ada).at(at).view("/");
        timeline.events[0].load = load.to_owned();
        timeline
    };
    collector.take(&view("1h", "before"));
    collector.configure(|config| config.with_start("late", Some(T0 - DAY), T0).unwrap());
    let given = ["control", "b"][tributary_core::assignment::assign("late", &ada, 10_000, [5_000, 5_000]).unwrap()];
    collector.take(&visitor(&ada).at("1s").event("$exposure", json!({ "experiment": "late", "variant": given })));
    collector.take(&view("3h", "after"));
    let sessions = sum(&collector, 2, 0, Measure::Sessions);
    assert_eq!(sessions, 1, "the one after the start; that of the exposure has no page view");
}

#[test]
fn what_a_server_tells_of_a_visit_makes_the_visit_one_of_the_profile_it_names() {
    let mut collector = Collector::new(club(), 3);
    let identify = visitor("ada").at("0s").event("$identify", json!({ "profile": "crm" }));
    collector.take(&identify);
    told(&mut collector, T0 + HOUR, &[exposure("crm", T0 - HOUR)]);
    let mut visit = visitor("ada").at("2h").view("/");
    visit.events[0].load = "visit".to_owned();
    collector.take(&visit);
    assert_eq!(sum(&collector, 2, 1, Measure::Sessions), 1, "that of the identify, which names the profile");
    let properties = json!({ "revenue": 5 });
    let order = |id: &str, at| json!({ "id": id, "at": at, "visitor": "ada", "profile": "crm", "name": "purchase", "properties": properties });
    told(&mut collector, T0 + 3 * HOUR, &[order("in", T0 + 2 * HOUR + 30 * MINUTE)]);
    assert_eq!([Measure::Sessions, Measure::SessionsMet].map(|measure| sum(&collector, 2, 1, measure)), [2, 1]);
}

#[test]
fn a_refund_reaches_the_person_and_the_profile_that_an_order_names_whichever_is_folded_first() {
    let usd = Currency::parse("USD").unwrap();
    let later = |id: &str, whose: &str, name: &str, at| json!({ "id": id, "at": at, whose: name, "name": "step" });
    let (visitor, profile) = (("visitor", "eve"), ("profile", "crm"));
    // Who goes on, so that what is more than 60 days older is folded; the other's history stays open.
    for whose in [vec![], vec![visitor], vec![profile], vec![visitor, profile], vec![profile, visitor]] {
        let mut collector = Collector::new(club(), 3);
        let properties = json!({ "revenue": 20, "order_id": "A" });
        let order = json!({ "id": "o", "at": T0, "visitor": "eve", "profile": "crm", "name": "purchase", "properties": properties });
        told(&mut collector, T0 + HOUR, &[exposure("crm", T0 - HOUR), order]);
        let refund = |collector: &mut Collector, id: &str| {
            let properties = json!({ "order_id": "A", "amount": 3 });
            told(
                collector,
                T0 + 71 * DAY,
                &[json!({ "id": id, "at": T0 + DAY, "name": "refund", "properties": properties })],
            );
        };
        refund(&mut collector, "r0");
        for (place, (kind, name)) in whose.iter().enumerate() {
            told(&mut collector, T0 + 71 * DAY, &[later(&format!("later{place}"), kind, name, T0 + 70 * DAY)]);
            refund(&mut collector, &format!("r{}", place + 1));
        }
        let net = 2_000 - 300 * (1 + i128::try_from(whose.len()).unwrap());
        assert_eq!(sum(&collector, 2, 0, Measure::Net(usd)), net, "of the experiment, {whose:?}");
        let site = collector.facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Site);
        let of_site: i128 = site.filter_map(|(_, figures)| figures.get(&Metric::Net(usd))).sum();
        assert_eq!(of_site, net, "of the site, {whose:?}");
    }
}

#[test]
fn a_visitor_of_whom_a_server_tells_an_exposure_first_is_new_on_that_day() {
    let mut collector = Collector::new(shop(), 1);
    let properties = json!({ "experiment": "hero", "variant": variant_of("eve") });
    let line = json!({ "id": "e", "at": T0, "visitor": "eve", "name": "$exposure", "properties": properties });
    told(&mut collector, T0 + DAY, &[line]);
    let site = collector.facts.0.get(&(collector.rules.zone().day(T0), Entity::Site));
    assert_eq!(site.and_then(|figures| figures.get(&Metric::Visitors)), Some(&1));
}

#[test]
fn a_refund_takes_nothing_from_an_experiment_that_its_late_order_did_not_count_for() {
    let mut collector = Collector::new(club(), 3);
    for (day, load) in [(0, "one"), (90, "two")] {
        let mut ann = visitor("ann").at(&format!("{day}d 1h")).view("/");
        ann = ann.event("$identify", json!({ "profile": "crm-1" }));
        ann.events.iter_mut().for_each(|event| load.clone_into(&mut event.load));
        collector.take(&ann);
    }
    let now = T0 + 91 * DAY;
    let mut exposed = exposure("crm-1", T0 + 1_000);
    exposed["visitor"] = json!("bob");
    let properties = json!({ "revenue": 50, "currency": "USD", "order_id": "B" });
    let order = json!({ "id": "o", "at": T0 + 2_000, "visitor": "bob", "profile": "crm-1", "name": "purchase", "properties": properties });
    told(&mut collector, now, &[exposed, order]);
    collector.take(&visitor("bob").at("91d").event("$identify", json!({ "profile": "crm-1" })));
    let usd = Currency::parse("USD").unwrap();
    assert_eq!(sum(&collector, 2, 0, Measure::Net(usd)), 0);
    let refund = json!({ "id": "r", "at": now, "name": "refund", "properties": { "order_id": "B", "amount": 20 } });
    told(&mut collector, now, &[refund]);
    assert_eq!(sum(&collector, 2, 0, Measure::Net(usd)), 0);
}

#[test]
fn what_names_a_profile_counts_for_it_once_whoever_its_visitor_turns_out_to_be() {
    let mut collector = Collector::new(club(), 3);
    told(&mut collector, T0 + DAY, &[exposure("named", T0)]);
    let mut timeline = visitor("bob").at("2h").event("$identify", json!({ "profile": "one" })).order(json!(50), "A");
    timeline.events[1].profile = Some("named".to_owned());
    collector.take(&timeline);
    let usd = Currency::parse("USD").unwrap();
    assert_eq!(sum(&collector, 2, 0, Measure::Orders(usd)), 1);
    let mut earlier = visitor("bob").at("1h").event("$identify", json!({ "profile": "two" }));
    "earlier".clone_into(&mut earlier.events[0].load);
    collector.receive(&batch(&earlier.events, T0 + 3 * HOUR), T0 + 3 * HOUR).unwrap();
    assert_eq!(sum(&collector, 2, 0, Measure::Orders(usd)), 1);
}

#[test]
fn an_earlier_report_changes_no_credit_that_a_profile_gave_for_an_order_it_has_folded() {
    let usd = Currency::parse("USD").unwrap();
    let mut collector = Collector::new(club(), 3);
    let order = |id: &str, visitor: &str, profile: Option<&str>, at, revenue| {
        let properties = json!({ "revenue": revenue, "order_id": "A" });
        json!({ "id": id, "at": at, "visitor": visitor, "profile": profile, "name": "purchase", "properties": properties })
    };
    told(&mut collector, T0 + HOUR, &[exposure("crm", T0 - HOUR), order("o", "eve", Some("crm"), T0, 20)]);
    let later = json!({ "id": "later", "at": T0 + 70 * DAY, "profile": "crm", "name": "step" });
    told(&mut collector, T0 + 70 * DAY, &[later]);
    // Eve's own history is open.
    told(&mut collector, T0 + 70 * DAY, &[order("p", "bob", None, T0 - 1, 5)]);
    assert_eq!(
        collector.facts.0.values().filter_map(|f| f.get(&Metric::Diagnostic(Reason::LateCredit))).sum::<i128>(),
        1
    );
    assert_eq!(sum(&collector, 2, 0, Measure::Net(usd)), 2_000);
    let site = collector.facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Site);
    let gross: i128 = site.filter_map(|(_, figures)| figures.get(&Metric::Gross(usd))).sum();
    assert_eq!(gross, 2_000, "one order, as it stands in the experiment");
}

/// A visit of somebody else's visitor, of which a server tells, at so many minutes.
fn visit(minute: i64) -> Value {
    let properties = json!({ "url": "https://shop.example/" });
    let (id, at) = (format!("view {minute}"), T0 + minute * MINUTE);
    json!({ "id": id, "at": at, "visitor": "eve", "profile": "crm", "name": "$page_view", "properties": properties })
}

#[test]
fn a_strangers_visit_that_a_checkpoint_parts_is_one_visit() {
    let mut collector = Collector::new(club(), 3);
    told(&mut collector, T0 + HOUR, &[exposure("crm", T0 - HOUR), visit(0)]);
    let step = |id: &str, at| json!({ "id": id, "at": at, "profile": "crm", "name": "step" });
    // What a server tells of the profile alone is a session of its own.
    let now = T0 + 61 * DAY;
    told(&mut collector, now, &[step("a", T0 + 60 * DAY + 10 * MINUTE)]);
    assert_eq!(sum(&collector, 2, 1, Measure::Sessions), 2);
    told(&mut collector, now, &[visit(20)]);
    assert_eq!(sum(&collector, 2, 1, Measure::Sessions), 2, "it goes on with its first view, which is folded");
    told(&mut collector, now, &[visit(51)]);
    assert_eq!(sum(&collector, 2, 1, Measure::Sessions), 3, "and ends after half an hour");
}

#[test]
fn a_profile_that_crosses_over_is_left_out_with_the_strangers_visits_it_has_folded() {
    let mut config = club();
    let mut swapped = config.experiments[1].allocations[0].clone();
    let first = exposure("crm", T0 - HOUR);
    let (other, weights) =
        if first["properties"]["variant"] == "b" { ("control", [10_000, 0]) } else { ("b", [0, 10_000]) };
    swapped.weights = weights.to_vec();
    config.experiments[1].allocations.push(swapped);
    let mut first = first;
    first["properties"]["version"] = json!(1);
    let mut collector = Collector::new(config, 3);
    let step = |id: &str, at| json!({ "id": id, "at": at, "profile": "crm", "name": "step" });
    told(&mut collector, T0 + DAY, &[first, visit(0), step("a", T0 + 5 * HOUR)]);
    let now = T0 + 70 * DAY;
    told(&mut collector, now, &[step("b", now)]);
    assert_eq!(sum(&collector, 2, 1, Measure::Sessions), 3);
    let properties = json!({ "experiment": "club", "variant": other, "version": 2 });
    told(
        &mut collector,
        now,
        &[json!({ "id": "x", "at": now, "profile": "crm", "name": "$exposure", "properties": properties })],
    );
    assert_eq!(sum(&collector, 2, 1, Measure::Sessions), 0);
}
