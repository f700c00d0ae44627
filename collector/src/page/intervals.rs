//! Intervals of relative effects, drawn one below the other on one scale: a bar from end to end, the estimate on it as the
//! variant's mark, and a line where there is no difference.
//!
//! Each row is a box of its own beside its words, so that on a phone the words stand above the bar. Everything is placed in
//! per cents, as in `chart.rs`.

use maud::{Markup, html};

use super::chart::{STYLES, mark_at, per_cent};
use super::{layout, number};

/// A challenger's effect on a goal.
#[derive(Debug, Clone)]
pub struct Row {
    /// Place of the variant.
    pub place: usize,
    /// Name of the variant.
    pub name: String,
    /// The relative effect; absent where nothing can be said of it, and the words say why.
    pub value: Option<f64>,
    /// What it lies in; absent where there is nothing to tell it from.
    pub interval: Option<[f64; 2]>,
    /// The same in words.
    pub words: String,
}

/// Ends of the scale within the box, in per cent: room for the outermost labels.
const LEFT: f64 = 3.0;
const RIGHT: f64 = 97.0;
/// At most so many steps, so that labels have room on a phone.
const MOST_STEPS: f64 = 4.0;

/// The rows with their scale. `says` shows the words as well, not only to those who cannot see the bars.
pub fn intervals(rows: &[Row], says: bool) -> Markup {
    let scale = Scale::of(rows);
    html! {
        div.intervals {
            @for row in rows {
                div.interval {
                    div.head { (layout::variant(row.place, &row.name, "")) }
                    @if let Some(value) = row.value {
                        (bar(row, value, &scale))
                        div.tail {
                            b { (number::change(value)) }
                            @if let Some([lower, upper]) = row.interval {
                                small { (number::change(lower)) " to " (number::change(upper)) }
                            }
                        }
                    } @else { p.soft { (row.words) } }
                }
            }
            @if rows.iter().any(|row| row.value.is_some()) {
                div.interval {
                    svg.axis aria-hidden="true" {
                        @for (place, tick) in scale.ticks().iter().enumerate() {
                            text x=(per_cent(scale.x(*tick))) y="75%" text-anchor=(anchor(place, scale.steps)) {
                                (scale.label(*tick))
                            }
                        }
                    }
                }
            }
            @for row in rows.iter().filter(|row| says && row.value.is_some()) {
                p.soft { @if rows.len() > 1 { (row.name) ": " } (row.words) }
            }
        }
    }
}

fn bar(row: &Row, value: f64, scale: &Scale) -> Markup {
    html! {
        svg.span role="img" aria-label={ (row.name) ": " (row.words) } {
            title { (row.name) ": " (row.words) }
            @for tick in scale.ticks() {
                line class=(if tick.abs() < scale.step / 2.0 { "zero" } else { "grid" })
                    x1=(per_cent(scale.x(tick))) x2=(per_cent(scale.x(tick))) y1="0" y2="100%" {}
            }
            @if let Some([lower, upper]) = row.interval {
                line class={ "reach v" (row.place % STYLES) }
                    x1=(per_cent(scale.x(lower))) x2=(per_cent(scale.x(upper))) y1="50%" y2="50%" {}
                @for end in [lower, upper] {
                    line class={ "end v" (row.place % STYLES) }
                        x1=(per_cent(scale.x(end))) x2=(per_cent(scale.x(end))) y1="30%" y2="70%" {}
                }
            }
            (mark_at(row.place, scale.x(value), 50.0))
        }
    }
}

/// From a round number below everything to one above, zero among them.
#[derive(Debug, PartialEq)]
struct Scale {
    first: f64,
    step: f64,
    steps: usize,
}

impl Scale {
    fn of(rows: &[Row]) -> Self {
        let places = || rows.iter().flat_map(|row| row.interval.into_iter().flatten().chain(row.value));
        let (low, high) = (places().fold(0.0, f64::min), places().fold(0.0, f64::max));
        // Where nothing is known, or all is zero, one per cent to either side.
        let (low, high) = if high > low { (low, high) } else { (-0.01, 0.01) };
        let mut step = 0.001;
        for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
            // A hair of tolerance: three steps of 0.1 are 0.3, whatever binary floating point says.
            let steps = ((high - 1e-9) / step).ceil() - ((low + 1e-9) / step).floor();
            if steps <= MOST_STEPS {
                break;
            }
            step *= factor;
        }
        let first = ((low + 1e-9) / step).floor();
        let last = ((high - 1e-9) / step).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "one to four")]
        let steps = (last - first) as usize;
        Self { first: first * step, step, steps }
    }

    #[expect(clippy::cast_precision_loss, reason = "one to four")]
    fn ticks(&self) -> Vec<f64> {
        (0..=self.steps).map(|tick| self.first + self.step * tick as f64).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "one to four")]
    fn x(&self, effect: f64) -> f64 {
        LEFT + (effect - self.first) / (self.step * self.steps as f64) * (RIGHT - LEFT)
    }

    /// With a decimal where steps are less than a per cent: `−20 %`, `0 %`, `+0.5 %`.
    fn label(&self, effect: f64) -> String {
        let decimals = usize::from(self.step + 1e-9 < 0.01);
        let sign = if effect > self.step / 2.0 {
            "+"
        } else if effect < -self.step / 2.0 {
            "−"
        } else {
            ""
        };
        format!("{sign}{:.decimals$}\u{a0}%", effect.abs() * 100.0)
    }
}

/// The first label begins and the last ends at its tick, so that neither leaves the box.
fn anchor(place: usize, last: usize) -> &'static str {
    match place {
        0 => "start",
        place if place == last => "end",
        _ => "middle",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: impl Into<Option<f64>>, interval: Option<[f64; 2]>) -> Row {
        Row { place: 1, name: "<b>".into(), value: value.into(), interval, words: "more & more".into() }
    }

    #[test]
    fn a_scale_holds_every_interval_and_zero_and_has_round_steps() {
        for (interval, labels) in [
            ([0.041, 0.205], "0 % +10 % +20 % +30 %"),
            ([-0.137, 0.717], "−50 % 0 % +50 % +100 %"),
            ([-0.31, -0.12], "−40 % −30 % −20 % −10 % 0 %"),
            ([-0.002, 0.001], "−0.2 % −0.1 % 0.0 % +0.1 %"),
            ([-3.0, 9.0], "−500 % 0 % +500 % +1000 %"),
            ([0.0, 0.0], "−1.0 % −0.5 % 0.0 % +0.5 % +1.0 %"),
        ] {
            let scale = Scale::of(&[row(interval[0], Some(interval))]);
            let shown: Vec<_> = scale.ticks().iter().map(|tick| scale.label(*tick).replace('\u{a0}', " ")).collect();
            assert_eq!(shown.join(" "), labels, "{interval:?}");
            for end in interval {
                assert!((LEFT - 1e-6..=RIGHT + 1e-6).contains(&scale.x(end)), "{end} stands at {}", scale.x(end));
            }
        }
    }

    #[test]
    fn what_is_drawn_is_said_as_well() {
        let drawn = intervals(&[row(0.1, Some([0.0, 0.2]))], false).into_string();
        assert!(drawn.contains(r#"aria-label="&lt;b&gt;: more &amp; more""#), "{drawn}");
        assert!(drawn.contains("<b>+10.0\u{a0}%</b>") && drawn.contains(r#"class="zero""#), "{drawn}");
    }

    #[test]
    fn an_effect_without_an_interval_is_a_mark_alone() {
        let drawn = intervals(&[row(-1.0, None)], true).into_string();
        assert!(!drawn.contains("reach") && drawn.contains("mark v1"), "{drawn}");
        assert!(drawn.contains("<p class=\"soft\">more &amp; more</p>"), "{drawn}");
    }

    #[test]
    fn where_nothing_can_be_said_the_words_say_why() {
        let drawn = intervals(&[row(None, None)], false).into_string();
        assert!(
            !drawn.contains("<svg class=\"span") && drawn.contains("<p class=\"soft\">more &amp; more</p>"),
            "{drawn}"
        );
    }

    /// HTML knows no void elements in SVG: an element left open swallows what follows.
    #[test]
    fn every_element_is_closed() {
        let drawn = intervals(&[row(0.1, Some([0.0, 0.2]))], true).into_string();
        for element in ["svg", "line", "path", "text", "title", "div", "p"] {
            let opened =
                drawn.matches(&format!("<{element} ")).count() + drawn.matches(&format!("<{element}>")).count();
            let closed = drawn.matches(&format!("</{element}>")).count();
            assert!(opened > 0 && opened == closed, "{element}: {opened} opened, {closed} closed in {drawn}");
        }
    }
}
