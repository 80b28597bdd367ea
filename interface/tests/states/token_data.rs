//! Data of mints and token accounts: valid, unusual and malformed, with and without extensions.

use {
    crate::{
        common::{key, noise, number},
        damage::damage,
    },
    proptest::{collection::vec, prelude::*},
    spl_token_2022_interface::extension::AccountType,
};

/// Lengths of the base layouts and of a multisig. An account with extensions must not have the length of a multisig.
const MINT: usize = 82;
const ACCOUNT: usize = 165;
const MULTISIG: usize = 355;

/// Tag of an optional field, usually valid.
fn option_tag() -> impl Strategy<Value = u32> {
    prop_oneof![
        20 => 0u32..2,
        1 => prop_oneof![Just(2), Just(0x100), Just(0x0100_0000), any::<u32>()],
    ]
}

fn small_or(legal: std::ops::Range<u8>) -> impl Strategy<Value = u8> {
    prop_oneof![12 => legal, 1 => any::<u8>()]
}

fn mint_base() -> impl Strategy<Value = Vec<u8>> {
    let keys = (key(), key());
    // Mostly initialized, so that other fields are tested.
    let initialized = prop_oneof![12 => Just(1), 1 => small_or(0..3)];
    (option_tag(), keys, number(), any::<u8>(), initialized, option_tag()).prop_map(
        |(authority_tag, (authority, freezer), supply, decimals, initialized, freezer_tag)| {
            [
                &authority_tag.to_le_bytes()[..],
                &authority,
                &supply.to_le_bytes(),
                &[decimals, initialized],
                &freezer_tag.to_le_bytes(),
                &freezer,
            ]
            .concat()
        },
    )
}

fn account_base() -> impl Strategy<Value = Vec<u8>> {
    let keys = [key(), key(), key(), key()];
    let tags = [option_tag(), option_tag(), option_tag()];
    let state = prop_oneof![12 => Just(1), 2 => small_or(0..4)];
    (keys, tags, [number(), number(), number()], state).prop_map(
        |([mint, owner, delegate, closer], tags, [amount, reserve, delegated], state)| {
            let [delegate_tag, native_tag, closer_tag] = tags.map(u32::to_le_bytes);
            [
                &mint[..],
                &owner,
                &amount.to_le_bytes(),
                &delegate_tag,
                &delegate,
                &[state],
                &native_tag,
                &reserve.to_le_bytes(),
                &delegated.to_le_bytes(),
                &closer_tag,
                &closer,
            ]
            .concat()
        },
    )
}

/// One extension entry: of the supported `kinds`, or of another known or unknown type.
fn entry(kinds: &'static [u16]) -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![
        30 => prop::sample::select(kinds),
        6 => 0u16..=30,
        1 => any::<u16>(),
    ];
    let excess = prop_oneof![20 => Just(0u16), 1 => 1u16..4, 1 => any::<u16>()];
    (kind, noise(0..24), excess).prop_map(|(kind, value, excess)| {
        let length = (value.len() as u16).wrapping_add(excess);
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), &value].concat()
    })
}

/// Bytes after the entries: none, unused bytes, or a part of an entry.
fn remainder() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(vec![]),
        2 => (0usize..8).prop_map(|length| vec![0; length]),
        1 => vec(any::<u8>(), 1..4),
        1 => (1u8..20, 0usize..3).prop_map(|(kind, rest)| [vec![kind, 0], vec![0; rest]].concat()),
    ]
}

fn extensions(padding: usize, kind: AccountType, kinds: &'static [u16]) -> impl Strategy<Value = Vec<u8>> {
    let padding_damage = prop_oneof![15 => Just(None), 1 => (0..=padding).prop_map(Some)];
    let kind = prop_oneof![15 => Just(kind as u8), 1 => 0u8..4];
    let sound = (padding_damage, kind, vec(entry(kinds), 0..5), remainder()).prop_map(
        move |(padding_damage, kind, entries, remainder)| {
            let mut data = vec![0; padding];
            data.push(kind);
            if let Some(index) = padding_damage {
                data[index] ^= 4;
            }
            [data, entries.concat(), remainder].concat()
        },
    );
    prop_oneof![
        3 => Just(vec![]),
        14 => sound,
        1 => noise(0..ACCOUNT),
    ]
}

fn finish(base: Vec<u8>, extensions: Vec<u8>, as_multisig: bool, damages: Vec<crate::damage::Damage>) -> Vec<u8> {
    let mut data = [base, extensions].concat();
    if as_multisig {
        data.resize(MULTISIG, 0);
    }
    for damage in damages {
        damage.apply(&mut data);
    }
    data
}

fn account_data(
    base: impl Strategy<Value = Vec<u8>>,
    extensions: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Vec<u8>> {
    let as_multisig = prop::bool::weighted(0.05);
    let damages = prop_oneof![3 => Just(vec![]), 1 => vec(damage(), 1..3)];
    (base, extensions, as_multisig, damages)
        .prop_map(|(base, extensions, as_multisig, damages)| finish(base, extensions, as_multisig, damages))
}

/// Data of a mint, possibly invalid.
pub fn mint() -> impl Strategy<Value = Vec<u8>> {
    const SUPPORTED: &[u16] = &[1, 4, 6, 10, 16, 18, 19];
    account_data(mint_base(), extensions(ACCOUNT - MINT, AccountType::Mint, SUPPORTED))
}

/// Data of a token account, possibly invalid.
pub fn account() -> impl Strategy<Value = Vec<u8>> {
    const SUPPORTED: &[u16] = &[2, 7, 11];
    account_data(account_base(), extensions(0, AccountType::Account, SUPPORTED))
}
