//! What a goal's treatments changed: people who were treated against people who were held out.

use serde::Serialize;

use super::{get, ratio};
use crate::config::Direction;
use crate::facts::{Figures, Metric};
use crate::statistics::{Figure, Settings, compare};

/// The interval holds the truth but for this chance.
const ALPHA: f64 = 0.05;

/// People in both groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpliftCounts {
    /// People with a receipt, none of whose visitors is held out.
    pub treated: i128,
    /// Those with a credited value event.
    pub treated_converted: i128,
    /// People all of whose visitors are held out.
    pub control: i128,
    /// Those with any value event.
    pub control_converted: i128,
}

/// People treated against people held out, since the goal was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Uplift {
    /// How many.
    #[serde(flatten)]
    pub counts: UpliftCounts,
    /// `(treated rate - control rate) / control rate`; absent without people treated and a control that converts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uplift: Option<f64>,
    /// Lower and upper end of its 95 % interval; absent where nobody or everybody of a group converts: there is nothing to
    /// estimate a spread from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// `treated_converted - control_converted * treated / control`; absent without a control.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<f64>,
}

impl UpliftCounts {
    pub(super) fn of(figures: &Figures) -> Self {
        Self {
            treated: get(figures, Metric::Treated),
            treated_converted: get(figures, Metric::TreatedConverted),
            control: get(figures, Metric::Control),
            control_converted: get(figures, Metric::ControlConverted),
        }
    }

    /// What follows from the counts.
    pub fn uplift(self) -> Uplift {
        let Self { treated, treated_converted, control, control_converted } = self;
        let settings = Settings { alpha: ALPHA, direction: Direction::Increase, prior: None };
        let [held_out, reached] = [(control, control_converted), (treated, treated_converted)]
            .map(|(units, successes)| Figure::Share { units, successes });
        let effect = compare(&held_out, &reached, &settings).relative;
        #[expect(clippy::cast_precision_loss, reason = "for people; counts stay far below 2^53")]
        let incremental =
            ratio(treated, control).map(|share| treated_converted as f64 - control_converted as f64 * share);
        Uplift {
            counts: self,
            uplift: effect.map(|effect| effect.value),
            interval: effect.and_then(|effect| effect.interval),
            incremental,
        }
    }
}
