//! What a report is read from, and what is decided before it is told.

use tributary_core::config::Config;
use tributary_core::decision::Decision;
use tributary_core::report::{Asked, By, Report};
use worker::Url;

use super::{Inner, pending};
use crate::answer::{Failure, Problem};
use crate::inbox;
use crate::received::Received;

impl Inner {
    /// A report of what is asked for; on the page of an experiment besides each day of its run. What would stand is kept
    /// first, with all that follows from it: nobody reads of a winner that a later look does not find.
    pub(super) async fn report(
        &self,
        url: &Url,
        received: &Received,
        shown: Option<&str>,
    ) -> std::result::Result<Report, Failure> {
        let account = self.account()?.ok_or_else(Problem::unknown_site)?;
        let (report, unkept) = self.read_report(&account.config, url, received, shown)?;
        if unkept.is_empty() {
            return Ok(report);
        }
        for experiment in unkept {
            self.look_at(Some(experiment), received.at, Some(pending(url))).await?;
        }
        let account = self.account()?.ok_or_else(Problem::unknown_site)?;
        Ok(self.read_report(&account.config, url, received, shown)?.0)
    }

    /// A report, and the experiments of which it tells a decision that would stand and is not kept.
    fn read_report(
        &self,
        config: &Config,
        url: &Url,
        received: &Received,
        shown: Option<&str>,
    ) -> std::result::Result<(Report, Vec<u16>), Failure> {
        let query = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let mut asked = Asked::parse(query, config.zone().day(received.at))?;
        if let Some(experiment) = shown.and_then(|key| config.experiment(key)) {
            asked.by = By::Run(experiment.number);
        }
        let mut ledger = inbox::read_all(&self.database, &asked.needs(config, received.at))?;
        self.take_decisions(config, &mut ledger)?;
        let report = Report::read(config, &ledger, asked, received.at, pending(url));
        let standing = report.experiments.iter().filter(|told| told.decision.as_ref().is_some_and(Decision::stands));
        let numbers = standing.filter_map(|told| config.experiment(&told.key)).map(|experiment| experiment.number);
        let unkept = numbers.filter(|number| !ledger.decision(*number).is_some_and(Decision::stands)).collect();
        Ok((report, unkept))
    }
}
