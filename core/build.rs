//! Writes the time zones that the crate carries: names, and when each one's clocks change, without the years that no event
//! can be of. The whole database with code to read it would be a quarter of what a Worker's upload takes.
//!
//! A zone is its offset from UTC at the first moment, then for each change the minutes since the change before and the
//! offset from then on. Minutes are varints (seven bits a byte, the lowest first); offsets are minutes too, zigzag.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

/// From here on: no event is older.
const FIRST: &str = "2020-01-01T00:00:00Z";
/// Until here; later times have the offset of this moment.
const LAST: &str = "2100-01-01T00:00:00Z";

fn main() {
    let (first, last): (Timestamp, Timestamp) = (FIRST.parse().expect("a time"), LAST.parse().expect("a time"));
    let database = TimeZoneDatabase::bundled();
    // Most zones share their clocks with others.
    let mut zones: BTreeMap<Vec<u8>, Vec<String>> = BTreeMap::new();
    for name in database.available() {
        let zone = database.get(name.as_str()).expect("a zone that is available");
        zones.entry(changes(&zone, first, last)).or_default().push(name.to_string());
    }
    let days = first.as_second() / 86_400;
    let mut code = format!("/// From here on changes are known.\nconst FIRST: Millis = {days} * DAY;\n");
    writeln!(code, "/// Names, and when their clocks change.\nstatic ZONES: [(&[&str], &[u8]); {}] = [", zones.len())
        .expect("memory");
    for (changes, names) in zones {
        writeln!(code, "    (&{names:?}, &{changes:?}),").expect("memory");
    }
    code.push_str("];\n");
    let folder = std::env::var("OUT_DIR").expect("cargo says where to");
    std::fs::write(Path::new(&folder).join("zones.rs"), code).expect("the file can be written");
    println!("cargo::rerun-if-changed=build.rs");
}

fn changes(zone: &TimeZone, first: Timestamp, last: Timestamp) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut before = first.as_second();
    let mut offset = zone.to_offset(first);
    write(&mut bytes, zigzag(offset));
    for change in zone.following(first).take_while(|change| change.timestamp() < last) {
        if change.offset() != offset {
            let at = change.timestamp().as_second();
            assert_eq!((at - before) % 60, 0, "clocks change at whole minutes");
            write(&mut bytes, u64::try_from((at - before) / 60).expect("they come in order"));
            (before, offset) = (at, change.offset());
            write(&mut bytes, zigzag(offset));
        }
    }
    bytes
}

fn zigzag(offset: Offset) -> u64 {
    assert_eq!(offset.seconds() % 60, 0, "offsets are whole minutes");
    let minutes = i64::from(offset.seconds() / 60);
    (minutes << 1 ^ minutes >> 63).cast_unsigned()
}

fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 127 {
        bytes.push(u8::try_from(number & 127 | 128).expect("eight bits"));
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("seven bits"));
}
