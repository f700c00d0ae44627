//! Which experiments the visitor is in, by the code that the page decides by.

use serde_json::Value;
use tributary_core::assignment::place;
use tributary_core::condition::Patterns;
use tributary_core::enrolment::{NotEnrolled, Standing, enrol};
use tributary_core::page_config::{PageConfig, PageExperiment};
use tributary_core::page_targeting::{Audience, decode};

use crate::report::{Experiment, Measuring};
use crate::seen::Seen;

/// What a condition is held against.
struct Circumstances {
    attributes: Value,
    patterns: Patterns,
}

/// Running experiments, then those that the page asks for and that do not run.
pub fn experiments(seen: &Seen, config: &PageConfig<'_>, measuring: Measuring) -> Vec<Experiment> {
    let attributes = serde_json::from_str(&seen.attributes).unwrap_or_default();
    let circumstances = Circumstances { attributes, patterns: Patterns::default() };
    let (mut targeted, mut audiences) = (Vec::new(), Vec::new());
    decode(
        &seen.targeting,
        &|source, ignores_case| circumstances.patterns.learn(source, ignores_case),
        &mut targeted,
        &mut audiences,
    );
    let everybody = Audience { is_of_profiles: false, condition: None };
    let for_all = config.experiments.iter().map(|experiment| (experiment, &everybody));
    let for_some = targeted.iter().zip(&audiences);
    let mut found: Vec<Experiment> = for_all
        .chain(for_some)
        .map(|(experiment, audience)| look(seen, config.holdout, measuring, experiment, audience, &circumstances))
        .collect();
    for key in &seen.asked {
        if found.iter().all(|experiment| experiment.key != *key) {
            let detail =
                "No running experiment has this key: it may be paused, ended, not started, or of another site.";
            found.push(Experiment { reason: Some("not_running"), detail: detail.to_owned(), ..neither(key, false) });
        }
    }
    found
}

fn neither(key: &str, exposed: bool) -> Experiment {
    Experiment { key: key.to_owned(), variant: None, version: None, reason: None, detail: String::new(), exposed }
}

fn look(
    seen: &Seen,
    holdout: u16,
    measuring: Measuring,
    experiment: &PageExperiment<'_>,
    audience: &Audience,
    circumstances: &Circumstances,
) -> Experiment {
    let visitor = Some(seen.visitor.as_str()).filter(|_| measuring == Measuring::Yes);
    let profile = Some(seen.profile.as_str()).filter(|profile| !profile.is_empty());
    let unit = if audience.is_of_profiles { profile } else { visitor };
    let given = seen.given.get(experiment.key).map_or("", String::as_str);
    let standing = Standing { visitor, unit, is_cookieless: seen.is_cookieless, holdout, given };
    let condition = audience.condition.as_ref();
    let failing =
        condition.and_then(|found| found.failing(&circumstances.attributes, &circumstances.patterns.javascript()));
    let exposed = seen.exposures.iter().any(|event| names(event, experiment.key));
    let unit = unit.unwrap_or_default();
    match enrol(experiment, standing, || failing.is_none()) {
        Ok((version, variant)) => Experiment {
            variant: Some(variant.to_owned()),
            version: Some(version),
            detail: if given.is_empty() {
                format!("At {:.4} under the seed “{}”.", place(experiment.seed, unit), experiment.seed)
            } else {
                format!("Given before, under version {version}: it stays.")
            },
            ..neither(experiment.key, exposed)
        },
        Err(reason) => {
            let (reason, detail) = words(reason, experiment, holdout, seen, unit, failing.as_deref(), circumstances);
            Experiment { reason: Some(reason), detail, ..neither(experiment.key, exposed) }
        }
    }
}

fn words(
    reason: NotEnrolled,
    experiment: &PageExperiment<'_>,
    holdout: u16,
    seen: &Seen,
    unit: &str,
    failing: Option<&str>,
    circumstances: &Circumstances,
) -> (&'static str, String) {
    let percent = |share: u16| f64::from(share) / 100.0;
    match reason {
        NotEnrolled::NoVisitor => ("no_consent", "Nothing is measured, so nobody is assigned.".to_owned()),
        NotEnrolled::NoProfile => ("no_profile", "It assigns profiles, and the visitor was not identified.".to_owned()),
        NotEnrolled::Cookieless => ("cookieless", "A variant could not be kept beyond this page load.".to_owned()),
        NotEnrolled::HeldOut => (
            "held_out",
            format!(
                "{} % of visitors are held out, and this one is at {:.4}.",
                percent(holdout),
                place("holdout", &seen.visitor)
            ),
        ),
        NotEnrolled::OutsideNamespace => {
            let (name, from, to) = experiment.namespace;
            let (from, to) = (f64::from(from) / 1_000.0, f64::from(to) / 1_000.0);
            ("outside_namespace", format!("Its part of the namespace “{name}” is from {from} to {to}."))
        }
        NotEnrolled::Condition => {
            let part = failing.unwrap_or_default();
            let value = part.split('.').try_fold(&circumstances.attributes, |value, key| value.get(key));
            let is = value.map_or_else(|| "not there".to_owned(), Value::to_string);
            (
                "condition",
                if part.starts_with('$') { format!("{part} does not hold.") } else { format!("{part} is {is}.") },
            )
        }
        NotEnrolled::NotCovered => (
            "not_covered",
            format!(
                "{} % of visitors take part, and this one is at {:.4}.",
                percent(experiment.coverage),
                place(experiment.seed, unit)
            ),
        ),
    }
}

/// Whether an exposure's event is of this experiment.
fn names(event: &str, key: &str) -> bool {
    serde_json::from_str::<(String, Value)>(&format!("[{event}]")).is_ok_and(|(_, body)| body["experiment"] == key)
}
