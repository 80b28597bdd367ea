//! A pool with the extension in the machine, and who acts on it.

use {
    super::{
        oracle::Oracle,
        spec::{SOL, Spec},
    },
    crate::{
        extension::Triple,
        instructions::{Holder, Receiver},
        pool::{PoolFixture, PoolSpec, add_vote_account, add_wallet},
        vm::{Outcome, Vm},
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_stake_history::StakeHistoryEntry,
    std::{
        cell::RefCell,
        collections::{HashMap, HashSet},
    },
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, find_transient_stake, find_validator_stake},
        instruction::WeightEntry,
        state::{PoolExtension, RebalancePolicy, ValidatorListMut, ValidatorStakeInfo, split_validator_list},
    },
};

/// The epoch in which histories begin.
pub const FIRST_EPOCH: u64 = 500;

/// Weights that fit one instruction.
const WEIGHTS_CHUNK: usize = 60;

/// What a step found to be wrong.
pub type Finding = String;

/// What changes in the course of a history.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The present epoch.
    pub epoch: u64,
    /// Stake that rebalances and the staker sent on its way to the reserve in this epoch.
    pub deactivated: u64,
    /// Lamports that are the pool's.
    pub pool_lamports: u64,
    /// Addresses of stake accounts of the pool to which somebody sent lamports.
    pub sent_ahead: HashSet<Address>,
    /// Vote accounts that were closed, as they were.
    pub closed: HashMap<Address, Account>,
    /// Validators whose accounts somebody changed from outside since they were updated.
    pub tampered: HashSet<Address>,
    /// Instructions that succeeded.
    pub succeeded: u64,
    /// Validators whose stake rebalances increased.
    pub increases: u64,
    /// Validators whose stake rebalances decreased.
    pub decreases: u64,
    /// Decreases of the staker's.
    pub staker_decreases: u64,
    /// Those that the budget refused.
    pub refused: u64,
}

/// A state to come back to.
#[derive(Clone)]
pub struct Snapshot {
    accounts: HashMap<Address, Account>,
    book: Book,
}

impl Snapshot {
    /// An account as it was, or an empty one.
    pub fn account(&self, address: &Address) -> Account {
        self.accounts.get(address).cloned().unwrap_or_default()
    }

    /// An account that is another one now, if there is any. Amounts of stake, and what the list says of them, may differ by
    /// `rounding` lamports.
    pub fn difference(&self, world: &World, rounding: u64) -> Option<Address> {
        let addresses = self.accounts.keys().chain(world.vm.accounts.keys());
        let list = world.pool.state.head.validator_list;
        let is_other = |address: &Address| {
            let (mut before, mut now) = (self.account(address), world.vm.account(address));
            if rounding == 0 {
                return before != now;
            }
            let distance = before.lamports.abs_diff(now.lamports);
            blank_amounts(&mut before, *address == list);
            blank_amounts(&mut now, *address == list);
            distance > rounding || before != now
        };
        addresses.copied().find(is_other)
    }
}

/// Erases the lamports and the amount of a stake account, and the amounts in the list.
fn blank_amounts(account: &mut Account, is_list: bool) {
    const DELEGATED: std::ops::Range<usize> = 156..164;
    if is_list {
        let mut list = ValidatorListMut::decode(&mut account.data).expect("a validator list");
        for record in list.records() {
            record.active_stake_lamports = 0.into();
            record.transient_stake_lamports = 0.into();
        }
    } else if account.owner == STAKE_PROGRAM_ID {
        account.lamports = 0;
        account.data[DELEGATED].fill(0);
    }
}

type Derived = (Address, u8);

/// A pool and its people.
pub struct World<'a> {
    /// The machine.
    pub vm: &'a mut Vm,
    /// The pool.
    pub pool: PoolFixture,
    /// People with pool tokens.
    pub holders: Vec<Holder>,
    /// Gets nothing.
    pub referrer: Address,
    /// Votes of validators of the pool, and of some that may come into it.
    pub votes: Vec<Address>,
    /// What changes.
    pub book: Book,
    /// Rent of a stake account.
    pub stake_rent: u64,
    derived: RefCell<HashMap<(Address, bool, u64), Derived>>,
}

impl<'a> World<'a> {
    /// Makes the pool by raw accounts, and extends it as its manager and staker would.
    pub fn new(spec: &Spec, vm: &'a mut Vm) -> Self {
        vm.accounts.clear();
        let (effective, moving) = spec.cluster;
        vm.cluster_stake = StakeHistoryEntry { effective, activating: moving, deactivating: moving };
        vm.set_epoch(FIRST_EPOCH);
        let stake_rent = vm.mollusk.sysvars.rent.minimum_balance(STAKE_ACCOUNT_SPACE);
        let total = spec.total(stake_rent);
        let mut pool_spec = PoolSpec {
            total_lamports: total,
            supply: total,
            reserve: spec.reserve,
            epoch_fee: spec.epoch_fee,
            validators: spec.validators.iter().map(|(validator, _)| *validator).collect(),
            last_update_epoch: FIRST_EPOCH,
            ..PoolSpec::default()
        };
        pool_spec.terms.last_epoch_total_lamports = total;
        let pool = PoolFixture::install(&pool_spec, vm);
        let thirds = [total / 3, total / 3, total - 2 * (total / 3)];
        let holders = thirds
            .into_iter()
            .map(|amount| {
                let wallet = add_wallet(10_000_000 * SOL, vm);
                Holder { wallet, tokens: pool.add_token_account(wallet, amount, vm) }
            })
            .collect();
        let referrer = pool.add_token_account(Address::new_unique(), 0, vm);
        let mut votes: Vec<_> = pool.validators.iter().map(|each| each.vote).collect();
        votes.extend((0..3).map(|_| add_vote_account(vm)));
        // Where stake moves that was in motion before the pool had the extension is known after an update only.
        let adopted = pool.validators.iter().zip(&spec.validators).filter(|(_, (each, _))| each.transient > 0);
        let tampered = adopted.map(|(each, _)| each.vote).collect();
        let book = Book { epoch: FIRST_EPOCH, tampered, ..Book::default() };
        let derived = RefCell::default();
        let mut world = Self { vm, pool, holders, referrer, votes, book, stake_rent, derived };
        world.extend(spec);
        world.book.pool_lamports = world.pool_lamports();
        world
    }

    fn extend(&mut self, spec: &Spec) {
        let payer = self.holders[0].wallet;
        self.must(&self.pool.extend(payer));
        self.must(&self.pool.set_policy(spec.policy));
        let weights: Vec<_> = (0..).zip(&self.pool.validators).zip(&spec.validators).collect();
        let weights: Vec<_> =
            weights.iter().map(|((index, each), (_, weight))| WeightEntry::new(*index, &each.vote, *weight)).collect();
        for chunk in weights.chunks(WEIGHTS_CHUNK) {
            self.must(&self.pool.set_weights(chunk));
        }
    }

    fn must(&mut self, instruction: &Instruction) {
        let outcome = self.run(instruction);
        assert!(outcome.is_ok(), "{:#?}", outcome.logs);
    }

    /// Runs an instruction. As in the bank, an account without lamports is gone after it.
    pub fn run(&mut self, instruction: &Instruction) -> Outcome {
        let outcome = self.vm.process(instruction);
        if outcome.is_ok() {
            self.book.succeeded += 1;
            for meta in instruction.accounts.iter().filter(|meta| meta.is_writable) {
                if self.vm.accounts.get(&meta.pubkey).is_some_and(|account| account.lamports == 0) {
                    self.vm.accounts.remove(&meta.pubkey);
                }
            }
        }
        outcome
    }

    /// What to come back to.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { accounts: self.vm.accounts.clone(), book: self.book.clone() }
    }

    /// Comes back to it.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.vm.accounts.clone_from(&snapshot.accounts);
        self.book.clone_from(&snapshot.book);
        self.vm.set_epoch(self.book.epoch);
    }

    /// The validator list's records.
    pub fn records(&self) -> Vec<ValidatorStakeInfo> {
        let data = &self.vm.accounts[&self.pool.state.head.validator_list].data;
        split_validator_list(data).expect("a validator list").1.to_vec()
    }

    /// The record that an index means, and its place, if there is any.
    pub fn record(&self, index: usize) -> Option<(usize, ValidatorStakeInfo)> {
        let records = self.records();
        let index = index.checked_rem(records.len())?;
        Some((index, records[index]))
    }

    fn derive(&self, key: (Address, bool, u64), find: impl FnOnce() -> Derived) -> Derived {
        *self.derived.borrow_mut().entry(key).or_insert_with(find)
    }

    /// The validator stake account of a record, and its bump.
    pub fn stake_of(&self, record: &ValidatorStakeInfo) -> Derived {
        let (vote, seed) = (record.vote_account_address, record.validator_seed_suffix.get());
        let find = || find_validator_stake(&self.pool.program_id, &vote, &self.pool.pool, seed);
        self.derive((vote, false, u64::from(seed)), find)
    }

    /// The transient stake account of a vote account under a seed, and its bump.
    pub fn transient_under(&self, vote: &Address, seed: u64) -> Derived {
        let find = || find_transient_stake(&self.pool.program_id, vote, &self.pool.pool, seed);
        self.derive((*vote, true, seed), find)
    }

    /// The transient stake account of a record, and its bump.
    pub fn transient_of(&self, record: &ValidatorStakeInfo) -> Derived {
        self.transient_under(&record.vote_account_address, record.transient_seed_suffix.get())
    }

    /// The accounts of a validator in a rebalance.
    pub fn rebalanced(&self, index: usize, record: &ValidatorStakeInfo) -> Triple {
        let vote = record.vote_account_address;
        Triple {
            index: u32::try_from(index).expect("an index of the list"),
            vote,
            stake: self.stake_of(record).0,
            transient: self.transient_under(&vote, record.transient_seed_suffix.get().wrapping_add(1)).0,
        }
    }

    /// Where a holder's pool tokens go.
    pub fn receiver(&self, holder: Holder) -> Receiver {
        Receiver { tokens: holder.tokens, referrer: self.referrer }
    }

    /// Lamports of an account.
    pub fn lamports(&self, address: &Address) -> u64 {
        self.vm.accounts.get(address).map_or(0, |account| account.lamports)
    }

    /// Lamports of the reserve above its rent.
    ///
    /// # Panics
    /// Where the reserve has less than its rent, which must never be.
    pub fn reserve(&self) -> u64 {
        let lamports = self.lamports(&self.pool.state.head.reserve_stake);
        lamports.checked_sub(self.stake_rent).expect("the reserve's rent")
    }

    /// The policy in force.
    ///
    /// # Panics
    /// Where the pool has no tail.
    pub fn policy(&self) -> RebalancePolicy {
        PoolExtension::find(&self.vm.accounts[&self.pool.pool].data).expect("a tail").policy
    }

    /// Whether the pool was updated in this epoch.
    pub fn is_fresh(&self) -> bool {
        self.pool.read_state(self.vm).head.last_update_epoch.get() == self.book.epoch
    }

    /// What the pool should aim at with these records, and so many lamports above the reserve's rent.
    pub fn oracle(&self, records: &[ValidatorStakeInfo], reserve: u64) -> Oracle {
        let state = self.pool.read_state(self.vm);
        let last_total = state.terms.last_epoch_total_lamports;
        Oracle::new(records, reserve, last_total, &self.policy(), self.stake_rent)
    }
}
