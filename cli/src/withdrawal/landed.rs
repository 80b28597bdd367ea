//! Sending a withdrawal, and what has landed of one that has not landed as a whole.

use {
    crate::{context::Context, error::CliError, keys::Key, output::Landed, units::tokens, unsent::Halt},
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        plan::{Piece, Step, WithdrawalPlan},
        send::{Outcome, Sent, Summary},
    },
};

/// Sends a withdrawal. Where not all of it lands, it says what has.
pub async fn send<C: Cluster>(
    context: &Context<'_, C>,
    planned: &WithdrawalPlan,
    keys: &[Key],
    program_id: Address,
) -> Result<Vec<Landed>, Halt> {
    // A stake account is made but once, at its address. SOL can be paid as often as it is asked for.
    let sent = match planned.sol {
        Some(_) => context.send_once(&planned.plan, keys, program_id).await,
        None => context.send(&planned.plan, keys, program_id).await,
    };
    sent.inspect_err(|halt| tell_what_landed(context, halt, planned))
}

/// Says which parts have landed where not all have: what they gave must not be given again.
fn tell_what_landed<C: Cluster>(context: &Context<'_, C>, halt: &Halt, planned: &WithdrawalPlan) {
    let Halt::Failed(CliError::NotLanded(summary)) = halt else {
        return;
    };
    for sent in summary.transactions.iter().filter(|sent| sent.outcome.is_landed()) {
        context.terminal.note(&format!("Landed: {}", sent.label));
    }
    if let Some(advice) = advice(planned, summary) {
        context.terminal.note(&advice);
    }
}

/// What has been given, or may have been, and what to do; nothing where nothing was.
fn advice(planned: &WithdrawalPlan, summary: &Summary) -> Option<String> {
    let landed: Vec<_> = summary.transactions.iter().filter(|sent| sent.outcome.is_landed()).collect();
    let is_unknown = |sent: &&Sent| matches!(sent.outcome, Outcome::Unknown { .. });
    let unknown: Vec<_> = summary.transactions.iter().filter(is_unknown).collect();
    let done = tokens(given(planned, &landed));
    if unknown.is_empty() {
        return (!landed.is_empty()).then(|| format!("{done} were withdrawn: repeat the command for the rest only"));
    }
    let maybe = tokens(given(planned, &unknown));
    let signatures = unknown.iter().filter_map(|sent| sent.outcome.signature()).map(|signature| signature.to_string());
    let look = format!("check {} first", signatures.collect::<Vec<_>>().join(" and "));
    Some(match landed.len() {
        0 => format!("Up to {maybe} may have been withdrawn: {look}"),
        _ => format!("{done} were withdrawn, and up to {maybe} more may have been: {look}"),
    })
}

/// Pool tokens that were given by these transactions.
fn given(planned: &WithdrawalPlan, sent: &[&Sent]) -> u64 {
    let contain = |step| sent.iter().any(|sent| sent.steps.contains(&step));
    let is_made = |piece: &&Piece| contain(Step::WithdrawStake { to: piece.to.address });
    let pieces = planned.pieces.iter().filter(is_made).map(|piece| piece.quote.pool_tokens);
    let sol = planned.sol.filter(|_| contain(Step::WithdrawSol));
    pieces.chain(sol.map(|quote| quote.burnt.get().saturating_add(quote.fee.get()))).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        solana_signature::Signature,
        tidepool_client::{
            actions::NewStakeAccount,
            plan::Plan,
            quote::{StakeWithdrawalQuote, WithdrawFrom},
            send::UnknownReason,
        },
        tidepool_core::{
            maths::{Lamports, PoolTokens},
            quote::WithdrawalQuote,
        },
    };

    fn account(number: u8) -> Address {
        Address::new_from_array([number; 32])
    }

    /// 1 to 3 pool tokens' smallest units as stake, and 100 as SOL.
    fn planned() -> WithdrawalPlan {
        let piece = |number: u8| Piece {
            quote: StakeWithdrawalQuote {
                from: WithdrawFrom::Reserve,
                source: None,
                split_from: Address::default(),
                pool_tokens: u64::from(number),
                yields: WithdrawalQuote::default(),
                condition: None,
            },
            to: NewStakeAccount::keypair(account(number)),
        };
        WithdrawalPlan {
            plan: Plan::default(),
            pieces: vec![piece(1), piece(2), piece(3)],
            sol: Some(WithdrawalQuote {
                burnt: PoolTokens::new(90),
                fee: PoolTokens::new(10),
                lamports: Lamports::new(1),
            }),
            remainder: None,
            rent_lamports: 0,
        }
    }

    fn landed(steps: Vec<Step>) -> Sent {
        let outcome = Outcome::Landed { signature: Signature::default(), slot: 1, units_consumed: None };
        Sent { label: String::new(), steps, outcome }
    }

    fn in_account(number: u8) -> Step {
        Step::WithdrawStake { to: account(number) }
    }

    #[test]
    fn steps_tell_what_landed() {
        let planned = planned();
        let first = landed(vec![Step::WithdrawSol, in_account(1)]);
        let second = landed(vec![in_account(3)]);
        assert_eq!(given(&planned, &[]), 0);
        assert_eq!(given(&planned, &[&first]), 101);
        assert_eq!(given(&planned, &[&second]), 3);
        assert_eq!(given(&planned, &[&first, &second]), 104);
    }

    #[test]
    fn what_may_have_landed_is_not_withdrawn_anew() {
        let signature = Signature::from([7; 64]);
        let outcome = || Outcome::Unknown { signature, reason: UnknownReason::NoBlocks };
        let unknown = || Sent { label: String::new(), steps: vec![in_account(2)], outcome: outcome() };
        let expired = || Sent {
            label: String::new(),
            steps: vec![in_account(3)],
            outcome: Outcome::Expired { attempts: 1, has_fixed_hash: false },
        };
        let told = |transactions| advice(&planned(), &Summary { transactions });
        assert_eq!(told(vec![expired()]), None);
        assert_eq!(
            told(vec![landed(vec![in_account(1)]), expired()]).unwrap(),
            "0.000000001 pool tokens were withdrawn: repeat the command for the rest only"
        );
        assert_eq!(
            told(vec![landed(vec![in_account(1)]), unknown(), expired()]).unwrap(),
            format!(
                "0.000000001 pool tokens were withdrawn, and up to 0.000000002 pool tokens more may have been: check \
                 {signature} first"
            )
        );
        assert_eq!(
            told(vec![unknown(), expired()]).unwrap(),
            format!("Up to 0.000000002 pool tokens may have been withdrawn: check {signature} first")
        );
    }
}
