//! Randomness that is the same for the same seed.

use std::f64::consts::PI;

/// `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Above 0 and at most 1.
    pub fn uniform(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let whole = ((self.bits() >> 11) + 1) as f64;
        whole / 9_007_199_254_740_992.0
    }

    /// Box and Muller's, one of the two.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (2.0 * PI * self.uniform()).cos()
    }

    /// How many of so many succeed: jumps from success to success, so that rare ones are cheap.
    pub fn binomial(&mut self, units: u32, chance: f64) -> u32 {
        if chance <= 0.0 {
            return 0;
        }
        let (step, mut at, mut successes) = ((-chance).ln_1p(), 0.0, 0);
        loop {
            at += 1.0 + (self.uniform().ln() / step).floor();
            if at > f64::from(units) {
                return successes;
            }
            successes += 1;
        }
    }

    /// A Poisson variable of a small mean (Knuth, "The Art of Computer Programming", volume 2, 3.4.1).
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (least, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
        while product > least {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}
