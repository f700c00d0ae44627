//! Which part of a condition does not hold.

use serde_json::json;
use tributary_core::condition::{Condition, Groups};

#[test]
fn the_first_part_that_does_not_hold_is_named() {
    let attributes = json!({ "country": "DE", "device": { "kind": "phone" }, "visits": 3 });
    let rows = [
        ("all holds", json!({ "country": "DE", "visits": { "$gt": 2 } }), None),
        ("nothing is asked", json!({}), None),
        ("one attribute", json!({ "country": "FR" }), Some("country")),
        ("one that is missing", json!({ "language": "fr" }), Some("language")),
        ("one within another", json!({ "country": "DE", "device.kind": "desktop" }), Some("device.kind")),
        ("within all of a list", json!({ "$and": [{ "country": "DE" }, { "visits": 4 }] }), Some("visits")),
        ("any of a list", json!({ "$or": [{ "country": "FR" }, { "visits": 4 }] }), Some("$or")),
        ("none of a list", json!({ "$nor": [{ "country": "DE" }] }), Some("$nor")),
        ("the contrary", json!({ "$not": { "country": "DE" } }), Some("$not")),
    ];
    for (why, condition, expected) in rows {
        let condition = Condition::parse(&condition).unwrap();
        assert_eq!(condition.failing(&attributes, &Groups::new()).as_deref(), expected, "{why}");
        assert_eq!(condition.holds(&attributes, &Groups::new()), expected.is_none(), "{why}");
    }
}
