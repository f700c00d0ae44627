//! Where notices may go: https on the public internet, however the address is written.

use tributary_core::webhook::address::{Localhost, check};

#[test]
fn an_address_on_the_public_internet_is_taken_as_the_standard_writes_it() {
    let rows = [
        ("https://hooks.shop.example/tributary", "https://hooks.shop.example/tributary", "a name"),
        ("HTTPS://Hooks.Shop.Example", "https://hooks.shop.example/", "letters are small, an empty path is a slash"),
        ("https://hooks.shop.example:8443/a?b=c", "https://hooks.shop.example:8443/a?b=c", "port and query stay"),
        ("https://hooks.shop.example/#top", "https://hooks.shop.example/", "a fragment is never sent"),
        ("https://8.8.8.8/", "https://8.8.8.8/", "an address"),
        ("https://134744072/", "https://8.8.8.8/", "the same as a number"),
        ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/", "global unicast"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", "a name beyond ASCII in its own form"),
        ("https://local.shop.example/", "https://local.shop.example/", "only the last label makes a name private"),
        ("https://172.32.0.1/", "https://172.32.0.1/", "the first after a private network"),
    ];
    for (address, expected, why) in rows {
        assert_eq!(check(address, Localhost::Refused).as_deref(), Ok(expected), "{address}: {why}");
    }
}

#[test]
fn any_other_address_is_refused_however_it_is_written() {
    let long = format!("https://hooks.shop.example/{}", "x".repeat(2_000));
    let rows = [
        ("", "nothing"),
        ("hooks.shop.example", "no address"),
        ("http://hooks.shop.example/", "not encrypted"),
        ("ftp://hooks.shop.example/", "another protocol"),
        ("file:///etc/passwd", "a file"),
        ("data:text/plain,x", "no host"),
        ("https://", "no host"),
        ("https://ann@hooks.shop.example/", "a name of somebody"),
        ("https://ann:secret@hooks.shop.example/", "credentials"),
        ("https://hooks.shop.example:99999/", "no port"),
        (&long, "too long"),
        ("https://localhost/", "this machine"),
        ("https://LOCALHOST./", "this machine, with a dot"),
        ("https://localhost../", "this machine, with two"),
        ("https://printer.local../", "multicast DNS, with two dots"),
        ("https://api.localhost/", "this machine"),
        ("https://printer/", "a name of one label is a private network's"),
        ("https://printer.local/", "multicast DNS"),
        ("https://metadata.google.internal/", "a cloud's metadata"),
        ("https://db.corp/", "a private network's name"),
        ("https://nas.home.arpa/", "a home's name"),
        ("https://127.0.0.1/", "loopback"),
        ("https://127.1/", "loopback, shortened"),
        ("https://2130706433/", "loopback, decimal"),
        ("https://0x7f000001/", "loopback, hexadecimal"),
        ("https://0177.0.0.1/", "loopback, octal"),
        ("https://0x7f.0.0x0.1/", "loopback, mixed"),
        ("https://１２７.０.０.１/", "loopback, in wide digits"),
        ("https://%31%32%37.0.0.1/", "loopback, escaped"),
        ("https://0.0.0.0/", "any address"),
        ("https://10.0.0.1/", "private"),
        ("https://172.16.0.1/", "private"),
        ("https://172.31.255.255/", "private"),
        ("https://192.168.1.1/", "private"),
        ("https://100.64.0.1/", "carrier's"),
        ("https://169.254.169.254/latest/meta-data/", "a cloud's metadata"),
        ("https://2852039166/", "a cloud's metadata, decimal"),
        ("https://198.18.0.1/", "for measuring"),
        ("https://203.0.113.7/", "for documents"),
        ("https://224.0.0.1/", "multicast"),
        ("https://255.255.255.255/", "broadcast"),
        ("https://[::1]/", "loopback"),
        ("https://[::]/", "any address"),
        ("https://[::ffff:127.0.0.1]/", "loopback, mapped"),
        ("https://[::ffff:a9fe:a9fe]/", "a cloud's metadata, mapped"),
        ("https://[::127.0.0.1]/", "loopback, compatible"),
        ("https://[64:ff9b::7f00:1]/", "loopback, translated"),
        ("https://[2002:7f00:1::]/", "loopback, by 6to4"),
        ("https://[2001:0:7f00:1::]/", "Teredo"),
        ("https://[fe80::1]/", "link-local"),
        ("https://[fd00:ec2::254]/", "a cloud's metadata"),
        ("https://[fc00::1]/", "private"),
        ("https://[ff02::1]/", "multicast"),
        ("https://[2001:db8::1]/", "for documents"),
    ];
    for (address, why) in rows {
        let error = check(address, Localhost::Refused).expect_err(&format!("{address}: {why}"));
        assert!(error.to_string().starts_with("`url` must be an https address"), "{address}: {error}");
    }
}

#[test]
fn this_machine_may_be_named_where_a_developer_allows_it_and_nothing_else_changes() {
    for address in ["http://localhost:8080/", "https://localhost/", "http://127.0.0.1:1/x", "http://[::1]:9/"] {
        assert!(check(address, Localhost::Allowed).is_ok(), "{address}");
        assert!(check(address, Localhost::Refused).is_err(), "{address}");
    }
    let others = [
        "http://hooks.shop.example/",
        "http://10.0.0.1/",
        "https://127.0.0.2/",
        "http://a@localhost/",
        "ftp://localhost/",
    ];
    for address in others {
        assert!(check(address, Localhost::Allowed).is_err(), "{address}");
    }
}
