//! One turn: read, fold, write, in one transaction, without awaiting.
//!
//! The implicit transaction of a Durable Object guards against a crash only: an `Err` or a panic would keep the writes
//! before it. `transactionSync` rolls them back. The `worker` crate does not bind it.

use wasm_bindgen::prelude::*;
use worker::{Error, Result, Storage};

type Step<'a> = dyn FnMut() -> std::result::Result<(), JsValue> + 'a;

#[wasm_bindgen]
extern "C" {
    type Transactional;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(this: &Transactional, work: &JsValue) -> std::result::Result<JsValue, JsValue>;
}

/// Runs `work` in a transaction: all that it wrote stands, or, after an `Err` or a panic, nothing.
///
/// `work` must leave nothing half done in memory when it panics: its caller keeps what it gives back only afterwards.
pub fn run<T>(storage: &Storage, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut work = Some(work);
    let mut done = None;
    let mut step = || -> std::result::Result<(), JsValue> {
        if let Some(work) = work.take() {
            done = Some(work().map_err(|error| JsValue::from_str(&error.to_string()))?);
        }
        Ok(())
    };
    let transactional: &Transactional = storage.as_raw().unchecked_ref();
    let closure = ScopedClosure::<Step<'_>>::borrow_mut_assert_unwind_safe(&mut step);
    transactional.transaction_sync(closure.as_ref()).map_err(Error::from)?;
    drop(closure);
    done.ok_or_else(|| Error::RustError("a transaction ended without its work".to_owned()))
}
