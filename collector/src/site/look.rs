//! Looks at experiments, on schedule and on demand: what is decided is kept with what is done about it and with what
//! webhooks are told, in one turn.

use serde::Serialize;
use tributary_core::config::{Config, Outcome, Status};
use tributary_core::look::{self, Finding};
use tributary_core::report::Ledger;
use tributary_core::time::Millis;
use worker::{Error, Response, Result, SqlStorageValue};

use super::{Account, Inner, PUSH_AFTER};
use crate::answer::{Failure, Problem, json};
use crate::database::Database;
use crate::received::Received;
use crate::{inbox, turn, wait, webhook};

/// The table: what was found about each experiment, in its order. The last one is what stands.
pub const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS finding (
        experiment INTEGER NOT NULL, number INTEGER NOT NULL, finding TEXT NOT NULL, PRIMARY KEY (experiment, number)
    ) WITHOUT ROWID;
";
/// Findings that are kept of an experiment: the last ones.
const KEPT: u32 = 200;

/// When the site's experiments were looked at last, and whether there is one to look at again.
#[derive(Debug, Clone, Copy)]
pub struct Looked {
    at: Millis,
    is_watching: bool,
}

/// What became of a look on demand.
#[derive(Serialize)]
struct Decided<'a> {
    experiment: &'a str,
    status: Status,
    as_of: Millis,
    pending: u32,
    is_new: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<Finding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a Outcome>,
    in_force: bool,
}

#[derive(Serialize)]
struct History {
    findings: Vec<Finding>,
}

/// What looks came to.
pub(super) struct Looks {
    is_watching: bool,
    is_new: bool,
}

impl Inner {
    /// Looks at all experiments that are watched, if it is time to, and has the alarm go off for the next time.
    pub(super) async fn look_around(&self, now: Millis) {
        let every = wait::look_every(&self.env);
        let fresh = self.looked.get().filter(|looked| (now - looked.at).abs() < every);
        let looked = match fresh {
            Some(looked) => looked,
            None => match self.look_at(None, now, None).await {
                Ok(looks) => Looked { at: now, is_watching: looks.is_watching },
                Err(error) => {
                    worker::console_error!("look: {error}");
                    self.arm(every).await;
                    return;
                }
            },
        };
        self.looked.set(Some(looked));
        if looked.is_watching {
            self.arm((looked.at + every - now).clamp(0, every)).await;
        }
    }

    /// Looks at one experiment now, with all that was delivered.
    pub(super) async fn decide(
        &self,
        key: &str,
        received: &Received,
        pending: u32,
    ) -> std::result::Result<Response, Failure> {
        let account = self.account()?.ok_or_else(Problem::unknown_site)?;
        let number = account.config.experiment(key).ok_or_else(|| Problem::unknown_experiment(key))?.number;
        let looks = self.look_at(Some(number), received.at, Some(pending)).await?;
        let in_force = self.is_in_force(received.fault).await;
        if webhook::is_waiting(&self.database)? {
            self.arm(0).await;
        }
        let account = self.account()?.ok_or_else(Problem::unknown_site)?;
        let experiment = account.config.numbered(number).ok_or_else(|| Problem::unknown_experiment(key))?;
        let decided = Decided {
            experiment: key,
            status: experiment.status(received.at),
            as_of: received.at,
            pending,
            is_new: looks.is_new,
            latest: last(&self.database, number)?,
            outcome: experiment.outcome.as_ref(),
            in_force,
        };
        Ok(json(200, &decided)?)
    }

    /// What was found about an experiment so far, the first first.
    pub(super) fn findings(&self, config: &Config, key: &str) -> std::result::Result<Response, Failure> {
        let number = config.experiment(key).ok_or_else(|| Problem::unknown_experiment(key))?.number;
        let place = vec![SqlStorageValue::Integer(number.into())];
        let rows = self.database.run("SELECT finding FROM finding WHERE experiment = ? ORDER BY number", place)?;
        let findings = rows.iter().filter_map(|row| row.first()).map(read).collect::<Result<_>>()?;
        Ok(json(200, &History { findings })?)
    }

    /// Adds what was decided of experiments to what a report is read from.
    pub(super) fn take_decisions(&self, config: &Config, ledger: &mut Ledger) -> Result<()> {
        for experiment in config.experiments.iter().filter(|experiment| experiment.started_at.is_some()) {
            if let Some(decision) = last(&self.database, experiment.number)?.and_then(|last| last.found.decision) {
                ledger.take_decision(experiment.number, decision);
            }
        }
        Ok(())
    }

    /// Looks, in one turn. Whatever is new has the alarm go off soon: pages are to know, and webhooks to be told, also when
    /// the power goes right after. The alarm is set without anything waited for in between, so the storage writes it with
    /// the turn or not at all.
    pub(super) async fn look_at(&self, only: Option<u16>, now: Millis, pending: Option<u32>) -> Result<Looks> {
        let Some(account) = self.account()? else { return Ok(Looks { is_watching: false, is_new: false }) };
        let (looks, next) = turn::run(self.database.storage(), || self.look_in_turn(&account, only, now, pending))?;
        if let Some(config) = next {
            self.keep(Account { config, ..(*account).clone() });
        }
        if looks.is_new {
            self.database.set_alarm(PUSH_AFTER).await?;
        }
        Ok(looks)
    }

    fn look_in_turn(
        &self,
        account: &Account,
        only: Option<u16>,
        now: Millis,
        pending: Option<u32>,
    ) -> Result<(Looks, Option<Config>)> {
        let mut watched = Vec::new();
        for experiment in &account.config.experiments {
            if only.is_none_or(|only| only == experiment.number) && experiment.started_at.is_some() {
                let last = last(&self.database, experiment.number)?;
                if look::is_watched(experiment, last.as_ref().map(|last| &last.found), now) {
                    watched.push((experiment, last));
                }
            }
        }
        let mut looks = Looks { is_watching: !watched.is_empty(), is_new: false };
        if watched.is_empty() {
            return Ok((looks, None));
        }
        let needs: Vec<_> = watched.iter().map(|(experiment, _)| look::need(experiment)).collect();
        let mut ledger = inbox::read_all(&self.database, &needs)?;
        let mut next: Option<Config> = None;
        for (experiment, last) in watched {
            let config = next.as_ref().unwrap_or(&account.config);
            let found = last.as_ref().map(|last| &last.found);
            let look = look::look(config, experiment, &mut ledger, found, now);
            if let Some(found) = look.found {
                looks.is_new = true;
                let number = last.map_or(1, |last| last.number + 1);
                keep(&self.database, experiment.number, &Finding { number, config: config.version, pending, found })?;
            }
            if let Some(winner) = &look.winner {
                webhook::enqueue(&self.database, &config.site, winner, now)?;
            }
            if let Some(changed) = look.next {
                webhook::changed(&self.database, config, &changed, now)?;
                next = Some(changed);
            }
        }
        if let Some(config) = &next {
            self.write(&Account { config: config.clone(), ..account.clone() })?;
        }
        Ok((looks, next))
    }
}

/// What was found last of an experiment.
fn last(database: &Database, experiment: u16) -> Result<Option<Finding>> {
    let place = vec![SqlStorageValue::Integer(experiment.into())];
    let statement = "SELECT finding FROM finding WHERE experiment = ? ORDER BY number DESC LIMIT 1";
    database.value(statement, place)?.as_ref().map(read).transpose()
}

/// Keeps a finding, inside a turn; the oldest of too many goes.
fn keep(database: &Database, experiment: u16, finding: &Finding) -> Result<()> {
    let text = serde_json::to_string(finding).map_err(|error| Error::RustError(error.to_string()))?;
    let place =
        |number: u32| vec![SqlStorageValue::Integer(experiment.into()), SqlStorageValue::Integer(number.into())];
    let values = [place(finding.number), vec![text.into()]].concat();
    database.write("INSERT INTO finding (experiment, number, finding) VALUES (?, ?, ?)", values)?;
    match finding.number.checked_sub(KEPT) {
        None | Some(0) => Ok(()),
        Some(oldest) => database.write("DELETE FROM finding WHERE experiment = ? AND number <= ?", place(oldest)),
    }
}

fn read(value: &SqlStorageValue) -> Result<Finding> {
    let SqlStorageValue::String(text) = value else { return Err(Error::RustError("a finding is text".to_owned())) };
    serde_json::from_str(text).map_err(|error| Error::RustError(format!("stored finding: {error}")))
}
