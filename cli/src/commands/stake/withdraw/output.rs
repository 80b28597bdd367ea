//! What `tidepool withdraw` answers.

use {
    crate::{
        output::Text,
        trade::{Amounts, Receipt, Trade},
        units::tokens,
        withdrawal::{
            left::{left_over, reason_name},
            pieces::StakeAccount,
            withdrawn::Withdrawn,
        },
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::plan::Remainder,
};

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    /// Who got the SOL and the stake accounts.
    to: Text<Address>,
    #[serde(flatten)]
    withdrawn: Withdrawn,
    /// Lamports that the rest is worth by the exchange rate.
    left_lamports: u64,
    why_left: Option<&'static str>,
    hint: Option<String>,
    /// The first epoch in which all of the stake can be withdrawn as SOL, at the earliest, if what has to be deactivated is so now.
    withdrawable_from_epoch: Option<u64>,
    #[serde(skip)]
    left: Option<Remainder>,
}

impl Output {
    pub fn new(
        pool: Address,
        to: Address,
        withdrawn: Withdrawn,
        left: Option<Remainder>,
        hint: Option<String>,
    ) -> Self {
        Self {
            pool: Text(pool),
            to: Text(to),
            left_lamports: left.map_or(0, |left| left.lamports),
            why_left: left.map(|left| reason_name(&left.reason)),
            hint,
            withdrawable_from_epoch: StakeAccount::withdrawable_from(&withdrawn.stake_accounts),
            left,
            withdrawn,
        }
    }
}

impl Trade for Output {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        let withdrawn = &self.withdrawn;
        let mut lines = vec![("for", tokens(withdrawn.pool_tokens))];
        if withdrawn.sol_lamports > 0 {
            lines.push(("as SOL", format!("{}, to {}", amounts.sol(withdrawn.sol_lamports), self.to)));
        }
        lines.extend(withdrawn.wrapping.done());
        lines.extend(withdrawn.stake_lines(amounts));
        lines.extend(self.left.iter().map(|left| ("remainder", left_over(left, amounts))));
        lines.extend(self.hint.clone().map(|hint| ("because", hint)));
        Receipt {
            headline: withdrawn.headline(amounts, &self.pool),
            lines,
            more: withdrawn.more(("to", self.to.to_string()), amounts),
            transactions: &withdrawn.transactions,
        }
    }
}
