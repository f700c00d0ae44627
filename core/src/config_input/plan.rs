//! How an experiment is to be decided, as the API is told.

use serde::Deserialize;
use serde_json::Value;

use super::{InputError, field, require};
use crate::config::{After, Bandit, Direction, Experiment, Guardrail, Method, Plan, Prior};
use crate::money::{self, Currency, decimal};
#[cfg(feature = "schema")]
use crate::schema;
use crate::time::{DAY, HOUR, Millis};

/// How an experiment is decided. What is absent is the default, whatever it was before.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// Which test decides; `fixed` unless given.
    method: Option<Method>,
    /// What the control's rate is thought to be; 0.02 unless given.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0001, max = 0.9999)))]
    base_rate: Option<f64>,
    /// The smallest relative effect worth finding; 0.2 unless given. With it the base rate stays between 0 and 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0001, max = 10)))]
    smallest_effect: Option<f64>,
    /// Two-sided confidence; 0.95 unless given.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.5, max = 0.9999)))]
    confidence: Option<f64>,
    /// The chance to find the smallest effect; 0.8 unless given.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.5, max = 0.9999)))]
    power: Option<f64>,
    /// What is believed of the relative uplift beforehand, of the Bayesian method.
    prior: Option<Prior>,
    /// The most that one unit's revenue counts in tests, in the site's currency: `"500.00"` or `500`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Price>"))]
    revenue_cap: Option<Value>,
    /// What the collector does about a first winner; `keep_running` unless given.
    after: Option<After>,
    /// Shares follow the primary goal's figures.
    bandit: Option<NewBandit>,
}

/// Shares that follow the primary goal's figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct NewBandit {
    /// The least share of each variant: 0.05 unless given, at most one by the number of variants.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 0.5)))]
    floor: Option<f64>,
    /// How often shares are computed anew, ms: a day unless given.
    #[cfg_attr(feature = "schema", schemars(range(min = 3_600_000_i64, max = 2_592_000_000_i64)))]
    every_ms: Option<Millis>,
}

/// A secondary goal that must not get worse.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct NewGuardrail {
    /// How much worse than the control's it may be, relative: 0.05 is 5 %.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    tolerance: f64,
    /// A breach ends the experiment.
    #[serde(default)]
    stops: bool,
}

impl NewPlan {
    /// The plan of an experiment, whose variants and goals are there.
    pub(super) fn into_plan(self, experiment: &Experiment, currency: Currency) -> Result<Plan, InputError> {
        let default = Plan::default();
        let plan = Plan {
            method: self.method.unwrap_or(default.method),
            base_rate: within("base_rate", self.base_rate.unwrap_or(default.base_rate), (0.0001, 0.9999))?,
            smallest_effect: within(
                "smallest_effect",
                self.smallest_effect.unwrap_or(default.smallest_effect),
                (0.0001, 10.0),
            )?,
            confidence: within("confidence", self.confidence.unwrap_or(default.confidence), (0.5, 0.9999))?,
            power: within("power", self.power.unwrap_or(default.power), (0.5, 0.9999))?,
            prior: self.prior,
            revenue_cap: self.revenue_cap.map(|given| revenue_cap(&given, currency)).transpose()?,
            after: self.after.unwrap_or(default.after),
            bandit: self.bandit.map(|NewBandit { floor, every_ms }| Bandit {
                floor: floor.unwrap_or(Bandit::default().floor),
                every_ms: every_ms.unwrap_or(Bandit::default().every_ms),
            }),
        };
        let direction = experiment.goals.first().map(|goal| goal.direction).unwrap_or_default();
        let factor =
            if direction == Direction::Decrease { 1.0 - plan.smallest_effect } else { 1.0 + plan.smallest_effect };
        let is_rate = (0.0..1.0).contains(&(plan.base_rate * factor)) && factor > 0.0;
        require(is_rate, "plan.smallest_effect", "such that the base rate with it stays between 0 and 1")?;
        if let Some(Prior { mean, deviation }) = plan.prior {
            require(plan.method == Method::Bayesian, "plan.prior", "given for the Bayesian method only")?;
            within("prior.mean", mean, (-1.0, 10.0))?;
            within("prior.deviation", deviation, (0.0001, 10.0))?;
        }
        if let Some(bandit) = plan.bandit {
            self::bandit(bandit, &plan, experiment.variants.len())?;
        }
        Ok(plan)
    }
}

fn bandit(bandit: Bandit, plan: &Plan, variants: usize) -> Result<(), InputError> {
    #[expect(clippy::cast_precision_loss, reason = "at most 20")]
    let is_room = bandit.floor >= 0.0 && bandit.floor * variants as f64 <= 1.0;
    require(is_room, "plan.bandit.floor", "0 to 1 by the number of variants")?;
    let is_often = (HOUR..=30 * DAY).contains(&bandit.every_ms);
    require(is_often, "plan.bandit.every_ms", "3600000 to 2592000000 ms (an hour to 30 days)")?;
    require(plan.after == After::KeepRunning, "plan.after", "keep_running: a bandit has no winner")
}

/// The guardrail of a goal that is the experiment's next: the primary decides and guards nothing, and a running test's rules stay.
/// `place` is the goal's in the call.
pub(super) fn guardrail(
    place: usize,
    experiment: &Experiment,
    given: Option<NewGuardrail>,
) -> Result<Option<Guardrail>, InputError> {
    let name = format!("goals[{place}].guardrail");
    let Some(NewGuardrail { tolerance, stops }) = given else { return Ok(None) };
    require(!experiment.goals.is_empty(), &name, "given for secondary goals only")?;
    require((0.0..=1.0).contains(&tolerance), &format!("{name}.tolerance"), "0 to 1")?;
    if experiment.started_at.is_some() {
        return Err(InputError::Fixed(name));
    }
    Ok(Some(Guardrail { tolerance, stops }))
}

fn within(name: &str, value: f64, (least, most): (f64, f64)) -> Result<f64, InputError> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(field(&format!("plan.{name}"), &format!("{least} to {most}")))
}

/// An amount above nothing, as the text that is kept.
fn revenue_cap(given: &Value, currency: Currency) -> Result<String, InputError> {
    let text = match given {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let amount = money::parse(&text, currency).filter(|amount| amount.minor > 0);
    let limit = "an amount of the site's currency above 0, as decimal text or a number";
    let amount = amount.ok_or_else(|| field("plan.revenue_cap", limit))?;
    Ok(decimal(amount.minor.into(), currency))
}
