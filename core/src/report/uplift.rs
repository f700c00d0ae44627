//! What a goal's treatments changed: people who were treated against people who were held out.

use serde::Serialize;

use super::{get, ratio};
use crate::facts::{Figures, Metric};

/// The standard normal distribution's 97.5 % point: 95 % lie within so many standard errors.
const Z: f64 = 1.959_963_984_540_054;

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
    /// Lower and upper end of its 95 % interval; absent where nobody of a group converts, or everybody of both: there is
    /// nothing to estimate a spread from.
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
        let rates = ratio(treated_converted, treated).zip(ratio(control_converted, control));
        let rates = rates.filter(|(_, control)| *control > 0.0);
        #[expect(clippy::cast_precision_loss, reason = "for people; counts stay far below 2^53")]
        let incremental =
            ratio(treated, control).map(|share| treated_converted as f64 - control_converted as f64 * share);
        Uplift {
            counts: self,
            uplift: rates.map(|(treated, control)| (treated - control) / control),
            interval: rates.and_then(|rates| interval(rates, treated, control)),
            incremental,
        }
    }
}

/// The interval of the percent change between two independent proportions `p` of `n` and `q` of `m`, by the delta method:
/// the variance of `p / q` is about `p (1 - p) / (n q^2) + p^2 q (1 - q) / (m q^4)` (Deng, Knoblich and Lu, "Applying the
/// Delta Method in Metric Analytics", KDD 2018, section 2, with the variances of proportions;
/// <https://arxiv.org/abs/1803.06336>).
fn interval((p, q): (f64, f64), n: i128, m: i128) -> Option<[f64; 2]> {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    let (n, m) = (n as f64, m as f64);
    let variance = p * (1.0 - p) / (n * q.powi(2)) + p.powi(2) * (1.0 - q) / (m * q.powi(3));
    let change = p / q - 1.0;
    let reach = Z * variance.sqrt();
    (p > 0.0 && variance > 0.0).then_some([change - reach, change + reach])
}
