//! Deposits and withdrawals of each epoch, from the events of the pool.

use {
    crate::{
        args::Commitment,
        context::Context,
        error::CliError,
        units::Units,
        view::{
            events::{InstructionTotals, signed},
            policy::policy_of,
        },
    },
    serde::Serialize,
    solana_address::Address,
    std::collections::BTreeMap,
    tidepool_client::{
        cluster::Cluster,
        events::{Event, EventReader, FundsEvent, Reconciliation, Record, Totals},
        pool::PoolSnapshot,
    },
    tidepool_interface::instruction::tag,
};

/// Comparisons with the pool, while it changes meanwhile.
const COMPARISONS: u32 = 5;

/// What came into the pool, and what left it.
#[derive(Debug, Serialize)]
pub struct Flows {
    /// Whether the sums agree with the pool and its ledger to the lamport, and no event is missing.
    pub exact: bool,
    /// Places in the history where events are missing.
    pub gaps: usize,
    /// Total lamports and supply before the first event; `null` without events.
    pub lamports_before: Option<u64>,
    pub pool_tokens_before: Option<u64>,
    /// The oldest first.
    pub epochs: Vec<EpochFlows>,
    pub by_instruction: Vec<InstructionTotals>,
}

/// The sums of an epoch. Events of an epoch before its update count in it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct EpochFlows {
    pub epoch: u64,
    pub deposits: usize,
    /// What deposits added to the pool's total. A cancelled exit ticket is a deposit.
    pub deposited_lamports: i64,
    pub minted_pool_tokens: i64,
    pub withdrawals: usize,
    /// What withdrawals took from the pool's total.
    pub withdrawn_lamports: i64,
    pub burned_pool_tokens: i64,
    /// Change of the pool's total by the update: rewards and gifts, less losses.
    pub update_lamports: i64,
    /// Change of the supply by the update: the manager's fee, less what holders burned without the program.
    pub update_pool_tokens: i64,
}

impl Flows {
    /// Reads all events of a pool, and the pool as it is after them.
    pub async fn read<C: Cluster>(context: &Context<'_, C>, pool: Address) -> Result<(Self, PoolSnapshot), CliError> {
        let mut snapshot = context.look_at(&pool).await?;
        policy_of(&snapshot)?;
        let program_id = snapshot.program_id();
        let reader = || {
            let reader = EventReader::new(context.cluster, pool, program_id);
            let is_revocable = context.global.commitment == Some(Commitment::Confirmed);
            if is_revocable { reader.confirmed() } else { reader }
        };
        let mut reading = reader();
        let (mut totals, mut gaps, mut epochs) = (Totals::default(), 0, BTreeMap::<u64, EpochFlows>::new());
        let mut exact = false;
        for _ in 0..COMPARISONS {
            while let Some(record) = reading.next().await? {
                match record {
                    Record::Event(record) => {
                        let Event::Funds(funds) = &record.event else { continue };
                        totals.add(funds);
                        let epoch = funds.epoch.get();
                        epochs.entry(epoch).or_insert(EpochFlows { epoch, ..EpochFlows::default() }).add(funds);
                    }
                    Record::Gap(_) => gaps += 1,
                    Record::Retracted(_) => {
                        (reading, totals, gaps) = (reader(), Totals::default(), 0);
                        epochs.clear();
                    }
                }
            }
            snapshot = context.look_at_stakes(&pool).await?;
            let compared = Reconciliation::of(&totals, &snapshot);
            exact = gaps == 0 && compared.is_exact();
            // Else the pool may have changed between the two.
            if compared.difference().is_none_or(|difference| difference == (0, 0)) {
                break;
            }
        }
        let before = totals.span.map(|[first, _]| first);
        let flows = Self {
            exact,
            gaps,
            lamports_before: before.map(|before| before.lamports),
            pool_tokens_before: before.map(|before| before.pool_tokens),
            epochs: epochs.into_values().collect(),
            by_instruction: InstructionTotals::of(&totals),
        };
        Ok((flows, snapshot))
    }

    /// Sums of all epochs; its epoch is 0.
    pub fn total(&self) -> EpochFlows {
        let mut total = EpochFlows::default();
        for flows in &self.epochs {
            total.deposits += flows.deposits;
            total.withdrawals += flows.withdrawals;
            for (sum, part) in total.amounts().into_iter().zip({ *flows }.amounts()) {
                *sum = sum.saturating_add(*part);
            }
        }
        total
    }
}

impl EpochFlows {
    fn add(&mut self, event: &FundsEvent) {
        let [lamports, pool_tokens] =
            [&event.total_lamports, &event.pool_token_supply].map(|change| signed(change.difference()));
        let add = |sum: &mut i64, amount: i64| *sum = sum.saturating_add(amount);
        if event.instruction == tag::UPDATE_STAKE_POOL_BALANCE {
            add(&mut self.update_lamports, lamports);
            add(&mut self.update_pool_tokens, pool_tokens);
        } else if lamports > 0 || pool_tokens > 0 {
            self.deposits += 1;
            add(&mut self.deposited_lamports, lamports);
            add(&mut self.minted_pool_tokens, pool_tokens);
        } else if lamports < 0 || pool_tokens < 0 {
            self.withdrawals += 1;
            add(&mut self.withdrawn_lamports, lamports.saturating_neg());
            add(&mut self.burned_pool_tokens, pool_tokens.saturating_neg());
        }
    }

    fn amounts(&mut self) -> [&mut i64; 6] {
        [
            &mut self.deposited_lamports,
            &mut self.minted_pool_tokens,
            &mut self.withdrawn_lamports,
            &mut self.burned_pool_tokens,
            &mut self.update_lamports,
            &mut self.update_pool_tokens,
        ]
    }
}

/// A change of an amount: lamports in SOL, or smallest units in whole pool tokens.
pub fn change(amount: i64) -> String {
    format!("{}{}", if amount < 0 { "-" } else { "" }, Units(amount.unsigned_abs()))
}
