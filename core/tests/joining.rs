//! Visitors join a person late: nothing that was counted is lost, and nothing counts twice.

mod support;

use serde_json::{Value, json};
use support::{Collector, T0, Timeline, shop, visitor};
use tributary_core::config::Config;
use tributary_core::config_input;
use tributary_core::facts::{Earned, Entity, Facts, Metric};
use tributary_core::message::Address;
use tributary_core::money::Currency;
use tributary_core::person::Person;
use tributary_core::server_event::batches;
use tributary_core::time::{DAY, HOUR, Millis};
use tributary_core::wire::Reason;

/// `(page views, orders, gross, net)` of all days.
fn totals(collector: &Collector) -> (i128, i128, i128, i128) {
    let usd = Currency::parse("USD").unwrap();
    let sum = |metric| site(collector, metric);
    (sum(Metric::PageViews), sum(Metric::Orders(usd)), sum(Metric::Gross(usd)), sum(Metric::Net(usd)))
}

/// A figure of the site, of all days.
fn site(collector: &Collector, metric: Metric) -> i128 {
    let rows = collector.facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Site);
    rows.filter_map(|(_, figures)| figures.get(&metric)).sum()
}

fn identify(name: &str, at: &str) -> support::Timeline {
    visitor(name).at(at).event("$identify", json!({ "profile": "crm-1" }))
}

fn tell(collector: &mut Collector, line: &Value, now: Millis) {
    for (address, batch, _) in batches(&format!("1\t{line}\n"), now) {
        assert_eq!(collector.take_in(&address, batch, now).refused, []);
    }
    collector.deliver();
}

/// A page load of its own.
fn loaded(mut timeline: Timeline, load: &str) -> Timeline {
    for event in &mut timeline.events {
        load.clone_into(&mut event.load);
    }
    timeline
}

/// A profile whose first days are folded: `ann` was there on the first day and on the ninetieth.
fn folded() -> Collector {
    let mut collector = Collector::new(shop(), 3);
    collector.take(&identify("ann", "1h").view("/"));
    collector.take(&loaded(visitor("ann").at("90d").view("/"), "next"));
    collector
}

#[test]
fn a_visitor_whose_older_days_are_folded_takes_nothing_from_the_person_it_joins() {
    let mut collector = Collector::new(shop(), 3);
    collector.take(&visitor("phone").at("1h").view("/").order(json!(40), "A"));
    let mut known = identify("phone", "2h").view("/");
    for event in &mut known.events {
        event.load = "known".to_owned();
    }
    collector.take(&known);
    for day in 0..76_i64 {
        let at = format!("{day}d 5ms");
        let mut timeline = visitor("laptop").at(&at).view("/");
        timeline.events[0].load = format!("day{day}");
        collector.take(&timeline);
    }
    assert_eq!(totals(&collector), (78, 1, 4_000, 4_000));
    let mut joining = identify("laptop", "76d");
    joining.events[0].load = "last".to_owned();
    collector.take(&joining);
    assert_eq!(totals(&collector), (78, 1, 4_000, 4_000));
}

#[test]
fn an_order_that_joins_too_late_for_credit_can_still_be_refunded() {
    let mut collector = Collector::new(shop(), 3);
    for day in [0, 90] {
        let mut timeline = visitor("phone").at(&format!("{day}d 1h")).view("/");
        timeline = timeline.event("$identify", json!({ "profile": "crm-1" }));
        for event in &mut timeline.events {
            event.load = format!("day{day}");
        }
        collector.take(&timeline);
    }
    collector.take(&visitor("laptop").at("20d").order(json!(30), "B"));
    let mut joining = identify("laptop", "21d");
    joining.events[0].load = "next".to_owned();
    collector.take(&joining);
    assert_eq!(totals(&collector), (2, 1, 3_000, 3_000));
    let now = T0 + 91 * DAY;
    let refund = json!({ "id": "r", "at": now, "name": "refund", "properties": { "order_id": "B", "amount": 10 } });
    tell(&mut collector, &refund, now);
    assert_eq!(totals(&collector), (2, 1, 3_000, 2_000));
}

#[test]
fn a_visitor_of_whom_something_older_is_told_stays_one_visitor() {
    // Known by what is kept in detail, then by what is folded.
    let mut collector = folded();
    collector.take(&identify("bob", "90d").view("/"));
    assert_eq!(site(&collector, Metric::Visitors), 2);
    let now = T0 + 91 * DAY;
    for second in [1, 2] {
        let at = T0 + second * 1_000;
        tell(&mut collector, &json!({ "id": format!("call {at}"), "at": at, "visitor": "bob", "name": "call" }), now);
        assert_eq!(site(&collector, Metric::Visitors), 2, "after {second}");
    }
    // Not known before.
    collector.take(&visitor("cid").at("1m").view("/"));
    collector.take(&loaded(identify("cid", "91d"), "next"));
    assert_eq!(site(&collector, Metric::Visitors), 3);
}

#[test]
fn a_session_that_joins_late_in_parts_stays_one_session() {
    // The last are of one millisecond, whichever parts they come in.
    for (views, apart) in [(150, "s"), (300, "s"), (300, "0")] {
        let mut collector = folded();
        let before = site(&collector, Metric::Sessions);
        let mut timeline = visitor("bob").at("1m").exposed();
        for view in 0..views {
            let at = if apart == "s" { format!("1m {view}s") } else { "1m".to_owned() };
            timeline = timeline.at(&at).view("/").track("add_to_cart", json!({}));
        }
        for part in timeline.events.chunks(40) {
            collector.receive(&support::batch(part, T0 + DAY), T0 + DAY).unwrap();
        }
        let mut expected = collector.settled();
        expected.add(collector.rules.zone().day(T0 + 40 * DAY), Entity::Site, Metric::Sessions, 1);
        assert_eq!(site(&collector, Metric::Sessions), before + 1);
        assert_eq!(site(&collector, Metric::Visitors), 2);
        collector.take(&loaded(visitor("bob").at("40d").event("$identify", json!({ "profile": "crm-1" })), "next"));
        assert_eq!(collector.settled(), expected, "{views} views");
        // What happened before that visit is on its own.
        let call = json!({ "id": "s", "at": T0 + 1_000, "visitor": "bob", "name": "call" });
        tell(&mut collector, &call, T0 + 91 * DAY);
        assert_eq!(site(&collector, Metric::Sessions), before + 3, "{views} views");
        assert_eq!(site(&collector, Metric::Visitors), 2, "{views} views");
    }
}

#[test]
fn what_names_a_profile_too_late_is_told_of() {
    let mut collector = folded();
    let call = json!({ "id": "s", "at": T0 + 1_000, "visitor": "bob", "profile": "crm-1", "name": "call" });
    tell(&mut collector, &call, T0 + 91 * DAY);
    assert_eq!(site(&collector, Metric::Diagnostic(Reason::LateCredit)), 1);
    assert_eq!(site(&collector, Metric::CustomEvents), 1, "it counts for the visitor");
}

#[test]
fn an_exposure_that_comes_too_late_counts_nobody_a_second_time() {
    let mut collector = Collector::new(shop(), 3);
    collector.take(&identify("ann", "1h").view("/"));
    collector.take(&loaded(identify("bob", "90d").exposed(), "bob"));
    // Ann goes on: the person's days up to bob's visit are folded, bob's own are not.
    collector.take(&loaded(visitor("ann").at("160d").view("/"), "next"));
    let exposures = |collector: &Collector| -> i128 {
        let experiment = collector.facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Experiment(1));
        let figures = experiment.flat_map(|(_, figures)| figures);
        figures.filter(|(metric, _)| matches!(metric, Metric::Exposures(_))).map(|(_, count)| count).sum()
    };
    assert_eq!(exposures(&collector), 1);
    let properties = json!({ "experiment": "hero", "variant": support::variant_of("bob") });
    let at = T0 + 60 * DAY;
    let line = json!({ "id": "x", "at": at, "visitor": "bob", "name": "$exposure", "properties": properties });
    tell(&mut collector, &line, T0 + 160 * DAY);
    assert_eq!(site(&collector, Metric::Diagnostic(Reason::LateCredit)), 1);
    assert_eq!(exposures(&collector), 1);
}

#[test]
fn who_belonged_to_a_profile_by_a_later_identify_is_a_conflict_of_that_one_once_an_earlier_one_arrives() {
    let mut collector = Collector::new(shop(), 3);
    let identified = |load: &str, at: &str, profile: &str| {
        loaded(visitor("ann").at(at).event("$identify", json!({ "profile": profile })), load)
    };
    let conflicts = |collector: &Collector| site(collector, Metric::Diagnostic(Reason::ProfileConflict));
    let mut tell = |timeline: Timeline| {
        collector.receive(&support::batch(&timeline.events, T0 + DAY), T0 + DAY).unwrap();
        conflicts(&collector)
    };
    assert_eq!(tell(identified("a", "5h", "two")), 0);
    assert_eq!(tell(identified("b", "6h", "three")), 1, "another one later");
    assert_eq!(tell(identified("c", "7h", "two")), 1, "the same again");
    assert_eq!(tell(identified("d", "4h", "one")), 3, "both that named the one before");
}

#[test]
fn an_identify_moves_no_visitor_to_another_profile_whose_days_may_be_folded_where_they_are() {
    // When bob was identified, and when, by what is told later, he turned out to be somebody else.
    for (identified, earlier) in [("10d", 9), ("50d", 45), ("50d", 9)] {
        moves_nobody(identified, earlier);
    }
}

fn moves_nobody(identified: &str, earlier: i64) {
    let mut collector = Collector::new(shop(), 3);
    collector.take(&identify("ann", "1h").view("/"));
    collector.take(&loaded(visitor("bob").at("10d").view("/").order(json!(40), "A"), "visit"));
    collector.take(&loaded(identify("bob", identified), "bob"));
    // Ann goes on: the person's days up to bob's visit are folded, bob's own are not.
    collector.take(&loaded(visitor("ann").at("90d").view("/"), "next"));
    let before = (totals(&collector), site(&collector, Metric::Sessions), site(&collector, Metric::Visitors));
    assert_eq!((before.0, before.2), ((3, 1, 4_000, 4_000), 2));
    let properties = json!({ "profile": "crm-2" });
    let line =
        json!({ "id": "i", "at": T0 + earlier * DAY, "visitor": "bob", "name": "$identify", "properties": properties });
    tell(&mut collector, &line, T0 + 91 * DAY);
    let after = (totals(&collector), site(&collector, Metric::Sessions), site(&collector, Metric::Visitors));
    assert_eq!(after, before);
    assert_eq!(site(&collector, Metric::Diagnostic(Reason::ProfileConflict)), 1);
    // It gives a visitor of nobody's to its profile all the same.
    tell(&mut collector, &json!({ "id": "v", "at": T0 + 9 * DAY, "visitor": "cid", "name": "step" }), T0 + 91 * DAY);
    let line =
        json!({ "id": "i", "at": T0 + 9 * DAY, "visitor": "cid", "name": "$identify", "properties": properties });
    tell(&mut collector, &line, T0 + 91 * DAY);
    assert_eq!(site(&collector, Metric::Diagnostic(Reason::ProfileConflict)), 1);
}

#[test]
fn who_comes_back_after_months_and_is_known_now_keeps_all_that_was_counted_and_credited() {
    let mut collector = Collector::new(shop_with_offer(), 3);
    collector.take(&identify("ann", "1h").view("/"));
    let offer = json!({ "communication": "offer" });
    let timeline = visitor("bob").at("10d").view("/").exposed().event("$appearance", offer.clone());
    collector.take(&loaded(timeline.event("$click", offer).order(json!(40), "A"), "first"));
    // Ann goes on: the person's days up to bob's visit, and beyond, are folded.
    collector.take(&loaded(visitor("ann").at("20d").view("/"), "next"));
    collector.take(&loaded(visitor("ann").at("90d").view("/"), "last"));
    let before = collector.settled();
    let usd = Currency::parse("USD").unwrap();
    let offer = |facts: &Facts, metric| -> i128 {
        let rows = facts.0.iter().filter(|((_, entity), _)| *entity == Entity::Communication(1));
        rows.filter_map(|(_, figures)| figures.get(&metric)).sum()
    };
    let metrics = [Metric::Orders(usd), Metric::RawClicks, Metric::SessionsClicked, Metric::Instances];
    assert_eq!(metrics.map(|metric| offer(&before, metric)), [1; 4]);
    collector.take(&loaded(identify("bob", "91d"), "again"));
    let mut expected = before;
    expected.add(collector.rules.zone().day(T0 + 91 * DAY), Entity::Site, Metric::Sessions, 1);
    assert_eq!(collector.settled(), expected);
    assert_eq!(site(&collector, Metric::Diagnostic(Reason::LateCredit)), 0);
    // His order is refunded where it is.
    let refund =
        json!({ "id": "r", "at": T0 + 92 * DAY, "name": "refund", "properties": { "order_id": "A", "amount": 15 } });
    tell(&mut collector, &refund, T0 + 92 * DAY);
    assert_eq!(offer(&collector.settled(), Metric::Net(usd)), 2_500);
}

fn shop_with_offer() -> Config {
    let offer = json!({ "key": "offer", "type": "popup" }).to_string();
    let cart = json!({ "key": "cart", "variants": [{ "key": "one" }] }).to_string();
    let config = shop().with_communication(config_input::read(offer.as_bytes()).unwrap()).unwrap();
    config.with_experience(config_input::read(cart.as_bytes()).unwrap()).unwrap()
}

#[test]
fn what_a_known_visitor_did_before_its_persons_checkpoint_is_counted_and_earns_nothing() {
    let mut collector = Collector::new(shop_with_offer(), 3);
    collector.take(&identify("ann", "1h").view("/"));
    collector.take(&loaded(visitor("ann").at("90d").view("/"), "next"));
    collector.take(&loaded(identify("bob", "90d").view("/"), "bob"));
    let line = |id: &str, second: i64, name: &str, properties: Value| json!({ "id": id, "at": T0 + second * 1_000, "visitor": "bob", "name": name, "properties": properties });
    let now = T0 + 91 * DAY;
    tell(&mut collector, &line("c", 1, "$click", json!({ "communication": "offer" })), now);
    let order = |id: &str| json!({ "revenue": 40, "order_id": id });
    tell(&mut collector, &line("a", 2, "purchase", order("A")), now);
    let usd = Currency::parse("USD").unwrap();
    let of = |collector: &Collector, entity, metric| -> i128 {
        let rows = collector.facts.0.iter().filter(|((_, other), _)| *other == entity);
        rows.filter_map(|(_, figures)| figures.get(&metric)).sum()
    };
    let offer = |metric| of(&collector, Entity::Communication(1), metric);
    assert_eq!([Metric::RawClicks, Metric::SessionsClicked, Metric::Orders(usd)].map(offer), [1, 1, 0]);
    assert_eq!(of(&collector, Entity::Unattributed, Metric::Net(usd)), 4_000);
    let refund = json!({ "id": "r", "at": now, "name": "refund", "properties": { "order_id": "A", "amount": 15 } });
    tell(&mut collector, &refund, now);
    assert_eq!(of(&collector, Entity::Unattributed, Metric::Net(usd)), 2_500);
    assert_eq!(of(&collector, Entity::Communication(1), Metric::Net(usd)), 0);
    // Nor does the click earn what comes later.
    collector.take(&loaded(visitor("bob").at("91d").order(json!(7), "B"), "later"));
    assert_eq!(of(&collector, Entity::Communication(1), Metric::Orders(usd)), 0);
}

#[test]
fn an_execution_told_late_reaches_the_person_once_and_earns_the_orders_that_are_kept_in_detail() {
    let now = T0 + 91 * DAY;
    let execution = |id: &str, at: Millis| {
        let properties = json!({ "experience": "cart", "variant": "one" });
        json!({ "id": id, "at": at, "visitor": "bob", "name": "$execution", "properties": properties })
    };
    let usd = Currency::parse("USD").unwrap();
    // The person's days up to the thirtieth are folded, with one order; another came three days after.
    let mut collector = Collector::new(shop_with_offer(), 3);
    collector.take(&loaded(identify("ann", "1h").view("/"), "first"));
    collector.take(&loaded(visitor("ann").at("30d").order(json!(7), "A"), "folded"));
    collector.take(&loaded(visitor("ann").at("33d").order(json!(40), "B"), "kept"));
    collector.take(&loaded(visitor("ann").at("91d").view("/"), "next"));
    collector.take(&loaded(identify("bob", "91d").view("/"), "bob"));
    let of = |collector: &Collector, metric| -> Vec<(i64, i128)> {
        let day = |day| collector.rules.zone().day(T0 + day * DAY);
        let figure = |at| collector.facts.0.get(&(day(at), Entity::Experience(1)))?.get(&metric).copied();
        (0..92).filter_map(|at| Some((at, figure(at)?))).collect()
    };
    let earned = |window, measure| Metric::Window { variant: 0, window, measure };
    tell(&mut collector, &execution("x", T0 + 20 * DAY), now);
    assert_eq!(site(&collector, Metric::Diagnostic(Reason::LateCredit)), 1);
    assert_eq!(of(&collector, Metric::Reached(0)), [(20, 1)]);
    assert_eq!(of(&collector, earned(4, Earned::Gross(usd))), [], "beyond a week");
    tell(&mut collector, &execution("y", T0 + 28 * DAY), now);
    assert_eq!(of(&collector, earned(4, Earned::Gross(usd))), [(28, 4_000)], "the folded one is as it was credited");
    assert_eq!(of(&collector, earned(3, Earned::Gross(usd))), [], "five days are beyond three");
    // A later one takes over; nobody is reached twice.
    tell(&mut collector, &execution("z", T0 + 30 * DAY), now);
    assert_eq!(of(&collector, Metric::Reached(0)), [(20, 1)]);
    assert_eq!(of(&collector, earned(4, Earned::Gross(usd))), [(30, 4_000)]);
    assert_eq!(of(&collector, earned(3, Earned::People)), [(30, 1)]);
    assert_eq!(site(&collector, Metric::Diagnostic(Reason::LateCredit)), 3);
}

#[test]
fn a_visitor_of_whom_a_profile_has_folded_something_stays_and_any_other_goes_with_all_it_did() {
    for is_folded in [false, true] {
        let mut collector = Collector::new(shop_with_offer(), 3);
        let line = |id: &str, visitor: &str, at: Millis, name: &str, properties: Value| json!({ "id": id, "at": at, "visitor": visitor, "name": name, "properties": properties });
        let now = T0 + 10 * DAY;
        let offer = json!({ "communication": "offer" });
        let timeline = visitor("bob").at("1d").view("/").event("$click", offer).order(json!(40), "A");
        collector.take(&loaded(timeline, "visit"));
        collector.take(&loaded(identify("bob", "2d"), "bob"));
        collector.take(&loaded(identify("ann", "3d"), "ann"));
        // Of the person more is told than is kept in detail, all of it within some days.
        let busy: u32 = if is_folded { 10_010 } else { 10 };
        for part in (0..busy).collect::<Vec<_>>().chunks(500) {
            let lines: Vec<String> = part
                .iter()
                .map(|number| {
                    let at = T0 + 4 * DAY + i64::from(*number);
                    format!("1\t{}", line(&format!("e{number}"), "ann", at, "step", json!({})))
                })
                .collect();
            for (address, batch, _) in batches(&lines.join("\n"), now) {
                collector.take_in(&address, batch, now);
            }
            collector.deliver();
        }
        let before = collector.settled();
        let other = json!({ "profile": "crm-2" });
        tell(&mut collector, &line("i", "bob", T0 + 36 * HOUR, "$identify", other), now);
        tell(&mut collector, &line("s", "bob", now, "step", json!({})), now);
        let mut expected = before;
        let day = collector.rules.zone().day(now);
        expected.add(day, Entity::Site, Metric::Sessions, 1);
        expected.add(day, Entity::Site, Metric::CustomEvents, 1);
        assert_eq!(collector.settled(), expected, "folded {is_folded}");
        assert_eq!(site(&collector, Metric::Diagnostic(Reason::ProfileConflict)), 1, "folded {is_folded}");
        let visitors = |profile: &str| {
            let address = Address::Profile(profile.to_owned());
            collector.row(&address).map(|row| Person::decode(row).unwrap().export(&address).visitors)
        };
        let stays = Some(vec!["ann".to_owned(), "bob".to_owned()]);
        let goes = Some(vec!["bob".to_owned()]);
        assert_eq!(visitors("crm-1"), if is_folded { stays } else { Some(vec!["ann".to_owned()]) });
        assert_eq!(visitors("crm-2"), if is_folded { None } else { goes });
    }
}

#[test]
fn a_visitor_that_was_let_go_and_stays_after_all_keeps_what_it_did() {
    let mut collector = Collector::new(shop_with_offer(), 3);
    let now = T0 + 10 * DAY;
    let offer = json!({ "communication": "offer" });
    collector.take(&loaded(visitor("bob").at("1d").view("/").event("$click", offer).order(json!(40), "A"), "visit"));
    collector.take(&loaded(identify("bob", "2d"), "bob"));
    let before = collector.settled();
    // While it asks whether it may go to another profile, an identify arrives that is older still.
    for (id, profile, hour) in [("later", "crm-2", 36), ("earlier", "crm-1", 30)] {
        let line = json!({ "id": id, "at": T0 + hour * HOUR, "visitor": "bob", "name": "$identify", "properties": { "profile": profile } });
        for (address, batch, _) in batches(&format!("1\t{line}\n"), now) {
            assert_eq!(collector.take_in(&address, batch, now).refused, []);
        }
    }
    collector.deliver();
    assert_eq!(totals(&collector), (1, 1, 4_000, 4_000));
    let earned = |facts: &Facts| {
        facts
            .0
            .iter()
            .filter(|((_, entity), _)| *entity != Entity::Site)
            .map(|(at, figures)| (*at, figures.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(earned(&collector.settled()), earned(&before));
}
