//! What a developer copies where there is nothing to show yet.

use maud::{Markup, html};

/// How to embed the tag, where nothing has arrived.
pub fn nothing_arrived(site: &str, origin: &str) -> Markup {
    html! {
        section.card.empty {
            h2 { "Nothing has arrived in this time" }
            p { "Put the tag into the head of every page of the shop. It counts from the next page view." }
            (tag(site, origin))
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
pub fn no_exposure(site: &str, key: &str, variant: &str, origin: &str) -> Markup {
    html! {
        section.card.empty {
            h2 { "No exposure yet" }
            p { "An exposure is counted when a page asks for a visitor's variant. Ask for it where the variants differ:" }
            pre {
                "tributary.ready().then(() => {\n"
                "  if (tributary.getVariant(\"" (key) "\") === \"" (variant) "\") {\n"
                "    // show " (variant) "\n"
                "  }\n"
                "});"
            }
            p { "Run it after the tag's script has loaded, or put the stub before it. Browsers keep the script for a minute, so a page that was open may show control that long." }
            p { "The tag belongs into the head of that page:" }
            (tag(site, origin))
        }
    }
}

fn tag(site: &str, origin: &str) -> Markup {
    html! { pre { "<script async src=\"" (origin) "/t.js?site=" (site) "\"></script>" } }
}
