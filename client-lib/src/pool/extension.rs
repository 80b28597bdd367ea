//! The extension of a pool, and the inputs of a rebalance.

use {
    super::{PoolError, PoolSnapshot},
    crate::{
        cluster::{Cluster, ClusterError, refused, simulate_alone},
        error::StaysInReserve,
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_transaction_error::TransactionError,
    tidepool_core::{
        maths::{ExchangeRate, Lamports},
        rebalance::Inputs,
    },
    tidepool_interface::{
        instruction::ExtensionInstruction,
        state::{Announcement, AnnouncementKind, Ledger, Limits, PoolExtension, RebalancePolicy, ValidatorStakeInfo},
    },
};

/// The demotion of a validator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DemotedValidator {
    /// The epoch of the demotion.
    pub epoch: u64,
    /// The first epoch in which the staker can reinstate the validator with a weight.
    pub reinstatable_from_epoch: u64,
}

/// Whether `program_id` supports the extension, as Tidepool does and the SPL stake pool does not. This takes a
/// simulation, for which `payer` must exist and be able to pay a fee. Nothing is signed or paid.
///
/// # Errors
/// [`ClusterError`].
#[expect(deprecated, reason = "the error has a new name for the same code, which programs do not use")]
pub async fn supports_extension(
    cluster: &impl Cluster,
    program_id: &Address,
    payer: &Address,
) -> Result<bool, ClusterError> {
    // Without accounts, a program that knows the instruction reports missing accounts, and any other reports an unknown
    // instruction.
    let instruction = ExtensionInstruction::ExtendPool.with_accounts(program_id, vec![]);
    match simulate_alone(cluster, instruction, payer).await?.error {
        Some(TransactionError::InstructionError(_, error)) => Ok(error == InstructionError::NotEnoughAccountKeys),
        None => Ok(false),
        Some(error) => Err(refused(cluster, error, payer).await),
    }
}

impl PoolSnapshot {
    /// The pool's extension, if it has one of the known version.
    pub fn extension(&self) -> Option<&PoolExtension> {
        self.extension.as_deref()
    }

    /// Whether the pool has an extension of the known version.
    pub const fn is_extended(&self) -> bool {
        self.extension.is_some()
    }

    /// Whether the pool has an extension of an unknown version.
    pub fn has_unknown_extension(&self) -> bool {
        self.extension.is_none() && PoolExtension::is_present(&self.accounts.pool.data)
    }

    /// The rebalance policy; `None` without the extension.
    pub fn policy(&self) -> Option<&RebalancePolicy> {
        self.extension.as_ref().map(|extension| &extension.policy)
    }

    /// Lamports that stay in the reserve for the rents of decreases ([`PoolExtension::working_lamports`]); 0 without
    /// the extension.
    pub fn working_lamports(&self) -> u64 {
        self.extension().map_or(0, |extension| extension.working_lamports(self.reserve_rent()))
    }

    /// Lamports of open exit tickets; 0 without the extension.
    pub fn ticket_lamports(&self) -> u64 {
        self.extension().map_or(0, |extension| extension.tickets.lamports.get())
    }

    /// The limits; none without the extension.
    pub fn limits(&self) -> Limits {
        self.extension().map_or(Limits::NONE, |extension| extension.limits)
    }

    /// The announced changes, by kind.
    pub fn announcements(&self) -> impl Iterator<Item = (AnnouncementKind, &Announcement)> {
        self.extension().into_iter().flat_map(|extension| extension.announcements.pending())
    }

    /// The ledger of the pool's updates; `None` without the extension.
    pub fn ledger(&self) -> Option<&Ledger> {
        self.extension().map(|extension| &extension.ledger)
    }

    /// The first epoch in which deposits and SOL withdrawals go on, if the rate guard has halted them.
    pub fn halted_until_epoch(&self) -> Option<u64> {
        self.extension()
            .filter(|extension| extension.is_halted(self.epoch()))
            .map(|extension| extension.halted_until_epoch.get())
    }

    /// Lamports of a SOL deposit for which no pool tokens are minted, in favour of all holders; 0 without a growth charge.
    /// `None` if a number exceeds 64 bits.
    pub fn growth_charge(&self, lamports: u64) -> Option<Lamports> {
        self.growth_charge_at(&self.rate(), lamports)
    }

    /// Like [`Self::growth_charge`], at another exchange rate.
    pub(crate) fn growth_charge_at(&self, rate: &ExchangeRate, lamports: u64) -> Option<Lamports> {
        let Some(extension) = self.extension() else { return Some(Lamports::default()) };
        extension.growth_charge(self.pool.terms.rate_before_epoch()).of_deposit(rate, Lamports::new(lamports))
    }

    /// What stays in the reserve, for errors.
    pub(crate) fn stays_in_reserve(&self) -> StaysInReserve {
        StaysInReserve { rents: self.working_lamports(), tickets: self.ticket_lamports() }
    }

    /// The records of active validators with a weight, in the list's order. Without the extension there are none.
    pub fn weighted(&self) -> impl Iterator<Item = &ValidatorStakeInfo> {
        let is_weighted = |record: &&ValidatorStakeInfo| record.is_active() && record.extension.weight() > 0;
        self.records.iter().filter(move |record| self.is_extended() && is_weighted(record))
    }

    /// The demotion of the validator of `record`, if it is demoted.
    pub fn demotion_of(&self, record: &ValidatorStakeInfo) -> Option<DemotedValidator> {
        let extension = self.extension()?;
        // The record has the lower bits of the epoch: enough for more than a hundred years.
        let epochs = record.extension.epochs_since_demotion(self.epoch())?;
        let epoch = self.epoch().saturating_sub(epochs.into());
        let cooldown_epochs = extension.demotion.cooldown_epochs.get();
        Some(DemotedValidator { epoch, reinstatable_from_epoch: epoch.saturating_add(cooldown_epochs.into()) })
    }

    /// Whether `Rebalance` is paused because weights are being set.
    pub fn is_paused(&self) -> bool {
        self.extension().is_some_and(|extension| extension.is_paused(self.environment.clock.slot))
    }

    /// Inputs of a rebalance apart from the records; `None` without the extension.
    pub fn rebalance_inputs(&self) -> Option<Inputs> {
        Some(Inputs {
            reserve_lamports: self.reserve_lamports_above_rent(),
            last_epoch_total_lamports: self.pool.terms.last_epoch_total_lamports,
            stake_rent: self.environment.stake_rent(),
            minimum_delegation: self.environment.minimum_delegation(),
            policy: self.policy()?.get(),
            ticket_lamports: self.ticket_lamports(),
            is_paused: self.is_paused(),
        })
    }

    /// Reads whether these validators' vote accounts still exist: stake can be delegated only to an existing one.
    ///
    /// [`Self::read`] skips this: vote accounts are large, and only those of validators that receive stake matter.
    ///
    /// # Errors
    /// [`PoolError::Cluster`].
    pub async fn read_votes<C>(&mut self, cluster: &C, votes: &[Address]) -> Result<(), PoolError>
    where
        C: Cluster + ?Sized,
    {
        let accounts = cluster.accounts(votes).await?;
        for (vote, account) in votes.iter().zip(accounts) {
            self.set_vote_account(*vote, account.is_some_and(|account| is_vote_account(&account)));
        }
        Ok(())
    }

    /// Records in the snapshot whether the vote account `vote` exists.
    pub fn set_vote_account(&mut self, vote: Address, exists: bool) {
        self.votes.insert(vote, exists);
    }

    /// Whether the vote account `vote` exists; `None` if it was not read.
    pub fn vote_account_exists(&self, vote: &Address) -> Option<bool> {
        self.votes.get(vote).copied()
    }
}

/// Whether stake can be delegated to the account, by the program's check. A vote account that was created again without
/// a state has version 0.
pub fn is_vote_account(account: &Account) -> bool {
    account.owner == solana_sdk_ids::vote::ID && account.data.get(..4).is_some_and(|version| version != [0; 4])
}
