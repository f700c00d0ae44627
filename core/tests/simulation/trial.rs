//! One experiment, from its start to the day that decides it.

use tributary_core::config::Direction::Increase;
use tributary_core::decision::{Decision, Evidence, Guardrail, State, decide};
use tributary_core::statistics::{Figure, Method, Plan};
use tributary_core::time::DAY;

use super::{Random, World};

/// What its variants are like, and how it is looked at: once a day.
#[derive(Clone)]
pub struct Trial {
    /// Control first.
    pub worlds: Vec<World>,
    pub plan: Plan,
    /// In each variant.
    pub visitors_a_day: u32,
    pub days: u32,
    /// The goal is a guardrail of itself, without any tolerance.
    pub is_guarded: bool,
}

impl Trial {
    pub fn new(worlds: &[World], method: Method, visitors_a_day: u32, days: u32) -> Self {
        let plan = Plan { method, ..Plan::default() };
        Self { worlds: worlds.to_vec(), plan, visitors_a_day, days, is_guarded: false }
    }

    /// The relative effect of the first challenger.
    pub fn effect(&self) -> f64 {
        self.worlds[1].value() / self.worlds[0].value() - 1.0
    }

    /// Runs it until a decision stands or the days are over. `each` sees every day's.
    pub fn follow(&self, random: &mut Random, mut each: impl FnMut(&Decision)) -> Decision {
        let mut figures: Vec<Figure> = self.worlds.iter().map(World::nothing).collect();
        let mut kept: Option<Decision> = None;
        for day in 1..=self.days {
            for (figure, world) in figures.iter_mut().zip(&self.worlds) {
                *figure = world.grown(*figure, self.visitors_a_day, random);
            }
            let guardrail = Guardrail { goal: 0, direction: Increase, tolerance: 0.0, stops: true, figures: &figures };
            let guardrails = if self.is_guarded { std::slice::from_ref(&guardrail) } else { &[] };
            let evidence = Evidence {
                plan: &self.plan,
                direction: Increase,
                figures: &figures,
                mismatch: None,
                guardrails,
                started_at: 0,
                ended: false,
                now: i64::from(day) * DAY,
            };
            let decision = decide(&evidence, kept.as_ref());
            each(&decision);
            let stands = decision.stands();
            kept = Some(decision);
            if stands {
                break;
            }
        }
        kept.expect("at least one day")
    }

    /// How it ends.
    pub fn end(&self, random: &mut Random) -> State {
        self.follow(random, |_| ()).state
    }
}
