//! Communications, sequences, campaigns, experiences, site goals and journeys: made once, and never changed.

use serde::Deserialize;
use serde_json::Value;

use super::{
    InputError, OLDEST_START, condition, duration, event_name, field, key, number_after, require, text, unique,
};
use crate::config::{
    Campaign, Communication, CommunicationKind, Config, Experience, GoalMeasure, Journey, Sequence, SiteGoal,
    Treatment, Variant,
};
#[cfg(feature = "schema")]
use crate::schema;
use crate::time::{DAY, Millis};

/// How many of each a site may have.
const MAX: usize = 500;

/// `POST /v1/sites/{site}/communications`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCommunication {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    #[serde(rename = "type")]
    kind: CommunicationKind,
}

/// `POST /v1/sites/{site}/sequences`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSequence {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    /// Keys of communications, in their order.
    #[cfg_attr(feature = "schema", schemars(with = "schema::Keys"))]
    communications: Vec<String>,
}

/// `POST /v1/sites/{site}/campaigns`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    /// Keys of sequences.
    #[cfg_attr(feature = "schema", schemars(with = "schema::Keys"))]
    sequences: Vec<String>,
}

/// `POST /v1/sites/{site}/experiences`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewExperience {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 20)))]
    variants: Vec<NewVariant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(rename = "NewExperienceVariant"))]
struct NewVariant {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
}

/// `POST /v1/sites/{site}/goals`. Unknown fields are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewSiteGoal {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    #[cfg_attr(feature = "schema", schemars(with = "schema::EventName"))]
    event: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Condition>"))]
    condition: Option<Value>,
    #[serde(flatten)]
    measure: GoalMeasure,
    #[serde(default = "two_weeks")]
    #[cfg_attr(feature = "schema", schemars(with = "schema::Duration"))]
    window_ms: Millis,
    /// People count who are seen from here on: now unless given; it may lie in the past, for history to be imported.
    at: Option<Millis>,
}

/// `POST /v1/sites/{site}/journeys`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewJourney {
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    key: String,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Text>"))]
    name: Option<String>,
    /// The goal's key.
    #[cfg_attr(feature = "schema", schemars(with = "schema::Key"))]
    goal: String,
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    treatments: Vec<NewTreatment>,
}

/// One of: experiment and variant, communication, experience and variant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct NewTreatment {
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Key>"))]
    experiment: Option<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Key>"))]
    communication: Option<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Key>"))]
    experience: Option<String>,
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Key>"))]
    variant: Option<String>,
}

fn two_weeks() -> Millis {
    14 * DAY
}

impl Config {
    /// The next version, with one more communication.
    pub fn with_communication(&self, new: NewCommunication) -> Result<Self, InputError> {
        let mut next = self.next();
        let name = fresh(&new.key, new.name, self.communications.iter().map(|one| one.key.as_str()))?;
        let number = number_after(self.communications.iter().map(|one| one.number));
        next.communications.push(Communication { number, key: new.key, name, kind: new.kind });
        next.checked()
    }

    /// The next version, with one more sequence.
    pub fn with_sequence(&self, new: NewSequence) -> Result<Self, InputError> {
        let mut next = self.next();
        let name = fresh(&new.key, new.name, self.sequences.iter().map(|one| one.key.as_str()))?;
        members("communications", &new.communications, |key| self.communication(key).is_some())?;
        let number = number_after(self.sequences.iter().map(|one| one.number));
        next.sequences.push(Sequence { number, key: new.key, name, communications: new.communications });
        next.checked()
    }

    /// The next version, with one more campaign.
    pub fn with_campaign(&self, new: NewCampaign) -> Result<Self, InputError> {
        let mut next = self.next();
        let name = fresh(&new.key, new.name, self.campaigns.iter().map(|one| one.key.as_str()))?;
        members("sequences", &new.sequences, |key| self.sequences.iter().any(|one| one.key == key))?;
        let number = number_after(self.campaigns.iter().map(|one| one.number));
        next.campaigns.push(Campaign { number, key: new.key, name, sequences: new.sequences });
        next.checked()
    }

    /// The next version, with one more experience.
    pub fn with_experience(&self, new: NewExperience) -> Result<Self, InputError> {
        let mut next = self.next();
        let name = fresh(&new.key, new.name, self.experiences.iter().map(|one| one.key.as_str()))?;
        require((1..=20).contains(&new.variants.len()), "variants", "1 to 20")?;
        unique("variants", new.variants.iter().map(|variant| variant.key.as_str()))?;
        let mut variants = Vec::new();
        for (place, variant) in new.variants.into_iter().enumerate() {
            key(&format!("variants[{place}].key"), &variant.key)?;
            let name = variant.name.unwrap_or_else(|| variant.key.clone());
            text(&format!("variants[{place}].name"), &name)?;
            variants.push(Variant { key: variant.key, name, changes: Vec::new() });
        }
        let number = number_after(self.experiences.iter().map(|one| one.number));
        next.experiences.push(Experience { number, key: new.key, name, variants });
        next.checked()
    }

    /// The next version, with one more goal of the site, made now.
    pub fn with_goal(&self, new: NewSiteGoal, now: Millis) -> Result<Self, InputError> {
        let mut next = self.next();
        let name = fresh(&new.key, new.name, self.goals.iter().map(|one| one.key.as_str()))?;
        event_name("event", &new.event)?;
        condition("condition", new.condition.as_ref())?;
        duration("window_ms", new.window_ms)?;
        let at = new.at.unwrap_or(now);
        require(at >= now - OLDEST_START && at <= now, "at", "at most 400 days in the past")?;
        if let GoalMeasure::Value { property } = &new.measure {
            text("property", property)?;
        }
        let number = number_after(self.goals.iter().map(|one| one.number));
        next.goals.push(SiteGoal {
            number,
            key: new.key,
            name,
            event: new.event,
            condition: new.condition,
            measure: new.measure,
            window: new.window_ms,
            made_at: at,
            made_in: next.version,
        });
        next.checked()
    }

    /// The next version, with one more journey.
    pub fn with_journey(&self, new: NewJourney) -> Result<Self, InputError> {
        let mut next = self.next();
        let name = fresh(&new.key, new.name, self.journeys.iter().map(|one| one.key.as_str()))?;
        let goal = self.goals.iter().find(|goal| goal.key == new.goal);
        let goal = goal.ok_or_else(|| field("goal", "the key of a goal of the site"))?.number;
        require((1..=100).contains(&new.treatments.len()), "treatments", "1 to 100")?;
        let mut treatments = Vec::new();
        for (place, treatment) in new.treatments.iter().enumerate() {
            let at = format!("treatments[{place}]");
            let treatment = self.treatment(treatment).ok_or_else(|| {
                field(&at, "an experiment and its variant, a communication, or an experience and its variant")
            })?;
            let mut taken = self.journeys.iter().flat_map(|journey| &journey.treatments).chain(&treatments);
            require(!taken.any(|taken| *taken == treatment), &at, "a treatment of no other journey")?;
            treatments.push(treatment);
        }
        let number = number_after(self.journeys.iter().map(|one| one.number));
        next.journeys.push(Journey { number, key: new.key, name, goal, treatments, made_in: next.version });
        next.checked()
    }

    fn treatment(&self, new: &NewTreatment) -> Option<Treatment> {
        let place_of = |variants: &[Variant], key: &String| {
            let place = variants.iter().position(|variant| variant.key == *key)?;
            u8::try_from(place).ok()
        };
        match (&new.experiment, &new.communication, &new.experience, &new.variant) {
            (Some(experiment), None, None, Some(variant)) => {
                let experiment = self.experiment(experiment)?;
                Some(Treatment::Variant(experiment.number, place_of(&experiment.variants, variant)?))
            }
            (None, Some(communication), None, None) => {
                Some(Treatment::Communication(self.communication(communication)?.number))
            }
            (None, None, Some(experience), Some(variant)) => {
                let experience = self.experiences.iter().find(|one| one.key == *experience)?;
                Some(Treatment::Execution(experience.number, place_of(&experience.variants, variant)?))
            }
            _ => None,
        }
    }
}

/// The name of something new with this key.
fn fresh<'a>(
    new: &str,
    name: Option<String>,
    known: impl ExactSizeIterator<Item = &'a str>,
) -> Result<String, InputError> {
    key("key", new)?;
    require(known.len() < MAX, "key", "one of at most 500 a site")?;
    let mut known = known;
    if known.any(|known| known == new) {
        return Err(InputError::Conflict("this key is in use already"));
    }
    let name = name.unwrap_or_else(|| new.to_owned());
    text("name", &name)?;
    Ok(name)
}

fn members(name: &str, keys: &[String], is_known: impl Fn(&str) -> bool) -> Result<(), InputError> {
    require((1..=100).contains(&keys.len()), name, "1 to 100")?;
    unique(name, keys.iter().map(String::as_str))?;
    for (place, key) in keys.iter().enumerate() {
        require(is_known(key), &format!("{name}[{place}]"), "the key of one that was made before")?;
    }
    Ok(())
}
