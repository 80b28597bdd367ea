//! What has become of a plan.

use {
    crate::{
        desired::{
            Signable, Survey,
            words::{self, PlannedStep},
        },
        output::{Landed, Line, Report, Text, write_fields, write_signatures},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
};

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    epoch: u64,
    /// Whether the pool is as the plan wants it.
    complete: bool,
    parts: usize,
    /// Parts that are as the plan wants them.
    parts_done: usize,
    /// Steps that are left.
    left: Vec<PlannedStep>,
    transactions: Vec<Landed>,
    #[serde(skip)]
    lines: [Vec<Line>; 2],
    #[serde(skip)]
    has_others: bool,
}

impl Output {
    pub fn new(survey: &Survey, signable: &Signable<'_>, parts: usize, transactions: Vec<Landed>) -> Self {
        let Survey { live, differences, steps } = survey;
        let all: Vec<_> = steps.iter().collect();
        Self {
            pool: Text(live.snapshot.address()),
            epoch: live.snapshot.epoch(),
            complete: steps.is_empty(),
            parts,
            parts_done: parts.saturating_sub(differences.len()),
            left: steps.iter().map(|step| PlannedStep::new(live, differences, step)).collect(),
            transactions,
            lines: [false, true].map(|verbose| words::lines(live, differences, &all, verbose)),
            has_others: signable.others().next().is_some(),
        }
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        let (pool, parts) = (&self.pool, self.parts);
        write_signatures(f, &self.transactions)?;
        if self.complete {
            let sent = if self.transactions.is_empty() { ": nothing was sent" } else { "" };
            return writeln!(f, "Pool {pool} is as the plan wants it: the plan is empty now{sent}");
        }
        writeln!(f, "{} of {parts} parts of pool {pool} are as the plan wants them. Left:", self.parts_done)?;
        write_fields(f, &self.lines[usize::from(verbose)])?;
        if self.has_others {
            writeln!(f, "Other keypairs have steps to sign: run `tidepool apply` with them")?;
        }
        Ok(())
    }
}
