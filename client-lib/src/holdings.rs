//! Holdings of a wallet: token accounts and stake accounts.

use {
    crate::{
        cluster::{BytesAt, Cluster, ClusterError},
        quote::{StakeActivation, activation_status},
    },
    solana_account::Account,
    solana_address::Address,
    solana_clock::Clock,
    solana_stake_interface::{
        stake_history::StakeHistory,
        state::{Meta, StakeStateV2},
    },
    std::collections::BTreeSet,
    tidepool_interface::{address::STAKE_PROGRAM_ID, external::token::TokenAccount},
};

/// Offset of the withdraw authority in the data of a stake account, in bytes.
const WITHDRAWER_OFFSET: usize = 44;

/// A token account of a wallet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HeldTokens {
    /// The token account.
    pub address: Address,
    /// Its mint.
    pub mint: Address,
    /// Its balance in the smallest unit.
    pub amount: u64,
    /// Whether it is frozen, so that it can neither send nor receive tokens.
    pub is_frozen: bool,
}

/// The token accounts of `owner`, associated or not, under these token programs, by address.
///
/// # Errors
/// Those of [`Cluster::token_accounts`].
pub async fn token_accounts<C>(
    cluster: &C,
    owner: &Address,
    programs: &BTreeSet<Address>,
) -> Result<Vec<HeldTokens>, ClusterError>
where
    C: Cluster + ?Sized,
{
    let mut held = Vec::new();
    for program in programs {
        let found = cluster.token_accounts(owner, program).await?;
        held.extend(found.iter().filter_map(|(address, account)| held_tokens(address, owner, account)));
    }
    held.sort_by_key(|tokens| tokens.address);
    Ok(held)
}

/// `None` unless it is an initialized token account of `owner`. The data of a mint may match by chance.
fn held_tokens(address: &Address, owner: &Address, account: &Account) -> Option<HeldTokens> {
    let found = TokenAccount::decode(&account.data).ok().filter(|found| found.owner == owner)?;
    Some(HeldTokens { address: *address, mint: *found.mint, amount: found.amount, is_frozen: found.is_frozen })
}

/// The stake accounts with the withdraw authority `withdrawer`, by address.
///
/// # Errors
/// Those of [`Cluster::program_accounts`]: an endpoint may refuse to search.
pub async fn stake_accounts<C>(cluster: &C, withdrawer: &Address) -> Result<Vec<(Address, Account)>, ClusterError>
where
    C: Cluster + ?Sized,
{
    let of_withdrawer = BytesAt::new(WITHDRAWER_OFFSET, withdrawer.to_bytes());
    let filters = [of_withdrawer];
    let mut found = cluster.program_accounts(&STAKE_PROGRAM_ID, &filters).await?;
    // An endpoint may ignore filters.
    found.retain(|(_, account)| account.owner == STAKE_PROGRAM_ID && filters[0].matches(&account.data));
    found.sort_by_key(|(address, _)| *address);
    found.dedup_by_key(|(address, _)| *address);
    Ok(found)
}

/// A stake account of a wallet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HeldStake {
    /// Its activation state.
    pub activation: StakeActivation,
    /// The vote account of its current or past delegation, if any.
    pub vote: Option<Address>,
    /// Lamports in the account, rent included.
    pub lamports: u64,
    /// Lamports that the withdraw authority can withdraw now; 0 while a lockup is in force.
    pub withdrawable: u64,
    /// Whether a lockup is in force.
    pub is_locked: bool,
}

impl HeldStake {
    /// Decodes the stake account `account` in the epoch of `clock`; `None` if it is uninitialized.
    pub fn of(account: &Account, clock: &Clock, history: &StakeHistory) -> Option<Self> {
        let lamports = account.lamports;
        let (meta, stake) = match bincode::deserialize(&account.data).ok()? {
            StakeStateV2::Initialized(meta) => (meta, None),
            StakeStateV2::Stake(meta, stake, _) => (meta, Some(stake)),
            StakeStateV2::Uninitialized | StakeStateV2::RewardsPool => return None,
        };
        let is_locked = meta.lockup.is_in_force(clock, None);
        let Some(stake) = stake else {
            let withdrawable = if is_locked { 0 } else { lamports };
            return Some(Self { activation: StakeActivation::Inactive, vote: None, lamports, withdrawable, is_locked });
        };
        let delegation = stake.delegation;
        let status = activation_status(&delegation, clock.epoch, history);
        let activation = StakeActivation::of(&status);
        // As in the stake program, the whole delegation stays until its deactivation.
        let staked = if clock.epoch >= delegation.deactivation_epoch { status.effective } else { delegation.stake };
        let free = match staked {
            0 => lamports,
            staked => lamports.saturating_sub(staked).saturating_sub(rent_reserve(&meta)),
        };
        let withdrawable = if is_locked { 0 } else { free };
        Some(Self { activation, vote: Some(delegation.voter_pubkey), lamports, withdrawable, is_locked })
    }
}

/// Rent-exempt reserve of an account with stake, in lamports.
#[expect(deprecated, reason = "the stake program still writes the field, and goes by it")]
const fn rent_reserve(meta: &Meta) -> u64 {
    meta.rent_exempt_reserve
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        crate::pool::fixture::{EPOCH, SOL, rent, stake_account},
    };

    const WALLET: Address = Address::new_from_array([7; 32]);
    const VOTE: Address = Address::new_from_array([8; 32]);

    fn held(account: &Account, epoch: u64) -> HeldStake {
        let clock = Clock { epoch, ..Clock::default() };
        HeldStake::of(account, &clock, &StakeHistory::default()).unwrap()
    }

    #[test]
    fn withdrawable_excludes_delegation_and_rent() {
        // One lamport above stake and rent.
        let mut account = stake_account(WALLET, VOTE, SOL, EPOCH - 9, u64::MAX);
        account.lamports += 1;
        let active = held(&account, EPOCH);
        assert_eq!((active.activation, active.withdrawable, active.vote), (StakeActivation::Active, 1, Some(VOTE)));
        assert_eq!(held(&account, EPOCH - 9).activation, StakeActivation::Activating);

        let leaving = stake_account(WALLET, VOTE, SOL, EPOCH - 9, EPOCH);
        assert_eq!(
            (held(&leaving, EPOCH).activation, held(&leaving, EPOCH).withdrawable),
            (StakeActivation::Deactivating, 0)
        );
        let left = held(&leaving, EPOCH + 1);
        assert_eq!((left.activation, left.withdrawable), (StakeActivation::Inactive, SOL + rent()));
    }

    #[test]
    #[expect(deprecated, reason = "the stake program still writes the field")]
    fn withdrawable_is_zero_in_lockup() {
        let lockup = solana_stake_interface::state::Lockup { epoch: EPOCH + 1, ..Default::default() };
        let meta = Meta { lockup, rent_exempt_reserve: rent(), ..Meta::default() };
        let data = bincode::serialize(&StakeStateV2::Initialized(meta)).unwrap();
        let account = Account { lamports: SOL, data, owner: STAKE_PROGRAM_ID, ..Account::default() };
        assert_eq!((held(&account, EPOCH).withdrawable, held(&account, EPOCH).is_locked), (0, true));
        assert_eq!((held(&account, EPOCH + 1).withdrawable, held(&account, EPOCH + 1).is_locked), (SOL, false));
    }
}
