//! What of an address may leave the page.

use tributary_core::url::public;

#[test]
fn only_allowed_parameters_and_routes_stay() {
    for (why, address, expected) in [
        ("nothing to cut", "https://s.example/p/1", "https://s.example/p/1"),
        ("fragment", "https://s.example/#a?utm=1", "https://s.example/"),
        ("a route", "https://s.example/?a=1#/cart/2", "https://s.example/#/cart/2"),
        ("a route with a query", "https://s.example/#!/cart?token=1", "https://s.example/#!/cart"),
        ("a fragment like a route's query", "https://s.example/#?token=/", "https://s.example/"),
        ("unknown parameter", "https://s.example/?email=a@b.c", "https://s.example/"),
        ("allowed among others", "https://s.example/?a=1&utm=x&b=2", "https://s.example/?utm=x"),
        ("order is kept", "https://s.example/?q=1&utm=2&q=3", "https://s.example/?q=1&utm=2&q=3"),
        ("without a value", "https://s.example/?q&x", "https://s.example/?q"),
        ("a second question mark", "https://s.example/?utm=a?b&c=d", "https://s.example/?utm=a?b"),
        ("empty parameters", "https://s.example/?&&utm=1&", "https://s.example/?utm=1"),
        ("a name that only begins so", "https://s.example/?utmx=1", "https://s.example/"),
        ("letters beyond ASCII", "https://s.example/é?q=ü#ö", "https://s.example/é?q=ü"),
    ] {
        assert_eq!(public(address, &["utm", "q"]), expected, "{why}");
    }
}
