//! The IDL against the interface: what one writes, the other reads as the same value.

use {
    proptest::prelude::*,
    std::{collections::BTreeSet, fs, path::Path, sync::LazyLock},
    tidepool_idl::codec::Codec,
    tidepool_interface::{
        event::Event,
        instruction::{ExtensionInstruction, StakePoolInstruction},
        schema,
        state::{EXTENSION_MAGIC, EXTENSION_VERSION, POOL_MAX_LENGTH},
    },
};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The committed one.
fn codec() -> &'static Codec {
    static CODEC: LazyLock<Codec> =
        LazyLock::new(|| Codec::new(&fs::read_to_string(root().join("idl/tidepool.codama.json")).unwrap()).unwrap());
    &CODEC
}

#[test]
fn the_committed_files_are_those_of_the_source() {
    tidepool_idl::check(root()).unwrap();
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

proptest! {
    #[test]
    fn instructions_have_the_same_bytes_and_values(seed: u64) {
        let codec = codec();
        let random = &mut numbers(seed);
        for node in codec.nodes("instructions") {
            let bytes = codec.random_instruction(node, random).unwrap();
            let (text, ours) = match ExtensionInstruction::decode(&bytes) {
                Ok(instruction) => (format!("{instruction:?}"), instruction.to_vec()),
                Err(_) => {
                    let instruction = StakePoolInstruction::decode(&bytes).unwrap();
                    (format!("{instruction:?}"), instruction.to_vec())
                }
            };
            prop_assert_eq!(&ours, &bytes);
            prop_assert!(text.to_lowercase().starts_with(&node["name"].as_str().unwrap().to_lowercase()), "{}", text);
            prop_assert_eq!(codec.compare(node, &bytes, &text).unwrap(), bytes.len());
        }
    }

    #[test]
    fn events_have_the_same_bytes_and_values(seed: u64) {
        let codec = codec();
        let random = &mut numbers(seed);
        for node in codec.nodes("events") {
            let bytes = codec.random(node, random).unwrap();
            let text = format!("{:?}", Event::decode(&bytes).unwrap());
            // `Kind(Data { .. })`
            let data = text.split_once('(').unwrap().1.strip_suffix(')').unwrap();
            prop_assert_eq!(codec.compare(node, &bytes, data).unwrap(), bytes.len());
        }
    }

    #[test]
    fn accounts_have_the_same_bytes_and_values(seed: u64) {
        let codec = codec();
        let random = &mut numbers(seed);
        for node in codec.nodes("accounts") {
            let mut bytes = codec.random(node, random).unwrap();
            if node["name"] == "extendedStakePool" {
                bytes[POOL_MAX_LENGTH..][..8].copy_from_slice(&EXTENSION_MAGIC);
                bytes[POOL_MAX_LENGTH + 8..][..2].copy_from_slice(&EXTENSION_VERSION.to_le_bytes());
            }
            let (name, read) = codec.check_account(&bytes).unwrap();
            prop_assert_eq!((Some(name), read), (node["name"].as_str(), bytes.len()));
        }
    }
}

#[test]
fn a_value_that_differs_is_noticed() {
    let codec = codec();
    let node = codec.node("instructions", "depositSol").unwrap();
    let bytes = [14, 5, 0, 0, 0, 0, 0, 0, 0];
    assert!(codec.compare(node, &bytes, "DepositSol { lamports: 5 }").is_ok());
    for wrong in ["DepositSol { lamports: 6 }", "DepositSol { tokens: 5 }", "DepositSol { lamports: 5, more: 1 }"] {
        assert!(codec.compare(node, &bytes, wrong).is_err(), "{wrong}");
    }
}

#[test]
fn sentences_name_arguments_and_accounts() {
    for instruction in schema::instructions() {
        let names = || {
            let arguments = instruction.arguments.iter().map(|argument| argument.name);
            arguments.chain(instruction.accounts.iter().map(|account| account.name))
        };
        let distinct: BTreeSet<_> = names().collect();
        assert_eq!(names().count(), distinct.len(), "{}: a name with two meanings", instruction.name);
        instruction.with(|name| {
            assert!(distinct.contains(name), "{}: unknown {name}", instruction.name);
            String::new()
        });
        let hides = |name: &str| !instruction.sentence.contains(&format!("{{{name}}}"));
        let amounts = instruction.arguments.iter().filter(|argument| {
            matches!(argument.shape, schema::Shape::Number(_, schema::Unit::Lamports | schema::Unit::PoolTokens))
        });
        let hidden: Vec<_> = amounts.map(|argument| argument.name).filter(|name| hides(name)).collect();
        assert!(hidden.is_empty(), "{}: {hidden:?} is not in the sentence", instruction.name);
    }
}

#[test]
fn every_link_has_a_target() {
    let codec = codec();
    let text = fs::read_to_string(root().join("idl/tidepool.codama.json")).unwrap();
    let names = |list: &str| codec.nodes(list).iter().map(|node| node["name"].clone()).collect::<Vec<_>>();
    let (types, pdas) = (names("definedTypes"), names("pdas"));
    let mut rest = vec![serde_json::from_str::<serde_json::Value>(&text).unwrap()];
    while let Some(node) = rest.pop() {
        match node["kind"].as_str() {
            Some("definedTypeLinkNode") => assert!(types.contains(&node["name"]), "{node}"),
            Some("pdaLinkNode") => assert!(pdas.contains(&node["name"]), "{node}"),
            _ => {}
        }
        match node {
            serde_json::Value::Array(items) => rest.extend(items),
            serde_json::Value::Object(fields) => rest.extend(fields.into_iter().map(|(_, value)| value)),
            _ => {}
        }
    }
}
