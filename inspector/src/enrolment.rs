//! Which experiments the visitor is in, by the code that the page decides by.

use serde_json::Value;
use tributary_core::assignment::place;
use tributary_core::condition::Patterns;
use tributary_core::enrolment::{NotEnrolled, Standing, enrol};
use tributary_core::page_config::{PageConfig, PageExperiment};
use tributary_core::page_targeting::{Audience, decode};

use crate::report::{Experiment, Measuring};
use crate::seen::Seen;

/// What decides, whichever experiment.
struct Page<'a> {
    seen: &'a Seen,
    holdout: u16,
    /// There while something is measured.
    visitor: Option<&'a str>,
    attributes: Value,
    patterns: Patterns,
}

/// Running experiments, then those that the page asks for and that do not run.
pub fn experiments(seen: &Seen, config: &PageConfig<'_>, measuring: Measuring) -> Vec<Experiment> {
    let page = Page {
        seen,
        holdout: config.holdout,
        visitor: Some(seen.visitor.as_str()).filter(|_| measuring == Measuring::Yes),
        attributes: serde_json::from_str(&seen.attributes).unwrap_or_default(),
        patterns: Patterns::default(),
    };
    let (mut targeted, mut audiences) = (Vec::new(), Vec::new());
    let learn = |source: &_, ignores_case| page.patterns.learn(source, ignores_case);
    decode(&seen.targeting, &learn, &mut targeted, &mut audiences);
    let everybody = Audience { is_of_profiles: false, condition: None };
    let for_all = config.experiments.iter().map(|experiment| (experiment, &everybody));
    let for_some = targeted.iter().zip(&audiences);
    let mut found: Vec<Experiment> =
        for_all.chain(for_some).map(|(experiment, audience)| page.look(experiment, audience)).collect();
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

impl Page<'_> {
    fn look(&self, experiment: &PageExperiment<'_>, audience: &Audience) -> Experiment {
        let seen = self.seen;
        let profile = Some(seen.profile.as_str()).filter(|profile| !profile.is_empty());
        let unit = if audience.is_of_profiles { profile } else { self.visitor };
        let given = seen.given.get(experiment.key).map_or("", String::as_str);
        let standing =
            Standing { visitor: self.visitor, unit, is_cookieless: seen.is_cookieless, holdout: self.holdout, given };
        let condition = audience.condition.as_ref();
        let failing = condition.and_then(|found| found.failing(&self.attributes, &self.patterns.javascript()));
        let exposed = seen.exposures.iter().any(|event| names(event, experiment.key));
        let unit = unit.unwrap_or_default();
        let fault = seen.faults.get(experiment.key).and_then(|reason| fault(reason));
        match enrol(experiment, standing, || failing.is_none()) {
            Ok((version, variant)) => Experiment {
                variant: Some(variant.to_owned()),
                version: Some(version),
                reason: fault.map(|(reason, _)| reason),
                detail: if let Some((_, detail)) = fault {
                    detail.to_owned()
                } else if given.is_empty() {
                    format!("At {:.4} under the seed “{}”.", place(experiment.seed, unit), experiment.seed)
                } else {
                    format!("Given before, under version {version}: it stays.")
                },
                ..neither(experiment.key, exposed)
            },
            Err(reason) => {
                let (reason, detail) = self.words(reason, experiment, unit, &failing.unwrap_or_default());
                Experiment { reason: Some(reason), detail, ..neither(experiment.key, exposed) }
            }
        }
    }

    fn words(
        &self,
        reason: NotEnrolled,
        experiment: &PageExperiment<'_>,
        unit: &str,
        failing: &str,
    ) -> (&'static str, String) {
        let percent = |share: u16| f64::from(share) / 100.0;
        let beyond = |share, what: &str, seed, id| {
            format!("{} % of visitors {what}, and this one is at {:.4}.", percent(share), place(seed, id))
        };
        match reason {
            NotEnrolled::NoVisitor => ("no_consent", "Nothing is measured, so nobody is assigned.".to_owned()),
            NotEnrolled::NoProfile => {
                ("no_profile", "It assigns profiles, and the visitor was not identified.".to_owned())
            }
            NotEnrolled::Cookieless => ("cookieless", "A variant could not be kept beyond this page load.".to_owned()),
            NotEnrolled::HeldOut => ("held_out", beyond(self.holdout, "are held out", "holdout", &self.seen.visitor)),
            NotEnrolled::OutsideNamespace => {
                let (name, from, to) = experiment.namespace;
                let (from, to) = (f64::from(from) / 1_000.0, f64::from(to) / 1_000.0);
                ("outside_namespace", format!("Its part of the namespace “{name}” is from {from} to {to}."))
            }
            NotEnrolled::Condition if failing.starts_with('$') => ("condition", format!("{failing} does not hold.")),
            NotEnrolled::Condition => {
                let value = failing.split('.').try_fold(&self.attributes, |value, key| value.get(key));
                let is = value.map_or_else(|| "not there".to_owned(), Value::to_string);
                ("condition", format!("{failing} is {is}."))
            }
            NotEnrolled::NotCovered => ("not_covered", beyond(experiment.coverage, "take part", experiment.seed, unit)),
        }
    }
}

/// Why a page could not give a variant, as the page names it, and in words.
fn fault(reason: &str) -> Option<(&'static str, &'static str)> {
    match reason {
        "html_forbidden" => Some((
            "html_forbidden",
            "The page enforces Trusted Types and does not allow the policy “tributary”: nobody gets HTML of it, and nobody is exposed.",
        )),
        "change_failed" => Some((
            "change_failed",
            "A change failed in this page: the variant was taken back, or went without it where its element came later.",
        )),
        "redirect_loop" => {
            Some(("redirect_loop", "The target of its redirect sent the visitor back: it was not taken again."))
        }
        _ => None,
    }
}

/// Whether an exposure's event is of this experiment.
fn names(event: &str, key: &str) -> bool {
    serde_json::from_str::<(String, Value)>(&format!("[{event}]")).is_ok_and(|(_, body)| body["experiment"] == key)
}
