//! What somebody should know before signing, since neither the program nor an honest endpoint can prevent it.

use {
    super::trade::Line,
    crate::context::Context,
    solana_address::Address,
    tidepool_client::{cluster::Cluster, pool::PoolSnapshot},
    tidepool_interface::address::SPL_STAKE_POOL_PROGRAM_ID,
};

/// Whose program gets the signature, unless the user has said which it has to be. That it is the pool's is but the endpoint's word;
/// another one could do with the signature what it likes, whatever the bounds say.
pub fn program<C: Cluster>(context: &Context<'_, C>, snapshot: &PoolSnapshot) -> Option<Line> {
    context.global.program_id.is_none().then(|| ("program", described(&snapshot.program_id())))
}

fn described(program: &Address) -> String {
    if *program == SPL_STAKE_POOL_PROGRAM_ID {
        return format!("{program}, the SPL stake pool");
    }
    format!(
        "{program}, which acts with your signature: make sure that it is the pool's, and insist on it with --program-id"
    )
}

/// Who could freeze the pool tokens of a depositor, if anybody could. The contract does not forbid it.
pub fn freezer(snapshot: &PoolSnapshot) -> Option<Line> {
    let freezer = snapshot.freeze_authority()?;
    Some((
        "beware",
        format!("{freezer} can freeze your pool tokens: you could neither withdraw nor transfer them then"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_best_known_program_needs_no_second_look() {
        assert!(!described(&SPL_STAKE_POOL_PROGRAM_ID).contains("make sure"));
        assert!(described(&Address::new_from_array([7; 32])).contains("make sure"));
    }
}
