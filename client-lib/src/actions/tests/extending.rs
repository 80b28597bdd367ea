use super::*;
use tidepool_interface::{
    ExtensionError,
    address::SYSTEM_PROGRAM_ID,
    instruction::ExtensionInstruction,
    state::{EXTENDED_POOL_LENGTH, RebalancePolicy},
};

fn extended() -> Fixture {
    let validators = (0..4).map(|index| FixtureValidator::new(20 * SOL).with_weight(index));
    Fixture::extended(validators.collect())
}

fn extension_code<T: std::fmt::Debug>(result: Result<T, PlanError>) -> ExtensionError {
    let error = result.unwrap_err();
    error.extension_error().unwrap_or_else(|| panic!("{error:?}"))
}

#[test]
fn extends_pool_once() {
    let plain = one_validator().snapshot();
    let group = extend_pool(&plain, &USER).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([MANAGER, USER]));
    let instruction = &group.instructions[0];
    assert_eq!(ExtensionInstruction::decode(&instruction.data), Ok(ExtensionInstruction::ExtendPool));
    let accounts: Vec<_> = instruction.accounts.iter().map(|meta| (meta.pubkey, meta.is_writable)).collect();
    assert_eq!(accounts, [(POOL, true), (MANAGER, false), (USER, true), (LIST, true), (SYSTEM_PROGRAM_ID, false)]);
    // The fixture's pool has one lamport.
    assert_eq!(extension_rent(&plain), Rent::default().minimum_balance(EXTENDED_POOL_LENGTH) - 1);
    assert_eq!(extension_code(extend_pool(&extended().snapshot(), &USER)), ExtensionError::AlreadyExtended);
}

#[test]
fn rejects_invalid_policy_with_its_field() {
    let snapshot = extended().snapshot();
    let set = |policy| set_rebalance_policy(&snapshot, &policy);
    let policy = RebalancePolicy { reserve_share: 500.into(), ..RebalancePolicy::DEFAULT };
    let group = set(policy).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([MANAGER]));
    let decoded = ExtensionInstruction::decode(&group.instructions[0].data);
    assert_eq!(decoded, Ok(ExtensionInstruction::SetRebalancePolicy { policy }));
    assert_eq!(extension_code(set_rebalance_policy(&one_validator().snapshot(), &policy)), ExtensionError::NotExtended);
    let over = RebalancePolicy { turnover_budget: 10_001.into(), ..policy };
    let error = set(over).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::ShareOverWhole));
    assert!(error.to_string().contains("turnover budget is 10001"), "{error}");
    let contradictory = ExtensionError::ContradictoryPolicy;
    assert_eq!(extension_code(set(RebalancePolicy { validator_cap: 0.into(), ..policy })), contradictory);
    let error = set(RebalancePolicy { reserve_share: 5_001.into(), ..policy }).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::ReserveShareTooHigh));
    assert!(error.to_string().contains("5001 basis points: use at most 5000 (50 %)"), "{error}");
    assert!(set(RebalancePolicy { reserve_share: 5_000.into(), ..policy }).is_ok());
}

#[test]
fn rejects_cap_too_low_for_all_stake() {
    // Three of four validators have a weight and share 70 of 90 SOL; the other one has 20.
    let snapshot = extended().snapshot();
    let set = |cap: u16, reserve: u16| {
        let policy =
            RebalancePolicy { validator_cap: cap.into(), reserve_share: reserve.into(), ..RebalancePolicy::DEFAULT };
        set_rebalance_policy(&snapshot, &policy)
    };
    let PlanError::Weights(WeightsError::CapTooLow { validators, needed, least_cap, least_validators, .. }) =
        set(2_000, 0).unwrap_err()
    else {
        panic!()
    };
    assert_eq!((validators, needed, least_cap, least_validators), (3, 7_777, 2_593, 4));
    assert!(set(2_592, 0).is_err());
    assert!(set(2_593, 0).is_ok());
    assert!(set(2_000, 1_777).is_ok());
    let without_weights = Fixture::extended(vec![FixtureValidator::new(SOL)]);
    let policy = RebalancePolicy { validator_cap: 1.into(), ..RebalancePolicy::DEFAULT };
    assert!(set_rebalance_policy(&without_weights.snapshot(), &policy).is_ok());
}
