//! What the extension does for holders, on the rehearsed pool: limits, demotion, and an exit ticket that a rebalance pays for.

use {
    super::{extended::into_next_epoch, report},
    crate::{
        run::{Driver, RequestedExit, RunError, StageCost, claim_exits, demote, deposit_sol, request_exit},
        terminal::{Sol, Tokens, counted},
    },
    solana_address::Address,
    solana_native_token::LAMPORTS_PER_SOL,
    std::io::Write,
    tidepool_client::{
        actions::{self, LimitChanges},
        plan::{self, Plan, RebalanceOptions},
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_core::{maths::Fee, rebalance::BASIS_POINTS},
    tidepool_interface::state::{Ceiling, DemotionPolicy},
};

/// Lamports that a new wallet deposits, for a ticket.
const DEPOSIT_LAMPORTS: u64 = 100 * LAMPORTS_PER_SOL;

/// Highest commission on inflation rewards, in basis points.
const HIGHEST_COMMISSION: u16 = 1_000;

/// Most stake that is demoted in an epoch, in basis points.
const MOST_DEMOTED: u16 = 1_000;

/// Epochs by which a payment may be later than the quote's estimate: stake that is activating cannot be deactivated in the same epoch,
/// and validators give no less than the minimum delegation each, so that a remainder below it waits for the next epoch.
const LATE_EPOCHS: u64 = 2;

/// Result of the rehearsal of limits, demotion and a ticket.
#[derive(Clone, Debug)]
pub struct ForHolders {
    /// Cost of the settings.
    pub settings: Vec<StageCost>,
    /// Vote accounts of the demoted validators.
    pub demoted: Vec<Address>,
    /// The ticket, and the epoch in which it was paid; `None` if the pool gives none.
    pub ticket: Option<(RequestedExit, u64)>,
}

/// Sets limits at the fees in force and a demotion policy, demotes, and has a ticket paid.
///
/// # Errors
/// [`RunError`].
pub async fn rehearse(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    out: &mut dyn Write,
) -> Result<ForHolders, RunError> {
    report::heading(out, "Limits, demotion and an exit ticket")?;
    let (settings, snapshot) = set(driver, snapshot).await?;
    report::write_costs(out, &settings)?;
    let demotions = demote(driver, &snapshot).await?;
    let demoted: Vec<Address> = demotions.iter().map(|demotion| demotion.vote).collect();
    let lamports: u64 = demotions.iter().map(|demotion| demotion.lamports).sum();
    let validators = counted(demoted.len(), "validator");
    report::figure(out, "demoted", format!("{validators} with {} SOL, by a commission above 10 %", Sol(lamports)))?;
    let snapshot = snapshot.read_again(driver.cluster(), StakeSelection::All).await?;
    let are_demoted = snapshot.records().iter().filter(|record| record.extension.is_demoted()).count();
    RunError::check("the number of demoted records", demoted.len(), are_demoted)?;
    let ticket = ticket(driver, snapshot, out).await?;
    Ok(ForHolders { settings, demoted, ticket })
}

/// Sets ceilings of all fees at those in force, and a demotion policy.
async fn set(driver: &Driver<'_>, before: &PoolSnapshot) -> Result<(Vec<StageCost>, PoolSnapshot), RunError> {
    let (head, terms) = (&before.pool().head, &before.pool().terms);
    let highest = |fees: [Option<Fee>; 2]| fees.into_iter().flatten().map(|fee| basis_points(&fee)).max();
    let limits = LimitChanges {
        epoch_fee: highest([Some(head.epoch_fee.get()), terms.next_epoch_fee.pending().map(|(fee, _)| fee)]),
        sol_deposit_fee: highest([Some(terms.sol_deposit_fee), None]),
        stake_deposit_fee: highest([Some(terms.stake_deposit_fee), None]),
        sol_withdrawal_fee: highest([
            Some(terms.sol_withdrawal_fee),
            terms.next_sol_withdrawal_fee.pending().map(|(fee, _)| fee),
        ]),
        stake_withdrawal_fee: highest([
            Some(terms.stake_withdrawal_fee),
            terms.next_stake_withdrawal_fee.pending().map(|(fee, _)| fee),
        ]),
        ..LimitChanges::default()
    };
    let policy = DemotionPolicy {
        inflation_commission: Ceiling::new(HIGHEST_COMMISSION),
        max_validators: 10.into(),
        max_stake: MOST_DEMOTED.into(),
        ..DemotionPolicy::NONE
    };
    let limit = actions::set_limits(before, &head.manager, &limits)?;
    let demotion = actions::set_demotion_policy(before, &policy)?;
    let mut costs = Vec::new();
    for (label, group) in [("set the limits", limit), ("set the demotion policy", demotion)] {
        costs.push(StageCost::of(label, &driver.send_unsigned(&Plan::one(label, group))?));
    }
    let after = before.read_again(driver.cluster(), StakeSelection::All).await?;
    let found = (after.limits().ceilings.epoch.get(), after.extension().map(|extension| extension.demotion));
    let wanted = (limits.epoch_fee, Some(policy));
    RunError::check("the limits and the policy in the pool", format!("{wanted:?}"), format!("{found:?}"))?;
    Ok((costs, after))
}

/// A fee in basis points, rounded up.
fn basis_points(fee: &Fee) -> u16 {
    let parts = u128::from(fee.numerator) * u128::from(BASIS_POINTS);
    let parts = parts.div_ceil(u128::from(fee.denominator.max(1)));
    u16::try_from(parts).map_or(BASIS_POINTS, |parts| parts.min(BASIS_POINTS))
}

/// A new wallet deposits, the deposit is delegated, and the wallet leaves by a ticket. Returns the ticket and the epoch of its payment.
async fn ticket(
    driver: &Driver<'_>,
    snapshot: PoolSnapshot,
    out: &mut dyn Write,
) -> Result<Option<(RequestedExit, u64)>, RunError> {
    let terms = &snapshot.pool().terms;
    if let Some(authority) = terms.sol_deposit_authority.or(terms.sol_withdraw_authority) {
        report::write_left_out(out, "an exit ticket", &authority)?;
        return Ok(None);
    }
    let wallet = driver.cluster().funded_keypair(DEPOSIT_LAMPORTS + LAMPORTS_PER_SOL);
    let deposit = deposit_sol(driver, &snapshot, &wallet, DEPOSIT_LAMPORTS).await?;
    let mut snapshot = rebalance(driver, &snapshot).await?;
    let requested = request_exit(driver, &snapshot, &wallet, deposit.pool_tokens).await?;
    let tokens = Tokens(requested.pool_tokens);
    report::figure(out, "ticket", format!("{} SOL for {tokens} pool tokens", Sol(requested.lamports)))?;
    snapshot = snapshot.read_again(driver.cluster(), StakeSelection::All).await?;
    loop {
        if !claim_exits(driver, &snapshot).await?.is_empty() {
            let epoch = driver.cluster().epoch();
            report::figure(out, "paid", format!("to the lamport, in epoch {epoch}"))?;
            return Ok(Some((requested, epoch)));
        }
        let payable = requested.payable_from_epoch.map_or(0, |epoch| epoch + LATE_EPOCHS);
        if driver.cluster().epoch() >= payable {
            return Err(RunError::Mismatch {
                what: "the exit ticket".into(),
                expected: format!("paid by epoch {payable}"),
                found: "open".into(),
            });
        }
        snapshot = rebalance(driver, &snapshot).await?;
        snapshot = into_next_epoch(driver, &snapshot, "with an open exit ticket", out).await?.snapshot;
    }
}

async fn rebalance(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> Result<PoolSnapshot, RunError> {
    let snapshot = snapshot.read_again(driver.cluster(), StakeSelection::All).await?;
    let options = RebalanceOptions { format: driver.format().clone(), ..RebalanceOptions::default() };
    driver.send("Rebalancing", &plan::rebalance(&snapshot, &options)?.plan, &[]).await?;
    Ok(snapshot.read_again(driver.cluster(), StakeSelection::All).await?)
}
