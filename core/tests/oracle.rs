//! The collector against a second reading of the rules: random timelines, told in any order, cut into any batches, with
//! messages between shards on their way for any time, come to the figures that follow from the list of events alone.

mod support;

#[path = "oracle/dice.rs"]
mod dice;
#[path = "oracle/rules.rs"]
mod rules;
#[path = "oracle/shop.rs"]
mod shop;
#[path = "oracle/timeline.rs"]
mod timeline;
#[path = "oracle/told.rs"]
mod told;

use std::fmt::Write as _;

use dice::Dice;
use shop::VISITORS;
use support::{Collector, Happening, batch};
use timeline::NOW;
use told::Told;
use tributary_core::assignment::is_held_out;
use tributary_core::config::{Config, Criterion, GoalKind};
use tributary_core::facts::{Earned, Entity, Facts, Measure, Metric, Value};
use tributary_core::message::Address;
use tributary_core::money::Currency;
use tributary_core::server_event::batches;
use tributary_core::wire::{Reason, parse};

/// Tells events in the order in which they stand, `size` at a time, and lets messages wait for as long as the dice say.
fn tell(configs: &[Config; 2], events: &[Told], size: usize, shards: u8, dice: &mut Dice) -> Collector {
    let mut collector = Collector::new(configs[0].clone(), shards);
    let _ = take_all(&mut collector, configs, events, size, dice);
    while collector.deliver_one(dice.below(8)) {}
    collector
}

/// One era after the other, with messages of the first on their way into the second.
fn take_all(collector: &mut Collector, configs: &[Config; 2], events: &[Told], size: usize, dice: &mut Dice) -> u32 {
    let of = |era| events.iter().filter(|event| event.era == era).cloned().collect::<Vec<_>>();
    let first = take(collector, configs, &of(0), size, dice);
    collector.configure(|_| configs[1].clone());
    first + take(collector, configs, &of(1), size, dice)
}

/// Gives how many were accepted. Some messages still wait.
fn take(collector: &mut Collector, configs: &[Config; 2], events: &[Told], size: usize, dice: &mut Dice) -> u32 {
    let mut accepted = 0;
    for some in events.chunks(size) {
        let mut told: Vec<_> = VISITORS
            .into_iter()
            .filter_map(|visitor| {
                let own = some.iter().filter(|event| event.visitor == Some(visitor));
                let own: Vec<Happening> = own.filter_map(|event| event.happening(configs)).collect();
                let text = (!own.is_empty()).then(|| batch(&own, NOW))?;
                Some((Address::Visitor(visitor.to_owned()), parse(text.as_bytes(), NOW).unwrap()))
            })
            .collect();
        let lines = some.iter().filter_map(|event| event.line(configs)).enumerate().fold(
            String::new(),
            |mut lines, (place, line)| {
                writeln!(lines, "{place}\t{line}").unwrap();
                lines
            },
        );
        told.extend(batches(&lines, NOW).into_iter().map(|(address, batch, _)| (address, batch)));
        dice.shuffle(&mut told);
        for (address, batch) in told {
            let outcome = collector.take_in(&address, batch, NOW);
            assert_eq!(outcome.refused, []);
            accepted += outcome.accepted;
            for _ in 0..dice.below(4) {
                collector.deliver_one(dice.below(8));
            }
        }
    }
    accepted
}

/// What one has and the other has not, a line each.
fn difference(core: &Facts, oracle: &Facts) -> String {
    let mut difference = core.clone();
    difference.subtract(oracle);
    let mut lines = String::new();
    for ((day, entity), figures) in &difference.0 {
        for (metric, amount) in figures {
            writeln!(lines, "  {day} {entity:?} {metric:?}: {amount:+}").unwrap();
        }
    }
    lines
}

/// Leaves out events for as long as it goes wrong without them.
fn smallest(mut events: Vec<Told>, goes_wrong: impl Fn(&[Told]) -> bool) -> Vec<Told> {
    let mut place = 0;
    while place < events.len() {
        let mut fewer = events.clone();
        fewer.remove(place);
        if goes_wrong(&fewer) {
            events = fewer;
            place = 0;
        } else {
            place += 1;
        }
    }
    events
}

/// The collector's figures are the oracle's, or the smallest set of events of which they are not is shown.
fn compare(events: Vec<Told>, core: impl Fn(&[Told]) -> Facts, oracle: impl Fn(&[Told]) -> Facts) {
    if core(&events) != oracle(&events) {
        let events = smallest(events, |events| core(events) != oracle(events));
        panic!("{events:#?}\ncore less oracle:\n{}", difference(&core(&events), &oracle(&events)));
    }
}

fn cases(count: u64, seed: u64, mut test: impl FnMut(&mut Dice, Vec<Told>)) {
    for case in 0..count {
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(case.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let length = 2 + dice.below(40);
        let events = timeline::timeline(&mut dice, length);
        test(&mut dice, events);
    }
}

/// A figure over all days.
fn total(facts: &Facts, entity: Entity, metric: Metric) -> i128 {
    let of = facts.0.iter().filter(|((_, other), _)| *other == entity);
    of.filter_map(|(_, figures)| figures.get(&metric)).sum()
}

/// What a test is given: a shop, in the time zone that the dice say, and how its events are cut and spread.
fn setting<'a>(configs: &'a [[Config; 2]; 3], dice: &mut Dice) -> (&'a [Config; 2], usize, u8) {
    (&configs[dice.below(3)], 1 + dice.below(9), u8::try_from(1 + dice.below(5)).unwrap())
}

fn shops() -> [[Config; 2]; 3] {
    ["UTC", "Pacific/Chatham", "America/New_York"].map(shop::shop)
}

fn has_cap(criterion: Criterion) -> bool {
    matches!(criterion, Criterion::RevenuePerUnit | Criterion::Aov)
}

fn money() -> [Currency; 2] {
    ["USD", "JPY"].map(|code| Currency::parse(code).unwrap())
}

#[test]
fn the_shop_holds_out_one_visitor() {
    let [_, config] = shop::shop("UTC");
    let held_out: Vec<&str> = VISITORS.into_iter().filter(|visitor| is_held_out(visitor, config.holdout)).collect();
    assert_eq!(held_out.len(), 1, "{held_out:?}");
}

#[test]
fn timelines_show_every_figure_of_every_experiment() {
    let configs = shops();
    let mut shown = Facts::default();
    cases(3_000, 1, |dice, events| shown.merge(&rules::settled(setting(&configs, dice).0, &events)));
    for experiment in &configs[0][1].experiments {
        let entity = Entity::Experiment(experiment.number);
        let variants = || (0_u8..).zip(&experiment.variants).map(|(variant, _)| variant);
        for variant in variants() {
            assert!(total(&shown, entity, Metric::Exposures(variant)) > 0, "{} {variant}", experiment.key);
        }
        for (version, _) in (2_u32..).zip(experiment.allocations.iter().skip(1)) {
            let under = |variant| total(&shown, entity, Metric::ExposuresUnder { variant, version });
            assert!(variants().map(under).sum::<i128>() > 0, "{} {version}", experiment.key);
        }
        let crossed = total(&shown, entity, Metric::Crossovers);
        assert_eq!(crossed > 0, experiment.allocations.len() > 1, "{}", experiment.key);
        for (goal, what) in (0_u8..).zip(&experiment.goals).filter(|(_, goal)| goal.key != "cart") {
            let is_of_visits = matches!(what.kind, GoalKind::BounceRate { .. } | GoalKind::ExitRate { .. });
            let usd = money()[0];
            let rows = [
                (!is_of_visits, Measure::Conversions),
                (what.is_of_sessions(), Measure::Sessions),
                (what.is_of_sessions(), Measure::SessionsMet),
                (what.is_revenue(), Measure::Orders(usd)),
                (what.is_revenue(), Measure::Net(usd)),
                (what.added_at.is_some(), Measure::Exposures),
                (experiment.key == "wide" && has_cap(what.criterion()), Measure::BeyondCap),
                (what.criterion() != Criterion::ConversionRate, Measure::Squares),
                (matches!(what.criterion(), Criterion::SessionRate | Criterion::Aov), Measure::DenominatorSquares),
                (matches!(what.criterion(), Criterion::SessionRate | Criterion::Aov), Measure::Products),
            ];
            for (is_due, measure) in rows {
                let of = |variant| total(&shown, entity, Metric::Goal { goal, variant, measure });
                let sum: i128 = variants().map(of).sum();
                assert_eq!(sum > 0, is_due, "{} {} {measure:?}", experiment.key, what.key);
            }
        }
    }
    assert!(total(&shown, Entity::Site, Metric::Diagnostic(Reason::Crossover)) > 0);
}

#[test]
fn figures_are_those_that_follow_from_the_list_of_events() {
    let configs = shops();
    cases(400, 1, |dice, mut events| {
        let (config, size, shards) = setting(&configs, dice);
        dice.shuffle(&mut events);
        let figures = |events: &[Told]| tell(config, events, size, shards, &mut dice.clone()).settled();
        compare(events, figures, |events| rules::settled(config, events));
    });
}

#[test]
fn checkpoints_change_no_figure_of_a_history_that_is_imported_oldest_first() {
    let configs = shops();
    for case in 0..60 {
        let mut dice = Dice(case);
        let (config, _, shards) = setting(&configs, &mut dice);
        let events = timeline::history(&mut dice, 60);
        let figures = |events: &[Told]| {
            let mut collector = Collector::new(config[0].clone(), shards);
            for event in events {
                take(&mut collector, config, std::slice::from_ref(event), 1, &mut dice.clone());
                collector.deliver();
            }
            collector.configure(|_| config[1].clone());
            collector.settled()
        };
        compare(events, figures, |events| rules::settled(config, events));
    }
}

#[test]
fn arrival_grouping_waiting_and_shards_do_not_show() {
    let configs = shops();
    cases(50, 2, |dice, mut events| {
        let config = dice.pick(&[&configs[0], &configs[1], &configs[2]]);
        let at_once = tell(config, &events, events.len(), 1, dice).settled();
        for shards in [2, 7] {
            dice.shuffle(&mut events);
            let size = 1 + dice.below(9);
            let apart = tell(config, &events, size, shards, dice).settled();
            assert_eq!(difference(&apart, &at_once), "", "{events:#?}");
        }
    });
}

#[test]
fn what_is_told_again_changes_nothing_whatever_it_says() {
    let configs = shops();
    cases(50, 3, |dice, mut events| {
        let (config, size, shards) = setting(&configs, dice);
        let once = tell(config, &events, size, shards, dice).settled();
        let mut collector = Collector::new(config[0].clone(), shards);
        let again: Vec<Told> = events.iter().filter(|_| dice.one_in(2)).cloned().collect();
        let others: Vec<Told> = events.iter().map(|event| Told { what: event.other(), ..event.clone() }).collect();
        let count = u32::try_from(events.len()).unwrap();
        events.extend(again);
        dice.shuffle(&mut events);
        assert_eq!(take_all(&mut collector, config, &events, size, dice), count);
        assert_eq!(take(&mut collector, config, &others, size, dice), 0);
        collector.deliver();
        assert_eq!(difference(&collector.settled(), &once), "", "{events:#?}");
    });
}

#[test]
fn every_order_is_credited_to_one_communication_or_unattributed() {
    let configs = shops();
    cases(50, 4, |dice, events| {
        let (config, size, shards) = setting(&configs, dice);
        let facts = tell(config, &events, size, shards, dice).settled();
        let communications = config[1].communications.iter().map(|one| Entity::Communication(one.number));
        let earners: Vec<Entity> = communications.chain([Entity::Unattributed]).collect();
        for currency in money() {
            for metric in [Metric::Orders(currency), Metric::Gross(currency), Metric::Net(currency)] {
                let earned: i128 = earners.iter().map(|earner| total(&facts, *earner, metric)).sum();
                assert_eq!(earned, total(&facts, Entity::Site, metric), "{metric:?} {events:#?}");
            }
        }
    });
}

#[test]
fn a_longer_window_has_all_that_a_shorter_one_has() {
    let configs = shops();
    cases(50, 5, |dice, events| {
        let (config, size, shards) = setting(&configs, dice);
        let facts = tell(config, &events, size, shards, dice).settled();
        let per_currency = money().map(|one| [Earned::Orders(one), Earned::Gross(one), Earned::Net(one)]);
        let measures: Vec<Earned> =
            per_currency.into_iter().flatten().chain([Earned::Conversions, Earned::People]).collect();
        for experience in &config[1].experiences {
            let entity = Entity::Experience(experience.number);
            for (variant, _) in (0_u8..).zip(&experience.variants) {
                let reached = total(&facts, entity, Metric::Reached(variant));
                for measure in &measures {
                    let of = |window| total(&facts, entity, Metric::Window { variant, window, measure: *measure });
                    let row: Vec<i128> = (0..5).map(of).collect();
                    assert!(row.is_sorted() && row[0] >= 0, "{measure:?} {row:?} {events:#?}");
                    assert!(*measure != Earned::People || row[4] <= reached, "{row:?} of {reached} {events:#?}");
                }
            }
        }
    });
}

#[test]
fn credit_for_goals_rolls_up_from_treatments_to_journeys_to_goals() {
    let configs = shops();
    cases(50, 6, |dice, events| {
        let (config, size, shards) = setting(&configs, dice);
        let facts = tell(config, &events, size, shards, dice).settled();
        let values = money().map(|one| [Value::Gross(one), Value::Net(one)]);
        let values: Vec<Value> = values.into_iter().flatten().chain([Value::Events, Value::Decimal]).collect();
        for goal in &config[1].goals {
            let journeys: Vec<_> = config[1].journeys.iter().filter(|journey| journey.goal == goal.number).collect();
            let (mut of_journeys, mut people) = (vec![0; values.len()], 0);
            for journey in &journeys {
                let places = (0_u8..).zip(&journey.treatments);
                let entities: Vec<Entity> = places.map(|(place, _)| Entity::Treatment(journey.number, place)).collect();
                let whole = Entity::Journey(journey.number);
                let sum = |metric| entities.iter().map(|entity| total(&facts, *entity, metric)).sum::<i128>();
                for (place, value) in values.iter().enumerate() {
                    let metric = Metric::Credited(*value);
                    assert_eq!(sum(metric), total(&facts, whole, metric), "{metric:?} {events:#?}");
                    of_journeys[place] += sum(metric);
                }
                assert!(sum(Metric::People) >= total(&facts, whole, Metric::People), "{events:#?}");
                people += total(&facts, whole, Metric::People);
            }
            let whole = Entity::Goal(goal.number);
            for (value, sum) in values.iter().zip(of_journeys) {
                assert_eq!(sum, total(&facts, whole, Metric::Credited(*value)), "{value:?} {events:#?}");
            }
            assert!(people >= total(&facts, whole, Metric::People), "{events:#?}");
        }
    });
}
