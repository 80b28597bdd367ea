//! What happens to a pool without an instruction of the program.

use {
    super::{
        draw::EPHEMERAL_SEED,
        expectation::{MINIMUM, is_active},
        world::World,
    },
    crate::{accounts::token_balance, stake},
    solana_address::Address,
    solana_program_pack::Pack as _,
    spl_token_interface::state::{Account as TokenAccount, AccountState, Mint},
    tidepool_core::maths::mul_div_floor,
    tidepool_interface::address::{SYSTEM_PROGRAM_ID, find_ephemeral_stake, find_validator_stake},
};

/// Lamports per byte of the rents that clusters step through (SIMD-0437); the first follows the last, as SIMD-0438 has it.
pub const RENT_LADDER: [u64; 6] = [6_960, 6_333, 5_080, 2_575, 1_322, 696];

impl World<'_> {
    /// Passes epochs. Delegated stake earns this share of itself, in thousandths of a permille, and shrinks where the account would
    /// not keep its rent.
    pub fn turn_epoch(&mut self, epochs: u64, reward_permille: u64) {
        self.book.epoch += epochs;
        self.book.deactivated = 0;
        self.set_sysvars();
        for record in self.records() {
            for address in [self.stake_of(&record).0, self.transient_of(&record).0] {
                let history = &self.vm.mollusk.sysvars.stake_history;
                if let Some(account) = self.vm.accounts.get_mut(&address) {
                    let reward = stake::reward(&account.data, self.book.epoch, reward_permille);
                    stake::pay(account, reward);
                    let shrunk = stake::keep_rent(account, self.book.epoch - 1, self.stake_rent, history);
                    self.book.shrunk.0 += u64::from(shrunk.is_some());
                    self.book.shrunk.1 += u64::from(shrunk == Some(0));
                }
            }
        }
    }

    /// Passes an epoch that begins with the next rent of [`RENT_LADDER`].
    pub fn step_rent(&mut self, reward_permille: u64) {
        let step = RENT_LADDER.iter().position(|rent| *rent == self.book.rent);
        self.book.rent = RENT_LADDER[step.map_or(0, |step| (step + 1) % RENT_LADDER.len())];
        self.turn_epoch(1, reward_permille);
    }

    pub(super) fn tamper(&mut self, validator: usize, transient: bool, change: impl FnOnce(&mut [u8], u64)) {
        let Some((_, record)) = self.record(validator) else { return };
        let (address, _) = if transient { self.transient_of(&record) } else { self.stake_of(&record) };
        if let Some(account) = self.vm.accounts.get_mut(&address) {
            change(&mut account.data, self.book.epoch);
            self.book.tampered.insert(record.vote_account_address);
        }
    }

    /// Deactivates a validator's stake from outside, as any user may where it does not vote.
    pub fn deactivate(&mut self, validator: usize) {
        self.tamper(validator, false, stake::deactivate);
    }

    /// Closes the vote account of a validator, or opens it again.
    pub fn toggle_vote(&mut self, validator: usize) {
        let Some((_, record)) = self.record(validator) else { return };
        let vote = record.vote_account_address;
        if let Some(account) = self.book.closed.remove(&vote) {
            self.vm.accounts.insert(vote, account);
        } else if let Some(account) = self.vm.accounts.remove(&vote) {
            self.book.closed.insert(vote, account);
        }
    }

    /// Opens the vote accounts that were closed, and delegates anew what was deactivated from outside: removes what a pool
    /// cannot recover from by itself.
    pub fn heal(&mut self) {
        for (vote, account) in std::mem::take(&mut self.book.closed) {
            self.vm.accounts.insert(vote, account);
        }
        for record in self.records().iter().filter(|record| is_active(record)) {
            let address = self.stake_of(record).0;
            if let Some(account) = self.vm.accounts.get_mut(&address) {
                // A delegation takes all there is: what was withdrawn of inactive stake is still stated as delegated.
                let lamports = account.lamports.saturating_sub(self.stake_rent);
                stake::edit_delegation(&mut account.data, |delegation| {
                    if std::mem::replace(&mut delegation.deactivation_epoch, u64::MAX) != u64::MAX {
                        delegation.stake = lamports;
                    }
                });
            }
        }
    }

    /// Takes away what was sent to addresses where no stake account is yet.
    pub fn forget_sent_ahead(&mut self) {
        for address in std::mem::take(&mut self.book.sent_ahead) {
            if self.vm.accounts.get(&address).is_some_and(|account| account.owner == SYSTEM_PROGRAM_ID) {
                self.vm.accounts.remove(&address);
            }
        }
    }

    /// Sends lamports to an address of the pool.
    pub(super) fn donate(&mut self, to: u8, validator: usize, lamports: u64) {
        let (head, record) = (self.pool.state.head, self.record(validator));
        let address = match (to, record) {
            (1, Some((_, record))) => self.stake_of(&record).0,
            (2, Some((_, record))) => self.transient_of(&record).0,
            (3, Some((index, record))) => self.rebalanced(index, &record).transient,
            (4, _) => {
                self.book.stray += lamports;
                self.ephemeral()
            }
            (5, _) => {
                let vote = self.votes[validator % self.votes.len()];
                find_validator_stake(&self.pool.program_id, &vote, &self.pool.pool, 0).0
            }
            (6, _) => self.pool.pool,
            (7, _) => head.validator_list,
            (8, _) => head.pool_mint,
            (9, _) => self.pool.withdraw_authority,
            _ => head.reserve_stake,
        };
        self.send(address, lamports);
        if to > 5 {
            // They are the account's, not the pool's.
            self.book.sent_ahead.remove(&address);
        }
    }

    /// The address of all ephemeral stake accounts.
    pub fn ephemeral(&self) -> Address {
        find_ephemeral_stake(&self.pool.program_id, &self.pool.pool, EPHEMERAL_SEED).0
    }

    pub(super) fn send(&mut self, address: Address, lamports: u64) {
        self.vm.accounts.entry(address).or_default().lamports += lamports;
        self.book.sent_ahead.insert(address);
    }

    /// A holder burns pool tokens, as any user may with their own.
    pub(super) fn burn(&mut self, holder: usize, permille: u64) {
        let address = self.holder(holder).tokens;
        let balance = token_balance(&address, self.vm);
        let tokens = mul_div_floor(balance, permille, 1_000).unwrap_or(balance);
        self.edit_tokens(&address, |account| account.amount -= tokens);
        let mint = self.pool.state.head.pool_mint;
        let data = &mut self.vm.accounts.get_mut(&mint).expect("the mint").data[..Mint::LEN];
        let mut state = Mint::unpack(data).expect("the mint");
        state.supply -= tokens;
        state.pack_into_slice(data);
        self.book.uncounted.burnt += tokens;
    }

    fn edit_tokens(&mut self, address: &Address, edit: impl FnOnce(&mut TokenAccount)) {
        let Some(account) = self.vm.accounts.get_mut(address) else { return };
        let data = &mut account.data[..TokenAccount::LEN];
        let mut state = TokenAccount::unpack(data).expect("a token account");
        edit(&mut state);
        state.pack_into_slice(data);
    }

    /// Freezes the manager's fee account, closes it (which takes that its tokens are burnt), or puts it right again.
    pub(super) fn change_fee_account(&mut self, state: u8) {
        let head = self.pool.state.head;
        let address = head.manager_fee_account;
        if !self.vm.accounts.contains_key(&address) {
            let fresh = self.pool.add_token_account(head.manager, 0, self.vm);
            let account = self.vm.accounts.remove(&fresh).expect("it was just made");
            self.vm.accounts.insert(address, account);
        }
        match state {
            0 => self.edit_tokens(&address, |account| account.state = AccountState::Frozen),
            1 => {
                let manager = self.holders.len() - 1;
                self.burn(manager, 1_000);
                self.vm.accounts.remove(&address);
            }
            _ => self.edit_tokens(&address, |account| account.state = AccountState::Initialized),
        }
    }

    /// A validator loses a share of its stake. What it keeps is enough to be split off: the stake program splits no account below
    /// its minimum, not even as a whole, so that it could leave the pool through the staker only.
    pub(super) fn slash(&mut self, validator: usize, transient: bool, permille: u64) {
        let Some((_, record)) = self.record(validator) else { return };
        let address = if transient { self.transient_of(&record).0 } else { self.stake_of(&record).0 };
        if self.leaves(&address).is_none() {
            return;
        }
        let account = self.vm.accounts.get_mut(&address).expect("a stake account");
        let lost = stake::slash(account, permille, MINIMUM);
        self.book.uncounted.lost += lost;
    }

    pub(super) fn set_rent(&mut self, percent: u64) {
        self.book.rent = solana_rent::Rent::default().lamports_per_byte * percent / 100;
        self.set_sysvars();
    }

    pub(super) fn pay_rewards(&mut self, is_active: bool) {
        self.book.pays_rewards = is_active;
        self.set_sysvars();
    }
}
