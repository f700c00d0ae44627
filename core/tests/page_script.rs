//! Which build of the script a site's pages get.

mod support;

use serde_json::json;
use support::{T0, shop};
use tributary_core::config::Config;
use tributary_core::config_input;

fn empty_shop() -> Config {
    Config { experiments: Vec::new(), ..shop() }
}

fn with_communication(kind: &str) -> Config {
    let new = json!({ "key": "spring", "type": kind }).to_string();
    empty_shop().with_communication(config_input::read(new.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_site_gets_what_its_pages_need_and_nothing_more() {
    for (why, config, file) in [
        ("nothing to find", empty_shop(), "t.js"),
        ("something to find", with_communication("popup"), "t.communications.js"),
        ("servers tell of messages", with_communication("message"), "t.js"),
        ("forms may be in shadow roots", shop(), "t.communications.js"),
    ] {
        assert_eq!(config.page_script(T0).file(), file, "{why}");
    }
}
