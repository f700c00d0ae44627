//! Calls between the Worker and its objects.

use serde::{Deserialize, Serialize};
use tributary_core::facts::Facts;
use wasm_bindgen::JsValue;
use worker::{Env, Error, Headers, Method, Request, RequestInit, Response, Result, Stub};

use crate::received::{Fault, Received};

/// The object of a site.
pub fn site(env: &Env, site: &str) -> Result<Stub> {
    env.durable_object("SITE")?.id_from_name(site)?.get_stub()
}

/// One of a site's shards. The name begins with the site's key: sites share nothing.
pub fn shard(env: &Env, site: &str, shard: u8) -> Result<Stub> {
    env.durable_object("SHARD")?.id_from_name(&format!("{site}/{shard}"))?.get_stub()
}

/// Calls an object.
pub async fn call(stub: &Stub, path: &str, received: &Received, body: Option<&[u8]>) -> Result<Response> {
    call_as(stub, path, received, body, None).await
}

/// Calls an object, with the key that the caller showed.
pub async fn call_as(
    stub: &Stub,
    path: &str,
    received: &Received,
    body: Option<&[u8]>,
    authorization: Option<&str>,
) -> Result<Response> {
    let mut init = RequestInit::new();
    if let Some(body) = body {
        init.with_method(Method::Post).with_body(Some(JsValue::from(js_sys::Uint8Array::from(body))));
    }
    if let Some(authorization) = authorization {
        let headers = Headers::new();
        headers.set("authorization", authorization)?;
        init.with_headers(headers);
    }
    let separator = if path.contains('?') { '&' } else { '?' };
    let request = Request::new_with_init(&format!("http://object{path}{separator}{received}"), &init)?;
    stub.fetch_with_request(request).await
}

/// Sequence numbers of a delivery at the most. What waits grows while a site cannot be reached; a request does not.
const PARTS: usize = 32;

/// What a shard sends its site: facts by sequence number, in order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// Which shard.
    pub shard: u8,
    /// Sequence numbers and facts.
    pub parts: Vec<(i64, Facts)>,
    /// A test's wish: the answer gets lost.
    #[serde(skip)]
    is_answer_lost: bool,
}

impl Delivery {
    /// Everything that waits, in as few deliveries as may be sent, unless a test wants it otherwise.
    pub fn of(shard: u8, parts: Vec<(i64, Facts)>, fault: Option<Fault>) -> Vec<Self> {
        let one = |parts| Self { shard, parts, is_answer_lost: fault == Some(Fault::LostAnswer) };
        match fault {
            Some(Fault::Twice) => vec![one(parts.clone()), one(parts)],
            Some(Fault::Reversed) => parts.into_iter().rev().map(|part| one(vec![part])).collect(),
            _ => parts.chunks(PARTS).map(|parts| one(parts.to_vec())).collect(),
        }
    }
}

/// Delivers. Gives the last sequence number the site has applied, or `None` when it does not answer.
pub async fn deliver(site: &Stub, delivery: &Delivery, received: &Received) -> Result<Option<i64>> {
    let body = postcard::to_allocvec(delivery).map_err(|error| Error::RustError(error.to_string()))?;
    let mut response = match call(site, "/deliveries", received, Some(&body)).await {
        Ok(response) if response.status_code() == 200 => response,
        Ok(response) => {
            worker::console_error!("the site answered a delivery with {}", response.status_code());
            return Ok(None);
        }
        Err(error) => {
            worker::console_error!("the site could not be reached: {error}");
            return Ok(None);
        }
    };
    let last: i64 = response.json().await?;
    Ok((!delivery.is_answer_lost).then_some(last))
}
