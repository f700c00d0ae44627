//! One turn: read, fold, write, in one transaction, without awaiting.
//!
//! The implicit transaction of a Durable Object guards against a crash only: an `Err` or a panic would keep the writes
//! before it. `transactionSync` rolls them back. The `worker` crate does not bind it.

use std::panic::AssertUnwindSafe;

use wasm_bindgen::prelude::*;
use worker::{Error, Result, Storage};

#[wasm_bindgen]
extern "C" {
    type Transactional;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    fn transaction_sync(
        this: &Transactional,
        work: &mut dyn FnMut() -> std::result::Result<(), JsValue>,
    ) -> std::result::Result<(), JsValue>;
}

/// Runs `work` in a transaction: all that it wrote stands, or, after an `Err` or a panic, nothing.
pub fn run<T>(storage: &Storage, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut work = Some(AssertUnwindSafe(work));
    let mut done = None;
    let mut step = AssertUnwindSafe(|| -> std::result::Result<(), JsValue> {
        if let Some(AssertUnwindSafe(work)) = work.take() {
            done = Some(work().map_err(|error| JsValue::from_str(&error.to_string()))?);
        }
        Ok(())
    });
    let transactional: &Transactional = storage.as_raw().unchecked_ref();
    transactional.transaction_sync(&mut *step).map_err(Error::from)?;
    done.ok_or_else(|| Error::RustError("a transaction ended without its work".to_owned()))
}
