//! Pools of all states are updated in the next epoch.

use {
    crate::folder::{EPOCH, Folder, SOL, SavedPool, Validator, address_of, owned, rent},
    std::path::Path,
    tidepool_embedded::vote_account,
    tidepool_interface::{STAKE_ACCOUNT_SPACE, address::SYSTEM_PROGRAM_ID, state::StakeStatus},
    tidepool_localnet::{
        rehearse::{self, DryRun, Moving, Options},
        run::Side,
    },
};

async fn rehearse_moving(folder: &Path, moving: Moving) -> (DryRun, String) {
    let mut out = Vec::new();
    let options = Options { source: folder.to_owned(), moving, ..Options::default() };
    let rehearsed = rehearse::run(&options, &mut out).await;
    let text = String::from_utf8(out).unwrap();
    (rehearsed.unwrap_or_else(|error| panic!("{error}\n{text}")), text)
}

async fn rehearse(folder: &Folder) -> (DryRun, String) {
    rehearse_moving(&folder.path(), Moving::default()).await
}

/// Thirty validators: 23 without transient stake, three with transient stake, and four that are being removed.
fn lively_pool() -> SavedPool {
    let mut validators: Vec<_> = (1..=23).map(|index| Validator::active(index * 1_000 * SOL + index)).collect();
    validators.push(Validator { transient: 50 * SOL, ..Validator::active(10 * SOL) });
    validators.push(Validator { transient: 2_270_000 * SOL, ..Validator::active(20 * SOL) });
    validators.push(Validator { transient: 7 * SOL, ..Validator::active(rent(STAKE_ACCOUNT_SPACE) + SOL) });
    let leaving = |active, transient, status| Validator { active, transient, status };
    validators.push(leaving(200 * SOL, 0, StakeStatus::DeactivatingValidator));
    validators.push(leaving(100 * SOL, 20 * SOL, StakeStatus::DeactivatingAll));
    validators.push(leaving(0, 30 * SOL, StakeStatus::DeactivatingTransient));
    validators.push(leaving(0, 0, StakeStatus::ReadyForRemoval));
    SavedPool { length: 499, ..SavedPool::of(&validators) }
}

/// Every record is up to date, active and without transient stake, and the books balance.
fn assert_settled(rehearsed: &DryRun, validators: usize) {
    let records = rehearsed.updated.records();
    assert_eq!(records.len(), validators);
    for record in records {
        assert_eq!(record.last_update_epoch.get(), EPOCH + 1);
        assert_eq!(record.transient_stake_lamports.get(), 0);
        assert!(record.is_active());
    }
    assert_eq!(rehearsed.updated.pool().head.last_update_epoch.get(), EPOCH + 1);
    rehearsed.ledger.check().unwrap();
    assert_eq!(
        rehearsed.ledger.total(Side::Entered),
        rehearsed.ledger.total(Side::Left) + rehearsed.ledger.total(Side::Held)
    );
}

#[tokio::test]
async fn increases_reach_validators_and_removed_ones_the_reserve() {
    let pool = lively_pool();
    let (rehearsed, text) = rehearse(&pool.save()).await;
    assert_settled(&rehearsed, 26);
    let rewards = rehearsed.rewards.total;
    assert!(rewards > 0);
    assert_eq!(rehearsed.saved_rate, pool.state.head.exchange_rate());
    assert_eq!(
        rehearsed.updated.rate().total_lamports.get(),
        pool.state.head.total_lamports.get() + rewards,
        "only rewards make the pool richer"
    );

    let stake_of = |index: usize| rehearsed.updated.records()[index].active_stake_lamports.get();
    let grown = stake_of(24);
    let rent = rent(STAKE_ACCOUNT_SPACE);
    assert!(grown > 2_270_020 * SOL - rent, "{grown} lamports are less than what was activated");
    // Deactivating stake earns rewards until it has cooled down. The rent of an increase's account returns.
    let reserve = rehearsed.updated.withdrawable_reserve_lamports();
    let expected = pool.reserve + 350 * SOL + 3 * rent;
    assert!(
        (expected..expected + SOL).contains(&reserve),
        "{reserve} lamports in the reserve instead of a little more than {expected}"
    );
    assert!(text.contains("30 of 40, 4 being removed, 2 without stake"), "{text}");
    assert!(text.contains("28 validator stake accounts, 5 transient stake accounts, 30 vote accounts"), "{text}");
}

#[tokio::test]
async fn decreases_reach_the_reserve() {
    let pool = lively_pool();
    let (rehearsed, _) = rehearse_moving(&pool.save().path(), Moving::Decreasing).await;
    assert_settled(&rehearsed, 26);
    let reserve = rehearsed.updated.withdrawable_reserve_lamports();
    let moved = pool.reserve + (350 + 50 + 2_270_000 + 7) * SOL;
    // Stake is rewarded for the epoch in which it cools down.
    assert!(
        (moved..moved + 1_000 * SOL).contains(&reserve),
        "{reserve} lamports in the reserve instead of a little more than {moved}"
    );
}

#[tokio::test]
async fn pool_accounts_of_all_lengths_are_taken_over() {
    for length in [499, 529, 611, 700] {
        let pool = SavedPool { length, ..SavedPool::of(&[Validator::active(5_000 * SOL); 3]) };
        let (rehearsed, text) = rehearse(&pool.save()).await;
        assert_settled(&rehearsed, 3);
        assert_eq!(rehearsed.last.accounts().pool.data.len(), length);
        assert!(text.contains(&format!("{length} bytes")), "{text}");
    }
}

#[tokio::test]
async fn the_managers_fee_account_may_be_saved_or_not() {
    let mut pool = SavedPool::of(&[Validator::active(5_000 * SOL); 3]);
    let (made, text) = rehearse(&pool.save()).await;
    assert!(text.contains("the manager's fee account"), "{text}");
    pool.with_fee_account = true;
    let (saved, text) = rehearse(&pool.save()).await;
    assert!(!text.contains("the manager's fee account"), "{text}");
    let fee = |rehearsed: &DryRun| rehearsed.updated.mint_supply() - pool.state.head.pool_token_supply.get();
    assert!(fee(&made) > 0);
    assert_eq!(fee(&made), fee(&saved));
}

#[tokio::test]
async fn saved_stake_and_vote_accounts_are_used_as_they_are() {
    let pool = SavedPool::of(&[Validator::active(9_000 * SOL), Validator::active(5_000 * SOL)]);
    let folder = pool.save();
    let (address, account) = pool.stake_account(0, 3 * SOL);
    folder.add("stake", &address, &account);
    let vote = pool.records[0].vote_account_address;
    folder.add("vote", &vote, &vote_account(&vote, &vote, 10_000, &solana_rent::Rent::default()));
    folder.add("stranger", &address_of("stranger"), &owned(SYSTEM_PROGRAM_ID, vec![]));
    let (rehearsed, text) = rehearse(&folder).await;
    assert_settled(&rehearsed, 2);
    assert!(text.contains("1 validator stake account, 0 transient stake accounts, 1 vote account"), "{text}");
    assert!(text.contains("stranger.json: the pool does not name account"), "{text}");
    // What is not delegated is swept into the reserve, and a commission of 100 % leaves no reward.
    assert_eq!(rehearsed.updated.withdrawable_reserve_lamports(), pool.reserve + 3 * SOL);
    assert_eq!(rehearsed.rewards.by_vote[&vote], 0);
    assert!(rehearsed.rewards.total > 0);
}

#[tokio::test]
async fn what_others_have_to_sign_is_left_out() {
    let mut pool = SavedPool::of(&[Validator::active(5_000 * SOL)]);
    pool.state.terms.sol_withdraw_authority = Some(address_of("gate"));
    let (rehearsed, text) = rehearse(&pool.save()).await;
    assert!(text.contains("withdrawals of SOL, which"), "{text}");
    assert!(text.contains("withdrawal of stake"), "{text}");
    assert_settled(&rehearsed, 1);

    pool.state.terms.sol_deposit_authority = Some(address_of("gate"));
    let (rehearsed, text) = rehearse(&pool.save()).await;
    assert!(text.contains("deposits and withdrawals, which"), "{text}");
    assert_eq!(rehearsed.updated.rate(), rehearsed.last.rate());
}

#[tokio::test]
async fn a_pool_saved_in_the_middle_of_an_update_is_finished() {
    let mut pool = SavedPool::of(&[Validator::active(5_000 * SOL); 3]);
    pool.state.head.last_update_epoch = (EPOCH - 1).into();
    pool.records[2].last_update_epoch = (EPOCH - 1).into();
    let (rehearsed, _) = rehearse(&pool.save()).await;
    assert_settled(&rehearsed, 3);
}

#[tokio::test]
async fn a_pool_of_a_young_cluster_is_taken_over() {
    let mut pool = SavedPool::of(&[Validator { transient: 40 * SOL, ..Validator::active(5_000 * SOL) }; 2]);
    pool.state.head.last_update_epoch = 0.into();
    for record in &mut pool.records {
        record.last_update_epoch = 0.into();
    }
    let (rehearsed, _) = rehearse(&pool.save()).await;
    assert!(rehearsed.rewards.total > 0);
    assert!(rehearsed.updated.records().iter().all(|record| record.transient_stake_lamports.get() == 0));
    rehearsed.ledger.check().unwrap();
}
