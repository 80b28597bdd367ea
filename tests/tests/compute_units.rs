//! The program costs what the committed table says: no more, and no less without its being accepted.

use {
    std::{collections::BTreeMap, fs},
    tidepool_client::compute::{self, PoolBounds},
    tidepool_tests::{
        bench::{Bench, COMMITTED_SIZES, committed_table, differences},
        gates::Gates,
    },
};

#[test]
fn figures_are_those_of_the_committed_table() {
    let committed = fs::read_to_string(committed_table()).expect("the committed table");
    let tables = Gates::BOTH.map(|gates| Bench::of_tidepool(gates).run_all(None, &COMMITTED_SIZES));
    let differences = differences(&tables, &committed);
    assert!(
        differences.is_empty(),
        "compute units have changed; if that is meant, accept it with `cargo xtask bench --accept`:\n{}",
        differences.join("\n")
    );
}

/// Epochs without credits in the policy of the table's demotions.
const DEMOTION_EPOCHS: u8 = 3;

/// The bound of an instruction of the committed table, with this many records. An update has one for each validator.
fn bound(bounds: &PoolBounds, name: &str, records: usize) -> Option<u32> {
    Some(match name {
        "DepositSol" | "DepositSolWithSlippage" => bounds.deposit_sol,
        "WithdrawSol" | "WithdrawSolWithSlippage" => bounds.withdraw_sol,
        "DepositStake" | "DepositStakeWithSlippage" => bounds.deposit_stake(records),
        "WithdrawStake" | "WithdrawStakeWithSlippage" => bounds.withdraw_stake(records),
        "AddValidatorToPool"
        | "RemoveValidatorFromPool"
        | "IncreaseValidatorStake"
        | "IncreaseAdditionalValidatorStake"
        | "DecreaseValidatorStake"
        | "DecreaseAdditionalValidatorStake"
        | "DecreaseValidatorStakeWithReserve" => bounds.move_stake(records),
        "UpdateStakePoolBalance" | "CleanupRemovedValidatorEntries" | "SetPreferredValidator" => {
            bounds.scan_list(records)
        }
        "SetManager"
        | "SetStaker"
        | "SetFee"
        | "SetFundingAuthority"
        | "SetLimits"
        | "SetRebalancePolicy"
        | "CancelAnnouncement"
        | "SetDemotionPolicy" => bounds.setting,
        "DemoteValidator" => compute::demote_validator(DEMOTION_EPOCHS),
        "RequestExit" => compute::REQUEST_EXIT,
        "ClaimExit" => compute::CLAIM_EXIT,
        "CancelExit" => compute::CANCEL_EXIT,
        "UpdateValidatorListBalance" => compute::UPDATE_MOVING_VALIDATOR,
        "UpdateValidators" => {
            compute::COMPACT_RECORD + compute::COMPACT_SEARCH + compute::COMPACT_MERGE + compute::COMPACT_SWEEP
        }
        "Initialize" => compute::INITIALIZE,
        _ => return None,
    })
}

#[test]
fn bounds_of_the_client_hold_and_are_lower_than_those_of_the_spl_stake_pool() {
    // Addresses that the table finds at the second attempt may take more.
    const SEARCHES: u32 = 3 * compute::COMPACT_SEARCH;
    let committed = fs::read_to_string(committed_table()).expect("the committed table");
    let mut least = BTreeMap::<String, u32>::new();
    for line in committed.lines().skip(1) {
        let fields: Vec<_> = line.split('\t').collect();
        let (name, records, total) = (fields[0], fields[2].parse().unwrap(), fields[5].parse::<u32>().unwrap());
        let name = name.split([' ', ',']).next().unwrap();
        let Some(own) = bound(&PoolBounds::TIDEPOOL, name, records) else {
            assert!(["Rebalance", "turnover:", "movements:"].contains(&name), "{name} has no bound");
            continue;
        };
        assert!(total < own, "{line}: more than {own}");
        let slack = least.entry(name.to_owned()).or_insert(u32::MAX);
        *slack = (*slack).min(own - total);
        let spl = bound(&PoolBounds::SPL, name, records).unwrap();
        let is_shared = [
            "UpdateValidatorListBalance",
            "UpdateValidators",
            "Initialize",
            "DemoteValidator",
            "RequestExit",
            "ClaimExit",
            "CancelExit",
        ]
        .contains(&name);
        assert!(own < spl || is_shared, "{name}: {own}, {spl}");
    }
    for name in
        ["DepositSol", "WithdrawSol", "DepositStake", "WithdrawStake", "SetFee", "DecreaseAdditionalValidatorStake"]
    {
        let slack = least[name];
        assert!((compute::COMPACT_SEARCH..=SEARCHES + 5_000).contains(&slack), "{name}: {slack} to spare");
    }
}
