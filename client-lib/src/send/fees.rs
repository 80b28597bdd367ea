//! Transaction fees, before sending.

use {
    super::{ComputeUnitPrice, Lifetime, NotSent, Outgoing, Sender, budget::limit_for},
    crate::{cluster::Cluster, compute::MAX_PER_TRANSACTION},
};

/// Fee for each signature of a transaction, in lamports.
pub const LAMPORTS_PER_SIGNATURE: u64 = 5_000;

/// Fee of a transaction in lamports: for signatures and for compute units.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fees {
    /// Lower bound. The compute unit limit depends on a simulation, and the price may depend on recent blocks.
    pub minimum: u64,
    /// Upper bound.
    pub maximum: u64,
}

impl<C: Cluster> Sender<'_, C> {
    /// The fee of a transaction.
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
        let units = self.max_units(outgoing);
        let priority = u128::from(price).saturating_mul(u128::from(units)).div_ceil(MICRO_LAMPORTS);
        let maximum = signatures.saturating_add(u64::try_from(priority).unwrap_or(u64::MAX));
        let is_fixed = self.options.lifetime != Lifetime::Latest && outgoing.compute_units.is_some();
        let is_fixed = is_fixed && matches!(self.options.compute_unit_price, ComputeUnitPrice::Fixed(_));
        Ok(Fees { minimum: if is_fixed { maximum } else { signatures }, maximum })
    }

    /// Highest compute unit limit that a transaction can request, by its own estimate.
    pub(super) fn max_units(&self, outgoing: &Outgoing) -> u32 {
        match (outgoing.compute_units, &self.options.lifetime) {
            (None, _) => MAX_PER_TRANSACTION,
            (Some(units), Lifetime::Latest) if self.options.simulate => {
                limit_for(u64::from(units), outgoing.compute_growth, &self.options)
            }
            (Some(units), _) => units,
        }
    }
}
