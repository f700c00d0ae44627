//! What a developer copies where there is nothing to show yet.

use maud::{Markup, html};

use super::Tag;

/// How to embed the tag, where nothing has arrived.
pub fn nothing_arrived(site: &str, tag: &Tag) -> Markup {
    html! {
        section.card.empty {
            h2 { "Nothing has arrived in this time" }
            p { "Put the tag into the head of every page of the shop. It counts from the next page view. The first line is the stub, which keeps calls that are made before the script is there." }
            (copied(site, tag))
        }
    }
}

/// How to make an experiment.
pub fn no_experiment(site: &str, origin: &str) -> Markup {
    html! {
        div.empty {
            p { "No experiment yet. An experiment gives each visitor one of its variants and counts what they do next. Make one with the secret key:" }
            pre {
                "curl " (origin) "/v1/sites/" (site) "/experiments \\\n"
                "  -H \"Authorization: Bearer sk_…\" \\\n"
                "  -d '{\"key\": \"hero\",\n"
                "       \"variants\": [{\"key\": \"control\"}, {\"key\": \"b\"}],\n"
                "       \"goals\": [{\"key\": \"purchase\", \"type\": \"revenue\", \"event\": \"purchase\"}]}'"
            }
        }
    }
}

/// How to start an experiment.
pub fn not_started(site: &str, key: &str, origin: &str) -> Markup {
    html! {
        section.card.empty {
            h2 { "Not started" }
            p { "Nobody is given a variant before the start, and goals cannot be changed after it. Start it with the secret key:" }
            pre {
                "curl -X POST " (origin) "/v1/sites/" (site) "/experiments/" (key) "/start \\\n"
                "  -H \"Authorization: Bearer sk_…\""
            }
        }
    }
}

/// How to ask for a variant, where nobody has been exposed. `variant` is one that is not the control.
pub fn no_exposure(site: &str, key: &str, variant: &str, tag: &Tag) -> Markup {
    html! {
        section.card.empty {
            h2 { "No exposure yet" }
            p { "An exposure is counted when a page gives a visitor a variant: by markup, by changes, or when it is asked for where the variants differ:" }
            pre {
                "tributary.ready().then(() => {\n"
                "  if (tributary.getVariant(\"" (key) "\") === \"" (variant) "\") {\n"
                "    // show " (variant) "\n"
                "  }\n"
                "});"
            }
            p { "Browsers keep the script for a minute, so a page that was open may show control that long." }
            p { "The tag belongs into the head of that page, and before it the stub, which keeps calls that are made before the script is there:" }
            (copied(site, tag))
        }
    }
}

/// How to make one more of a kind, with the secret key.
pub fn make(text: &str, site: &str, origin: &str, kind: &str, body: &str) -> Markup {
    html! {
        div.empty {
            p { (text) }
            pre {
                "curl " (origin) "/v1/sites/" (site) "/" (kind) " \\\n"
                "  -H \"Authorization: Bearer sk_…\" \\\n"
                "  -d '" (body) "'"
            }
            p.soft { "All calls and fields: " a href="/openapi.json" { "openapi.json" } }
        }
    }
}

/// Stub and tag, for the head of a page.
fn copied(site: &str, tag: &Tag) -> Markup {
    html! {
        pre.wrap {
            "<script data-global=\"ttoolab\">" (tag.stub) "</script>\n"
            "<script async src=\"" (tag.origin) "/t.js?site=" (site) "\" data-global=\"ttoolab\"></script>"
        }
    }
}
