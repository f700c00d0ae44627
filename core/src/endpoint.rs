//! The addresses of the API: one table, which the collector routes by and the document at `/openapi.json` is made of.
//!
//! Both match on [`Endpoint`] without a wildcard, so neither compiles when one is missing.

/// What can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// A page sends a batch.
    SendEvents,
    /// The script of the tag.
    Script,
    /// The site's public configuration, for a script that names its version.
    PinnedConfiguration,
    /// Makes a site.
    MakeSite,
    /// A site's configuration.
    ReadSite,
    /// Changes a site.
    ChangeSite,
    /// Makes an experiment.
    MakeExperiment,
    /// Changes an experiment.
    ChangeExperiment,
    /// Starts an experiment.
    StartExperiment,
    /// Pauses an experiment.
    PauseExperiment,
    /// Lets a paused experiment go on.
    ResumeExperiment,
    /// Ends an experiment.
    StopExperiment,
    /// Decides an experiment now.
    DecideExperiment,
    /// What was decided of an experiment.
    ListDecisions,
    /// Takes back what a decision did.
    UndoDecision,
    /// Makes a communication.
    MakeCommunication,
    /// Makes a sequence.
    MakeSequence,
    /// Makes a campaign.
    MakeCampaign,
    /// Makes a triggered experience.
    MakeExperience,
    /// Makes a goal of the site.
    MakeGoal,
    /// Makes a journey.
    MakeJourney,
    /// Makes a webhook.
    MakeWebhook,
    /// A site's webhooks.
    ListWebhooks,
    /// A webhook.
    ReadWebhook,
    /// Changes a webhook, enables or disables it.
    ChangeWebhook,
    /// Deletes a webhook and its log.
    DeleteWebhook,
    /// Gives a webhook a new secret.
    RotateWebhookSecret,
    /// Posts a test to a webhook.
    TestWebhook,
    /// What a webhook was told, and what became of it.
    ListNotices,
    /// Tells a webhook something again.
    ReplayNotice,
    /// What servers tell.
    Import,
    /// The figures.
    Report,
    /// All that is kept of a visitor.
    ExportVisitor,
    /// Erases the person a visitor is.
    EraseVisitor,
    /// All that is kept of a profile.
    ExportProfile,
    /// Erases a profile and its visitors.
    EraseProfile,
    /// The description of all this.
    Document,
    /// Whether the collector answers.
    Health,
}

/// Every call: what it is, its method, its address. A segment in braces stands for any text. The hot path comes first.
pub const ENDPOINTS: [(Endpoint, &str, &str); 38] = [
    (Endpoint::SendEvents, "POST", "/v1/sites/{site}/events"),
    (Endpoint::Script, "GET", "/t.js"),
    (Endpoint::PinnedConfiguration, "GET", "/v/{version}/config"),
    (Endpoint::MakeSite, "POST", "/v1/sites"),
    (Endpoint::ReadSite, "GET", "/v1/sites/{site}"),
    (Endpoint::ChangeSite, "PATCH", "/v1/sites/{site}"),
    (Endpoint::MakeExperiment, "POST", "/v1/sites/{site}/experiments"),
    (Endpoint::ChangeExperiment, "PATCH", "/v1/sites/{site}/experiments/{key}"),
    (Endpoint::StartExperiment, "POST", "/v1/sites/{site}/experiments/{key}/start"),
    (Endpoint::PauseExperiment, "POST", "/v1/sites/{site}/experiments/{key}/pause"),
    (Endpoint::ResumeExperiment, "POST", "/v1/sites/{site}/experiments/{key}/resume"),
    (Endpoint::StopExperiment, "POST", "/v1/sites/{site}/experiments/{key}/stop"),
    (Endpoint::DecideExperiment, "POST", "/v1/sites/{site}/experiments/{key}/decide"),
    (Endpoint::ListDecisions, "GET", "/v1/sites/{site}/experiments/{key}/decisions"),
    (Endpoint::UndoDecision, "POST", "/v1/sites/{site}/experiments/{key}/undo"),
    (Endpoint::MakeCommunication, "POST", "/v1/sites/{site}/communications"),
    (Endpoint::MakeSequence, "POST", "/v1/sites/{site}/sequences"),
    (Endpoint::MakeCampaign, "POST", "/v1/sites/{site}/campaigns"),
    (Endpoint::MakeExperience, "POST", "/v1/sites/{site}/experiences"),
    (Endpoint::MakeGoal, "POST", "/v1/sites/{site}/goals"),
    (Endpoint::MakeJourney, "POST", "/v1/sites/{site}/journeys"),
    (Endpoint::MakeWebhook, "POST", "/v1/sites/{site}/webhooks"),
    (Endpoint::ListWebhooks, "GET", "/v1/sites/{site}/webhooks"),
    (Endpoint::ReadWebhook, "GET", "/v1/sites/{site}/webhooks/{webhook}"),
    (Endpoint::ChangeWebhook, "PATCH", "/v1/sites/{site}/webhooks/{webhook}"),
    (Endpoint::DeleteWebhook, "DELETE", "/v1/sites/{site}/webhooks/{webhook}"),
    (Endpoint::RotateWebhookSecret, "POST", "/v1/sites/{site}/webhooks/{webhook}/rotate"),
    (Endpoint::TestWebhook, "POST", "/v1/sites/{site}/webhooks/{webhook}/test"),
    (Endpoint::ListNotices, "GET", "/v1/sites/{site}/webhooks/{webhook}/notices"),
    (Endpoint::ReplayNotice, "POST", "/v1/sites/{site}/webhooks/{webhook}/notices/{notice}/replay"),
    (Endpoint::Import, "POST", "/v1/sites/{site}/import"),
    (Endpoint::Report, "GET", "/v1/sites/{site}/report"),
    (Endpoint::ExportVisitor, "GET", "/v1/sites/{site}/visitors/{id}"),
    (Endpoint::EraseVisitor, "DELETE", "/v1/sites/{site}/visitors/{id}"),
    (Endpoint::ExportProfile, "GET", "/v1/sites/{site}/profiles/{id}"),
    (Endpoint::EraseProfile, "DELETE", "/v1/sites/{site}/profiles/{id}"),
    (Endpoint::Document, "GET", "/openapi.json"),
    (Endpoint::Health, "GET", "/health"),
];

/// What a method and an address lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// A call, with what stands for the address's braces, in their order.
    Endpoint(Endpoint, Vec<&'a str>),
    /// The address is known, but not with this method; these it takes, e.g. `GET, PATCH`.
    OtherMethod(String),
    /// No address of the API.
    Nothing,
}

/// Finds the call of a method and an address (without its query).
pub fn find<'a>(method: &str, path: &'a str) -> Found<'a> {
    let mut allowed = Vec::new();
    for (endpoint, takes, template) in ENDPOINTS {
        let Some(values) = matches(template, path) else { continue };
        if takes == method {
            return Found::Endpoint(endpoint, values);
        }
        allowed.push(takes);
    }
    if allowed.is_empty() { Found::Nothing } else { Found::OtherMethod(allowed.join(", ")) }
}

fn matches<'a>(template: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut values = Vec::new();
    let mut given = path.split('/');
    for wanted in template.split('/') {
        let segment = given.next()?;
        if wanted.starts_with('{') {
            values.push(segment);
        } else if wanted != segment {
            return None;
        }
    }
    given.next().is_none().then_some(values)
}
