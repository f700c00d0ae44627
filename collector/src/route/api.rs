//! The API under a key: sites, experiments, reports.

use futures_util::future::join_all;
use serde::Serialize;
use tributary_core::config::Config;
use tributary_core::config_input::{self, NewSite};
use tributary_core::endpoint::Endpoint;
use worker::{Error, Request};

use super::Outcome;
use super::edge::{self, Edge};
use crate::answer::{Failure, Problem, json};
use crate::call;
use crate::key::{self, SiteKey};
use crate::shard::Flushed;
use crate::site::Account;

const MAX_BODY_BYTES: usize = 256 * 1024;

#[derive(Serialize)]
struct Made<'a> {
    secret_key: &'a str,
    in_force: bool,
    #[serde(flatten)]
    config: &'a Config,
}

/// Answers the calls that a site's object decides.
pub async fn answer(mut request: Request, edge: &Edge, endpoint: Endpoint, values: &[&str]) -> Outcome {
    let body = edge::body(&mut request, MAX_BODY_BYTES).await?;
    let authorization = request.headers().get("authorization")?.unwrap_or_default();
    let site = values.first().copied().unwrap_or_default();
    let key = values.get(1).copied().unwrap_or_default();
    let path = match endpoint {
        Endpoint::MakeSite => return create(edge, &authorization, &body).await,
        Endpoint::Report => return report(edge, site, &authorization).await,
        Endpoint::ReadSite => return forward(edge, site, "/config", &authorization, None).await,
        Endpoint::ChangeSite => "/config".to_owned(),
        Endpoint::MakeExperiment => "/experiments".to_owned(),
        Endpoint::ChangeExperiment => format!("/experiments/{key}"),
        Endpoint::StartExperiment => format!("/experiments/{key}/start"),
        Endpoint::PauseExperiment => format!("/experiments/{key}/pause"),
        Endpoint::ResumeExperiment => format!("/experiments/{key}/resume"),
        Endpoint::StopExperiment => format!("/experiments/{key}/stop"),
        Endpoint::UndoDecision => format!("/experiments/{key}/undo"),
        Endpoint::DecideExperiment => return decide(edge, site, key, &authorization).await,
        Endpoint::ListDecisions => {
            return forward(edge, site, &format!("/experiments/{key}/decisions"), &authorization, None).await;
        }
        Endpoint::MakeCommunication => "/communications".to_owned(),
        Endpoint::MakeSequence => "/sequences".to_owned(),
        Endpoint::MakeCampaign => "/campaigns".to_owned(),
        Endpoint::MakeExperience => "/experiences".to_owned(),
        Endpoint::MakeGoal => "/goals".to_owned(),
        Endpoint::MakeJourney => "/journeys".to_owned(),
        Endpoint::ListWebhooks => return forward(edge, site, "/webhooks", &authorization, None).await,
        Endpoint::ReadWebhook => return forward(edge, site, &format!("/webhooks/{key}"), &authorization, None).await,
        Endpoint::ListNotices => {
            let path = with_query(edge, &format!("/webhooks/{key}/notices"), 0);
            return forward(edge, site, &path, &authorization, None).await;
        }
        Endpoint::MakeWebhook => "/webhooks".to_owned(),
        Endpoint::ChangeWebhook => format!("/webhooks/{key}/change"),
        Endpoint::DeleteWebhook => format!("/webhooks/{key}/delete"),
        Endpoint::RotateWebhookSecret => format!("/webhooks/{key}/rotate"),
        Endpoint::TestWebhook => format!("/webhooks/{key}/test"),
        Endpoint::ReplayNotice => {
            format!("/webhooks/{key}/replay/{}", values.get(2).copied().unwrap_or_default())
        }
        Endpoint::SendEvents
        | Endpoint::Script
        | Endpoint::Import
        | Endpoint::ExportVisitor
        | Endpoint::EraseVisitor
        | Endpoint::ExportProfile
        | Endpoint::EraseProfile
        | Endpoint::Document
        | Endpoint::Health
        | Endpoint::PinnedConfiguration => return Err(Problem::not_found().into()),
    };
    forward(edge, site, &path, &authorization, Some(&body)).await
}

async fn create(edge: &Edge, authorization: &str, body: &[u8]) -> Outcome {
    let expected = format!("Bearer {}", edge.secret("ADMIN_KEY")?);
    if !key::same(expected.as_bytes(), authorization.as_bytes()) {
        return Err(Problem::unauthorized().into());
    }
    let new: NewSite = config_input::read(body)?;
    let shards = new.shards;
    let site = SiteKey::issue(&edge.secret("SIGNING_KEY")?, shards, random()?);
    let config = new.into_config(site.as_str().to_owned())?;
    let secret_key = key::secret_key(random()?);
    let account = Account { shards, fingerprint: key::fingerprint(&secret_key), config };
    let stored = serde_json::to_vec(&account).map_err(|error| Error::RustError(error.to_string()))?;
    let stub = call::site(&edge.env, site.as_str())?;
    let mut answer = call::call(&stub, "/create", &edge.received, Some(&stored)).await?;
    if answer.status_code() != 200 {
        return Ok(answer);
    }
    let in_force = answer.json().await?;
    Ok(json(201, &Made { secret_key: &secret_key, in_force, config: &account.config })?)
}

/// Asks the site's object, with the key that the caller showed.
pub async fn forward(edge: &Edge, site: &str, path: &str, authorization: &str, body: Option<&[u8]>) -> Outcome {
    let site = edge.site(site)?;
    let stub = call::site(&edge.env, site.as_str())?;
    Ok(call::call_as(&stub, path, &edge.received, body, Some(authorization)).await?)
}

async fn report(edge: &Edge, site: &str, authorization: &str) -> Outcome {
    let key = allowed(edge, site, authorization).await?;
    let pending = flush(edge, &key).await?;
    forward(edge, site, &with_query(edge, "/report", pending), authorization, None).await
}

async fn decide(edge: &Edge, site: &str, experiment: &str, authorization: &str) -> Outcome {
    let key = allowed(edge, site, authorization).await?;
    let pending = flush(edge, &key).await?;
    let path = with_query(edge, &format!("/experiments/{experiment}/decide"), pending);
    forward(edge, site, &path, authorization, Some(b"")).await
}

/// The site, if the caller showed its secret key. Who may not ask must not make shards work either.
pub async fn allowed(edge: &Edge, site: &str, authorization: &str) -> Result<SiteKey, Failure> {
    match forward(edge, site, "/allowed", authorization, None).await?.status_code() {
        200 => Ok(edge.site(site)?),
        401 => Err(Problem::unauthorized().into()),
        404 => Err(Problem::unknown_site().into()),
        status => Err(Error::RustError(format!("the site answered {status}")).into()),
    }
}

/// Rounds in which shards may still have something to tell each other.
const ROUNDS: usize = 8;

/// Has every shard deliver what waits; gives the number of deliveries that still do.
///
/// A message may lead to another, in a shard that has answered already. So nothing waits anywhere only when two rounds in
/// a row find nothing, and nothing has arrived in between.
pub async fn flush(edge: &Edge, site: &SiteKey) -> Result<u32, Failure> {
    let mut before = Vec::new();
    let mut pending = 1;
    for _ in 0..ROUNDS {
        let answers = join_all((0..site.shards()).map(async |shard| {
            let stub = call::shard(&edge.env, site.as_str(), shard)?;
            call::call(&stub, "/flush", &edge.received, None).await?.json::<Flushed>().await
        }));
        // A shard that does not answer may well have something.
        let answers: Vec<(u32, i64)> =
            answers.await.into_iter().map(|answer| answer.map_or((1, 0), |a| (a.pending, a.arrived))).collect();
        pending = answers.iter().map(|(pending, _)| pending).sum();
        let is_quiet = answers.iter().all(|(pending, _)| *pending == 0);
        if is_quiet && answers == before {
            return Ok(0);
        }
        if !is_quiet && edge.received.fault.is_some() {
            return Ok(pending);
        }
        before = answers;
    }
    Ok(pending.max(1))
}

/// The path of an internal call with the caller's query and what still waits.
pub fn with_query(edge: &Edge, path: &str, pending: u32) -> String {
    let own = ["pending", "at", "bot", "refusal", "signed_in", "fault", "origin"];
    let mut url = edge.url.clone();
    let asked: Vec<_> = edge.url.query_pairs().filter(|(name, _)| !own.contains(&&**name)).collect();
    url.query_pairs_mut().clear().extend_pairs(asked).append_pair("pending", &pending.to_string());
    format!("{path}?{}", url.query().unwrap_or_default())
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::getrandom(&mut bytes).map_err(|error| Error::RustError(error.to_string()))?;
    Ok(bytes)
}
