//! A stable 64-bit hash for routing and for remembering ids. Not for secrets.

/// FNV-1a, 64 bits. Stored rows hold its values: it must never change.
pub fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The shard of a key: one of `shards`.
pub fn shard_of(key: &str, shards: u8) -> u8 {
    u8::try_from(fnv1a64(key.as_bytes()) % u64::from(shards.max(1))).unwrap_or(0)
}
