//! Instructions of the extension, in words.

use {
    crate::units::{sol, tokens},
    tidepool_client::{
        announcement::kind_name,
        words::{demotion_rows, limit_rows, list},
    },
    tidepool_interface::{instruction::ExtensionInstruction as Extension, state::DemotionGround},
};

/// What an instruction does, without its accounts.
pub fn sentence(known: &Extension) -> String {
    match known {
        Extension::SetLimits { limits } => format!("SetLimits to {}", list(&limit_rows(limits), "no limits")),
        Extension::CancelAnnouncement { kind } => {
            format!("CancelAnnouncement, which withdraws the announced {}", kind_name(*kind))
        }
        Extension::SetDemotionPolicy { policy } => {
            format!("SetDemotionPolicy to {}", list(&demotion_rows(policy), "no demotions"))
        }
        Extension::DemoteValidator { index, peer_index, ground: DemotionGround::NoCredits } => format!(
            "DemoteValidator, which demotes validator {index} of the list: {}, while validator {peer_index} earned some",
            ground_name(DemotionGround::NoCredits)
        ),
        Extension::DemoteValidator { index, ground, .. } => {
            format!("DemoteValidator, which demotes validator {index} of the list: {}", ground_name(*ground))
        }
        Extension::RequestExit { pool_tokens, minimum_lamports } => format!(
            "RequestExit, which gives {} into escrow for a ticket of at least {}",
            tokens(*pool_tokens),
            sol(*minimum_lamports)
        ),
        Extension::ClaimExit => "ClaimExit, which pays a ticket in SOL from the reserve".into(),
        Extension::CancelExit => {
            "CancelExit, which returns the pool tokens of a ticket at the present exchange rate".into()
        }
        Extension::ExtendPool
        | Extension::SetRebalancePolicy { .. }
        | Extension::SetValidatorWeights { .. }
        | Extension::UpdateValidators { .. }
        | Extension::Rebalance { .. } => format!("{known:?}"),
    }
}

/// Why a validator is demoted.
pub const fn ground_name(ground: DemotionGround) -> &'static str {
    match ground {
        DemotionGround::InflationCommission => "commission on inflation rewards above the policy's bound",
        DemotionGround::BlockCommission => "commission on block revenue above the policy's bound",
        DemotionGround::NoBlsKey => "no BLS key",
        DemotionGround::NoCredits => "no vote credits",
        DemotionGround::Closed => "closed vote account",
    }
}

/// The name of a ground, for machine-readable output.
pub const fn ground_id(ground: DemotionGround) -> &'static str {
    match ground {
        DemotionGround::InflationCommission => "inflation_commission",
        DemotionGround::BlockCommission => "block_commission",
        DemotionGround::NoBlsKey => "no_bls_key",
        DemotionGround::NoCredits => "no_credits",
        DemotionGround::Closed => "closed",
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        tidepool_interface::state::{AnnouncementKind, Ceiling, DemotionPolicy, FeeCeilings, Limits},
    };

    #[test]
    fn instructions_are_told_in_sentences() {
        let ceilings = FeeCeilings { epoch: Ceiling::new(700), ..FeeCeilings::default() };
        let policy = DemotionPolicy { max_validators: 1.into(), max_stake: 500.into(), ..DemotionPolicy::NONE };
        let cases = [
            (Extension::SetLimits { limits: Limits::NONE }, "SetLimits to no limits"),
            (
                Extension::SetLimits { limits: Limits { ceilings, ..Limits::NONE } },
                "SetLimits to fee on rewards at most 7 %",
            ),
            (
                Extension::CancelAnnouncement { kind: AnnouncementKind::SolDepositFee },
                "CancelAnnouncement, which withdraws the announced fee on SOL deposits",
            ),
            (Extension::SetDemotionPolicy { policy: DemotionPolicy::NONE }, "SetDemotionPolicy to no demotions"),
            (
                Extension::SetDemotionPolicy { policy },
                "SetDemotionPolicy to cooldown 0 epochs, demotions in an epoch at most 1, with 5 % of the pool",
            ),
            (
                Extension::DemoteValidator { index: 3, peer_index: 0, ground: DemotionGround::NoBlsKey },
                "DemoteValidator, which demotes validator 3 of the list: no BLS key",
            ),
            (
                Extension::DemoteValidator { index: 3, peer_index: 5, ground: DemotionGround::NoCredits },
                "DemoteValidator, which demotes validator 3 of the list: no vote credits, while validator 5 earned some",
            ),
            (
                Extension::RequestExit { pool_tokens: 1_500_000_000, minimum_lamports: 1_400_000_000 },
                "RequestExit, which gives 1.5 pool tokens into escrow for a ticket of at least 1.4 SOL",
            ),
            (Extension::ClaimExit, "ClaimExit, which pays a ticket in SOL from the reserve"),
            (
                Extension::CancelExit,
                "CancelExit, which returns the pool tokens of a ticket at the present exchange rate",
            ),
        ];
        for (instruction, expected) in cases {
            assert_eq!(sentence(&instruction), expected);
        }
    }
}
