//! What of a pool is there already: another attempt to make it ended early, or another tool made some of its accounts.

use {
    super::CreatePool,
    crate::{
        cluster::{Cluster, ClusterError},
        error::Sol,
    },
    solana_account::Account,
    solana_address::Address,
    solana_rent::Rent,
    std::fmt::{Debug, Display},
    tidepool_interface::{
        POOL_MINT_DECIMALS, STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, find_deposit_authority, find_withdraw_authority},
        external::{
            stake::StakeState,
            token::{MINT_LENGTH, Mint, TokenAccount},
        },
        maths::Fee,
        state::{
            AccountType, PodLockup, PoolExtension, RebalancePolicy, StakePool, split_validator_list,
            validator_list_length,
        },
    },
};

/// How far an account of a pool is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// There is no account with data at the address.
    Missing,
    /// It has its owner and its length, and its data is zero.
    Allocated,
    /// Its program has initialized it as the pool needs it.
    Initialized,
}

/// An account of a pool, as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    pub progress: Progress,
    /// Lamports at its address, also where nothing else is there yet.
    pub lamports: u64,
}

impl Piece {
    pub const MISSING: Self = Self { progress: Progress::Missing, lamports: 0 };
}

/// What of a pool is there already, none of it other than [`CreatePool`] says. The default: nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FoundPool {
    pub(super) pool: Piece,
    pub(super) validator_list: Piece,
    pub(super) reserve_stake: Piece,
    pub(super) pool_mint: Piece,
    pub(super) fee_account: Piece,
    /// Whether the pool has its extension, if it is to have one.
    pub(super) is_extended: bool,
    /// Validators of the pool.
    pub(super) validators: usize,
}

impl Default for FoundPool {
    fn default() -> Self {
        Self {
            pool: Piece::MISSING,
            validator_list: Piece::MISSING,
            reserve_stake: Piece::MISSING,
            pool_mint: Piece::MISSING,
            fee_account: Piece::MISSING,
            is_extended: false,
            validators: 0,
        }
    }
}

/// An account of a pool to be made exists, and differs from what the pool needs.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the {role} {address} exists with {what} {found}, expected {expected}")]
pub struct ExistingAccount {
    /// What the account is for: `pool`, `validator list`, `reserve`, `mint` or `manager's fee account`.
    pub role: &'static str,
    /// Its address.
    pub address: Address,
    /// What differs: `owner`, `length`, `mint authority`, ...
    pub what: &'static str,
    /// What the pool needs.
    pub expected: String,
    /// What there is.
    pub found: String,
    /// Whether the account is a pool in use whose settings differ.
    pub is_setting: bool,
}

/// Why a half-made pool cannot be completed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FoundPoolError {
    /// The cluster does not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// An account differs from what the pool needs.
    #[error(transparent)]
    Wrong(#[from] ExistingAccount),
}

impl FoundPool {
    /// Reads the accounts of `new`.
    ///
    /// # Errors
    /// [`FoundPoolError`].
    pub async fn read(cluster: &impl Cluster, new: &CreatePool, rent: &Rent) -> Result<Self, FoundPoolError> {
        let addresses = [new.pool, new.validator_list, new.reserve_stake, new.pool_mint, new.fee_account()];
        let accounts = cluster.accounts(&addresses).await?;
        let mut accounts = accounts.iter().map(Option::as_ref);
        let mut next = || accounts.next().flatten();
        Ok(Self::of(new, rent, [next(), next(), next(), next(), next()])?)
    }

    /// Judges the accounts of `new`: pool, validator list, reserve, mint, fee account.
    fn of(new: &CreatePool, rent: &Rent, accounts: [Option<&Account>; 5]) -> Result<Self, ExistingAccount> {
        let [pool, list, reserve, mint, fee] = accounts;
        let withdraw_authority = find_withdraw_authority(&new.program_id, &new.pool).0;
        let lengths = [new.account_length(), new.pool_account_length];
        let pool = Part::of("pool", new.pool, pool).allocated(rent, &new.program_id, &lengths)?;
        if let Some(account) = pool.initialized() {
            // The reserve and the mint are the pool's, and its program looks after them.
            let is_extended = check_pool(&pool, account, new)?;
            let list = Part::of("validator list", new.validator_list, list);
            let validators = check_list(&list, new)?;
            let piece = |role, address, account| Part::of(role, address, account).piece;
            return Ok(Self {
                pool: pool.piece,
                validator_list: list.piece,
                reserve_stake: piece("reserve", new.reserve_stake, reserve),
                pool_mint: piece("mint", new.pool_mint, mint),
                fee_account: piece("manager's fee account", new.fee_account(), fee),
                is_extended,
                validators,
            });
        }
        let length = validator_list_length(new.max_validators);
        let list = Part::of("validator list", new.validator_list, list).allocated(rent, &new.program_id, &[length])?;
        let reserve = Part::of("reserve", new.reserve_stake, reserve).allocated(
            rent,
            &STAKE_PROGRAM_ID,
            &[STAKE_ACCOUNT_SPACE],
        )?;
        let mint = Part::of("mint", new.pool_mint, mint).allocated(rent, &new.token_program, &[MINT_LENGTH])?;
        let fee = Part::of("manager's fee account", new.fee_account(), fee);
        let found = Self {
            pool: pool.piece,
            validator_list: list.piece,
            reserve_stake: reserve.piece,
            pool_mint: mint.piece,
            fee_account: fee.owned_by(&new.token_program)?.piece,
            ..Self::default()
        };
        if list.initialized().is_some() {
            return Err(list.wrong("content", "zero", "the list of another pool"));
        }
        if let Some(account) = reserve.initialized() {
            check_reserve(&reserve, account, &withdraw_authority)?;
        }
        if let Some(account) = mint.initialized() {
            check_mint(&mint, account, &withdraw_authority)?;
        }
        if let Some(account) = fee.account.filter(|_| fee.piece.progress != Progress::Missing) {
            check_fee_account(&fee, account, new)?;
        }
        Ok(found)
    }

    /// Whether the program has initialized the pool.
    pub fn is_initialized(&self) -> bool {
        self.pool.progress == Progress::Initialized
    }

    /// Whether nothing is left to do.
    pub fn is_complete(&self, new: &CreatePool) -> bool {
        self.is_initialized() && (self.is_extended || new.policy.is_none())
    }

    /// The accounts that exist.
    pub fn existing(&self, new: &CreatePool) -> Vec<Address> {
        let all = [
            (new.pool, self.pool),
            (new.validator_list, self.validator_list),
            (new.reserve_stake, self.reserve_stake),
            (new.pool_mint, self.pool_mint),
            (new.fee_account(), self.fee_account),
        ];
        all.into_iter().filter(|(_, piece)| piece.progress != Progress::Missing).map(|(address, _)| address).collect()
    }
}

/// An account that is judged.
struct Part<'a> {
    role: &'static str,
    address: Address,
    account: Option<&'a Account>,
    piece: Piece,
}

impl<'a> Part<'a> {
    fn of(role: &'static str, address: Address, account: Option<&'a Account>) -> Self {
        let is_bare = |account: &&Account| account.owner == SYSTEM_PROGRAM_ID && account.data.is_empty();
        let progress = match account.filter(|account| !is_bare(account)) {
            None => Progress::Missing,
            Some(account) if account.data.iter().all(|byte| *byte == 0) => Progress::Allocated,
            Some(_) => Progress::Initialized,
        };
        let lamports = account.map_or(0, |account| account.lamports);
        Self { role, address, account, piece: Piece { progress, lamports } }
    }

    /// Checks that it is missing or belongs to `owner`.
    fn owned_by(&self, owner: &Address) -> Result<&Self, ExistingAccount> {
        match self.account.filter(|_| self.piece.progress != Progress::Missing) {
            Some(account) if account.owner != *owner => Err(self.wrong("owner", owner, account.owner)),
            _ => Ok(self),
        }
    }

    /// Checks that it is missing, or belongs to `owner` and has one of `lengths`, the first of which is what it would get. An address
    /// that holds more lamports than the account needs is taken for a wallet in use, whose lamports the account would lock up.
    fn allocated(self, rent: &Rent, owner: &Address, lengths: &[usize]) -> Result<Self, ExistingAccount> {
        self.owned_by(owner)?;
        let needed = rent.minimum_balance(lengths[0]);
        if self.piece.progress == Progress::Missing && self.piece.lamports > needed {
            return Err(self.wrong("balance", format!("{} at most", Sol(needed)), Sol(self.piece.lamports)));
        }
        match self.account.filter(|_| self.piece.progress != Progress::Missing) {
            Some(account) if !lengths.contains(&account.data.len()) => {
                Err(self.wrong("length", format!("{} bytes", lengths[0]), format!("{} bytes", account.data.len())))
            }
            _ => Ok(self),
        }
    }

    fn initialized(&self) -> Option<&'a Account> {
        self.account.filter(|_| self.piece.progress == Progress::Initialized)
    }

    fn wrong(&self, what: &'static str, expected: impl Display, found: impl Display) -> ExistingAccount {
        ExistingAccount {
            role: self.role,
            address: self.address,
            what,
            expected: expected.to_string(),
            found: found.to_string(),
            is_setting: false,
        }
    }

    fn check<T: Debug + PartialEq>(
        &self,
        what: &'static str,
        expected: T,
        found: T,
        write: impl Fn(&T) -> String,
    ) -> Result<(), ExistingAccount> {
        if expected == found { Ok(()) } else { Err(self.wrong(what, write(&expected), write(&found))) }
    }
}

fn optional(address: &Option<Address>) -> String {
    address.map_or_else(|| "none".into(), |address| address.to_string())
}

fn check_reserve(part: &Part, account: &Account, withdraw_authority: &Address) -> Result<(), ExistingAccount> {
    let Ok(StakeState::Initialized(meta)) = StakeState::decode(&account.data) else {
        return Err(part.wrong("state", "initialized and not delegated", "another one"));
    };
    part.check("stake authority", *withdraw_authority, meta.staker, Address::to_string)?;
    part.check("withdraw authority", *withdraw_authority, meta.withdrawer, Address::to_string)?;
    let has_lockup = meta.lockup != PodLockup::default();
    part.check("lockup", false, has_lockup, |has_lockup| if *has_lockup { "one" } else { "none" }.into())
}

fn check_mint(part: &Part, account: &Account, withdraw_authority: &Address) -> Result<(), ExistingAccount> {
    let Ok(mint) = Mint::decode(&account.data) else {
        return Err(part.wrong("content", "a mint", "something else"));
    };
    part.check("mint authority", Some(*withdraw_authority), mint.mint_authority.copied(), optional)?;
    part.check("freeze authority", None, mint.freeze_authority.copied(), optional)?;
    part.check("decimals", POOL_MINT_DECIMALS, mint.decimals, u8::to_string)?;
    part.check("supply", 0, mint.supply, u64::to_string)
}

fn check_fee_account(part: &Part, account: &Account, new: &CreatePool) -> Result<(), ExistingAccount> {
    let Ok(found) = TokenAccount::decode(&account.data) else {
        return Err(part.wrong("content", "a token account", "something else"));
    };
    part.check("mint", new.pool_mint, *found.mint, Address::to_string)?;
    if new.manager_fee_account.is_none() {
        part.check("token owner", new.manager, *found.owner, Address::to_string)?;
    }
    Ok(())
}

/// Checks the list of a pool that its program has initialized; returns the number of its validators.
fn check_list(part: &Part, new: &CreatePool) -> Result<usize, ExistingAccount> {
    let list = part.account.and_then(|account| split_validator_list(&account.data).ok());
    let (room, validators) = list.map_or((0, 0), |(header, records)| (header.max_validators.get(), records.len()));
    let wrong = || part.wrong("room for validators", new.max_validators, room);
    if room == new.max_validators { Ok(validators) } else { Err(ExistingAccount { is_setting: true, ..wrong() }) }
}

/// Checks a pool that its program has initialized; returns whether it has the extension.
fn check_pool(part: &Part, account: &Account, new: &CreatePool) -> Result<bool, ExistingAccount> {
    let decoded = StakePool::decode(&account.data);
    let Some(pool) = decoded.ok().filter(|pool| pool.head.account_type == AccountType::StakePool as u8) else {
        return Err(part.wrong("content", "a stake pool", "something else"));
    };
    let (head, terms) = (&pool.head, &pool.terms);
    let setting = |what, expected: String, found: String| {
        let wrong = || ExistingAccount { is_setting: true, ..part.wrong(what, &expected, &found) };
        if expected == found { Ok(()) } else { Err(wrong()) }
    };
    for (what, expected, found) in [
        ("manager", new.manager, head.manager),
        ("staker", new.staker, head.staker),
        ("validator list", new.validator_list, head.validator_list),
        ("reserve", new.reserve_stake, head.reserve_stake),
        ("mint", new.pool_mint, head.pool_mint),
        ("token program", new.token_program, head.token_program_id),
        ("manager's fee account", new.fee_account(), head.manager_fee_account),
    ] {
        setting(what, expected.to_string(), found.to_string())?;
    }
    let own_authority = find_deposit_authority(&new.program_id, &new.pool).0;
    let authority = new.deposit_authority.unwrap_or(own_authority);
    setting("stake deposit authority", authority.to_string(), head.stake_deposit_authority.to_string())?;
    setting("SOL deposit authority", optional(&new.deposit_authority), optional(&terms.sol_deposit_authority))?;
    let fee = |fee: Fee| if fee.numerator == 0 { "0".into() } else { format!("{}/{}", fee.numerator, fee.denominator) };
    for (what, expected, found) in [
        ("epoch fee", new.epoch_fee, head.epoch_fee.get()),
        ("stake withdrawal fee", new.withdrawal_fee, terms.stake_withdrawal_fee),
        ("SOL withdrawal fee", new.withdrawal_fee, terms.sol_withdrawal_fee),
        ("stake deposit fee", new.deposit_fee, terms.stake_deposit_fee),
        ("SOL deposit fee", new.deposit_fee, terms.sol_deposit_fee),
    ] {
        setting(what, fee(expected), fee(found))?;
    }
    for (what, found) in
        [("stake referral fee", terms.stake_referral_fee), ("SOL referral fee", terms.sol_referral_fee)]
    {
        setting(what, format!("{} %", new.referral_fee), format!("{found} %"))?;
    }
    let extension = PoolExtension::find(&account.data);
    match (new.policy, extension) {
        (None, None) => {}
        (None, Some(_)) => setting("extension", "none".into(), "one".into())?,
        (Some(_), None) if PoolExtension::is_present(&account.data) => {
            setting("extension", "of the version that is known here".into(), "of another version".into())?;
        }
        (Some(_), None) => return Ok(false),
        (Some(expected), Some(extension)) => {
            let points = |share: tidepool_interface::state::U16| format!("{} basis points", share.get());
            let policy: &RebalancePolicy = &extension.policy;
            setting("turnover budget", points(expected.turnover_budget), points(policy.turnover_budget))?;
            setting("rebalance policy", format!("{expected:?}"), format!("{policy:?}"))?;
        }
    }
    Ok(extension.is_some())
}
