//! Announced changes of extended pools, in words.

use {
    super::limits::{demotion_rows, list},
    crate::{
        announcement::AnnouncedChange,
        units::{Share, percent, sol},
    },
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::state::RebalancePolicy,
};

/// The new value of a change.
pub fn announced_value(change: &AnnouncedChange) -> String {
    match change {
        AnnouncedChange::Manager { manager, fee_account } => format!("{manager}, with fee account {fee_account}"),
        AnnouncedChange::Staker(staker) => staker.to_string(),
        AnnouncedChange::FundingAuthority(_, authority) => {
            authority.map_or_else(|| "none".into(), |authority| authority.to_string())
        }
        AnnouncedChange::SolDepositFee(fee) | AnnouncedChange::StakeDepositFee(fee) => percent(fee),
        AnnouncedChange::RebalancePolicy(policy) => rebalance_policy(policy),
        AnnouncedChange::DemotionPolicy(policy) => list(&demotion_rows(policy), "no demotions"),
    }
}

fn rebalance_policy(policy: &RebalancePolicy) -> String {
    let bound = |points: u16| if points >= BASIS_POINTS { "no bound".into() } else { Share(points).to_string() };
    list(
        &[
            ("reserve share", Share(policy.reserve_share.get()).to_string()),
            ("reserve floor", sol(policy.reserve_floor.get())),
            ("threshold", sol(policy.threshold.get())),
            ("turnover budget", bound(policy.turnover_budget.get())),
            ("validator cap", bound(policy.validator_cap.get())),
            ("reserve rents", policy.reserve_rents.to_string()),
        ],
        "",
    )
}

#[cfg(test)]
mod tests {
    use {super::*, solana_address::Address, tidepool_core::maths::Fee, tidepool_interface::instruction::FundingType};

    #[test]
    fn values_are_told_in_words() {
        let one = Address::new_from_array([1; 32]);
        assert_eq!(announced_value(&AnnouncedChange::Staker(one)), one.to_string());
        assert_eq!(
            announced_value(&AnnouncedChange::Manager { manager: one, fee_account: one }),
            format!("{one}, with fee account {one}")
        );
        assert_eq!(announced_value(&AnnouncedChange::FundingAuthority(FundingType::SolDeposit, None)), "none");
        assert_eq!(announced_value(&AnnouncedChange::SolDepositFee(Fee::new(1, 100))), "1 %");
        assert_eq!(
            announced_value(&AnnouncedChange::RebalancePolicy(RebalancePolicy::DEFAULT)),
            "reserve share 0 %, reserve floor 0 SOL, threshold 0 SOL, turnover budget no bound, validator cap no bound, reserve \
             rents 4"
        );
    }
}
