//! What a page needs to know of its site's configuration, in a form that costs few bytes to read.
//!
//! A line for each value, in the order of the fields: texts as they are, numbers in decimal, before a list its length. It
//! travels in `t.js` as a string. Only running experiments are in it, and those whose winner everybody gets: all else is control.
//!
//! The reader is part of every first visit: one that serde and postcard derive costs 1.4 KB (brotli) more (docs/loader.md).

use crate::assignment::{FULL_SHARE, is_in_namespace};
use crate::lines::{END, Lines, Reader};

/// The public part of a site's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct PageConfig<'a> {
    /// Query parameters that may leave the page; all others are cut from every address.
    pub query_parameters: Vec<&'a str>,
    /// Global Privacy Control and Do Not Track count as refusal.
    pub respect_privacy_signals: bool,
    /// Share of visitors held out of everything, in ten-thousandths.
    pub holdout: u16,
    /// Running experiments, and those that are over and give everybody one variant.
    pub experiments: Vec<PageExperiment<'a>>,
    /// Goals met by a click.
    pub clicks: Vec<PageGoal<'a>>,
    /// Goals met by a submit.
    pub submits: Vec<PageGoal<'a>>,
    /// Pop-ups, notifications or website blocks are looked for in the page.
    pub has_communications: bool,
    /// Sequences and campaigns that begin when one of their communications appears.
    pub groups: Vec<PageGroup<'a>>,
}

/// A sequence or a campaign, as far as the page tells of its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageGroup<'a> {
    /// A campaign, not a sequence.
    pub is_campaign: bool,
    /// The name developers use.
    pub key: &'a str,
    /// Keys of its communications.
    pub communications: Vec<&'a str>,
}

/// An experiment, as far as the page computes it.
#[derive(Debug, Clone, PartialEq)]
pub struct PageExperiment<'a> {
    /// The name developers use.
    pub key: &'a str,
    /// What the hash starts from.
    pub seed: &'a str,
    /// The version an exposure names; 0 where the experiment is over and everybody gets its one variant, unexposed.
    pub version: u32,
    /// Share of visitors who take part, in ten-thousandths.
    pub coverage: u16,
    /// Its namespace (empty: none), and the range of it in thousandths.
    pub namespace: (&'a str, u16, u16),
    /// Keys and weights in ten-thousandths, the control first.
    pub variants: Vec<(&'a str, u16)>,
}

impl<'a> PageExperiment<'a> {
    /// An experiment that is over: all but the held-out get the variant, and nothing counts.
    pub fn rollout(key: &'a str, variant: &'a str) -> Self {
        let namespace = ("", 0, 0);
        Self { key, seed: "", version: 0, coverage: FULL_SHARE, namespace, variants: vec![(variant, FULL_SHARE)] }
    }

    /// The variant that everybody gets, of an experiment that is over.
    pub fn given_to_all(&self) -> Option<&'a str> {
        self.variants.first().filter(|_| self.version == 0).map(|(variant, _)| *variant)
    }

    /// Whether its namespace has the visitor.
    pub fn has(&self, visitor: &str) -> bool {
        let (namespace, from, to) = self.namespace;
        namespace.is_empty() || is_in_namespace(visitor, namespace, (from, to))
    }
}

/// A goal that the page decides: a click or a submit on what the selector matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageGoal<'a> {
    /// Number of the experiment within the site.
    pub experiment: u16,
    /// Place of the goal within the experiment.
    pub goal: u8,
    /// A CSS selector.
    pub selector: &'a str,
}

impl<'a> PageConfig<'a> {
    /// The form that [`PageConfig::decode`] reads. No text may contain a line break: each becomes a space, which in a
    /// selector means the same.
    pub fn encode(&self) -> String {
        let mut lines = Lines::default();
        lines.number(self.query_parameters.len());
        for parameter in &self.query_parameters {
            lines.text(parameter);
        }
        lines.number(self.respect_privacy_signals);
        lines.number(self.holdout);
        lines.number(self.experiments.len());
        for experiment in &self.experiments {
            lines.experiment(experiment);
        }
        for goals in [&self.clicks, &self.submits] {
            lines.number(goals.len());
            for goal in goals {
                lines.number(goal.experiment);
                lines.number(goal.goal);
                lines.text(goal.selector);
            }
        }
        lines.number(self.has_communications);
        lines.number(self.groups.len());
        for group in &self.groups {
            lines.number(group.is_campaign);
            lines.text(group.key);
            lines.number(group.communications.len());
            for communication in &group.communications {
                lines.text(communication);
            }
        }
        lines.0.push_str(END);
        lines.0
    }

    /// Reads what [`PageConfig::encode`] wrote; `None` where it is damaged.
    pub fn decode(text: &'a str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let config = Self {
            query_parameters: reader.list(&Reader::text),
            respect_privacy_signals: reader.number() == 1,
            holdout: reader.share(),
            experiments: reader.list(&Reader::experiment),
            clicks: reader.list(&Reader::goal),
            submits: reader.list(&Reader::goal),
            has_communications: reader.number() == 1,
            groups: reader.list(&|reader| PageGroup {
                is_campaign: reader.number() == 1,
                key: reader.text(),
                communications: reader.list(&Reader::text),
            }),
        };
        // What was cut off or has too much in it does not end here.
        (reader.rest == END).then_some(config)
    }
}

impl Lines {
    pub(crate) fn experiment(&mut self, experiment: &PageExperiment<'_>) {
        self.text(experiment.key);
        self.text(experiment.seed);
        self.number(experiment.version);
        self.number(experiment.coverage);
        let (namespace, from, to) = experiment.namespace;
        self.text(namespace);
        self.number(from);
        self.number(to);
        self.number(experiment.variants.len());
        for &(key, weight) in &experiment.variants {
            self.text(key);
            self.number(weight);
        }
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn experiment(&mut self) -> PageExperiment<'a> {
        PageExperiment {
            key: self.text(),
            seed: self.text(),
            version: self.number(),
            coverage: self.share(),
            namespace: (self.text(), self.share(), self.share()),
            variants: self.list(&|reader| (reader.text(), reader.share())),
        }
    }

    #[allow(clippy::cast_possible_truncation)]
    fn goal(&mut self) -> PageGoal<'a> {
        PageGoal { experiment: self.share(), goal: self.number() as u8, selector: self.text() }
    }
}
