//! What `create-pool` shows before and after.

use {
    crate::{
        message::program_name,
        output::{Landed, Line, Report, Text, write_fields, write_signatures},
        units::{Share, percent, sol, tokens},
        view::fees::Ratio,
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::actions::{CreatePool, PoolCreation},
    tidepool_core::{maths::Fee, rebalance::BASIS_POINTS},
    tidepool_interface::address::TOKEN_PROGRAM_ID,
};

#[derive(Debug, Serialize)]
pub struct Output {
    pub(super) pool: Text<Address>,
    pub(super) program_id: Text<Address>,
    pub(super) manager: Text<Address>,
    pub(super) staker: Text<Address>,
    pub(super) validator_list: Text<Address>,
    pub(super) reserve_stake: Text<Address>,
    pub(super) pool_mint: Text<Address>,
    pub(super) manager_fee_account: Text<Address>,
    pub(super) max_validators: u32,
    /// Whether it can have weights.
    pub(super) extended: bool,
    pub(super) withdrawal_fee: Ratio,
    /// Share of the pool that may be taken from validators in an epoch; `null` without the extension.
    pub(super) turnover_budget_basis_points: Option<u16>,
    pub(super) initial_deposit_lamports: u64,
    pub(super) rent_lamports: u64,
    /// Accounts that another attempt, or another tool, had made before.
    pub(super) existing_accounts: Vec<Text<Address>>,
    /// Where keys are that were generated.
    pub(super) key_directory: Option<String>,
    pub(super) transactions: Vec<Landed>,
}

/// What is about to be made, line by line.
pub(super) fn summary(new: &CreatePool, creation: &PoolCreation, existing: &[Address]) -> Vec<Line> {
    let fee = |fee: &Fee| percent(fee);
    let mut lines = vec![
        ("pool", new.pool.to_string()),
        ("program", new.program_id.to_string()),
        ("manager", new.manager.to_string()),
    ];
    if new.staker != new.manager {
        lines.push(("staker", new.staker.to_string()));
    }
    if let Some(authority) = new.deposit_authority {
        lines.push(("deposits need", format!("the signature of {authority}")));
    }
    if new.token_program != TOKEN_PROGRAM_ID {
        lines.push((
            "token program",
            program_name(&new.token_program).map_or_else(|| new.token_program.to_string(), Into::into),
        ));
    }
    lines.extend([
        ("maximum", format!("{} validators", new.max_validators)),
        (
            "extension",
            if new.policy.is_some() { "yes; deposits are staked by weight once weights are set" } else { "none" }
                .into(),
        ),
        ("fee on rewards", fee(&new.epoch_fee)),
        ("on deposits", fee(&new.deposit_fee)),
    ]);
    lines.extend(protection(new.withdrawal_fee.into(), new.policy.map(|policy| policy.turnover_budget.get())));
    if new.referral_fee > 0 {
        lines.push(("referral", format!("{} % for referrers", new.referral_fee)));
    }
    if !existing.is_empty() {
        lines.push(("exist already", existing.iter().map(Address::to_string).collect::<Vec<_>>().join(", ")));
    }
    lines.push(("rent", sol(creation.rent_lamports())));
    if creation.deposit_lamports > 0 {
        let (deposit, account) = (creation.deposit_lamports, new.fee_account());
        lines.push(("initial deposit", format!("{} for {} in {account}", sol(deposit), tokens(deposit))));
    }
    lines
}

/// The fee and the budget that protect a pool which is rebalanced, each with its reason.
fn protection(withdrawal_fee: Ratio, turnover_budget: Option<u16>) -> Vec<Line> {
    let fee = withdrawal_fee.percent();
    let Some(budget) = turnover_budget else { return vec![("on withdrawals", fee)] };
    let budget = match budget {
        BASIS_POINTS.. => "none: all stake can be deactivated in one epoch (--turnover-budget)".into(),
        points => {
            format!(
                "{} of the pool: maximum stake that can be deactivated in one epoch (--turnover-budget)",
                Share(points)
            )
        }
    };
    let why = if withdrawal_fee.is_none() {
        "short-lived deposits can steer stake at no cost"
    } else {
        "steering stake with short-lived deposits costs more than it yields"
    };
    vec![("on withdrawals", format!("{fee}: {why} (--withdrawal-fee)")), ("turnover budget", budget)]
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match (self.transactions.is_empty(), self.existing_accounts.is_empty()) {
            (true, _) => writeln!(f, "Pool {} already exists with these settings: nothing was sent", self.pool)?,
            (false, true) => writeln!(f, "Created pool {}", self.pool)?,
            (false, false) => writeln!(f, "Completed pool {}", self.pool)?,
        }
        let mut lines = vec![
            ("mint", self.pool_mint.to_string()),
            ("reserve", self.reserve_stake.to_string()),
            ("validator list", self.validator_list.to_string()),
            ("manager's fee account", self.manager_fee_account.to_string()),
        ];
        lines.extend(protection(self.withdrawal_fee, self.turnover_budget_basis_points));
        lines.extend(self.key_directory.clone().map(|path| ("generated keypairs", path)));
        write_fields(f, &lines)?;
        write_signatures(f, &self.transactions)
    }
}
