//! What the configuration API is sent, checked and turned into configuration.

use serde::Deserialize;

use crate::assignment::FULL_SHARE;
use crate::config::{Allocation, Config, Experiment, Goal, GoalKind, UrlOperator, Variant};
use crate::judge::pattern;
use crate::money::Currency;
use crate::time::{DAY, Millis, Zone};

/// Experiments of a site.
pub const MAX_EXPERIMENTS: usize = 500;
/// Variants of an experiment.
pub const MAX_VARIANTS: usize = 20;
/// Goals of an experiment.
pub const MAX_GOALS: usize = 50;
/// Pairs of a revenue goal and a variant of an experiment: their figures of a day, in every currency there is, fit a row.
pub const MAX_REVENUE_CELLS: usize = 150;
/// Bytes of a stored configuration: every shard keeps it in one row and reads it when it wakes.
pub const MAX_CONFIG_BYTES: usize = 256 * 1024;
/// Shards of a site.
pub const MAX_SHARDS: u8 = 64;
/// Shards of a site that asks for no number.
pub const DEFAULT_SHARDS: u8 = 8;
/// Characters of a name, an address or a selector.
const MAX_TEXT: usize = 500;
/// How far back an experiment may start.
const OLDEST_START: Millis = 400 * DAY;

/// What is wrong with a call, in words for its caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A field that cannot be taken.
    #[error("`{field}` must be {limit}")]
    Field {
        /// Where, e.g. `goals[1].selector`.
        field: String,
        /// What it must be.
        limit: String,
    },
    /// Not JSON, or not of the call's shape.
    #[error("the body cannot be read: {0}")]
    Malformed(String),
    /// No such experiment.
    #[error("there is no experiment `{0}`")]
    UnknownExperiment(String),
    /// The experiment is not in a state for this.
    #[error("{0}")]
    Conflict(&'static str),
}

/// `POST /v1/sites`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    /// For people.
    pub name: String,
    /// IANA name.
    pub time_zone: String,
    /// ISO 4217 code for orders that name none.
    pub currency: String,
    /// How many objects share the site's visitors.
    #[serde(default = "default_shards")]
    pub shards: u8,
    /// Names of events that are orders.
    #[serde(default = "default_order_events")]
    pub order_events: Vec<String>,
    /// Query parameters that may leave the page.
    #[serde(default = "default_query_parameters")]
    pub query_parameters: Vec<String>,
    /// Browsers driven by programs count too.
    #[serde(default)]
    pub allow_automation: bool,
    /// Global Privacy Control and Do Not Track count as refusal.
    #[serde(default = "yes")]
    pub respect_privacy_signals: bool,
}

/// `PATCH /v1/sites/{site}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteChange {
    name: Option<String>,
    query_parameters: Option<Vec<String>>,
    allow_automation: Option<bool>,
    respect_privacy_signals: Option<bool>,
}

/// `POST /v1/sites/{site}/experiments`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewExperiment {
    key: String,
    name: Option<String>,
    /// What the hash starts from; the key unless given, as `GrowthBook` has it.
    seed: Option<String>,
    #[serde(default = "one")]
    coverage: f64,
    variants: Vec<NewVariant>,
    goals: Vec<NewGoal>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewVariant {
    key: String,
    name: Option<String>,
    weight: Option<f64>,
}

/// Unknown fields are not refused here: serde cannot tell them apart in a flattened enum.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct NewGoal {
    key: String,
    name: Option<String>,
    #[serde(flatten)]
    kind: GoalKind,
}

fn default_shards() -> u8 {
    DEFAULT_SHARDS
}

fn default_order_events() -> Vec<String> {
    vec!["purchase".to_owned()]
}

fn default_query_parameters() -> Vec<String> {
    ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"].map(str::to_owned).to_vec()
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

/// Reads the JSON body of a call.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, InputError> {
    serde_json::from_slice(body).map_err(|error| InputError::Malformed(error.to_string()))
}

impl NewSite {
    /// The first configuration of a site.
    pub fn into_config(self, site: String) -> Result<Config, InputError> {
        text("name", &self.name)?;
        require(Zone::named(&self.time_zone).is_some(), "time_zone", "an IANA name such as Europe/Berlin")?;
        let currency = Currency::parse(&self.currency);
        let currency = currency.ok_or_else(|| field("currency", "an ISO 4217 code such as USD"))?;
        require((1..=MAX_SHARDS).contains(&self.shards), "shards", "1 to 64")?;
        names("order_events", &self.order_events)?;
        names("query_parameters", &self.query_parameters)?;
        let config = Config {
            site,
            version: 1,
            name: self.name,
            time_zone: self.time_zone,
            currency,
            order_events: self.order_events,
            query_parameters: self.query_parameters,
            allow_automation: self.allow_automation,
            respect_privacy_signals: self.respect_privacy_signals,
            experiments: Vec::new(),
        };
        config.checked()
    }
}

impl Config {
    /// The next version, with a site's change.
    pub fn with_change(&self, change: SiteChange) -> Result<Self, InputError> {
        let mut next = self.next();
        if let Some(name) = change.name {
            text("name", &name)?;
            next.name = name;
        }
        if let Some(parameters) = change.query_parameters {
            names("query_parameters", &parameters)?;
            next.query_parameters = parameters;
        }
        next.allow_automation = change.allow_automation.unwrap_or(next.allow_automation);
        next.respect_privacy_signals = change.respect_privacy_signals.unwrap_or(next.respect_privacy_signals);
        next.checked()
    }

    /// The next version, with one more experiment, a draft.
    pub fn with_experiment(&self, new: NewExperiment) -> Result<Self, InputError> {
        require(self.experiments.len() < MAX_EXPERIMENTS, "experiments", "at most 500 a site")?;
        if self.experiment(&new.key).is_some() {
            return Err(InputError::Conflict("there is an experiment with this key already"));
        }
        let mut next = self.next();
        let number = self.experiments.iter().map(|experiment| experiment.number).max().unwrap_or(0) + 1;
        next.experiments.push(new.into_experiment(number)?);
        next.checked()
    }

    /// The next version, with an experiment running from `at` (now unless given; it may lie in the past).
    pub fn with_start(&self, key: &str, at: Option<Millis>, now: Millis) -> Result<Self, InputError> {
        let at = at.unwrap_or(now);
        require(at >= now - OLDEST_START, "at", "at most 400 days in the past")?;
        require(at <= now + OLDEST_START, "at", "at most 400 days ahead")?;
        self.with_experiment_changed(key, |experiment| {
            if experiment.started_at.is_some() {
                return Err(InputError::Conflict("the experiment was started already"));
            }
            experiment.started_at = Some(at);
            Ok(())
        })
    }

    /// The next version, with an experiment ended now.
    pub fn with_stop(&self, key: &str, now: Millis) -> Result<Self, InputError> {
        self.with_experiment_changed(key, |experiment| match (experiment.started_at, experiment.ended_at) {
            (None, _) => Err(InputError::Conflict("the experiment was not started")),
            (_, Some(_)) => Err(InputError::Conflict("the experiment was stopped already")),
            (Some(start), None) => {
                experiment.ended_at = Some(now.max(start));
                Ok(())
            }
        })
    }

    fn with_experiment_changed(
        &self,
        key: &str,
        change: impl FnOnce(&mut Experiment) -> Result<(), InputError>,
    ) -> Result<Self, InputError> {
        let mut next = self.next();
        let experiment = next.experiments.iter_mut().find(|experiment| experiment.key == key);
        change(experiment.ok_or_else(|| InputError::UnknownExperiment(key.to_owned()))?)?;
        next.checked()
    }

    /// What no change may break: it fits a row, and every goal can be met.
    fn checked(self) -> Result<Self, InputError> {
        let bytes = serde_json::to_vec(&self).map_or(usize::MAX, |text| text.len());
        require(bytes <= MAX_CONFIG_BYTES, "experiments", "at most 262144 bytes of configuration a site")?;
        let open = self.experiments.iter().filter(|experiment| experiment.ended_at.is_none());
        for goal in open.flat_map(|experiment| &experiment.goals) {
            let GoalKind::PageView { operator, url } = &goal.kind else { continue };
            let is_met = *operator == UrlOperator::Regex || asks_for_allowed(url, &self.query_parameters);
            require(is_met, "query_parameters", &format!("such that goal `{}` keeps those it needs", goal.key))?;
        }
        Ok(self)
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

impl NewExperiment {
    fn into_experiment(self, number: u16) -> Result<Experiment, InputError> {
        key("key", &self.key)?;
        let name = self.name.unwrap_or_else(|| self.key.clone());
        text("name", &name)?;
        let seed = self.seed.unwrap_or_else(|| self.key.clone());
        text("seed", &seed)?;
        let coverage = share("coverage", self.coverage)?;
        require((2..=MAX_VARIANTS).contains(&self.variants.len()), "variants", "2 to 20, the control first")?;
        require((1..=MAX_GOALS).contains(&self.goals.len()), "goals", "1 to 50, the primary first")?;
        unique("variants", self.variants.iter().map(|variant| variant.key.as_str()))?;
        unique("goals", self.goals.iter().map(|goal| goal.key.as_str()))?;
        let weights = weights(&self.variants)?;
        let mut variants = Vec::new();
        for (place, new) in self.variants.into_iter().enumerate() {
            key(&format!("variants[{place}].key"), &new.key)?;
            let name = new.name.unwrap_or_else(|| new.key.clone());
            text(&format!("variants[{place}].name"), &name)?;
            variants.push(Variant { key: new.key, name });
        }
        let mut goals = Vec::new();
        for (place, new) in self.goals.into_iter().enumerate() {
            key(&format!("goals[{place}].key"), &new.key)?;
            let name = new.name.unwrap_or_else(|| new.key.clone());
            text(&format!("goals[{place}].name"), &name)?;
            goal_kind(place, &new.kind)?;
            goals.push(Goal { key: new.key, name, kind: new.kind });
        }
        let revenue_goals = goals.iter().filter(|goal| matches!(goal.kind, GoalKind::Revenue { .. })).count();
        require(
            revenue_goals * variants.len() <= MAX_REVENUE_CELLS,
            "goals",
            "at most 150 revenue goals times variants",
        )?;
        let allocations = vec![Allocation { coverage, weights }];
        let (started_at, ended_at) = (None, None);
        Ok(Experiment { number, key: self.key, name, seed, variants, allocations, goals, started_at, ended_at })
    }
}

/// The shares of the variants in ten-thousandths: as given, or equal where none is. What equal shares leave over goes
/// to the first ones.
fn weights(variants: &[NewVariant]) -> Result<Vec<u16>, InputError> {
    if variants.iter().all(|variant| variant.weight.is_none()) {
        let count = u16::try_from(variants.len()).unwrap_or(FULL_SHARE);
        return Ok((0..count).map(|place| FULL_SHARE / count + u16::from(place < FULL_SHARE % count)).collect());
    }
    let weight = |(place, variant): (usize, &NewVariant)| {
        let name = format!("variants[{place}].weight");
        share(&name, variant.weight.ok_or_else(|| field(&name, "given for all variants or for none"))?)
    };
    let weights: Vec<u16> = variants.iter().enumerate().map(weight).collect::<Result<_, _>>()?;
    let sum: u32 = weights.iter().copied().map(u32::from).sum();
    require(sum == u32::from(FULL_SHARE), "variants", "of weights that add up to 1")?;
    Ok(weights)
}

fn goal_kind(place: usize, kind: &GoalKind) -> Result<(), InputError> {
    let at = |name: &str| format!("goals[{place}].{name}");
    match kind {
        GoalKind::PageView { operator, url } => {
            text(&at("url"), url)?;
            let compiles = *operator != UrlOperator::Regex || pattern(url).is_some();
            require(
                compiles,
                &at("url"),
                "a small regular expression of the syntax common to Rust's regex and JavaScript",
            )
        }
        GoalKind::Click { selector } | GoalKind::FormSubmit { selector } => text(&at("selector"), selector),
        GoalKind::CustomEvent { event } | GoalKind::Revenue { event } => {
            require(!event.starts_with('$'), &at("event"), "a name that does not begin with $")?;
            require(event.chars().count() <= crate::wire::MAX_NAME, &at("event"), "at most 128 characters")?;
            text(&at("event"), event)
        }
    }
}

/// Whether a pattern asks for no query parameter that is cut before it is compared.
fn asks_for_allowed(url: &str, allowed: &[String]) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut names = query.split('&').map(|parameter| parameter.split('=').next().unwrap_or_default());
    names.all(|name| name.is_empty() || allowed.iter().any(|one| one == name))
}

fn share(name: &str, value: f64) -> Result<u16, InputError> {
    let scaled = value * f64::from(FULL_SHARE);
    let is_whole = (scaled - scaled.round()).abs() < 1e-6;
    require((0.0..=1.0).contains(&value) && is_whole, name, "0 to 1, with at most four decimals")?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000, checked above")]
    Ok(scaled.round() as u16)
}

fn key(name: &str, value: &str) -> Result<(), InputError> {
    let is_key = (1..=64).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    require(is_key, name, "1 to 64 characters of A-Z a-z 0-9 _ -")
}

fn text(name: &str, value: &str) -> Result<(), InputError> {
    let is_text = !value.trim().is_empty() && value.chars().count() <= MAX_TEXT;
    require(is_text, name, "1 to 500 characters")
}

fn names(name: &str, values: &[String]) -> Result<(), InputError> {
    require(values.len() <= 50, name, "at most 50")?;
    values.iter().try_for_each(|value| text(name, value))
}

fn unique<'a>(name: &str, keys: impl Iterator<Item = &'a str>) -> Result<(), InputError> {
    let mut seen = std::collections::BTreeSet::new();
    for key in keys {
        require(seen.insert(key), name, "of different keys")?;
    }
    Ok(())
}

fn require(holds: bool, name: &str, limit: &str) -> Result<(), InputError> {
    if holds { Ok(()) } else { Err(field(name, limit)) }
}

fn field(name: &str, limit: &str) -> InputError {
    InputError::Field { field: name.to_owned(), limit: limit.to_owned() }
}
