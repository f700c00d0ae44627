//! Whether an exposure is valid: what its unit was given, under the version it names.

use super::{Deed, Rules};
use crate::assignment::{assign, is_in_namespace};
use crate::config::{Experiment, Unit};
use crate::time::Millis;
use crate::wire::Reason;

impl Rules {
    pub(super) fn exposure(
        &self,
        (visitor, profile): (&str, Option<&str>),
        at: Millis,
        key: &str,
        variant: &str,
        version: Option<u32>,
    ) -> Result<Deed, Reason> {
        let experiment = self.config.experiment(key).ok_or(Reason::BadAssignment)?;
        if !experiment.exposes_at(at) {
            return Err(Reason::NotRunning);
        }
        if !visitor.is_empty() && self.is_held_out(visitor) {
            return Err(Reason::BadAssignment);
        }
        let unit = if experiment.unit == Unit::Profile { profile } else { Some(visitor).filter(|id| !id.is_empty()) };
        let unit = unit.ok_or(Reason::BadAssignment)?;
        let version = version.or_else(|| experiment.allocation().map(|(version, _)| version)).unwrap_or(0);
        let given = assigned(experiment, unit, version).ok_or(Reason::BadAssignment)?;
        let is_right = experiment.variants.get(usize::from(given)).is_some_and(|given| given.key == variant);
        if !is_right {
            return Err(Reason::BadAssignment);
        }
        Ok(Deed::Exposure { experiment: experiment.number, variant: given, version })
    }
}

/// The place of the variant that a version of the experiment gives the unit.
fn assigned(experiment: &Experiment, unit: &str, version: u32) -> Option<u8> {
    let allocation = experiment.allocations.get(usize::try_from(version).ok()?.checked_sub(1)?)?;
    if experiment.namespace.as_ref().is_some_and(|namespace| !is_in_namespace(unit, &namespace.id, namespace.range)) {
        return None;
    }
    let place = assign(&experiment.seed, unit, allocation.coverage, allocation.weights.iter().copied())?;
    u8::try_from(place).ok()
}
