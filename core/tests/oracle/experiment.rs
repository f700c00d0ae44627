//! Experiments: who was exposed to what, and what the exposed did.

use std::collections::{BTreeMap, BTreeSet};

use tributary_core::config::{Criterion, Experiment, Goal, GoalKind, Unit};
use tributary_core::facts::{Entity, Measure, Metric};
use tributary_core::time::Millis;
use tributary_core::wire::Reason;

use super::site::Sale;
use super::{Oracle, Who};
use crate::shop::{CAP_OF_WIDE, EXPERIMENTS, GOOD_PRICES, PAGES};
use crate::told::What;

/// A unit that counts for an experiment.
pub(super) struct Exposed {
    pub(super) who: Who,
    /// The place of its first exposure.
    pub(super) first: usize,
    pub(super) variant: u8,
    /// Its events.
    pub(super) own: Vec<usize>,
}

impl Oracle<'_> {
    /// An experiment as the version that an event was accepted under knew it.
    pub(super) fn known(&self, experiment: &Experiment, place: usize) -> Option<&Experiment> {
        let config = &self.configs[self.events[place].era];
        config.experiment(&experiment.key).filter(|known| known.started_at.is_some())
    }

    /// The same of one of its goals.
    pub(super) fn knows_goal(&self, experiment: &Experiment, goal: usize, place: usize) -> bool {
        self.known(experiment, place).is_some_and(|known| goal < known.goals.len())
    }

    fn runs_at(experiment: &Experiment, at: Millis) -> bool {
        experiment.started_at.is_some_and(|start| start <= at) && experiment.ended_at.is_none_or(|end| at < end)
    }

    /// The variant that an event validly exposed its unit to.
    pub(super) fn exposed(&self, place: usize) -> Option<usize> {
        let event = self.events[place];
        let What::Exposure { experiment, is_forced: false, .. } = event.what else { return None };
        let config = &self.configs[event.era];
        let known = config.experiment(EXPERIMENTS[experiment])?;
        let is_paused =
            known.pauses.iter().any(|(from, until)| *from <= event.at && until.is_none_or(|until| event.at < until));
        if !Self::runs_at(known, event.at) || is_paused || self.is_held_out(place) {
            return None;
        }
        let given = event.given(config)?;
        (known.variants[given].key == event.named_variant(config)).then_some(given)
    }

    /// The profiles that an event names: an identify names the profile that it gives the visitor to.
    pub(super) fn named(&self, place: usize) -> BTreeSet<&'static str> {
        let event = self.events[place];
        let identified = match (event.what, event.visitor) {
            (What::Identify(profile), Some(visitor)) if self.person(visitor) == Who::Profile(profile) => Some(profile),
            _ => None,
        };
        event.profile.into_iter().chain(identified).collect()
    }

    /// The units of an experiment that an event is of.
    fn units(&self, experiment: &Experiment, place: usize) -> Vec<Who> {
        match experiment.unit {
            Unit::Visitor => self.events[place].visitor.map(Who::Visitor).into_iter().collect(),
            Unit::Profile => self.named(place).into_iter().map(Who::Profile).collect(),
        }
    }

    pub(super) fn count_experiments(&mut self, sales: &[Sale]) {
        for experiment in &self.config.experiments {
            let mut units: BTreeMap<Who, Vec<usize>> = BTreeMap::new();
            for place in 0..self.events.len() {
                for unit in self.units(experiment, place) {
                    units.entry(unit).or_default().push(place);
                }
            }
            for (who, own) in units {
                let of_it = |place: &usize| matches!(self.events[*place].what, What::Exposure { experiment: other, .. } if EXPERIMENTS[other] == experiment.key);
                let exposures: Vec<(usize, usize)> = own
                    .iter()
                    .filter(|place| of_it(place))
                    .filter_map(|place| Some((*place, self.exposed(*place)?)))
                    .collect();
                let Some(&(first, variant)) = exposures.first() else { continue };
                if let Some((other, _)) = exposures.iter().find(|(_, other)| *other != variant) {
                    let at = self.events[*other].at;
                    self.add(at, Entity::Experiment(experiment.number), Metric::Crossovers, 1);
                    self.add(at, Entity::Site, Metric::Diagnostic(Reason::Crossover), 1);
                    continue;
                }
                let unit = Exposed { who, first, variant: u8::try_from(variant).unwrap(), own };
                self.count_unit(experiment, &unit, sales);
            }
        }
    }

    fn count_unit(&mut self, experiment: &Experiment, unit: &Exposed, sales: &[Sale]) {
        let (entity, variant) = (Entity::Experiment(experiment.number), unit.variant);
        let exposed_at = self.events[unit.first].at;
        self.add(exposed_at, entity, Metric::Exposures(variant), 1);
        let version = self.version_of(experiment, unit.first);
        if version > 1 {
            self.add(exposed_at, entity, Metric::ExposuresUnder { variant, version }, 1);
        }
        for (place, goal) in experiment.goals.iter().enumerate() {
            let of = |measure| Metric::Goal { goal: u8::try_from(place).unwrap(), variant, measure };
            if let Some(added_at) = goal.added_at {
                if exposed_at < added_at || !self.knows_goal(experiment, place, unit.first) {
                    continue;
                }
                self.add(exposed_at, entity, of(Measure::Exposures), 1);
            }
            let conversions = self.conversions(experiment, (place, goal), unit);
            if let Some(first) = conversions.first() {
                self.add(self.events[*first].at, entity, of(Measure::Conversions), 1);
            }
            for conversion in &conversions {
                let at = self.events[*conversion].at;
                self.add(at, entity, of(Measure::TotalConversions), 1);
                let sale = sales.iter().find(|sale| sale.place == *conversion);
                if let Some(Sale { currency, gross, net, .. }) = sale.filter(|_| goal.is_revenue()) {
                    self.add(at, entity, of(Measure::Orders(*currency)), 1);
                    self.add(at, entity, of(Measure::Gross(*currency)), *gross);
                    self.add(at, entity, of(Measure::Net(*currency)), *net);
                }
            }
            let sessions = self.session_verdicts(experiment, (place, goal), unit, &conversions);
            for (start, is_met) in &sessions {
                let at = self.events[*start].at;
                self.add(at, entity, of(Measure::Sessions), 1);
                self.add(at, entity, of(Measure::SessionsMet), i128::from(*is_met));
            }
            let sold = || {
                sales.iter().filter(|sale| conversions.contains(&sale.place) && sale.currency == self.config.currency)
            };
            let (orders, gross) = (count(sold().count()), sold().map(|sale| sale.gross).sum::<i128>());
            let within = |gross: i128| if experiment.key == "wide" { gross.min(CAP_OF_WIDE) } else { gross };
            let met = count(sessions.iter().filter(|(_, is_met)| *is_met).count());
            let (part, whole) = match goal.criterion() {
                Criterion::ConversionRate => continue,
                Criterion::SessionRate => (met, count(sessions.len())),
                Criterion::RevenuePerUnit => (within(gross), 0),
                Criterion::OrdersPerUnit => (orders, 0),
                Criterion::Aov => (within(gross), orders),
            };
            if matches!(goal.criterion(), Criterion::RevenuePerUnit | Criterion::Aov) {
                self.add(exposed_at, entity, of(Measure::BeyondCap), gross - within(gross));
            }
            self.add(exposed_at, entity, of(Measure::Squares), part.pow(2));
            self.add(exposed_at, entity, of(Measure::DenominatorSquares), whole.pow(2));
            self.add(exposed_at, entity, of(Measure::Products), part * whole);
        }
    }

    /// The version that an exposure names, or the one in force.
    fn version_of(&self, experiment: &Experiment, place: usize) -> u32 {
        let What::Exposure { version, .. } = self.events[place].what else { panic!("no exposure") };
        let known = self.known(experiment, place).unwrap();
        version.unwrap_or_else(|| u32::try_from(known.allocations.len()).unwrap())
    }

    /// A unit's conversions for a goal, in order.
    fn conversions(&self, experiment: &Experiment, (place, goal): (usize, &Goal), unit: &Exposed) -> Vec<usize> {
        let exposed_at = self.events[unit.first].at;
        let converts = |event: &usize| {
            let at = self.events[*event].at;
            let is_in_time = at >= exposed_at && goal.window.is_none_or(|window| at <= exposed_at + window);
            let runs = self.known(experiment, *event).is_some_and(|known| Self::runs_at(known, at));
            is_in_time && runs && self.knows_goal(experiment, place, *event) && self.meets(&goal.kind, *event)
        };
        unit.own.iter().copied().filter(converts).collect()
    }

    fn meets(&self, kind: &GoalKind, place: usize) -> bool {
        let what = self.events[place].what;
        match kind {
            GoalKind::PageView(address) => matches!(what, What::View(page) if is_at(address, page)),
            GoalKind::Click { .. } => what == What::Touch,
            GoalKind::FormSubmit { .. } => what == What::Submit,
            GoalKind::CustomEvent { event, condition } => match what {
                What::Order { .. } => event == "purchase" && self.counts(place),
                What::Refund { .. } => event == "refund",
                What::Signup { is_pro, .. } => event == "signup" && (condition.is_none() || is_pro),
                _ => false,
            },
            GoalKind::Revenue { event, .. } => {
                let is_good = matches!(what, What::Order { price, .. } if price < GOOD_PRICES);
                event == "purchase" && is_good && self.counts(place)
            }
            GoalKind::BounceRate { .. } | GoalKind::ExitRate { .. } => false,
        }
    }
}

fn count(some: usize) -> i128 {
    i128::try_from(some).unwrap()
}

/// Whether a page's address is one that a pattern is about.
pub(super) fn is_at(address: &tributary_core::config::Address, page: usize) -> bool {
    use tributary_core::config::UrlOperator;
    let whole = PAGES[page];
    let seen = if address.url.starts_with('/') { whole.trim_start_matches("https://shop.example") } else { whole };
    match address.operator {
        UrlOperator::Equals => seen == address.url,
        UrlOperator::Contains => seen.contains(&address.url),
        UrlOperator::StartsWith => seen.starts_with(&address.url),
        UrlOperator::Regex => panic!("no goal of the shop"),
    }
}
