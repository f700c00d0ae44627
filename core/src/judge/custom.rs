//! A custom event: whether it is an order or a refund, which goals it meets and what it is worth to them.

use serde_json::Value as Json;

use super::properties::Properties;
use super::{Deed, Judged, OrderId, Refunded, Rules, Worth, order_hash};
use crate::config::{GoalKind, GoalMeasure};
use crate::event::Sale;
use crate::money::{self, Currency, Money};
use crate::time::Millis;
use crate::wire::Reason;

impl Rules {
    pub(super) fn custom(&self, at: Millis, name: &str, properties: &str, sale: &Sale) -> (Judged, Option<Reason>) {
        let named = sale.currency.as_deref().map(currency);
        let currency = named.flatten().unwrap_or(self.config.currency);
        let revenue = sale.revenue.as_deref().map(|text| money::parse(text, currency));
        let mut is_bad = revenue == Some(None) || named == Some(None);
        let money = revenue.flatten().filter(|_| !is_bad);
        let is_order = self.config.order_events.iter().any(|order| order == name);
        let order =
            is_order.then(|| sale.order_id.as_deref().map_or(OrderId::Unnamed, |id| OrderId::Named(order_hash(id))));
        let mut deed = Deed::Custom { money: money.unwrap_or(Money { currency, minor: 0 }), order };
        if let Some(id) = sale.order_id.as_deref().filter(|_| name == "refund" && !is_order) {
            let amount = if named == Some(None) { None } else { refunded(sale, named.flatten(), currency) };
            is_bad |= amount.is_none();
            deed = amount.map_or(deed, |amount| Deed::Refund { order: order_hash(id), amount });
        }
        let is_refund = matches!(deed, Deed::Refund { .. });
        let properties = Properties::new(properties);
        let mut judged = self.meeting(at, deed, |goal| match &goal.kind {
            GoalKind::CustomEvent { event, condition } => event == name && self.holds(condition.as_ref(), &properties),
            GoalKind::Revenue { event, condition } => {
                event == name && money.is_some() && !is_refund && self.holds(condition.as_ref(), &properties)
            }
            _ => false,
        });
        judged.values = self.values(name, &properties);
        (judged, is_bad.then_some(Reason::BadRevenue))
    }

    fn holds(&self, condition: Option<&Json>, properties: &Properties<'_>) -> bool {
        condition.is_none_or(|json| {
            let condition = self.conditions.get(&json.to_string());
            condition.is_some_and(|condition| condition.holds(properties.json(), &self.groups))
        })
    }

    /// Whether a condition holds of an event without properties.
    pub fn holds_of_nothing(&self, condition: Option<&Json>) -> bool {
        self.holds(condition, &Properties::new("{}"))
    }

    fn values(&self, name: &str, properties: &Properties<'_>) -> Vec<(u16, Worth)> {
        let goals = self.config.goals.iter().filter(|goal| goal.event == name);
        goals
            .filter(|goal| self.holds(goal.condition.as_ref(), properties))
            .map(|goal| (goal.number, worth(&goal.measure, properties)))
            .collect()
    }
}

/// What a refund takes back; `None` where its amount is none. An amount without a currency is of the site's.
fn refunded(sale: &Sale, named: Option<Currency>, currency: Currency) -> Option<Refunded> {
    match &sale.amount {
        None => Some(Refunded::All(named)),
        Some(text) => money::parse(text, currency).map(Refunded::Part),
    }
}

fn worth(measure: &GoalMeasure, properties: &Properties<'_>) -> Worth {
    match measure {
        GoalMeasure::Events | GoalMeasure::Unique => Worth::Event,
        GoalMeasure::Value { property } if property == "revenue" => Worth::Revenue,
        GoalMeasure::Value { property } => {
            Worth::Decimal(properties.number(property).as_deref().and_then(money::billionths).unwrap_or(0))
        }
    }
}

/// The currency a JSON text names.
fn currency(json: &str) -> Option<Currency> {
    Currency::parse(&serde_json::from_str::<String>(json).ok()?)
}
