//! What cannot be moved: why, and what to do about it.

use {
    crate::{
        error::CliError,
        output::Line,
        trade::Amounts,
        units::{sol, tokens},
        withdrawal::left::why_left,
    },
    tidepool_client::{
        error::PlanError,
        plan::{MoveObstacle, MoveRemainder, MoveRemainderReason, PoolMovePlan, Remainder, UnmovableStake},
    },
    tidepool_interface::StakePoolError,
};

/// Why pool tokens stay, and what to do about it.
pub fn why(left: &MoveRemainder, rest_as_sol: bool) -> String {
    let otherwise = if rest_as_sol { "" } else { ", or use --rest-as-sol" };
    match &left.reason {
        MoveRemainderReason::Withdrawal(reason) => {
            let left = Remainder { pool_tokens: left.pool_tokens, lamports: left.lamports, reason: *reason };
            why_left(&left, (!rest_as_sol).then_some("use --rest-as-sol"))
        }
        MoveRemainderReason::Preferred { preferred, obstacle } => format!(
            "the pool gives stake of its preferred validator {preferred} first, and that cannot be moved ({obstacle}): \
             wait until it is moved{otherwise}"
        ),
        MoveRemainderReason::NoMovableStake { validators: 0, .. } => {
            format!(
                "no validator has active stake that the receiving pool accepts: try again in the next epoch{otherwise}"
            )
        }
        MoveRemainderReason::NoMovableStake { validators, lamports } => format!(
            "the receiving pool accepts stake of {validators} of the pool's validators, which can give {} in all: try again in \
             the next epoch{otherwise}",
            sol(*lamports)
        ),
    }
}

/// The name of the reason in JSON.
pub const fn name(reason: &MoveRemainderReason) -> &'static str {
    match reason {
        MoveRemainderReason::Withdrawal(reason) => crate::withdrawal::left::reason_name(reason),
        MoveRemainderReason::Preferred { .. } => "preferred_validator",
        MoveRemainderReason::NoMovableStake { .. } => "no_movable_stake",
    }
}

/// The refusal of a move of nothing.
pub fn refusal(planned: &PoolMovePlan, rest_as_sol: bool) -> CliError {
    let Some(left) = &planned.remainder else {
        return CliError::usage("there are no pool tokens to move: specify an amount above 0");
    };
    let cause = match left.reason {
        MoveRemainderReason::Withdrawal(_) => StakePoolError::WithdrawalTooSmall,
        MoveRemainderReason::Preferred { .. } => StakePoolError::IncorrectWithdrawVoteAddress,
        MoveRemainderReason::NoMovableStake { .. } => StakePoolError::ValidatorNotFound,
    };
    let why = why(left, rest_as_sol);
    let first = obstacles(&planned.unmovable).first().map_or(String::new(), |line| format!(" ({line})"));
    let what = format!("{} cannot be moved, since {why}{first}", tokens(left.pool_tokens));
    PlanError::refused(cause, what).into()
}

/// The remainder of a quote, and validators whose stake cannot be moved.
pub fn lines(planned: &PoolMovePlan, rest_as_sol: bool, amounts: Amounts) -> Vec<Line> {
    let Some(left) = &planned.remainder else { return vec![] };
    let kept = format!("{} (value {}), which you keep", tokens(left.pool_tokens), amounts.sol(left.lamports));
    let mut lines = vec![("remainder", kept), ("because", why(left, rest_as_sol))];
    lines.extend(obstacles(&planned.unmovable).into_iter().map(|text| ("not moved", text)));
    lines
}

/// Validators whose stake cannot be moved, by obstacle.
fn obstacles(unmovable: &[UnmovableStake]) -> Vec<String> {
    let mut groups: Vec<(&MoveObstacle, usize, u64)> = vec![];
    for stake in unmovable {
        match groups.iter_mut().find(|(obstacle, ..)| *obstacle == &stake.obstacle) {
            Some((_, count, lamports)) => (*count, *lamports) = (*count + 1, lamports.saturating_add(stake.lamports)),
            None => groups.push((&stake.obstacle, 1, stake.lamports)),
        }
    }
    let text = |(obstacle, count, lamports): (&MoveObstacle, usize, u64)| {
        let plural = if count == 1 { "" } else { "s" };
        format!("{} with {count} validator{plural}: {obstacle}", sol(lamports))
    };
    groups.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use {super::*, solana_address::Address, tidepool_client::plan::RemainderReason};

    const SOL: u64 = 1_000_000_000;

    fn left(reason: MoveRemainderReason) -> MoveRemainder {
        MoveRemainder { pool_tokens: SOL / 2, lamports: SOL, reason }
    }

    #[test]
    fn every_reason_comes_with_what_to_do() {
        let below = RemainderReason::BelowMinimum { minimum_lamports: SOL, minimum_pool_tokens: 2 * SOL };
        for (reason, part) in [
            (MoveRemainderReason::Withdrawal(below), "a stake account holds at least 1 SOL"),
            (
                MoveRemainderReason::Preferred { preferred: Address::default(), obstacle: MoveObstacle::NotInPool },
                "that cannot be moved (the validator is not in the receiving pool)",
            ),
            (MoveRemainderReason::NoMovableStake { validators: 0, lamports: 0 }, "no validator has active stake"),
            (MoveRemainderReason::NoMovableStake { validators: 3, lamports: 9 * SOL }, "3 of the pool's validators"),
        ] {
            let left = left(reason);
            assert!(why(&left, false).contains(part), "{}", why(&left, false));
            assert!(why(&left, false).ends_with("use --rest-as-sol"));
            assert!(!why(&left, true).contains("--rest-as-sol"));
        }
    }

    #[test]
    fn validators_with_the_same_obstacle_share_a_line() {
        let stake = |lamports, obstacle| UnmovableStake { vote: Address::new_unique(), lamports, obstacle };
        let unmovable = [
            stake(3 * SOL, MoveObstacle::NotInPool),
            stake(2 * SOL, MoveObstacle::NotActive),
            stake(SOL, MoveObstacle::NotInPool),
        ];
        assert_eq!(
            obstacles(&unmovable),
            [
                "4 SOL with 2 validators: the validator is not in the receiving pool",
                "2 SOL with 1 validator: the stake is activating or deactivating",
            ]
        );
    }
}
