//! The figures of a set of events, straight from the rules: every question is asked of the whole list of events, and
//! nothing is remembered from one event to the next.

use std::collections::{BTreeMap, BTreeSet};

use tributary_core::assignment::is_held_out;
use tributary_core::config::{Config, GoalMeasure, SiteGoal, Treatment};
use tributary_core::facts::{Earned, Entity, Facts, Metric, Value};
use tributary_core::money::Currency;
use tributary_core::time::{DAY, Day, MINUTE, Millis, Zone};

use crate::support::variant_of;
use crate::timeline::{
    Back, CAMPAIGNS, COMMUNICATIONS, EXPERIENCES, LOOKBACKS, POINTS, PRICES, REFUNDS, SEQUENCES, Told, Via, WINDOWS,
    What,
};

/// Who is counted as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Visitor(&'static str),
    Profile(&'static str),
}

/// A session by its first event: a place in the list.
type Session = usize;

/// An order that counts.
struct Sale {
    place: usize,
    currency: Currency,
    gross: i128,
    net: i128,
}

/// A value event of a goal, of a person: what nobody did counts in the site's totals alone.
struct Worth {
    who: Who,
    at: Millis,
    sums: Vec<(Value, i128)>,
}

/// All events, each once, in the order of their keys.
struct Oracle<'a> {
    /// The last of all.
    config: &'a Config,
    /// By era.
    versions: [u32; 2],
    zone: Zone,
    events: Vec<&'a Told>,
    profile_of: BTreeMap<&'static str, &'static str>,
    session_of: Vec<Option<Session>>,
    facts: Facts,
}

/// Every figure but those of experiments and the diagnostics.
pub fn settled(configs: &[Config; 2], told: &[Told]) -> Facts {
    let mut heard = BTreeSet::new();
    let mut events: Vec<&Told> = told.iter().filter(|event| heard.insert((owner(event), event.id()))).collect();
    events.sort_by_key(|event| event.key());
    let config = &configs[1];
    let versions = configs.each_ref().map(|config| config.version);
    let zone = config.zone();
    let mut oracle = Oracle {
        config,
        versions,
        zone,
        events,
        profile_of: BTreeMap::new(),
        session_of: Vec::new(),
        facts: Facts::default(),
    };
    oracle.profile_of = oracle.profiles();
    oracle.session_of = (0..oracle.events.len()).map(|place| oracle.session(place)).collect();
    let sales = oracle.sales();
    oracle.count_site(&sales);
    oracle.count_communications(&sales);
    oracle.count_starts();
    oracle.count_experiences(&sales);
    oracle.count_goals(&sales);
    oracle.facts
}

/// Whose history an event is in.
fn owner(event: &Told) -> (u8, &'static str) {
    match (event.visitor, event.profile) {
        (Some(visitor), _) => (0, visitor),
        (None, Some(profile)) => (1, profile),
        (None, None) => (2, ""),
    }
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

impl Told {
    fn id(&self) -> String {
        match &self.via {
            Via::Page { load, number } => format!("{load}-{number}"),
            Via::Server { id, .. } => id.clone(),
        }
    }

    /// What happens in a page, whoever tells it.
    fn is_page(&self) -> bool {
        let is_of_page = matches!(
            self.what,
            What::View(_)
                | What::Touch
                | What::Click(_)
                | What::Hover { .. }
                | What::Appearance(_)
                | What::Dismissal(_)
        );
        matches!(self.via, Via::Page { .. }) || (is_of_page && self.visitor.is_some())
    }

    /// The order key.
    fn key(&self) -> (Millis, bool, u32, String, &'static str) {
        let sequence = match &self.via {
            Via::Page { number, .. } => *number,
            Via::Server { sequence, .. } if self.is_page() => *sequence,
            Via::Server { .. } => 0,
        };
        (self.at, !self.is_page(), sequence, self.id(), self.visitor.unwrap_or(""))
    }

    /// Orders, refunds and other events of a shop's own names.
    fn is_custom(&self) -> bool {
        matches!(self.what, What::Order { .. } | What::Refund { .. } | What::Signup { .. })
    }
}

impl Oracle<'_> {
    fn day(&self, at: Millis) -> Day {
        self.zone.day(at)
    }

    fn add(&mut self, at: Millis, entity: Entity, metric: Metric, amount: i128) {
        self.facts.add(self.day(at), entity, metric, amount);
    }

    /// The profile of each visitor's earliest identify.
    fn profiles(&self) -> BTreeMap<&'static str, &'static str> {
        let mut profiles = BTreeMap::new();
        for event in &self.events {
            if let (Some(visitor), What::Identify(profile)) = (event.visitor, event.what) {
                profiles.entry(visitor).or_insert(profile);
            }
        }
        profiles
    }

    fn person(&self, visitor: &'static str) -> Who {
        self.profile_of.get(visitor).map_or(Who::Visitor(visitor), |profile| Who::Profile(profile))
    }

    fn who(&self, place: usize) -> Option<Who> {
        let event = self.events[place];
        event.visitor.map(|visitor| self.person(visitor)).or(event.profile.map(Who::Profile))
    }

    /// First and last event of each run of a visitor's page events.
    fn runs(&self, visitor: &str) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            if event.visitor != Some(visitor) || !event.is_page() {
                continue;
            }
            match runs.last_mut() {
                Some((first, last))
                    if event.at - self.events[*last].at <= 30 * MINUTE && event.at - self.events[*first].at < DAY =>
                {
                    *last = place;
                }
                _ => runs.push((place, place)),
            }
        }
        runs
    }

    fn session(&self, place: usize) -> Option<Session> {
        let event = self.events[place];
        let alone = event.is_custom().then_some(place);
        let Some(visitor) = event.visitor else { return alone };
        let runs = self.runs(visitor);
        if event.is_page() {
            return runs.iter().find(|(first, last)| (first..=last).contains(&&place)).map(|(first, _)| *first);
        }
        let latest = runs.iter().rfind(|(first, _)| self.events[*first].at <= event.at);
        let joined = latest.filter(|(_, last)| event.at - self.events[*last].at <= 30 * MINUTE);
        joined.map(|(first, _)| *first).or(alone)
    }

    fn is_held_out(&self, place: usize) -> bool {
        self.events[place].visitor.is_some_and(|visitor| is_held_out(visitor, self.config.holdout))
    }

    /// Whether an event is the report of an order that counts, or no report at all.
    fn counts(&self, place: usize) -> bool {
        let What::Order { id: Some(id), .. } = self.events[place].what else { return true };
        let earliest = self
            .events
            .iter()
            .position(|event| matches!(event.what, What::Order { id: Some(other), .. } if other == id));
        earliest == Some(place)
    }

    fn sales(&self) -> Vec<Sale> {
        let mut sales = Vec::new();
        for (place, event) in self.events.iter().enumerate() {
            let What::Order { price, id } = event.what else { continue };
            if self.counts(place) {
                let (_, _, code, minor) = PRICES[price];
                let back = id.map_or(0, |id| self.refunded(id, code, minor));
                let gross = i128::from(minor);
                sales.push(Sale { place, currency: currency(code), gross, net: gross - i128::from(back) });
            }
        }
        sales
    }

    fn refunded(&self, order: &str, code: &str, value: i64) -> i64 {
        let refunds = self.events.iter().filter_map(|event| match event.what {
            What::Refund { amount, id: Some(id) } if id == order => Some(REFUNDS[amount].2),
            _ => None,
        });
        let amounts = refunds.map(|back| match back {
            Back::All(named) if named.is_none_or(|named| named == code) => value,
            Back::Part(named, minor) if named == code => minor,
            _ => 0,
        });
        amounts.sum::<i64>().min(value)
    }

    fn add_sale(&mut self, entity: Entity, sale: &Sale) {
        let at = self.events[sale.place].at;
        self.add(at, entity, Metric::Orders(sale.currency), 1);
        self.add(at, entity, Metric::Gross(sale.currency), sale.gross);
        self.add(at, entity, Metric::Net(sale.currency), sale.net);
    }

    fn count_site(&mut self, sales: &[Sale]) {
        let sessions: BTreeSet<Session> = self.session_of.iter().flatten().copied().collect();
        for session in sessions {
            let at = self.events[session].at;
            self.add(at, Entity::Site, Metric::Sessions, 1);
            if self.is_held_out(session) {
                self.add(at, Entity::HeldOut, Metric::Sessions, 1);
            }
        }
        for place in 0..self.events.len() {
            let event = self.events[place];
            if matches!(event.what, What::View(_)) {
                self.add(event.at, Entity::Site, Metric::PageViews, 1);
            }
            if event.is_custom() && self.counts(place) {
                self.add(event.at, Entity::Site, Metric::CustomEvents, 1);
            }
        }
        for sale in sales {
            self.add_sale(Entity::Site, sale);
            if self.is_held_out(sale.place) {
                self.add_sale(Entity::HeldOut, sale);
            }
        }
    }

    /// The latest event of a person at or before a time of which something holds.
    fn latest<T>(&self, who: Option<&Who>, until: Millis, of: impl Fn(usize) -> Option<T>) -> Option<(usize, T)> {
        let who = who?;
        let known = (0..self.events.len()).rev().filter(|place| self.events[*place].at <= until);
        known.filter(|place| self.who(*place).as_ref() == Some(who)).find_map(|place| Some((place, of(place)?)))
    }

    fn number(&self, communication: usize) -> u16 {
        self.config.communication(COMMUNICATIONS[communication].0).unwrap().number
    }

    fn count_communications(&mut self, sales: &[Sale]) {
        for (one, (_, kind)) in COMMUNICATIONS.iter().enumerate() {
            let entity = Entity::Communication(self.number(one));
            let known = || (0..self.events.len()).filter(|place| self.who(*place).is_some());
            let is_hover = |what| what == What::Hover { communication: one, is_touch: false };
            let of =
                |is: &dyn Fn(What) -> bool| known().filter(|place| is(self.events[*place].what)).collect::<Vec<_>>();
            let appeared = of(&|what| what == What::Appearance(one));
            let clicked = of(&|what| what == What::Click(one));
            let hovered = of(&is_hover);
            let dismissed = of(&|what| what == What::Dismissal(one));
            let each =
                [(&appeared, Metric::Instances), (&clicked, Metric::RawClicks), (&dismissed, Metric::Dismissals)];
            let once = [
                (&appeared, Metric::SessionsShown),
                (&clicked, Metric::SessionsClicked),
                (&hovered, Metric::SessionsHovered),
            ];
            for (places, metric) in each {
                for place in places {
                    self.add(self.events[*place].at, entity, metric, 1);
                }
            }
            for (places, metric) in once {
                let mut sessions = BTreeSet::new();
                for place in places {
                    if self.session_of[*place].is_some_and(|session| sessions.insert(session)) {
                        self.add(self.events[*place].at, entity, metric, 1);
                    }
                }
            }
            for sale in sales {
                let earner = self.earner(sale);
                if earner == Some(one) {
                    self.add_sale(entity, sale);
                }
            }
            assert!(["popup", "notification", "block", "message"].contains(kind));
        }
        for sale in sales {
            if self.earner(sale).is_none() {
                self.add_sale(Entity::Unattributed, sale);
            }
        }
    }

    /// The communication that earned an order.
    fn earner(&self, sale: &Sale) -> Option<usize> {
        let (who, at) = (self.who(sale.place), self.events[sale.place].at);
        let (place, communication) = self.latest(who.as_ref(), at, |place| match self.events[place].what {
            What::Click(one) => Some(one),
            What::Hover { communication, is_touch: false } if COMMUNICATIONS[communication].1 == "notification" => {
                Some(communication)
            }
            _ => None,
        })?;
        (at - self.events[place].at <= LOOKBACKS[self.events[sale.place].era]).then_some(communication)
    }

    fn count_starts(&mut self) {
        let sequences = (0..SEQUENCES.len()).map(|one| {
            let number = self.config.sequences.iter().find(|other| other.key == SEQUENCES[one].0).unwrap().number;
            (Entity::Sequence(number), What::SequenceStart(one))
        });
        let campaigns = (0..CAMPAIGNS.len()).map(|one| {
            let number = self.config.campaigns.iter().find(|other| other.key == CAMPAIGNS[one].0).unwrap().number;
            (Entity::Campaign(number), What::CampaignStart(one))
        });
        for (entity, start) in sequences.chain(campaigns).collect::<Vec<_>>() {
            let mut latest: BTreeMap<Who, Millis> = BTreeMap::new();
            for place in 0..self.events.len() {
                let event = self.events[place];
                if let Some(who) = self.who(place).filter(|_| event.what == start) {
                    self.add(event.at, entity, Metric::Started, 1);
                    latest.insert(who, event.at);
                }
            }
            for at in latest.into_values() {
                self.add(at, entity, Metric::People, 1);
            }
        }
    }

    /// The variant of an experience that an event executed.
    fn executed(&self, place: usize, experience: usize) -> Option<usize> {
        match self.events[place].what {
            What::Execution { experience: other, variant } if other == experience && !self.is_held_out(place) => {
                Some(variant)
            }
            _ => None,
        }
    }

    fn count_experiences(&mut self, sales: &[Sale]) {
        for (one, (key, variants)) in EXPERIENCES.iter().enumerate() {
            let entity =
                Entity::Experience(self.config.experiences.iter().find(|other| other.key == *key).unwrap().number);
            for variant in 0..variants.len() {
                let tag = u8::try_from(variant).unwrap();
                let mut reached = BTreeSet::new();
                for place in 0..self.events.len() {
                    let Some(who) = self.who(place) else { continue };
                    if self.executed(place, one) == Some(variant) && reached.insert(who) {
                        self.add(self.events[place].at, entity, Metric::Reached(tag), 1);
                    }
                }
                for window in 0..5_u8 {
                    let (mut sessions, mut people) = (BTreeSet::new(), BTreeSet::new());
                    for sale in sales {
                        let (who, at) = (self.who(sale.place), self.events[sale.place].at);
                        let latest = self.latest(who.as_ref(), at, |place| self.executed(place, one));
                        let Some((execution, _)) = latest.filter(|(_, executed)| *executed == variant) else {
                            continue;
                        };
                        let executed_at = self.events[execution].at;
                        let lengths = WINDOWS[self.events[sale.place].era];
                        if at - executed_at > lengths[usize::from(window)] {
                            continue;
                        }
                        let of = |measure| Metric::Window { variant: tag, window, measure };
                        self.add(executed_at, entity, of(Earned::Orders(sale.currency)), 1);
                        self.add(executed_at, entity, of(Earned::Gross(sale.currency)), sale.gross);
                        self.add(executed_at, entity, of(Earned::Net(sale.currency)), sale.net);
                        if sessions.insert(self.session_of[sale.place].unwrap()) {
                            self.add(executed_at, entity, of(Earned::Conversions), 1);
                        }
                        if people.insert(who) {
                            self.add(executed_at, entity, of(Earned::People), 1);
                        }
                    }
                }
            }
        }
    }

    /// The version of the configuration that an event was accepted under.
    fn version(&self, place: usize) -> u32 {
        self.versions[self.events[place].era]
    }

    /// What a person received with an event.
    fn received(&self, place: usize) -> Option<Treatment> {
        let event = self.events[place];
        match event.what {
            What::Exposure { is_right: true } if !self.is_held_out(place) => {
                let hero = self.config.experiment("hero").unwrap();
                let given = variant_of(event.visitor?);
                let variant = hero.variants.iter().position(|variant| variant.key == given)?;
                Some(Treatment::Variant(hero.number, u8::try_from(variant).unwrap()))
            }
            What::Appearance(communication) => Some(Treatment::Communication(self.number(communication))),
            What::Execution { experience, .. } => {
                let variant = self.executed(place, experience)?;
                let number =
                    self.config.experiences.iter().find(|one| one.key == EXPERIENCES[experience].0).unwrap().number;
                Some(Treatment::Execution(number, u8::try_from(variant).unwrap()))
            }
            _ => None,
        }
    }

    /// The journey and the place within it of what a person received for a goal.
    fn receipt(&self, place: usize, goal: &SiteGoal) -> Option<(u16, u8)> {
        let received = self.received(place)?;
        let version = self.version(place);
        let known = self.config.journeys.iter().filter(|journey| journey.made_in <= version);
        let journeys = known.filter(|journey| journey.goal == goal.number);
        let mut found = journeys.filter_map(|journey| {
            let at = journey.treatments.iter().position(|treatment| *treatment == received)?;
            Some((journey.number, u8::try_from(at).unwrap()))
        });
        found.next()
    }

    /// The value events of a goal, in order.
    fn worths(&self, goal: &SiteGoal, sales: &[Sale]) -> Vec<Worth> {
        let mut worths = Vec::new();
        let mut push = |who: Option<Who>, at, sums: Vec<(Value, i128)>| {
            let Some(who) = who else { return };
            let sums = [(Value::Events, 1)].into_iter().chain(sums).collect();
            worths.push(Worth { who, at, sums });
        };
        match goal.event.as_str() {
            "purchase" => {
                for sale in sales {
                    let sums = vec![(Value::Gross(sale.currency), sale.gross), (Value::Net(sale.currency), sale.net)];
                    push(self.who(sale.place), self.events[sale.place].at, sums);
                }
            }
            "signup" => {
                for (place, event) in self.events.iter().enumerate() {
                    let What::Signup { is_pro, points } = event.what else { continue };
                    if (goal.condition.is_some() && !is_pro) || goal.made_in > self.version(place) {
                        continue;
                    }
                    let is_sum = matches!(&goal.measure, GoalMeasure::Value { .. });
                    let sum = is_sum.then_some((Value::Decimal, POINTS[points].1));
                    push(self.who(place), event.at, sum.into_iter().collect());
                }
            }
            "session_start" | "return_visit" => {
                let visitors: BTreeSet<&'static str> = self.events.iter().filter_map(|event| event.visitor).collect();
                let skipped = usize::from(goal.event == "return_visit");
                for visitor in visitors {
                    for (first, _) in self.runs(visitor).into_iter().skip(skipped) {
                        if goal.made_in > self.version(first) {
                            continue;
                        }
                        push(self.who(first), self.events[first].at, Vec::new());
                    }
                }
            }
            "profile_created" => {
                let mut known = BTreeSet::new();
                for (place, event) in self.events.iter().enumerate() {
                    let What::Identify(profile) = event.what else { continue };
                    if self.who(place) == Some(Who::Profile(profile)) && known.insert(profile) {
                        push(self.who(place), event.at, Vec::new());
                    }
                }
            }
            other => panic!("{other}"),
        }
        worths
    }

    fn count_goals(&mut self, sales: &[Sale]) {
        for goal in &self.config.goals {
            let mut latest: BTreeMap<(Entity, Metric, Who), Millis> = BTreeMap::new();
            let mut credited_people = BTreeSet::new();
            let mut active_people = BTreeSet::new();
            let whole = Entity::Goal(goal.number);
            for Worth { who, at, sums } in self.worths(goal, sales) {
                let receipt = self.latest(Some(&who), at, |place| self.receipt(place, goal));
                let receipt = receipt.filter(|(place, _)| at - self.events[*place].at <= goal.window);
                let (levels, people): (Vec<Entity>, _) = match receipt {
                    Some((_, (journey, place))) => {
                        (vec![whole, Entity::Journey(journey), Entity::Treatment(journey, place)], Metric::People)
                    }
                    None => (vec![whole], Metric::UncreditedPeople),
                };
                for level in levels {
                    for (value, sum) in &sums {
                        let metric = if receipt.is_some() { Metric::Credited } else { Metric::Uncredited };
                        self.add(at, level, metric(*value), *sum);
                    }
                    let latest = latest.entry((level, people, who.clone())).or_insert(at);
                    *latest = at.max(*latest);
                }
                active_people.insert(who.clone());
                if receipt.is_some() {
                    credited_people.insert(who);
                }
            }
            for ((entity, metric, _), at) in latest {
                self.add(at, entity, metric, 1);
            }
            self.count_uplift(goal, &credited_people, &active_people);
        }
    }

    /// People treated against people held out.
    fn count_uplift(&mut self, goal: &SiteGoal, credited: &BTreeSet<Who>, active: &BTreeSet<Who>) {
        let seen: Vec<bool> = (0..self.events.len()).map(|place| self.version(place) >= goal.made_in).collect();
        let people: BTreeSet<Who> =
            (0..self.events.len()).filter(|place| seen[*place]).filter_map(|place| self.who(place)).collect();
        for who in people {
            let own = |place: &usize| self.who(*place).as_ref() == Some(&who);
            let mut places = (0..self.events.len()).filter(own);
            let first = self.events[places.clone().find(|place| seen[*place]).unwrap()].at;
            let is_treated = places.clone().any(|place| self.receipt(place, goal).is_some());
            let held_out: BTreeSet<bool> = places
                .by_ref()
                .filter_map(|place| self.events[place].visitor)
                .map(|visitor| is_held_out(visitor, self.config.holdout))
                .collect();
            let figures = if !held_out.contains(&true) && is_treated {
                [(Metric::Treated, true), (Metric::TreatedConverted, credited.contains(&who))]
            } else if held_out == BTreeSet::from([true]) {
                [(Metric::Control, true), (Metric::ControlConverted, active.contains(&who))]
            } else {
                continue;
            };
            for (metric, holds) in figures {
                self.add(first, Entity::Goal(goal.number), metric, i128::from(holds));
            }
        }
    }
}
