//! Experiments that are not for everybody, as those pages know them whose script can tell whom they are for.

use crate::condition::{Compiled, Condition, Groups};
use crate::lines::{END, Lines, Reader};
use crate::page_config::PageExperiment;

/// Whom an experiment is for.
#[derive(Debug, Clone)]
pub struct Audience {
    /// The profile is assigned, not the visitor.
    pub is_of_profiles: bool,
    /// What must hold of the visitor's attributes.
    pub condition: Option<Compiled>,
}

/// The form that [`decode`] reads: of each experiment what is known of any, whether it assigns profiles, and its condition.
pub fn encode<'a>(
    experiments: impl IntoIterator<Item = (PageExperiment<'a>, bool, Option<Condition>)>,
    groups: &Groups,
) -> String {
    let mut lines = Lines::default();
    let experiments: Vec<_> = experiments.into_iter().collect();
    lines.number(experiments.len());
    for (experiment, is_of_profiles, condition) in &experiments {
        lines.experiment(experiment);
        lines.number(*is_of_profiles);
        lines.number(condition.is_some());
        if let Some(condition) = condition {
            condition.encode(&mut lines, groups);
        }
    }
    lines.0.push_str(END);
    lines.0
}

/// Reads what [`encode`] wrote, and appends it, an audience for each experiment; where the text is damaged, nothing. `learn` makes
/// a pattern known: its source, and whether case counts for nothing; its answer is the number that
/// [`Javascript::matches`](crate::condition::Javascript::matches) is asked with.
pub fn decode<'a>(
    text: &'a str,
    learn: &dyn Fn(&str, bool) -> u32,
    experiments: &mut Vec<PageExperiment<'a>>,
    audiences: &mut Vec<Audience>,
) {
    if !text.ends_with(END) {
        return;
    }
    let mut reader = Reader { rest: text };
    for _ in 0..reader.number() {
        if reader.rest.is_empty() {
            break;
        }
        experiments.push(reader.experiment());
        let is_of_profiles = reader.number() == 1;
        let condition = (reader.number() == 1).then(|| Compiled::read(&mut reader, learn));
        audiences.push(Audience { is_of_profiles, condition });
    }
}
