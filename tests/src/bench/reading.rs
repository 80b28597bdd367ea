//! Compute units, and whose they are.

use {crate::vm::Outcome, std::ops::Div};

/// The system program, as logs name it.
const SYSTEM_PROGRAM: &str = "11111111111111111111111111111111";

/// Compute units of an instruction.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reading {
    pub total: u64,
    /// What the programs consumed that it called, which it cannot lower. The system program's units count too, though the
    /// runtime logs no consumption of builtins.
    pub callees: u64,
    /// Calls that it made. Each costs 946 compute units at least.
    pub calls: u64,
}

impl Reading {
    /// What the machine says of an instruction.
    pub fn of(outcome: &Outcome) -> Self {
        let mut reading = Self { total: outcome.result.compute_units_consumed, ..Self::default() };
        let mut depth = 0_u32;
        for line in &outcome.logs {
            let Some(rest) = line.strip_prefix("Program ") else { continue };
            let Some((program, what)) = rest.split_once(' ') else { continue };
            if what.starts_with("invoke [") {
                depth += 1;
                reading.calls += u64::from(depth == 2);
                if depth == 2 && program == SYSTEM_PROGRAM {
                    reading.callees += solana_system_program::system_processor::DEFAULT_COMPUTE_UNITS;
                }
            } else if depth == 2
                && let Some(units) = what.strip_prefix("consumed ").and_then(|rest| rest.split(' ').next())
            {
                reading.callees += units.parse::<u64>().unwrap_or_default();
            } else if what == "success" {
                depth = depth.saturating_sub(1);
            }
        }
        reading
    }

    /// What the program consumed itself, with what its calls cost.
    pub const fn own(&self) -> u64 {
        self.total.saturating_sub(self.callees)
    }
}

impl Div<u32> for Reading {
    type Output = Self;

    fn div(self, by: u32) -> Self {
        let by = u64::from(by.max(1));
        Self { total: self.total.div_ceil(by), callees: self.callees / by, calls: self.calls / by }
    }
}
