//! The fees of a plan, for its quote.

use {
    super::Context,
    crate::{error::CliError, keys::Key, output::Line, terminal::Bar, units::transaction_fee},
    solana_address::Address,
    solana_signer::null_signer::NullSigner,
    tidepool_client::{
        cluster::Cluster,
        plan::Plan,
        send::{SendOptions, Sender},
    },
};

impl<C: Cluster> Context<'_, C> {
    /// What the transactions of `plan` cost, as the cluster says. A fee keeps nothing from being sent: where it cannot be found,
    /// there is no line.
    pub async fn fee_line(&self, plan: &Plan, keys: &[Key]) -> Result<Option<Line>, CliError> {
        if self.vault.is_some() {
            // The member who executes the proposal pays it.
            return Ok(None);
        }
        let payer = NullSigner::new(&self.fee_payer()?.pubkey());
        let (lifetime, stages) = self.packed(plan, &mut keys.to_vec(), &self.format().await?).await?;
        let options = SendOptions { lifetime, ..self.send_options(Address::default())? };
        let bar = Bar::spinner(&self.terminal, "Reading fees");
        let watched = self.watched(&bar);
        let sender = Sender::new(self.cluster, &payer).options(options).stop(&self.interrupt.stop).progress(&watched);
        let fee = bar.during(Box::pin(sender.quote_fees(&stages))).await.ok();
        Ok(fee.map(|fee| ("costs", format!("a transaction fee of {}", transaction_fee(&fee)))))
    }
}
