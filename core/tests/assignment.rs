//! Assignment agrees with GrowthBook to the last visitor (`scripts/make-assignment-vectors.mjs` asked it).

use serde::Deserialize;
use std::collections::BTreeMap;
use tributary_core::assignment::{assign, place};

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
