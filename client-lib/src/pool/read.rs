//! Reads a pool consistently through a cluster.

use {
    super::{PoolAccounts, PoolError, PoolSnapshot, Role, decode_pool, environment::Environment, validators},
    crate::cluster::{Cluster, ClusterError, check_plausible},
    serde::de::DeserializeOwned,
    solana_account::Account,
    solana_address::Address,
    std::collections::{HashMap, HashSet},
    tidepool_interface::{
        address::{CLOCK_ID, EPOCH_REWARDS_ID, RENT_ID, STAKE_HISTORY_ID, SYSTEM_PROGRAM_ID},
        state::{PoolExtension, StakePool, TicketTotals, ValidatorStakeInfo},
    },
};

/// A busy pool changes with every deposit, and each attempt to read thousands of accounts takes a second or two.
const ATTEMPTS: u32 = 5;

/// The validators whose stake accounts are read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum StakeSelection {
    /// None.
    #[default]
    None,
    /// Validators with transient stake, and removed ones. They include all with stake that an update can merge.
    Transient,
    /// All validators: two accounts each.
    All,
    /// The validators with these vote accounts.
    Only(HashSet<Address>),
}

impl StakeSelection {
    /// Selects one validator.
    pub fn one(vote: Address) -> Self {
        Self::Only(HashSet::from([vote]))
    }

    pub(crate) fn includes(&self, record: &ValidatorStakeInfo) -> bool {
        match self {
            Self::None => false,
            Self::Transient => record.transient_stake_lamports.get() != 0 || !record.is_active(),
            Self::All => true,
            Self::Only(votes) => votes.contains(&record.vote_account_address),
        }
    }
}

/// Source of the stake program's minimum delegation. The program returns it only in a simulation, for which the fee
/// payer must exist and be able to pay a fee. Nothing is signed or paid.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum MinimumDelegation {
    /// Simulate with the pool's manager or staker as fee payer, if one of them is a wallet with lamports.
    #[default]
    Ask,
    /// Simulate with this fee payer.
    AskAs(Address),
    /// A known value, in lamports.
    Known(u64),
}

/// What to read of a pool.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ReadOptions {
    /// The validators whose stake accounts are read.
    pub stakes: StakeSelection,
    /// Source of the minimum delegation.
    pub minimum_delegation: MinimumDelegation,
    /// The program that must own the pool, if set.
    pub program_id: Option<Address>,
}

/// Accounts of one slot.
struct Core {
    accounts: PoolAccounts,
    environment: Environment,
    /// A wallet that can pay for a simulation.
    payer: Option<Address>,
}

impl PoolSnapshot {
    /// Reads the pool at `address`. The account's owner is the pool's program.
    ///
    /// The pool, its list, the reserve, the mint and the cluster's state are read in one slot. Selected stake accounts
    /// are read next, then the first accounts again. If the pool, its list or the epoch has changed, everything is read
    /// again.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn read<C>(cluster: &C, address: &Address, options: &ReadOptions) -> Result<Self, PoolError>
    where
        C: Cluster + ?Sized,
    {
        Self::read_with(cluster, address, options, None).await
    }

    /// Reads the same pool again, and keeps the known addresses and the minimum delegation.
    ///
    /// # Errors
    /// [`PoolError`].
    pub async fn read_again<C>(&self, cluster: &C, stakes: StakeSelection) -> Result<Self, PoolError>
    where
        C: Cluster + ?Sized,
    {
        let options = ReadOptions {
            stakes,
            minimum_delegation: MinimumDelegation::Known(self.environment.stake_program_minimum),
            program_id: Some(self.program_id()),
        };
        Self::read_with(cluster, &self.address, &options, Some(self)).await
    }

    async fn read_with<C>(
        cluster: &C,
        address: &Address,
        options: &ReadOptions,
        earlier: Option<&Self>,
    ) -> Result<Self, PoolError>
    where
        C: Cluster + ?Sized,
    {
        let mut pool = read_pool_account(cluster, address, options.program_id).await?;
        let mut core = read_core(cluster, address, &mut pool).await?;
        let minimum = minimum_delegation(cluster, options, core.payer).await?;
        let mut known = None;
        for _ in 0..ATTEMPTS {
            core.environment.stake_program_minimum = minimum;
            let mut snapshot = Self::from_accounts(*address, core.accounts, core.environment)?;
            if let Some(earlier) = known.as_ref().or(earlier) {
                snapshot.adopt_addresses(earlier);
            }
            if !snapshot.records.iter().any(|record| options.stakes.includes(record)) {
                return Ok(snapshot);
            }
            snapshot.read_stakes(cluster, &options.stakes).await?;
            let again = read_core(cluster, address, &mut pool).await?;
            if snapshot.matches(&again) {
                // The reserve and the mint may have changed since: the later values apply.
                snapshot.accounts.reserve_stake = again.accounts.reserve_stake;
                snapshot.environment.clock = again.environment.clock;
                snapshot.environment.epoch_rewards = again.environment.epoch_rewards;
                return Ok(snapshot);
            }
            core = again;
            known = Some(snapshot);
        }
        Err(PoolError::KeepsChanging { attempts: ATTEMPTS })
    }

    fn adopt_addresses(&mut self, earlier: &Self) {
        if earlier.stake_addresses.get().is_some() {
            let addresses = validators::derive_changed(self, earlier);
            self.stake_addresses = addresses.into();
        }
    }

    async fn read_stakes<C>(&mut self, cluster: &C, selection: &StakeSelection) -> Result<(), PoolError>
    where
        C: Cluster + ?Sized,
    {
        let wanted: Vec<Address> = self
            .validators()
            .filter(|validator| selection.includes(validator.record))
            .flat_map(|validator| [validator.addresses.validator, validator.addresses.transient])
            .collect();
        let accounts = cluster.accounts(&wanted).await?;
        let mut found: HashMap<Address, Account> = wanted
            .into_iter()
            .zip(accounts)
            .filter_map(|(address, account)| account.map(|account| (address, account)))
            .collect();
        self.set_stake_accounts(|record| selection.includes(record), |address| found.remove(address));
        Ok(())
    }

    fn matches(&self, core: &Core) -> bool {
        self.accounts.pool.data == core.accounts.pool.data
            && self.accounts.validator_list.data == core.accounts.validator_list.data
            && self.accounts.pool_mint.data == core.accounts.pool_mint.data
            && self.environment.clock.epoch == core.environment.clock.epoch
    }
}

/// Reads only the pool account at `address`. With `program_id`, that program must own it.
///
/// # Errors
/// [`PoolError::NotFound`], [`PoolError::NotAPool`], [`PoolError::MalformedPool`], [`PoolError::OtherProgram`],
/// [`PoolError::Cluster`].
pub async fn read_pool_account<C>(
    cluster: &C,
    address: &Address,
    program_id: Option<Address>,
) -> Result<StakePool, PoolError>
where
    C: Cluster + ?Sized,
{
    Ok(read_pool_and_tickets(cluster, address, program_id).await?.0)
}

/// Like [`read_pool_account`], with the totals of the open exit tickets; [`TicketTotals::NONE`] without the extension.
///
/// # Errors
/// Those of [`read_pool_account`].
pub async fn read_pool_and_tickets<C>(
    cluster: &C,
    address: &Address,
    program_id: Option<Address>,
) -> Result<(StakePool, TicketTotals), PoolError>
where
    C: Cluster + ?Sized,
{
    let account = cluster.account(address).await?.ok_or(PoolError::NotFound { address: *address })?;
    let pool = decode_pool(address, &account)?;
    match program_id {
        Some(expected) if account.owner != expected => {
            Err(PoolError::OtherProgram { address: *address, owner: account.owner, expected })
        }
        _ => {
            let extension = PoolExtension::find(&account.data);
            Ok((pool, extension.map_or(TicketTotals::NONE, |extension| extension.tickets)))
        }
    }
}

/// Reads the pool and the accounts that an earlier reading, `pool`, names. Starts over if the manager or the staker has
/// changed.
async fn read_core<C>(cluster: &C, address: &Address, pool: &mut StakePool) -> Result<Core, PoolError>
where
    C: Cluster + ?Sized,
{
    for _ in 0..ATTEMPTS {
        let head = pool.head;
        let addresses = [
            *address,
            head.validator_list,
            head.reserve_stake,
            head.pool_mint,
            head.manager_fee_account,
            head.manager,
            head.staker,
            CLOCK_ID,
            RENT_ID,
            EPOCH_REWARDS_ID,
            STAKE_HISTORY_ID,
        ];
        let mut answers = cluster.accounts_of_one_slot(&addresses).await?.into_iter();
        let mut next = || answers.next().flatten();
        let missing = |role, address| PoolError::Missing { role, address };
        let accounts = PoolAccounts {
            pool: next().ok_or(PoolError::NotFound { address: *address })?,
            validator_list: next().ok_or_else(|| missing(Role::ValidatorList, head.validator_list))?,
            reserve_stake: next().ok_or_else(|| missing(Role::Reserve, head.reserve_stake))?,
            pool_mint: next().ok_or_else(|| missing(Role::Mint, head.pool_mint))?,
            manager_fee_account: next(),
        };
        let payer = [(head.manager, next()), (head.staker, next())]
            .into_iter()
            .find(|(_, account)| account.as_ref().is_some_and(can_pay))
            .map(|(address, _)| address);
        let environment = Environment {
            clock: sysvar(CLOCK_ID, next())?,
            rent: check_plausible(sysvar(RENT_ID, next())?)?,
            // A new cluster has not written these sysvars yet: no rewards, no history.
            epoch_rewards: optional_sysvar(EPOCH_REWARDS_ID, next())?,
            stake_history: optional_sysvar(STAKE_HISTORY_ID, next())?,
            stake_program_minimum: 0,
        };
        *pool = decode_pool(address, &accounts.pool)?;
        if pool.head.manager_fee_account == head.manager_fee_account {
            return Ok(Core { accounts, environment, payer });
        }
    }
    Err(PoolError::KeepsChanging { attempts: ATTEMPTS })
}

fn can_pay(account: &Account) -> bool {
    account.owner == SYSTEM_PROGRAM_ID && account.data.is_empty() && account.lamports > 0
}

fn sysvar<S: DeserializeOwned>(address: Address, account: Option<Account>) -> Result<S, ClusterError> {
    let account = account.ok_or(ClusterError::AccountNotFound { address })?;
    bincode::deserialize(&account.data)
        .map_err(|_| ClusterError::UnexpectedData { address, expected: "the sysvar of that name" })
}

fn optional_sysvar<S: DeserializeOwned + Default>(
    address: Address,
    account: Option<Account>,
) -> Result<S, ClusterError> {
    match account {
        None => Ok(S::default()),
        present => sysvar(address, present),
    }
}

async fn minimum_delegation<C>(cluster: &C, options: &ReadOptions, payer: Option<Address>) -> Result<u64, PoolError>
where
    C: Cluster + ?Sized,
{
    let payer = match options.minimum_delegation {
        MinimumDelegation::Known(lamports) => return Ok(lamports),
        MinimumDelegation::AskAs(payer) => payer,
        MinimumDelegation::Ask => payer.ok_or(PoolError::NoPayer)?,
    };
    Ok(cluster.minimum_delegation(&payer).await?)
}
