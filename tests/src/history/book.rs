//! What changes in the course of a history beside the accounts, and states to come back to.

use {
    super::world::World,
    crate::{
        extension::events,
        vm::{Outcome, Vm},
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::{BTreeMap, HashMap, HashSet},
    tidepool_interface::{
        address::STAKE_PROGRAM_ID,
        instruction::tag,
        state::{ValidatorListMut, validator_list_length},
    },
};

/// What changes in the course of a history.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// The present epoch.
    pub epoch: u64,
    /// Stake that rebalances and the staker deactivated in this epoch.
    pub deactivated: u64,
    /// Rent in lamports per byte.
    pub rent: u64,
    /// Effective stake of the cluster in lamports, and what of it warms up (and cools down) in each epoch.
    pub cluster: (u64, u64),
    /// Whether epoch rewards are being paid.
    pub pays_rewards: bool,
    /// What has happened since the pool counted what it has.
    pub uncounted: Uncounted,
    /// Addresses of stake accounts of the pool that received donations.
    pub sent_ahead: HashSet<Address>,
    /// Vote accounts that were closed, as they were.
    pub closed: HashMap<Address, Account>,
    /// Validators whose accounts changed from outside since they were updated.
    pub tampered: HashSet<Address>,
    /// Instructions that succeeded.
    pub succeeded: u64,
    /// Validators whose stake rebalances increased.
    pub increases: u64,
    /// Validators whose stake rebalances decreased.
    pub decreases: u64,
    /// Movements that rebalances took back.
    pub recalls: u64,
    /// Decreases of the staker's.
    pub staker_decreases: u64,
    /// Those that the budget refused.
    pub refused: u64,
    /// Delegations that shrank to keep an account's rent, and those that became 0.
    pub shrunk: (u64, u64),
    /// Lamports that were sent to the address of ephemeral stake accounts.
    pub stray: u64,
    /// Stake accounts that people who leave have made.
    pub new_accounts: u64,
    /// Sabotage of the next instruction.
    pub sabotage: Option<(u8, usize, usize)>,
    /// Whether that was done to the present one.
    pub is_sabotaged: bool,
    /// Rebalances that moved stake.
    pub rebalances: u64,
    /// Instructions of the program by their tags: how many succeeded, and how many were refused.
    pub instructions: BTreeMap<u8, (u64, u64)>,
    /// Refusals, by their reason.
    pub refusals: BTreeMap<String, u64>,
}

/// What an update has not counted yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uncounted {
    /// Lamports of stake that were lost, at most.
    pub lost: u64,
    /// Pool tokens that were burnt past the program.
    pub burnt: u64,
    /// Lamports of the reserve that were no one's, as its rent, when it was last counted.
    pub rent: u64,
}

/// A state to come back to.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) accounts: HashMap<Address, Account>,
    pub(super) book: Book,
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

/// Erases the lamports and the amount of a stake account, and the amounts in the list, also of what a clean-up left behind its end.
fn blank_amounts(account: &mut Account, is_list: bool) {
    const DELEGATED: std::ops::Range<usize> = 156..164;
    if is_list {
        let mut list = ValidatorListMut::decode(&mut account.data).expect("a validator list");
        for record in list.records() {
            record.active_stake_lamports = 0.into();
            record.transient_stake_lamports = 0.into();
        }
        let count = u32::try_from(list.records().len()).expect("at most 20,000 records");
        let end = validator_list_length(count);
        account.data[end..].fill(0);
    } else if account.owner == STAKE_PROGRAM_ID {
        account.lamports = 0;
        account.data[DELEGATED].fill(0);
    }
}

impl Book {
    pub(super) fn count(&mut self, instruction: &Instruction, outcome: &Outcome, is_pools: bool) {
        if is_pools {
            let (succeeded, refused) = self.instructions.entry(instruction.data[0]).or_default();
            *(if outcome.is_ok() { succeeded } else { refused }) += 1;
        }
        match &outcome.result.raw_result {
            Ok(()) => self.succeeded += 1,
            Err(error) => *self.refusals.entry(format!("{error:?}")).or_default() += 1,
        }
        let has_moved = || instruction.data[0] == tag::REBALANCE && !events::funds(&outcome.logs).is_empty();
        self.rebalances += u64::from(is_pools && outcome.is_ok() && has_moved());
    }

    pub(super) fn set_sysvars(&self, vm: &mut Vm) {
        vm.set_cluster_stake(self.cluster.0, self.cluster.1);
        vm.set_rent(self.rent);
        vm.set_epoch_rewards_active(self.pays_rewards);
        vm.set_epoch(self.epoch);
    }
}
