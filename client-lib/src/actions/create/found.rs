//! Existing accounts of a new pool, left by an interrupted attempt or created by another tool.

use {
    super::{
        CreatePool,
        checks::{check_fee_account, check_list, check_mint, check_pool, check_reserve},
        part::{ExistingAccount, Part, Piece, Progress},
    },
    crate::cluster::{Cluster, ClusterError},
    solana_account::Account,
    solana_address::Address,
    solana_rent::Rent,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, find_withdraw_authority},
        external::token::MINT_LENGTH,
        state::validator_list_length,
    },
};

/// Existing accounts of a new pool, all as [`CreatePool`] requires. The default has none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FoundPool {
    pub(super) pool: Piece,
    pub(super) validator_list: Piece,
    pub(super) reserve_stake: Piece,
    pub(super) pool_mint: Piece,
    pub(super) fee_account: Piece,
    /// Whether the pool has its extension, if required.
    pub(super) is_extended: bool,
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

/// Why a partly created pool cannot be completed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FoundPoolError {
    /// The cluster did not answer.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// An account differs from what the pool requires.
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

    /// Checks the accounts of `new`: pool, validator list, reserve, mint, fee account.
    fn of(new: &CreatePool, rent: &Rent, accounts: [Option<&Account>; 5]) -> Result<Self, ExistingAccount> {
        let [pool, list, reserve, mint, fee] = accounts;
        let withdraw_authority = find_withdraw_authority(&new.program_id, &new.pool).0;
        let lengths = [new.account_length(), new.pool_account_length];
        let pool = Part::of("pool", new.pool, pool).allocated(rent, &new.program_id, &lengths)?;
        if let Some(account) = pool.initialized() {
            // The reserve and the mint belong to the pool already: its program has checked them.
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

    /// Whether the pool is initialized.
    pub fn is_initialized(&self) -> bool {
        self.pool.progress == Progress::Initialized
    }

    /// Whether nothing is left to do.
    pub fn is_complete(&self, new: &CreatePool) -> bool {
        self.is_initialized() && (self.is_extended || new.policy.is_none())
    }

    /// Addresses of the existing accounts.
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
