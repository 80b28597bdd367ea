//! The state of withdrawn stake: what it earns, and how it becomes SOL.

use {
    crate::output::Line,
    solana_address::Address,
    tidepool_client::{
        plan::{Piece, WithdrawalPlan},
        quote::{StakeActivation, StakeCondition, WithdrawFrom},
    },
};

/// The name of a state, in text and in JSON.
pub const fn name(activation: StakeActivation) -> &'static str {
    match activation {
        StakeActivation::Inactive => "inactive",
        StakeActivation::Deactivating => "deactivating",
        StakeActivation::Activating => "activating",
        StakeActivation::Active => "active",
    }
}

/// The commands that turn the stake account into SOL for the wallet `to`, in order.
pub fn to_sol(activation: StakeActivation, account: &str, to: &str) -> Vec<String> {
    let deactivate = format!("solana deactivate-stake {account}");
    let withdraw = format!("solana withdraw-stake {account} {to} ALL");
    match activation {
        StakeActivation::Inactive | StakeActivation::Deactivating => vec![withdraw],
        StakeActivation::Activating | StakeActivation::Active => vec![deactivate, withdraw],
    }
}

/// What stake earns and how it becomes SOL.
pub fn line(StakeCondition { activation, withdrawable_from_epoch: from }: StakeCondition, epoch: u64) -> Line {
    let commands =
        to_sol(activation, "ACCOUNT", "WALLET").iter().map(|command| format!("`{command}`")).collect::<Vec<_>>();
    let when = if from <= epoch { "now".into() } else { format!("from epoch {from} at the earliest") };
    let run = match commands.as_slice() {
        [deactivate, withdraw] if from > epoch => format!("run {deactivate} now and {withdraw} {when}"),
        commands => format!("run {} {when}", commands.join(" and ")),
    };
    match activation {
        StakeActivation::Inactive => ("inactive stake", format!("earns nothing; to get SOL, {run}")),
        StakeActivation::Deactivating => {
            ("deactivating stake", format!("stops earning with this epoch; to get SOL, {run}"))
        }
        StakeActivation::Activating => ("activating stake", format!("earns from the next epoch on; to get SOL, {run}")),
        StakeActivation::Active => ("active stake", format!("earns until it is deactivated; to get SOL, {run}")),
    }
}

/// Says that a plan prefers stake that earns less, where it contains any of a validator.
pub fn order(planned: &WithdrawalPlan) -> Option<Line> {
    let is_idle = |piece: &Piece| {
        matches!(piece.quote.from, WithdrawFrom::Validator(_))
            && piece.quote.condition.is_some_and(|condition| condition.activation < StakeActivation::Active)
    };
    let what = "stake that earns least is withdrawn first, if the program allows a choice of validators";
    planned.pieces.iter().any(is_idle).then(|| ("order", what.into()))
}

/// The commands for an account that `to` owns; none where its state is unknown.
pub fn commands(condition: Option<StakeCondition>, account: &Address, to: &Address) -> Vec<String> {
    condition.map_or(vec![], |condition| to_sol(condition.activation, &account.to_string(), &to.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_names_commands_that_the_stake_program_accepts() {
        let advice = |activation, from| line(StakeCondition { activation, withdrawable_from_epoch: from }, 5).1;
        assert_eq!(
            advice(StakeActivation::Inactive, 5),
            "earns nothing; to get SOL, run `solana withdraw-stake ACCOUNT WALLET ALL` now"
        );
        assert_eq!(
            advice(StakeActivation::Deactivating, 6),
            "stops earning with this epoch; to get SOL, run `solana withdraw-stake ACCOUNT WALLET ALL` \
             from epoch 6 at the earliest"
        );
        assert_eq!(
            advice(StakeActivation::Activating, 5),
            "earns from the next epoch on; to get SOL, run `solana deactivate-stake ACCOUNT` and `solana withdraw-stake ACCOUNT \
             WALLET ALL` now"
        );
        assert_eq!(
            advice(StakeActivation::Active, 6),
            "earns until it is deactivated; to get SOL, run `solana deactivate-stake ACCOUNT` now and `solana withdraw-stake ACCOUNT \
             WALLET ALL` from epoch 6 at the earliest"
        );
    }
}
