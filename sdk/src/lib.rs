//! Tributary in the page: a shell around the core that meets the DOM, storage, the clock and the network.
//!
//! In scope: what the page saw and did becomes events, events survive the page and reach the collector, an experiment's
//! variant is given. Not in scope: every rule that makes figures of events; those are in the core and run at the edge.
//!
//! Bytes are the product here. No formatting machinery, no serde of JavaScript values, no message for a panic: each
//! costs more than most of what follows. Whatever the page could replace after it loaded (`fetch`, `JSON`, the clock)
//! comes from `www/loader/host.js`, which took it first.

mod api;
mod communication;
mod consent;
mod experiment;
mod host;
mod interaction;
pub mod json;
mod page;
mod page_view;
pub mod queue;
mod session;
#[cfg(feature = "targeting")]
mod targeting;
mod transport;
pub mod visitor;

/// A tenth of the bytes of the standard one; heaps of a page are small, and one thread has them.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: lol_alloc::LockedAllocator<lol_alloc::FreeListAllocator> =
    lol_alloc::LockedAllocator::new(lol_alloc::FreeListAllocator::new());
