//! Warnings before signing, of risks that neither the program nor an honest endpoint can prevent.

pub mod gates;

use {
    crate::{context::Context, output::Line},
    solana_address::Address,
    tidepool_client::{cluster::Cluster, pool::PoolSnapshot},
    tidepool_interface::address::SPL_STAKE_POOL_PROGRAM_ID,
};

/// The program that runs the pool, unless the user has named it. Only the endpoint says that it is this one; another could keep what
/// is paid, whatever the bounds say.
pub fn program<C: Cluster>(context: &Context<'_, C>, snapshot: &PoolSnapshot) -> Option<Line> {
    context.global.program_id.is_none().then(|| ("program", described(&snapshot.program_id())))
}

fn described(program: &Address) -> String {
    if *program == SPL_STAKE_POOL_PROGRAM_ID {
        return format!("{program}, the SPL stake pool");
    }
    format!(
        "{program}, which holds the pool's stake: check that it is the expected program, or enforce it with --program-id"
    )
}

/// The freeze authority of the pool mint, if any. The SPL stake pool allows one.
pub fn freeze_authority(snapshot: &PoolSnapshot) -> Option<Line> {
    let authority = snapshot.freeze_authority()?;
    Some((
        "beware",
        format!("{authority} can freeze your pool tokens; frozen tokens can be neither withdrawn nor transferred"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_best_known_program_needs_no_second_look() {
        assert!(!described(&SPL_STAKE_POOL_PROGRAM_ID).contains("check that"));
        assert!(described(&Address::new_from_array([7; 32])).contains("check that"));
    }
}
