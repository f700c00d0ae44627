//! Which variant a unit gets: a pure function of the experiment's version and the unit's id.
//!
//! The arithmetic is `GrowthBook`'s hash version 2 (<https://docs.growthbook.io/lib/build-your-own>), in the same double
//! precision and over the same UTF-16 code units, so that its server SDKs agree with ours to the last visitor.

/// Shares are whole ten-thousandths: the hash has no finer steps.
pub const FULL_SHARE: u16 = 10_000;

/// A unit's place in `[0, 1)` under a seed: `n = fnv1a32(decimal(fnv1a32(seed + id))) % 10000 / 10000`.
pub fn place(seed: &str, id: &str) -> f64 {
    let inner = fnv1a32(seed.encode_utf16().chain(id.encode_utf16()));
    let mut digits = [0; 10];
    f64::from(fnv1a32(decimal(inner, &mut digits)) % 10_000) / 10_000.0
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

/// FNV-1a, 32 bits, over UTF-16 code units (as JavaScript's `charCodeAt` sees a text).
fn fnv1a32(units: impl Iterator<Item = u16>) -> u32 {
    units.fold(0x811c_9dc5, |hash, unit| (hash ^ u32::from(unit)).wrapping_mul(0x0100_0193))
}

/// The decimal digits of a number as code units, without the formatting machinery (bytes in the page count).
fn decimal(mut number: u32, digits: &mut [u16; 10]) -> impl Iterator<Item = u16> + '_ {
    let mut length = 0;
    for digit in digits.iter_mut() {
        *digit = u16::from(b'0') + (number % 10) as u16;
        number /= 10;
        length += 1;
        if number == 0 {
            break;
        }
    }
    digits.iter().take(length).rev().copied()
}
