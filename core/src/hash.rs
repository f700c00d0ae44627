//! A stable 64-bit hash for routing and for remembering ids. Not for secrets.

/// FNV-1a, 64 bits. Stored rows hold its values: it must never change.
pub fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
