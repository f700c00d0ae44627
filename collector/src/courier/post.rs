//! One request to a receiver. Whatever comes of it, it comes within the limit and becomes an attempt.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use tributary_core::time::Millis;
use tributary_core::webhook::{Attempt, MAX_ANSWER, Notice, Problem, Webhook, address, seconds};
use wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Delay, Env, Response, Result, js_sys, web_sys};

use crate::clock;
use crate::wait::told;
use crate::webhook::localhost;

/// What is asked of the runtime: `worker` would bring the words for all that Cloudflare can do to a request.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn fetch(address: &str, init: &web_sys::RequestInit) -> std::result::Result<js_sys::Promise, JsValue>;
}

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
    let Ok(controller) = web_sys::AbortController::new() else {
        return Attempt::unanswered(now, 0, Problem::Connection);
    };
    let signal = controller.signal();
    let mut answer = None;
    let outcome = {
        let exchange = pin!(exchange(webhook, notice, now, &signal, &mut answer));
        match select(exchange, pin!(Delay::from(Duration::from_millis(limit.unsigned_abs())))).await {
            Either::Left((outcome, _)) => outcome.map_err(|error| {
                worker::console_log!("webhook {}: {error}", webhook.shown.id);
                Problem::Connection
            }),
            Either::Right(_) => Err(Problem::Timeout),
        }
    };
    // What is still on its way is not waited for.
    controller.abort();
    let duration = clock::now() - began;
    match (answer, outcome) {
        // The status says it all, whether or not the body came to its end.
        (Some(Answer { status, retry_after, body }), _) => {
            Attempt::answered(now, duration, status, retry_after.as_deref(), &body)
        }
        (None, outcome) => Attempt::unanswered(now, duration, outcome.err().unwrap_or(Problem::Connection)),
    }
}

struct Answer {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
}

/// Posts, and writes down what comes as it comes.
async fn exchange(
    webhook: &Webhook,
    notice: &Notice,
    now: Millis,
    signal: &web_sys::AbortSignal,
    answer: &mut Option<Answer>,
) -> Result<()> {
    let init = request(webhook, notice, now)?;
    init.set_signal(Some(signal));
    let response = JsFuture::from(fetch(&webhook.shown.url, &init)?).await?;
    let mut response = Response::from(response.unchecked_into::<web_sys::Response>());
    let (status, retry_after) = (response.status_code(), response.headers().get("retry-after")?);
    let answer = answer.insert(Answer { status, retry_after, body: Vec::new() });
    let mut stream = response.stream()?;
    while answer.body.len() < BODY
        && let Some(chunk) = stream.next().await
    {
        let chunk = chunk?;
        let room = BODY - answer.body.len();
        answer.body.extend(chunk.into_iter().take(room));
    }
    Ok(())
}

fn request(webhook: &Webhook, notice: &Notice, now: Millis) -> Result<web_sys::RequestInit> {
    let headers = web_sys::Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("user-agent", "Tributary-Webhooks")?;
    headers.set("webhook-id", &notice.id)?;
    headers.set("webhook-timestamp", &seconds(now).to_string())?;
    headers.set("webhook-signature", &webhook.signatures(&notice.id, &notice.body, now))?;
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(&notice.body));
    Ok(init)
}
