//! `tidepool create-pool`

use {
    super::{fees::Ratio, message::program_name, trade::Line, wallet::check_balance},
    crate::{
        args::address,
        context::Context,
        error::CliError,
        keys::{Key, KeySource, new_key},
        output::{CommandOutput, Landed, Text, to_json, write_fields, write_signatures},
        units::{ParsedFee, Share, Units, percent, positive, sol, tokens},
    },
    serde::Serialize,
    serde_json::Value,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        actions::{self, CreatePool},
        cluster::Cluster,
        pool::gives_extension,
    },
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::token::{MINT_LENGTH, TOKEN_ACCOUNT_LENGTH},
        maths::Fee,
        state::{BASIS_POINTS, RebalancePolicy, validator_list_length},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool create-pool --program-id B7eRo3Z6ZY7D15cpirRPdUST6mmybCxwjnpzEQ8r7du2 \\
      --max-validators 500 --epoch-fee 5% --withdrawal-fee 0.1% --initial-deposit 10";

/// Create a pool
///
/// Makes the pool, its list, its reserve, its mint and the manager's fee account, whose rent you pay. Begin with an
/// --initial-deposit, since the first depositor of an empty pool sets its rate: the fee account gets a pool token for each SOL. The
/// pool is extended (see `tidepool extend-pool`); its withdrawal fee and turnover budget keep others from steering its stake.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Validators that the list has room for, for ever, at 73 bytes of rent each
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    max_validators: u32,

    /// Fee on rewards: 5%, 1/20 or 500bps
    #[arg(long, value_name = "FEE", default_value = "0")]
    epoch_fee: ParsedFee,

    /// Fee on withdrawals of stake and of SOL; 0 for none
    #[arg(long, value_name = "FEE", default_value = "0.05%")]
    withdrawal_fee: ParsedFee,

    /// Fee on deposits of stake and of SOL
    #[arg(long, value_name = "FEE", default_value = "0")]
    deposit_fee: ParsedFee,

    /// Share of deposit fees that referrers get, in whole percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    referral_fee: u8,

    /// Share of the pool that may leave validators in one epoch; 100% for no bound
    #[arg(long, value_name = "PERCENT", default_value = "10%", conflicts_with = "without_extension")]
    turnover_budget: Share,

    /// SOL to begin with, paid by the fee payer [default: none]
    #[arg(long, value_name = "SOL", value_parser = positive)]
    initial_deposit: Option<Units>,

    /// Key of the manager, who gets the fees and may change them [default: your wallet's]
    #[arg(long, value_name = "KEYPAIR")]
    manager: Option<KeySource>,

    /// Who moves stake between validators [default: the manager]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    staker: Option<Address>,

    /// Key that has to sign every deposit from now on [default: none, deposits are open]
    #[arg(long, value_name = "KEYPAIR")]
    deposit_authority: Option<KeySource>,

    /// Token program of the pool token, spl-token or token-2022
    #[arg(long, value_enum, hide_possible_values = true, default_value_t)]
    token_program: TokenProgram,

    /// Leave out Tidepool's extension: no weights and no rebalance, and 128 bytes less of rent
    #[arg(long)]
    without_extension: bool,

    /// Take fees of 100 % for what they are: no mistake
    #[arg(long)]
    allow_full_fee: bool,

    /// Key of the pool account [default: a new one]
    #[arg(long, value_name = "KEYPAIR")]
    pool_keypair: Option<KeySource>,

    /// Key of the validator list account [default: a new one]
    #[arg(long, value_name = "KEYPAIR")]
    validator_list_keypair: Option<KeySource>,

    /// Key of the reserve account [default: a new one]
    #[arg(long, value_name = "KEYPAIR")]
    reserve_keypair: Option<KeySource>,

    /// Key of the pool token's mint [default: a new one]
    #[arg(long, value_name = "KEYPAIR")]
    mint_keypair: Option<KeySource>,
}

/// The program of a pool token.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum TokenProgram {
    /// SPL Token
    #[default]
    SplToken,
    /// Token-2022
    #[value(name = "token-2022")]
    Token2022,
}

/// A pool that has been created.
#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    program_id: Text<Address>,
    manager: Text<Address>,
    staker: Text<Address>,
    validator_list: Text<Address>,
    reserve_stake: Text<Address>,
    pool_mint: Text<Address>,
    manager_fee_account: Text<Address>,
    max_validators: u32,
    /// Whether it can have weights.
    extended: bool,
    withdrawal_fee: Ratio,
    /// Share of the pool that may be taken from validators in an epoch; `null` without the extension.
    turnover_budget_basis_points: Option<u16>,
    initial_deposit_lamports: u64,
    /// Lamports of rent for all accounts.
    rent_lamports: u64,
    transactions: Vec<Landed>,
}

impl Args {
    /// Creates it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        context.terminal.check_consent()?;
        self.check_not_full()?;
        let (new, keys) = self.pool(context)?;
        let rent = context.cluster.rent().await?;
        let plan = actions::create_pool(&new, &rent)?;
        let token_account = match self.token_program {
            TokenProgram::SplToken => TOKEN_ACCOUNT_LENGTH,
            // Associated accounts are marked as bound to their owner there.
            TokenProgram::Token2022 => TOKEN_ACCOUNT_LENGTH + 5,
        };
        let rent_lamports = [
            new.account_length(),
            validator_list_length(new.max_validators),
            STAKE_ACCOUNT_SPACE,
            MINT_LENGTH,
            token_account,
        ]
        .map(|length| rent.minimum_balance(length))
        .into_iter()
        .fold(0, u64::saturating_add);
        let deposit = self.initial_deposit.map_or(0, |deposit| deposit.0);
        check_balance(context, &new.payer, rent_lamports.saturating_add(deposit)).await?;
        check_program(context, &new).await?;
        context.terminal.confirm("Create a pool", &summary(&new, rent_lamports))?;
        let transactions = context.send(&plan, &keys, new.program_id).await?;
        Ok(Output {
            pool: Text(new.pool),
            program_id: Text(new.program_id),
            manager: Text(new.manager),
            staker: Text(new.staker),
            validator_list: Text(new.validator_list),
            reserve_stake: Text(new.reserve_stake),
            pool_mint: Text(new.pool_mint),
            manager_fee_account: Text(new.fee_account()),
            max_validators: new.max_validators,
            extended: new.policy.is_some(),
            withdrawal_fee: new.withdrawal_fee.into(),
            turnover_budget_basis_points: new.policy.map(|policy| policy.turnover_budget.get()),
            initial_deposit_lamports: deposit,
            rent_lamports,
            transactions,
        })
    }

    /// A fee of 100 % takes all of what somebody gives: more often it is a mistake than meant.
    fn check_not_full(&self) -> Result<(), CliError> {
        let fees = [("epoch", self.epoch_fee), ("withdrawal", self.withdrawal_fee), ("deposit", self.deposit_fee)];
        let is_full = |fee: &Fee| fee.numerator > 0 && fee.numerator == fee.denominator;
        match fees.iter().find(|(_, fee)| is_full(&fee.0)) {
            Some((name, _)) if !self.allow_full_fee => Err(CliError::usage(format!(
                "--{name}-fee takes everything, so that nobody could gain by the pool: choose a lower fee, or insist with \
                 --allow-full-fee"
            ))),
            _ => Ok(()),
        }
    }

    /// The pool to be made, and all keys that sign.
    fn pool<C: Cluster>(&self, context: &Context<'_, C>) -> Result<(CreatePool, Vec<Key>), CliError> {
        let program_id = context.global.program_id.ok_or_else(|| {
            CliError::usage("a new pool needs a program to run it: give the program's address with --program-id")
        })?;
        let open = |role, source: &Option<KeySource>| match source {
            Some(source) => context.key_or_wallet(role, Some(source)),
            None => Ok(new_key()),
        };
        let manager = context.key_or_wallet("the manager (--manager)", self.manager.as_ref())?;
        let mut keys = vec![
            open("the pool (--pool-keypair)", &self.pool_keypair)?,
            open("the validator list (--validator-list-keypair)", &self.validator_list_keypair)?,
            open("the reserve (--reserve-keypair)", &self.reserve_keypair)?,
            open("the mint (--mint-keypair)", &self.mint_keypair)?,
        ];
        let accounts = [0, 1, 2, 3].map(|index: usize| keys[index].pubkey());
        let payer = context.fee_payer()?.pubkey();
        let policy = RebalancePolicy { turnover_budget: self.turnover_budget.0.into(), ..RebalancePolicy::DEFAULT };
        let mut new = CreatePool {
            manager: manager.pubkey(),
            staker: self.staker.unwrap_or(manager.pubkey()),
            token_program: self.token_program.id(),
            epoch_fee: self.epoch_fee.0,
            withdrawal_fee: self.withdrawal_fee.0,
            deposit_fee: self.deposit_fee.0,
            referral_fee: self.referral_fee,
            initial_reserve_lamports: self.initial_deposit.map_or(0, |deposit| deposit.0),
            policy: (!self.without_extension).then_some(policy),
            ..CreatePool::new(program_id, payer, self.max_validators, accounts)
        };
        keys.push(manager);
        if let Some(source) = &self.deposit_authority {
            let authority = context.key_or_wallet("the deposit authority (--deposit-authority)", Some(source))?;
            new.deposit_authority = Some(authority.pubkey());
            keys.push(authority);
        }
        Ok((new, keys))
    }
}

/// Refuses a program that is none or cannot do what is asked, before the first of two transactions, which does not call it, is
/// paid for.
async fn check_program<C: Cluster>(context: &Context<'_, C>, new: &CreatePool) -> Result<(), CliError> {
    let program_id = new.program_id;
    match context.cluster.account(&program_id).await? {
        Some(account) if account.executable => {}
        found => {
            let what = if found.is_some() { "is no program" } else { "does not exist" };
            return Err(CliError::usage(format!(
                "{program_id} {what}: check --program-id, and that the URL is that of the right cluster"
            )));
        }
    }
    if new.policy.is_some() && !gives_extension(context.cluster, &program_id, &new.payer).await? {
        return Err(CliError::usage(format!(
            "{program_id} is not Tidepool, and cannot extend a pool: check --program-id, or add --without-extension"
        )));
    }
    Ok(())
}

fn summary(new: &CreatePool, rent_lamports: u64) -> Vec<(&'static str, String)> {
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
        ("room for", format!("{} validators", new.max_validators)),
        (
            "extension",
            if new.policy.is_some() { "yes: it spreads deposits once it has weights" } else { "none" }.into(),
        ),
        ("fee on rewards", fee(&new.epoch_fee)),
        ("on deposits", fee(&new.deposit_fee)),
    ]);
    lines.extend(protection(new.withdrawal_fee.into(), new.policy.map(|policy| policy.turnover_budget.get())));
    if new.referral_fee > 0 {
        lines.push(("of these", format!("{} % for referrers", new.referral_fee)));
    }
    lines.push(("you pay", format!("{} of rent", sol(rent_lamports))));
    if new.initial_reserve_lamports > 0 {
        let (deposit, account) = (new.initial_reserve_lamports, new.fee_account());
        lines.push(("you deposit", format!("{} for {} in {account}", sol(deposit), tokens(deposit))));
    }
    lines
}

/// The fee and the budget that protect a pool which is rebalanced, each with its reason.
fn protection(withdrawal_fee: Ratio, turnover_budget: Option<u16>) -> Vec<Line> {
    let fee = withdrawal_fee.percent();
    let Some(budget) = turnover_budget else { return vec![("on withdrawals", fee)] };
    let budget = match budget {
        BASIS_POINTS.. => "no bound: all stake can be idle in one epoch (--turnover-budget)".into(),
        points => {
            format!(
                "{} of the pool: it bounds the stake that can be idle in one epoch (--turnover-budget)",
                Share(points)
            )
        }
    };
    let why = if withdrawal_fee.is_none() {
        "short-lived deposits can steer stake at no cost"
    } else {
        "it makes it a loss to steer stake with short-lived deposits"
    };
    vec![("on withdrawals", format!("{fee}: {why} (--withdrawal-fee)")), ("turnover budget", budget)]
}

impl TokenProgram {
    const fn id(self) -> Address {
        match self {
            Self::SplToken => TOKEN_PROGRAM_ID,
            Self::Token2022 => TOKEN_2022_PROGRAM_ID,
        }
    }
}

impl CommandOutput for Output {
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Created pool {}", self.pool)?;
        let mut lines = vec![
            ("mint", self.pool_mint.to_string()),
            ("reserve", self.reserve_stake.to_string()),
            ("validator list", self.validator_list.to_string()),
            ("manager's fees", self.manager_fee_account.to_string()),
        ];
        lines.extend(protection(self.withdrawal_fee, self.turnover_budget_basis_points));
        write_fields(f, &lines)?;
        write_signatures(f, &self.transactions)
    }

    fn json(&self) -> Value {
        to_json(self)
    }
}
