//! Whether wallets can pay for all of a plan, before any of it is sent.

use {
    super::Context,
    crate::{error::CliError, keys::Key, units::sol},
    solana_address::Address,
    solana_signer::null_signer::NullSigner,
    tidepool_client::{
        cluster::Cluster,
        plan::Plan,
        send::{Fees, SendOptions, Sender},
    },
    tidepool_interface::address::SYSTEM_PROGRAM_ID,
};

/// Lamports that a plan takes from a wallet besides the fees of its transactions: for rent, deposits and what programs charge.
#[derive(Clone, Copy, Debug)]
pub struct Spending {
    pub wallet: Address,
    pub lamports: u64,
    /// The stage of the plan that takes them, counted from 0.
    pub stage: usize,
}

impl Spending {
    /// What the first stage takes from a wallet.
    pub const fn new(wallet: Address, lamports: u64) -> Self {
        Self { wallet, lamports, stage: 0 }
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Outlay {
    spent: u64,
    fees: Fees,
    transactions: usize,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Need {
    spent: u64,
    fees: u64,
    /// Has to stay in the wallet: its rent-exempt minimum.
    stays: u64,
}

impl<C: Cluster> Context<'_, C> {
    /// Checks that wallets can pay for all of `plan`, which `keys` sign: for `spending`, for the fees of all transactions at the
    /// compute limits and the price that they will ask for, and for what has to stay. A wallet ends up empty or keeps its
    /// rent-exempt minimum, after each stage: the runtime accepts nothing in between.
    pub async fn check_funds(&self, plan: &Plan, keys: &[Key], spending: &[Spending]) -> Result<(), CliError> {
        let payer = self.fee_payer()?.pubkey();
        let (lifetime, stages) = self.packed(plan, &mut keys.to_vec(), &self.format().await?).await?;
        let signer = NullSigner::new(&payer);
        let options = SendOptions { lifetime, ..self.send_options(Address::default())? };
        let sender = Sender::new(self.cluster, &signer).options(options);
        // Of a message alone it is open who pays the fee: a multisig's vault does not.
        let has_fees = self.global.transactions.signs() && self.vault.is_none();
        let mut fees = vec![];
        for stage in &stages {
            let paid = stage.iter().filter(|_| has_fees);
            let each = paid.map(|outgoing| sender.fees(outgoing)).collect::<Result<Vec<_>, _>>()?;
            fees.push(each.iter().fold(Fees::default(), |sum, fees| Fees {
                minimum: sum.minimum.saturating_add(fees.minimum),
                maximum: sum.maximum.saturating_add(fees.maximum),
            }));
        }
        let mut wallets = vec![payer];
        wallets.extend(spending.iter().map(|spending| spending.wallet).filter(|wallet| *wallet != payer));
        wallets.dedup();
        let (rent, accounts) = (self.cluster.rent().await?, self.cluster.accounts(&wallets).await?);
        for (wallet, account) in wallets.iter().zip(&accounts) {
            let outlays = stages.iter().zip(&fees).enumerate().map(|(number, (stage, fees))| {
                let spent = spending.iter().filter(|spending| spending.wallet == *wallet && spending.stage == number);
                Outlay {
                    spent: spent.fold(0, |sum, spending| sum.saturating_add(spending.lamports)),
                    fees: if *wallet == payer { *fees } else { Fees::default() },
                    transactions: stage.len(),
                }
            });
            let outlays: Vec<_> = outlays.collect();
            let (held, length) = account.as_ref().map_or((0, 0), |account| (account.lamports, account.data.len()));
            // Lamports of a program's account, which may sign by its program, are that program's to look after.
            let is_wallet = account.as_ref().is_none_or(|account| account.owner == SYSTEM_PROGRAM_ID);
            let minimum = if is_wallet { rent.minimum_balance(length) } else { 0 };
            if let Err(need) = can_pay(held, minimum, &outlays) {
                let Need { spent, fees, stays } = need;
                let all = spent.saturating_add(fees).saturating_add(stays);
                let needed = format!(
                    "{} ({} for accounts and amounts, {} of fees, and {} for its rent-exempt minimum)",
                    sol(all),
                    sol(spent),
                    sol(fees),
                    sol(stays)
                );
                return Err(CliError::InsufficientFunds { holder: *wallet, held: sol(held), needed });
            }
        }
        Ok(())
    }
}

/// Whether a wallet that holds `held` can pay `outlays`, one after the other, and keep `minimum` or nothing.
fn can_pay(held: u64, minimum: u64, outlays: &[Outlay]) -> Result<(), Need> {
    let sum = |lamports: fn(&Outlay) -> u64| outlays.iter().map(lamports).fold(0, u64::saturating_add);
    let need = Need { spent: sum(|outlay| outlay.spent), fees: sum(|outlay| outlay.fees.maximum), stays: minimum };
    // A wallet below the minimum, which only older clusters allowed, stays as it is.
    let minimum = if held < minimum { 0 } else { minimum };
    let (mut most, mut least) = (0_u128, 0_u128);
    for outlay in outlays {
        most += u128::from(outlay.spent) + u128::from(outlay.fees.maximum);
        least += u128::from(outlay.spent) + u128::from(outlay.fees.minimum);
        let Some(left) = u128::from(held).checked_sub(most) else { return Err(need) };
        // Several transactions of a stage have no order, and each has to leave the minimum for the others.
        let is_emptied = left == 0 && least == most && outlay.transactions <= 1;
        if left < u128::from(minimum) && !is_emptied && (outlay.spent, outlay.fees.maximum) != (0, 0) {
            return Err(need);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMUM: u64 = 890_880;

    fn outlay(spent: u64, least: u64, most: u64) -> Outlay {
        Outlay { spent, fees: Fees { minimum: least, maximum: most }, transactions: 1 }
    }

    #[test]
    fn a_wallet_keeps_its_minimum_or_nothing() {
        let outlays = [outlay(1_000_000, 15_000, 15_000), outlay(2_000_000, 15_000, 15_000)];
        let need = Need { spent: 3_000_000, fees: 30_000, stays: MINIMUM };
        for held in [0, 3_000_000, 3_029_999, 3_030_001, 3_030_000 + MINIMUM - 1] {
            assert_eq!(can_pay(held, MINIMUM, &outlays), Err(need), "{held}");
        }
        for held in [3_030_000, 3_030_000 + MINIMUM, u64::MAX] {
            assert_eq!(can_pay(held, MINIMUM, &outlays), Ok(()), "{held}");
        }
    }

    #[test]
    fn a_wallet_is_emptied_only_by_a_known_fee_and_a_last_transaction() {
        assert!(can_pay(1_015_000, MINIMUM, &[outlay(1_000_000, 15_000, 15_000)]).is_ok());
        assert!(can_pay(1_015_000, MINIMUM, &[outlay(1_000_000, 5_000, 15_000)]).is_err());
        assert!(
            can_pay(1_015_000, MINIMUM, &[Outlay { transactions: 2, ..outlay(1_000_000, 15_000, 15_000) }]).is_err()
        );
        // After the first stage the wallet would hold no more than a fee.
        assert!(can_pay(1_020_000, MINIMUM, &[outlay(1_000_000, 15_000, 15_000), outlay(0, 5_000, 5_000)]).is_err());
        assert!(can_pay(u64::MAX, MINIMUM, &[outlay(u64::MAX, 1, 1)]).is_err());
    }

    #[test]
    fn nothing_is_needed_where_nothing_is_paid() {
        assert!(can_pay(0, MINIMUM, &[outlay(0, 0, 0)]).is_ok());
        assert!(can_pay(10_000, MINIMUM, &[outlay(0, 5_000, 5_000)]).is_ok());
        assert!(can_pay(10_000, MINIMUM, &[outlay(0, 15_000, 15_000)]).is_err());
    }
}
