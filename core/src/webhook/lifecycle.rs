//! What a change of the configuration means to those who follow experiments.

use super::{About, Event, Kind};
use crate::config::{Config, Experiment, Status};
use crate::time::Millis;

/// What a change led to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lifecycle {
    /// What has happened, in order.
    pub events: Vec<Event>,
    /// Experiments, by number, that are to start at a later time.
    pub starts: Vec<(u16, Millis)>,
    /// Experiments that have ended: one that was still to start never will.
    pub ended: Vec<u16>,
}

/// What happened to experiments between two configurations, the second of which is in force from `now` on.
pub fn between(before: &Config, after: &Config, now: Millis) -> Lifecycle {
    let mut lifecycle = Lifecycle::default();
    for experiment in &after.experiments {
        lifecycle.look(before.numbered(experiment.number), experiment, now);
    }
    lifecycle
}

/// That an experiment which was to start at a later time runs now; none where it does not.
pub fn started(config: &Config, number: u16, now: Millis) -> Option<Event> {
    let experiment = config.numbered(number)?;
    let runs = matches!(experiment.status(now), Status::Running | Status::Paused);
    runs.then(|| Event::Experiment(Kind::ExperimentStarted, About::of(experiment, now)))
}

impl Lifecycle {
    fn look(&mut self, before: Option<&Experiment>, after: &Experiment, now: Millis) {
        if before == Some(after) {
            return;
        }
        let mut tell = |kind| self.events.push(Event::Experiment(kind, About::of(after, now)));
        if before.is_none() {
            tell(Kind::ExperimentCreated);
        }
        let pauses = before.map_or(&[][..], |before| &before.pauses);
        let started_at = after.started_at.filter(|_| before.is_none_or(|before| before.started_at.is_none()));
        if started_at.is_some_and(|at| at <= now) {
            tell(Kind::ExperimentStarted);
        }
        let is_open = |pauses: &[(Millis, Option<Millis>)]| pauses.last().is_some_and(|(_, until)| until.is_none());
        match (is_open(pauses), is_open(&after.pauses)) {
            (false, true) => tell(Kind::ExperimentPaused),
            (true, false) => tell(Kind::ExperimentResumed),
            _ => {}
        }
        let is_undone = before.is_some_and(|before| before.ended_at.is_some()) && after.ended_at.is_none();
        if is_undone {
            tell(Kind::ExperimentResumed);
        }
        let has_ended = after.ended_at.is_some() && before.is_none_or(|before| before.ended_at.is_none());
        if has_ended {
            tell(Kind::ExperimentCompleted);
            self.ended.push(after.number);
        } else if let Some(at) = started_at.filter(|at| *at > now) {
            self.starts.push((after.number, at));
        }
    }
}
