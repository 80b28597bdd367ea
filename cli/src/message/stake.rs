//! Instructions of the stake program.

use {
    super::accounts::Accounts,
    crate::units::sol,
    solana_stake_interface::{
        instruction::StakeInstruction as Stake,
        state::{Lockup, StakeAuthorize},
    },
};

/// What an instruction does; nothing where it is not known.
pub fn instruction(data: &[u8], accounts: &Accounts) -> Option<String> {
    let at = |position| accounts.at(position);
    Some(match bincode::deserialize(data).ok()? {
        Stake::Initialize(authorized, lockup) => {
            let (staker, withdrawer) = (authorized.staker, authorized.withdrawer);
            format!("initialize stake account {}, staker {staker}, withdrawer {withdrawer}{}", at(0), locked(&lockup))
        }
        Stake::InitializeChecked => {
            format!("initialize stake account {}, staker {}, withdrawer {}", at(0), at(2), at(3))
        }
        Stake::Authorize(new, what) => format!("make {new} {} of stake account {}, as {}", role(what), at(0), at(2)),
        Stake::AuthorizeChecked(what) => {
            format!("make {} {} of stake account {}, as {}", at(3), role(what), at(0), at(2))
        }
        Stake::DelegateStake => format!("delegate stake account {} to validator {}, as {}", at(0), at(1), at(5)),
        Stake::Split(lamports) => {
            format!("split {} off stake account {} into {}, as {}", sol(lamports), at(0), at(1), at(2))
        }
        Stake::Withdraw(lamports) => {
            format!("withdraw {} from stake account {} to {}, as {}", sol(lamports), at(0), at(1), at(4))
        }
        Stake::Deactivate => format!("deactivate stake account {}, as {}", at(0), at(2)),
        Stake::Merge => format!("merge stake account {} into {}, as {}", at(1), at(0), at(4)),
        Stake::MoveStake(lamports) => {
            format!("move {} of stake from stake account {} to {}, as {}", sol(lamports), at(0), at(1), at(2))
        }
        Stake::MoveLamports(lamports) => {
            format!("move {} from stake account {} to {}, as {}", sol(lamports), at(0), at(1), at(2))
        }
        _ => return None,
    })
}

const fn role(what: StakeAuthorize) -> &'static str {
    match what {
        StakeAuthorize::Staker => "staker",
        StakeAuthorize::Withdrawer => "withdrawer (owner)",
    }
}

fn locked(lockup: &Lockup) -> String {
    if *lockup == Lockup::default() {
        return String::new();
    }
    let Lockup { unix_timestamp, epoch, custodian } = lockup;
    format!(", locked until epoch {epoch} and second {unix_timestamp} by {custodian}")
}
