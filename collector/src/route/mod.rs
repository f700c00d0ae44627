//! From an address to its handler.

mod api;
mod asset;
mod cookie;
mod edge;
mod events;
mod import;
mod merchant;
mod person;
mod shop;
mod tag;
mod test;

use tributary_core::endpoint::{Endpoint, Found, find};
use worker::{Env, Method, Request, Response, Result, web_sys};

use crate::answer::{Failure, Problem, finish, json, open};
use edge::Edge;

/// What a handler ends with.
type Outcome = std::result::Result<Response, Failure>;
/// What a handler ends with that passes on an object's answer as it is.
type Passed = std::result::Result<web_sys::Response, Failure>;

/// Answers any request. Whatever happens, it is an answer.
pub async fn answer(request: Request, env: Env) -> Result<web_sys::Response> {
    finish(dispatch(request, env).await)
}

async fn dispatch(request: Request, env: Env) -> Passed {
    let edge = Edge::new(&request, env)?;
    let path = edge.url.path().to_owned();
    let answer = match find(request.method().as_ref(), &path) {
        Found::Endpoint(Endpoint::SendEvents, values) => return events::post(request, &edge, values[0]).await,
        Found::Endpoint(endpoint, values) => call(request, &edge, endpoint, &values).await,
        Found::OtherMethod(allowed) => other_method(&path, &allowed),
        Found::Nothing => return pages(request, &edge, &path).await,
    };
    Ok(answer?.into())
}

/// The API.
async fn call(request: Request, edge: &Edge, endpoint: Endpoint, values: &[&str]) -> Outcome {
    match (endpoint, values) {
        (Endpoint::Script, _) => tag::script(&request, edge).await,
        (Endpoint::PinnedConfiguration, [version]) => tag::configuration(&request, edge, version).await,
        (Endpoint::Document, _) => asset::document(edge).await,
        (Endpoint::Health, _) => Ok(json(200, &"ok")?),
        (Endpoint::Import, [site, ..]) => import::answer(request, edge, site).await,
        (
            Endpoint::ExportVisitor | Endpoint::EraseVisitor | Endpoint::ExportProfile | Endpoint::EraseProfile,
            [site, id],
        ) => person::answer(request, edge, endpoint, site, id).await,
        _ => api::answer(request, edge, endpoint, values).await,
    }
}

/// Any page may read what the events endpoint says, also that it takes no such method.
fn other_method(path: &str, allowed: &str) -> Outcome {
    let answer = Problem::method_not_allowed(allowed).response()?;
    Ok(if path.ends_with("/events") { open(answer)? } else { answer })
}

/// Pages and files. Who asks for a page gets one, also where there is none.
async fn pages(request: Request, edge: &Edge, path: &str) -> Passed {
    let accepts_pages = merchant::accepts_pages(&request);
    match page_or_file(request, edge, path).await {
        Err(Failure::Problem(problem)) if problem.status == 404 && accepts_pages => Ok(merchant::nowhere()?.into()),
        outcome => outcome,
    }
}

async fn page_or_file(request: Request, edge: &Edge, path: &str) -> Passed {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let answer = match (request.method(), segments.as_slice()) {
        (Method::Get, [""]) => merchant::front(&request, edge),
        (Method::Post, ["sign-in"]) => merchant::sign_in(request, edge).await,
        (Method::Post, ["sign-out"]) => merchant::sign_out(edge),
        (Method::Get, ["sites", site, rest @ ..]) => merchant::page(&request, edge, site, rest).await,
        (Method::Get, ["shop", site, file]) => shop::page(edge, site, file).await,
        (Method::Get, ["shop", _, folder, file]) => asset::file(edge, &format!("/shop/{folder}/{file}")).await,
        (Method::Get, ["sdk" | "v", _, _]) => asset::immutable(&request, edge, path).await,
        (Method::Get, ["styles" | "sdk", _]) => asset::file(edge, path).await,
        (_, ["test", rest @ ..]) if edge.is_test => return test::answer(request, edge, rest).await,
        _ => Err(Problem::not_found().into()),
    };
    Ok(answer?.into())
}
