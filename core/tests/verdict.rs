//! What an order tells, step by step: whom, and nothing twice.

mod support;

use support::{T0, shop};
use tributary_core::event::EventId;
use tributary_core::facts::{Entity, Facts, Metric};
use tributary_core::judge::{Refunded, Rules};
use tributary_core::message::{Address, Message};
use tributary_core::money::{Currency, Money};
use tributary_core::order::{Effects, Folded, Holder, Order, OrderKey, Place, Report, Verdict};
use tributary_core::time::Millis;
use tributary_core::wire::Reason;

fn money(code: &str, minor: i64) -> Money {
    Money { currency: Currency::parse(code).unwrap(), minor }
}

fn key(visitor: &str, at: Millis) -> OrderKey {
    OrderKey { at, is_page: true, id: EventId::numbered("load", 3), visitor: visitor.to_owned() }
}

fn report(visitor: &str, at: Millis, money: Money) -> Report {
    Report { key: key(visitor, at), from: Address::Visitor(visitor.to_owned()), money }
}

fn part(code: &str, minor: i64) -> Refunded {
    Refunded::Part(money(code, minor))
}

/// Whom an order tells what.
fn told(effects: &Effects) -> Vec<(Address, Verdict)> {
    let verdict = |message: &Message| if let Message::Verdict { verdict, .. } = message { *verdict } else { panic!() };
    effects.messages.iter().map(|envelope| (envelope.to.clone(), verdict(&envelope.message))).collect()
}

fn refunded(to: Address, refunded: i64) -> Vec<(Address, Verdict)> {
    vec![(to, Verdict { stands: true, refunded })]
}

fn folded(holder: Holder, places: Vec<Place>, refunded: i64) -> Folded {
    Folded { key: key("ada", T0), money: money("USD", 1_000), holder, places, refunded }
}

fn remarks(facts: &Facts) -> i128 {
    facts.0.values().filter_map(|figures| figures.get(&Metric::Diagnostic(Reason::BadRevenue))).sum()
}

#[test]
fn of_two_verdicts_that_come_in_any_order_what_does_not_stand_stays_so_and_the_larger_refund_counts() {
    let verdict = |stands, refunded| Verdict { stands, refunded };
    let rows = [
        (verdict(true, 3), verdict(true, 6), verdict(true, 6)),
        (verdict(false, 0), verdict(true, 6), verdict(false, 6)),
    ];
    for (one, other, both) in rows {
        assert_eq!((one.and(other), other.and(one)), (both, both));
    }
}

#[test]
fn a_refund_is_told_once_and_what_changes_nothing_is_not() {
    let rules = Rules::new(shop());
    let ada = || Address::Visitor("ada".to_owned());
    let mut order = Order::default();
    assert_eq!(told(&order.report(report("ada", T0, money("USD", 1_000)), &rules)), []);
    assert_eq!(told(&order.refund(part("USD", 700), T0, &rules)), refunded(ada(), 700));
    assert_eq!(told(&order.refund(part("EUR", 700), T0, &rules)), [], "another currency");
    assert_eq!(told(&order.refund(part("USD", 700), T0, &rules)), refunded(ada(), 1_000), "at most its value");
    assert_eq!(told(&order.refund(part("USD", 700), T0, &rules)), [], "all is refunded");
    assert_eq!(told(&order.refund(Refunded::All(None), T0, &rules)), [], "all the more");
}

#[test]
fn a_profile_that_an_order_names_is_told_what_was_refunded_when_the_person_has_folded_it() {
    let rules = Rules::new(shop());
    let crm = || Address::Profile("crm".to_owned());
    for before in [0, 300] {
        let mut order = Order::default();
        order.report(report("ada", T0, money("USD", 1_000)), &rules);
        if before > 0 {
            order.refund(part("USD", before), T0, &rules);
        }
        let closed = order.close(folded(Holder::Person { names: Some("crm".to_owned()) }, Vec::new(), before), &rules);
        let expected = if before > 0 { refunded(crm(), before) } else { Vec::new() };
        assert_eq!(told(&closed), expected, "what the person was told last may not have reached it");
        assert_eq!(told(&order.refund(part("USD", 100), T0, &rules)), refunded(crm(), before + 100));
    }
}

/// What a refund of one dollar takes from the place where a folded order stands.
fn taken(order: &mut Order, rules: &Rules) -> i128 {
    let net = Metric::Net(Currency::parse("USD").unwrap());
    let refund = order.refund(part("USD", 100), T0, rules);
    refund.facts.0.values().filter_map(|figures| figures.get(&net)).sum()
}

#[test]
fn an_order_folded_before_its_person_heard_of_an_earlier_report_stands_and_the_earlier_is_taken_back() {
    let rules = Rules::new(shop());
    let net = Metric::Net(Currency::parse("USD").unwrap());
    let places = || vec![(rules.zone().day(T0), Entity::Site, net)];
    let person = || Holder::Person { names: None };
    let mut order = Order::default();
    order.report(report("ada", T0, money("USD", 1_000)), &rules);
    order.report(report("bob", T0 - 1, money("USD", 1_000)), &rules);
    let effects = order.close(folded(person(), places(), 0), &rules);
    let withdrawn = (Address::Visitor("bob".to_owned()), Verdict { stands: false, refunded: 0 });
    assert_eq!(told(&effects), [withdrawn]);
    assert_eq!(taken(&mut order, &rules), -100);
    // Where both are folded neither can be taken back: that is told.
    let late = Folded { key: key("bob", T0 - 1), ..folded(person(), places(), 0) };
    let effects = order.close(late, &rules);
    assert_eq!(effects.messages, []);
    let told: Vec<_> = effects.facts.0.values().flatten().collect();
    assert_eq!(told, [(&Metric::Diagnostic(Reason::LateCredit), &1)]);
    assert_eq!(taken(&mut order, &rules), -100);
}

#[test]
fn what_was_refunded_since_an_order_was_folded_leaves_an_experiment_with_its_unit() {
    let rules = Rules::new(shop());
    let net = Metric::Net(Currency::parse("USD").unwrap());
    let day = rules.zone().day(T0);
    let mut order = Order::default();
    order.report(report("ada", T0, money("USD", 1_000)), &rules);
    order.refund(part("USD", 300), T0, &rules);
    let places = vec![(day, Entity::Site, net), (day, Entity::Experiment(1), net), (day, Entity::Experiment(2), net)];
    order.close(folded(Holder::Person { names: None }, places, 300), &rules);
    order.refund(part("USD", 200), T0, &rules);
    let back = order.leave_out(1).facts;
    assert_eq!(back.0.into_iter().collect::<Vec<_>>(), [((day, Entity::Experiment(1)), [(net, 200)].into())]);
    assert!(order.leave_out(1).facts.is_empty(), "once");
    assert_eq!(taken(&mut order, &rules), -200, "of the site and the other experiment");
}

#[test]
fn refunds_that_an_earlier_report_makes_good_are_told_of_no_more_and_take_nothing_back() {
    let rules = Rules::new(shop());
    let mut order = Order::default();
    for _ in 0..2 {
        assert_eq!(remarks(&order.refund(part("USD", 100), T0, &rules).facts), 0);
    }
    assert_eq!(remarks(&order.report(report("ada", T0, money("EUR", 900)), &rules).facts), 2);
    let effects = order.report(report("bob", T0 - 1, money("USD", 1_000)), &rules);
    assert_eq!(remarks(&effects.facts), 0);
    let displaced = (Address::Visitor("ada".to_owned()), Verdict { stands: false, refunded: 0 });
    let standing = refunded(Address::Visitor("bob".to_owned()), 200);
    assert_eq!(told(&effects), [vec![displaced], standing].concat());
}
