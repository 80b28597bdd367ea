//! The addresses and arguments of a case's instructions.

use {
    crate::common::{address, fee, fee_type, number},
    proptest::{array::uniform5, collection::vec, prelude::*},
    tidepool_core::maths::Fee,
    tidepool_interface::{
        Address,
        instruction::{FeeType, FundingType, PreferredValidatorType},
    },
};

macro_rules! keys {
    ($($name:ident)*) => {
        #[derive(Debug)]
        pub struct Keys {
            $(pub $name: Address,)*
        }

        const KEYS: usize = [$(stringify!($name)),*].len();

        fn keys() -> impl Strategy<Value = Keys> {
            vec(address(), KEYS).prop_map(|addresses| {
                let mut addresses = addresses.into_iter();
                Keys { $($name: addresses.next().unwrap(),)* }
            })
        }
    };
}

keys! {
    program pool manager staker withdraw_authority validator_list reserve mint fee_account token_program
    authority validator_stake transient_stake ephemeral_stake other_transient_stake other_validator_stake
    vote user payer wallet pool_tokens referrer stake
}

#[derive(Debug)]
pub struct Case {
    pub keys: Keys,
    pub numbers: [u64; 5],
    pub seed: u32,
    pub percent: u8,
    pub flag: bool,
    pub fees: [Fee; 3],
    pub fee_type: FeeType,
    pub funding_type: FundingType,
    pub validator_type: PreferredValidatorType,
    pub optional: Option<Address>,
    pub texts: [String; 3],
}

pub fn text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..12).prop_map(String::from_iter)
}

pub fn funding_type() -> impl Strategy<Value = FundingType> {
    prop_oneof![Just(FundingType::StakeDeposit), Just(FundingType::SolDeposit), Just(FundingType::SolWithdraw),]
}

pub fn validator_type() -> impl Strategy<Value = PreferredValidatorType> {
    prop_oneof![Just(PreferredValidatorType::Deposit), Just(PreferredValidatorType::Withdraw),]
}

pub fn case() -> impl Strategy<Value = Case> {
    let numbers = (uniform5(number()), number(), any::<u8>(), any::<bool>());
    let kinds = (fee_type(), funding_type(), validator_type());
    let rest = ([fee(), fee(), fee()], prop::option::of(address()), [text(), text(), text()]);
    (keys(), numbers, kinds, rest).prop_map(
        |(keys, (numbers, seed, percent, flag), (fee_type, funding_type, validator_type), (fees, optional, texts))| {
            Case {
                keys,
                numbers,
                seed: seed as u32,
                percent,
                flag,
                fees,
                fee_type,
                funding_type,
                validator_type,
                optional,
                texts,
            }
        },
    )
}
