//! One request at a time to the collector, again until it answers; the rest by beacon when the page goes.

use crate::consent::has_consent;
use crate::host;
use crate::json;
use crate::page::{Page, found};
use crate::queue::{Batch, RUN, Stage};
use tributary_core::text::{self, cut};

/// Events wait this long for company.
const GATHER_MS: u32 = 1_000;
/// The first pause after a failure; it doubles with each.
const PAUSE_MS: u32 = 1_000;
/// No pause is longer than this times [`PAUSE_MS`], about four minutes.
const LONGEST: u32 = 8;
/// The shift that the last answer named, across page loads.
const SHIFT: &str = "shift";

/// What is under way.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Transport {
    busy: bool,
    /// What is under way ends with the page.
    fleeting: bool,
    /// What is under way was ended by us, to be sent again.
    again: bool,
    failures: u32,
    timer: bool,
    shift: i64,
}

impl Transport {
    /// No more attempts.
    pub fn stop(&mut self) {
        self.wait(0);
    }

    fn wait(&mut self, ms: u32) {
        self.timer = ms > 0;
        host::wait(ms);
    }
}

impl Page {
    /// Takes over what earlier page loads could not get acknowledged.
    pub fn adopt(&mut self) {
        self.transport.shift = text::number(&host::get(SHIFT));
        let now = host::clock();
        let names = host::names(RUN);
        let mut rest = names.as_str();
        while !rest.is_empty() {
            let (name, after) = cut(rest, b'\n');
            if !self.queue.adopt(now, name, &host::get(name)) {
                host::remove(name);
            }
            rest = after;
        }
    }

    /// Writes to storage what it does not have yet, and sees to it that something is sent soon.
    pub fn save(&mut self) {
        self.keep_session();
        while let Some(run) = self.queue.excess() {
            host::remove(&run.name);
        }
        while let Some(run) = self.queue.unsaved() {
            host::set(&run.name, &run.stored());
        }
        if !self.transport.timer && !self.transport.busy && self.queue.waits() {
            self.transport.wait(GATHER_MS);
        }
    }

    /// Sends the next batch now, whatever pause was on; says so where there is nothing.
    pub fn send(&mut self) {
        self.transport.stop();
        if self.transport.busy {
            return;
        }
        match self.queue.batch(Stage::Sent) {
            Some(batch) => {
                self.transport.busy = true;
                // A retry need not outlive the page (storage does), and so is not refused when the quota is used up. One whose
                // answer may set the cookie must not: Chromium stores what comes of a request that was to outlive the page
                // though it was ended.
                self.transport.fleeting = self.transport.failures > 0 || self.found(found::OWN);
                host::post(&self.body(&batch), !self.transport.fleeting);
            }
            None => host::idle(),
        }
    }

    /// Ends what is under way, to be sent again. The collector may have taken it already: it drops what comes twice.
    pub fn resend(&mut self) {
        if self.transport.busy {
            self.transport.again = true;
            host::cancel();
        }
    }

    /// The collector answered, or nobody did (status 0).
    pub fn answered(&mut self, status: u16, shift: Option<i64>) {
        self.transport.busy = false;
        let again = core::mem::take(&mut self.transport.again);
        match status {
            // Taken, or refused by the collector for good. Any other refusal is of somebody on the way, or for now.
            200..=299 | 400 | 404 | 413 => {
                self.transport.failures = 0;
                // One damaged run must not cost the others: what was refused is asked about run by run.
                if status > 299 {
                    self.queue.divide();
                }
                while let Some(run) = self.queue.settle() {
                    // Another tab may still be adding to a run of its own that this page took over.
                    if host::get(&run.name) == run.stored() {
                        host::remove(&run.name);
                    }
                }
                if let Some(shift) = shift.filter(|_| self.visitor.is_some()) {
                    self.transport.shift = shift;
                    let mut text = String::new();
                    json::number(&mut text, shift);
                    host::set(SHIFT, &text);
                }
                self.send();
            }
            _ => {
                self.queue.turn(Stage::Sent, Stage::Waiting);
                if again {
                    self.send();
                    return;
                }
                if self.queue.waits() {
                    let pause = PAUSE_MS << self.transport.failures.min(LONGEST);
                    self.transport.failures += 1;
                    self.transport.wait(jittered(pause));
                }
                host::idle();
            }
        }
    }

    /// The page may be gone the next moment: all that waits goes by beacon, as far as the browser takes it.
    pub fn leave(&mut self) {
        if self.transport.fleeting {
            self.queue.turn(Stage::Sent, Stage::Waiting);
        }
        while let Some(batch) = self.queue.batch(Stage::Beaconed) {
            if !host::beacon(&self.body(&batch)) {
                self.queue.give_back(&batch);
                break;
            }
        }
    }

    /// The page is shown again: nobody acknowledged the beacons, so their runs go once more.
    pub fn come_back(&mut self) {
        self.queue.turn(Stage::Beaconed, Stage::Waiting);
    }

    fn body(&self, batch: &Batch) -> String {
        let mut body = String::from("{\"visitor\":");
        json::string(&mut body, &batch.visitor);
        body.push_str(",\"sent_at\":");
        json::number(&mut body, host::clock());
        body.push_str(",\"shift\":");
        json::number(&mut body, self.transport.shift);
        body.push_str(if self.found(found::AUTOMATED) { ",\"automated\":true" } else { ",\"automated\":false" });
        if has_consent() {
            body.push_str(",\"consent\":true");
        }
        body.push_str(",\"runs\":[");
        body.push_str(&batch.runs);
        body.push_str("]}");
        body
    }
}

/// Half to all of it, so that pages that failed together do not come back together.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn jittered(ms: u32) -> u32 {
    (f64::from(ms) * (0.5 + host::chance() / 2.0)) as u32
}
