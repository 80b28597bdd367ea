//! What a command answers that was not to send: signatures and messages, or what would happen.

use {
    crate::{
        error::{CliError, exit_of_failure},
        exit::Exit,
        message::Decoded,
        output::{CommandOutput, Landed, Text, to_json, write_fields, write_signatures},
        units::transaction_fee,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde::Serialize,
    serde_json::{Value, json},
    solana_address::Address,
    solana_hash::Hash,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        send::{DryRun, NotSent, Outgoing, PartiallySigned, Sender},
        words::seconds,
    },
};

/// Why a command ends early. It is an error for the client library's crank, which ends with it.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    #[error(transparent)]
    Failed(CliError),

    /// Transactions that were not to be sent: the command's output.
    #[error("nothing was sent, as specified")]
    Unsent(Box<Unsent>),
}

impl<E: Into<CliError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a command answers that was not to send.
#[derive(Debug)]
pub enum Unsent {
    /// Transactions as far as they are signed.
    Signed {
        /// In the order in which they are to be sent.
        transactions: Vec<Signed>,
        /// Whether the messages alone were asked for.
        messages_only: bool,
    },
    DryRun {
        /// The transactions that can be told about.
        transactions: Vec<Rehearsal>,
        /// Labels of those that depend on them.
        later: Vec<String>,
    },
    /// The change was proposed to a multisig.
    Proposed(Box<Proposed>),
}

/// A proposal of a Squads multisig.
#[derive(Debug, Serialize)]
pub struct Proposed {
    pub multisig: Text<Address>,
    pub index: u64,
    pub proposal: Text<Address>,
    pub vault: Text<Address>,
    pub vault_index: u8,
    /// Whether it is several transactions, executed one after the other.
    pub batch: bool,
    pub approvals_needed: u16,
    pub time_lock_seconds: u32,
    /// Wallets that have to sign the execution besides the member who executes.
    pub also_signed_by: Vec<Text<Address>>,
    /// Its instructions, in words.
    pub does: Vec<String>,
    /// The transactions that created it.
    #[serde(skip)]
    pub transactions: Vec<Landed>,
}

#[derive(Debug, Serialize)]
pub struct Signed {
    label: String,
    blockhash: Text<Hash>,
    /// In base64.
    message: String,
    /// `ADDRESS=SIGNATURE`.
    signers: Vec<String>,
    /// Those who have yet to sign.
    absent: Vec<Text<Address>>,
    /// What was shown to the person who signed.
    #[serde(flatten)]
    shown: Option<Shown>,
}

#[derive(Debug, Serialize)]
struct Shown {
    fee_payer: String,
    does: Vec<String>,
}

#[derive(Debug)]
pub struct Rehearsal {
    rehearsed: DryRun,
    log: Decoded,
}

impl From<&PartiallySigned> for Signed {
    fn from(signed: &PartiallySigned) -> Self {
        let signers = signed.signatures.iter();
        Self {
            label: signed.label.clone(),
            blockhash: Text(*signed.message.recent_blockhash()),
            message: BASE64_STANDARD.encode(signed.message.serialize()),
            signers: signers
                .filter_map(|(address, signed)| signed.map(|signed| format!("{address}={signed}")))
                .collect(),
            absent: signed.missing_signers().map(Text).collect(),
            shown: None,
        }
    }
}

impl Unsent {
    /// Transactions that have been signed already.
    pub fn of(transactions: &[PartiallySigned], messages_only: bool) -> Self {
        Self::Signed { transactions: transactions.iter().map(Signed::from).collect(), messages_only }
    }

    /// A signed transaction, with its fee payer and a description.
    pub fn explained(transaction: &PartiallySigned, fee_payer: String, does: Vec<String>) -> Self {
        let signed = Signed { shown: Some(Shown { fee_payer, does }), ..Signed::from(transaction) };
        Self::Signed { transactions: vec![signed], messages_only: false }
    }

    /// Signs all transactions as far as keys are there.
    pub async fn signed<C: Cluster>(
        sender: &Sender<'_, C>,
        stages: &[Vec<Outgoing>],
        messages_only: bool,
    ) -> Result<Self, NotSent> {
        let signed = sender.sign_only(&stages.concat()).await?;
        Ok(Self::of(&signed, messages_only))
    }

    /// Whether a simulated transaction would fail.
    pub fn would_fail(&self) -> bool {
        matches!(self, Self::DryRun { transactions, .. } if transactions.iter().any(Rehearsal::would_fail))
    }

    /// Simulates the transactions of the first stage. The others depend on what these change.
    pub async fn rehearsed<C: Cluster>(
        sender: &Sender<'_, C>,
        stages: &[Vec<Outgoing>],
        program_id: Address,
    ) -> Result<Self, NotSent> {
        let (first, rest) = stages.split_first().map_or((&[][..], &[][..]), |(first, rest)| (first, rest));
        let rehearsed = sender.dry_run(first).await?;
        let transactions = rehearsed.into_iter().map(|rehearsed| {
            let log = Decoded::new(&rehearsed.logs, program_id);
            Rehearsal { rehearsed, log }
        });
        let later = rest.iter().flatten().map(|outgoing| outgoing.label.clone());
        Ok(Self::DryRun { transactions: transactions.collect(), later: later.collect() })
    }
}

impl CommandOutput for Unsent {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        match self {
            Self::Signed { transactions, messages_only: true } => {
                transactions.iter().try_for_each(|signed| writeln!(f, "{}", signed.message))
            }
            Self::Signed { transactions, .. } => transactions.iter().try_for_each(|signed| signed.write(f)),
            Self::Proposed(proposed) => proposed.write(f),
            Self::DryRun { transactions, later } => {
                writeln!(f, "Simulated; nothing was sent")?;
                transactions.iter().try_for_each(|rehearsal| rehearsal.write(f))?;
                later
                    .iter()
                    .try_for_each(|label| writeln!(f, "{label}: depends on the transactions above, not simulated"))
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Signed { transactions, .. } => json!({ "sent": false, "transactions": to_json(transactions) }),
            Self::Proposed(proposed) => json!({
                "sent": false,
                "proposed": to_json(proposed),
                "transactions": to_json(&proposed.transactions),
            }),
            Self::DryRun { transactions, later } => json!({
                "sent": false,
                "simulated": transactions.iter().map(Rehearsal::json).collect::<Vec<_>>(),
                "later": later,
            }),
        }
    }

    /// As if the first transaction that would fail had been sent.
    fn exit(&self) -> Exit {
        let Self::DryRun { transactions, .. } = self else {
            return Exit::Done;
        };
        let failure = transactions.iter().find_map(|rehearsal| rehearsal.rehearsed.failure.as_ref());
        failure.map_or(Exit::Done, exit_of_failure)
    }
}

impl Signed {
    /// As Solana's own tools write it, so that their users and scripts find their way.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.label)?;
        writeln!(f, "Blockhash: {}", self.blockhash)?;
        writeln!(f, "Transaction Message: {}", self.message)?;
        if !self.signers.is_empty() {
            writeln!(f, "Signers (Pubkey=Signature):")?;
            self.signers.iter().try_for_each(|signer| writeln!(f, "  {signer}"))?;
        }
        if !self.absent.is_empty() {
            writeln!(f, "Absent Signers (Pubkey):")?;
            self.absent.iter().try_for_each(|address| writeln!(f, "  {address}"))?;
        }
        Ok(())
    }
}

impl Proposed {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { multisig, index, .. } = self;
        writeln!(f, "Proposed to multisig {multisig}, and not sent: proposal {index}")?;
        let mut lines = vec![("vault", format!("{} (index {})", self.vault, self.vault_index))];
        lines.extend(self.does.iter().map(|does| ("does", does.clone())));
        lines.push(("needs", approvals(self.approvals_needed, self.time_lock_seconds)));
        lines.extend(self.also_signed_by.iter().map(|signer| ("also signed by", signer.to_string())));
        lines.push(("next", format!("each member: tidepool squads approve {multisig} {index}")));
        lines.push(("then", format!("one of them: tidepool squads execute {multisig} {index}")));
        write_fields(f, &lines)?;
        write_signatures(f, &self.transactions)
    }
}

/// What a proposal needs before it is executed.
pub fn approvals(needed: u16, time_lock: u32) -> String {
    let approvals = if needed == 1 { "1 approval".into() } else { format!("{needed} approvals") };
    match time_lock {
        0 => approvals,
        _ => format!("{approvals}, and then a wait of {}", seconds(time_lock)),
    }
}

impl Rehearsal {
    const fn would_fail(&self) -> bool {
        self.rehearsed.failure.is_some()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DryRun { label, failure, units_consumed, fee, .. } = &self.rehearsed;
        match failure {
            None => writeln!(
                f,
                "{label}: would land, with {units_consumed} compute units and a fee of {}",
                transaction_fee(fee)
            )?,
            Some(failure) => writeln!(f, "{label}: would fail: {}", failure.explanation)?,
        }
        write!(f, "{}", self.log)
    }

    fn json(&self) -> Value {
        let DryRun { label, failure, logs, units_consumed, signatures, fee } = &self.rehearsed;
        json!({
            "label": label,
            "would_land": failure.is_none(),
            "cause": failure.as_ref().map(|failure| failure.explanation.name.clone()),
            "message": failure.as_ref().map(|failure| failure.explanation.to_string()),
            "compute_units": units_consumed,
            "signatures": signatures,
            "fee_lamports": fee.lamports,
            "fee_computed": fee.is_computed,
            "logs": logs,
            "events": self.log.events(),
        })
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        solana_transaction_error::TransactionError,
        tidepool_client::{
            error::{Cause, Explanation},
            send::{FailureReport, Fee},
        },
        tidepool_interface::StakePoolError,
    };

    fn rehearsal(failure: Option<Cause>) -> Rehearsal {
        let failure = failure.map(|cause| FailureReport {
            error: TransactionError::AccountNotFound,
            explanation: Explanation {
                instruction: None,
                program: None,
                cause: Some(cause),
                name: String::new(),
                message: String::new(),
            },
            logs: vec![],
        });
        let rehearsed = DryRun {
            label: String::new(),
            failure,
            logs: vec![],
            units_consumed: 0,
            signatures: 1,
            fee: Fee::default(),
        };
        Rehearsal { rehearsed, log: Decoded::new(&[], Address::default()) }
    }

    #[test]
    fn a_rehearsal_ends_as_sending_would() {
        use StakePoolError::{EpochRewardDistributionInProgress, ExceededSlippage, StakeListAndPoolOutOfDate};
        let exit = |failures: &[Option<StakePoolError>]| {
            let failures = failures.iter().map(|failure| rehearsal(failure.map(Cause::from)));
            Unsent::DryRun { transactions: failures.collect(), later: vec![] }.exit()
        };
        assert_eq!(exit(&[]), Exit::Done);
        assert_eq!(exit(&[None, None]), Exit::Done);
        assert_eq!(exit(&[None, Some(ExceededSlippage)]), Exit::Refused);
        assert_eq!(exit(&[Some(StakeListAndPoolOutOfDate)]), Exit::NotNow);
        assert_eq!(exit(&[Some(EpochRewardDistributionInProgress), None]), Exit::NotNow);
    }
}
