//! Assignment agrees with GrowthBook to the last visitor (`scripts/make-assignment-vectors.mjs` asked it).

use serde::Deserialize;
use std::collections::BTreeMap;
use tributary_core::assignment::{assign, is_held_out, is_in_namespace, place};

#[derive(Deserialize)]
struct Case {
    name: String,
    seed: String,
    coverage: u16,
    weights: Vec<u16>,
    assigned: BTreeMap<String, Option<usize>>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../tests/fixtures/assignment.json")).unwrap()
}

#[test]
fn everybody_gets_the_variant_that_growthbook_gives() {
    let mut wrong = Vec::new();
    for Case { name, seed, coverage, weights, assigned } in cases() {
        for (id, expected) in assigned {
            let found = assign(&seed, &id, coverage, weights.iter().copied());
            if found != expected {
                wrong.push(format!("{name}: {id:?} got {found:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn raising_coverage_moves_nobody_who_was_in() {
    for Case { seed, weights, assigned, .. } in cases() {
        for id in assigned.keys() {
            let mut before = None;
            for coverage in (0..=10_000).step_by(250) {
                let now = assign(&seed, id, coverage, weights.iter().copied());
                assert!(before.is_none() || now == before, "{id:?} at {coverage}: {before:?}, then {now:?}");
                before = now;
            }
        }
    }
}

#[test]
fn a_place_is_a_ten_thousandth() {
    for id in ["a", "b", "é", "💧"] {
        let place = place("seed", id);
        assert!((0.0..1.0).contains(&place));
        assert!(((place * 10_000.0).round() - place * 10_000.0).abs() < 1e-9);
    }
}

/// `GrowthBook`'s hash version 1, written for the test: FNV-1a over id and namespace, in thousandths.
fn thousandth(id: &str, namespace: &str) -> u16 {
    let text = format!("{id}__{namespace}");
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u16::try_from(hash % 1000).unwrap()
}

#[test]
fn a_namespace_has_the_units_from_its_beginning_up_to_its_end_which_is_the_next_ones() {
    for id in (0..200).map(|number| format!("unit-{number}")) {
        let at = thousandth(&id, "checkout");
        let rows =
            [((at, at + 1), true), ((at + 1, 1001), false), ((0, at), false), ((0, at + 1), true), ((at, 1000), true)];
        for (range, expected) in rows {
            assert_eq!(is_in_namespace(&id, "checkout", range), expected, "{id} at {at} in {range:?}");
        }
    }
}

#[test]
fn the_holdout_has_the_visitors_below_its_share() {
    for id in (0..200).map(|number| format!("visitor-{number}")) {
        let at = (0..10_000_u16).find(|at| (f64::from(*at) / 10_000.0 - place("holdout", &id)).abs() < 1e-9).unwrap();
        assert!(!is_held_out(&id, at), "{id} at {at}");
        assert!(is_held_out(&id, at + 1), "{id} at {at}");
    }
}
