//! Changes to valid account data, after which both sides must still agree.

use {
    crate::common::noise,
    proptest::{prelude::*, sample::Index},
};

#[derive(Clone, Debug)]
pub enum Damage {
    None,
    Truncate(Index),
    Append(Vec<u8>),
    /// A small number at the possible position of a tag.
    Tag(Index, u8),
    Flip(Index, u8),
}

pub fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        2 => Just(Damage::None),
        1 => any::<Index>().prop_map(Damage::Truncate),
        1 => noise(1..40).prop_map(Damage::Append),
        3 => (any::<Index>(), 0u8..5).prop_map(|(index, byte)| Damage::Tag(index, byte)),
        2 => (any::<Index>(), 0u8..8).prop_map(|(index, bit)| Damage::Flip(index, 1 << bit)),
    ]
}

impl Damage {
    pub fn apply(&self, data: &mut Vec<u8>) {
        let length = data.len();
        match self {
            Self::None => {}
            Self::Append(bytes) => data.extend(bytes),
            _ if length == 0 => {}
            Self::Truncate(index) => data.truncate(index.index(length)),
            Self::Tag(index, byte) => data[index.index(length)] = *byte,
            Self::Flip(index, mask) => data[index.index(length)] ^= mask,
        }
    }
}
