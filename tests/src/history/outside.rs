//! What happens to a pool without an instruction of the program.

use {
    super::{operation::Amount, world::World},
    crate::stake,
    solana_account::Account,
    tidepool_interface::STAKE_ACCOUNT_SPACE,
};

impl World<'_> {
    /// Passes epochs. Delegated stake earns this share of itself, in thousandths of a permille.
    pub(super) fn turn_epoch(&mut self, epochs: u64, reward_permille: u64) {
        self.epoch += epochs;
        self.vm.set_epoch(self.epoch);
        for record in self.records() {
            for address in [self.stake_of(&record), self.transient_of(&record)] {
                if let Some(account) = self.vm.accounts.get_mut(&address) {
                    let reward = stake::reward(&account.data, self.epoch, reward_permille);
                    stake::pay(account, reward);
                }
            }
        }
    }

    pub(super) fn donate(&mut self, to: u8, validator: usize, lamports: u64) {
        let address = match (to, self.record(validator)) {
            (1, Some(record)) => self.stake_of(&record),
            (2, Some(record)) => self.transient_of(&record),
            _ => self.pool.state.head.reserve_stake,
        };
        let account = self.vm.accounts.entry(address).or_default();
        account.lamports = account.lamports.saturating_add(lamports);
    }

    pub(super) fn edit_stake(&mut self, validator: usize, edit: impl FnOnce(&mut [u8], u64)) {
        let epoch = self.epoch;
        if let Some(record) = self.record(validator) {
            let address = self.stake_of(&record);
            if let Some(account) = self.vm.accounts.get_mut(&address)
                && account.data.len() == STAKE_ACCOUNT_SPACE
            {
                edit(&mut account.data, epoch);
            }
        }
    }

    pub(super) fn freeze(&mut self, frozen: bool) {
        const STATE_OFFSET: usize = 108;
        let address = self.pool.state.head.manager_fee_account;
        let account: &mut Account = self.vm.accounts.get_mut(&address).expect("the fee account");
        account.data[STATE_OFFSET] = if frozen { 2 } else { 1 };
    }

    /// Burns pool tokens as a holder may, past the program.
    pub(super) fn burn(&mut self, permille: u64) {
        const SUPPLY: std::ops::Range<usize> = 36..44;
        const AMOUNT: std::ops::Range<usize> = 64..72;
        let tokens = self.tokens(Amount::Share(permille), self.holder, None);
        let (mint, holder) = (self.pool.state.head.pool_mint, self.holder.tokens);
        for (address, field) in [(mint, SUPPLY), (holder, AMOUNT)] {
            let account = self.vm.accounts.get_mut(&address).expect("the mint and the holder's account");
            let bytes: [u8; 8] = account.data[field.clone()].try_into().expect("eight bytes");
            let left = u64::from_le_bytes(bytes).saturating_sub(tokens);
            account.data[field].copy_from_slice(&left.to_le_bytes());
        }
    }
}
