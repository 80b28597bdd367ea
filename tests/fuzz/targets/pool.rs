//! The pool account: decoded as published, and the same when it is read in place; and its extension.

#![no_main]

use {
    libfuzzer_sys::fuzz_target,
    solana_borsh::v1::try_from_slice_unchecked,
    solana_program_error::ProgramError,
    spl_stake_pool::state::StakePool as Published,
    tidepool_fuzz::agree,
    tidepool_interface::{
        StakePoolError,
        state::{
            EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH, POOL_MIN_LENGTH, PoolExtension, PoolLayout, PoolView, PoolViewMut,
            StakePool,
        },
    },
};

fuzz_target!(|data: &[u8]| {
    let layout = PoolLayout::of(data);
    let theirs = try_from_slice_unchecked::<Published>(data).map_err(ProgramError::from);
    assert_eq!(layout.clone().err(), theirs.clone().err());
    check_initialized(data, theirs.clone());
    if let Some((pool, theirs)) = agree(StakePool::decode(data), theirs) {
        let layout = layout.expect("it decodes");
        let length = layout.length();
        assert!((POOL_MIN_LENGTH..=POOL_MAX_LENGTH).contains(&length) && length <= data.len());
        assert_eq!(borsh::to_vec(&theirs).expect("memory"), data[..length]);
        let mut again = data.to_vec();
        assert_eq!(pool.encode(&mut again), Ok(length));
        assert_eq!(again, data, "what follows a pool stays");
        assert!(pool.encode(&mut again[..length - 1]).is_err());
        check_in_place(data, &layout, &pool);
        check_change(data, layout, pool);
    }
    check_tail(data);
});

fn check_initialized(data: &[u8], theirs: Result<Published, ProgramError>) {
    let theirs =
        theirs.and_then(|pool| if pool.is_valid() { Ok(pool) } else { Err(StakePoolError::InvalidState.into()) });
    agree(StakePool::decode_initialized(data), theirs);
}

/// The fields where they lie are the decoded ones.
fn check_in_place(data: &[u8], layout: &PoolLayout, pool: &StakePool) {
    let (view, terms) = (PoolView::new(data, layout), &pool.terms);
    assert_eq!(*view.head(), pool.head);
    assert_eq!(view.preferred_deposit(), terms.preferred_deposit_validator_vote_address.as_ref());
    assert_eq!(view.preferred_withdraw(), terms.preferred_withdraw_validator_vote_address.as_ref());
    assert_eq!(view.stake_deposit_fee(), terms.stake_deposit_fee);
    assert_eq!(view.stake_withdrawal_fee(), terms.stake_withdrawal_fee);
    assert_eq!(view.stake_referral_fee(), terms.stake_referral_fee);
    assert_eq!(view.sol_deposit_authority(), terms.sol_deposit_authority.as_ref());
    assert_eq!(view.sol_deposit_fee(), terms.sol_deposit_fee);
    assert_eq!(view.sol_referral_fee(), terms.sol_referral_fee);
    assert_eq!(view.sol_withdraw_authority(), terms.sol_withdraw_authority.as_ref());
    assert_eq!(view.sol_withdrawal_fee(), terms.sol_withdrawal_fee);
    assert_eq!(view.last_epoch_total_lamports(), terms.last_epoch_total_lamports);
}

/// An option that is turned over in place leaves the bytes of the whole pool, written again.
fn check_change(data: &[u8], mut layout: PoolLayout, mut pool: StakePool) {
    let vote = match pool.terms.preferred_deposit_validator_vote_address {
        None => Some(pool.head.manager),
        Some(_) => None,
    };
    let (mut whole, mut in_place) = (data.to_vec(), data.to_vec());
    pool.terms.preferred_deposit_validator_vote_address = vote;
    let expected = pool.encode(&mut whole);
    let result = PoolViewMut::new(&mut in_place, &mut layout).set_preferred_deposit(vote.as_ref());
    assert_eq!(result, expected.clone().map(|_| ()));
    if let Ok(length) = expected {
        assert_eq!((in_place, layout.length()), (whole, length));
    }
}

/// The extension is found where it is long enough and has its tag, and nowhere else.
fn check_tail(data: &[u8]) {
    let Some(tail) = PoolExtension::find(data) else { return };
    assert!(PoolExtension::is_present(data));
    assert_eq!(bytemuck::bytes_of(tail), &data[POOL_MAX_LENGTH..EXTENDED_POOL_LENGTH]);
    assert_eq!(PoolExtension::find_mut(&mut data.to_vec()).as_deref(), Some(tail));
    if tail.policy.check().is_ok() {
        assert!(tail.policy.validator_cap.get() > 0);
    }
}
