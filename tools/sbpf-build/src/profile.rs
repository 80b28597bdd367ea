//! The settings that on-chain programs are compiled with.

/// The variables with which cargo replaces the settings of a workspace's release profile: each program is compiled alike,
/// and the profile itself is free for what runs on the host.
pub const PROGRAM_PROFILE: [(&str, &str); 5] = [
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
];
