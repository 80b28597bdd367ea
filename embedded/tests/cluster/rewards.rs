//! Epochs, and the rewards that the bank pays at their end.

use {
    crate::{SOL, cluster_of},
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_keypair::Keypair,
    solana_signer::Signer,
    solana_stake_interface::{
        instruction as stake_instruction,
        state::{Authorized, Lockup, StakeStateV2},
    },
    solana_transaction_error::TransactionError,
    tidepool_embedded::{EmbeddedCluster, EmbeddedError, TxFailure, ValidatorSpec},
};

#[test]
fn new_stake_warms_up_and_earns() {
    let cluster = EmbeddedCluster::builder().start().unwrap();
    let lamports = 100_000 * SOL;
    let stake = delegate(&cluster, &cluster.votes()[1], lamports);
    let delegated = delegated_lamports(&cluster, &stake.pubkey());

    // Activating in epoch 0, active in epoch 1, rewarded for epoch 1 at the start of epoch 2.
    cluster.advance_epoch().unwrap();
    assert_eq!(delegated_lamports(&cluster, &stake.pubkey()), delegated);
    let change = cluster.advance_epoch().unwrap();
    assert_eq!(change.epoch, 2);
    assert!(change.rewards > 0);

    let earned = delegated_lamports(&cluster, &stake.pubkey()) - delegated;
    let per_million = earned * 1_000_000 / delegated;
    assert!(
        (200..2_000).contains(&per_million),
        "a realistic epoch pays 0.02 to 0.2 %, this one paid {per_million} millionths"
    );
    assert_eq!(cluster.lamports(&stake.pubkey()), lamports + earned);
}

#[test]
fn rewards_follow_commission_and_performance() {
    let spec = ValidatorSpec::default();
    let cluster = cluster_of([
        ValidatorSpec { commission_bps: 0, ..spec.clone() },
        ValidatorSpec { commission_bps: 1_000, ..spec.clone() },
        ValidatorSpec { commission_bps: 10_000, ..spec.clone() },
        ValidatorSpec { commission_bps: 0, performance_permille: 500, ..spec },
    ]);
    cluster.advance_epoch().unwrap();
    let before: Vec<_> = cluster.votes().iter().map(|vote| cluster.lamports(vote)).collect();
    let staked: Vec<_> = stakes(&cluster);
    cluster.advance_epoch().unwrap();
    let earned: Vec<_> = stakes(&cluster).iter().zip(&staked).map(|(now, then)| now - then).collect();
    let commission: Vec<_> =
        cluster.votes().iter().zip(&before).map(|(vote, then)| cluster.lamports(vote) - then).collect();

    assert_eq!(commission[0], 0);
    assert!(earned[1] < earned[0]);
    let share = commission[1] * 1_000 / (commission[1] + earned[1]);
    assert!((99..=100).contains(&share), "10 % of the reward is commission, not {share} thousandths");
    assert_eq!(earned[2], 0, "a commission of 100 % leaves nothing to delegators");
    let half = earned[3] * 1_000 / earned[0];
    assert!((490..=510).contains(&half), "half the votes earn half the reward, not {half} thousandths");
}

fn stakes(cluster: &EmbeddedCluster) -> Vec<u64> {
    cluster.validators().iter().map(|validator| cluster.lamports(&validator.stake)).collect()
}

#[test]
fn a_delinquent_validator_earns_nothing() {
    let cluster = cluster_of(vec![ValidatorSpec::default(); 2]);
    cluster.advance_epoch().unwrap();
    cluster.set_performance(&cluster.votes()[1], 0).unwrap();
    let before = stakes(&cluster);
    cluster.advance_epoch().unwrap();
    let after = stakes(&cluster);
    assert!(after[0] > before[0]);
    assert_eq!(after[1], before[1]);

    let stranger = Address::new_unique();
    assert!(matches!(
        cluster.set_performance(&stranger, 0),
        Err(EmbeddedError::UnknownVoteAccount { vote }) if vote == stranger
    ));
}

#[test]
fn time_passes_with_epochs() {
    let cluster = EmbeddedCluster::builder().validators(1).start_epoch(800).start_time(1_000_000).start().unwrap();
    assert_eq!(cluster.epoch(), 800);
    assert_eq!(cluster.clock().epoch_start_timestamp, 1_000_000);
    assert!(!cluster.epoch_rewards().active);

    cluster.advance_epochs(3).unwrap();
    let clock = cluster.clock();
    assert_eq!(clock.epoch, 803);
    assert_eq!(clock.epoch_start_timestamp, 1_000_000 + 3 * 172_800);
    assert!(clock.unix_timestamp >= clock.epoch_start_timestamp);
    assert_eq!(clock.leader_schedule_epoch, 804);

    let slot = cluster.slot();
    cluster.skip_to_slot(slot + 1_000).unwrap();
    assert_eq!(cluster.slot(), slot + 1_000);
    assert_eq!(cluster.clock().unix_timestamp - clock.unix_timestamp, 400);
    assert!(matches!(cluster.skip_to_slot(slot), Err(EmbeddedError::SlotNotAhead { .. })));
}

#[test]
fn stake_cannot_change_while_rewards_are_paid() {
    let cluster = cluster_of(vec![ValidatorSpec::default(); 2]);
    let wallet = cluster.funded_keypair(100 * SOL);
    let stake = Keypair::new();
    let vote = cluster.votes()[0];
    let create = stake_instruction::create_account_and_delegate_stake(
        &wallet.pubkey(),
        &stake.pubkey(),
        &vote,
        &Authorized::auto(&wallet.pubkey()),
        &Lockup::default(),
        10 * SOL,
    );
    cluster.process(&create, &wallet, &[&stake]).unwrap();
    cluster.begin_epoch().unwrap();
    assert!(cluster.epoch_rewards().active);

    let deactivate = [stake_instruction::deactivate_stake(&stake.pubkey(), &wallet.pubkey())];
    let refused: TxFailure = cluster.process(&deactivate, &wallet, &[]).unwrap_err();
    // StakeError::EpochRewardsActive
    assert_eq!(refused.error, TransactionError::InstructionError(0, InstructionError::Custom(16)));
    assert!(!refused.logs.is_empty());

    let change = cluster.finish_rewards();
    assert_eq!((change.epoch, change.blocks), (1, 1));
    assert!(!cluster.epoch_rewards().active);
    cluster.process(&deactivate, &wallet, &[]).unwrap();

    cluster.begin_epoch().unwrap();
    cluster.begin_epoch().unwrap();
    assert_eq!(cluster.epoch(), 3);
}

#[test]
fn preloaded_stake_has_warmed_up() {
    let source = EmbeddedCluster::builder().start_epoch(400).start().unwrap();
    let (wallet, stake, half) = (source.funded_keypair(20_000 * SOL), Keypair::new(), Keypair::new());
    let create = stake_instruction::create_account_and_delegate_stake(
        &wallet.pubkey(),
        &stake.pubkey(),
        &source.votes()[1],
        &Authorized::auto(&wallet.pubkey()),
        &Lockup::default(),
        10_000 * SOL,
    );
    source.process(&create, &wallet, &[&stake]).unwrap();
    let account = source.account(&stake.pubkey()).unwrap();

    let later = EmbeddedCluster::builder()
        .start_epoch(561)
        .account(stake.pubkey(), account)
        .wallet(wallet.pubkey(), SOL)
        .wallet(half.pubkey(), SOL)
        .start()
        .unwrap();
    // The stake program splits active stake only where it finds the history that made it active.
    let split = stake_instruction::split(&stake.pubkey(), &wallet.pubkey(), 4_000 * SOL, &half.pubkey());
    later.process(&split, &wallet, &[&half]).unwrap();
    let before = [&stake, &half].map(|key| later.lamports(&key.pubkey()));
    later.advance_epoch().unwrap();
    let after = [&stake, &half].map(|key| later.lamports(&key.pubkey()));
    assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
}

#[test]
fn preloaded_vote_accounts_earn_too() {
    let source = cluster_of(vec![ValidatorSpec::default(); 3]);
    let validator = &source.validators()[2];
    let accounts = [validator.vote, validator.stake].map(|address| (address, source.account(&address).unwrap()));

    let cluster = EmbeddedCluster::builder().validators(2).accounts(accounts).start_epoch(5).start().unwrap();
    let before = cluster.lamports(&validator.stake);
    assert_eq!(before, source.lamports(&validator.stake));
    cluster.advance_epoch().unwrap();
    assert!(cluster.lamports(&validator.stake) > before);
}

/// Delegates `lamports` to a validator and returns the stake account.
fn delegate(cluster: &EmbeddedCluster, vote: &Address, lamports: u64) -> Keypair {
    let wallet = cluster.funded_keypair(lamports + SOL);
    let stake = Keypair::new();
    let instructions = stake_instruction::create_account_and_delegate_stake(
        &wallet.pubkey(),
        &stake.pubkey(),
        vote,
        &Authorized::auto(&wallet.pubkey()),
        &Lockup::default(),
        lamports,
    );
    cluster.process(&instructions, &wallet, &[&stake]).expect("a funded wallet can delegate");
    stake
}

fn delegated_lamports(cluster: &EmbeddedCluster, stake: &Address) -> u64 {
    let account = cluster.account(stake).expect("the stake account exists");
    let state: StakeStateV2 = bincode::deserialize(&account.data).expect("it holds a stake");
    state.delegation().expect("it is delegated").stake
}
