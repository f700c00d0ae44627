//! One request to a receiver. Whatever comes of it, it comes within the limit and becomes an attempt.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tributary_core::time::Millis;
use tributary_core::webhook::{Attempt, MAX_ANSWER, Notice, Problem, Webhook, address, seconds};
use worker::wasm_bindgen::JsValue;
use worker::{
    AbortController, AbortSignal, Delay, Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
    Result,
};

use crate::clock;
use crate::wait::told;
use crate::webhook::localhost;

/// A receiver answers within this, ms: status, headers and the beginning of the body.
const LIMIT: Millis = 10_000;
/// Bytes of the body that are read: characters have at most four.
const BODY: usize = 4 * MAX_ANSWER;

/// Posts a notice. `now` is told to the receiver as the time of the attempt, and signed.
pub async fn attempt(env: &Env, webhook: &Webhook, notice: &Notice, now: Millis) -> Attempt {
    let began = clock::now();
    // The rule may be stricter than when the address was set.
    if address::check(&webhook.shown.url, localhost(env)).is_err() {
        return Attempt::unanswered(now, 0, Problem::Address);
    }
    let limit = told(env, "WEBHOOK_LIMIT_MS").unwrap_or(LIMIT).min(LIMIT);
    let controller = AbortController::default();
    let signal = controller.signal();
    let exchange = pin!(exchange(webhook, notice, now, &signal));
    let patience = pin!(Delay::from(Duration::from_millis(limit.unsigned_abs())));
    let outcome = match select(exchange, patience).await {
        Either::Left((outcome, _)) => outcome.map_err(|error| {
            worker::console_log!("webhook {}: {error}", webhook.shown.id);
            Problem::Connection
        }),
        Either::Right(_) => Err(Problem::Timeout),
    };
    // What is still on its way is not waited for.
    controller.abort();
    let duration = clock::now() - began;
    match outcome {
        Ok(Answer { status, retry_after, body }) => {
            Attempt::answered(now, duration, status, retry_after.as_deref(), &body)
        }
        Err(problem) => Attempt::unanswered(now, duration, problem),
    }
}

struct Answer {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
}

async fn exchange(webhook: &Webhook, notice: &Notice, now: Millis, signal: &AbortSignal) -> Result<Answer> {
    let response = Fetch::Request(request(webhook, notice, now)?).send_with_signal(signal).await?;
    let status = response.status_code();
    let retry_after = response.headers().get("retry-after")?;
    Ok(Answer { status, retry_after, body: beginning(response).await })
}

fn request(webhook: &Webhook, notice: &Notice, now: Millis) -> Result<Request> {
    let headers = Headers::new();
    headers.set("content-type", "application/json")?;
    headers.set("user-agent", "Tributary-Webhooks")?;
    headers.set("webhook-id", &notice.id)?;
    headers.set("webhook-timestamp", &seconds(now).to_string())?;
    headers.set("webhook-signature", &webhook.signatures(&notice.id, &notice.body, now))?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post)
        .with_redirect(RequestRedirect::Manual)
        .with_headers(headers)
        .with_body(Some(JsValue::from_str(&notice.body)));
    Request::new_with_init(&webhook.shown.url, &init)
}

/// How the body begins, as far as it comes.
async fn beginning(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let Ok(mut stream) = response.stream() else { return body };
    while body.len() < BODY
        && let Some(Ok(chunk)) = stream.next().await
    {
        body.extend(chunk);
    }
    body.truncate(BODY);
    body
}
