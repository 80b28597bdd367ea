//! Grounds of demotions, in words.

use tidepool_interface::state::DemotionGround;

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
