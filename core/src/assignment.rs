//! Which variant a unit gets: a pure function of the experiment's version and the unit's id.
//!
//! The arithmetic is `GrowthBook`'s hash version 2 (<https://docs.growthbook.io/lib/build-your-own>), in the same double
//! precision and over the same UTF-16 code units, so that its server SDKs agree with ours to the last visitor.

/// Shares are whole ten-thousandths: the hash has no finer steps.
pub const FULL_SHARE: u16 = 10_000;

/// A unit's place in `[0, 1)` under a seed: `n = fnv1a32(decimal(fnv1a32(seed + id))) % 10000 / 10000`.
pub fn place(seed: &str, id: &str) -> f64 {
    let inner = fnv1a32(fnv1a32(BASIS, seed), id);
    f64::from(fnv1a32_decimal(inner) % 10_000) / 10_000.0
}

/// Whether a site's holdout of `share` ten-thousandths has the visitor.
pub fn is_held_out(visitor: &str, share: u16) -> bool {
    share > 0 && place("holdout", visitor) < self::share(share)
}

/// Whether a namespace's range, in thousandths, has the unit: hash version 1, `fnv1a32(id + "__" + namespace) % 1000`.
pub fn is_in_namespace(id: &str, namespace: &str, range: (u16, u16)) -> bool {
    let place = fnv1a32(fnv1a32(fnv1a32(BASIS, id), "__"), namespace) % 1000;
    place >= u32::from(range.0) && place < u32::from(range.1)
}

/// The index of the variant whose range holds the unit's place, or none where coverage leaves it out.
///
/// A variant's range starts where the full weights of those before it end and is `coverage * weight` long, so raising
/// the coverage moves nobody who was in. `coverage` and `weights` are ten-thousandths.
pub fn assign(seed: &str, id: &str, coverage: u16, weights: impl IntoIterator<Item = u16>) -> Option<usize> {
    let place = place(seed, id);
    let coverage = share(coverage);
    let mut start = 0.0;
    for (index, weight) in weights.into_iter().enumerate() {
        let weight = share(weight);
        if place >= start && place < start + coverage * weight {
            return Some(index);
        }
        start += weight;
    }
    None
}

fn share(ten_thousandths: u16) -> f64 {
    f64::from(ten_thousandths) / f64::from(FULL_SHARE)
}

const BASIS: u32 = 0x811c_9dc5;

/// FNV-1a, 32 bits, continued over a text's UTF-16 code units (as JavaScript's `charCodeAt` sees it).
fn fnv1a32(mut hash: u32, text: &str) -> u32 {
    for letter in text.chars() {
        let code = letter as u32;
        hash = match code.checked_sub(0x1_0000) {
            // Two surrogates, each with ten bits.
            Some(rest) => step(step(hash, 0xd800 + (rest >> 10)), 0xdc00 + (rest & 0x3ff)),
            None => step(hash, code),
        };
    }
    hash
}

/// The same over a number's decimal digits, without the formatting machinery (bytes in the page count).
fn fnv1a32_decimal(number: u32) -> u32 {
    let mut power = 1;
    while number / power > 9 {
        power *= 10;
    }
    let mut hash = BASIS;
    while power > 0 {
        hash = step(hash, 48 + number / power % 10);
        power /= 10;
    }
    hash
}

fn step(hash: u32, unit: u32) -> u32 {
    (hash ^ unit).wrapping_mul(0x0100_0193)
}
