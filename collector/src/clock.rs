//! The one clock of the Worker.

use tributary_core::time::Millis;

/// Now, ms. In a Worker it stands still while nothing is waited for.
pub fn now() -> Millis {
    i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX)
}
