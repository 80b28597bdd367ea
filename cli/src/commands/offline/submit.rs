//! `tidepool submit`

use {
    crate::{
        context::Context,
        error::CliError,
        message::MessageArg,
        output::{Landed, Report, write_signatures},
    },
    serde::Serialize,
    solana_message::VersionedMessage,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        send::{Lifetime, PartiallySigned, SendOptions, Sender},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool submit - --signer 4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi=\\
2KmSS4YPFY5Mh8LHEG3ozeAy1Gcog3AEQdAg8gGNGZZwVFhW2NcmVQUoLHUiwKPkzhyjQ6Pd8xzm1vtfHGmWNhKk";

/// Send a transaction that was signed offline
///
/// Adds the signatures of --signer, --keypair and --fee-payer to the message, sends it and confirms it. Shows what the message
/// does, and asks for confirmation if one of your keypairs signs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    message: MessageArg,
}

#[derive(Debug, Serialize)]
pub struct Output {
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let signs = context.is_given_a_key();
        if signs {
            context.terminal.check_consent()?;
        }
        let message = self.message.read()?;
        if matches!(message.0, VersionedMessage::V1(_)) {
            context
                .check_takes_v1("submit this message when it does, or sign one without --transaction-version v1")
                .await?;
        }
        let keys = context.presigned_and_given()?;
        let lines = message.lines(context.global.program_id);
        if signs {
            context.terminal.confirm("Sign and send this message", &lines)?;
        } else {
            context.terminal.show("Sending this message", &lines);
        }
        let signed = PartiallySigned::sign("submit", message.0.clone(), keys.iter().map(AsRef::as_ref))?;
        let transaction = signed.complete()?;
        let program_id = context.global.program_id.or_else(|| message.pool_program()).unwrap_or_default();
        let options = SendOptions { lifetime: Lifetime::of(&message.0), ..context.send_options(program_id)? };
        // The message is already signed, so the sender needs no signer.
        let null_signer = solana_signer::null_signer::NullSigner::new(&program_id);
        let sender = Sender::new(context.cluster, &null_signer).options(options).stop(&context.interrupt.stop);
        let _winding_down = context.interrupt.wind_down();
        let summary = context.watch("Sending", sender.submit(&signed.label, transaction)).await;
        if summary.is_success() {
            Ok(Output { transactions: Landed::of(&summary) })
        } else {
            Err(CliError::NotLanded(summary))
        }
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        write_signatures(f, &self.transactions)
    }
}
