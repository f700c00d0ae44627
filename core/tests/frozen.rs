//! Stored orders, and messages that wait, as they were when their formats came out. From 0.1.0 on these samples must always
//! load: a failure here means that what is stored already could no longer be read. Those of persons and facts are in
//! `history.rs`. A line of hexadecimal digits each.

mod support;

use support::{T0, shop};
use tributary_core::event::EventId;
use tributary_core::facts::{Entity, Metric};
use tributary_core::history::Entry;
use tributary_core::judge::{Deed, Judged, OrderId, Refunded, Rules, Worth};
use tributary_core::message::{Address, Envelope, Message};
use tributary_core::money::{Currency, Money};
use tributary_core::order::{Folded, Holder, Order, OrderKey, Place, Report, Verdict};
use tributary_core::time::DAY;

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|place| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap()).collect()
}

fn money(code: &str, minor: i64) -> Money {
    Money { currency: Currency::parse(code).unwrap(), minor }
}

fn key() -> OrderKey {
    OrderKey { at: T0, is_page: true, id: EventId::numbered("load", 3), visitor: "ada".to_owned() }
}

fn report() -> Report {
    Report { key: key(), from: Address::Visitor("ada".to_owned()), money: money("USD", 9_990) }
}

fn places() -> Vec<Place> {
    let day = Rules::new(shop()).zone().day(T0);
    let metric = Metric::Net(Currency::parse("USD").unwrap());
    vec![(day, Entity::Site, metric), (day, Entity::Communication(7), metric)]
}

fn closed(holder: Holder) -> Folded {
    Folded { key: key(), money: money("USD", 9_990), holder, places: places(), refunded: 300 }
}

/// An order that is open, with refunds of several currencies; one that is folded; one that another profile counts too.
fn orders() -> [Order; 3] {
    let rules = Rules::new(shop());
    let mut open = Order::default();
    open.refund(Refunded::Part(money("JPY", 200)), T0, &rules);
    open.report(report(), &rules);
    open.refund(Refunded::Part(money("USD", 300)), T0, &rules);
    let mut folded = open.clone();
    folded.close(closed(Holder::Person { names: None }), &rules);
    folded.refund(Refunded::All(None), T0 + DAY, &rules);
    let mut named = open.clone();
    named.close(closed(Holder::Person { names: Some("crm-17".to_owned()) }), &rules);
    [open, folded, named]
}

#[test]
fn an_order_stored_by_an_earlier_version_still_loads() {
    let frozen = include_str!("../../tests/fixtures/order-v4.hex");
    assert_eq!(frozen.lines().count(), 3);
    for (line, sample) in frozen.lines().zip(orders()) {
        assert_eq!(Order::decode(&bytes_of(line)).expect("the frozen sample loads"), sample);
    }
}

/// One of each kind. What a `Join` brings of older days is a person's checkpoint, of which there are samples.
fn messages() -> Vec<Message> {
    let deeds = [
        Deed::PageView,
        Deed::Presence,
        Deed::Exposure { experiment: 1, variant: 1, version: 2 },
        Deed::Custom { money: money("USD", 9_990), order: Some(OrderId::Named(42)) },
        Deed::Custom { money: money("JPY", 0), order: Some(OrderId::Unnamed) },
        Deed::Identify { profile: "crm-17".to_owned() },
        Deed::Appearance(1),
        Deed::Click(2),
        Deed::Hover { communication: 3, qualifies: true },
        Deed::Dismissal(4),
        Deed::SequenceStart(5),
        Deed::CampaignStart(6),
        Deed::Execution { experience: 7, variant: 1 },
        Deed::Refund { order: 42, amount: Refunded::All(Some(Currency::parse("EUR").unwrap())) },
    ];
    let entry = |(number, deed): (u32, Deed)| Entry {
        at: T0 + i64::from(number),
        id: EventId::read(if number % 2 == 0 { "load-3" } else { "told" }, None),
        is_page: number % 2 == 0,
        profile: (number == 3).then(|| "crm-17".to_owned()),
        config: 300,
        judged: Judged {
            deed,
            meets: vec![(1, 0), (300, 7)],
            receipts: vec![(1, 2, 3)],
            values: vec![(1, Worth::Event), (2, Worth::Revenue), (3, Worth::Decimal(-2_500_000_000))],
        },
        verdict: (number == 3).then_some(Verdict { stands: true, refunded: 300 }),
    };
    let events: Vec<Entry> = (0..).zip(deeds).map(entry).collect();
    let (visitor, verdict) = ("ada".to_owned(), Verdict { stands: false, refunded: 0 });
    vec![
        Message::Join { visitor: visitor.clone(), closed: None, events: events.clone() },
        Message::Events { visitor: visitor.clone(), is_member: true, events },
        Message::Amend { key: key(), verdict },
        Message::Report(report()),
        Message::Refund { amount: Refunded::Part(money("KWD", 1_234)), at: T0 },
        Message::Closed(closed(Holder::Named)),
        Message::Verdict { key: key(), verdict },
        Message::Erase,
        Message::Ordered,
        Message::Depart { at: T0 },
        Message::Forget { visitor: visitor.clone() },
        Message::LeftOut { experiment: 3 },
        Message::Ask { visitor },
        Message::Answer { may_go: true },
        Message::Refused,
    ]
}

fn letter() -> Vec<Envelope> {
    let to = [
        Address::Visitor("ada".to_owned()),
        Address::Profile("crm-17".to_owned()),
        Address::Order(42),
        Address::Nobody("s1".to_owned()),
    ];
    messages().into_iter().zip(to.into_iter().cycle()).map(|(message, to)| Envelope { to, message }).collect()
}

#[test]
fn a_letter_that_waits_since_an_earlier_version_still_loads() {
    let frozen = include_str!("../../tests/fixtures/letter-v1.hex").trim();
    let letter = letter();
    assert_eq!(postcard::from_bytes::<Vec<Envelope>>(&bytes_of(frozen)).expect("the frozen sample loads"), letter);
}
