//! Prints random instructions, accounts and events as JSON lines: bytes by the IDL, and the value that the interface reads.
//!
//! `cargo xtask js` runs it for the tests of `clients/js`. The first argument is the number of values of each kind. The others are files
//! of recorded accounts (`solana account ADDRESS --output json`) that follow the random ones.

use {
    anyhow::Context as _,
    serde_json::{Value, json},
    std::{
        io::{self, Write as _},
        path::Path,
    },
    tidepool_idl::{
        codama,
        codec::{Codec, account_text},
        saved_account,
    },
    tidepool_interface::{
        event::Event,
        instruction::{ExtensionInstruction, StakePoolInstruction},
        state::{EXTENSION_MAGIC, EXTENSION_VERSION, POOL_MAX_LENGTH},
    },
};

fn instruction_text(bytes: &[u8]) -> anyhow::Result<String> {
    if let Ok(instruction) = ExtensionInstruction::decode(bytes) {
        return Ok(format!("{instruction:?}"));
    }
    let instruction = StakePoolInstruction::decode(bytes).ok().context("no instruction")?;
    Ok(format!("{instruction:?}"))
}

/// Numbers that follow from a seed (SplitMix64).
fn numbers(mut seed: u64) -> impl FnMut() -> u64 {
    move || {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let count: u64 = arguments.next().context("the number of values is missing")?.to_string_lossy().parse()?;
    let codec = Codec::new(&serde_json::to_string(&codama())?)?;
    let mut output = io::stdout().lock();
    let mut line = |kind: &str, node: &Value, bytes: &[u8], text: &str| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(output, "{}", json!({ "kind": kind, "name": node["name"], "bytes": hex, "text": text }))
    };
    for seed in 0..count {
        let random = &mut numbers(seed);
        for node in codec.nodes("instructions") {
            let bytes = codec.random_instruction(node, random)?;
            line("instruction", node, &bytes, &instruction_text(&bytes)?)?;
        }
        for node in codec.nodes("accounts") {
            let mut bytes = codec.random(node, random)?;
            if node["name"] == "extendedStakePool" {
                bytes[POOL_MAX_LENGTH..][..8].copy_from_slice(&EXTENSION_MAGIC);
                bytes[POOL_MAX_LENGTH + 8..][..2].copy_from_slice(&EXTENSION_VERSION.to_le_bytes());
            }
            line("account", node, &bytes, &account_text(&bytes).context("no account")?)?;
        }
        for node in codec.nodes("events") {
            let bytes = codec.random(node, random)?;
            line("event", node, &bytes, &format!("{:?}", Event::decode(&bytes).context("no event")?))?;
        }
    }
    for file in arguments {
        let bytes = saved_account(Path::new(&file)).with_context(|| file.display().to_string())?;
        let node = codec.account(&bytes).context("no account of a stake pool")?;
        line("recorded", node, &bytes, &account_text(&bytes).context("no account of a stake pool")?)?;
    }
    Ok(())
}
