//! Reads and writes of a pool in place, against the same pool decoded, changed and encoded as a whole.

use {
    crate::{
        common::{address, config, fee, future_fee, noise},
        pool::{encoded, pool},
    },
    proptest::{collection::vec, option, prelude::*},
    tidepool_core::maths::{Fee, FutureEpoch},
    tidepool_interface::{
        Address,
        state::{PoolLayout, PoolView, PoolViewMut, StakePool},
    },
};

/// A change of a pool.
#[derive(Clone, Debug)]
enum Change {
    NextEpochFee(FutureEpoch<Fee>),
    NextStakeWithdrawalFee(FutureEpoch<Fee>),
    NextSolWithdrawalFee(FutureEpoch<Fee>),
    StakeDepositFee(Fee),
    SolDepositFee(Fee),
    StakeReferralFee(u8),
    SolReferralFee(u8),
    PreferredDeposit(Option<Address>),
    PreferredWithdraw(Option<Address>),
    SolDepositAuthority(Option<Address>),
    SolWithdrawAuthority(Option<Address>),
    ForgetPreferred { deposit: bool, withdraw: bool },
    TurnEpoch(u64),
    Manager(Address),
}

fn change() -> impl Strategy<Value = Change> {
    let option = || option::of(address());
    prop_oneof![
        future_fee().prop_map(Change::NextEpochFee),
        future_fee().prop_map(Change::NextStakeWithdrawalFee),
        future_fee().prop_map(Change::NextSolWithdrawalFee),
        fee().prop_map(Change::StakeDepositFee),
        fee().prop_map(Change::SolDepositFee),
        any::<u8>().prop_map(Change::StakeReferralFee),
        any::<u8>().prop_map(Change::SolReferralFee),
        option().prop_map(Change::PreferredDeposit),
        option().prop_map(Change::PreferredWithdraw),
        option().prop_map(Change::SolDepositAuthority),
        option().prop_map(Change::SolWithdrawAuthority),
        any::<[bool; 2]>().prop_map(|[deposit, withdraw]| Change::ForgetPreferred { deposit, withdraw }),
        any::<u64>().prop_map(Change::TurnEpoch),
        address().prop_map(Change::Manager),
    ]
}

/// The change of a decoded pool.
fn apply(change: &Change, pool: &mut StakePool) {
    let StakePool { head, terms } = pool;
    match *change {
        Change::NextEpochFee(fee) => terms.next_epoch_fee = fee,
        Change::NextStakeWithdrawalFee(fee) => terms.next_stake_withdrawal_fee = fee,
        Change::NextSolWithdrawalFee(fee) => terms.next_sol_withdrawal_fee = fee,
        Change::StakeDepositFee(fee) => terms.stake_deposit_fee = fee,
        Change::SolDepositFee(fee) => terms.sol_deposit_fee = fee,
        Change::StakeReferralFee(percent) => terms.stake_referral_fee = percent,
        Change::SolReferralFee(percent) => terms.sol_referral_fee = percent,
        Change::PreferredDeposit(vote) => terms.preferred_deposit_validator_vote_address = vote,
        Change::PreferredWithdraw(vote) => terms.preferred_withdraw_validator_vote_address = vote,
        Change::SolDepositAuthority(authority) => terms.sol_deposit_authority = authority,
        Change::SolWithdrawAuthority(authority) => terms.sol_withdraw_authority = authority,
        Change::ForgetPreferred { deposit, withdraw } => {
            let keep = |vote: Option<Address>, is_forgotten: bool| vote.filter(|_| !is_forgotten);
            terms.preferred_deposit_validator_vote_address =
                keep(terms.preferred_deposit_validator_vote_address, deposit);
            terms.preferred_withdraw_validator_vote_address =
                keep(terms.preferred_withdraw_validator_vote_address, withdraw);
        }
        Change::TurnEpoch(epoch) => {
            if let Some(fee) = terms.next_epoch_fee.advance() {
                head.epoch_fee = fee.into();
            }
            if let Some(fee) = terms.next_stake_withdrawal_fee.advance() {
                terms.stake_withdrawal_fee = fee;
            }
            if let Some(fee) = terms.next_sol_withdrawal_fee.advance() {
                terms.sol_withdrawal_fee = fee;
            }
            head.last_update_epoch.set(epoch);
            terms.last_epoch_total_lamports = head.total_lamports.get();
            terms.last_epoch_pool_token_supply = head.pool_token_supply.get();
        }
        Change::Manager(manager) => head.manager = manager,
    }
}

/// The same change in place.
fn apply_in_place(
    change: &Change,
    before: &StakePool,
    mut view: PoolViewMut,
) -> Result<(), solana_program_error::ProgramError> {
    match *change {
        Change::NextEpochFee(fee) => return view.set_next_epoch_fee(fee),
        Change::NextStakeWithdrawalFee(fee) => return view.set_next_stake_withdrawal_fee(fee),
        Change::NextSolWithdrawalFee(fee) => return view.set_next_sol_withdrawal_fee(fee),
        Change::StakeDepositFee(fee) => view.set_stake_deposit_fee(fee),
        Change::SolDepositFee(fee) => view.set_sol_deposit_fee(fee),
        Change::StakeReferralFee(percent) => view.set_stake_referral_fee(percent),
        Change::SolReferralFee(percent) => view.set_sol_referral_fee(percent),
        Change::PreferredDeposit(vote) => return view.set_preferred_deposit(vote.as_ref()),
        Change::PreferredWithdraw(vote) => return view.set_preferred_withdraw(vote.as_ref()),
        Change::SolDepositAuthority(authority) => return view.set_sol_deposit_authority(authority.as_ref()),
        Change::SolWithdrawAuthority(authority) => return view.set_sol_withdraw_authority(authority.as_ref()),
        Change::ForgetPreferred { deposit, withdraw } => {
            // In the order of the calls; unset preferences cause no call.
            let set = [
                before.terms.preferred_deposit_validator_vote_address.map(|_| deposit),
                before.terms.preferred_withdraw_validator_vote_address.map(|_| withdraw),
            ];
            let mut answers = set.into_iter().flatten();
            return view.unset_preferred(|_| answers.next().expect("one question for each"));
        }
        Change::TurnEpoch(epoch) => return view.advance_epoch(epoch),
        Change::Manager(manager) => view.head_mut().manager = manager,
    }
    Ok(())
}

fn reads_alike(data: &[u8], layout: &PoolLayout) -> Result<(), TestCaseError> {
    let StakePool { head, terms } = StakePool::decode(data).expect("a pool");
    let view = PoolView::new(data, layout);
    prop_assert_eq!(*view.head(), head);
    prop_assert_eq!(view.preferred_deposit(), terms.preferred_deposit_validator_vote_address.as_ref());
    prop_assert_eq!(view.preferred_withdraw(), terms.preferred_withdraw_validator_vote_address.as_ref());
    prop_assert_eq!(view.stake_deposit_fee(), terms.stake_deposit_fee);
    prop_assert_eq!(view.stake_withdrawal_fee(), terms.stake_withdrawal_fee);
    prop_assert_eq!(view.stake_referral_fee(), terms.stake_referral_fee);
    prop_assert_eq!(view.sol_deposit_authority(), terms.sol_deposit_authority.as_ref());
    prop_assert_eq!(view.sol_deposit_fee(), terms.sol_deposit_fee);
    prop_assert_eq!(view.sol_referral_fee(), terms.sol_referral_fee);
    prop_assert_eq!(view.sol_withdraw_authority(), terms.sol_withdraw_authority.as_ref());
    prop_assert_eq!(view.sol_withdrawal_fee(), terms.sol_withdrawal_fee);
    prop_assert_eq!(view.last_epoch_total_lamports(), terms.last_epoch_total_lamports);
    Ok(())
}

proptest! {
    #![proptest_config(config(400))]

    /// With and without space behind the pool, and with bytes there that must stay unchanged.
    #[test]
    fn changes_in_place_leave_the_bytes_of_a_whole_pool(
        pool in pool(),
        behind in noise(0..200),
        changes in vec(change(), 1..12),
    ) {
        let mut whole = encoded(&pool);
        whole.extend(behind);
        let mut in_place = whole.clone();
        let mut layout = PoolLayout::of(&in_place).expect("a pool");
        let mut pool = pool;
        for change in &changes {
            let before = pool;
            apply(change, &mut pool);
            let expected = pool.encode(&mut whole);
            let result = apply_in_place(change, &before, PoolViewMut::new(&mut in_place, &mut layout));
            prop_assert_eq!(result, expected.clone().map(|_| ()));
            if expected.is_err() {
                // The transaction would fail here.
                return Ok(());
            }
            prop_assert_eq!(&in_place, &whole, "{:?}", change);
            prop_assert_eq!(Some(layout.length()), expected.ok());
            prop_assert_eq!(PoolLayout::of(&in_place), Ok(layout));
            reads_alike(&in_place, &layout)?;
        }
    }
}
