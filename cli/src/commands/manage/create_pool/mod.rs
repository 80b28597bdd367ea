//! `tidepool create-pool`

mod checks;
mod output;

use {
    crate::{
        context::{Context, Spending},
        error::CliError,
        keys::{Key, KeyDirectory, KeySource},
        output::Text,
        units::{ParsedFee, Share, Units, address, positive},
        unsent::Halt,
        wallet::signers::{Given, check_can_sign},
    },
    checks::{check_program, explain, unfinished},
    output::{Output, summary},
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    std::path::PathBuf,
    tidepool_client::{
        actions,
        actions::{CreatePool, FoundPool},
        cluster::Cluster,
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        state::RebalancePolicy,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool create-pool --program-id B7eRo3Z6ZY7D15cpirRPdUST6mmybCxwjnpzEQ8r7du2 \\
      --max-validators 500 --epoch-fee 5% --withdrawal-fee 0.1% --initial-deposit 10";

/// Create a pool
///
/// Takes two transactions; repeated with the same keypairs, it completes a half-created pool. Use --initial-deposit: the first
/// depositor of an empty pool can set its exchange rate.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Maximum number of validators, fixed; 73 bytes of rent each
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    max_validators: u32,

    /// Fee on rewards, such as 5%, 1/20 or 500bps
    #[arg(long, value_name = "FEE", default_value = "0")]
    epoch_fee: ParsedFee,

    /// Fee on stake and SOL withdrawals; 0 for none
    #[arg(long, value_name = "FEE", default_value = "0.05%")]
    withdrawal_fee: ParsedFee,

    /// Fee on stake and SOL deposits
    #[arg(long, value_name = "FEE", default_value = "0")]
    deposit_fee: ParsedFee,

    /// Referrers' share of deposit fees, in whole percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    referral_fee: u8,

    /// Share of the pool that may be deactivated in one epoch; 100% for no bound
    #[arg(long, value_name = "PERCENT", default_value = "10%", conflicts_with = "without_extension")]
    turnover_budget: Share,

    /// SOL of the first deposit, paid by the fee payer [default: none]
    #[arg(long, value_name = "SOL", value_parser = positive)]
    initial_deposit: Option<Units>,

    /// Keypair of the manager, who receives fees [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    manager: Option<KeySource>,

    /// Address of the staker, who moves stake [default: the manager]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    staker: Option<Address>,

    /// Keypair that must sign all deposits [default: none]
    #[arg(long, value_name = "KEYPAIR")]
    deposit_authority: Option<KeySource>,

    /// Token program of the pool token: spl-token or token-2022
    #[arg(long, value_enum, hide_possible_values = true, default_value_t)]
    token_program: TokenProgram,

    /// Omit the extension (weights, rebalancing); account of 611 bytes, not 5,987
    #[arg(long)]
    without_extension: bool,

    /// Allow fees of 100 %
    #[arg(long)]
    allow_full_fee: bool,

    /// Directory of these keypairs [default: ./tidepool-pool-ADDRESS]
    #[arg(long, value_name = "DIRECTORY")]
    key_directory: Option<PathBuf>,

    /// Keypair of the pool account [default: a new keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pool_keypair: Option<KeySource>,

    /// Keypair of the validator list account [default: a new keypair]
    #[arg(long, value_name = "KEYPAIR")]
    validator_list_keypair: Option<KeySource>,

    /// Keypair of the reserve account [default: a new keypair]
    #[arg(long, value_name = "KEYPAIR")]
    reserve_keypair: Option<KeySource>,

    /// Keypair of the pool token mint [default: a new keypair]
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

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        context.terminal.check_consent()?;
        self.check_not_full()?;
        let NewPool { new, keys, directory } = self.pool(context)?;
        if let Some(address) = self.staker.filter(|staker| *staker != new.manager) {
            let given = Given { address, option: "--staker", role: "the staker", otherwise: "" };
            check_can_sign(context, &new.parts(), given).await?;
        }
        let rent = context.cluster.rent().await?;
        let found = FoundPool::read(context.cluster, &new, &rent).await.map_err(explain)?;
        let creation = actions::complete_pool(&new, &found, &rent)?;
        let existing = found.existing(&new);
        let mut output = Output {
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
            initial_deposit_lamports: creation.deposit_lamports,
            rent_lamports: creation.rent_lamports(),
            existing_accounts: existing.iter().copied().map(Text).collect(),
            key_directory: None,
            transactions: vec![],
        };
        if creation.plan.is_empty() {
            return Ok(output);
        }
        let spending = creation.lamports.iter().enumerate();
        let spending: Vec<_> =
            spending.map(|(stage, lamports)| Spending { stage, ..Spending::new(new.payer, *lamports) }).collect();
        context.check_funds(&creation.plan, &keys, &spending).await?;
        if !found.is_initialized() {
            check_program(context, &new).await?;
        }
        let what = if existing.is_empty() { "Create a pool" } else { "Complete a pool" };
        context.confirm(what, &summary(&new, &creation, &existing))?;
        if !context.global.transactions.dry_run && directory.save()? {
            let shown = directory.path().display();
            context.terminal.tell(&format!("Keypairs of the new accounts are in {shown}"));
        }
        output.key_directory = directory.path_if_exists().map(|path| path.display().to_string());
        let sent = context.send(&creation.plan, &keys, new.program_id).await;
        output.transactions = sent.map_err(|halt| unfinished(halt, directory.path_if_exists()))?;
        Ok(output)
    }

    /// Rejects fees of 100 % without `--allow-full-fee`: they are usually a mistake.
    fn check_not_full(&self) -> Result<(), CliError> {
        let fees = [("epoch", self.epoch_fee), ("withdrawal", self.withdrawal_fee), ("deposit", self.deposit_fee)];
        let is_full = |fee: &Fee| fee.numerator > 0 && fee.numerator == fee.denominator;
        match fees.iter().find(|(_, fee)| is_full(&fee.0)) {
            Some((name, _)) if !self.allow_full_fee => Err(CliError::usage(format!(
                "--{name}-fee of 100 % leaves holders nothing: choose a lower fee, or allow it with --allow-full-fee"
            ))),
            _ => Ok(()),
        }
    }

    /// The pool to be made, and all keys that sign.
    fn pool<C: Cluster>(&self, context: &Context<'_, C>) -> Result<NewPool, CliError> {
        let program_id = context.global.program_id.ok_or_else(|| {
            CliError::usage("missing program: specify the address of the stake pool program with --program-id")
        })?;
        let manager = context.key_or_wallet("the manager (--manager)", self.manager.as_ref())?;
        let generated = Keypair::new();
        let directory = |pool: &Address| context.directory.join(format!("tidepool-pool-{pool}"));
        let (pool, directory) = match (&self.key_directory, &self.pool_keypair) {
            (Some(path), source) => {
                let directory = KeyDirectory::new(path.clone());
                (context.new_account_key(POOL, source.as_ref(), (&directory, "pool"), generated)?, directory)
            }
            // Another attempt with the same pool finds the keys that the first one generated.
            (None, Some(source)) => {
                let pool = context.key_or_wallet(POOL, Some(source))?;
                let directory = KeyDirectory::new(directory(&pool.pubkey()));
                (pool, directory)
            }
            (None, None) => {
                let directory = KeyDirectory::new(directory(&generated.pubkey()));
                (context.new_account_key(POOL, None, (&directory, "pool"), generated)?, directory)
            }
        };
        let mut keys = vec![pool];
        for (role, source, name) in [
            ("the validator list (--validator-list-keypair)", &self.validator_list_keypair, "validator-list"),
            ("the reserve (--reserve-keypair)", &self.reserve_keypair, "reserve"),
            ("the mint (--mint-keypair)", &self.mint_keypair, "mint"),
        ] {
            keys.push(context.new_account_key(role, source.as_ref(), (&directory, name), Keypair::new())?);
        }
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
        Ok(NewPool { new, keys, directory })
    }
}

/// What the pool's key is needed for.
const POOL: &str = "the pool (--pool-keypair)";

struct NewPool {
    new: CreatePool,
    keys: Vec<Key>,
    directory: KeyDirectory,
}

impl TokenProgram {
    const fn id(self) -> Address {
        match self {
            Self::SplToken => TOKEN_PROGRAM_ID,
            Self::Token2022 => TOKEN_2022_PROGRAM_ID,
        }
    }
}
