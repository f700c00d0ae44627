//! The panel: in a closed shadow root, so that the page's styles do not reach it and clicks in it meet no goal; its styles
//! are a constructed sheet, which no policy for styles forbids.

use std::cell::RefCell;

use gloo_timers::callback::{Interval, Timeout};
use js_sys::{Array, Function, Reflect};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::{Closure, JsCast, JsValue, wasm_bindgen};
use web_sys::{CssStyleSheet, Document, Element, ShadowRootInit, ShadowRootMode};

use crate::report::{Event, Experiment, Fate, Measuring, Report, report};
use crate::seen::Seen;

/// The element's name; nobody's stylesheet or goal has it by accident.
const NAME: &str = "tributary-inspector";
const STYLE: &str = include_str!("panel.css");
/// How often the page is looked at, ms.
const LOOK: u32 = 500;

thread_local! {
    static OPEN: RefCell<Option<Panel>> = const { RefCell::new(None) };
}

struct Panel {
    host: Element,
    /// It ends when it is dropped.
    _looking: Interval,
    _close: Closure<dyn FnMut()>,
}

/// Opens the panel (or finds it open) and answers what it shows. `look` tells what is in the page now, as [`Seen`].
#[wasm_bindgen]
#[allow(clippy::needless_pass_by_value)]
pub fn open(look: Function) -> Result<JsValue, JsValue> {
    let seen = || -> Result<Seen, JsValue> { Ok(serde_wasm_bindgen::from_value(look.call0(&JsValue::NULL)?)?) };
    let first = report(&seen()?);
    if OPEN.with_borrow(Option::is_none) {
        let panel = build(first.clone(), look.clone())?;
        OPEN.set(Some(panel));
    }
    // Objects, as the page's own JSON would be, and not maps.
    Ok(first.serialize(&Serializer::json_compatible())?)
}

fn build(first: Report, look: Function) -> Result<Panel, JsValue> {
    let document = web_sys::window().and_then(|window| window.document()).ok_or("no document")?;
    let host = document.create_element(NAME)?;
    let root = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Closed))?;
    let sheet = CssStyleSheet::new()?;
    sheet.replace_sync(STYLE)?;
    Reflect::set(&root, &"adoptedStyleSheets".into(), &Array::of1(&sheet))?;

    let header = element(&document, "header", "", "")?;
    header.append_with_node_2(
        element(&document, "h1", "", "Tributary")?.as_ref(),
        element(&document, "span", "site", &first.site)?.as_ref(),
    )?;
    let close = element(&document, "button", "", "✕")?;
    close.set_attribute("aria-label", "Close the inspector")?;
    header.append_with_node_1(&close)?;
    let body = element(&document, "main", "", "")?;
    let section = element(&document, "section", "", "")?;
    section.set_attribute("aria-label", "Tributary's inspector")?;
    section.append_with_node_2(&header, &body)?;
    root.append_child(&section)?;
    let parent = document.document_element().ok_or("no document element")?;
    parent.append_child(&host)?;

    let on_close = Closure::<dyn FnMut()>::new(|| {
        // The closure must not free itself while it runs.
        if let Some(panel) = OPEN.take() {
            panel.host.remove();
            Timeout::new(0, move || drop(panel)).forget();
        }
    });
    close.add_event_listener_with_callback("click", on_close.as_ref().unchecked_ref())?;

    show(&document, &body, &first)?;
    let mut shown = first;
    let looking = Interval::new(LOOK, move || {
        let Ok(value) = look.call0(&JsValue::NULL) else { return };
        let Ok(seen) = serde_wasm_bindgen::from_value::<Seen>(value) else { return };
        let now = report(&seen);
        // What stands still can be read and selected.
        if now != shown {
            let _ = show(&document, &body, &now);
            shown = now;
        }
    });
    Ok(Panel { host, _looking: looking, _close: on_close })
}

fn element(document: &Document, tag: &str, class: &str, text: &str) -> Result<Element, JsValue> {
    let element = document.create_element(tag)?;
    if !class.is_empty() {
        element.set_class_name(class);
    }
    if !text.is_empty() {
        element.set_text_content(Some(text));
    }
    Ok(element)
}

fn show(document: &Document, body: &Element, report: &Report) -> Result<(), JsValue> {
    let add = |parent: &Element, tag: &str, class: &str, text: &str| -> Result<Element, JsValue> {
        let child = element(document, tag, class, text)?;
        parent.append_child(&child)?;
        Ok(child)
    };
    body.set_text_content(None);
    let who = add(body, "div", "who", "")?;
    let (class, state) = measuring(report.measuring);
    add(&who, "span", class, state)?;
    if !report.visitor.is_empty() {
        add(&who, "code", "", &report.visitor)?;
    }
    if !report.profile.is_empty() {
        add(&who, "code", "", &report.profile)?;
    }
    for note in &report.notes {
        add(body, "p", "note", note)?;
    }

    add(body, "h2", "", "Experiments")?;
    if report.experiments.is_empty() {
        add(body, "p", "none", "None is running.")?;
    }
    for experiment in &report.experiments {
        let row = add(body, "article", "", "")?;
        add(&row, "strong", "", &experiment.key)?;
        let (class, state) = standing(experiment);
        add(&row, "span", class, &state)?;
        if experiment.exposed {
            add(&row, "span", "badge good", "exposed")?;
        } else if experiment.variant.is_some() {
            add(&row, "span", "badge", "not exposed yet")?;
        }
        add(&row, "p", "", &experiment.detail)?;
    }

    add(body, "h2", "", "Events")?;
    if report.events.is_empty() {
        add(body, "p", "none", "Nothing was recorded since the inspector came.")?;
    }
    for event in &report.events {
        let row = add(body, "article", "", "")?;
        add(&row, "time", "", &clock(event.at))?;
        add(&row, "strong", "", &event.name)?;
        let (class, state, why) = fate(event);
        add(&row, "span", class, state)?;
        if !why.is_empty() {
            add(&row, "p", "why", &why)?;
        }
        add(&row, "code", "", &event.properties.to_string())?;
    }
    Ok(())
}

fn measuring(measuring: Measuring) -> (&'static str, &'static str) {
    match measuring {
        Measuring::Yes => ("badge good", "measuring"),
        Measuring::ConsentMissing => ("badge bad", "no consent yet"),
        Measuring::BrowserRefuses => ("badge bad", "the browser signals refusal"),
        Measuring::Withdrawn => ("badge bad", "consent withdrawn"),
        Measuring::Damaged => ("badge bad", "configuration unreadable: reload the page"),
    }
}

fn standing(experiment: &Experiment) -> (&'static str, String) {
    match (&experiment.variant, experiment.reason) {
        (Some(variant), None) => ("badge good", variant.clone()),
        (Some(variant), Some(reason)) => ("badge bad", format!("{variant}: {}", reason.replace('_', " "))),
        (None, Some(reason)) => ("badge bad", reason.replace('_', " ")),
        _ => ("badge", String::new()),
    }
}

fn fate(event: &Event) -> (&'static str, &'static str, String) {
    match &event.fate {
        Fate::Waiting => ("badge", "waiting", String::new()),
        Fate::Unanswered { status: 0 } => ("badge bad", "no answer, sent again", String::new()),
        Fate::Unanswered { status } => ("badge bad", "no answer of ours, sent again", format!("status {status}")),
        Fate::Beacon => ("badge", "by beacon, sent again by the next page", String::new()),
        Fate::Accepted => ("badge good", "accepted", String::new()),
        Fate::Duplicate => ("badge", "duplicate", String::new()),
        Fate::AcceptedOrDuplicate { duplicates } => {
            ("badge good", "accepted", format!("{duplicates} of its batch came before"))
        }
        Fate::Refused { reason, field, limit } => {
            let field = field.as_ref().map_or_else(String::new, |field| format!(": {field}"));
            let limit = limit.as_ref().map_or_else(String::new, |limit| format!(" must be {limit}"));
            ("badge bad", "refused", format!("{}{field}{limit}", reason.replace('_', " ")))
        }
    }
}

/// The visitor's own clock, as `14:05:09`.
fn clock(at: i64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let date = js_sys::Date::new(&JsValue::from_f64(at as f64));
    format!("{:02}:{:02}:{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}
