//! The chart of a rate over days, as SVG: a pure function from points to markup.
//!
//! Everything is placed in per cents of the box, so the chart fills any width while its letters keep their size. Lines alone are
//! stretched, inside a nested `svg`. No script: a column over each day shows its figures in the browser's own tooltip.
//! Variants differ in colour and in the shape of their mark, so the chart can be read without seeing colours.

use maud::{Markup, html};

/// As many variants as have a colour and a mark of their own; the next begin again.
pub const STYLES: usize = 5;

/// Circle, square, diamond, triangle, cross, each in a box of 12.
const MARKS: [&str; STYLES] = [
    "M6 1a5 5 0 1 0 0 10a5 5 0 1 0 0-10z",
    "M1.5 1.5h9v9h-9z",
    "M6 0l6 6-6 6-6-6z",
    "M6 .5l6 10.5H0z",
    "M4 0h4v4h4v4H8v4H4V8H0V4h4z",
];

/// Where the first and the last day stand, and the top and the foot of the plot, in per cent of the box.
const LEFT: f64 = 10.0;
const RIGHT: f64 = 98.0;
const TOP: f64 = 8.0;
const FOOT: f64 = 88.0;

/// One variant's rate by day.
#[derive(Debug, Clone)]
pub struct Line {
    /// What the legend calls it.
    pub name: String,
    /// A share between 0 and 1 a day; `None` while there is nothing to divide by.
    pub shares: Vec<Option<f64>>,
}

/// `part / whole` as a point; `None` where there is nothing to divide by.
#[expect(clippy::cast_precision_loss, reason = "a place in a picture, not a figure")]
pub fn share(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mark of the variant with this place among the variants, for legends and tables.
pub fn mark(variant: usize) -> Markup {
    html! {
        svg class={ "mark v" (variant % STYLES) } viewBox="0 0 12 12" aria-hidden="true" { path d=(MARKS[variant % STYLES]) {} }
    }
}

/// The same within a picture, in the middle of a place in per cent of the box.
pub fn mark_at(variant: usize, x: f64, y: f64) -> Markup {
    html! {
        svg class={ "mark v" (variant % STYLES) } x=(per_cent(x)) y=(per_cent(y)) {
            path transform="translate(-6 -6)" d=(MARKS[variant % STYLES]) {}
        }
    }
}

/// The legend: each line's mark and name.
pub fn legend(lines: &[Line]) -> Markup {
    html! {
        ul.legend {
            @for (index, line) in lines.iter().enumerate() { li.variant { (mark(index)) (line.name) } }
        }
    }
}

/// The chart. `days` are the labels of the days, one for each point of every line; `title` says what is drawn.
pub fn chart(title: &str, days: &[String], lines: &[Line]) -> Markup {
    let highest = lines.iter().flat_map(|line| &line.shares).flatten().copied().fold(0.0, f64::max);
    let scale = Scale::reaching(highest);
    let last = days.len().saturating_sub(1);
    html! {
        svg.chart role="img" aria-label=(title) {
            @for tick in scale.ticks() {
                line.grid x1="0" x2="100%" y1=(per_cent(scale.y(tick))) y2=(per_cent(scale.y(tick))) {}
            }
            @for (place, day) in labelled(days.len()).into_iter().enumerate() {
                // Five have no room on a phone.
                text.between[place % 2 == 1 && last > 3] x=(per_cent(x(day, days.len()))) y="99%" text-anchor=(anchor(day, last)) {
                    (days[day])
                }
            }
            svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" {
                @for (index, line) in lines.iter().enumerate() {
                    polyline class={ "line v" (index % STYLES) } points=(points(line, &scale)) {}
                }
            }
            @for (index, line) in lines.iter().enumerate() {
                @if let Some((day, share)) = ends(line) {
                    (mark_at(index, x(day, days.len()), scale.y(share)))
                }
            }
            // After the lines, so that no line crosses a label.
            @for tick in scale.ticks() { text x="0" y=(per_cent(scale.y(tick))) dy="-4" { (scale.label(tick)) } }
            @for (day, label) in days.iter().enumerate() { (column(day, label, days.len(), lines, &scale)) }
        }
    }
}

/// What lies over one day: its figures as a tooltip, and under the pointer a line with a dot for each variant.
fn column(day: usize, label: &str, days: usize, lines: &[Line], scale: &Scale) -> Markup {
    let shares = lines.iter().map(|line| line.shares.get(day).copied().flatten());
    let figures: Vec<_> = lines
        .iter()
        .zip(shares.clone())
        .map(|(line, share)| {
            share.map_or(format!("{}: –", line.name), |share| format!("{}: {:.1} %", line.name, share * 100.0))
        })
        .collect();
    let here = x(day, days);
    let half = if days > 1 { (x(1, days) - x(0, days)) / 2.0 } else { 50.0 };
    let (from, to) = ((here - half).max(0.0), (here + half).min(100.0));
    html! {
        g.day {
            title { (label) "\n" (figures.join("\n")) }
            rect x=(per_cent(from)) y="0" width=(per_cent(to - from)) height="92%" {}
            line x1=(per_cent(here)) x2=(per_cent(here)) y1=(per_cent(TOP)) y2=(per_cent(FOOT)) {}
            @for (index, share) in shares.enumerate() {
                @if let Some(share) = share {
                    circle class={ "v" (index % STYLES) } cx=(per_cent(here)) cy=(per_cent(scale.y(share))) r="4" {}
                }
            }
        }
    }
}

/// The axis of shares: from zero to a round number at or above the highest.
#[derive(Debug, PartialEq)]
struct Scale {
    step: f64,
    steps: u32,
}

impl Scale {
    /// At most five steps of 1, 2 or 5 times a power of ten; one of a per cent when there is nothing to reach.
    fn reaching(highest: f64) -> Self {
        const STEPS: [f64; 11] = [0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
        if highest <= 0.0 {
            return Self { step: 0.01, steps: 1 };
        }
        // A hair of tolerance: 0.3 is three steps of 0.1, whatever binary floating point says.
        let reached = |steps: u32, step: f64| f64::from(steps) * step + 1e-9 >= highest;
        let step = STEPS.into_iter().find(|&step| reached(5, step)).unwrap_or(0.2);
        Self { step, steps: (1..5).find(|&steps| reached(steps, step)).unwrap_or(5) }
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let step = self.step;
        (0..=self.steps).map(move |tick| f64::from(tick) * step)
    }

    /// With as many decimals as the step needs: `4 %`, `0.5 %`, `0.02 %`.
    fn label(&self, share: f64) -> String {
        let decimals = [0.01, 0.001].iter().filter(|&&least| self.step + 1e-9 < least).count();
        format!("{:.decimals$}\u{a0}%", share * 100.0)
    }

    fn y(&self, share: f64) -> f64 {
        FOOT - share / (self.step * f64::from(self.steps)) * (FOOT - TOP)
    }
}

/// Where a day stands; a single day stands in the middle.
#[expect(clippy::cast_precision_loss, reason = "a chart has a few hundred days at most")]
fn x(day: usize, days: usize) -> f64 {
    if days > 1 { LEFT + (RIGHT - LEFT) * day as f64 / (days - 1) as f64 } else { f64::midpoint(LEFT, RIGHT) }
}

/// The days that get a label: at most five, evenly spread, the first and the last among them.
fn labelled(days: usize) -> Vec<usize> {
    let gaps = days.saturating_sub(1).min(4);
    if gaps == 0 {
        return (0..days).collect();
    }
    (0..=gaps).map(|label| (label * (days - 1) * 2 + gaps) / (gaps * 2)).collect()
}

/// The first label begins and the last ends under its day, so that neither leaves the box.
fn anchor(day: usize, last: usize) -> &'static str {
    match day {
        _ if last == 0 => "middle",
        0 => "start",
        day if day == last => "end",
        _ => "middle",
    }
}

fn points(line: &Line, scale: &Scale) -> String {
    let days = line.shares.len();
    let known = line.shares.iter().enumerate().filter_map(|(day, share)| Some((day, (*share)?)));
    known.map(|(day, share)| format!("{:.2},{:.2}", x(day, days), scale.y(share))).collect::<Vec<_>>().join(" ")
}

/// The last day of which the line knows something.
fn ends(line: &Line) -> Option<(usize, f64)> {
    line.shares.iter().enumerate().rev().find_map(|(day, share)| Some((day, (*share)?)))
}

/// A place in per cent of the box, as SVG has it.
pub fn per_cent(place: f64) -> String {
    format!("{place:.2}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_on_a_round_number_at_or_above_the_highest_share() {
        for (highest, labels) in [
            (0.0, "0 % 1 %"),
            (0.031, "0 % 1 % 2 % 3 % 4 %"),
            (0.3, "0 % 10 % 20 % 30 %"),
            (0.05, "0 % 1 % 2 % 3 % 4 % 5 %"),
            (0.012, "0.0 % 0.5 % 1.0 % 1.5 %"),
            (1.0, "0 % 20 % 40 % 60 % 80 % 100 %"),
        ] {
            let scale = Scale::reaching(highest);
            let shown: Vec<_> = scale.ticks().map(|tick| scale.label(tick).replace('\u{a0}', " ")).collect();
            assert_eq!(shown.join(" "), labels, "up to {highest}");
        }
    }

    #[test]
    fn no_point_leaves_the_plot() {
        for thousandths in 0..=1_000 {
            let share = f64::from(thousandths) / 1_000.0;
            let y = Scale::reaching(share).y(share);
            assert!((TOP - 1e-6..=FOOT).contains(&y), "{share} stands at {y}");
        }
    }

    #[test]
    fn the_first_and_the_last_day_are_labelled_and_at_most_five() {
        for (days, places) in
            [(0, vec![]), (1, vec![0]), (2, vec![0, 1]), (3, vec![0, 1, 2]), (30, vec![0, 7, 15, 22, 29])]
        {
            assert_eq!(labelled(days), places, "{days} days");
        }
    }

    #[test]
    fn a_line_begins_on_the_first_day_of_which_something_is_known() {
        let line = Line { name: "b".into(), shares: vec![None, Some(0.0), Some(0.5)] };
        assert_eq!(points(&line, &Scale { step: 0.5, steps: 1 }), "54.00,88.00 98.00,8.00");
        assert_eq!(ends(&line), Some((2, 0.5)));
    }

    #[test]
    fn a_variant_named_like_markup_stays_text() {
        let line = Line { name: "<b>".into(), shares: vec![Some(0.1)] };
        let drawn = chart("Rate & <rate>", &["3 Nov".into()], &[line]).into_string();
        assert!(drawn.contains("&lt;b&gt;") && !drawn.contains("<b>"), "{drawn}");
    }

    /// HTML knows no void elements in SVG: an element left open swallows what follows.
    #[test]
    fn every_element_of_a_chart_is_closed() {
        let lines = [Line { name: "b".into(), shares: vec![Some(0.1), Some(0.2)] }];
        let drawn = chart("Rate", &["3 Nov".into(), "4 Nov".into()], &lines).into_string() + &mark(0).into_string();
        for element in ["svg", "g", "path", "line", "polyline", "rect", "circle", "text", "title"] {
            let opened =
                drawn.matches(&format!("<{element} ")).count() + drawn.matches(&format!("<{element}>")).count();
            let closed = drawn.matches(&format!("</{element}>")).count();
            assert!(opened > 0 && opened == closed, "{element}: {opened} opened, {closed} closed in {drawn}");
        }
    }

    #[test]
    fn a_chart_without_days_is_still_a_chart() {
        assert!(chart("Rate", &[], &[]).into_string().starts_with("<svg"));
    }
}
