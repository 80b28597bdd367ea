use {
    super::{fixture::*, *},
    crate::cluster::{Blockhash, BytesAt, Cluster, ClusterError, Execution, ReturnData, Simulation, TransactionStatus},
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        collections::{HashMap, HashSet},
        sync::Mutex,
    },
    tidepool_core::rebalance::Inputs,
    tidepool_interface::{
        address::{CLOCK_ID, RENT_ID, SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID, find_transient_stake, find_validator_stake},
        state::{POOL_HEAD_LENGTH, POOL_MAX_LENGTH, RebalancePolicy},
    },
};

type Accounts = HashMap<Address, Account>;

/// A cluster that answers from a map. `before_request` can change the map, like concurrent transactions.
struct FakeCluster<F> {
    accounts: Mutex<Accounts>,
    requests: Mutex<usize>,
    payers: Mutex<Vec<Address>>,
    before_request: F,
}

impl<F: Fn(usize, &mut Accounts) + Send + Sync> FakeCluster<F> {
    fn new(accounts: Accounts, before_request: F) -> Self {
        Self { accounts: accounts.into(), requests: 0.into(), payers: Vec::new().into(), before_request }
    }
}

impl<F: Fn(usize, &mut Accounts) + Send + Sync> Cluster for FakeCluster<F> {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        let mut requests = self.requests.lock().unwrap();
        let mut accounts = self.accounts.lock().unwrap();
        (self.before_request)(*requests, &mut accounts);
        *requests += 1;
        Ok(addresses.iter().map(|address| accounts.get(address).cloned()).collect())
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        self.payers.lock().unwrap().push(transaction.message.static_account_keys()[0]);
        Ok(Simulation {
            return_data: Some(ReturnData { program_id: STAKE_PROGRAM_ID, data: SOL.to_le_bytes().to_vec() }),
            ..Simulation::default()
        })
    }

    async fn program_accounts(&self, _: &Address, _: &[BytesAt]) -> Result<Vec<(Address, Account)>, ClusterError> {
        Ok(self.accounts.lock().unwrap().iter().map(|(address, account)| (*address, account.clone())).collect())
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        unreachable!()
    }
    async fn block_height(&self) -> Result<u64, ClusterError> {
        unreachable!()
    }
    async fn send(&self, _: &VersionedTransaction) -> Result<Signature, ClusterError> {
        unreachable!()
    }
    async fn statuses(&self, _: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        unreachable!()
    }
    async fn execution(&self, _: &Signature) -> Result<Option<Execution>, ClusterError> {
        unreachable!()
    }
}

/// All accounts of a fixture and of its cluster. New clusters have neither rewards nor stake history.
fn world(fixture: &Fixture) -> Accounts {
    let PoolAccounts { pool, validator_list, reserve_stake, pool_mint, manager_fee_account } = fixture.accounts();
    let environment = fixture.environment();
    let sysvar = |data: Vec<u8>| Account { lamports: 1, data, ..Account::default() };
    let mut accounts = HashMap::from([
        (POOL, pool),
        (LIST, validator_list),
        (RESERVE, reserve_stake),
        (MINT, pool_mint),
        (CLOCK_ID, sysvar(bincode::serialize(&environment.clock).unwrap())),
        (RENT_ID, sysvar(bincode::serialize(&environment.rent).unwrap())),
        (STAKER, Account::new(SOL, 0, &SYSTEM_PROGRAM_ID)),
    ]);
    accounts.extend(manager_fee_account.map(|account| (FEE_ACCOUNT, account)));
    let snapshot = fixture.snapshot();
    for StakeAddresses { validator, transient } in snapshot.stake_addresses() {
        for address in [validator, transient] {
            accounts.extend(fixture.stake_account_at(&snapshot, address).map(|account| (*address, account)));
        }
    }
    accounts
}

fn three_validators() -> Fixture {
    Fixture::of(vec![
        FixtureValidator::new(100 * SOL),
        FixtureValidator::new(50 * SOL).increasing(5 * SOL),
        FixtureValidator::new(SOL),
    ])
}

fn total(account: &mut Account) -> &mut [u8] {
    &mut account.data[258..266]
}

#[tokio::test]
async fn reads_pool_of_any_program_with_stakes() {
    let fixture = three_validators();
    let cluster = FakeCluster::new(world(&fixture), |_, _| {});
    let options = ReadOptions { stakes: StakeSelection::All, ..ReadOptions::default() };
    let snapshot = PoolSnapshot::read(&cluster, &POOL, &options).await.unwrap();
    assert_eq!(snapshot.program_id(), PROGRAM);
    assert_eq!(snapshot.environment().stake_program_minimum, SOL);
    // The manager's account does not exist, so the staker pays for the simulation.
    assert_eq!(*cluster.payers.lock().unwrap(), [STAKER]);
    assert!(snapshot.has_stakes(&StakeSelection::All));
    let validators: Vec<_> = snapshot.validators().collect();
    assert_eq!(validators[1].delegation().unwrap().1.stake.get(), 50 * SOL);
    assert_eq!(validators[1].transient_delegation().unwrap().1.stake.get(), 5 * SOL);
    assert!(validators[0].transient_stake().is_none());
    assert!(snapshot.manager_fee_account_is_valid());
    assert_eq!(snapshot.withdrawable_reserve_lamports(), fixture.reserve);
    assert!(!snapshot.environment().rewards_are_being_paid());
}

#[tokio::test]
async fn reads_selected_stakes_only() {
    let fixture = three_validators();
    let cluster = FakeCluster::new(world(&fixture), |_, _| {});
    let options = ReadOptions {
        stakes: StakeSelection::one(vote(1)),
        minimum_delegation: MinimumDelegation::Known(7),
        program_id: None,
    };
    let snapshot = PoolSnapshot::read(&cluster, &POOL, &options).await.unwrap();
    let read: Vec<bool> = snapshot.validators().map(|validator| validator.accounts.is_some()).collect();
    assert_eq!(read, [false, true, false]);
    assert!(cluster.payers.lock().unwrap().is_empty());
}

#[tokio::test]
async fn reads_changed_pool_again() {
    let fixture = three_validators();
    // The third request is for the stake accounts; a deposit lands then.
    let cluster = FakeCluster::new(world(&fixture), |request, accounts| {
        if request == 2 {
            total(accounts.get_mut(&POOL).unwrap()).copy_from_slice(&(200 * SOL).to_le_bytes());
        }
    });
    let options = ReadOptions { stakes: StakeSelection::All, ..ReadOptions::default() };
    let snapshot = PoolSnapshot::read(&cluster, &POOL, &options).await.unwrap();
    assert_eq!(snapshot.rate().total_lamports.get(), 200 * SOL);
    // Pool, core, stakes, core, stakes, core.
    assert_eq!(*cluster.requests.lock().unwrap(), 6);
}

#[tokio::test]
async fn rejects_pool_that_keeps_changing() {
    let fixture = three_validators();
    let cluster = FakeCluster::new(world(&fixture), |request, accounts| {
        total(accounts.get_mut(&POOL).unwrap()).copy_from_slice(&(request as u64).to_le_bytes());
    });
    let options = ReadOptions { stakes: StakeSelection::All, ..ReadOptions::default() };
    let error = PoolSnapshot::read(&cluster, &POOL, &options).await.unwrap_err();
    assert!(matches!(error, PoolError::KeepsChanging { attempts: 5 }), "{error}");
}

#[tokio::test]
async fn read_again_keeps_addresses() {
    let fixture = three_validators();
    let cluster = FakeCluster::new(world(&fixture), |_, _| {});
    let first = PoolSnapshot::read(&cluster, &POOL, &ReadOptions::default()).await.unwrap();
    first.stake_addresses();
    let second = first.read_again(&cluster, StakeSelection::None).await.unwrap();
    assert_eq!(second.stake_addresses.get(), first.stake_addresses.get());
}

#[tokio::test]
async fn skips_missing_payer() {
    let fixture = three_validators();
    let mut accounts = world(&fixture);
    accounts.remove(&STAKER);
    let cluster = FakeCluster::new(accounts, |_, _| {});
    let error = PoolSnapshot::read(&cluster, &POOL, &ReadOptions::default()).await.unwrap_err();
    assert!(matches!(error, PoolError::NoPayer), "{error}");
    let options = ReadOptions { minimum_delegation: MinimumDelegation::AskAs(MANAGER), ..ReadOptions::default() };
    PoolSnapshot::read(&cluster, &POOL, &options).await.unwrap();
    assert_eq!(*cluster.payers.lock().unwrap(), [MANAGER]);
}

#[tokio::test]
async fn names_kind_of_other_accounts() {
    let cluster = FakeCluster::new(world(&three_validators()), |_, _| {});
    let mut seen = HashSet::new();
    for (address, kind) in [
        (MINT, "a token mint"),
        (LIST, "a pool's validator list"),
        (RESERVE, "a stake account"),
        (FEE_ACCOUNT, "a token account"),
        (STAKER, "a wallet"),
    ] {
        let error = PoolSnapshot::read(&cluster, &address, &ReadOptions::default()).await.unwrap_err();
        assert!(matches!(error, PoolError::NotAPool { .. }), "{error:?}");
        assert!(error.to_string().contains(kind), "{error}");
        seen.insert(error.to_string());
    }
    assert_eq!(seen.len(), 5);
    let nowhere = Address::new_from_array([1; 32]);
    let error = PoolSnapshot::read(&cluster, &nowhere, &ReadOptions::default()).await.unwrap_err();
    assert!(matches!(error, PoolError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn rejects_other_program() {
    let cluster = FakeCluster::new(world(&three_validators()), |_, _| {});
    let options = ReadOptions { program_id: Some(TOKEN_PROGRAM_ID), ..ReadOptions::default() };
    let error = PoolSnapshot::read(&cluster, &POOL, &options).await.unwrap_err();
    assert!(matches!(error, PoolError::OtherProgram { owner: PROGRAM, .. }), "{error:?}");
}

#[test]
fn names_malformed_accounts() {
    let fixture = three_validators();
    let make = |change: fn(&mut PoolAccounts)| {
        let mut accounts = fixture.accounts();
        change(&mut accounts);
        PoolSnapshot::from_accounts(POOL, accounts, fixture.environment()).unwrap_err()
    };
    assert!(matches!(
        make(|accounts| accounts.pool.data.truncate(POOL_HEAD_LENGTH + 3)),
        PoolError::MalformedPool { length: 349, .. }
    ));
    assert!(matches!(
        make(|accounts| accounts.validator_list.data.truncate(20)),
        PoolError::Malformed { role: Role::ValidatorList, length: 20, .. }
    ));
    assert!(matches!(
        make(|accounts| accounts.validator_list.owner = STAKE_PROGRAM_ID),
        PoolError::WrongOwner { role: Role::ValidatorList, expected: PROGRAM, .. }
    ));
    assert!(matches!(
        make(|accounts| accounts.reserve_stake.owner = PROGRAM),
        PoolError::WrongOwner { role: Role::Reserve, .. }
    ));
    assert!(matches!(
        make(|accounts| accounts.pool_mint.data.truncate(81)),
        PoolError::Malformed { role: Role::Mint, .. }
    ));
}

#[test]
fn derives_any_number_of_addresses() {
    let fixture = Fixture { with_stakes: false, ..Fixture::of(vec![FixtureValidator::new(SOL); 200]) };
    let snapshot = fixture.snapshot();
    assert_eq!(snapshot.stake_addresses().len(), 200);
    for validator in snapshot.validators() {
        let vote = validator.vote();
        assert_eq!(validator.addresses.validator, find_validator_stake(&PROGRAM, &vote, &POOL, 0).0);
        assert_eq!(validator.addresses.transient, find_transient_stake(&PROGRAM, &vote, &POOL, 0).0);
    }
}

#[tokio::test]
async fn filters_stake_accounts_of_owner() {
    let (owner, other) = (vote(1), vote(2));
    let [own, second, foreign, elsewhere] = [10, 11, 12, 13].map(vote);
    let stake = |owner| stake_account(owner, vote(0), SOL, 1, u64::MAX);
    let imitation = Account { owner: SYSTEM_PROGRAM_ID, ..stake(owner) };
    let mut half = stake(owner);
    half.data[44..76].copy_from_slice(other.as_ref());
    let accounts = [
        (second, stake(owner)),
        (own, stake(owner)),
        (foreign, stake(other)),
        (elsewhere, imitation),
        (vote(14), half),
        (vote(15), Account::default()),
    ];
    let cluster = FakeCluster::new(accounts.into(), |_, _| {});
    let found = crate::holdings::stake_accounts(&cluster, &owner).await.unwrap();
    assert_eq!(found, [(own, stake(owner)), (second, stake(owner))]);
}

#[test]
fn recognises_extension() {
    let fixture = three_validators();
    let plain = fixture.snapshot();
    assert!(!plain.is_extended() && plain.policy().is_none() && plain.rebalance_inputs().is_none());
    let policy = RebalancePolicy { reserve_share: 500.into(), threshold: (3 * SOL).into(), ..RebalancePolicy::DEFAULT };
    let mut extended = Fixture { policy: Some(policy), ..fixture };
    extended.terms.last_epoch_total_lamports = 170 * SOL;
    extended.validators[0].weight = 7;
    let snapshot = extended.snapshot();
    let expected = Inputs {
        reserve_lamports: 10 * SOL,
        last_epoch_total_lamports: 170 * SOL,
        stake_rent: rent(),
        minimum_delegation: SOL,
        policy: policy.get(),
        ticket_lamports: 0,
        is_paused: false,
    };
    assert_eq!(snapshot.rebalance_inputs(), Some(expected));
    assert_eq!(snapshot.validators().map(|validator| validator.weight()).collect::<Vec<_>>(), [7, 0, 0]);
    let mut accounts = extended.accounts();
    accounts.pool.data[POOL_MAX_LENGTH + 8] += 1;
    let newer = PoolSnapshot::from_accounts(POOL, accounts, extended.environment()).unwrap();
    assert!(!newer.is_extended() && newer.has_unknown_extension());
    assert!(!snapshot.has_unknown_extension() && !plain.has_unknown_extension());
}

#[test]
fn known_bumps_match_search() {
    let validators = (0..40).map(|index| match index % 4 {
        0 => FixtureValidator::new(SOL).without_bumps(),
        1 => FixtureValidator::new(SOL).increasing(SOL),
        2 => FixtureValidator::new(SOL).decreasing(SOL),
        _ => FixtureValidator::new(SOL),
    });
    let fixture = Fixture { with_stakes: false, ..Fixture::extended(validators.collect()) };
    let plain = Fixture { policy: None, ..fixture.clone() };
    assert_eq!(fixture.snapshot().stake_addresses(), plain.snapshot().stake_addresses());
}

#[tokio::test]
async fn reads_vote_accounts_on_demand() {
    let fixture = three_validators();
    let mut accounts = world(&fixture);
    let of_vote_program = |version| Account {
        lamports: 1,
        owner: solana_sdk_ids::vote::ID,
        data: vec![version, 0, 0, 0],
        ..Account::default()
    };
    accounts.insert(vote(0), of_vote_program(3));
    // Closed, and created again without a state.
    accounts.insert(vote(2), of_vote_program(0));
    // Closed, then funded with lamports.
    accounts.insert(vote(1), Account { lamports: 1, owner: SYSTEM_PROGRAM_ID, ..Account::default() });
    let cluster = FakeCluster::new(accounts, |_, _| {});
    let mut snapshot = PoolSnapshot::read(&cluster, &POOL, &ReadOptions::default()).await.unwrap();
    assert_eq!(snapshot.vote_account_exists(&vote(0)), None);
    snapshot.read_votes(&cluster, &[vote(0), vote(1), vote(2)]).await.unwrap();
    let found = [0, 1, 2].map(|index| snapshot.vote_account_exists(&vote(index)));
    assert_eq!(found, [Some(true), Some(false), Some(false)]);
}
