//! A pool as it is, by its parts.

use {
    super::{Desired, Part, Setting, Value},
    crate::{
        actions::{self, StoredMetadata},
        announcement::AnnouncedChange,
        cluster::Cluster,
        error::PlanError,
        pool::{PoolError, PoolSnapshot},
        vote::VoteAccount,
    },
    solana_account::Account,
    solana_address::Address,
    std::collections::HashMap,
    tidepool_core::maths::{Fee, FutureEpoch},
    tidepool_interface::{
        address::{METADATA_PROGRAM_ID, SYSTEM_PROGRAM_ID, find_validator_stake},
        instruction::FundingType,
        state::{Announcement, AnnouncementKind, Ceiling, ValidatorStakeInfo},
    },
};

/// Metadata of the pool token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LiveMetadata {
    /// The cluster has no metadata program.
    NoProgram,
    /// None yet.
    Missing,
    /// These.
    Stored(StoredMetadata),
}

/// A pool, with what its steps depend on.
#[derive(Clone, Debug)]
pub struct Live {
    /// The pool. Removals are exact with the stake accounts of [`Desired::removed`].
    pub snapshot: PoolSnapshot,
    /// Metadata of the pool token.
    pub metadata: LiveMetadata,
    /// [`Desired::ends_pause`].
    pub(super) ends_pause: bool,
    /// Vote accounts of validators that are to be added.
    pub(super) votes: HashMap<Address, VoteAccount>,
    /// Seeds of validators whose first address is in use.
    pub(super) seeds: HashMap<Address, u32>,
    /// The account that is to receive the fees, if another one is.
    pub(super) fee_account: Option<Account>,
}

impl Live {
    /// The pool of `snapshot`, with what the way to `desired` depends on.
    ///
    /// # Errors
    /// [`PoolError::Cluster`]; [`PlanError::Invalid`] for unreadable metadata.
    pub async fn read<C: Cluster>(cluster: &C, snapshot: PoolSnapshot, desired: &Desired) -> Result<Self, LiveError> {
        let metadata = read_metadata(cluster, &snapshot).await?;
        let (ends_pause, votes, seeds) = (desired.ends_pause, HashMap::new(), HashMap::new());
        let mut live = Self { snapshot, metadata, ends_pause, votes, seeds, fee_account: None };
        live.read_new_validators(cluster, desired).await?;
        if let Some(address) = desired.fee_account(&live.snapshot) {
            live.fee_account = cluster.account(&address).await.map_err(PoolError::from)?;
        }
        Ok(live)
    }

    async fn read_new_validators<C: Cluster>(&mut self, cluster: &C, desired: &Desired) -> Result<(), PoolError> {
        let new = desired.added(&self.snapshot);
        if new.is_empty() {
            return Ok(());
        }
        let (program, pool) = (self.snapshot.program_id(), self.snapshot.address());
        let stakes: Vec<_> = new.iter().map(|vote| find_validator_stake(&program, vote, &pool, 0).0).collect();
        let (votes, stakes) = (cluster.accounts(&new).await?, cluster.accounts(&stakes).await?);
        let rent = self.snapshot.environment().rent.clone();
        for (vote, (account, stake)) in new.into_iter().zip(votes.into_iter().zip(stakes)) {
            self.votes.insert(vote, VoteAccount::decode(&vote, account.as_ref(), &rent));
            // Lamports at the address do no harm.
            if stake.is_some_and(|stake| stake.owner != SYSTEM_PROGRAM_ID) {
                let seed = actions::find_free_validator_seed(cluster, &self.snapshot, &vote).await?;
                self.seeds.insert(vote, seed);
            }
        }
        Ok(())
    }

    /// The value of a part; `None` for one that the pool or the cluster does not have. A fee that is pending counts as set.
    pub fn value(&self, part: Part) -> Option<Value> {
        match part {
            Part::Setting(setting) => self.setting(setting),
            Part::Validator(vote) => {
                let record = self.snapshot.validator_record(&vote).filter(|record| record.is_active());
                Some(Value::Weight(record.map(|record| record.extension.weight())))
            }
        }
    }

    /// The vote accounts of the validators of the pool, without those that are being removed, in the list's order.
    pub fn members(&self) -> impl Iterator<Item = &ValidatorStakeInfo> {
        self.snapshot.records().iter().filter(|record| record.is_active())
    }

    /// The pending announcement of the kind of change that `setting` has.
    pub fn notice_of(&self, setting: Setting) -> Option<&Announcement> {
        let kind = announcement_kind(setting)?;
        self.snapshot.announcements().find(|(announced, _)| *announced == kind).map(|(_, found)| found)
    }

    /// The change that it announces.
    pub fn announced(&self, setting: Setting) -> Option<AnnouncedChange> {
        Some(AnnouncedChange::decode(announcement_kind(setting)?, &self.notice_of(setting)?.value))
    }

    fn setting(&self, setting: Setting) -> Option<Value> {
        let (head, terms) = (&self.snapshot.pool().head, &self.snapshot.pool().terms);
        let effective = |now: Fee, next: FutureEpoch<Fee>| Value::fee(next.pending().map_or(now, |(fee, _)| fee));
        let number = |number: u64| Value::Number(number);
        Some(match setting {
            Setting::Manager => Value::Address(head.manager),
            Setting::FeeAccount => Value::Address(head.manager_fee_account),
            Setting::Staker => Value::Address(head.staker),
            Setting::StakeDepositAuthority => {
                Value::Choice(self.snapshot.has_custom_deposit_authority().then_some(head.stake_deposit_authority))
            }
            Setting::SolDepositAuthority => Value::Choice(terms.sol_deposit_authority),
            Setting::SolWithdrawAuthority => Value::Choice(terms.sol_withdraw_authority),
            Setting::EpochFee => effective(head.epoch_fee.get(), terms.next_epoch_fee),
            Setting::StakeWithdrawalFee => effective(terms.stake_withdrawal_fee, terms.next_stake_withdrawal_fee),
            Setting::SolWithdrawalFee => effective(terms.sol_withdrawal_fee, terms.next_sol_withdrawal_fee),
            Setting::StakeDepositFee => Value::fee(terms.stake_deposit_fee),
            Setting::SolDepositFee => Value::fee(terms.sol_deposit_fee),
            Setting::StakeReferralFee => number(terms.stake_referral_fee.into()),
            Setting::SolReferralFee => number(terms.sol_referral_fee.into()),
            Setting::PreferredDeposit => Value::Choice(terms.preferred_deposit_validator_vote_address),
            Setting::PreferredWithdraw => Value::Choice(terms.preferred_withdraw_validator_vote_address),
            Setting::TokenName | Setting::TokenSymbol | Setting::TokenUri => return self.text(setting),
            setting => return self.of_extension(setting),
        })
    }

    /// Whether another fee of that kind comes into force with an update.
    pub(super) fn has_pending(&self, setting: Setting) -> bool {
        let terms = &self.snapshot.pool().terms;
        let next = match setting {
            Setting::EpochFee => terms.next_epoch_fee,
            Setting::StakeWithdrawalFee => terms.next_stake_withdrawal_fee,
            Setting::SolWithdrawalFee => terms.next_sol_withdrawal_fee,
            _ => return false,
        };
        next.pending().is_some()
    }

    fn text(&self, setting: Setting) -> Option<Value> {
        let stored = match &self.metadata {
            LiveMetadata::NoProgram => return None,
            LiveMetadata::Missing => return Some(Value::Text(String::new())),
            LiveMetadata::Stored(stored) => stored,
        };
        Some(Value::Text(match setting {
            Setting::TokenName => stored.name.clone(),
            Setting::TokenSymbol => stored.symbol.clone(),
            _ => stored.uri.clone(),
        }))
    }

    fn of_extension(&self, setting: Setting) -> Option<Value> {
        let extension = self.snapshot.extension()?;
        let (policy, limits, demotion) = (&extension.policy, &extension.limits, &extension.demotion);
        let bound = |ceiling: Ceiling| Value::Bound(ceiling.get());
        let number = Value::Number;
        Some(match setting {
            Setting::ReserveShare => number(policy.reserve_share.get().into()),
            Setting::ReserveFloor => number(policy.reserve_floor.get()),
            Setting::Threshold => number(policy.threshold.get()),
            Setting::TurnoverBudget => number(policy.turnover_budget.get().into()),
            Setting::ValidatorCap => number(policy.validator_cap.get().into()),
            Setting::ReserveRents => number(policy.reserve_rents.into()),
            Setting::MaxEpochFee => bound(limits.ceilings.epoch),
            Setting::MaxSolDepositFee => bound(limits.ceilings.sol_deposit),
            Setting::MaxStakeDepositFee => bound(limits.ceilings.stake_deposit),
            Setting::MaxSolWithdrawalFee => bound(limits.ceilings.sol_withdrawal),
            Setting::MaxStakeWithdrawalFee => bound(limits.ceilings.stake_withdrawal),
            Setting::SupplyFloor => number(limits.supply_floor.get()),
            Setting::NoticeEpochs => number(limits.notice_epochs.get().into()),
            Setting::NoticeTime => number(limits.notice_seconds.get().into()),
            Setting::GrowthCharge => number(limits.growth_charge.get().into()),
            Setting::MaxRise => number(limits.rate_guard_up.get().into()),
            Setting::MaxFall => number(limits.rate_guard_down.get().into()),
            Setting::HaltEpochs => number(limits.guard_epochs.into()),
            Setting::CloseWithoutNotice => Value::Flag(limits.closing_needs_no_notice == 1),
            Setting::Guardian => Value::Choice(limits.guardian().copied()),
            Setting::MaxCommission => bound(demotion.inflation_commission),
            Setting::MaxBlockCommission => bound(demotion.block_commission),
            Setting::EpochsWithoutCredits => number(demotion.epochs_without_credits.into()),
            Setting::RequireBlsKey => Value::Flag(demotion.requires_bls_key == 1),
            Setting::Cooldown => number(demotion.cooldown_epochs.get().into()),
            Setting::MaxValidators => number(demotion.max_validators.get().into()),
            Setting::MaxStake => number(demotion.max_stake.get().into()),
            _ => return None,
        })
    }
}

/// The kind of announcement of a setting whose change may need one.
pub(super) fn announcement_kind(setting: Setting) -> Option<AnnouncementKind> {
    Some(match setting {
        Setting::Manager | Setting::FeeAccount => AnnouncementKind::Manager,
        Setting::Staker => AnnouncementKind::Staker,
        Setting::StakeDepositAuthority => AnnouncementKind::StakeDepositAuthority,
        Setting::SolDepositAuthority => AnnouncementKind::SolDepositAuthority,
        Setting::SolWithdrawAuthority => AnnouncementKind::SolWithdrawAuthority,
        Setting::SolDepositFee => AnnouncementKind::SolDepositFee,
        Setting::StakeDepositFee => AnnouncementKind::StakeDepositFee,
        setting if setting.section() == Setting::ReserveShare.section() => AnnouncementKind::RebalancePolicy,
        setting if setting.section() == Setting::MaxCommission.section() => AnnouncementKind::DemotionPolicy,
        _ => return None,
    })
}

/// The authority of a setting that names one for deposits or withdrawals.
pub(super) const fn funding_type(setting: Setting) -> Option<FundingType> {
    match setting {
        Setting::StakeDepositAuthority => Some(FundingType::StakeDeposit),
        Setting::SolDepositAuthority => Some(FundingType::SolDeposit),
        Setting::SolWithdrawAuthority => Some(FundingType::SolWithdraw),
        _ => None,
    }
}

async fn read_metadata<C: Cluster>(cluster: &C, snapshot: &PoolSnapshot) -> Result<LiveMetadata, LiveError> {
    let addresses = [METADATA_PROGRAM_ID, actions::token_metadata_address(snapshot)];
    let accounts = cluster.accounts(&addresses).await.map_err(PoolError::from)?;
    let [program, metadata] = accounts.as_slice() else { return Ok(LiveMetadata::NoProgram) };
    if program.as_ref().is_none_or(|program| !program.executable) {
        return Ok(LiveMetadata::NoProgram);
    }
    Ok(StoredMetadata::read(metadata.as_ref())?.map_or(LiveMetadata::Missing, LiveMetadata::Stored))
}

/// Why a pool could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The cluster.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// An account of the pool.
    #[error(transparent)]
    Plan(#[from] PlanError),
}
