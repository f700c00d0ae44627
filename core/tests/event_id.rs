//! Ids of events as texts: what a page could have minted is a page load with a number, everything else is itself.

use tributary_core::event::EventId;

#[test]
fn a_number_that_no_page_gives_is_part_of_the_text() {
    let rows = [
        ("load-0", Some(("load", 0)), "a page's first event"),
        ("load-1000000", Some(("load", 1_000_000)), "the last number that a page may give"),
        ("load-1000001", None, "a page would be refused"),
        ("evt-4294967295", None, "the largest number there is"),
        ("evt-4294967296", None, "no such number"),
        ("load-07", None, "a page writes 7"),
        ("-7", None, "no page load"),
        ("a-b-7", Some(("a-b", 7)), "a page load may have dashes"),
        ("order", None, "no number"),
    ];
    let mut failures = Vec::new();
    for (text, page, why) in rows {
        for sequence in [None, Some(3), page.map(|(_, number)| number)] {
            let of_page = page.filter(|(_, number)| sequence.is_none_or(|sequence| sequence == *number));
            let (load, number) = of_page.unwrap_or((text, sequence.unwrap_or(0)));
            let expected = EventId { load: load.to_owned(), number, is_whole: of_page.is_none() };
            let read = EventId::read(text, sequence);
            if read != expected || read.to_string() != text {
                failures.push(format!("{text} with {sequence:?}: {read:?}, since {why}"));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
