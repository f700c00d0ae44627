//! The site as a whole, and visitors held out of everything against all others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::revenue::{Revenue, sales};
use super::{OnDay, Read, get, ratio};
use crate::facts::{Entity, Figures, Metric};
use crate::wire::Reason;

/// The site's figures over some days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Totals {
    /// Visitors seen for the first time.
    pub new_visitors: i128,
    /// Sessions started.
    pub sessions: i128,
    /// Page views.
    pub page_views: i128,
    /// Custom events.
    pub custom_events: i128,
    /// Orders by currency.
    pub revenue: Vec<Revenue>,
    /// Those that no communication earned.
    pub unattributed: Vec<Revenue>,
}

/// The site on one day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SiteDay {
    /// All of it.
    pub totals: Totals,
    /// Visitors held out, and all others.
    pub holdout: Holdout,
    /// What was accepted, refused or odd, by reason.
    pub diagnostics: BTreeMap<Reason, i128>,
}

/// Visitors held out of everything against all others.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Holdout {
    /// Those held out.
    pub held_out: HoldoutGroup,
    /// All others.
    pub others: HoldoutGroup,
}

/// One side of the holdout.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HoldoutGroup {
    /// Sessions.
    pub sessions: i128,
    /// Orders of any currency.
    pub orders: i128,
    /// `orders / sessions`; absent without sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders_per_session: Option<f64>,
    /// By currency.
    pub revenue: Vec<Revenue>,
}

impl Read<'_> {
    /// The site over the range.
    pub(super) fn site(&self) -> SiteDay {
        site(&self.of(Entity::Site), &self.of(Entity::HeldOut), &self.of(Entity::Unattributed))
    }

    /// The site on each day.
    pub(super) fn site_days(&self) -> Option<Vec<OnDay<SiteDay>>> {
        let entities = [Entity::Site, Entity::HeldOut, Entity::Unattributed];
        self.each_day(&entities, &|all| Some(site(&all[0], &all[1], &all[2])))
    }
}

fn site(all: &Figures, held_out: &Figures, unattributed: &Figures) -> SiteDay {
    let diagnostics = all.iter().filter_map(|(metric, count)| match metric {
        Metric::Diagnostic(reason) => Some((*reason, *count)),
        _ => None,
    });
    let of = |metric| get(all, metric);
    let totals = Totals {
        new_visitors: of(Metric::Visitors),
        sessions: of(Metric::Sessions),
        page_views: of(Metric::PageViews),
        custom_events: of(Metric::CustomEvents),
        revenue: sales(all),
        unattributed: sales(unattributed),
    };
    SiteDay { totals, holdout: holdout(all, held_out), diagnostics: diagnostics.collect() }
}

/// The held-out against all others.
fn holdout(site: &Figures, held_out: &Figures) -> Holdout {
    let mut others = site.clone();
    for (metric, amount) in held_out {
        *others.entry(*metric).or_default() -= amount;
    }
    Holdout { held_out: group(held_out), others: group(&others) }
}

fn group(figures: &Figures) -> HoldoutGroup {
    let sessions = get(figures, Metric::Sessions);
    let orders = figures.iter().filter(|(metric, _)| matches!(metric, Metric::Orders(_))).map(|(_, count)| count).sum();
    HoldoutGroup { sessions, orders, orders_per_session: ratio(orders, sessions), revenue: sales(figures) }
}
