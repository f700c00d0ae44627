//! Random timelines of a small shop: visitors, profiles and servers that tell of all there is to tell.

use std::collections::BTreeMap;

use tributary_core::time::{DAY, HOUR, MINUTE, Millis};

use crate::dice::Dice;
use crate::shop::{
    CAMPAIGNS, COMMUNICATIONS, EXPERIENCES, EXPERIMENTS, PAGES, POINTS, PRICES, PROFILES, REFUNDS, SEQUENCES, VISITORS,
};
use crate::support::T0;
use crate::told::{Told, Via, What};

/// When everything arrives.
pub const NOW: Millis = T0 + 5 * DAY;
/// Steps from one event to another: ties, and every limit that there is, just held and just passed.
const STEPS: [Millis; 20] = [
    0,
    0,
    1,
    MINUTE,
    29 * MINUTE,
    30 * MINUTE,
    30 * MINUTE + 1,
    HOUR,
    HOUR + 1,
    2 * HOUR,
    3 * HOUR,
    3 * HOUR + 1,
    7 * HOUR,
    DAY - 1,
    DAY,
    DAY + 1,
    3 * DAY,
    3 * DAY + 1,
    7 * DAY,
    7 * DAY + 1,
];

/// Up to `count` events of a few visitors, profiles, and of nobody.
pub fn timeline(dice: &mut Dice, count: usize) -> Vec<Told> {
    let visitors = 1 + dice.below(VISITORS.len());
    let first = dice.below(VISITORS.len());
    let mut numbers: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let mut all: Vec<Told> = Vec::new();
    let is_changed = dice.one_in(2);
    if dice.one_in(20) {
        // A visit of more than a day, which is cut; and what servers tell about where it is.
        let (load, visitor) = ("long", VISITORS[first]);
        let step = dice.pick(&[30 * MINUTE, 29 * MINUTE]);
        all = (0..52)
            .map(|number| {
                let (at, via) = (T0 + Millis::from(number) * step, Via::Page { load, number });
                // Whether the second of two appearances is in the same session shows in its figures.
                let what = if (47..=48).contains(&number) { What::Appearance(0) } else { What::Touch };
                Told { era: 0, at, via, visitor: Some(visitor), profile: None, what }
            })
            .collect();
    }
    for place in 0..count {
        let base = if all.is_empty() || dice.one_in(12) { T0 } else { all[dice.below(all.len())].at };
        let step = dice.pick(&STEPS);
        let at = if dice.one_in(4) { base - step } else { base + step };
        let visitor = VISITORS[(first + dice.below(visitors)) % VISITORS.len()];
        // A third of the time somebody goes on within the visit.
        let last = all.last().filter(|_| dice.one_in(3)).and_then(|last| Some((last.at, last.visitor?)));
        let (at, visitor) = last.map_or((at, visitor), |(at, visitor)| (at + dice.pick(&[0, 1, MINUTE]), visitor));
        let what = if last.is_some() && dice.one_in(2) { What::View(dice.below(PAGES.len())) } else { what(dice) };
        let (at, visitor, what, profile) = if dice.one_in(4) {
            follow(dice, &all).unwrap_or((at, visitor, what, None))
        } else {
            (at, visitor, what, dice.one_in(3).then(|| dice.pick(&PROFILES)))
        };
        let era = if is_changed { dice.below(2) } else { 0 };
        let is_server = dice.one_in(3) || matches!(what, What::Execution { .. }) || at < NOW - 7 * DAY;
        let told = if is_server {
            let (visitor, profile) = match dice.below(8) {
                0 => (None, None),
                1 | 2 => (None, Some(dice.pick(&PROFILES))),
                3 => (Some(visitor), Some(dice.pick(&PROFILES))),
                _ => (Some(visitor), profile),
            };
            let visitor = if matches!(what, What::Identify(_)) { visitor.or(Some(VISITORS[first])) } else { visitor };
            let id = format!("{}{place}", dice.pick(&["a", "lb", "z", "lc-", "a-"]));
            let sequence = u32::try_from(dice.below(3)).unwrap();
            Told { era, at: at.clamp(T0 - 12 * DAY, NOW), via: Via::Server { id, sequence }, visitor, profile, what }
        } else {
            let load = dice.pick(&["la", "lb"]);
            let number = numbers.entry((visitor, load)).or_default();
            *number += 1;
            let via = Via::Page { load, number: *number - 1 };
            Told { era, at: at.min(NOW), via, visitor: Some(visitor), profile, what }
        };
        all.push(told);
    }
    all
}

/// Whose events, when, which, and of whom.
type Next = (Millis, &'static str, What, Option<&'static str>);

/// What somebody does who was exposed: at a limit of a window or a run, or within the same visit.
fn follow(dice: &mut Dice, all: &[Told]) -> Option<Next> {
    const WINDOWS: [Millis; 8] = [0, 1, HOUR, HOUR + 1, 3 * HOUR, 3 * HOUR + 1, DAY, DAY + 1];
    const EDGES: [Millis; 7] = [HOUR, 3 * HOUR, 7 * HOUR, DAY, DAY + HOUR, 3 * DAY - 1, 3 * DAY];
    let exposures: Vec<&Told> = all.iter().filter(|told| matches!(told.what, What::Exposure { .. })).collect();
    let exposure = exposures.get(dice.below(exposures.len().max(1)))?;
    let What::Exposure { experiment, .. } = exposure.what else { return None };
    let at = if dice.one_in(3) { T0 + dice.pick(&EDGES) } else { exposure.at + dice.pick(&WINDOWS) };
    let again =
        What::Exposure { experiment, is_right: true, version: dice.pick(&[None, Some(1), Some(2)]), is_forced: false };
    let order = What::Order { price: dice.below(4), id: dice.pick(&[None, None, Some("A")]) };
    let signup = What::Signup { is_pro: true, points: 0 };
    let what = dice.pick(&[again, again, order, order, signup, What::Touch, What::View(1), What::View(0)]);
    Some((at, exposure.visitor?, what, exposure.profile))
}

/// The history of most of a year, oldest first, as a server imports it: so long that most of it is folded into
/// checkpoints. Who is identified is so before anything else, since what an identify brings later changes no credit.
pub fn history(dice: &mut Dice, count: usize) -> Vec<Told> {
    const GAPS: [Millis; 10] = [0, MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, DAY, 3 * DAY, 7 * DAY, 20 * DAY, 61 * DAY];
    let start = T0 - 380 * DAY;
    let told = |place: usize, at, visitor, profile, what| {
        let via = Via::Server { id: format!("h{place}"), sequence: 0 };
        Told { era: 0, at, via, visitor, profile, what }
    };
    let identified: Vec<&'static str> = VISITORS.into_iter().filter(|_| dice.one_in(2)).collect();
    let identify = |(place, visitor): (usize, &&'static str)| {
        told(1_000 + place, start, Some(*visitor), None, What::Identify(PROFILES[place % 2]))
    };
    let mut all: Vec<Told> = identified.iter().enumerate().map(identify).collect();
    let mut at = start;
    for place in 0..count {
        at += dice.pick(&GAPS);
        let (visitor, what) = (dice.pick(&VISITORS), what(dice));
        if at > NOW || matches!(what, What::Identify(_)) {
            continue;
        }
        let profile = dice.pick(&PROFILES);
        all.push(match dice.below(5) {
            0 => told(place, at, None, Some(profile), what),
            1 => told(place, at, Some(visitor), Some(profile), what),
            _ => told(place, at, Some(visitor), None, what),
        });
    }
    all
}

fn what(dice: &mut Dice) -> What {
    let communication = dice.below(COMMUNICATIONS.len());
    let id = dice.pick(&[None, Some("A"), Some("B"), Some("7")]);
    match dice.below(35) {
        0..=3 => What::View(dice.below(PAGES.len())),
        4 => dice.pick(&[What::Touch, What::Submit]),
        5..=7 | 32..=34 => What::Exposure {
            experiment: dice.below(EXPERIMENTS.len()),
            is_right: !dice.one_in(8),
            version: dice.pick(&[None, Some(1), Some(1), Some(2)]),
            is_forced: dice.one_in(16),
        },
        8..=11 => What::Click(communication),
        12..=13 => What::Hover { communication, is_touch: dice.one_in(4) },
        14..=15 => What::Appearance(communication),
        16 => What::Dismissal(communication),
        17 => What::SequenceStart(dice.below(SEQUENCES.len())),
        18 => What::CampaignStart(dice.below(CAMPAIGNS.len())),
        19..=21 => {
            let experience = dice.below(EXPERIENCES.len());
            What::Execution { experience, variant: dice.below(EXPERIENCES[experience].1.len()) }
        }
        22..=25 => What::Order { price: dice.below(PRICES.len()), id },
        26..=27 => What::Refund { amount: dice.below(REFUNDS.len()), id },
        28..=29 => What::Signup { is_pro: !dice.one_in(3), points: dice.below(POINTS.len()) },
        _ => What::Identify(dice.pick(&PROFILES)),
    }
}
