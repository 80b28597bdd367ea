//! Errors as they are reported: as text, and as JSON.

use {
    super::CliError,
    crate::{
        message::extension::ground_id,
        output::{Format, state_name, streams},
    },
    serde_json::{Value, json},
    tidepool_client::{
        announcement::kind_id,
        error::{Cause, PlanError},
        plan::Step,
        send::{FailureReport, Outcome, Sent},
    },
};

impl CliError {
    pub fn report(&self, format: Format) {
        if format.is_json() {
            streams::report(&format.render(&self.json()), format);
        } else {
            streams::report(&format!("error: {self}"), format);
            details(self).iter().for_each(|line| streams::report(line, format));
        }
    }

    /// The error as JSON: `kind`, `exit_code`, `message`, and where they apply `cause` (the program's name for it) and
    /// `transactions`.
    pub fn json(&self) -> Value {
        if let Self::Unfinished { error, .. } | Self::InFile { error, .. } = self {
            let mut json = error.json();
            json["error"]["message"] = self.to_string().into();
            return json;
        }
        let exit = self.exit();
        let mut error = json!({ "kind": exit.name(), "exit_code": exit as u8, "message": self.to_string() });
        if let Self::Plan(PlanError::Refused(refusal)) = self {
            error["cause"] = cause_name(&refusal.cause).into();
        }
        if let Self::InFlight(signatures) = self {
            error["signatures"] = signatures.iter().map(ToString::to_string).collect();
        }
        if let Self::NotLanded(summary) = self {
            if let Some(failure) = summary.problems().find_map(|sent| failure_of(&sent.outcome)) {
                error["cause"] = failure.explanation.name.clone().into();
            }
            error["transactions"] = summary.transactions.iter().map(transaction_json).collect();
        }
        json!({ "error": error })
    }
}

fn failure_of(outcome: &Outcome) -> Option<&FailureReport> {
    match outcome {
        Outcome::Failed { failure, .. } | Outcome::WouldFail(failure) => Some(failure),
        _ => None,
    }
}

/// What became of each transaction, for a person, where there was more than one.
fn details(error: &CliError) -> Vec<String> {
    let summary = match error {
        CliError::NotLanded(summary) => summary,
        CliError::Unfinished { error, .. } | CliError::InFile { error, .. } => return details(error),
        _ => return vec![],
    };
    if summary.transactions.len() < 2 {
        return vec![];
    }
    let line = |sent: &Sent| format!("  {}: {}", sent.label, sent.outcome);
    summary.transactions.iter().map(line).collect()
}

fn transaction_json(sent: &Sent) -> Value {
    let state = state_name(&sent.outcome);
    let signature = sent.outcome.signature().map(|signature| signature.to_string());
    let logs = failure_of(&sent.outcome).map(|failure| failure.logs.clone());
    json!({
        "label": sent.label,
        "steps": sent.steps.iter().map(step_json).collect::<Vec<_>>(),
        "state": state,
        "signature": signature,
        "detail": sent.outcome.to_string(),
        "logs": logs.unwrap_or_default(),
    })
}

/// A step of a trade, for a program that has to tell which of them landed.
fn step_json(step: &Step) -> Value {
    match step {
        Step::WithdrawSol => json!({ "step": "withdraw_sol", "stake_account": null }),
        Step::WithdrawStake { to } => json!({ "step": "withdraw_stake", "stake_account": to.to_string() }),
        Step::DepositStake { from } => json!({ "step": "deposit_stake", "stake_account": from.to_string() }),
        Step::Sweep { vote, lamports } => {
            json!({ "step": "sweep", "stake_account": null, "vote_account": vote.to_string(), "lamports": lamports })
        }
        Step::Announce { kind, from_epoch, from_timestamp } => json!({
            "step": "announce",
            "stake_account": null,
            "kind": kind_id(*kind),
            "from_epoch": from_epoch,
            "from_timestamp": from_timestamp,
        }),
        Step::Demote { vote, ground } => json!({
            "step": "demote",
            "stake_account": null,
            "vote_account": vote.to_string(),
            "ground": ground_id(*ground),
        }),
        Step::RequestExit { id } => json!({ "step": "request_exit", "stake_account": null, "ticket_id": id }),
        Step::ClaimExit { id } => json!({ "step": "claim_exit", "stake_account": null, "ticket_id": id }),
    }
}

/// The name of what the program would answer, such as `ExceededSlippage`.
pub fn cause_name(cause: &Cause) -> String {
    match cause {
        Cause::StakePool(error) => format!("{error:?}"),
        Cause::Extension(error) => format!("{error:?}"),
        Cause::Stake(error) => format!("{error:?}"),
        Cause::Instruction(error) => format!("{error:?}"),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, solana_address::Address};

    #[test]
    fn errors_are_json_too() {
        let error = CliError::Stale { pool: Address::default(), last: 4, now: 5, otherwise: "or wait" };
        let json = error.json();
        assert_eq!(json["error"]["kind"], "not_now");
        assert_eq!(json["error"]["exit_code"], 5);
        assert_eq!(json["error"]["message"], error.to_string());
    }
}
