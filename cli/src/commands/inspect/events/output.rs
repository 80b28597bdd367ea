//! The comparison of events with the pool.

use {
    super::Output,
    crate::{
        output::{CommandOutput, write_fields},
        view::events::{InstructionTotals, instruction_name, signed},
    },
    serde_json::{Value, json},
    std::fmt,
    tidepool_client::events::Reconciliation,
};

/// Sums of events beside the pool.
#[derive(Debug)]
pub struct Reconciled(Reconciliation);

impl Reconciled {
    pub const fn new(reconciliation: Reconciliation) -> Self {
        Self(reconciliation)
    }
}

impl CommandOutput for Reconciled {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        let Reconciliation { totals, pool, .. } = &self.0;
        let state = if self.0.is_exact() { "agree with the pool" } else { "do not agree with the pool" };
        writeln!(f, "The sums of {} events about balances {state}", totals.events)?;
        let shown = |sum: i128, difference: Option<i128>| match difference {
            Some(0) | None => format!("{sum} by the events"),
            Some(difference) => format!("{sum} by the events, and {difference} more in the pool"),
        };
        let difference = self.0.difference();
        let mut fields = vec![
            ("total lamports", shown(totals.total_lamports, difference.map(|(lamports, _)| lamports))),
            ("supply", shown(totals.pool_token_supply, difference.map(|(_, pool_tokens)| pool_tokens))),
        ];
        if let Some(difference) = self.0.reward_difference() {
            let rewards = i128::try_from(totals.reward_lamports).unwrap_or(i128::MAX);
            fields.push(("rewards", shown(rewards, Some(difference))));
        }
        if totals.gaps > 0 {
            fields.push(("gaps", totals.gaps.to_string()));
        }
        fields.push(("pool", format!("{} lamports, {} pool tokens (smallest units)", pool.lamports, pool.pool_tokens)));
        write_fields(f, &fields)?;
        for (instruction, kind) in &totals.kinds {
            let name = instruction_name(*instruction);
            writeln!(
                f,
                "    {name}: {} events, {} lamports, {} pool tokens",
                kind.events, kind.lamports, kind.pool_tokens
            )?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let Reconciliation { totals, pool, mint_supply, reserve_lamports, .. } = &self.0;
        let difference = self.0.difference();
        json!({
            "type": "reconciliation",
            "exact": self.0.is_exact(),
            "events": totals.events,
            "gaps": totals.gaps,
            "lamports_before": totals.span.map(|[first, _]| first.lamports),
            "pool_tokens_before": totals.span.map(|[first, _]| first.pool_tokens),
            "lamports_change": signed(totals.total_lamports),
            "pool_tokens_change": signed(totals.pool_token_supply),
            "total_lamports": pool.lamports,
            "pool_token_supply": pool.pool_tokens,
            "lamports_difference": difference.map(|(lamports, _)| signed(lamports)),
            "pool_tokens_difference": difference.map(|(_, pool_tokens)| signed(pool_tokens)),
            "reward_lamports": signed(i128::try_from(totals.reward_lamports).unwrap_or(i128::MAX)),
            "ledger_reward_lamports": self.0.ledger_reward_lamports,
            "reward_lamports_difference": self.0.reward_difference().map(signed),
            "ledger_fee_pool_tokens": self.0.ledger_fee_pool_tokens,
            "supply_change_at_updates": signed(totals.supply_at_updates),
            "holder_burned_pool_tokens": self.0.burned_pool_tokens().map(signed),
            "mint_supply": mint_supply,
            "reserve_lamports": reserve_lamports,
            "reserve_received_lamports": signed(totals.reserve_received_lamports),
            "reserve_lamports_difference": self.0.unrecorded_reserve_lamports().map(signed),
            "by_instruction": InstructionTotals::of(totals),
        })
    }

    fn is_line(&self) -> bool {
        true
    }
}

impl CommandOutput for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        match self {
            Self::Transaction(output) => output.write(f, verbose),
            Self::Reconciled(output) => output.write(f, verbose),
            Self::Stopped => f.write_str("Stopped"),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Transaction(output) => output.json(),
            Self::Reconciled(output) => output.json(),
            Self::Stopped => json!({ "type": "stopped" }),
        }
    }

    fn is_line(&self) -> bool {
        !matches!(self, Self::Transaction(_))
    }
}
