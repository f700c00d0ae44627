//! Answers: the one place where an outcome becomes HTTP.

use std::cell::RefCell;
use std::thread::LocalKey;

use serde::Serialize;
use tributary_core::config_input::InputError;
use tributary_core::wire::{BatchError, MAX_BATCH_BYTES};
use worker::{Error, Headers, Response, ResponseBuilder, Result};

/// Why a call is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    code: &'static str,
    message: String,
    field: Option<String>,
    limit: Option<String>,
    /// Methods that the address takes.
    allow: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
}

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, limit: None, allow: None }
    }

    fn about(mut self, field: impl Into<String>, limit: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self.limit = Some(limit.into());
        self
    }

    /// No site has this key.
    pub fn unknown_site() -> Self {
        Self::new(404, "unknown_site", "no site has this key").about("site", "a key from POST /v1/sites")
    }

    /// The site has no such experiment.
    pub fn unknown_experiment(key: &str) -> Self {
        InputError::UnknownExperiment(key.to_owned()).into()
    }

    /// The site has no such webhook.
    pub fn unknown_webhook() -> Self {
        Self::new(404, "unknown_webhook", "the site has no such webhook")
    }

    /// The webhook was told of nothing by this id, or it was too long ago.
    pub fn unknown_notice() -> Self {
        Self::new(404, "unknown_notice", "the webhook has no such notice")
    }

    /// It is not in a state for this.
    pub fn conflict(message: &str) -> Self {
        Self::new(409, "conflict", message)
    }

    /// This collector has no script of this version.
    pub fn unknown_version() -> Self {
        Self::new(404, "unknown_version", "this collector has no script of this version")
            .about("version", env!("CARGO_PKG_VERSION"))
    }

    /// Nothing is at this address.
    pub fn not_found() -> Self {
        Self::new(404, "not_found", "nothing is at this address")
    }

    /// The address does not take this method, but these: `GET, PATCH`.
    pub fn method_not_allowed(allowed: &str) -> Self {
        let problem = Self::new(405, "method_not_allowed", format!("use {allowed}")).about("method", allowed);
        Self { allow: Some(allowed.to_owned()), ..problem }
    }

    /// No key, or a wrong one.
    pub fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "the key is missing or wrong").about("Authorization", "Bearer and the key")
    }

    /// The body is larger than anything sensible.
    pub fn too_large(limit: usize) -> Self {
        Self::new(413, "body_too_large", "the body is too large").about("body", format!("{limit} bytes"))
    }

    /// A field that cannot be taken.
    pub fn field(field: &str, limit: &str) -> Self {
        Self::new(400, "bad_field", format!("`{field}` must be {limit}")).about(field, limit)
    }

    /// A collector without its keys.
    pub fn not_set_up(key: &str) -> Self {
        Self::new(503, "not_set_up", format!("the collector has no {key}: set it with `wrangler secret put {key}`"))
    }

    /// The answer.
    pub fn response(&self) -> Result<Response> {
        let (field, limit) = (self.field.as_deref(), self.limit.as_deref());
        let mut answer =
            json(self.status, &Body { error: Detail { code: self.code, message: &self.message, field, limit } })?;
        if let Some(allowed) = &self.allow {
            answer.headers_mut().set("allow", allowed)?;
        }
        Ok(answer)
    }
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        let message = error.to_string();
        match error {
            BatchError::Malformed(_) => {
                Self::new(400, "malformed", message).about("body", format!("a batch, at most {MAX_BATCH_BYTES} bytes"))
            }
            BatchError::Field { field, limit } => Self::new(400, "bad_field", message).about(field, limit),
        }
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Self {
        let message = error.to_string();
        match error {
            InputError::Field { field, limit } => Self::new(400, "bad_field", message).about(field, limit),
            InputError::Malformed { field, limit, .. } => Self::new(400, "malformed", message).about(field, limit),
            InputError::UnknownExperiment(_) => Self::new(404, "unknown_experiment", message),
            InputError::Conflict(_) => Self::new(409, "conflict", message),
            InputError::Fixed(field) => Self::new(409, "conflict", message).about(field, "as it was at the start"),
        }
    }
}

/// What a handler ends with: an answer, a problem of the caller's, or a failure of ours.
pub enum Failure {
    /// The caller's.
    Problem(Problem),
    /// Ours.
    Error(Error),
}

impl<T: Into<Problem>> From<T> for Failure {
    fn from(problem: T) -> Self {
        Self::Problem(problem.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Turns what a handler ends with into an answer. Failures of ours become a 500 that tells nothing.
pub fn finish<T: From<Response>>(outcome: std::result::Result<T, Failure>) -> Result<T> {
    match outcome {
        Ok(response) => Ok(response),
        Err(Failure::Problem(problem)) => Ok(problem.response()?.into()),
        Err(Failure::Error(error)) => {
            worker::console_error!("{error}");
            Ok(Problem::new(500, "internal", "the collector failed; send it again").response()?.into())
        }
    }
}

/// A JSON answer that nobody keeps.
pub fn json(status: u16, value: &impl Serialize) -> Result<Response> {
    let text = serde_json::to_string(value).map_err(|error| Error::RustError(error.to_string()))?;
    json_text(status, text)
}

/// A JSON answer from text.
pub fn json_text(status: u16, text: String) -> Result<Response> {
    Ok(ResponseBuilder::new()
        .with_status(status)
        .with_header("content-type", "application/json")?
        .with_header("cache-control", "no-store")?
        .fixed(text.into_bytes()))
}

thread_local! {
    /// Headers of the answers to batches: what is there costs less than to write each.
    static OPEN_JSON: RefCell<Option<Headers>> = const { RefCell::new(None) };
    static OPEN_EMPTY: RefCell<Option<Headers>> = const { RefCell::new(None) };
}

/// A JSON answer for every page to read: nobody keeps an answer to a POST, with or without a word about it.
pub fn open_json(value: &impl Serialize) -> Result<Response> {
    let text = serde_json::to_vec(value).map_err(|error| Error::RustError(error.to_string()))?;
    let headers = known(&OPEN_JSON, &[("content-type", "application/json"), OPEN])?;
    Ok(ResponseBuilder::new().with_headers(headers).fixed(text))
}

/// 204 for every page to read: there is nothing to say that it does not know.
pub fn open_empty() -> Result<Response> {
    Ok(ResponseBuilder::new().with_status(204).with_headers(known(&OPEN_EMPTY, &[OPEN])?).empty())
}

const OPEN: (&str, &str) = ("access-control-allow-origin", "*");

fn known(kept: &'static LocalKey<RefCell<Option<Headers>>>, wanted: &[(&str, &str)]) -> Result<Headers> {
    // The same object in JavaScript, which each response copies: not `Clone`, which makes another.
    let shared = |headers: &Headers| Headers(headers.0.clone());
    if let Some(headers) = kept.with_borrow(|kept| kept.as_ref().map(shared)) {
        return Ok(headers);
    }
    let headers = Headers::new();
    for (name, value) in wanted {
        headers.set(name, value)?;
    }
    kept.replace(Some(shared(&headers)));
    Ok(headers)
}

/// The same, for every page to read: for answers that tell nothing the page did not say. An object's answer cannot be
/// changed by the edge, so whoever makes an answer opens it.
pub fn open(mut response: Response) -> Result<Response> {
    let (name, value) = OPEN;
    response.headers_mut().set(name, value)?;
    Ok(response)
}
