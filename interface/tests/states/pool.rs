//! The pool account against the published pool's Borsh.

use {
    crate::{
        common::{address, config, decode_borsh, fee, future_fee, noise, number, reference_fee, reference_future},
        damage::damage,
    },
    proptest::{collection::vec, prelude::*, sample::Index},
    solana_borsh::v1::try_from_slice_unchecked,
    solana_program_error::ProgramError,
    solana_stake_interface::state::Lockup,
    spl_stake_pool::state as reference,
    tidepool_core::maths::{Fee, FutureEpoch},
    tidepool_interface::{
        Address, StakePoolError,
        state::{
            AccountType, POOL_HEAD_LENGTH, POOL_MAX_LENGTH, POOL_MIN_LENGTH, PodLockup, PoolHead, PoolLayout,
            PoolTerms, StakePool,
        },
    },
};

fn head() -> impl Strategy<Value = PoolHead> {
    let keys = vec(address(), 9);
    (keys, 0u8..3, any::<u8>(), vec(number(), 5), fee()).prop_map(|(keys, account_type, bump, numbers, fee)| PoolHead {
        account_type,
        manager: keys[0],
        staker: keys[1],
        stake_deposit_authority: keys[2],
        stake_withdraw_bump_seed: bump,
        validator_list: keys[3],
        reserve_stake: keys[4],
        pool_mint: keys[5],
        manager_fee_account: keys[6],
        token_program_id: keys[7],
        total_lamports: numbers[0].into(),
        pool_token_supply: numbers[1].into(),
        last_update_epoch: numbers[2].into(),
        lockup: PodLockup { unix_timestamp: numbers[3].into(), epoch: numbers[4].into(), custodian: keys[8] },
        epoch_fee: fee.into(),
    })
}

fn terms() -> impl Strategy<Value = PoolTerms> {
    let options = prop::collection::vec(prop::option::of(address()), 4);
    let pending = [future_fee(), future_fee(), future_fee()];
    let fees = [fee(), fee(), fee(), fee()];
    (options, pending, fees, any::<[u8; 2]>(), [number(), number()]).prop_map(
        |(options, pending, fees, percents, numbers)| PoolTerms {
            next_epoch_fee: pending[0],
            preferred_deposit_validator_vote_address: options[0],
            preferred_withdraw_validator_vote_address: options[1],
            stake_deposit_fee: fees[0],
            stake_withdrawal_fee: fees[1],
            next_stake_withdrawal_fee: pending[1],
            stake_referral_fee: percents[0],
            sol_deposit_authority: options[2],
            sol_deposit_fee: fees[2],
            sol_referral_fee: percents[1],
            sol_withdraw_authority: options[3],
            sol_withdrawal_fee: fees[3],
            next_sol_withdrawal_fee: pending[2],
            last_epoch_pool_token_supply: numbers[0],
            last_epoch_total_lamports: numbers[1],
        },
    )
}

pub fn pool() -> impl Strategy<Value = StakePool> {
    (head(), terms()).prop_map(|(head, terms)| StakePool { head, terms })
}

fn to_reference(StakePool { head, terms }: StakePool) -> reference::StakePool {
    reference::StakePool {
        account_type: match head.account_type {
            0 => reference::AccountType::Uninitialized,
            1 => reference::AccountType::StakePool,
            2 => reference::AccountType::ValidatorList,
            other => panic!("{other} is no account type"),
        },
        manager: head.manager,
        staker: head.staker,
        stake_deposit_authority: head.stake_deposit_authority,
        stake_withdraw_bump_seed: head.stake_withdraw_bump_seed,
        validator_list: head.validator_list,
        reserve_stake: head.reserve_stake,
        pool_mint: head.pool_mint,
        manager_fee_account: head.manager_fee_account,
        token_program_id: head.token_program_id,
        total_lamports: head.total_lamports.get(),
        pool_token_supply: head.pool_token_supply.get(),
        last_update_epoch: head.last_update_epoch.get(),
        lockup: Lockup {
            unix_timestamp: head.lockup.unix_timestamp.get() as i64,
            epoch: head.lockup.epoch.get(),
            custodian: head.lockup.custodian,
        },
        epoch_fee: reference_fee(head.epoch_fee.get()),
        next_epoch_fee: reference_future(terms.next_epoch_fee),
        preferred_deposit_validator_vote_address: terms.preferred_deposit_validator_vote_address,
        preferred_withdraw_validator_vote_address: terms.preferred_withdraw_validator_vote_address,
        stake_deposit_fee: reference_fee(terms.stake_deposit_fee),
        stake_withdrawal_fee: reference_fee(terms.stake_withdrawal_fee),
        next_stake_withdrawal_fee: reference_future(terms.next_stake_withdrawal_fee),
        stake_referral_fee: terms.stake_referral_fee,
        sol_deposit_authority: terms.sol_deposit_authority,
        sol_deposit_fee: reference_fee(terms.sol_deposit_fee),
        sol_referral_fee: terms.sol_referral_fee,
        sol_withdraw_authority: terms.sol_withdraw_authority,
        sol_withdrawal_fee: reference_fee(terms.sol_withdrawal_fee),
        next_sol_withdrawal_fee: reference_future(terms.next_sol_withdrawal_fee),
        last_epoch_pool_token_supply: terms.last_epoch_pool_token_supply,
        last_epoch_total_lamports: terms.last_epoch_total_lamports,
    }
}

pub fn encoded(pool: &StakePool) -> Vec<u8> {
    let mut data = vec![0; POOL_MAX_LENGTH];
    let length = pool.encode(&mut data).unwrap();
    data.truncate(length);
    data
}

fn decodes_alike(data: &[u8]) -> Result<(), TestCaseError> {
    let ours = StakePool::decode(data);
    let theirs = try_from_slice_unchecked::<reference::StakePool>(data).map_err(ProgramError::from);
    prop_assert_eq!(PoolLayout::of(data).err(), ours.clone().err());
    prop_assert_eq!(decode_borsh(data), ours.clone());
    prop_assert_eq!(ours.map(to_reference), theirs.clone());

    let initialized =
        theirs.and_then(|pool| if pool.is_valid() { Ok(pool) } else { Err(StakePoolError::InvalidState.into()) });
    prop_assert_eq!(StakePool::decode_initialized(data).map(to_reference), initialized);
    Ok(())
}

proptest! {
    #![proptest_config(config(5_000))]

    #[test]
    fn pools_encode_as_published_and_decode_both_ways(pool in pool()) {
        let data = encoded(&pool);
        prop_assert!((POOL_MIN_LENGTH..=POOL_MAX_LENGTH).contains(&data.len()));
        prop_assert_eq!(&data, &borsh::to_vec(&to_reference(pool)).unwrap());
        prop_assert_eq!(StakePool::decode(&data), Ok(pool));
        prop_assert_eq!(PoolTerms::decode(&data[POOL_HEAD_LENGTH..]), Ok(pool.terms));
        prop_assert_eq!(&data, &borsh::to_vec(&pool).unwrap());
        prop_assert_eq!(&data[..POOL_HEAD_LENGTH], &borsh::to_vec(&pool.head).unwrap());
        prop_assert_eq!(&data[POOL_HEAD_LENGTH..], &borsh::to_vec(&pool.terms).unwrap());
        decodes_alike(&data)?;
    }

    /// Consecutive values of a stream.
    #[test]
    fn borsh_reads_pools_one_after_the_other(pools in vec(pool(), 0..4)) {
        let stream = borsh::to_vec(&pools).unwrap();
        prop_assert_eq!(&stream, &borsh::to_vec(&pools.iter().copied().map(to_reference).collect::<Vec<_>>()).unwrap());
        prop_assert_eq!(decode_borsh(&stream), Ok(pools));
    }

    #[test]
    fn borsh_parts_encode_as_published(fee in fee(), future in future_fee(), pool in pool()) {
        prop_assert_eq!(borsh::to_vec(&fee).unwrap(), borsh::to_vec(&reference_fee(fee)).unwrap());
        prop_assert_eq!(decode_borsh(&borsh::to_vec(&fee).unwrap()), Ok(fee));
        prop_assert_eq!(borsh::to_vec(&future).unwrap(), borsh::to_vec(&reference_future(future)).unwrap());
        prop_assert_eq!(decode_borsh(&borsh::to_vec(&future).unwrap()), Ok(future));
        let theirs = to_reference(pool);
        let (lockup, epoch_fee) = (pool.head.lockup, pool.head.epoch_fee);
        prop_assert_eq!(borsh::to_vec(&lockup).unwrap(), borsh::to_vec(&theirs.lockup).unwrap());
        prop_assert_eq!(decode_borsh(&borsh::to_vec(&lockup).unwrap()), Ok(lockup));
        prop_assert_eq!(borsh::to_vec(&epoch_fee).unwrap(), borsh::to_vec(&theirs.epoch_fee).unwrap());
    }

    /// After a pool has become shorter, the bytes behind it are the same on both sides.
    #[test]
    fn pools_are_written_over_older_bytes_as_published(pool in pool(), older in noise(POOL_MAX_LENGTH)) {
        let mut theirs = older.clone();
        borsh::to_writer(&mut theirs[..], &to_reference(pool)).unwrap();
        let mut ours = older;
        pool.encode(&mut ours).unwrap();
        prop_assert_eq!(&ours, &theirs);
        decodes_alike(&ours)?;
    }

    #[test]
    fn pools_that_do_not_fit_are_refused_as_published(pool in pool(), room in any::<Index>()) {
        let length = encoded(&pool).len();
        let mut data = vec![0; room.index(length)];
        prop_assert_eq!(pool.encode(&mut data), Err(ProgramError::BorshIoError));
        let theirs = borsh::to_writer(&mut data[..], &to_reference(pool)).map_err(ProgramError::from);
        prop_assert_eq!(theirs, Err(ProgramError::BorshIoError));
        let mut data = vec![0; length];
        prop_assert_eq!(pool.encode(&mut data), Ok(length));
    }

    #[test]
    fn damaged_pools_decode_as_published(pool in pool(), damages in vec(damage(), 1..3)) {
        let mut data = encoded(&pool);
        for damage in damages {
            damage.apply(&mut data);
        }
        decodes_alike(&data)?;
    }

    /// Damages the bytes from 346 on, which have all the tags. Random damage of the whole pool rarely changes a tag.
    #[test]
    fn pools_with_any_bytes_for_tags_decode_as_published(
        pool in pool(),
        account_type in 0u8..5,
        offset in 0usize..80,
        tag in 0u8..5,
    ) {
        let mut data = encoded(&pool);
        data[0] = account_type;
        data[POOL_HEAD_LENGTH + offset] = tag;
        decodes_alike(&data)?;
    }

    #[test]
    fn random_bytes_decode_as_published_pools(data in noise(0..700)) {
        decodes_alike(&data)?;
    }
}

#[test]
fn borsh_account_types_are_those_of_the_published_crate() {
    for byte in 0..=u8::MAX {
        let ours = decode_borsh::<AccountType>(&[byte]);
        let theirs = try_from_slice_unchecked::<reference::AccountType>(&[byte]).map_err(ProgramError::from);
        assert_eq!(ours.clone().map(|kind| format!("{kind:?}")), theirs.map(|kind| format!("{kind:?}")));
        if let Ok(kind) = ours {
            assert_eq!(borsh::to_vec(&kind).unwrap(), [byte]);
        }
    }
}

#[test]
fn the_shortest_and_the_longest_pool_have_the_published_lengths() {
    let account_type = AccountType::StakePool as u8;
    let head = PoolHead { account_type, ..bytemuck::Zeroable::zeroed() };
    let mut pool = StakePool { head, terms: PoolTerms::default() };
    assert_eq!(encoded(&pool).len(), POOL_MIN_LENGTH);

    let some = Some(Address::default());
    let pending = FutureEpoch::Two(Fee::default());
    pool.terms = PoolTerms {
        next_epoch_fee: pending,
        preferred_deposit_validator_vote_address: some,
        preferred_withdraw_validator_vote_address: some,
        next_stake_withdrawal_fee: pending,
        sol_deposit_authority: some,
        sol_withdraw_authority: some,
        next_sol_withdrawal_fee: pending,
        ..PoolTerms::default()
    };
    assert_eq!(encoded(&pool).len(), POOL_MAX_LENGTH);
}

#[test]
fn every_combination_of_options_and_pending_fees_encodes_as_published() {
    let fee = Fee::new(1, 2);
    let pending = [FutureEpoch::None, FutureEpoch::One(fee), FutureEpoch::Two(fee)];
    let options = [None, Some(Address::new_from_array([7; 32]))];
    for case in 0..3usize.pow(3) * 2usize.pow(4) {
        let (futures, flags) = (case / 16, case % 16);
        let terms = PoolTerms {
            next_epoch_fee: pending[futures % 3],
            next_stake_withdrawal_fee: pending[futures / 3 % 3],
            next_sol_withdrawal_fee: pending[futures / 9],
            preferred_deposit_validator_vote_address: options[flags & 1],
            preferred_withdraw_validator_vote_address: options[flags >> 1 & 1],
            sol_deposit_authority: options[flags >> 2 & 1],
            sol_withdraw_authority: options[flags >> 3],
            ..PoolTerms::default()
        };
        let pool = StakePool { head: bytemuck::Zeroable::zeroed(), terms };
        let data = encoded(&pool);
        assert_eq!(data, borsh::to_vec(&to_reference(pool)).unwrap());
        // A pool that is cut at any length is invalid.
        for length in 0..data.len() {
            assert_eq!(StakePool::decode(&data[..length]), Err(ProgramError::BorshIoError));
        }
        assert_eq!(StakePool::decode(&data), Ok(pool));
    }
}
