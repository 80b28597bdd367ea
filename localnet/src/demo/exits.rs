//! Exit tickets: one that the reserve pays at once, and one for a third of the pool.

use {
    super::stage::{Holder, Stage},
    crate::{
        run::{RequestedExit, RunError, Side, claim_exits, request_exit},
        terminal::{Sol, Tokens},
    },
    solana_native_token::LAMPORTS_PER_SOL,
    tidepool_client::{actions, quote},
    tidepool_core::maths::{Lamports, PoolTokens},
};

/// Lamports of the small ticket: less than a stake account can hold.
const SMALL_LAMPORTS: u64 = 2 * LAMPORTS_PER_SOL / 5;

/// A ticket of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub holder: &'static str,
    pub requested: RequestedExit,
    /// The epoch of its request.
    pub since: u64,
    /// The epoch in which it was paid.
    pub paid_in: Option<u64>,
}

impl Stage<'_> {
    /// Ada requests a ticket for 0.4 SOL, and Ben one for a third of the pool.
    pub async fn request_exits(&mut self) -> Result<(), RunError> {
        let account = actions::associated_token_account(self.snapshot(), &self.ada.address());
        let small = quote::pool_tokens_for_exit(self.snapshot(), &account, SMALL_LAMPORTS).unwrap_or(0);
        let ticket = self.request_exit(|stage| &stage.ada, small, "0.4 SOL").await?;
        RunError::check("the small ticket, in lamports,", SMALL_LAMPORTS, ticket.lamports)?;
        let third = self.snapshot().rate().pool_token_supply.get() / 3;
        self.request_exit(|stage| &stage.ben, third, "a third of the pool").await?;
        Ok(())
    }

    async fn request_exit(
        &mut self,
        who: impl Fn(&Self) -> &Holder,
        pool_tokens: u64,
        what: &str,
    ) -> Result<RequestedExit, RunError> {
        let holder = who(self).name;
        let requested = request_exit(&self.driver, self.snapshot(), &who(self).key, pool_tokens).await?;
        if requested.escrow_rent > 0 {
            self.ledger.book(Side::Entered, format!("{holder}: rent of the escrow account"), requested.escrow_rent);
        }
        let payable = requested.payable_from_epoch.map_or("unknown".into(), |epoch| epoch.to_string());
        self.event(format!(
            "{holder} requests ticket {} for {what}: {} SOL for {} pool tokens, payable from epoch {payable}",
            requested.id,
            Sol(requested.lamports),
            Tokens(requested.pool_tokens)
        ));
        self.tickets.push(Ticket { holder, requested, since: self.cluster().epoch(), paid_in: None });
        self.refresh().await?;
        Ok(requested)
    }

    /// A fee payer pays the tickets that the reserve can pay. Checks that none is later than its quote said.
    pub async fn claim_exits(&mut self) -> Result<(), RunError> {
        let epoch = self.cluster().epoch();
        let (mut due, before) = (self.snapshot().rate(), self.snapshot().rate());
        for claim in claim_exits(&self.driver, self.snapshot()).await? {
            let id = claim.ticket.id.get();
            due.total_lamports = Lamports::new(due.total_lamports.get() - claim.lamports);
            due.pool_token_supply = PoolTokens::new(due.pool_token_supply.get() - claim.ticket.pool_tokens.get());
            let Some(ticket) = self.tickets.iter_mut().find(|ticket| ticket.requested.id == id) else { continue };
            ticket.paid_in = Some(epoch);
            let (holder, lamports) = (ticket.holder, ticket.requested.lamports);
            RunError::check(format!("the payment of ticket {id}, in lamports,"), lamports, claim.lamports)?;
            self.ledger.book(Side::Left, format!("ticket {id} pays {holder}"), lamports);
            self.event(format!("a cranker pays ticket {id}: {} SOL to {holder}, to the lamport", Sol(lamports)));
        }
        self.refresh().await?;
        let after = self.snapshot().rate();
        RunError::check(
            "the pool's total after claims, in lamports,",
            due.total_lamports.get(),
            after.total_lamports.get(),
        )?;
        let supply = (due.pool_token_supply.get(), after.pool_token_supply.get());
        RunError::check("the pool's supply after claims, in pool tokens,", supply.0, supply.1)?;
        self.growth.note_tickets(epoch, &before, &after);
        let late = |ticket: &&Ticket| {
            ticket.paid_in.is_none() && ticket.requested.payable_from_epoch.is_none_or(|payable| payable <= epoch)
        };
        match self.tickets.iter().find(late) {
            Some(ticket) => Err(RunError::Mismatch {
                what: format!("ticket {}", ticket.requested.id),
                expected: format!("paid from epoch {:?} on", ticket.requested.payable_from_epoch),
                found: format!("open in epoch {epoch}"),
            }),
            None => Ok(()),
        }
    }

    /// Rent of the escrow account.
    pub fn escrow_lamports(&self) -> u64 {
        self.cluster().lamports(&actions::escrow_address(self.snapshot()))
    }
}
