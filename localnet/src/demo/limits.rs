//! Limits that the manager promises, and an attempt to break one.

use {
    super::stage::Stage,
    crate::run::RunError,
    tidepool_client::{
        actions::{self, LimitChanges},
        compute,
        plan::{InstructionGroup, Plan},
    },
    tidepool_core::maths::Fee,
    tidepool_interface::{
        ExtensionError,
        instruction::{FeeType, SetFeeAccounts, StakePoolInstruction},
    },
};

/// The manager's fee on rewards, which is also its ceiling.
pub const EPOCH_FEE: Fee = Fee::new(5, 100);

/// The fee on withdrawals, which is also its ceiling.
pub const WITHDRAWAL_FEE: Fee = Fee::new(1, 1_000);

impl Stage<'_> {
    /// The manager promises not to raise the fees.
    pub async fn set_limits(&mut self) -> Result<(), RunError> {
        let changes = LimitChanges {
            epoch_fee: Some(500),
            sol_withdrawal_fee: Some(10),
            stake_withdrawal_fee: Some(10),
            ..LimitChanges::default()
        };
        let manager = self.snapshot().pool().head.manager;
        let group = actions::set_limits(self.snapshot(), &manager, &changes)?;
        self.driver.send("Setting limits", &Plan::one("set limits", group), &[&self.manager]).await?;
        self.event("the manager promises fees of at most 5 % on rewards and 0.1 % on withdrawals".into());
        self.refresh().await
    }

    /// The manager tries to double the fee on rewards, past its ceiling. The instruction is built without the client's checks, so that
    /// the program answers.
    pub async fn try_higher_fee(&mut self) -> Result<(), RunError> {
        let pool = self.snapshot();
        let instruction = StakePoolInstruction::SetFee { fee: FeeType::Epoch(Fee::new(10, 100)) };
        let accounts = SetFeeAccounts { pool: pool.address(), manager: pool.pool().head.manager };
        let instruction = instruction.with_accounts(&pool.program_id(), accounts.metas());
        let plan = Plan::one("set a fee", InstructionGroup::one("set a fee", instruction, compute::EXTENSION));
        let expected = ExtensionError::FeeAboveCeiling.message().trim_end_matches('.');
        let found = match self.driver.send("Setting a fee", &plan, &[&self.manager]).await {
            Err(RunError::Transaction { reason, .. }) => reason,
            Err(error) => return Err(error),
            Ok(_) => "no error".into(),
        };
        let Some(words) = found.find(expected).and_then(|start| found.get(start..)) else {
            let what = "the result of a fee above its ceiling".into();
            return Err(RunError::Mismatch { what, expected: expected.into(), found });
        };
        self.event("the manager tries a fee of 10 % on rewards, and the program rejects it:".into());
        self.event(words.to_owned());
        self.refresh().await?;
        let (fee, terms) = (self.snapshot().pool().head.epoch_fee.get(), &self.snapshot().pool().terms);
        RunError::check("the fee on rewards", format!("{EPOCH_FEE:?}"), format!("{fee:?}"))?;
        RunError::check("whether another fee is pending", false, terms.next_epoch_fee.pending().is_some())
    }
}
