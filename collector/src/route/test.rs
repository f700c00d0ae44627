//! What only the test configuration answers: the rows that objects read and wrote, alarms that go off when asked, and the
//! benchmark's floor.

use worker::Request;

use super::Passed;
use super::edge::{self, Edge};
use crate::answer::Problem;
use crate::call;

const MAX_BODY_BYTES: usize = 64 * 1024;

/// `/test/{site}/shard/{number}/{meter,alarm,floor}`, `/test/{site}/{site,keeper}/{meter,alarm}` and
/// `/test/{site}/courier/{webhook}/{meter,alarm}`. What is posted to the floor
/// travels to the object as a batch does.
pub async fn answer(mut request: Request, edge: &Edge, segments: &[&str]) -> Passed {
    let (stub, path) = match segments {
        [site, "site", what @ ("meter" | "alarm")] => (call::site(&edge.env, edge.site(site)?.as_str())?, what),
        [site, "keeper", what @ ("meter" | "alarm")] => (call::keeper(&edge.env, edge.site(site)?.as_str())?, what),
        [site, "courier", webhook, what @ ("meter" | "alarm")] => {
            (call::courier(&edge.env, edge.site(site)?.as_str(), webhook)?, what)
        }
        [site, "shard", number, what @ ("meter" | "alarm" | "floor")] => {
            let number = number.parse().map_err(|_| Problem::not_found())?;
            (call::shard(&edge.env, edge.site(site)?.as_str(), number)?, what)
        }
        _ => return Err(Problem::not_found().into()),
    };
    let body = edge::body(&mut request, MAX_BODY_BYTES).await?;
    Ok(call::pass(&stub, &format!("/{path}"), &edge.received, Some(&body), None).await?)
}
