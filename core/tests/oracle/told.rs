//! An event of a timeline, and how it is told.

use serde_json::{Value, json};
use tributary_core::assignment::{assign, is_in_namespace};
use tributary_core::config::{Config, Unit};
use tributary_core::time::Millis;

use crate::shop::{
    CAMPAIGNS, CLAIMED, COMMUNICATIONS, EXPERIENCES, EXPERIMENTS, PAGES, POINTS, PRICES, REFUNDS, SEQUENCES,
};
use crate::support::Happening;

/// Nobody and a profile cannot be identified.
const IDENTIFY_OR_ORDER: [What; 2] = [What::Identify("p"), What::Order { price: 0, id: Some("A") }];

/// Where an event was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    Page { load: &'static str, number: u32 },
    Server { id: String, sequence: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    View(usize),
    /// The variant that the assignment gives, or another; under a version, or the one in force.
    Exposure {
        experiment: usize,
        is_right: bool,
        version: Option<u32>,
        is_forced: bool,
    },
    /// A click that is about no communication.
    Touch,
    Submit,
    Click(usize),
    Hover {
        communication: usize,
        is_touch: bool,
    },
    Appearance(usize),
    Dismissal(usize),
    SequenceStart(usize),
    CampaignStart(usize),
    Execution {
        experience: usize,
        variant: usize,
    },
    Order {
        price: usize,
        id: Option<&'static str>,
    },
    Refund {
        amount: usize,
        id: Option<&'static str>,
    },
    /// A custom event, with a plan and points.
    Signup {
        is_pro: bool,
        points: usize,
    },
    Identify(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which configuration is in force when it is accepted: the first or the second.
    pub era: usize,
    pub at: Millis,
    pub via: Via,
    pub visitor: Option<&'static str>,
    pub profile: Option<&'static str>,
    pub what: What,
}

impl Told {
    /// Something else that could have been told of the same id.
    pub fn other(&self) -> What {
        if matches!(self.what, What::Identify(_)) {
            What::View(1)
        } else {
            IDENTIFY_OR_ORDER[usize::from(self.visitor.is_none())]
        }
    }

    /// The variant that an exposure's unit is given under the version it names; none where it is left out.
    pub fn given(&self, config: &Config) -> Option<usize> {
        let What::Exposure { experiment, version, .. } = self.what else { return None };
        let experiment = config.experiment(EXPERIMENTS[experiment])?;
        let unit = if experiment.unit == Unit::Profile { self.profile? } else { self.visitor? };
        let version = version.map_or(experiment.allocations.len(), |version| version as usize);
        let shares = experiment.allocations.get(version.checked_sub(1)?)?;
        let namespace = experiment.namespace.as_ref();
        let is_in = namespace.is_none_or(|namespace| is_in_namespace(unit, &namespace.id, namespace.range));
        assign(&experiment.seed, unit, shares.coverage, shares.weights.iter().copied()).filter(|_| is_in)
    }

    /// The variant that an exposure says was given.
    pub fn named_variant(&self, config: &Config) -> &'static str {
        let What::Exposure { is_right, .. } = self.what else { return "" };
        let given = self.given(config).unwrap_or(1);
        ["control", "b", "c"][if is_right { given } else { (given + 1) % 2 }]
    }

    fn name_and_body(&self, configs: &[Config; 2]) -> (&'static str, Value) {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let object = |fields: &[(&str, Option<Value>)]| {
            Value::Object(
                fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect(),
            )
        };
        let of = |communication: usize| json!({ "communication": COMMUNICATIONS[communication].0 });
        match self.what {
            What::View(page) => ("$page_view", json!({ "url": PAGES[page] })),
            What::Exposure { experiment, version, is_forced, .. } => {
                let variant = self.named_variant(&configs[self.era]);
                let (key, forced) = (EXPERIMENTS[experiment], is_forced.then_some(Value::Bool(true)));
                let fields = [("variant", Some(variant.into())), ("experiment", Some(key.into()))];
                let version = version.map(Value::from);
                ("$exposure", object(&[fields.as_slice(), &[("version", version), ("forced", forced)]].concat()))
            }
            What::Touch => ("$click", json!({ "goals": CLAIMED })),
            What::Submit => ("$form_submit", json!({ "goals": CLAIMED })),
            What::Click(communication) => ("$click", of(communication)),
            What::Hover { communication, is_touch } => {
                let pointer = if is_touch { "touch" } else { "mouse" };
                ("$hover", json!({ "communication": COMMUNICATIONS[communication].0, "pointer": pointer }))
            }
            What::Appearance(communication) => ("$appearance", of(communication)),
            What::Dismissal(communication) => ("$dismissal", of(communication)),
            What::SequenceStart(place) => ("$sequence_start", json!({ "sequence": SEQUENCES[place].0 })),
            What::CampaignStart(place) => ("$campaign_start", json!({ "campaign": CAMPAIGNS[place].0 })),
            What::Execution { experience, variant } => {
                let (key, variants) = EXPERIENCES[experience];
                ("$execution", json!({ "experience": key, "variant": variants[variant] }))
            }
            What::Order { price, id } => {
                let (revenue, currency, ..) = PRICES[price];
                // A whole number is its text, however it is written.
                let id = id.map(|id| match (id, price % 3) {
                    ("7", 0) => json!(7),
                    ("7", 1) => json!(7.0),
                    _ => json!(id),
                });
                (
                    "purchase",
                    object(&[("revenue", revenue.map(read)), ("currency", currency.map(read)), ("order_id", id)]),
                )
            }
            What::Refund { amount, id } => {
                let (amount, currency, _) = REFUNDS[amount];
                let id = id.map(Value::from);
                ("refund", object(&[("amount", amount.map(read)), ("currency", currency.map(read)), ("order_id", id)]))
            }
            What::Signup { is_pro, points } => {
                let plan = if is_pro { "pro" } else { "free" };
                ("signup", object(&[("plan", Some(plan.into())), ("points", POINTS[points].0.map(read))]))
            }
            What::Identify(profile) => ("$identify", json!({ "profile": profile })),
        }
    }

    /// As a page sends it; none of a server's.
    pub fn happening(&self, configs: &[Config; 2]) -> Option<Happening> {
        let Via::Page { load, number } = self.via else { return None };
        let (name, body) = self.name_and_body(configs);
        let (visitor, load) = (self.visitor?.to_owned(), load.to_owned());
        let profile = self.profile.map(str::to_owned);
        Some(Happening { visitor, load, number, at: self.at, name: name.to_owned(), body, profile })
    }

    /// As a server tells it; none of a page's.
    pub fn line(&self, configs: &[Config; 2]) -> Option<String> {
        let Via::Server { id, sequence } = &self.via else { return None };
        let (name, properties) = self.name_and_body(configs);
        let mut line = json!({ "id": id, "at": self.at, "name": name, "properties": properties, "sequence": sequence });
        for (field, value) in [("visitor", self.visitor), ("profile", self.profile)] {
            if let Some(value) = value {
                line[field] = value.into();
            }
        }
        Some(line.to_string())
    }
}
