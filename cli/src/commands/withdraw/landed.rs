//! What has landed of a withdrawal that has not landed as a whole.

use {
    crate::{context::Context, error::CliError, units::tokens},
    solana_address::Address,
    tidepool_client::{cluster::Cluster, plan::WithdrawalPlan, send::Sent},
};

/// Says which parts have landed where not all have: what they gave must not be given again.
pub fn tell_what_landed<C: Cluster>(context: &Context<'_, C>, error: &CliError, planned: &WithdrawalPlan) {
    let CliError::NotLanded(summary) = error else {
        return;
    };
    let landed: Vec<_> = summary.transactions.iter().filter(|sent| sent.outcome.is_landed()).collect();
    for sent in &landed {
        context.terminal.note(&format!("Landed: {}", sent.label));
    }
    if !landed.is_empty() {
        let given = tokens(given(planned, &landed));
        context.terminal.note(&format!("{given} have been given: withdraw only the others anew"));
    }
}

/// Pool tokens that were given by the transactions that have landed.
fn given(planned: &WithdrawalPlan, landed: &[&Sent]) -> u64 {
    // The label of a transaction names the stake accounts that it makes.
    let made = |address: &Address| landed.iter().any(|sent| sent.label.contains(&address.to_string()));
    let pieces = planned.pieces.iter().filter(|piece| made(&piece.to.address)).map(|piece| piece.quote.pool_tokens);
    let sol = planned.sol.filter(|_| landed.iter().any(|sent| sent.label.contains("withdraw SOL")));
    pieces.chain(sol.map(|quote| quote.burnt.saturating_add(quote.fee))).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        solana_signature::Signature,
        tidepool_client::{
            actions::NewStakeAccount,
            plan::{Piece, Plan},
            quote::{StakeWithdrawalQuote, WithdrawFrom},
            send::Outcome,
        },
        tidepool_interface::quote::WithdrawalQuote,
    };

    #[test]
    fn what_landed_is_told_from_the_labels() {
        let account = |number| Address::new_from_array([number; 32]);
        let piece = |number: u8| Piece {
            quote: StakeWithdrawalQuote {
                from: WithdrawFrom::Reserve,
                source: None,
                split_from: Address::default(),
                pool_tokens: u64::from(number),
                yields: WithdrawalQuote::default(),
            },
            to: NewStakeAccount::keypair(account(number)),
        };
        let planned = WithdrawalPlan {
            plan: Plan::default(),
            pieces: vec![piece(1), piece(2), piece(3)],
            sol: Some(WithdrawalQuote { burnt: 90, fee: 10, lamports: 1 }),
            left: None,
            rent_lamports: 0,
        };
        let sent = |label: String| Sent {
            label,
            outcome: Outcome::Landed { signature: Signature::default(), slot: 1, units_consumed: None },
        };
        let first = sent(format!("withdraw SOL, withdraw stake from validator V into stake account {}", account(1)));
        let second = sent(format!("withdraw stake from validator W into stake account {}", account(3)));
        assert_eq!(given(&planned, &[]), 0);
        assert_eq!(given(&planned, &[&first]), 101);
        assert_eq!(given(&planned, &[&second]), 3);
        assert_eq!(given(&planned, &[&first, &second]), 104);
    }
}
