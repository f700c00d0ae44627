//! What the configuration API is sent, checked and turned into configuration.

mod attribution;
mod change;
mod experiment;
mod outcome;
mod plan;
mod read;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use attribution::{NewCampaign, NewCommunication, NewExperience, NewJourney, NewSequence, NewSiteGoal};
pub use change::{MAX_CHANGES, MAX_CHANGES_BYTES};
pub use experiment::{ExperimentChange, ExperimentStart, NewExperiment};
pub use plan::NewPlan;
pub use read::read;

use crate::assignment::FULL_SHARE;
use crate::condition::Condition;
use crate::config::{Address, Config, Crediting, Experiment, UrlOperator, WINDOWS, default_new_visitors};
use crate::money::Currency;
#[cfg(feature = "schema")]
use crate::schema;
use crate::time::{DAY, Millis, Zone};

/// Experiments of a site.
pub const MAX_EXPERIMENTS: usize = 500;
/// Variants of an experiment.
pub const MAX_VARIANTS: usize = 20;
/// Goals of an experiment.
pub const MAX_GOALS: usize = 50;
/// Pairs of a revenue goal and a variant of an experiment: their figures of a day, in every currency there is, fit a row.
pub const MAX_REVENUE_CELLS: usize = 150;
/// Bytes of a stored configuration: every shard keeps it in one row and reads it when it wakes. A stop, what follows a
/// decision and its undo, each once in a run, are never refused for it: a row has room for them.
pub const MAX_CONFIG_BYTES: usize = 256 * 1024;
/// Shards of a site.
pub const MAX_SHARDS: u8 = 64;
/// Shards of a site that asks for no number.
pub const DEFAULT_SHARDS: u8 = 8;
/// New visitors a day that a site may ask for.
const MAX_NEW_VISITORS: u32 = 1_000_000_000;
/// Characters of a name, an address or a selector.
pub const MAX_TEXT: usize = 500;
/// Names of events or query parameters.
pub const MAX_LIST: usize = 50;
/// The longest window of anything, ms.
pub const MAX_WINDOW: Millis = 400 * DAY;
/// Changes of the holdout, and of how credit is given: all that ever were in force are kept.
const MAX_REVISIONS: usize = 100;
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
    #[error("`{field}` cannot be read: {problem}")]
    Malformed {
        /// Where, e.g. `goals[1].window_ms`; `body` where it is no JSON at all.
        field: String,
        /// What it must be.
        limit: String,
        /// What is wrong, and where in the text.
        problem: String,
    },
    /// No such experiment.
    #[error("there is no experiment `{0}`")]
    UnknownExperiment(String),
    /// It is not in a state for this.
    #[error("{0}")]
    Conflict(&'static str),
    /// What decides an experiment, which has been started.
    #[error("`{0}` is fixed once an experiment was started")]
    Fixed(String),
}

/// `POST /v1/sites`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    /// For people.
    #[cfg_attr(feature = "schema", schemars(with = "schema::Text"))]
    pub name: String,
    /// IANA name.
    #[cfg_attr(feature = "schema", schemars(with = "schema::TimeZone"))]
    pub time_zone: String,
    /// ISO 4217 code for orders that name none.
    #[cfg_attr(feature = "schema", schemars(with = "schema::CurrencyCode"))]
    pub currency: String,
    /// How many objects share the site's visitors.
    #[serde(default = "default_shards")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_SHARDS)))]
    pub shards: u8,
    /// Names of events that are orders.
    #[serde(default = "default_order_events")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::Texts"))]
    pub order_events: Vec<String>,
    /// Query parameters that may leave the page.
    #[serde(default = "default_query_parameters")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::Texts"))]
    pub query_parameters: Vec<String>,
    /// Browsers driven by programs count too.
    #[serde(default)]
    pub allow_automation: bool,
    /// Global Privacy Control and Do Not Track count as refusal.
    #[serde(default = "yes")]
    pub respect_privacy_signals: bool,
    /// New visitors that pages may bring a day.
    #[serde(default = "default_new_visitors")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_NEW_VISITORS)))]
    pub new_visitors_per_day: u32,
}

/// `PATCH /v1/sites/{site}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SiteChange {
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Texts>"))]
    query_parameters: Option<Vec<String>>,
    allow_automation: Option<bool>,
    respect_privacy_signals: Option<bool>,
    /// New visitors that pages may bring a day.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_NEW_VISITORS)))]
    new_visitors_per_day: Option<u32>,
    /// Share of visitors held out, 0 to 1; fixed once an experiment has run or an experience is there.
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Share>"))]
    holdout: Option<f64>,
    /// An interaction earns orders this long.
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Duration>"))]
    lookback_ms: Option<Millis>,
    /// Five windows of triggered experiences, growing.
    #[cfg_attr(feature = "schema", schemars(with = "Option<[schema::Duration; WINDOWS]>"))]
    windows_ms: Option<[Millis; WINDOWS]>,
    /// Saved groups for conditions.
    #[cfg_attr(feature = "schema", schemars(extend("maxProperties" = 100)))]
    groups: Option<BTreeMap<String, Vec<Value>>>,
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
        new_visitors(self.new_visitors_per_day)?;
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
            new_visitors_per_day: self.new_visitors_per_day,
            holdout: 0,
            holdouts: Vec::new(),
            crediting: vec![(0, Crediting::default())],
            groups: BTreeMap::new(),
            experiments: Vec::new(),
            communications: Vec::new(),
            sequences: Vec::new(),
            campaigns: Vec::new(),
            experiences: Vec::new(),
            goals: Vec::new(),
            journeys: Vec::new(),
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
        if let Some(cap) = change.new_visitors_per_day {
            new_visitors(cap)?;
            next.new_visitors_per_day = cap;
        }
        if let Some(groups) = change.groups {
            require(groups.len() <= 100, "groups", "at most 100")?;
            next.groups = groups;
        }
        if let Some(holdout) = change.holdout {
            next.hold_out(share("holdout", holdout)?)?;
        }
        next.credit(change.lookback_ms, change.windows_ms)?;
        next.checked()
    }

    /// The share that is in force already stays what it is, since its own version: said again, it changes nothing.
    fn hold_out(&mut self, share: u16) -> Result<(), InputError> {
        if share == self.holdout {
            return Ok(());
        }
        let has_run = self.experiments.iter().any(|experiment| experiment.started_at.is_some());
        if has_run || !self.experiences.is_empty() || !self.journeys.is_empty() {
            return Err(InputError::Conflict("the holdout is fixed once anything has run"));
        }
        require(self.holdouts.len() < MAX_REVISIONS, "holdout", "changed at most 100 times")?;
        self.holdout = share;
        self.holdouts.push((self.version, share));
        Ok(())
    }

    fn credit(&mut self, lookback: Option<Millis>, windows: Option<[Millis; WINDOWS]>) -> Result<(), InputError> {
        let known = self.crediting_in(self.version);
        let next =
            Crediting { lookback: lookback.unwrap_or(known.lookback), windows: windows.unwrap_or(known.windows) };
        duration("lookback_ms", next.lookback)?;
        next.windows.iter().try_for_each(|window| duration("windows_ms", *window))?;
        require(next.windows.is_sorted_by(|one, other| one < other), "windows_ms", "five growing numbers")?;
        if next != known {
            require(self.crediting.len() < MAX_REVISIONS, "lookback_ms", "changed at most 100 times")?;
            self.crediting.push((self.version, next));
        }
        Ok(())
    }

    /// What no change may break: it fits a row, and every goal can be met.
    fn checked(self) -> Result<Self, InputError> {
        require(self.bytes() <= MAX_CONFIG_BYTES, "experiments", "at most 262144 bytes of configuration a site")?;
        self.with_all_met()
    }

    /// Every goal, and every page that is changed, can be met with the query parameters that are kept.
    fn with_all_met(self) -> Result<Self, InputError> {
        let is_met = |address: &Address| {
            address.operator == UrlOperator::Regex || asks_for_allowed(&address.url, &self.query_parameters)
        };
        // What is over needs its goals no more, but what everybody gets of it changes pages still.
        let is_given = |experiment: &&Experiment| experiment.ended_at.is_none() || experiment.rollout().is_some();
        for experiment in self.experiments.iter().filter(is_given) {
            for goal in experiment.goals.iter().filter(|_| experiment.ended_at.is_none()) {
                let limit = format!("such that goal `{}` keeps those it needs", goal.key);
                require(goal.kind.address().is_none_or(is_met), "query_parameters", &limit)?;
            }
            let pages =
                experiment.variants.iter().flat_map(|variant| &variant.changes).filter_map(|one| one.page.as_ref());
            let limit = format!("such that the changes of `{}` keep those they need", experiment.key);
            require(pages.into_iter().all(is_met), "query_parameters", &limit)?;
        }
        Ok(self)
    }

    /// Bytes of it as it is stored.
    fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |text| text.len())
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }
}

/// Whether a pattern asks for no query parameter that is cut before it is compared.
fn asks_for_allowed(url: &str, allowed: &[String]) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut names = query.split('&').map(|parameter| parameter.split('=').next().unwrap_or_default());
    names.all(|name| name.is_empty() || allowed.iter().any(|one| one == name))
}

fn duration(name: &str, value: Millis) -> Result<(), InputError> {
    require((1..=MAX_WINDOW).contains(&value), name, "1 to 34560000000 ms (400 days)")
}

fn new_visitors(cap: u32) -> Result<(), InputError> {
    require((1..=MAX_NEW_VISITORS).contains(&cap), "new_visitors_per_day", "1 to 1000000000")
}

fn event_name(name: &str, value: &str) -> Result<(), InputError> {
    require(!value.starts_with('$'), name, "a name that does not begin with $")?;
    require(value.chars().count() <= crate::wire::MAX_NAME, name, "at most 128 characters")?;
    text(name, value)
}

fn condition(name: &str, value: Option<&Value>) -> Result<(), InputError> {
    let Some(Err(error)) = value.map(Condition::parse) else { return Ok(()) };
    let path = if error.path.is_empty() { name.to_owned() } else { format!("{name}.{}", error.path) };
    Err(field(&path, &error.limit))
}

/// The next number of a list.
fn number_after(numbers: impl Iterator<Item = u16>) -> u16 {
    numbers.max().unwrap_or(0) + 1
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
    require(values.len() <= MAX_LIST, name, "at most 50")?;
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
