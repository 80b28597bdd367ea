use super::*;
use {
    solana_system_interface::instruction as system_instruction,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        external::token::{MINT_LENGTH, TOKEN_ACCOUNT_LENGTH},
        instruction::ExtensionInstruction,
        state::{EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH, RebalancePolicy, validator_list_length},
    },
};

fn new_pool() -> CreatePool {
    CreatePool {
        manager: MANAGER,
        initial_reserve_lamports: SOL,
        ..CreatePool::new(PROGRAM, USER, 20_000, [POOL, LIST, RESERVE, MINT])
    }
}

#[test]
fn pool_takes_two_transactions_with_their_signers() {
    let policy = RebalancePolicy { turnover_budget: 1_000.into(), ..RebalancePolicy::DEFAULT };
    let largest = CreatePool {
        token_program: TOKEN_2022_PROGRAM_ID,
        deposit_authority: Some(OTHER),
        policy: Some(policy),
        ..new_pool()
    };
    for new in [new_pool(), largest] {
        let plan = create_pool(&new, &Rent::default()).unwrap();
        let packed = pack_plan(&plan, &PackOptions::new(USER)).unwrap();
        assert_eq!(packed.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(packed[0][0].signers(), BTreeSet::from([USER, RESERVE, MINT]));
        let mut expected = BTreeSet::from([USER, POOL, LIST, MANAGER]);
        expected.extend(new.deposit_authority);
        assert_eq!(packed[1][0].signers(), expected);
        let mut instructions = plan.groups().last().unwrap().instructions.clone();
        if new.policy == Some(policy) {
            let set = instructions.pop().unwrap();
            assert_eq!(
                ExtensionInstruction::decode(&set.data),
                Ok(ExtensionInstruction::SetRebalancePolicy { policy })
            );
        }
        let [.., initialize, extend] = instructions.as_slice() else { panic!("{instructions:?}") };
        let initialize = StakePoolInstruction::decode(&initialize.data).unwrap();
        assert!(matches!(initialize, StakePoolInstruction::Initialize { max_validators: 20_000, .. }));
        assert_eq!(ExtensionInstruction::decode(&extend.data), Ok(ExtensionInstruction::ExtendPool));
    }
}

#[test]
fn omits_extension_on_request() {
    let length = |new: &CreatePool| {
        let rent = Rent::default();
        let plan = create_pool(new, &rent).unwrap();
        let create = system_instruction::create_account(
            &USER,
            &POOL,
            rent.minimum_balance(new.account_length()),
            new.account_length() as u64,
            &PROGRAM,
        );
        let group = plan.groups().last().unwrap().clone();
        assert!(group.instructions.contains(&create));
        (new.account_length(), group.instructions.len())
    };
    assert_eq!(length(&new_pool()), (EXTENDED_POOL_LENGTH, 5));
    let plain = CreatePool { policy: None, ..new_pool() };
    assert_eq!(length(&plain), (POOL_MAX_LENGTH, 4));
    assert_eq!(length(&CreatePool { pool_account_length: 6_000, ..new_pool() }), (6_000, 5));
}

#[test]
fn funds_reserve_with_pool_creation() {
    let plan = create_pool(&new_pool(), &Rent::default()).unwrap();
    let sends_to_reserve = |stage: usize| {
        let transfer = system_instruction::transfer(&USER, &RESERVE, SOL);
        plan.stages[stage].groups[0].instructions.contains(&transfer)
    };
    assert!(!sends_to_reserve(0));
    assert!(sends_to_reserve(1));
}

#[test]
fn counts_lamports_of_payer() {
    let rent = Rent::default();
    let (new, minimum) = (new_pool(), |length: usize| rent.minimum_balance(length));
    let creation = complete_pool(&new, &FoundPool::default(), &rent).unwrap();
    let first = minimum(STAKE_ACCOUNT_SPACE) + minimum(MINT_LENGTH) + minimum(TOKEN_ACCOUNT_LENGTH);
    let second = minimum(EXTENDED_POOL_LENGTH) + minimum(validator_list_length(20_000));
    assert_eq!(creation.lamports, [first, second + SOL]);
    assert_eq!((creation.deposit_lamports, creation.rent_lamports()), (SOL, first + second));
    let marked = CreatePool { token_program: TOKEN_2022_PROGRAM_ID, ..new };
    let marked = complete_pool(&marked, &FoundPool::default(), &rent).unwrap();
    assert_eq!(marked.rent_lamports() - creation.rent_lamports(), minimum(5) - minimum(0));
}

#[test]
fn rejects_invalid_pool() {
    let refused = |new: CreatePool| code(create_pool(&new, &Rent::default()));
    let with_fee = |epoch_fee| CreatePool { epoch_fee, ..new_pool() };
    assert_eq!(refused(with_fee(Fee::new(2, 1))), StakePoolError::FeeTooHigh);
    let with_room = |max_validators| CreatePool { max_validators, ..new_pool() };
    assert_eq!(refused(with_room(0)), StakePoolError::UnexpectedValidatorListAccountSize);
    assert_eq!(refused(with_room(20_001)), StakePoolError::TooManyValidatorsInPool);
    let endless = RebalancePolicy { turnover_budget: 10_001.into(), ..RebalancePolicy::DEFAULT };
    let refused = create_pool(&CreatePool { policy: Some(endless), ..new_pool() }, &Rent::default()).unwrap_err();
    assert_eq!(refused.extension_error(), Some(tidepool_interface::ExtensionError::ShareOverWhole));
    for twice in [USER, MANAGER, LIST, MINT] {
        let error = create_pool(&CreatePool { reserve_stake: twice, ..new_pool() }, &Rent::default()).unwrap_err();
        assert!(error.to_string().contains(&twice.to_string()), "{error}");
    }
    let short = CreatePool { pool_account_length: 610, ..new_pool() };
    assert!(create_pool(&short, &Rent::default()).is_err());
}
