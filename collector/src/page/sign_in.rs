//! The way in: site key and secret key.

use maud::{Markup, html};

use super::layout;

/// How somebody came to be asked for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt<'a> {
    /// From the front.
    First,
    /// From a site's page.
    NotSignedIn,
    /// From a site's page, signed in to this other one.
    OtherSite(&'a str),
    /// The keys were refused.
    Refused,
}

/// The page that asks for both keys. `site` is a site key that is known already.
pub fn sign_in(site: &str, attempt: &Attempt<'_>) -> Markup {
    let is_refused = *attempt == Attempt::Refused;
    let (invalid, described) = (is_refused.then_some("true"), is_refused.then_some("error"));
    let main = html! {
        section.card.sign-in.narrow {
            h1 { "Sign in" }
            form method="post" action="/sign-in" {
                @match attempt {
                    Attempt::First => {},
                    Attempt::NotSignedIn => p.note role="status" { "Sign in to see the pages of this site." },
                    Attempt::OtherSite(own) => {
                        p.note role="status" {
                            "You are signed in to another site. Sign in to this one instead, or go "
                            a href={ "/sites/" (own) } { "back to the other" } "."
                        }
                    },
                    Attempt::Refused => p.note.error #error role="alert" { "Site key or secret key is wrong." },
                }
                div {
                    label for="site" { "Site key" }
                    input #site name="site" value=[Some(site).filter(|site| !site.is_empty())] required autocomplete="username" autocapitalize="none" spellcheck="false"
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
    fn a_failed_attempt_is_told_beside_the_fields_it_is_about_and_keeps_the_site_key() {
        let page = sign_in("<key>", &Attempt::Refused).into_string();
        assert!(page.contains(r#"role="alert">Site key or secret key is wrong."#), "{page}");
        assert!(page.contains(r#"name="site" value="&lt;key&gt;""#), "{page}");
        assert_eq!(page.matches(r#"aria-describedby="error""#).count(), 2, "{page}");
    }

    #[test]
    fn who_is_signed_in_to_another_site_is_told_so_and_can_go_back() {
        let page = sign_in("b0b", &Attempt::OtherSite("a11ce")).into_string();
        assert!(page.contains("signed in to another site") && page.contains(r#"href="/sites/a11ce""#), "{page}");
    }

    #[test]
    fn a_first_visit_shows_no_error_and_no_key() {
        let page = sign_in("", &Attempt::First).into_string();
        assert!(!page.contains("alert") && !page.contains("aria-invalid") && !page.contains("value="), "{page}");
    }
}
