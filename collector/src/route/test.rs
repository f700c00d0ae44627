//! What only the test configuration answers: the rows that objects read and wrote, and the benchmark's floor.

use super::Outcome;
use super::edge::Edge;
use crate::answer::Problem;
use crate::call;

/// `/test/{site}/shard/{number}/meter`, `/test/{site}/site/meter`, `/test/{site}/shard/{number}/floor`.
pub async fn answer(edge: &Edge, segments: &[&str]) -> Outcome {
    let (stub, path) = match segments {
        [site, "site", what @ "meter"] => (call::site(&edge.env, edge.site(site)?.as_str())?, what),
        [site, "shard", number, what @ ("meter" | "floor")] => {
            let number = number.parse().map_err(|_| Problem::not_found())?;
            (call::shard(&edge.env, edge.site(site)?.as_str(), number)?, what)
        }
        _ => return Err(Problem::not_found().into()),
    };
    Ok(call::call(&stub, &format!("/{path}"), &edge.received, None).await?)
}
