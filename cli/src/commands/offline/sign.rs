//! `tidepool sign`

use {
    crate::{context::Context, error::CliError, message::MessageArg, unsent::Unsent},
    tidepool_client::{cluster::Cluster, send::PartiallySigned},
};

const EXAMPLE: &str = "\
Example:
  tidepool sign - --keypair usb://ledger --yes
  tidepool sign - --keypair manager.json --yes --output json";

/// Sign a transaction message offline
///
/// Shows what the message does, asks for confirmation, and shows the signature for `tidepool submit`. MESSAGE is the output of
/// --sign-only or --dump-transaction-message of another command, run on an online machine.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    message: MessageArg,
}

impl Args {
    #[expect(clippy::unused_async, reason = "commands are asynchronous, and this one asks no cluster")]
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Unsent, CliError> {
        context.terminal.check_consent()?;
        let message = self.message.read()?;
        let mut keys = vec![context.wallet()?];
        if context.global.fee_payer.is_some() {
            keys.push(context.fee_payer()?);
        }
        message.check_signs(&keys.iter().map(|key| key.pubkey()).collect::<Vec<_>>())?;
        let pool_program = context.global.program_id;
        context.terminal.confirm("Sign this message", &message.lines(pool_program))?;
        let (payer, does) = (message.payer(), message.instructions(pool_program));
        let signed = PartiallySigned::sign("signed", message.0, keys.iter().map(AsRef::as_ref))?;
        Ok(Unsent::explained(&signed, payer, does))
    }
}
