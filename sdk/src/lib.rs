//! Tributary in the page.
