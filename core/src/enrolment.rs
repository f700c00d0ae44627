//! Whether a visitor is in an experiment, and if not, why: what the page decides by, and what the inspector says.

use crate::assignment::{assign, is_held_out};
use crate::page_config::PageExperiment;
use crate::text::{cut, number};

/// What decides besides the experiment itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Who may be measured; nobody without consent.
    pub visitor: Option<&'a str>,
    /// Who is assigned: the visitor, or the profile that it was identified as. Nobody while there is no profile.
    pub unit: Option<&'a str>,
    /// Nothing is kept beyond the page load.
    pub is_cookieless: bool,
    /// The site's share of visitors held out, in ten-thousandths.
    pub holdout: u16,
    /// What this browser was given of the experiment: its version, a space, and the variant; or nothing.
    pub given: &'a str,
}

/// The visitor is in: the version under which, and the variant.
pub type Enrolled<'a> = (i64, &'a str);

/// Why a visitor is not in an experiment. The first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotEnrolled {
    /// Nobody may be measured: no consent.
    NoVisitor,
    /// Profiles are assigned, and the visitor was not identified.
    NoProfile,
    /// Without cookies nobody is given a variant.
    Cookieless,
    /// In the site's holdout.
    HeldOut,
    /// Another part of the namespace has it.
    OutsideNamespace,
    /// The audience's condition does not hold.
    Condition,
    /// Beyond the share of visitors who take part.
    NotCovered,
}

/// What everybody gets of an experiment that is over, of version 0: it needs no id, so it is given without consent and
/// cookies too. Only those who are held out are not, and whom the audience's condition leaves out.
fn given_to_all<'a>(
    variant: &'a str,
    standing: Standing<'_>,
    admits: impl FnOnce() -> bool,
) -> Result<Enrolled<'a>, NotEnrolled> {
    let visitor = standing.visitor.filter(|_| !standing.is_cookieless);
    if visitor.is_some_and(|visitor| is_held_out(visitor, standing.holdout)) {
        return Err(NotEnrolled::HeldOut);
    }
    if admits() { Ok((0, variant)) } else { Err(NotEnrolled::Condition) }
}

/// What the visitor gets. What it was given stays, with the version it was assigned under, whoever it is by now (`admits` is
/// not asked then); else the audience and the hash decide.
pub fn enrol<'a>(
    experiment: &PageExperiment<'a>,
    standing: Standing<'_>,
    admits: impl FnOnce() -> bool,
) -> Result<Enrolled<'a>, NotEnrolled> {
    if let Some(variant) = experiment.given_to_all() {
        return given_to_all(variant, standing, admits);
    }
    let visitor = standing.visitor.ok_or(NotEnrolled::NoVisitor)?;
    let unit = standing.unit.ok_or(NotEnrolled::NoProfile)?;
    if standing.is_cookieless {
        return Err(NotEnrolled::Cookieless);
    }
    if is_held_out(visitor, standing.holdout) {
        return Err(NotEnrolled::HeldOut);
    }
    if !experiment.has(unit) {
        return Err(NotEnrolled::OutsideNamespace);
    }
    let (version, given) = cut(standing.given, b' ');
    if let Some((variant, _)) = experiment.variants.iter().find(|(variant, _)| *variant == given) {
        return Ok((number(version), variant));
    }
    if !admits() {
        return Err(NotEnrolled::Condition);
    }
    let weights = experiment.variants.iter().map(|&(_, weight)| weight);
    let place = assign(experiment.seed, unit, experiment.coverage, weights).ok_or(NotEnrolled::NotCovered)?;
    let (variant, _) = experiment.variants.get(place).ok_or(NotEnrolled::NotCovered)?;
    Ok((i64::from(experiment.version), variant))
}
