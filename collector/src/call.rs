//! Calls between the Worker and its objects.

use serde::{Deserialize, Serialize};
use tributary_core::facts::Facts;
use wasm_bindgen::prelude::*;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Env, Error, Response, Result, js_sys, web_sys};

use crate::mail::Post;
use crate::received::{Fault, Received};

#[wasm_bindgen]
extern "C" {
    /// An object of the collector's, wherever it lives.
    pub type Object;
    type Namespace;
    type Bindings;

    #[wasm_bindgen(method, getter, catch, js_name = SITE)]
    fn sites(this: &Bindings) -> std::result::Result<Namespace, JsValue>;

    #[wasm_bindgen(method, getter, catch, js_name = SHARD)]
    fn shards(this: &Bindings) -> std::result::Result<Namespace, JsValue>;

    #[wasm_bindgen(method, getter, catch, js_name = COURIER)]
    fn couriers(this: &Bindings) -> std::result::Result<Namespace, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getByName)]
    fn get_by_name(this: &Namespace, name: &str) -> std::result::Result<Object, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn fetch(
        this: &Object,
        address: &str,
        init: &web_sys::RequestInit,
    ) -> std::result::Result<js_sys::Promise, JsValue>;
}

/// The object of a site.
pub fn site(env: &Env, site: &str) -> Result<Object> {
    let bindings: &Bindings = env.unchecked_ref();
    Ok(bindings.sites()?.get_by_name(site)?)
}

/// The keeper of a site, an object of the same class.
pub fn keeper(env: &Env, key: &str) -> Result<Object> {
    site(env, &format!("{key}/keeper"))
}

/// One of a site's shards. The name begins with the site's key: sites share nothing.
pub fn shard(env: &Env, site: &str, shard: u8) -> Result<Object> {
    let bindings: &Bindings = env.unchecked_ref();
    Ok(bindings.shards()?.get_by_name(&format!("{site}/{shard}"))?)
}

/// The courier of one of a site's webhooks.
pub fn courier(env: &Env, site: &str, webhook: &str) -> Result<Object> {
    let bindings: &Bindings = env.unchecked_ref();
    Ok(bindings.couriers()?.get_by_name(&format!("{site}/{webhook}"))?)
}

/// Calls an object.
pub async fn call(object: &Object, path: &str, received: &Received, body: Option<&[u8]>) -> Result<Response> {
    Ok(pass(object, path, received, body, None).await?.into())
}

/// Calls an object, with the key that the caller showed.
pub async fn call_as(
    object: &Object,
    path: &str,
    received: &Received,
    body: Option<&[u8]>,
    authorization: Option<&str>,
) -> Result<Response> {
    Ok(pass(object, path, received, body, authorization).await?.into())
}

/// Calls an object for an answer that is passed on as it is: it need not be taken apart and put together again.
pub async fn pass(
    object: &Object,
    path: &str,
    received: &Received,
    body: Option<&[u8]>,
    authorization: Option<&str>,
) -> Result<web_sys::Response> {
    let init = web_sys::RequestInit::new();
    if let Some(body) = body {
        init.set_method("POST");
        init.set_body(&js_sys::Uint8Array::from(body));
    }
    if let Some(authorization) = authorization {
        let headers = web_sys::Headers::new()?;
        headers.set("authorization", authorization)?;
        init.set_headers(&headers);
    }
    let separator = if path.contains('?') { '&' } else { '?' };
    let answer = object.fetch(&format!("http://object{path}{separator}{received}"), &init)?;
    Ok(JsFuture::from(answer).await?.unchecked_into())
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
pub async fn deliver(site: &Object, delivery: &Delivery, received: &Received) -> Result<Option<i64>> {
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

/// Posts messages to another shard. Gives the last number it has applied, or `None` when it does not answer.
pub async fn post(shard: &Object, post: &Post, received: &Received) -> Result<Option<i64>> {
    let body = postcard::to_allocvec(post).map_err(|error| Error::RustError(error.to_string()))?;
    match call(shard, "/mail", received, Some(&body)).await {
        Ok(mut response) if response.status_code() == 200 => Ok(Some(response.json().await?)),
        Ok(response) => {
            worker::console_error!("a shard answered a post with {}", response.status_code());
            Ok(None)
        }
        Err(error) => {
            worker::console_error!("a shard could not be reached: {error}");
            Ok(None)
        }
    }
}
