//! Steps of the manager: fees, authorities, metadata, policies.

use {
    super::{Maker, State, StepKind, Wait, is_cap_too_low},
    crate::{
        actions::{self, TokenMetadata, TokenReceiver},
        desired::{Fault, LiveMetadata, Part, Setting, Value, difference::is_associated, live::funding_type},
        error::PlanError,
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{
        external::token::TOKEN_ACCOUNT_LENGTH,
        instruction::FeeType,
        state::{Ceiling, DemotionPolicy, RebalancePolicy},
    },
};

const FEES: [Setting; 7] = [
    Setting::EpochFee,
    Setting::StakeWithdrawalFee,
    Setting::SolWithdrawalFee,
    Setting::StakeDepositFee,
    Setting::SolDepositFee,
    Setting::StakeReferralFee,
    Setting::SolReferralFee,
];

/// Most bytes of a token account with the mark of an associated account of Token-2022.
const ASSOCIATED_LENGTH: usize = TOKEN_ACCOUNT_LENGTH + 5;

/// The argument of `SetFee`.
fn fee_type(setting: Setting, value: &Value) -> Option<FeeType> {
    let fee = match *value {
        Value::Fee(fee) => fee,
        _ => Fee::default(),
    };
    // Whole percent of a file are at most 100.
    let percent = match *value {
        Value::Number(number) => u8::try_from(number).unwrap_or(u8::MAX),
        _ => 0,
    };
    Some(match setting {
        Setting::EpochFee => FeeType::Epoch(fee),
        Setting::StakeWithdrawalFee => FeeType::StakeWithdrawal(fee),
        Setting::SolWithdrawalFee => FeeType::SolWithdrawal(fee),
        Setting::StakeDepositFee => FeeType::StakeDeposit(fee),
        Setting::SolDepositFee => FeeType::SolDeposit(fee),
        Setting::StakeReferralFee => FeeType::StakeReferral(percent),
        Setting::SolReferralFee => FeeType::SolReferral(percent),
        _ => return None,
    })
}

impl Maker<'_> {
    pub(super) fn fees(&mut self) -> Result<(), Fault> {
        for setting in FEES {
            let Some(fee) = self.of(setting).and_then(|found| fee_type(setting, &found.after)) else { continue };
            let (snapshot, part) = (&self.live.snapshot, Part::Setting(setting));
            // An update, which a plan sends first, lifts no other refusal, unless it brings a pending fee into force.
            if snapshot.is_stale() && !self.live.has_pending(setting) {
                actions::check_fee(snapshot, &fee).map_err(|error| Fault::new(part, error))?;
            }
            let planned = actions::set_fee(snapshot, fee);
            self.add(StepKind::Fee(setting), vec![part], &[self.manager_key()], planned)?;
        }
        Ok(())
    }

    pub(super) fn funding_authorities(&mut self) -> Result<(), Fault> {
        for setting in [Setting::StakeDepositAuthority, Setting::SolDepositAuthority, Setting::SolWithdrawAuthority] {
            let (Some(kind), Some(Value::Choice(authority))) =
                (funding_type(setting), self.of(setting).map(|found| found.after.clone()))
            else {
                continue;
            };
            let planned = actions::set_funding_authority(&self.live.snapshot, kind, authority);
            self.add(
                StepKind::FundingAuthority(setting),
                vec![Part::Setting(setting)],
                &[self.manager_key()],
                planned,
            )?;
        }
        Ok(())
    }

    pub(super) fn metadata(&mut self) -> Result<(), Fault> {
        let changed = self.of_section(Setting::TokenName.section());
        let Some((first, _)) = changed.first() else { return Ok(()) };
        let first = Part::Setting(*first);
        let parts: Vec<_> = changed.iter().map(|(setting, _)| Part::Setting(*setting)).collect();
        let text = |setting| {
            let wanted = changed.iter().find(|(changed, _)| *changed == setting).map(|(_, value)| (*value).clone());
            match wanted.or_else(|| self.live.value(Part::Setting(setting))) {
                Some(Value::Text(text)) => text,
                _ => String::new(),
            }
        };
        let (name, symbol, uri) = (text(Setting::TokenName), text(Setting::TokenSymbol), text(Setting::TokenUri));
        let metadata = TokenMetadata { name: &name, symbol: &symbol, uri: &uri };
        let snapshot = &self.live.snapshot;
        let manager = self.manager_key();
        let LiveMetadata::Stored(stored) = &self.live.metadata else {
            if name.is_empty() || symbol.is_empty() {
                let what =
                    format!("the token of pool {} has no metadata yet: write both name and symbol", snapshot.address());
                return Err(Fault::new(first, PlanError::invalid(what)));
            }
            let planned = actions::create_token_metadata(snapshot, &self.payer, &metadata);
            self.add(StepKind::Metadata, parts, &[manager], planned)?;
            if let Some(step) = self.steps.last_mut() {
                step.payer_lamports = actions::token_metadata_cost(&self.live.snapshot.environment().rent);
            }
            return Ok(());
        };
        stored.check_changeable(snapshot).map_err(|error| Fault::new(first, error))?;
        let planned = actions::update_token_metadata(snapshot, &metadata);
        self.add(StepKind::Metadata, parts, &[manager], planned)
    }

    /// The rebalance policy after all steps; `None` without a change.
    pub(super) fn wanted_policy(&self) -> Result<Option<RebalancePolicy>, Fault> {
        let changed = self.of_section(Setting::ReserveShare.section());
        let Some(mut policy) = self.live.snapshot.policy().copied().filter(|_| !changed.is_empty()) else {
            return Ok(None);
        };
        for (setting, value) in changed {
            let Value::Number(number) = *value else { continue };
            match setting {
                Setting::ReserveShare => policy.reserve_share = narrow(setting, number)?.into(),
                Setting::TurnoverBudget => policy.turnover_budget = narrow(setting, number)?.into(),
                Setting::ValidatorCap => policy.validator_cap = narrow(setting, number)?.into(),
                Setting::ReserveFloor => policy.reserve_floor = number.into(),
                Setting::Threshold => policy.threshold = number.into(),
                _ => policy.reserve_rents = narrow_byte(setting, number)?,
            }
        }
        Ok(Some(policy))
    }

    pub(super) fn policy(&mut self) -> Result<(), Fault> {
        let Some(policy) = self.wanted_policy()? else { return Ok(()) };
        let parts = self.parts_of(Setting::ReserveShare.section());
        let planned = actions::set_rebalance_policy(&self.live.snapshot, &policy);
        if planned.as_ref().is_err_and(is_cap_too_low) && self.validators().next().is_some() {
            let why = "the new cap on one validator needs the new weights first";
            self.push(StepKind::Policy, parts, &[self.manager_key()], State::Waits(Wait::Steps { why }));
            return Ok(());
        }
        self.add(StepKind::Policy, parts, &[self.manager_key()], planned)
    }

    pub(super) fn demotion_policy(&mut self) -> Result<(), Fault> {
        let section = Setting::MaxCommission.section();
        let Some(extension) = self.live.snapshot.extension() else { return Ok(()) };
        let mut policy: DemotionPolicy = extension.demotion;
        let changed = self.of_section(section);
        if changed.is_empty() {
            return Ok(());
        }
        for (setting, value) in changed {
            let bound = |value: &Value| match value {
                Value::Bound(Some(points)) => Ceiling::new(*points),
                _ => Ceiling::UNSET,
            };
            match (setting, value) {
                (Setting::MaxCommission, value) => policy.inflation_commission = bound(value),
                (Setting::MaxBlockCommission, value) => policy.block_commission = bound(value),
                (Setting::RequireBlsKey, value) => policy.requires_bls_key = u8::from(*value == Value::Flag(true)),
                (Setting::EpochsWithoutCredits, Value::Number(number)) => {
                    policy.epochs_without_credits = narrow_byte(setting, *number)?;
                }
                (Setting::Cooldown, Value::Number(number)) => policy.cooldown_epochs = narrow(setting, *number)?.into(),
                (Setting::MaxValidators, Value::Number(number)) => {
                    policy.max_validators = narrow(setting, *number)?.into();
                }
                (_, Value::Number(number)) => policy.max_stake = narrow(setting, *number)?.into(),
                _ => {}
            }
        }
        let parts = self.parts_of(section);
        let planned = actions::set_demotion_policy(&self.live.snapshot, &policy);
        self.add(StepKind::DemotionPolicy, parts, &[self.manager_key()], planned)
    }

    pub(super) fn parts_of(&self, section: &str) -> Vec<Part> {
        self.of_section(section).into_iter().map(|(setting, _)| Part::Setting(setting)).collect()
    }

    pub(super) fn staker(&mut self) -> Result<(), Fault> {
        let Some(Value::Address(staker)) = self.of(Setting::Staker).map(|found| found.after.clone()) else {
            return Ok(());
        };
        // The staker hands over without a notice.
        let (manager, present) = (self.manager_key(), self.staker_key());
        let signer = if self.keys.contains(&present) { present } else { manager };
        let planned = actions::set_staker(&self.live.snapshot, &signer, &staker);
        self.add(StepKind::Staker, vec![Part::Setting(Setting::Staker)], &[signer], planned)
    }

    pub(super) fn manager(&mut self) -> Result<(), Fault> {
        let address = |setting| match self.of(setting).map(|found| &found.after) {
            Some(Value::Address(address)) => Some(*address),
            _ => None,
        };
        let (manager, account) = (address(Setting::Manager), address(Setting::FeeAccount));
        if (manager, account) == (None, None) {
            return Ok(());
        }
        let (snapshot, present) = (&self.live.snapshot, self.manager_key());
        let new = manager.unwrap_or(present);
        let fee_account = account.unwrap_or(snapshot.pool().head.manager_fee_account);
        let is_missing = self.live.fee_account.as_ref().is_none_or(|account| account.data.is_empty());
        let is_created = account.is_some() && is_missing && is_associated(self.live, &fee_account, &new);
        let receiver = if is_created { TokenReceiver::Wallet(new) } else { TokenReceiver::Account(fee_account) };
        if account.is_some() && !is_created {
            actions::check_fee_account(snapshot, &fee_account, self.live.fee_account.as_ref())
                .map_err(|error| Fault::new(Part::Setting(Setting::FeeAccount), error))?;
        }
        let parts = [(Setting::Manager, manager), (Setting::FeeAccount, account)];
        let parts = parts.into_iter().filter(|(_, changed)| changed.is_some());
        let parts = parts.map(|(setting, _)| Part::Setting(setting)).collect();
        let rent = snapshot.environment().rent.minimum_balance(ASSOCIATED_LENGTH);
        let planned = actions::set_manager(snapshot, &self.payer, &new, &receiver);
        self.add(StepKind::Manager, parts, &[present, new], planned)?;
        if let Some(step) = self.steps.last_mut().filter(|_| is_created) {
            step.payer_lamports = rent;
        }
        Ok(())
    }

    pub(super) fn preferred(&mut self) -> Result<(), Fault> {
        for setting in [Setting::PreferredDeposit, Setting::PreferredWithdraw] {
            let Some(Value::Choice(vote)) = self.of(setting).map(|found| found.after.clone()) else { continue };
            let parts = vec![Part::Setting(setting)];
            let is_new = |vote| {
                self.validators().any(|(other, before, after)| (other, before) == (vote, None) && after.is_some())
            };
            if vote.is_some_and(is_new) {
                let why = "the preferred validator has to be added first";
                self.push(StepKind::Preferred(setting), parts, &[self.staker_key()], State::Waits(Wait::Steps { why }));
                continue;
            }
            let planned = actions::set_preferred_validator(&self.live.snapshot, super::preference(setting), vote);
            self.add(StepKind::Preferred(setting), parts, &[self.staker_key()], planned)?;
        }
        Ok(())
    }
}

/// A number of 16 bits.
pub(super) fn narrow(setting: Setting, number: u64) -> Result<u16, Fault> {
    u16::try_from(number).map_err(|_| too_large(setting, number, u16::MAX.into()))
}

/// A number of 8 bits.
pub(super) fn narrow_byte(setting: Setting, number: u64) -> Result<u8, Fault> {
    u8::try_from(number).map_err(|_| too_large(setting, number, u8::MAX.into()))
}

pub(super) fn too_large(setting: Setting, number: u64, most: u64) -> Fault {
    let part = Part::Setting(setting);
    Fault::new(part, PlanError::invalid(format!("{part} is {number}: use at most {most}")))
}
