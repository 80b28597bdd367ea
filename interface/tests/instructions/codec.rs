//! Instruction data decodes exactly where the published program decodes it, and to the same values.

use {
    crate::{
        common::{address, config, decode_borsh, fee, fee_type, noise, number, reference_fee, reference_fee_type},
        keys::{funding_type, text, validator_type},
        managing::{published_funding_type, published_validator_type},
    },
    borsh::BorshDeserialize as _,
    proptest::{collection::vec, prelude::*, sample::Index},
    solana_borsh::v1::try_from_slice_unchecked,
    solana_program_error::ProgramError,
    spl_stake_pool::instruction::StakePoolInstruction as Published,
    std::collections::BTreeSet,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        Address,
        instruction::{
            FeeType, FundingType, INSTRUCTION_MAX_LENGTH, OwnedInstruction, PreferredValidatorType,
            StakePoolInstruction as Ours,
        },
    },
};

const TAGS: std::ops::Range<u8> = 0..27;

/// Arguments of all instructions; `instruction` selects those of a tag.
#[derive(Debug)]
struct Arguments {
    tag: u8,
    numbers: [u64; 4],
    index: u32,
    percent: u8,
    flag: bool,
    fees: [Fee; 3],
    fee_type: FeeType,
    funding_type: FundingType,
    validator_type: PreferredValidatorType,
    vote: Option<Address>,
    texts: [String; 3],
}

fn arguments() -> impl Strategy<Value = Arguments> {
    let numbers = [number(), number(), number(), number()];
    let small = (TAGS, number(), any::<u8>(), any::<bool>());
    let kinds = (fee_type(), funding_type(), validator_type(), prop::option::of(address()));
    (numbers, small, [fee(), fee(), fee()], kinds, [text(), text(), text()]).prop_map(
        |(numbers, (tag, index, percent, flag), fees, (fee_type, funding_type, validator_type, vote), texts)| {
            Arguments {
                tag,
                numbers,
                index: index as u32,
                percent,
                flag,
                fees,
                fee_type,
                funding_type,
                validator_type,
                vote,
                texts,
            }
        },
    )
}

impl Arguments {
    fn instruction(&self) -> Ours<'_> {
        let [a, b, c, d] = self.numbers;
        let [name, symbol, uri] = self.texts.each_ref().map(String::as_str);
        let [fee, withdrawal_fee, deposit_fee] = self.fees;
        match self.tag {
            0 => Ours::Initialize {
                fee,
                withdrawal_fee,
                deposit_fee,
                referral_fee: self.percent,
                max_validators: self.index,
            },
            1 => Ours::AddValidatorToPool { seed: self.index },
            2 => Ours::RemoveValidatorFromPool,
            3 => Ours::DecreaseValidatorStake { lamports: a, transient_stake_seed: b },
            4 => Ours::IncreaseValidatorStake { lamports: a, transient_stake_seed: b },
            5 => Ours::SetPreferredValidator { validator_type: self.validator_type, vote_account: self.vote },
            6 => Ours::UpdateValidatorListBalance { start_index: self.index, no_merge: self.flag },
            7 => Ours::UpdateStakePoolBalance,
            8 => Ours::CleanupRemovedValidatorEntries,
            9 => Ours::DepositStake,
            10 => Ours::WithdrawStake { pool_tokens: a },
            11 => Ours::SetManager,
            12 => Ours::SetFee { fee: self.fee_type },
            13 => Ours::SetStaker,
            14 => Ours::DepositSol { lamports: a },
            15 => Ours::SetFundingAuthority { funding_type: self.funding_type },
            16 => Ours::WithdrawSol { pool_tokens: a },
            17 => Ours::CreateTokenMetadata { name, symbol, uri },
            18 => Ours::UpdateTokenMetadata { name, symbol, uri },
            19 => {
                Ours::IncreaseAdditionalValidatorStake { lamports: a, transient_stake_seed: b, ephemeral_stake_seed: c }
            }
            20 => {
                Ours::DecreaseAdditionalValidatorStake { lamports: a, transient_stake_seed: b, ephemeral_stake_seed: c }
            }
            21 => Ours::DecreaseValidatorStakeWithReserve { lamports: a, transient_stake_seed: b },
            22 => Ours::Redelegate {
                lamports: a,
                source_transient_stake_seed: b,
                ephemeral_stake_seed: c,
                destination_transient_stake_seed: d,
            },
            23 => Ours::DepositStakeWithSlippage { minimum_pool_tokens_out: a },
            24 => Ours::WithdrawStakeWithSlippage { pool_tokens_in: a, minimum_lamports_out: b },
            25 => Ours::DepositSolWithSlippage { lamports_in: a, minimum_pool_tokens_out: b },
            26 => Ours::WithdrawSolWithSlippage { pool_tokens_in: a, minimum_lamports_out: b },
            tag => panic!("no instruction {tag}"),
        }
    }
}

#[allow(deprecated)] // `Redelegate`, whose data still decodes.
fn published(ours: Ours) -> Published {
    match ours {
        Ours::Initialize { fee, withdrawal_fee, deposit_fee, referral_fee, max_validators } => Published::Initialize {
            fee: reference_fee(fee),
            withdrawal_fee: reference_fee(withdrawal_fee),
            deposit_fee: reference_fee(deposit_fee),
            referral_fee,
            max_validators,
        },
        Ours::AddValidatorToPool { seed } => Published::AddValidatorToPool(seed),
        Ours::RemoveValidatorFromPool => Published::RemoveValidatorFromPool,
        Ours::DecreaseValidatorStake { lamports, transient_stake_seed } => {
            Published::DecreaseValidatorStake { lamports, transient_stake_seed }
        }
        Ours::IncreaseValidatorStake { lamports, transient_stake_seed } => {
            Published::IncreaseValidatorStake { lamports, transient_stake_seed }
        }
        Ours::SetPreferredValidator { validator_type, vote_account } => Published::SetPreferredValidator {
            validator_type: published_validator_type(validator_type),
            validator_vote_address: vote_account,
        },
        Ours::UpdateValidatorListBalance { start_index, no_merge } => {
            Published::UpdateValidatorListBalance { start_index, no_merge }
        }
        Ours::UpdateStakePoolBalance => Published::UpdateStakePoolBalance,
        Ours::CleanupRemovedValidatorEntries => Published::CleanupRemovedValidatorEntries,
        Ours::DepositStake => Published::DepositStake,
        Ours::WithdrawStake { pool_tokens } => Published::WithdrawStake(pool_tokens),
        Ours::SetManager => Published::SetManager,
        Ours::SetFee { fee } => Published::SetFee { fee: reference_fee_type(fee) },
        Ours::SetStaker => Published::SetStaker,
        Ours::DepositSol { lamports } => Published::DepositSol(lamports),
        Ours::SetFundingAuthority { funding_type } => {
            Published::SetFundingAuthority(published_funding_type(funding_type))
        }
        Ours::WithdrawSol { pool_tokens } => Published::WithdrawSol(pool_tokens),
        Ours::CreateTokenMetadata { name, symbol, uri } => {
            Published::CreateTokenMetadata { name: name.into(), symbol: symbol.into(), uri: uri.into() }
        }
        Ours::UpdateTokenMetadata { name, symbol, uri } => {
            Published::UpdateTokenMetadata { name: name.into(), symbol: symbol.into(), uri: uri.into() }
        }
        Ours::IncreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed } => {
            Published::IncreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed }
        }
        Ours::DecreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed } => {
            Published::DecreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed }
        }
        Ours::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed } => {
            Published::DecreaseValidatorStakeWithReserve { lamports, transient_stake_seed }
        }
        Ours::Redelegate {
            lamports,
            source_transient_stake_seed,
            ephemeral_stake_seed,
            destination_transient_stake_seed,
        } => Published::Redelegate {
            lamports,
            source_transient_stake_seed,
            ephemeral_stake_seed,
            destination_transient_stake_seed,
        },
        Ours::DepositStakeWithSlippage { minimum_pool_tokens_out } => {
            Published::DepositStakeWithSlippage { minimum_pool_tokens_out }
        }
        Ours::WithdrawStakeWithSlippage { pool_tokens_in, minimum_lamports_out } => {
            Published::WithdrawStakeWithSlippage { pool_tokens_in, minimum_lamports_out }
        }
        Ours::DepositSolWithSlippage { lamports_in, minimum_pool_tokens_out } => {
            Published::DepositSolWithSlippage { lamports_in, minimum_pool_tokens_out }
        }
        Ours::WithdrawSolWithSlippage { pool_tokens_in, minimum_lamports_out } => {
            Published::WithdrawSolWithSlippage { pool_tokens_in, minimum_lamports_out }
        }
    }
}

fn decodes_alike(data: &[u8]) -> Result<(), TestCaseError> {
    prop_assert_eq!(Ours::decode(data).map(published), Published::try_from_slice(data).map_err(ProgramError::from));
    // Borsh's traits ignore bytes after a value.
    let ours = decode_borsh::<OwnedInstruction>(data);
    let theirs = try_from_slice_unchecked::<Published>(data).map_err(ProgramError::from);
    prop_assert_eq!(ours.clone().map(|ours| published(ours.get())), theirs.clone());
    if let Ok(ours) = ours {
        prop_assert_eq!(OwnedInstruction::try_from_slice(data).is_ok(), Ours::decode(data).is_ok());
        prop_assert_eq!(borsh::to_vec(&ours).unwrap(), borsh::to_vec(&theirs.unwrap()).unwrap());
    }
    Ok(())
}

/// One change to valid data.
#[derive(Debug)]
enum Mutation {
    Truncate(Index),
    Append(Vec<u8>),
    Replace(Index, u8),
    Flip(Index, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        any::<Index>().prop_map(Mutation::Truncate),
        vec(any::<u8>(), 1..4).prop_map(Mutation::Append),
        (any::<Index>(), 0u8..32).prop_map(|(index, byte)| Mutation::Replace(index, byte)),
        (any::<Index>(), 0u8..8).prop_map(|(index, bit)| Mutation::Flip(index, 1 << bit)),
    ]
}

impl Mutation {
    fn apply(&self, data: &mut Vec<u8>) {
        let length = data.len();
        match self {
            Self::Truncate(index) => data.truncate(index.index(length)),
            Self::Append(bytes) => data.extend(bytes),
            Self::Replace(index, byte) => data[index.index(length)] = *byte,
            Self::Flip(index, mask) => data[index.index(length)] ^= mask,
        }
    }
}

#[test]
fn all_tags_are_known_and_no_more() {
    for tag in TAGS {
        let known = (0..=INSTRUCTION_MAX_LENGTH).any(|length| {
            let mut data = vec![0; length + 1];
            data[0] = tag;
            Ours::decode(&data).is_ok_and(|instruction| instruction.tag() == tag)
        });
        assert!(known, "tag {tag} never decodes");
    }
    for tag in TAGS.end..=u8::MAX {
        let data = [&[tag][..], &[0; INSTRUCTION_MAX_LENGTH]].concat();
        for length in 1..data.len() {
            assert_eq!(Ours::decode(&data[..length]), Err(ProgramError::BorshIoError));
        }
    }
    assert_eq!(Ours::decode(&[]), Err(ProgramError::BorshIoError));
}

#[test]
fn the_generated_instructions_have_all_tags() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tags: BTreeSet<u8> = (0..2_000)
        .map(|_| {
            let tree = arguments().new_tree(&mut runner).unwrap();
            proptest::strategy::ValueTree::current(&tree).instruction().to_vec()[0]
        })
        .collect();
    assert_eq!(tags, TAGS.collect());
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn instructions_encode_as_published_and_decode_to_themselves(arguments in arguments(), room in any::<Index>()) {
        let instruction = arguments.instruction();
        let data = instruction.to_vec();
        prop_assert_eq!(&data, &borsh::to_vec(&published(instruction)).unwrap());
        prop_assert_eq!(data[0], instruction.tag());
        prop_assert_eq!(data[0], arguments.tag);
        prop_assert_eq!(Ours::decode(&data), Ok(instruction));
        prop_assert_eq!(&data, &borsh::to_vec(&instruction).unwrap());
        let owned = OwnedInstruction::from(instruction);
        prop_assert_eq!(owned.get(), instruction);
        decodes_alike(&data)?;

        let mut too_small = vec![0; room.index(data.len())];
        prop_assert_eq!(instruction.encode(&mut too_small), Err(ProgramError::BorshIoError));
        let mut exact = vec![0; data.len()];
        prop_assert_eq!(instruction.encode(&mut exact), Ok(data.len()));
        prop_assert_eq!(exact, data);
    }

    #[test]
    fn fee_kinds_obey_the_published_limits_and_delays(fee in fee_type()) {
        let reference = reference_fee_type(fee);
        prop_assert_eq!(
            fee.check_too_high().map_err(|error| error as u32),
            reference.check_too_high().map_err(|error| error as u32)
        );
        prop_assert_eq!(fee.is_delayed(), reference.can_only_change_next_epoch());
    }

    #[test]
    fn borsh_arguments_encode_as_published(
        fee_type in fee_type(),
        funding_type in funding_type(),
        validator_type in validator_type(),
    ) {
        let fee_bytes = borsh::to_vec(&fee_type).unwrap();
        prop_assert_eq!(&fee_bytes, &borsh::to_vec(&reference_fee_type(fee_type)).unwrap());
        prop_assert_eq!(decode_borsh(&fee_bytes), Ok(fee_type));
        let funding_bytes = borsh::to_vec(&funding_type).unwrap();
        prop_assert_eq!(&funding_bytes, &borsh::to_vec(&published_funding_type(funding_type)).unwrap());
        prop_assert_eq!(decode_borsh(&funding_bytes), Ok(funding_type));
        let validator_bytes = borsh::to_vec(&validator_type).unwrap();
        prop_assert_eq!(&validator_bytes, &borsh::to_vec(&published_validator_type(validator_type)).unwrap());
        prop_assert_eq!(decode_borsh(&validator_bytes), Ok(validator_type));
    }

    #[test]
    fn mutated_instructions_decode_as_published(arguments in arguments(), mutations in vec(mutation(), 1..3)) {
        let mut data = arguments.instruction().to_vec();
        for mutation in mutations {
            if !data.is_empty() {
                mutation.apply(&mut data);
            }
        }
        decodes_alike(&data)?;
    }

    #[test]
    fn random_bytes_decode_as_published(tag in 0u8..32, body in noise(0..60)) {
        let data = [&[tag][..], &body].concat();
        decodes_alike(&data)?;
        decodes_alike(&body)?;
    }
}
