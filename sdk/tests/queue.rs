//! The way of events to the collector: no limit is passed, nothing that was offered changes, nothing is forgotten early.

use tributary_sdk::queue::{BATCH_BYTES, Batch, Queue, Stage};

const NOW: i64 = 1_760_000_000_000;

fn queue() -> Queue {
    Queue::new("load".into())
}

fn sent(queue: &mut Queue) -> Option<Batch> {
    queue.batch(Stage::Sent)
}

fn settle(queue: &mut Queue) -> usize {
    std::iter::from_fn(|| queue.settle()).count()
}

#[test]
fn consecutive_events_are_one_run_with_offsets_from_its_first() {
    let mut queue = queue();
    queue.push("v", NOW, r#""a",{}"#);
    queue.push("v", NOW + 812, r#""b",{"x":1}"#);
    let batch = sent(&mut queue).unwrap();
    assert_eq!(batch.visitor, "v");
    assert_eq!(batch.runs, r#"{"load":"load","first":0,"at":1760000000000,"events":[[0,"a",{}],[812,"b",{"x":1}]]}"#);
}

#[test]
fn a_run_that_was_offered_takes_no_more_events_and_is_sent_again_as_it_was() {
    let mut queue = queue();
    queue.push("v", NOW, r#""a",{}"#);
    let first = sent(&mut queue).unwrap().runs;
    queue.push("v", NOW + 1, r#""b",{}"#);
    queue.turn(Stage::Sent, Stage::Waiting);
    let second = sent(&mut queue).unwrap().runs;
    assert_eq!(second, format!(r#"{first},{{"load":"load","first":1,"at":1760000000001,"events":[[0,"b",{{}}]]}}"#));
}

#[test]
fn what_is_on_its_way_is_not_sent_beside() {
    let mut queue = queue();
    queue.push("v", NOW, r#""a",{}"#);
    assert!(sent(&mut queue).is_some());
    assert!(sent(&mut queue).is_none());
    assert!(queue.batch(Stage::Beaconed).is_none());
}

#[test]
fn only_an_answer_settles_and_a_beacon_is_none() {
    let mut queue = queue();
    queue.push("v", NOW, r#""a",{}"#);
    assert!(queue.batch(Stage::Beaconed).is_some());
    assert_eq!(settle(&mut queue), 0);
    assert!(!queue.waits());
    queue.turn(Stage::Beaconed, Stage::Waiting);
    assert!(sent(&mut queue).is_some());
    assert_eq!(settle(&mut queue), 1);
    assert!(!queue.waits());
}

#[test]
fn a_beacon_that_is_not_taken_leaves_its_runs_waiting() {
    let mut queue = queue();
    queue.push("v", NOW, r#""a",{}"#);
    let batch = queue.batch(Stage::Beaconed).unwrap();
    queue.give_back(&batch);
    assert_eq!(sent(&mut queue).unwrap().runs, batch.runs);
}

#[test]
fn no_batch_passes_a_limit_and_all_arrive_in_order() {
    for size in [1, 40, 500, 2_000, 8_000] {
        let mut queue = queue();
        let text = "x".repeat(size);
        for number in 0..700 / (1 + size / 100) {
            queue.push("v", NOW, &format!(r#""e",{{"i":{number},"t":"{text}"}}"#));
        }
        let mut next = 0;
        while let Some(batch) = sent(&mut queue) {
            assert!(batch.runs.len() + 200 <= BATCH_BYTES, "{size}: {} bytes", batch.runs.len());
            let numbers: Vec<usize> = batch
                .runs
                .split(r#"{"i":"#)
                .skip(1)
                .map(|rest| rest.split_once(',').unwrap().0.parse().unwrap())
                .collect();
            assert!(numbers.len() <= 500);
            for number in numbers {
                assert_eq!(number, next, "{size}");
                next += 1;
            }
            settle(&mut queue);
        }
        assert_eq!(next, 700 / (1 + size / 100), "{size}");
    }
}

#[test]
fn a_batch_has_one_visitor() {
    let mut queue = queue();
    queue.push("v", NOW, r#""a",{}"#);
    queue.push("w", NOW, r#""b",{}"#);
    queue.push("v", NOW, r#""c",{}"#);
    let visitors: Vec<String> = std::iter::from_fn(|| sent(&mut queue)).map(|batch| batch.visitor).collect();
    assert_eq!(visitors, ["v", "w", "v"]);
}

#[test]
fn a_clock_that_is_set_back_opens_another_run() {
    let mut queue = queue();
    for at in [NOW, NOW - 1, NOW + 3_600_000] {
        queue.push("v", at, r#""a",{}"#);
    }
    let runs = sent(&mut queue).unwrap().runs;
    assert_eq!(runs.matches(r#""events":[[0,"a",{}]]"#).count(), 3);
}

#[test]
fn what_a_page_left_behind_travels_with_the_next_and_settles_by_its_name() {
    let mut before = queue();
    before.push("v", NOW, r#""a",{}"#);
    let run = before.unsaved().unwrap();
    let (name, stored) = (run.name.clone(), run.stored());
    assert_eq!(name, "run.1760000000000.load.0.");

    let mut queue = Queue::new("next".into());
    assert!(queue.adopt(NOW, &name, &stored));
    queue.push("v", NOW, r#""b",{}"#);
    let runs = sent(&mut queue).unwrap().runs;
    assert!(runs.contains(r#""load":"load""#) && runs.contains(r#""load":"next""#), "{runs}");
    let settled = queue.settle().unwrap();
    assert_eq!((settled.name.clone(), settled.stored()), (name, stored));
}

#[test]
fn what_cannot_be_read_is_not_taken_over() {
    let long = format!("v 1 {}]}}", "x".repeat(BATCH_BYTES));
    for stored in ["", "v", "v 1", "v 1 {\"load\"", &long] {
        assert!(!queue().adopt(NOW, "run.1760000000000.x.0.", stored), "{stored:.40}");
    }
}

#[test]
fn an_event_that_the_collector_would_refuse_for_its_size_is_not_kept() {
    let mut queue = queue();
    queue.push("v", NOW, &format!(r#""a",{{"t":"{}"}}"#, "x".repeat(9_000)));
    assert!(!queue.waits());
}

#[test]
fn an_event_is_written_to_storage_once_and_a_growing_run_each_time() {
    let mut queue = queue();
    queue.push("v", NOW, r#""a",{}"#);
    assert!(queue.unsaved().is_some());
    assert!(queue.unsaved().is_none());
    queue.push("v", NOW, r#""b",{}"#);
    assert!(queue.unsaved().unwrap().stored().contains("\"b\""));
}

#[test]
fn a_run_that_is_too_old_to_count_is_not_taken_over() {
    const HOUR: i64 = 3_600_000;
    let mut before = queue();
    before.push("v", NOW, r#""a",{}"#);
    let run = before.unsaved().unwrap();
    assert!(queue().adopt(NOW + 7 * 24 * HOUR, &run.name, &run.stored()));
    assert!(
        !queue().adopt(NOW + 7 * 24 * HOUR + HOUR + 1, &run.name, &run.stored()),
        "its last event is an hour younger"
    );
}

#[test]
fn beyond_512_kb_the_oldest_events_are_given_up_and_never_the_newest() {
    let mut queue = queue();
    let text = "x".repeat(8_000);
    let mut given_up = Vec::new();
    for number in 0..100 {
        queue.push("v", NOW + number, &format!(r#""e",{{"i":{number},"t":"{text}"}}"#));
        given_up.extend(std::iter::from_fn(|| queue.excess()).map(|run| run.stored()));
    }
    let mut kept = String::new();
    while let Some(batch) = sent(&mut queue) {
        kept.push_str(&batch.runs);
        settle(&mut queue);
    }
    assert!(kept.len() <= 512 * 1024 && kept.len() > 500 * 1024, "{}", kept.len());
    assert!(kept.contains("\"i\":99,") && !kept.contains("\"i\":0,"));
    assert!(given_up.first().unwrap().contains("\"i\":0,"));
}

#[test]
fn runs_that_were_refused_together_are_sent_one_by_one_and_one_that_is_alone_is_not_divided() {
    let mut queue = queue();
    for at in [NOW, NOW - 1, NOW - 2] {
        queue.push("v", at, r#""a",{}"#);
    }
    assert_eq!(sent(&mut queue).unwrap().runs.matches("events").count(), 3);
    queue.divide();
    assert_eq!(settle(&mut queue), 0);
    queue.push("v", NOW, r#""b",{}"#);
    for _ in 0..3 {
        assert_eq!(sent(&mut queue).unwrap().runs.matches("events").count(), 1);
        queue.divide();
        assert_eq!(settle(&mut queue), 1);
    }
    assert!(sent(&mut queue).unwrap().runs.contains("\"b\""));
}
