//! The calls about a site's webhooks, as the site object answers them: it knows which there are, and asks their couriers.

use futures_util::future::try_join_all;
use serde::Serialize;
use tributary_core::config_input;
use tributary_core::webhook::{MAX_WEBHOOKS, NewWebhook, ShownWebhook};
use worker::{Env, Error, Method, Response, Url};

use super::{couriers, localhost, random};
use crate::answer::{Failure, Problem, json, json_text};
use crate::call;
use crate::courier::Shown;
use crate::database::Database;
use crate::received::Received;

/// A site object, as far as its webhooks are concerned.
pub struct Place<'a> {
    /// Its tables.
    pub database: &'a Database,
    /// Bindings.
    pub env: &'a Env,
    /// The site's key.
    pub site: &'a str,
    /// The request.
    pub received: &'a Received,
}

#[derive(Serialize)]
struct Made<'a> {
    secret: &'a str,
    #[serde(flatten)]
    webhook: &'a ShownWebhook,
}

type Outcome<T> = std::result::Result<T, Failure>;

impl Place<'_> {
    /// Answers a call; `about` stands after `/webhooks` in its path.
    pub async fn answer(&self, method: Method, about: &[&str], url: &Url, body: &[u8]) -> Outcome<Response> {
        let path = match (&method, about) {
            (Method::Get, []) => {
                let webhooks = self.each("/webhook").await?.join(&b","[..]);
                let list = [&b"{\"webhooks\":["[..], &webhooks, b"]}"].concat();
                return Ok(json_text(200, String::from_utf8_lossy(&list).into_owned())?);
            }
            (Method::Post, []) => return self.make(body).await,
            (Method::Get, [_]) => "/webhook".to_owned(),
            (Method::Get, [_, "notices"]) => format!("/notices?{}", url.query().unwrap_or_default()),
            (Method::Post, [_, what @ ("change" | "delete" | "rotate" | "test")]) => format!("/{what}"),
            (Method::Post, [_, "replay", notice]) => format!("/replay/{notice}"),
            _ => return Err(Problem::not_found().into()),
        };
        let id = about.first().copied().unwrap_or_default();
        if !self.ids()?.iter().any(|known| known == id) {
            return Err(Problem::unknown_webhook().into());
        }
        let answer = self.ask(id, &path, (method == Method::Post).then_some(body)).await?;
        // One that is gone already is deleted all the same.
        if about.get(1) == Some(&"delete") && matches!(answer.status_code(), 200 | 404) {
            self.database.write("DELETE FROM webhook WHERE id = ?", vec![id.into()])?;
            return Ok(json(200, &"deleted")?);
        }
        Ok(answer)
    }

    /// All webhooks with their latest notices, for a page.
    pub async fn shown(&self) -> Outcome<Vec<Shown>> {
        let read = |answer: Vec<u8>| postcard::from_bytes(&answer).map_err(|error| Error::RustError(error.to_string()));
        Ok(self.each("/shown").await?.into_iter().map(read).collect::<worker::Result<_>>()?)
    }

    /// What each courier says, in the order in which the webhooks were made.
    async fn each(&self, path: &str) -> worker::Result<Vec<Vec<u8>>> {
        let ids = self.ids()?;
        try_join_all(ids.iter().map(async |id| self.ask(id, path, None).await?.bytes().await)).await
    }

    /// The courier is made first: one that the site does not know of is told nothing, and nobody can see it.
    async fn make(&self, body: &[u8]) -> Outcome<Response> {
        let new: NewWebhook = config_input::read(body)?;
        let id = format!("wh_{}", hex::encode(random::<8>()?));
        let (now, localhost) = (self.received.at, localhost(self.env));
        let webhook = new.into_webhook(self.site, id.clone(), random()?, now, localhost)?;
        self.check_room()?;
        let answer = self.ask(&id, "/make", Some(&webhook.encode())).await?;
        if answer.status_code() != 200 {
            return Err(Error::RustError(format!("a courier answered {}", answer.status_code())).into());
        }
        // Another may have been made meanwhile.
        self.check_room()?;
        // What happened before is not for it.
        self.database.write(
            "INSERT INTO webhook (id, told) VALUES (?, coalesce(
                 (SELECT max(number) FROM happened), (SELECT max(told) FROM webhook), 0))",
            vec![id.as_str().into()],
        )?;
        Ok(json(201, &Made { secret: webhook.secret(), webhook: &webhook.shown })?)
    }

    fn check_room(&self) -> Outcome<()> {
        if self.ids()?.len() < MAX_WEBHOOKS {
            return Ok(());
        }
        Err(Problem::conflict("a site has at most 10 webhooks: delete one first").into())
    }

    fn ids(&self) -> worker::Result<Vec<String>> {
        Ok(couriers(self.database)?.into_iter().map(|(id, _)| id).collect())
    }

    async fn ask(&self, id: &str, path: &str, body: Option<&[u8]>) -> worker::Result<Response> {
        call::call(&call::courier(self.env, self.site, id)?, path, self.received, body).await
    }
}
