//! The way in: site key and secret key.

use maud::{Markup, html};

use super::layout;

/// The page that asks for both keys. `error` says why the last attempt failed.
pub fn sign_in(error: Option<&str>) -> Markup {
    let (invalid, described) = (error.map(|_| "true"), error.map(|_| "error"));
    let main = html! {
        section.card.sign-in {
            h1 { "Sign in" }
            form method="post" action="/sign-in" {
                @if let Some(error) = error { p.note.error #error role="alert" { (error) } }
                div {
                    label for="site" { "Site key" }
                    input #site name="site" required autocomplete="username" autocapitalize="none" spellcheck="false"
                        aria-invalid=[invalid] aria-describedby=[described];
                }
                div {
                    label for="secret_key" { "Secret key" }
                    input #secret_key name="secret_key" type="password" required autocomplete="current-password"
                        aria-invalid=[invalid] aria-describedby=[described];
                }
                button { "Sign in" }
            }
            p.soft {
                code { "npm start" } " prints both keys of the demo site. For a site of your own they are in the answer that made it; "
                "the secret key is shown there once and begins with " code { "sk_" } "."
            }
        }
    };
    layout::document("Sign in", false, "What caused an order: experiments, exposures, conversions, revenue.", &main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_attempt_is_told_beside_the_fields_it_is_about() {
        let page = sign_in(Some("Unknown <key>")).into_string();
        assert!(page.contains(r#"role="alert">Unknown &lt;key&gt;"#), "{page}");
        assert_eq!(page.matches(r#"aria-describedby="error""#).count(), 2, "{page}");
    }

    #[test]
    fn a_first_visit_shows_no_error() {
        let page = sign_in(None).into_string();
        assert!(!page.contains("alert") && !page.contains("aria-invalid"), "{page}");
    }
}
