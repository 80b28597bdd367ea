//! Trades that the page and wallets ask for: their quotes, and their transactions.

use {
    crate::problem::Problem,
    solana_address::Address,
    std::{fmt, str::FromStr},
    tidepool_client::{
        actions::{self, DepositSol, NewStakeAccount, RequestExit, TokenReceiver, TokenSource, WithdrawSol, Wrap},
        plan::{self, Plan, Withdrawal, WithdrawalOrder, WithdrawalPlan},
        pool::PoolSnapshot,
        quote,
        units::{sol, tokens},
    },
    tidepool_interface::state::ExitTicket,
};

/// Slippage bound in basis points, if the request names none.
pub const DEFAULT_SLIPPAGE: u16 = 10;

/// Largest slippage bound of a request, in basis points: who wants more makes a mistake, or is deceived.
pub const MAX_SLIPPAGE: u16 = 500;

/// What a holder can do from the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Action {
    /// Deposit SOL.
    Stake,
    /// Withdraw SOL from the reserve.
    Unstake,
    /// Withdraw a stake account.
    UnstakeStake,
    /// Request an exit ticket.
    Ticket,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 4] = [Self::Stake, Self::Unstake, Self::UnstakeStake, Self::Ticket];

    /// The name in addresses and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stake => "stake",
            Self::Unstake => "unstake",
            Self::UnstakeStake => "unstake-stake",
            Self::Ticket => "ticket",
        }
    }

    /// The unit of its amount.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Stake => "SOL",
            Self::Unstake | Self::UnstakeStake | Self::Ticket => "pool tokens",
        }
    }

    /// Its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Stake => "Stake SOL",
            Self::Unstake => "Unstake as SOL",
            Self::UnstakeStake => "Unstake as a stake account",
            Self::Ticket => "Request an exit ticket",
        }
    }
}

/// What can be done about an exit ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TicketAction {
    /// Have it paid: permissionless.
    Claim,
    /// Give it back for pool tokens; its owner signs.
    Cancel,
}

impl TicketAction {
    /// The action of this name in JSON; `None` for a trade.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "claim-ticket" => Some(Self::Claim),
            "cancel-ticket" => Some(Self::Cancel),
            _ => None,
        }
    }

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Cancel => "cancel",
        }
    }

    /// What it does, in a sentence.
    pub fn sentence(self, id: u64) -> String {
        match self {
            Self::Claim => format!("Pay exit ticket {id} from the reserve"),
            Self::Cancel => format!("Cancel exit ticket {id} for its pool tokens"),
        }
    }
}

impl FromStr for Action {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|action| action.name() == text);
        found.ok_or_else(|| Problem::invalid("invalid action: expected stake, unstake, unstake-stake or ticket"))
    }
}

/// A request for a trade.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Trade {
    /// What to do.
    pub action: Action,
    /// Lamports to stake, or pool tokens (smallest unit) to give.
    pub amount: u64,
    /// Slippage bound in basis points.
    pub slippage: u16,
}

/// What a trade yields, exact while the pool does not change.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quote {
    /// The trade.
    pub trade: Trade,
    /// Lamports in of a deposit, out of a withdrawal.
    pub lamports: u64,
    /// Pool tokens out of a deposit, in of a withdrawal; smallest unit.
    pub pool_tokens: u64,
    /// Pool tokens of the fee, already deducted.
    pub fee_pool_tokens: u64,
    /// Lamports of a deposit for which no pool tokens are minted, in favour of all holders.
    pub growth_charge_lamports: u64,
    /// Minimum amount out, in the unit of the output; a lower one fails the transaction.
    pub minimum: Option<u64>,
    /// Lamports of rent that the wallet pays for new accounts: those of stake stay in them, that of a ticket returns.
    pub rent_lamports: u64,
    /// New stake accounts.
    pub stake_accounts: usize,
    /// Pool tokens that cannot be withdrawn as stake now, and stay with the holder.
    pub remaining_pool_tokens: u64,
    /// An estimate of the first epoch in which a ticket can be paid.
    pub payable_from_epoch: Option<u64>,
}

impl Quote {
    /// Quotes a trade of `holder`; `None` if the wallet is not known yet. `stakes` has the stake accounts of all validators, for
    /// withdrawals of stake.
    ///
    /// # Errors
    /// [`Problem`] if the program would refuse it.
    pub fn of(snapshot: &PoolSnapshot, trade: Trade, holder: Option<&Address>) -> Result<Self, Problem> {
        check_authorities(snapshot, trade.action)?;
        // Only the manager's fee account is exempt from fees.
        let stranger = Address::default();
        let owner = holder.unwrap_or(&stranger);
        let from = actions::associated_token_account(snapshot, owner);
        let quote = Self::empty(trade);
        match trade.action {
            Action::Stake => {
                let quoted = quote::quote_deposit_sol(snapshot, trade.amount, None)?;
                let tokens = quoted.pool_tokens;
                Ok(Self {
                    lamports: trade.amount,
                    pool_tokens: tokens.to_depositor.get(),
                    fee_pool_tokens: tokens.minted.get().saturating_sub(tokens.to_depositor.get()),
                    growth_charge_lamports: quoted.growth_charge.get(),
                    minimum: quote::minimum_out(tokens.to_depositor.get(), trade.slippage),
                    ..quote
                })
            }
            Action::Unstake => {
                let quoted = quote::quote_withdraw_sol(snapshot, &from, trade.amount, None)?;
                Ok(quote.of_withdrawal(quoted.lamports.get(), quoted.fee.get()))
            }
            Action::Ticket => {
                let quoted = quote::quote_exit(snapshot, &from, trade.amount, None)?;
                Ok(Self {
                    rent_lamports: actions::ticket_rent(snapshot),
                    payable_from_epoch: quoted.payable_from_epoch,
                    ..quote.of_withdrawal(quoted.terms.lamports.get(), quoted.terms.fee.get())
                })
            }
            Action::UnstakeStake => {
                let planned = plan_stake(snapshot, trade, owner, &[])?;
                Ok(quote.of_stake(&planned))
            }
        }
    }

    const fn empty(trade: Trade) -> Self {
        Self {
            trade,
            lamports: 0,
            pool_tokens: 0,
            fee_pool_tokens: 0,
            growth_charge_lamports: 0,
            minimum: None,
            rent_lamports: 0,
            stake_accounts: 0,
            remaining_pool_tokens: 0,
            payable_from_epoch: None,
        }
    }

    fn of_withdrawal(self, lamports: u64, fee_pool_tokens: u64) -> Self {
        let minimum = quote::minimum_out(lamports, self.trade.slippage);
        Self { lamports, pool_tokens: self.trade.amount, fee_pool_tokens, minimum, ..self }
    }

    fn of_stake(self, planned: &WithdrawalPlan) -> Self {
        let fee = planned.quotes().fold(0, |sum: u64, quote| sum.saturating_add(quote.fee.get()));
        let bounds = planned.quotes().map(|quote| quote::minimum_out(quote.lamports.get(), self.trade.slippage));
        Self {
            minimum: bounds.sum::<Option<u64>>(),
            rent_lamports: planned.rent_lamports,
            stake_accounts: planned.pieces.len(),
            remaining_pool_tokens: planned.remaining_pool_tokens(),
            ..self.of_withdrawal(planned.lamports(), fee)
        }
    }

    /// What the trade does, in a sentence for the wallet: short, since Solana Pay shows 80 characters.
    pub fn sentence(&self) -> String {
        let minimum = self.minimum.unwrap_or(0);
        let given = tokens(self.pool_tokens.saturating_sub(self.remaining_pool_tokens));
        match self.trade.action {
            Action::Stake => format!("Deposit {} for at least {}", sol(self.lamports), tokens(minimum)),
            Action::Unstake => format!("Give {given} for at least {}", sol(minimum)),
            Action::UnstakeStake => format!("Give {given} for stake of at least {}", sol(minimum)),
            Action::Ticket => format!("Give {given} for a ticket of at least {}", sol(minimum)),
        }
    }
}

/// The plan of a trade of `holder`, with `stake_accounts` for a withdrawal of stake.
///
/// # Errors
/// [`Problem`] if the program would refuse it.
pub fn plan(
    snapshot: &PoolSnapshot,
    quote: &Quote,
    holder: &Address,
    stake_accounts: &[NewStakeAccount],
) -> Result<Plan, Problem> {
    let trade = quote.trade;
    let source = TokenSource::wallet(snapshot, holder);
    let group = match trade.action {
        Action::Stake => actions::deposit_sol(
            snapshot,
            &DepositSol {
                from: *holder,
                lamports: trade.amount,
                to: TokenReceiver::Wallet(*holder),
                referrer: None,
                minimum_pool_tokens: quote.minimum,
                throwaway: None,
                unwrap: None,
            },
        ),
        Action::Unstake => {
            let withdrawal = WithdrawSol {
                tokens: source,
                pool_tokens: trade.amount,
                to: *holder,
                wrap: Wrap::No,
                payer: *holder,
                minimum_lamports: quote.minimum,
            };
            actions::withdraw_sol(snapshot, &withdrawal)?.0
        }
        Action::Ticket => {
            let request = RequestExit {
                tokens: source,
                pool_tokens: trade.amount,
                recipient: *holder,
                payer: *holder,
                minimum_lamports: quote.minimum,
            };
            actions::request_exit(snapshot, &request)?.0
        }
        Action::UnstakeStake => return Ok(plan_stake(snapshot, trade, holder, stake_accounts)?.plan),
    };
    Ok(Plan::one(trade.action.title(), group))
}

/// The plan for an open ticket.
///
/// # Errors
/// [`Problem`] if the program would refuse it.
pub fn plan_of_ticket(
    snapshot: &PoolSnapshot,
    action: TicketAction,
    ticket: &ExitTicket,
    holder: &Address,
) -> Result<Plan, Problem> {
    match action {
        TicketAction::Claim => {
            let planned = plan::claims(snapshot, std::slice::from_ref(ticket))?;
            planned.check_all_paid(snapshot)?;
            Ok(planned.plan)
        }
        TicketAction::Cancel if ticket.owner != *holder => Err(Problem::invalid(format!(
            "ticket {} belongs to {}: sign with that wallet",
            ticket.id.get(),
            ticket.owner
        ))),
        TicketAction::Cancel => {
            let (group, _) = actions::cancel_exit(snapshot, ticket, &TokenReceiver::Wallet(*holder), holder)?;
            Ok(Plan::one("Cancel an exit ticket", group))
        }
    }
}

fn plan_stake(
    snapshot: &PoolSnapshot,
    trade: Trade,
    holder: &Address,
    accounts: &[NewStakeAccount],
) -> Result<WithdrawalPlan, Problem> {
    let withdrawal = Withdrawal {
        tokens: TokenSource::wallet(snapshot, holder),
        pool_tokens: trade.amount,
        stake_authority: *holder,
        payer: *holder,
        slippage_bps: Some(trade.slippage),
        take_whole_accounts: false,
        order: WithdrawalOrder::StakeOnly,
        wrap: false,
    };
    let planned = plan::withdraw(snapshot, &withdrawal, |number| match accounts.get(number) {
        Some(account) => Ok(account.clone()),
        None => NewStakeAccount::with_seed(*holder, &number.to_string()),
    })?;
    match planned.remainder {
        Some(remainder) if planned.pieces.is_empty() => Err(Problem::refused(format!(
            "{} cannot be withdrawn as stake now ({}): withdraw SOL, or another amount",
            tokens(remainder.pool_tokens),
            remainder.reason
        ))),
        _ => Ok(planned),
    }
}

/// A pool can require the signature of a key that this server does not have.
fn check_authorities(snapshot: &PoolSnapshot, action: Action) -> Result<(), Problem> {
    let terms = &snapshot.pool().terms;
    let (authority, what) = match action {
        Action::Stake => (terms.sol_deposit_authority, "deposits of SOL"),
        Action::Unstake => (terms.sol_withdraw_authority, "withdrawals of SOL"),
        Action::Ticket | Action::UnstakeStake => return Ok(()),
    };
    authority.map_or(Ok(()), |authority| {
        Err(Problem::refused(format!("{what} of this pool need the signature of {authority}: ask its manager")))
    })
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
