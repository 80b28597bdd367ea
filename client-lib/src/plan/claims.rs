//! Plans payments of exit tickets.

use {
    super::Plan,
    crate::{
        actions,
        checks::{check_no_rewards, check_up_to_date, require_extension},
        error::{PlanError, Sol},
        pool::PoolSnapshot,
        quote,
    },
    tidepool_interface::{ExtensionError, state::ExitTicket},
};

/// A payment of a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Claim {
    /// The ticket.
    pub ticket: ExitTicket,
    /// Lamports that it pays now.
    pub lamports: u64,
}

/// Payments of tickets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClaimPlan {
    /// Transactions, one for each ticket.
    pub plan: Plan,
    /// Tickets that are paid, smallest first.
    pub claims: Vec<Claim>,
    /// Tickets that the reserve cannot pay yet, smallest first.
    pub waiting: Vec<Claim>,
}

impl ClaimPlan {
    /// Checks that the reserve can pay all tickets.
    ///
    /// # Errors
    /// Refusal `ReserveTooSmall`, with the first ticket that it cannot pay.
    pub fn check_all_paid(&self, snapshot: &PoolSnapshot) -> Result<(), PlanError> {
        let Some(claim) = self.waiting.first() else { return Ok(()) };
        let available = snapshot.reserve_lamports_above_rent().saturating_sub(snapshot.working_lamports());
        Err(PlanError::refused(
            ExtensionError::ReserveTooSmall,
            format!(
                "ticket {} is for {}, and the reserve can pay {} now: rebalance, and claim it in a later epoch",
                claim.ticket.id.get(),
                Sol(claim.lamports),
                Sol(available)
            ),
        ))
    }
}

/// Plans the payment of as many of `tickets` as the reserve can pay: the smallest first, and the oldest of equal ones.
/// Permissionless.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `NotExtended`, `StakeListAndPoolOutOfDate`, `CalculationFailure`.
pub fn claims(snapshot: &PoolSnapshot, tickets: &[ExitTicket]) -> Result<ClaimPlan, PlanError> {
    require_extension(snapshot)?;
    check_no_rewards(snapshot)?;
    check_up_to_date(snapshot)?;
    let claim = |ticket: &ExitTicket| {
        Ok(Claim { ticket: *ticket, lamports: quote::claimable_lamports(snapshot, ticket)?.get() })
    };
    let mut all = tickets.iter().map(claim).collect::<Result<Vec<Claim>, PlanError>>()?;
    all.sort_by_key(|claim| (claim.lamports, claim.ticket.id.get()));

    // Claims leave the exchange rate as it is, up to a rounding in favour of the holders.
    let (mut reserve, mut total) = (snapshot.reserve_lamports_above_rent(), snapshot.rate().total_lamports.get());
    let mut planned = ClaimPlan::default();
    for claim in all {
        // Without stake, no decrease can need the working lamports.
        let kept = if total > reserve { snapshot.working_lamports() } else { 0 };
        if claim.lamports.saturating_add(kept) > reserve {
            planned.waiting.push(claim);
            continue;
        }
        (reserve, total) = (reserve.saturating_sub(claim.lamports), total.saturating_sub(claim.lamports));
        planned.claims.push(claim);
    }
    let groups = planned.claims.iter().map(|claim| actions::claim_exit(snapshot, &claim.ticket)).collect();
    planned.plan.push("pay exit tickets", groups);
    Ok(planned)
}
