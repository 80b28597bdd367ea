//! The token accounts that a move takes pool tokens from.

use {
    crate::{
        context::Context,
        error::CliError,
        keys::Key,
        units::Amount,
        wallet::{Holding, SourceArgs},
    },
    solana_address::Address,
    tidepool_client::{actions::TokenSource, cluster::Cluster, pool::PoolSnapshot},
};

/// Token accounts, with the pool tokens to take from each.
pub struct Sources {
    pub owner: Address,
    holdings: Vec<(Holding, u64)>,
}

impl Sources {
    /// The account that `args` name, or the owner's; with ALL and without `--from` also the pool's fee account, if it is the
    /// owner's.
    pub async fn find<C: Cluster>(
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        args: &SourceArgs,
        owner: &Key,
        amount: Amount,
    ) -> Result<Self, CliError> {
        let fees = match amount {
            Amount::All if !args.names_account() => Holding::of_fee_account(context, snapshot, owner).await?,
            Amount::All | Amount::Exact(_) => None,
        };
        let own = Holding::find(context, snapshot, args, owner).await;
        let own = match (own, &fees) {
            (Ok(own), Some(_)) if own.held == 0 => None,
            (Err(CliError::InsufficientFunds { .. }), Some(_)) => None,
            (own, _) => Some(own?),
        };
        let mut holdings = vec![];
        for holding in own.into_iter().chain(fees) {
            let taken = holding.take(amount)?;
            holdings.push((holding, taken));
        }
        Ok(Self { owner: owner.pubkey(), holdings })
    }

    /// Decides which accounts approve their pool tokens to a throw-away key.
    pub fn approve_to_throwaways<C: Cluster>(
        &mut self,
        context: &Context<'_, C>,
        keys: &[Key],
    ) -> Result<(), CliError> {
        for (holding, _) in &mut self.holdings {
            // Each part has a key of its own.
            holding.approve_to_throwaway(context, keys)?;
        }
        Ok(())
    }

    /// Whether parts from the account with that index use throw-away keys.
    pub fn uses_throwaways(&self, index: usize) -> bool {
        self.holdings.get(index).is_some_and(|(holding, _)| holding.source.throwaway.is_some())
    }

    /// Whether the owner signs for the pool's program itself in any part.
    pub fn sign_themselves(&self) -> bool {
        (0..self.holdings.len()).any(|index| !self.uses_throwaways(index))
    }

    pub fn amounts(&self) -> Vec<(TokenSource, u64)> {
        self.holdings
            .iter()
            .map(|(holding, taken)| (TokenSource { throwaway: None, ..holding.source }, *taken))
            .collect()
    }
}
