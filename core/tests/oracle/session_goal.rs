//! Goals of sessions: which sessions of a unit count for one, and which of them meet it.

use std::collections::BTreeMap;

use tributary_core::config::{Experiment, Goal, GoalKind, Per};

use super::experiment::{Exposed, is_at};
use super::{Oracle, Session, Who};
use crate::told::What;

impl Oracle<'_> {
    /// The sessions of a unit: of each its events. A profile has those of its visitors in which an event names it; of
    /// anybody else's visitor it sees the events that name it, and no others.
    fn sessions_of(&self, who: &Who) -> BTreeMap<Session, Vec<usize>> {
        let mut sessions: BTreeMap<Session, Vec<usize>> = BTreeMap::new();
        for place in 0..self.events.len() {
            let event = self.events[place];
            let session = match (who, event.visitor) {
                (Who::Visitor(unit), visitor) if visitor == Some(unit) => self.session_of[place],
                (Who::Profile(_), Some(visitor)) if self.person(visitor) == *who => self.session_of[place],
                (Who::Profile(unit), Some(visitor)) if self.named(place).contains(unit) => {
                    let is_seen =
                        |other: usize| self.events[other].visitor == Some(visitor) && self.named(other).contains(unit);
                    self.session_among(place, &self.runs_of(is_seen))
                }
                (Who::Profile(unit), None) if event.profile == Some(unit) => self.session_of[place],
                _ => None,
            };
            if let Some(session) = session {
                sessions.entry(session).or_default().push(place);
            }
        }
        if let Who::Profile(unit) = who {
            sessions.retain(|_, events| events.iter().any(|place| self.named(*place).contains(unit)));
        }
        sessions
    }

    /// The sessions that count for a goal, by their first events, and whether they meet it. A session is judged under the
    /// version that its first event was accepted under; a page view is of a goal's page under its own.
    pub(super) fn session_verdicts(
        &self,
        experiment: &Experiment,
        (goal_place, goal): (usize, &Goal),
        unit: &Exposed,
        conversions: &[usize],
    ) -> Vec<(Session, bool)> {
        let exposed_at = self.events[unit.first].at;
        let mut verdicts = Vec::new();
        for (session, events) in self.sessions_of(&unit.who) {
            let Some(known) = self.known(experiment, session) else { continue };
            let last = events.iter().map(|place| self.events[*place].at).max().unwrap();
            let overlaps = last >= exposed_at && known.ended_at.is_none_or(|end| self.events[session].at < end);
            if !overlaps || !self.knows_goal(experiment, goal_place, session) {
                continue;
            }
            let page = |place: &usize| match self.events[*place].what {
                What::View(page) => Some((*place, page)),
                _ => None,
            };
            let views: Vec<(usize, usize)> = events.iter().filter_map(page).collect();
            let is_of = |address, view: Option<&(usize, usize)>| {
                view.is_some_and(|(place, page)| {
                    is_at(address, *page) && self.knows_goal(experiment, goal_place, *place)
                })
            };
            let verdict = match &goal.kind {
                GoalKind::BounceRate { entry } => {
                    let counts = !views.is_empty() && entry.as_ref().is_none_or(|entry| is_of(entry, views.first()));
                    counts.then_some(views.len() == 1)
                }
                GoalKind::ExitRate { page, single_page } => {
                    let is_viewed = views.iter().any(|view| is_of(page, Some(view)));
                    let counts = is_viewed && (views.len() > 1 || *single_page);
                    counts.then_some(is_of(page, views.last()))
                }
                _ => (goal.per == Per::Session).then(|| events.iter().any(|place| conversions.contains(place))),
            };
            verdicts.extend(verdict.map(|is_met| (session, is_met)));
        }
        verdicts
    }
}
