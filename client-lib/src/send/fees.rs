//! What transactions cost their payer, before they are sent.

use {
    super::{ComputeUnitPrice, Lifetime, NotSent, Outgoing, Sender, budget::limit_for},
    crate::{cluster::Cluster, compute::MAX_PER_TRANSACTION},
};

/// Lamports that the payer of a transaction pays for each of its signatures.
pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// Lamports that a transaction costs its payer, whatever else it does: for signatures, and for compute units.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fees {
    /// At least. The compute limit follows from a simulation, and the price from recent blocks, if that was asked for.
    pub least: u64,
    /// At most.
    pub most: u64,
}

impl<C: Cluster> Sender<'_, C> {
    /// What a transaction costs its payer.
    ///
    /// # Errors
    /// [`NotSent::Malformed`], [`NotSent::TooLarge`].
    pub fn fees(&self, outgoing: &Outgoing) -> Result<Fees, NotSent> {
        const MICRO_LAMPORTS: u128 = 1_000_000;
        let signatures = self.unsigned(&outgoing.instructions, outgoing)?.signatures.len() as u64;
        let signatures = signatures.saturating_mul(LAMPORTS_PER_SIGNATURE);
        let price = match self.options.compute_unit_price {
            ComputeUnitPrice::Fixed(price) => price,
            ComputeUnitPrice::Recent { at_most, .. } => at_most,
        };
        let units = self.most_units(outgoing);
        let priority = u128::from(price).saturating_mul(u128::from(units)).div_ceil(MICRO_LAMPORTS);
        let most = signatures.saturating_add(u64::try_from(priority).unwrap_or(u64::MAX));
        let is_fixed = self.options.lifetime != Lifetime::Latest && outgoing.compute_units.is_some();
        let is_fixed = is_fixed && matches!(self.options.compute_unit_price, ComputeUnitPrice::Fixed(_));
        Ok(Fees { least: if is_fixed { most } else { signatures }, most })
    }

    /// Compute units that a transaction asks for at most, as far as its own estimate goes.
    pub(super) fn most_units(&self, outgoing: &Outgoing) -> u32 {
        match (outgoing.compute_units, &self.options.lifetime) {
            (None, _) => MAX_PER_TRANSACTION,
            (Some(units), Lifetime::Latest) if self.options.simulate => {
                limit_for(u64::from(units), outgoing.compute_growth, &self.options)
            }
            (Some(units), _) => units,
        }
    }
}
