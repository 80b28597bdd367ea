//! Exit tickets of a wallet: SOL for any sum, as soon as the reserve can pay it.

use {
    super::{ClientError, PoolClient, Receipt, Trade},
    crate::{
        actions::{self, RequestExit, TokenReceiver, TokenSource},
        cluster::Cluster,
        plan::{self, Claim, Plan},
        pool::{PoolSnapshot, StakeSelection},
        quote::{self, CancellationQuote, ExitQuote},
        tickets::{read_tickets, read_tickets_by_id},
    },
    tidepool_interface::state::ExitTicket,
};

/// Quote of a request for an exit ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TicketQuote {
    /// Id of the ticket. If another request lands first, the program refuses this one with `WrongTicket`: request again.
    pub id: u64,
    /// The lamports that are fixed at the request, the fee, and an estimate of the time of the payment.
    pub exit: ExitQuote,
    /// Lamports of rent that the wallet gets back when the ticket is paid or cancelled.
    pub rent_lamports: u64,
}

impl<C: Cluster> PoolClient<'_, C> {
    /// Requests an exit ticket for `pool_tokens` (smallest unit), which pays SOL to the wallet as soon as the reserve can.
    /// Cranks raise the SOL and pay it; [`Self::claim_ticket`] does the latter too. Extended pools only. The wallet signs for the
    /// pool's program: there is no [throw-away key](crate::actions#throw-away-keys).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn request_ticket(&self, pool_tokens: u64) -> Result<Receipt<TicketQuote>, ClientError> {
        let (snapshot, update) = self.fresh(StakeSelection::None).await?;
        self.finish(update, self.ticket_request(&snapshot, pool_tokens)?).await
    }

    /// Quotes [`Self::request_ticket`]. Nothing is sent, so the pool must be up to date.
    ///
    /// # Errors
    /// [`ClientError::Pool`], [`ClientError::Plan`].
    pub async fn quote_request_ticket(&self, pool_tokens: u64) -> Result<Trade<TicketQuote>, ClientError> {
        self.ticket_request(&self.read().await?, pool_tokens)
    }

    /// Open exit tickets of the wallet, the newest first.
    ///
    /// # Errors
    /// [`ClientError::Pool`].
    pub async fn tickets(&self) -> Result<Vec<ExitTicket>, ClientError> {
        let mut tickets = read_tickets(self.cluster, &self.read().await?, &[]).await?;
        tickets.retain(|ticket| ticket.owner == self.wallet.pubkey());
        Ok(tickets)
    }

    /// Pays the ticket `id` to its recipient. Permissionless: the wallet pays the transaction fee, and need not own the ticket.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::TicketNotOpen`]; [`ClientError::Plan`] with `ReserveTooSmall` if the reserve cannot pay it
    /// yet.
    pub async fn claim_ticket(&self, id: u64) -> Result<Receipt<Claim>, ClientError> {
        let (snapshot, update) = self.fresh(StakeSelection::None).await?;
        self.finish(update, self.ticket_claim(&snapshot, id).await?).await
    }

    /// Quotes [`Self::claim_ticket`]. Nothing is sent, so the pool must be up to date.
    ///
    /// # Errors
    /// [`ClientError::Pool`], [`ClientError::Plan`], [`ClientError::TicketNotOpen`].
    pub async fn quote_claim_ticket(&self, id: u64) -> Result<Trade<Claim>, ClientError> {
        self.ticket_claim(&self.read().await?, id).await
    }

    /// Cancels the ticket `id` of the wallet, from the epoch after its request on. The pool tokens that its lamports buy now return
    /// to the wallet.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::TicketNotOpen`].
    pub async fn cancel_ticket(&self, id: u64) -> Result<Receipt<CancellationQuote>, ClientError> {
        let (snapshot, update) = self.fresh(StakeSelection::None).await?;
        self.finish(update, self.ticket_cancellation(&snapshot, id).await?).await
    }

    /// Quotes [`Self::cancel_ticket`]. Nothing is sent, so the pool must be up to date.
    ///
    /// # Errors
    /// [`ClientError::Pool`], [`ClientError::Plan`], [`ClientError::TicketNotOpen`].
    pub async fn quote_cancel_ticket(&self, id: u64) -> Result<Trade<CancellationQuote>, ClientError> {
        self.ticket_cancellation(&self.read().await?, id).await
    }

    fn ticket_request(&self, snapshot: &PoolSnapshot, pool_tokens: u64) -> Result<Trade<TicketQuote>, ClientError> {
        let wallet = self.wallet.pubkey();
        let tokens = TokenSource::wallet(snapshot, &wallet);
        let quote = quote::quote_exit(snapshot, &tokens.account, pool_tokens, None)?;
        let minimum = self.minimum_of(quote.terms.lamports.get());
        let request = RequestExit { tokens, pool_tokens, recipient: wallet, payer: wallet, minimum_lamports: minimum };
        let (group, exit) = actions::request_exit(snapshot, &request)?;
        let id = snapshot.extension().map_or(0, |extension| extension.tickets.next_id.get());
        let quote = TicketQuote { id, exit, rent_lamports: actions::ticket_rent(snapshot) };
        Ok(Trade::new(snapshot, quote, minimum, Plan::one("request an exit ticket", group)))
    }

    async fn ticket_claim(&self, snapshot: &PoolSnapshot, id: u64) -> Result<Trade<Claim>, ClientError> {
        let ticket = self.open_ticket(snapshot, id).await?;
        let planned = plan::claims(snapshot, &[ticket])?;
        planned.check_all_paid(snapshot)?;
        let claim = Claim { ticket, lamports: quote::claimable_lamports(snapshot, &ticket)?.get() };
        Ok(Trade::new(snapshot, claim, None, planned.plan))
    }

    async fn ticket_cancellation(
        &self,
        snapshot: &PoolSnapshot,
        id: u64,
    ) -> Result<Trade<CancellationQuote>, ClientError> {
        let (wallet, ticket) = (self.wallet.pubkey(), self.open_ticket(snapshot, id).await?);
        let (group, quote) = actions::cancel_exit(snapshot, &ticket, &TokenReceiver::Wallet(wallet), &wallet)?;
        Ok(Trade::new(snapshot, quote, None, Plan::one("cancel an exit ticket", group)))
    }

    async fn open_ticket(&self, snapshot: &PoolSnapshot, id: u64) -> Result<ExitTicket, ClientError> {
        let found = read_tickets_by_id(self.cluster, snapshot, &[id]).await?;
        found.first().copied().ok_or(ClientError::TicketNotOpen { id })
    }
}
