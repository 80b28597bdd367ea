//! Transaction fees, before sending.

use {
    super::{
        ComputeUnitPrice, Lifetime, NotSent, Outgoing, Sender,
        budget::{Budget, limit_for},
    },
    crate::{cluster::Cluster, compute::MAX_PER_TRANSACTION},
    futures_util::{StreamExt as _, TryStreamExt as _, stream},
    solana_hash::Hash,
    std::iter::Sum,
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

/// The fee that a cluster charges.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Fee {
    /// The fee, in lamports.
    pub lamports: u64,
    /// Whether the endpoint does not report fees. Then this is [`LAMPORTS_PER_SIGNATURE`], and the price of the compute
    /// unit limit.
    pub is_computed: bool,
}

impl Sum for Fee {
    fn sum<I: Iterator<Item = Self>>(fees: I) -> Self {
        fees.fold(Self::default(), |sum, fee| Self {
            lamports: sum.lamports.saturating_add(fee.lamports),
            is_computed: sum.is_computed || fee.is_computed,
        })
    }
}

impl<C: Cluster> Sender<'_, C> {
    /// The fee of a transaction.
    ///
    /// # Errors
    /// [`NotSent::Malformed`], [`NotSent::TooLarge`].
    pub fn fees(&self, outgoing: &Outgoing) -> Result<Fees, NotSent> {
        let signatures = self.unsigned(&outgoing.instructions, outgoing)?.signatures.len();
        let price = match self.options.compute_unit_price {
            ComputeUnitPrice::Fixed(price) => price,
            ComputeUnitPrice::Recent { at_most, .. } => at_most,
        };
        let minimum = computed(signatures, 0, 0);
        let maximum = computed(signatures, price, self.max_units(outgoing));
        let is_fixed = self.options.lifetime != Lifetime::Latest && outgoing.compute_units.is_some();
        let is_fixed = is_fixed && matches!(self.options.compute_unit_price, ComputeUnitPrice::Fixed(_));
        Ok(Fees { minimum: if is_fixed { maximum } else { minimum }, maximum })
    }

    /// The fees of all transactions, as the cluster reports them, for a quote. The first stage is simulated, as it is
    /// before sending. Later ones depend on it: for these, and for those whose simulation fails, this is an upper bound.
    ///
    /// # Errors
    /// [`NotSent`] if the cluster does not respond, or a transaction is too large.
    pub async fn quote_fees(&self, stages: &[Vec<Outgoing>]) -> Result<Fee, NotSent> {
        let Some((first, later)) = stages.split_first() else { return Ok(Fee::default()) };
        let price = self.price(first).await?;
        let hash = self.fee_hash().await;
        let simulated: Fee = self.rehearse(first, price, hash).await?.iter().map(|rehearsed| rehearsed.fee).sum();
        let bounds: Vec<_> = stream::iter(later.iter().flatten())
            .map(|outgoing| self.fee(outgoing, self.bound_of_all(outgoing, price), hash))
            .buffered(self.options.parallel.max(1))
            .try_collect()
            .await?;
        Ok([simulated].into_iter().chain(bounds).sum())
    }

    /// The fee of a transaction with this budget and blockhash.
    pub(super) async fn fee(&self, outgoing: &Outgoing, budget: Budget, hash: Hash) -> Result<Fee, NotSent> {
        let message = self.message(&budget.append_to(&outgoing.instructions), outgoing, hash)?;
        let signatures = usize::from(message.header().num_required_signatures);
        Ok(match self.retrying().fee(&message).await {
            Ok(Some(lamports)) => Fee { lamports, is_computed: false },
            // A fee is for information: it keeps nothing from being sent.
            Ok(None) | Err(_) => {
                let units = budget.units.unwrap_or(MAX_PER_TRANSACTION);
                Fee { lamports: computed(signatures, budget.price.unwrap_or(0), units), is_computed: true }
            }
        })
    }

    /// The hash to ask for fees with. Without one, the cluster reports none.
    pub(super) async fn fee_hash(&self) -> Hash {
        self.blockhash().await.map(|blockhash| blockhash.hash).unwrap_or_default()
    }

    /// The most that a transaction can request.
    pub(super) fn bound_of_all(&self, outgoing: &Outgoing, price: u64) -> Budget {
        Budget { units: Some(self.max_units(outgoing)), ..self.bound(outgoing, price) }
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

/// The fee of a cluster without resource fees: for signatures, and for a limit of `units` at `price`.
fn computed(signatures: usize, price: u64, units: u32) -> u64 {
    const MICRO_LAMPORTS: u128 = 1_000_000;
    let priority = u128::from(price).saturating_mul(u128::from(units)).div_ceil(MICRO_LAMPORTS);
    let base = LAMPORTS_PER_SIGNATURE.saturating_mul(signatures as u64);
    base.saturating_add(u64::try_from(priority).unwrap_or(u64::MAX))
}
