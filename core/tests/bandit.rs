//! A bandit's shares: the chance of each variant to be the best.

use tributary_core::bandit::weights;
use tributary_core::config::Direction::{Decrease, Increase};
use tributary_core::statistics::Figure;

fn shares(cells: &[(i128, i128)]) -> Vec<Figure> {
    cells.iter().map(|(units, successes)| Figure::Share { units: *units, successes: *successes }).collect()
}

/// Each unit earned this or the double, in equal parts.
fn earning(units: i128, least: i128) -> Figure {
    Figure::Mean { units, sum: units / 2 * 3 * least, sum_of_squares: units / 2 * 5 * least * least }
}

#[test]
fn shares_are_the_chance_to_be_the_best() {
    // Two Beta distributions, (3, 9) and (6, 6): the second is greater with chance 0.9087.
    let two = weights(&shares(&[(10, 2), (10, 5)]), Increase, 0);
    assert!((9_086..=9_088).contains(&two[1]), "{two:?}");
    let far = weights(&shares(&[(10_000, 200), (10_000, 400)]), Increase, 0);
    assert_eq!(far, [0, 10_000]);
}

#[test]
fn nobody_knows_anything_yet_so_shares_are_equal() {
    let rows: &[(&str, Vec<Figure>, &[u16])] = &[
        ("nobody", shares(&[(0, 0), (0, 0)]), &[5_000, 5_000]),
        ("nobody in one", shares(&[(100, 50), (0, 0), (100, 2)]), &[3_334, 3_333, 3_333]),
        ("nobody converted", shares(&[(50, 0), (50, 0)]), &[5_000, 5_000]),
        ("nobody bought", vec![earning(100, 0); 4], &[2_500; 4]),
        ("one variant", shares(&[(10, 1)]), &[10_000]),
        ("none", Vec::new(), &[]),
    ];
    for (name, figures, expected) in rows {
        assert_eq!(weights(figures, Increase, 500), *expected, "{name}");
    }
}

#[test]
fn no_variant_gets_less_than_the_floor_and_all_add_up() {
    let figures = shares(&[(10_000, 200), (10_000, 400), (10_000, 150)]);
    assert_eq!(weights(&figures, Increase, 500), [500, 9_000, 500]);
    assert_eq!(weights(&figures, Increase, 9_999), [3_333, 3_334, 3_333], "a floor above equal shares is equal shares");
}

#[test]
fn a_goal_that_should_decrease_gives_more_to_less() {
    let figures = shares(&[(1_000, 400), (1_000, 350)]);
    let (more, less) = (weights(&figures, Increase, 0), weights(&figures, Decrease, 0));
    assert!(more[0] > 9_500 && less[1] > 9_500, "{more:?} {less:?}");
    assert!(more[0].abs_diff(less[1]) < 5);
}

#[test]
fn revenue_goes_by_what_units_earn() {
    let figures = [earning(1_000, 1_000), earning(1_000, 1_020), earning(1_000, 900)];
    let weights = weights(&figures, Increase, 0);
    // 1,500 and 1,530 with a standard error of 15.8 and 16.1: the second is greater with chance Phi(1.33) = 0.908.
    assert!((9_070..=9_100).contains(&weights[1]) && weights[2] < 5, "{weights:?}");
}

#[test]
fn a_variant_without_a_sale_has_the_spread_of_the_others() {
    let sold = Figure::Mean { units: 100, sum: 5_000, sum_of_squares: 25_000_000 };
    let unsold = Figure::Mean { units: 100, sum: 0, sum_of_squares: 0 };
    let weights = weights(&[sold, unsold], Increase, 0);
    assert!((7_000..9_000).contains(&weights[0]), "one sale of a hundred is no proof: {weights:?}");
}

#[test]
fn millions_of_units_are_told_apart_as_well_as_ten() {
    let figures = shares(&[(50_000_000, 1_000_000), (50_000_000, 1_001_400)]);
    // A difference of 0.0028 % of 2 % with a standard error of 0.0028 %: Phi(1.0).
    let weights = weights(&figures, Increase, 0);
    assert!((8_380..=8_450).contains(&weights[1]), "{weights:?}");
}
