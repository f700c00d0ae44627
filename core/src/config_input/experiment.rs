//! Experiments: made, started, paused, changed while they run, stopped.

use serde::Deserialize;
use serde_json::Value;

use super::outcome::{end, end_rollout};
use super::plan::{NewGuardrail, NewPlan, guardrail};
use super::{
    FULL_SHARE, InputError, MAX_EXPERIMENTS, MAX_GOALS, MAX_REVENUE_CELLS, MAX_VARIANTS, OLDEST_START, condition,
    duration, event_name, field, key, number_after, require, share, text, unique,
};
use crate::config::{
    Address, Allocation, Change, Config, Decides, Direction, Experiment, Goal, GoalKind, Namespace, Per, Plan, Unit,
    UrlOperator, Variant, Version,
};
use crate::judge::pattern;
use crate::money::Currency;
#[cfg(feature = "schema")]
use crate::schema;
use crate::time::Millis;

/// `POST /v1/sites/{site}/experiments`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewExperiment {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    /// What the hash starts from; the key unless given, as `GrowthBook` has it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    seed: Option<String>,
    #[serde(default)]
    unit: Unit,
    namespace: Option<NewNamespace>,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Condition>"))]
    condition: Option<Value>,
    #[serde(default = "one")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::Share"))]
    coverage: f64,
    #[cfg_attr(feature = "schema", schemars(length(min = 2, max = MAX_VARIANTS)))]
    variants: Vec<NewVariant>,
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_GOALS)))]
    goals: Vec<NewGoal>,
    /// How it is decided; fixed by the call that starts it.
    plan: Option<NewPlan>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct NewNamespace {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
    id: String,
    #[cfg_attr(feature = "schema", schemars(with = "[schema::Share; 2]"))]
    range: [f64; 2],
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct NewVariant {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Share>"))]
    weight: Option<f64>,
    /// What it changes in the page by itself; the control changes nothing.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = super::MAX_CHANGES)))]
    changes: Vec<Change>,
}

/// A goal of an experiment. Unknown fields are passed over.
// serde cannot tell them apart in a flattened enum.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct NewGoal {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    #[serde(flatten)]
    kind: GoalKind,
    #[serde(default)]
    direction: Direction,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Duration>"))]
    window_ms: Option<Millis>,
    #[serde(default)]
    per: Per,
    decides: Option<Decides>,
    /// A secondary goal that must not get worse: one that does stops a variant from winning.
    guardrail: Option<NewGuardrail>,
}

/// `POST /v1/sites/{site}/experiments/{key}/start`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExperimentStart {
    /// When the run starts, ms: now unless given. It may lie at most 400 days in the past or ahead.
    pub at: Option<Millis>,
}

/// `PATCH /v1/sites/{site}/experiments/{key}`: what is absent stays. Who was exposed keeps its variant.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExperimentChange {
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Share>"))]
    coverage: Option<f64>,
    /// Shares of all variants, in their order.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<schema::Share>>"))]
    weights: Option<Vec<f64>>,
    /// Goals to add. Those of a running experiment have their own denominator: units first exposed from now on.
    goals: Option<Vec<NewGoal>>,
    /// How it is decided, as a whole: what is absent in it is the default. Fixed by the call that starts the experiment.
    plan: Option<NewPlan>,
}

fn one() -> f64 {
    1.0
}

impl Config {
    /// The next version, with one more experiment, a draft.
    pub fn with_experiment(&self, new: NewExperiment) -> Result<Self, InputError> {
        require(self.experiments.len() < MAX_EXPERIMENTS, "experiments", "at most 500 a site")?;
        if self.experiment(&new.key).is_some() {
            return Err(InputError::Conflict("there is an experiment with this key already"));
        }
        let mut next = self.next();
        let number = number_after(self.experiments.iter().map(|experiment| experiment.number));
        next.experiments.push(new.into_experiment(number, self.currency)?);
        next.checked()
    }

    /// The next version, with an experiment running from `at` (now unless given; it may lie in the past).
    pub fn with_start(&self, key: &str, at: Option<Millis>, now: Millis) -> Result<Self, InputError> {
        let at = at.unwrap_or(now);
        require(at >= now - OLDEST_START, "at", "at most 400 days in the past")?;
        require(at <= now + OLDEST_START, "at", "at most 400 days ahead")?;
        self.with_experiment_changed(key, |experiment, version| {
            if experiment.started_at.is_some() {
                return Err(InputError::Conflict("the experiment was started already"));
            }
            experiment.started_at = Some(at);
            experiment.started_in = version;
            Ok(())
        })
    }

    /// The next version, with an experiment ended now; of one that has ended, with what everybody gets since.
    pub fn with_stop(&self, key: &str, now: Millis) -> Result<Self, InputError> {
        self.with_experiment_taken_back(key, |experiment, version| match (experiment.started_at, experiment.ended_at) {
            (None, _) => Err(InputError::Conflict("the experiment was not started")),
            (_, Some(_)) if end_rollout(experiment, now) => Ok(()),
            (_, Some(_)) => Err(InputError::Conflict("the experiment was stopped already")),
            (Some(_), None) => {
                end(experiment, version, now);
                Ok(())
            }
        })
    }

    /// The next version, with an experiment paused from now on: nobody is newly exposed.
    pub fn with_pause(&self, key: &str, now: Millis) -> Result<Self, InputError> {
        self.with_experiment_changed(key, |experiment, _| {
            if experiment.ended_at.is_some() || !experiment.exposes_at(now) {
                return Err(InputError::Conflict("the experiment is not running"));
            }
            require(experiment.pauses.len() < 100, "pauses", "at most 100 of a run")?;
            experiment.pauses.push((now, None));
            Ok(())
        })
    }

    /// The next version, with a paused experiment going on.
    pub fn with_resume(&self, key: &str, now: Millis) -> Result<Self, InputError> {
        self.with_experiment_changed(key, |experiment, _| match experiment.pauses.last_mut() {
            Some((_, until @ None)) if experiment.ended_at.is_none() => {
                *until = Some(now);
                Ok(())
            }
            _ => Err(InputError::Conflict("the experiment is not paused")),
        })
    }

    /// The next version, with other shares or more goals. Each change of shares is a version of the experiment.
    pub fn with_experiment_change(&self, key: &str, change: ExperimentChange, now: Millis) -> Result<Self, InputError> {
        let currency = self.currency;
        self.with_experiment_changed(key, |experiment, version| change.apply(experiment, version, (now, currency)))
    }

    fn with_experiment_changed(
        &self,
        key: &str,
        change: impl FnOnce(&mut Experiment, Version) -> Result<(), InputError>,
    ) -> Result<Self, InputError> {
        self.with_experiment_taken_back(key, change)?.checked()
    }

    /// The same for a stop and an undo, which nothing may stand in the way of: not a full configuration either.
    pub(super) fn with_experiment_taken_back(
        &self,
        key: &str,
        change: impl FnOnce(&mut Experiment, Version) -> Result<(), InputError>,
    ) -> Result<Self, InputError> {
        let mut next = self.next();
        let version = next.version;
        let experiment = next.experiments.iter_mut().find(|experiment| experiment.key == key);
        change(experiment.ok_or_else(|| InputError::UnknownExperiment(key.to_owned()))?, version)?;
        next.with_all_met()
    }
}

impl NewExperiment {
    fn into_experiment(self, number: u16, currency: Currency) -> Result<Experiment, InputError> {
        key("key", &self.key)?;
        let name = self.name.unwrap_or_else(|| self.key.clone());
        text("name", &name)?;
        let seed = self.seed.unwrap_or_else(|| self.key.clone());
        text("seed", &seed)?;
        condition("condition", self.condition.as_ref())?;
        let coverage = share("coverage", self.coverage)?;
        require((2..=MAX_VARIANTS).contains(&self.variants.len()), "variants", "2 to 20, the control first")?;
        unique("variants", self.variants.iter().map(|variant| variant.key.as_str()))?;
        let given: Vec<Option<f64>> = self.variants.iter().map(|variant| variant.weight).collect();
        let weights = weights(&given)?;
        let mut variants = Vec::new();
        for (place, new) in self.variants.into_iter().enumerate() {
            key(&format!("variants[{place}].key"), &new.key)?;
            let name = new.name.unwrap_or_else(|| new.key.clone());
            text(&format!("variants[{place}].name"), &name)?;
            variants.push(Variant { key: new.key, name, changes: new.changes });
        }
        super::change::changes(&variants)?;
        let mut experiment = Experiment {
            number,
            key: self.key,
            name,
            seed,
            unit: self.unit,
            namespace: self.namespace.map(namespace).transpose()?,
            condition: self.condition,
            variants,
            allocations: vec![Allocation { coverage, weights }],
            goals: Vec::new(),
            plan: Plan::default(),
            started_at: None,
            started_in: 0,
            ended_at: None,
            ended_in: 0,
            pauses: Vec::new(),
            outcome: None,
            past_ends: Vec::new(),
        };
        add_goals(&mut experiment, self.goals, None, 0)?;
        if let Some(plan) = self.plan {
            experiment.plan = plan.into_plan(&experiment, currency)?;
        }
        Ok(experiment)
    }
}

impl ExperimentChange {
    fn apply(
        self,
        experiment: &mut Experiment,
        version: Version,
        (now, currency): (Millis, Currency),
    ) -> Result<(), InputError> {
        if experiment.ended_at.is_some() {
            return Err(InputError::Conflict("the experiment has ended"));
        }
        if let Some(name) = self.name {
            text("name", &name)?;
            experiment.name = name;
        }
        if let Some(goals) = self.goals {
            let added_at = experiment.started_at.filter(|start| *start <= now).map(|_| now);
            add_goals(experiment, goals, added_at, version)?;
        }
        if let Some(plan) = self.plan {
            let plan = plan.into_plan(experiment, currency)?;
            let is_open = experiment.started_at.is_none();
            if let Some(name) = experiment.plan.difference(&plan).filter(|_| !is_open) {
                return Err(InputError::Fixed(format!("plan.{name}")));
            }
            experiment.plan = plan;
        }
        let Some(mut allocation) = experiment.allocations.last().cloned() else { return Ok(()) };
        if let Some(coverage) = self.coverage {
            allocation.coverage = share("coverage", coverage)?;
        }
        if let Some(given) = self.weights {
            if experiment.plan.bandit.is_some() && experiment.started_at.is_some() {
                return Err(InputError::Conflict("the shares of a bandit that was started follow its figures"));
            }
            require(given.len() == experiment.variants.len(), "weights", "one for each variant")?;
            allocation.weights = weights(&given.into_iter().map(Some).collect::<Vec<_>>())?;
        }
        if experiment.allocations.last() != Some(&allocation) {
            require(experiment.allocations.len() < 1000, "weights", "changed at most 1000 times")?;
            experiment.allocations.push(allocation);
        }
        Ok(())
    }
}

fn namespace(new: NewNamespace) -> Result<Namespace, InputError> {
    text("namespace.id", &new.id)?;
    let thousandths = |value: f64| {
        let scaled = (value * 1000.0).round();
        let is_whole = (value * 1000.0 - scaled).abs() < 1e-6 && (0.0..=1000.0).contains(&scaled);
        require(is_whole, "namespace.range", "two shares from 0 to 1, with at most three decimals")?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000, checked above")]
        Ok(scaled as u16)
    };
    let range = (thousandths(new.range[0])?, thousandths(new.range[1])?);
    require(range.0 < range.1, "namespace.range", "two growing shares")?;
    Ok(Namespace { id: new.id, range })
}

fn add_goals(
    experiment: &mut Experiment,
    new: Vec<NewGoal>,
    added_at: Option<Millis>,
    added_in: Version,
) -> Result<(), InputError> {
    for (place, new) in new.into_iter().enumerate() {
        key(&format!("goals[{place}].key"), &new.key)?;
        let name = new.name.unwrap_or_else(|| new.key.clone());
        text(&format!("goals[{place}].name"), &name)?;
        goal_kind(place, &new.kind)?;
        if let Some(window) = new.window_ms {
            duration(&format!("goals[{place}].window_ms"), window)?;
        }
        let is_revenue = matches!(new.kind, GoalKind::Revenue { .. });
        let decides = new.decides;
        require(is_revenue || decides.is_none(), &format!("goals[{place}].decides"), "given for revenue goals only")?;
        let guardrail = guardrail(place, experiment, new.guardrail)?;
        let (direction, window, per) = (new.direction, new.window_ms, new.per);
        experiment.goals.push(Goal {
            key: new.key,
            name,
            kind: new.kind,
            direction,
            window,
            per,
            decides,
            guardrail,
            added_at,
            added_in,
        });
    }
    require((1..=MAX_GOALS).contains(&experiment.goals.len()), "goals", "1 to 50, the primary first")?;
    unique("goals", experiment.goals.iter().map(|goal| goal.key.as_str()))?;
    let revenue_goals = experiment.goals.iter().filter(|goal| goal.is_revenue()).count();
    let cells = revenue_goals * experiment.variants.len();
    require(cells <= MAX_REVENUE_CELLS, "goals", "at most 150 revenue goals times variants")
}

/// The shares of the variants in ten-thousandths: as given, or equal where none is. What equal shares leave over goes
/// to the first ones.
fn weights(given: &[Option<f64>]) -> Result<Vec<u16>, InputError> {
    if given.iter().all(Option::is_none) {
        let count = u16::try_from(given.len()).unwrap_or(FULL_SHARE);
        return Ok((0..count).map(|place| FULL_SHARE / count + u16::from(place < FULL_SHARE % count)).collect());
    }
    let weight = |(place, weight): (usize, &Option<f64>)| {
        let name = format!("variants[{place}].weight");
        share(&name, weight.ok_or_else(|| field(&name, "given for all variants or for none"))?)
    };
    let weights: Vec<u16> = given.iter().enumerate().map(weight).collect::<Result<_, _>>()?;
    let sum: u32 = weights.iter().copied().map(u32::from).sum();
    require(sum == u32::from(FULL_SHARE), "variants", "of weights that add up to 1")?;
    Ok(weights)
}

fn goal_kind(place: usize, kind: &GoalKind) -> Result<(), InputError> {
    let at = |name: &str| format!("goals[{place}].{name}");
    if let Some(address) = kind.address() {
        pattern_of(&at("url"), address)?;
    }
    condition(&at("condition"), kind.condition())?;
    match kind {
        GoalKind::Click { selector } | GoalKind::FormSubmit { selector } => text(&at("selector"), selector),
        GoalKind::CustomEvent { event, .. } | GoalKind::Revenue { event, .. } => event_name(&at("event"), event),
        GoalKind::PageView(_) | GoalKind::BounceRate { .. } | GoalKind::ExitRate { .. } => Ok(()),
    }
}

pub(super) fn pattern_of(name: &str, address: &Address) -> Result<(), InputError> {
    text(name, &address.url)?;
    let compiles = address.operator != UrlOperator::Regex || pattern(&address.url, false).is_some();
    require(compiles, name, "a small regular expression of the syntax common to Rust's regex and JavaScript")
}
