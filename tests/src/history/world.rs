//! A pool in the machine, who acts on it, and the oracles that judge each instruction.

use {
    super::{
        book::{Book, Snapshot},
        expectation::Expectation,
        oracle::{Machine, Oracle},
        spec::Spec,
    },
    crate::{
        SOL,
        accounts::{add_vote_account, add_wallet},
        instructions::{Holder, Receiver, Triple},
        invariants,
        pool::PoolFixture,
        vm::{Outcome, Vm},
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_program_pack::Pack as _,
    solana_rent::Rent,
    spl_token_interface::state::Account as TokenAccount,
    std::{
        cell::RefCell,
        collections::{HashMap, HashSet},
    },
    tidepool_interface::{
        address::{find_transient_stake, find_validator_stake},
        instruction::WeightEntry,
        state::{PoolExtension, RebalancePolicy, ValidatorStakeInfo, split_validator_list},
    },
};

/// The epoch in which histories begin.
pub const FIRST_EPOCH: u64 = 500;

/// Weights that fit one instruction.
const WEIGHTS_CHUNK: usize = 60;

/// What an operation found to be wrong.
pub type Finding = String;

type Derived = (Address, u8);

/// A pool and its users.
pub struct World<'a> {
    /// The machine.
    pub vm: &'a mut Vm,
    pub pool: PoolFixture,
    /// Holders of pool tokens.
    pub holders: Vec<Holder>,
    /// Gets a share of the fees, if there are any.
    pub referrer: Address,
    /// May become each of the pool's optional authorities.
    pub signer: Address,
    /// Votes of validators of the pool, and of some that may come into it.
    pub votes: Vec<Address>,
    /// What changes.
    pub book: Book,
    /// Rent of a stake account.
    pub stake_rent: u64,
    /// As in [`Spec`].
    pub is_predictable: bool,
    /// The fault with the last instructions.
    pub finding: Option<Finding>,
    /// How holders left.
    pub exits: invariants::exit::Tally,
    oracles: &'a mut [Box<dyn Oracle>],
    derived: RefCell<HashMap<(Address, bool, u64), Derived>>,
}

impl<'a> World<'a> {
    /// Makes the pool by raw accounts, and extends it as its manager and staker would.
    pub fn new(spec: &Spec, machine: &'a mut Machine) -> Self {
        let Machine { vm, oracles } = machine;
        vm.accounts.clear();
        let rent = Rent::default().lamports_per_byte;
        let book = Book { epoch: FIRST_EPOCH, rent, cluster: spec.cluster, ..Book::default() };
        book.set_sysvars(vm);
        let stake_rent = vm.stake_rent();
        let raw = spec.raw(stake_rent);
        let pool = PoolFixture::install(&raw, vm);
        let share = raw.supply / spec.holders;
        let holders = (0..spec.holders)
            .map(|index| {
                let wallet = add_wallet(10_000_000 * SOL, vm);
                let amount = if index + 1 == spec.holders { raw.supply - share * (spec.holders - 1) } else { share };
                Holder { wallet, tokens: pool.add_token_account(wallet, amount, vm) }
            })
            .collect();
        let referrer = pool.add_token_account(add_wallet(SOL, vm), 0, vm);
        let signer = add_wallet(SOL, vm);
        let mut votes: Vec<_> = pool.validators.iter().map(|each| each.vote).collect();
        votes.extend((0..3).map(|_| add_vote_account(vm)));
        let mut world = Self {
            vm,
            pool,
            holders,
            referrer,
            signer,
            votes,
            book,
            stake_rent,
            is_predictable: spec.is_predictable,
            finding: None,
            exits: invariants::exit::Tally::default(),
            oracles,
            derived: RefCell::default(),
        };
        world.book.uncounted.rent = stake_rent;
        // The direction of transient stake from before the extension is known only after an update.
        world.book.tampered = world.votes_with_transient_stake();
        if !spec.is_predictable {
            world.add_manager();
        }
        if spec.extends {
            world.extend(spec);
        }
        world
    }

    /// Validators with transient stake.
    pub fn votes_with_transient_stake(&self) -> HashSet<Address> {
        let records = self.records().into_iter().filter(|record| record.transient_stake_lamports.get() > 0);
        records.map(|record| record.vote_account_address).collect()
    }

    /// The manager holds pool tokens, too: those of the fees.
    fn add_manager(&mut self) {
        let head = self.pool.state.head;
        let account = Account { lamports: 1_000_000 * SOL, ..Account::default() };
        self.vm.accounts.insert(head.manager, account);
        self.holders.push(Holder { wallet: head.manager, tokens: head.manager_fee_account });
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

    /// Runs an instruction, which the oracles judge. As in the bank, an account without lamports is gone after it.
    pub fn run(&mut self, instruction: &Instruction) -> Outcome {
        let is_pools = instruction.program_id == self.pool.program_id;
        let oracles = if is_pools { std::mem::take(&mut self.oracles) } else { &mut [] };
        for oracle in oracles.iter_mut() {
            oracle.before(self, instruction);
        }
        let outcome = self.vm.process(instruction);
        self.book.count(instruction, &outcome, is_pools);
        if outcome.is_ok() {
            for meta in instruction.accounts.iter().filter(|meta| meta.is_writable) {
                if self.vm.accounts.get(&meta.pubkey).is_some_and(|account| account.lamports == 0) {
                    self.vm.accounts.remove(&meta.pubkey);
                }
            }
        }
        for oracle in oracles.iter_mut() {
            if let Err(finding) = oracle.after(self, instruction, &outcome) {
                self.finding.get_or_insert(finding);
            }
        }
        if is_pools {
            self.oracles = oracles;
        }
        outcome
    }

    /// Rebalances the validators at these indices in one call, and returns how many it moved stake of.
    pub fn rebalance(&mut self, indices: &[usize]) -> Result<usize, Finding> {
        let before = self.records();
        let validators: Vec<_> = indices.iter().map(|index| self.rebalanced(*index, &before[*index])).collect();
        self.run(&self.pool.rebalance(&validators));
        self.take_finding()?;
        let after = self.records();
        let pairs = before.iter().zip(&after);
        let moved = pairs.filter(|(old, new)| old.transient_stake_lamports != new.transient_stake_lamports);
        let (decreases, increases): (Vec<_>, Vec<_>) = moved.partition(|(_, new)| new.extension.is_deactivating());
        if !self.is_predictable {
            self.book.increases += increases.len() as u64;
            self.book.decreases += decreases.len() as u64;
        }
        Ok(increases.len() + decreases.len())
    }

    /// What was found so far.
    pub fn take_finding(&mut self) -> Result<(), Finding> {
        self.finding.take().map_or(Ok(()), Err)
    }

    /// What to come back to.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { accounts: self.vm.accounts.clone(), book: self.book.clone() }
    }

    /// Comes back to it.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.vm.accounts.clone_from(&snapshot.accounts);
        self.book.clone_from(&snapshot.book);
        self.set_sysvars();
    }

    /// Makes the machine's sysvars what the book says.
    pub fn set_sysvars(&mut self) {
        self.book.set_sysvars(self.vm);
        self.stake_rent = self.vm.stake_rent();
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
            transient: self.transient_under(&vote, record.rebalance_seed()).0,
        }
    }

    /// Where a holder's pool tokens go, and the referrer's share.
    pub fn receiver(&self, holder: Holder) -> Receiver {
        Receiver { tokens: holder.tokens, referrer: self.referrer }
    }

    /// Whether a holder's pool tokens are there and not frozen.
    pub fn can_spend(&self, holder: Holder) -> bool {
        let account = self.vm.account(&holder.tokens);
        let state = account.data.get(..TokenAccount::LEN).map(TokenAccount::unpack);
        matches!(state, Some(Ok(account)) if !account.is_frozen())
    }

    /// Whether the pool has the extension.
    pub fn is_extended(&self) -> bool {
        PoolExtension::find(&self.vm.accounts[&self.pool.pool].data).is_some()
    }

    /// Lamports of an account.
    pub fn lamports(&self, address: &Address) -> u64 {
        self.vm.accounts.get(address).map_or(0, |account| account.lamports)
    }

    /// Lamports of the reserve above its rent.
    pub fn reserve(&self) -> u64 {
        self.lamports(&self.pool.state.head.reserve_stake).saturating_sub(self.stake_rent)
    }

    /// Lamports that SOL withdrawals leave in the reserve, above its rent.
    pub fn working_lamports(&self) -> u64 {
        let extension = PoolExtension::find(&self.vm.accounts[&self.pool.pool].data);
        extension.map_or(0, |extension| extension.working_lamports(self.stake_rent))
    }

    /// Lamports that holders can withdraw from the reserve as SOL.
    pub fn withdrawable(&self) -> u64 {
        let kept = self.stake_rent.saturating_add(self.working_lamports());
        self.lamports(&self.pool.state.head.reserve_stake).saturating_sub(kept)
    }

    /// The policy in force.
    pub fn policy(&self) -> RebalancePolicy {
        PoolExtension::find(&self.vm.accounts[&self.pool.pool].data).expect("an extended pool").policy
    }

    /// Whether the pool was updated in this epoch.
    pub fn is_fresh(&self) -> bool {
        self.pool.read_state(self.vm).head.last_update_epoch.get() == self.book.epoch
    }

    /// What the pool should aim at with these records, and this many lamports above the reserve's rent.
    pub fn expectation(&self, records: &[ValidatorStakeInfo], reserve: u64) -> Expectation {
        let state = self.pool.read_state(self.vm);
        let last_total = state.terms.last_epoch_total_lamports;
        Expectation::new(records, reserve, last_total, &self.policy(), self.stake_rent)
    }
}
