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

use worker::{Env, Method, Request, Response, Result, web_sys};

use crate::answer::{Failure, Problem, finish, json};
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
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let answer = match (request.method(), segments.as_slice()) {
        (Method::Post, ["v1", "sites", site, "events"]) => return events::post(request, &edge, site).await,
        (_, ["v1", "sites", _, "events"]) => Err(Problem::method_not_allowed("POST").into()),
        (_, ["v1", "sites", site, "import"]) => import::answer(request, &edge, site).await,
        (_, ["v1", "sites", site, kind @ ("visitors" | "profiles"), id]) => {
            person::answer(request, &edge, site, kind, id).await
        }
        (_, ["v1", ..]) => api::answer(request, &edge, &segments[1..]).await,
        (Method::Get, ["t.js"]) => tag::script(&request, &edge).await,
        (Method::Get, ["health"]) => Ok(json(200, &"ok")?),
        (Method::Get, [""]) => merchant::front(&request, &edge),
        (Method::Post, ["sign-in"]) => merchant::sign_in(request, &edge).await,
        (Method::Post, ["sign-out"]) => merchant::sign_out(&edge),
        (Method::Get, ["sites", site]) => merchant::page(&request, &edge, site, "/page").await,
        (Method::Get, ["sites", site, "experiments", key]) => {
            merchant::page(&request, &edge, site, &format!("/page/{key}")).await
        }
        (Method::Get, ["shop", site, file]) => shop::page(&edge, site, file).await,
        (Method::Get, ["shop", _, folder, file]) => asset::file(&edge, &format!("/shop/{folder}/{file}")).await,
        (Method::Get, ["styles" | "sdk", _]) => asset::file(&edge, &path).await,
        (_, ["test", rest @ ..]) if edge.is_test => return test::answer(request, &edge, rest).await,
        _ => Err(Problem::not_found().into()),
    };
    Ok(answer?.into())
}
