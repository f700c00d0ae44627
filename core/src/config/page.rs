//! What of the configuration a page needs.

use super::{Communication, CommunicationKind, Config, Experiment, GoalKind, Sequence, Status, Unit, Variant};
use crate::condition::{Condition, groups};
use crate::page_config::{PageConfig, PageExperiment, PageGoal, PageGroup};
use crate::page_script::{Given, PageScript, Part, VariantChanges};
use crate::page_targeting;
use crate::time::Millis;

impl Config {
    /// The script for pages that are opened now.
    pub fn page_script(&self, now: Millis) -> PageScript {
        let page = self.page(now);
        let targeted = self.targeted(now);
        let keys = page.experiments.iter().chain(targeted.iter().map(|(experiment, ..)| experiment)).map(|one| one.key);
        let changes: Vec<_> = keys.filter_map(|key| self.page_changes(key)).collect();
        // Who prepares an experiment looks at its variants before it starts.
        let has_experiments = self.experiments.iter().any(|experiment| experiment.status(now) != Status::Completed);
        let needs = [
            (Part::Communications, page.has_communications || !page.submits.is_empty()),
            (Part::Variants, has_experiments || !page.experiments.is_empty() || !targeted.is_empty()),
            (Part::Changes, !changes.is_empty()),
            (Part::Targeting, !targeted.is_empty()),
        ];
        let conditions = || targeted.iter().filter_map(|(.., condition)| condition.as_ref());
        let asks_for_country = conditions().any(|condition| condition.asks_for("country"));
        let parts = needs.into_iter().filter_map(|(part, is_needed)| is_needed.then_some(part)).collect();
        let (site, config) = (self.site.clone(), page.encode());
        let targeting = (!targeted.is_empty()).then(|| page_targeting::encode(targeted, &groups(&self.groups)));
        PageScript { parts, given: Given { site, config, changes, targeting, country: None }, asks_for_country }
    }

    /// The running experiments that are not for everybody: whether each assigns profiles, and its condition.
    fn targeted(&self, now: Millis) -> Vec<(PageExperiment<'_>, bool, Option<Condition>)> {
        let targeted_ones = self.experiments.iter().filter(|experiment| is_targeted(experiment));
        targeted_ones.filter_map(|experiment| targeted(experiment, now)).collect()
    }

    /// What the variants of an experiment change by themselves; nothing where none does.
    fn page_changes(&self, key: &str) -> Option<(String, Vec<VariantChanges>)> {
        let experiment = self.experiment(key)?;
        let is_given = |variant: &Variant| experiment.rollout().is_none_or(|all| all.key == variant.key);
        let changing = experiment.variants.iter().filter(|variant| !variant.changes.is_empty() && is_given(variant));
        let of = |variant: &Variant| {
            (variant.key.clone(), variant.changes.iter().map(super::Change::in_page).collect::<Vec<_>>())
        };
        let variants: Vec<_> = changing.map(of).collect();
        (!variants.is_empty()).then(|| (key.to_owned(), variants))
    }

    /// What a page needs to know now.
    pub fn page(&self, now: Millis) -> PageConfig<'_> {
        let running = || self.experiments.iter().filter(move |experiment| experiment.runs_at(now));
        let goals = |selector_of: fn(&GoalKind) -> Option<&String>| {
            running()
                .flat_map(|experiment| experiment.goals.iter().enumerate().map(move |goal| (experiment.number, goal)))
                .filter_map(|(experiment, (index, goal))| {
                    let selector = selector_of(&goal.kind)?;
                    Some(PageGoal { experiment, goal: u8::try_from(index).ok()?, selector })
                })
                .collect()
        };
        PageConfig {
            query_parameters: self.query_parameters.iter().map(String::as_str).collect(),
            respect_privacy_signals: self.respect_privacy_signals,
            holdout: self.holdout,
            experiments: self
                .experiments
                .iter()
                .filter(|experiment| !is_targeted(experiment))
                .filter_map(|experiment| page_experiment(experiment, now))
                .collect(),
            clicks: goals(|kind| if let GoalKind::Click { selector } = kind { Some(selector) } else { None }),
            submits: goals(|kind| if let GoalKind::FormSubmit { selector } = kind { Some(selector) } else { None }),
            has_communications: self.communications.iter().any(|communication| is_in_pages(communication.kind)),
            groups: self.page_groups(),
        }
    }

    /// Sequences, then campaigns: each with those of its communications that a page can show. Servers tell of messages.
    fn page_groups(&self) -> Vec<PageGroup<'_>> {
        let group = |is_campaign, key, sequences: Vec<&Sequence>| {
            let has = |own: &Communication| sequences.iter().any(|sequence| sequence.communications.contains(&own.key));
            let shown = self.communications.iter().filter(|own| is_in_pages(own.kind) && has(own));
            PageGroup { is_campaign, key, communications: shown.map(|own| own.key.as_str()).collect() }
        };
        let of = |keys: &[String]| self.sequences.iter().filter(|one| keys.contains(&one.key)).collect();
        let sequences = self.sequences.iter().map(|one| group(false, one.key.as_str(), vec![one]));
        let campaigns = self.campaigns.iter().map(|one| group(true, one.key.as_str(), of(&one.sequences)));
        sequences.chain(campaigns).filter(|group| !group.communications.is_empty()).collect()
    }
}

fn is_in_pages(kind: CommunicationKind) -> bool {
    kind != CommunicationKind::Message
}

/// Whether it is not for everybody, or not of visitors.
fn is_targeted(experiment: &Experiment) -> bool {
    experiment.condition.is_some() || experiment.unit == Unit::Profile
}

/// An experiment with whom it is for. One whose condition no longer parses is for nobody.
fn targeted(experiment: &Experiment, now: Millis) -> Option<(PageExperiment<'_>, bool, Option<Condition>)> {
    let condition = experiment.condition.as_ref().map(Condition::parse).transpose().ok()?;
    Some((page_experiment(experiment, now)?, experiment.unit == Unit::Profile, condition))
}

/// What the page assigns by itself. In a pause nobody is newly given anything.
fn page_experiment(experiment: &Experiment, now: Millis) -> Option<PageExperiment<'_>> {
    let (version, allocation) = experiment.allocation()?;
    if let Some(variant) = experiment.rollout() {
        return Some(PageExperiment::rollout(&experiment.key, &variant.key));
    }
    if !experiment.runs_at(now) {
        return None;
    }
    let namespace = experiment.namespace.as_ref().map(|namespace| (namespace.id.as_str(), namespace.range));
    let (id, range) = namespace.unwrap_or_default();
    let variants = experiment.variants.iter().map(|variant| variant.key.as_str());
    Some(PageExperiment {
        key: &experiment.key,
        seed: &experiment.seed,
        version,
        coverage: if experiment.exposes_at(now) { allocation.coverage } else { 0 },
        namespace: (id, range.0, range.1),
        variants: variants.zip(allocation.weights.iter().copied()).collect(),
    })
}
