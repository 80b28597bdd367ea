//! Exit tickets of a pool client against the program: each quote is what the wallet gets.

use {
    crate::{SOL, pool_client::Market},
    solana_keypair::Keypair,
    solana_signer::Signer,
    tidepool_client::{
        actions::{self, weights},
        client::{ClientError, ClientOptions, TicketQuote},
        quote,
    },
    tidepool_interface::ExtensionError,
};

/// A market whose stake is delegated, and a wallet with 50 SOL in the pool.
async fn market() -> (Market, Keypair) {
    let market = Market::open().await;
    let wallet = market.cluster.funded_keypair(100 * SOL);
    market.client(&wallet).deposit_sol(50 * SOL).await.unwrap();
    let snapshot = market.client(&market.manager).read().await.unwrap();
    let weights: Vec<_> = market.cluster.votes().iter().map(|vote| (*vote, 1)).collect();
    let changes = weights::changes(&snapshot, &weights, weights::Unlisted::Keep).unwrap();
    market.send(&actions::set_validator_weights(&snapshot, &changes).unwrap(), &[]).await;
    market.client(&market.manager).crank().await.unwrap();
    market.cluster.advance_epoch().unwrap();
    market.client(&market.manager).update().await.unwrap();
    (market, wallet)
}

fn is_refused(error: &ClientError, expected: ExtensionError) -> bool {
    matches!(error, ClientError::Plan(error) if error.extension_error() == Some(expected))
}

#[tokio::test]
async fn ticket_pays_its_quote() {
    let (market, wallet) = market().await;
    let client = market.client(&wallet);
    let had = market.tokens(&wallet).await;
    let requested = client.request_ticket(4 * SOL).await.unwrap();
    let TicketQuote { id, exit, rent_lamports } = requested.quote;
    assert_eq!((id, market.tokens(&wallet).await), (0, had - 4 * SOL));
    assert_eq!(requested.minimum, quote::minimum_out(exit.terms.lamports.get(), 10));
    let open = client.tickets().await.unwrap();
    assert_eq!((open.len(), open[0].lamports.get()), (1, exit.terms.lamports.get()));
    assert!(market.client(&market.manager).tickets().await.unwrap().is_empty(), "it is the wallet's");
    assert!(exit.payable_from_epoch > Some(market.cluster.epoch()), "{exit:?}");
    let error = client.claim_ticket(id).await.unwrap_err();
    assert!(is_refused(&error, ExtensionError::ReserveTooSmall), "{error}");

    client.crank().await.unwrap();
    market.cluster.advance_epoch().unwrap();
    let before = market.cluster.lamports(&wallet.pubkey());
    // Another wallet pays the fees: a claim is permissionless.
    let claimed = market.client(&market.manager).claim_ticket(id).await.unwrap();
    assert!(claimed.update.landed() > 0, "the epoch made the pool stale");
    assert_eq!(claimed.quote.lamports, exit.terms.lamports.get());
    assert_eq!(market.cluster.lamports(&wallet.pubkey()) - before, claimed.quote.lamports + rent_lamports);
    assert!(client.tickets().await.unwrap().is_empty());
    for id in [id, 7] {
        let error = client.claim_ticket(id).await.unwrap_err();
        assert!(matches!(error, ClientError::TicketNotOpen { id: named } if named == id), "{error}");
    }
}

#[tokio::test]
async fn cancelled_ticket_returns_its_quote() {
    let (market, wallet) = market().await;
    let client = market.client(&wallet);
    let trade = client.quote_request_ticket(4 * SOL).await.unwrap();
    assert!(client.tickets().await.unwrap().is_empty(), "a quote sends nothing");
    let id = client.execute(trade).await.unwrap().quote.id;
    let error = client.quote_cancel_ticket(id).await.unwrap_err();
    assert!(is_refused(&error, ExtensionError::ExitTooEarly), "{error}");

    // The stake earned meanwhile: the growth stays with the holders.
    market.cluster.advance_epoch().unwrap();
    let had = market.tokens(&wallet).await;
    let cancelled = client.cancel_ticket(id).await.unwrap();
    assert!(cancelled.quote.burnt.get() > 0, "{cancelled:?}");
    assert_eq!(market.tokens(&wallet).await, had + cancelled.quote.returned.get());
    assert!(client.tickets().await.unwrap().is_empty());
}

#[tokio::test]
async fn first_of_two_requests_takes_the_id() {
    let (market, wallet) = market().await;
    let client = market.client(&wallet);
    let [first, second] =
        [client.quote_request_ticket(SOL).await, client.quote_request_ticket(SOL).await].map(Result::unwrap);
    client.execute(first).await.unwrap();
    let error = client.execute(second).await.unwrap_err();
    assert!(matches!(&error, ClientError::NotLanded(_)) && error.to_string().contains("WrongTicket"), "{error}");
    assert_eq!(client.request_ticket(SOL).await.unwrap().quote.id, 1);
}

#[tokio::test]
async fn ticket_has_the_slippage_bound() {
    let (market, wallet) = market().await;
    let options = ClientOptions { slippage_bps: None, ..ClientOptions::default() };
    let trade = market.client(&wallet).options(options).quote_request_ticket(SOL).await.unwrap();
    assert_eq!(trade.minimum, None);
    let options = ClientOptions { slippage_bps: Some(0), ..ClientOptions::default() };
    let trade = market.client(&wallet).options(options).quote_request_ticket(SOL).await.unwrap();
    assert_eq!(trade.minimum, Some(trade.quote.exit.terms.lamports.get()));
}
