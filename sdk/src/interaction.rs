//! Clicks and submits that meet a goal, whatever is in the page, now or later.

use crate::host;
use crate::json;
use crate::page::Page;
use tributary_core::page_config::PageGoal;

/// Goals met by one kind of interaction.
#[derive(Default)]
pub struct Goals {
    each: Vec<Goal>,
    /// All selectors in one: nearly every element meets none, and so is asked once.
    any: u32,
}

/// What it takes (the number of a selector, which stays in JavaScript: no text crosses at a click), and the pair of numbers that names the goal on the wire.
struct Goal {
    selector: u32,
    experiment: u16,
    index: u8,
}

impl Goals {
    /// Those goals whose selector the browser understands; the others can never be met.
    pub fn new(goals: &[PageGoal<'_>]) -> Self {
        let mut each = Vec::new();
        let mut any = String::new();
        for &PageGoal { experiment, goal: index, selector: text } in goals {
            let selector = host::understood(text);
            if selector > 0 {
                if !any.is_empty() {
                    any.push(',');
                }
                any.push_str(text);
                each.push(Goal { selector, experiment, index });
            }
        }
        Self { each, any: host::understood(&any) }
    }

    /// The goals that these nodes meet, each once, as the JSON pairs that the wire has; empty where there are none.
    fn met(&self, nodes: u32) -> String {
        let mut pairs = String::new();
        let mut done = vec![false; self.each.len()];
        for node in 0..nodes {
            if !host::matches(node, self.any) {
                continue;
            }
            for (goal, done) in self.each.iter().zip(&mut done) {
                if !*done && host::matches(node, goal.selector) {
                    *done = true;
                    pairs.push_str(if pairs.is_empty() { "[" } else { ",[" });
                    json::number(&mut pairs, i64::from(goal.experiment));
                    pairs.push(',');
                    json::number(&mut pairs, i64::from(goal.index));
                    pairs.push(']');
                }
            }
        }
        pairs
    }
}

impl Page {
    /// A click, whose path goes through open shadow roots (a closed one counts as its host), or the submit of a form. One
    /// click is one event, whatever it meets.
    pub fn interacted(&mut self, submit: bool, nodes: u32, communication: &str) {
        let goals = if submit { &self.submits } else { &self.clicks };
        let met = if goals.each.is_empty() { String::new() } else { goals.met(nodes) };
        if met.is_empty() && communication.is_empty() {
            return;
        }
        let mut event = String::from(if submit { "\"$form_submit\",{\"goals\":[" } else { "\"$click\",{\"goals\":[" });
        event.push_str(&met);
        event.push(']');
        if !communication.is_empty() {
            event.push_str(",\"communication\":");
            json::string(&mut event, communication);
        }
        event.push('}');
        self.record(&event);
        self.defers = true;
    }
}
