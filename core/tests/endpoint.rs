//! An address leads to one call, and says what it takes where the method is another.

use std::collections::BTreeSet;

use tributary_core::endpoint::{ENDPOINTS, Endpoint, Found, find};

#[test]
fn every_call_is_in_the_table_once_and_is_found_by_its_method_and_address() {
    let endpoints: BTreeSet<_> = ENDPOINTS.iter().map(|(endpoint, _, _)| *endpoint).collect();
    let addresses: BTreeSet<_> = ENDPOINTS.iter().map(|(_, method, path)| (*method, *path)).collect();
    assert_eq!((endpoints.len(), addresses.len()), (ENDPOINTS.len(), ENDPOINTS.len()));
    for (endpoint, method, path) in ENDPOINTS {
        let values = path.split('/').filter(|segment| segment.starts_with('{')).collect();
        assert_eq!(find(method, path), Found::Endpoint(endpoint, values), "{method} {path}");
    }
}

#[test]
fn braces_stand_for_one_segment_whatever_it_is() {
    let path = "/v1/sites/08c0ffee/experiments/he%2Fro/start";
    assert_eq!(find("POST", path), Found::Endpoint(Endpoint::StartExperiment, vec!["08c0ffee", "he%2Fro"]));
}

#[test]
fn another_method_is_told_all_that_the_address_takes() {
    let rows = [
        ("DELETE", "/v1/sites/x", "GET, PATCH"),
        ("PUT", "/v1/sites/x/visitors/y", "GET, DELETE"),
        ("GET", "/v1/sites/x/events", "POST"),
        ("OPTIONS", "/v1/sites/x/events", "POST"),
        ("POST", "/t.js", "GET"),
    ];
    for (method, path, allowed) in rows {
        assert_eq!(find(method, path), Found::OtherMethod(allowed.to_owned()), "{method} {path}");
    }
}

#[test]
fn an_address_that_only_resembles_one_is_none() {
    for path in ["", "/", "/v1", "/v1/sites/", "/v1/sites/x/", "/v1/sites/x/nothing", "/v1/sites/x/report/y", "/T.js"] {
        let found = find("POST", path);
        let is_site = path == "/v1/sites/" && found == Found::OtherMethod("GET, PATCH".to_owned());
        assert!(found == Found::Nothing || is_site, "{path}: {found:?}");
    }
}
