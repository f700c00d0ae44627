//! What each call of the API takes and gives.

use serde_json::{Value, json};
use tributary_core::config::Config;
use tributary_core::config_input as input;
use tributary_core::endpoint::Endpoint;
use tributary_core::person::Export;
use tributary_core::report::Report;
use tributary_core::schema::{PageBatch, ServerEvent};

use crate::answer::{BatchAnswer, ChangedExperiment, ChangedSite, Decided, Findings, ImportAnswer, MadeSite};
use crate::refusal::Refusal;
use crate::schemas::Schemas;
use crate::{script, webhook};

/// A call in the document's words.
pub struct Operation {
    /// What it is for, in a few words.
    pub summary: &'static str,
    /// Rules that no schema says.
    pub description: &'static str,
    /// The group it is shown in.
    pub tag: &'static str,
    /// Under which key: a security scheme's name.
    pub key: Option<&'static str>,
    /// Names of parameters, of the address and of the query.
    pub parameters: &'static [&'static str],
    /// The body.
    pub body: Option<Body>,
    /// Status and content of the good answers.
    pub answers: Vec<(u16, &'static str, Value)>,
    /// Errors of its own, besides those that any call may be answered with.
    pub refusals: Vec<Refusal>,
}

/// A call's body.
pub struct Body {
    /// Its type.
    pub content_type: &'static str,
    /// Its schema.
    pub schema: Value,
    /// One that is taken.
    pub example: Value,
    /// It may be left out.
    pub is_optional: bool,
}

/// Under the collector's own key.
const ADMIN: Option<&str> = Some("adminKey");
/// Under a site's secret key.
pub const SECRET: Option<&str> = Some("secretKey");
/// Of a call about a site.
pub const OF_SITE: &[&str] = &["site"];
const OF_EXPERIMENT: &[&str] = &["site", "key"];
const OF_PERSON: &[&str] = &["site", "id"];
const DAY: i64 = 1_790_000_000_000;

/// A body of JSON.
pub fn json_body(schema: Value, example: Value) -> Body {
    Body { content_type: "application/json", schema, example, is_optional: false }
}

/// A good answer of JSON.
pub fn json_answer(status: u16, schema: &Value) -> (u16, &'static str, Value) {
    (status, "OK", json!({ "application/json": { "schema": schema } }))
}

/// Describes a call.
pub fn operation(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    match endpoint {
        Endpoint::SendEvents => send_events(schemas),
        Endpoint::Script => script::script(),
        Endpoint::PinnedConfiguration => script::pinned_configuration(),
        Endpoint::Import => import(schemas),
        Endpoint::Report => report(schemas),
        Endpoint::ExportVisitor | Endpoint::ExportProfile | Endpoint::EraseVisitor | Endpoint::EraseProfile => {
            person(endpoint, schemas)
        }
        Endpoint::Document => {
            public("The description of this API", "OpenAPI 3.1.", "application/json", &json!({ "type": "object" }))
        }
        Endpoint::Health => public("Whether the collector answers", "", "application/json", &json!({ "const": "ok" })),
        Endpoint::MakeWebhook
        | Endpoint::ListWebhooks
        | Endpoint::ReadWebhook
        | Endpoint::ChangeWebhook
        | Endpoint::DeleteWebhook
        | Endpoint::RotateWebhookSecret
        | Endpoint::TestWebhook
        | Endpoint::ListNotices
        | Endpoint::ReplayNotice => webhook::operation(endpoint, schemas),
        Endpoint::MakeSite | Endpoint::ReadSite | Endpoint::ChangeSite => site(endpoint, schemas),
        Endpoint::MakeExperiment
        | Endpoint::ChangeExperiment
        | Endpoint::StartExperiment
        | Endpoint::PauseExperiment
        | Endpoint::ResumeExperiment
        | Endpoint::StopExperiment
        | Endpoint::UndoDecision => experiment(endpoint, schemas),
        Endpoint::DecideExperiment | Endpoint::ListDecisions => decisions(endpoint, schemas),
        Endpoint::MakeCommunication
        | Endpoint::MakeSequence
        | Endpoint::MakeCampaign
        | Endpoint::MakeExperience
        | Endpoint::MakeGoal
        | Endpoint::MakeJourney => made(endpoint, schemas),
    }
}

fn public(summary: &'static str, description: &'static str, content_type: &str, schema: &Value) -> Operation {
    Operation {
        summary,
        description,
        tag: "Collector",
        key: None,
        parameters: &[],
        body: None,
        answers: vec![(200, "OK", json!({ content_type: { "schema": schema } }))],
        refusals: vec![],
    }
}

fn send_events(schemas: &mut Schemas) -> Operation {
    let run = json!({ "load": "k3x9a2bq7f1c", "first": 0, "at": DAY, "events": [
        [0, "$page_view", { "url": "https://shop.example/p/1" }],
        [2100, "purchase", { "revenue": 99.9, "currency": "USD", "order_id": "A-1" }],
    ] });
    let example = json!({ "visitor": "9f1c", "sent_at": DAY, "shift": 0, "automated": false, "runs": [run] });
    Operation {
        summary: "A page sends a visitor's events",
        description: "At most 65536 bytes. JSON, sent as `text/plain` so that browsers ask no leave beforehand; every origin \
                      may read the answer. One bad event does not cost the others.",
        tag: "Events",
        key: None,
        parameters: OF_SITE,
        body: Some(Body {
            content_type: "text/plain",
            schema: schemas.taken::<PageBatch>(),
            example,
            is_optional: false,
        }),
        answers: vec![
            json_answer(200, &schemas.given::<BatchAnswer>()),
            (204, "Every event counts, none was known already, and the shift stays as it came", Value::Null),
        ],
        refusals: vec![Refusal::BadRequest, Refusal::UnknownSite, Refusal::TooLarge],
    }
}

fn import(schemas: &mut Schemas) -> Operation {
    let lines = json!({
        "type": "string",
        "description": "Lines, each a `ServerEvent` as JSON; blank ones are passed over.",
        "contentMediaType": "application/x-ndjson",
        "contentSchema": schemas.taken::<ServerEvent>(),
    });
    let example =
        json!({ "id": "r-1", "at": DAY, "name": "refund", "properties": { "order_id": "A-1", "amount": 20 } });
    let example = Value::String(format!("{example}\n"));
    Operation {
        summary: "A server tells events",
        description: "At most 5000 lines and 8 MiB a call, oldest first. Each line has its id, so sending again is harmless. \
                      One bad line does not cost the others.",
        tag: "Events",
        key: SECRET,
        parameters: OF_SITE,
        body: Some(Body { content_type: "application/x-ndjson", schema: lines, example, is_optional: false }),
        answers: vec![json_answer(200, &schemas.given::<ImportAnswer>())],
        refusals: vec![Refusal::BadRequest, Refusal::UnknownSite, Refusal::TooLarge],
    }
}

fn report(schemas: &mut Schemas) -> Operation {
    Operation {
        summary: "The figures",
        description: "Every shard delivers first, so that it is current to the second: at `pending: 0` every acknowledged \
                      event is in it.",
        tag: "Report",
        key: SECRET,
        parameters: &["site", "from", "to", "days"],
        body: None,
        answers: vec![json_answer(200, &schemas.given::<Report>())],
        refusals: vec![Refusal::BadRequest, Refusal::UnknownSite],
    }
}

fn person(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    let is_export = matches!(endpoint, Endpoint::ExportVisitor | Endpoint::ExportProfile);
    let (summary, description) = match endpoint {
        Endpoint::ExportVisitor => ("All that is kept of a visitor", ""),
        Endpoint::ExportProfile => ("All that is kept of a profile", ""),
        Endpoint::EraseVisitor => (
            "Erase the person a visitor is",
            "On all its devices. It is on its way when the call answers, and done when a report says `pending: 0`. Counts stay.",
        ),
        _ => (
            "Erase a profile and its visitors",
            "It is on its way when the call answers, and done when a report says `pending: 0`. Counts stay.",
        ),
    };
    let (answer, missing) = if is_export {
        (json_answer(200, &schemas.given::<Export>()), Refusal::NothingKept)
    } else {
        (json_answer(202, &json!({ "const": "erasing" })), Refusal::UnknownSite)
    };
    Operation {
        summary,
        description,
        tag: "People",
        key: SECRET,
        parameters: OF_PERSON,
        body: None,
        answers: vec![answer],
        refusals: vec![Refusal::BadRequest, missing],
    }
}

fn site(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    let operation = |summary, description, parameters, body, answer, refusals| Operation {
        summary,
        description,
        tag: "Sites",
        key: if endpoint == Endpoint::MakeSite { ADMIN } else { SECRET },
        parameters,
        body,
        answers: vec![answer],
        refusals,
    };
    match endpoint {
        Endpoint::MakeSite => operation(
            "Make a site",
            "At most 262144 bytes, as any configuration. Time zone, currency and the number of shards are fixed.",
            &[],
            Some(json_body(
                schemas.taken::<input::NewSite>(),
                json!({ "name": "Harbour & Pine", "time_zone": "Europe/Berlin", "currency": "EUR" }),
            )),
            json_answer(201, &schemas.given::<MadeSite>()),
            vec![Refusal::BadRequest, Refusal::TooLarge],
        ),
        Endpoint::ReadSite => operation(
            "A site's configuration",
            "",
            OF_SITE,
            None,
            json_answer(200, &schemas.given::<Config>()),
            vec![Refusal::UnknownSite],
        ),
        _ => operation(
            "Change a site",
            "What is absent stays.",
            OF_SITE,
            Some(json_body(
                schemas.taken::<input::SiteChange>(),
                json!({ "holdout": 0.05, "windows_ms": [3_600_000, 10_800_000, 86_400_000, 259_200_000, 604_800_000] }),
            )),
            json_answer(200, &schemas.given::<ChangedSite>()),
            vec![Refusal::BadRequest, Refusal::UnknownSite, Refusal::Conflict, Refusal::TooLarge],
        ),
    }
}

fn experiment(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    let goals = json!([
        { "key": "order", "type": "revenue", "event": "purchase" },
        { "key": "bounce", "type": "bounce_rate", "direction": "decrease", "guardrail": { "tolerance": 0.05 } },
    ]);
    let variants = json!([{ "key": "control" }, { "key": "b", "name": "Evening" }]);
    let plan = json!({ "method": "sequential", "revenue_cap": "500.00", "after": "all_to_winner" });
    let (summary, description, body) = match endpoint {
        Endpoint::MakeExperiment => (
            "Make an experiment, a draft",
            "The first variant is the control, the first goal is primary. Weights are given for all variants or for none, and \
             add up to 1. At most 500 a site.",
            Some(json_body(
                schemas.taken::<input::NewExperiment>(),
                json!({ "key": "hero", "coverage": 0.5, "variants": variants, "goals": goals, "plan": plan }),
            )),
        ),
        Endpoint::ChangeExperiment => (
            "Change an experiment",
            "What is absent stays. Other shares are a new version of it; goals are added. How it is decided (`plan`, and `guardrail` \
             of a goal) is fixed by the call that starts it.",
            Some(json_body(
                schemas.taken::<input::ExperimentChange>(),
                json!({ "coverage": 0.8, "weights": [0.5, 0.5] }),
            )),
        ),
        Endpoint::StartExperiment => {
            let schema = schemas.taken::<input::ExperimentStart>();
            let body =
                Body { content_type: "application/json", schema, example: json!({ "at": DAY }), is_optional: true };
            ("Start an experiment", "Its goals and its plan stay from then on; more goals can be added.", Some(body))
        }
        Endpoint::PauseExperiment => {
            ("Pause an experiment", "Nobody is newly exposed; conversions go on counting.", None)
        }
        Endpoint::ResumeExperiment => ("Let a paused experiment go on", "", None),
        Endpoint::UndoDecision => (
            "Take back what a decision did",
            "The experiment runs on with the shares it had; the time in between is a pause. What was decided stands, and nothing \
             is done about it again.",
            None,
        ),
        _ => ("End an experiment", "For good; of one that has ended, what everybody gets since ends.", None),
    };
    let is_new = endpoint == Endpoint::MakeExperiment;
    let missing = if is_new { Refusal::UnknownSite } else { Refusal::UnknownExperiment };
    Operation {
        summary,
        description,
        tag: "Experiments",
        key: SECRET,
        parameters: if is_new { OF_SITE } else { OF_EXPERIMENT },
        body,
        answers: vec![json_answer(200, &schemas.given::<ChangedExperiment>())],
        refusals: vec![Refusal::BadRequest, missing, Refusal::Conflict, Refusal::TooLarge],
    }
}

fn decisions(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    let (summary, description, answer) = if endpoint == Endpoint::DecideExperiment {
        (
            "Decide an experiment now",
            "Every shard delivers first. The collector does the same about once an hour with what has arrived. A decision that \
             stands is not made again; from 24 hours after the start there is one. A bandit's shares change when it is time to.",
            schemas.given::<Decided>(),
        )
    } else {
        (
            "What was decided of an experiment",
            "Each with the figures it was made from, the first first: a row for each time that it changed.",
            schemas.given::<Findings>(),
        )
    };
    Operation {
        summary,
        description,
        tag: "Experiments",
        key: SECRET,
        parameters: OF_EXPERIMENT,
        body: None,
        answers: vec![json_answer(200, &answer)],
        refusals: vec![Refusal::UnknownExperiment],
    }
}

fn made(endpoint: Endpoint, schemas: &mut Schemas) -> Operation {
    let (summary, description, schema, example) = match endpoint {
        Endpoint::MakeCommunication => (
            "Make a communication",
            "Its type decides what earns credit. At most 500 a site.",
            schemas.taken::<input::NewCommunication>(),
            json!({ "key": "spring", "name": "Spring sale", "type": "popup" }),
        ),
        Endpoint::MakeSequence => (
            "Make a sequence of communications",
            "At most 500 a site.",
            schemas.taken::<input::NewSequence>(),
            json!({ "key": "welcome", "communications": ["spring"] }),
        ),
        Endpoint::MakeCampaign => (
            "Make a campaign of sequences",
            "At most 500 a site.",
            schemas.taken::<input::NewCampaign>(),
            json!({ "key": "spring-sale", "sequences": ["welcome"] }),
        ),
        Endpoint::MakeExperience => (
            "Make a triggered experience",
            "Its executions are told by a server. At most 500 a site.",
            schemas.taken::<input::NewExperience>(),
            json!({ "key": "cart-mail", "variants": [{ "key": "a" }, { "key": "b" }] }),
        ),
        Endpoint::MakeGoal => (
            "Make a goal of the site",
            "`session_start`, `return_visit` and `profile_created` are derived events. At most 500 a site.",
            schemas.taken::<input::NewSiteGoal>(),
            json!({ "key": "revenue", "event": "purchase", "measure": "value", "property": "revenue" }),
        ),
        _ => (
            "Make a journey towards a goal",
            "A treatment belongs to one journey. At most 500 a site.",
            schemas.taken::<input::NewJourney>(),
            json!({ "key": "winback", "goal": "revenue", "treatments": [{ "communication": "spring" }, { "experience": "cart-mail", "variant": "a" }] }),
        ),
    };
    Operation {
        summary,
        description,
        tag: "Attribution",
        key: SECRET,
        parameters: OF_SITE,
        body: Some(json_body(schema, example)),
        answers: vec![json_answer(200, &schemas.given::<ChangedSite>())],
        refusals: vec![Refusal::BadRequest, Refusal::UnknownSite, Refusal::Conflict, Refusal::TooLarge],
    }
}
